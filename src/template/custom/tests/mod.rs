//! What templates can do, and what they cannot.

mod bombs;
mod letters;
mod refusals;

use std::sync::Arc;

use serde_json::{Value, json};

use super::render::{Care, letter};
use super::sample::Sample;
use super::{Frame, Kind, Unrendered, Wording};
use crate::template::Rendered;

const FRAME: Frame<'static> =
    Frame { language: "en", time_zone: "Europe/London", centre: None, unsubscribe: None, note: None };

fn wording(subject: &str, source: &str) -> Wording {
    Wording {
        template_id: 1,
        version: 1,
        kind: Kind::Email,
        name: Arc::from("A letter"),
        subject: Arc::from(subject),
        source: Arc::from(source),
    }
}

/// As it is tried before it is kept.
fn saved(source: &str) -> Result<Rendered, Unrendered> {
    letter("Subject", source, &Sample::Order("sales_orders").data("en"), &FRAME, Care::Saved)
}

/// As it is sent with these variables.
fn sent(source: &str, data: &Value) -> Result<Rendered, Unrendered> {
    super::render(&wording("Subject", source), data, &FRAME)
}

/// The variables of a record that is called so.
fn called(label: &str) -> Value {
    json!({ "record": { "label": label, "link": "https://crm.example.com/1", "fields": { "text": label } } })
}
