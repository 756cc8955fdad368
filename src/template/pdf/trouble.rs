//! Why there is no PDF, each in one sentence for a person.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// Why a document was not printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unprinted {
    /// The template is wrong, or asks for what is not to be had.
    #[error("{0}")]
    Refused(Mistake),
    /// It worked longer than it may.
    #[error(
        "The PDF template was stopped after {} seconds of work: look for a loop without an end, or print fewer lines.",
        .0.as_secs_f32()
    )]
    Slow(Duration),
    /// It wanted more memory than it may have: so many bytes.
    #[error(
        "The PDF template was stopped because it needs more than {} MiB of memory: look for a text, list or picture that grows.",
        .0 / (1024 * 1024)
    )]
    Hungry(u64),
    /// The PDF is longer than so many bytes.
    #[error("The PDF is larger than {} MiB: print fewer lines or simpler drawings.", .0 / (1024 * 1024))]
    Large(usize),
    /// Template and data are longer than so many bytes.
    #[error("There is more than {} MiB to print: shorten the template or the record.", .0 / (1024 * 1024))]
    Long(usize),
    /// Others wait to be printed, and more may not wait or it took too long.
    #[error("Too many PDFs wait to be printed: try again in a minute.")]
    Busy,
    /// It is nobody's fault who wrote a template; the log says why.
    #[error("The server cannot print PDFs at the moment: its log says why.")]
    Broken,
}

impl Unprinted {
    /// Whether the same request may be printed later.
    pub fn may_pass(&self) -> bool {
        matches!(self, Unprinted::Busy | Unprinted::Broken)
    }
}

/// What is wrong in a template, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
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

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The PDF template must be mended")?;
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, " in line {line} of {file}")?,
            (Some(file), None) => write!(f, " in {file}")?,
            (None, Some(line)) => write!(f, " in line {line}")?,
            (None, None) => {}
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})."),
            None => f.write_str("."),
        }
    }
}
