//! Fills a database by plain SQL, many times quicker than any server would.
//!
//! What is written is what a server at rest would have left (see `src/notification/pending.rs`): every
//! notification has its item, and no inbox lags behind its index.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use belfry::clock::{Clock, Instant};
use belfry::config::DatabaseUrl;
use belfry::storage::{Database, Purpose};

use crate::store::Engine;

/// The first user; all have five digits.
pub const FIRST_USER: i64 = 10_001;

/// How many users there are.
pub const USERS: i64 = 10_000;

/// Everybody's password …
pub const PASSWORD: &str = "correct horse";

/// … and a hash of it that costs next to nothing: sign-in is not what is measured, and ten thousand are made.
fn password_hash() -> anyhow::Result<String> {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
    let params = Params::new(8, 1, 1, None).map_err(|error| anyhow::anyhow!("{error}"))?;
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password(PASSWORD.as_bytes());
    Ok(hash.map_err(|error| anyhow::anyhow!("{error}"))?.to_string())
}

/// How many notifications whose inboxes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Users with notifications: the first of all users.
    pub holders: i64,
    /// Notifications of each.
    pub each: i64,
}

impl Shape {
    fn rows(self) -> i64 {
        self.holders * self.each
    }
}

/// Numbers from one to another as a table `n (i)`, in the database's dialect.
type Series = fn(i64, i64) -> String;

fn series_on_sqlite(from: i64, to: i64) -> String {
    format!(
        "(WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}) SELECT i FROM n) AS n"
    )
}

fn series_on_postgres(from: i64, to: i64) -> String {
    format!("generate_series({from}::BIGINT, {to}::BIGINT) AS n (i)")
}

/// The statements that fill a database, each a transaction of its own.
fn statements(shape: Shape, series: Series, now: Instant) -> anyhow::Result<Vec<String>> {
    let (Shape { holders, each }, Instant(now)) = (shape, now);
    let everybody = series(FIRST_USER, FIRST_USER + USERS - 1);
    let mut statements = vec![
        format!(
            "INSERT INTO users (id, email, email_key, name, name_key, roles, status, time_zone, language,
                password_hash, created_at, updated_at)
             SELECT i, 'u' || i || '@bench.example', 'u' || i || '@bench.example', 'User ' || i, 'user ' || i, '[]',
                'Active', 'UTC', 'en', '{}', {now}, {now} FROM {everybody}",
            password_hash()?
        ),
        format!(
            "INSERT INTO inboxes (user_id, head_seq, indexed_seq, read_watermark, read_mark, unread_count, revision)
             SELECT i, held, held, 0, 0, held, held
             FROM (SELECT i, CASE WHEN i < {FIRST_USER} + {holders} THEN {each} ELSE 0 END AS held FROM {everybody}) AS u"
        ),
    ];
    // Ten days ago, and a moment apart: nothing here is old enough for retention.
    let then = now - 10 * 86_400_000_000;
    for (from, to) in chunks(shape.rows()) {
        // In the order of arrival everybody's turn comes again and again: a user's rows lie far apart.
        statements.push(format!(
            "INSERT INTO notification_contents (id, user_id, seq, type, title, message, link, metadata, created_at)
             SELECT i, {FIRST_USER} + (i - 1) % {holders}, (i - 1) / {holders} + 1, 'provision_complete',
                'Service Activated', 'Your mobile service has been successfully activated', '/services/167',
                '{{\"service_id\":' || i || ',\"service_type\":\"mobile\",\"activation_date\":\"2026-01-11\",\"plan\":\"Unlimited 5G\",\"provisioned_by\":\"automation\"}}',
                {then} + i * 50000 FROM {}",
            series(from, to)
        ));
    }
    for (from, to) in chunks(shape.rows()) {
        // In the order of the table's key.
        statements.push(format!(
            "INSERT INTO inbox_items (user_id, shelf, seq, notification_id, type)
             SELECT {FIRST_USER} + (i - 1) / {each}, 0, (i - 1) % {each} + 1,
                (i - 1) % {each} * {holders} + (i - 1) / {each} + 1, 'provision_complete' FROM {}",
            series(from, to)
        ));
    }
    Ok(statements)
}

