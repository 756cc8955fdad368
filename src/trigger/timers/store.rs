//! The SQL of timers.
//!
//! SQLite is quickest row by row, PostgreSQL with all rows in one statement: where many rows are written, both texts
//! stand side by side.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::clock::Instant;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};
use crate::trigger::{Fired, Timer};

/// A timer as it is stored: its trigger may be one that this version does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub trigger: String,
    pub module: Arc<str>,
    pub record_id: Arc<str>,
    pub occurrence: String,
    pub due_at: Instant,
}

impl Stored {
    /// Whether it is a timer for the same time of the same record.
    pub fn is_for(&self, timer: &Timer) -> bool {
        self.trigger == timer.trigger
            && self.record_id == timer.record_id
            && self.occurrence == timer.occurrence
    }
}

/// What has fired, and where.
#[derive(Clone, Debug)]
pub(in crate::trigger) struct Firing {
    pub module: Arc<str>,
    pub record_id: Arc<str>,
    pub fired: Fired,
}

impl Firing {
    /// What is remembered as if this timer had fired and nobody had been told.
    pub fn noted(timer: Timer) -> Self {
        let Timer { trigger, module, record_id, occurrence, due_at } = timer;
        Self {
            module,
            record_id,
            fired: Fired { trigger: trigger.to_owned(), occurrence, user_id: None, due_at },
        }
    }
}

fn read_stored(row: &Row<'_>) -> Result<Stored, Error> {
    Ok(Stored {
        trigger: row.get(0)?,
        module: row.get::<String>(1)?.into(),
        record_id: row.get::<String>(2)?.into(),
        occurrence: row.get(3)?,
        due_at: row.instant(4)?,
    })
}

/// What is due, the longest due first. On PostgreSQL the timers and their records are this transaction's until it
/// ends; what another one holds is passed over, so that nobody ever waits here.
pub(super) async fn due(tx: &mut Tx, now: Instant, most: i64) -> Result<Vec<Stored>, Error> {
    let lock = match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR UPDATE OF t, r SKIP LOCKED",
    };
    let sql = format!(
        "SELECT t.trigger_name, t.module, t.record_id, t.occurrence, t.due_at
         FROM timers t JOIN records r ON r.module = t.module AND r.id = t.record_id
         WHERE t.due_at <= $1 ORDER BY t.due_at LIMIT $2{lock}"
    );
    tx.all(&sql, params![now, most], read_stored).await
}

/// Forgets due timers of records that are no more: none is left where everybody keeps to the rules.
pub(super) async fn forget_lost(tx: &mut Tx, now: Instant) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM timers WHERE due_at <= $1
         AND NOT EXISTS (SELECT 1 FROM records r WHERE r.module = timers.module AND r.id = timers.record_id)",
        params![now],
    )
    .await
}

/// When the next timer is due: one step in an index, however many wait.
pub(super) async fn next_due(tx: &mut Tx) -> Result<Option<Instant>, Error> {
    tx.one("SELECT due_at FROM timers ORDER BY due_at LIMIT 1", &[], |row| row.instant(0)).await
}

/// The timers of these records of a module.
pub(super) async fn of_records(tx: &mut Tx, module: &str, ids: &[&str]) -> Result<Vec<Stored>, Error> {
    const COLUMNS: &str = "trigger_name, module, record_id, occurrence, due_at";
    if tx.engine() == Engine::Postgres {
        let sql = format!("SELECT {COLUMNS} FROM timers WHERE module = $1 AND record_id = ANY($2::TEXT[])");
        return tx.all(&sql, &[Value::Text(module), Value::MaybeTexts(&some(ids))], read_stored).await;
    }
    let sql = format!("SELECT {COLUMNS} FROM timers WHERE module = $1 AND record_id = $2");
    let mut timers = Vec::new();
    for id in ids {
        timers.extend(tx.all(&sql, params![module, *id], read_stored).await?);
    }
    Ok(timers)
}

/// Keeps these users as they are until this transaction ends.
pub(in crate::trigger) async fn hold_users(tx: &mut Tx, users: &BTreeSet<i64>) -> Result<(), Error> {
    if tx.engine() == Engine::Sqlite || users.is_empty() {
        return Ok(());
    }
    let users: Vec<i64> = users.iter().copied().collect();
    let sql = "SELECT id FROM users WHERE id = ANY($1::BIGINT[]) ORDER BY id FOR SHARE";
    tx.all(sql, &[Value::Ints(&users)], |row| row.get::<i64>(0)).await?;
    Ok(())
}

