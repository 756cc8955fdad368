//! What open streams are told of inboxes, and where it is written down for those that were away.
//!
//! An inbox's revision grows by one with each notification that comes and with each change that is written here, so
//! that [`replay`] can tell every revision again.

mod replay;
mod store;

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use super::inbox::{Inbox, Item};
use super::pending::Pending;
use super::store::Placed;
use super::wire::shown_as;
use super::{Notifications, Stored};
use crate::clock::Instant;
use crate::live::{Event, Kind, Live, Missed};
use crate::storage::{Engine, Error, Tx};

pub(super) use store::forget_changes_of;

/// Changes older than this may be forgotten; a stream that was away for longer starts afresh (promise P20).
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Old changes looked at in one go.
const BATCH: i64 = 200;

/// How often a snapshot is taken anew because the index moved on under it.
const ATTEMPTS: usize = 50;

/// What changing inboxes needs beside a transaction.
#[derive(Clone)]
pub(super) struct Desk {
    pub pending: Arc<Pending>,
    pub live: Live,
    pub now: Instant,
}

/// What was done to an inbox, as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoggedKind {
    /// One notification was read, made unread, archived, snoozed, or brought back.
    Changed = 0,
    /// One was deleted.
    Removed = 1,
    /// Everything in the inbox up to one was read.
    Read = 2,
    /// More than can be told.
    Reset = 3,
}

impl LoggedKind {
    fn of(number: i64) -> Self {
        match number {
            0 => LoggedKind::Changed,
            1 => LoggedKind::Removed,
            2 => LoggedKind::Read,
            _ => LoggedKind::Reset,
        }
    }
}

/// One such change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logged {
    pub kind: LoggedKind,
    /// Which notification; for [`LoggedKind::Read`] the newest that was read, `None` for all.
    pub notification_id: Option<i64>,
    pub happened_at: Instant,
}

impl Desk {
    /// Writes down what was done to an inbox, whose revision has grown by it, and tells those who listen once it is
    /// durable. `item` is the notification as it stands now, where it was changed.
    pub async fn changed(
        &self,
        tx: &mut Tx,
        user_id: i64,
        inbox: &Inbox,
        (kind, notification_id): (LoggedKind, Option<i64>),
        item: Option<&Item>,
    ) -> Result<(), Error> {
        let logged = Logged { kind, notification_id, happened_at: self.now };
        store::insert_change(tx, user_id, inbox, &logged).await?;
        self.tell_after(tx, user_id, inbox, async |tx| {
            let notification = match item {
                Some(item) => shown(tx, user_id, inbox, item).await?,
                None => None,
            };
            Ok(event(&logged, inbox, inbox.revision, notification))
        })
        .await
    }

    /// Tells those who listen of an item that came back as the newest, once that is durable.
    pub async fn came_back(
        &self,
        tx: &mut Tx,
        user_id: i64,
        inbox: &Inbox,
        item: &Item,
    ) -> Result<(), Error> {
        self.tell_after(tx, user_id, inbox, async |tx| {
            let notification = shown(tx, user_id, inbox, item).await?;
            Ok(notification.map(|notification| created(inbox.revision, inbox.unread_count, notification)))
        })
        .await
    }

    /// Where nobody listens there is nothing to be made; whoever begins to listen meanwhile is told to look.
    async fn tell_after(
        &self,
        tx: &mut Tx,
        user_id: i64,
        inbox: &Inbox,
        make: impl AsyncFnOnce(&mut Tx) -> Result<Option<Event>, Error>,
    ) -> Result<(), Error> {
        let event = if self.live.is_heard(user_id) { make(tx).await? } else { None };
        let (live, revision) = (self.live.clone(), inbox.revision);
        tx.after_commit(move || match event {
            Some(event) => live.tell(user_id, || vec![event]),
            None => live.look(user_id, revision),
        });
        Ok(())
    }
}

/// Tells those who listen of a notification that has just been stored.
pub(super) fn arrived(live: &Live, stored: &Stored, placed: &Placed) {
    live.tell(stored.notification.content.user_id, || {
        vec![created(placed.revision, placed.unread_count, stored.shown.clone())]
    });
}

