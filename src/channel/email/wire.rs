//! The connection below SMTP while it is not encrypted yet.
//!
//! Who sits between us and the server can add answers to the last words in the clear. A reader that has taken them
//! in already would believe them after the encryption began: "250 taken" for a message that the server never saw.
//! So nothing is read ahead: what was added stays in the socket, where it spoils the encryption instead.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// No server has more to say in one answer; a chain of certificates fits too.
const LONGEST_ANSWER: usize = 128 * 1024;

/// A connection that is read with care.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    phase: Phase,
    /// Bytes read since something was last written.
    heard: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// In the clear: byte by byte, so that nothing is read before its turn.
    Clear,
    /// STARTTLS was said, and its answer is still in the clear.
    Asked,
    /// Encrypted, or meant to stay in the clear.
    Settled,
}

impl Wire {
    /// Connects. `is_plain` where no encryption will follow.
    pub(super) async fn connect(host: &str, port: u16, is_plain: bool) -> io::Result<Wire> {
        #[expect(clippy::disallowed_methods, reason = "the operator named this server in the configuration")]
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let phase = if is_plain { Phase::Settled } else { Phase::Clear };
        Ok(Wire { stream, phase, heard: 0 })
    }

    fn count(&mut self, read: usize) -> io::Result<()> {
        self.heard += read;
        if self.heard > LONGEST_ANSWER {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is too long"));
        }
        Ok(())
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.phase == Phase::Settled {
            let before = buf.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            return Poll::Ready(self.count(buf.filled().len() - before));
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut one))?;
        buf.put_slice(one.filled());
        Poll::Ready(self.count(1))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.phase = match self.phase {
            Phase::Clear if buf.starts_with(b"STARTTLS\r\n") => Phase::Asked,
            // The client speaks first: these are the first bytes of the encryption.
            Phase::Asked if !buf.starts_with(b"STARTTLS\r\n") => Phase::Settled,
            phase => phase,
        };
        self.heard = 0;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
