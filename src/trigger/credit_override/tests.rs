//! Who is told of an overridden limit, and with which words, amounts and links.

use super::*;
use crate::audit::By;
use crate::clock::Instant;
use crate::record::Course;
use crate::trigger::reassignment::tests::{actor, people, record};
use crate::trigger::scene::Scene;

/// Ada overrides it; Ben and Mia are credit administrators.
const ADA: i64 = 1;
const BEN: i64 = 2;
const MIA: i64 = 5;

const LIST: &str = "ben;mia";

fn scene(settings: CreditSettings) -> Scene {
    let mut acme = record(COMPANIES, "acme", "ACME Ltd", None);
    acme.fields.insert("currency".to_owned(), json!("GBP"));
    Scene {
        settings: Snapshot::default().with(settings),
        people: people(),
        lists: [(LIST.to_owned(), vec![BEN, MIA, 99])].into(),
        records: [((acme.module.clone(), acme.id.clone()), acme)].into(),
        ..Scene::default()
    }
}

fn on() -> CreditSettings {
    CreditSettings { enabled: true, administrators: LIST.to_owned(), ..CreditSettings::default() }
}

fn amount(value: i64) -> Amount {
    Amount::of(Some(&json!(value))).unwrap()
}

fn overridden() -> Credit {
    Credit::Overridden(Box::new(Excess {
        company_id: "acme".into(),
        company: "ACME Ltd".to_owned(),
        total: amount(1500),
        credit_limit: amount(10_000),
        balance: amount(9000),
        over_by: amount(500),
        currency: Some("GBP".to_owned()),
        total_currency: Some("GBP".to_owned()),
    }))
}

fn change(user_id: Option<i64>, credit: Credit) -> Change {
    Change {
        before: None,
        after: Some(record("sales_orders", "7", "SO-1042", None)),
        actor: actor(user_id),
        send_notification: None,
        course: Course::Saved,
        credit,
    }
}

fn event(subject: Option<(&str, &str)>, data: Value) -> Event {
    let Value::Object(data) = data else { unreachable!("written as an object") };
    Event {
        kind: OVERRIDDEN.into(),
        subject: subject.map(|(module, id)| (module.into(), id.into())),
        record: None,
        actor: Actor { user_id: Some(ADA), name: "The CRM".into(), by: By::Api },
        data,
        at: Instant(0),
        origin: None,
    }
}

fn told(findings: &[Finding]) -> Vec<i64> {
    let told = findings.iter().filter_map(|finding| match finding {
        Finding::Tell(telling) => Some(telling.user_id),
        _ => None,
    });
    told.collect()
}

fn first(findings: &[Finding]) -> &Telling {
    match findings.first() {
        Some(Finding::Tell(telling)) => telling,
        other => panic!("nobody is told: {other:?}"),
    }
}

#[test]
fn the_administrators_are_told_but_for_whoever_did_it() {
    let scene = scene(on());
    for (what, change, expected) in [
        ("another user", change(Some(ADA), overridden()), vec![BEN, MIA]),
        ("one of them", change(Some(MIA), overridden()), vec![BEN]),
        ("nothing was to be overridden", change(Some(ADA), Credit::Override), vec![]),
        ("nothing was", change(Some(ADA), Credit::Kept), vec![]),
    ] {
        assert_eq!(told(&CreditOverride.on_change(&change, &scene.view())), expected, "{what}");
    }
    let found = CreditOverride.on_change(&change(Some(MIA), overridden()), &scene.view());
    let [_, Finding::Silent { user_id: MIA, why }] = &found[..] else { panic!("{found:?}") };
    assert!(
        why.sentence.ends_with("because nobody is told of what they did themselves."),
        "{}",
        why.sentence
    );
}

#[test]
fn they_read_who_did_it_for_whom_and_by_how_much() {
    let scene = scene(on());
    let found = CreditOverride.on_change(&change(Some(ADA), overridden()), &scene.view());
    let telling = first(&found);
    assert_eq!(telling.title, "Ada Admin overrode the credit limit of ACME Ltd");
    let message = "Ada Admin saved Sales Order SO-1042 with a total of 1500.00 GBP. ACME Ltd is 500.00 GBP over its \
                   credit limit with it.";
    assert_eq!(telling.message.as_deref(), Some(message));
    assert_eq!(telling.link.as_deref(), Some("https://belfry.example/records/sales_orders/7"));
    assert_eq!((telling.kind, telling.related_user_id), ("credit_override", Some(ADA)));
    let expected = json!({
        "module": "sales_orders",
        "record_id": "7",
        "links": [{ "label": "Company ACME Ltd", "url": "https://belfry.example/records/companies/acme" }],
        "company": "ACME Ltd",
        "document": "Sales Order SO-1042",
        "total": "1500.00 GBP",
        "credit_limit": "10000.00 GBP",
        "balance": "9000.00 GBP",
        "over_by": "500.00 GBP",
    });
    assert_eq!(Value::Object(telling.metadata.clone()), expected);
    let subjects = [("sales_orders".into(), "7".into()), ("companies".into(), "acme".into())];
    assert_eq!(telling.why.records, subjects);
    assert_eq!(
        telling.why.sentence,
        "You were told because Ada Admin overrode the credit limit of ACME Ltd, and you are one of the Credit Rating \
         Administrators in Credit Check Settings."
    );
}

