//! What is said about tickets: who may hear of it, what goes to the customer and what stays in the team, and when it is
//! forgotten.

use std::time::Duration;

use serde_json::{Value, json};

use crate::deliveries::stage::Stage;
use crate::events::happens;
use crate::world::{KEY, On, Reply, World};

const ADA: i64 = 1;
const BEN: i64 = 2;

/// Customers, who have an inbox of the portal: one is called like Ben, the other one follows the ticket.
const HER_BEN: i64 = 3;
const FOLLOWER: i64 = 4;

/// Where the contact of the ticket is written to.
const JANE: &str = "jane@acme.example";

const TICKET: &str = "/crm/record/tickets/42";

/// Ada, who is an administrator, Ben Kim of the team and Ben Kim who is a customer, another customer who follows ticket
/// 42, and its contact Jane Doe, who is written to of comments.
async fn stage(on: On) -> Stage {
    let stage = Stage::new(on).await;
    stage.administrator(ADA).await;
    stage.choose(ADA, json!({"name": "Ada Admin"})).await;
    stage.user(BEN, json!({"name": "Ben Kim"})).await;
    stage.user(HER_BEN, json!({"name": "Ben Kim", "roles": ["customer"]})).await;
    stage.user(FOLLOWER, json!({"name": "Carla Customer", "roles": ["customer"]})).await;
    let jane = json!({"label": "Jane Doe", "fields": {"email": JANE}});
    stage.admin("PUT", "/crm/record/contacts/12", Some(jane)).await.expect(201);
    stage.admin("PUT", "/crm/settings/helpdesk", Some(json!({"comment_added": true}))).await.expect(200);
    let fields = json!({"status": "Open", "contact_id": "12", "subscribers": [BEN, FOLLOWER]});
    let body = json!({"label": "Printer on fire", "fields": fields, "send_notification": false});
    stage.admin("PUT", TICKET, Some(body)).await.expect(201);
    stage
}

/// What somebody says of the ticket.
async fn says(stage: &Stage, who: i64, body: Value) -> Reply {
    stage.sign_in(who).await.ask("POST", &format!("{TICKET}/comment"), Some(body)).await
}

async fn comments(stage: &Stage) -> Value {
    stage.admin("GET", &format!("{TICKET}/comments"), None).await.expect(200)
}

async fn inbox(stage: &Stage, id: i64) -> Vec<String> {
    let page = stage.sign_in(id).await.list("").await;
    let items = page["notifications"].as_array().unwrap().iter();
    items.map(|item| item["type"].as_str().unwrap().to_owned()).collect()
}

story! {
    async fn an_id_that_no_ticket_has_is_404_among_comments(on: On) {
        let stage = stage(on).await;
        for id in ["%00", "4%002", "43", "%20", &"x".repeat(65)] {
            let path = format!("/crm/record/tickets/{id}/comments");
            let refused = stage.admin("GET", &path, None).await;
            assert_eq!(refused.status, 404, "{id}: {}", refused.text);
        }
    }
}

story! {
    async fn n34_what_the_team_says_never_reaches_a_customer(on: On) {
        let stage = stage(on).await;
        // Two are called so: the one of the team is meant. A mailbox of a customer is nobody's here.
        let said = says(&stage, ADA, json!({"text": "@Ben Kim he is lying, says @user3"})).await.expect(201);
        assert_eq!((&said["mentions"], &said["told"]), (&json!([BEN]), &json!(1)));
        let said = says(&stage, ADA, json!({"text": "it is @Ben Kim’s, or @user2's"})).await.expect(201);
        assert_eq!((&said["mentions"], &said["told"]), (&json!([BEN]), &json!(1)));
        let refused = says(&stage, ADA, json!({"text": "He is lying", "mentions": [BEN, HER_BEN]})).await.expect(400);
        assert_eq!(refused["reason"], "mentions: user 3 is a customer, who does not hear what the team says; leave them out");
        // Who follows the ticket and is a customer hears nothing of it either, and is told why.
        says(&stage, ADA, json!({"text": "A part is missing"})).await.expect(201);
        for (kind, data) in [
            ("ticket.mentioned", json!({"text": "He lies", "mentions": [HER_BEN]})),
            ("ticket.updated", json!({"summary": "He lies"})),
        ] {
            let told = happens(&stage.world, json!({"type": kind, "record_id": "42", "actor_id": BEN, "data": data})).await;
            assert_eq!(told.expect(201)["told"], 0, "{kind}");
        }
        stage.settles().await;
        assert_eq!(inbox(&stage, BEN).await, ["ticket_updated", "ticket_mention", "ticket_mention"]);
        for id in [HER_BEN, FOLLOWER] {
            assert!(inbox(&stage, id).await.is_empty() && stage.subjects(id).is_empty(), "{id}");
        }
        // What customers say among themselves is theirs.
        let said = says(&stage, ADA, json!({"text": "It burns", "from_customer": true})).await.expect(201);
        assert_eq!((&said["told"], inbox(&stage, FOLLOWER).await), (&json!(2), vec!["customer_reply".to_owned()]));
        stage.adds_up().await;
    }
}

