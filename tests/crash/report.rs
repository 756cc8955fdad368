//! What a run found: figures, and every promise that was broken.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Sentences shown of each kind; the rest is counted.
const SHOWN: usize = 12;

/// A promise that can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// What was acknowledged, or seen, is not there.
    Lost,
    /// One key or one send, and more than one notification.
    Duplicated,
    /// Anything else: a wrong state, count, order, body or answer.
    Wrong,
}

/// The figures of one database.
#[derive(Debug, Default)]
pub struct Report {
    pub rounds: u32,
    /// With those that hit a server while it started.
    pub kills: u32,
    /// Notifications whose sender heard 201.
    pub acknowledged: u64,
    /// Sends answered a second time under their key.
    pub answered_again: u64,
    /// Changes by their owners that were answered.
    pub changes: u64,
    /// Sends whose answer was lost in a kill, and of them those that were found stored (not those sent again).
    pub unanswered: u64,
    pub unanswered_but_stored: u64,
    /// Answers 5xx while the server lived, by what they said.
    pub server_errors: BTreeMap<String, u64>,
    pub worst_start: Duration,
    pub findings: Findings,
}

/// Every promise that was broken, each time with a sentence.
#[derive(Debug, Default)]
pub struct Findings(BTreeMap<Broken, Vec<String>>);

impl Findings {
    pub fn broke(&mut self, promise: Broken, sentence: String) {
        self.0.entry(promise).or_default().push(sentence);
    }

    /// How often a promise was broken.
    pub fn count(&self, promise: Broken) -> usize {
        self.0.get(&promise).map_or(0, Vec::len)
    }

    /// Keeps only what speaks of this promise.
    pub fn keep_only(&mut self, promise: Broken) {
        self.0.retain(|broken, _| *broken == promise);
    }

    /// Adds what else was found.
    pub fn take_over(&mut self, others: Findings) {
        for (promise, sentences) in others.0 {
            self.0.entry(promise).or_default().extend(sentences);
        }
    }

    pub fn is_clean(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Findings {
    /// A line each, every one begun afresh.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (promise, sentences) in &self.0 {
            for sentence in sentences.iter().take(SHOWN) {
                write!(f, "\n  {promise:?}: {sentence}")?;
            }
            if sentences.len() > SHOWN {
                write!(f, "\n  {promise:?}: and {} more", sentences.len() - SHOWN)?;
            }
        }
        Ok(())
    }
}

impl Report {
    pub fn broke(&mut self, promise: Broken, sentence: String) {
        self.findings.broke(promise, sentence);
    }

    /// How often a promise was broken.
    pub fn count(&self, promise: Broken) -> usize {
        self.findings.count(promise)
    }

    /// Keeps only what speaks of this promise.
    pub fn keep_only(&mut self, promise: Broken) {
        self.findings.keep_only(promise);
    }

    pub fn is_clean(&self) -> bool {
        self.findings.is_clean()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rounds, {} kills, {} acknowledged, {} lost, {} duplicated, {} otherwise wrong, \
             worst start to ready {} ms",
            self.rounds,
            self.kills,
            self.acknowledged,
            self.count(Broken::Lost),
            self.count(Broken::Duplicated),
            self.count(Broken::Wrong),
            self.worst_start.as_millis(),
        )?;
        write!(
            f,
            "\n  {} answered again under their key, {} changes by owners, {} sends without an answer ({} of them found stored)",
            self.answered_again, self.changes, self.unanswered, self.unanswered_but_stored
        )?;
        if self.is_clean() && self.kills > 0 {
            // None in n: at 95 % the true rate is below 3/n.
            write!(
                f,
                "; none in {} kills means fewer than {:.1} in 100",
                self.kills,
                300.0 / f64::from(self.kills)
            )?;
        }
        for (said, times) in &self.server_errors {
            write!(f, "\n  {times} times: {said}")?;
        }
        write!(f, "{}", self.findings)
    }
}
