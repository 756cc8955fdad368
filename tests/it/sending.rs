//! External systems send: the seed's contract, its errors, and what it leaves open.

use serde_json::json;

use crate::world::{KEY, World};

story! {
    async fn everybody_may_send_themselves_a_test_and_not_too_many(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let sent = ann.ask("POST", "/crm/user/me/test", None).await.expect(201);
        assert_eq!(sent["notification"], ann.list("").await["notifications"][0]);
        for _ in 1..10 {
            ann.ask("POST", "/crm/user/me/test", None).await.expect(201);
        }
        let refused = ann.ask("POST", "/crm/user/me/test", None).await;
        assert_eq!(refused.header("retry-after"), Some("6"));
        refused.expect(429);
        assert_eq!(ann.unread().await, 10);
        world.passes(std::time::Duration::from_secs(6)).await;
        ann.ask("POST", "/crm/user/me/test", None).await.expect(201);
    }
}

story! {
    async fn the_seeds_full_example_is_answered_field_by_field(on: On) {
        let world = World::new(on).await;
        world.person(123, &[]).await;
        let sent = world.send(json!({
            "user_id": 123, "type": "provision_complete", "title": "Service Activated",
            "message": "Your mobile service has been successfully activated", "link": "/services/167",
            "metadata": {"service_id": 167, "provision_job_id": "prov-2026-00042", "duration_seconds": 45},
            "related_ticket_id": 42, "related_user_id": 5
        })).await.expect(201);
        let id = sent["notification"]["notification_id"].as_i64().unwrap();
        assert_eq!(sent, json!({
            "result": "Success", "message": "Notification sent successfully",
            "notification": {
                "notification_id": id, "user_id": 123, "type": "provision_complete", "title": "Service Activated",
                "message": "Your mobile service has been successfully activated", "link": "/services/167",
                "metadata": {"service_id": 167, "provision_job_id": "prov-2026-00042", "duration_seconds": 45},
                "related_ticket_id": 42, "related_user_id": 5, "is_read": false,
                "created_at": "2026-01-11T14:30:00Z", "read_at": null, "archived_at": null, "snoozed_until": null
            }
        }));
    }
}

story! {
    async fn three_fields_are_enough_and_the_others_are_null(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let sent = world.send(json!({"user_id": 1, "type": "custom", "title": "Test Notification"})).await.expect(201);
        let shown = sent["notification"].as_object().unwrap();
        for name in ["message", "link", "metadata"] {
            assert!(shown[name].is_null(), "{name}");
        }
        assert!(!shown.contains_key("related_ticket_id") && !shown.contains_key("related_user_id"));
    }
}

