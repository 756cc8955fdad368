//! The SQL of duplicates.
//!
//! SQLite is quickest row by row, PostgreSQL with all rows in one statement: where many rows are read or written, both
//! texts stand side by side.

use std::collections::HashMap;
use std::sync::Arc;

use super::rules::{Key, Reason};
use super::{Filter, Pair, Waiting};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};

/// A row of the queue.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub id: i64,
    pub waiting: Waiting,
}

/// Puts saved records into the queue.
pub(super) async fn queue(tx: &mut Tx, waiting: &[Waiting], now: Instant) -> Result<(), Error> {
    for one in waiting {
        tx.execute(
            "INSERT INTO duplicate_queue (module, number, is_new, is_told, actor_id, actor, queued_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            params![&*one.module, one.number, one.is_new, one.is_told, one.actor_id, &*one.actor, now],
        )
        .await?;
    }
    Ok(())
}

/// The longest waiting records of a module.
pub(super) async fn queued(tx: &mut Tx, module: &str, most: i64) -> Result<Vec<Queued>, Error> {
    tx.all(
        "SELECT id, module, number, is_new, is_told, actor_id, actor FROM duplicate_queue
         WHERE module = $1 ORDER BY id LIMIT $2",
        params![module, most],
        |row| {
            let waiting = Waiting {
                module: row.get::<String>(1)?.into(),
                number: row.get(2)?,
                is_new: row.get(3)?,
                is_told: row.get(4)?,
                actor_id: row.get(5)?,
                actor: row.get::<String>(6)?.into(),
            };
            Ok(Queued { id: row.get(0)?, waiting })
        },
    )
    .await
}

/// Whether any record of a module waits.
pub(super) async fn is_waiting(tx: &mut Tx, module: &str) -> Result<bool, Error> {
    let sql = "SELECT id FROM duplicate_queue WHERE module = $1 LIMIT 1";
    Ok(tx.one(sql, params![module], |row| row.get::<i64>(0)).await?.is_some())
}

pub(super) async fn unqueue(tx: &mut Tx, ids: &[i64]) -> Result<(), Error> {
    delete_each(tx, "duplicate_queue", "id", ids).await
}

/// Forgets whatever of a module waits.
pub(super) async fn unqueue_all(tx: &mut Tx, module: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM duplicate_queue WHERE module = $1", params![module]).await?;
    Ok(())
}

async fn delete_each(tx: &mut Tx, table: &str, column: &str, ids: &[i64]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    if tx.engine() == Engine::Postgres {
        let sql = format!("DELETE FROM {table} WHERE {column} = ANY($1::BIGINT[])");
        tx.execute(&sql, &[Value::Ints(ids)]).await?;
        return Ok(());
    }
    let sql = format!("DELETE FROM {table} WHERE {column} = $1");
    for id in ids {
        tx.execute(&sql, params![*id]).await?;
    }
    Ok(())
}

/// How often the tables of duplicates were written.
pub(super) async fn turn(tx: &mut Tx) -> Result<i64, Error> {
    let turn = tx.one("SELECT turn FROM duplicate_turns WHERE id = 1", &[], |row| row.get(0)).await?;
    turn.ok_or_else(|| Error::Fault("the row of duplicate_turns is gone".to_owned()))
}

/// Takes the next turn, unless somebody took it since; whoever has taken it is alone until the transaction ends.
pub(super) async fn take_turn(tx: &mut Tx, turn: i64) -> Result<bool, Error> {
    let taken = tx
        .execute("UPDATE duplicate_turns SET turn = turn + 1 WHERE id = 1 AND turn = $1", params![turn])
        .await?;
    Ok(taken == 1)
}

