//! Why: each notification keeps its chain, and who was not told can learn why.

use std::time::Duration;

use serde_json::{Value, json};

use crate::deliveries::stage::{Stage, hook};
use crate::world::Somebody;

/// A stage with Ada (1, admin), Ben (2), Eve (5, who reports to Mia), Mia (6) and Cleo (7).
async fn cast(on: crate::world::On) -> Stage {
    let stage = Stage::new(on).await;
    for (id, name) in
        [(1, "Ada Admin"), (2, "Ben Support"), (5, "Eve Sales"), (6, "Mia Manager"), (7, "Cleo Finance")]
    {
        stage.user(id, json!({})).await;
        stage.choose(id, json!({"name": name})).await;
    }
    stage.choose(1, json!({"roles": ["admin"]})).await;
    stage.choose(5, json!({"reports_to": 6})).await;
    stage
}

/// Sets a record as Ada does it.
async fn set(stage: &Stage, path: &str, body: Value) {
    let reply = stage.sign_in(1).await.ask("PUT", &format!("/crm/record/{path}"), Some(body)).await;
    assert!((200..300).contains(&reply.status), "{}", reply.text);
    stage.settles().await;
}

async fn newest(who: &Somebody<'_>) -> i64 {
    who.list("").await["notifications"][0]["notification_id"].as_i64().unwrap()
}

async fn why(who: &Somebody<'_>, id: i64) -> Value {
    who.ask("GET", &format!("/crm/notification/{id}/why"), None).await.expect(200)["why"].clone()
}

/// Why somebody has their newest notification.
async fn newest_why(stage: &Stage, id: i64) -> Value {
    let who = stage.sign_in(id).await;
    why(&who, newest(&who).await).await
}

async fn explain(stage: &Stage, record: &str, user: i64) -> Value {
    let (module, id) = record.split_once('/').unwrap();
    stage.admin("GET", &format!("/crm/explain?module={module}&id={id}&user={user}"), None).await.expect(200)
}

/// Channel, state and reason of each way out, sorted.
fn ways(of: &Value) -> Vec<String> {
    let mut ways: Vec<String> =
        of["channels"].as_array().unwrap().iter().map(crate::deliveries::stage::in_words).collect();
    ways.sort();
    ways
}

fn text<'v>(of: &'v Value, name: &str) -> &'v str {
    of[name].as_str().unwrap_or_else(|| panic!("{name} of {of}"))
}

story! {
    async fn what_a_program_sent_says_so_and_costs_no_row(on: On) {
        let stage = cast(on).await;
        let id = stage.world.notify(5, "Sent by a program").await;
        let body = json!({"user_id": 5, "type": "custom", "title": "By e-mail", "channels": ["email"], "related_ticket_id": 42});
        let sent = stage.world.send(body).await.expect(201);
        stage.settles().await;
        let eve = stage.sign_in(5).await;
        assert_eq!(why(&eve, id).await, json!({
            "sentence": "A program sent it through the API.", "trigger": "api", "cause": "A program sent it through the API",
            "chosen": "named by the program as its recipient", "setting": null, "module": null, "record_id": null,
            "at": "2026-01-11T14:30:00Z", "channels": [],
        }));
        let mailed = why(&eve, sent["notification"]["notification_id"].as_i64().unwrap()).await;
        assert_eq!((&mailed["module"], &mailed["record_id"]), (&json!("tickets"), &json!("42")));
        assert_eq!(mailed["channels"], json!([{"channel": "email", "state": "sent", "reason": null, "explanation": "It was sent."}]));
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM reasons").await, 0);
    }
}