/// How many of those that are past are told of, for each record.
const PAST: i64 = 8;

/// What of these records has fired that begins after now, and the last few of which somebody was told that do not: by
/// the primary key, for an occurrence is named by its start, in microseconds with 16 digits from 2001 to 2286.
pub(in crate::trigger) async fn fired(
    tx: &mut Tx,
    module: &Arc<str>,
    trigger: &str,
    ids: &[&str],
    now: Instant,
) -> Result<Vec<Firing>, Error> {
    const COLUMNS: &str = "record_id, trigger_name, occurrence, user_id, due_at";
    let now = now.0.to_string();
    let read = |row: &Row<'_>| {
        let fired = Fired {
            trigger: row.get(1)?,
            occurrence: row.get(2)?,
            user_id: row.get(3)?,
            due_at: row.instant(4)?,
        };
        Ok(Firing { module: module.clone(), record_id: row.get::<String>(0)?.into(), fired })
    };
    if tx.engine() == Engine::Postgres {
        let ids = some(ids);
        let (module, ids, trigger) = (Value::Text(module), Value::MaybeTexts(&ids), Value::Text(trigger));
        let sql = format!(
            "SELECT {COLUMNS} FROM fired_timers
             WHERE module = $1 AND record_id = ANY($2::TEXT[]) AND trigger_name = $3 AND occurrence > $4"
        );
        let mut fired = tx.all(&sql, &[module, ids, trigger, Value::Text(&now)], read).await?;
        let sql = format!(
            "SELECT f.* FROM unnest($1::TEXT[]) AS wanted (id) CROSS JOIN LATERAL (
                SELECT {COLUMNS} FROM fired_timers
                WHERE module = $2 AND record_id = wanted.id AND trigger_name = $3 AND occurrence <= $4
                    AND user_id IS NOT NULL
                ORDER BY module DESC, record_id DESC, trigger_name DESC, occurrence DESC LIMIT {PAST}) AS f"
        );
        fired.extend(tx.all(&sql, &[ids, module, trigger, Value::Text(&now)], read).await?);
        return Ok(fired);
    }
    let of_record = format!(
        "SELECT {COLUMNS} FROM fired_timers WHERE module = $1 AND record_id = $2 AND trigger_name = $3"
    );
    let ahead = format!("{of_record} AND occurrence > $4");
    let past = format!(
        "{of_record} AND occurrence <= $4 AND user_id IS NOT NULL ORDER BY occurrence DESC LIMIT {PAST}"
    );
    let mut fired = Vec::new();
    for id in ids {
        for sql in [&ahead, &past] {
            fired.extend(tx.all(sql, params![&**module, *id, trigger, &now], read).await?);
        }
    }
    Ok(fired)
}

pub(super) async fn delete(tx: &mut Tx, timers: &[Stored]) -> Result<(), Error> {
    if timers.is_empty() {
        return Ok(());
    }
    if tx.engine() == Engine::Postgres {
        let (triggers, modules) = (column(timers, |t| &t.trigger), column(timers, |t| &t.module));
        let (ids, occurrences) = (column(timers, |t| &t.record_id), column(timers, |t| &t.occurrence));
        tx.execute(
            "DELETE FROM timers USING unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[])
                AS gone (module, record_id, trigger_name, occurrence)
             WHERE timers.module = gone.module AND timers.record_id = gone.record_id
                AND timers.trigger_name = gone.trigger_name AND timers.occurrence = gone.occurrence",
            &[
                Value::MaybeTexts(&modules),
                Value::MaybeTexts(&ids),
                Value::MaybeTexts(&triggers),
                Value::MaybeTexts(&occurrences),
            ],
        )
        .await?;
        return Ok(());
    }
    for timer in timers {
        tx.execute(
            "DELETE FROM timers WHERE module = $1 AND record_id = $2 AND trigger_name = $3 AND occurrence = $4",
            params![&*timer.module, &*timer.record_id, &timer.trigger, &timer.occurrence],
        )
        .await?;
    }
    Ok(())
}

