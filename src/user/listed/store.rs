//! The SQL of lists of people.

use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};
use crate::user::store::escaped;

/// Somebody by what lists may call them.
pub(super) struct Found {
    pub id: i64,
    /// In lower case.
    pub email_key: String,
    /// In lower case.
    pub name_key: String,
}

/// Those who have one of these numbers, or one of these keys as their e-mail address or name; in the order of their
/// numbers. SQLite is quickest row by row, PostgreSQL with one question.
pub(super) async fn called(tx: &mut Tx, numbers: &[i64], keys: &[String]) -> Result<Vec<Found>, Error> {
    let read = |row: &Row<'_>| Ok(Found { id: row.get(0)?, email_key: row.get(1)?, name_key: row.get(2)? });
    if tx.engine() == Engine::Postgres {
        let keys: Vec<Option<&str>> = keys.iter().map(|key| Some(key.as_str())).collect();
        let sql = "SELECT id, email_key, name_key FROM users
            WHERE id = ANY($1::BIGINT[]) OR email_key = ANY($2::TEXT[]) OR name_key = ANY($2::TEXT[]) ORDER BY id";
        return tx.all(sql, &[Value::Ints(numbers), Value::MaybeTexts(&keys)], read).await;
    }
    let mut found = Vec::new();
    for number in numbers {
        let sql = "SELECT id, email_key, name_key FROM users WHERE id = $1";
        found.extend(tx.one(sql, params![*number], read).await?);
    }
    for key in keys {
        let sql = "SELECT id, email_key, name_key FROM users WHERE email_key = $1 OR name_key = $1";
        found.extend(tx.all(sql, params![key], read).await?);
    }
    found.sort_unstable_by_key(|found| found.id);
    found.dedup_by_key(|found| found.id);
    Ok(found)
}

/// The names of those who may sign in and begin with the same letter, in the order of the names.
pub(super) async fn names(tx: &mut Tx, entry: &str, most: i64) -> Result<Vec<String>, Error> {
    let first: String = entry.to_lowercase().chars().take(1).collect();
    tx.all(
        "SELECT name FROM users WHERE status = 'Active' AND name_key LIKE $1 ESCAPE '!'
         ORDER BY name_key LIMIT $2",
        params![&format!("{}%", escaped(&first)), most],
        |row| row.get(0),
    )
    .await
}
