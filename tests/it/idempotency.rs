//! The same key and body: once, whatever happens on the way.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{KEY, Reply, World};

async fn send_once(world: &World, key: &str, title: &str) -> Reply {
    let body = json!({"user_id": 1, "type": "custom", "title": title}).to_string();
    world
        .ask("POST", "/crm/notification/send", &[("X-API-KEY", KEY), ("Idempotency-Key", key)], Some(body))
        .await
}

fn id(reply: &Reply) -> &Value {
    &reply.body["notification"]["notification_id"]
}

story! {
    async fn fifty_requests_of_one_key_at_once_send_one_notification(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let replies = futures_util::future::join_all((0..50).map(|_| send_once(&world, "order-1", "Once"))).await;
        for reply in &replies {
            assert_eq!((reply.status, &reply.text), (201, &replies[0].text));
        }
        let replayed = replies.iter().filter(|reply| reply.header("Idempotency-Replayed") == Some("true")).count();
        assert_eq!(replayed, 49);
        assert_eq!(ann.titles("").await, ["Once"]);
        assert_eq!(ann.unread().await, 1);
        let other = send_once(&world, "order-1", "Something else").await;
        assert!(other.clone().expect(422)["reason"].as_str().unwrap().contains("new key"), "{}", other.text);
        assert_eq!(ann.unread().await, 1);
    }
}

story! {
    async fn a_key_is_remembered_over_a_restart_and_for_a_day(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let first = send_once(&world, "order-1", "Once").await;
        let world = world.restart().await;
        world.passes(Duration::from_secs(24 * 3600 - 1)).await;
        let again = send_once(&world, "order-1", "Once").await;
        assert_eq!((id(&again), again.header("Idempotency-Replayed")), (id(&first), Some("true")));
        world.passes(Duration::from_secs(2)).await;
        let later = send_once(&world, "order-1", "Once").await;
        assert_ne!(id(&later), id(&first));
    }
}

story! {
    async fn a_failure_is_not_remembered(on: On) {
        let world = World::new(on).await;
        send_once(&world, "order-1", "Once").await.expect(404);
        world.person(1, &[]).await;
        send_once(&world, "order-1", "Once").await.expect(201);
    }
}

story! {
    async fn keys_of_two_callers_do_not_meet(on: On) {
        let world = World::new(on).await;
        let boss = world.person(1, &["admin"]).await;
        let first = send_once(&world, "order-1", "Once").await;
        let body = json!({"user_id": 1, "type": "custom", "title": "Another's"});
        let second = boss.ask_with("POST", "/crm/notification/send", &[("Idempotency-Key", "order-1")], Some(body)).await;
        assert_eq!(second.status, 201);
        assert_ne!(id(&first), id(&second));
        assert_eq!(boss.unread().await, 2);
    }
}

story! {
    async fn batches_and_marks_are_done_once_too(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let batch = json!({"notifications": [
            {"user_id": 1, "type": "custom", "title": "One"}, {"user_id": 1, "type": "custom", "title": "Two"}
        ]}).to_string();
        let headers = [("X-API-KEY", KEY), ("Idempotency-Key", "batch-1")];
        let first = world.ask("POST", "/crm/notification/send/batch", &headers, Some(batch.clone())).await;
        let again = world.ask("POST", "/crm/notification/send/batch", &headers, Some(batch)).await;
        assert_eq!((first.status, &first.text), (200, &again.text));
        assert_eq!(ann.unread().await, 2);
        let all = "/crm/notification/mark-all-read";
        ann.ask_with("POST", all, &[("Idempotency-Key", "all-1")], None).await.expect(200);
        world.notify(1, "Three").await;
        let replay = ann.ask_with("POST", all, &[("Idempotency-Key", "all-1")], None).await;
        assert_eq!(replay.header("Idempotency-Replayed"), Some("true"));
        assert_eq!(ann.unread().await, 1);
    }
}

story! {
    async fn a_key_must_be_one(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let longest = "k".repeat(255);
        send_once(&world, &longest, "Long").await.expect(201);
        for bad in ["", &format!("{longest}k"), "ключ"] {
            let reply = send_once(&world, bad, "Bad").await.expect(400);
            assert!(reply["reason"].as_str().unwrap().starts_with("Idempotency-Key must be"), "{reply}");
        }
    }
}

story! {
    async fn many_keys_sent_twice_in_opposite_order_wait_for_nobody(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        for round in 0..10 {
            let keys: Vec<String> = (0..40).map(|number| format!("round-{round}-{number}")).collect();
            let there = keys.iter().map(|key| send_once(&world, key, key));
            let back = keys.iter().rev().map(|key| send_once(&world, key, key));
            let replies = futures_util::future::join_all(there.chain(back).collect::<Vec<_>>()).await;
            for reply in replies {
                assert_eq!(reply.status, 201, "{}", reply.text);
            }
        }
        assert_eq!(ann.unread().await, 400);
    }
}