/// What of these records stands in the index.
pub(super) async fn entries(tx: &mut Tx, numbers: &[i64]) -> Result<HashMap<i64, Vec<Key>>, Error> {
    let read = |row: &Row<'_>| {
        let keys: Vec<(String, String)> = parsed(&row.get::<String>(1)?)?;
        Ok((row.get(0)?, keys.into_iter().map(|(rule, key)| (Arc::from(rule), key)).collect()))
    };
    if tx.engine() == Engine::Postgres {
        let sql = "SELECT number, keys FROM duplicate_entries WHERE number = ANY($1::BIGINT[])";
        return Ok(tx.all(sql, &[Value::Ints(numbers)], read).await?.into_iter().collect());
    }
    let mut entries = HashMap::new();
    for number in numbers {
        let sql = "SELECT number, keys FROM duplicate_entries WHERE number = $1";
        entries.extend(tx.one(sql, params![*number], read).await?);
    }
    Ok(entries)
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Fault(format!("what is stored of duplicates: {error}")))
}

/// Writes what of a record stands in the index; nothing: it is forgotten.
pub(super) async fn put_entry(tx: &mut Tx, number: i64, keys: &[Key]) -> Result<(), Error> {
    if keys.is_empty() {
        tx.execute("DELETE FROM duplicate_entries WHERE number = $1", params![number]).await?;
        return Ok(());
    }
    let keys: Vec<(&str, &str)> = keys.iter().map(|(rule, key)| (&**rule, key.as_str())).collect();
    let keys = serde_json::to_string(&keys).expect("texts are plain JSON");
    tx.execute(
        "INSERT INTO duplicate_entries (number, keys) VALUES ($1, $2)
         ON CONFLICT (number) DO UPDATE SET keys = excluded.keys",
        params![number, &keys],
    )
    .await?;
    Ok(())
}

/// A record and one key of it.
pub(super) type Indexed = (Key, i64);

/// A record, and three letters of it under the code of a rule.
pub(super) type Three = (Arc<str>, i64, i64);

pub(super) async fn put_keys(tx: &mut Tx, keys: &[Indexed]) -> Result<(), Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "INSERT INTO duplicate_keys (rule, key, number) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        }
        Engine::Postgres => {
            "INSERT INTO duplicate_keys (rule, key, number)
             SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::BIGINT[]) ON CONFLICT DO NOTHING"
        }
    };
    each_key(tx, sql, keys).await
}

pub(super) async fn delete_keys(tx: &mut Tx, keys: &[Indexed]) -> Result<(), Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => "DELETE FROM duplicate_keys WHERE rule = $1 AND key = $2 AND number = $3",
        Engine::Postgres => {
            "DELETE FROM duplicate_keys k USING unnest($1::TEXT[], $2::TEXT[], $3::BIGINT[]) AS gone (rule, key, number)
             WHERE k.rule = gone.rule AND k.key = gone.key AND k.number = gone.number"
        }
    };
    each_key(tx, sql, keys).await
}

async fn each_key(tx: &mut Tx, sql: &str, keys: &[Indexed]) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        let rules: Vec<Option<&str>> = keys.iter().map(|((rule, _), _)| Some(&**rule)).collect();
        let texts: Vec<Option<&str>> = keys.iter().map(|((_, key), _)| Some(key.as_str())).collect();
        let numbers: Vec<i64> = keys.iter().map(|(_, number)| *number).collect();
        if !keys.is_empty() {
            tx.execute(sql, &[Value::MaybeTexts(&rules), Value::MaybeTexts(&texts), Value::Ints(&numbers)])
                .await?;
        }
        return Ok(());
    }
    for ((rule, key), number) in keys {
        tx.execute(sql, params![&**rule, key, *number]).await?;
    }
    Ok(())
}

pub(super) async fn put_threes(tx: &mut Tx, threes: &[Three]) -> Result<(), Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "INSERT INTO duplicate_threes (rule, three, number) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        }
        Engine::Postgres => {
            "INSERT INTO duplicate_threes (rule, three, number)
             SELECT * FROM unnest($1::TEXT[], $2::BIGINT[], $3::BIGINT[]) ON CONFLICT DO NOTHING"
        }
    };
    each_three(tx, sql, threes).await
}

