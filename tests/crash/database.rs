//! The database itself: made before a run, looked into after it, dropped.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rusqlite::types::Value as Cell;
use serde_json::Value;

use crate::content::{self, Mark};
use crate::model::{Model, Wish};
use crate::report::{Broken, Findings};
use crate::state::State;

/// Queries that count what must not be there, and what it is.
const NEVER: [(&str, &str); 8] = [
    (
        "places without their notification",
        "SELECT COUNT(*) FROM inbox_items i LEFT JOIN notification_contents c
         ON c.id = i.notification_id AND c.user_id = i.user_id AND c.seq = i.seq AND c.type = i.type
         WHERE c.id IS NULL",
    ),
    (
        "indexed notifications without exactly one place",
        "SELECT COUNT(*) FROM notification_contents c JOIN inboxes b ON b.user_id = c.user_id
         LEFT JOIN (SELECT notification_id, COUNT(*) AS n FROM inbox_items GROUP BY notification_id) i
         ON i.notification_id = c.id WHERE c.seq <= b.indexed_seq AND COALESCE(i.n, 0) <> 1",
    ),
    (
        "notifications that are not indexed yet and have a place",
        "SELECT COUNT(*) FROM inbox_items i JOIN inboxes b ON b.user_id = i.user_id WHERE i.seq > b.indexed_seq",
    ),
    (
        "inboxes with gaps in what is not indexed yet",
        "SELECT COUNT(*) FROM inboxes b LEFT JOIN (
            SELECT c.user_id, COUNT(*) AS n FROM notification_contents c JOIN inboxes o ON o.user_id = c.user_id
            WHERE c.seq > o.indexed_seq GROUP BY c.user_id) p ON p.user_id = b.user_id
         WHERE b.head_seq - b.indexed_seq <> COALESCE(p.n, 0)",
    ),
    (
        "notifications that count as merged and are not indexed",
        "SELECT COUNT(*) FROM notification_contents c JOIN inboxes b ON b.user_id = c.user_id
         WHERE c.seq > b.indexed_seq AND c.id <= (SELECT merged_to FROM inbox_index WHERE id = 1)",
    ),
    (
        "numbers given twice",
        "SELECT COUNT(*) FROM (
            SELECT user_id, seq FROM notification_contents GROUP BY user_id, seq HAVING COUNT(*) > 1) AS twice",
    ),
    (
        "inboxes with a wrong count",
        "SELECT COUNT(*) FROM inboxes b LEFT JOIN (
            SELECT user_id, COUNT(*) AS n FROM notifications
            WHERE NOT is_read AND archived_at IS NULL AND snoozed_until IS NULL GROUP BY user_id) u
         ON u.user_id = b.user_id WHERE b.unread_count <> COALESCE(u.n, 0)",
    ),
    ("idempotency keys without an answer", "SELECT COUNT(*) FROM idempotency_keys WHERE status NOT IN (200, 201)"),
];

/// A database of this run's own on a PostgreSQL server.
pub struct Postgres {
    admin: tokio_postgres::Client,
    server: String,
    name: String,
}

impl Postgres {
    /// Creates the database on the server that `url` names.
    pub async fn create(url: &str) -> anyhow::Result<Self> {
        let (server, _) = url.rsplit_once('/').context("BELFRY_TEST_POSTGRES must end in /database")?;
        let admin = connect(url).await?;
        let name = format!("belfry_crash_{}", std::process::id());
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        Ok(Self { admin, server: server.to_owned(), name })
    }

    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    pub async fn drop(self) -> anyhow::Result<()> {
        Ok(self.admin.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await?)
    }

    /// The connections that a killed server left: PostgreSQL finishes what they had begun.
    pub async fn left_behind(&self) -> anyhow::Result<Vec<i32>> {
        let sql = "SELECT pid FROM pg_stat_activity WHERE datname = $1";
        Ok(self.admin.query(sql, &[&self.name]).await?.iter().map(|row| row.get(0)).collect())
    }

