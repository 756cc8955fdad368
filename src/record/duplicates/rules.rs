//! When two records are likely the same: one field of both, by one of several ways to compare.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::normalise::{Phone, emails, folded, website};
use crate::record::Record;
use crate::record::module::field_title;
use crate::secret::sha256_hex;

/// The label of a record, where a rule names a field.
pub(super) const LABEL: &str = "label";

/// The longest name of a module or field, in characters.
const LONGEST_NAME: usize = 200;

/// What is shorter is part of too many others: its length in letters and digits.
const SHORTEST_PART: usize = 3;

/// Of a longer value no more than this is compared by Contains, in letters and digits.
const LONGEST_PART: usize = 64;

/// A longer key is stored as its digest, in bytes.
const LONGEST_KEY: usize = 200;

/// The longest value that a reason shows, in characters.
const LONGEST_SHOWN: usize = 200;

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// # Exact Match
    Exact,
    /// # Contains
    Contains,
    /// # First X
    First,
    /// # E-mail
    Email,
    /// # Phone
    Phone,
    /// # Website
    Website,
}

impl Way {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Way::Exact => "exact",
            Way::Contains => "contains",
            Way::First => "first",
            Way::Email => "email",
            Way::Phone => "phone",
            Way::Website => "website",
        }
    }
}

/// A duplicate checking rule: two records of a module with these values of a field are likely the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// # Module
    ///
    /// Name of the module; the rule is in force where the module is ticked.
    #[schemars(length(max = LONGEST_NAME))]
    pub module: String,
    /// # Field
    ///
    /// Name of the field, of the CRM's own as well, or `label`.
    #[schemars(length(max = LONGEST_NAME))]
    pub field: String,
    /// # Rule
    ///
    /// `exact`: the same letters and digits, whatever the case, accents, spaces and punctuation. `contains`: one is
    /// part of the other, at least three letters of it. `first`: the first letters are the same, as many as `length`
    /// says. `email`, `phone`, `website`: the same mailbox, number or host, however it is written.
    pub rule: Way,
    /// # Length
    ///
    /// How many letters and digits are compared by `first`; null for other rules.
    #[serde(default)]
    #[schemars(range(min = 1, max = 64))]
    pub length: Option<i64>,
}

/// Why two records are likely the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reason {
    /// The field whose values match.
    pub field: String,
    /// Name of the way in which they do.
    pub rule: String,
    /// How many letters were compared.
    pub length: Option<i64>,
    /// What the newer record has.
    pub value: String,
    /// What the older one has.
    pub other_value: String,
}

impl Reason {
    /// Whether another reason is the same rule's.
    pub fn is_of_rule_of(&self, other: &Self) -> bool {
        (&self.field, &self.rule, self.length) == (&other.field, &other.rule, other.length)
    }

    /// The same, seen from the other record.
    pub fn turned(self) -> Self {
        Self { value: self.other_value, other_value: self.value, ..self }
    }
}

/// By what a record is found: the code of a rule and what its value comes to.
pub(super) type Key = (Arc<str>, String);

impl Rule {
    /// What it is called in the index.
    pub(super) fn code(&self) -> Arc<str> {
        let length = self.length.map_or_else(String::new, |length| format!(":{length}"));
        format!("{}:{}:{}{length}", self.module, self.field, self.rule.name()).into()
    }

    /// By what a record is found in the index: nothing where its value is empty.
    pub(super) fn keys(&self, record: &Record) -> Vec<Key> {
        let Some(written) = Written::of(record, &self.field) else { return Vec::new() };
        let keys = match self.rule {
            Way::Email => emails(&written.text),
            Way::Phone => Phone::read(&written.text).iter().map(|phone| phone.key().to_owned()).collect(),
            _ => self.one_key(&written).into_iter().collect(),
        };
        let code = self.code();
        keys.into_iter().map(|key| (code.clone(), short(key))).collect()
    }

    fn one_key(&self, written: &Written<'_>) -> Option<String> {
        let letters = |most: usize| Some(written.folded().chars().take(most).collect::<String>());
        let key = match self.rule {
            Way::Website => website(&written.text),
            Way::Contains => letters(LONGEST_PART).filter(|part| part.chars().count() >= SHORTEST_PART),
            Way::First => letters(usize::try_from(self.length.unwrap_or(1)).unwrap_or(1)),
            _ => Some(written.folded()),
        };
        key.filter(|key| !key.is_empty())
    }

