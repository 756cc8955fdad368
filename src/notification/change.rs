//! What a user does with notifications: read, unread, archive, snooze, delete, read all.

use super::feed::{Desk, LoggedKind};
use super::inbox::{Inbox, Item};
use super::pending::settle;
use super::{Change, Error, Notifications, Shelf, store};
use crate::clock::Instant;
use crate::storage::{self, Tx};

/// How many snoozed items are woken in one transaction.
const WOKEN_AT_ONCE: i64 = 200;

impl Notifications {
    /// Changes one of the user's own notifications; returns how many are unread then.
    ///
    /// # Errors
    /// There is no such notification of this user's, or the database cannot.
    pub async fn change(&self, user_id: i64, id: i64, wish: Change) -> Result<i64, Error> {
        let desk = self.desk();
        self.database
            .write(move |tx| Box::pin(async move { change(tx, &desk, user_id, id, wish).await }))
            .await
    }
}

/// Changes one of the user's own notifications; returns how many are unread then.
///
/// Doing again what was done already changes nothing and is no error.
pub(super) async fn change(
    tx: &mut Tx,
    desk: &Desk,
    user_id: i64,
    id: i64,
    change: Change,
) -> Result<i64, Error> {
    let now = desk.now;
    let mut inbox = store::lock_inbox(tx, user_id).await?.ok_or(Error::NotFound)?;
    let seq = store::own_seq(tx, user_id, id).await?.ok_or(Error::NotFound)?;
    settle(tx, &desk.pending, user_id).await?;
    inbox.indexed_seq = inbox.head_seq;
    let item = store::item(tx, user_id, seq).await?.ok_or(Error::NotFound)?;
    inbox.revision += 1;
    let (kind, left) = if change == Change::Delete {
        inbox.unread_count -= i64::from(counts(&item, &inbox));
        store::remove_item(tx, user_id, &item).await?;
        store::delete_content(tx, id).await?;
        (LoggedKind::Removed, None)
    } else {
        let read_before = match item.read_at {
            None if !item.is_unread(&inbox) => store::read_at_once(tx, user_id, &item).await?.or(Some(now)),
            read_at => read_at,
        };
        let changed = apply(change, item, read_before, &mut inbox, now);
        if changed == item {
            return Ok(inbox.unread_count);
        }
        let kind = store::remove_item(tx, user_id, &item).await?;
        store::insert_item(tx, user_id, &kind, &changed).await?;
        (LoggedKind::Changed, Some(changed))
    };
    store::save_inbox(tx, user_id, &inbox).await?;
    desk.changed(tx, user_id, &inbox, (kind, Some(id)), left.as_ref()).await?;
    Ok(inbox.unread_count)
}

fn counts(item: &Item, inbox: &Inbox) -> bool {
    item.shelf == Shelf::Inbox && item.is_unread(inbox)
}

/// The item after a change, and the count in its inbox. `read_before` is when it was read, by itself or with others.
fn apply(change: Change, item: Item, read_before: Option<Instant>, inbox: &mut Inbox, now: Instant) -> Item {
    let counted = counts(&item, inbox);
    let unread = item.is_unread(inbox);
    let changed = match change {
        Change::Read if unread => Item { read_at: Some(now), unread_mark: None, ..item },
        Change::Unread if !unread => made_unread(item, inbox),
        Change::Archive if item.shelf != Shelf::Archive => {
            Item { shelf: Shelf::Archive, archived_at: Some(now), ..set_aside(item, read_before) }
        }
        Change::Snooze(until) => {
            Item { shelf: Shelf::Snoozed, snoozed_until: Some(until), ..set_aside(item, read_before) }
        }
        Change::Unarchive if item.shelf == Shelf::Archive => brought_back(item, inbox),
        Change::Unsnooze if item.shelf == Shelf::Snoozed => brought_back(item, inbox),
        _ => item,
    };
    inbox.unread_count += i64::from(counts(&changed, inbox)) - i64::from(counted);
    changed
}

