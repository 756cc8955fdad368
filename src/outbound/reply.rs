//! What goes out and what comes back: the body that knows whether it left, and the answer, limited in time and size.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::HeaderMap;
use tokio::time::{Instant, timeout_at};

/// How much of an answer's body is read, in bytes.
pub const LONGEST_BODY: usize = 64 * 1024;

/// An answer, whatever its status.
#[derive(Clone)]
pub struct Reply {
    /// The status: 200, 302, 429 …
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as it came, at most [`LONGEST_BODY`] bytes.
    pub body: Vec<u8>,
    /// Whether the body was longer, did not end in time, or broke off.
    pub cut: bool,
}

/// Without headers and body, which are the other side's words.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply {{ status: {}, body: {} bytes, cut: {} }}", self.status, self.body.len(), self.cut)
    }
}

impl Reply {
    /// Reads the body until it ends, is long enough, or `end` has come.
    pub(super) async fn read(response: Response<Incoming>, end: Instant) -> Reply {
        let (head, mut incoming) = response.into_parts();
        // Grows with what really arrives: the length that an answer claims is the sender's to choose.
        let mut body = Vec::new();
        let cut = loop {
            match timeout_at(end, incoming.frame()).await {
                Ok(None) => break false,
                Ok(Some(Ok(frame))) => {
                    let data = frame.into_data().unwrap_or_default();
                    let room = LONGEST_BODY - body.len();
                    body.extend_from_slice(&data[..data.len().min(room)]);
                    if data.len() > room {
                        break true;
                    }
                }
                Ok(Some(Err(_))) | Err(_) => break true,
            }
        };
        Reply { status: head.status.as_u16(), headers: head.headers, body, cut }
    }
}

/// A body that remembers whether it was asked for, which is when the head may have left.
pub(super) struct Sending {
    bytes: Option<Bytes>,
    sent: Sent,
}

/// Whether a part of the request may have left.
#[derive(Clone)]
pub(super) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Sending {
    /// The body and its mark.
    pub fn new(bytes: Bytes) -> (Self, Sent) {
        let sent = Sent(Arc::default());
        // Nobody asks for a body that is empty: then it counts as sent from the start.
        sent.0.store(bytes.is_empty(), Ordering::Release);
        (Sending { bytes: Some(bytes).filter(|bytes| !bytes.is_empty()), sent: sent.clone() }, sent)
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.sent.0.store(true, Ordering::Release);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
