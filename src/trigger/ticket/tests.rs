//! Who hears of tickets, by which type, and with which words.

use serde_json::{Map, Value, json};

use super::*;
use crate::clock::Instant;
use crate::record::{Course, Credit};
use crate::trigger::reassignment::NotificationSettings;
use crate::trigger::reassignment::tests::{actor, people, record};
use crate::trigger::scene::Scene;
use crate::trigger::{Beside, Telling};

/// Ada does it, Ben has it, Eve and Max follow it, and so does somebody who is gone.
const ADA: i64 = 1;
const BEN: i64 = 2;
const EVE: i64 = 3;
const MAX: i64 = 4;

fn scene() -> Scene {
    Scene { people: people(), ..Scene::default() }
}

fn ticket(owner: Option<i64>, fields: Value) -> Record {
    let Value::Object(mut all) = json!({"subscribers": [EVE, "4", EVE, 99, "x"], "status": "Open"}) else {
        panic!("an object")
    };
    let Value::Object(fields) = fields else { panic!("an object") };
    all.extend(fields);
    Record { fields: all, ..record("tickets", "42", "Printer", owner) }
}

fn change(before: Record, after: Record, by: Option<i64>) -> Change {
    Change {
        before: Some(before),
        after: Some(after),
        actor: actor(by),
        send_notification: None,
        course: Course::Saved,
        credit: Credit::Kept,
    }
}

/// Who is told of what type with what title, and who is not.
fn outcome(findings: &[Finding]) -> Vec<String> {
    let words = findings.iter().map(|finding| {
        if let Finding::Tell(telling) = finding {
            return format!("{} {}: {}", telling.user_id, telling.kind, telling.title);
        }
        let Finding::Silent { user_id, .. } = finding else { panic!("it writes no letters") };
        format!("{user_id} not")
    });
    words.collect()
}

fn told(findings: &[Finding], user_id: i64) -> &Telling {
    let telling = findings.iter().find_map(|finding| match finding {
        Finding::Tell(telling) if telling.user_id == user_id => Some(&**telling),
        _ => None,
    });
    telling.expect("they are told")
}

#[test]
fn subscribers_hear_of_what_matters_and_nobody_of_their_own_act() {
    let open = || ticket(Some(BEN), json!({}));
    let changed = |fields: Value| ticket(Some(BEN), fields);
    let both =
        ["3 ticket_updated: Ticket Printer was updated", "4 ticket_updated: Ticket Printer was updated"];
    for (after, by, expected) in [
        (changed(json!({"status": "Resolved"})), Some(ADA), both.to_vec()),
        (changed(json!({"severity": "High"})), None, both.to_vec()),
        (changed(json!({"priority": 1})), Some(ADA), both.to_vec()),
        (changed(json!({"category": "Hardware"})), Some(BEN), both.to_vec()),
        (
            Record { label: "Printers".to_owned(), ..open() },
            Some(ADA),
            vec![
                "3 ticket_updated: Ticket Printers was updated",
                "4 ticket_updated: Ticket Printers was updated",
            ],
        ),
        (changed(json!({"status": "Resolved"})), Some(EVE), vec!["3 not", both[1]]),
        (changed(json!({"description": "x"})), Some(ADA), both.to_vec()),
        (changed(json!({"queue": "Billing"})), Some(ADA), both.to_vec()),
        (changed(json!({"last_action_date": "2026-01-11T14:30:00Z", "description": " "})), Some(ADA), vec![]),
        (changed(json!({"subscribers": [EVE]})), Some(ADA), vec![]),
    ] {
        let scene = scene();
        let findings = Ticket.on_changes(&[change(open(), after.clone(), by)], &scene.view());
        assert_eq!(outcome(&findings), expected, "{:?} by {by:?}", after.fields);
    }
    let scene = scene();
    let after = changed(json!({"status": "Resolved", "severity": "High"}));
    let findings = Ticket.on_changes(&[change(open(), after, Some(ADA))], &scene.view());
    let telling = told(&findings, EVE);
    let message = "Ada Admin changed it.\nStatus: Resolved, before Open\nSeverity: High, before nothing";
    assert_eq!(telling.message.as_deref(), Some(message));
    assert_eq!(Value::Object(telling.metadata.clone()), json!({"module": "tickets", "record_id": "42"}));
    assert_eq!(
        telling.why.sentence,
        "You were told because Ada Admin changed Ticket Printer (Severity, Status) and you are among its subscribers."
    );
}

