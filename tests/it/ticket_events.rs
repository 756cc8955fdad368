//! Tickets: who hears that they got one, were mentioned, that one they follow has news, and that its customer replied.

use serde_json::{Value, json};

use crate::deliveries::stage::Stage;
use crate::events::happens;
use crate::world::{On, Reply, Somebody};

const ADA: i64 = 1;

/// Ada (1), Grace (2) whose the ticket is, Ben (3) who follows it, and Max (4).
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(ADA).await;
    for id in [2, 3, 4] {
        stage.user(id, json!({})).await;
    }
    for (id, name) in [(1, "Ada Admin"), (2, "Grace Support"), (3, "Ben"), (4, "Max Field")] {
        stage.choose(id, json!({"name": name})).await;
    }
    let contact = json!({"label": "Jane Doe"});
    stage.admin("PUT", "/crm/record/contacts/12", Some(contact)).await.expect(201);
    let fields = json!({"status": "Open", "severity": "Normal", "subscribers": [3], "contact_id": "12"});
    let body =
        json!({"label": "Printer on fire", "assigned_to": 2, "fields": fields, "send_notification": false});
    stage.admin("PUT", "/crm/record/tickets/42", Some(body)).await.expect(201);
    stage
}

async fn patch(who: &Somebody<'_>, body: Value) -> Value {
    who.ask("PATCH", "/crm/record/tickets/42", Some(body)).await.expect(200)["record"].clone()
}

async fn comment(who: &Somebody<'_>, body: Value) -> Reply {
    who.ask("POST", "/crm/record/tickets/42/comment", Some(body)).await
}