#[test]
fn a_crm_that_checks_limits_itself_is_believed_whatever_our_switch_says() {
    let scene = scene(CreditSettings { enabled: false, ..on() });
    let whole = json!({"company_id": "acme", "company": "ACME", "document": "SO-9", "total": 1500.5,
        "credit_limit": 1000, "balance": 0, "currency": "EUR"});
    let found = CreditOverride.on_event(&event(Some(("invoices", "9")), whole), &scene.view());
    assert_eq!(told(&found), [BEN, MIA]);
    let telling = first(&found);
    assert_eq!(telling.title, "Ada Admin overrode the credit limit of ACME");
    let message = "Ada Admin saved Invoice SO-9 with a total of 1500.50 EUR. ACME is 500.50 EUR over its credit limit with it.";
    assert_eq!(telling.message.as_deref(), Some(message));
    // We do not know the document: the company is the next best place.
    assert_eq!(telling.link.as_deref(), Some("https://belfry.example/records/companies/acme"));
    assert_eq!(
        (&telling.metadata["record_id"], &telling.metadata["over_by"]),
        (&json!("9"), &json!("500.50 EUR"))
    );

    let found =
        CreditOverride.on_event(&event(None, json!({"company_id": "acme", "total": 5})), &scene.view());
    let telling = first(&found);
    assert_eq!(telling.message.as_deref(), Some("Ada Admin saved a document with a total of 5.00 GBP."));
    assert_eq!(telling.title, "Ada Admin overrode the credit limit of ACME Ltd");

    // By their numbers, where nobody says what they are called.
    let bare = json!({"company_id": 70, "total": 1500, "credit_limit": 1000, "balance": 0});
    let found = CreditOverride.on_event(&event(Some(("invoices", "1")), bare), &scene.view());
    let telling = first(&found);
    assert_eq!(telling.title, "Ada Admin overrode the credit limit of company 70");
    let message = "Ada Admin saved Invoice 1 with a total of 1500.00. Company 70 is 500.00 over its credit limit with it.";
    assert_eq!(telling.message.as_deref(), Some(message));
    assert_eq!(
        (&telling.metadata["document"], &telling.metadata["company"]),
        (&json!("Invoice 1"), &json!("company 70"))
    );

    let found = CreditOverride.on_event(&event(None, json!({})), &scene.view());
    assert_eq!(first(&found).message.as_deref(), Some("Ada Admin saved a document."));
    assert_eq!(first(&found).link, None);
    let other = Event { kind: "ticket.updated".into(), ..event(None, json!({})) };
    assert!(CreditOverride.on_event(&other, &scene.view()).is_empty());
}

#[test]
fn it_asks_only_for_what_it_needs() {
    let settings = Snapshot::default().with(on());
    let asked = |cause: Cause<'_>| {
        let needs = CreditOverride.needs(&cause, &settings);
        (needs.lists.len(), needs.records.len())
    };
    let (order, contact) =
        (record("sales_orders", "7", "SO-1042", None), record("contacts", "7", "Jane", None));
    assert_eq!(asked(Cause::Changes(&[change(None, overridden())])), (1, 1));
    assert_eq!(asked(Cause::Changes(&[change(None, Credit::Override)])), (0, 0));
    assert_eq!(asked(Cause::Event(&event(None, json!({"company_id": 42})))), (1, 1));
    assert_eq!(asked(Cause::Event(&event(None, json!({})))), (1, 0));
    assert_eq!(asked(Cause::Records(&[&order])), (1, 0));
    assert_eq!(asked(Cause::Records(&[&contact])), (0, 0));
}

#[test]
fn the_outlook_says_who_will_hear() {
    let order = record("sales_orders", "7", "SO-1042", None);
    let said = |settings, user_id| CreditOverride.outlook(&order, user_id, &scene(settings).view());
    assert_eq!(
        said(on(), BEN),
        [
            "Ben Support is told when somebody else overrides the credit limit of its company: they are one of the Credit \
          Rating Administrators in Credit Check Settings."
        ]
    );
    assert!(said(on(), ADA)[0].starts_with("Ada Admin is not told when somebody else"));
    assert!(said(CreditSettings { enabled: false, ..on() }, BEN).is_empty());
}
