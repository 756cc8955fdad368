//! Away until later.

use std::time::Duration;

use serde_json::json;

use crate::world::{On, World};

story! {
    async fn what_is_snoozed_comes_back_unread_and_new(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let first = world.notify(1, "First").await;
        world.notify(1, "Second").await;
        ann.does("mark-read", first).await.expect(200);
        let until = Some(json!({"until": "2026-01-11T16:30:00+01:00"}));
        let path = format!("/crm/notification/{first}/snooze");
        assert_eq!(ann.ask("POST", &path, until).await.expect(200)["unread_count"], 1);
        assert_eq!(ann.titles("").await, ["Second"]);
        let away = ann.list("?snoozed=true").await;
        assert_eq!(away["notifications"][0]["snoozed_until"], "2026-01-11T15:30:00Z");
        world.passes(Duration::from_secs(3599)).await;
        let ann = world.sign_in(1).await;
        assert_eq!(ann.titles("").await, ["Second"]);
        world.passes(Duration::from_secs(1)).await;
        assert_eq!(ann.titles("").await, ["First", "Second"]);
        assert_eq!(ann.titles("?unread=true").await, ["First", "Second"]);
        assert_eq!(ann.unread().await, 2);
        assert!(ann.titles("?snoozed=true").await.is_empty());
        assert_eq!(ann.does("mark-read", first).await.expect(200)["unread_count"], 1);
        world.notify(1, "Third").await;
        assert_eq!(ann.titles("").await, ["Third", "First", "Second"]);
    }
}

story! {
    async fn what_is_unsnoozed_returns_to_its_old_place(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let first = world.notify(1, "First").await;
        world.notify(1, "Second").await;
        ann.ask("POST", &format!("/crm/notification/{first}/snooze"), Some(json!({"until": "2026-01-12T08:00:00Z"}))).await.expect(200);
        assert_eq!(ann.does("unsnooze", first).await.expect(200)["unread_count"], 2);
        assert_eq!(ann.titles("").await, ["Second", "First"]);
        world.passes(Duration::from_secs(48 * 3600)).await;
        let ann = world.sign_in(1).await;
        assert_eq!(ann.titles("").await, ["Second", "First"]);
    }
}

story! {
    async fn a_snooze_needs_a_time_that_lies_ahead(on: On) {
        refused(on).await;
    }
}

async fn refused(on: On) {
    let world = World::new(on).await;
    let ann = world.person(1, &[]).await;
    let id = world.notify(1, "First").await;
    for until in [
        json!("2026-01-11T14:29:59Z"),
        json!("tomorrow"),
        json!("2099-01-01T00:00:00Z"),
        json!(5),
        json!(null),
    ] {
        let reply =
            ann.ask("POST", &format!("/crm/notification/{id}/snooze"), Some(json!({"until": until}))).await;
        assert!(reply.expect(400)["reason"].as_str().unwrap().starts_with("until "), "{until}");
    }
    assert_eq!(ann.unread().await, 1);
}

story! {
    async fn what_fell_due_while_the_server_was_down_is_there_after_the_start(on: On) {
        let world = World::new(on).await;
        let id = {
            let ann = world.person(1, &[]).await;
            let id = world.notify(1, "First").await;
            ann.ask("POST", &format!("/crm/notification/{id}/snooze"), Some(json!({"until": "2026-01-11T15:00:00Z"}))).await.expect(200);
            id
        };
        world.app.clock.advance(Duration::from_secs(7200));
        let world = world.restart().await;
        world.passes(Duration::ZERO).await;
        let ann = world.sign_in(1).await;
        assert_eq!(ann.list("").await["notifications"][0]["notification_id"], id);
        assert_eq!(ann.unread().await, 1);
    }
}
