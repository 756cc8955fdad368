//! The SQL of mutes.

use std::collections::BTreeSet;

use super::{Mute, Record};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Error, Tx, Value};

/// How many records a statement names: few sizes, so that there are few statements to prepare.
const SIZES: [usize; 3] = [1, 8, 64];

/// The muted ones among these records.
pub(super) async fn among(tx: &mut Tx, asked: &[Record], now: Instant) -> Result<BTreeSet<Record>, Error> {
    let mut found = BTreeSet::new();
    let most = SIZES[SIZES.len() - 1];
    for some in asked.chunks(most) {
        let size = SIZES.into_iter().find(|size| some.len() <= *size).unwrap_or(most);
        let any_of: Vec<String> = (0..size)
            .map(|index| {
                let first = 2 + 3 * index;
                format!("(user_id = ${} AND module = ${} AND record_id = ${})", first, first + 1, first + 2)
            })
            .collect();
        let sql = format!(
            "SELECT user_id, module, record_id FROM record_mutes WHERE (until IS NULL OR until > $1) AND ({})",
            any_of.join(" OR ")
        );
        // The last record stands in for those that are too few.
        let filler = std::iter::repeat_n(&some[some.len() - 1], size - some.len());
        let mut values = vec![Value::from(now)];
        for (user_id, module, record_id) in some.iter().chain(filler) {
            values.extend([Value::from(*user_id), Value::from(module), Value::from(record_id)]);
        }
        let muted = tx.all(&sql, &values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).await?;
        found.extend(muted);
    }
    Ok(found)
}

/// The records that a user has muted, in order.
pub(super) async fn of_user(tx: &mut Tx, user_id: i64, now: Instant) -> Result<Vec<Mute>, Error> {
    tx.all(
        "SELECT module, record_id, until FROM record_mutes
         WHERE user_id = $1 AND (until IS NULL OR until > $2) ORDER BY module, record_id",
        params![user_id, now],
        |row| Ok(Mute { module: row.get(0)?, record_id: row.get(1)?, until: row.maybe_instant(2)? }),
    )
    .await
}

pub(super) async fn put(tx: &mut Tx, user_id: i64, mute: &Mute, now: Instant) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO record_mutes (user_id, module, record_id, until, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (user_id, module, record_id) DO UPDATE SET until = excluded.until",
        params![user_id, &mute.module, &mute.record_id, mute.until, now],
    )
    .await?;
    Ok(())
}

pub(super) async fn count(tx: &mut Tx, user_id: i64) -> Result<i64, Error> {
    let count = tx
        .one("SELECT COUNT(*) FROM record_mutes WHERE user_id = $1", params![user_id], |row| row.get(0))
        .await?;
    Ok(count.unwrap_or(0))
}

pub(super) async fn forget_past(tx: &mut Tx, user_id: i64, now: Instant) -> Result<(), Error> {
    tx.execute("DELETE FROM record_mutes WHERE user_id = $1 AND until <= $2", params![user_id, now]).await?;
    Ok(())
}

/// Returns whether the record was muted.
pub(super) async fn delete(
    tx: &mut Tx,
    user_id: i64,
    module: &str,
    record_id: &str,
    now: Instant,
) -> Result<bool, Error> {
    forget_past(tx, user_id, now).await?;
    let deleted = tx
        .execute(
            "DELETE FROM record_mutes WHERE user_id = $1 AND module = $2 AND record_id = $3",
            params![user_id, module, record_id],
        )
        .await?;
    Ok(deleted == 1)
}