pub(super) async fn delete_threes(tx: &mut Tx, threes: &[Three]) -> Result<(), Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => "DELETE FROM duplicate_threes WHERE rule = $1 AND three = $2 AND number = $3",
        Engine::Postgres => {
            "DELETE FROM duplicate_threes t
             USING unnest($1::TEXT[], $2::BIGINT[], $3::BIGINT[]) AS gone (rule, three, number)
             WHERE t.rule = gone.rule AND t.three = gone.three AND t.number = gone.number"
        }
    };
    each_three(tx, sql, threes).await
}

async fn each_three(tx: &mut Tx, sql: &str, threes: &[Three]) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        let rules: Vec<Option<&str>> = threes.iter().map(|(rule, ..)| Some(&**rule)).collect();
        let letters: Vec<i64> = threes.iter().map(|(_, three, _)| *three).collect();
        let numbers: Vec<i64> = threes.iter().map(|(.., number)| *number).collect();
        if !threes.is_empty() {
            tx.execute(sql, &[Value::MaybeTexts(&rules), Value::Ints(&letters), Value::Ints(&numbers)])
                .await?;
        }
        return Ok(());
    }
    for (rule, three, number) in threes {
        tx.execute(sql, params![&**rule, *three, *number]).await?;
    }
    Ok(())
}

/// For each of these keys the newest records that have it, `most` of them.
pub(super) async fn sharing(tx: &mut Tx, keys: &[Key], most: i64) -> Result<Vec<Vec<i64>>, Error> {
    let mut sharing = vec![Vec::new(); keys.len()];
    if tx.engine() == Engine::Postgres {
        let rules: Vec<Option<&str>> = keys.iter().map(|(rule, _)| Some(&**rule)).collect();
        let texts: Vec<Option<&str>> = keys.iter().map(|(_, key)| Some(key.as_str())).collect();
        let sql = "SELECT wanted.place, found.number
             FROM unnest($1::TEXT[], $2::TEXT[]) WITH ORDINALITY AS wanted (rule, key, place)
             CROSS JOIN LATERAL (
                SELECT k.number FROM duplicate_keys k WHERE k.rule = wanted.rule AND k.key = wanted.key
                ORDER BY k.number DESC LIMIT $3) AS found";
        let params = [Value::MaybeTexts(&rules), Value::MaybeTexts(&texts), Value::Int(most)];
        let found = tx.all(sql, &params, |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))).await?;
        for (place, number) in found {
            let place = usize::try_from(place - 1).expect("places are counted from 1");
            sharing[place].push(number);
        }
        return Ok(sharing);
    }
    for ((rule, key), numbers) in keys.iter().zip(&mut sharing) {
        let sql =
            "SELECT number FROM duplicate_keys WHERE rule = $1 AND key = $2 ORDER BY number DESC LIMIT $3";
        *numbers = tx.all(sql, params![&**rule, key, most], |row| row.get(0)).await?;
    }
    Ok(sharing)
}

/// How many records have these letters, counted up to `most`, for each of them.
pub(super) async fn frequencies(
    tx: &mut Tx,
    rule: &str,
    threes: &[i64],
    most: i64,
) -> Result<Vec<i64>, Error> {
    if tx.engine() == Engine::Postgres {
        let sql = "SELECT (SELECT COUNT(*) FROM (
                SELECT 1 FROM duplicate_threes t WHERE t.rule = $1 AND t.three = wanted.three LIMIT $2) AS counted)
             FROM unnest($3::BIGINT[]) WITH ORDINALITY AS wanted (three, place) ORDER BY wanted.place";
        return tx
            .all(sql, &[Value::Text(rule), Value::Int(most), Value::Ints(threes)], |row| row.get(0))
            .await;
    }
    let mut counts = Vec::with_capacity(threes.len());
    for three in threes {
        let sql = "SELECT COUNT(*) FROM (
            SELECT 1 FROM duplicate_threes WHERE rule = $1 AND three = $2 LIMIT $3)";
        counts.push(tx.one(sql, params![rule, *three, most], |row| row.get::<i64>(0)).await?.unwrap_or(0));
    }
    Ok(counts)
}

