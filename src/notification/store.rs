//! The SQL of inboxes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::inbox::{Inbox, Item, Shelved};
use super::pending::{Pending, Place};
use super::{NewNotification, Notification, Shelf};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};

/// What a send got.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub id: i64,
    pub seq: i64,
    /// The inbox's revision with it, and its count.
    pub revision: i64,
    pub unread_count: i64,
}

/// When a content arrived, and for whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrived {
    pub id: i64,
    pub user_id: i64,
    pub seq: i64,
    pub created_at: Instant,
}

const INBOX: &str = "head_seq, indexed_seq, read_watermark, read_mark, unread_count, revision";

fn read_inbox(row: &Row<'_>) -> Result<Inbox, Error> {
    Ok(Inbox {
        head_seq: row.get(0)?,
        indexed_seq: row.get(1)?,
        read_watermark: row.get(2)?,
        read_mark: row.get(3)?,
        unread_count: row.get(4)?,
        revision: row.get(5)?,
    })
}

pub(super) async fn inbox(tx: &mut Tx, user_id: i64) -> Result<Option<Inbox>, Error> {
    tx.one(&format!("SELECT {INBOX} FROM inboxes WHERE user_id = $1"), params![user_id], read_inbox).await
}

/// Reads an inbox and keeps everybody else from changing it until the transaction ends.
pub(super) async fn lock_inbox(tx: &mut Tx, user_id: i64) -> Result<Option<Inbox>, Error> {
    let sql = format!("UPDATE inboxes SET revision = revision WHERE user_id = $1 RETURNING {INBOX}");
    tx.one(&sql, params![user_id], read_inbox).await
}