story! {
    async fn every_error_of_the_seed_is_to_the_letter(on: On) {
        let world = World::new(on).await;
        world.person(123, &[]).await;
        for (body, status, answer) in [
            (r#"{"type":"custom","title":"x"}"#, 400, r#"{"result":"Failed","reason":"user_id is required"}"#),
            (r#"{"user_id":123,"title":"x"}"#, 400, r#"{"result":"Failed","reason":"type is required"}"#),
            (r#"{"user_id":123,"type":"custom"}"#, 400, r#"{"result":"Failed","reason":"title is required"}"#),
            ("{}", 400, r#"{"result":"Failed","reason":"user_id is required"}"#),
            (r#"{"user_id":999,"type":"custom","title":"x"}"#, 404, r#"{"result":"Failed","reason":"User 999 not found"}"#),
        ] {
            let reply = world.send_text(body).await;
            assert_eq!((reply.status, reply.text.as_str()), (status, answer), "{body}");
        }
        let good = json!({"user_id": 123, "type": "custom", "title": "x"}).to_string();
        let truncated = &KEY[..20];
        for headers in [&[][..], &[("X-API-KEY", "wrong")], &[("X-API-KEY", truncated)], &[("X-API-KEY", "")]] {
            let reply = world.ask("POST", "/crm/notification/send", headers, Some(good.clone())).await;
            assert_eq!((reply.status, reply.text.as_str()), (401, r#"{"message":"Invalid API key"}"#), "{headers:?}");
        }
    }
}

story! {
    async fn what_is_wrong_with_a_field_is_said_by_its_name(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        for (field, value, said) in [
            ("user_id", json!("1"), "user_id must be an integer"),
            ("user_id", json!(true), "user_id must be an integer"),
            ("title", json!(7), "title must be a string"),
            ("title", json!("  "), "title is required"),
            ("message", json!(["x"]), "message must be a string"),
            ("metadata", json!("x"), "metadata must be an object"),
            ("metadata", json!([1]), "metadata must be an object"),
            ("related_ticket_id", json!("42"), "related_ticket_id must be an integer"),
            ("related_user_id", json!(1.5), "related_user_id must be an integer"),
            ("link", json!("javascript:alert(1)"), "link must be an absolute http or https URL"),
            ("link", json!("//evil.example"), "link must be an absolute http or https URL"),
            ("titel", json!("x"), "did you mean \"title\"?"),
            ("is_read", json!(true), "Unknown field \"is_read\""),
            ("type", json!("provision_completed"), "did you mean \"provision_complete\"?"),
        ] {
            let mut body = json!({"user_id": 1, "type": "custom", "title": "x"});
            body[field] = value;
            let refused = world.send(body.clone()).await.expect(400);
            assert!(refused["reason"].as_str().unwrap().contains(said), "{body} → {refused}");
        }
        let reply = world.send_text("{\"user_id\": 1,").await;
        assert!(reply.expect(400)["reason"].as_str().unwrap().starts_with("The body is not valid JSON"));
    }
}

story! {
    async fn a_title_may_have_255_characters_of_any_width(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        for character in ["x", "é", "€", "⚠", "😀"] {
            let longest = character.repeat(255);
            let sent = world.send(json!({"user_id": 1, "type": "custom", "title": longest})).await.expect(201);
            assert_eq!(sent["notification"]["title"], longest);
            assert_eq!(ann.titles("?limit=1").await, std::slice::from_ref(&longest));
            let longer = format!("{longest}{character}");
            let refused = world.send(json!({"user_id": 1, "type": "custom", "title": longer})).await.expect(400);
            assert_eq!(refused["reason"], "title must be at most 255 characters long");
        }
    }
}

story! {
    async fn all_types_of_the_seed_and_the_operators_own_are_accepted(on: On) {
        let world = World::with(on, |config| config.notification_types = vec!["rack_on_fire".to_owned()]).await;
        let ann = world.person(1, &[]).await;
        let types = [
            "provision_complete", "provision_failed", "ticket_mention", "ticket_assigned", "ticket_updated",
            "customer_reply", "system_alert", "billing_invoice", "billing_payment", "service_expiring", "custom",
            "rack_on_fire",
        ];
        for kind in types {
            world.send(json!({"user_id": 1, "type": kind, "title": kind})).await.expect(201);
        }
        assert_eq!(ann.unread().await, types.len() as i64);
        let refused = world.send(json!({"user_id": 1, "type": "foo", "title": "x"})).await.expect(400);
        let reason = refused["reason"].as_str().unwrap();
        assert!(reason.contains("type \"foo\" is unknown") && reason.contains("rack_on_fire"), "{reason}");
    }
}

story! {
    async fn metadata_comes_back_as_it_was_sent(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let metadata = r#"{"z":1,"a":{"deep":[true,null,"x y"]},"n":1.10,"big":12345678901234567890,"e":"⚠️"}"#;
        let body = format!(r#"{{"user_id":1,"type":"custom","title":"⚠️ Disk Space Warning","metadata":{metadata}}}"#);
        let reply = world.send_text(&body).await;
        assert!(reply.text.contains(metadata), "{}", reply.text);
        let page = ann.ask("GET", "/crm/notification/", None).await;
        assert!(page.text.contains(metadata), "{}", page.text);
    }
}

story! {
    async fn two_hundred_senders_at_once_lose_and_double_nothing(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let ids = futures_util::future::join_all((0..200).map(|number| {
            let world = &world;
            async move { world.notify(1, &format!("Number {number}")).await }
        })).await;
        let distinct: std::collections::BTreeSet<i64> = ids.iter().copied().collect();
        assert_eq!(distinct.len(), 200);
        assert_eq!(ann.unread().await, 200);
        let mut listed = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = ann.list(&format!("?limit=30{cursor}")).await;
            listed.extend(page["notifications"].as_array().unwrap().iter().map(|item| item["notification_id"].as_i64().unwrap()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(listed.len(), 200);
        assert_eq!(listed.into_iter().collect::<std::collections::BTreeSet<_>>(), distinct);
    }
}

story! {
    async fn a_batch_gives_each_element_its_own_result(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let body = json!({"notifications": [
            {"user_id": 1, "type": "custom", "title": "First"},
            {"user_id": 999, "type": "custom", "title": "Nobody"},
            {"user_id": 1, "type": "custom"},
            {"user_id": 1, "type": "custom", "title": "Second"},
            7
        ]}).to_string();
        let answer = world.ask("POST", "/crm/notification/send/batch", &[("X-API-KEY", KEY)], Some(body)).await.expect(200);
        let results = answer["results"].as_array().unwrap();
        let statuses: Vec<i64> = results.iter().map(|result| result["status"].as_i64().unwrap()).collect();
        assert_eq!(statuses, [201, 404, 400, 201, 400]);
        assert_eq!(results[1]["reason"], "User 999 not found");
        assert_eq!(results[2]["reason"], "title is required");
        assert_eq!(results[3]["notification"]["title"], "Second");
        assert_eq!(ann.titles("").await, ["Second", "First"]);
        for bad in [json!({"notifications": []}), json!({}), json!({"notifications": vec![json!({}); 1001]})] {
            let reply = world.ask("POST", "/crm/notification/send/batch", &[("X-API-KEY", KEY)], Some(bad.to_string())).await;
            assert_eq!(reply.status, 400, "{}", reply.text);
        }
    }
}

story! {
    async fn a_body_that_is_no_json_is_refused_with_what_to_do(on: On) {
        let world = World::new(on).await;
        let url = format!("{}/crm/notification/send", world.base);
        let client = &world.client;
        let ask = |header: &'static str, value: &'static str| {
            client.post(&url).header("X-API-KEY", KEY).header(header, value).body("{}").send()
        };
        assert_eq!(ask("Content-Type", "text/plain").await.unwrap().status(), 415);
        assert_eq!(ask("Content-Encoding", "gzip").await.unwrap().status(), 415);
        assert_eq!(ask("Content-Type", "application/json; charset=utf-16").await.unwrap().status(), 415);
        assert_eq!(ask("Content-Type", "application/json; charset=utf-8").await.unwrap().status(), 400);
        let huge = client.post(&url).header("X-API-KEY", KEY).header("Content-Type", "application/json");
        assert_eq!(huge.body(" ".repeat(300_000)).send().await.unwrap().status(), 413);
    }
}

story! {
    async fn a_key_that_sends_too_much_is_told_when_to_come_back(on: On) {
        let world = World::with(on, |config| config.limits.send_per_key_per_second = 3).await;
        world.person(1, &[]).await;
        for number in 0..3 {
            world.notify(1, &format!("{number}")).await;
        }
        let refused = world.send(json!({"user_id": 1, "type": "custom", "title": "x"})).await;
        assert_eq!(refused.header("Retry-After"), Some("1"));
        assert!(refused.header("RateLimit").is_some() && refused.header("RateLimit-Policy").is_some());
        refused.expect(429);
        world.passes(std::time::Duration::from_secs(1)).await;
        world.notify(1, "again").await;
    }
}
