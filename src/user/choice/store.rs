//! The SQL of what people choose.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Choices, Matrix, Outlet, ReceiveBy, SwitchedOff, Webhook};
use crate::auth::Status;
use crate::clock::Instant;
use crate::params;
use crate::storage::{Error, Row, Tx, Value};
use crate::user::quiet;

/// A webhook with nothing but failures for this long is switched off.
const PATIENCE: Duration = Duration::from_secs(5 * 24 * 60 * 60);

/// How many users a statement names: few sizes, so that there are few statements to prepare.
const SIZES: [usize; 3] = [1, 8, 64];

/// The columns that [`read`] reads, in its order.
macro_rules! columns {
    () => {
        "receive_by, webhook_url, webhook_kind, webhook_channel, webhook_key, webhook_generation, webhook_rotated_at, \
         webhook_off_at, webhook_off_reason, quiet_hours, matrix"
    };
}
pub(in crate::user) use columns;

/// The choices that stand in a row from column `first` on.
pub(in crate::user) fn read(row: &Row<'_>, first: usize) -> Result<Choices, Error> {
    let text = |index: usize| row.get::<Option<String>>(first + index);
    let (generation, rotated_at) = (row.get(first + 5)?, row.maybe_instant(first + 6)?);
    let off = row.maybe_instant(first + 7)?.zip(Some(text(8)?.unwrap_or_default()));
    let webhook = match (text(1)?, text(3)?, text(4)?) {
        (Some(sealed), Some(channel), Some(key)) => {
            Some(Webhook { channel, key, sealed, off: off.is_some(), generation, rotated_at })
        }
        _ => None,
    };
    Ok(Choices {
        receive_by: ReceiveBy::from_name(&row.get::<String>(first)?).unwrap_or_default(),
        webhook,
        webhook_kind: text(2)?,
        generation,
        rotated_at,
        off,
        quiet: text(9)?.as_deref().map(quiet::from_stored).unwrap_or_default(),
        matrix: text(10)?.as_deref().map(Matrix::from_stored).unwrap_or_default(),
    })
}

/// A user's choices, which nobody else changes until the transaction ends.
pub(in crate::user) async fn locked(tx: &mut Tx, id: i64, now: Instant) -> Result<Option<Choices>, Error> {
    let sql = concat!("UPDATE users SET updated_at = $1 WHERE id = $2 RETURNING ", columns!());
    tx.one(sql, params![now, id], |row| read(row, 0)).await
}

/// Writes all of a user's choices. A webhook that is not switched off has its failures forgotten.
pub(in crate::user) async fn put(tx: &mut Tx, id: i64, choices: &Choices) -> Result<(), Error> {
    let webhook = choices.webhook.as_ref();
    let quiet = (!choices.quiet.is_empty()).then(|| quiet::to_json(&choices.quiet).to_string());
    let matrix =
        (!choices.matrix.is_empty()).then(|| serde_json::Value::Object(choices.matrix.to_json()).to_string());
    tx.execute(
        "UPDATE users SET receive_by = $1, webhook_failing_since = CASE WHEN webhook_url = $2 THEN webhook_failing_since END,
             webhook_url = $2, webhook_kind = $3, webhook_channel = $4, webhook_key = $5,
             webhook_generation = $6, webhook_rotated_at = $7, webhook_off_at = $8, webhook_off_reason = $9,
             quiet_hours = $10, matrix = $11
         WHERE id = $12",
        params![
            choices.receive_by.name(),
            webhook.map(|webhook| webhook.sealed.as_str()),
            &choices.webhook_kind,
            webhook.map(|webhook| webhook.channel.as_str()),
            webhook.map(|webhook| webhook.key.as_str()),
            choices.generation,
            choices.rotated_at,
            choices.off.as_ref().map(|(at, _)| *at),
            choices.off.as_ref().map(|(_, reason)| reason.as_str()),
            &quiet,
            &matrix,
            id,
        ],
    )
    .await?;
    Ok(())
}