pub(super) async fn save_inbox(tx: &mut Tx, user_id: i64, inbox: &Inbox) -> Result<(), Error> {
    tx.execute(
        "UPDATE inboxes SET head_seq = $1, indexed_seq = $2, read_watermark = $3, read_mark = $4,
            unread_count = $5, revision = $6 WHERE user_id = $7",
        params![
            inbox.head_seq,
            inbox.indexed_seq,
            inbox.read_watermark,
            inbox.read_mark,
            inbox.unread_count,
            inbox.revision,
            user_id
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn unread_count(tx: &mut Tx, user_id: i64) -> Result<Option<i64>, Error> {
    tx.one("SELECT unread_count FROM inboxes WHERE user_id = $1", params![user_id], |row| row.get(0)).await
}

/// Stores notifications for users that exist; returns each one's place in its inbox, `None` where there is no such user.
pub(super) async fn append(
    tx: &mut Tx,
    pending: &Arc<Pending>,
    news: &[Arc<NewNotification>],
    now: Instant,
) -> Result<Vec<Option<Placed>>, Error> {
    match tx.engine() {
        Engine::Sqlite => append_rows(tx, pending, news, now).await,
        Engine::Postgres => append_arrays(tx, news, now).await,
    }
}

/// SQLite: row by row is its quickest way, and the index comes later.
async fn append_rows(
    tx: &mut Tx,
    pending: &Arc<Pending>,
    news: &[Arc<NewNotification>],
    now: Instant,
) -> Result<Vec<Option<Placed>>, Error> {
    let mut added = Vec::with_capacity(news.len());
    let placed = append_each(tx, pending, news, now, &mut added).await;
    // Also where it failed midway: then the whole unit is undone.
    let undone = pending.clone();
    tx.on_rollback(move || added.into_iter().for_each(|(user_id, seq)| undone.take_back(user_id, seq)));
    placed
}

async fn append_each(
    tx: &mut Tx,
    pending: &Pending,
    news: &[Arc<NewNotification>],
    now: Instant,
    added: &mut Vec<(i64, i64)>,
) -> Result<Vec<Option<Placed>>, Error> {
    let mut placed = Vec::with_capacity(news.len());
    for new in news {
        let Some(mut place) = next_place(tx, new.user_id).await? else {
            placed.push(None);
            continue;
        };
        place.id = append_content(tx, new, place.seq, now).await?;
        pending.add(new.user_id, Place { seq: place.seq, id: place.id, kind: new.kind.clone() });
        added.push((new.user_id, place.seq));
        placed.push(Some(place));
    }
    Ok(placed)
}

/// Takes the user's next number; the id is still to come. Two plain statements: RETURNING would cost more than the
/// second one.
async fn next_place(tx: &mut Tx, user_id: i64) -> Result<Option<Placed>, Error> {
    let next = tx
        .one(
            "SELECT head_seq + 1, revision + 1, unread_count + 1 FROM inboxes WHERE user_id = $1",
            params![user_id],
            |row| Ok(Placed { id: 0, seq: row.get(0)?, revision: row.get(1)?, unread_count: row.get(2)? }),
        )
        .await?;
    let Some(next) = next else {
        return Ok(None);
    };
    tx.execute(
        "UPDATE inboxes SET head_seq = head_seq + 1, unread_count = unread_count + 1, revision = revision + 1
         WHERE user_id = $1",
        params![user_id],
    )
    .await?;
    Ok(Some(next))
}

async fn append_content(tx: &mut Tx, new: &NewNotification, seq: i64, now: Instant) -> Result<i64, Error> {
    tx.insert_on_sqlite(
        "INSERT INTO notification_contents (user_id, seq, type, title, message, link, metadata,
            related_ticket_id, related_user_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            new.user_id,
            seq,
            &*new.kind,
            &new.title,
            &new.message,
            &new.link,
            &new.metadata,
            new.related_ticket_id,
            new.related_user_id,
            now
        ],
    )
    .await
}

/// PostgreSQL: one statement for all inboxes, one for all rows.
async fn append_arrays(
    tx: &mut Tx,
    news: &[Arc<NewNotification>],
    now: Instant,
) -> Result<Vec<Option<Placed>>, Error> {
    let mut wanted: BTreeMap<i64, i64> = BTreeMap::new();
    for new in news {
        *wanted.entry(new.user_id).or_default() += 1;
    }
    let users: Vec<i64> = wanted.keys().copied().collect();
    let counts: Vec<i64> = wanted.values().copied().collect();
    // Locked in the order of their ids, so that two nodes never wait for each other in a circle.
    let heads = tx
        .all(
            "WITH locked AS (SELECT user_id FROM inboxes WHERE user_id = ANY($1::BIGINT[]) ORDER BY user_id FOR UPDATE)
             UPDATE inboxes SET head_seq = head_seq + wanted.n, indexed_seq = head_seq + wanted.n,
                unread_count = unread_count + wanted.n, revision = revision + wanted.n
             FROM locked JOIN unnest($1::BIGINT[], $2::BIGINT[]) AS wanted (user_id, n) USING (user_id)
             WHERE inboxes.user_id = locked.user_id RETURNING inboxes.user_id, head_seq - wanted.n,
                revision - wanted.n, unread_count - wanted.n",
            &[Value::Ints(&users), Value::Ints(&counts)],
            |row| {
                let before =
                    Placed { id: 0, seq: row.get(1)?, revision: row.get(2)?, unread_count: row.get(3)? };
                Ok((row.get::<i64>(0)?, before))
            },
        )
        .await?;
    let mut next: BTreeMap<i64, Placed> = heads.into_iter().collect();
    let mut known = Vec::with_capacity(news.len());
    let places: Vec<Option<Placed>> = news
        .iter()
        .map(|new| {
            let place = next.get_mut(&new.user_id)?;
            place.seq += 1;
            place.revision += 1;
            place.unread_count += 1;
            known.push(&**new);
            Some(*place)
        })
        .collect();
    let seqs: Vec<i64> = places.iter().flatten().map(|place| place.seq).collect();
    let ids = insert_arrays(tx, &known, &seqs, now).await?;
    Ok(news
        .iter()
        .zip(places)
        .map(|(new, place)| {
            let place = place?;
            Some(Placed { id: *ids.get(&(new.user_id, place.seq))?, ..place })
        })
        .collect())
}

async fn insert_arrays(
    tx: &mut Tx,
    news: &[&NewNotification],
    seqs: &[i64],
    now: Instant,
) -> Result<BTreeMap<(i64, i64), i64>, Error> {
    if news.is_empty() {
        return Ok(BTreeMap::new());
    }
    fn texts<'a>(
        news: &[&'a NewNotification],
        of: impl Fn(&'a NewNotification) -> Option<&'a str>,
    ) -> Vec<Option<&'a str>> {
        news.iter().map(|new| of(new)).collect()
    }
    let users: Vec<i64> = news.iter().map(|new| new.user_id).collect();
    let kinds = texts(news, |new| Some(&new.kind));
    let titles = texts(news, |new| Some(&new.title));
    let messages = texts(news, |new| new.message.as_deref());
    let links = texts(news, |new| new.link.as_deref());
    let metadata = texts(news, |new| new.metadata.as_deref());
    let tickets: Vec<Option<i64>> = news.iter().map(|new| new.related_ticket_id).collect();
    let related: Vec<Option<i64>> = news.iter().map(|new| new.related_user_id).collect();
    let rows = tx
        .all(
            "WITH stored AS (
                INSERT INTO notification_contents (user_id, seq, type, title, message, link, metadata,
                    related_ticket_id, related_user_id, created_at)
                SELECT n.*, $10::BIGINT FROM unnest($1::BIGINT[], $2::BIGINT[], $3::TEXT[], $4::TEXT[], $5::TEXT[],
                    $6::TEXT[], $7::TEXT[], $8::BIGINT[], $9::BIGINT[]) AS n
                RETURNING id, user_id, seq, type)
             INSERT INTO inbox_items (user_id, shelf, seq, notification_id, type)
             SELECT user_id, 0, seq, id, type FROM stored RETURNING user_id, seq, notification_id",
            &[
                Value::Ints(&users),
                Value::Ints(seqs),
                Value::MaybeTexts(&kinds),
                Value::MaybeTexts(&titles),
                Value::MaybeTexts(&messages),
                Value::MaybeTexts(&links),
                Value::MaybeTexts(&metadata),
                Value::MaybeInts(&tickets),
                Value::MaybeInts(&related),
                Value::Int(now.0),
            ],
            |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)),
        )
        .await?;
    Ok(rows.into_iter().collect())
}

