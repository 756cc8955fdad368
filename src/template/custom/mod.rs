//! The templates that administrators make: e-mails in MJML and documents for PDF, with every wording they ever had.

mod check;
mod data;
mod filters;
mod http;
mod letter;
mod markup;
mod plain;
mod render;
mod rules;
mod sample;
mod sandbox;
mod shelf;
mod shipped;
mod speech;
mod spread;
mod store;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use http::routes;
pub use shelf::{Templates, Uses};

use super::Rendered;
use crate::storage::{Error, Tx};

/// What a template is made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TemplateKind)]
pub enum Kind {
    /// A letter.
    Email,
    /// A document.
    Pdf,
}

impl Kind {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Pdf => "pdf",
        }
    }
}

/// A use of an e-mail template: which, and what its variables are. Stored with a delivery as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterUse {
    /// Which template.
    pub template_id: i64,
    /// Its variables: a JSON object.
    pub data: Value,
}

/// A PDF that is to be made of a template. Stored with a delivery as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintUse {
    /// Which template.
    pub template_id: i64,
    /// What the file is called: `Order 1042.pdf`.
    pub file_name: String,
    /// Its variables: a JSON object.
    pub data: Value,
}

/// The newest wording of a template.
#[derive(Clone, Debug)]
pub struct Wording {
    /// Of which template.
    pub template_id: i64,
    /// Its how manieth wording this is, from 1.
    pub version: i64,
    /// What it is made into.
    pub kind: Kind,
    /// What administrators call it.
    pub name: Arc<str>,
    /// The template of the subject; empty for a PDF.
    pub subject: Arc<str>,
    /// The template itself.
    pub source: Arc<str>,
}

/// What is put around and below the words of every letter.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Language tag of the reader: German for `de`, English for the rest.
    pub language: &'a str,
    /// Name of the reader's time zone; UTC if nobody knows it.
    pub time_zone: &'a str,
    /// Where the notification centre is; `None` for who has none, a customer.
    pub centre: Option<&'a str>,
    /// Where the reader says that there shall be no more e-mails of this type; `None` where that cannot be said.
    pub unsubscribe: Option<&'a str>,
    /// One sentence above the foot: "The PDF could not be attached: …".
    pub note: Option<&'a str>,
}

/// Why nothing could be made of a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", said(*.line, .reason))]
pub struct Unrendered {
    /// The line of the source, from 1, where it is known.
    pub line: Option<usize>,
    /// One sentence that says what to do.
    pub reason: String,
}

impl Unrendered {
    fn at(line: usize, reason: impl Into<String>) -> Self {
        Self { line: Some(line), reason: reason.into() }
    }

    fn whole(reason: impl Into<String>) -> Self {
        Self { line: None, reason: reason.into() }
    }
}

fn said(line: Option<usize>, reason: &str) -> String {
    match line {
        Some(line) => format!("Line {line}: {reason}"),
        None => reason.to_owned(),
    }
}

/// The newest wordings of templates; what is missing is not there any more.
///
/// # Errors
/// What the database says.
pub async fn wordings_in(tx: &mut Tx, ids: &BTreeSet<i64>) -> Result<HashMap<i64, Wording>, Error> {
    let found = store::wordings(tx, ids).await?;
    Ok(found.into_iter().map(|wording| (wording.template_id, wording)).collect())
}

/// The id of a shipped template: `sales_order_pdf`, `ticket_opened`.
///
/// # Errors
/// What the database says.
pub async fn by_key_in(tx: &mut Tx, key: &str) -> Result<Option<i64>, Error> {
    store::by_key(tx, key).await
}

/// What a template is made into; `None` where there is none of this id.
///
/// # Errors
/// What the database says.
pub async fn kind_in(tx: &mut Tx, id: i64) -> Result<Option<Kind>, Error> {
    store::kind(tx, id).await
}

/// Writes a letter. Bounded in time and memory by what it counts, not by a clock; call it on a blocking thread.
///
/// What a letter has no value for is shown as nothing, and a link that leads nowhere good is left out: a letter is
/// rather poor than lost.
///
/// # Errors
/// One sentence, with the line where it is known.
pub fn render(wording: &Wording, data: &Value, frame: &Frame<'_>) -> Result<Rendered, Unrendered> {
    match wording.kind {
        Kind::Email => render::letter(&wording.subject, &wording.source, data, frame, render::Care::Sent),
        Kind::Pdf => {
            Err(Unrendered::whole("a PDF template cannot be used for a letter; choose an e-mail template"))
        }
    }
}
