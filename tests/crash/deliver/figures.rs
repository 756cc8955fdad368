//! What a run of deliveries found.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::report::Findings;

/// The figures of one database.
#[derive(Debug, Default)]
pub struct Figures {
    pub rounds: u32,
    /// With those that hit a server while it started.
    pub kills: u32,
    /// Notifications that were acknowledged, sent and by hand, one for each recipient.
    pub acknowledged: usize,
    /// Requests without an answer.
    pub unknown: u64,
    /// Deliveries by channel and by how they ended.
    pub ended: BTreeMap<(String, String), usize>,
    /// Messages that were received.
    pub received: usize,
    /// Messages that were received again, all in flight at a kill.
    pub again: usize,
    /// Messages that had been received and were not settled at a kill, all kills together.
    pub in_flight: usize,
    /// Deliveries that waited at a kill, all kills together.
    pub pending: usize,
    /// The longest time from receiving a message to the kill that came before its outcome was stored.
    pub longest_unsettled: Duration,
    pub worst_start: Duration,
    /// From the end of all work until nothing waited.
    pub drained: Duration,
    pub findings: Findings,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rounds, {} kills, {} notifications acknowledged ({} requests without an answer), {} messages \
             received, {} of them again; {} in flight at kills, received up to {} ms before; {} waited at kills\n  \
             worst start to ready {} ms, drained {} ms after the end; by channel:",
            self.rounds,
            self.kills,
            self.acknowledged,
            self.unknown,
            self.received,
            self.again,
            self.in_flight,
            self.longest_unsettled.as_millis(),
            self.pending,
            self.worst_start.as_millis(),
            self.drained.as_millis(),
        )?;
        let mut before = "";
        for ((channel, ended), count) in &self.ended {
            let name = if channel == before { String::new() } else { format!(" {channel}") };
            write!(f, "{name} {count} {ended}")?;
            before = channel;
        }
        write!(f, "{}", self.findings)
    }
}
