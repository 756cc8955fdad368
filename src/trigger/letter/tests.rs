//! Which variables a letter has.

use super::*;
use crate::audit::By;
use crate::clock::Instant;
use crate::settings::Snapshot;
use crate::trigger::reassignment::tests::{people, record};
use crate::trigger::scene::Scene;

const EVE: i64 = 3;

fn with(module: &str, id: &str, label: &str, fields: Value) -> Record {
    let Value::Object(fields) = fields else { unreachable!("written as an object") };
    Record { fields, ..record(module, id, label, (module == "sales_orders").then_some(EVE)) }
}

fn order(fields: Value) -> Record {
    with("sales_orders", "SO/7", "SO-1042", fields)
}

fn jane() -> Record {
    with("contacts", "42", "Dr Jane Doe", json!({ "first_name": "Jane", "email": "jane@acme.example" }))
}

fn scene() -> Scene {
    let acme = with("companies", "acme", "ACME Ltd", json!({ "currency": "GBP" }));
    let letterhead =
        Company { name: "Bell & Co".to_owned(), time_zone: "Europe/London".to_owned(), ..Company::default() };
    let records = [acme, jane()].map(|record| ((record.module.clone(), record.id.clone()), record));
    Scene {
        settings: Snapshot::default().with(letterhead),
        people: people(),
        records: records.into(),
        now: Instant(1_750_000_000_000_000),
        ..Scene::default()
    }
}

#[test]
fn a_letter_to_a_user_knows_the_record_and_all_it_names() {
    let order = order(json!({ "company_id": "acme", "contact_id": 42, "total": 12.5, "status": "eSigned" }));
    let (people, scene) = (people(), scene());
    let found = data(&order, &Reader::User(&people[&EVE]), &scene.view());
    assert_eq!(
        found["record"],
        json!({
            "module": "sales_orders",
            "id": "SO/7",
            "label": "SO-1042",
            "link": "https://belfry.example/records/sales_orders/SO%2F7",
            "status": "eSigned",
            "fields": { "company_id": "acme", "contact_id": 42, "total": 12.5, "status": "eSigned" },
        })
    );
    assert_eq!(
        (&found["company"]["label"], &found["contact"]["label"]),
        (&json!("ACME Ltd"), &json!("Dr Jane Doe"))
    );
    assert_eq!(found["company"]["fields"]["currency"], "GBP");
    assert_eq!(found["owner"], json!({ "name": "Eve Sales", "email": "eve@example.com" }));
    let recipient = json!({ "name": "Eve Sales", "email": "eve@example.com", "language": "en" });
    assert_eq!(found["recipient"], recipient);
    assert_eq!(
        (&found["letterhead"]["name"], found["letterhead"].get("logo_svg")),
        (&json!("Bell & Co"), None)
    );
    assert_eq!(
        (&found["language"], &found["time_zone"], &found["now"]),
        (&json!("en"), &json!("UTC"), &json!("2025-06-15T15:06:40Z"))
    );
}

#[test]
fn a_letter_to_a_customer_reads_in_the_companys_zone() {
    let (jane, scene) = (jane(), scene());
    let found = data(&order(json!({})), &Reader::Contact { record: &jane, language: "de" }, &scene.view());
    let recipient = json!({ "name": "Dr Jane Doe", "email": "jane@acme.example", "language": "de" });
    assert_eq!(found["recipient"], recipient);
    assert_eq!((&found["language"], &found["time_zone"]), (&json!("de"), &json!("Europe/London")));
}

#[test]
fn what_a_record_does_not_name_is_null() {
    let (people, scene) = (people(), scene());
    let unnamed = with("tickets", "1", "Broken", json!({ "company_id": "gone", "contact_id": "" }));
    let found = data(&unnamed, &Reader::User(&people[&EVE]), &scene.view());
    for name in ["company", "contact", "owner"] {
        assert_eq!(found[name], Value::Null, "{name}");
    }
}

#[test]
fn companies_and_contacts_are_asked_for_where_they_are_named() {
    let (both, none) =
        (order(json!({ "company_id": "acme", "contact_id": 42 })), order(json!({ "company_id": " " })));
    assert_eq!(
        needs(&[&both, &none]).records,
        [("companies".into(), "acme".into()), ("contacts".into(), "42".into())]
    );
}

#[test]
fn whoever_did_it_is_a_person_or_a_program() {
    let scene = scene();
    let done = |user_id, by| actor(&Actor { user_id, name: "CRM sync".into(), by }, &scene.view());
    assert_eq!(done(Some(EVE), By::Api), json!({ "name": "Eve Sales", "email": "eve@example.com" }));
    assert_eq!(done(Some(99), By::User), json!({ "name": "user 99", "email": null }));
    assert_eq!(done(None, By::Api), json!({ "name": "CRM sync", "email": null }));
}
