//! The SQL of events.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Event;
use crate::clock::Instant;
use crate::params;
use crate::storage::{Error, Row, Tx};

/// An event as it was written down.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub id: i64,
    pub kind: String,
    pub module: Option<String>,
    pub record_id: Option<String>,
    pub actor_id: Option<i64>,
    pub data: Map<String, Value>,
    pub at: Instant,
    pub source: Option<String>,
    pub external_id: Option<String>,
}

impl Kept {
    /// An event that was written down under this number.
    pub fn of(event: &Event, id: i64) -> Self {
        let (module, record_id) =
            event.subject.as_ref().map(|(module, id)| (module.to_string(), id.to_string())).unzip();
        let (source, external_id) =
            event.origin.as_ref().map(|(source, id)| (source.to_string(), id.to_string())).unzip();
        Self {
            id,
            kind: event.kind.to_string(),
            module,
            record_id,
            actor_id: event.actor.user_id,
            data: event.data.clone(),
            at: event.at,
            source,
            external_id,
        }
    }

    /// Whether this is what it tells of: the same type, about the same record.
    pub fn is_of(&self, event: &Event) -> bool {
        let subject = event.subject.as_ref().map(|(module, id)| (&**module, &**id)).unzip();
        (self.kind.as_str(), (self.module.as_deref(), self.record_id.as_deref())) == (&*event.kind, subject)
    }

    /// What it is, in a word or two: `ticket.updated of tickets/42`.
    pub fn name(&self) -> String {
        match (&self.module, &self.record_id) {
            (Some(module), Some(id)) => format!("{} of {module}/{id}", self.kind),
            _ => self.kind.clone(),
        }
    }
}

/// Writes an event down; returns its number, or `None` where its origin told of one before.
pub(super) async fn insert(tx: &mut Tx, event: &Event, now: Instant) -> Result<Option<i64>, Error> {
    let (module, record_id) = event.subject.as_ref().map(|(module, id)| (&**module, &**id)).unzip();
    let (source, external_id) = event.origin.as_ref().map(|(source, id)| (&**source, &**id)).unzip();
    let data = Value::Object(event.data.clone()).to_string();
    tx.one(
        "INSERT INTO events (type, module, record_id, actor_id, data, happened_at, source, external_id, arrived_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING RETURNING id",
        params![
            &*event.kind,
            module,
            record_id,
            event.actor.user_id,
            &data,
            event.at,
            source,
            external_id,
            now
        ],
        |row| row.get(0),
    )
    .await
}

/// What an origin told of before: there is such an event where [`insert`] found one.
pub(super) async fn known(tx: &mut Tx, origin: Option<&(Arc<str>, Arc<str>)>) -> Result<Kept, Error> {
    let Some((source, id)) = origin else {
        return Err(Error::Fault("an event without an origin was not written down".to_owned()));
    };
    let found = tx
        .one(
            "SELECT id, type, module, record_id, actor_id, data, happened_at, source, external_id
             FROM events WHERE source = $1 AND external_id = $2",
            params![&**source, &**id],
            read,
        )
        .await?;
    found.ok_or_else(|| Error::Unavailable("an event vanished while it was read".to_owned()))
}

fn read(row: &Row<'_>) -> Result<Kept, Error> {
    let data = serde_json::from_str(&row.get::<String>(5)?);
    Ok(Kept {
        id: row.get(0)?,
        kind: row.get(1)?,
        module: row.get(2)?,
        record_id: row.get(3)?,
        actor_id: row.get(4)?,
        data: data.map_err(|error| Error::Fault(format!("the data of an event: {error}")))?,
        at: row.instant(6)?,
        source: row.get(7)?,
        external_id: row.get(8)?,
    })
}

/// Forgets some of what happened before `before`. What was told late stays as long as what is new: its origin may tell
/// of it again.
pub(super) async fn forget(tx: &mut Tx, before: Instant, most: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM events WHERE id IN
            (SELECT id FROM events WHERE happened_at < $1 AND COALESCE(arrived_at, 0) < $2
             ORDER BY happened_at, id LIMIT $3)",
        params![before, before, most],
    )
    .await
}
