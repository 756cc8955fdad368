//! One SQL text on SQLite and PostgreSQL: a thin executor with durable, grouped writes.
//!
//! `read` runs a body in a consistent snapshot, `write` in a transaction that is durable when it
//! returns. On SQLite all writes go through one thread that commits in groups; on PostgreSQL each
//! takes a pooled connection.

mod backup;
mod error;
mod migrate;
mod postgres;
mod sabotage;
mod sqlite;
mod tx;
mod value;

use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use backup::backup;
pub use error::Error;
pub use migrate::{Migrated, newest_version};
pub use sqlite::{Housekeeping, Moment};
pub use tx::{Engine, Tx};
pub use value::{Column, Row, Value};

use crate::config::DatabaseUrl;

/// An open database with a current schema.
#[derive(Clone)]
pub struct Database {
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To serve: SQLite files are locked against a second server.
    Serve,
    /// For a single command beside a running server.
    Command,
}

impl Database {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// A database that cannot be reached, is served by another process, or is newer than this binary.
    pub async fn open(url: &DatabaseUrl, purpose: Purpose) -> Result<Self, Error> {
        Self::open_with_progress(url, purpose, |_| {}).await
    }

    /// Opens the database, telling `progress` of each migration that is applied.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub async fn open_with_progress(
        url: &DatabaseUrl,
        purpose: Purpose,
        progress: impl Fn(Migrated) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let kind = match url {
            DatabaseUrl::Sqlite(path) => Kind::Sqlite(sqlite::Sqlite::open(path, purpose, &progress)?),
            DatabaseUrl::Postgres(url) => {
                Kind::Postgres(postgres::Postgres::open(url, Box::new(progress)).await?)
            }
        };
        Ok(Self { kind })
    }

    /// Which database this is.
    pub fn engine(&self) -> Engine {
        match self.kind {
            Kind::Sqlite(_) => Engine::Sqlite,
            Kind::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs `body` in a snapshot that no write disturbs.
    ///
    /// # Errors
    /// What `body` says, or that the database is not available.
    pub async fn read<T, E, F>(&self, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.read(body).await,
            Kind::Postgres(postgres) => postgres.read(body).await,
        }
    }

    /// Runs `body` in a transaction that is durable when this returns `Ok` and undone when it returns `Err`.
    ///
    /// `body` may await nothing but its transaction.
    ///
    /// # Errors
    /// What `body` says, or that the database is not available, full or overloaded.
    pub async fn write<T, E, F>(&self, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.write(body).await,
            Kind::Postgres(postgres) => postgres.write(body).await,
        }
    }

    /// Gives SQLite's writer work of its own: before each commit, and when it is idle. Does nothing on PostgreSQL.
    pub fn set_housekeeping(&self, housekeeping: Housekeeping) {
        if let Kind::Sqlite(sqlite) = &self.kind {
            sqlite.set_housekeeping(housekeeping);
        }
    }

    /// Finishes what was accepted, then closes.
    pub async fn close(&self) {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.close().await,
            Kind::Postgres(postgres) => postgres.close(),
        }
    }

    /// Whether the database answers within `patience`.
    pub async fn answers(&self, patience: Duration) -> bool {
        let asked = self.read::<_, Error, _>(|tx| {
            Box::pin(async move { tx.one("SELECT 1 FROM schema_migrations", &[], |_| Ok(())).await })
        });
        matches!(tokio::time::timeout(patience, asked).await, Ok(Ok(_)))
    }
}

/// The version of the SQLite that is linked in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

fn create_folder_of(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder)
            .map_err(|error| Error::Unavailable(format!("cannot create {}: {error}", folder.display()))),
        _ => Ok(()),
    }
}
