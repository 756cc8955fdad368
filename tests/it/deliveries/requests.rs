//! API sends: in the centre only, unless the settings or the sender say otherwise.

use serde_json::{Value, json};

use super::stage::{Stage, hook};
use crate::world::{KEY, Reply};

/// An API key without roles.
const PLAIN: &str = "a-key-without-roles-for-the-stories-0001";

async fn stage(on: crate::world::On) -> Stage {
    let stage = Stage::with(on, |config| {
        config.api_keys.push(belfry::config::ConfiguredKey::new(PLAIN, "Plain", &[]));
    })
    .await;
    stage.user(1, json!({"receive_by": "none", "webhook_url": stage.net.url(&hook("a"))})).await;
    stage
}

fn body(title: &str, more: Value) -> Value {
    let mut body = json!({"user_id": 1, "type": "billing_invoice", "title": title});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn send(stage: &Stage, key: &str, path: &str, body: Value) -> Reply {
    let path = format!("/crm/notification/{path}");
    let reply = stage.world.ask("POST", &path, &[("X-API-KEY", key)], Some(body.to_string())).await;
    stage.settles().await;
    reply
}

fn number(sent: &Value) -> i64 {
    sent["notification"]["notification_id"].as_i64().unwrap()
}

story! {
    async fn a_program_reaches_the_channels_that_it_asks_for_and_no_others(on: On) {
        let stage = stage(on).await;
        let plain = send(&stage, KEY, "send", body("Centre", json!({}))).await.expect(201);
        assert!(stage.of(number(&plain)).await.is_empty());
        let mailed = send(&stage, KEY, "send", body("Mail", json!({"channels": ["email"]}))).await.expect(201);
        assert_eq!(stage.outcome(number(&mailed)).await, ["email sent"]);
        let both = json!({"channels": ["webhook", "email", "email"]});
        let both = send(&stage, KEY, "send", body("Both", both)).await.expect(201);
        assert_eq!(stage.outcome(number(&both)).await, ["email sent", "webhook sent"]);
        assert_eq!((stage.subjects(1), stage.hooked("a")), (vec!["Mail".to_owned(), "Both".to_owned()], vec!["Both".to_owned()]));
        for (wrong, said) in [(json!(["pigeon"]), "email and webhook"), (json!("email"), "channels"), (json!([1]), "channels")] {
            let refused = send(&stage, KEY, "send", body("Wrong", json!({"channels": wrong}))).await.expect(400);
            assert!(refused["reason"].as_str().unwrap().contains(said), "{refused}");
        }
        let log = stage.log("").await;
        assert!(log.iter().all(|entry| entry["sending"] == "api" && entry["type"] == "billing_invoice"));
        assert_eq!(log.len(), 3);
    }
}

story! {
    async fn choosing_channels_needs_the_role_admin(on: On) {
        let stage = stage(on).await;
        send(&stage, PLAIN, "send", body("Centre", json!({}))).await.expect(201);
        send(&stage, PLAIN, "send", body("None", json!({"channels": []}))).await.expect(201);
        let refused = send(&stage, PLAIN, "send", body("Mail", json!({"channels": ["email"]}))).await.expect(403);
        assert!(refused["reason"].as_str().unwrap().contains("role admin"), "{refused}");
        let batch = json!({"notifications": [body("One", json!({})), body("Two", json!({"channels": ["email"]}))]});
        let answers = send(&stage, PLAIN, "send/batch", batch).await.expect(200);
        assert_eq!((&answers["results"][0]["status"], &answers["results"][1]["status"]), (&json!(201), &json!(403)));
        assert_eq!(stage.sign_in(1).await.titles("").await, ["One", "None", "Centre"]);
        assert!(stage.mail.all().is_empty() && stage.log("").await.is_empty());
    }
}

story! {
    async fn a_batch_goes_where_each_of_its_notifications_asks(on: On) {
        let stage = stage(on).await;
        let batch = json!({"notifications": [
            body("Centre", json!({})),
            body("Mail", json!({"channels": ["email"]})),
            {"user_id": 99, "type": "custom", "title": "Nobody's", "channels": ["email"]},
            body("Both", json!({"channels": ["email", "webhook"]})),
        ]});
        send(&stage, KEY, "send/batch", batch).await.expect(200);
        // What goes out together arrives in any order (promise P14).
        let mut subjects = stage.subjects(1);
        subjects.sort();
        assert_eq!((subjects, stage.hooked("a")), (vec!["Both".to_owned(), "Mail".to_owned()], vec!["Both".to_owned()]));
        assert_eq!(stage.log("").await.len(), 3);
        stage.adds_up().await;
    }
}

story! {
    async fn a_type_goes_by_the_channels_that_the_settings_give_it(on: On) {
        let stage = stage(on).await;
        let types = json!({"types": {"billing_invoice": ["email"], "custom": ["email", "webhook"]}});
        stage.admin("PUT", "/crm/settings/delivery", Some(types)).await.expect(200);
        let sent = send(&stage, PLAIN, "send", body("Mail", json!({}))).await.expect(201);
        assert_eq!(stage.outcome(number(&sent)).await, ["email sent"]);
        let more = send(&stage, KEY, "send", body("Both", json!({"channels": ["webhook"]}))).await.expect(201);
        assert_eq!(stage.outcome(number(&more)).await, ["email sent", "webhook sent"]);
        let other = send(&stage, PLAIN, "send", body("Other", json!({"type": "system_alert"}))).await.expect(201);
        assert!(stage.of(number(&other)).await.is_empty());
        let custom = send(&stage, PLAIN, "send", body("Custom", json!({"type": "custom"}))).await.expect(201);
        assert_eq!(stage.outcome(number(&custom)).await, ["email sent", "webhook sent"]);
        stage.admin("PUT", "/crm/settings/delivery", Some(json!({"types": {}}))).await.expect(200);
        let last = send(&stage, PLAIN, "send", body("Last", json!({}))).await.expect(201);
        assert!(stage.of(number(&last)).await.is_empty());
    }
}

story! {
    async fn a_send_that_is_repeated_with_its_key_is_delivered_once(on: On) {
        let stage = stage(on).await;
        let text = body("Once", json!({"channels": ["email", "webhook"]})).to_string();
        let headers = [("X-API-KEY", KEY), ("Idempotency-Key", "this-one-time")];
        let mut numbers = Vec::new();
        for _ in 0..3 {
            let sent = stage.world.ask("POST", "/crm/notification/send", &headers, Some(text.clone())).await;
            numbers.push(number(&sent.expect(201)));
            stage.settles().await;
        }
        assert_eq!(numbers, [numbers[0]; 3]);
        assert_eq!((stage.subjects(1), stage.hooked("a")), (vec!["Once".to_owned()], vec!["Once".to_owned()]));
        assert_eq!(stage.log("").await.len(), 2);
    }
}
