//! The delivery log: what went where, every try of it, and trying again by hand.

mod passage;
mod store;

use super::{Deliveries, Reason};
use crate::clock::Instant;
use crate::storage::{Error, Tx};

pub use passage::Passage;

/// What is said of a delivery to those in cc alone.
pub(super) const COPIED: &str = "A copy for those in cc alone: the user gets no e-mail of it.";

/// A delivery, as it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub id: String,
    /// The notification; `None` of a letter to somebody who is no user.
    pub notification_id: Option<i64>,
    /// Whose it is; `None` of a letter to somebody who is no user.
    pub user_id: Option<i64>,
    /// Whom a letter goes to who is no user.
    pub to: Option<String>,
    /// The record that such a letter is about: module and id.
    pub record: Option<(String, String)>,
    /// Its type.
    pub kind: String,
    /// The notification's title, while it is there, or what a letter is about.
    pub title: Option<String>,
    /// How it came to be sent.
    pub sending: String,
    /// The user's choice at that time.
    pub choice: String,
    /// The channel.
    pub channel: String,
    /// Whether it went to those in cc alone.
    pub is_copy: bool,
    /// pending, sent, final, suppressed.
    pub state: String,
    /// Why it is suppressed or final.
    pub reason: Option<Reason>,
    /// When it is tried next, while it waits.
    pub due_at: Instant,
    /// Whether it waits for the end of quiet hours, or its target's turn.
    pub is_held: bool,
    /// Whether a node has it in hand.
    pub is_claimed: bool,
    /// The delivery that carried it along.
    pub folded_into: Option<String>,
    /// The delivery that failed before it.
    pub fallback_of: Option<String>,
    /// When it was decided.
    pub created_at: Instant,
    /// When it was sent, given up or suppressed.
    pub settled_at: Option<Instant>,
    /// Every try, oldest first.
    pub attempts: Vec<Try>,
}

impl Entry {
    /// Why a delivery that has not arrived yet is not being tried at this moment.
    pub(in crate::delivery) fn waiting(&self, now: Instant) -> Option<&'static str> {
        if self.state != "pending" || self.is_claimed || self.due_at <= now {
            return None;
        }
        Some(match (self.is_held, self.attempts.last()) {
            (true, _) => {
                "It waits for the end of quiet hours, or for its turn, and goes out together with others."
            }
            (false, Some(_)) => "The last try failed; it is tried again.",
            (false, None) => {
                "It waits for its turn: others to the same target failed, and it is left alone for a while."
            }
        })
    }
}

/// One try.
#[derive(Clone, Debug)]
pub struct Try {
    /// When it began.
    pub at: Instant,
    /// How long it took.
    pub duration_ms: i64,
    /// sent, later, never, unknown.
    pub outcome: String,
    /// HTTP status or SMTP code.
    pub status: Option<i64>,
    /// Our own sentence about it.
    pub summary: String,
    /// What the target wrote; for administrators.
    pub detail: Option<String>,
}

/// Which deliveries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this user.
    pub user_id: Option<i64>,
    /// Of this notification.
    pub notification_id: Option<i64>,
    /// To people who are no users, about this record: module and id.
    pub record: Option<(String, String)>,
    /// By this channel.
    pub channel: Option<String>,
    /// In this state.
    pub state: Option<String>,
    /// Decided then or later.
    pub from: Option<Instant>,
    /// Decided before.
    pub until: Option<Instant>,
    /// Older than this one.
    pub before: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// What is to be tried again.
#[derive(Clone, Debug)]
pub enum Again {
    /// These, final or suppressed.
    These(Vec<String>),
    /// Every final one that matches.
    Matching(Filter),
}

/// Why one delivery cannot be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAgain {
    /// There is none of this number.
    Missing,
    /// It waits, or has arrived.
    Unsettled,
}

impl Deliveries {
    /// A page of deliveries, newest first, with their tries.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list(&self, filter: Filter) -> Result<Vec<Entry>, Error> {
        self.inner.database.read(move |tx| Box::pin(async move { store::list(tx, &filter).await })).await
    }

    /// Tries one again that is final or suppressed, with the whole schedule before it.
    pub(super) async fn retry_in(
        &self,
        tx: &mut Tx,
        id: &str,
        now: Instant,
    ) -> Result<Result<(), NotAgain>, Error> {
        if store::revive(tx, id, now).await? {
            self.look_after(tx);
            return Ok(Ok(()));
        }
        let exists = store::exists(tx, id).await?;
        Ok(Err(if exists { NotAgain::Unsettled } else { NotAgain::Missing }))
    }

    /// Tries many again; returns how many.
    pub(super) async fn retry_all_in(&self, tx: &mut Tx, again: Again, now: Instant) -> Result<u64, Error> {
        let mut revived = 0;
        match again {
            Again::These(ids) => {
                for id in &ids {
                    revived += u64::from(store::revive(tx, id, now).await?);
                }
            }
            Again::Matching(filter) => revived = store::revive_matching(tx, &filter, now).await?,
        }
        self.look_after(tx);
        Ok(revived)
    }

    fn look_after(&self, tx: &mut Tx) {
        let this = self.clone();
        tx.after_commit(move || this.look());
    }
}
