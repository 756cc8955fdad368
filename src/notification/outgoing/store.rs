//! The SQL of what goes out.

use std::collections::HashMap;

use crate::delivery::Content;
use crate::notification::Shelf;
use crate::notification::inbox::{Inbox, Item};
use crate::storage::{Error, Row, Tx, Value};

/// The sizes of the lists in statements: few, so that prepared statements are met again.
const LIST_SIZES: [usize; 3] = [1, 16, 256];

/// These notifications, by user and number, with how they stand in their inboxes now.
pub(super) async fn contents(tx: &mut Tx, ids: &[(i64, i64)]) -> Result<HashMap<(i64, i64), Content>, Error> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(LIST_SIZES[LIST_SIZES.len() - 1]) {
        let size = LIST_SIZES.into_iter().find(|size| chunk.len() <= *size).unwrap_or(chunk.len());
        let places: Vec<String> = (1..=size).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT c.id, c.user_id, c.title, c.message, c.link, c.metadata, c.related_ticket_id, c.related_user_id,
                c.created_at, c.seq, i.shelf, i.read_at, i.unread_mark, b.read_watermark, b.read_mark
             FROM notification_contents c
             JOIN inboxes b ON b.user_id = c.user_id
             LEFT JOIN inbox_items i ON i.user_id = c.user_id AND i.shelf IN (0, 1, 2) AND i.seq = c.seq
             WHERE c.id IN ({})",
            places.join(", ")
        );
        let mut params: Vec<Value<'_>> = chunk.iter().map(|(_, id)| Value::Int(*id)).collect();
        params.resize(size, Value::Int(0));
        found.extend(tx.all(&sql, &params, read).await?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<((i64, i64), Content), Error> {
    let (id, seq) = (row.get(0)?, row.get(9)?);
    // What the index lacks yet, nobody has touched.
    let item = match row.get::<Option<i64>>(10)? {
        None => Item::fresh(seq, id),
        Some(shelf) => Item {
            shelf: Shelf::of(shelf),
            read_at: row.maybe_instant(11)?,
            unread_mark: row.get(12)?,
            ..Item::fresh(seq, id)
        },
    };
    let inbox = Inbox { read_watermark: row.get(13)?, read_mark: row.get(14)?, ..Inbox::default() };
    let content = Content {
        title: row.get(2)?,
        message: row.get(3)?,
        link: row.get(4)?,
        metadata: row.get(5)?,
        related_ticket_id: row.get(6)?,
        related_user_id: row.get(7)?,
        created_at: row.instant(8)?,
        is_read: !item.is_unread(&inbox),
        is_archived: item.shelf == Shelf::Archive,
    };
    Ok(((row.get(1)?, id), content))
}
