//! The SQL of the directory.

use super::Entry;
use crate::params;
use crate::storage::{Error, Tx};
use crate::user::store::escaped;

/// Those who may sign in and have `words` in their name or at the beginning of their e-mail, by name.
pub(super) async fn people(tx: &mut Tx, words: &str, most: i64) -> Result<Vec<Entry>, Error> {
    let words = escaped(&words.to_lowercase());
    tx.all(
        "SELECT id, name FROM users WHERE status = 'Active'
             AND (name_key LIKE $1 ESCAPE '!' OR email_key LIKE $2 ESCAPE '!')
         ORDER BY name_key, id LIMIT $3",
        params![&format!("%{words}%"), &format!("{words}%"), most],
        |row| Ok(Entry { id: row.get(0)?, name: row.get(1)? }),
    )
    .await
}

/// The groups with `words` in their name, by name.
pub(super) async fn groups(tx: &mut Tx, words: &str, most: i64) -> Result<Vec<String>, Error> {
    tx.all(
        "SELECT name FROM user_groups WHERE name_key LIKE $1 ESCAPE '!' ORDER BY name_key LIMIT $2",
        params![&format!("%{}%", escaped(&words.to_lowercase())), most],
        |row| row.get(0),
    )
    .await
}
