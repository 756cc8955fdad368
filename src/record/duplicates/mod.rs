//! Duplicates: records that are likely the same as others of their module (D1-D3).
//!
//! A save does no more than put the record into a queue, in its own transaction; a job takes it from there a moment
//! later, so that nobody waits for the comparison ([`look`]):
//!
//! | step                     | where                                                                              |
//! |--------------------------|------------------------------------------------------------------------------------|
//! | a record waits           | the transaction of the save                                                        |
//! | it is compared           | a snapshot: by an index of what the rules make of values, then value by value      |
//! | what came of it          | one transaction: the index, the pairs, the notifications, the place in the queue   |
//!
//! The last one is of a few records only, since saves wait for it. It is all or nothing, so a crash loses nothing and
//! tells nobody twice. What was compared holds only as long as nobody else wrote the index: every such transaction takes
//! the next turn, and one that read at an earlier turn begins again. A record that changes meanwhile has its own place in
//! the queue behind.
//!
//! Where other rules come into force, a module is indexed anew ([`renew`]): the pairs are brought into line and nobody
//! is told of what was there before. What is saved in that time waits until it is done.

mod check;
pub(super) mod http;
mod look;
mod normalise;
mod renew;
mod rules;
mod settings;
mod store;
mod tell;

use std::sync::Arc;

use super::{Change, Records};
use crate::clock::Instant;
use crate::schedule::Bell;
use crate::storage::{Error, Tx};

pub use rules::{Rule, Way};
pub use settings::DuplicateSettings;

use rules::Reason;

/// A saved record that is to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting {
    module: Arc<str>,
    /// Number of the record, which may be gone by now.
    number: i64,
    /// Whether it was made.
    is_new: bool,
    /// Whether people may be told.
    is_told: bool,
    /// The user who saved it, where it is known.
    actor_id: Option<i64>,
    /// As they were called then.
    actor: Arc<str>,
}

impl Waiting {
    /// What there is to do about a change; nothing where no rule looks at what is other than before.
    fn of(change: &Change, settings: &DuplicateSettings) -> Option<Self> {
        let record = change.record();
        let is_touched = |rule: &Rule| match (&change.before, &change.after) {
            (Some(before), Some(after)) => rule.is_touched(before, after),
            _ => true,
        };
        settings.rules_of(&record.module).any(is_touched).then(|| Self {
            module: record.module.clone(),
            number: record.number,
            is_new: change.before.is_none(),
            is_told: change.after.is_some() && change.send_notification != Some(false),
            actor_id: change.actor.user_id,
            actor: change.actor.name.clone(),
        })
    }
}

/// Two records that are likely the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    id: i64,
    module: Arc<str>,
    /// Number of the newer one.
    number: i64,
    other_number: i64,
    /// Why, seen from the newer one.
    reasons: Vec<Reason>,
    found_at: Instant,
    /// When somebody said that they are two different things.
    dismissed_at: Option<Instant>,
    /// Who did; `None`: a program.
    dismissed_by: Option<i64>,
}

/// Which pairs are wanted.
#[derive(Clone, Debug, Default)]
struct Filter {
    /// Only those of this module.
    module: Option<String>,
    /// Only those of the record with this number.
    number: Option<i64>,
    /// Those that were dismissed, or those that were not.
    dismissed: bool,
    /// Only those that were found before the one with this id.
    before: Option<i64>,
    /// At most so many.
    most: i64,
}

impl Records {
    /// Has changed records compared a moment later: in the transaction of the change.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn queue_in(&self, tx: &mut Tx, changes: &[Change], now: Instant) -> Result<(), Error> {
        let settings = self.inner.settings.of::<DuplicateSettings>();
        let waiting: Vec<Waiting> =
            changes.iter().filter_map(|change| Waiting::of(change, &settings)).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        store::queue(tx, &waiting, now).await?;
        let bell = self.duplicates_bell();
        tx.after_commit(move || bell.ring_for(now));
        Ok(())
    }

    /// What wakes whoever compares records.
    pub fn duplicates_bell(&self) -> Bell {
        self.inner.duplicates.clone()
    }
}
