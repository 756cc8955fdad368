//! What several triggers say alike.

use super::View;
use crate::record::{Change, Record};

/// How many records a summary names.
const NAMED: usize = 10;

/// Who did it: a person by their name, a program by what its key is called.
pub(super) fn who(change: &Change, view: &View<'_>) -> String {
    change.actor.user_id.map_or_else(|| change.actor.name.to_string(), |id| view.name(id))
}

/// `Contact Jane Doe`.
pub(super) fn noun(record: &Record) -> String {
    format!("{} {}", crate::record::module::singular(&record.module), record.label)
}

/// The labels of the first, one a line, and how many more there are.
pub(super) fn labels(changes: &[&Change]) -> String {
    let mut lines: Vec<String> =
        changes.iter().take(NAMED).map(|change| change.record().label.clone()).collect();
    if changes.len() > NAMED {
        lines.push(format!("… and {} more", changes.len() - NAMED));
    }
    lines.join("\n")
}