    /// Why two records are likely the same by this rule, if they are.
    pub(super) fn compare(&self, one: &Record, other: &Record) -> Option<Reason> {
        let (a, b) = (Written::of(one, &self.field)?, Written::of(other, &self.field)?);
        self.is_match(&a, &b).then(|| Reason {
            field: self.field.clone(),
            rule: self.rule.name().to_owned(),
            length: self.length,
            value: a.shown(),
            other_value: b.shown(),
        })
    }

    fn is_match(&self, a: &Written<'_>, b: &Written<'_>) -> bool {
        if self.rule == Way::Email {
            let of_b = emails(&b.text);
            return emails(&a.text).iter().any(|email| of_b.contains(email));
        }
        if self.rule == Way::Phone {
            return Phone::read(&a.text).zip(Phone::read(&b.text)).is_some_and(|(a, b)| a.is_same(&b));
        }
        let Some((a, b)) = self.one_key(a).zip(self.one_key(b)) else { return false };
        a == b || (self.rule == Way::Contains && (a.contains(&b) || b.contains(&a)))
    }

    /// Whether a change of a record changed what this rule looks at.
    pub(super) fn is_touched(&self, before: &Record, after: &Record) -> bool {
        match self.field.as_str() {
            LABEL => before.label != after.label,
            field => before.fields.get(field) != after.fields.get(field),
        }
    }
}

/// What a record has in a field, as a text.
struct Written<'r> {
    text: Cow<'r, str>,
    is_number: bool,
}

impl<'r> Written<'r> {
    /// `None` for what cannot be compared: nothing, yes and no, lists and objects.
    fn of(record: &'r Record, field: &str) -> Option<Self> {
        if field == LABEL {
            return Some(Self { text: Cow::Borrowed(&record.label), is_number: false });
        }
        match record.fields.get(field)? {
            Value::String(text) => Some(Self { text: Cow::Borrowed(text), is_number: false }),
            Value::Number(number) => {
                // JSON has one kind of number: 15.0 is 15.
                let whole = number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
                let text = whole.map_or_else(|| number.to_string(), |whole| format!("{whole:.0}"));
                Some(Self { text: Cow::Owned(text), is_number: true })
            }
            _ => None,
        }
    }

    /// Its letters and digits; a number keeps its sign and its point.
    fn folded(&self) -> String {
        if self.is_number { self.text.clone().into_owned() } else { folded(&self.text) }
    }

    fn shown(&self) -> String {
        match self.text.char_indices().nth(LONGEST_SHOWN) {
            None => self.text.clone().into_owned(),
            Some(_) => self.text.chars().take(LONGEST_SHOWN - 1).chain(['…']).collect(),
        }
    }
}

fn short(key: String) -> String {
    if key.len() <= LONGEST_KEY { key } else { format!("#{}", sha256_hex(key.as_bytes())) }
}

/// Whether the code of a rule is that of one of the kind Contains.
pub(super) fn is_contains(code: &str) -> bool {
    code.ends_with(":contains")
}

/// Every part of a key that could be the whole of another one.
pub(super) fn parts(key: &str) -> BTreeSet<&str> {
    let ends: Vec<usize> = key.char_indices().map(|(at, _)| at).chain([key.len()]).collect();
    let from = |begin: usize| ends.iter().skip(begin + SHORTEST_PART).map(move |end| (begin, *end));
    (0..ends.len()).flat_map(from).map(|(begin, end)| &key[ends[begin]..end]).collect()
}

/// The threes of letters in a key, each as a number: whatever contains the key has them all.
pub(super) fn threes(key: &str) -> BTreeSet<i64> {
    let letters: Vec<i64> = key.chars().map(|c| i64::from(u32::from(c))).collect();
    // A letter is a number of at most 21 bits.
    letters.windows(SHORTEST_PART).map(|three| three.iter().fold(0, |all, one| (all << 21) | one)).collect()
}

/// What people call a field of a module.
pub(super) fn title(module: &str, field: &str) -> String {
    if field == LABEL {
        return "Name".to_owned();
    }
    field_title(module, field).unwrap_or_else(|| field.to_owned())
}

#[cfg(test)]
mod tests;
