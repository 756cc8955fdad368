//! The SQL of settings.

use crate::clock::Instant;
use crate::params;
use crate::storage::{Error, Tx};

/// Every group that was changed: its key and its text.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<(String, String)>, Error> {
    tx.all("SELECT name, value FROM settings", &[], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// The text of a group, which nobody else changes until the transaction ends.
pub(super) async fn locked(tx: &mut Tx, name: &str, now: Instant, by: &str) -> Result<Option<String>, Error> {
    tx.one(
        "INSERT INTO settings (name, value, changed_at, changed_by) VALUES ($1, '{}', $2, $3)
         ON CONFLICT (name) DO UPDATE SET value = settings.value RETURNING value",
        params![name, now, by],
        |row| row.get(0),
    )
    .await
}

pub(super) async fn put(tx: &mut Tx, name: &str, value: &str, now: Instant, by: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE settings SET value = $1, changed_at = $2, changed_by = $3 WHERE name = $4",
        params![value, now, by, name],
    )
    .await?;
    Ok(())
}
