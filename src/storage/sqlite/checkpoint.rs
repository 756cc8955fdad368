//! Folds the write-ahead log back into the database, off the path of requests.
//!
//! A background thread copies most of the log while the writer goes on; the writer then copies the rest,
//! which is short, so that the next commit can start the log anew and it stays bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crossbeam_channel::Sender;
use rusqlite::Connection;

use crate::storage::Tx;

/// Pages of 4 KiB in the log before it is folded: 16 MiB.
const FOLD_AT: u32 = 4000;

const RESTING: u8 = 0;
const COPYING: u8 = 1;
const COPIED: u8 = 2;

/// The writer's view of the background thread.
pub(super) struct Checkpoints {
    state: Arc<AtomicU8>,
    wake: Sender<()>,
}

pub(super) fn start(connection: Connection) -> Checkpoints {
    let state = Arc::new(AtomicU8::new(RESTING));
    let (wake, woken) = crossbeam_channel::bounded(1);
    let told = state.clone();
    std::thread::Builder::new()
        .name("sqlite-fold".to_owned())
        .spawn(move || {
            for () in woken {
                copy(&connection);
                told.store(COPIED, Ordering::Release);
            }
        })
        .expect("a starting server can start a thread");
    Checkpoints { state, wake }
}

impl Checkpoints {
    /// Called after each commit with the number of pages in the log.
    pub fn after_commit(&self, tx: &Tx, log_pages: u32) {
        if log_pages < FOLD_AT {
            return;
        }
        match self.state.load(Ordering::Acquire) {
            RESTING => {
                self.state.store(COPYING, Ordering::Release);
                let _ = self.wake.try_send(());
            }
            COPIED => {
                copy(tx.sqlite());
                self.state.store(RESTING, Ordering::Release);
            }
            _ => {}
        }
    }

    /// Folds the whole log and empties it, when the database closes.
    pub fn fold(&self, tx: &Tx) {
        let _ = tx.sqlite().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}

/// Copies what no reader still needs; never waits for anyone.
fn copy(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "The log could not be folded into the database: {error}");
    }
}
