//! What the worker is asked and what it answers, as JSON.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A document to print.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The template, in the language of typst.
    pub source: String,
    /// What the template reads with `json("data.json")`.
    pub data: Value,
    /// Further texts by their names, such as `logo.svg`.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The day that is today, as 2026-11-22; without it a template that asks for the day is refused.
    pub today: Option<String>,
    /// How much it may use.
    pub limits: Limits,
}

/// How much printing may use.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Memory in bytes, the program itself included.
    pub memory: u64,
    /// Milliseconds of work of the processor.
    pub work_ms: u64,
}

/// What became of a request.
#[derive(Debug)]
pub enum Answer {
    /// The PDF.
    Printed(Vec<u8>),
    /// Why there is none.
    Failed(Failure),
}

impl Answer {
    /// It is not the template's fault.
    pub fn broken(why: impl Display) -> Self {
        Answer::Failed(Failure::Broken { message: why.to_string() })
    }

    /// It is the template's fault, and nobody knows where.
    pub fn refused(message: &str) -> Self {
        Answer::Failed(Failure::Refused(Mistake { message: message.into(), ..Mistake::default() }))
    }
}

/// Why there is no PDF. Too much memory has no answer: the process is ended by it.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// The template is wrong, or asks for what is not to be had.
    Refused(Mistake),
    /// It worked longer than it may.
    Slow,
    /// It is not the template's fault.
    Broken {
        /// For the log.
        message: String,
    },
}

impl Failure {
    /// One line of JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers can be written as JSON")
    }
}

/// What is wrong in a template.
#[derive(Debug, Default, Serialize)]
pub struct Mistake {
    /// What the compiler says.
    pub message: String,
    /// The file it is in, unless that is the template.
    pub file: Option<String>,
    /// Counted from 1.
    pub line: Option<usize>,
    /// Counted from 1, in characters.
    pub column: Option<usize>,
    /// What the compiler suggests.
    pub hint: Option<String>,
}