/// These users as whoever delivers sees them.
pub(super) async fn outlets(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, Outlet>, Error> {
    let mut found = BTreeMap::new();
    let most = SIZES[SIZES.len() - 1];
    for some in ids.chunks(most) {
        let size = SIZES.into_iter().find(|size| some.len() <= *size).unwrap_or(most);
        let places: Vec<String> = (1..=size).map(|number| format!("${number}")).collect();
        let sql = format!(
            concat!(
                "SELECT id, email, name, language, time_zone, status, ",
                columns!(),
                " FROM users WHERE id IN ({})"
            ),
            places.join(", ")
        );
        // The last id stands in for those that are too few.
        let filler = std::iter::repeat_n(some[some.len() - 1], size - some.len());
        let values: Vec<Value<'_>> = some.iter().copied().chain(filler).map(Value::Int).collect();
        let outlets = tx.all(&sql, &values, read_outlet).await?;
        found.extend(outlets.into_iter().map(|outlet| (outlet.user_id, outlet)));
    }
    Ok(found)
}

fn read_outlet(row: &Row<'_>) -> Result<Outlet, Error> {
    let choices = read(row, 6)?;
    Ok(Outlet {
        user_id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        language: row.get(3)?,
        time_zone: row.get(4)?,
        status: Status::from_stored(&row.get::<String>(5)?),
        receive_by: choices.receive_by,
        webhook: choices.webhook,
        quiet: choices.quiet,
        matrix: choices.matrix,
    })
}

/// Notes that a webhook took something or failed. After five days of nothing but failures it is switched off, and
/// that is told once. `key` says which one it was: one that points elsewhere by now is left alone. Nothing is written
/// where nothing changes.
///
/// # Errors
/// What the database says.
pub async fn note_webhook_result(
    tx: &mut Tx,
    user_id: i64,
    key: &str,
    is_ok: bool,
    now: Instant,
) -> Result<Option<SwitchedOff>, Error> {
    if is_ok {
        tx.execute(
            "UPDATE users SET webhook_failing_since = NULL
             WHERE id = $1 AND webhook_key = $2 AND webhook_failing_since IS NOT NULL",
            params![user_id, key],
        )
        .await?;
        return Ok(None);
    }
    let is_first = tx
        .execute(
            "UPDATE users SET webhook_failing_since = $1
             WHERE id = $2 AND webhook_key = $3 AND webhook_failing_since IS NULL AND webhook_off_at IS NULL",
            params![now, user_id, key],
        )
        .await?;
    if is_first == 1 {
        return Ok(None);
    }
    let is_over = tx
        .one(
            "SELECT 1 FROM users
             WHERE id = $1 AND webhook_key = $2 AND webhook_failing_since <= $3 AND webhook_off_at IS NULL",
            params![user_id, key, now.minus(PATIENCE)],
            |_| Ok(()),
        )
        .await?;
    match is_over {
        Some(()) => switch_off(tx, user_id, key, "Nothing arrived there for five days", now).await,
        None => Ok(None),
    }
}

/// Switches a webhook off, if it points where it did and is on, and says why in a sentence without its full stop.
/// Saving its URL switches it on again.
///
/// # Errors
/// What the database says.
pub async fn switch_off(
    tx: &mut Tx,
    user_id: i64,
    key: &str,
    reason: &str,
    now: Instant,
) -> Result<Option<SwitchedOff>, Error> {
    tx.one(
        "UPDATE users SET webhook_off_at = $1, webhook_off_reason = $2
         WHERE id = $3 AND webhook_key = $4 AND webhook_off_at IS NULL RETURNING webhook_channel",
        params![now, reason, user_id, key],
        |row| Ok(SwitchedOff { user_id, channel: row.get(0)?, reason: reason.to_owned() }),
    )
    .await
}

/// Puts the next signing secret in force; returns its generation.
pub(super) async fn rotate(tx: &mut Tx, id: i64, now: Instant) -> Result<Option<i64>, Error> {
    tx.one(
        "UPDATE users SET webhook_generation = webhook_generation + 1, webhook_rotated_at = $1 WHERE id = $2
         RETURNING webhook_generation",
        params![now, id],
        |row| row.get(0),
    )
    .await
}
