//! The load: many keep-alive connections in one thread, each asking anew as soon as it has its answer.
//!
//! A request costs two system calls here, a write and a read, and no allocation: on two cores whatever the load
//! takes is taken from the server.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use hdrhistogram::Histogram;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::process::{Server, Usage};
use crate::requests::Requests;

/// A request that takes longer counts as a failure: nothing here may hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that is kept open; its requests go one after the other.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer of the server.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Connection {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "a bench speaks to its own server")]
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 64 * 1024] })
    }

    /// Sends a request and reads the whole answer.
    pub async fn call(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.write(request).await?;
        let mut filled = 0;
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut self.buffer[filled..]) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(head) = Head::read(&self.buffer[..filled])
                && filled >= head.body_at + head.body_length
            {
                let body = &self.buffer[head.body_at..filled];
                return Ok(Answer { status: head.status, body });
            }
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
        }
    }

    async fn write(&self, mut request: &[u8]) -> anyhow::Result<()> {
        while !request.is_empty() {
            match self.stream.try_write(request) {
                Ok(written) => request = &request[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

const LENGTH: &[u8] = b"content-length: ";

/// What the head of an answer says.
struct Head {
    status: u16,
    body_at: usize,
    body_length: usize,
}

impl Head {
    /// `None` while some of it is missing.
    fn read(answer: &[u8]) -> Option<Self> {
        let status = std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()?;
        let (mut at, mut body_length) = (0, 0);
        loop {
            let line = &answer[at..];
            let length = line.iter().position(|byte| *byte == b'\n')?;
            at += length + 1;
            if length <= 1 {
                return Some(Self { status, body_at: at, body_length });
            }
            // In lower case from Belfry, in upper case from nginx.
            if let Some((name, value)) = line[..length].split_at_checked(LENGTH.len())
                && name.eq_ignore_ascii_case(LENGTH)
            {
                body_length = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
            }
        }
    }
}

/// How long a load goes on.
#[derive(Clone, Copy)]
pub enum Until {
    /// So long after the warm-up.
    Elapsed(Duration),
    /// So many answers after the warm-up.
    Answered(u64),
}

/// A load.
#[derive(Clone, Copy)]
pub struct Load {
    /// Connections, each with one request in flight.
    pub connections: usize,
    /// Time before anything is counted.
    pub warm_up: Duration,
    /// When it ends.
    pub until: Until,
}

/// What a load showed. Times in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    /// Answers a second.
    pub per_second: f64,
    /// Half of the requests took no longer.
    pub p50: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
    /// Processor time of the server for each request.
    pub server_cpu: f64,
    /// Processor time of the load for each request.
    pub client_cpu: f64,
    /// Bytes that the server had written to the disk for each request.
    pub written: f64,
    /// Processor time of everybody else, as a share of one core (PostgreSQL is somebody else).
    pub foreign: f64,
}

/// What the connections of a load share; they are all in one thread.
struct Shared {
    histogram: RefCell<Histogram<u64>>,
    answered: Cell<u64>,
    counts: Cell<bool>,
    is_over: Cell<bool>,
    failure: RefCell<Option<anyhow::Error>>,
}

/// Loads the server. Every answer must have the status that `requests` expects.
pub async fn load(server: &Server, load: Load, requests: &Requests) -> anyhow::Result<Measured> {
    let shared = Rc::new(Shared {
        histogram: RefCell::new(Histogram::new_with_bounds(1, PATIENCE.as_micros() as u64, 3)?),
        answered: Cell::new(0),
        counts: Cell::new(false),
        is_over: Cell::new(false),
        failure: RefCell::new(None),
    });
    let tasks = LocalSet::new();
    let measured = tasks.run_until(async {
        let mut drivers = Vec::with_capacity(load.connections);
        for number in 0..load.connections {
            let connection = Connection::open(server.address).await?;
            let driver = drive(connection, requests.for_connection(number), shared.clone());
            drivers.push(tokio::task::spawn_local(driver));
        }
        let measured = observe(server, load, &shared).await;
        shared.is_over.set(true);
        for driver in drivers {
            tokio::time::timeout(PATIENCE, driver).await.context("a request hangs")??;
        }
        measured
    });
    let measured = measured.await?;
    match shared.failure.take() {
        Some(error) => Err(error),
        None => Ok(measured),
    }
}

async fn drive(mut connection: Connection, mut requests: Requests, shared: Rc<Shared>) {
    while !shared.is_over.get() {
        if let Err(error) = ask(&mut connection, &mut requests, &shared).await {
            shared.failure.borrow_mut().get_or_insert(error);
            shared.is_over.set(true);
        }
    }
}

async fn ask(connection: &mut Connection, requests: &mut Requests, shared: &Shared) -> anyhow::Result<()> {
    let expected = requests.expected;
    let started = Instant::now();
    let answer = connection.call(requests.next()).await?;
    ensure!(
        answer.status == expected,
        "{} was answered with {}: {}",
        requests.name,
        answer.status,
        String::from_utf8_lossy(answer.body)
    );
    if shared.counts.get() {
        shared.answered.set(shared.answered.get() + 1);
        shared.histogram.borrow_mut().saturating_record(started.elapsed().as_micros() as u64);
    }
    Ok(())
}

/// Counts from the end of the warm-up to the end of the load.
async fn observe(server: &Server, load: Load, shared: &Shared) -> anyhow::Result<Measured> {
    tokio::time::sleep(load.warm_up).await;
    let (before, began) = (Usage::of(server)?, Instant::now());
    shared.counts.set(true);
    match load.until {
        Until::Elapsed(window) => {
            while began.elapsed() < window && !shared.is_over.get() {
                tokio::time::sleep(window.saturating_sub(began.elapsed()).min(Duration::from_millis(100)))
                    .await;
            }
        }
        Until::Answered(count) => {
            while shared.answered.get() < count && !shared.is_over.get() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    shared.counts.set(false);
    let (elapsed, after) = (began.elapsed(), Usage::of(server)?);
    let answered = shared.answered.get();
    ensure!(answered > 0 || shared.failure.borrow().is_some(), "nothing was answered in {elapsed:?}");
    let each = |total: f64| total / answered.max(1) as f64;
    let histogram = shared.histogram.borrow();
    let used = after.since(&before);
    Ok(Measured {
        per_second: answered as f64 / elapsed.as_secs_f64(),
        p50: histogram.value_at_quantile(0.5) as f64,
        p99: histogram.value_at_quantile(0.99) as f64,
        server_cpu: each(used.server_cpu.as_secs_f64() * 1e6),
        client_cpu: each(used.client_cpu.as_secs_f64() * 1e6),
        written: each(used.written as f64),
        foreign: used.foreign_cpu.as_secs_f64() / elapsed.as_secs_f64(),
    })
}