/// Has timers be due at another instant.
pub(super) async fn put_off(tx: &mut Tx, timers: &[Stored], until: Instant) -> Result<(), Error> {
    for timer in timers {
        tx.execute(
            "UPDATE timers SET due_at = $1
             WHERE module = $2 AND record_id = $3 AND trigger_name = $4 AND occurrence = $5",
            params![until, &*timer.module, &*timer.record_id, &timer.trigger, &timer.occurrence],
        )
        .await?;
    }
    Ok(())
}

/// Writes timers; one that stands already gets this instant.
pub(super) async fn put(tx: &mut Tx, timers: &[Timer]) -> Result<(), Error> {
    if timers.is_empty() {
        return Ok(());
    }
    if tx.engine() == Engine::Postgres {
        let (triggers, modules) = (column(timers, |t| t.trigger), column(timers, |t| &t.module));
        let (ids, occurrences) = (column(timers, |t| &t.record_id), column(timers, |t| &t.occurrence));
        let due: Vec<i64> = timers.iter().map(|timer| timer.due_at.0).collect();
        tx.execute(
            "INSERT INTO timers (module, record_id, trigger_name, occurrence, due_at)
             SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::BIGINT[])
             ON CONFLICT (module, record_id, trigger_name, occurrence) DO UPDATE SET due_at = excluded.due_at",
            &[
                Value::MaybeTexts(&modules),
                Value::MaybeTexts(&ids),
                Value::MaybeTexts(&triggers),
                Value::MaybeTexts(&occurrences),
                Value::Ints(&due),
            ],
        )
        .await?;
        return Ok(());
    }
    for timer in timers {
        tx.execute(
            "INSERT INTO timers (module, record_id, trigger_name, occurrence, due_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (module, record_id, trigger_name, occurrence) DO UPDATE SET due_at = excluded.due_at",
            params![&*timer.module, &*timer.record_id, timer.trigger, &timer.occurrence, timer.due_at],
        )
        .await?;
    }
    Ok(())
}

/// Writes down what fires now; returns for each whether it had not fired before.
pub(in crate::trigger) async fn fire(
    tx: &mut Tx,
    firings: &[Firing],
    now: Instant,
) -> Result<Vec<bool>, Error> {
    if firings.is_empty() {
        return Ok(Vec::new());
    }
    if tx.engine() == Engine::Postgres {
        return fire_all(tx, firings, now).await;
    }
    let mut new = Vec::with_capacity(firings.len());
    for Firing { module, record_id, fired } in firings {
        let written = tx
            .execute(
                "INSERT INTO fired_timers (module, record_id, trigger_name, occurrence, user_id, due_at, fired_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                params![&**module, &**record_id, &fired.trigger, &fired.occurrence, fired.user_id, fired.due_at, now],
            )
            .await?;
        new.push(written == 1);
    }
    Ok(new)
}

async fn fire_all(tx: &mut Tx, firings: &[Firing], now: Instant) -> Result<Vec<bool>, Error> {
    let (modules, ids) = (column(firings, |f| &f.module), column(firings, |f| &f.record_id));
    let triggers = column(firings, |f| &f.fired.trigger);
    let occurrences = column(firings, |f| &f.fired.occurrence);
    let users: Vec<Option<i64>> = firings.iter().map(|firing| firing.fired.user_id).collect();
    let due: Vec<i64> = firings.iter().map(|firing| firing.fired.due_at.0).collect();
    let written: BTreeSet<(String, String, String, String)> = tx
        .all(
            "INSERT INTO fired_timers (module, record_id, trigger_name, occurrence, user_id, due_at, fired_at)
             SELECT f.*, $7::BIGINT FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::BIGINT[],
                $6::BIGINT[]) AS f
             ON CONFLICT DO NOTHING RETURNING module, record_id, trigger_name, occurrence",
            &[
                Value::MaybeTexts(&modules),
                Value::MaybeTexts(&ids),
                Value::MaybeTexts(&triggers),
                Value::MaybeTexts(&occurrences),
                Value::MaybeInts(&users),
                Value::Ints(&due),
                Value::Int(now.0),
            ],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .await?
        .into_iter()
        .collect();
    let key = |firing: &Firing| {
        let Firing { module, record_id, fired } = firing;
        (module.to_string(), record_id.to_string(), fired.trigger.clone(), fired.occurrence.clone())
    };
    Ok(firings.iter().map(|firing| written.contains(&key(firing))).collect())
}

