//! What the operator sees: log lines on standard output and in a rotating file, and metrics.
//!
//! A line is handed to a thread of its own, so that neither a slow terminal nor a slow disk holds up a request. Where
//! that thread cannot keep up, lines are dropped and counted; a request never waits for its log line.

pub mod metrics;
pub mod rotate;

mod background;
mod line;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::fmt::writer::MakeWriterExt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};
use background::{Lines, Worker};
use line::{JsonLine, OneLine, Time};
use rotate::RotatingFile;

/// Libraries whose `info` and `debug` say nothing to an operator.
const NOISY: [&str; 7] = ["hyper", "hyper_util", "h2", "rustls", "tokio_postgres", "reqwest", "tower"];

/// Begins to log as `log` says; the environment variable `RUST_LOG` overrides the level.
///
/// Fails if the log file cannot be opened, `RUST_LOG` cannot be understood, or logging has already begun.
/// Lines are written until the guard is dropped.
pub fn start(log: &Log) -> anyhow::Result<Guard> {
    let directives = match std::env::var("RUST_LOG") {
        Ok(directives) if !directives.is_empty() => directives,
        _ => directives(&log.level),
    };
    let (dispatch, guard) = assemble(log, &directives, std::io::stdout())?;
    dispatch.try_init().context("logging has already begun in this process")?;
    Ok(guard)
}

/// What the level means for each library.
fn directives(level: &str) -> String {
    let quiet = if matches!(level, "off" | "error") { level } else { "warn" };
    NOISY.iter().fold(level.to_owned(), |directives, library| format!("{directives},{library}={quiet}"))
}

/// All of logging but the last step, which a process can take only once.
fn assemble(
    log: &Log,
    directives: &str,
    stdout: impl Write + Send + 'static,
) -> anyhow::Result<(Dispatch, Guard)> {
    let filter = EnvFilter::try_new(directives).with_context(|| {
        format!("RUST_LOG is \"{directives}\"; write for example RUST_LOG=info or belfry=debug,warn")
    })?;
    let mut guard = Guard { workers: Vec::new(), stdout: None, file: None, told: AtomicUsize::new(0) };

    let (stdout, worker) = background::start("log-stdout", stdout)?;
    guard.workers.push(worker);
    guard.stdout = Some(stdout.clone());

    let file = match &log.file {
        None => None,
        Some(path) => {
            let file = RotatingFile::open(path, log.max_size, log.keep).with_context(|| {
                format!("opening the log file {}; let the user who runs belfry write there, or set log.file to a file that can be written", path.display())
            })?;
            let handle = file.handle();
            let (file, worker) = background::start("log-file", file)?;
            guard.workers.push(worker);
            guard.file = Some((file.clone(), handle));
            Some(file)
        }
    };

    let layer = match (log.format, file) {
        // The same line goes to both, so it is made once.
        (LogFormat::Json, Some(file)) => json_layer(stdout.and(file)),
        (LogFormat::Json, None) => json_layer(stdout),
        (LogFormat::Text, Some(file)) => text_layer(stdout).and_then(json_layer(file)).boxed(),
        (LogFormat::Text, None) => text_layer(stdout),
    };
    // The layer stands innermost: its type names the registry.
    Ok((Dispatch::new(tracing_subscriber::registry().with(layer).with(filter)), guard))
}

fn json_layer<S, W>(writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .fmt_fields(JsonFields::new())
        .event_format(JsonLine)
        .with_writer(writer)
        .boxed()
}

fn text_layer<S>(stdout: Lines) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let one_line = move || OneLine(stdout.clone());
    tracing_subscriber::fmt::layer().with_ansi(false).with_timer(Time).with_writer(one_line).boxed()
}

/// Keeps the threads that write; when it is dropped, what waits is written (for at most a second).
pub struct Guard {
    workers: Vec<Worker>,
    stdout: Option<Lines>,
    file: Option<(Lines, rotate::Handle)>,
    /// Dropped lines that were already warned of.
    told: AtomicUsize,
}

impl Guard {
    /// Has the log file opened anew before its next line: after logrotate moved it away, on SIGHUP.
    pub fn reopen(&self) {
        if let Some((_, handle)) = &self.file {
            handle.reopen();
        }
    }

    /// Lines that were dropped since the start, of standard output and of the file together.
    pub fn dropped_lines(&self) -> usize {
        let losses = self.losses();
        losses.dropped_by_stdout() + losses.dropped_by_file()
    }

    /// Warns if lines were dropped since the last call. To be called now and then, say once a minute.
    pub fn warn_of_dropped_lines(&self) {
        let dropped = self.dropped_lines();
        let new = dropped.saturating_sub(self.told.swap(dropped, Ordering::Relaxed));
        if new > 0 {
            tracing::warn!(lines = new, "Dropped {new} log lines that could not be written in time");
        }
    }

    /// Makes the dropped lines a metric: `belfry_log_lines_dropped_total{to="stdout"|"file"}`.
    pub fn register(&self, registry: &metrics::Registry) {
        registry.register_collector(self.losses());
    }

    fn losses(&self) -> Losses {
        Losses { stdout: self.stdout.clone(), file: self.file.clone() }
    }
}

/// Counts the lines that were not written.
struct Losses {
    stdout: Option<Lines>,
    file: Option<(Lines, rotate::Handle)>,
}

impl Losses {
    fn dropped_by_stdout(&self) -> usize {
        self.stdout.as_ref().map_or(0, Lines::dropped)
    }

    /// Both those that found the queue full and those that the disk did not take.
    fn dropped_by_file(&self) -> usize {
        self.file.as_ref().map_or(0, |(queue, handle)| queue.dropped() + handle.lost_lines())
    }
}

impl std::fmt::Debug for Losses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Losses({}, {})", self.dropped_by_stdout(), self.dropped_by_file())
    }
}

impl prometheus_client::collector::Collector for Losses {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let help = "Log lines that could not be written in time";
        let mut family =
            encoder.encode_descriptor("belfry_log_lines_dropped", help, None, MetricType::Counter)?;
        for (to, dropped) in [("stdout", self.dropped_by_stdout()), ("file", self.dropped_by_file())] {
            ConstCounter::new(dropped as u64).encode(family.encode_family(&[("to", to)])?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
