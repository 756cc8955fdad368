//! The SQL of idempotency keys.

use super::{Claim, Kept};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Error, Tx};

pub(super) struct Found {
    pub fingerprint: String,
    pub kept: Kept,
    pub created_at: Instant,
}

/// Returns whether the key was free. Where another transaction holds it, PostgreSQL waits for that one's end.
pub(super) async fn insert(tx: &mut Tx, claim: &Claim) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO idempotency_keys (scope, key, fingerprint, status, answer, created_at)
             VALUES ($1, $2, $3, 0, '', $4) ON CONFLICT (scope, key) DO NOTHING",
            params![&claim.scope, &claim.key, &claim.fingerprint, claim.now],
        )
        .await?;
    Ok(inserted == 1)
}

pub(super) async fn find(tx: &mut Tx, claim: &Claim) -> Result<Option<Found>, Error> {
    tx.one(
        "SELECT fingerprint, status, answer, created_at FROM idempotency_keys WHERE scope = $1 AND key = $2",
        params![&claim.scope, &claim.key],
        |row| {
            let status = u16::try_from(row.get::<i64>(1)?).unwrap_or(200);
            Ok(Found {
                fingerprint: row.get(0)?,
                kept: Kept { status, body: row.get(2)? },
                created_at: row.instant(3)?,
            })
        },
    )
    .await
}

/// Takes over a key whose answer is no longer kept.
pub(super) async fn renew(tx: &mut Tx, claim: &Claim) -> Result<(), Error> {
    tx.execute(
        "UPDATE idempotency_keys SET fingerprint = $1, status = 0, answer = '', created_at = $2
         WHERE scope = $3 AND key = $4",
        params![&claim.fingerprint, claim.now, &claim.scope, &claim.key],
    )
    .await?;
    Ok(())
}

/// Keeps the answer of the work that was done under a claim.
///
/// # Errors
/// What the database says.
pub async fn fulfil(tx: &mut Tx, claim: &Claim, status: u16, answer: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE idempotency_keys SET status = $1, answer = $2 WHERE scope = $3 AND key = $4",
        params![i64::from(status), answer, &claim.scope, &claim.key],
    )
    .await?;
    Ok(())
}

/// Gives a claim back: nothing was done under it.
///
/// # Errors
/// What the database says.
pub async fn release(tx: &mut Tx, claim: &Claim) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2",
        params![&claim.scope, &claim.key],
    )
    .await?;
    Ok(())
}

/// Forgets at most `most` answers older than `before`; returns how many.
///
/// # Errors
/// What the database says.
pub async fn forget_before(tx: &mut Tx, before: Instant, most: i64) -> Result<u64, Error> {
    let old = tx
        .all(
            "SELECT scope, key FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2",
            params![before, most],
            |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)),
        )
        .await?;
    for (scope, key) in &old {
        tx.execute("DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2", params![scope, key]).await?;
    }
    Ok(old.len() as u64)
}
