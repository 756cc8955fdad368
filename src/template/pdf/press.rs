//! Where documents are printed: a few at once, the others wait, and none of them for long.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::trouble::Unprinted;
use super::worker;

/// The longest request, in bytes of JSON. The worker reads no more than 16 MiB.
const LONGEST_REQUEST: usize = 8 * 1024 * 1024;

/// How much printing may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long the processor may work for one document. Waiting for a busy processor does not count.
    pub work: Duration,
    /// How long one document may take by the clock: for what waits without working.
    pub wall: Duration,
    /// The memory of one worker in bytes, its program included.
    pub memory: u64,
    /// The longest PDF, in bytes.
    pub bytes: usize,
    /// How many are printed at once.
    pub at_once: usize,
    /// How many may wait for their turn.
    pub waiting: usize,
    /// How long they wait for it.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            work: Duration::from_millis(800),
            wall: Duration::from_secs(10),
            memory: 512 * 1024 * 1024,
            bytes: 10 * 1024 * 1024,
            at_once: 2,
            waiting: 64,
            patience: Duration::from_secs(30),
        }
    }
}

/// A document to print.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The template, in the language of typst.
    pub source: &'a str,
    /// What it reads with `json("data.json")`.
    pub data: &'a Value,
    /// Further texts by their names, such as `logo.svg`.
    pub files: BTreeMap<&'a str, &'a str>,
    /// The day that is today: it stands in the properties of the file as well.
    pub today: Date,
}

/// Prints documents in processes of their own. Clones are the same.
#[derive(Clone, Debug)]
pub struct Press(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    program: PathBuf,
    limits: Limits,
    turns: Semaphore,
    waiting: AtomicUsize,
}

impl Press {
    /// Prints by this very program, even if its file was replaced since it was started.
    ///
    /// # Errors
    /// If nobody knows which file it is.
    pub fn of_this_program() -> io::Result<Self> {
        let running = PathBuf::from("/proc/self/exe");
        let own = if running.exists() { running } else { std::env::current_exe()? };
        Ok(Self::new(own, Limits::default()))
    }

    /// Prints by this program, which is started as `belfry pdf-worker` is.
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        // The worker has a folder of its own.
        let program = std::path::absolute(&program).unwrap_or(program);
        let turns = Semaphore::new(limits.at_once);
        Self(Arc::new(Inner { program, limits, turns, waiting: AtomicUsize::new(0) }))
    }

    /// The PDF of a document: the same request gives the same bytes.
    ///
    /// # Errors
    /// Why there is none, in a sentence for a person.
    pub async fn print(&self, request: &Request<'_>) -> Result<Vec<u8>, Unprinted> {
        let wire = Wire::of(request, &self.0.limits);
        let wire = serde_json::to_vec(&wire).expect("texts and JSON can be written as JSON");
        if wire.len() > LONGEST_REQUEST {
            return Err(Unprinted::Long(LONGEST_REQUEST));
        }
        let _turn = self.turn().await?;
        worker::print(&self.0.program, &wire, &self.0.limits).await
    }

    /// Whether an SVG drawing can be printed: one that cannot would spoil every document it stands on.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn check_drawing(&self, svg: &str) -> Result<(), Unprinted> {
        let source = "#set page(width: 10cm, height: 10cm)\n#image(bytes(json(\"data.json\").svg), format: \"svg\", width: 5cm)";
        let data = json!({ "svg": svg });
        let today = Date::constant(2000, 1, 1);
        let request = Request { source, data: &data, files: BTreeMap::new(), today };
        self.print(&request).await.map(|_| ())
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, Unprinted> {
        let inner = &*self.0;
        if let Ok(turn) = inner.turns.try_acquire() {
            return Ok(turn);
        }
        let _place = Place::among(&inner.waiting, inner.limits.waiting).ok_or(Unprinted::Busy)?;
        match timeout(inner.limits.patience, inner.turns.acquire()).await {
            Ok(turn) => Ok(turn.expect("nobody closes it")),
            Err(_) => Err(Unprinted::Busy),
        }
    }
}

/// A place among those who wait, given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn among(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let place = Self(waiting);
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        (before < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request as the worker reads it (`pdf/src/request.rs`).
#[derive(Serialize)]
struct Wire<'a> {
    source: &'a str,
    data: &'a Value,
    files: &'a BTreeMap<&'a str, &'a str>,
    today: String,
    limits: WireLimits,
}

#[derive(Serialize)]
struct WireLimits {
    memory: u64,
    work_ms: u64,
}

impl<'a> Wire<'a> {
    fn of(request: &'a Request<'a>, limits: &Limits) -> Self {
        let work_ms = u64::try_from(limits.work.as_millis()).unwrap_or(u64::MAX);
        Self {
            source: request.source,
            data: request.data,
            files: &request.files,
            today: request.today.to_string(),
            limits: WireLimits { memory: limits.memory, work_ms },
        }
    }
}
