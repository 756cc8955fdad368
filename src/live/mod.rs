//! Open streams: who listens to which inbox, and what they are told.
//!
//! The table of inboxes is the truth; what is published here are hints (design, parts 2 and 8). Each stream notices
//! by the revisions whether it missed one, and then reads it from the table.

mod event;
mod http;
mod stream;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use dashmap::DashMap;
use futures_util::future::BoxFuture;

pub use event::{Event, Frame, Kind};
pub use http::routes;
pub use stream::{Begin, Listener};

use crate::auth::Auth;
use crate::clock::{Clock, Instant};
use crate::config::Limits;
use crate::secret;
use crate::storage;
use crate::telemetry::metrics::{Counter, Gauge, Registry};
use stream::{Ending, Stream};

/// What a stream did not hear of: what happened to an inbox since a revision.
#[derive(Debug)]
pub struct Missed {
    /// In the order of their revisions.
    pub events: Vec<Event>,
    /// They tell everything up to this revision.
    pub rev: i64,
    /// How many unread ones the inbox holds.
    pub unread_count: i64,
    /// Whether there is more to read after that.
    pub more: bool,
}

/// Reads what happened to a user's inbox after a revision; after `None` nothing, only where the inbox stands.
pub type Source =
    Box<dyn Fn(i64, Option<i64>) -> BoxFuture<'static, Result<Missed, storage::Error>> + Send + Sync>;

/// All open streams of this node. Clones are the same.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    /// The streams of each user who has any, oldest first.
    users: DashMap<i64, Vec<Arc<Stream>>>,
    open: AtomicUsize,
    most_per_user: AtomicUsize,
    most: AtomicUsize,
    stopping: AtomicBool,
    source: RwLock<Option<Arc<Source>>>,
    metrics: Metrics,
}

struct Metrics {
    open: Gauge,
    told: Counter,
    slow: Counter,
    refused: Counter,
}

/// Why no stream can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The node has as many as it may.
    Full,
    /// The server stops.
    Stopping,
}

/// Ten thousand signs of life at once would keep news waiting for a tenth of a second: others go between.
const BEATS_AT_ONCE: usize = 64;

/// Sessions that are looked up at once, for the same reason.
const SESSIONS_AT_ONCE: usize = 500;

/// Milliseconds after which a client comes back: not all of them at once.
fn retry() -> u16 {
    2_000 + u16::from_le_bytes(secret::random()) % 8_001
}

/// A limit of 0 is none.
fn or_any(limit: usize) -> usize {
    if limit == 0 { usize::MAX } else { limit }
}

