//! People who follow their streams: many sockets in a process of its own, so that neither their memory nor their
//! processor time is taken for the server's.
//!
//! The two processes speak lines. To the listeners: `open ADDRESS`, then the requests as JSON strings, then an empty
//! line; `count`; `take`. Each is answered by one line, `take` by one more for each event.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use belfry::clock::Clock;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::LocalSet;

use crate::process::cpu_of_process;

/// Digits of a mark, which is `#` and the number of the send; each event of a stream holds it once.
pub const DIGITS: usize = 8;

/// How many streams are being opened at one time.
const AT_ONCE: usize = 64;

/// A stream that has not begun by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// Microseconds of the system's clock, which all processes share.
pub fn now() -> i64 {
    Clock::Real.now().0
}

/// What a stream told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The number of the send.
    pub number: u32,
    /// When it had been read.
    pub at: i64,
}

/// A process of listeners. Ends with its owner, whatever happens.
pub struct Listeners {
    child: Child,
    told: ChildStdin,
    tells: BufReader<ChildStdout>,
    /// Streams that were opened.
    pub open: usize,
}

impl Listeners {
    pub fn start() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("listen").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("starting listeners")?;
        let (told, tells) = (child.stdin.take(), child.stdout.take());
        let (told, tells) = (told.context("no pipe")?, BufReader::new(tells.context("no pipe")?));
        Ok(Self { child, told, tells, open: 0 })
    }

    /// Opens a stream with each of these requests; returns once all have begun.
    pub fn open(&mut self, address: SocketAddr, requests: &[Vec<u8>]) -> anyhow::Result<()> {
        let mut lines = format!("open {address}\n");
        for request in requests {
            lines += &serde_json::to_string(std::str::from_utf8(request)?)?;
            lines.push('\n');
        }
        self.told.write_all(format!("{lines}\n").as_bytes())?;
        let answer = self.line()?;
        ensure!(answer == format!("opened {}", requests.len()), "the listeners could not begin: {answer}");
        self.open += requests.len();
        Ok(())
    }

    /// Events heard since they were last taken. No stream may have ended meanwhile.
    fn count(&mut self) -> anyhow::Result<usize> {
        writeln!(self.told, "count")?;
        let answer = self.line()?;
        let (heard, closed) = answer.split_once(' ').context("a count has two numbers")?;
        ensure!(closed == "0", "{closed} streams have ended");
        Ok(heard.parse()?)
    }

    /// Takes what was heard once it is as much as `expected`.
    pub async fn take(&mut self, expected: usize) -> anyhow::Result<Vec<Arrival>> {
        let began = Instant::now();
        while self.count()? < expected {
            ensure!(began.elapsed() < PATIENCE, "of {expected} events only {} came", self.count()?);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        writeln!(self.told, "take")?;
        let count: usize = self.line()?.parse()?;
        ensure!(count == expected, "{count} events came in place of {expected}");
        (0..count).map(|_| read_arrival(&self.line()?)).collect()
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        ensure!(self.tells.read_line(&mut line)? > 0, "the listeners have ended");
        Ok(line.trim_end().to_owned())
    }

    /// Processor time so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu_of_process(self.child.id())
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_arrival(line: &str) -> anyhow::Result<Arrival> {
    let (number, at) = line.split_once(' ').context("an arrival has two numbers")?;
    Ok(Arrival { number: number.parse()?, at: at.parse()? })
}

/// Is a process of listeners.
pub fn listen() -> anyhow::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    let (told, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if told.send(line).is_err() {
                return;
            }
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, obey(lines))
}

/// What the streams of a process share; they are all in one thread.
#[derive(Default)]
struct Heard {
    arrivals: RefCell<Vec<Arrival>>,
    buffer: RefCell<Vec<u8>>,
    closed: Cell<usize>,
}