/// The user's indexed items on a shelf, newest first.
pub(super) async fn indexed_items(
    tx: &mut Tx,
    Shelved { user_id, inbox, filter, ids }: &Shelved<'_>,
    before: i64,
    most: usize,
) -> Result<Vec<Item>, Error> {
    let mut sql =
        "SELECT seq, notification_id, read_at, unread_mark, archived_at, snoozed_until FROM inbox_items
         WHERE user_id = $1 AND shelf = $2 AND seq < $3"
            .to_owned();
    let mut params: Vec<Value<'_>> = vec![(*user_id).into(), (filter.shelf as i64).into(), before.into()];
    if let Some(kind) = &filter.kind {
        params.push((&**kind).into());
        sql.push_str(&format!(" AND type = ${}", params.len()));
    }
    if filter.unread {
        sql.push_str(" AND read_at IS NULL");
        if filter.shelf == Shelf::Inbox {
            params.push(inbox.read_watermark.into());
            params.push(inbox.read_mark.into());
            sql.push_str(&format!(" AND (seq > ${} OR unread_mark = ${})", params.len() - 1, params.len()));
        }
    }
    if let Some(ids) = ids {
        params.push(ids.start.into());
        params.push(ids.end.into());
        let (start, end) = (params.len() - 1, params.len());
        sql.push_str(&format!(" AND notification_id >= ${start} AND notification_id < ${end}"));
    }
    params.push(i64::try_from(most).unwrap_or(i64::MAX).into());
    sql.push_str(&format!(" ORDER BY seq DESC LIMIT ${}", params.len()));
    let shelf = filter.shelf;
    tx.all(&sql, &params, |row| read_item(row, shelf)).await
}

fn read_item(row: &Row<'_>, shelf: Shelf) -> Result<Item, Error> {
    Ok(Item {
        shelf,
        seq: row.get(0)?,
        id: row.get(1)?,
        read_at: row.maybe_instant(2)?,
        unread_mark: row.get(3)?,
        archived_at: row.maybe_instant(4)?,
        snoozed_until: row.maybe_instant(5)?,
    })
}

