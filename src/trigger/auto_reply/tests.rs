//! What is written to whom on which occasion: in tables.

use serde_json::{Value, json};

use super::*;
use crate::clock::Instant;
use crate::delivery::Prompt;
use crate::record::{Course, Credit};
use crate::trigger::reassignment::tests::{actor, people, record};
use crate::trigger::scene::Scene;

/// A Tuesday at noon, and the night after it.
const NOON: &str = "2026-03-03T12:00:00Z";
const NIGHT: &str = "2026-03-03T22:00:00Z";

fn all_on() -> HelpdeskSettings {
    HelpdeskSettings {
        ticket_opened: true,
        comment_added: true,
        ticket_closed: true,
        urgent_ticket: true,
        out_of_hours: true,
        email_hours: [("vip@example.com".to_owned(), 1.0)].into(),
        ..HelpdeskSettings::default()
    }
}

fn scene(now: &str, settings: HelpdeskSettings) -> Scene {
    let mut scene = Scene {
        settings: Snapshot::default().with(settings),
        people: people(),
        now: Instant::parse(now).expect("the case has an instant"),
        ..Scene::default()
    };
    let jane = with(
        record("contacts", "c1", "Jane Doe", None),
        json!({"email": "jane@acme.example", "language": "de"}),
    );
    scene.records.insert((jane.module.clone(), jane.id.clone()), jane);
    for (index, occasion) in Occasion::ALL.into_iter().enumerate() {
        scene.templates.insert(occasion.key(), 100 + i64::try_from(index).expect("there are five"));
    }
    scene
}

fn with(mut record: Record, fields: Value) -> Record {
    let Value::Object(fields) = fields else { unreachable!("written as an object") };
    record.fields = fields;
    record
}

fn ticket(fields: Value) -> Record {
    with(record(TICKETS, "4711", "Printer on fire", None), fields)
}

fn change(before: Option<Value>, after: Value) -> Change {
    let own = |fields: Value| {
        let Value::Object(mut fields) = fields else { unreachable!("written as an object") };
        fields.insert("contact_id".to_owned(), "c1".into());
        ticket(Value::Object(fields))
    };
    Change {
        before: before.map(own),
        after: Some(own(after)),
        actor: actor(None),
        send_notification: None,
        course: Course::Saved,
        credit: Credit::default(),
    }
}

fn kinds(letters: &[OutsideLetter]) -> Vec<&'static str> {
    letters.iter().map(|letter| letter.kind).collect()
}

#[test]
fn what_is_written_of_a_change() {
    let off = |set: fn(&mut HelpdeskSettings)| {
        let mut settings = all_on();
        set(&mut settings);
        settings
    };
    let (urgent, calm) = (json!({"severity": "Critical"}), json!({"severity": "Low"}));
    let closed = json!({"status": "Closed"});
    let none: &[&str] = &[];
    let table: Vec<(&str, &str, HelpdeskSettings, Change, &[&str])> = vec![
        ("made", NOON, all_on(), change(None, json!({})), &["ticket_opened"]),
        ("all off", NOON, HelpdeskSettings::default(), change(None, urgent.clone()), none),
        ("made urgent", NOON, all_on(), change(None, urgent.clone()), &["urgent_ticket"]),
        (
            "of urgent priority",
            NOON,
            all_on(),
            change(None, json!({"priority": " urgent"})),
            &["urgent_ticket"],
        ),
        (
            "urgent is off",
            NOON,
            off(|s| s.urgent_ticket = false),
            change(None, urgent.clone()),
            &["ticket_opened"],
        ),
        ("made at night", NIGHT, all_on(), change(None, json!({})), &["out_of_hours"]),
        ("urgent at night", NIGHT, all_on(), change(None, urgent.clone()), &["out_of_hours"]),
        (
            "night is off",
            NIGHT,
            off(|s| s.out_of_hours = false),
            change(None, urgent.clone()),
            &["urgent_ticket"],
        ),
        (
            "only opened is on",
            NIGHT,
            HelpdeskSettings { ticket_opened: true, ..HelpdeskSettings::default() },
            change(None, urgent.clone()),
            &["ticket_opened"],
        ),
        ("made closed", NOON, all_on(), change(None, closed.clone()), none),
        (
            "closed",
            NOON,
            all_on(),
            change(Some(json!({"status": "Open"})), closed.clone()),
            &["ticket_closed"],
        ),
        (
            "closed at night",
            NIGHT,
            all_on(),
            change(Some(json!({})), json!({"status": "resolved"})),
            &["ticket_closed"],
        ),
        ("still closed", NOON, all_on(), change(Some(closed.clone()), json!({"status": "Resolved"})), none),
        (
            "closed is off",
            NOON,
            off(|s| s.ticket_closed = false),
            change(Some(json!({})), closed.clone()),
            none,
        ),
        ("opened again", NOON, all_on(), change(Some(closed), json!({"status": "Open"})), none),
        ("became urgent", NOON, all_on(), change(Some(calm.clone()), urgent.clone()), &["urgent_ticket"]),
        ("still urgent", NOON, all_on(), change(Some(urgent.clone()), json!({"priority": "Urgent"})), none),
        ("calm", NOON, all_on(), change(Some(urgent), calm), none),
        ("something else", NOON, all_on(), change(Some(json!({})), json!({"category": "Printers"})), none),
        (
            "silenced",
            NOON,
            all_on(),
            Change { send_notification: Some(false), ..change(None, json!({})) },
            none,
        ),
        ("deleted", NOON, all_on(), Change { after: None, ..change(Some(json!({})), json!({})) }, none),
        (
            "no ticket",
            NOON,
            all_on(),
            Change { after: Some(record("leads", "1", "Jane", None)), ..change(None, json!({})) },
            none,
        ),
    ];
    for (case, now, settings, change, wanted) in table {
        let scene = scene(now, settings);
        let changes = [change];
        assert_eq!(kinds(&AutoReply.letters(&Cause::Changes(&changes), &scene.view())), wanted, "{case}");
    }
}