async fn obey(mut lines: mpsc::UnboundedReceiver<String>) -> anyhow::Result<()> {
    let heard = Rc::new(Heard::default());
    heard.buffer.borrow_mut().resize(64 * 1024, 0);
    while let Some(line) = lines.recv().await {
        let answer = match line.split_once(' ') {
            Some(("open", address)) => {
                let address = address.parse()?;
                let mut requests = Vec::new();
                while let Some(line) = lines.recv().await.filter(|line| !line.is_empty()) {
                    requests.push(serde_json::from_str::<String>(&line)?);
                }
                match open_all(address, requests, &heard).await {
                    Ok(count) => format!("opened {count}\n"),
                    Err(error) => format!("{error:#}\n"),
                }
            }
            None if line == "count" => format!("{} {}\n", heard.arrivals.borrow().len(), heard.closed.get()),
            None if line == "take" => {
                let arrivals = heard.arrivals.take();
                let lines = arrivals.iter().map(|arrival| format!("{} {}\n", arrival.number, arrival.at));
                format!("{}\n{}", arrivals.len(), lines.collect::<String>())
            }
            _ => bail!("listeners cannot {line}"),
        };
        let mut output = std::io::stdout().lock();
        output.write_all(answer.as_bytes())?;
        output.flush()?;
    }
    Ok(())
}

async fn open_all(address: SocketAddr, requests: Vec<String>, heard: &Rc<Heard>) -> anyhow::Result<usize> {
    let turns = Rc::new(Semaphore::new(AT_ONCE));
    let opening: Vec<_> = requests
        .into_iter()
        .map(|request| {
            let (turns, heard) = (turns.clone(), heard.clone());
            tokio::task::spawn_local(async move {
                let turn = turns.acquire().await?;
                let stream = tokio::time::timeout(PATIENCE, begin(address, &request, &heard));
                let stream = stream.await.context("a stream does not begin")??;
                drop(turn);
                tokio::task::spawn_local(follow(stream, heard));
                anyhow::Ok(())
            })
        })
        .collect();
    let count = opening.len();
    for stream in opening {
        stream.await??;
    }
    Ok(count)
}

/// Asks for a stream and waits for its first words, a comment.
async fn begin(address: SocketAddr, request: &str, heard: &Heard) -> anyhow::Result<TcpStream> {
    #[expect(clippy::disallowed_methods, reason = "a bench speaks to its own server")]
    let stream = TcpStream::connect(address).await?;
    ensure!(stream.try_write(request.as_bytes())? == request.len(), "a request is too long");
    let mut said = String::new();
    loop {
        stream.readable().await?;
        let mut buffer = heard.buffer.borrow_mut();
        match stream.try_read(&mut buffer) {
            Ok(0) => bail!("a stream ended: {said}"),
            Ok(count) => said += &String::from_utf8_lossy(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error.into()),
        }
        ensure!(!said.contains("\r\n") || said.starts_with("HTTP/1.1 200"), "a stream was refused: {said}");
        if said.split_once("\r\n\r\n").is_some_and(|(_, events)| events.contains(": ")) {
            return Ok(stream);
        }
    }
}

async fn follow(stream: TcpStream, heard: Rc<Heard>) {
    let mut marks = Marks::default();
    while stream.readable().await.is_ok() {
        let mut buffer = heard.buffer.borrow_mut();
        match stream.try_read(&mut buffer) {
            Ok(count @ 1..) => {
                let at = now();
                let arrived = |number| heard.arrivals.borrow_mut().push(Arrival { number, at });
                marks.find(&buffer[..count], arrived);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => break,
        }
    }
    heard.closed.set(heard.closed.get() + 1);
}

/// Finds the marks in what is read, wherever the reads cut them.
#[derive(Default)]
struct Marks {
    /// Digits of a mark that has begun.
    digits: Option<(usize, u32)>,
}

impl Marks {
    fn find(&mut self, mut bytes: &[u8], mut found: impl FnMut(u32)) {
        loop {
            if self.digits.is_none() {
                let Some(at) = bytes.iter().position(|byte| *byte == b'#') else {
                    return;
                };
                bytes = &bytes[at + 1..];
                self.digits = Some((0, 0));
            }
            while let Some((count, number)) = self.digits {
                let Some((byte, rest)) = bytes.split_first() else {
                    return;
                };
                bytes = rest;
                let number = number * 10 + u32::from(byte.wrapping_sub(b'0'));
                self.digits = (count + 1 < DIGITS).then_some((count + 1, number));
                if self.digits.is_none() {
                    found(number);
                }
            }
        }
    }
}
