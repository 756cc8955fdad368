//! The one thread that writes: takes all that waited while the last sync ran, commits once, answers all.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::checkpoint::Checkpoints;
use super::ready;
use crate::storage::{Error, Tx, sabotage};

/// Units in one commit. Larger groups gain nothing and make the first unit wait.
const GROUP: usize = 1024;

/// How long the writer is without work before it counts as idle.
const IDLE: Duration = Duration::from_millis(100);

/// A unit of work: runs inside its own savepoint, or hears why no transaction could begin.
pub(super) type Unit = Box<dyn FnOnce(Result<&mut Tx, Error>) -> Ran + Send>;

/// What became of a unit before the commit.
pub(super) struct Ran {
    /// Whether its writes stay.
    pub kept: bool,
    /// Answers its caller, who must hear nothing before the commit is durable.
    pub finish: Finish,
}

/// Tells a unit's caller whether its commit is durable.
type Finish = Box<dyn FnOnce(Result<(), Error>) + Send>;

pub(super) enum Order {
    Run(Unit),
    Housekeeping(Housekeeping),
    Close(oneshot::Sender<()>),
}

/// When housekeeping is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After the units of a group, in their transaction.
    BeforeCommit,
    /// When nothing waits; returns whether more is to be done.
    Idle,
}

/// Work that the writer does between the units of others.
pub type Housekeeping =
    Box<dyn for<'t> FnMut(&'t mut Tx, Moment) -> BoxFuture<'t, Result<bool, Error>> + Send>;

struct Writer {
    tx: Tx,
    checkpoints: Checkpoints,
    housekeeping: Option<Housekeeping>,
    /// Pages in the log, as told by the last commit.
    log_pages: Arc<AtomicU32>,
    /// Held as long as this server may write; keeps a second one away.
    lock: Option<File>,
}

pub(super) fn start(mut tx: Tx, orders: Receiver<Order>, checkpoints: Checkpoints, lock: Option<File>) {
    let log_pages = Arc::new(AtomicU32::new(0));
    watch_log(&mut tx, log_pages.clone());
    let mut writer = Writer { tx, checkpoints, housekeeping: None, log_pages, lock };
    std::thread::Builder::new()
        .name("sqlite-write".to_owned())
        .spawn(move || writer.run(&orders))
        .expect("a starting server can start a thread");
}

fn watch_log(tx: &mut Tx, log_pages: Arc<AtomicU32>) {
    if let crate::storage::tx::Connection::Sqlite(sqlite) = &mut tx.connection {
        let hook = move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            log_pages.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        sqlite.wal_hook(Some(hook)).expect("a connection of our own takes a hook");
    }
}

