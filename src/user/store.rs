//! The SQL of users.

use std::collections::BTreeSet;

use super::choice::store::columns;
use super::{Change, Figure, User, choice};
use crate::auth::passwords::Hash;
use crate::auth::{Role, Roles, Status, email_key};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};

/// The columns that [`read_user`] reads, in its order.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, name, roles, status, time_zone, language, reports_to, on_support, created_at, updated_at, ",
            columns!(),
            " ",
            $rest
        )
    };
}

fn read_user(row: &Row<'_>) -> Result<User, Error> {
    Ok(User {
        id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        roles: Roles::from_json(&row.get::<String>(3)?),
        status: Status::from_stored(&row.get::<String>(4)?),
        time_zone: row.get(5)?,
        language: row.get(6)?,
        reports_to: row.get(7)?,
        on_support: row.get(8)?,
        choices: choice::store::read(row, 11)?,
        created_at: row.instant(9)?,
        updated_at: row.instant(10)?,
    })
}

pub(super) async fn find(tx: &mut Tx, id: i64) -> Result<Option<User>, Error> {
    tx.one(select!("FROM users WHERE id = $1"), params![id], read_user).await
}

pub(super) async fn find_by_email(tx: &mut Tx, email: &str) -> Result<Option<User>, Error> {
    tx.one(select!("FROM users WHERE email_key = $1"), params![&email_key(email)], read_user).await
}

/// Those after `after` whose name or e-mail contains `words`, in whatever case, and who have this status.
pub(super) async fn page(
    tx: &mut Tx,
    words: &str,
    status: Option<Status>,
    after: i64,
    most: i64,
) -> Result<Vec<User>, Error> {
    let pattern = format!("%{}%", escaped(&words.to_lowercase()));
    tx.all(
        select!(
            "FROM users WHERE id > $1 AND (email_key LIKE $2 ESCAPE '!' OR name_key LIKE $2 ESCAPE '!')
                 AND status = COALESCE($3, status)
             ORDER BY id LIMIT $4"
        ),
        params![after, &pattern, status.map(Status::as_str), most],
        read_user,
    )
    .await
}

