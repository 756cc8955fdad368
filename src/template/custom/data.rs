//! The variables of one letter as a template sees them: cut to size, compared by where they lie, never changed.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use serde_json::Value as Json;

use super::sandbox::MARKS;
use crate::template::lines::{cut, many_lines};

/// The longest text, in characters.
const LONGEST_TEXT: usize = 16 * 1024;

/// Characters of all texts together.
const MOST_CHARACTERS: usize = 256 * 1024;

/// Values of a list that are looked at.
const MOST_ITEMS: usize = 500;

/// Values in all.
const MOST_VALUES: usize = 10_000;

/// How deep values may lie in each other.
const DEEPEST: usize = 12;

/// The variables of a letter to a reader of this language. What is too much is left out: a letter is rather short than
/// lost.
pub(super) fn of(data: &Json, language: &str) -> Value {
    let mut room = Room { values: MOST_VALUES, characters: MOST_CHARACTERS };
    let mut variables = BTreeMap::from([(Arc::from("language"), Value::from(language))]);
    for (name, value) in data.as_object().into_iter().flatten() {
        if name != "language"
            && let Some(value) = room.value(value, 1)
        {
            variables.insert(Arc::from(room.text(name)), value);
        }
    }
    Value::from_object(Members(variables))
}

struct Room {
    values: usize,
    characters: usize,
}

impl Room {
    fn value(&mut self, value: &Json, depth: usize) -> Option<Value> {
        self.values = self.values.checked_sub(1)?;
        Some(match value {
            Json::Null => Value::from(()),
            Json::Bool(yes) => Value::from(*yes),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Value::from(whole),
                (None, float) => Value::from(float.unwrap_or_default()),
            },
            Json::String(text) => Value::from(self.text(text)),
            Json::Array(_) | Json::Object(_) if depth == DEEPEST => Value::UNDEFINED,
            Json::Array(items) => {
                let items = items.iter().take(MOST_ITEMS).map_while(|item| self.value(item, depth + 1));
                Value::from_object(List(items.collect()))
            }
            Json::Object(members) => {
                let members = members.iter().map_while(|(name, value)| {
                    Some((Arc::from(self.text(name)), self.value(value, depth + 1)?))
                });
                Value::from_object(Members(members.collect()))
            }
        })
    }

    fn text(&mut self, text: &str) -> String {
        let most = LONGEST_TEXT.min(self.characters);
        if most == 0 {
            return String::new();
        }
        let clean = cut(&many_lines(&cut(text, most)).replace(MARKS, " "), most);
        self.characters = self.characters.saturating_sub(clean.chars().count());
        clean
    }
}

/// A list. Comparing two looks at where they lie: their values could be many.
#[derive(Debug)]
struct List(Vec<Value>);

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        by_place(self, other)
    }
}

/// Values by name.
#[derive(Debug)]
struct Members(BTreeMap<Arc<str>, Value>);

impl Object for Members {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).cloned()
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|name| Value::from(name.clone())).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        by_place(self, other)
    }
}

fn by_place<T: Object + 'static>(one: &Arc<T>, other: &DynObject) -> Option<Ordering> {
    let other: &T = other.downcast_ref()?;
    Some(std::ptr::from_ref::<T>(one).cmp(&std::ptr::from_ref(other)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_cut_to_size_and_never_lost_as_a_whole() {
        let long = "ä".repeat(LONGEST_TEXT + 1);
        let data = of(
            &json!({"long": long, "many": vec![1; MOST_ITEMS + 1], "a\u{0}\u{e000}b": "x\u{e001}\r\ny\u{7}"}),
            "en",
        );
        let length = |name: &str| data.get_attr(name).unwrap();
        assert_eq!(length("long").as_str().unwrap().chars().count(), LONGEST_TEXT + 1);
        assert_eq!(length("many").len(), Some(MOST_ITEMS));
        assert_eq!(data.get_attr("a b").unwrap().as_str(), Some("x \ny"));
        let mut deep = json!("bottom");
        for _ in 0..100 {
            deep = json!({"a": deep, "b": [deep]});
            if deep.to_string().len() > 100_000 {
                break;
            }
        }
        of(&deep, "en");
        let one = of(&json!({"a": [1], "language": "xx"}), "de").get_attr("a").unwrap();
        assert!(one == one.clone() && one != of(&json!({"a": [1]}), "de").get_attr("a").unwrap());
        assert_eq!(of(&json!({"language": "xx"}), "de").get_attr("language").unwrap().as_str(), Some("de"));
    }
}
