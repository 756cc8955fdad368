//! Tables of what rules say of two records.

use serde_json::json;

use super::*;
use crate::clock::Instant;

fn contact(label: &str, fields: Value) -> Record {
    Record {
        number: 1,
        module: Arc::from("contacts"),
        id: Arc::from("7"),
        label: label.to_owned(),
        link: None,
        assigned_to: None,
        previous_assigned_to: None,
        reassigned_at: None,
        fields: fields.as_object().unwrap().clone(),
        version: 1,
        created_at: Instant(0),
        updated_at: Instant(0),
    }
}

fn rule(field: &str, rule: Way, length: Option<i64>) -> Rule {
    Rule { module: "contacts".to_owned(), field: field.to_owned(), rule, length }
}

/// Whether a rule says that records with these values of one field are the same; asked both ways, and so that what is
/// the same is found by the index.
fn matches(rule: &Rule, one: &Value, other: &Value) -> bool {
    let (a, b) = (contact("A", json!({"x": one})), contact("B", json!({"x": other})));
    let found = rule.compare(&a, &b);
    assert_eq!(found.is_some(), rule.compare(&b, &a).is_some(), "{one} and {other} either way");
    if found.is_some() {
        let (a, b) = (rule.keys(&a), rule.keys(&b));
        let is_found =
            |a: &Key| b.iter().any(|b| a == b || (rule.rule == Way::Contains && is_reachable(&a.1, &b.1)));
        assert!(a.iter().any(is_found), "the index finds {one} by {other}: {a:?} {b:?}");
    }
    found.is_some()
}

/// Whether a value of the kind Contains leads to another one by way of the index.
fn is_reachable(a: &str, b: &str) -> bool {
    parts(a).contains(b) || threes(a).is_subset(&threes(b))
}

#[test]
fn exact_first_and_contains() {
    use Way::{Contains, Exact, First};
    for (way, length, one, other, is_match) in [
        (Exact, None, "Smith", "smith", true),
        (Exact, None, "Smith", "SMITH ", true),
        (Exact, None, "Smith Jones", "Smith-Jones", true),
        (Exact, None, "José", "Jose", true),
        (Exact, None, "Smith", "Smithers", false),
        (Exact, None, "", "", false),
        (Exact, None, " - ", "-", false),
        (Exact, None, "42", "4-2", true),
        (First, Some(4), "Smithers", "Smith", true),
        (First, Some(4), "Smithers", "Smit", true),
        (First, Some(4), "smi-thers", "Smith", true),
        (First, Some(4), "Smi", "Smith", false),
        (First, Some(4), "Bo", "Bo", true),
        (First, Some(4), "Bo", "Bob", false),
        (First, Some(1), "Ann", "Adam", true),
        (First, Some(1), "Ann", "Bob", false),
        (First, Some(4), "Élodie", "elod", true),
        (First, Some(4), "", "", false),
        (First, Some(64), "Smith", "Smith", true),
        (Contains, None, "Smith", "Smith-Jones", true),
        (Contains, None, "Jones", "Smith-Jones", true),
        (Contains, None, "th J", "Smith-Jones", true),
        (Contains, None, "Smith", "Smith", true),
        (Contains, None, "Smith", "Smythe", false),
        (Contains, None, "Li", "Lisa", false),
        (Contains, None, "Li", "Li", false),
        (Contains, None, "Lis", "Lisa", true),
        (Contains, None, "", "Smith", false),
        (Contains, None, "---", "Smith", false),
        (Contains, None, "Björk", "Anna Bjorkman", true),
        (Contains, None, "株式会社", "株式会社日立", true),
    ] {
        let rule = rule("x", way, length);
        assert_eq!(
            matches(&rule, &one.into(), &other.into()),
            is_match,
            "{way:?} {length:?}: {one} and {other}"
        );
    }
}

