//! What a run of followers found.

use std::fmt;
use std::time::Duration;

use crate::report::Findings;

/// The figures of one database.
#[derive(Debug, Default)]
pub struct Figures {
    pub followers: usize,
    pub users: usize,
    pub kills: u32,
    /// Notifications that were acknowledged.
    pub sent: usize,
    /// Changes by their owners that were acknowledged.
    pub changes: u64,
    /// Events told, all followers together.
    pub events: usize,
    /// Revisions that were not told since their notification was removed meanwhile.
    pub left_out: usize,
    /// Streams that were opened again.
    pub resumed: u64,
    pub resets: usize,
    /// From the start of a server until it was ready.
    pub worst_start: Duration,
    /// From then until all who wanted one had a stream.
    pub worst_return: Duration,
    /// Kills after which the next one came first.
    pub never_all: u32,
    /// The longest time that somebody was without a stream who wanted one.
    pub longest_gap: Duration,
    /// From the end of all work until everybody had heard everything.
    pub last_word: Duration,
    pub findings: Findings,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} followers of {} users, {} kills, {} sent, {} changes, {} events heard, {} left out since removed, \
             {} resets, {} streams resumed\n  worst start to ready {} ms, from then until all follow {} ms \
             ({} times not all), longest without a stream {} ms, all heard {} ms after the end{}",
            self.followers,
            self.users,
            self.kills,
            self.sent,
            self.changes,
            self.events,
            self.left_out,
            self.resets,
            self.resumed,
            self.worst_start.as_millis(),
            self.worst_return.as_millis(),
            self.never_all,
            self.longest_gap.as_millis(),
            self.last_word.as_millis(),
            self.findings
        )
    }
}
