//! The SQL of what is said about tickets.

use super::Comment;
use crate::clock::Instant;
use crate::params;
use crate::storage::{Error, Row, Tx};

/// Keeps a comment; returns its number.
pub(super) async fn insert(tx: &mut Tx, comment: &Comment) -> Result<i64, Error> {
    let id = tx
        .one(
            "INSERT INTO ticket_comments (ticket_id, at, author_id, author, from_customer, text)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            params![
                &*comment.ticket_id,
                comment.at,
                comment.author_id,
                &comment.author,
                comment.from_customer,
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
        ticket_id: row.get::<String>(1)?.into(),
        at: Instant(row.get(2)?),
        author_id: row.get(3)?,
        author: row.get(4)?,
        from_customer: row.get(5)?,
        text: row.get(6)?,
    })
}

/// What was said about a ticket before the comment of this number, newest first.
pub(super) async fn page(
    tx: &mut Tx,
    ticket_id: &str,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<Comment>, Error> {
    tx.all(
        "SELECT id, ticket_id, at, author_id, author, from_customer, text FROM ticket_comments
         WHERE ticket_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        params![ticket_id, before.unwrap_or(i64::MAX), most],
        read,
    )
    .await
}