story! {
    async fn what_somebody_sent_by_hand_names_them_and_a_test_is_a_test(on: On) {
        let stage = cast(on).await;
        let ben = stage.sign_in(2).await;
        ben.ask("POST", "/crm/notification/notify", Some(json!({"users": [5], "subject": "Look"}))).await.expect(200);
        // Called otherwise since: it says how they were called then.
        stage.choose(2, json!({"name": "Benjamin Support"})).await;
        let by_hand = newest_why(&stage, 5).await;
        assert_eq!((text(&by_hand, "sentence"), text(&by_hand, "trigger")), ("Ben Support sent it to you by hand.", "manual"));
        // From a record it is kept with the record too.
        set(&stage, "contacts/7", json!({"label": "Jane Doe"})).await;
        ben.ask("POST", "/crm/record/contacts/7/notify", Some(json!({"users": [5]}))).await.expect(200);
        let shown = explain(&stage, "contacts/7", 5).await;
        assert_eq!((text(&shown["findings"][0], "trigger"), &shown["findings"][0]["told"]), ("manual", &json!(true)));
        assert!(text(&shown, "sentence").contains("because Benjamin Support notified people by hand"), "{shown}");
        let eve = stage.sign_in(5).await;
        eve.ask("POST", "/crm/user/me/test", None).await.expect(201);
        let test = newest_why(&stage, 5).await;
        assert_eq!((text(&test, "sentence"), text(&test, "trigger")), ("You sent yourself a test.", "test"));
    }
}

story! {
    async fn why_is_for_its_owner_and_anothers_is_like_a_missing_one(on: On) {
        let stage = cast(on).await;
        let id = stage.world.notify(5, "For Eve").await;
        for who in [1, 6, 7] {
            let who = stage.sign_in(who).await;
            let theirs = who.ask("GET", &format!("/crm/notification/{id}/why"), None).await;
            let none = who.ask("GET", &format!("/crm/notification/{}/why", id + 1000), None).await;
            assert_eq!((theirs.status, &theirs.text), (404, &none.text));
            let nonsense = who.ask("GET", "/crm/notification/x/why", None).await;
            assert_eq!((nonsense.status, &nonsense.text), (404, &none.text));
        }
        stage.admin("GET", &format!("/crm/notification/{id}/why"), None).await.expect(401);
        let eve = stage.sign_in(5).await;
        eve.ask("DELETE", &format!("/crm/notification/{id}"), None).await.expect(200);
        eve.ask("GET", &format!("/crm/notification/{id}/why"), None).await.expect(404);
    }
}

story! {
    async fn a_reassignment_says_who_was_told_by_which_setting_and_by_which_ways(on: On) {
        let stage = cast(on).await;
        set(&stage, "contacts/7", json!({"label": "Jane Doe", "assigned_to": 2})).await;
        set(&stage, "contacts/7", json!({"label": "Jane Doe", "assigned_to": 5})).await;
        let told = newest_why(&stage, 5).await;
        assert!(text(&told, "sentence").starts_with("You were told because Ada Admin assigned Contact Jane Doe to you"), "{told}");
        assert_eq!(text(&told, "cause"), "Ada Admin changed the assigned user of Contact Jane Doe from Ben Support to Eve Sales");
        assert_eq!((text(&told, "trigger"), text(&told, "chosen")), ("reassignment", "the new assigned user"));
        assert_eq!((&told["module"], &told["record_id"]), (&json!("contacts"), &json!("7")));
        assert_eq!(told["setting"], json!({"group": "notifications", "title": "Notification Settings", "field": "assigned.contacts", "value": true}));
        assert_eq!(ways(&told)[0], "email sent");

        let eve = explain(&stage, "contacts/7", 5).await;
        let sentence = text(&eve, "sentence");
        let begin = "Eve Sales was told on 11 January 2026, 14:30 (UTC) in the notification centre and by e-mail, because Ada Admin changed";
        assert!(sentence.starts_with(begin), "{sentence}");
        let finding = &eve["findings"][0];
        assert_eq!((&finding["told"], &finding["channels"]), (&json!(true), &told["channels"]));
        assert_eq!(finding["notification_id"].as_i64().unwrap(), newest(&stage.sign_in(5).await).await);

        // The previous owner is not told unless the setting says so.
        let ben = explain(&stage, "contacts/7", 2).await;
        let findings = ben["findings"].as_array().unwrap();
        assert_eq!(findings.iter().map(|finding| finding["told"].as_bool().unwrap()).collect::<Vec<_>>(), [false, true]);
        assert_eq!(findings[0]["setting"]["field"], "previous_owner.contacts");
        assert_eq!((&findings[0]["notification_id"], &findings[0]["channels"]), (&Value::Null, &json!([])));
        let sentence = text(&ben, "sentence");
        assert!(sentence.contains("Ben Support was not told of Contact Jane Doe because") && sentence.contains("Notification Settings"), "{sentence}");
    }
}

