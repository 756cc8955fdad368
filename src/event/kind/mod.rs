//! The types of event that there are, and what the data of each must be.

mod built_in;
mod holds;

use serde_json::{Map, Value};

use crate::auth::Refusal;
use crate::http::body::nearest;

pub use holds::Holds;
pub(super) use holds::is_record_id;

/// The most that the data of an event may hold, in bytes of JSON.
const MOST_BYTES: usize = 64 * 1024;

/// A member of an event's data that is known.
#[derive(Debug)]
pub struct Member {
    /// As it is called in `data`.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether it must be there.
    pub required: bool,
    /// What it means, in a sentence.
    pub about: &'static str,
}

/// Who may tell of a type of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tellers {
    /// Everybody but customers.
    Company,
    /// Whoever has an API key, and administrators: people hear of it what nobody here can look up.
    Programs,
}

impl Tellers {
    /// What they are called where types are described.
    pub fn name(self) -> &'static str {
        match self {
            Tellers::Company => "company",
            Tellers::Programs => "programs",
        }
    }
}

/// A type of event.
#[derive(Debug)]
pub struct Kind {
    /// As it is called in `type`.
    pub name: &'static str,
    /// What happened, in a few words.
    pub title: &'static str,
    /// What comes of it, in a sentence or two.
    pub about: &'static str,
    /// Who may tell of it.
    pub told_by: Tellers,
    /// The modules whose records it may be about; none: any.
    pub modules: &'static [&'static str],
    /// Whether the record must be named.
    pub needs_record: bool,
    /// What its data may say.
    pub data: &'static [Member],
    /// Of these at least one must be there.
    pub one_of: &'static [&'static str],
    /// Data that is right, as JSON.
    pub example: &'static str,
}

/// Every type that may be told of, in the order in which they are listed.
pub fn all() -> &'static [Kind] {
    built_in::KINDS
}

/// The type of this name.
///
/// # Errors
/// 400 that says which there are.
pub fn find(name: &str) -> Result<&'static Kind, Refusal> {
    if let Some(kind) = all().iter().find(|kind| kind.name == name) {
        return Ok(kind);
    }
    if name == super::comment::COMMENTED {
        return Err(Refusal::invalid(format!(
            "{name} is told of by POST /crm/record/tickets/{{id}}/comment; send the comment there"
        )));
    }
    let names = || all().iter().map(|kind| kind.name);
    let known = names().collect::<Vec<_>>().join(", ");
    let shown: String = name.chars().take(64).collect();
    // Whoever puts a domain before the name means the name.
    let near =
        names().find(|known| name.ends_with(&format!(".{known}"))).or_else(|| nearest(&shown, names()));
    let hint = near.map_or_else(String::new, |near| format!(" (did you mean \"{near}\"?)"));
    Err(Refusal::invalid(format!("type \"{shown}\" is unknown{hint}; use one of: {known}")))
}

impl Kind {
    /// The data without its nulls, which stand for what is not said.
    ///
    /// # Errors
    /// 400 in one sentence that names the member and says what to write.
    pub fn judge(&self, data: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
        let mut data: Map<String, Value> = data.into_iter().filter(|(_, value)| !value.is_null()).collect();
        if let Some(missing) = self.data.iter().find(|member| member.required && !is_said(&data, member.name))
        {
            return Err(self.missing(missing.name, &data));
        }
        for (name, value) in &data {
            match self.data.iter().find(|member| member.name == name) {
                Some(member) => member.holds.judge(&format!("data.{name}"), value)?,
                None => self.judge_unknown(name, value, &data)?,
            }
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|name| is_said(&data, name)) {
            let names: Vec<String> = self.one_of.iter().map(|name| format!("data.{name}")).collect();
            return Err(Refusal::invalid(format!("{} is required", names.join(" or "))));
        }
        for (name, value) in &mut data {
            let is_whole = |member: &&Member| member.name == name && member.holds.is_whole();
            if let Some(number) = self.data.iter().find(is_whole).and_then(|_| holds::whole(value)) {
                *value = number.into();
            }
        }
        if serde_json::to_string(&data).map_or(usize::MAX, |text| text.len()) > MOST_BYTES {
            return Err(Refusal::invalid(format!(
                "data must be at most {MOST_BYTES} bytes of JSON; link to what is larger"
            )));
        }
        Ok(data)
    }

    /// What is required and missing may stand there under another name.
    fn missing(&self, name: &str, data: &Map<String, Value>) -> Refusal {
        let unknown = data.keys().filter(|key| self.data.iter().all(|member| member.name != *key));
        match nearest(name, unknown.map(String::as_str)) {
            Some(near) => {
                let near: String = near.chars().take(64).collect();
                Refusal::invalid(format!("data.{name} is required; is it what you called data.{near}?"))
            }
            None => Refusal::invalid(format!("data.{name} is required")),
        }
    }

    /// What is unknown is kept, unless it looks like a slip of the keyboard for what is known and is not there.
    fn judge_unknown(&self, name: &str, value: &Value, data: &Map<String, Value>) -> Result<(), Refusal> {
        let shown: String = name.chars().take(64).collect();
        if has_nul(value) || name.contains('\0') {
            return Err(Refusal::invalid(format!("data.{shown} must not contain the character NUL")));
        }
        let absent = self.data.iter().map(|member| member.name).filter(|known| !data.contains_key(*known));
        if name.chars().count() > 64 {
            return Ok(());
        }
        match absent.map(|known| (strsim::damerau_levenshtein(name, known), known)).min() {
            Some((slips, near)) if slips <= 2 && near.len() > 4 => {
                Err(Refusal::invalid(format!("data.{shown} is unknown; did you mean data.{near}?")))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a member is there and says something.
fn is_said(data: &Map<String, Value>, name: &str) -> bool {
    match data.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(_) => true,
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests;
