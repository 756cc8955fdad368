//! What a run of reminders found.

use std::fmt;
use std::time::Duration;

use super::judge::{Lateness, percentile};
use crate::report::{Broken, Findings};

/// The figures of one database.
#[derive(Debug, Default)]
pub struct Figures {
    pub parts: Vec<Part>,
    /// `None` where the clock was not stepped.
    pub steps: Option<Stepped>,
    pub findings: Findings,
}

/// The figures of one server, or of two at once.
#[derive(Debug)]
pub struct Part {
    pub servers: usize,
    pub lasts: Duration,
    pub set: usize,
    /// Of them, due at one instant.
    pub at_once: usize,
    /// How long it took to set them.
    pub set_in: Duration,
    pub kills: u32,
    pub worst_start: Duration,
    pub told: usize,
    pub counts: Counts,
    pub lateness: Lateness,
}

/// The figures of a clock that was stepped.
#[derive(Debug, Default)]
pub struct Stepped {
    pub steps: u32,
    pub restarts: u32,
    pub set: usize,
    pub told: usize,
    /// How long after each step forward everything had fired that it made due, in microseconds, smallest first.
    pub took: Vec<i64>,
    /// How many fell due by a step.
    pub by_step: usize,
    /// Times of what recurs that were told of.
    pub occurrences: usize,
    pub counts: Counts,
}

/// How often each promise was broken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts([usize; 3]);

impl Counts {
    pub fn of(findings: &Findings) -> Self {
        Self([Broken::Lost, Broken::Duplicated, Broken::Wrong].map(|promise| findings.count(promise)))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [lost, doubled, wrong] = self.0;
        write!(f, "{lost} lost, {doubled} doubled, {wrong} otherwise wrong")
    }
}

/// `1234 (p50 1 ms, p99 2 ms, max 3 ms)`
struct Spread<'a>(&'a [i64]);

impl fmt::Display for Spread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [half, nearly, all] = [50, 99, 100].map(|percent| percentile(self.0, percent).as_millis());
        write!(f, "{} (p50 {half} ms, p99 {nearly} ms, max {all} ms)", self.0.len())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} over {} s, {} of them at one instant, {} server{}, {} kills: {} told, {}; late while up {}, \
             after ready where it was down {}; set in {:.1} s, worst start to ready {} ms",
            self.set,
            self.lasts.as_secs(),
            self.at_once,
            self.servers,
            if self.servers == 1 { "" } else { "s at once" },
            self.kills,
            self.told,
            self.counts,
            Spread(&self.lateness.while_up),
            Spread(&self.lateness.after_ready),
            self.set_in.as_secs_f64(),
            self.worst_start.as_millis(),
        )
    }
}

impl fmt::Display for Stepped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} steps of the clock from -1 d to +1 d, {} restarts: {} reminders, {} told, and {} of what recurs, {}; \
             {} fell due by a step, and all had fired after {}",
            self.steps,
            self.restarts,
            self.set,
            self.told,
            self.occurrences,
            self.counts,
            self.by_step,
            Spread(&self.took),
        )
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reminders")?;
        for part in &self.parts {
            write!(f, "\n  {part}")?;
        }
        if let Some(steps) = &self.steps {
            write!(f, "\n  {steps}")?;
        }
        write!(f, "{}", self.findings)
    }
}