story! {
    async fn who_was_not_told_learns_which_setting_was_off(on: On) {
        let stage = cast(on).await;
        stage.admin("PUT", "/crm/settings/notifications", Some(json!({"assigned": {"leads": false}}))).await.expect(200);
        set(&stage, "leads/9", json!({"label": "Acme", "assigned_to": 5})).await;
        set(&stage, "contacts/7", json!({"label": "Jane Doe", "assigned_to": 5, "send_notification": false})).await;
        let off = explain(&stage, "leads/9", 5).await;
        assert!(text(&off, "sentence").contains("Eve Sales was not told of Lead Acme because"), "{off}");
        assert_eq!(off["findings"][0]["setting"], json!({"group": "notifications", "title": "Notification Settings", "field": "assigned.leads", "value": false}));
        let unticked = explain(&stage, "contacts/7", 5).await;
        assert!(text(&unticked, "sentence").contains("Send Notification"), "{unticked}");
        // Nobody is told of their own act.
        set(&stage, "companies/3", json!({"label": "Own", "assigned_to": 1})).await;
        let own = explain(&stage, "companies/3", 1).await;
        assert!(text(&own, "sentence").contains("did themselves"), "{own}");
        let nobody = explain(&stage, "leads/9", 7).await;
        assert_eq!(text(&nobody, "sentence"), "Nothing about Lead Acme was meant for Cleo Finance, who is neither its assigned user nor was it before.");
        assert_eq!(nobody["findings"], json!([]));
        assert!(stage.sign_in(5).await.titles("").await.is_empty());
    }
}

story! {
    async fn each_way_out_says_why_it_carried_nothing(on: On) {
        let stage = cast(on).await;
        stage.choose(5, json!({"receive_by": "none"})).await;
        let quiet = json!([{"from": "14:00", "to": "15:00"}]);
        stage.choose(7, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook("c")), "quiet_hours": quiet})).await;
        let ben = stage.sign_in(2).await;
        ben.ask("PUT", "/crm/user/me/mute/contacts/7", None).await.expect(200);
        for (user, words) in [(5, "the user chose not to be told"), (2, "the user muted the record"), (7, "it waits for the end of quiet hours")] {
            set(&stage, "contacts/7", json!({"label": "Jane Doe", "assigned_to": user})).await;
            let shown = explain(&stage, "contacts/7", user).await;
            assert!(text(&shown, "sentence").contains(words), "{user}: {shown}");
            let told = newest_why(&stage, user).await;
            assert_eq!(shown["findings"][0]["channels"], told["channels"]);
            assert!(!told["channels"].as_array().unwrap().is_empty());
        }
        assert_eq!(ways(&newest_why(&stage, 5).await)[0], "email suppressed choice");
        assert_eq!(ways(&newest_why(&stage, 2).await)[0], "email suppressed muted");
        assert_eq!(ways(&newest_why(&stage, 7).await), ["email pending", "webhook pending"]);
        let outlook = explain(&stage, "contacts/7", 2).await["outlook"].to_string();
        assert!(outlook.contains("Ben Support has muted Contact Jane Doe"), "{outlook}");
        // Once it is sent it says so.
        stage.passes(45 * 60).await;
        assert_eq!(ways(&newest_why(&stage, 7).await), ["email sent", "webhook sent"]);
    }
}

