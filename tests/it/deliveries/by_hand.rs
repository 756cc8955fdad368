//! Notify by hand: to people and groups, by every way there is, and the sender learns what went where.

use serde_json::{Value, json};

use super::stage::{Stage, hook, teams};
use crate::peers::Answer;
use crate::world::Somebody;

async fn notify(who: &Somebody<'_>, body: Value) -> crate::world::Reply {
    who.ask("POST", "/crm/notification/notify", Some(body)).await
}

story! {
    async fn people_and_groups_are_notified_and_the_sender_learns_what_went_where(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({})).await;
        stage.user(2, json!({"receive_by": "none", "webhook_url": stage.net.url(&teams("b"))})).await;
        stage.user(3, json!({"receive_by": "webhook", "matrix": {"manual": {"email": false, "webhook": false}}})).await;
        let group = json!({"name": "Sales", "members": [2, 3]});
        stage.admin("POST", "/crm/group", Some(group)).await.expect(201);
        let ann = stage.sign_in(1).await;
        let body = json!({"users": [2, 2], "groups": ["Sales"], "subject": "Please look", "text": "At this.", "link": "/contacts/7"});
        let told = notify(&ann, body).await.expect(200);
        let no_url = json!({"channel": "webhook", "reason": "no_url"});
        assert_eq!(told, json!({"result": "Success", "recipients": [
            {"user_id": 2, "channels": ["centre", "email", "teams"], "suppressed": []},
            {"user_id": 3, "channels": ["centre", "email"], "suppressed": [no_url]},
        ]}));
        stage.settles().await;
        assert_eq!((stage.subjects(2), stage.subjects(3)), (vec!["Please look".to_owned()], vec!["Please look".to_owned()]));
        assert!(stage.net.got(&teams("b"))[0].body.contains("Please look"));
        let ben = stage.sign_in(2).await;
        let item = ben.list("").await["notifications"][0].clone();
        assert_eq!((&item["type"], &item["title"], &item["message"]), (&json!("manual"), &json!("Please look"), &json!("At this.")));
        assert_eq!((&item["link"], &item["related_user_id"]), (&json!("/contacts/7"), &json!(1)));
        assert!(stage.log("").await.iter().all(|entry| entry["sending"] == "manual"));
        stage.adds_up().await;
    }
}

story! {
    async fn nobody_is_notified_where_one_of_them_is_unknown(on: On) {
        let stage = Stage::new(on).await;
        for id in [1, 2] {
            stage.user(id, json!({})).await;
        }
        stage.admin("POST", "/crm/group", Some(json!({"name": "Empty"}))).await.expect(201);
        let ann = stage.sign_in(1).await;
        for (body, status, said) in [
            (json!({"users": [2, 99], "subject": "x"}), 404, "User 99"),
            (json!({"users": [2], "groups": ["Nobody"], "subject": "x"}), 404, "Group Nobody"),
            (json!({"groups": ["Empty"], "subject": "x"}), 400, "no members"),
            (json!({"subject": "x"}), 400, "whom"),
            (json!({"users": [2]}), 400, "subject"),
            (json!({"users": [2], "subject": " "}), 400, "subject"),
            (json!({"users": [2], "subject": "x".repeat(256)}), 400, "subject"),
            (json!({"users": [2], "subject": "x", "link": "javascript:alert(1)"}), 400, "link"),
            (json!({"users": [0], "subject": "x"}), 404, "User 0"),
            (json!({"users": ["2"], "subject": "x"}), 400, "users"),
            (json!({"users": [2], "subject": "x", "sms": true}), 400, "sms"),
        ] {
            let refused = notify(&ann, body.clone()).await;
            assert!(refused.status == status && refused.body["reason"].as_str().unwrap().contains(said), "{body}: {}", refused.text);
        }
        stage.settles().await;
        assert!(stage.mail.all().is_empty() && stage.sign_in(2).await.titles("").await.is_empty());
    }
}

story! {
    async fn customers_and_keys_notify_nobody_and_nobody_notifies_without_end(on: On) {
        let stage = Stage::new(on).await;
        for (id, roles) in [(1, json!(["customer"])), (2, json!(["customer", "support"])), (3, json!([]))] {
            stage.user(id, json!({})).await;
            stage.choose(id, json!({"roles": roles})).await;
        }
        let letter = json!({"users": [3], "subject": "Hello"});
        let refused = notify(&stage.sign_in(1).await, letter.clone()).await.expect(403);
        assert!(refused["reason"].as_str().unwrap().starts_with("Customers cannot"));
        stage.admin("POST", "/crm/notification/notify", Some(letter.clone())).await.expect(401);
        let ben = stage.sign_in(2).await;
        for _ in 0..30 {
            notify(&ben, letter.clone()).await.expect(200);
        }
        let refused = notify(&ben, letter.clone()).await;
        assert!(refused.header("Retry-After").is_some());
        assert!(refused.expect(429)["reason"].as_str().unwrap().contains("Thirty"));
        notify(&stage.sign_in(3).await, letter.clone()).await.expect(200);
        stage.settles().await;
        stage.passes(60).await;
        notify(&ben, letter).await.expect(200);
        stage.settles().await;
        assert_eq!(stage.subjects(3).len(), 32);
    }
}

story! {
    async fn a_letter_that_is_repeated_with_its_key_is_sent_once(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({})).await;
        let ann = stage.sign_in(1).await;
        let body = json!({"users": [1], "subject": "Once"});
        let mut answers = Vec::new();
        for _ in 0..3 {
            let key = [("Idempotency-Key", "a-letter")];
            answers.push(ann.ask_with("POST", "/crm/notification/notify", &key, Some(body.clone())).await.expect(200));
        }
        stage.settles().await;
        assert!(answers.windows(2).all(|two| two[0] == two[1]));
        assert_eq!((stage.subjects(1), ann.titles("").await), (vec!["Once".to_owned()], vec!["Once".to_owned()]));
    }
}

story! {
    async fn a_test_goes_by_every_way_and_its_owner_sees_what_came_back(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "none", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::body(401, "Who are you?")]);
        let ann = stage.sign_in(1).await;
        let sent = ann.ask("POST", "/crm/user/me/test", None).await.expect(201);
        let states: Vec<_> = sent["deliveries"].as_array().unwrap().iter().map(|one| (one["channel"].as_str().unwrap(), one["state"].as_str().unwrap())).collect();
        assert_eq!(states, [("email", "pending"), ("webhook", "pending")]);
        stage.settles().await;
        let id = sent["notification"]["notification_id"].as_i64().unwrap();
        let log = ann.ask("GET", &format!("/crm/delivery?notification_id={id}"), None).await.expect(200);
        let webhook = log["deliveries"].as_array().unwrap().iter().find(|one| one["channel"] == "webhook").unwrap();
        let attempt = &webhook["attempts"][0];
        assert_eq!((&attempt["outcome"], &attempt["status"], &attempt["detail"]), (&json!("later"), &json!(401), &Value::Null));
        assert!(attempt["summary"].as_str().unwrap().contains("does not let us in (401)"), "{attempt}");
        assert_eq!(stage.subjects(1), ["Test notification"]);
        for _ in 0..9 {
            ann.ask("POST", "/crm/user/me/test", None).await.expect(201);
        }
        ann.ask("POST", "/crm/user/me/test", None).await.expect(429);
    }
}
