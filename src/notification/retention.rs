//! Removes what is old, and what belonged to people who are gone, a little at a time.

use std::sync::Arc;
use std::time::Duration;

use super::feed::{Desk, LoggedKind};
use super::inbox::{Inbox, Item};
use super::pending::{Pending, settle};
use super::store::Arrived;
use super::{Notifications, Shelf, store, why};
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
        self.forget_changes(now).await?;
        self.forget_reasons(now, retention.history_days).await?;
        let mut removed = self.erase().await?;
        let limits = Limits::new(retention, now);
        let mut after = Some(0);
        while let Some(from) = after {
            let looked = self
                .database
                .read::<_, Error, _>(move |tx| Box::pin(async move { look(tx, from, limits).await }))
                .await?;
            after = looked.next;
            if !looked.over.is_empty() {
                let desk = self.desk();
                removed += self
                    .database
                    .write(move |tx| Box::pin(async move { remove(tx, &desk, looked.over, limits).await }))
                    .await?;
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

    /// Forgets why people were told and not told, with what was changed then: after `days`, 0 for never.
    async fn forget_reasons(&self, now: Instant, days: u32) -> Result<(), Error> {
        if days == 0 {
            return Ok(());
        }
        let before = now.minus(DAY * days);
        loop {
            let forgotten = self
                .database
                .write::<_, Error, _>(move |tx| Box::pin(why::store::forget_before(tx, before, BATCH)))
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
    let forgotten = why::store::forget_user(tx, user_id, BATCH).await?;
    if removed == 0 && forgotten == 0 {
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

    /// What is snoozed is still to come back, however old it is.
    fn are_over(&self, content: &Arrived, item: &Item, inbox: &Inbox) -> bool {
        let limit = if item.is_unread(inbox) { self.unread_before } else { self.read_before };
        item.shelf != Shelf::Snoozed && limit.is_some_and(|limit| content.created_at < limit)
    }
}

/// What a look at a few contents found.
struct Looked {
    /// Those whose time is over, by the look of it: whoever removes them looks again.
    over: Vec<Arrived>,
    /// Where the next look begins, if what follows may be old enough.
    next: Option<i64>,
}

/// Looks without holding up any writer; most of what is old was looked at before and is still to be kept.
async fn look(tx: &mut Tx, after: i64, limits: Limits) -> Result<Looked, Error> {
    let Some(newest) = limits.newest else {
        return Ok(Looked { over: Vec::new(), next: None });
    };
    let arrived = store::arrived_after(tx, after, BATCH).await?;
    let next = arrived.last().filter(|last| last.created_at < newest).map(|last| last.id);
    let mut over = Vec::new();
    for content in arrived.into_iter().filter(|content| content.created_at < newest) {
        let Some(inbox) = store::inbox(tx, content.user_id).await? else {
            continue;
        };
        // What is not indexed yet is judged when it is.
        let is_over = match store::item(tx, content.user_id, content.seq).await? {
            Some(item) => limits.are_over(&content, &item, &inbox),
            None => true,
        };
        if is_over {
            over.push(content);
        }
    }
    Ok(Looked { over, next })
}

async fn remove(tx: &mut Tx, desk: &Desk, mut over: Vec<Arrived>, limits: Limits) -> Result<u64, Error> {
    // In the order of users, so that two nodes never wait for each other in a circle.
    over.sort_unstable_by_key(|content| (content.user_id, content.id));
    let mut removed = 0;
    for of_one in over.chunk_by(|a, b| a.user_id == b.user_id) {
        let user_id = of_one[0].user_id;
        let Some(mut inbox) = store::lock_inbox(tx, user_id).await? else {
            continue;
        };
        settle(tx, &desk.pending, user_id).await?;
        inbox.indexed_seq = inbox.head_seq;
        let mut removed_here = 0;
        for content in of_one {
            removed_here += remove_if_over(tx, &mut inbox, content, limits).await?;
        }
        if removed_here > 0 {
            inbox.revision += 1;
            store::save_inbox(tx, user_id, &inbox).await?;
            desk.changed(tx, user_id, &inbox, (LoggedKind::Reset, None), None).await?;
        }
        removed += removed_here;
    }
    Ok(removed)
}

async fn remove_if_over(
    tx: &mut Tx,
    inbox: &mut Inbox,
    content: &Arrived,
    limits: Limits,
) -> Result<u64, Error> {
    let user_id = content.user_id;
    let Some(item) = store::item(tx, user_id, content.seq).await? else {
        return Ok(0);
    };
    if !limits.are_over(content, &item, inbox) {
        return Ok(0);
    }
    inbox.unread_count -= i64::from(item.shelf == Shelf::Inbox && item.is_unread(inbox));
    store::remove_item(tx, user_id, &item).await?;
    store::delete_content(tx, content.id).await?;
    why::store::forget_of(tx, content.id).await?;
    Ok(1)
}
