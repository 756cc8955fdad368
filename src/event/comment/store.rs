//! The SQL of what is said about tickets.

use super::{Comment, FORMER};
use crate::clock::Instant;
use crate::params;
use crate::record::Record;
use crate::storage::{Error, Row, Tx};

/// Keeps what was said about a ticket; returns its number.
pub(super) async fn insert(tx: &mut Tx, ticket: &Record, comment: &Comment) -> Result<i64, Error> {
    let id = tx
        .one(
            "INSERT INTO ticket_comments (ticket_number, at, author_id, author, from_customer, internal, text)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            params![
                ticket.number,
                comment.at,
                comment.author_id,
                &comment.author,
                comment.from_customer,
                comment.internal,
                &comment.text
            ],
            |row| row.get(0),
        )
        .await?;
    id.ok_or_else(|| Error::Fault("a comment was not kept".to_owned()))
}

fn read(row: &Row<'_>) -> Result<Comment, Error> {
    Ok(Comment {
        id: row.get(0)?,
        at: row.instant(1)?,
        author_id: row.get(2)?,
        author: row.get(3)?,
        from_customer: row.get(4)?,
        internal: row.get(5)?,
        text: row.get(6)?,
    })
}

/// What was said about a ticket before the comment of this number, newest first.
pub(super) async fn page(
    tx: &mut Tx,
    ticket: &Record,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<Comment>, Error> {
    tx.all(
        "SELECT id, at, author_id, author, from_customer, internal, text FROM ticket_comments
         WHERE ticket_number = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        params![ticket.number, before.unwrap_or(i64::MAX), most],
        read,
    )
    .await
}

/// Forgets some of what was said before `before`.
pub(super) async fn forget(tx: &mut Tx, before: Instant, most: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM ticket_comments WHERE id IN
            (SELECT id FROM ticket_comments WHERE at < $1 ORDER BY at, id LIMIT $2)",
        params![before, most],
    )
    .await
}

/// Forgets of some comments that users who were erased said them. SQLite keeps the order of a CROSS JOIN: those who are gone
/// are few beside what all others said.
pub(super) async fn forget_authors(tx: &mut Tx, most: i64) -> Result<u64, Error> {
    tx.execute(
        "UPDATE ticket_comments SET author_id = NULL, author = $1 WHERE id IN
            (SELECT said.id FROM erased_users gone CROSS JOIN ticket_comments said
             WHERE said.author_id = gone.id LIMIT $2)",
        params![FORMER, most],
    )
    .await
}
