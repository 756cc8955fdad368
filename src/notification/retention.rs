//! Removes what is old, and what belonged to people who are gone, a little at a time.

use std::sync::Arc;
use std::time::Duration;

use super::inbox::Inbox;
use super::pending::{Pending, settle};
use super::{Notifications, Shelf, store};
use crate::clock::Instant;
use crate::config::Retention;
use crate::http::idempotency;
use crate::storage::{Error, Tx};

/// Rows looked at in one transaction: few, so that no sender waits for the broom.
const BATCH: i64 = 200;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Notifications {
    /// Removes read notifications older than `read_days` and unread ones older than `unread_days`, answers kept
    /// for idempotency beyond their time, and what erased users left; returns how many notifications went.
    ///
    /// # Errors
    /// What the database says.
    pub async fn expire(&self, retention: Retention) -> Result<u64, Error> {
        let now = self.clock.now();
        self.forget_answers(now).await?;
        let mut removed = self.erase().await?;
        let limits = Limits::new(retention, now);
        let mut after = 0;
        while let Some(newest) = limits.newest {
            let pending = self.pending.clone();
            let swept = self
                .database
                .write(move |tx| Box::pin(async move { sweep(tx, &pending, after, newest, limits).await }))
                .await?;
            removed += swept.removed;
            match swept.last {
                Some(last) => after = last,
                None => break,
            }
        }
        self.metrics.expired.inc_by(removed);
        Ok(removed)
    }

    async fn forget_answers(&self, now: Instant) -> Result<(), Error> {
        let before = now.minus(idempotency::KEPT_FOR);
        loop {
            let forgotten = self
                .database
                .write::<_, Error, _>(move |tx| Box::pin(idempotency::forget_before(tx, before, BATCH)))
                .await?;
            if forgotten == 0 {
                return Ok(());
            }
        }
    }

    /// Removes the notifications of users who were erased.
    async fn erase(&self) -> Result<u64, Error> {
        let mut removed = 0;
        loop {
            let pending = self.pending.clone();
            let step = self
                .database
                .write(move |tx| Box::pin(async move { erase_some(tx, &pending).await }))
                .await?;
            match step {
                Some(erased) => removed += erased,
                None => return Ok(removed),
            }
        }
    }
}

async fn erase_some(tx: &mut Tx, pending: &Arc<Pending>) -> Result<Option<u64>, Error> {
    let Some(user_id) = store::erased_with_contents(tx).await?.pop() else {
        return Ok(None);
    };
    let waiting = settle(tx, pending, user_id).await?;
    let removed = store::erase_items(tx, user_id, BATCH).await?;
    if removed == 0 {
        store::erased(tx, user_id).await?;
    }
    Ok(Some((waiting + removed) as u64))
}

#[derive(Clone, Copy)]
struct Limits {
    read_before: Option<Instant>,
    unread_before: Option<Instant>,
    /// Nothing stored after this can be due.
    newest: Option<Instant>,
}

impl Limits {
    fn new(retention: Retention, now: Instant) -> Self {
        let before = |days: u32| (days > 0).then(|| now.minus(DAY * days));
        let (read_before, unread_before) = (before(retention.read_days), before(retention.unread_days));
        Self { read_before, unread_before, newest: read_before.max(unread_before) }
    }

    fn is_over(&self, created_at: Instant, unread: bool) -> bool {
        let limit = if unread { self.unread_before } else { self.read_before };
        limit.is_some_and(|limit| created_at < limit)
    }
}

struct Swept {
    removed: u64,
    /// The last id that was looked at, if there was any.
    last: Option<i64>,
}

async fn sweep(
    tx: &mut Tx,
    pending: &Arc<Pending>,
    after: i64,
    newest: Instant,
    limits: Limits,
) -> Result<Swept, Error> {
    let mut old = store::oldest(tx, after, newest, BATCH).await?;
    let last = old.iter().map(|(id, ..)| *id).max();
    // In the order of users, so that two nodes never wait for each other in a circle.
    old.sort_unstable_by_key(|(id, user_id, ..)| (*user_id, *id));
    let mut removed = 0;
    for of_one in old.chunk_by(|(_, a, ..), (_, b, ..)| a == b) {
        let user_id = of_one[0].1;
        let Some(mut inbox) = store::lock_inbox(tx, user_id).await? else {
            continue;
        };
        settle(tx, pending, user_id).await?;
        inbox.indexed_seq = inbox.head_seq;
        let mut removed_here = 0;
        for (id, _, seq, created_at) in of_one {
            removed_here += remove_if_over(tx, user_id, &mut inbox, (*id, *seq, *created_at), limits).await?;
        }
        if removed_here > 0 {
            inbox.revision += 1;
            store::save_inbox(tx, user_id, &inbox).await?;
        }
        removed += removed_here;
    }
    Ok(Swept { removed, last })
}

async fn remove_if_over(
    tx: &mut Tx,
    user_id: i64,
    inbox: &mut Inbox,
    (id, seq, created_at): (i64, i64, Instant),
    limits: Limits,
) -> Result<u64, Error> {
    let Some(item) = store::item(tx, user_id, seq).await? else {
        return Ok(0);
    };
    let unread = item.is_unread(inbox);
    // What is snoozed is still to come back.
    if item.shelf == Shelf::Snoozed || !limits.is_over(created_at, unread) {
        return Ok(0);
    }
    inbox.unread_count -= i64::from(unread && item.shelf == Shelf::Inbox);
    store::remove_item(tx, user_id, &item).await?;
    store::delete_content(tx, id).await?;
    Ok(1)
}
