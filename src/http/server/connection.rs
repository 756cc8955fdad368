//! One connection: who is waiting for whom, since when, and what is done about it.
//!
//! hyper's own header timeout also counts the wait for the next request, so it cannot tell the idle from the
//! dribbling. Here the socket and the service note each change of phase in a [`Pulse`], and one alarm a connection,
//! set anew only when it rings, looks at it: a request costs two readings of the clock and no timer.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep};
use tokio_util::task::TaskTracker;

use super::request::App;
use super::socket::Socket;
use super::{Options, Place, endless};

/// Bounds what a client makes us hold before its headers are complete.
const MAX_BUFFER: usize = 32 * 1_024;

/// At the stop, a connection that has not asked anything yet may still do so for this long.
const LAST_REQUEST: Duration = Duration::from_millis(500);

/// Who is waiting for whom on a connection, and since when.
///
/// Only the connection's own task touches it; the atomics make it shareable between socket, service and alarm.
pub(super) struct Pulse {
    start: Instant,
    /// Microseconds since `start`, shifted by two bits for the phase.
    state: AtomicU64,
    /// Since when the client takes nothing of what is written, in microseconds since `start`; 0 if it does.
    stalled: AtomicU64,
    /// Lines read that begin with `content-length:` and that no request has accounted for.
    length_lines: AtomicU32,
    body_timed_out: AtomicBool,
    /// What a route left of its request's body.
    unread: Mutex<Option<Incoming>>,
    /// A response's body that goes on without hyper.
    left: Mutex<Option<Body>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing was asked yet: the first request's headers are awaited.
    New,
    /// Some of a request's headers have come.
    Headers,
    /// A request is being answered.
    Busy,
    /// Between requests.
    Idle,
}

impl Pulse {
    fn new() -> Self {
        Pulse {
            start: Instant::now(),
            state: AtomicU64::new(Phase::New as u64),
            stalled: AtomicU64::new(0),
            length_lines: AtomicU32::new(0),
            body_timed_out: AtomicBool::new(false),
            unread: Mutex::new(None),
            left: Mutex::new(None),
        }
    }

    /// A request's headers are complete.
    pub(super) fn asked(&self) {
        self.state.store(Phase::Busy as u64, Ordering::Relaxed);
    }

    /// The response has been handed over whole.
    pub(super) fn answered(&self) {
        self.enter(Phase::Idle);
    }

    /// The request's body took too long.
    pub(super) fn time_out_body(&self) {
        self.body_timed_out.store(true, Ordering::Relaxed);
    }

    /// Whether the request's body took too long.
    pub(super) fn body_timed_out(&self) -> bool {
        self.body_timed_out.load(Ordering::Relaxed)
    }

    /// A request's body was dropped before its end.
    pub(super) fn leave_unread(&self, body: Incoming) {
        *self.unread.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }

    /// The body that was dropped before its end.
    pub(super) fn take_unread(&self) -> Option<Incoming> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A response's head is written, or is about to be; its body is to go on without hyper.
    pub(super) fn leave(&self, body: Body) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }

    /// Such a body, once all that hyper had to write is written.
    fn take_left(&self) -> Option<Body> {
        let is_written = self.stalled.load(Ordering::Relaxed) == 0;
        let left = || self.left.lock().unwrap_or_else(PoisonError::into_inner).take();
        is_written.then(left).flatten()
    }

    /// `content-length:` lines not accounted for; see [`super::socket::LengthLines`].
    pub(super) fn length_lines(&self) -> u32 {
        self.length_lines.load(Ordering::Relaxed)
    }

    /// A request that has a length accounts for one line.
    pub(super) fn take_length_line(&self) {
        self.length_lines.store(self.length_lines().saturating_sub(1), Ordering::Relaxed);
    }

    fn enter(&self, phase: Phase) {
        self.state.store(self.micros() << 2 | phase as u64, Ordering::Relaxed);
    }

    fn phase(&self) -> Phase {
        match self.state.load(Ordering::Relaxed) & 3 {
            0 => Phase::New,
            1 => Phase::Headers,
            2 => Phase::Busy,
            _ => Phase::Idle,
        }
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX >> 2)
    }

    /// Bytes came, and in them so many `content-length:` lines.
    pub(super) fn bytes_came(&self, length_lines: u32) {
        if length_lines > 0 {
            self.length_lines.store(self.length_lines().saturating_add(length_lines), Ordering::Relaxed);
        }
        if self.phase() == Phase::Idle {
            self.enter(Phase::Headers);
        }
    }

    /// Whether the client takes nothing of what is written.
    pub(super) fn write_is_stalled(&self, stalled: bool) {
        let since = self.stalled.load(Ordering::Relaxed);
        match (stalled, since) {
            (true, 0) => self.stalled.store(self.micros().max(1), Ordering::Relaxed),
            (false, 1..) => self.stalled.store(0, Ordering::Relaxed),
            _ => {}
        }
    }

    /// When the connection is to be cut if nothing changes; `None` while it is we who are awaited.
    fn deadline(&self, options: &Options) -> Option<Instant> {
        let since = self.start + Duration::from_micros(self.state.load(Ordering::Relaxed) >> 2);
        let waiting = match self.phase() {
            Phase::New | Phase::Headers => Some(since + options.header_timeout),
            Phase::Idle => Some(since + options.idle_timeout),
            Phase::Busy => None,
        };
        let stalled = match self.stalled.load(Ordering::Relaxed) {
            0 => None,
            since => Some(self.start + Duration::from_micros(since) + options.body_timeout),
        };
        waiting.into_iter().chain(stalled).min()
    }
}

