//! What triggers of events say alike.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{View, phrases};
use crate::event::Event;
use crate::record::module;

/// Who did it: a user by their name, a program by what its key is called.
pub(super) fn who(event: &Event, view: &View<'_>) -> String {
    event.actor.user_id.map_or_else(|| event.actor.name.to_string(), |id| view.name(id))
}

/// The record that it is about: `Ticket Printer on fire`; by its id where it is not kept here and nothing is said of it.
pub(super) fn noun(event: &Event) -> String {
    if let Some(record) = &event.record {
        return phrases::noun(record);
    }
    match (&event.subject, event.text("label")) {
        (Some((module, _)), Some(label)) => format!("{} {label}", module::singular(module)),
        (Some((module, id)), None) => format!("{} {id}", module::singular(module)),
        (None, Some(label)) => label.to_owned(),
        (None, None) => String::new(),
    }
}

/// Where a click leads: where the event says, or else to the record.
pub(super) fn link(event: &Event, view: &View<'_>) -> Option<String> {
    let said = event.text("link").map(str::to_owned);
    said.or_else(|| event.record.as_ref().map(|record| view.link(record)))
}

/// What pages need to know.
pub(super) fn metadata(event: &Event) -> Map<String, Value> {
    let Some((module, id)) = &event.subject else { return Map::new() };
    Map::from_iter([
        ("module".to_owned(), Value::from(&**module)),
        ("record_id".to_owned(), Value::from(&**id)),
    ])
}

/// The record that it is about, by module and id.
pub(super) fn records(event: &Event) -> Vec<(Arc<str>, Arc<str>)> {
    event.subject.iter().cloned().collect()
}
