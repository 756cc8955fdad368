//! The embedded database: one writer thread that commits in groups, and a few reading threads.

mod checkpoint;
mod writer;

use std::fs::File;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use futures_util::future::BoxFuture;
use rusqlite::{Connection as Connected, OpenFlags};
use tokio::sync::oneshot;

use super::migrate::{self, Migrated};
use super::tx::Connection;
use super::{Error, Purpose, Tx, create_folder_of};
use writer::{Order, Ran, Unit};

pub use writer::{Housekeeping, Moment};

/// How many writes may wait; beyond it callers are told to come back.
const QUEUE: usize = 8192;

/// Threads that read. More would only fight for the cores.
const READERS: usize = 3;

/// Before 3.51.3 two connections that write and checkpoint at once could corrupt a WAL database.
const OLDEST_VERSION: i32 = 3_051_003;

type Reading = Box<dyn FnOnce(&mut Tx) + Send>;

#[derive(Clone)]
pub(super) struct Sqlite {
    write: Sender<Order>,
    read: Sender<Reading>,
}

impl Sqlite {
    pub fn open(path: &Path, purpose: Purpose, progress: &(dyn Fn(Migrated) + Sync)) -> Result<Self, Error> {
        create_folder_of(path)?;
        let lock = match purpose {
            Purpose::Serve => Some(lock(path)?),
            Purpose::Command => None,
        };
        let mut tx = Tx::new(Connection::Sqlite(connect(path)?));
        ready(migrate::migrate(&mut tx, progress))?;
        let (write, orders) = crossbeam_channel::bounded(QUEUE);
        let checkpoints = checkpoint::start(connect(path)?);
        writer::start(tx, orders, checkpoints, lock);
        let (read, readings) = crossbeam_channel::bounded(QUEUE);
        for number in 0..READERS {
            start_reader(path, number, readings.clone())?;
        }
        Ok(Self { write, read })
    }

    pub async fn read<T, E, F>(&self, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let reading: Reading = Box::new(move |tx| {
            let _ = answer.send(snapshot(tx, body));
        });
        self.read.try_send(reading).map_err(|error| refused(&error))?;
        answered
            .await
            .unwrap_or_else(|_| Err(Error::Fault("a read panicked; the log has the place".to_owned()).into()))
    }

    pub async fn write<T, E, F>(&self, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let unit: Unit = Box::new(move |tx| {
            let result = tx.map_err(E::from).and_then(|tx| ready(body(tx)));
            Ran {
                kept: result.is_ok(),
                finish: Box::new(move |commit| {
                    let _ = answer.send(match commit {
                        Ok(()) => result,
                        Err(error) => result.and(Err(error.into())),
                    });
                }),
            }
        });
        self.write.try_send(Order::Run(unit)).map_err(|error| refused(&error))?;
        answered.await.unwrap_or_else(|_| {
            Err(Error::Fault("a write panicked; the log has the place".to_owned()).into())
        })
    }

    pub fn set_housekeeping(&self, housekeeping: Housekeeping) {
        // The queue is empty when a server starts; a writer that is gone has said why.
        let _ = self.write.send(Order::Housekeeping(housekeeping));
    }

    /// Waits until the writer has done what it had accepted and has folded the log into the database.
    pub async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.write.try_send(Order::Close(closed)).is_ok() {
            let _ = done.await;
        }
    }
}

fn refused<T>(error: &TrySendError<T>) -> Error {
    match error {
        TrySendError::Full(_) => Error::Overloaded,
        TrySendError::Disconnected(_) => Error::Unavailable("the database is closed".to_owned()),
    }
}

/// Two servers on one file would each keep their own idea of what is pending.
fn lock(path: &Path) -> Result<File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = File::create(&name)
        .map_err(|error| Error::Unavailable(format!("cannot write {}: {error}", name.display())))?;
    file.try_lock().map_err(|_| {
        Error::Unavailable(format!("another belfry serves {} already; stop it first", path.display()))
    })?;
    Ok(file)
}

fn connect(path: &Path) -> Result<Connected, Error> {
    if rusqlite::version_number() < OLDEST_VERSION {
        return Err(Error::Fault(format!("SQLite {} is too old to be safe", rusqlite::version())));
    }
    let connection = Connected::open(path).map_err(|error| at(path, &error))?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(256);
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(|error| at(path, &error))?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;",
    )?;
    let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    if mode != "wal" || synchronous != 2 {
        return Err(Error::Fault(format!(
            "{} cannot be opened durably (journal {mode}, synchronous {synchronous}); put it on a local disk",
            path.display()
        )));
    }
    Ok(connection)
}

fn at(path: &Path, error: &rusqlite::Error) -> Error {
    Error::Unavailable(format!("{}: {error}", path.display()))
}

fn start_reader(path: &Path, number: usize, readings: Receiver<Reading>) -> Result<(), Error> {
    let connection = Connected::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(256);
    // 64 MiB each, taken as it is needed: the newest pages of some thousand people's inboxes.
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -65536; PRAGMA mmap_size = 0;")?;
    let mut tx = Tx::new(Connection::Sqlite(connection));
    let thread = std::thread::Builder::new().name(format!("sqlite-read-{number}"));
    thread
        .spawn(move || {
            for reading in readings {
                // A panic drops the answer's sender, which its caller hears; the thread lives on.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reading(&mut tx)));
            }
        })
        .map_err(|error| Error::Unavailable(format!("cannot start a reading thread: {error}")))?;
    Ok(())
}

fn snapshot<T, E, F>(tx: &mut Tx, body: F) -> Result<T, E>
where
    E: From<Error>,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
{
    if !tx.sqlite().is_autocommit() {
        ready(tx.batch("ROLLBACK"))?;
    }
    ready(tx.execute("BEGIN", &[]))?;
    let result = ready(body(tx));
    ready(tx.execute("COMMIT", &[]))?;
    result
}

/// The answer of a future that has no need to wait, as every future on this database is.
pub(super) fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a unit of work awaits nothing but its transaction"),
    }
}
