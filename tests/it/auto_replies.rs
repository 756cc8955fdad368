//! Automatic replies (H7): what the contact of a ticket is written, on which occasion, and when not.

use serde_json::{Value, json};

use crate::deliveries::stage::Stage;
use crate::peers::Letter;
use crate::world::On;

const BEN: i64 = 2;

/// Where the contact is written to.
const JANE: &str = "jane@acme.example";

/// A Tuesday on which the company is open from nine to five.
const NOON: &str = "2026-03-03T12:00:00Z";

/// A stage at noon with Ben, the contact Jane Doe, and these settings.
async fn stage(on: On, settings: Value) -> Stage {
    let stage = Stage::new(on).await;
    stage.reaches(NOON).await;
    stage.user(BEN, json!({"name": "Ben Support"})).await;
    set(&stage, settings).await;
    let jane = json!({"label": "Jane Doe", "fields": {"email": JANE}, "send_notification": false});
    stage.admin("PUT", "/crm/record/contacts/c1", Some(jane)).await.expect(201);
    stage
}

fn all_on() -> Value {
    json!({"ticket_opened": true, "comment_added": true, "ticket_closed": true, "urgent_ticket": true, "out_of_hours": true})
}

async fn set(stage: &Stage, settings: Value) {
    stage.admin("PUT", "/crm/settings/helpdesk", Some(settings)).await.expect(200);
    stage.world.app.tick().await;
}

/// Makes a ticket of Jane's.
async fn ticket(stage: &Stage, id: &str, mut fields: Value) {
    fields["contact_id"] = json!("c1");
    let body = json!({"label": "Printer on fire", "fields": fields});
    stage.admin("PUT", &format!("/crm/record/tickets/{id}"), Some(body)).await.expect(201);
    stage.settles().await;
}

async fn patch(stage: &Stage, id: &str, body: Value) {
    stage.admin("PATCH", &format!("/crm/record/tickets/{id}"), Some(body)).await.expect(200);
    stage.settles().await;
}

/// Somebody of the team says something, or writes down what the customer said.
async fn says(stage: &Stage, id: &str, mut body: Value) {
    body["actor_id"] = json!(BEN);
    stage.admin("POST", &format!("/crm/record/tickets/{id}/comment"), Some(body)).await.expect(201);
    stage.settles().await;
}

fn letters(stage: &Stage) -> Vec<Letter> {
    stage.mail.to(JANE)
}

