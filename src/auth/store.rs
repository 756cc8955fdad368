//! The SQL of sign-in: users as far as it looks at them, their sessions, and the event of a lock-out.

use super::session::Session;
use super::session::http::Open;
use super::ticket::{NewTicket, Taken};
use super::{Person, Roles, Status};
use crate::clock::Instant;
use crate::params;
use crate::storage::{Engine, Error, Row, Tx, Value};

/// A user who wants to sign in.
pub(super) struct Applicant {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub roles: Roles,
    pub status: Status,
    pub password_hash: Option<String>,
}

pub(super) async fn applicant(tx: &mut Tx, email_key: &str) -> Result<Option<Applicant>, Error> {
    tx.one(
        "SELECT id, email, name, roles, status, password_hash FROM users WHERE email_key = $1",
        params![email_key],
        read_applicant,
    )
    .await
}

pub(super) async fn applicant_by_id(tx: &mut Tx, id: i64) -> Result<Option<Applicant>, Error> {
    tx.one(
        "SELECT id, email, name, roles, status, password_hash FROM users WHERE id = $1",
        params![id],
        read_applicant,
    )
    .await
}

fn read_applicant(row: &Row<'_>) -> Result<Applicant, Error> {
    Ok(Applicant {
        id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        roles: Roles::from_json(&row.get::<String>(3)?),
        status: Status::from_stored(&row.get::<String>(4)?),
        password_hash: row.get(5)?,
    })
}

/// A session, and whether its user may sign in.
pub(super) async fn session(tx: &mut Tx, id: &str) -> Result<Option<(Session, Status)>, Error> {
    tx.one(
        "SELECT u.id, u.email, u.name, u.roles, u.status, s.refresh_digest, s.created_at, s.used_at, s.expires_at
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1",
        params![id],
        |row| {
            let (roles, expires_at) = (Roles::from_json(&row.get::<String>(3)?), row.instant(8)?);
            let person =
                Person::new(row.get(0)?, row.get(1)?, row.get(2)?, roles, id.to_owned(), expires_at);
            let session = Session {
                person,
                digest: row.get(5)?,
                created_at: row.instant(6)?,
                used_at: row.instant(7)?,
                expires_at,
            };
            Ok((session, Status::from_stored(&row.get::<String>(4)?)))
        },
    )
    .await
}

/// How many sessions one statement asks for on SQLite.
const ASKED_AT_ONCE: usize = 100;

/// Which of these sessions are alive at `now`.
pub(super) async fn alive(tx: &mut Tx, ids: &[String], now: Instant) -> Result<Vec<String>, Error> {
    const ALIVE: &str = "SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.expires_at > $1 AND u.status = 'Active' AND s.id ";
    if tx.engine() == Engine::Postgres {
        let ids: Vec<Option<&str>> = ids.iter().map(|id| Some(id.as_str())).collect();
        let parameters = [now.into(), Value::MaybeTexts(&ids)];
        return tx.all(&format!("{ALIVE} = ANY($2)"), &parameters, |row| row.get(0)).await;
    }
    // Always as many parameters: one prepared statement serves.
    let places: Vec<String> = (2..ASKED_AT_ONCE + 2).map(|number| format!("${number}")).collect();
    let sql = format!("{ALIVE} IN ({})", places.join(","));
    let mut alive = Vec::new();
    for chunk in ids.chunks(ASKED_AT_ONCE) {
        let mut parameters = vec![Value::from(now)];
        parameters.extend(chunk.iter().map(Value::from));
        parameters.resize(ASKED_AT_ONCE + 1, Value::Null);
        alive.extend(tx.all(&sql, &parameters, |row| row.get(0)).await?);
    }
    Ok(alive)
}

/// Writes down that a session was used, and until when it is good therefore.
pub(super) async fn note_use_of_session(
    tx: &mut Tx,
    id: &str,
    used_at: Instant,
    expires_at: Instant,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE sessions SET used_at = $1, expires_at = $2 WHERE id = $3 AND used_at < $1",
        params![used_at, expires_at, id],
    )
    .await?;
    Ok(())
}

/// Counts a wrong password; returns how many there were in a row, or `None` if the user is locked.
pub(super) async fn count_wrong_password(tx: &mut Tx, user_id: i64) -> Result<Option<i64>, Error> {
    tx.one(
        "UPDATE users SET failed_logins = failed_logins + 1 WHERE id = $1 AND status = 'Active'
         RETURNING failed_logins",
        params![user_id],
        |row| row.get(0),
    )
    .await
}

/// Counts a wrong password of nobody, or of somebody who is locked: it takes as long as for anybody else.
pub(super) async fn count_miss(tx: &mut Tx) -> Result<(), Error> {
    tx.execute("UPDATE sign_in_misses SET attempts = attempts + 1 WHERE id = 1", &[]).await?;
    Ok(())
}

/// Starts the count anew. Returns whether the user is active and still has the password that was compared.
pub(super) async fn clear_wrong_passwords(
    tx: &mut Tx,
    user_id: i64,
    password_hash: &str,
) -> Result<bool, Error> {
    let cleared = tx
        .execute(
            "UPDATE users SET failed_logins = 0 WHERE id = $1 AND status = 'Active' AND password_hash = $2",
            params![user_id, password_hash],
        )
        .await?;
    Ok(cleared == 1)
}

