//! What is judged of fields, in tables.

use serde_json::{Value, json};

use super::*;

fn judged(module: &str, fields: &Value) -> Result<(), String> {
    let modules = Modules::with(&["vessels".to_owned()]);
    let fields = fields.as_object().expect("the case is an object");
    let module = modules.find(module).expect("the module of the case exists");
    module.judge(fields, &Map::new()).map_err(|refusal| refusal.to_string())
}

#[test]
fn known_fields_hold_what_they_should() {
    for (module, name, good, bad, wanted) in [
        ("leads", "first_name", json!(["Ann", ""]), json!([1, true, [], {}]), "a text"),
        ("leads", "status", json!(["New", "Our own word"]), json!([1, false, ["New"]]), "a text"),
        ("leads", "amount", json!([1, 0, -2.5, 1e9]), json!(["1", true, []]), "a number"),
        ("contacts", "company_id", json!(["C-1", 42, 42.0]), json!([1.5, true, {}]), "the id of a record"),
        ("contacts", "do_not_call", json!([true, false]), json!(["yes", 1, 0]), "true or false"),
        (
            "contacts",
            "birth_date",
            json!(["1990-05-17", "2024-02-29", ""]),
            json!(["17.5.1990", "1990-02-30", "1990-05-17T00:00:00Z", "tomorrow", 1990]),
            "a day",
        ),
        ("companies", "employees", json!([0, 12, 12.0]), json!([1.5, "12", true]), "a whole number"),
        (
            "tickets",
            "last_action_date",
            json!([
                "2026-03-31T10:00",
                "2026-03-31 10:00:30",
                "2026-03-31T10:00:00Z",
                "2026-03-31T10:00:00+02:00"
            ]),
            json!(["2026-03-31", "10:00", "soon", 1_774_951_200, "2026-03-31T25:00"]),
            "a time",
        ),
        ("tickets", "severity", json!(["High", 1]), json!([1.5, true, []]), "a text or a whole number"),
        ("tickets", "subscribers", json!([[], [1, 2]]), json!(["1,2", {}]), "a list"),
        (
            "contracts",
            "sla_severity_hours",
            json!([{}, {"High": 4, "2": 1.5}]),
            json!([{"High": "4"}, [4], 4]),
            "an object of numbers",
        ),
        ("personnel", "user_id", json!([1, 4711]), json!([0, -1, "5", 1.5]), "the number of a user"),
        ("activities", "reminder_minutes", json!([5, 60]), json!(["15", 1.5, true]), "a whole number"),
        ("activities", "reminder_on", json!([true, false]), json!(["on", 1]), "true or false"),
        (
            "activities",
            "starts_at",
            json!(["2026-03-31T10:00", ""]),
            json!(["tomorrow", 5]),
            "a date with a time",
        ),
    ] {
        for value in good.as_array().unwrap() {
            assert_eq!(judged(module, &json!({ name: value })), Ok(()), "{module}.{name} = {value}");
        }
        for value in bad.as_array().unwrap() {
            let told =
                judged(module, &json!({ name: value })).expect_err(&format!("{module}.{name} = {value}"));
            assert!(told.starts_with(&format!("fields.{name} must be {wanted}")), "{value}: {told}");
        }
    }
}

#[test]
fn unknown_fields_may_hold_anything_of_a_decent_size() {
    let nested = |levels: usize| (1..levels).fold(json!(1), |inner, _| json!([inner]));
    for good in [json!({}), json!({"x": [1, {"y": "z"}], "Öl": 1.5, "a:b|c": true}), json!({"a": nested(16)})]
    {
        assert_eq!(judged("vessels", &good), Ok(()), "{good}");
    }
    let long = "x".repeat(101);
    for (bad, told) in [
        (json!({"a": nested(17)}), "fields.a must nest at most 16 levels deep"),
        (json!({"a": {"b": ["\0"]}}), "fields.a must not contain the character NUL"),
        (json!({"a": {"\0": 1}}), "fields.a must not contain the character NUL"),
        (json!({"": 1}), "The names in fields must be 1 to 100 characters, in one line"),
        (json!({"a\nb": 1}), "The names in fields must be"),
        (json!({ long: 1 }), "The names in fields must be"),
        (json!({"a": "x".repeat(65_536)}), "fields must be at most 65536 bytes of JSON in all"),
    ] {
        let refused = judged("vessels", &bad).unwrap_err();
        assert!(refused.starts_with(told), "{refused}");
    }
}

