//! What all who take part in a run share: the server's life, who listens to it, what was sent, and what was found.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;

use super::figures::Figures;
use crate::client::Client;
use crate::content::Mark;
use crate::report::Broken;

/// How far the run has come.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Things are sent and changed, and the server is killed.
    Working,
    /// Nothing happens any more: every inbox stands at its last revision, by user.
    Resting(BTreeMap<i64, i64>),
    /// Whoever is not there yet will not come.
    Over,
}

/// It outlives every server.
pub struct Scene {
    pub client: Client,
    pub users: Vec<i64>,
    /// The sessions, by user.
    tokens: BTreeMap<i64, String>,
    /// Grows when a server dies and when one is ready: it is even while one lives.
    life: AtomicU64,
    /// In which life each follower has its stream open.
    listens_in: Vec<AtomicU64>,
    phase: watch::Sender<Phase>,
    /// Every notification that was acknowledged: its id by what was sent, by user.
    acknowledged: Mutex<BTreeMap<i64, BTreeMap<Mark, i64>>>,
    /// The number of the next notification to be sent.
    pub next: AtomicUsize,
    figures: Mutex<Figures>,
}

/// No stream is open.
const CUT: u64 = u64::MAX;

/// Its follower stays away for a while.
const ASLEEP: u64 = u64::MAX - 1;

impl Scene {
    pub fn new(client: Client, tokens: BTreeMap<i64, String>, followers: usize) -> Self {
        Self {
            client,
            users: tokens.keys().copied().collect(),
            tokens,
            life: AtomicU64::new(0),
            listens_in: (0..followers).map(|_| AtomicU64::new(CUT)).collect(),
            phase: watch::Sender::new(Phase::Working),
            acknowledged: Mutex::default(),
            next: AtomicUsize::new(0),
            figures: Mutex::default(),
        }
    }

    pub fn token(&self, user: i64) -> &str {
        &self.tokens[&user]
    }

    pub fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().expect("nobody panics while noting something")
    }

    pub fn broke(&self, promise: Broken, sentence: String) {
        self.figures().findings.broke(promise, sentence);
    }

    pub fn life(&self) -> u64 {
        self.life.load(Ordering::SeqCst)
    }

    /// A kill begins, or a server is ready.
    pub fn life_changes(&self) {
        self.life.fetch_add(1, Ordering::SeqCst);
    }

    /// Something begun in this life went wrong: a mistake, unless the server was killed meanwhile.
    pub fn blame(&self, begun_in: u64, sentence: impl FnOnce() -> String) {
        if begun_in.is_multiple_of(2) && self.life() == begun_in {
            self.broke(Broken::Wrong, format!("though the server lives: {}", sentence()));
        }
    }

    /// A follower's stream is open; it was asked for in that life, or just before it began.
    pub fn listens(&self, follower: usize, asked_in: u64) {
        self.listens_in[follower].store(asked_in.next_multiple_of(2), Ordering::SeqCst);
    }

    pub fn is_cut(&self, follower: usize) {
        self.listens_in[follower].store(CUT, Ordering::SeqCst);
    }

    pub fn sleeps(&self, follower: usize) {
        self.listens_in[follower].store(ASLEEP, Ordering::SeqCst);
    }

    /// How many followers have no stream and want one.
    pub fn missing(&self) -> usize {
        let life = self.life();
        let listens = |stored: u64| stored == life || stored == ASLEEP;
        self.listens_in.iter().filter(|stored| !listens(stored.load(Ordering::SeqCst))).count()
    }

    /// Waits until all followers listen; returns how many do not in time.
    pub async fn all_listen(&self, within: Duration) -> usize {
        let all = async {
            while self.missing() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _in_time = tokio::time::timeout(within, all).await;
        self.missing()
    }

    pub fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    pub fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub fn acknowledged(&self) -> MutexGuard<'_, BTreeMap<i64, BTreeMap<Mark, i64>>> {
        self.acknowledged.lock().expect("see above")
    }
}
