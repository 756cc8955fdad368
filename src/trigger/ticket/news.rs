//! What is new in a ticket that was changed, as people read it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::event::comment::TICKETS;
use crate::record::{Change, Record, module};
use crate::trigger::{Needs, View};

/// The fields that are no news: one follows from whatever else is done, the other is the subscribers' own business.
const UNTOLD: [&str; 2] = ["last_action_date", "subscribers"];

/// The fields that name other records, and the modules of those.
const NAMING: [(&str, &str); 3] =
    [("company_id", "companies"), ("contact_id", "contacts"), ("contract_id", "contracts")];

/// How many fields are named.
const MOST: usize = 10;

/// The longest value that is shown, in characters.
const LONGEST: usize = 100;

/// Whether anything is new that followers hear of.
pub(super) fn is_any(change: &Change) -> bool {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            before.label != after.label || change.owners().is_some() || !changed(before, after).is_empty()
        }
        _ => false,
    }
}

/// The records that are called by their names in what is new.
pub(super) fn needs(change: &Change, needs: &mut Needs) {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return };
    for (field, module) in NAMING {
        if differs(field, before, after) {
            needs.record(module, before.reference(field).as_deref());
            needs.record(module, after.reference(field).as_deref());
        }
    }
}

/// What people call the fields that changed: the first of them, each once, and how many more there are.
pub(super) fn titles(changes: &[&Change]) -> String {
    let all: BTreeSet<String> = changes.iter().flat_map(|change| titles_of(change)).collect();
    let more = all.len().saturating_sub(MOST);
    let first = all.into_iter().take(MOST).collect::<Vec<_>>().join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}

fn titles_of(change: &Change) -> Vec<String> {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return Vec::new() };
    let name = (before.label != after.label).then(|| "Name".to_owned());
    let owner = change.owners().map(|_| "Assigned User".to_owned());
    let fields = changed(before, after).into_iter().map(title);
    name.into_iter().chain(owner).chain(fields).collect()
}

/// What is new, a line each: what it is, and what it was before.
pub(super) fn lines(change: &Change, view: &View<'_>) -> String {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return String::new() };
    let line = |title: &str, is: String, was: String| format!("{title}: {is}, before {was}");
    let name = (before.label != after.label).then(|| line("Name", after.label.clone(), before.label.clone()));
    let person = |id: Option<i64>| id.map_or_else(|| "nobody".to_owned(), |id| view.name(id));
    let owner = change.owners().map(|(was, is)| line("Assigned User", person(is), person(was)));
    let field = |name: &str| line(&title(name), shown(name, after, view), shown(name, before, view));
    let fields = changed(before, after);
    let mut lines: Vec<String> = name.into_iter().chain(owner).collect();
    let room = MOST.saturating_sub(lines.len());
    lines.extend(fields.iter().take(room).map(|name| field(name)));
    if fields.len() > room {
        lines.push(format!("… and {} more", fields.len() - room));
    }
    lines.join("\n")
}

/// The fields that changed: those that are known in their order, then the operator's own.
fn changed<'c>(before: &'c Record, after: &'c Record) -> Vec<&'c str> {
    let known: Vec<&str> = module::fields_of(TICKETS).iter().map(|field| field.name).collect();
    let all = before.fields.keys().chain(after.fields.keys()).map(String::as_str);
    let own: BTreeSet<&str> = all.filter(|name| !known.contains(name)).collect();
    let told = known.into_iter().chain(own).filter(|name| !UNTOLD.contains(name));
    told.filter(|name| differs(name, before, after)).collect()
}

fn differs(field: &str, before: &Record, after: &Record) -> bool {
    match named_module(field) {
        Some(_) => before.reference(field) != after.reference(field),
        None => said(field, before) != said(field, after),
    }
}

fn named_module(field: &str) -> Option<&'static str> {
    NAMING.iter().find(|(name, _)| *name == field).map(|(_, module)| *module)
}

/// What a field says: an empty one says nothing, like one that is not there.
fn said<'r>(field: &str, record: &'r Record) -> Option<&'r Value> {
    let is_empty =
        |value: &Value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    record.fields.get(field).filter(|value| !is_empty(value))
}

/// What people call a field.
fn title(field: &str) -> String {
    module::field_title(TICKETS, field).unwrap_or_else(|| module::title(field).into_owned())
}

/// What a field says, in one line that is not too long.
fn shown(field: &str, record: &Record, view: &View<'_>) -> String {
    if let (Some(module), Some(id)) = (named_module(field), record.reference(field)) {
        return view.record(module, &id).map_or_else(|| id.to_string(), |named| named.label.clone());
    }
    let text = match said(field, record) {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Some(Value::Bool(true)) => "Yes".to_owned(),
        Some(Value::Bool(false)) => "No".to_owned(),
        Some(other) => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some(_) => text.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}
