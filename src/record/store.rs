//! The SQL of records.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Filter, Owner, Record};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};

/// The columns that [`read`] reads, in its order.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.number, r.module, r.id, r.label, r.link, r.assigned_to, r.previous_assigned_to,
                r.reassigned_at, r.fields, r.version, r.created_at, r.updated_at ",
            $rest
        )
    };
}

fn read(row: &Row<'_>) -> Result<Record, Error> {
    let fields = serde_json::from_str(&row.get::<String>(8)?);
    Ok(Record {
        number: row.get(0)?,
        module: row.get::<String>(1)?.into(),
        id: row.get::<String>(2)?.into(),
        label: row.get(3)?,
        link: row.get(4)?,
        assigned_to: row.get(5)?,
        previous_assigned_to: row.get(6)?,
        reassigned_at: row.maybe_instant(7)?,
        fields: fields.map_err(|error| Error::Fault(format!("the fields of a record: {error}")))?,
        version: row.get(9)?,
        created_at: row.instant(10)?,
        updated_at: row.instant(11)?,
    })
}

/// What stands beside the members of a record for searches: its label whatever the case, its status, its fields.
struct Columns {
    label_key: String,
    status: Option<String>,
    fields: String,
}

impl Columns {
    fn of(record: &Record) -> Self {
        Self {
            label_key: record.label.to_lowercase(),
            status: record.fields.get("status").and_then(Json::as_str).map(str::to_owned),
            fields: serde_json::to_string(&record.fields).expect("fields are plain JSON"),
        }
    }
}

/// Returns the number of the new record; `None` if there is one with its id.
pub(super) async fn insert(tx: &mut Tx, record: &Record) -> Result<Option<i64>, Error> {
    let columns = Columns::of(record);
    tx.one(
        "INSERT INTO records (module, id, label, label_key, link, assigned_to, previous_assigned_to, reassigned_at,
            status, fields, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (module, id) DO NOTHING RETURNING number",
        params![
            &*record.module,
            &*record.id,
            &record.label,
            &columns.label_key,
            &record.link,
            record.assigned_to,
            record.previous_assigned_to,
            record.reassigned_at,
            &columns.status,
            &columns.fields,
            record.version,
            record.created_at,
            record.updated_at
        ],
        |row| row.get(0),
    )
    .await
}

pub(super) async fn update(tx: &mut Tx, record: &Record) -> Result<(), Error> {
    let columns = Columns::of(record);
    tx.execute(
        "UPDATE records SET label = $1, label_key = $2, link = $3, assigned_to = $4, previous_assigned_to = $5,
            reassigned_at = $6, status = $7, fields = $8, version = $9, updated_at = $10
         WHERE number = $11",
        params![
            &record.label,
            &columns.label_key,
            &record.link,
            record.assigned_to,
            record.previous_assigned_to,
            record.reassigned_at,
            &columns.status,
            &columns.fields,
            record.version,
            record.updated_at,
            record.number
        ],
    )
    .await?;
    Ok(())
}

/// Gives the records with these numbers to another user, at `now`.
pub(super) async fn reassign(
    tx: &mut Tx,
    numbers: &[i64],
    assigned_to: Option<i64>,
    now: Instant,
) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        tx.execute(
            "UPDATE records SET previous_assigned_to = assigned_to, assigned_to = $1, reassigned_at = $2,
                version = version + 1, updated_at = $2
             WHERE number = ANY($3::BIGINT[])",
            &[assigned_to.into(), now.into(), Value::Ints(numbers)],
        )
        .await?;
        return Ok(());
    }
    for number in numbers {
        tx.execute(
            "UPDATE records SET previous_assigned_to = assigned_to, assigned_to = $1, reassigned_at = $2,
                version = version + 1, updated_at = $2
             WHERE number = $3",
            params![assigned_to, now, *number],
        )
        .await?;
    }
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, number: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM records WHERE number = $1", params![number]).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, module: &str, id: &str) -> Result<Option<Record>, Error> {
    tx.one(select!("FROM records r WHERE r.module = $1 AND r.id = $2"), params![module, id], read).await
}

/// The record, which nobody else changes until the transaction ends.
pub(super) async fn locked(tx: &mut Tx, module: &str, id: &str) -> Result<Option<Record>, Error> {
    // SQLite has one writer: whoever writes has locked everything.
    if tx.engine() == Engine::Sqlite {
        return find(tx, module, id).await;
    }
    tx.one(select!("FROM records r WHERE r.module = $1 AND r.id = $2 FOR UPDATE"), params![module, id], read)
        .await
}

/// Those of a module with these ids that exist, in the order of their ids; nobody else changes them until the
/// transaction ends. The order keeps two who want the same records from waiting for each other.
pub(super) async fn locked_many(tx: &mut Tx, module: &str, ids: &[Arc<str>]) -> Result<Vec<Record>, Error> {
    if tx.engine() == Engine::Postgres {
        let ids: Vec<Option<&str>> = ids.iter().map(|id| Some(&**id)).collect();
        let sql = select!(
            "FROM records r WHERE r.module = $1 AND r.id = ANY($2::TEXT[]) ORDER BY r.module, r.id FOR UPDATE"
        );
        return tx.all(sql, &[Value::Text(module), Value::MaybeTexts(&ids)], read).await;
    }
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(find(tx, module, id).await?);
    }
    Ok(found)
}

