//! Everybody sees and changes what is theirs, and nothing else.

use serde_json::json;

use crate::world::{KEY, World};

const ACTIONS: [&str; 6] = ["mark-read", "mark-unread", "archive", "unarchive", "unsnooze", "snooze"];

story! {
    async fn anothers_notification_is_answered_like_one_that_does_not_exist(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let bob = world.person(2, &["admin"]).await;
        let anns = world.notify(1, "For Ann").await;
        let missing = anns + 1000;
        let body = |action: &str| (action == "snooze").then(|| json!({"until": "2026-02-01T08:00:00Z"}));
        for action in ACTIONS {
            let theirs = bob.ask("POST", &format!("/crm/notification/{anns}/{action}"), body(action)).await;
            let none = bob.ask("POST", &format!("/crm/notification/{missing}/{action}"), body(action)).await;
            assert_eq!((theirs.status, &theirs.text), (404, &none.text), "{action}");
            assert_eq!(names(&theirs.headers), names(&none.headers), "{action}");
        }
        let theirs = bob.ask("DELETE", &format!("/crm/notification/{anns}"), None).await;
        let none = bob.ask("DELETE", &format!("/crm/notification/{missing}"), None).await;
        assert_eq!((theirs.status, &theirs.text), (404, &none.text));
        for nonsense in ["0", "-1", "x", "99999999999999999999"] {
            let reply = bob.ask("DELETE", &format!("/crm/notification/{nonsense}"), None).await;
            assert_eq!((reply.status, &reply.text), (404, &none.text), "{nonsense}");
        }
        assert_eq!(ann.titles("?unread=true").await, ["For Ann"]);
        assert_eq!(bob.titles("").await, Vec::<String>::new());
        assert_eq!(bob.unread().await, 0);
    }
}

fn names(headers: &reqwest::header::HeaderMap) -> Vec<String> {
    let mut names: Vec<String> = headers.keys().map(ToString::to_string).collect();
    names.sort();
    names
}

story! {
    async fn a_key_alone_reads_nothing(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let id = world.notify(1, "Secret").await;
        for (method, path) in [
            ("GET", "/crm/notification/".to_owned()),
            ("GET", "/crm/notification/unread-count".to_owned()),
            ("POST", "/crm/notification/mark-all-read".to_owned()),
            ("POST", format!("/crm/notification/{id}/mark-read")),
            ("DELETE", format!("/crm/notification/{id}")),
        ] {
            let reply = world.ask(method, &path, &[("X-API-KEY", KEY)], None).await;
            assert_eq!(reply.status, 401, "{method} {path}");
            assert!(reply.body["message"].is_string() && !reply.text.contains("Secret"), "{}", reply.text);
        }
    }
}

story! {
    async fn a_bearer_sends_only_with_the_role_admin(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &["support"]).await;
        let boss = world.person(2, &["support", "admin"]).await;
        let body = json!({"user_id": 1, "type": "custom", "title": "From a person"});
        let refused = ann.ask("POST", "/crm/notification/send", Some(body.clone())).await;
        assert_eq!(refused.body["result"], "Failed");
        refused.expect(403);
        let batch = json!({"notifications": [body.clone()]});
        ann.ask("POST", "/crm/notification/send/batch", Some(batch)).await.expect(403);
        assert_eq!(ann.unread().await, 0);
        boss.ask("POST", "/crm/notification/send", Some(body.clone())).await.expect(201);
        assert_eq!(ann.unread().await, 1);
        let both = boss.ask_with("POST", "/crm/notification/send", &[("X-API-KEY", "wrong")], Some(body)).await;
        assert_eq!((both.status, both.text.as_str()), (401, r#"{"message":"Invalid API key"}"#));
    }
}