/// Off the inbox an item's read state is its own: the watermark does not speak of it.
fn set_aside(item: Item, read_before: Option<Instant>) -> Item {
    Item { read_at: read_before, unread_mark: None, archived_at: None, snoozed_until: None, ..item }
}

fn brought_back(item: Item, inbox: &Inbox) -> Item {
    let back = Item { shelf: Shelf::Inbox, archived_at: None, snoozed_until: None, ..item };
    if item.read_at.is_none() { made_unread(back, inbox) } else { back }
}

fn made_unread(item: Item, inbox: &Inbox) -> Item {
    let below = item.shelf == Shelf::Inbox && item.seq <= inbox.read_watermark;
    Item { read_at: None, unread_mark: below.then_some(inbox.read_mark), ..item }
}

/// Everything in the user's inbox counts as read: one row, however many there are. With `up_to` only that
/// notification and what stands below it: what came while the user looked stays unread (promise P21).
pub(super) async fn read_all(
    tx: &mut Tx,
    desk: &Desk,
    user_id: i64,
    up_to: Option<i64>,
) -> Result<i64, Error> {
    let Some(mut inbox) = store::lock_inbox(tx, user_id).await? else {
        return up_to.map_or(Ok(0), |_| Err(Error::NotFound));
    };
    let newest = match up_to {
        Some(id) => store::own_seq(tx, user_id, id).await?.ok_or(Error::NotFound)?,
        None => inbox.head_seq,
    };
    if inbox.unread_count == 0 {
        return Ok(0);
    }
    if newest < inbox.head_seq {
        settle(tx, &desk.pending, user_id).await?;
        inbox.indexed_seq = inbox.head_seq;
    }
    let before = inbox.unread_count;
    if newest > inbox.read_watermark {
        inbox.unread_count = store::unread_above(tx, user_id, newest).await?;
    } else {
        // Below the watermark only what was made unread by hand is left.
        inbox.unread_count -= store::read_marked_up_to(tx, user_id, &inbox, newest, desk.now).await?;
    }
    if inbox.unread_count == before {
        return Ok(before);
    }
    inbox.revision += 1;
    if newest > inbox.read_watermark {
        inbox.read_watermark = newest;
        inbox.read_mark += 1;
        store::insert_read_mark(tx, user_id, &inbox, desk.now).await?;
    }
    store::save_inbox(tx, user_id, &inbox).await?;
    desk.changed(tx, user_id, &inbox, (LoggedKind::Read, up_to), None).await?;
    Ok(inbox.unread_count)
}

/// Brings back some of the snoozed items whose time has come, unread and as the newest; returns how many.
pub(super) async fn wake_due(tx: &mut Tx, desk: &Desk) -> Result<usize, storage::Error> {
    let now = desk.now;
    let due = store::due(tx, now, WOKEN_AT_ONCE).await?;
    let mut users: Vec<i64> = due.iter().map(|(user_id, _)| *user_id).collect();
    users.sort_unstable();
    users.dedup();
    // In the order of ids, so that two nodes never wait for each other in a circle.
    let mut woken = 0;
    for user_id in users {
        let Some(mut inbox) = store::lock_inbox(tx, user_id).await? else {
            continue;
        };
        settle(tx, &desk.pending, user_id).await?;
        inbox.indexed_seq = inbox.head_seq;
        for (_, seq) in due.iter().filter(|(owner, _)| *owner == user_id) {
            // Another node may have been quicker.
            match store::item(tx, user_id, *seq).await? {
                Some(item) if item.shelf == Shelf::Snoozed && item.snoozed_until <= Some(now) => {
                    wake(tx, desk, user_id, &item, &mut inbox).await?;
                    woken += 1;
                }
                _ => {}
            }
        }
        store::save_inbox(tx, user_id, &inbox).await?;
    }
    Ok(woken)
}