/// Those of these records that exist, by module and id.
pub(super) async fn find_many(tx: &mut Tx, wanted: &[(Arc<str>, Arc<str>)]) -> Result<Vec<Record>, Error> {
    if tx.engine() == Engine::Postgres {
        let modules: Vec<Option<&str>> = wanted.iter().map(|(module, _)| Some(&**module)).collect();
        let ids: Vec<Option<&str>> = wanted.iter().map(|(_, id)| Some(&**id)).collect();
        let sql = select!(
            "FROM (SELECT DISTINCT * FROM unnest($1::TEXT[], $2::TEXT[]) AS pair (module, id)) wanted
             JOIN records r ON r.module = wanted.module AND r.id = wanted.id"
        );
        return tx.all(sql, &[Value::MaybeTexts(&modules), Value::MaybeTexts(&ids)], read).await;
    }
    let once: BTreeSet<&(Arc<str>, Arc<str>)> = wanted.iter().collect();
    let mut found = Vec::with_capacity(once.len());
    for (module, id) in once {
        found.extend(find(tx, module, id).await?);
    }
    Ok(found)
}

/// Those with these numbers that exist.
pub(super) async fn numbered(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<Record>, Error> {
    if tx.engine() == Engine::Postgres {
        let sql = select!("FROM records r WHERE r.number = ANY($1::BIGINT[])");
        return tx.all(sql, &[Value::Ints(numbers)], read).await;
    }
    let mut found = Vec::with_capacity(numbers.len());
    for number in numbers {
        let sql = select!("FROM records r WHERE r.number = $1");
        found.extend(tx.one(sql, params![*number], read).await?);
    }
    Ok(found)
}

/// A page of a module, newest first.
pub(super) async fn page(tx: &mut Tx, module: &str, filter: &Filter) -> Result<Vec<Record>, Error> {
    let words = filter.words.as_ref().map(|words| format!("%{}%", escaped(&words.to_lowercase())));
    let owner = match filter.owner {
        Owner::Anybody => None,
        Owner::Nobody => Some((" AND r.assigned_to IS NULL", None)),
        Owner::User(id) => Some((" AND r.assigned_to = $", Some(id))),
    };
    let mut params = vec![Value::Text(module)];
    let mut conditions = String::from("r.module = $1");
    if let Some((condition, id)) = owner {
        conditions.push_str(condition);
        if let Some(id) = id {
            params.push(Value::Int(id));
            conditions.push_str(&params.len().to_string());
        }
    }
    let wanted = [
        (" AND r.label_key LIKE $", words.as_deref().map(Value::Text), " ESCAPE '!'"),
        (" AND r.status = $", filter.status.as_deref().map(Value::Text), ""),
        (" AND r.number < $", filter.before.map(Value::Int), ""),
    ];
    for (condition, value, rest) in wanted {
        if let Some(value) = value {
            params.push(value);
            conditions.push_str(&format!("{condition}{}{rest}", params.len()));
        }
    }
    params.push(Value::Int(filter.most));
    let sql = format!(
        "{} WHERE {conditions} ORDER BY r.number DESC LIMIT ${}",
        select!("FROM records r"),
        params.len()
    );
    tx.all(&sql, &params, read).await
}

/// A text that LIKE takes as it is, with `!` before what would mean something.
fn escaped(words: &str) -> String {
    words.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// The oldest record of a module with this label, whatever its case.
pub(super) async fn find_by_label(tx: &mut Tx, module: &str, label: &str) -> Result<Option<Record>, Error> {
    tx.one(
        select!("FROM records r WHERE r.module = $1 AND r.label_key = $2 ORDER BY r.number LIMIT 1"),
        params![module, &label.to_lowercase()],
        read,
    )
    .await
}

/// Records of a module after a number, in the order of their numbers.
pub(super) async fn batch(tx: &mut Tx, module: &str, after: i64, most: i64) -> Result<Vec<Record>, Error> {
    tx.all(
        select!("FROM records r WHERE r.module = $1 AND r.number > $2 ORDER BY r.number LIMIT $3"),
        params![module, after, most],
        read,
    )
    .await
}

/// Records of a module that a user is assigned to, after a number, in the order of their numbers.
pub(super) async fn of_user(
    tx: &mut Tx,
    module: &str,
    user_id: i64,
    after: i64,
    most: i64,
) -> Result<Vec<Record>, Error> {
    tx.all(
        select!(
            "FROM records r WHERE r.module = $1 AND r.assigned_to = $2 AND r.number > $3
             ORDER BY r.number LIMIT $4"
        ),
        params![module, user_id, after, most],
        read,
    )
    .await
}
