//! The SQL of API keys.

use super::ring::Stored;
use super::{Change, Key};
use crate::auth::Roles;
use crate::clock::Instant;
use crate::params;
use crate::secret::Digest;
use crate::storage::{Error, Row, Tx};

pub(super) async fn insert(tx: &mut Tx, key: &Key, digest: &str) -> Result<i64, Error> {
    let id = tx
        .one(
            "INSERT INTO api_keys (name, description, roles, hint, digest, created_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
            params![
                &key.name,
                &key.description,
                &key.roles.to_json(),
                &key.hint,
                digest,
                &key.created_by,
                key.created_at,
                key.expires_at,
            ],
            |row| row.get(0),
        )
        .await?;
    id.ok_or_else(|| Error::Fault("an inserted API key has no id".to_owned()))
}

/// In the order of their making.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Key>, Error> {
    tx.all(
        "SELECT id, name, description, roles, hint, created_by, created_at, expires_at, revoked_at, used_at
         FROM api_keys ORDER BY id",
        &[],
        read_key,
    )
    .await
}

pub(super) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Key>, Error> {
    tx.one(
        "SELECT id, name, description, roles, hint, created_by, created_at, expires_at, revoked_at, used_at
         FROM api_keys WHERE id = $1",
        params![id],
        read_key,
    )
    .await
}

fn read_key(row: &Row<'_>) -> Result<Key, Error> {
    Ok(Key {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        roles: Roles::from_json(&row.get::<String>(3)?),
        hint: row.get(4)?,
        created_by: row.get(5)?,
        created_at: row.instant(6)?,
        expires_at: row.maybe_instant(7)?,
        revoked_at: row.maybe_instant(8)?,
        used_at: row.maybe_instant(9)?,
    })
}

/// The keys that are not revoked, whether expired or not.
pub(super) async fn accepted(tx: &mut Tx) -> Result<Vec<Stored>, Error> {
    tx.all(
        "SELECT id, description, roles, expires_at, digest FROM api_keys WHERE revoked_at IS NULL ORDER BY id",
        &[],
        |row| {
            Ok(Stored {
                id: row.get(0)?,
                description: row.get(1)?,
                roles: Roles::from_json(&row.get::<String>(2)?),
                expires_at: row.maybe_instant(3)?,
                digest: digest(&row.get::<String>(4)?)?,
            })
        },
    )
    .await
}

fn digest(hex: &str) -> Result<Digest, Error> {
    let damaged = || Error::Fault("the digest of an API key is damaged".to_owned());
    let mut digest = [0; 32];
    if hex.len() != 2 * digest.len() || !hex.is_ascii() {
        return Err(damaged());
    }
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).map_err(|_| damaged())?;
    }
    Ok(digest)
}

pub(super) async fn update(tx: &mut Tx, id: i64, change: &Change) -> Result<(), Error> {
    tx.execute(
        "UPDATE api_keys SET name = COALESCE($1, name), description = COALESCE($2, description),
             roles = COALESCE($3, roles), expires_at = CASE WHEN $4 THEN $5 ELSE expires_at END
         WHERE id = $6",
        params![
            &change.name,
            &change.description,
            &change.roles.map(Roles::to_json),
            change.expires_at.is_some(),
            change.expires_at.flatten(),
            id,
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn replace_text(tx: &mut Tx, id: i64, hint: &str, digest: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE api_keys SET hint = $1, digest = $2, used_at = NULL WHERE id = $3",
        params![hint, digest, id],
    )
    .await?;
    Ok(())
}

/// A key that was revoked before keeps its date.
pub(super) async fn revoke(tx: &mut Tx, id: i64, now: Instant) -> Result<(), Error> {
    tx.execute("UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL", params![now, id])
        .await?;
    Ok(())
}

pub(super) async fn note_uses(tx: &mut Tx, uses: &[(i64, Instant)]) -> Result<(), Error> {
    for (id, used_at) in uses {
        tx.execute(
            "UPDATE api_keys SET used_at = $1 WHERE id = $2 AND (used_at IS NULL OR used_at < $1)",
            params![*used_at, *id],
        )
        .await?;
    }
    Ok(())
}
