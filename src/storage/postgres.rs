//! PostgreSQL behind a pool of connections.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::panic::AssertUnwindSafe;

use super::migrate::{self, Migrated};
use super::tx::Connection;
use super::{Error, Tx, sabotage};

/// A small pool has the better tail: 16 connections beat 64 (reference/performance.md, part 6).
const CONNECTIONS: usize = 16;

/// The number of the advisory lock under which nodes migrate one after the other.
const MIGRATION_LOCK: i64 = 0x0062_656c_6672_7901;

#[derive(Clone)]
pub(super) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub async fn open(url: &str, progress: Box<dyn Fn(Migrated) + Send + Sync>) -> Result<Self, Error> {
        let postgres = Self { pool: pool(url)? };
        let connection = postgres.pool.get().await?;
        let mut tx = Tx::new(Connection::Postgres(connection));
        assert_durable(&mut tx).await?;
        tx.batch(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await?;
        let migrated = migrate::migrate(&mut tx, &*progress).await;
        tx.batch(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})")).await?;
        migrated?;
        Ok(postgres)
    }

    pub async fn read<T, E, F>(&self, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body).await
    }

    pub async fn write<T, E, F>(&self, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.run("BEGIN", body).await
    }

    /// Runs in a task of its own, so that a caller who goes away leaves no transaction half done.
    async fn run<T, E, F>(&self, begin: &'static str, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let pool = self.pool.clone();
        let ran = tokio::spawn(async move {
            let connection = pool.get().await.map_err(Error::from)?;
            let mut tx = Tx::new(Connection::Postgres(connection));
            tx.batch(begin).await?;
            let done = AssertUnwindSafe(body(&mut tx)).catch_unwind().await;
            finish(tx, done).await
        });
        match ran.await {
            Ok(result) => result,
            Err(error) => Err(Error::Fault(format!("a transaction ended early: {error}")).into()),
        }
    }

    pub fn close(&self) {
        self.pool.close();
    }
}

async fn finish<T, E: From<Error>>(mut tx: Tx, done: std::thread::Result<Result<T, E>>) -> Result<T, E> {
    match done {
        Ok(Ok(value)) if sabotage::answers_before_commit() => {
            tokio::spawn(async move {
                tokio::time::sleep(sabotage::LATE).await;
                tx.batch("COMMIT").await
            });
            Ok(value)
        }
        Ok(Ok(value)) => match tx.batch("COMMIT").await {
            Ok(()) => {
                tx.committed();
                Ok(value)
            }
            Err(error) => {
                tx.rolled_back((0, 0));
                Err(error.into())
            }
        },
        Ok(Err(error)) => {
            tx.rolled_back((0, 0));
            if tx.batch("ROLLBACK").await.is_err() {
                discard(tx);
            }
            Err(error)
        }
        Err(_) => {
            tx.rolled_back((0, 0));
            discard(tx);
            Err(Error::Fault("a unit of work panicked; the log has the place".to_owned()).into())
        }
    }
}

/// Takes the connection out of the pool: nobody knows the state it is in.
fn discard(tx: Tx) {
    if let Connection::Postgres(connection) = tx.connection {
        drop(deadpool_postgres::Object::take(connection));
    }
}

fn pool(url: &str) -> Result<Pool, Error> {
    let mut config: tokio_postgres::Config = url.parse().map_err(|error| {
        Error::Fault(format!(
            "database_url is not a PostgreSQL URL ({error}); write postgres://user:password@host/database"
        ))
    })?;
    if config.get_application_name().is_none() {
        config.application_name("belfry");
    }
    config.connect_timeout(Duration::from_secs(5)).keepalives_idle(Duration::from_secs(30));
    let manager = Manager::from_config(
        config,
        tokio_postgres_rustls::MakeRustlsConnect::new(tls()),
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    Pool::builder(manager)
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(Duration::from_secs(5)),
            create: Some(Duration::from_secs(5)),
            recycle: Some(Duration::from_secs(5)),
        })
        .build()
        .map_err(|error| Error::Fault(error.to_string()))
}

fn tls() -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider supports the default TLS versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// A commit that may be lost breaks the promise that a 201 makes (P1).
async fn assert_durable(tx: &mut Tx) -> Result<(), Error> {
    for setting in ["synchronous_commit", "fsync"] {
        let value = tx.one(&format!("SHOW {setting}"), &[], |row| row.get::<String>(0)).await?;
        if value.as_deref() == Some("off") {
            return Err(Error::Fault(format!(
                "PostgreSQL runs with {setting} = off and would lose acknowledged notifications; set it to on"
            )));
        }
    }
    Ok(())
}