/// The item of number `seq`, on whichever shelf it stands.
pub(super) async fn item(tx: &mut Tx, user_id: i64, seq: i64) -> Result<Option<Item>, Error> {
    tx.one(
        "SELECT seq, notification_id, read_at, unread_mark, archived_at, snoozed_until, shelf FROM inbox_items
         WHERE user_id = $1 AND shelf IN (0, 1, 2) AND seq = $2",
        params![user_id, seq],
        read_item_anywhere,
    )
    .await
}

/// Reads an item with its shelf as the last column.
pub(super) fn read_item_anywhere(row: &Row<'_>) -> Result<Item, Error> {
    read_item(row, Shelf::of(row.get(6)?))
}

/// The number of one of the user's own notifications.
pub(super) async fn own_seq(tx: &mut Tx, user_id: i64, id: i64) -> Result<Option<i64>, Error> {
    tx.one(
        "SELECT seq FROM notification_contents WHERE id = $1 AND user_id = $2",
        params![id, user_id],
        |row| row.get(0),
    )
    .await
}

pub(super) async fn insert_item(tx: &mut Tx, user_id: i64, kind: &str, item: &Item) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO inbox_items (user_id, shelf, seq, notification_id, type, read_at, unread_mark, archived_at,
            snoozed_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            user_id,
            item.shelf as i64,
            item.seq,
            item.id,
            kind,
            item.read_at,
            item.unread_mark,
            item.archived_at,
            item.snoozed_until
        ],
    )
    .await?;
    Ok(())
}

/// Takes an item from its shelf; returns its type.
pub(super) async fn remove_item(tx: &mut Tx, user_id: i64, item: &Item) -> Result<String, Error> {
    tx.one(
        "DELETE FROM inbox_items WHERE user_id = $1 AND shelf = $2 AND seq = $3 RETURNING type",
        params![user_id, item.shelf as i64, item.seq],
        |row| row.get(0),
    )
    .await?
    .ok_or_else(|| Error::Fault(format!("notification {} has lost its place", item.id)))
}

/// Gives a content the number under which it came back.
pub(super) async fn renumber(tx: &mut Tx, id: i64, seq: i64) -> Result<(), Error> {
    tx.execute("UPDATE notification_contents SET seq = $1 WHERE id = $2", params![seq, id]).await?;
    Ok(())
}

pub(super) async fn delete_content(tx: &mut Tx, id: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM notification_contents WHERE id = $1", params![id]).await?;
    Ok(())
}

/// How many unread ones stand in the inbox above a number that lies above the watermark. Walks over what came since:
/// little, for the user was just looking.
pub(super) async fn unread_above(tx: &mut Tx, user_id: i64, seq: i64) -> Result<i64, Error> {
    let unread = tx
        .one(
            "SELECT COUNT(*) FROM inbox_items WHERE user_id = $1 AND shelf = 0 AND seq > $2 AND read_at IS NULL",
            params![user_id, seq],
            |row| row.get(0),
        )
        .await?;
    Ok(unread.unwrap_or(0))
}

/// Reads what was made unread by hand up to a number; returns how many those were.
pub(super) async fn read_marked_up_to(
    tx: &mut Tx,
    user_id: i64,
    inbox: &Inbox,
    seq: i64,
    now: Instant,
) -> Result<i64, Error> {
    let read = tx
        .execute(
            "UPDATE inbox_items SET read_at = $1, unread_mark = NULL
             WHERE user_id = $2 AND shelf = 0 AND seq <= $3 AND read_at IS NULL AND unread_mark = $4",
            params![now, user_id, seq, inbox.read_mark],
        )
        .await?;
    Ok(i64::try_from(read).unwrap_or(i64::MAX))
}

pub(super) async fn insert_read_mark(
    tx: &mut Tx,
    user_id: i64,
    inbox: &Inbox,
    at: Instant,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO read_marks (user_id, seq, mark, at) VALUES ($1, $2, $3, $4)",
        params![user_id, inbox.read_watermark, inbox.read_mark, at],
    )
    .await?;
    Ok(())
}

