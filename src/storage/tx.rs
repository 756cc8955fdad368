//! One transaction, and the statements that run in it.

use super::{Error, Row, Value};

/// Which database stands behind a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded database.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

pub(super) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(deadpool_postgres::Object),
}

type Hook = Box<dyn FnOnce() + Send>;

/// A running transaction.
pub struct Tx {
    pub(super) connection: Connection,
    after_commit: Vec<Hook>,
    on_rollback: Vec<Hook>,
}

impl Tx {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, after_commit: Vec::new(), on_rollback: Vec::new() }
    }

    /// Which database this is, for the few texts that must differ.
    pub fn engine(&self) -> Engine {
        match self.connection {
            Connection::Sqlite(_) => Engine::Sqlite,
            Connection::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs `hook` once the transaction is durable, before its caller is answered.
    pub fn after_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.after_commit.push(Box::new(hook));
    }

    /// Runs `hook` if what was written so far is undone.
    pub fn on_rollback(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.on_rollback.push(Box::new(hook));
    }

    /// Runs a statement; returns how many rows it touched.
    ///
    /// # Errors
    /// What the database says, sorted by [`Error`].
    pub async fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, Error> {
        match &self.connection {
            Connection::Sqlite(sqlite) => {
                let mut statement = sqlite.prepare_cached(sql)?;
                bind(&mut statement, params)?;
                Ok(statement.raw_execute()? as u64)
            }
            Connection::Postgres(postgres) => {
                let statement = postgres.prepare_cached(sql).await?;
                Ok(postgres.execute_raw(&statement, params.iter().copied()).await?)
            }
        }
    }

    /// Inserts a row on SQLite and returns the id that it was given; PostgreSQL's texts ask for it by RETURNING.
    ///
    /// On SQLite RETURNING is a trigger, and each statement with one opens a savepoint of its own.
    ///
    /// # Errors
    /// What the database says, sorted by [`Error`].
    pub async fn insert_on_sqlite(&mut self, sql: &str, params: &[Value<'_>]) -> Result<i64, Error> {
        self.execute(sql, params).await?;
        Ok(self.sqlite().last_insert_rowid())
    }

    /// Runs a query and reads every row with `read`.
    ///
    /// # Errors
    /// What the database or `read` says.
    pub async fn all<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Vec<T>, Error> {
        match &self.connection {
            Connection::Sqlite(sqlite) => {
                let mut statement = sqlite.prepare_cached(sql)?;
                bind(&mut statement, params)?;
                let mut rows = statement.raw_query();
                let mut read_rows = Vec::new();
                while let Some(row) = rows.next()? {
                    read_rows.push(read(&Row::Sqlite(row))?);
                }
                Ok(read_rows)
            }
            Connection::Postgres(postgres) => {
                let statement = postgres.prepare_cached(sql).await?;
                let refs: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
                    params.iter().map(|value| value as _).collect();
                let rows = postgres.query(&statement, &refs).await?;
                rows.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// Runs a query and reads its first row with `read`, if there is one.
    ///
    /// # Errors
    /// What the database or `read` says.
    pub async fn one<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Option<T>, Error> {
        if let Connection::Sqlite(sqlite) = &self.connection {
            let mut statement = sqlite.prepare_cached(sql)?;
            bind(&mut statement, params)?;
            let mut rows = statement.raw_query();
            let first = match rows.next()? {
                Some(row) => Some(read(&Row::Sqlite(row))?),
                None => None,
            };
            // A write with RETURNING must run to its end, not only to its first row.
            while rows.next()?.is_some() {}
            return Ok(first);
        }
        Ok(self.all(sql, params, read).await?.into_iter().next())
    }

    /// Runs statements without parameters, separated by semicolons.
    pub(super) async fn batch(&mut self, sql: &str) -> Result<(), Error> {
        match &self.connection {
            Connection::Sqlite(sqlite) => Ok(sqlite.execute_batch(sql)?),
            Connection::Postgres(postgres) => Ok(postgres.batch_execute(sql).await?),
        }
    }

    pub(super) fn hooks(&self) -> (usize, usize) {
        (self.after_commit.len(), self.on_rollback.len())
    }

    /// Drops the hooks registered since `mark` and runs those that undo, newest first.
    pub(super) fn rolled_back(&mut self, mark: (usize, usize)) {
        self.after_commit.truncate(mark.0);
        while self.on_rollback.len() > mark.1 {
            if let Some(hook) = self.on_rollback.pop() {
                hook();
            }
        }
    }

    pub(super) fn committed(&mut self) {
        self.on_rollback.clear();
        for hook in self.after_commit.drain(..) {
            hook();
        }
    }

    pub(super) fn sqlite(&self) -> &rusqlite::Connection {
        match &self.connection {
            Connection::Sqlite(sqlite) => sqlite,
            Connection::Postgres(_) => unreachable!("only SQLite's threads ask for its connection"),
        }
    }
}

/// Binds by position. SQLite numbers `$1, $2 …` by their first appearance, PostgreSQL by their number;
/// the two agree only where parameters first appear in order, which debug builds check.
fn bind(statement: &mut rusqlite::Statement<'_>, params: &[Value<'_>]) -> Result<(), Error> {
    debug_assert_eq!(statement.parameter_count(), params.len(), "parameters given and used differ in number");
    for (index, value) in params.iter().enumerate() {
        debug_assert_eq!(
            statement.parameter_name(index + 1),
            Some(format!("${}", index + 1).as_str()),
            "parameters must first appear in the order of their numbers"
        );
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(())
}