fn said(kind: &str, data: Value) -> Event {
    let Value::Object(data) = data else { unreachable!("written as an object") };
    Event {
        kind: kind.into(),
        subject: Some((TICKETS.into(), "4711".into())),
        record: Some(ticket(json!({"contact_id": "c1"}))),
        actor: actor(Some(2)),
        data,
        at: Instant::parse(NOON).expect("it is one"),
        origin: None,
    }
}

#[test]
fn what_is_written_of_what_is_said() {
    let team = || {
        said(COMMENTED, json!({"text": "Done.", "author": "Ben", "from_customer": false, "internal": false}))
    };
    let among = || said(COMMENTED, json!({"text": "@eve?", "from_customer": false, "internal": true}));
    let theirs = || said(COMMENTED, json!({"text": "Help!", "from_customer": true, "mentions": []}));
    let elsewhere = || said("ticket.customer_replied", json!({"text": "Help!"}));
    let none: &[&str] = &[];
    for (case, now, event, wanted) in [
        ("the team", NOON, team(), &["comment_added"][..]),
        ("the team at night", NIGHT, team(), &["comment_added"]),
        ("among colleagues", NOON, among(), none),
        ("the customer", NOON, theirs(), none),
        ("the customer at night", NIGHT, theirs(), &["out_of_hours"]),
        ("told of at night", NIGHT, elsewhere(), &["out_of_hours"]),
        ("in the portal at night", NIGHT, said("portal.ticket_commented", json!({})), &["out_of_hours"]),
        ("something else", NIGHT, said("ticket.updated", json!({})), none),
    ] {
        let scene = scene(now, all_on());
        assert_eq!(kinds(&AutoReply.letters(&Cause::Event(&event), &scene.view())), wanted, "{case}");
        let off = Scene { settings: Snapshot::default(), ..scene };
        assert!(AutoReply.letters(&Cause::Event(&event), &off.view()).is_empty(), "{case}");
    }
    let event = team();
    let letters = AutoReply.letters(&Cause::Event(&event), &scene(NOON, all_on()).view());
    let data = &letters[0].letter.as_ref().expect("it has a template").data;
    assert_eq!((&data["comment"]["text"], &data["comment"]["author"]), (&json!("Done."), &json!("Ben")));
    assert_eq!((&*letters[0].plain.text, letters[0].prompt), ("Done.", Prompt::Words));
}

#[test]
fn to_whom_in_which_language_and_where_answers_go() {
    let letter = |fields: Value, settings: HelpdeskSettings| {
        let changes = [Change { after: Some(ticket(fields)), ..change(None, json!({})) }];
        let mut scene = scene(NOON, settings);
        scene.settings =
            scene.settings.with(Company { email: "office@example.com".to_owned(), ..Company::default() });
        AutoReply.letters(&Cause::Changes(&changes), &scene.view()).pop()
    };
    let jane = letter(json!({"contact_id": "c1", "support_email": "help@example.com"}), all_on()).unwrap();
    assert_eq!((&*jane.to, &*jane.name, &*jane.language), ("jane@acme.example", "Jane Doe", "de"));
    assert_eq!(jane.reply_to.as_deref(), Some("help@example.com"));
    assert_eq!(jane.letter.unwrap().template_id, 100);
    assert_eq!(
        (jane.prompt, jane.ours),
        (Prompt::Customer, vec!["vip@example.com".to_owned(), "office@example.com".to_owned()])
    );
    assert_eq!(jane.plain.subject, "Printer on fire [4711]");
    let own = letter(
        json!({"contact_email": "max@example.org", "support_email": "?"}),
        HelpdeskSettings { ticket_opened_template_id: Some(7), ..all_on() },
    );
    let own = own.unwrap();
    assert_eq!((&*own.to, &*own.language, own.reply_to), ("max@example.org", "en", None));
    assert_eq!(own.letter.unwrap().template_id, 7);
    for nobody in [json!({}), json!({"contact_email": " "})] {
        assert!(letter(nobody.clone(), all_on()).is_none(), "{nobody}");
    }
    // Somebody is named, and where they are written to is not known: the log is to say so.
    let gone = letter(json!({"contact_id": "gone", "contact_name": "Max"}), all_on()).unwrap();
    assert_eq!((&*gone.to, &*gone.name, &*gone.plain.subject), ("", "Max", "Printer on fire [4711]"));
}
