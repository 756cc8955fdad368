//! Our own accept loop: time limits on headers, bodies and idleness, caps on connections, and a graceful stop.
//!
//! `axum::serve` has no time limit on headers: a client that dribbles them a byte at a time stays for ever.

mod connection;
mod counted;
mod endless;
mod request;
mod socket;

use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use futures_util::FutureExt;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use counted::Counted;
pub use endless::Endless;
pub use request::Peer;

/// Descriptors kept for databases, files and deliveries; connections never take the last ones.
const RESERVED_DESCRIPTORS: usize = 500;

/// Refused connections that are closed politely at one time; the others are closed at once.
const POLITE_REFUSALS: usize = 128;

const REFUSAL: &str = concat!(
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n",
    "connection: close\r\ncontent-length: 98\r\n\r\n",
    r#"{"result":"Failed","reason":"Too many connections are open; close some or try again in a second."}"#,
);

/// The limits of the accept loop.
#[derive(Clone)]
pub struct Options {
    /// Connections at one time; lowered to what the process's descriptors allow.
    pub connections: usize,
    /// Connections at one time from one address; loopback and trusted proxies are exempt.
    pub connections_per_address: usize,
    /// From the first byte of a request (on a new connection: from its start) to the end of its headers.
    pub header_timeout: Duration,
    /// For the whole of a request's body, and for a client that takes nothing of its response.
    pub body_timeout: Duration,
    /// Between two requests of one connection.
    pub idle_timeout: Duration,
    /// For what is in flight when the server is told to stop.
    pub shutdown_timeout: Duration,
    /// Whether `X-Forwarded-For` is believed when this address sends it.
    pub trusted_proxies: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connections: 15_000,
            connections_per_address: 1_024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(10),
            trusted_proxies: Arc::new(|_| false),
        }
    }
}

/// What the operator may want to know about connections; shared between [`serve`] and who shows it.
#[derive(Debug, Default)]
pub struct Connections {
    open: AtomicUsize,
    refused: AtomicU64,
    timed_out: AtomicU64,
    refusing: AtomicUsize,
    per_address: Mutex<HashMap<IpAddr, usize>>,
    stopping: AtomicBool,
    stop: Notify,
}

impl Connections {
    /// Connections open now.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Connections refused since the start, because of a cap.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Connections cut since the start, because a time limit was passed.
    pub fn timed_out(&self) -> u64 {
        self.timed_out.load(Ordering::Relaxed)
    }

    /// Takes a place, if there is one left in all and for this address.
    fn admit(self: &Arc<Self>, peer: IpAddr, exempt: bool, options: &Options) -> Option<Place> {
        if self.open() >= options.connections {
            return None;
        }
        let counted = (!exempt).then_some(peer);
        if let Some(address) = counted {
            let mut per_address = self.per_address.lock().unwrap_or_else(PoisonError::into_inner);
            let count = per_address.entry(address).or_default();
            if *count >= options.connections_per_address {
                return None;
            }
            *count += 1;
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        Some(Place { connections: Arc::clone(self), counted })
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// A connection's place among those that are open, given back when dropped.
struct Place {
    connections: Arc<Connections>,
    counted: Option<IpAddr>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
        let Some(address) = self.counted else { return };
        let mut per_address = self.connections.per_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = per_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                per_address.remove(&address);
            }
        }
    }
}

/// Listens at `address`, with room for a burst of new connections. A port of 0 takes any free one.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(4_096)
}

/// Serves `app` until `stop`, then finishes what is in flight, for at most `options.shutdown_timeout`.
///
/// Every request carries its [`Peer`]. An error of one connection ends that connection and nothing else; an error of
/// the listener is waited out. Turn readiness off before `stop`, so that balancers send no more.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    mut options: Options,
    connections: Arc<Connections>,
    stop: CancellationToken,
) -> io::Result<()> {
    options.connections = options.connections.min(most_connections()?);
    let front = Front { app, options: Arc::new(options), connections, tasks: TaskTracker::new() };
    let mut backoff = Backoff::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                backoff = Backoff::default();
                front.welcome(stream, peer.ip().to_canonical());
            }
            Err(error) => backoff.wait(&error, &stop).await,
        }
    }
    // These the kernel has already promised to serve.
    while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
        front.welcome(stream, peer.ip().to_canonical());
    }
    drop(listener);
    front.finish().await;
    Ok(())
}

/// What every new connection needs.
struct Front {
    app: Router,
    options: Arc<Options>,
    connections: Arc<Connections>,
    tasks: TaskTracker,
}

impl Front {
    fn welcome(&self, stream: TcpStream, peer: IpAddr) {
        let trusted = (self.options.trusted_proxies)(peer);
        let exempt = trusted || peer.is_loopback();
        let Some(place) = self.connections.admit(peer, exempt, &self.options) else {
            self.refuse(stream);
            return;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was gone before it was served");
            return;
        }
        let options = Arc::clone(&self.options);
        let app = self.app.clone();
        self.tasks.spawn(connection::attend(
            stream,
            app,
            (peer, trusted),
            options,
            place,
            self.tasks.clone(),
        ));
    }

    /// Says 503. A socket closed with unread bytes resets, and the client may never see the answer, so a few at a
    /// time are read to their end.
    fn refuse(&self, stream: TcpStream) {
        self.connections.refused.fetch_add(1, Ordering::Relaxed);
        if self.connections.refusing.load(Ordering::Relaxed) >= POLITE_REFUSALS {
            if let Ok(mut stream) = stream.into_std() {
                let _gone = stream.write_all(REFUSAL.as_bytes());
            }
            return;
        }
        self.connections.refusing.fetch_add(1, Ordering::Relaxed);
        let connections = Arc::clone(&self.connections);
        self.tasks.spawn(async move {
            let _late = tokio::time::timeout(Duration::from_secs(1), send_refusal(stream)).await;
            connections.refusing.fetch_sub(1, Ordering::Relaxed);
        });
    }

    async fn finish(self) {
        self.connections.stopping.store(true, Ordering::SeqCst);
        self.connections.stop.notify_waiters();
        self.tasks.close();
        // Each connection keeps to the time limit itself; a little more leaves those the last word.
        let limit = self.options.shutdown_timeout + Duration::from_millis(500);
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                connections = self.connections.open(),
                "stopped while connections were still open"
            );
        }
    }
}

async fn send_refusal(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(REFUSAL.as_bytes()).await?;
    stream.shutdown().await?;
    let mut rest = [0; 1_024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// Raises the process's limit on descriptors as far as it may, and says how many connections that allows.
fn most_connections() -> io::Result<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    }
    let descriptors = maximum.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(descriptors.saturating_sub(RESERVED_DESCRIPTORS).max(1))
}

/// How long to wait after an error of the listener (no descriptors, no memory): twice as long each time.
#[derive(Default)]
struct Backoff {
    failures: u32,
}

impl Backoff {
    async fn wait(&mut self, error: &io::Error, stop: &CancellationToken) {
        if is_of_one_connection(error) {
            return;
        }
        let pause = Duration::from_millis(10) * 2_u32.pow(self.failures.min(6));
        self.failures += 1;
        tracing::warn!(%error, ?pause, "cannot accept connections; trying again");
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests;