#[test]
fn what_is_new_is_a_few_short_lines() {
    let record = |id: &str, label: &str| {
        let record = record("companies", id, label, None);
        ((record.module.clone(), record.id.clone()), record)
    };
    let scene = Scene { records: [record("70", "Acme Ltd")].into(), ..scene() };
    let message = |before: Value, after: Value| {
        let change = change(ticket(Some(BEN), before), ticket(Some(BEN), after), Some(ADA));
        let findings = Ticket.on_changes(&[change], &scene.view());
        told(&findings, EVE).message.clone().unwrap().replace("Ada Admin changed it.\n", "")
    };
    for (before, after, lines) in [
        (json!({"queue": "Sales"}), json!({"queue": "Billing"}), "Queue: Billing, before Sales"),
        (
            json!({}),
            json!({"on_site": false, "visits": 2}),
            "On Site: No, before nothing\nVisits: 2, before nothing",
        ),
        (json!({"company_id": 70}), json!({"company_id": "71"}), "Company: 71, before Acme Ltd"),
        (
            json!({"company_id": 70, "tags": []}),
            json!({"company_id": "70", "tags": ["a"]}),
            r#"Tags: ["a"], before []"#,
        ),
        (json!({"description": "a\n\nb"}), json!({}), "Description: nothing, before a b"),
    ] {
        assert_eq!(message(before, after), lines);
    }
    let long = message(json!({}), json!({"description": "ä".repeat(101)}));
    assert_eq!(long, format!("Description: {}…, before nothing", "ä".repeat(99)));
    let many: Map<String, Value> = (10..25).map(|number| (format!("a{number}"), number.into())).collect();
    let many = message(json!({}), Value::Object(many));
    assert!(many.ends_with("A19: 19, before nothing\n… and 5 more") && many.lines().count() == 11, "{many}");
}

#[test]
fn a_customer_who_follows_it_does_not_hear_what_the_team_changes() {
    let mut scene = scene();
    scene.people.get_mut(&EVE).unwrap().is_customer = true;
    let change =
        change(ticket(Some(BEN), json!({})), ticket(Some(BEN), json!({"severity": "Low"})), Some(ADA));
    let findings = Ticket.on_changes(&[change], &scene.view());
    assert_eq!(outcome(&findings), ["3 not", "4 ticket_updated: Ticket Printer was updated"]);
    let said = Ticket.outlook(&ticket(None, json!({})), EVE, &scene.view()).remove(0);
    assert!(said.ends_with("they are a customer."), "{said}");
}

#[test]
fn what_is_new_gone_silent_or_beside_something_else_tells_no_subscriber() {
    let (before, after) = (ticket(Some(BEN), json!({})), ticket(Some(BEN), json!({"status": "Resolved"})));
    let change = || change(before.clone(), after.clone(), Some(ADA));
    let scene = scene();
    let found = |change: Change| outcome(&Ticket.on_changes(&[change], &scene.view()));
    assert_eq!(found(Change { before: None, ..change() }).len(), 1, "Ben, whose it is now");
    assert!(found(Change { after: None, ..change() }).is_empty());
    assert!(found(Change { course: Course::Companion, ..change() }).is_empty());
    assert_eq!(found(Change { send_notification: Some(false), ..change() }), ["3 not", "4 not"]);
}

#[test]
fn whoever_gets_a_ticket_hears_of_it_once_by_its_own_type() {
    let reassigned =
        |to: i64| change(ticket(Some(BEN), json!({})), ticket(Some(to), json!({"status": "New"})), Some(ADA));
    let scene = scene();
    let findings = Ticket.on_changes(&[reassigned(EVE)], &scene.view());
    let expected = [
        "3 ticket_assigned: Ticket Printer was assigned to you",
        "4 ticket_updated: Ticket Printer was updated",
    ];
    assert_eq!(outcome(&findings), expected);
    assert_eq!(told(&findings, EVE).beside, Beside::InsteadOf("record_assigned"));
    let message =
        "Ada Admin changed it.\nAssigned User: Eve Sales, before Ben Support\nStatus: New, before Open";
    assert_eq!(told(&findings, MAX).message.as_deref(), Some(message));
    // Where other records' new users are not told, a ticket's is told as the subscriber that they are.
    let off = NotificationSettings {
        assigned: [("tickets".to_owned(), false)].into(),
        ..NotificationSettings::default()
    };
    let scene = Scene { settings: crate::settings::Snapshot::default().with(off), ..scene };
    let kinds: Vec<String> = outcome(&Ticket.on_changes(&[reassigned(EVE)], &scene.view()));
    assert!(kinds.iter().all(|told| told.contains("ticket_updated")) && kinds.len() == 2, "{kinds:?}");
}

