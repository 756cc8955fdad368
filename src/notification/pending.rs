//! The part of the inbox index that SQLite has not written yet.
//!
//! On SQLite a send appends its content to one table and leaves its place in the inbox to be indexed
//! later, many at a time and user by user: a random b-tree page costs more than the sync itself
//! (`docs/decisions/0002-lazy-inbox-index.md`). Until then the place stands here. What must stay true:
//!
//! - For every user the numbers above `indexed_seq` up to `head_seq` are exactly the pending ones, without
//!   gaps. Whatever changes a user's items first indexes what is pending for them.
//! - A place is added before its commit (and taken back if that fails) and forgotten after the commit that
//!   indexed it. So a reader who opens its snapshot first and looks here second finds every place that the
//!   snapshot calls pending, or notices by their number that one has just been indexed, and reads again.
//!
//! On PostgreSQL nothing is ever pending: each send writes its index in its own transaction.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use dashmap::DashMap;

use super::store;
use crate::storage::{Database, Engine, Error, Moment, Tx};

/// Places that may wait before they are merged: several per page of the index for ten thousand users.
const MERGE_AT: usize = 100_000;

/// [`MERGE_AT`], or what `BELFRY_MERGE_AT` says to debug builds, so that a test sees many merges.
fn merge_at() -> usize {
    static SMALLER: LazyLock<Option<usize>> =
        LazyLock::new(|| std::env::var("BELFRY_MERGE_AT").ok().and_then(|text| text.parse().ok()));
    if cfg!(debug_assertions) { SMALLER.unwrap_or(MERGE_AT) } else { MERGE_AT }
}

/// Places merged for each one added while a merge runs, so that it ends well before the next is due.
const MERGED_FOR_EACH_ADDED: usize = 3;

/// Places merged in one step while the writer is idle.
const IDLE_STEP: usize = 2_000;

/// The place of a notification that is not indexed yet.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub seq: i64,
    pub id: i64,
    pub kind: Arc<str>,
}

#[derive(Debug, Default)]
pub(super) struct Pending {
    users: DashMap<i64, VecDeque<Place>>,
    count: AtomicUsize,
    added: AtomicUsize,
}

impl Pending {
    pub fn add(&self, user_id: i64, place: Place) {
        self.users.entry(user_id).or_default().push_back(place);
        self.count.fetch_add(1, Ordering::Relaxed);
        self.added.fetch_add(1, Ordering::Relaxed);
    }

    /// The commit that was to make it durable failed.
    pub fn take_back(&self, user_id: i64, seq: i64) {
        self.drop_where(user_id, |place| place.seq >= seq);
    }

    /// Its index is durable up to `seq`.
    fn forget_up_to(&self, user_id: i64, seq: i64) {
        self.drop_where(user_id, |place| place.seq <= seq);
    }

    fn drop_where(&self, user_id: i64, gone: impl Fn(&Place) -> bool) {
        if let Some(mut places) = self.users.get_mut(&user_id) {
            let before = places.len();
            places.retain(|place| !gone(place));
            self.count.fetch_sub(before - places.len(), Ordering::Relaxed);
        }
        self.users.remove_if(&user_id, |_, places| places.is_empty());
    }

    /// The user's places above `after` up to `to`, oldest first; fewer than `to - after` if some have just
    /// been indexed.
    pub fn between(&self, user_id: i64, after: i64, to: i64) -> Vec<Place> {
        match self.users.get(&user_id) {
            Some(places) => {
                places.iter().filter(|place| after < place.seq && place.seq <= to).cloned().collect()
            }
            None => Vec::new(),
        }
    }

    fn users_in_order(&self) -> Vec<i64> {
        let mut users: Vec<i64> = self.users.iter().map(|entry| *entry.key()).collect();
        users.sort_unstable_by(|a, b| b.cmp(a));
        users
    }

    fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

/// Indexes everything that is pending for one user; returns how much that was.
///
/// # Errors
/// What the database says.
pub(super) async fn settle(tx: &mut Tx, pending: &Arc<Pending>, user_id: i64) -> Result<usize, Error> {
    if tx.engine() == Engine::Postgres {
        return Ok(0);
    }
    let standing = store::indexed_and_head(tx, user_id).await?;
    let (indexed, head) = standing.unwrap_or((0, i64::MAX));
    if indexed == head {
        return Ok(0);
    }
    let places = pending.between(user_id, indexed, head);
    match standing {
        Some(_) => {
            for place in &places {
                store::index_place(tx, user_id, place).await?;
            }
            store::set_indexed(tx, user_id, head).await?;
        }
        // The user was erased: what was pending for them goes too.
        None => {
            for place in &places {
                store::delete_content(tx, place.id).await?;
            }
        }
    }
    let pending = pending.clone();
    tx.after_commit(move || pending.forget_up_to(user_id, head));
    Ok(places.len())
}

/// A walk over all users with something pending, in their order, so that neighbouring pages are written once.
struct Walk {
    /// In falling order: the next one is the last.
    users: Vec<i64>,
    /// Every content up to this id is indexed when the walk is over.
    covers: i64,
}

#[derive(Default)]
struct Merger {
    walk: Option<Walk>,
    seen_added: usize,
}

impl Merger {
    fn budget(&mut self, pending: &Pending, moment: Moment) -> usize {
        let added = pending.added.load(Ordering::Relaxed);
        let fresh = added.wrapping_sub(std::mem::replace(&mut self.seen_added, added));
        match moment {
            Moment::Idle => IDLE_STEP,
            Moment::BeforeCommit if self.walk.is_some() || pending.len() >= merge_at() => {
                fresh * MERGED_FOR_EACH_ADDED
            }
            Moment::BeforeCommit => 0,
        }
    }
}

async fn merge(
    tx: &mut Tx,
    pending: &Arc<Pending>,
    merger: &Arc<Mutex<Merger>>,
    moment: Moment,
) -> Result<bool, Error> {
    let (mut budget, walk) = {
        let mut merger = merger.lock().expect("a merge does not panic while it holds its state");
        (merger.budget(pending, moment), merger.walk.take())
    };
    if budget == 0 || (walk.is_none() && pending.len() == 0) {
        merger.lock().expect("see above").walk = walk;
        return Ok(false);
    }
    let mut walk = match walk {
        Some(walk) => walk,
        None => Walk { users: pending.users_in_order(), covers: store::newest_content(tx).await? },
    };
    while budget > 0 {
        let Some(user_id) = walk.users.pop() else {
            store::set_merged_to(tx, walk.covers).await?;
            return Ok(pending.len() > 0);
        };
        budget = budget.saturating_sub(1 + settle(tx, pending, user_id).await?);
    }
    // If this commit fails, what the walk has merged is undone: drop the walk, a later one starts afresh.
    let undone = merger.clone();
    tx.on_rollback(move || undone.lock().expect("see above").walk = None);
    merger.lock().expect("see above").walk = Some(walk);
    Ok(true)
}

/// Reads what the index lacks into memory and gives SQLite's writer the merging to do.
///
/// # Errors
/// What the database says.
pub(super) async fn recover(database: &Database, pending: Arc<Pending>) -> Result<(), Error> {
    if database.engine() == Engine::Postgres {
        return database.write(|tx| Box::pin(store::nothing_is_merged_lazily(tx))).await;
    }
    let places = database.read(|tx| Box::pin(store::unindexed(tx))).await?;
    for (user_id, place) in places {
        pending.add(user_id, place);
    }
    let merger = Arc::new(Mutex::new(Merger::default()));
    database.set_housekeeping(Box::new(move |tx, moment| {
        let (pending, merger) = (pending.clone(), merger.clone());
        Box::pin(async move { merge(tx, &pending, &merger, moment).await })
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(seq: i64) -> Place {
        Place { seq, id: seq * 10, kind: Arc::from("custom") }
    }

    #[test]
    fn places_are_found_between_two_numbers_and_forgotten_once_indexed() {
        let pending = Pending::default();
        for seq in 1..=5 {
            pending.add(7, place(seq));
        }
        let found: Vec<i64> = pending.between(7, 2, 4).iter().map(|place| place.seq).collect();
        assert_eq!(found, [3, 4]);
        pending.forget_up_to(7, 4);
        assert_eq!(pending.between(7, 0, 9).len(), 1);
        pending.take_back(7, 5);
        assert_eq!((pending.len(), pending.users_in_order().len()), (0, 0));
    }
}
