//! Which changes tell whom, with which words, by which letter and with which file.

use super::*;
use crate::clock::Instant;
use crate::record::{Course, Credit};
use crate::settings::Group;
use crate::trigger::reassignment::tests::{actor, people, record};
use crate::trigger::scene::Scene;

/// Ada does it; Ben and Mia are to hear.
const ADA: i64 = 1;
const BEN: i64 = 2;
const EVE: i64 = 3;
const MIA: i64 = 5;

const LIST: &str = "ben, mia";

fn on() -> SalesOrderSettings {
    SalesOrderSettings {
        status_notification: true,
        trigger_values: "eSigned, Delivered".to_owned(),
        users: LIST.to_owned(),
        ..SalesOrderSettings::default()
    }
}

fn scene(settings: SalesOrderSettings) -> Scene {
    let acme = record("companies", "acme", "ACME Ltd", None);
    Scene {
        settings: Snapshot::default().with(settings),
        people: people(),
        lists: [(LIST.to_owned(), vec![BEN, MIA, 99])].into(),
        records: [((acme.module.clone(), acme.id.clone()), acme)].into(),
        now: Instant(1_750_000_000_000_000),
        ..Scene::default()
    }
}

fn order(fields: Value) -> Record {
    let Value::Object(fields) = fields else { unreachable!("written as an object") };
    Record { fields, ..record(SALES_ORDERS, "7", "SO-1042", Some(EVE)) }
}

fn change(before: Option<Value>, after: Value) -> Change {
    Change {
        before: before.map(order),
        after: Some(order(after)),
        actor: actor(Some(ADA)),
        send_notification: None,
        course: Course::Saved,
        credit: Credit::Kept,
    }
}

fn told(change: &Change, settings: SalesOrderSettings) -> Vec<Telling> {
    let found = SalesOrderStatus.on_change(change, &scene(settings).view());
    let told = found.into_iter().filter_map(|finding| match finding {
        Finding::Tell(telling) => Some(*telling),
        _ => None,
    });
    told.collect()
}

#[test]
fn the_way_into_a_listed_value_counts() {
    let status = |status: &str| json!({ "status": status });
    let at = |one: &str| Some(status(one));
    for (what, before, after, is_told) in [
        ("into a listed value", at("New"), status("eSigned"), true),
        ("made with one", None, status("eSigned"), true),
        ("from one listed value to another", at("eSigned"), status("Delivered"), true),
        ("back to one", at("New"), status("eSigned"), true),
        ("out of one", at("eSigned"), status("New"), false),
        ("to another that is not listed", at("New"), status("Cancelled"), false),
        ("another field", at("eSigned"), json!({"status": "eSigned", "total": 5}), false),
        ("spaces do not count", at("New"), status(" eSigned "), true),
        ("and are no change", at("eSigned"), status("eSigned "), false),
        ("capitals do", at("New"), status("esigned"), false),
        ("taken away", at("eSigned"), json!({}), false),
        ("from nothing", Some(json!({})), status("Delivered"), true),
    ] {
        let told = told(&change(before, after), on());
        let expected = if is_told { vec![BEN, MIA] } else { vec![] };
        assert_eq!(told.iter().map(|telling| telling.user_id).collect::<Vec<_>>(), expected, "{what}");
    }
    let deleted = Change { after: None, ..change(Some(status("eSigned")), json!({})) };
    assert!(told(&deleted, on()).is_empty(), "deleted");
    let mut invoice = change(None, status("eSigned"));
    invoice.after.as_mut().unwrap().module = "invoices".into();
    assert!(told(&invoice, on()).is_empty(), "another module");
}

#[test]
fn any_field_may_be_the_one_that_is_watched() {
    for (field, values, before, after, is_told) in [
        ("stage", "Done", json!({"stage": "New"}), json!({"stage": "Done"}), true),
        ("priority", "3; 4", json!({"priority": 2}), json!({"priority": 3}), true),
        ("priority", "3", json!({}), json!({"priority": 3.0}), true),
        ("total", "99.5", json!({}), json!({"total": 99.5}), true),
        ("urgent", "true", json!({"urgent": false}), json!({"urgent": true}), true),
        ("urgent", "true", json!({}), json!({"urgent": "yes"}), false),
        ("lines", "1", json!({}), json!({"lines": [1]}), false),
        ("status", "", json!({}), json!({"status": ""}), false),
        ("label", "SO-1042", json!({}), json!({}), false),
    ] {
        let settings =
            SalesOrderSettings { trigger_field: field.to_owned(), trigger_values: values.to_owned(), ..on() };
        let found = told(&change(Some(before), after), settings);
        assert_eq!(!found.is_empty(), is_told, "{field} of {values}");
    }
    let to = |field: &str, values: &str| SalesOrderSettings {
        trigger_field: field.to_owned(),
        trigger_values: values.to_owned(),
        ..on()
    };
    let mut owner = change(Some(json!({})), json!({}));
    owner.before.as_mut().unwrap().assigned_to = None;
    let found = told(&owner, to("assigned_to", "3"));
    assert_eq!(found[0].title, "Sales Order SO-1042: Assigned To is now Eve Sales");
    let mut label = change(Some(json!({})), json!({}));
    label.before.as_mut().unwrap().label = "Draft".to_owned();
    assert_eq!(told(&label, to("label", "SO-1042")).len(), 2);
}