story! {
    async fn h7_what_is_meant_for_colleagues_stays_in_the_team(on: On) {
        let stage = stage(on).await;
        let (internal, open) = (json!(true), json!(false));
        for (body, expected) in [
            (json!({"text": "@Support please refuse him"}), &internal),
            (json!({"text": "@bne he is rude"}), &internal),
            (json!({"text": "he is rude (@\"Support"}), &internal),
            (json!({"text": "@ben kim look"}), &internal),
            (json!({"text": "Look", "mentions": [BEN]}), &internal),
            (json!({"text": "He is rude", "internal": true}), &internal),
            (json!({"text": "It burns", "from_customer": true}), &open),
        ] {
            let said = says(&stage, ADA, body.clone()).await.expect(201);
            assert_eq!((&said["comment"]["internal"], &said["letter"]), (expected, &Value::Null), "{body}");
        }
        // A program does not know who reads it, unless it says so or acts for somebody.
        let program = |body: Value| { let stage = &stage; async move {
            stage.admin("POST", &format!("{TICKET}/comment"), Some(body)).await.expect(201)
        }};
        let said = program(json!({"text": "password: secret"})).await;
        assert_eq!((&said["comment"]["internal"], &said["letter"]), (&internal, &Value::Null));
        stage.settles().await;
        assert!(stage.mail.to(JANE).is_empty());
        for said in [
            says(&stage, ADA, json!({"text": "Write to grace@example.com, at 5 @ the office"})).await.expect(201),
            says(&stage, ADA, json!({"text": "@ben kim brings it", "internal": false})).await.expect(201),
            program(json!({"text": "It is on its way", "internal": false})).await,
            program(json!({"text": "It has arrived", "actor_id": BEN})).await,
        ] {
            assert_eq!((&said["comment"]["internal"], &said["letter"]["state"]), (&open, &json!("pending")), "{said}");
            assert_eq!((&said["letter"]["reason"], &said["letter"]["explanation"]), (&Value::Null, &Value::Null));
            let id = said["letter"]["delivery_id"].as_str().unwrap().to_owned();
            assert!(stage.log("record=tickets/42").await.iter().any(|one| one["id"] == id), "{id}");
        }
        stage.settles().await;
        assert_eq!(stage.mail.to(JANE).len(), 4);
        let all = comments(&stage).await;
        let kept: Vec<bool> = all["comments"].as_array().unwrap().iter().map(|one| one["internal"].as_bool().unwrap()).collect();
        assert_eq!(kept, [false, false, false, false, true, false, true, true, true, true, true, true]);
        let refused = says(&stage, ADA, json!({"text": "Hm", "from_customer": true, "internal": true})).await.expect(400);
        assert!(refused["reason"].as_str().unwrap().starts_with("internal is for what the team says"), "{refused}");
    }
}

story! {
    async fn h7_a_person_sees_beforehand_and_afterwards_whether_the_customer_is_written_to(on: On) {
        let stage = stage(on).await;
        assert_eq!(comments(&stage).await["writes_to"], JANE);
        // An address that no mail can be sent to: what was not sent says why.
        let fields = |email: &str| json!({"fields": {"email": email}, "send_notification": false});
        stage.admin("PATCH", "/crm/record/contacts/12", Some(fields("jane at acme"))).await.expect(200);
        let said = says(&stage, ADA, json!({"text": "It is on its way"})).await.expect(201);
        assert_eq!((&said["letter"]["state"], &said["letter"]["reason"]), (&json!("suppressed"), &json!("no_email")));
        assert_eq!(said["letter"]["explanation"], "There is no e-mail address that mail can be sent to.");
        stage.admin("PATCH", "/crm/record/contacts/12", Some(fields(JANE))).await.expect(200);
        stage.admin("PUT", "/crm/settings/helpdesk", Some(json!({"comment_added": false}))).await.expect(200);
        stage.world.app.tick().await;
        assert_eq!(comments(&stage).await["writes_to"], Value::Null);
        let said = says(&stage, ADA, json!({"text": "It is on its way"})).await.expect(201);
        assert_eq!((&said["comment"]["internal"], &said["letter"]), (&json!(false), &Value::Null));
    }
}