impl Live {
    /// No streams yet.
    pub fn new(clock: Clock, limits: &Limits, registry: &Registry) -> Self {
        let metrics = Metrics {
            open: registry.gauge("belfry_streams_open", "Open streams"),
            told: registry.counter("belfry_stream_events_total", "Events handed to streams"),
            slow: registry
                .counter("belfry_streams_slow_total", "Streams cut because their reader took too little"),
            refused: registry
                .counter("belfry_streams_refused_total", "Streams refused because too many were open"),
        };
        let inner = Inner {
            clock,
            users: DashMap::new(),
            open: AtomicUsize::new(0),
            most_per_user: AtomicUsize::new(or_any(limits.streams_per_user)),
            most: AtomicUsize::new(or_any(limits.streams)),
            stopping: AtomicBool::new(false),
            source: RwLock::new(None),
            metrics,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Takes over changed limits; streams that are open stay open.
    pub fn reload(&self, limits: &Limits) {
        self.inner.most_per_user.store(or_any(limits.streams_per_user), Ordering::Relaxed);
        self.inner.most.store(or_any(limits.streams), Ordering::Relaxed);
    }

    /// Says where streams read what they missed: once, before any is opened.
    pub fn read_from(&self, source: Source) {
        *self.inner.source.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(source));
    }

    /// Lets go of the source: it and this refer to each other, and a node that has ended is to be dropped whole.
    pub fn let_go(&self) {
        *self.inner.source.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether anybody on this node listens to this user's inbox.
    pub fn is_heard(&self, user_id: i64) -> bool {
        self.inner.users.contains_key(&user_id)
    }

    /// Everybody on this node to whose inbox somebody listens.
    pub fn heard(&self) -> Vec<i64> {
        self.inner.users.iter().map(|entry| *entry.key()).collect()
    }

    /// Tells what a commit did to a user's inbox, in the order of the revisions; `events` is asked only if somebody
    /// listens. To be called after the commit.
    pub fn tell(&self, user_id: i64, events: impl FnOnce() -> Vec<Event>) {
        let Some(streams) = self.inner.users.get(&user_id) else {
            return;
        };
        let frames: Vec<Frame> = events().iter().map(Event::frame).collect();
        self.inner.metrics.told.inc_by((frames.len() * streams.len()) as u64);
        for stream in streams.iter() {
            stream.tell(&frames);
        }
    }

    /// Says that a user's inbox has come to this revision: who has not heard all of it reads it.
    pub fn look(&self, user_id: i64, rev: i64) {
        if let Some(streams) = self.inner.users.get(&user_id) {
            streams.iter().for_each(|stream| stream.look(rev));
        }
    }

    fn missed(&self, user_id: i64, after: Option<i64>) -> BoxFuture<'static, Result<Missed, storage::Error>> {
        let source = self.inner.source.read().unwrap_or_else(PoisonError::into_inner).clone();
        match source {
            Some(source) => source(user_id, after),
            None => Box::pin(async { Err(storage::Error::Unavailable("the node has ended".to_owned())) }),
        }
    }

    /// Opens a stream. A user who has as many as they may loses the oldest.
    fn join(&self, listener: Listener, begin: Begin) -> Result<Arc<Stream>, Refused> {
        let inner = &self.inner;
        if inner.open.fetch_add(1, Ordering::SeqCst) >= inner.most.load(Ordering::Relaxed) {
            inner.open.fetch_sub(1, Ordering::SeqCst);
            inner.metrics.refused.inc();
            return Err(Refused::Full);
        }
        inner.metrics.open.inc();
        let stream = Arc::new(Stream::new(listener, begin, inner.clock.now()));
        let mut streams = inner.users.entry(stream.listener.user_id).or_default();
        streams.push(Arc::clone(&stream));
        if streams.len() > inner.most_per_user.load(Ordering::Relaxed) {
            streams.remove(0).end(Ending::Superseded);
        }
        drop(streams);
        if inner.stopping.load(Ordering::SeqCst) {
            self.leave(&stream);
            return Err(Refused::Stopping);
        }
        Ok(stream)
    }

    fn leave(&self, stream: &Arc<Stream>) {
        let inner = &self.inner;
        inner.open.fetch_sub(1, Ordering::SeqCst);
        inner.metrics.open.dec();
        if stream.is_slow() {
            inner.metrics.slow.inc();
        }
        let user_id = stream.listener.user_id;
        if let Some(mut streams) = inner.users.get_mut(&user_id) {
            streams.retain(|other| !Arc::ptr_eq(other, stream));
        }
        inner.users.remove_if(&user_id, |_, streams| streams.is_empty());
    }

    /// Sends signs of life, and ends the streams whose token or session is over: to be called every second.
    ///
    /// # Errors
    /// A database that does not answer; then no session is taken for ended.
    pub async fn look_after(&self, auth: &Auth) -> Result<(), storage::Error> {
        let now: Instant = self.inner.clock.now();
        // Taken out of the map, which must not stay locked while others have their turn.
        let mut all: Vec<Arc<Stream>> = Vec::new();
        self.inner.users.iter().for_each(|streams| all.extend(streams.iter().cloned()));
        let mut doubtful: Vec<String> = Vec::new();
        for some in all.chunks(BEATS_AT_ONCE) {
            let due = some.iter().filter(|stream| stream.beat(now));
            doubtful.extend(due.map(|stream| stream.listener.session_id.to_string()));
            tokio::task::yield_now().await;
        }
        drop(all);
        doubtful.sort_unstable();
        doubtful.dedup();
        let mut ended = Vec::new();
        for some in doubtful.chunks(SESSIONS_AT_ONCE) {
            ended.extend(auth.ended_sessions(some).await?);
        }
        if ended.is_empty() {
            return Ok(());
        }
        for streams in &self.inner.users {
            let over =
                streams.iter().filter(|stream| ended.iter().any(|id| **id == *stream.listener.session_id));
            over.for_each(|stream| stream.end(Ending::SignedOut));
        }
        Ok(())
    }

    /// Ends every stream and opens no more: the first thing that a stopping server does.
    pub fn stop(&self) {
        self.inner.stopping.store(true, Ordering::SeqCst);
        for streams in &self.inner.users {
            streams.iter().for_each(|stream| stream.end(Ending::Stopping));
        }
    }
}
