//! The SQL of groups.

use std::collections::BTreeSet;

use super::Group;
use crate::clock::Instant;
use crate::params;
use crate::storage::{Error, Tx, Value};

/// Ids that one statement names. Every statement names as many, so that there is only one to prepare.
const AT_ONCE: usize = 50;

/// Returns the new group's id; `None` if the name is another's.
pub(super) async fn insert(tx: &mut Tx, name: &str, now: Instant) -> Result<Option<i64>, Error> {
    tx.one(
        "INSERT INTO user_groups (name, name_key, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (name_key) DO NOTHING RETURNING id",
        params![name, &name.to_lowercase(), now],
        |row| row.get(0),
    )
    .await
}

pub(super) async fn rename(tx: &mut Tx, id: i64, name: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE user_groups SET name = $1, name_key = $2 WHERE id = $3",
        params![name, &name.to_lowercase(), id],
    )
    .await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Group>, Error> {
    let name = tx.one("SELECT name FROM user_groups WHERE id = $1", params![id], |row| row.get(0)).await?;
    match name {
        Some(name) => Ok(Some(Group { id, name, members: members(tx, id).await? })),
        None => Ok(None),
    }
}

/// Those after `after` whose name contains `words`, in whatever case.
pub(super) async fn page(tx: &mut Tx, words: &str, after: i64, most: i64) -> Result<Vec<Group>, Error> {
    let pattern = format!("%{}%", crate::user::store::escaped(&words.to_lowercase()));
    let mut groups = tx
        .all(
            "SELECT id, name FROM user_groups WHERE id > $1 AND name_key LIKE $2 ESCAPE '!' ORDER BY id LIMIT $3",
            params![after, &pattern, most],
            |row| Ok(Group { id: row.get(0)?, name: row.get(1)?, members: Vec::new() }),
        )
        .await?;
    for group in &mut groups {
        group.members = members(tx, group.id).await?;
    }
    Ok(groups)
}

/// The members of the group of this name, whatever its case.
pub(super) async fn members_of_named(tx: &mut Tx, name: &str) -> Result<Option<Vec<i64>>, Error> {
    let sql = "SELECT id FROM user_groups WHERE name_key = $1";
    match tx.one(sql, params![&name.to_lowercase()], |row| row.get(0)).await? {
        Some(id) => members(tx, id).await.map(Some),
        None => Ok(None),
    }
}

async fn members(tx: &mut Tx, id: i64) -> Result<Vec<i64>, Error> {
    tx.all("SELECT user_id FROM group_members WHERE group_id = $1 ORDER BY user_id", params![id], |row| {
        row.get(0)
    })
    .await
}

/// The lowest of these ids that is nobody's.
pub(super) async fn first_unknown(tx: &mut Tx, ids: &BTreeSet<i64>) -> Result<Option<i64>, Error> {
    let sql = format!("SELECT id FROM users WHERE id IN ({})", places(1));
    for some in slices(ids) {
        let known = tx.all(&sql, &padded(&some), |row| row.get::<i64>(0)).await?;
        if let Some(unknown) = some.iter().find(|id| !known.contains(id)) {
            return Ok(Some(*unknown));
        }
    }
    Ok(None)
}

pub(super) async fn add_members(tx: &mut Tx, id: i64, ids: &BTreeSet<i64>) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO group_members (group_id, user_id)
         SELECT g.id, u.id FROM user_groups g, users u WHERE g.id = $1 AND u.id IN ({})",
        places(2)
    );
    for some in slices(ids) {
        let mut values = vec![Value::Int(id)];
        values.extend(padded(&some));
        tx.execute(&sql, &values).await?;
    }
    Ok(())
}

pub(super) async fn clear(tx: &mut Tx, id: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM group_members WHERE group_id = $1", params![id]).await?;
    Ok(())
}

/// Returns whether there was such a group. Its memberships go with it.
pub(super) async fn delete(tx: &mut Tx, id: i64) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM user_groups WHERE id = $1", params![id]).await? == 1)
}

fn slices(ids: &BTreeSet<i64>) -> Vec<Vec<i64>> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    ids.chunks(AT_ONCE).map(<[i64]>::to_vec).collect()
}

/// As many values as a statement names: the last id stands in for those that are too few.
fn padded(ids: &[i64]) -> Vec<Value<'static>> {
    let last = ids.last().copied().unwrap_or(0);
    let filler = std::iter::repeat_n(last, AT_ONCE - ids.len());
    ids.iter().copied().chain(filler).map(Value::Int).collect()
}

fn places(first: usize) -> String {
    let names: Vec<String> = (first..first + AT_ONCE).map(|number| format!("${number}")).collect();
    names.join(", ")
}
