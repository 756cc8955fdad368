//! Why something that was asked about people or keys is not done.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::http::Problem;
use crate::storage;

/// Why it is not done, in one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// What was given cannot be taken.
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    /// There is no such thing.
    #[error("{0}")]
    Missing(Cow<'static, str>),
    /// It contradicts what is there: the sentence, and what programs are to know beside it.
    #[error("{0}")]
    Conflict(Cow<'static, str>, Map<String, Value>),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

impl Refusal {
    /// What was given cannot be taken.
    pub fn invalid(reason: impl Into<Cow<'static, str>>) -> Self {
        Refusal::Invalid(reason.into())
    }

    /// There is no such thing.
    pub fn missing(reason: impl Into<Cow<'static, str>>) -> Self {
        Refusal::Missing(reason.into())
    }

    /// It contradicts what is there.
    pub fn conflict(reason: impl Into<Cow<'static, str>>) -> Self {
        Refusal::Conflict(reason.into(), Map::new())
    }

    /// It contradicts what is there in a way that programs tell from others by this `code`, with what they are to know
    /// of it.
    pub fn coded(
        code: &'static str,
        reason: impl Into<Cow<'static, str>>,
        mut members: Map<String, Value>,
    ) -> Self {
        members.insert("code".to_owned(), code.into());
        Refusal::Conflict(reason.into(), members)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(reason) => Problem::bad_request(reason),
            Refusal::Missing(reason) => Problem::not_found(reason),
            Refusal::Conflict(reason, members) => Problem::conflict(reason).with_members(members),
            Refusal::Storage(error) => error.into(),
        }
    }
}
