//! The SQL of the delivery log.

use std::collections::HashMap;

use super::{Entry, Filter, Try};
use crate::clock::Instant;
use crate::delivery::Reason;
use crate::delivery::store::NOBODY;
use crate::params;
use crate::storage::{Error, Row, Tx, Value};

/// The conditions of a filter, and their parameters after those in `params`.
fn conditions<'a>(filter: &'a Filter, params: &mut Vec<Value<'a>>) -> String {
    let record = filter.record.as_ref();
    let wanted: [(&str, Option<Value<'a>>); 9] = [
        ("d.user_id =", filter.user_id.map(Value::Int)),
        ("d.notification_id =", filter.notification_id.map(Value::Int)),
        ("d.module =", record.map(|(module, _)| Value::Text(module))),
        ("d.record_id =", record.map(|(_, id)| Value::Text(id))),
        ("d.channel =", filter.channel.as_deref().map(Value::Text)),
        ("d.state =", filter.state.as_deref().map(Value::Text)),
        ("d.created_at >=", filter.from.map(Value::from)),
        ("d.created_at <", filter.until.map(Value::from)),
        ("d.id <", filter.before.as_deref().map(Value::Text)),
    ];
    let mut sql = String::from("TRUE");
    for (condition, value) in wanted {
        if let Some(value) = value {
            params.push(value);
            sql.push_str(&format!(" AND {condition} ${}", params.len()));
        }
    }
    sql
}

pub(super) async fn list(tx: &mut Tx, filter: &Filter) -> Result<Vec<Entry>, Error> {
    let mut params = Vec::new();
    let conditions = conditions(filter, &mut params);
    params.push(Value::Int(i64::try_from(filter.limit).unwrap_or(i64::MAX)));
    let sql = format!(
        "SELECT d.id, d.notification_id, d.user_id, d.type, COALESCE(c.title, d.subject), d.sending, d.choice, d.channel, d.state, d.reason,
            d.due_at, d.held, d.folded_into, d.fallback_of, d.created_at, d.settled_at,
            d.lease IS NOT NULL, d.target = 'copies', d.recipient, d.module, d.record_id
         FROM deliveries d LEFT JOIN notification_contents c ON c.id = d.notification_id
         WHERE {conditions} ORDER BY d.id DESC LIMIT ${}",
        params.len()
    );
    let mut entries = tx.all(&sql, &params, read_entry).await?;
    let mut tries = tries(tx, &entries).await?;
    for entry in &mut entries {
        entry.attempts = tries.remove(&entry.id).unwrap_or_default();
    }
    Ok(entries)
}

fn read_entry(row: &Row<'_>) -> Result<Entry, Error> {
    Ok(Entry {
        id: row.get(0)?,
        notification_id: Some(row.get(1)?).filter(|id| *id != NOBODY),
        user_id: Some(row.get(2)?).filter(|id| *id != NOBODY),
        to: row.get(18)?,
        record: row.get::<Option<String>>(19)?.zip(row.get(20)?),
        kind: row.get(3)?,
        title: row.get(4)?,
        sending: row.get(5)?,
        choice: row.get(6)?,
        channel: row.get(7)?,
        state: row.get(8)?,
        reason: row.get::<Option<String>>(9)?.as_deref().and_then(Reason::from_code),
        due_at: row.instant(10)?,
        is_held: row.get(11)?,
        folded_into: row.get(12)?,
        fallback_of: row.get(13)?,
        created_at: row.instant(14)?,
        settled_at: row.maybe_instant(15)?,
        is_claimed: row.get(16)?,
        is_copy: row.get(17)?,
        attempts: Vec::new(),
    })
}

/// The tries of these deliveries, oldest first.
async fn tries(tx: &mut Tx, entries: &[Entry]) -> Result<HashMap<String, Vec<Try>>, Error> {
    let mut tries: HashMap<String, Vec<Try>> = HashMap::new();
    if entries.is_empty() {
        return Ok(tries);
    }
    let places: Vec<String> = (1..=entries.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT delivery_id, at, duration_ms, outcome, status, detail FROM delivery_attempts
         WHERE delivery_id IN ({}) ORDER BY delivery_id, number",
        places.join(", ")
    );
    let ids: Vec<Value<'_>> = entries.iter().map(|entry| Value::Text(&entry.id)).collect();
    let rows = tx.all(&sql, &ids, |row| Ok((row.get::<String>(0)?, read_try(row)?))).await?;
    for (id, one) in rows {
        tries.entry(id).or_default().push(one);
    }
    Ok(tries)
}

fn read_try(row: &Row<'_>) -> Result<Try, Error> {
    let words: String = row.get::<Option<String>>(5)?.unwrap_or_default();
    let (summary, detail) = match words.split_once('\n') {
        Some((summary, detail)) => (summary.to_owned(), Some(detail.to_owned())),
        None => (words, None),
    };
    Ok(Try {
        at: row.instant(1)?,
        duration_ms: row.get(2)?,
        outcome: row.get(3)?,
        status: row.get(4)?,
        summary,
        detail,
    })
}

/// Has a settled delivery tried again; returns whether there was one.
///
/// Tries go on being counted, so that each keeps its number; `first_try` says from which on the schedule runs.
pub(super) async fn revive(tx: &mut Tx, id: &str, now: Instant) -> Result<bool, Error> {
    let revived = tx
        .execute(
            "UPDATE deliveries SET state = 'pending', reason = NULL, due_at = $1, lease = NULL, held = FALSE,
                folded_into = NULL, settled_at = NULL, first_try = tries
             WHERE id = $2 AND state IN ('final', 'suppressed')",
            params![now, id],
        )
        .await?;
    Ok(revived == 1)
}

/// Has every final delivery tried again that matches.
pub(super) async fn revive_matching(tx: &mut Tx, filter: &Filter, now: Instant) -> Result<u64, Error> {
    let mut params = vec![Value::from(now)];
    let conditions = conditions(filter, &mut params);
    let sql = format!(
        "UPDATE deliveries SET state = 'pending', reason = NULL, due_at = $1, lease = NULL, held = FALSE,
            folded_into = NULL, settled_at = NULL, first_try = tries
         WHERE id IN (SELECT d.id FROM deliveries d WHERE {conditions} AND d.state = 'final')"
    );
    tx.execute(&sql, &params).await
}

pub(super) async fn exists(tx: &mut Tx, id: &str) -> Result<bool, Error> {
    Ok(tx.one("SELECT 1 FROM deliveries WHERE id = $1", params![id], |_| Ok(())).await?.is_some())
}
