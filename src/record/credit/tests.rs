//! What is checked, what is over the limit, and what people are told of it.

use serde_json::json;

use super::*;
use crate::audit::{Actor, By};
use crate::record::Course;

fn record(module: &str, label: &str, fields: Value) -> Record {
    let Value::Object(fields) = fields else { unreachable!("written as an object") };
    Record {
        number: 1,
        module: module.into(),
        id: "7".into(),
        label: label.to_owned(),
        link: None,
        assigned_to: None,
        previous_assigned_to: None,
        reassigned_at: None,
        fields,
        version: 1,
        created_at: Instant(0),
        updated_at: Instant(0),
    }
}

fn change(before: Option<Record>, after: Option<Record>) -> Change {
    let actor = Actor { user_id: Some(4), name: "sam@example.com".into(), by: By::User };
    let (send_notification, course, credit) = (None, Course::Saved, Credit::default());
    Change { before, after, actor, send_notification, course, credit }
}

fn on() -> CreditSettings {
    CreditSettings { enabled: true, ..CreditSettings::default() }
}

/// What a change adds to the balance, as text; nothing where it is not checked.
fn added(module: &str, before: Option<Value>, after: Value, settings: &CreditSettings) -> Option<String> {
    let made = |fields| record(module, "SO-1042", fields);
    let change = change(before.map(made), Some(made(after)));
    Document::of(&change, settings, None).map(|document| document.added.to_string())
}

#[test]
fn what_a_change_adds_to_the_balance() {
    let of = |company: &str, total: f64, status: &str| json!({"company_id": company, "total": total, "status": status});
    let acme = |total| of("acme", total, "Created");
    let (orders, invoices) = ("sales_orders", "invoices");
    // Twice 15 and 20 per cent of it.
    let lines = |total: Value| json!({"company_id": "acme", "total": total, "lines": [{"quantity": 2, "price": 15, "vat": 20}]});
    let with_status = |mut fields: Value| {
        fields["status"] = json!("Sent");
        fields
    };
    for (what, module, before, after, expected) in [
        ("a new order", orders, None, acme(500.0), Some("500.00")),
        ("a new invoice", invoices, None, acme(500.0), Some("500.00")),
        ("an order without a total", orders, None, json!({"company_id": "acme"}), None),
        ("a total of nothing", orders, None, acme(0.0), None),
        ("a credit note that is nothing any more", orders, Some(acme(-5.0)), acme(0.0), None),
        (
            "lines that are free",
            orders,
            None,
            json!({"company_id": "acme", "lines": [{"quantity": 2, "price": 0}]}),
            None,
        ),
        ("an order of lines", orders, None, lines(json!(null)), Some("36.00")),
        ("the total is taken away", orders, Some(acme(30.0)), lines(json!(null)), Some("36.00")),
        ("and it was more than they come to", orders, Some(acme(40.0)), lines(json!(null)), None),
        (
            "a sent invoice of lines that grows",
            invoices,
            Some(with_status(lines(json!("?")))),
            with_status(lines(json!(50))),
            Some("14.00"),
        ),
        ("an order of nobody", orders, None, json!({"total": 500}), None),
        ("a company by its number", orders, None, json!({"company_id": 42, "total": 5}), Some("5.00")),
        ("a credit note", invoices, None, acme(-500.0), None),
        ("another field", orders, Some(acme(500.0)), of("acme", 500.0, "Approved"), None),
        ("a total that falls", orders, Some(acme(500.0)), acme(499.99), None),
        ("an order that grows", orders, Some(acme(500.0)), acme(500.01), Some("500.01")),
        (
            "an invoice that grows",
            invoices,
            Some(of("acme", 500.0, "Sent")),
            of("acme", 600.0, "Sent"),
            Some("100.00"),
        ),
        (
            "a draft that grows",
            invoices,
            Some(of("acme", 500.0, "draft")),
            of("acme", 600.0, "Sent"),
            Some("600.00"),
        ),
        ("another company", orders, Some(of("other", 500.0, "Created")), acme(300.0), Some("300.00")),
        (
            "a sent invoice of another company",
            invoices,
            Some(of("other", 9.0, "Sent")),
            acme(9.0),
            Some("9.00"),
        ),
        ("a cancelled order", orders, None, of("acme", 500.0, "cancelled "), None),
        ("a void invoice", invoices, Some(acme(5.0)), of("acme", 500.0, "Void"), None),
        ("open again", orders, Some(of("acme", 500.0, "Cancelled")), acme(500.0), Some("500.00")),
        ("a quote", "quotes", None, acme(500.0), None),
        ("a project", "projects", None, acme(500.0), None),
    ] {
        assert_eq!(added(module, before, after, &on()).as_deref(), expected, "{what}");
    }
    let quotes = CreditSettings { quotes: true, ..on() };
    assert_eq!(added("quotes", None, acme(500.0), &quotes).as_deref(), Some("500.00"));
    let off = CreditSettings { enabled: false, ..quotes };
    for module in ["sales_orders", "invoices", "quotes"] {
        assert_eq!(added(module, None, acme(500.0), &off), None, "{module}");
    }
    let order = || record(orders, "SO-1042", acme(500.0));
    assert_eq!(Document::of(&change(Some(order()), None), &on(), None), None, "deleted");
    let companion = Change { course: Course::Companion, ..change(None, Some(order())) };
    assert_eq!(Document::of(&companion, &on(), None), None, "made together with something else");
}

