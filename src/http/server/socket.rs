//! A client's socket: it notes in the pulse when bytes come and when they are not taken, and watches for requests
//! whose length is given twice.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::connection::Pulse;

/// A client's socket that takes its own pulse.
pub(super) struct Socket {
    stream: TcpStream,
    pulse: Arc<Pulse>,
    length_lines: LengthLines,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, pulse: Arc<Pulse>) -> Self {
        Socket { stream, pulse, length_lines: LengthLines::default() }
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut socket.stream).poll_read(context, buffer))?;
        let bytes = &buffer.filled()[before..];
        if !bytes.is_empty() {
            socket.pulse.bytes_came(socket.length_lines.count(bytes));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        let written = Pin::new(&mut socket.stream).poll_write(context, bytes);
        socket.pulse.write_is_stalled(written.is_pending());
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        let written = Pin::new(&mut socket.stream).poll_write_vectored(context, slices);
        socket.pulse.write_is_stalled(written.is_pending());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// Counts the lines that begin with `content-length:`, wherever the reads cut them.
///
/// hyper drops the length without a word when a request is chunked as well, and such a request is how one is
/// smuggled past a proxy that believed the length. The count tells: a chunked request with an unaccounted line is
/// refused. It errs to the safe side alone: a body with such a line, or a request with a length sent right behind
/// a chunked one before that was answered, can make a chunked request on the same connection be refused.
#[derive(Default)]
pub(super) struct LengthLines {
    /// The end of what was counted before, too short to hold a line by itself.
    tail: [u8; OVERLAP],
    tail_length: usize,
}

/// In lower case. The request line comes before every header, so a header always follows a line feed.
const LINE: &[u8; 16] = b"\ncontent-length:";
const OVERLAP: usize = LINE.len() - 1;

impl LengthLines {
    pub(super) fn count(&mut self, bytes: &[u8]) -> u32 {
        let mut seam = [0; 2 * OVERLAP];
        let beginning = &bytes[..bytes.len().min(OVERLAP)];
        let seam_length = self.tail_length + beginning.len();
        seam[..self.tail_length].copy_from_slice(&self.tail[..self.tail_length]);
        seam[self.tail_length..seam_length].copy_from_slice(beginning);
        let seam = &seam[..seam_length];
        let end = if bytes.len() < OVERLAP { seam } else { bytes };
        let end = &end[end.len().saturating_sub(OVERLAP)..];
        self.tail[..end.len()].copy_from_slice(end);
        self.tail_length = end.len();
        count_within(seam) + count_within(bytes)
    }
}

/// Horspool's search: every byte of every request goes through here, and most of them are skipped.
fn count_within(bytes: &[u8]) -> u32 {
    let mut found = 0;
    let mut at = 0;
    while let Some(window) = bytes.get(at..at + LINE.len()) {
        let last = window[OVERLAP];
        if last == LINE[OVERLAP] && window.eq_ignore_ascii_case(LINE) {
            found += 1;
        }
        at += usize::from(SKIP[usize::from(last)]);
    }
    found
}

/// How far the next window may lie, by the last byte of this one.
const SKIP: [u8; 256] = {
    let mut skip = [LINE.len() as u8; 256];
    let mut index = 0;
    while index < OVERLAP {
        let distance = (OVERLAP - index) as u8;
        skip[LINE[index] as usize] = distance;
        skip[LINE[index].to_ascii_uppercase() as usize] = distance;
        index += 1;
    }
    skip
};