/// The statements that add activities in years to come, each with its timer, as a server would have left them.
pub fn timers(engine: Engine, count: i64) -> Vec<String> {
    let series = match engine {
        Engine::Sqlite => series_on_sqlite,
        Engine::Postgres => series_on_postgres,
    };
    // In the order of their starts, a minute apart from 2031 on; reminders are due a quarter of an hour before.
    let starts = "(1924992000000000 + i * 60000000)";
    let owner = format!("({FIRST_USER} + i % {USERS})");
    let mut statements = Vec::new();
    for (from, to) in chunks(count) {
        let numbers = series(from, to);
        let minutes = "1924992000 + i * 60";
        let text = match engine {
            Engine::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%SZ', {minutes}, 'unixepoch')"),
            Engine::Postgres => {
                format!(
                    "to_char(to_timestamp({minutes}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
                )
            }
        };
        statements.push(format!(
            "INSERT INTO records (module, id, label, label_key, assigned_to, status, fields, version, created_at, updated_at)
             SELECT 'activities', 'a' || i, 'Activity ' || i, 'activity ' || i, {owner}, 'Not Started',
                '{{\"activity_type\":\"call\",\"status\":\"Not Started\",\"starts_at\":\"' || {text} || '\"}}', 1, 0, 0
             FROM {numbers}"
        ));
        statements.push(format!(
            "INSERT INTO timers (module, record_id, trigger_name, occurrence, due_at)
             SELECT 'activities', 'a' || i, 'reminder', {starts} || ':' || {owner}, {starts} - 900000000 FROM {numbers}"
        ));
    }
    statements
}

/// The statements that add contacts: two or three of a last name, each with an e-mail address and a telephone number of
/// their own.
pub fn contacts(engine: Engine, count: i64) -> Vec<String> {
    let series = match engine {
        Engine::Sqlite => series_on_sqlite,
        Engine::Postgres => series_on_postgres,
    };
    let mut statements = Vec::new();
    for (from, to) in chunks(count) {
        let (first, last) = ("'First' || (i % 211)", "'Last' || (i * 7919 % 20011)");
        statements.push(format!(
            "INSERT INTO records (module, id, label, label_key, assigned_to, fields, version, created_at, updated_at)
             SELECT 'contacts', 'c' || i, {first} || ' ' || {last}, LOWER({first} || ' ' || {last}),
                {FIRST_USER} + i % {USERS},
                '{{\"first_name\":\"' || {first} || '\",\"last_name\":\"' || {last} || '\",\"email\":\"c' || i
                    || '@example.com\",\"phone\":\"+44 20 ' || (10000000 + i) || '\"}}', 1, 0, 0
             FROM {}",
            series(from, to)
        ));
    }
    statements
}

fn chunks(rows: i64) -> impl Iterator<Item = (i64, i64)> {
    const CHUNK: i64 = 500_000;
    (0..(rows + CHUNK - 1) / CHUNK).map(move |number| (number * CHUNK + 1, rows.min((number + 1) * CHUNK)))
}

/// Makes an SQLite database of this shape at `path`.
pub async fn sqlite(path: &Path, shape: Shape) -> anyhow::Result<()> {
    Database::open(&DatabaseUrl::Sqlite(path.to_owned()), Purpose::Command).await?.close().await;
    let connection = rusqlite::Connection::open(path)?;
    leave_the_log(&connection).await?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;")?;
    for statement in statements(shape, series_on_sqlite, Clock::Real.now())? {
        connection
            .execute_batch(&format!("BEGIN; {statement}; COMMIT;"))
            .with_context(|| statement.clone())?;
    }
    let merged = format!("UPDATE inbox_index SET merged_to = {} WHERE id = 1", shape.rows());
    connection.execute_batch(&format!("{merged}; PRAGMA journal_mode = WAL;"))?;
    Ok(())
}

/// Everything would be written twice with it. The threads of the database that was just closed may hold the file for
/// a moment yet.
async fn leave_the_log(connection: &rusqlite::Connection) -> anyhow::Result<()> {
    for _ in 0..200 {
        if connection.execute_batch("PRAGMA journal_mode = DELETE").is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("the new database stays locked")
}

/// Fills an empty PostgreSQL database.
pub async fn postgres(url: &str, shape: Shape) -> anyhow::Result<()> {
    Database::open(&DatabaseUrl::Postgres(url.to_owned()), Purpose::Command).await?.close().await;
    let client = connect(url).await?;
    client.batch_execute("SET synchronous_commit = off").await?;
    for statement in statements(shape, series_on_postgres, Clock::Real.now())? {
        client.batch_execute(&statement).await.with_context(|| statement.clone())?;
    }
    if shape.rows() > 0 {
        let numbers =
            format!("SELECT setval(pg_get_serial_sequence('notification_contents', 'id'), {})", shape.rows());
        client.batch_execute(&numbers).await?;
    }
    // Otherwise it is done by itself, in the middle of a measurement.
    client.batch_execute("VACUUM ANALYZE").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}

/// A connection to PostgreSQL, for as long as the client lives.
pub async fn connect(url: &str) -> anyhow::Result<tokio_postgres::Client> {
    let (client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.context("PostgreSQL")?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}