/// When an item that was not read by itself was read with all others.
pub(super) async fn read_at_once(tx: &mut Tx, user_id: i64, item: &Item) -> Result<Option<Instant>, Error> {
    tx.one(
        "SELECT at FROM read_marks WHERE user_id = $1 AND seq >= $2 AND mark > $3 ORDER BY seq, mark LIMIT 1",
        params![user_id, item.seq, item.unread_mark.unwrap_or(0)],
        |row| row.instant(0),
    )
    .await
}

/// The sizes of the lists of ids in statements: few, so that prepared statements are met again.
const LIST_SIZES: [usize; 4] = [1, 20, 50, 101];

/// The contents of these ids, by id. The user is asked for again, so that no mistake shows another's.
pub(super) async fn contents(
    tx: &mut Tx,
    user_id: i64,
    ids: &[i64],
) -> Result<BTreeMap<i64, (Arc<NewNotification>, Instant)>, Error> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(LIST_SIZES[LIST_SIZES.len() - 1]) {
        let size = LIST_SIZES.into_iter().find(|size| chunk.len() <= *size).unwrap_or(chunk.len());
        let list: Vec<String> = (2..size + 2).map(|number| format!("${number}")).collect();
        let sql = format!(
            "SELECT id, type, title, message, link, metadata, related_ticket_id, related_user_id, created_at
             FROM notification_contents WHERE user_id = $1 AND id IN ({})",
            list.join(", ")
        );
        let mut params: Vec<Value<'_>> = vec![user_id.into()];
        params.extend(chunk.iter().map(|id| Value::Int(*id)));
        params.resize(size + 1, Value::Int(0));
        let rows = tx.all(&sql, &params, |row| read_content(row, user_id)).await?;
        found.extend(rows.into_iter().map(|(id, content, at)| (id, (Arc::new(content), at))));
    }
    Ok(found)
}

fn read_content(row: &Row<'_>, user_id: i64) -> Result<(i64, NewNotification, Instant), Error> {
    let content = NewNotification {
        user_id,
        kind: Arc::from(row.get::<String>(1)?),
        title: row.get(2)?,
        message: row.get(3)?,
        link: row.get(4)?,
        metadata: row.get(5)?,
        related_ticket_id: row.get(6)?,
        related_user_id: row.get(7)?,
    };
    Ok((row.get(0)?, content, row.instant(8)?))
}

/// The notification that an item and its content make.
pub(super) async fn notification(
    tx: &mut Tx,
    inbox: &Inbox,
    item: &Item,
    content: Arc<NewNotification>,
    created_at: Instant,
) -> Result<Notification, Error> {
    let is_read = !item.is_unread(inbox);
    let read_at = match item.read_at {
        None if is_read => read_at_once(tx, content.user_id, item).await?,
        read_at => read_at,
    };
    Ok(Notification {
        id: item.id,
        content,
        created_at,
        is_read,
        read_at,
        archived_at: item.archived_at,
        snoozed_until: item.snoozed_until,
    })
}

/// Snoozed items whose time has come: user and number.
pub(super) async fn due(tx: &mut Tx, now: Instant, most: i64) -> Result<Vec<(i64, i64)>, Error> {
    tx.all(
        "SELECT user_id, seq FROM inbox_items WHERE shelf = 2 AND snoozed_until <= $1
         ORDER BY snoozed_until, user_id, seq LIMIT $2",
        params![now, most],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .await
}

// The lazily merged index (SQLite only; see pending.rs).

pub(super) async fn indexed_and_head(tx: &mut Tx, user_id: i64) -> Result<Option<(i64, i64)>, Error> {
    tx.one("SELECT indexed_seq, head_seq FROM inboxes WHERE user_id = $1", params![user_id], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .await
}

pub(super) async fn index_place(tx: &mut Tx, user_id: i64, place: &Place) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO inbox_items (user_id, shelf, seq, notification_id, type) VALUES ($1, 0, $2, $3, $4)",
        params![user_id, place.seq, place.id, &*place.kind],
    )
    .await?;
    Ok(())
}

pub(super) async fn set_indexed(tx: &mut Tx, user_id: i64, seq: i64) -> Result<(), Error> {
    tx.execute("UPDATE inboxes SET indexed_seq = $1 WHERE user_id = $2", params![seq, user_id]).await?;
    Ok(())
}

