//! Where deliveries go: receivers of webhooks and of mail in the benchmark's own thread, at next to no cost each.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Receivers of webhooks: each is a host of its own to whoever pools connections.
const HOSTS: usize = 16;

/// One target of so many hangs when targets hang.
pub const HANGING: u64 = 10;

/// A delay that is longer counts as this one.
const LONGEST: Duration = Duration::from_secs(600);

/// What all receivers count.
pub struct Seen {
    began: Instant,
    received: AtomicU64,
    hangs: AtomicBool,
    delays: Mutex<Histogram<u64>>,
}

impl Seen {
    /// Messages so far, those that hang not counted.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// What a message says of the time at which it was sent.
    pub fn stamp(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    /// The delays since this was asked last, in microseconds, of targets that never hang.
    pub fn take_delays(&self) -> Histogram<u64> {
        let mut delays = self.delays.lock().expect("nobody panics while counting");
        let taken = delays.clone();
        delays.reset();
        taken
    }

    fn note(&self, body: &[u8], target: u64) {
        self.received.fetch_add(1, Ordering::Relaxed);
        if target.is_multiple_of(HANGING) {
            return;
        }
        if let Some(stamp) = number_after(body, b"\"stamp ") {
            let delay = self.stamp().saturating_sub(stamp);
            self.delays.lock().expect("see above").saturating_record(delay.max(1));
        }
    }
}

/// The receivers. They end with the runtime.
pub struct Sink {
    hooks: Vec<SocketAddr>,
    pub mail: SocketAddr,
    pub seen: Arc<Seen>,
}

impl Sink {
    pub async fn start() -> anyhow::Result<Self> {
        let longest = LONGEST.as_micros() as u64;
        let seen = Arc::new(Seen {
            began: Instant::now(),
            received: AtomicU64::new(0),
            hangs: AtomicBool::new(false),
            delays: Mutex::new(Histogram::new_with_bounds(1, longest, 3)?),
        });
        let mut hooks = Vec::with_capacity(HOSTS);
        for _ in 0..HOSTS {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            hooks.push(listener.local_addr()?);
            tokio::spawn(accept(listener, seen.clone(), speak_http));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mail = listener.local_addr()?;
        tokio::spawn(accept(listener, seen.clone(), speak_smtp));
        Ok(Self { hooks, mail, seen })
    }

    /// The URL of a target; each has its own.
    pub fn url(&self, target: i64) -> String {
        let host = self.hooks[usize::try_from(target).expect("targets are positive") % HOSTS];
        format!("http://{host}/hooks/{target:08}")
    }

    /// Whether one target of ten hangs: it reads and never answers.
    pub fn hang(&self, hangs: bool) {
        self.seen.hangs.store(hangs, Ordering::Relaxed);
    }

    /// Waits until `count` messages were received in all; false if none comes for a minute.
    pub async fn has(&self, count: u64) -> bool {
        let (mut before, mut since) = (0, Instant::now());
        while self.seen.received() < count {
            if self.seen.received() != before {
                (before, since) = (self.seen.received(), Instant::now());
            }
            if since.elapsed() > Duration::from_secs(60) {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        true
    }
}

async fn accept<Spoken: Future<Output = io::Result<()>> + Send + 'static>(
    listener: TcpListener,
    seen: Arc<Seen>,
    speak: fn(TcpStream, Arc<Seen>) -> Spoken,
) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(speak(stream, seen.clone()));
    }
}

async fn speak_http(mut stream: TcpStream, seen: Arc<Seen>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8 * 1024);
    loop {
        let head = loop {
            if let Some(end) = find(&buffer, b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let length = number_after(&buffer[..head], b"content-length: ").unwrap_or(0) as usize;
        while buffer.len() < head + length {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        let target = number_after(&buffer[..head], b"/hooks/").unwrap_or(1);
        if seen.hangs.load(Ordering::Relaxed) && target.is_multiple_of(HANGING) {
            // Until the other side has had enough.
            while stream.read_buf(&mut buffer).await? > 0 {}
            return Ok(());
        }
        seen.note(&buffer[head..head + length], target);
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
        buffer.drain(..head + length);
    }
}

async fn speak_smtp(mut stream: TcpStream, seen: Arc<Seen>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    let mut buffer = Vec::with_capacity(64 * 1024);
    let mut is_data = false;
    loop {
        let end: &[u8] = if is_data { b"\r\n.\r\n" } else { b"\r\n" };
        let Some(at) = find(&buffer, end) else {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let said: Vec<u8> = buffer.drain(..at + end.len()).collect();
        let answer: &[u8] = match said.get(..4).unwrap_or_default() {
            _ if is_data => {
                is_data = false;
                seen.note(&said, 1);
                b"250 2.0.0 Kept\r\n"
            }
            b"EHLO" => b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            b"DATA" => {
                is_data = true;
                b"354 Go ahead\r\n"
            }
            b"QUIT" => return stream.write_all(b"221 2.0.0 Bye\r\n").await,
            _ => b"250 2.0.0 Go on\r\n",
        };
        stream.write_all(answer).await?;
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The number that stands after these words.
fn number_after(text: &[u8], words: &[u8]) -> Option<u64> {
    let digits = &text[find(text, words)? + words.len()..];
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}