#[test]
fn users_are_called_by_their_names() {
    let mut given = change(Some(json!({})), json!({}));
    given.before.as_mut().unwrap().assigned_to = Some(99);
    let settings = SalesOrderSettings {
        trigger_field: "assigned_to".to_owned(),
        trigger_values: "3".to_owned(),
        email_template_id: Some(9),
        ..on()
    };
    let needs = SalesOrderStatus
        .needs(&Cause::Changes(std::slice::from_ref(&given)), &Snapshot::default().with(settings.clone()));
    assert!(needs.users.contains(&99) && needs.users.contains(&EVE), "{:?}", needs.users);
    let telling = told(&given, settings.clone()).remove(0);
    let message = "Ada Admin changed Assigned To of it from user 99 to Eve Sales.";
    assert_eq!(telling.message.as_deref(), Some(message));
    let named = json!({ "field": "assigned_to", "from": "user 99", "to": "Eve Sales" });
    assert_eq!(telling.mail.unwrap().letter.unwrap().data["change"], named);
    assert_eq!(
        (&telling.metadata["from"], &telling.metadata["to"]),
        (&json!("user 99"), &json!("Eve Sales"))
    );
    assert!(
        telling.why.sentence.contains("Sales Order SO-1042 became Eve Sales,"),
        "{}",
        telling.why.sentence
    );
    let outlook = SalesOrderStatus.outlook(&order(json!({})), BEN, &scene(settings).view());
    assert!(outlook[0].contains("when Assigned To of a sales order becomes Eve Sales:"), "{outlook:?}");
}

#[test]
fn who_is_not_told_could_have_expected_to_be() {
    let stepped = change(Some(json!({"status": "New"})), json!({"status": "eSigned"}));
    let silent = |change: &Change, settings| {
        let found = SalesOrderStatus.on_change(change, &scene(settings).view());
        let silent = found.into_iter().filter_map(|finding| match finding {
            Finding::Silent { user_id, why } => Some((user_id, why.sentence, why.setting.is_some())),
            _ => None,
        });
        silent.collect::<Vec<_>>()
    };
    let off = SalesOrderSettings { status_notification: false, ..on() };
    let said = |person: &str, because: &str| {
        format!("{person} was not told that Sales Order SO-1042 became eSigned because {because}")
    };
    let because = "“Toggle Sales Order Status Notification” is not ticked in Sales Order Settings.";
    assert_eq!(
        silent(&stepped, off.clone()),
        [(BEN, said("Ben Support", because), true), (MIA, said("Mia Manager", because), true)]
    );
    assert!(told(&stepped, off).is_empty());
    let own = Change { actor: actor(Some(BEN)), ..stepped.clone() };
    let because = "nobody is told of what they did themselves.";
    assert_eq!(silent(&own, on()), [(BEN, said("Ben Support", because), false)]);
    assert_eq!(told(&own, on()).len(), 1);
    let unticked = Change { send_notification: Some(false), ..stepped };
    assert_eq!(silent(&unticked, on()).len(), 2);
    assert!(told(&unticked, on()).is_empty());
}

#[test]
fn they_read_what_became_of_which_order() {
    let fields = json!({"status": "eSigned", "company_id": "acme", "total": 1428, "currency": "GBP"});
    let stepped = change(Some(json!({"status": "New"})), fields.clone());
    let telling = told(&stepped, on()).remove(0);
    assert_eq!(telling.title, "Sales Order SO-1042 is now eSigned");
    assert_eq!(telling.message.as_deref(), Some("Ada Admin changed Status of it from New to eSigned."));
    assert_eq!(telling.link.as_deref(), Some("https://belfry.example/records/sales_orders/7"));
    assert_eq!((telling.kind, telling.related_user_id), ("sales_order_status", Some(ADA)));
    let expected = json!({
        "module": "sales_orders", "record_id": "7", "company": "ACME Ltd", "from": "New", "to": "eSigned",
        "total": "1428.00 GBP", "changed_by": "Ada Admin",
    });
    assert_eq!(Value::Object(telling.metadata), expected);
    assert_eq!(
        telling.why.sentence,
        "You were told because Sales Order SO-1042 became eSigned, which is one of the values in Sales Order Settings, \
         and you are one of the users there."
    );
    assert_eq!(telling.why.cause, "Ada Admin changed Status of Sales Order SO-1042 from New to eSigned");
    assert_eq!(telling.mail, None, "no template is chosen");
    let made = told(&change(None, fields), on()).remove(0);
    assert_eq!(made.message.as_deref(), Some("Ada Admin added it with Status eSigned."));
    assert_eq!(made.metadata.get("from"), None);
}