#[test]
fn what_is_as_it_was_is_not_judged_again() {
    let modules = Modules::with(&[]);
    let contacts = modules.find("contacts").unwrap();
    let before = json!({"do_not_call": "a word of an older version"});
    let after = json!({"do_not_call": "a word of an older version", "phone": "1"});
    assert!(contacts.judge(after.as_object().unwrap(), before.as_object().unwrap()).is_ok());
    assert!(contacts.judge(after.as_object().unwrap(), &Map::new()).is_err());
}

#[test]
fn modules_are_called_as_people_call_them() {
    for (name, titled, one) in [
        ("contacts", "Contacts", "Contact"),
        ("companies", "Companies", "Company"),
        ("sales_orders", "Sales Orders", "Sales Order"),
        ("personnel", "Personnel", "Personnel"),
        ("vessels", "Vessels", "Vessel"),
        ("service_visits", "Service Visits", "Service Visit"),
        ("deliveries", "Deliveries", "Delivery"),
        ("boxes", "Boxes", "Box"),
        ("branches", "Branches", "Branch"),
        ("addresses", "Addresses", "Address"),
        ("press", "Press", "Press"),
        ("equipment", "Equipment", "Equipment"),
    ] {
        assert_eq!((&*title(name), &*singular(name)), (titled, one));
    }
}

#[test]
fn a_module_is_found_by_name_and_an_unknown_one_is_told_of_the_nearest() {
    let modules = Modules::with(&["vessels".to_owned(), "contacts".to_owned()]);
    assert_eq!(modules.names().len(), 14);
    assert_eq!(&*modules.find("vessels").unwrap().name, "vessels");
    let told = modules.find("contact").unwrap_err().to_string();
    assert!(
        told.starts_with("Unknown module \"contact\"; did you mean \"contacts\"? There are: leads, "),
        "{told}"
    );
    let told = modules.find("xyz").unwrap_err().to_string();
    assert!(told.starts_with("Unknown module \"xyz\"; there are: leads, contacts,"), "{told}");
    assert!(told.ends_with("personnel, vessels"), "{told}");
}

#[test]
fn every_field_is_described_and_named_once() {
    for module in Modules::with(&[]).iter() {
        let mut names: Vec<&str> = module.fields.iter().map(|field| field.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{}", module.name);
        assert!(count >= 9, "{}", module.name);
        for field in module.fields {
            assert!(!field.title.is_empty() && field.about.len() > 5, "{}.{}", module.name, field.name);
            assert_eq!(field.options.is_empty(), !matches!(field.kind, Kind::Picklist | Kind::Level));
        }
    }
}

#[test]
fn the_fields_that_the_design_pins_are_known() {
    let modules = Modules::with(&[]);
    for (module, names) in [
        ("activities", "activity_type starts_at ends_at status reminder_on reminder_minutes rrule"),
        ("leads", "company first_name last_name email phone"),
        ("companies", "credit_limit balance"),
        ("sales_orders", "company_id total status lines"),
        ("invoices", "company_id total status lines"),
        ("tickets", "status severity contract_id support_email subscribers last_action_date"),
        ("contracts", "sla_response_hours sla_severity_hours"),
        (
            "personnel",
            "user_id supervisor_id birth_date appraisal_date probation_end contract_end leaving_date",
        ),
    ] {
        let known = modules.find(module).unwrap().fields;
        for name in names.split(' ') {
            assert!(known.iter().any(|field| field.name == name), "{module}.{name}");
        }
    }
}