#[test]
fn e_mail_phone_and_website() {
    for (way, one, other, is_match) in [
        (Way::Email, "Jane@Example.com", "mailto:jane+crm@example.com", true),
        (Way::Email, "a@x.com; b@x.com", "b@x.com", true),
        (Way::Email, "a@x.com", "b@x.com", false),
        (Way::Email, "jane", "jane", false),
        (Way::Email, "", "", false),
        (Way::Phone, "+44 20 7946 0000", "020 7946 0000", true),
        (Way::Phone, "212-555-0100", "312-555-0100", false),
        (Way::Phone, "", "", false),
        (Way::Website, "https://www.example.com/about", "example.com", true),
        (Way::Website, "example.com", "example.org", false),
        (Way::Website, "", "", false),
    ] {
        assert_eq!(
            matches(&rule("x", way, None), &one.into(), &other.into()),
            is_match,
            "{way:?}: {one}, {other}"
        );
    }
}

#[test]
fn other_values_than_texts() {
    let exact = rule("x", Way::Exact, None);
    for (one, other, is_match) in [
        (json!(15), json!(15.0), true),
        (json!(15), json!("15"), true),
        (json!(1.5), json!(15), false),
        (json!(-5), json!(5), false),
        (json!(true), json!(true), false),
        (json!([1]), json!([1]), false),
        (json!({"a": 1}), json!({"a": 1}), false),
        (json!("2026-03-31"), json!("2026-03-31"), true),
    ] {
        assert_eq!(matches(&exact, &one, &other), is_match, "{one} and {other}");
    }
    let (with, without) = (contact("A", json!({"x": "1"})), contact("A", json!({})));
    assert_eq!(exact.compare(&with, &without), None);
    assert!(exact.keys(&without).is_empty());
}

#[test]
fn the_label_is_a_field_and_reasons_say_both_values() {
    let rule = rule(LABEL, Way::First, Some(4));
    let (a, b) = (contact("Smithers", json!({})), contact("Smith", json!({})));
    let reason = rule.compare(&a, &b).unwrap();
    assert_eq!((reason.value.as_str(), reason.other_value.as_str()), ("Smithers", "Smith"));
    assert_eq!((reason.rule.as_str(), reason.length), ("first", Some(4)));
    let turned = reason.clone().turned();
    assert_eq!((turned.value.as_str(), turned.other_value.as_str()), ("Smith", "Smithers"));
    assert!(reason.is_of_rule_of(&turned));
    assert!(rule.is_touched(&a, &b) && !rule.is_touched(&a, &a));
}

#[test]
fn long_values_have_short_keys_and_are_still_told_apart() {
    let exact = rule("x", Way::Exact, None);
    let long = "y".repeat(5_000);
    let record = contact("A", json!({"x": long}));
    assert!(exact.keys(&record)[0].1.len() < 100);
    assert!(matches(&exact, &long.as_str().into(), &long.as_str().into()));
    assert!(!matches(&exact, &long.as_str().into(), &format!("{long}z").into()));
    assert_eq!(exact.compare(&record, &record).unwrap().value.chars().count(), LONGEST_SHOWN);
    // Of what is compared by Contains the beginning counts.
    let contains = rule("x", Way::Contains, None);
    assert!(matches(&contains, &format!("{long}z").into(), &long.as_str().into()));
    assert!(parts(&contains.keys(&record)[0].1).len() < 100, "equal parts are asked for once");
}

#[test]
fn parts_and_threes_of_a_key() {
    assert_eq!(parts("smit").into_iter().collect::<Vec<_>>(), ["mit", "smi", "smit"]);
    assert!(parts("ab").is_empty() && threes("ab").is_empty());
    assert_eq!(threes("aaaa").len(), 1);
    assert!(threes("\u{10ffff}\u{10ffff}\u{10ffff}").iter().all(|three| *three > 0));
    assert!(threes("smith").is_subset(&threes("smithjones")));
    assert!(!threes("smith").is_subset(&threes("smythe")));
    assert!(parts("äöü").contains("äöü"));
}