    pub async fn wait_until_gone(&self, connections: &[i32]) -> anyhow::Result<()> {
        let begun = Instant::now();
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = ANY($1)";
        while self.admin.query_one(sql, &[&connections]).await?.get::<_, i64>(0) > 0 {
            ensure!(
                begun.elapsed() < Duration::from_secs(20),
                "connections of the killed server are still open"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

async fn connect(url: &str) -> anyhow::Result<tokio_postgres::Client> {
    let (client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.context("PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

/// The database after its server has gone.
pub enum Store {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Store {
    pub fn sqlite(file: &Path) -> anyhow::Result<Self> {
        Ok(Self::Sqlite(rusqlite::Connection::open(file)?))
    }

    pub async fn postgres(database: &Postgres) -> anyhow::Result<Self> {
        Ok(Self::Postgres(connect(&database.url()).await?))
    }

    /// Rows of columns that are text or null.
    pub async fn texts(&self, sql: &str) -> anyhow::Result<Vec<Vec<String>>> {
        match self {
            Store::Sqlite(sqlite) => {
                let mut statement = sqlite.prepare(sql)?;
                let columns = statement.column_count();
                let mut rows = statement.query([])?;
                let mut texts = Vec::new();
                while let Some(row) = rows.next()? {
                    let text = |column: usize| match row.get(column) {
                        Ok(Cell::Text(text)) => Ok(text),
                        Ok(_) => Ok(String::new()),
                        Err(error) => Err(error),
                    };
                    texts.push((0..columns).map(text).collect::<Result<_, _>>()?);
                }
                Ok(texts)
            }
            Store::Postgres(postgres) => {
                let rows = postgres.query(sql, &[]).await?;
                let text = |row: &tokio_postgres::Row, column| {
                    row.get::<_, Option<String>>(column).unwrap_or_default()
                };
                Ok(rows.iter().map(|row| (0..row.len()).map(|column| text(row, column)).collect()).collect())
            }
        }
    }

    /// Looks for anything that the lists over HTTP would not show.
    pub async fn check(&self, model: &mut Model) -> anyhow::Result<()> {
        self.check_tables(&mut model.report.findings).await?;
        self.check_contents(model).await?;
        self.check_keys(model).await
    }

    /// What must hold of the tables, whatever was done.
    pub async fn check_tables(&self, findings: &mut Findings) -> anyhow::Result<()> {
        if let Store::Sqlite(_) = self {
            let said = self.texts("PRAGMA integrity_check").await?;
            if said != [["ok"]] {
                findings.broke(Broken::Wrong, format!("integrity_check says {said:?}"));
            }
        }
        for (what, sql) in NEVER {
            let counted = self.texts(&sql.replacen("COUNT(*)", "CAST(COUNT(*) AS TEXT)", 1)).await?;
            if counted != [["0"]] {
                findings.broke(Broken::Wrong, format!("the database holds {what}: {counted:?}"));
            }
        }
        Ok(())
    }

    /// Every notification that should be there, once, and no other.
    async fn check_contents(&self, model: &mut Model) -> anyhow::Result<()> {
        let rows = self.texts("SELECT CAST(id AS TEXT), metadata FROM notification_contents").await?;
        let mut stored: HashMap<Mark, i64> = HashMap::new();
        for row in rows {
            let metadata: Value = serde_json::from_str(&row[1])?;
            let mark = content::mark_in(&metadata)
                .with_context(|| format!("notification {} has no mark", row[0]))?;
            if let Some(other) = stored.insert(mark, row[0].parse()?) {
                let sentence = format!("{mark:?} is stored as {other} and as {}", row[0]);
                model.report.broke(Broken::Duplicated, sentence);
            }
        }
        for (number, wish) in model.wishes.iter().enumerate() {
            for (index, piece) in wish.pieces.iter().enumerate() {
                let id = stored.remove(&(number, index));
                let is_there =
                    !(piece.possible.is_only(State::Absent) || piece.possible.is_only(State::Gone));
                if id.is_some() != is_there || (is_there && id != piece.id) {
                    let sentence = format!("{number}.{index} should be {piece:?} and is stored as {id:?}");
                    model.report.broke(Broken::Wrong, sentence);
                }
            }
        }
        for (mark, id) in stored {
            model.report.broke(Broken::Wrong, format!("{id} is stored for {mark:?}, which nobody sent"));
        }
        Ok(())
    }

    /// Every key once, with the answer that was heard.
    async fn check_keys(&self, model: &mut Model) -> anyhow::Result<()> {
        let rows = self.texts("SELECT key, CAST(status AS TEXT), answer FROM idempotency_keys").await?;
        let mut kept: HashMap<String, Vec<(u16, Value)>> = HashMap::new();
        for row in rows {
            let answer = serde_json::from_str(&row[2]).unwrap_or_default();
            kept.entry(row[0].clone()).or_default().push((row[1].parse()?, answer));
        }
        let Model { wishes, report, .. } = model;
        for (number, wish) in wishes.iter().enumerate() {
            let Some(key) = &wish.key else { continue };
            let answers = kept.remove(key).unwrap_or_default();
            let sentence = format!("{key} of send {number} is kept with {answers:?}");
            match &answers[..] {
                [(status, answer)]
                    if ids(wish) == crate::client::stored_ids(wish.is_batch, *status, answer) => {}
                [] => report.broke(Broken::Lost, sentence),
                [_] => report.broke(Broken::Wrong, sentence),
                [..] => report.broke(Broken::Duplicated, sentence),
            }
        }
        for key in kept.into_keys() {
            report.broke(Broken::Wrong, format!("the key {key} is kept, which nobody used"));
        }
        Ok(())
    }
}

fn ids(wish: &Wish) -> Option<Vec<i64>> {
    wish.pieces.iter().map(|piece| piece.id).collect()
}
