//! A mapping of the file while it is taken apart: typed readers, and what is left over is a mistake.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::error::{Place, Problems};
use super::tree::{Key, Node, Text, Value};

/// Longer names are not shown in messages: they may be an API key in the wrong place.
const LONGEST_SHOWN_NAME: usize = 24;

/// A mapping whose keys are fixed. Every reader takes its key away; `finish` complains of the rest.
pub(super) struct Section<'a> {
    /// The section's name and a dot; empty for the whole file.
    prefix: String,
    entries: Vec<(Key, Node)>,
    known: Vec<&'static str>,
    problems: &'a Problems,
}

impl<'a> Section<'a> {
    /// The section that `node` holds; nothing at all is an empty section.
    pub fn new(node: Node, prefix: &str, problems: &'a Problems) -> Section<'a> {
        let prefix = prefix.to_owned();
        let entries = match node.value {
            Value::Map(entries) => entries,
            Value::Nothing => Vec::new(),
            _ => {
                let whole = if prefix.is_empty() { "the file" } else { prefix.trim_end_matches('.') };
                problems.add(
                    node.place,
                    format!("{whole} must hold settings, each a line such as \"name: value\""),
                );
                Vec::new()
            }
        };
        for (index, (key, _)) in entries.iter().enumerate() {
            if let Some((first, _)) =
                entries[..index].iter().find(|(other, _)| other.name.text == key.name.text)
            {
                let what =
                    shown(&key.name).map_or("this key".to_owned(), |name| format!("\"{prefix}{name}\""));
                let line = first.place.line;
                problems.add(
                    key.place,
                    format!("{what} is written twice; remove this one or the one in line {line}"),
                );
            }
        }
        Section { prefix, entries, known: Vec::new(), problems }
    }

    /// Takes the value of `name` away; `None` if it is not written or has no value.
    pub fn take(&mut self, name: &'static str) -> Option<Node> {
        self.known.push(name);
        let index = self.entries.iter().position(|(key, _)| key.name.text == name)?;
        let (_, node) = self.entries.remove(index);
        // A second one was already complained of.
        self.entries.retain(|(key, _)| key.name.text != name);
        (!matches!(node.value, Value::Nothing)).then_some(node)
    }

    /// Where the value of `name` stands; `None` if it is not written or has no value.
    pub fn place(&self, name: &str) -> Option<Place> {
        let (_, node) = self.entries.iter().find(|(key, _)| key.name.text == name)?;
        (!matches!(node.value, Value::Nothing)).then_some(node.place)
    }

    /// The section below `name`, empty if it is not written.
    pub fn section(&mut self, name: &'static str) -> Section<'a> {
        let nothing = Node { place: Place::default(), value: Value::Nothing };
        let node = self.take(name).unwrap_or(nothing);
        Section::new(node, &format!("{}{name}.", self.prefix), self.problems)
    }

    /// A text that `parse` understands; `expected` completes the sentence "`name` must be …".
    pub fn text<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let node = self.take(name)?;
        let parsed = match &node.value {
            Value::Text(text) => parse(&text.text),
            _ => None,
        };
        if parsed.is_none() {
            self.must_be(node.place, name, expected);
        }
        parsed
    }

    /// A whole number in `range`.
    pub fn number<T: TryFrom<u64>>(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<T> {
        let node = self.take(name)?;
        let number = match &node.value {
            Value::Whole(number) => Some(*number),
            Value::Text(Text { text, from_environment: true }) => text.parse().ok(),
            _ => None,
        };
        let number =
            number.filter(|number| range.contains(number)).and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            self.must_be(
                node.place,
                name,
                &format!("a whole number from {} to {}", range.start(), range.end()),
            );
        }
        number
    }

    /// A number of bytes in `range`, plain or as `50MiB`.
    pub fn size<T: TryFrom<u64>>(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<T> {
        let node = self.take(name)?;
        let bytes = match &node.value {
            Value::Whole(number) => Some(*number),
            Value::Text(text) => text.text.parse::<bytesize::ByteSize>().ok().map(|size| size.as_u64()),
            _ => None,
        };
        let bytes = bytes.filter(|bytes| range.contains(bytes)).and_then(|bytes| T::try_from(bytes).ok());
        if bytes.is_none() {
            let (least, most) = (range.start(), range.end());
            let expected = format!("a number of bytes from {least} to {most}, for example 256KiB or 50MiB");
            self.must_be(node.place, name, &expected);
        }
        bytes
    }

    /// A time from `least` to `most`, as `15m` or `1h 30m`.
    pub fn duration(&mut self, name: &'static str, least: Duration, most: Duration) -> Option<Duration> {
        let (from, to) = (humantime::format_duration(least), humantime::format_duration(most));
        let expected = format!("a time from {from} to {to} with its unit, for example 30s, 15m or 30d");
        self.text(name, &expected, |text| {
            humantime::parse_duration(text).ok().filter(|duration| (least..=most).contains(duration))
        })
    }

    /// A list of texts, each with its place; `example` is one item as it would be written.
    pub fn texts(&mut self, name: &'static str, example: &str) -> Vec<(Place, String)> {
        let Some(node) = self.take(name) else {
            return Vec::new();
        };
        let expected = format!("a list of texts, for example [{example}]");
        let Value::List(items) = node.value else {
            self.must_be(node.place, name, &expected);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.value {
                Value::Text(text) => texts.push((item.place, text.text)),
                _ => self.must_be(item.place, name, &expected),
            }
        }
        texts
    }

    /// Complains of a value by the name of its setting.
    pub fn must_be(&self, place: Place, name: &str, expected: &str) {
        self.problems.add(place, format!("{}{name} must be {expected}", self.prefix));
    }

    /// Complains of an item of a list by the name of its setting.
    pub fn item_must_be(&self, place: Place, name: &str, expected: &str) {
        self.problems.add(place, format!("an item of {}{name} must be {expected}", self.prefix));
    }

    /// Complains of every key that nobody took.
    pub fn finish(self) {
        for (key, _) in &self.entries {
            self.problems.add(key.place, unknown(&key.name, &self.prefix, &self.known));
        }
    }
}

fn unknown(key: &Text, prefix: &str, known: &[&'static str]) -> String {
    let place = prefix.trim_end_matches('.');
    let within = if place.is_empty() { String::new() } else { format!(" in {place}") };
    let Some(name) = shown(key) else {
        return format!(
            "unknown key{within} (not shown, for it may be an API key); API keys stand indented below api_keys"
        );
    };
    match nearest(name, known) {
        Some(near) => format!("unknown key \"{name}\"{within}; did you mean \"{near}\"?"),
        None => format!("unknown key \"{name}\"{within}; known here: {}", known.join(", ")),
    }
}

/// The name, if it can be no secret.
fn shown(name: &Text) -> Option<&str> {
    if name.from_environment { None } else { harmless(&name.text) }
}

/// The text, if it looks like a name and not like a secret.
pub(super) fn harmless(text: &str) -> Option<&str> {
    let harmless = text.len() <= LONGEST_SHOWN_NAME
        && !text.is_empty()
        && text.chars().all(|next| next.is_ascii_alphanumeric() || "_-.".contains(next));
    harmless.then_some(text)
}

/// The known name that `name` was probably meant to be.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    known
        .iter()
        .map(|candidate| (strsim::osa_distance(&name, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