impl Writer {
    fn run(&mut self, orders: &Receiver<Order>) {
        let mut tidy = true;
        loop {
            let first = if tidy {
                match orders.recv() {
                    Ok(order) => order,
                    Err(_) => return,
                }
            } else {
                match orders.recv_timeout(IDLE) {
                    Ok(order) => order,
                    Err(RecvTimeoutError::Timeout) => {
                        tidy = self.keep_house();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            };
            let mut group = Vec::new();
            for order in std::iter::once(first).chain(orders.try_iter().take(GROUP - 1)) {
                match order {
                    Order::Run(unit) => group.push(unit),
                    Order::Housekeeping(housekeeping) => self.housekeeping = Some(housekeeping),
                    Order::Close(closed) => {
                        self.commit_group(std::mem::take(&mut group));
                        self.checkpoints.fold(&self.tx);
                        self.lock = None;
                        let _ = closed.send(());
                        return;
                    }
                }
            }
            self.commit_group(group);
            tidy = self.housekeeping.is_none();
        }
    }

    fn commit_group(&mut self, group: Vec<Unit>) {
        if group.is_empty() {
            return;
        }
        let begun = ready(self.tx.execute("BEGIN IMMEDIATE", &[]));
        let mut finishes = Vec::with_capacity(group.len());
        for unit in group {
            match &begun {
                Ok(_) => finishes.extend(self.run_unit(unit)),
                Err(error) => finishes.push(unit(Err(error.clone())).finish),
            }
        }
        if sabotage::answers_before_commit() {
            finishes.drain(..).for_each(|finish| finish(Ok(())));
            #[expect(clippy::disallowed_methods, reason = "no task runs on the writer's own thread")]
            std::thread::sleep(sabotage::LATE);
        }
        let committed = begun.and_then(|_| self.commit());
        for finish in finishes {
            finish(committed.clone());
        }
        self.checkpoints.after_commit(&self.tx, self.log_pages.load(Ordering::Relaxed));
    }

    /// Runs one unit in its savepoint; a unit that fails touches no other. A unit that panics is undone and
    /// its answer dropped, which its caller hears as a fault.
    fn run_unit(&mut self, unit: Unit) -> Option<Finish> {
        let mark = self.tx.hooks();
        ready(self.tx.execute("SAVEPOINT unit", &[])).ok()?;
        let ran = catch_unwind(AssertUnwindSafe(|| unit(Ok(&mut self.tx))));
        let kept = matches!(&ran, Ok(ran) if ran.kept);
        if !kept {
            self.tx.rolled_back(mark);
            // Fails where SQLite has already undone the whole transaction, as on a full disk: the commit tells.
            let _ = ready(self.tx.execute("ROLLBACK TO unit", &[]));
        }
        let _ = ready(self.tx.execute("RELEASE unit", &[]));
        ran.ok().map(|ran| ran.finish)
    }

    fn commit(&mut self) -> Result<(), Error> {
        let done = self.before_commit().and_then(|()| ready(self.tx.execute("COMMIT", &[])).map(|_| ()));
        match done {
            Ok(()) => {
                self.tx.committed();
                Ok(())
            }
            Err(error) => {
                end_if_the_disk_failed(&error);
                self.tx.rolled_back((0, 0));
                if !self.tx.sqlite().is_autocommit() {
                    let _ = ready(self.tx.batch("ROLLBACK"));
                }
                tracing::error!(%error, "A group of writes was undone: {error}");
                Err(error)
            }
        }
    }

    fn before_commit(&mut self) -> Result<(), Error> {
        if self.tx.sqlite().is_autocommit() {
            return Err(Error::Full("SQLite undid the transaction".to_owned()));
        }
        match &mut self.housekeeping {
            Some(housekeeping) => ready(housekeeping(&mut self.tx, Moment::BeforeCommit)).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Returns whether nothing is left to be done.
    fn keep_house(&mut self) -> bool {
        let Some(housekeeping) = &mut self.housekeeping else {
            return true;
        };
        let more = ready(self.tx.execute("BEGIN IMMEDIATE", &[]))
            .and_then(|_| ready(housekeeping(&mut self.tx, Moment::Idle)));
        let more = match more {
            Ok(more) => ready(self.tx.execute("COMMIT", &[])).map(|_| more),
            Err(error) => Err(error),
        };
        match more {
            Ok(more) => {
                self.tx.committed();
                self.checkpoints.after_commit(&self.tx, self.log_pages.load(Ordering::Relaxed));
                !more
            }
            Err(error) => {
                end_if_the_disk_failed(&error);
                self.tx.rolled_back((0, 0));
                if !self.tx.sqlite().is_autocommit() {
                    let _ = ready(self.tx.batch("ROLLBACK"));
                }
                tracing::warn!(%error, "Housekeeping was put off: {error}");
                true
            }
        }
    }
}

/// After a failed sync nobody knows what is on the disk, and SQLite would carry on as if nothing had
/// happened; so the process ends and the next start reads what is really there (promise P5).
#[expect(clippy::disallowed_methods, reason = "the log's thread needs a moment to write the last words")]
fn end_if_the_disk_failed(error: &Error) {
    if let Error::Unavailable(text) = error
        && text.contains("disk I/O error")
    {
        tracing::error!(
            "The disk failed ({text}); ending so that nothing more is acknowledged. Look at the disk, then start again"
        );
        std::thread::sleep(Duration::from_millis(200));
        std::process::exit(74);
    }
}
