//! One open stream: what it has heard, what waits to be written, and the response body that writes it.
//!
//! A stream is *live* while it has heard every revision of its inbox; then the next one is handed to it as a frame
//! that was encoded once for all. Where it misses one (two commits told in the wrong order, another node's commit,
//! its own beginning) it reads what is missing from the table and is live again. So a message to a stream is only
//! ever a hint, and it needs no message to be complete.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::body::Frame as BodyFrame;

use super::event::Frame;
use super::{Live, Missed};
use crate::clock::Instant;
use crate::storage;

/// Frames that may wait for a slow reader; beyond it the stream is cut and its client resumes (security S32).
const QUEUE: usize = 256;

/// A comment goes out this often, so that nothing on the way takes a quiet stream for a dead one.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Whether a stream's session still stands is asked this often.
const CHECK: Duration = Duration::from_secs(3);

/// Who listens, and for how long they may.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Whose inbox it is.
    pub user_id: i64,
    /// The session that the stream ends with.
    pub session_id: Box<str>,
    /// When the token it was opened with is over, and the stream with it.
    pub good_until: Instant,
}

/// Where a stream is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With what comes next.
    Now,
    /// After this revision.
    After(i64),
}

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Its reader takes too little.
    Slow,
    /// The user opened more streams than one may have; this was the oldest.
    Superseded,
    /// The token or its session is over.
    SignedOut,
    /// The server stops.
    Stopping,
    /// What was missed could not be read.
    Fault,
}

/// An open stream, shared between the hub and the response that writes it.
pub(super) struct Stream {
    pub listener: Listener,
    state: Mutex<State>,
}

struct State {
    /// Every revision up to here was queued; `None` before the inbox was looked at.
    rev: Option<i64>,
    /// The newest revision heard of.
    newest: i64,
    /// Whether every revision heard of was queued.
    live: bool,
    queue: VecDeque<Bytes>,
    ending: Option<Ending>,
    waker: Option<Waker>,
    beat_at: Instant,
    check_at: Instant,
}

/// What the writer of a stream is to do next.
enum Next {
    Write(Bytes),
    /// Read what is missing after this revision.
    Read(Option<i64>),
    End,
    Wait,
}