/// By how much an order of 1500.00 GBP is over, with the amounts in words; nothing where it is not.
fn over(company: Option<Value>, default_limit: Option<f64>) -> Option<String> {
    let company = company.map(|fields| record("companies", "ACME Ltd", fields));
    let order = json!({"company_id": "acme", "total": 1500, "currency": "GBP"});
    let change = change(None, Some(record("sales_orders", "SO-1042", order)));
    let settings = CreditSettings { default_limit, ..on() };
    let document = Document::of(&change, &settings, None).unwrap();
    excess(&document, company.as_ref(), &settings)
        .map(|excess| excess.over_by.with(excess.currency.as_deref()))
}

#[test]
fn what_is_over_the_limit() {
    for (what, company, default_limit, expected) in [
        ("exactly the limit", Some(json!({"credit_limit": 2000, "balance": 500})), None, None),
        ("a penny over", Some(json!({"credit_limit": 2000, "balance": 500.01})), None, Some("0.01 GBP")),
        ("no balance known", Some(json!({"credit_limit": 1499.9})), None, Some("0.10 GBP")),
        ("a balance in their favour", Some(json!({"credit_limit": 1000, "balance": -500})), None, None),
        ("no limit at all", Some(json!({"balance": 1e9})), None, None),
        ("the usual limit", Some(json!({"balance": 1})), Some(1500.0), Some("1.00 GBP")),
        ("its own one before that", Some(json!({"credit_limit": 1501, "balance": 1})), Some(0.0), None),
        ("no credit", Some(json!({"credit_limit": 0})), Some(1e6), Some("1500.00 GBP")),
        (
            "in its own currency",
            Some(json!({"credit_limit": 1000, "currency": "EUR"})),
            None,
            Some("500.00 EUR"),
        ),
        ("a company that we do not know", None, Some(1000.0), Some("500.00 GBP")),
        ("and no usual limit", None, None, None),
    ] {
        assert_eq!(over(company, default_limit).as_deref(), expected, "{what}");
    }
}

#[test]
fn what_to_do_depends_on_who_asks() {
    let by = |user_id, credit| {
        let plain = change(None, Some(record("sales_orders", "SO-1042", json!({}))));
        Change { actor: Actor { user_id, ..plain.actor.clone() }, credit, ..plain }
    };
    let (asked, kept) = (|| Credit::Override, || Credit::Kept);
    for (change, may, named, words) in [
        (by(Some(1), kept()), true, "Fin", "send override_credit_limit: true beside fields"),
        (
            by(Some(4), kept()),
            false,
            "Fin or Boss",
            "ask Fin or Boss to save it with override_credit_limit: true",
        ),
        (
            by(Some(4), asked()),
            false,
            "Fin or Boss",
            "you may not override it: lower the total, or ask Fin or Boss",
        ),
        (
            by(None, asked()),
            false,
            "Fin",
            "say by actor_id who overrides it, for a program itself may not: Fin may",
        ),
        (by(None, kept()), false, "Fin", "ask Fin to save it with override_credit_limit: true"),
        (
            by(Some(4), asked()),
            false,
            "",
            "nobody may override it: lower the total, or name users in Credit Check",
        ),
    ] {
        assert!(advice(&change, may, named).contains(words), "{words}: {}", advice(&change, may, named));
    }
}

#[test]
fn an_overridden_limit_stands_in_the_history_of_document_and_company() {
    let order = json!({"company_id": "acme", "total": 1500, "currency": "USD"});
    let mut change = change(None, Some(record("sales_orders", "SO-1042", order)));
    assert!(entries_of(&change, Instant(9)).is_empty());
    let acme =
        record("companies", "ACME Ltd", json!({"credit_limit": 10000, "balance": 9000.5, "currency": "GBP"}));
    let excess = excess(&Document::of(&change, &on(), None).unwrap(), Some(&acme), &on()).unwrap();
    let told = "Sales Order SO-1042 with a total of 1500.00 USD would bring ACME Ltd, with a balance of 9000.50 GBP, \
                500.50 GBP over its credit limit of 10000.00 GBP";
    assert_eq!(excess.told("Sales Order SO-1042"), told);
    change.credit = Credit::Overridden(Box::new(excess));
    let words = "total 1500.00 USD, balance 9000.50 GBP, limit 10000.00 GBP, over by 500.50 GBP";
    let found: Vec<(Subject, String, Option<Value>)> = entries_of(&change, Instant(9))
        .into_iter()
        .map(|entry| (entry.subject, entry.field, entry.to))
        .collect();
    let field = "credit_limit_override";
    let expected = [
        ("sales_orders", "7", format!("ACME Ltd: {words}")),
        ("companies", "acme", format!("Sales Order SO-1042: {words}")),
    ];
    let expected = expected.map(|(module, id, words)| {
        (Subject::Record(module.into(), id.into()), field.to_owned(), Some(Value::from(words)))
    });
    assert_eq!(found, expected);
}

#[test]
fn the_default_limit_is_an_amount() {
    use crate::settings::Group;
    for (limit, is_good) in
        [(None, true), (Some(0.0), true), (Some(1e15), true), (Some(-1.0), false), (Some(1e16), false)]
    {
        let mut settings = CreditSettings { default_limit: limit, ..on() };
        assert_eq!(settings.check(&()).is_ok(), is_good, "{limit:?}");
    }
}
