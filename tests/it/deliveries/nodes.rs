//! What happens in the middle of it: a stop, a death, and another node beside this one.

use std::collections::BTreeSet;

use belfry::delivery::Sending::{Automated, Manual};
use belfry::storage::Error;
use serde_json::json;

use super::stage::{Stage, hook, notice, tries};
use crate::peers::{Answer, Receiver};
use crate::world::World;

/// Does something to the database behind the server's back.
async fn execute(stage: &Stage, sql: &'static str) {
    let write = stage
        .world
        .app
        .database
        .write::<_, Error, _>(move |tx| Box::pin(async move { tx.execute(sql, &[]).await }));
    assert!(write.await.unwrap() > 0, "{sql}");
}

story! {
    async fn what_waits_when_the_server_stops_goes_out_after_its_next_start(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::status(503), Answer::status(200)]);
        let told = stage.automated(1, "Look").await;
        let stage = stage.restart().await;
        assert_eq!(stage.outcome(told).await, ["email suppressed choice", "webhook pending"]);
        stage.passes(10).await;
        assert_eq!(tries(&stage.by("webhook", told).await), ["later", "sent"]);
        let got = stage.net.got(&path);
        assert_eq!((got.len(), got[0].header("webhook-id")), (2, got[1].header("webhook-id")));
        // And what fell due while it was down.
        stage.net.answers(&path, [Answer::status(503), Answer::status(200)]);
        let told = stage.automated(1, "Again").await;
        stage.world.app.clock.advance(std::time::Duration::from_secs(7_200));
        let stage = stage.restart().await;
        stage.settles().await;
        assert_eq!(tries(&stage.by("webhook", told).await), ["later", "sent"]);
        stage.adds_up().await;
    }
}

story! {
    async fn what_a_process_was_sending_when_it_died_is_said_so_and_sent_again_under_the_same_name(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook("a"))})).await;
        let told = stage.automated(1, "Look").await;
        // As if it had died before it wrote down that it was sent: promise P9.
        execute(&stage, "UPDATE deliveries SET state = 'pending', settled_at = NULL, tries = 0, lease = 'a node that died', due_at = due_at + 30000000").await;
        execute(&stage, "DELETE FROM delivery_attempts").await;
        let stage = stage.restart().await;
        stage.passes(61).await;
        for channel in ["email", "webhook"] {
            let delivery = stage.by(channel, told).await;
            assert_eq!((tries(&delivery), &delivery["state"]), (vec!["unknown", "sent"], &json!("sent")), "{channel}");
            let said = delivery["attempts"][0]["summary"].as_str().unwrap();
            assert!(said.contains("may have arrived"), "{said}");
        }
        let got = stage.net.got(&hook("a"));
        assert_eq!((got.len(), got[0].header("webhook-id"), &got[0].body), (2, got[1].header("webhook-id"), &got[1].body));
        let letters = stage.letters(1);
        assert_eq!((letters.len(), letters[0].header("Message-ID")), (2, letters[1].header("Message-ID")));
        assert!(letters[0].header("Message-ID").starts_with('<'));
        stage.adds_up().await;
    }
}

story! {
    async fn a_death_uses_up_no_schedule_and_is_never_the_last_try(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook("a"))})).await;
        let told = stage.automated(1, "Look").await;
        // As if the last try of the schedule had been under way.
        execute(&stage, "UPDATE deliveries SET state = 'pending', settled_at = NULL, tries = 10, lease = 'a node that died', due_at = due_at + 30000000").await;
        execute(&stage, "DELETE FROM delivery_attempts").await;
        let stage = stage.restart().await;
        stage.passes(61).await;
        for channel in ["email", "webhook"] {
            let delivery = stage.by(channel, told).await;
            assert_eq!((tries(&delivery), &delivery["state"]), (vec!["unknown", "sent"], &json!("sent")), "{channel}");
        }
        execute(&stage, "UPDATE deliveries SET folded_into = NULL WHERE tries = 12 AND first_try = 1").await;
        stage.adds_up().await;
    }
}

story! {
    async fn a_node_that_woke_up_too_late_changes_nothing_of_what_another_did(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::Hangs]);
        let told = stage.hand_over(notice(Automated, 1, "Look")).await;
        stage.net.awaits(1).await;
        // Another node took it over meanwhile and is done with it.
        execute(&stage, "UPDATE deliveries SET state = 'sent', lease = NULL, settled_at = 1 WHERE channel = 'webhook'").await;
        stage.net.let_go();
        stage.settles().await;
        let delivery = stage.by("webhook", told).await;
        assert_eq!((&delivery["state"], tries(&delivery)), (&json!("sent"), vec![]));
        stage.adds_up().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_send_two_hundred_deliveries_each_once() {
    use crate::world::On;
    if std::env::var_os("BELFRY_TEST_POSTGRES").is_none() {
        println!("PASSED OVER: no PostgreSQL here; `make test` starts one");
        return;
    }
    let stage = Stage::new(On::Postgres).await;
    let config = stage.world.config.clone();
    let beside = World::with(On::Sqlite, |own| {
        let keys = own.api_keys.clone();
        *own = config;
        own.api_keys = keys;
    })
    .await;
    beside.ask("GET", "/readyz", &[], None).await.expect(200);
    let slow = Receiver::start(stage.world.app.clock.clone()).await;
    for id in 1..=20 {
        let url = if id % 2 == 0 {
            stage.net.url(&hook(&id.to_string()))
        } else {
            slow.url(&hook(&id.to_string()))
        };
        stage.user(id, json!({"receive_by": "webhook", "webhook_url": url})).await;
    }
    for id in 1..=20 {
        let notices = |of: &str| (1..=5).map(|n| notice(Automated, id, &format!("{of} {n}"))).collect();
        let (here, there) = tokio::join!(
            stage.world.app.notifications.notify(notices("Here")),
            beside.app.notifications.notify(notices("There")),
        );
        assert!(here.unwrap().iter().chain(&there.unwrap()).all(Result::is_ok));
    }
    while stage.world.number("SELECT COUNT(*) FROM deliveries WHERE state = 'pending'").await > 0 {
        tokio::join!(stage.settles(), beside.app.deliveries.drain());
    }
    for id in 1..=20 {
        let net = if id % 2 == 0 { &stage.net } else { &slow };
        let got = net.got(&hook(&id.to_string()));
        let distinct: BTreeSet<&str> = got.iter().map(|got| got.header("webhook-id")).collect();
        assert_eq!((got.len(), distinct.len()), (10, 10), "user {id}");
    }
    let attempts = stage.world.number("SELECT COUNT(*) FROM delivery_attempts WHERE outcome = 'sent'").await;
    assert_eq!(attempts, 200);
    stage.adds_up().await;
}

story! {
    async fn nothing_is_sent_twice_however_often_the_server_is_stopped(on: On) {
        let mut stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook("a"))})).await;
        for round in 0..5 {
            for number in 0..8 {
                stage.hand_over(notice(Manual, 1, &format!("{round}.{number}"))).await;
            }
            stage = stage.restart().await;
        }
        stage.settles().await;
        let got: Vec<String> = stage.hooked("a");
        let distinct: BTreeSet<&String> = got.iter().collect();
        assert_eq!((got.len(), distinct.len(), stage.letters(1).len()), (40, 40, 40));
        stage.adds_up().await;
    }
}
