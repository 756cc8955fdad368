//! The modules there are, and what is known of their fields.

mod built_in;
mod kind;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{ACTIVITIES, activity};
use crate::auth::Refusal;
use crate::http::body::nearest;

pub use kind::Kind;

/// The most that the fields of a record may hold, in bytes of JSON.
const MOST_BYTES: usize = 64 * 1024;

/// How deep fields may nest.
const DEEPEST: usize = 16;

/// The longest name of a field, in characters.
const LONGEST_NAME: usize = 100;

/// A field that is known. Records may hold others as well.
#[derive(Debug)]
pub struct Field {
    /// As it is called in `fields`.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The usual values.
    pub options: &'static [&'static str],
    /// What it means, in a sentence.
    pub about: &'static str,
}

/// A kind of record.
#[derive(Debug)]
pub struct Module {
    /// As it is called in paths.
    pub name: Arc<str>,
    /// What people call all of its records: "Sales Orders".
    pub title: Cow<'static, str>,
    /// What people call one of them: "Sales Order".
    pub singular: Cow<'static, str>,
    /// The fields that are known.
    pub fields: &'static [Field],
}

/// The modules of a node: the built-in ones and the operator's. Clones are the same.
#[derive(Clone, Debug)]
pub struct Modules {
    all: Arc<[Module]>,
    places: Arc<HashMap<Arc<str>, usize>>,
}

impl Modules {
    /// The built-in modules and these.
    pub fn with(own: &[String]) -> Self {
        let built_in = built_in::MODULES.iter().map(|module| module.name);
        let own = own.iter().map(String::as_str).filter(|name| built_in::find(name).is_none());
        let all: Arc<[Module]> = built_in.chain(own).map(named).collect();
        let places = all.iter().enumerate().map(|(place, module)| (module.name.clone(), place)).collect();
        Self { all, places: Arc::new(places) }
    }

    /// All of them, the built-in ones first.
    pub fn iter(&self) -> impl Iterator<Item = &Module> {
        self.all.iter()
    }

    /// Their names.
    pub fn names(&self) -> Arc<[String]> {
        self.all.iter().map(|module| module.name.to_string()).collect()
    }

    /// The module of this name.
    ///
    /// # Errors
    /// 404 that says which there are.
    pub fn find(&self, name: &str) -> Result<&Module, Refusal> {
        let place = self.places.get(name);
        place.map(|place| &self.all[*place]).ok_or_else(|| Refusal::missing(self.unknown(name)))
    }

    /// The module that somebody calls so: by its name or its title, in whatever case.
    pub fn named(&self, words: &str) -> Option<&Module> {
        let is_it = |module: &&Module| {
            module.name.eq_ignore_ascii_case(words) || module.title.eq_ignore_ascii_case(words)
        };
        self.all.iter().find(is_it)
    }

    /// That there is no such module, and which there are.
    pub fn unknown(&self, name: &str) -> String {
        let shown: String = name.chars().take(64).collect();
        let names: Vec<&str> = self.all.iter().map(|module| &*module.name).collect();
        let near = nearest(&shown, names.iter().copied());
        let near = near.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
        let names = names.join(", ");
        match near.is_empty() {
            true => format!("Unknown module \"{shown}\"; there are: {names}"),
            false => format!("Unknown module \"{shown}\"{near} There are: {names}"),
        }
    }
}

/// What people call all records of a module.
pub fn title(name: &str) -> Cow<'static, str> {
    match built_in::find(name) {
        Some(module) => Cow::Borrowed(module.title),
        None => Cow::Owned(capitalised(name)),
    }
}

/// What people call one record of a module.
pub fn singular(name: &str) -> Cow<'static, str> {
    match built_in::find(name) {
        Some(module) => Cow::Borrowed(module.singular),
        None => Cow::Owned(one_of(&capitalised(name))),
    }
}

/// The fields of a module that are known; none for one that is not built in.
pub fn fields_of(name: &str) -> &'static [Field] {
    built_in::find(name).map_or(&[], |module| module.fields)
}

/// What people call a field of a module; `None` for one that is not built in.
pub fn field_title(module: &str, field: &str) -> Option<String> {
    let known = built_in::find(module)?.fields.iter().find(|known| known.name == field)?;
    Some(known.title.to_owned())
}

fn named(name: &str) -> Module {
    let fields = built_in::find(name).map_or(&[][..], |module| module.fields);
    Module { name: name.into(), title: title(name), singular: singular(name), fields }
}

/// `service_visits` as `Service Visits`.
fn capitalised(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        format!("{}{rest}", first.to_uppercase())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// One of what an English plural means, as far as its end tells.
fn one_of(title: &str) -> String {
    let cut = |end: &str, instead: &str| title.strip_suffix(end).map(|stem| format!("{stem}{instead}"));
    if title.ends_with("ss") || title.ends_with("us") || title.ends_with("is") {
        return title.to_owned();
    }
    cut("ies", "y")
        .or_else(|| cut("sses", "ss"))
        .or_else(|| cut("xes", "x"))
        .or_else(|| cut("ches", "ch"))
        .or_else(|| cut("s", ""))
        .unwrap_or_else(|| title.to_owned())
}

impl Module {
    /// Judges the fields of a record as they are to be, where `before` is what they are: known ones by what they hold,
    /// unknown ones by their size alone. What is as it was is not judged again.
    ///
    /// # Errors
    /// 400 in one sentence that names the field and says what to write.
    pub fn judge(&self, fields: &Map<String, Value>, before: &Map<String, Value>) -> Result<(), Refusal> {
        if &*self.name == ACTIVITIES {
            activity::check(fields).map_err(Refusal::invalid)?;
        }
        let others = fields.iter().filter(|(name, value)| before.get(*name) != Some(value));
        for (name, value) in others {
            good_name(name)?;
            plain(name, value, 1)?;
            if let Some(field) = self.fields.iter().find(|field| field.name == name)
                && !field.kind.admits(value)
            {
                return Err(Refusal::invalid(format!("fields.{name} must be {}", field.kind.wanted())));
            }
        }
        let bytes = serde_json::to_string(fields).map_or(usize::MAX, |text| text.len());
        if bytes > MOST_BYTES {
            return Err(Refusal::invalid(format!(
                "fields must be at most {MOST_BYTES} bytes of JSON in all; keep large texts elsewhere and link to them"
            )));
        }
        Ok(())
    }
}

fn good_name(name: &str) -> Result<(), Refusal> {
    let is_good =
        !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME && !name.contains(char::is_control);
    if is_good {
        return Ok(());
    }
    Err(Refusal::invalid(format!("The names in fields must be 1 to {LONGEST_NAME} characters, in one line")))
}

/// What any reader can keep: not too deep, and no NUL.
fn plain(name: &str, value: &Value, depth: usize) -> Result<(), Refusal> {
    let has_nul = |text: &str| text.contains('\0');
    let refused = |why: String| Err(Refusal::invalid(format!("fields.{name} must {why}")));
    if depth > DEEPEST {
        return refused(format!("nest at most {DEEPEST} levels deep"));
    }
    match value {
        Value::String(text) if has_nul(text) => refused("not contain the character NUL".to_owned()),
        Value::Array(items) => items.iter().try_for_each(|item| plain(name, item, depth + 1)),
        Value::Object(members) if members.keys().any(|key| has_nul(key)) => {
            refused("not contain the character NUL".to_owned())
        }
        Value::Object(members) => members.values().try_for_each(|member| plain(name, member, depth + 1)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
