//! What arrived, in which life of the server, and what a kill found unsettled.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// One message that a receiver had in full.
#[derive(Clone, Debug)]
pub struct Reception {
    /// Number of the delivery, as the message says it.
    pub id: String,
    /// The channel whose receiver it is.
    pub channel: &'static str,
    /// The life of the server in which it was sent, as an index.
    pub life: usize,
    pub at: Instant,
    /// When it was answered, if it was.
    pub answered: Option<Instant>,
    /// Everything that was said.
    pub text: String,
}

/// The end of a life.
#[derive(Debug)]
pub struct Kill {
    pub at: Instant,
    /// Deliveries that were not settled in the database then.
    pub pending: HashSet<String>,
}

/// A connection of a receiver.
#[derive(Debug)]
pub struct Connection(Arc<Log>);

/// What all receivers write. It outlives every server.
#[derive(Debug, Default)]
pub struct Log {
    receptions: Mutex<Vec<Reception>>,
    life: AtomicUsize,
    connections: AtomicUsize,
}

impl Log {
    pub fn receptions(&self) -> MutexGuard<'_, Vec<Reception>> {
        self.receptions.lock().expect("nobody panics while noting something")
    }

    /// Notes a message; returns where it stands.
    pub fn received(&self, id: String, channel: &'static str, text: String) -> usize {
        let (life, at) = (self.life.load(Ordering::SeqCst), Instant::now());
        let mut receptions = self.receptions();
        receptions.push(Reception { id, channel, life, at, answered: None, text });
        receptions.len() - 1
    }

    pub fn answered(&self, place: usize) {
        self.receptions()[place].answered = Some(Instant::now());
    }

    /// A connection, counted until it is dropped.
    pub fn connected(self: &Arc<Self>) -> Connection {
        self.connections.fetch_add(1, Ordering::SeqCst);
        Connection(self.clone())
    }

    /// Waits until everything that a killed server had sent is noted: its connections have ended then.
    pub async fn rests(&self) -> bool {
        for _ in 0..2_000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if self.connections.load(Ordering::SeqCst) == 0 {
                return true;
            }
        }
        false
    }

    /// What comes from now on belongs to the next server.
    pub fn next_life(&self) {
        self.life.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::SeqCst);
    }
}
