//! The SQL of history.

use serde_json::{Value as Json, json};

use super::{Entry, Filter, Line, Noted, Subject};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};

/// An entry as its columns hold it.
struct Columns<'a> {
    module: Option<&'a str>,
    record_id: Option<&'a str>,
    group: Option<&'a str>,
    from: Option<String>,
    to: Option<String>,
}

impl<'a> Columns<'a> {
    fn of(entry: &'a Entry) -> Self {
        let (module, record_id, group) = match &entry.subject {
            Subject::Record(module, id) => (Some(&**module), Some(&**id), None),
            Subject::Settings(group) => (None, None, Some(&**group)),
        };
        let text = |value: &Option<Json>| value.as_ref().map(Json::to_string);
        Self { module, record_id, group, from: text(&entry.from), to: text(&entry.to) }
    }
}

pub(super) async fn insert(tx: &mut Tx, entries: &[Entry]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    if tx.engine() == Engine::Postgres {
        return insert_all(tx, entries).await;
    }
    for entry in entries {
        let columns = Columns::of(entry);
        tx.execute(
            "INSERT INTO history (at, module, record_id, settings_group, field, from_value, to_value, actor_id, actor,
                changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            params![
                entry.at,
                columns.module,
                columns.record_id,
                columns.group,
                &entry.field,
                &columns.from,
                &columns.to,
                entry.actor.user_id,
                &*entry.actor.name,
                entry.actor.by.name()
            ],
        )
        .await?;
    }
    Ok(())
}

async fn insert_all(tx: &mut Tx, entries: &[Entry]) -> Result<(), Error> {
    let rows: Vec<Json> = entries
        .iter()
        .map(|entry| {
            let columns = Columns::of(entry);
            json!({
                "at": entry.at.0, "module": columns.module, "record_id": columns.record_id,
                "settings_group": columns.group, "field": entry.field, "from_value": columns.from,
                "to_value": columns.to, "actor_id": entry.actor.user_id, "actor": &*entry.actor.name,
                "changed_by": entry.actor.by.name(),
            })
        })
        .collect();
    tx.execute(
        "INSERT INTO history (at, module, record_id, settings_group, field, from_value, to_value, actor_id, actor,
            changed_by)
         SELECT at, module, record_id, settings_group, field, from_value, to_value, actor_id, actor, changed_by
         FROM json_to_recordset($1::TEXT::JSON) AS row (at BIGINT, module TEXT, record_id TEXT, settings_group TEXT,
            field TEXT, from_value TEXT, to_value TEXT, actor_id BIGINT, actor TEXT, changed_by TEXT)",
        params![&serde_json::to_string(&rows).expect("rows are plain JSON")],
    )
    .await?;
    Ok(())
}

const COLUMNS: &str = "id, at, field, from_value, to_value, actor_id, actor, changed_by";

fn read_line(row: &Row<'_>) -> Result<(i64, Line), Error> {
    let value = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    let line = Line {
        field: row.get(2)?,
        from: value(row.get(3)?),
        to: value(row.get(4)?),
        actor_id: row.get(5)?,
        actor: row.get(6)?,
        at: row.instant(1)?.to_rfc3339(),
        changed_at: row.instant(1)?,
        by: row.get(7)?,
    };
    Ok((row.get(0)?, line))
}

/// What was changed of a record before `before`, newest first, each with its number.
pub(super) async fn of_record(
    tx: &mut Tx,
    module: &str,
    id: &str,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<(i64, Line)>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM history WHERE module = $1 AND record_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4"
    );
    tx.all(&sql, params![module, id, before.unwrap_or(i64::MAX), most], read_line).await
}

/// The newest change of a field of a record.
pub(super) async fn newest(tx: &mut Tx, module: &str, id: &str, field: &str) -> Result<Option<Line>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM history WHERE module = $1 AND record_id = $2 AND field = $3 ORDER BY id DESC LIMIT 1"
    );
    Ok(tx.one(&sql, params![module, id, field], read_line).await?.map(|(_, line)| line))
}

/// Whether a field of a record was ever changed from the JSON `value` or to it.
pub(super) async fn was_ever(
    tx: &mut Tx,
    (module, id): (&str, &str),
    field: &str,
    value: &str,
) -> Result<bool, Error> {
    let found = tx
        .one(
            "SELECT 1 FROM history WHERE module = $1 AND record_id = $2 AND field = $3
                AND (from_value = $4 OR to_value = $4) LIMIT 1",
            params![module, id, field, value],
            |_| Ok(()),
        )
        .await?;
    Ok(found.is_some())
}

/// Everything that matches, newest first.
pub(super) async fn list(tx: &mut Tx, filter: &Filter) -> Result<Vec<Noted>, Error> {
    let wanted: [(&str, Option<Value<'_>>); 6] = [
        ("module =", filter.module.as_deref().map(Value::Text)),
        ("record_id =", filter.record_id.as_deref().map(Value::Text)),
        ("settings_group =", filter.group.as_deref().map(Value::Text)),
        ("actor_id =", filter.actor_id.map(Value::Int)),
        ("at >=", filter.from.map(Value::from)),
        ("at <", filter.until.map(Value::from)),
    ];
    let mut params: Vec<Value<'_>> = Vec::new();
    let mut sql = format!("SELECT {COLUMNS}, module, record_id, settings_group FROM history WHERE TRUE");
    for (condition, value) in wanted {
        if let Some(value) = value {
            params.push(value);
            sql.push_str(&format!(" AND {condition} ${}", params.len()));
        }
    }
    if let Some((at, id)) = filter.before {
        params.extend([Value::from(at), Value::Int(id)]);
        sql.push_str(&format!(" AND (at, id) < (${}, ${})", params.len() - 1, params.len()));
    }
    params.push(Value::Int(i64::try_from(filter.limit).unwrap_or(i64::MAX)));
    sql.push_str(&format!(" ORDER BY at DESC, id DESC LIMIT ${}", params.len()));
    let read = |row: &Row<'_>| {
        let (id, line) = read_line(row)?;
        let (module, record_id, group) = (row.get(8)?, row.get(9)?, row.get(10)?);
        Ok(Noted { id, module, record_id, group, line })
    };
    tx.all(&sql, &params, read).await
}

/// Forgets what was changed before an instant, a few at a time; returns how many.
pub(super) async fn forget(tx: &mut Tx, before: Instant, most: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM history WHERE id IN (SELECT id FROM history WHERE at < $1 ORDER BY at, id LIMIT $2)",
        params![before, most],
    )
    .await
}