async fn wake(
    tx: &mut Tx,
    desk: &Desk,
    user_id: i64,
    item: &Item,
    inbox: &mut Inbox,
) -> Result<(), storage::Error> {
    inbox.head_seq += 1;
    inbox.indexed_seq = inbox.head_seq;
    inbox.unread_count += 1;
    inbox.revision += 1;
    let kind = store::remove_item(tx, user_id, item).await?;
    let back = Item::fresh(inbox.head_seq, item.id);
    store::insert_item(tx, user_id, &kind, &back).await?;
    store::renumber(tx, item.id, inbox.head_seq).await?;
    desk.came_back(tx, user_id, inbox, &back).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_000_000);
    const LATER: Instant = Instant(9_000_000);

    /// Three notifications came, the first two were read at once.
    fn inbox() -> Inbox {
        Inbox { head_seq: 3, indexed_seq: 3, read_watermark: 2, read_mark: 1, unread_count: 1, revision: 4 }
    }

    fn after(steps: &[Change], item: Item) -> (Item, i64) {
        let mut inbox = inbox();
        let mut item = item;
        for step in steps {
            let read_before = item.read_at.or((!item.is_unread(&inbox)).then_some(NOW));
            item = apply(*step, item, read_before, &mut inbox, NOW);
        }
        (item, inbox.unread_count)
    }

    #[test]
    fn the_count_follows_what_the_inbox_shows_as_unread() {
        use Change::{Archive, Read, Snooze, Unarchive, Unread, Unsnooze};
        let (read, unread) = (Item::fresh(1, 11), Item::fresh(3, 13));
        for (steps, item, count) in [
            (&[Read][..], unread, 0),
            (&[Read, Read], unread, 0),
            (&[Read], read, 1),
            (&[Unread], read, 2),
            (&[Unread, Read], read, 1),
            (&[Unread], unread, 1),
            (&[Archive], unread, 0),
            (&[Archive, Read], unread, 0),
            (&[Archive, Unarchive], unread, 1),
            (&[Archive, Read, Unarchive], unread, 0),
            (&[Archive], read, 1),
            (&[Archive, Unarchive], read, 1),
            (&[Archive, Unread, Unarchive], read, 2),
            (&[Snooze(LATER)], unread, 0),
            (&[Snooze(LATER), Archive, Unarchive], unread, 1),
            (&[Snooze(LATER), Unsnooze], read, 1),
            (&[Unarchive], unread, 1),
        ] {
            assert_eq!(after(steps, item).1, count, "{steps:?} on {item:?}");
        }
    }

    #[test]
    fn what_was_snoozed_unread_stays_unread_though_all_is_read_meanwhile() {
        let mut inbox = inbox();
        let item = apply(Change::Snooze(LATER), Item::fresh(3, 13), None, &mut inbox, NOW);
        inbox.read_watermark = 3;
        inbox.read_mark += 1;
        let back = apply(Change::Unsnooze, item, None, &mut inbox, NOW);
        assert!(back.is_unread(&inbox));
        assert_eq!(inbox.unread_count, 1);
    }

    #[test]
    fn reading_all_again_reads_what_was_made_unread() {
        let mut inbox = inbox();
        let item = apply(Change::Unread, Item::fresh(1, 11), Some(NOW), &mut inbox, NOW);
        assert!(item.is_unread(&inbox));
        inbox.read_mark += 1;
        assert!(!item.is_unread(&inbox));
    }

    #[test]
    fn the_archive_keeps_the_time_and_forgets_it_on_the_way_back() {
        let (archived, _) = after(&[Change::Archive], Item::fresh(3, 13));
        assert_eq!((archived.shelf, archived.archived_at), (Shelf::Archive, Some(NOW)));
        let (back, _) = after(&[Change::Archive, Change::Unarchive], Item::fresh(3, 13));
        assert_eq!((back.shelf, back.archived_at), (Shelf::Inbox, None));
    }
}
