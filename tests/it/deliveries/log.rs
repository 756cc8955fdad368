//! The delivery log: who sees what of it, and what is kept.

use belfry::delivery::Sending::Manual;
use serde_json::{Value, json};

use super::stage::{Stage, hook, ringcentral};
use crate::peers::Answer;

fn ids(page: &Value) -> Vec<String> {
    page["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Two users; the first one's webhook is refused, and there is an hour between any two notifications.
async fn stage(on: crate::world::On) -> Stage {
    let stage = Stage::new(on).await;
    stage.net.answers(&hook("1"), [Answer::body(422, "What the target wrote")]);
    for id in [1, 2] {
        stage
            .user(id, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook(&id.to_string()))}))
            .await;
    }
    for number in 1..=4 {
        stage.automated(1 + number % 2, &format!("Number {number}")).await;
        for _ in 0..4 {
            stage.passes(900).await;
        }
    }
    stage
}

story! {
    async fn the_log_is_filtered_and_turned_page_by_page(on: On) {
        let stage = stage(on).await;
        let all = stage.admin("GET", "/crm/delivery", None).await.expect(200);
        assert_eq!((ids(&all).len(), &all["next_cursor"]), (8, &Value::Null));
        let mut newest_first = ids(&all);
        newest_first.sort_by(|a, b| b.cmp(a));
        assert_eq!(ids(&all), newest_first);
        for (query, count) in [
            ("user_id=1", 4), ("user_id=3", 0), ("channel=webhook", 4), ("channel=teams", 0), ("state=sent", 6),
            ("state=pending", 0), ("user_id=1&channel=webhook&state=final", 2), ("state=suppressed", 0),
            ("from=2026-01-11T15:30:00Z", 6), ("until=2026-01-11T15:30:00Z", 2),
            ("from=2026-01-11T15:30:00Z&until=2026-01-11T16:30:00%2B00:00", 2), ("limit=200", 8),
        ] {
            assert_eq!(stage.log(query).await.len(), count, "{query}");
        }
        let mut turned = Vec::new();
        let mut path = "/crm/delivery?limit=3".to_owned();
        loop {
            let page = stage.admin("GET", &path, None).await.expect(200);
            turned.extend(ids(&page));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/crm/delivery?limit=3&cursor={cursor}");
        }
        assert_eq!(turned, ids(&all));
        for (wrong, said) in [
            ("channel=pigeon", "channel"), ("state=lost", "state"), ("limit=0", "limit"), ("limit=201", "limit"),
            ("cursor=x", "cursor"), ("from=yesterday", "from"), ("user_id=x", "user_id"), ("colour=red", "colour"),
        ] {
            let refused = stage.admin("GET", &format!("/crm/delivery?{wrong}"), None).await.expect(400);
            assert!(refused["reason"].as_str().unwrap().contains(said), "{refused}");
        }
    }
}

story! {
    async fn others_see_their_own_deliveries_and_nothing_of_what_the_targets_wrote(on: On) {
        let stage = stage(on).await;
        let page = stage.admin("GET", "/crm/delivery?user_id=1", None).await.expect(200).to_string();
        assert!(page.contains("What the target wrote"));
        let ann = stage.sign_in(1).await;
        for query in ["", "?user_id=1"] {
            let own = ann.ask("GET", &format!("/crm/delivery{query}"), None).await.expect(200);
            assert_eq!(ids(&own).len(), 4);
            assert!(own["deliveries"].as_array().unwrap().iter().all(|entry| entry["user_id"] == 1));
            assert!(!own.to_string().contains("What the target wrote"));
            assert!(own.to_string().contains("It refused the message (422)"));
        }
        let others = ann.ask("GET", "/crm/delivery?user_id=2", None).await.expect(200);
        assert!(ids(&others).is_empty());
        let of_other = stage.log("user_id=2").await[0].clone();
        let query = format!("/crm/delivery?notification_id={}", of_other["notification_id"]);
        assert!(ids(&ann.ask("GET", &query, None).await.expect(200)).is_empty());
        let retry = format!("/crm/delivery/{}/retry", of_other["id"].as_str().unwrap());
        ann.ask("POST", &retry, None).await.expect(403);
        ann.ask("POST", "/crm/delivery/retry", Some(json!({"channel": "email"}))).await.expect(403);
        ann.ask("GET", "/crm/delivery/summary", None).await.expect(403);
    }
}

story! {
    async fn what_retention_forgets_is_still_in_the_sums(on: On) {
        let stage = stage(on).await;
        let before = stage.adds_up().await;
        assert_eq!(before["webhook"], json!({"accepted": 4, "sent": 2, "pending": 0, "final": 2, "suppressed": 0}));
        let days = stage.world.config.retention.deliveries_days;
        stage.passes(u64::from(days) * 86_400 - 4 * 3_600).await;
        assert_eq!(stage.log("").await.len(), 8);
        // What waits is kept however old it is.
        stage.net.answers(&hook("2"), [Answer::status(503)]);
        let waits = stage.tell(Manual, 2, "Still waiting").await;
        stage.passes(5 * 3_600).await;
        assert!(!stage.of(waits).await.is_empty());
        assert_eq!(stage.log("limit=200").await.len(), 2);
        let after = stage.adds_up().await;
        assert_eq!(after["webhook"], json!({"accepted": 5, "sent": 2, "pending": 1, "final": 2, "suppressed": 0}));
        assert_eq!(after["email"]["accepted"], 5);
        let attempts = stage.world.number("SELECT COUNT(*) FROM delivery_attempts WHERE delivery_id NOT IN (SELECT id FROM deliveries)");
        assert_eq!(attempts.await, 0);
        // The figures of the metrics are the same.
        let metrics = stage.world.ask("GET", "/crm/metrics", &[], None).await.text;
        let figure = metrics.lines().find(|line| line.contains("deliver") && line.contains("webhook") && line.contains("final"));
        assert!(figure.is_some_and(|line| line.ends_with(" 2")), "{figure:?}");
    }
}

story! {
    async fn a_preview_says_what_would_reach_its_asker(on: On) {
        let stage = Stage::new(on).await;
        let quiet = json!({"from": "14:00", "to": "15:00"});
        let matrix = json!({"lead_converted": {"webhook": false}});
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&ringcentral("a")), "quiet_hours": quiet, "matrix": matrix})).await;
        let shown = stage.sign_in(1).await.ask("GET", "/crm/user/me/preview", None).await.expect(200);
        let row = |kind: &str| shown["rows"].as_array().unwrap().iter().find(|row| row["type"] == kind).unwrap().clone();
        let (assigned, converted, manual) = (row("record_assigned"), row("lead_converted"), row("manual"));
        assert_eq!(assigned["webhook"], json!({"sent": true, "reason": null, "channel": "ringcentral"}));
        assert_eq!((&assigned["email"]["sent"], &assigned["email"]["reason"]), (&json!(false), &json!("choice")));
        assert_eq!((&converted["webhook"]["sent"], &converted["webhook"]["reason"]), (&json!(false), &json!("narrowed")));
        assert_eq!((&manual["email"]["sent"], &manual["webhook"]["sent"]), (&json!(true), &json!(true)));
        assert_eq!(shown["quiet_until"], "2026-01-11T15:00:00Z");
        assert!(stage.net.order().is_empty() && stage.log("").await.is_empty());
    }
}