#[test]
fn the_chosen_templates_are_used() {
    let fields = json!({"status": "eSigned", "company_id": "acme", "total": 1428, "currency": "GBP"});
    let stepped = change(Some(json!({"status": "New"})), fields);
    let settings = |pdf_template_id, email_template_id| SalesOrderSettings {
        pdf_template_id,
        email_template_id,
        ..on()
    };
    let mail = told(&stepped, settings(Some(8), Some(9))).remove(0).mail.unwrap();
    let letter = mail.letter.unwrap();
    assert_eq!(letter.template_id, 9);
    let change = json!({ "field": "status", "from": "New", "to": "eSigned" });
    assert_eq!((&letter.data["change"], &letter.data["actor"]["name"]), (&change, &json!("Ada Admin")));
    assert_eq!(
        (&letter.data["recipient"]["name"], &letter.data["company"]["label"]),
        (&json!("Ben Support"), &json!("ACME Ltd"))
    );
    let [print] = &mail.prints[..] else { panic!("one file: {:?}", mail.prints) };
    assert_eq!((print.template_id, &*print.file_name), (8, "Sales Order SO-1042.pdf"));
    assert_eq!(print.data["record"]["total"], 1428);
    let mail = told(&stepped, settings(None, Some(9))).remove(0).mail.unwrap();
    assert!(mail.letter.is_some() && mail.prints.is_empty());
    let mail = told(&stepped, settings(Some(8), None)).remove(0).mail.unwrap();
    assert!(mail.letter.is_none() && mail.prints.len() == 1);
}

#[test]
fn files_are_called_as_files_may_be() {
    for (name, file) in [
        ("Sales Order SO-1042", "Sales Order SO-1042.pdf"),
        ("Sales Order 2026/07: \"A\\B\"", "Sales Order 2026-07- -A-B-.pdf"),
        ("Sales Order ../x\r\n", "Sales Order ..-x--.pdf"),
        (" . ", ".pdf"),
    ] {
        assert_eq!(print::file_name(name), file);
    }
    assert_eq!(print::file_name(&"ä".repeat(500)).chars().count(), 124);
}

#[test]
fn it_asks_only_where_something_is_decided() {
    let settings = Snapshot::default().with(on());
    let asked = |cause: Cause<'_>| SalesOrderStatus.needs(&cause, &settings);
    let stepped = [change(None, json!({"status": "eSigned", "company_id": "acme"}))];
    let needs = asked(Cause::Changes(&stepped));
    assert_eq!(
        (needs.lists, needs.records),
        (vec![LIST.to_owned()], vec![("companies".into(), "acme".into())])
    );
    assert!(asked(Cause::Changes(&[change(None, json!({"status": "New"}))])).lists.is_empty());
    assert_eq!(asked(Cause::Records(&[&order(json!({}))])).lists, [LIST]);
    assert!(asked(Cause::Records(&[&record("contacts", "7", "Jane", None)])).lists.is_empty());
}

#[test]
fn the_settings_are_judged() {
    let checked = |field: &str| {
        let mut settings = SalesOrderSettings { trigger_field: field.to_owned(), ..on() };
        settings.check(&()).map(|()| settings.trigger_field)
    };
    for (given, kept) in [
        ("status", Ok("status")),
        (" Status ", Ok("status")),
        ("Due Date", Ok("due_date")),
        ("TOTAL", Ok("total")),
        ("label", Ok("label")),
        ("Our own field", Ok("Our own field")),
        ("  ", Err("trigger_field must name a field of sales orders, such as status")),
    ] {
        assert_eq!(checked(given).as_deref().map_err(String::as_str), kept, "{given}");
    }
    let settings = SalesOrderSettings { pdf_template_id: Some(8), ..on() };
    let fields: Vec<&str> = settings.references().iter().map(|reference| reference.field).collect();
    assert_eq!(fields, ["users", "pdf_template_id"]);
}

#[test]
fn the_outlook_says_who_will_hear_of_what() {
    let said =
        |settings, user_id| SalesOrderStatus.outlook(&order(json!({})), user_id, &scene(settings).view());
    let when = "told when Status of a sales order becomes eSigned or Delivered";
    assert_eq!(
        said(on(), BEN),
        [format!("Ben Support is {when}: they are one of the users in Sales Order Settings.")]
    );
    assert_eq!(
        said(on(), EVE),
        [format!("Eve Sales is not {when}: they are none of the users in Sales Order Settings.")]
    );
    let off = SalesOrderSettings { status_notification: false, ..on() };
    assert!(said(off, BEN)[0].starts_with(&format!("Nobody is {when}: “Toggle Sales Order")));
    assert!(said(SalesOrderSettings { trigger_values: " ,".to_owned(), ..on() }, BEN).is_empty());
}