pub(super) async fn lock_out(tx: &mut Tx, user_id: i64, now: Instant) -> Result<(), Error> {
    tx.execute(
        "UPDATE users SET status = $1, updated_at = $2 WHERE id = $3",
        params![Status::LockedOut.as_str(), now, user_id],
    )
    .await?;
    Ok(())
}

/// A session that begins.
pub(super) struct NewSession<'a> {
    pub id: &'a str,
    pub user_id: i64,
    pub refresh_digest: &'a str,
    pub user_agent: Option<&'a str>,
    pub address: Option<&'a str>,
    pub now: Instant,
    pub expires_at: Instant,
}

pub(super) async fn insert_session(tx: &mut Tx, new: &NewSession<'_>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO sessions (id, user_id, refresh_digest, user_agent, address, created_at, used_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
        params![new.id, new.user_id, new.refresh_digest, new.user_agent, new.address, new.now, new.expires_at],
    )
    .await?;
    Ok(())
}

/// Replaces the refresh token `spent` of a session; returns the user, or `None` if it is not the one in force.
pub(super) async fn rotate(
    tx: &mut Tx,
    session_id: &str,
    spent: &str,
    next: &str,
    now: Instant,
    expires_at: Instant,
) -> Result<Option<i64>, Error> {
    tx.one(
        "UPDATE sessions SET refresh_digest = $1, used_at = $2, expires_at = $3
         WHERE id = $4 AND refresh_digest = $5 AND expires_at > $2 RETURNING user_id",
        params![next, now, expires_at, session_id, spent],
        |row| row.get(0),
    )
    .await
}

/// Ends a session; returns the user whose it was.
pub(super) async fn delete_session(tx: &mut Tx, id: &str) -> Result<Option<i64>, Error> {
    tx.one("DELETE FROM sessions WHERE id = $1 RETURNING user_id", params![id], |row| row.get(0)).await
}

/// Ends a session if it is this user's; returns whether it was.
pub(super) async fn delete_session_of(tx: &mut Tx, id: &str, user_id: i64) -> Result<bool, Error> {
    let ended =
        tx.execute("DELETE FROM sessions WHERE id = $1 AND user_id = $2", params![id, user_id]).await?;
    Ok(ended == 1)
}

/// The sessions of a user that are alive at `now`, the last used first, at most `most`.
pub(super) async fn open_sessions(
    tx: &mut Tx,
    user_id: i64,
    now: Instant,
    most: i64,
) -> Result<Vec<Open>, Error> {
    tx.all(
        "SELECT id, user_agent, address, created_at, used_at FROM sessions
         WHERE user_id = $1 AND expires_at > $2 ORDER BY used_at DESC, id LIMIT $3",
        params![user_id, now, most],
        |row| {
            Ok(Open {
                id: row.get(0)?,
                user_agent: row.get(1)?,
                address: row.get(2)?,
                created_at: row.instant(3)?,
                used_at: row.instant(4)?,
            })
        },
    )
    .await
}

/// Ends a user's sessions, all but `except`. The caller tells [`super::Auth::forget_user`].
///
/// # Errors
/// What the database says.
pub async fn end_sessions(tx: &mut Tx, user_id: i64, except: Option<&str>) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM sessions WHERE user_id = $1 AND id <> $2",
        params![user_id, except.unwrap_or("")],
    )
    .await?;
    Ok(())
}

/// Forgets at most `most` sessions whose time is over; returns how many.
pub(super) async fn forget_expired_sessions(tx: &mut Tx, now: Instant, most: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 LIMIT $2)",
        params![now, most],
    )
    .await
}

/// Removes a user's tickets that are over, and the oldest if there are `most`.
pub(super) async fn make_room_for_ticket(
    tx: &mut Tx,
    user_id: i64,
    now: Instant,
    most: i64,
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM stream_tickets WHERE user_id = $1 AND (expires_at <= $2 OR digest NOT IN (
             SELECT digest FROM stream_tickets WHERE user_id = $1 ORDER BY expires_at DESC LIMIT $3))",
        params![user_id, now, most - 1],
    )
    .await?;
    Ok(())
}

/// Writes down a ticket; returns whether its session is still there.
pub(super) async fn insert_ticket(tx: &mut Tx, new: &NewTicket<'_>) -> Result<bool, Error> {
    let given = tx
        .execute(
            "INSERT INTO stream_tickets (digest, user_id, session_id, good_until, expires_at)
             SELECT $1, user_id, id, $2, $3 FROM sessions WHERE id = $4 AND user_id = $5",
            params![new.digest, new.good_until, new.expires_at, new.session_id, new.user_id],
        )
        .await?;
    Ok(given == 1)
}

/// Takes a ticket away, so that nobody else can.
pub(super) async fn take_ticket(tx: &mut Tx, digest: &str) -> Result<Option<Taken>, Error> {
    tx.one(
        "DELETE FROM stream_tickets WHERE digest = $1 RETURNING user_id, good_until, expires_at",
        params![digest],
        |row| Ok(Taken { user_id: row.get(0)?, good_until: row.instant(1)?, expires_at: row.instant(2)? }),
    )
    .await
}

/// Forgets tickets whose time is over.
pub(super) async fn forget_expired_tickets(tx: &mut Tx, now: Instant) -> Result<(), Error> {
    tx.execute("DELETE FROM stream_tickets WHERE expires_at <= $1", params![now]).await?;
    Ok(())
}
