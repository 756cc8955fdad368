//! Who hears of what customers do in their portal, and with which words.

use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::clock::Instant;
use crate::settings::Snapshot;
use crate::trigger::reassignment::tests::{actor, people, record};
use crate::trigger::scene::Scene;

/// Ben has the record, Eve has the customer, Max is named.
const BEN: i64 = 2;
const EVE: i64 = 3;
const MAX: i64 = 4;

fn scene(settings: PortalSettings) -> Scene {
    let contact = record("contacts", "12", "Jane Doe", Some(EVE));
    Scene {
        people: people(),
        settings: Snapshot::default().with(settings),
        lists: HashMap::from([("Max".to_owned(), vec![MAX])]),
        records: HashMap::from([((contact.module.clone(), contact.id.clone()), contact)]),
        ..Scene::default()
    }
}

fn event(kind: &str, record: Option<Record>, data: Value) -> Event {
    let Value::Object(data) = data else { panic!("an object") };
    let subject = record.as_ref().map(|record| (record.module.clone(), record.id.clone()));
    let unknown = || Some(("tickets".into(), "42".into()));
    Event {
        kind: kind.into(),
        subject: subject.or_else(unknown),
        record,
        actor: actor(None),
        data,
        at: Instant(0),
        origin: None,
    }
}

fn outcome(settings: PortalSettings, event: &Event) -> Vec<String> {
    let scene = scene(settings);
    let words = Portal.on_event(event, &scene.view()).into_iter().map(|finding| {
        if let Finding::Tell(telling) = finding {
            assert_eq!(telling.kind, "portal_activity");
            let message = telling.message.map_or_else(String::new, |message| format!(" / {message}"));
            return format!("{} {}{message}", telling.user_id, telling.title);
        }
        let Finding::Silent { user_id, why } = finding else { panic!("it writes no letters") };
        format!("{user_id} not: {}", why.sentence)
    });
    words.collect()
}

#[test]
fn each_deed_has_its_words_its_switch_and_its_people() {
    let of = |module: &str| record(module, "42", "Thing", Some(BEN));
    let by_jane = |more: Value| {
        let Value::Object(mut data) = json!({"contact_id": 12}) else { panic!("an object") };
        data.extend(more.as_object().cloned().unwrap_or_default());
        Value::Object(data)
    };
    let jane = || record("contacts", "12", "Jane Doe", Some(EVE));
    for (event, told) in [
        (
            event("portal.ticket_opened", Some(of("tickets")), by_jane(json!({"text": "Help"}))),
            "2 Jane Doe opened Ticket Thing in the portal / Help",
        ),
        (
            event("portal.ticket_commented", Some(of("tickets")), by_jane(json!({}))),
            "2 Jane Doe commented on Ticket Thing in the portal",
        ),
        (
            event("portal.details_changed", Some(jane()), json!({"changed": ["Phone", "Town"]})),
            "3 Jane Doe changed their details in the portal / Changed: Phone, Town.",
        ),
        (
            event("portal.details_changed", Some(of("companies")), by_jane(json!({}))),
            "2 Jane Doe changed the details of Company Thing in the portal",
        ),
        (
            event("portal.order_signed", Some(of("sales_orders")), json!({"contact": "John"})),
            "2 John signed Sales Order Thing in the portal",
        ),
        (
            event("portal.project_commented", Some(of("projects")), json!({})),
            "2 A customer commented on Project Thing in the portal",
        ),
        (
            event("portal.ticket_opened", None, by_jane(json!({"label": "Fire"}))),
            "3 Jane Doe opened Ticket Fire in the portal",
        ),
    ] {
        assert_eq!(outcome(PortalSettings::default(), &event), [told], "{}", event.kind);
        let named = PortalSettings {
            ticket_opened_users: "Max".to_owned(),
            ticket_commented_users: "Max".to_owned(),
            details_changed_users: "Max".to_owned(),
            order_signed_users: "Max".to_owned(),
            project_commented_users: "Max".to_owned(),
            ..PortalSettings::default()
        };
        assert_eq!(outcome(named.clone(), &event), [format!("4 {}", &told[2..])], "{}", event.kind);
        let off = PortalSettings {
            ticket_opened: false,
            ticket_commented: false,
            details_changed: false,
            order_signed: false,
            project_commented: false,
            ..named
        };
        let silent = outcome(off, &event).remove(0);
        assert!(
            silent.starts_with("4 not: Max Alone was not told that")
                && silent.ends_with("it is not ticked in Portal Settings."),
            "{silent}"
        );
    }
    assert!(
        outcome(PortalSettings::default(), &event("portal.ticket_opened", None, json!({}))).is_empty(),
        "nobody is known"
    );
}

#[test]
fn a_document_is_told_of_in_opencrm_s_words() {
    let document = |owner| record("documents", "88", "Plan.pdf", owner);
    let data = json!({"name": "Plan.pdf", "contact_id": "12"});
    let assigned = PortalSettings {
        document_user_id: Some(MAX),
        document_text: "New file".to_owned(),
        ..PortalSettings::default()
    };
    let uploaded = event(UPLOADED, Some(document(Some(MAX))), data.clone());
    assert_eq!(outcome(assigned, &uploaded), ["4 Notification About: Plan.pdf / New file"]);
    // Nobody is named: whoever has the customer hears of it.
    let uploaded = event(UPLOADED, Some(document(None)), data);
    let told = "3 Notification About: Plan.pdf / Jane Doe uploaded Document Plan.pdf in the portal.";
    assert_eq!(outcome(PortalSettings::default(), &uploaded), [told]);
    let nobodys = event(UPLOADED, Some(document(None)), json!({"name": "Plan.pdf"}));
    assert!(outcome(PortalSettings::default(), &nobodys).is_empty());
    let own = Event { actor: actor(Some(EVE)), ..uploaded };
    assert!(
        outcome(PortalSettings::default(), &own)[0].contains("nobody is told of what they did themselves")
    );
}
