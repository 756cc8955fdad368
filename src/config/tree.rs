//! A YAML text as a tree whose every node knows its line and column.
//!
//! The only file that knows the YAML library. What the library says of a mistake is passed on without the snippet
//! that it would print, because the lines around a mistake may hold API keys.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::AliasLimits;
use serde_saphyr::{DuplicateKeyPolicy, Location, MergeKeyPolicy, NonFiniteFloatPolicy, Spanned};

use super::error::{Place, Problems};

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub place: Place,
    pub value: Value,
}

/// A key of a mapping and where it stands.
#[derive(Debug)]
pub(super) struct Key {
    pub place: Place,
    pub name: Text,
}

#[derive(Debug)]
pub(super) enum Value {
    /// Nothing written, `~` or `null`.
    Nothing,
    /// A whole number.
    Whole(u64),
    Text(Text),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
    /// What no setting takes: true and false, negative numbers and fractions.
    Other,
}

/// A text, and whether it (or a part of it) came from the environment.
#[derive(Debug)]
pub(super) struct Text {
    pub text: String,
    pub from_environment: bool,
}

impl Text {
    fn written(text: String) -> Text {
        Text { text, from_environment: false }
    }
}

/// Reads `text`; an empty one is an empty mapping. `None` goes with a problem noted.
pub(super) fn parse(text: &str, problems: &Problems) -> Option<Node> {
    match serde_saphyr::from_str_with_options::<Spanned<Value>>(text, options()) {
        Ok(root) => Some(node(root)),
        Err(error) => {
            let (place, sentence) = explain(&error);
            problems.add(place, sentence);
            None
        }
    }
}

fn options() -> serde_saphyr::Options {
    // Far above what the largest real file needs and far below what would take memory or time.
    let mut aliases = AliasLimits::default();
    aliases.max_total_replayed_events = 10_000;
    aliases.max_replay_stack_depth = 4;
    serde_saphyr::options! {
        with_snippet: false,
        // Duplicates are found in `section`, whose message never shows an API key.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        alias_limits: aliases,
        budget: serde_saphyr::budget! {
            max_depth: 16,
            max_nodes: 100_000,
            max_anchors: 100,
            max_aliases: 1_000,
        },
    }
}

const TOO_MUCH: &str = "too much nesting or too many aliases; write the settings out plainly";

/// One sentence on why the text is no YAML that we read, without a word of the text itself.
fn explain(error: &serde_saphyr::Error) -> (Place, String) {
    use serde_saphyr::Error as Yaml;
    let place = error.location().map(place_of).unwrap_or(Place { line: 1, column: 1 });
    let sentence = match error.without_snippet() {
        Yaml::AliasError { error, .. } => return (place, explain(error).1),
        Yaml::Budget { .. }
        | Yaml::AliasReplayLimitExceeded { .. }
        | Yaml::AliasReplayStackDepthExceeded { .. }
        | Yaml::AliasExpansionLimitExceeded { .. } => TOO_MUCH.to_owned(),
        Yaml::MultipleDocuments { .. } => "a second document begins above; remove the line ---".to_owned(),
        Yaml::MergeKeyNotAllowed { .. } => "<< is not understood; write the settings out plainly".to_owned(),
        Yaml::UnknownAnchor { .. } => {
            "a value that begins with * needs quotes, as does one with &, !, %, @ or a backquote".to_owned()
        }
        Yaml::UnsupportedTag { .. } => "a value that begins with ! needs quotes".to_owned(),
        Yaml::ExternalMessage { msg, .. } if msg.contains("recursion limit") => TOO_MUCH.to_owned(),
        Yaml::ExternalMessage { msg, .. } => {
            format!("not valid YAML ({msg}); look at the indentation and the quotes")
        }
        _ => "not valid YAML; look at the indentation and the quotes here and in the line above".to_owned(),
    };
    (place, sentence)
}

fn place_of(location: Location) -> Place {
    Place { line: location.line().max(1), column: location.column().max(1) }
}

fn node(spanned: Spanned<Value>) -> Node {
    Node { place: place_of(spanned.referenced), value: spanned.value }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Whole(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or(Value::Other, Value::Whole))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(Text::written(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = sequence.next_element::<Spanned<Value>>()? {
            list.push(node(item));
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = mapping.next_key::<Spanned<String>>()? {
            let value = mapping.next_value::<Spanned<Value>>()?;
            map.push((Key { place: place_of(key.referenced), name: Text::written(key.value) }, node(value)));
        }
        Ok(Value::Map(map))
    }
}