story! {
    async fn h6_a_whole_put_that_leaves_the_last_action_date_out_keeps_it(on: On) {
        let stage = stage(on).await;
        stage.passes(3600).await;
        let date = says(&stage, ADA, json!({"text": "I am on it"})).await.expect(201)["last_action_date"].clone();
        assert_eq!(date, "2026-01-11T15:30:00Z");
        let put = |path: &'static str, fields: Value| { let stage = &stage; async move {
            stage.admin("PUT", path, Some(json!({"label": "Same", "fields": fields}))).await.body["record"].clone()
        }};
        let kept = put(TICKET, json!({"status": "Open", "severity": "High"})).await;
        assert_eq!(kept["fields"], json!({"status": "Open", "severity": "High", "last_action_date": date}));
        assert_eq!(kept["sla"]["since"], "2026-01-11T15:30:00Z");
        // What is said is taken as it is said.
        let said = put(TICKET, json!({"status": "Open", "last_action_date": "2026-01-11T09:00:00Z"})).await;
        assert_eq!(said["fields"]["last_action_date"], "2026-01-11T09:00:00Z");
        let gone = put(TICKET, json!({"status": "Open", "last_action_date": null})).await;
        assert_eq!(gone["fields"], json!({"status": "Open"}));
        // A field of that name elsewhere is a field like every other one.
        put("/crm/record/leads/7", json!({"last_action_date": "2026-01-11", "status": "New"})).await;
        let lead = put("/crm/record/leads/7", json!({"status": "New"})).await;
        assert_eq!(lead["fields"], json!({"status": "New"}));
    }
}

story! {
    async fn comments_go_with_their_ticket_and_show_on_no_other_one(on: On) {
        let stage = stage(on).await;
        says(&stage, ADA, json!({"text": "The customer's secret"})).await.expect(201);
        stage.admin("PUT", "/crm/record/tickets/43", Some(json!({"label": "Screen"}))).await.expect(201);
        let other = json!({"text": "Another one"});
        stage.admin("POST", "/crm/record/tickets/43/comment", Some(other)).await.expect(201);
        stage.admin("DELETE", TICKET, None).await.expect(200);
        stage.admin("GET", &format!("{TICKET}/comments"), None).await.expect(404);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM ticket_comments").await, 1);
        stage.admin("PUT", TICKET, Some(json!({"label": "Somebody else's"}))).await.expect(201);
        assert_eq!(comments(&stage).await["comments"], json!([]));
    }
}

story! {
    async fn comments_are_forgotten_with_the_history(on: On) {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        for (days, left) in [(10, [2, 1]), (0, [2, 2])] {
            let world = World::with(on, |config| config.retention.history_days = days).await;
            let ask = async |method: &str, path: &str, body: Value| {
                world.ask(method, path, &[("X-API-KEY", KEY)], Some(body.to_string())).await.expect(201)
            };
            ask("PUT", TICKET, json!({"label": "Printer on fire"})).await;
            ask("POST", &format!("{TICKET}/comment"), json!({"text": "Old"})).await;
            world.passes(DAY * 9).await;
            ask("POST", &format!("{TICKET}/comment"), json!({"text": "New"})).await;
            for expected in left {
                let count = world.number("SELECT COUNT(*) FROM ticket_comments").await;
                assert_eq!(count, expected, "after {days} days");
                world.passes(DAY * 2).await;
            }
        }
    }
}

story! {
    async fn whoever_is_erased_leaves_no_name_in_comments(on: On) {
        let stage = stage(on).await;
        says(&stage, BEN, json!({"text": "Have you tried water?"})).await.expect(201);
        says(&stage, ADA, json!({"text": "Or sand?"})).await.expect(201);
        stage.admin("DELETE", &format!("/crm/user/{BEN}"), None).await.expect(200);
        let authors = |page: Value| [page["comments"][1]["author"].clone(), page["comments"][0]["author"].clone()];
        let expected = [json!({"id": null, "name": "a former user"}), json!({"id": ADA, "name": "Ada Admin"})];
        assert_eq!(authors(comments(&stage).await), expected);
        stage.passes(24 * 3600).await;
        assert_eq!(authors(comments(&stage).await), expected);
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM ticket_comments WHERE author_id = 2 OR author = 'Ben Kim'").await, 0);
    }
}