impl Stream {
    pub fn new(listener: Listener, begin: Begin, now: Instant) -> Self {
        let mut queue = VecDeque::new();
        let rev = match begin {
            Begin::Now => None,
            Begin::After(rev) => {
                // Also whoever missed nothing learns at once that the stream is there.
                queue.push_back(format!("retry: {}\n: hello\n\n", super::retry()).into());
                Some(rev)
            }
        };
        let state = State {
            rev,
            newest: 0,
            live: false,
            queue,
            ending: None,
            waker: None,
            beat_at: now.plus(HEARTBEAT),
            check_at: now.plus(CHECK),
        };
        Self { listener, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over the frames of one commit, in the order of their revisions.
    pub fn tell(&self, frames: &[Frame]) {
        let mut state = self.lock();
        for frame in frames {
            state.newest = state.newest.max(frame.rev);
            let expected = state.rev.map_or(0, |rev| rev + 1);
            if !state.live || frame.rev < expected {
                continue;
            }
            if frame.rev > expected {
                state.live = false;
            } else if state.queue.len() >= QUEUE {
                state.end(Ending::Slow);
            } else {
                state.rev = Some(frame.rev);
                state.queue.push_back(frame.bytes.clone());
            }
        }
        state.wake();
    }

    /// Says that the inbox has come to `rev`: what was not heard is to be read.
    pub fn look(&self, rev: i64) {
        let mut state = self.lock();
        state.newest = state.newest.max(rev);
        if state.live && state.rev < Some(rev) {
            state.live = false;
            state.wake();
        }
    }

    /// Ends the stream; what waits to be written is written first, unless the reader is slow.
    pub fn end(&self, ending: Ending) {
        self.lock().end(ending);
    }

    /// Whether it was cut for its reader's slowness.
    pub fn is_slow(&self) -> bool {
        self.lock().ending == Some(Ending::Slow)
    }

    /// Says that the stream is alive, if it is time to, and returns whether its session is to be looked at.
    pub fn beat(&self, now: Instant) -> bool {
        let mut state = self.lock();
        if now >= self.listener.good_until {
            state.end(Ending::SignedOut);
        }
        if now >= state.beat_at {
            state.beat_at = now.plus(HEARTBEAT);
            // Where something waits the client is not kept waiting for a sign of life.
            if state.queue.is_empty() && state.ending.is_none() {
                state.queue.push_back(Bytes::from_static(b": beat\n\n"));
                state.wake();
            }
        }
        if now < state.check_at || state.ending.is_some() {
            return false;
        }
        state.check_at = now.plus(CHECK);
        true
    }

    /// Takes over what was read; the stream is live if nothing newer was heard of meanwhile.
    fn catch_up(&self, missed: &Missed) {
        let mut state = self.lock();
        if state.rev.is_none() {
            let hello = format!("retry: {}\nid: {}\n: hello\n\n", super::retry(), missed.rev);
            state.queue.push_back(hello.into());
        }
        state.queue.extend(missed.events.iter().map(|event| event.frame().bytes));
        state.rev = Some(missed.rev);
        state.live = !missed.more && state.newest <= missed.rev;
    }

    fn next(&self, context: &Context<'_>) -> Next {
        let mut state = self.lock();
        if let Some(bytes) = state.queue.pop_front() {
            if state.queue.is_empty() {
                // Ten thousand idle streams need no memory for frames.
                state.queue = VecDeque::new();
            }
            return Next::Write(bytes);
        }
        if state.ending.is_some() {
            return Next::End;
        }
        state.wait(context);
        if state.live { Next::Wait } else { Next::Read(state.rev) }
    }

    /// Waits until something newer than `rev` was heard of, or the stream ends.
    pub fn poll_newer(&self, rev: i64, context: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.newest > rev || state.ending.is_some() {
            return Poll::Ready(());
        }
        state.queue.clear();
        state.wait(context);
        Poll::Pending
    }
}

impl State {
    fn wait(&mut self, context: &Context<'_>) {
        match &mut self.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => self.waker = Some(context.waker().clone()),
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn end(&mut self, ending: Ending) {
        if self.ending.is_some() {
            return;
        }
        self.ending = Some(ending);
        self.live = false;
        let last_words = match ending {
            Ending::Slow | Ending::Fault => {
                self.queue.clear();
                None
            }
            // A client that comes back at once would push out the next oldest.
            Ending::Superseded => {
                Some("retry: 60000\n: you have too many streams; this was the oldest\n\n".to_owned())
            }
            // A page is to learn at once that it must ask for a password; a program has a fresh token by then.
            Ending::SignedOut => Some("retry: 500\n: the session is over\n\n".to_owned()),
            // All come back, but not all at once.
            Ending::Stopping => Some(format!("retry: {}\n: the server stops\n\n", super::retry())),
        };
        self.queue.extend(last_words.map(Bytes::from));
        self.wake();
    }
}

/// The response's body: writes what its stream is told until one of the two ends.
pub(super) struct Writer {
    live: Live,
    stream: Arc<Stream>,
    /// What was missed, while it is being read.
    reading: Option<BoxFuture<'static, Result<Missed, storage::Error>>>,
}

impl Writer {
    pub fn new(live: Live, stream: Arc<Stream>) -> Self {
        Self { live, stream, reading: None }
    }
}

impl hyper::body::Body for Writer {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<BodyFrame<Bytes>, Self::Error>>> {
        let writer = self.get_mut();
        loop {
            match writer.stream.next(context) {
                Next::Write(bytes) => return Poll::Ready(Some(Ok(BodyFrame::data(bytes)))),
                Next::End => return Poll::Ready(None),
                Next::Wait => return Poll::Pending,
                Next::Read(after) => {
                    let user_id = writer.stream.listener.user_id;
                    let reading = writer.reading.get_or_insert_with(|| writer.live.missed(user_id, after));
                    let Poll::Ready(missed) = reading.as_mut().poll(context) else {
                        return Poll::Pending;
                    };
                    writer.reading = None;
                    match missed {
                        Ok(missed) => writer.stream.catch_up(&missed),
                        Err(error) => {
                            tracing::warn!(user_id, %error, "A stream is cut: what it missed cannot be read");
                            writer.stream.end(Ending::Fault);
                        }
                    }
                }
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.live.leave(&self.stream);
    }
}