/// What a letter says, in one line.
fn words(letter: &Letter) -> String {
    let text = letter.0["text"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the deliveries to customers are called, oldest first.
async fn kinds(stage: &Stage) -> i64 {
    stage.world.number("SELECT COUNT(*) FROM deliveries WHERE user_id = 0").await
}

story! {
    async fn h7_nobody_is_written_to_unless_it_is_switched_on(on: On) {
        let stage = stage(on, json!({})).await;
        ticket(&stage, "1", json!({"severity": "Critical"})).await;
        says(&stage, "1", json!({"text": "We are on it."})).await;
        patch(&stage, "1", json!({"fields": {"status": "Closed"}})).await;
        assert_eq!((letters(&stage).len(), kinds(&stage).await), (0, 0));
    }
}

story! {
    async fn h7_the_contact_hears_that_the_ticket_is_opened_commented_on_and_closed(on: On) {
        let stage = stage(on, all_on()).await;
        ticket(&stage, "4711", json!({"status": "Open", "support_email": "help@example.com"})).await;
        let opened = letters(&stage);
        assert_eq!(opened.len(), 1);
        assert!(opened[0].subject().contains("4711"), "{}", opened[0].subject());
        assert!(words(&opened[0]).contains("Hello Jane Doe") && words(&opened[0]).contains("Printer on fire"), "{}", words(&opened[0]));
        assert!(opened[0].0.to_string().contains("help@example.com"), "answers go to the ticket's support address");
        // What is said among colleagues is not for the customer.
        says(&stage, "4711", json!({"text": "@ben what a fool", "mentions": [BEN]})).await;
        assert_eq!(letters(&stage).len(), 1);
        says(&stage, "4711", json!({"text": "A new fuser is <on> its way."})).await;
        let commented = letters(&stage);
        assert_eq!(commented.len(), 2);
        assert!(words(&commented[1]).contains("A new fuser is <on> its way."), "{}", words(&commented[1]));
        // What the customer says in opening hours, nobody answers by itself.
        says(&stage, "4711", json!({"text": "Thanks", "from_customer": true})).await;
        patch(&stage, "4711", json!({"fields": {"category": "Printers"}})).await;
        assert_eq!(letters(&stage).len(), 2);
        patch(&stage, "4711", json!({"fields": {"status": "Closed"}})).await;
        let closed = letters(&stage);
        assert_eq!(closed.len(), 3);
        assert!(words(&closed[2]).contains("is closed"), "{}", words(&closed[2]));
    }
}

story! {
    async fn h7_an_urgent_ticket_is_answered_as_such_and_once(on: On) {
        let stage = stage(on, all_on()).await;
        ticket(&stage, "1", json!({"severity": "Critical"})).await;
        let urgent = letters(&stage);
        assert_eq!(urgent.len(), 1, "in place of Ticket Opened");
        assert!(words(&urgent[0]).contains("urgent request"), "{}", words(&urgent[0]));
        ticket(&stage, "2", json!({"priority": "Normal"})).await;
        patch(&stage, "2", json!({"fields": {"priority": "Urgent"}})).await;
        patch(&stage, "2", json!({"fields": {"severity": "Critical"}})).await;
        let all = letters(&stage);
        assert_eq!(all.len(), 3, "opened, and urgent once");
        assert!(words(&all[2]).contains("urgent request"), "{}", words(&all[2]));
    }
}

story! {
    async fn h7_a_ticket_at_22_00_gets_the_out_of_hours_mail(on: On) {
        let stage = stage(on, all_on()).await;
        stage.reaches("2026-03-03T22:00:00Z").await;
        ticket(&stage, "1", json!({"severity": "Critical"})).await;
        let night = letters(&stage);
        assert_eq!(night.len(), 1, "in place of the others");
        assert!(words(&night[0]).contains("outside our opening hours"), "{}", words(&night[0]));
        says(&stage, "1", json!({"text": "Is anybody there?", "from_customer": true})).await;
        assert_eq!(letters(&stage).len(), 2);
        stage.reaches("2026-03-04T10:00:00Z").await;
        says(&stage, "1", json!({"text": "And now?", "from_customer": true})).await;
        assert_eq!(letters(&stage).len(), 2, "it is open");
    }
}

story! {
    async fn h7_nobody_is_written_to_of_what_is_silenced_or_without_an_address(on: On) {
        let stage = stage(on, all_on()).await;
        let body = json!({"label": "Imported", "fields": {"contact_id": "c1"}, "send_notification": false});
        stage.admin("PUT", "/crm/record/tickets/1", Some(body)).await.expect(201);
        patch(&stage, "1", json!({"fields": {"status": "Closed"}, "send_notification": false})).await;
        let body = json!({"label": "Nobody's", "fields": {}});
        stage.admin("PUT", "/crm/record/tickets/2", Some(body)).await.expect(201);
        stage.settles().await;
        assert_eq!((letters(&stage).len(), kinds(&stage).await), (0, 0));
    }
}

story! {
    async fn h7_a_customer_who_cannot_be_written_to_stands_in_the_log_with_the_reason(on: On) {
        let stage = stage(on, all_on()).await;
        let mute = json!({"label": "Max Mute", "fields": {"phone": "1"}, "send_notification": false});
        stage.admin("PUT", "/crm/record/contacts/mute", Some(mute)).await.expect(201);
        for (id, contact, name) in [("early", "gone", ""), ("mute", "mute", "Max Mute")] {
            let body = json!({"label": "Printer on fire", "fields": {"contact_id": contact}});
            stage.admin("PUT", &format!("/crm/record/tickets/{id}"), Some(body)).await.expect(201);
            stage.settles().await;
            let log = stage.log(&format!("record=tickets/{id}")).await;
            assert_eq!(log.len(), 1, "{name}");
            let shown = ["type", "state", "reason", "to", "title"].map(|member| log[0][member].clone());
            let title = format!("Printer on fire [{id}]");
            let expected = [json!("ticket_opened"), json!("suppressed"), json!("no_email"), Value::Null, json!(title)];
            assert_eq!(shown, expected);
        }
        // It comes too late for the first letter, and in time for the next.
        stage.admin("PUT", "/crm/record/contacts/gone", Some(json!({"label": "Jane", "fields": {"email": JANE}}))).await.expect(201);
        patch(&stage, "early", json!({"fields": {"status": "Closed"}})).await;
        assert_eq!(letters(&stage).len(), 1);
        stage.adds_up().await;
    }
}

story! {
    async fn h7_what_the_team_says_reaches_the_customer_however_much_it_is(on: On) {
        let stage = stage(on, all_on()).await;
        ticket(&stage, "1", json!({"status": "Open"})).await;
        let ben = stage.sign_in(BEN).await;
        for index in 0..8 {
            let body = json!({"text": format!("Step {index}"), "internal": false});
            ben.ask("POST", "/crm/record/tickets/1/comment", Some(body)).await.expect(201);
            stage.settles().await;
        }
        patch(&stage, "1", json!({"fields": {"status": "Closed"}})).await;
        assert_eq!(letters(&stage).len(), 10);
        assert!(words(&letters(&stage)[8]).contains("Step 7"));
    }
}

story! {
    async fn h7_two_mailboxes_of_ours_do_not_write_to_each_other(on: On) {
        let stage = stage(on, all_on()).await;
        set(&stage, json!({"email_hours": {"vip@example.com": 1}})).await;
        stage.admin("PUT", "/crm/settings/company", Some(json!({"email": "office@example.com"}))).await.expect(200);
        let from = ["vip@example.com", "Office+1@example.com", "sales@example.com", "crm@example.com", "MAILER-DAEMON@mx.example.net"];
        for (index, address) in from.into_iter().enumerate() {
            let fields = json!({"contact_email": address, "support_email": "sales@example.com"});
            let body = json!({"label": "We have your request", "fields": fields});
            stage.admin("PUT", &format!("/crm/record/tickets/{index}"), Some(body)).await.expect(201);
            stage.settles().await;
            let log = stage.log(&format!("record=tickets/{index}")).await;
            assert_eq!((log.len(), &log[0]["reason"]), (1, &json!("loop")), "{address}");
        }
        assert!(stage.mail.all().is_empty());
    }
}

story! {
    async fn h7_the_chosen_template_is_used_in_the_customers_language(on: On) {
        let stage = stage(on, all_on()).await;
        let jane = json!({"fields": {"language": "de"}});
        stage.admin("PATCH", "/crm/record/contacts/c1", Some(jane)).await.expect(200);
        ticket(&stage, "1", json!({})).await;
        assert!(words(&letters(&stage)[0]).contains("Guten Tag Jane Doe"), "{}", words(&letters(&stage)[0]));
        let refused = stage.admin("PUT", "/crm/settings/helpdesk", Some(json!({"ticket_opened_template_id": 999_999}))).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        let source = "<mj-text>Our own words for {{ record.label }}</mj-text>";
        let template = json!({"kind": "email", "name": "Own", "subject": "Own {{ record.id }}", "source": source});
        let made = stage.admin("POST", "/crm/template", Some(template)).await.expect(201);
        set(&stage, json!({"ticket_opened_template_id": made["template"]["id"]})).await;
        ticket(&stage, "2", json!({})).await;
        let own = &letters(&stage)[1];
        assert_eq!(own.subject(), "Own 2");
        assert!(words(own).contains("Our own words for Printer on fire"), "{}", words(own));
    }
}

story! {
    async fn two_programs_that_answer_each_other_come_to_an_end(on: On) {
        let stage = stage(on, all_on()).await;
        stage.reaches("2026-03-03T22:00:00Z").await;
        ticket(&stage, "1", json!({})).await;
        for _ in 0..10 {
            says(&stage, "1", json!({"text": "I am out of office.", "from_customer": true})).await;
        }
        assert_eq!(letters(&stage).len(), 5, "five about one ticket a day");
    }
}