/// The newest records that have all of these letters, the rarest of them first.
pub(super) async fn having(tx: &mut Tx, rule: &str, threes: &[i64], most: i64) -> Result<Vec<i64>, Error> {
    let Some((rarest, others)) = threes.split_first() else { return Ok(Vec::new()) };
    let mut params = vec![Value::Text(rule), Value::Int(*rarest)];
    let mut sql = "SELECT t.number FROM duplicate_threes t WHERE t.rule = $1 AND t.three = $2".to_owned();
    for three in others {
        params.push(Value::Int(*three));
        sql.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM duplicate_threes o
                WHERE o.rule = t.rule AND o.three = ${} AND o.number = t.number)",
            params.len()
        ));
    }
    params.push(Value::Int(most));
    sql.push_str(&format!(" ORDER BY t.number DESC LIMIT ${}", params.len()));
    tx.all(&sql, &params, |row| row.get(0)).await
}

/// The columns that [`read_pair`] reads, in its order.
const PAIR: &str = "SELECT d.id, d.module, d.number, d.other_number, d.reasons, d.found_at, d.dismissed_at,
    d.dismissed_by FROM duplicates d";

fn read_pair(row: &Row<'_>) -> Result<Pair, Error> {
    Ok(Pair {
        id: row.get(0)?,
        module: row.get::<String>(1)?.into(),
        number: row.get(2)?,
        other_number: row.get(3)?,
        reasons: parsed(&row.get::<String>(4)?)?,
        found_at: row.instant(5)?,
        dismissed_at: row.maybe_instant(6)?,
        dismissed_by: row.get(7)?,
    })
}

