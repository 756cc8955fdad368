//! Who is told of a conversion, who is not, and with which words and links.

use std::collections::HashMap;

use super::*;
use crate::clock::Instant;
use crate::record::Credit;
use crate::settings::Snapshot;
use crate::trigger::reassignment::NotificationSettings;
use crate::trigger::reassignment::tests::{actor, people, record};

fn made() -> Vec<Record> {
    vec![
        record("companies", "c1", "Acme", Some(3)),
        record("contacts", "k 1", "Jane Doe", Some(3)),
        record("opportunities", "o1", "Acme", Some(3)),
    ]
}

fn found(before: Option<i64>, who: Option<i64>, made: Vec<Record>, settings: &Snapshot) -> Vec<Finding> {
    let change = Change {
        before: Some(record("leads", "7", "Jane Doe", before)),
        after: Some(record("leads", "7", "Jane Doe", Some(3))),
        actor: actor(who),
        send_notification: None,
        course: Course::Converted(made),
        credit: Credit::Kept,
    };
    let view = View {
        settings,
        people: &people(),
        lists: &HashMap::new(),
        groups: &HashMap::new(),
        records: &HashMap::new(),
        templates: &HashMap::new(),
        fired: &HashMap::new(),
        now: Instant(0),
        public_url: "https://bell.example",
    };
    LeadConversion.on_changes(&[change], &view)
}

fn on() -> Snapshot {
    Snapshot::default().with(LeadSettings { conversion_notification: true })
}

#[test]
fn the_new_owner_reads_what_was_made_with_a_link_to_each() {
    let [Finding::Tell(told)] = &found(Some(2), Some(1), made(), &on())[..] else { panic!("one is told") };
    assert_eq!((told.user_id, told.kind), (3, "lead_converted"));
    assert_eq!(told.beside, Beside::InsteadOf("record_assigned"));
    assert_eq!(told.title, "Lead Jane Doe was converted and assigned to you");
    assert_eq!(
        told.message.as_deref(),
        Some(
            "Ada Admin converted it into Company Acme, Contact Jane Doe and Opportunity Acme and assigned all of it to you. Ben Support had it before."
        )
    );
    let links = json!([
        {"label": "Company Acme", "url": "https://bell.example/records/companies/c1"},
        {"label": "Contact Jane Doe", "url": "https://bell.example/records/contacts/k%201"},
        {"label": "Opportunity Acme", "url": "https://bell.example/records/opportunities/o1"},
    ]);
    let metadata = json!({"module": "leads", "record_id": "7", "links": links});
    assert_eq!(Value::Object(told.metadata.clone()), metadata);
    assert_eq!(told.link.as_deref(), Some("https://bell.example/records/contacts/k%201"));
    assert!(told.mail.is_none());
    let setting = told.why.setting.clone().unwrap();
    assert_eq!(
        (&*setting.group, &*setting.field, setting.value),
        ("leads", "conversion_notification", json!(true))
    );
    assert_eq!(told.why.records.len(), 4);
}

#[test]
fn only_what_was_made_is_named() {
    let [company, contact, _] = <[Record; 3]>::try_from(made()).unwrap();
    for (made, named) in [
        (vec![company, contact.clone()], "Company Acme and Contact Jane Doe"),
        (vec![contact], "Contact Jane Doe"),
    ] {
        let count = made.len();
        let [Finding::Tell(told)] = &found(None, Some(1), made, &on())[..] else { panic!("one is told") };
        let message = format!("Ada Admin converted it into {named} and assigned all of it to you.");
        assert_eq!(told.message.as_ref(), Some(&message));
        assert_eq!(told.metadata["links"].as_array().unwrap().len(), count);
    }
}

#[test]
fn who_is_told_and_who_is_not() {
    for (name, who, settings, said) in [
        ("off by default", 1, Snapshot::default(), "is not ticked in Lead Settings."),
        ("their own act", 3, on(), "nobody is told of what they did themselves."),
    ] {
        let found = found(Some(2), Some(who), made(), &settings);
        let [Finding::Silent { user_id: 3, why }] = &found[..] else { panic!("{name}: {found:?}") };
        assert!(why.sentence.ends_with(said), "{name}: {}", why.sentence);
    }
    assert!(found(Some(3), Some(1), made(), &on()).is_empty(), "the same owner hears nothing");
    let saved = Change {
        before: Some(record("leads", "7", "Jane Doe", Some(2))),
        after: Some(record("leads", "7", "Jane Doe", Some(3))),
        actor: actor(Some(1)),
        send_notification: None,
        course: Course::Saved,
        credit: Credit::Kept,
    };
    let settings = on();
    let view = View {
        settings: &settings,
        people: &people(),
        lists: &HashMap::new(),
        groups: &HashMap::new(),
        records: &HashMap::new(),
        templates: &HashMap::new(),
        fired: &HashMap::new(),
        now: Instant(0),
        public_url: "",
    };
    assert!(LeadConversion.on_changes(&[saved], &view).is_empty(), "what is no conversion is reassignment's");
}

#[test]
fn the_copies_are_those_of_reassignments() {
    let settings = on().with(NotificationSettings { cc_manager: true, ..NotificationSettings::default() });
    let [Finding::Tell(told)] = &found(Some(2), Some(1), made(), &settings)[..] else {
        panic!("one is told")
    };
    assert_eq!(told.mail.as_ref().unwrap().cc, ["mia@example.com"]);
}