story! {
    async fn oneself_managers_and_administrators_may_ask_and_for_others_the_record_is_missing(on: On) {
        let stage = cast(on).await;
        set(&stage, "contacts/7", json!({"label": "Jane Doe", "assigned_to": 5})).await;
        let ask = async |who: i64, query: &str| {
            stage.sign_in(who).await.ask("GET", &format!("/crm/explain?module=contacts&{query}"), None).await
        };
        let oneself = ask(5, "id=7").await.expect(200);
        for (who, query) in [(5, "id=7&user=5"), (6, "id=7&user=5"), (1, "id=7&user=5")] {
            assert_eq!(ask(who, query).await.expect(200), oneself, "{who}");
        }
        assert_eq!(explain(&stage, "contacts/7", 5).await, oneself);
        let missing = stage.sign_in(7).await.ask("GET", "/crm/record/contacts/8", None).await;
        assert_eq!(missing.status, 404);
        // Neither colleagues, nor whom one reports to one's manager, nor the manager of one's manager.
        stage.choose(6, json!({"reports_to": 7})).await;
        for (who, query) in [(7, "id=7&user=5"), (2, "id=7&user=5"), (5, "id=7&user=6"), (2, "id=7&user=999"), (2, "id=8&user=5")] {
            let reply = ask(who, query).await;
            let expected = missing.text.replace('8', &query[3..4]);
            assert_eq!((reply.status, reply.text), (404, expected), "{who} {query}");
        }
        let none = stage.admin("GET", "/crm/explain?module=contacts&id=8&user=5", None).await;
        assert_eq!((none.status, none.text), (404, missing.text));
        let nobody = stage.admin("GET", "/crm/explain?module=contacts&id=7&user=999", None).await.expect(404);
        assert_eq!(nobody["reason"], "User 999 not found");
        for (query, said) in [("id=7&module=contacts", "user is required"), ("id=7&user=5", "module is required"), ("module=contacts&user=5", "id is required")] {
            let refused = stage.admin("GET", &format!("/crm/explain?{query}"), None).await.expect(400);
            assert!(text(&refused, "reason").contains(said), "{query}: {refused}");
        }
    }
}

story! {
    async fn a_record_that_was_deleted_is_explained_from_what_is_kept(on: On) {
        let stage = cast(on).await;
        set(&stage, "contacts/7", json!({"label": "Jane Doe", "assigned_to": 5})).await;
        stage.admin("DELETE", "/crm/record/contacts/7", None).await.expect(200);
        let eve = explain(&stage, "contacts/7", 5).await;
        assert!(text(&eve, "sentence").starts_with("Eve Sales was told on "), "{eve}");
        assert_eq!(eve["outlook"], json!(["Contact Jane Doe was deleted on 11 January 2026, 14:30 (UTC): nothing more will be told of it."]));
        let nobody = explain(&stage, "contacts/7", 7).await;
        assert!(text(&nobody, "sentence").starts_with("Nothing about Contact Jane Doe was meant for Cleo Finance"), "{nobody}");
    }
}

story! {
    async fn reasons_outlive_what_its_user_deletes_and_go_with_retention_and_with_the_user(on: On) {
        let stage = cast(on).await;
        set(&stage, "contacts/7", json!({"label": "Jane Doe", "assigned_to": 2})).await;
        set(&stage, "contacts/7", json!({"label": "Jane Doe", "assigned_to": 5})).await;
        let rows = async || stage.world.number("SELECT COUNT(*) FROM reasons").await;
        assert_eq!(rows().await, 3);
        // That she deleted it does not make it untold.
        let eve = stage.sign_in(5).await;
        let id = newest(&eve).await;
        eve.ask("DELETE", &format!("/crm/notification/{id}"), None).await.expect(200);
        assert_eq!(explain(&stage, "contacts/7", 5).await["findings"][0]["told"], true);
        // Ben's notification goes when it is old, and why he had it.
        stage.world.passes(Duration::from_secs(366 * 24 * 3600)).await;
        assert_eq!(rows().await, 2);
        stage.admin("DELETE", "/crm/user/2", None).await.expect(200);
        stage.world.passes(Duration::from_secs(24 * 3600)).await;
        assert_eq!(rows().await, 1);
        stage.world.passes(Duration::from_secs(365 * 24 * 3600)).await;
        assert_eq!(rows().await, 0);
    }
}