/// Has timers that fired be as if they never had, so that they can be set again.
pub(in crate::trigger) async fn forget(tx: &mut Tx, fired: &[Timer]) -> Result<(), Error> {
    for timer in fired {
        tx.execute(
            "DELETE FROM fired_timers
             WHERE module = $1 AND record_id = $2 AND trigger_name = $3 AND occurrence = $4",
            params![&*timer.module, &*timer.record_id, timer.trigger, &timer.occurrence],
        )
        .await?;
    }
    Ok(())
}

fn some<'a>(texts: &[&'a str]) -> Vec<Option<&'a str>> {
    texts.iter().copied().map(Some).collect()
}

fn column<'a, T>(rows: &'a [T], of: impl Fn(&'a T) -> &'a str) -> Vec<Option<&'a str>> {
    rows.iter().map(|row| Some(of(row))).collect()
}

/// From what the timers of a trigger were computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Basis {
    /// All of them, but for those that are computed anew …
    pub basis: String,
    /// … from this, if that is under way …
    pub next_basis: Option<String>,
    /// … as far as the record with this number.
    pub done_to: i64,
}

impl Basis {
    /// What they are to be computed from.
    pub fn wanted(&self) -> &str {
        self.next_basis.as_deref().unwrap_or(&self.basis)
    }

    /// Whether they were never computed before.
    pub fn is_first(&self) -> bool {
        self.basis.is_empty() && self.next_basis.is_some()
    }
}

fn read_basis(row: &Row<'_>) -> Result<Basis, Error> {
    Ok(Basis { basis: row.get(0)?, next_basis: row.get(1)?, done_to: row.get(2)? })
}

/// What a trigger's timers are computed from. Nobody turns to anything else until this transaction ends.
pub(super) async fn basis_held(tx: &mut Tx, trigger: &str) -> Result<Option<Basis>, Error> {
    let lock = match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR SHARE",
    };
    let sql = format!("SELECT basis, next_basis, done_to FROM timer_bases WHERE trigger_name = $1{lock}");
    tx.one(&sql, params![trigger], read_basis).await
}

pub(super) async fn basis(tx: &mut Tx, trigger: &str) -> Result<Option<Basis>, Error> {
    tx.one(
        "SELECT basis, next_basis, done_to FROM timer_bases WHERE trigger_name = $1",
        params![trigger],
        read_basis,
    )
    .await
}

/// Has every timer of a trigger computed anew. Waits for whoever computes some of them from what was before.
pub(in crate::trigger) async fn begin_anew(
    tx: &mut Tx,
    trigger: &str,
    next_basis: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO timer_bases (trigger_name, basis, next_basis, done_to) VALUES ($1, '', $2, 0)
         ON CONFLICT (trigger_name) DO UPDATE SET next_basis = excluded.next_basis, done_to = 0",
        params![trigger, next_basis],
    )
    .await?;
    Ok(())
}

/// Notes how far it has come, unless another node has come further or began anew.
pub(super) async fn done_to(
    tx: &mut Tx,
    trigger: &str,
    next_basis: &str,
    (from, to): (i64, i64),
) -> Result<(), Error> {
    tx.execute(
        "UPDATE timer_bases SET done_to = $1 WHERE trigger_name = $2 AND next_basis = $3 AND done_to = $4",
        params![to, trigger, next_basis, from],
    )
    .await?;
    Ok(())
}

/// Notes that every timer is computed anew, unless another node began again meanwhile.
pub(super) async fn end_anew(tx: &mut Tx, trigger: &str, basis: &str, from: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE timer_bases SET basis = $1, next_basis = NULL
         WHERE trigger_name = $2 AND next_basis = $1 AND done_to = $3",
        params![basis, trigger, from],
    )
    .await?;
    Ok(())
}

/// How many times of a trigger's records count as fired of which nobody was told.
pub(super) async fn silent(tx: &mut Tx, module: &str, trigger: &str) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) FROM fired_timers WHERE module = $1 AND trigger_name = $2 AND user_id IS NULL";
    Ok(tx.one(sql, params![module, trigger], |row| row.get(0)).await?.unwrap_or(0))
}

