//! Connections that lie ready, so that not every message begins with a greeting.
//!
//! Ours and not lettre's: that one takes back a connection whose send was cut short by a time limit, and the next
//! message would be given the answer to the one before.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::time::Instant;

/// Mail servers end connections that lie idle, the hastiest of them after a minute.
const IDLE: Duration = Duration::from_secs(45);
const GOODBYE: Duration = Duration::from_secs(2);

/// Idle connections, the freshest last.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<(AsyncSmtpConnection, Instant)>,
    is_watched: bool,
}

impl Pool {
    /// The connection that was used last, if there is one.
    pub(super) fn take(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle();
        let (connection, since) = idle.connections.pop()?;
        // Where the freshest is too old, so are the others: the watcher ends them.
        if since.elapsed() < IDLE {
            return Some(connection);
        }
        idle.connections.push((connection, since));
        None
    }

    /// Takes back a connection on which nothing is under way.
    pub(super) fn give_back(self: &Arc<Self>, connection: AsyncSmtpConnection) {
        let mut idle = self.idle();
        idle.connections.push((connection, Instant::now()));
        if !idle.is_watched {
            idle.is_watched = true;
            tokio::spawn(watch(Arc::downgrade(self)));
        }
    }

    /// Takes out what has lain idle for too long; `None` when nothing is left to be watched.
    fn expired(&self) -> Option<Vec<AsyncSmtpConnection>> {
        let mut idle = self.idle();
        if idle.connections.is_empty() {
            idle.is_watched = false;
            return None;
        }
        let fresh = idle.connections.partition_point(|(_, since)| since.elapsed() >= IDLE);
        Some(idle.connections.drain(..fresh).map(|(connection, _)| connection).collect())
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().expect("nothing panics while it holds the idle connections")
    }
}

/// Ends connections when they are too old, as long as there are any.
async fn watch(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(IDLE / 4).await;
        let Some(expired) = pool.upgrade().and_then(|pool| pool.expired()) else {
            return;
        };
        for mut connection in expired {
            // Out of politeness: a server that does not answer is left alone.
            let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        }
    }
}
