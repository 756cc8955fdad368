//! The SQL of reasons.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Reason, Setting, Why};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx};

/// What is to be kept of one person: the notification, unless they were not told.
pub(in crate::notification) struct Kept<'a> {
    pub notification_id: Option<i64>,
    pub user_id: i64,
    pub why: &'a Why,
}

/// A chain as it is stored.
#[derive(Serialize, Deserialize)]
struct Chain {
    cause: String,
    setting: Option<Setting>,
    chosen: String,
    sentence: String,
}

impl Chain {
    fn text(why: &Why) -> String {
        let Why { cause, setting, chosen, sentence, .. } = why.clone();
        serde_json::to_string(&Self { cause, setting, chosen, sentence }).expect("a chain is plain JSON")
    }
}

/// Writes one row for each record of each chain.
pub(in crate::notification) async fn insert(
    tx: &mut Tx,
    kept: &[Kept<'_>],
    now: Instant,
) -> Result<(), Error> {
    if kept.is_empty() {
        return Ok(());
    }
    if tx.engine() == Engine::Postgres {
        return insert_all(tx, kept, now).await;
    }
    for one in kept {
        let chain = Chain::text(one.why);
        for (module, record_id) in one.why.about() {
            tx.execute(
                "INSERT INTO reasons (at, notification_id, user_id, module, record_id, trigger_name, why)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                params![now, one.notification_id, one.user_id, module, record_id, one.why.trigger, &chain],
            )
            .await?;
        }
    }
    Ok(())
}

/// Each chain travels once, however many records it is about.
async fn insert_all(tx: &mut Tx, kept: &[Kept<'_>], now: Instant) -> Result<(), Error> {
    let chains: Vec<_> = kept.iter().map(|one| json!({ "why": Chain::text(one.why) })).collect();
    let rows: Vec<_> = kept
        .iter()
        .enumerate()
        .flat_map(|(place, one)| {
            one.why.about().into_iter().map(move |(module, record_id)| {
                json!({
                    "chain": place + 1, "notification_id": one.notification_id, "user_id": one.user_id,
                    "module": module, "record_id": record_id, "trigger_name": one.why.trigger,
                })
            })
        })
        .collect();
    let text = |rows: &[serde_json::Value]| serde_json::to_string(rows).expect("rows are plain JSON");
    tx.execute(
        "INSERT INTO reasons (at, notification_id, user_id, module, record_id, trigger_name, why)
         SELECT $1::BIGINT, row.notification_id, row.user_id, row.module, row.record_id, row.trigger_name, chains.why
         FROM json_to_recordset($2::TEXT::JSON) AS row (chain BIGINT, notification_id BIGINT, user_id BIGINT,
            module TEXT, record_id TEXT, trigger_name TEXT)
         JOIN (SELECT place, one ->> 'why' AS why
               FROM json_array_elements($3::TEXT::JSON) WITH ORDINALITY AS all_chains (one, place)) AS chains
            ON chains.place = row.chain",
        params![now, &text(&rows), &text(&chains)],
    )
    .await?;
    Ok(())
}

const COLUMNS: &str = "id, at, notification_id, user_id, module, record_id, trigger_name, why";

fn read_reason(row: &Row<'_>) -> Result<Reason, Error> {
    let text: String = row.get(7)?;
    let chain: Chain = serde_json::from_str(&text)
        .map_err(|error| Error::Fault(format!("a stored reason cannot be read: {error}")))?;
    Ok(Reason {
        at: row.instant(1)?,
        notification_id: row.get(2)?,
        user_id: row.get(3)?,
        module: row.get(4)?,
        record_id: row.get(5)?,
        trigger: row.get(6)?,
        cause: chain.cause,
        setting: chain.setting,
        chosen: chain.chosen,
        sentence: chain.sentence,
    })
}

/// Why a notification was sent: its first rows, one for each record.
pub(super) async fn of_notification(tx: &mut Tx, id: i64, most: i64) -> Result<Vec<Reason>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM reasons WHERE notification_id = $1 ORDER BY id LIMIT $2");
    tx.all(&sql, params![id, most], read_reason).await
}

/// What was decided about a user because of a record, newest first.
pub(super) async fn about(
    tx: &mut Tx,
    user_id: i64,
    (module, record_id): (&str, &str),
    most: i64,
) -> Result<Vec<Reason>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM reasons WHERE user_id = $1 AND module = $2 AND record_id = $3 ORDER BY id DESC LIMIT $4"
    );
    tx.all(&sql, params![user_id, module, record_id, most], read_reason).await
}

/// Forgets why a notification was sent.
pub(in crate::notification) async fn forget_of(tx: &mut Tx, notification_id: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM reasons WHERE notification_id = $1", params![notification_id]).await?;
    Ok(())
}

/// Forgets what was decided about a user who is gone, a little of it; returns how much.
pub(in crate::notification) async fn forget_user(tx: &mut Tx, user_id: i64, most: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM reasons WHERE id IN (SELECT id FROM reasons WHERE user_id = $1 LIMIT $2)",
        params![user_id, most],
    )
    .await
}

/// Forgets what was decided before an instant, a few at a time; returns how many.
pub(in crate::notification) async fn forget_before(
    tx: &mut Tx,
    before: Instant,
    most: i64,
) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM reasons WHERE id IN (SELECT id FROM reasons WHERE at < $1 ORDER BY at LIMIT $2)",
        params![before, most],
    )
    .await
}
