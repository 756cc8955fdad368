//! The SQL of templates.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::shelf::{Card, Edition};
use super::{Kind, Wording};
use crate::params;
use crate::storage::{Error, Row, Tx, Value};

fn kind_named(name: &str) -> Result<Kind, Error> {
    match name {
        "email" => Ok(Kind::Email),
        "pdf" => Ok(Kind::Pdf),
        other => Err(Error::Fault(format!("a template is of the unknown kind {other}"))),
    }
}

const WORDINGS: &str = "SELECT t.id, t.version, t.kind, t.name, v.subject, v.source
    FROM templates t JOIN template_versions v ON v.template_id = t.id AND v.version = t.version";

fn read_wording(row: &Row<'_>) -> Result<Wording, Error> {
    let text = |at| row.get::<String>(at).map(Arc::from);
    Ok(Wording {
        template_id: row.get(0)?,
        version: row.get(1)?,
        kind: kind_named(&row.get::<String>(2)?)?,
        name: text(3)?,
        subject: text(4)?,
        source: text(5)?,
    })
}

pub(super) async fn wordings(tx: &mut Tx, ids: &BTreeSet<i64>) -> Result<Vec<Wording>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=ids.len()).map(|number| format!("${number}")).collect();
    let params: Vec<Value<'_>> = ids.iter().map(|id| Value::Int(*id)).collect();
    let sql = format!("{WORDINGS} WHERE t.id IN ({})", places.join(", "));
    tx.all(&sql, &params, read_wording).await
}

pub(super) async fn by_key(tx: &mut Tx, key: &str) -> Result<Option<i64>, Error> {
    tx.one("SELECT id FROM templates WHERE shipped_key = $1", params![key], |row| row.get(0)).await
}

pub(super) async fn kind(tx: &mut Tx, id: i64) -> Result<Option<Kind>, Error> {
    tx.one("SELECT kind FROM templates WHERE id = $1", params![id], |row| kind_named(&row.get::<String>(0)?))
        .await
}

const CARDS: &str = "SELECT t.id, t.kind, t.name, t.shipped_key, t.is_changed, t.version, t.updated_at, t.updated_by, v.subject
    FROM templates t JOIN template_versions v ON v.template_id = t.id AND v.version = t.version";

fn read_card(row: &Row<'_>) -> Result<Card, Error> {
    Ok(Card {
        id: row.get(0)?,
        kind: kind_named(&row.get::<String>(1)?)?,
        name: row.get(2)?,
        key: row.get(3)?,
        is_changed: row.get(4)?,
        version: row.get(5)?,
        updated_at: row.instant(6)?,
        updated_by: row.get(7)?,
        subject: row.get(8)?,
    })
}

/// Every template, or those of a kind, by kind and name.
pub(super) async fn cards(tx: &mut Tx, kind: Option<Kind>) -> Result<Vec<Card>, Error> {
    match kind {
        Some(kind) => {
            let sql = format!("{CARDS} WHERE t.kind = $1 ORDER BY t.name_key");
            tx.all(&sql, params![kind.name()], read_card).await
        }
        None => tx.all(&format!("{CARDS} ORDER BY t.kind, t.name_key"), &[], read_card).await,
    }
}

pub(super) async fn card(tx: &mut Tx, id: i64) -> Result<Option<Card>, Error> {
    tx.one(&format!("{CARDS} WHERE t.id = $1"), params![id], read_card).await
}

pub(super) async fn card_by_key(tx: &mut Tx, key: &str) -> Result<Option<Card>, Error> {
    tx.one(&format!("{CARDS} WHERE t.shipped_key = $1"), params![key], read_card).await
}

pub(super) async fn count(tx: &mut Tx, most: i64) -> Result<usize, Error> {
    let some = tx.all("SELECT id FROM templates LIMIT $1", params![most], |row| row.get::<i64>(0)).await?;
    Ok(some.len())
}

/// The template of this kind and name.
pub(super) async fn named(tx: &mut Tx, kind: Kind, name: &str) -> Result<Option<i64>, Error> {
    tx.one(
        "SELECT id FROM templates WHERE kind = $1 AND name_key = $2",
        params![kind.name(), &name.to_lowercase()],
        |row| row.get(0),
    )
    .await
}

/// Puts up a template; `None` where another node has just put up the same shipped one.
pub(super) async fn insert(tx: &mut Tx, card: &Card) -> Result<Option<i64>, Error> {
    tx.one(
        "INSERT INTO templates (kind, name, name_key, shipped_key, is_changed, version, created_at, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) ON CONFLICT DO NOTHING RETURNING id",
        params![
            card.kind.name(),
            &card.name,
            &card.name.to_lowercase(),
            card.key.as_deref(),
            card.is_changed,
            card.version,
            card.updated_at,
            &card.updated_by
        ],
        |row| row.get(0),
    )
    .await
}

/// Takes over what a card says of a template whose newest version is `before`; returns whether it still was.
pub(super) async fn update(tx: &mut Tx, card: &Card, before: i64) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE templates SET name = $1, name_key = $2, is_changed = $3, version = $4, updated_at = $5,
                updated_by = $6 WHERE id = $7 AND version = $8",
            params![
                &card.name,
                &card.name.to_lowercase(),
                card.is_changed,
                card.version,
                card.updated_at,
                &card.updated_by,
                card.id,
                before
            ],
        )
        .await?;
    Ok(changed == 1)
}

pub(super) async fn insert_version(
    tx: &mut Tx,
    id: i64,
    edition: &Edition,
    source: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO template_versions (template_id, version, subject, source, at, actor)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![id, edition.version, &edition.subject, source, edition.at, &edition.actor],
    )
    .await?;
    Ok(())
}

/// The subject and source of a version.
pub(super) async fn version(tx: &mut Tx, id: i64, version: i64) -> Result<Option<(String, String)>, Error> {
    tx.one(
        "SELECT subject, source FROM template_versions WHERE template_id = $1 AND version = $2",
        params![id, version],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .await
}

/// Every version that is kept, newest first.
pub(super) async fn versions(tx: &mut Tx, id: i64) -> Result<Vec<Edition>, Error> {
    tx.all(
        "SELECT version, subject, at, actor FROM template_versions WHERE template_id = $1 ORDER BY version DESC",
        params![id],
        |row| {
            Ok(Edition { version: row.get(0)?, subject: row.get(1)?, at: row.instant(2)?, actor: row.get(3)? })
        },
    )
    .await
}

/// Forgets the versions of a template up to this one.
pub(super) async fn forget_versions(tx: &mut Tx, id: i64, up_to: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM template_versions WHERE template_id = $1 AND version <= $2", params![id, up_to])
        .await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, id: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM template_versions WHERE template_id = $1", params![id]).await?;
    tx.execute("DELETE FROM templates WHERE id = $1", params![id]).await?;
    Ok(())
}
