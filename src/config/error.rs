//! Mistakes in the file, gathered so that the operator sees all of them at once.

use std::cell::RefCell;
use std::fmt;
use std::path::Path;

/// Why a configuration is refused: one line a mistake, each with file, line and column where it has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    lines: Vec<String>,
}

impl Error {
    pub(super) fn whole_file(path: &Path, what: &str) -> Error {
        Error { lines: vec![format!("{} {what}", path.display())] }
    }

    /// The mistakes, one a line, in the order of the file.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

impl std::error::Error for Error {}

/// Where something stands in the file, both counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub line: u64,
    pub column: u64,
}

/// The mistakes found so far.
///
/// Reading goes on after a mistake with the default in its place; the result is thrown away at the end.
#[derive(Default)]
pub(super) struct Problems(RefCell<Vec<(Place, String)>>);

impl Problems {
    /// Notes a mistake: one sentence that says what to write.
    pub fn add(&self, place: Place, sentence: impl Into<String>) {
        self.0.borrow_mut().push((place, sentence.into()));
    }

    /// `value` if nothing was wrong. `None` for `value` goes with at least one mistake.
    pub fn into_result<T>(self, path: &Path, value: Option<T>) -> Result<T, Error> {
        let mut found = self.0.into_inner();
        // A value that could not be made out is also no good value: only the first is worth saying.
        found.sort_by_key(|(place, _)| *place);
        found.dedup_by_key(|(place, _)| *place);
        let lines: Vec<String> = found
            .into_iter()
            .map(|(place, sentence)| {
                format!("{}:{}:{}: {sentence}", path.display(), place.line, place.column)
            })
            .collect();
        match value {
            Some(value) if lines.is_empty() => Ok(value),
            _ => Err(Error { lines }),
        }
    }
}
