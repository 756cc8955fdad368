//! What may be set, and what is said of what may not.

use serde_json::{Value, json};

use super::*;

fn checked(settings: Value) -> Result<DuplicateSettings, String> {
    let mut settings: DuplicateSettings = serde_json::from_value(settings).unwrap();
    settings.check(&Modules::with(&["vessels".to_owned()])).map(|()| settings)
}

#[test]
fn every_module_has_its_switch_and_none_is_on() {
    let mut settings = DuplicateSettings::default();
    settings.complete(&Modules::with(&["vessels".to_owned()]));
    for module in ["companies", "contacts", "leads", "projects", "vessels"] {
        assert_eq!(settings.modules.get(module), Some(&false), "{module}");
    }
    assert!(settings.on().next().is_none() && !settings.send_notification && settings.users.is_empty());
    assert!(settings.rules_of("contacts").next().is_none(), "a rule is in force where its module is on");
    assert_eq!(settings.basis("contacts"), "");
    let fields: Vec<&str> = settings.rules.iter().map(|rule| rule.field.as_str()).collect();
    assert_eq!(fields, ["label", "email", "phone", "label", "website", "email", "phone", "label"]);
    let modules = Modules::with(&["vessels".to_owned()]);
    assert_eq!(settings.check(&modules), Ok(()), "what is shipped may be saved");
}

#[test]
fn rules_are_brought_into_their_usual_form() {
    let settings = checked(json!({"modules": {"contacts": true}, "rules": [
        {"module": "Contacts", "field": "E-mail", "rule": "email", "length": 7},
        {"module": "contacts", "field": "email", "rule": "email"},
        {"module": "contacts", "field": "Label", "rule": "first", "length": 4},
        {"module": "vessels", "field": "Port of Call", "rule": "exact"},
    ]}));
    let settings = settings.unwrap();
    let rules: Vec<_> = settings.rules.iter().map(|rule| rule.code().to_string()).collect();
    assert_eq!(rules, ["contacts:email:email", "contacts:label:first:4", "vessels:Port of Call:exact"]);
    assert_eq!(settings.basis("contacts"), "contacts:email:email\ncontacts:label:first:4");
    assert_eq!(settings.basis("vessels"), "", "it is not on");
    assert!(settings.is_on("contacts") && !settings.is_on("leads"));
}

#[test]
fn a_field_of_the_crms_own_may_be_compared_in_any_module() {
    // Names that are like a known one and plainly another: with a number, or a short word.
    for own in ["surname", "Passport No", "loyalty_card", "email2", "phone_2", "zzz", "fax", "dob"] {
        let rule = json!({"module": "contacts", "field": own, "rule": "first", "length": 4});
        let settings = checked(json!({"rules": [rule]})).unwrap();
        assert_eq!(settings.rules[0].field, own);
    }
}

#[test]
fn what_may_not_be_set_is_refused_with_what_to_write() {
    let rule = |module: &str, field: &str, rule: &str, length: Value| json!({"rules": [{"module": module, "field": field, "rule": rule, "length": length}]});
    for (settings, told) in [
        (
            json!({"modules": {"contact": true}}),
            "modules: Unknown module \"contact\"; did you mean \"contacts\"?",
        ),
        (
            rule("contact", "email", "exact", Value::Null),
            "rules[0].module: Unknown module \"contact\"; did you mean \"contacts\"?",
        ),
        (
            rule("contacts", "emial", "exact", Value::Null),
            "rules[0].field: \"emial\" is no field of contacts; did you mean \"email\"?",
        ),
        (
            rule("contacts", "First Nmae", "exact", Value::Null),
            "rules[0].field: \"First Nmae\" is no field of contacts; did you mean \"first_name\"?",
        ),
        (
            rule("contacts", "firstname", "exact", Value::Null),
            "rules[0].field: \"firstname\" is no field of contacts; did you mean \"first_name\"?",
        ),
        (
            rule("vessels", "lable", "exact", Value::Null),
            "rules[0].field: \"lable\" is no field of vessels; did you mean \"label\"?",
        ),
        (
            rule("contacts", "", "exact", Value::Null),
            "rules[0].field: \"\" is no field of contacts; use one of: label, first_name,",
        ),
        (
            rule("contacts", "label", "first", Value::Null),
            "rules[0].length must say how many letters are compared by \"first\": 1 to 64",
        ),
        (rule("contacts", "label", "first", json!(0)), "rules[0].length must say"),
        (rule("contacts", "label", "first", json!(65)), "rules[0].length must say"),
        (rule("vessels", "", "exact", Value::Null), "rules[0].field: \"\" is no field of vessels"),
    ] {
        let refused = checked(settings).unwrap_err();
        assert!(refused.starts_with(told), "{refused}");
    }
    let many: Vec<Value> = (1..=64)
        .flat_map(|length| {
            ["label", "email"]
                .map(|field| json!({"module": "leads", "field": field, "rule": "first", "length": length}))
        })
        .collect();
    assert_eq!(
        checked(json!({"rules": many})).unwrap_err(),
        "rules: there may be 100 at most; leave some out"
    );
}