/// The next records of a module after a number: number, id, and whether it is this transaction's until it ends; those
/// that another one holds are not.
pub(super) async fn page(
    tx: &mut Tx,
    module: &str,
    after: i64,
    most: i64,
) -> Result<Vec<(i64, String, bool)>, Error> {
    let listed: Vec<(i64, String)> = tx
        .all(
            "SELECT number, id FROM records WHERE module = $1 AND number > $2 ORDER BY number LIMIT $3",
            params![module, after, most],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .await?;
    let Some(last) = listed.last().map(|(number, _)| *number) else {
        return Ok(Vec::new());
    };
    if tx.engine() == Engine::Sqlite {
        return Ok(listed.into_iter().map(|(number, id)| (number, id, true)).collect());
    }
    let held: BTreeSet<i64> = tx
        .all(
            "SELECT number FROM records WHERE module = $1 AND number > $2 AND number <= $3 FOR UPDATE SKIP LOCKED",
            params![module, after, last],
            |row| row.get(0),
        )
        .await?
        .into_iter()
        .collect();
    Ok(listed.into_iter().map(|(number, id)| (number, id, held.contains(&number))).collect())
}

/// The next records of a user in a module after a number, as [`page`] has them.
pub(super) async fn page_of_user(
    tx: &mut Tx,
    (module, user_id): (&str, i64),
    after: i64,
    most: i64,
) -> Result<Vec<(i64, String, bool)>, Error> {
    const OF_USER: &str = "FROM records WHERE assigned_to = $1 AND module = $2 AND number > $3";
    let sql = format!("SELECT number, id {OF_USER} ORDER BY number LIMIT $4");
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let listed: Vec<(i64, String)> = tx.all(&sql, params![user_id, module, after, most], read).await?;
    let Some(last) = listed.last().map(|(number, _)| *number) else {
        return Ok(Vec::new());
    };
    if tx.engine() == Engine::Sqlite {
        return Ok(listed.into_iter().map(|(number, id)| (number, id, true)).collect());
    }
    let sql = format!("SELECT number {OF_USER} AND number <= $4 FOR UPDATE SKIP LOCKED");
    let held = tx.all(&sql, params![user_id, module, after, last], |row| row.get(0)).await?;
    let held: BTreeSet<i64> = held.into_iter().collect();
    Ok(listed.into_iter().map(|(number, id)| (number, id, held.contains(&number))).collect())
}

/// Some users whose time zone changed.
pub(super) async fn zone_changes(tx: &mut Tx, most: i64) -> Result<Vec<i64>, Error> {
    tx.all("SELECT user_id FROM zone_changes ORDER BY user_id LIMIT $1", params![most], |row| row.get(0))
        .await
}

/// How often a user's timers were to be computed anew, and up to which record they are.
pub(super) async fn zone_change(tx: &mut Tx, user_id: i64) -> Result<Option<(i64, i64)>, Error> {
    let sql = "SELECT asked, done_to FROM zone_changes WHERE user_id = $1";
    tx.one(sql, params![user_id], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Notes how far it has come, unless it was asked for again or another node has come further.
pub(super) async fn zone_done_to(
    tx: &mut Tx,
    user_id: i64,
    (asked, from): (i64, i64),
    to: i64,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE zone_changes SET done_to = $1 WHERE user_id = $2 AND asked = $3 AND done_to = $4",
        params![to, user_id, asked, from],
    )
    .await?;
    Ok(())
}

/// Forgets it once all is done, unless it was asked for again.
pub(super) async fn forget_zone_change(
    tx: &mut Tx,
    user_id: i64,
    (asked, from): (i64, i64),
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM zone_changes WHERE user_id = $1 AND asked = $2 AND done_to = $3",
        params![user_id, asked, from],
    )
    .await?;
    Ok(())
}

/// Has all timers of these users' records computed anew a little later.
pub(super) async fn look_again(tx: &mut Tx, users: &BTreeSet<i64>) -> Result<(), Error> {
    for user_id in users {
        tx.execute(
            "INSERT INTO zone_changes (user_id) VALUES ($1)
             ON CONFLICT (user_id) DO UPDATE SET asked = zone_changes.asked + 1, done_to = 0",
            params![*user_id],
        )
        .await?;
    }
    Ok(())
}

/// Forgets what fired before an instant, a little of it; returns how much.
pub(super) async fn forget_fired(tx: &mut Tx, before: Instant, most: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM fired_timers WHERE (module, record_id, trigger_name, occurrence) IN (
            SELECT module, record_id, trigger_name, occurrence FROM fired_timers
            WHERE fired_at < $1 ORDER BY fired_at LIMIT $2)",
        params![before, most],
    )
    .await
}
