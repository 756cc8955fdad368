//! Metadata as facts: `{"plan_name": "Premium Hosting"}` is read as "Plan Name: Premium Hosting".
//!
//! Facts keep the sender's order. What is nested is no fact, apart from short lists of plain values.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::lines::{cut, one_line};
use super::links::is_for_machines;
use super::words::Words;

const LONGEST_NAME: usize = 60;
const LONGEST_VALUE: usize = 300;
/// A longer list is data for programs and nothing to read.
const LONGEST_LIST: usize = 10;

/// A name and a value, each in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fact {
    /// As people write it.
    pub name: String,
    /// As people write it.
    pub value: String,
}

/// The first `most` facts of a JSON object; none of what is no JSON object.
pub(super) fn of(metadata: &str, words: &Words, most: usize) -> Vec<Fact> {
    let Ok(Members(members)) = serde_json::from_str(metadata) else {
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    let members = members.iter().filter(|(key, _)| !is_for_machines(key));
    let facts = members.filter_map(|(key, raw)| {
        let name = cut(&name(key), LONGEST_NAME);
        let value = cut(&value(raw.get(), words)?, LONGEST_VALUE);
        (!name.is_empty() && !value.is_empty()).then_some(Fact { name, value })
    });
    facts.filter(|fact| seen.insert(fact.name.clone())).take(most).collect()
}

/// A key as people write it: `plan_name` and `planName` become `Plan Name`. What is no name in a program stays.
pub(super) fn name(key: &str) -> String {
    let key = one_line(key);
    if key.contains(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ' '))) {
        return key;
    }
    let mut name = String::new();
    let mut before = ' ';
    for c in key.chars() {
        let c = if matches!(c, '_' | '-') { ' ' } else { c };
        if c.is_uppercase() && before.is_lowercase() {
            name.push(' ');
        }
        if before == ' ' {
            name.extend(c.to_uppercase())
        } else {
            name.push(c)
        }
        before = c;
    }
    name.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A value as people write it; `None` for what is nested or says nothing. Numbers stay as they were sent.
fn value(raw: &str, words: &Words) -> Option<String> {
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(raw).ok().map(|text| one_line(&text)),
        b't' => Some(words.yes.clone()),
        b'f' => Some(words.no.clone()),
        b'n' | b'{' => None,
        b'[' => list(raw, words),
        _ => Some(raw.to_owned()),
    }
}

fn list(raw: &str, words: &Words) -> Option<String> {
    let items: Vec<Box<RawValue>> = serde_json::from_str(raw).ok()?;
    if items.is_empty() || items.len() > LONGEST_LIST {
        return None;
    }
    let values = items.iter().map(|item| match item.get().starts_with('[') {
        true => None,
        false => value(item.get(), words),
    });
    Some(values.collect::<Option<Vec<_>>>()?.join(", "))
}

/// The members of a JSON object in their order, with their values as they were written.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(metadata: &str) -> Vec<(String, String)> {
        let facts = of(metadata, Words::of("en").0, 30);
        facts.into_iter().map(|fact| (fact.name, fact.value)).collect()
    }

    #[test]
    fn flat_values_are_facts_in_the_senders_order() {
        let found = facts(
            r#"{"plan_name":"Premium Hosting","jobId":7,"amount":1e2,"isPaid":true,"open":false,"none":null,
                "nested":{"a":1},"tags":["x",1],"deep":[[1]],"empty":"","big":90071992547409931234,"a-b c":"é","Größe (m²)":1}"#,
        );
        let expected = [
            ("Plan Name", "Premium Hosting"),
            ("Job Id", "7"),
            ("Amount", "1e2"),
            ("Is Paid", "Yes"),
            ("Open", "No"),
            ("Tags", "x, 1"),
            ("Big", "90071992547409931234"),
            ("A B C", "é"),
            ("Größe (m²)", "1"),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_is_for_programs_is_no_fact() {
        let found = facts(
            r#"{"module":"activities","record_id":"7","when":"Tue","late_seconds":90,"starts_at":"2026-03-03T10:00:00Z",
                "links":"x","Module":"y"}"#,
        );
        let expected = [("When", "Tue"), ("Module", "y")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn facts_stand_in_one_line_and_are_cut() {
        let found = facts(r#"{"a\r\nb":"x\r\n.\r\ny","long":""#.to_owned().as_str());
        assert!(found.is_empty(), "what is no JSON has no facts");
        let found =
            facts(&format!(r#"{{"a\r\nb":"x\r\n.\r\ny","long":"{}","A  b":"again"}}"#, "z".repeat(1000)));
        assert_eq!(found[0], ("A B".to_owned(), "x  .  y".to_owned()));
        assert_eq!(found[1].1.chars().count(), LONGEST_VALUE + 1);
        assert_eq!(found.len(), 2, "a name is said once");
        assert!(facts("[1]").is_empty() && facts("").is_empty() && facts("7").is_empty());
    }
}