/// Every pair in which one of these records is.
pub(super) async fn pairs_of(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<Pair>, Error> {
    let mut pairs = Vec::new();
    for column in ["number", "other_number"] {
        if tx.engine() == Engine::Postgres {
            let sql = format!("{PAIR} WHERE d.{column} = ANY($1::BIGINT[])");
            pairs.extend(tx.all(&sql, &[Value::Ints(numbers)], read_pair).await?);
            continue;
        }
        let sql = format!("{PAIR} WHERE d.{column} = $1");
        for number in numbers {
            pairs.extend(tx.all(&sql, params![*number], read_pair).await?);
        }
    }
    // One of two records that are both asked for comes twice.
    pairs.sort_by_key(|pair| pair.id);
    pairs.dedup_by_key(|pair| pair.id);
    Ok(pairs)
}

/// The pairs with these ids.
pub(super) async fn pairs(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Pair>, Error> {
    if tx.engine() == Engine::Postgres {
        let sql = format!("{PAIR} WHERE d.id = ANY($1::BIGINT[])");
        return tx.all(&sql, &[Value::Ints(ids)], read_pair).await;
    }
    let sql = format!("{PAIR} WHERE d.id = $1");
    let mut pairs = Vec::with_capacity(ids.len());
    for id in ids {
        pairs.extend(tx.one(&sql, params![*id], read_pair).await?);
    }
    Ok(pairs)
}

/// Writes that two records are likely the same, or why they are now. `lifts`: the dismissal counts no more.
pub(super) async fn put_pair(
    tx: &mut Tx,
    module: &str,
    (number, other_number): (i64, i64),
    reasons: &[Reason],
    now: Instant,
    lifts: bool,
) -> Result<(), Error> {
    let lifted =
        if lifts { ", found_at = excluded.found_at, dismissed_at = NULL, dismissed_by = NULL" } else { "" };
    let sql = format!(
        "INSERT INTO duplicates (module, number, other_number, reasons, found_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (number, other_number) DO UPDATE SET reasons = excluded.reasons{lifted}"
    );
    let reasons = serde_json::to_string(reasons).expect("reasons are plain structs");
    tx.execute(&sql, params![module, number, other_number, &reasons, now]).await?;
    Ok(())
}

pub(super) async fn delete_pairs(tx: &mut Tx, ids: &[i64]) -> Result<(), Error> {
    delete_each(tx, "duplicates", "id", ids).await
}

/// A page of pairs of records that both exist, the newest found first.
pub(super) async fn page(tx: &mut Tx, filter: &Filter) -> Result<Vec<Pair>, Error> {
    let dismissed = if filter.dismissed { "IS NOT NULL" } else { "IS NULL" };
    let mut sql = format!(
        "{PAIR} JOIN records r ON r.number = d.number JOIN records o ON o.number = d.other_number
         WHERE d.dismissed_at {dismissed}"
    );
    let mut params = Vec::new();
    if let Some(module) = &filter.module {
        params.push(Value::Text(module));
        sql.push_str(&format!(" AND d.module = ${}", params.len()));
    }
    if let Some(number) = filter.number {
        params.extend([Value::Int(number), Value::Int(number)]);
        sql.push_str(&format!(
            " AND (d.number = ${} OR d.other_number = ${})",
            params.len() - 1,
            params.len()
        ));
    }
    if let Some(before) = filter.before {
        params.push(Value::Int(before));
        sql.push_str(&format!(" AND d.id < ${}", params.len()));
    }
    params.push(Value::Int(filter.most));
    sql.push_str(&format!(" ORDER BY d.id DESC LIMIT ${}", params.len()));
    tx.all(&sql, &params, read_pair).await
}

/// The pair with this id, if both of its records exist.
pub(super) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Pair>, Error> {
    let sql = format!(
        "{PAIR} JOIN records r ON r.number = d.number JOIN records o ON o.number = d.other_number WHERE d.id = $1"
    );
    tx.one(&sql, params![id], read_pair).await
}

/// Notes that somebody looked at a pair and found two different things, or that this counts no more.
pub(super) async fn dismiss(
    tx: &mut Tx,
    id: i64,
    dismissed: Option<(Instant, Option<i64>)>,
) -> Result<(), Error> {
    let (at, by) = dismissed.map_or((None, None), |(at, by)| (Some(at), by));
    tx.execute(
        "UPDATE duplicates SET dismissed_at = $1, dismissed_by = $2 WHERE id = $3",
        params![at, by, id],
    )
    .await?;
    Ok(())
}

/// By which rules a module is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Basis {
    pub basis: String,
    pub next_basis: Option<String>,
    pub begins_at: Instant,
    pub done_to: i64,
}

impl Basis {
    /// By which rules it is to be indexed in the end.
    pub fn wanted(&self) -> &str {
        self.next_basis.as_ref().unwrap_or(&self.basis)
    }
}

/// By which rules every module is indexed that ever was.
pub(super) async fn bases(tx: &mut Tx) -> Result<HashMap<String, Basis>, Error> {
    let sql = "SELECT module, basis, next_basis, begins_at, done_to FROM duplicate_bases";
    let bases = tx.all(sql, &[], |row| {
        let basis = Basis {
            basis: row.get(1)?,
            next_basis: row.get(2)?,
            begins_at: row.instant(3)?,
            done_to: row.get(4)?,
        };
        Ok((row.get::<String>(0)?, basis))
    });
    Ok(bases.await?.into_iter().collect())
}

/// Has a module be indexed anew by these rules, from its first record on, from this instant on.
pub(super) async fn begin_anew(
    tx: &mut Tx,
    module: &str,
    basis: &str,
    begins_at: Instant,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO duplicate_bases (module, basis, next_basis, begins_at, done_to) VALUES ($1, '', $2, $3, 0)
         ON CONFLICT (module) DO UPDATE SET next_basis = excluded.next_basis, begins_at = excluded.begins_at, done_to = 0",
        params![module, basis, begins_at],
    )
    .await?;
    Ok(())
}

/// Notes up to which record a module is indexed anew.
pub(super) async fn done_to(tx: &mut Tx, module: &str, basis: &str, number: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE duplicate_bases SET done_to = $1 WHERE module = $2 AND next_basis = $3",
        params![number, module, basis],
    )
    .await?;
    Ok(())
}

/// Notes that a module is indexed by these rules.
pub(super) async fn end_anew(tx: &mut Tx, module: &str, basis: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE duplicate_bases SET basis = $1, next_basis = NULL WHERE module = $2 AND next_basis = $1",
        params![basis, module],
    )
    .await?;
    Ok(())
}