fn created(rev: i64, unread_count: i64, notification: Arc<RawValue>) -> Event {
    Event { rev, kind: Kind::Created, unread_count, notification: Some(notification), read: None }
}

/// The event of a change, or `None` where what it was about is gone: then a later change says so.
fn event(logged: &Logged, inbox: &Inbox, rev: i64, notification: Option<Arc<RawValue>>) -> Option<Event> {
    let plain =
        |kind, notification| Event { rev, kind, unread_count: inbox.unread_count, notification, read: None };
    match logged.kind {
        LoggedKind::Changed => Some(plain(Kind::Changed, Some(notification?))),
        LoggedKind::Removed => {
            let gone = serde_json::json!({ "notification_id": logged.notification_id });
            let gone = serde_json::value::to_raw_value(&gone).expect("a number is JSON");
            Some(plain(Kind::Removed, Some(gone.into())))
        }
        LoggedKind::Read => {
            let read = Some((logged.happened_at, logged.notification_id));
            Some(Event { read, ..plain(Kind::Read, None) })
        }
        LoggedKind::Reset => Some(plain(Kind::Reset, None)),
    }
}

/// An item as lists show it; `None` if its content is gone.
async fn shown(
    tx: &mut Tx,
    user_id: i64,
    inbox: &Inbox,
    item: &Item,
) -> Result<Option<Arc<RawValue>>, Error> {
    let mut contents = super::store::contents(tx, user_id, &[item.id]).await?;
    let Some((content, created_at)) = contents.remove(&item.id) else {
        return Ok(None);
    };
    Ok(Some(shown_as(&super::store::notification(tx, inbox, item, content, created_at).await?)))
}

impl Notifications {
    /// What changes inboxes now.
    pub(super) fn desk(&self) -> Desk {
        Desk { pending: self.pending.clone(), live: self.live.clone(), now: self.clock.now() }
    }

    /// What happened to a user's inbox after a revision; after `None` nothing, only where it stands.
    ///
    /// # Errors
    /// What the database says.
    pub async fn missed(&self, user_id: i64, after: Option<i64>) -> Result<Missed, Error> {
        for _ in 0..ATTEMPTS {
            let pending = self.pending.clone();
            let missed = self.database.read::<_, Error, _>(move |tx| {
                Box::pin(async move { replay::missed(tx, &pending, user_id, after).await })
            });
            if let Some(missed) = missed.await? {
                return Ok(missed);
            }
        }
        Err(Error::Unavailable("the inbox changed faster than it could be read".to_owned()))
    }

    /// Looks what other nodes did to the inboxes that somebody listens to on this one: PostgreSQL alone has others.
    ///
    /// # Errors
    /// What the database says.
    pub async fn look_for_news(&self) -> Result<(), Error> {
        let heard = self.live.heard();
        if heard.is_empty() || self.database.engine() == Engine::Sqlite {
            return Ok(());
        }
        let revisions = self
            .database
            .read::<_, Error, _>(move |tx| Box::pin(async move { store::revisions(tx, &heard).await }));
        for (user_id, revision) in revisions.await? {
            self.live.look(user_id, revision);
        }
        Ok(())
    }

    /// Forgets changes that no stream can ask for any more.
    pub(super) async fn forget_changes(&self, now: Instant) -> Result<(), Error> {
        let before = now.minus(KEPT_FOR);
        let mut from = Instant(i64::MIN);
        loop {
            let old = self
                .database
                .read::<_, Error, _>(move |tx| Box::pin(store::old_changes(tx, from, before, BATCH)))
                .await?;
            let Some(&(.., last)) = old.last() else {
                return Ok(());
            };
            // Many of one instant fill a look: the next one begins after them.
            from = if last == from { last.plus(Duration::from_micros(1)) } else { last };
            let is_last = old.len() < BATCH as usize;
            self.database
                .write::<_, Error, _>(move |tx| {
                    Box::pin(async move {
                        for (user_id, revision, _) in old {
                            store::forget_change(tx, user_id, revision, before).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
            if is_last {
                return Ok(());
            }
        }
    }
}