pub(super) async fn newest_content(tx: &mut Tx) -> Result<i64, Error> {
    let newest =
        tx.one("SELECT MAX(id) FROM notification_contents", &[], |row| row.get::<Option<i64>>(0)).await?;
    Ok(newest.flatten().unwrap_or(0))
}

/// The first content with this id or a greater one, and when it was sent.
pub(super) async fn content_from(tx: &mut Tx, id: i64) -> Result<Option<(i64, Instant)>, Error> {
    tx.one(
        "SELECT id, created_at FROM notification_contents WHERE id >= $1 ORDER BY id LIMIT 1",
        params![id],
        |row| Ok((row.get(0)?, row.instant(1)?)),
    )
    .await
}

pub(super) async fn set_merged_to(tx: &mut Tx, id: i64) -> Result<(), Error> {
    tx.execute("UPDATE inbox_index SET merged_to = $1 WHERE id = 1", params![id]).await?;
    Ok(())
}

/// Every content without an indexed place, in the order of arrival; also those whose user was erased meanwhile.
pub(super) async fn unindexed(tx: &mut Tx) -> Result<Vec<(i64, Place)>, Error> {
    tx.all(
        "SELECT c.user_id, c.seq, c.id, c.type FROM notification_contents c LEFT JOIN inboxes b ON b.user_id = c.user_id
         WHERE c.id > (SELECT merged_to FROM inbox_index WHERE id = 1)
            AND (b.user_id IS NULL OR c.seq > b.indexed_seq) ORDER BY c.id",
        &[],
        |row| {
            Ok((row.get(0)?, Place { seq: row.get(1)?, id: row.get(2)?, kind: Arc::from(row.get::<String>(3)?) }))
        },
    )
    .await
}

/// PostgreSQL indexes at once; the view need not look for what is missing.
pub(super) async fn nothing_is_merged_lazily(tx: &mut Tx) -> Result<(), Error> {
    set_merged_to(tx, crate::http::body::LARGEST_ID).await
}

// Retention.

/// The next contents above `after`, in the order of arrival: the order of their ages, so that nobody need look
/// at the young ones.
pub(super) async fn arrived_after(tx: &mut Tx, after: i64, most: i64) -> Result<Vec<Arrived>, Error> {
    tx.all(
        "SELECT id, user_id, seq, created_at FROM notification_contents WHERE id > $1 ORDER BY id LIMIT $2",
        params![after, most],
        |row| {
            Ok(Arrived {
                id: row.get(0)?,
                user_id: row.get(1)?,
                seq: row.get(2)?,
                created_at: row.instant(3)?,
            })
        },
    )
    .await
}

/// Users who were erased and whose notifications are still there.
pub(super) async fn erased_with_contents(tx: &mut Tx) -> Result<Vec<i64>, Error> {
    tx.all("SELECT id FROM erased_users WHERE contents_gone = FALSE ORDER BY id LIMIT 1", &[], |row| {
        row.get(0)
    })
    .await
}

/// Deletes at most `most` items of an erased user, with their contents; returns how many.
pub(super) async fn erase_items(tx: &mut Tx, user_id: i64, most: i64) -> Result<usize, Error> {
    let items = tx
        .all(
            "SELECT shelf, seq, notification_id FROM inbox_items WHERE user_id = $1 LIMIT $2",
            params![user_id, most],
            |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?)),
        )
        .await?;
    for (shelf, seq, id) in &items {
        tx.execute(
            "DELETE FROM inbox_items WHERE user_id = $1 AND shelf = $2 AND seq = $3",
            params![user_id, *shelf, *seq],
        )
        .await?;
        delete_content(tx, *id).await?;
    }
    Ok(items.len())
}

pub(super) async fn erased(tx: &mut Tx, user_id: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM read_marks WHERE user_id = $1", params![user_id]).await?;
    super::feed::forget_changes_of(tx, user_id).await?;
    tx.execute("UPDATE erased_users SET contents_gone = TRUE WHERE id = $1", params![user_id]).await?;
    Ok(())
}