/// How hyper is done with a connection.
enum Ended {
    /// It is closed.
    Closed(hyper::Result<()>),
    /// It took too long.
    Cut,
    /// The response goes on without hyper.
    Left(Body),
}

/// Serves one connection to its end.
pub(super) async fn attend(
    stream: TcpStream,
    app: Router,
    (peer, trusted): (IpAddr, bool),
    options: Arc<Options>,
    place: Place,
    tasks: TaskTracker,
) {
    let pulse = Arc::new(Pulse::new());
    let socket = Socket::new(stream, Arc::clone(&pulse));
    let app = App::new(app, peer, trusted, Arc::clone(&options), Arc::clone(&pulse));
    let mut http = hyper::server::conn::http1::Builder::new();
    // The time limits are ours.
    // Without half-close hyper would read, into 8 KiB made for it, while each request is answered, for a client that leaves.
    http.header_read_timeout(None).max_buf_size(MAX_BUFFER).half_close(true);
    let mut connection = http.serve_connection(TokioIo::new(socket), app);
    match drive(&mut connection, &options, &place, &pulse).await {
        Ended::Closed(Ok(())) => {}
        Ended::Closed(Err(error)) => tracing::debug!(%peer, %error, "a connection ended with an error"),
        Ended::Cut => {
            place.connections.timed_out.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%peer, "a connection was cut for taking too long");
        }
        Ended::Left(body) => {
            let stream = connection.into_parts().io.into_inner().into_stream();
            // A task of its own: what is left of this one would be as large as hyper was.
            tasks.spawn(endless::follow(stream, body, options, place));
        }
    }
}

async fn drive(
    connection: &mut hyper::server::conn::http1::Connection<TokioIo<Socket>, App>,
    options: &Options,
    place: &Place,
    pulse: &Pulse,
) -> Ended {
    let mut connection = Pin::new(connection);
    let stop = pin!(place.connections.stop.notified());
    let alarm = pin!(tokio::time::sleep(tick(options)));
    let mut watch = Watch { place, options, pulse, alarm, finish_by: None, told: false };
    watch.begin(stop).await;
    let served = poll_fn(|context| {
        loop {
            if let Poll::Ready(result) = connection.as_mut().poll(context) {
                return Poll::Ready(Ended::Closed(result));
            }
            if let Some(body) = pulse.take_left() {
                return Poll::Ready(Ended::Left(body));
            }
            match watch.look(context) {
                Next::Wait => return Poll::Pending,
                Next::Cut => return Poll::Ready(Ended::Cut),
                Next::Finish => connection.as_mut().graceful_shutdown(),
            }
        }
    });
    served.await
}

enum Next {
    Wait,
    Finish,
    Cut,
}

/// Looks after a connection's time limits and the stop.
struct Watch<'a> {
    place: &'a Place,
    options: &'a Options,
    pulse: &'a Pulse,
    alarm: Pin<&'a mut Sleep>,
    finish_by: Option<Instant>,
    told: bool,
}

impl Watch<'_> {
    /// Arms the alarm and the stop, once: a task stays registered with both, and polling them costs locks.
    async fn begin(&mut self, mut stop: Pin<&mut tokio::sync::futures::Notified<'_>>) {
        poll_fn(|context| {
            let _pending = pin!(unconstrained(stop.as_mut())).poll(context);
            self.arm(context);
            Poll::Ready(())
        })
        .await;
    }

    fn look(&mut self, context: &mut Context<'_>) -> Next {
        if self.place.connections.is_stopping() && !self.told && self.may_finish(context) {
            self.told = true;
            return Next::Finish;
        }
        if !self.alarm.is_elapsed() {
            return Next::Wait;
        }
        let now = Instant::now();
        let deadline = self.pulse.deadline(self.options).into_iter().chain(self.finish_by).min();
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Next::Cut;
        }
        let tick = now + tick(self.options);
        self.alarm.as_mut().reset(deadline.map_or(tick, |deadline| deadline.min(tick)));
        self.arm(context);
        Next::Wait
    }

    /// At the stop: whether hyper may be told to finish. A new connection is given a moment, since hyper would close
    /// it unheard.
    fn may_finish(&mut self, context: &mut Context<'_>) -> bool {
        let now = Instant::now();
        let first_look = self.finish_by.is_none();
        let finish_by = *self.finish_by.get_or_insert(now + self.options.shutdown_timeout);
        let moment = self.pulse.start + LAST_REQUEST;
        let wait = self.pulse.phase() == Phase::New && now < moment;
        if first_look || !wait {
            let next = if wait { moment.min(finish_by) } else { finish_by };
            self.alarm.as_mut().reset(next);
            self.arm(context);
        }
        !wait
    }

    /// Registers the alarm. Unconstrained, because a poll refused for want of budget would register nothing.
    fn arm(&mut self, context: &mut Context<'_>) {
        let _pending = pin!(unconstrained(self.alarm.as_mut())).poll(context);
    }
}

/// How often a connection is looked at. No limit is shorter, so none that begins after a look ends before the next.
fn tick(options: &Options) -> Duration {
    let shortest = options.header_timeout.min(options.body_timeout).min(options.idle_timeout);
    shortest.max(Duration::from_millis(10))
}