#[test]
fn several_tickets_are_one_notification_for_each_person() {
    let one = |id: &str| {
        let with = |owner| Record { id: id.into(), ..ticket(owner, json!({})) };
        change(with(Some(BEN)), with(Some(MAX)), Some(ADA))
    };
    let scene = scene();
    let findings = Ticket.on_changes(&[one("1"), one("2")], &scene.view());
    let expected = [
        "4 ticket_assigned: 2 tickets were assigned to you by Ada Admin",
        "3 ticket_updated: 2 tickets that you follow were updated by Ada Admin",
    ];
    assert_eq!(outcome(&findings), expected);
}

fn event(kind: &str, by: Option<i64>, data: Value, known: bool) -> Event {
    let Value::Object(data) = data else { panic!("an object") };
    Event {
        kind: kind.into(),
        subject: Some(("tickets".into(), "42".into())),
        record: known.then(|| ticket(Some(BEN), json!({}))),
        actor: actor(by),
        data,
        at: Instant(0),
        origin: None,
    }
}

#[test]
fn what_is_said_is_told_to_each_once() {
    let reply = |to: i64| format!("{to} customer_reply: Jane replied to Ticket Printer");
    let comment = |to: i64| format!("{to} ticket_updated: Ada commented on Ticket Printer");
    let mention = |to: i64| format!("{to} ticket_mention: Ada mentioned you in Ticket Printer");
    let no = |to: i64| format!("{to} not");
    for (kind, by, data, expected) in [
        ("ticket.commented", ADA, json!({"author": "Ada"}), vec![comment(EVE), comment(MAX)]),
        (
            "ticket.commented",
            ADA,
            json!({"author": "Ada", "mentions": [EVE, BEN, ADA, 99]}),
            vec![mention(EVE), mention(BEN), no(ADA), comment(MAX)],
        ),
        ("ticket.commented", EVE, json!({"author": "Ada", "mentions": [EVE]}), vec![no(EVE), comment(MAX)]),
        (
            "ticket.commented",
            ADA,
            json!({"author": "Jane", "from_customer": true}),
            vec![reply(BEN), reply(EVE), reply(MAX)],
        ),
        (
            "ticket.commented",
            BEN,
            json!({"author": "Jane", "from_customer": true}),
            vec![no(BEN), reply(EVE), reply(MAX)],
        ),
        ("ticket.customer_replied", ADA, json!({"author": "Jane"}), vec![reply(BEN), reply(EVE), reply(MAX)]),
        ("ticket.mentioned", ADA, json!({"author": "Ada", "mentions": [EVE]}), vec![mention(EVE)]),
        (
            "ticket.updated",
            ADA,
            json!({"summary": "x"}),
            vec![
                "3 ticket_updated: Ticket Printer was updated".to_owned(),
                "4 ticket_updated: Ticket Printer was updated".to_owned(),
            ],
        ),
        ("portal.ticket_opened", ADA, json!({}), vec![]),
    ] {
        let scene = scene();
        let findings = Ticket.on_event(&event(kind, Some(by), data.clone(), true), &scene.view());
        assert_eq!(outcome(&findings), expected, "{kind} {data}");
    }
}

#[test]
fn a_ticket_that_is_not_kept_here_is_called_by_its_label_or_id() {
    let scene = scene();
    let found = |data: Value| {
        let findings = Ticket.on_event(&event("ticket.mentioned", None, data, false), &scene.view());
        let telling = told(&findings, EVE);
        (telling.title.clone(), telling.link.clone(), telling.message.clone())
    };
    let (title, link, message) = found(json!({"mentions": [EVE], "text": "Look"}));
    assert_eq!(
        (title.as_str(), link, message.as_deref()),
        ("CRM sync mentioned you in Ticket 42", None, Some("Look"))
    );
    let (title, link, _) = found(json!({"mentions": [EVE], "label": "Printer", "link": "/tickets/42#c1"}));
    assert_eq!(
        (title.as_str(), link.as_deref()),
        ("CRM sync mentioned you in Ticket Printer", Some("/tickets/42#c1"))
    );
    // Nobody is known who follows it.
    let findings =
        Ticket.on_event(&event("ticket.updated", None, Value::Object(Map::new()), false), &scene.view());
    assert!(findings.is_empty());
}

#[test]
fn what_will_happen_is_said() {
    let scene = scene();
    let said = |user_id: i64| Ticket.outlook(&ticket(Some(BEN), json!({})), user_id, &scene.view()).remove(0);
    assert!(said(EVE).starts_with("Eve Sales is told of what others change"), "{}", said(EVE));
    assert!(
        said(BEN).starts_with("Ben Support is told as its assigned user when its customer replies"),
        "{}",
        said(BEN)
    );
    assert!(said(ADA).starts_with("Ada Admin is not told"), "{}", said(ADA));
    assert!(Ticket.outlook(&record("leads", "1", "Jane", None), EVE, &scene.view()).is_empty());
}