/// A text that LIKE takes as it is, with `!` before what would mean something.
pub(super) fn escaped(words: &str) -> String {
    words.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Returns whether the user was added; not if the id or the e-mail is somebody's.
pub(super) async fn insert(tx: &mut Tx, user: &User, password_hash: Option<&str>) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO users (id, email, email_key, name, name_key, roles, status, time_zone, language,
                 reports_to, password_hash, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
            params![
                user.id,
                &user.email,
                &email_key(&user.email),
                &user.name,
                &user.name.to_lowercase(),
                &user.roles.to_json(),
                user.status.as_str(),
                &user.time_zone,
                &user.language,
                user.reports_to,
                password_hash,
                user.created_at,
                user.updated_at,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

pub(super) async fn insert_inbox(tx: &mut Tx, user_id: i64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO inboxes (user_id, head_seq, indexed_seq, read_watermark, read_mark, unread_count, revision)
         VALUES ($1, 0, 0, 0, 0, 0, 0)",
        params![user_id],
    )
    .await?;
    Ok(())
}

/// The highest id that was ever given; 0 if none was.
pub(super) async fn highest_id(tx: &mut Tx) -> Result<i64, Error> {
    let highest = tx
        .one(
            "SELECT COALESCE(MAX(id), 0) FROM (SELECT MAX(id) AS id FROM users UNION ALL SELECT MAX(id) FROM erased_users) given",
            &[],
            |row| row.get(0),
        )
        .await?;
    Ok(highest.unwrap_or(0))
}

/// The lowest id above another that was never given. For the day on which somebody took the highest one.
pub(super) async fn first_gap(tx: &mut Tx) -> Result<Option<i64>, Error> {
    let gap = tx
        .one(
            "SELECT MIN(given.id) + 1 FROM (SELECT id FROM users UNION SELECT id FROM erased_users) given
             WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = given.id + 1)
                 AND NOT EXISTS (SELECT 1 FROM erased_users e WHERE e.id = given.id + 1)",
            &[],
            |row| row.get::<Option<i64>>(0),
        )
        .await?;
    Ok(gap.flatten())
}

pub(super) async fn was_erased(tx: &mut Tx, id: i64) -> Result<bool, Error> {
    Ok(tx.one("SELECT 1 FROM erased_users WHERE id = $1", params![id], |_| Ok(())).await?.is_some())
}

pub(super) async fn any_admin(tx: &mut Tx) -> Result<bool, Error> {
    let found = tx.one("SELECT 1 FROM users WHERE roles LIKE '%\"admin\"%' LIMIT 1", &[], |_| Ok(())).await?;
    Ok(found.is_some())
}

pub(super) async fn name(tx: &mut Tx, id: i64) -> Result<Option<String>, Error> {
    tx.one("SELECT name FROM users WHERE id = $1", params![id], |row| row.get(0)).await
}

pub(super) async fn active_admins(tx: &mut Tx) -> Result<Vec<i64>, Error> {
    tx.all(
        "SELECT id FROM users WHERE status = 'Active' AND roles LIKE '%\"admin\"%' ORDER BY id",
        &[],
        |row| row.get(0),
    )
    .await
}

/// Whether there is an active administrator beside this user. All of them are locked until the transaction ends,
/// so that two cannot remove each other at once.
pub(super) async fn has_other_admin(tx: &mut Tx, id: i64) -> Result<bool, Error> {
    let admins: Vec<i64> = tx
        .all(
            "UPDATE users SET failed_logins = failed_logins WHERE status = 'Active' AND roles LIKE '%\"admin\"%'
             RETURNING id",
            &[],
            |row| row.get(0),
        )
        .await?;
    Ok(admins.iter().any(|admin| *admin != id))
}

pub(super) async fn update(
    tx: &mut Tx,
    id: i64,
    change: &Change,
    now: Instant,
) -> Result<Option<User>, Error> {
    tx.one(
        concat!(
            "UPDATE users SET email = COALESCE($1, email), email_key = COALESCE($2, email_key),
             name = COALESCE($3, name), name_key = COALESCE($4, name_key), roles = COALESCE($5, roles),
             status = COALESCE($6, status), failed_logins = CASE WHEN $7 THEN 0 ELSE failed_logins END,
             password_hash = COALESCE($8, password_hash), time_zone = COALESCE($9, time_zone),
             language = COALESCE($10, language), reports_to = CASE WHEN $11 THEN $12 ELSE reports_to END,
             on_support = COALESCE($13, on_support), updated_at = $14
         WHERE id = $15
         RETURNING id, email, name, roles, status, time_zone, language, reports_to, on_support, created_at,
             updated_at, ",
            columns!()
        ),
        params![
            &change.email,
            &change.email.as_deref().map(email_key),
            &change.name,
            &change.name.as_ref().map(|name| name.to_lowercase()),
            &change.roles.map(Roles::to_json),
            change.status.map(Status::as_str),
            change.status == Some(Status::Active),
            change.password.as_ref().map(Hash::as_str),
            &change.time_zone,
            &change.language,
            change.reports_to.is_some(),
            change.reports_to.flatten(),
            change.on_support,
            now,
            id,
        ],
        read_user,
    )
    .await
}

/// What [`read_figure`] reads, in its order.
macro_rules! figure {
    () => {
        "SELECT id, name, email, time_zone, reports_to, language, on_support, status, roles FROM users"
    };
}

/// Those of these people that there are.
pub(super) async fn figures(tx: &mut Tx, ids: &BTreeSet<i64>) -> Result<Vec<Figure>, Error> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    if tx.engine() == Engine::Postgres {
        let sql = concat!(figure!(), " WHERE id = ANY($1::BIGINT[])");
        return tx.all(sql, &[Value::Ints(&ids)], read_figure).await;
    }
    let mut figures = Vec::with_capacity(ids.len());
    for id in ids {
        let sql = concat!(figure!(), " WHERE id = $1");
        figures.extend(tx.one(sql, params![id], read_figure).await?);
    }
    Ok(figures)
}

fn read_figure(row: &Row<'_>) -> Result<Figure, Error> {
    Ok(Figure {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        time_zone: row.get(3)?,
        reports_to: row.get(4)?,
        language: row.get(5)?,
        on_support: row.get(6)?,
        is_active: Status::from_stored(&row.get::<String>(7)?) == Status::Active,
        is_customer: Roles::from_json(&row.get::<String>(8)?) == Roles::of(&[Role::Customer]),
    })
}

/// Has the timers that go by the user's clock computed anew.
pub(super) async fn note_zone_change(tx: &mut Tx, id: i64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO zone_changes (user_id) VALUES ($1)
         ON CONFLICT (user_id) DO UPDATE SET asked = zone_changes.asked + 1, done_to = 0",
        params![id],
    )
    .await?;
    Ok(())
}

/// Sessions, memberships and the word of those who report to the user go with the row.
pub(super) async fn delete(tx: &mut Tx, id: i64, now: Instant) -> Result<(), Error> {
    tx.execute("DELETE FROM users WHERE id = $1", params![id]).await?;
    tx.execute("DELETE FROM inboxes WHERE user_id = $1", params![id]).await?;
    tx.execute(
        "INSERT INTO erased_users (id, erased_at, contents_gone) VALUES ($1, $2, FALSE)",
        params![id, now],
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_mean_something_to_like_are_taken_as_they_are() {
        assert_eq!(escaped("100%_!\\"), "100!%!_!!\\");
    }
}
