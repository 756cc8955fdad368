//! Responses that go on for hours: once the head is written, the connection is taken over from hyper.
//!
//! hyper keeps two buffers of 8 KiB for each connection, to serve its next request. Behind such a response there is
//! no next one, and ten thousand people who wait for news would hold 160 MiB of nothing.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use hyper::body::Body as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::{Options, Place};

/// Marks a response, among its extensions, whose body goes on for hours. It must end by itself when the server stops.
/// After it the connection is closed.
#[derive(Clone, Copy, Debug)]
pub struct Endless;

/// As much may wait to be written before the body is asked again.
const AT_ONCE: usize = 16 * 1_024;

/// A client that takes nothing is looked at this often.
const LOOK: Duration = Duration::from_millis(250);

/// Writes the body until it ends, the client is gone, or it takes nothing for too long.
pub(super) async fn follow(stream: TcpStream, body: Body, options: Arc<Options>, place: Place) {
    let mut following =
        Following { stream, body: Some(body), waiting: Vec::new(), written: 0, stall: None, options, place };
    poll_fn(|context| following.poll(context)).await;
}

struct Following {
    stream: TcpStream,
    /// `None` once it has ended.
    body: Option<Body>,
    /// Chunks on their way to the client, and how much of them is written.
    waiting: Vec<u8>,
    written: usize,
    /// While the client takes nothing.
    stall: Option<Box<Stall>>,
    options: Arc<Options>,
    place: Place,
}

struct Stall {
    since: Instant,
    /// Set when the server stops.
    finish_by: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
}

impl Following {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.client_is_gone(context) {
                return Poll::Ready(());
            }
            match self.write(context) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return Poll::Ready(()),
                Poll::Pending => return self.wait_for_client(context),
            }
            if self.body.is_none() {
                return Pin::new(&mut self.stream).poll_shutdown(context).map(drop);
            }
            // A broken body has no end: the client sees that something is missing.
            if !self.take_up(context) {
                return Poll::Ready(());
            }
            if self.waiting.is_empty() {
                return Poll::Pending;
            }
        }
    }

    /// What a client says after its request is of no interest, but for its goodbye.
    fn client_is_gone(&mut self, context: &mut Context<'_>) -> bool {
        let mut bytes = [0; 256];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return true,
                Poll::Pending => return false,
            }
        }
    }

    /// Writes what waits; whether that went well.
    fn write(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        while self.written < self.waiting.len() {
            let rest = &self.waiting[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest)) {
                Ok(0) | Err(_) => return Poll::Ready(false),
                Ok(count) => self.written += count,
            }
            self.stall = None;
        }
        // Ten thousand idle connections need no memory for chunks.
        self.waiting = Vec::new();
        self.written = 0;
        Poll::Ready(true)
    }

    /// Takes up what the body has ready, as one chunk each (RFC 9112, 7.1); whether the body is sound.
    fn take_up(&mut self, context: &mut Context<'_>) -> bool {
        while let Some(body) = &mut self.body
            && self.waiting.len() < AT_ONCE
        {
            match Pin::new(body).poll_frame(context) {
                Poll::Pending => break,
                Poll::Ready(Some(Err(_))) => return false,
                Poll::Ready(Some(Ok(frame))) => {
                    if let Some(bytes) = frame.data_ref().filter(|bytes| !bytes.is_empty()) {
                        chunk(&mut self.waiting, bytes);
                    }
                }
                Poll::Ready(None) => {
                    self.waiting.extend_from_slice(b"0\r\n\r\n");
                    self.body = None;
                }
            }
        }
        true
    }

    /// Waits until the client takes something, for no longer than the options say.
    fn wait_for_client(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let options = &self.options;
        let stall = self.stall.get_or_insert_with(|| {
            let alarm = Box::pin(tokio::time::sleep(LOOK.min(options.body_timeout)));
            Box::new(Stall { since: Instant::now(), finish_by: None, alarm })
        });
        while stall.alarm.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            if self.place.connections.is_stopping() {
                stall.finish_by.get_or_insert(now + options.shutdown_timeout);
            }
            let deadline = stall.finish_by.into_iter().fold(stall.since + options.body_timeout, Instant::min);
            if deadline <= now {
                self.place.connections.timed_out.fetch_add(1, Ordering::Relaxed);
                tracing::debug!("a connection was cut for taking nothing");
                return Poll::Ready(());
            }
            stall.alarm.as_mut().reset(deadline.min(now + LOOK));
        }
        Poll::Pending
    }
}

fn chunk(waiting: &mut Vec<u8>, bytes: &[u8]) {
    use std::io::Write;
    waiting.reserve(bytes.len() + 20);
    write!(waiting, "{:x}\r\n", bytes.len()).expect("a vector takes all that is written to it");
    waiting.extend_from_slice(bytes);
    waiting.extend_from_slice(b"\r\n");
}
