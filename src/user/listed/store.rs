//! The SQL of lists of people.

use crate::params;
use crate::storage::{Error, Tx};
use crate::user::store::escaped;

/// Those who are called this: the user with this number, or with this e-mail address, or all of this name.
pub(super) async fn called(tx: &mut Tx, entry: &str) -> Result<Vec<i64>, Error> {
    let key = entry.to_lowercase();
    if let Ok(id) = entry.parse::<i64>() {
        let by_number = tx.one("SELECT id FROM users WHERE id = $1", params![id], |row| row.get(0)).await?;
        if let Some(id) = by_number {
            return Ok(vec![id]);
        }
    }
    let by_email =
        tx.one("SELECT id FROM users WHERE email_key = $1", params![&key], |row| row.get(0)).await?;
    if let Some(id) = by_email {
        return Ok(vec![id]);
    }
    tx.all("SELECT id FROM users WHERE name_key = $1 ORDER BY id", params![&key], |row| row.get(0)).await
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
