//! What stands in `metadata`, as short facts that a person can read: "Plan name: Gold".

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::words::{Words, cut, one_line};
use crate::template::is_for_machines;

/// How many facts a card shows.
const MOST: usize = 12;

/// The longest name of a fact, in characters.
const LONGEST_NAME: usize = 60;

/// The longest value, in characters.
const LONGEST_VALUE: usize = 300;

/// A name and what it is: raw text, on one line each, not escaped for any channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// "Plan name".
    pub name: String,
    /// "Gold".
    pub value: String,
}

/// Some of the facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// In the order of their sender.
    pub shown: Vec<Fact>,
    /// Whether there are more than can be shown.
    pub has_more: bool,
}

impl Facts {
    /// The flat values of a JSON object; lists and objects within it stay in the CRM.
    pub fn of(metadata: Option<&str>, words: &Words) -> Facts {
        let Some(Members(members)) = metadata.and_then(|text| serde_json::from_str(text).ok()) else {
            return Facts::default();
        };
        let members = members.iter().filter(|(key, _)| !is_for_machines(key));
        let mut shown: Vec<Fact> = members.filter_map(|(key, raw)| fact(key, raw, words)).collect();
        let has_more = shown.len() > MOST;
        shown.truncate(MOST);
        Facts { shown, has_more }
    }
}

fn fact(key: &str, raw: &RawValue, words: &Words) -> Option<Fact> {
    let value = match serde_json::from_str(raw.get()).ok()? {
        Value::String(text) => one_line(&text),
        // As it was sent: 19.90 stays 19.90.
        Value::Number(_) => raw.get().to_owned(),
        Value::Bool(is_so) => if is_so { words.yes } else { words.no }.to_owned(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let name = pretty(key);
    (!name.is_empty() && !value.is_empty())
        .then(|| Fact { name: cut(&name, LONGEST_NAME), value: cut(&value, LONGEST_VALUE) })
}

/// `plan_name`, `planName` and `plan-name` as "Plan name"; `SKU` and `VAT_ID` keep their capitals.
fn pretty(key: &str) -> String {
    let mut spaced = String::new();
    let mut before = ' ';
    for c in key.chars() {
        let begins_word = c.is_uppercase() && before.is_lowercase();
        match c {
            '_' | '-' | '.' => spaced.push(' '),
            c if begins_word => spaced.extend([' '].into_iter().chain(c.to_lowercase())),
            c => spaced.push(c),
        }
        before = c;
    }
    let line = one_line(&spaced);
    let mut rest = line.chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => String::new(),
    }
}

/// The members of a JSON object in the order in which they stand there.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(metadata: &str) -> Vec<String> {
        let facts = Facts::of(Some(metadata), Words::of("en"));
        facts.shown.into_iter().map(|fact| format!("{}: {}", fact.name, fact.value)).collect()
    }

    #[test]
    fn flat_values_are_shown_in_their_order() {
        let metadata = r#"{"plan_name":"Gold","amount":19.90,"is_new":true,"gone":null,"list":[1],"inner":{"a":1},"a":"x"}"#;
        assert_eq!(lines(metadata), ["Plan name: Gold", "Amount: 19.90", "Is new: Yes", "A: x"]);
        assert_eq!(Facts::of(Some(r#"{"neu":false}"#), Words::of("de")).shown[0].value, "Nein");
    }

    #[test]
    fn what_is_for_programs_is_no_fact() {
        let metadata = r#"{"module":"leads","record_id":"7","when":"Tue","late_seconds":90,"starts_at":"x","links":"y"}"#;
        assert_eq!(lines(metadata), ["When: Tue"]);
    }

    #[test]
    fn keys_are_made_readable() {
        for (key, name) in [
            ("plan_name", "Plan name"),
            ("planName", "Plan name"),
            ("plan-name", "Plan name"),
            ("customer.id", "Customer id"),
            ("SKU", "SKU"),
            ("VAT_ID", "VAT ID"),
            ("__x__", "X"),
            ("größe", "Größe"),
            ("a\nb", "A b"),
        ] {
            assert_eq!(pretty(key), name, "{key}");
        }
    }

    #[test]
    fn what_is_no_object_has_no_facts() {
        for text in ["", "[1]", "null", "\"x\"", "{", "{\"a\":}"] {
            assert_eq!(lines(text), [""; 0], "{text}");
        }
        assert_eq!(Facts::of(None, Words::of("en")), Facts::default());
        assert_eq!(lines(r#"{"":"x","y":"","z":" \n "}"#), [""; 0]);
    }

    #[test]
    fn facts_are_few_and_short() {
        let many: Vec<String> = (0..13).map(|n| format!("\"k{n}\":{n}")).collect();
        let facts = Facts::of(Some(&format!("{{{}}}", many.join(","))), Words::of("en"));
        assert_eq!((facts.shown.len(), facts.has_more), (MOST, true));
        let long = Facts::of(Some(&format!("{{\"{0}\":\"{0}\"}}", "ä".repeat(1_000))), Words::of("en"));
        let fact = &long.shown[0];
        assert_eq!((fact.name.chars().count(), fact.value.chars().count()), (LONGEST_NAME, LONGEST_VALUE));
    }
}
