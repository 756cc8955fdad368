//! Why something that was asked about people or keys is not done.

use std::borrow::Cow;

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
    /// It contradicts what is there.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
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
        Refusal::Conflict(reason.into())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(reason) => Problem::bad_request(reason),
            Refusal::Missing(reason) => Problem::not_found(reason),
            Refusal::Conflict(reason) => Problem::conflict(reason),
            Refusal::Storage(error) => error.into(),
        }
    }
}
