//! The SQL of what was changed in inboxes.

use std::collections::BTreeMap;

use super::Logged;
use crate::clock::Instant;
use crate::notification::inbox::{Inbox, Item};
use crate::notification::store::read_item_anywhere;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};

pub(super) async fn insert_change(
    tx: &mut Tx,
    user_id: i64,
    inbox: &Inbox,
    logged: &Logged,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO inbox_changes (user_id, revision, head_seq, kind, notification_id, happened_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            user_id,
            inbox.revision,
            inbox.head_seq,
            logged.kind as i64,
            logged.notification_id,
            logged.happened_at
        ],
    )
    .await?;
    Ok(())
}

/// A change as it was written down.
pub(super) struct Written {
    pub revision: i64,
    /// The inbox's at that time.
    pub head_seq: i64,
    pub logged: Logged,
}

fn read_change(row: &Row<'_>) -> Result<Written, Error> {
    let kind = super::LoggedKind::of(row.get(2)?);
    let logged = Logged { kind, notification_id: row.get(3)?, happened_at: row.instant(4)? };
    Ok(Written { revision: row.get(0)?, head_seq: row.get(1)?, logged })
}

/// The next changes after a revision.
pub(super) async fn changes_after(
    tx: &mut Tx,
    user_id: i64,
    revision: i64,
    most: i64,
) -> Result<Vec<Written>, Error> {
    tx.all(
        "SELECT revision, head_seq, kind, notification_id, happened_at FROM inbox_changes
         WHERE user_id = $1 AND revision > $2 ORDER BY revision LIMIT $3",
        params![user_id, revision, most],
        read_change,
    )
    .await
}

/// The newest change up to a revision: its revision and `head_seq`.
pub(super) async fn change_before(
    tx: &mut Tx,
    user_id: i64,
    revision: i64,
) -> Result<Option<(i64, i64)>, Error> {
    tx.one(
        "SELECT revision, head_seq FROM inbox_changes WHERE user_id = $1 AND revision <= $2
         ORDER BY revision DESC LIMIT 1",
        params![user_id, revision],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .await
}

/// The user's indexed items with numbers above `after` up to `to`, by number.
pub(super) async fn items_between(
    tx: &mut Tx,
    user_id: i64,
    after: i64,
    to: i64,
) -> Result<BTreeMap<i64, Item>, Error> {
    let items = tx
        .all(
            "SELECT seq, notification_id, read_at, unread_mark, archived_at, snoozed_until, shelf FROM inbox_items
             WHERE user_id = $1 AND shelf IN (0, 1, 2) AND seq > $2 AND seq <= $3",
            params![user_id, after, to],
            read_item_anywhere,
        )
        .await?;
    Ok(items.into_iter().map(|item| (item.seq, item)).collect())
}

/// Revisions of these users' inboxes, for nodes whose neighbours write into the same database.
pub(super) async fn revisions(tx: &mut Tx, users: &[i64]) -> Result<Vec<(i64, i64)>, Error> {
    debug_assert_eq!(tx.engine(), Engine::Postgres, "on SQLite this process alone writes");
    tx.all(
        "SELECT user_id, revision FROM inboxes WHERE user_id = ANY($1::BIGINT[])",
        &[Value::Ints(users)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .await
}

/// Old changes from `from` on, oldest first: user, revision, and when each happened.
pub(super) async fn old_changes(
    tx: &mut Tx,
    from: Instant,
    before: Instant,
    most: i64,
) -> Result<Vec<(i64, i64, Instant)>, Error> {
    tx.all(
        "SELECT user_id, revision, happened_at FROM inbox_changes
         WHERE happened_at >= $1 AND happened_at < $2 ORDER BY happened_at, user_id, revision LIMIT $3",
        params![from, before, most],
        |row| Ok((row.get(0)?, row.get(1)?, row.instant(2)?)),
    )
    .await
}

/// Forgets a change if the one after it is old too: it is where a stream of that age begins.
pub(super) async fn forget_change(
    tx: &mut Tx,
    user_id: i64,
    revision: i64,
    before: Instant,
) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM inbox_changes WHERE user_id = $1 AND revision = $2 AND EXISTS (
            SELECT 1 FROM inbox_changes later
            WHERE later.user_id = $1 AND later.revision > $2 AND later.happened_at < $3)",
        params![user_id, revision, before],
    )
    .await
}

/// Forgets all changes of a user who was erased.
pub(in crate::notification) async fn forget_changes_of(tx: &mut Tx, user_id: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM inbox_changes WHERE user_id = $1", params![user_id]).await?;
    Ok(())
}