/// The types of what somebody heard, newest first.
async fn types(stage: &Stage, id: i64) -> Vec<String> {
    let page = stage.sign_in(id).await.list("").await;
    page["notifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap().to_owned())
        .collect()
}

async fn newest(stage: &Stage, id: i64) -> Value {
    stage.sign_in(id).await.list("").await["notifications"][0].clone()
}

async fn last_action(stage: &Stage) -> Value {
    let shown = stage.admin("GET", "/crm/record/tickets/42", None).await.expect(200);
    shown["record"]["fields"]["last_action_date"].clone()
}

story! {
    async fn n34_whoever_gets_a_ticket_hears_of_it_once_by_its_own_type(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        patch(&ada, json!({"assigned_to": 4})).await;
        stage.settles().await;
        assert_eq!(stage.subjects(4), ["Ticket Printer on fire was assigned to you"]);
        assert_eq!(types(&stage, 4).await, ["ticket_assigned"]);
        let item = newest(&stage, 4).await;
        assert_eq!((&item["related_ticket_id"], &item["related_user_id"]), (&json!(42), &json!(ADA)));
        assert_eq!(item["metadata"], json!({"module": "tickets", "record_id": "42"}));
        assert_eq!(item["message"], "Ada Admin assigned it to you. Grace Support had it before.");
        // Ben follows it and hears of the new user; Grace, from whom it went, has no tick for that.
        assert_eq!(types(&stage, 3).await, ["ticket_updated"]);
        assert!(types(&stage, 2).await.is_empty());
        // Where Notification Settings are off for tickets, and where Send Notification is unticked: not.
        patch(&ada, json!({"assigned_to": 2, "send_notification": false})).await;
        stage.admin("PUT", "/crm/settings/notifications", Some(json!({"assigned": {"tickets": false}}))).await.expect(200);
        patch(&ada, json!({"assigned_to": 4})).await;
        assert_eq!((types(&stage, 2).await.len(), types(&stage, 4).await.len()), (0, 1));
        // Several at once are one.
        stage.admin("PUT", "/crm/settings/notifications", Some(json!({"assigned": {"tickets": true}}))).await.expect(200);
        stage.admin("PUT", "/crm/record/tickets/T-7", Some(json!({"label": "Screen", "assigned_to": 2, "send_notification": false}))).await.expect(201);
        ada.ask("POST", "/crm/record/tickets/reassign", Some(json!({"ids": ["42", "T-7"], "assigned_to": 3}))).await.expect(200);
        let item = newest(&stage, 3).await;
        assert_eq!((&item["type"], &item["title"]), (&json!("ticket_assigned"), &json!("2 tickets were assigned to you by Ada Admin")));
        assert_eq!(item.get("related_ticket_id"), None);
        stage.adds_up().await;
    }
}

story! {
    async fn n34_subscribers_hear_of_updates_and_not_of_their_own(on: On) {
        let stage = stage(on).await;
        let (ada, ben) = (stage.sign_in(ADA).await, stage.sign_in(3).await);
        patch(&ada, json!({"fields": {"status": "In Progress", "severity": "High"}})).await;
        stage.settles().await;
        let item = newest(&stage, 3).await;
        assert_eq!((&item["type"], &item["related_ticket_id"], &item["related_user_id"]), (&json!("ticket_updated"), &json!(42), &json!(ADA)));
        assert_eq!(item["message"], "Ada Admin changed it.\nStatus: In Progress, before Open\nSeverity: High, before Normal");
        assert_eq!(stage.subjects(3), ["Ticket Printer on fire was updated"]);
        assert!(types(&stage, 2).await.is_empty(), "its assigned user does not follow it");
        // His own, what matters to nobody, and what is to be silent.
        patch(&ben, json!({"fields": {"status": "Resolved"}})).await;
        patch(&ada, json!({"fields": {"last_action_date": "2026-01-11T14:00:00Z", "subscribers": ["3"]}})).await;
        patch(&ada, json!({"fields": {"priority": "High"}, "send_notification": false})).await;
        assert_eq!(types(&stage, 3).await.len(), 1);
        // A CRM that keeps what is new elsewhere says so.
        let told = happens(&stage.world, json!({"type": "ticket.updated", "record_id": "42", "data": {"summary": "The part has arrived.", "link": "/tickets/42#p"}})).await.expect(201);
        assert_eq!(told["told"], 1);
        let item = newest(&stage, 3).await;
        assert_eq!((&item["message"], &item["link"]), (&json!("The part has arrived."), &json!("/tickets/42#p")));
        let why = ben.ask("GET", &format!("/crm/notification/{}/why", item["notification_id"]), None).await.expect(200);
        assert!(why.to_string().contains("you are among its subscribers"), "{why}");
    }
}

story! {
    async fn n34_subscribers_hear_of_every_field_that_somebody_changes(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        stage.admin("PUT", "/crm/record/companies/70", Some(json!({"label": "Acme Ltd"}))).await.expect(201);
        for (fields, message) in [
            (json!({"queue": "Billing"}), "Queue: Billing, before nothing"),
            (json!({"description": format!("It burns.\nStill. {}", "x".repeat(200))}), &format!("Description: It burns. Still. {}…, before nothing", "x".repeat(82))),
            (json!({"company_id": 70}), "Company: Acme Ltd, before nothing"),
            (json!({"company_id": "71", "on_site": true}), "Company: 71, before Acme Ltd\nOn Site: Yes, before nothing"),
            (json!({"queue": null}), "Queue: nothing, before Billing"),
        ] {
            patch(&ada, json!({"fields": fields})).await;
            assert_eq!(newest(&stage, 3).await["message"], format!("Ada Admin changed it.\n{message}"));
        }
        // Many are named as far as they can be read.
        let many: serde_json::Map<String, Value> = (10..25).map(|number| (format!("a{number}"), number.into())).collect();
        patch(&ada, json!({"fields": many})).await;
        let item = newest(&stage, 3).await;
        let message = item["message"].as_str().unwrap();
        assert!(message.starts_with("Ada Admin changed it.\nA10: 10, before nothing\n") && message.ends_with("\nA19: 19, before nothing\n… and 5 more"), "{message}");
        let ben = stage.sign_in(3).await;
        let why = ben.ask("GET", &format!("/crm/notification/{}/why", item["notification_id"]), None).await.expect(200);
        assert!(why.to_string().contains("A18, A19 and 5 more"), "{why}");
    }
}

story! {
    async fn n34_whoever_is_mentioned_hears_once(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        let text = "@ben and @\"Grace Support\": ask @max field, not @nobody or info@example.com. @user1 knows.";
        let said = comment(&ada, json!({"text": text, "mentions": [3]})).await.expect(201);
        assert_eq!((&said["mentions"], &said["told"]), (&json!([1, 2, 3, 4]), &json!(3)));
        stage.settles().await;
        for id in [2, 3, 4] {
            assert_eq!(stage.subjects(id), ["Ada Admin mentioned you in Ticket Printer on fire"], "{id}");
            assert_eq!(types(&stage, id).await, ["ticket_mention"], "{id}");
        }
        assert!(types(&stage, ADA).await.is_empty(), "she mentioned herself");
        let item = newest(&stage, 4).await;
        assert_eq!((&item["message"], &item["related_ticket_id"], &item["related_user_id"]), (&json!(text), &json!(42), &json!(ADA)));
        // A CRM with comments of its own says who is mentioned.
        let body = json!({"type": "ticket.mentioned", "record_id": "42", "actor_id": 2, "data": {"mentions": [2, 4], "text": "@max"}});
        assert_eq!(happens(&stage.world, body).await.expect(201)["told"], 1);
        assert_eq!(newest(&stage, 4).await["title"], "Grace Support mentioned you in Ticket Printer on fire");
        // Of a ticket that is not kept here as well.
        let body = json!({"type": "ticket.mentioned", "record_id": "77", "data": {"mentions": [4], "label": "Screen", "link": "/tickets/77"}});
        happens(&stage.world, body).await.expect(201);
        let item = newest(&stage, 4).await;
        assert_eq!((&item["title"], &item["link"], &item["related_ticket_id"]), (&json!("Provisioning notification system mentioned you in Ticket Screen"), &json!("/tickets/77"), &json!(77)));
        stage.adds_up().await;
    }
}

story! {
    async fn n34_a_customer_s_reply_reaches_the_assigned_user_and_the_subscribers(on: On) {
        let stage = stage(on).await;
        let body = json!({"type": "ticket.customer_replied", "record_id": "42", "data": {"text": "It burns still."}});
        assert_eq!(happens(&stage.world, body).await.expect(201)["told"], 2);
        stage.settles().await;
        for id in [2, 3] {
            let item = newest(&stage, id).await;
            assert_eq!((&item["type"], &item["related_ticket_id"], &item["message"]), (&json!("customer_reply"), &json!(42), &json!("It burns still.")));
            assert_eq!(stage.subjects(id), ["The customer replied to Ticket Printer on fire"]);
        }
        // The same by a comment that is kept here: nobody is mentioned by a customer's words.
        let said = stage.admin("POST", "/crm/record/tickets/42/comment", Some(json!({"text": "@max is it?", "from_customer": true}))).await.expect(201);
        assert_eq!((&said["told"], &said["mentions"], &said["comment"]["author"]), (&json!(2), &json!([]), &json!({"id": null, "name": "Jane Doe"})));
        assert_eq!(newest(&stage, 3).await["title"], "Jane Doe replied to Ticket Printer on fire");
        // Whoever writes it down for them knows.
        let grace = stage.sign_in(2).await;
        let said = comment(&grace, json!({"text": "She called.", "from_customer": true, "author": "John Roe"})).await.expect(201);
        assert_eq!(said["told"], 1);
        assert_eq!((types(&stage, 2).await.len(), newest(&stage, 3).await["title"].clone()), (2, json!("John Roe replied to Ticket Printer on fire")));
    }
}

story! {
    async fn a_comment_is_kept_restarts_the_clock_and_stands_in_the_history(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        assert_eq!(last_action(&stage).await, Value::Null);
        let said = comment(&ada, json!({"text": "Have you tried water?"})).await.expect(201);
        assert_eq!(said["comment"], json!({"id": said["comment"]["id"], "ticket_id": "42", "text": "Have you tried water?",
            "author": {"id": ADA, "name": "Ada Admin"}, "from_customer": false, "internal": false, "at": "2026-01-11T14:30:00Z"}));
        assert_eq!((&said["last_action_date"], last_action(&stage).await), (&json!("2026-01-11T14:30:00Z"), json!("2026-01-11T14:30:00Z")));
        // Subscribers hear of what the team says: Ben does, Grace does not follow it.
        stage.settles().await;
        assert_eq!(stage.subjects(3), ["Ada Admin commented on Ticket Printer on fire"]);
        assert!(types(&stage, 2).await.is_empty());
        // A customer who asks again is not answered later for it; one who was waited for starts the clock.
        stage.passes(3600).await;
        let grace = stage.sign_in(2).await;
        let customer = |text: &str| json!({"text": text, "from_customer": true});
        comment(&grace, customer("Hurry!")).await.expect(201);
        assert_eq!(last_action(&stage).await, "2026-01-11T14:30:00Z");
        patch(&grace, json!({"fields": {"status": "Waiting for Customer"}})).await;
        comment(&grace, customer("Yes, I tried.")).await.expect(201);
        assert_eq!(last_action(&stage).await, "2026-01-11T15:30:00Z");
        stage.passes(3600).await;
        let by_program = json!({"text": "Noted", "actor_id": 2});
        stage.admin("POST", "/crm/record/tickets/42/comment", Some(by_program)).await.expect(201);
        assert_eq!(last_action(&stage).await, "2026-01-11T16:30:00Z");
        let ada = stage.sign_in(ADA).await;
        let listed = ada.ask("GET", "/crm/record/tickets/42/comments?limit=3", None).await.expect(200);
        let texts = |page: &Value| -> Vec<String> {
            page["comments"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(texts(&listed), ["Noted", "Yes, I tried.", "Hurry!"]);
        assert_eq!(listed["comments"][0]["author"], json!({"id": 2, "name": "Grace Support"}));
        let rest = ada.ask("GET", &format!("/crm/record/tickets/42/comments?cursor={}", listed["next_cursor"].as_str().unwrap()), None).await.expect(200);
        assert_eq!((texts(&rest), &rest["next_cursor"]), (vec!["Have you tried water?".to_owned()], &Value::Null));
        let history = ada.ask("GET", "/crm/record/tickets/42/history", None).await.expect(200);
        let comments = history["history"].as_array().unwrap().iter().filter(|line| line["field"] == "comment");
        let comments: Vec<&Value> = comments.map(|line| &line["to"]).collect();
        assert_eq!(comments, ["Grace Support: Noted", "Jane Doe: Yes, I tried.", "Jane Doe: Hurry!", "Ada Admin: Have you tried water?"]);
        stage.adds_up().await;
    }
}

story! {
    async fn a_comment_is_judged_and_made_wholly_or_not_at_all(on: On) {
        let stage = stage(on).await;
        let ada = stage.sign_in(ADA).await;
        let long = "x".repeat(10_001);
        for (id, body, status, said) in [
            ("42", json!({}), 400, "text is required"),
            ("42", json!({"text": " \n"}), 400, "text is required"),
            ("42", json!({"text": long}), 400, "text must be at most 10000 characters long"),
            ("42", json!({"text": "x", "mentions": [2, 99]}), 404, "mentions: user 99 not found"),
            ("42", json!({"text": "x", "mentions": "2"}), 400, "mentions must be a list of integers"),
            ("42", json!({"text": "x", "mentions": [0]}), 400, "mentions must be between"),
            ("42", json!({"text": "x", "author": "Jane"}), 400, "author names the customer"),
            ("42", json!({"text": "x", "actor_id": 99}), 404, "User 99 not found"),
            ("42", json!({"txet": "x"}), 400, "Unknown field \"txet\"; did you mean \"text\"?"),
            ("43", json!({"text": "x"}), 404, "Ticket 43 not found"),
        ] {
            let refused = ada.ask("POST", &format!("/crm/record/tickets/{id}/comment"), Some(body.clone())).await;
            let reason = refused.body["reason"].as_str().unwrap_or_default();
            assert!(refused.status == status && reason.starts_with(said), "{body}: {}", refused.text);
        }
        ada.ask("GET", "/crm/record/tickets/43/comments", None).await.expect(404);
        let (ben, customer) = (stage.sign_in(3).await, stage.world.person(5, &["customer"]).await);
        comment(&customer, json!({"text": "x"})).await.expect(403);
        customer.ask("GET", "/crm/record/tickets/42/comments", None).await.expect(403);
        comment(&ben, json!({"text": "x", "actor_id": ADA})).await.expect(403);
        for table in ["SELECT COUNT(*) FROM ticket_comments", "SELECT COUNT(*) FROM events"] {
            assert_eq!(stage.world.number(table).await, 0, "{table}");
        }
        let key = [("Idempotency-Key", "once")];
        let path = "/crm/record/tickets/42/comment";
        let first = ada.ask_with("POST", path, &key, Some(json!({"text": "x"}))).await.expect(201);
        let again = ada.ask_with("POST", path, &key, Some(json!({"text": "x"}))).await;
        assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
        assert_eq!(again.expect(201), first);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM ticket_comments").await, 1);
    }
}
