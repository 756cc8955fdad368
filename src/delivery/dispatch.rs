//! The dispatcher: one task that claims what is due, gives each target its turn, and has the outcomes stored.
//!
//! It never waits for a target or for the database itself: both report to it as events. So a target that hangs
//! holds nobody else up.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::copies::COPIES;
use super::lane::{Lane, Step, packed};
use super::outside::OUTSIDE;
use super::pace::{FAILURES, Pacer};
use super::plan::COMPANY;
use super::prepare::{Claim, LEASE, Ready};
use super::settle::{Attempt, Settlement, Then, follows};
use super::{Deliveries, EMAIL, Reason, store};
use crate::channel::{Answer, Outcome, Pace, Parcel};
use crate::clock::Instant;
use crate::storage::{Engine, Error};

/// Deliveries claimed in one transaction.
const AT_ONCE: usize = 256;

/// Deliveries in memory at most, waiting or under way.
const IN_MEMORY: usize = 4_096;

/// Tries under way at most.
const UNDER_WAY: usize = 1_500;

/// Outcomes stored in one transaction.
const STORED_AT_ONCE: usize = 256;

/// How long a channel may take before it is given up: longer than any of them takes by itself.
const LONGEST_TRY: Duration = Duration::from_secs(45);

/// How often the table is looked at without a hint.
const POLL: Duration = Duration::from_secs(1);

/// What the dispatcher hears.
pub(super) enum Event {
    /// Something may be due.
    Look,
    /// What a claim brought.
    Claimed(Result<Claim, Error>),
    /// A try came to its end.
    Carried(Box<Carried>),
    /// Outcomes were stored, or not.
    Stored(Vec<Settlement>, Result<(), Error>),
    /// Somebody wants to know when nothing is due any more.
    Drain(oneshot::Sender<()>),
}

/// A try that came to its end.
pub(super) struct Carried {
    group: Vec<Ready>,
    outcome: Outcome,
    at: Instant,
    took: Duration,
}

pub(super) struct Dispatcher {
    deliveries: Deliveries,
    lanes: HashMap<Arc<str>, Lane>,
    /// Lanes in which somebody waits.
    busy: BTreeSet<Arc<str>>,
    in_memory: usize,
    under_way: usize,
    wants_look: bool,
    claiming: bool,
    outcomes: Vec<Settlement>,
    storing: bool,
    /// Whether storing failed: then it waits for the next round.
    store_failed: bool,
    renewed_at: Instant,
    drains: Vec<oneshot::Sender<()>>,
    /// Until when what is under way may come to its end, once the node stops.
    stop_by: Option<tokio::time::Instant>,
}

impl Dispatcher {
    pub fn new(deliveries: Deliveries) -> Self {
        let renewed_at = deliveries.inner.clock.now();
        Self {
            deliveries,
            lanes: HashMap::new(),
            busy: BTreeSet::new(),
            in_memory: 0,
            under_way: 0,
            wants_look: true,
            claiming: false,
            outcomes: Vec::new(),
            storing: false,
            store_failed: false,
            renewed_at,
            drains: Vec::new(),
            stop_by: None,
        }
    }

    pub async fn run(mut self, mut events: mpsc::UnboundedReceiver<Event>, stop: CancellationToken) {
        self.take_over().await;
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let stop_by = self.stop_by;
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.hear(event),
                    None => return,
                },
                _ = poll.tick() => self.look_around(),
                () = stop.cancelled(), if stop_by.is_none() => self.stop(),
                () = over(stop_by) => return,
            }
            // What came meanwhile is heard before anything is done about it.
            while let Ok(event) = events.try_recv() {
                self.hear(event);
            }
            self.go_on();
            if self.stop_by.is_some() && self.is_idle() {
                return;
            }
        }
    }

    /// On SQLite what another process had claimed is nobody's any more.
    async fn take_over(&self) {
        let inner = &self.deliveries.inner;
        if inner.database.engine() == Engine::Postgres {
            return;
        }
        let now = inner.clock.now();
        let taken: Result<u64, Error> =
            inner.database.write(move |tx| Box::pin(async move { store::take_over(tx, now).await })).await;
        match taken {
            Ok(0) => {}
            Ok(taken) => tracing::info!(
                taken,
                "Deliveries that were under way when the server stopped are tried again"
            ),
            Err(error) => tracing::error!("what was under way could not be taken over: {error:#}"),
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Look => {
                self.deliveries.inner.looking.store(false, Ordering::Release);
                self.wants_look = true;
            }
            Event::Claimed(Ok(claim)) => {
                self.claiming = false;
                self.wants_look |= claim.is_full;
                for ready in claim.ready {
                    self.enqueue(ready);
                }
                self.wake_at(claim.next_due);
            }
            Event::Claimed(Err(error)) => {
                self.claiming = false;
                tracing::warn!("what is due could not be claimed, and is tried again: {error:#}");
            }
            Event::Carried(carried) => self.came_back(*carried),
            Event::Stored(batch, Ok(())) => {
                self.storing = false;
                self.in_memory -= batch.len();
                // A fallback, or something put back that is due by now.
                self.wants_look = true;
            }
            Event::Stored(batch, Err(error)) => {
                self.storing = false;
                self.store_failed = true;
                tracing::error!("what became of {} deliveries is not stored yet: {error:#}", batch.len());
                self.outcomes.splice(0..0, batch);
            }
            Event::Drain(done) => {
                self.wants_look = true;
                self.drains.push(done);
            }
        }
    }

    fn look_around(&mut self) {
        self.store_failed = false;
        self.wants_look = true;
        let now = self.deliveries.inner.clock.now();
        if now >= self.renewed_at.plus(LEASE / 3) && self.in_memory > 0 {
            self.renewed_at = now;
            self.renew(now);
        }
        if self.lanes.len() > 1_000 {
            self.lanes.retain(|_, lane| !lane.is_idle(now));
        }
    }

    /// Wakes when the next delivery is due, if that is before the next poll.
    fn wake_at(&self, next_due: Option<Instant>) {
        let now = self.deliveries.inner.clock.now();
        let wait = next_due.map(|due| due.since(now));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero() && *wait < POLL) {
            let deliveries = self.deliveries.clone();
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                deliveries.look();
            });
        }
    }

    fn enqueue(&mut self, ready: Ready) {
        let target = Arc::clone(&ready.row.target);
        let lane = self.lanes.entry(Arc::clone(&target)).or_insert_with(|| {
            let channel = self.deliveries.inner.channels.find(&ready.row.channel);
            let pace = if *target == *COMPANY {
                COMPANY_PACE
            } else {
                channel.map_or(CAREFUL, |channel| channel.pace())
            };
            Lane::new(Pacer::new(pace))
        });
        lane.push(ready);
        self.in_memory += 1;
        self.busy.insert(target);
    }

    /// Does whatever can be done now.
    fn go_on(&mut self) {
        if self.stop_by.is_some() {
            self.put_all_back();
        } else {
            self.give_turns();
            self.claim();
        }
        self.store();
        if self.is_idle() {
            for done in self.drains.drain(..) {
                // Whoever asked may have gone.
                let _gone = done.send(());
            }
        }
    }

    fn is_idle(&self) -> bool {
        let looks = self.wants_look && self.stop_by.is_none();
        !looks && !self.claiming && !self.storing && self.in_memory == 0 && self.outcomes.is_empty()
    }

    fn give_turns(&mut self) {
        let now = self.deliveries.inner.clock.now();
        let mut quiet = Vec::new();
        let crowded = self.in_memory > IN_MEMORY / 2;
        let busy: Vec<Arc<str>> = self.busy.iter().cloned().collect();
        for target in busy {
            while self.under_way < UNDER_WAY {
                let lane = self.lanes.get_mut(&target).expect("a busy lane is there");
                match lane.next(now, crowded) {
                    Step::Go(group) => self.start(group, now),
                    Step::Back(back, turns) => {
                        let lane = &self.lanes[&target];
                        let over = back.iter().map(|ready| lane.is_given_up(&ready.row, now)).collect();
                        self.put_back(back, turns, over);
                    }
                    Step::Wait => break,
                }
            }
            if self.lanes.get(&target).is_none_or(Lane::is_empty) {
                quiet.push(target);
            }
        }
        for target in quiet {
            self.busy.remove(&target);
        }
    }

    fn start(&mut self, group: Vec<Ready>, at: Instant) {
        self.under_way += 1;
        let deliveries = self.deliveries.clone();
        tokio::spawn(async move {
            let parcel = packed(&group);
            let begun = tokio::time::Instant::now();
            let outcome = carried(&deliveries, &group[0].row.channel, &parcel).await;
            let carried = Carried { group, outcome, at, took: begun.elapsed() };
            deliveries.tell(Event::Carried(Box::new(carried)));
        });
    }

    /// Has those wait in the table until their turns; `over` says which have waited long enough.
    fn put_back(&mut self, back: Vec<Ready>, turns: Vec<Instant>, over: Vec<bool>) {
        let settlements = back.into_iter().zip(turns).zip(over).map(|((ready, due_at), is_over)| {
            let then = match is_over {
                true => Then::Final(Reason::Exhausted),
                false => Then::Back { due_at, held: ready.row.held },
            };
            Settlement { row: ready.row, attempt: None, then }
        });
        self.outcomes.extend(settlements);
    }

    fn came_back(&mut self, carried: Carried) {
        let Carried { group, outcome, at, took } = carried;
        self.under_way -= 1;
        let now = self.deliveries.inner.clock.now();
        let first = &group[0].row;
        let metrics = &self.deliveries.inner.metrics;
        metrics.tried(&first.channel, &outcome, now.since(first.created_at));
        if let Some(lane) = self.lanes.get_mut(&first.target) {
            lane.came_back(took, now);
            let before = lane.pacer.failures();
            match &outcome {
                Outcome::Sent(_) => lane.succeeded(),
                // It answers: what it refuses says nothing about others.
                Outcome::Never { .. } | Outcome::Busy(_) => {}
                Outcome::Later { after, .. } if is_about_target(first, &outcome) => lane.failed(now, *after),
                Outcome::Later { .. } => {}
            }
            note_rest(first, &outcome, before, lane.pacer.failures());
        }
        self.note(first, &outcome);
        self.outcomes.extend(settled(group, &outcome, at, took, now));
    }

    fn note(&self, row: &store::Claimed, outcome: &Outcome) {
        let (delivery, channel, status) = (&*row.id, &*row.channel, outcome.answer().status);
        let summary = &outcome.answer().summary;
        match outcome {
            Outcome::Sent(_) => tracing::debug!(delivery, channel, status, "Delivered"),
            Outcome::Later { .. } | Outcome::Never { .. } | Outcome::Busy(_) => {
                tracing::info!(delivery, channel, status, user_id = row.user_id, "Not delivered: {summary}");
            }
        }
    }

    fn claim(&mut self) {
        let room = IN_MEMORY.saturating_sub(self.in_memory);
        if !self.wants_look || self.claiming || room == 0 || self.under_way >= UNDER_WAY {
            return;
        }
        self.wants_look = false;
        self.claiming = true;
        let deliveries = self.deliveries.clone();
        let most = i64::try_from(room.min(AT_ONCE)).expect("a small number");
        tokio::spawn(async move {
            let claimer = deliveries.clone();
            let claimed = deliveries.inner.database.write(move |tx| {
                let claimer = claimer.clone();
                Box::pin(async move { claimer.claim_in(tx, most).await })
            });
            let claimed = claimed.await;
            deliveries.tell(Event::Claimed(claimed));
        });
    }

    fn store(&mut self) {
        if self.storing || self.store_failed || self.outcomes.is_empty() {
            return;
        }
        self.storing = true;
        let batch: Vec<Settlement> = self.outcomes.drain(..self.outcomes.len().min(STORED_AT_ONCE)).collect();
        let deliveries = self.deliveries.clone();
        tokio::spawn(async move {
            let (writer, settlements) = (deliveries.clone(), batch.clone());
            let stored = deliveries.inner.database.write(move |tx| {
                let writer = writer.clone();
                Box::pin(async move {
                    let now = writer.inner.clock.now();
                    writer.settle_in(tx, &settlements, now).await
                })
            });
            let stored = stored.await;
            deliveries.tell(Event::Stored(batch, stored));
        });
    }

    fn renew(&self, now: Instant) {
        let deliveries = self.deliveries.clone();
        tokio::spawn(async move {
            let node = deliveries.inner.node.clone();
            let renewed: Result<(), Error> = deliveries
                .inner
                .database
                .write(move |tx| Box::pin(async move { store::renew(tx, &node, now, now.plus(LEASE)).await }))
                .await;
            if let Err(error) = renewed {
                tracing::warn!("claims on deliveries could not be renewed: {error:#}");
            }
        });
    }

    /// What hangs is not waited for: the next start logs its outcome as unknown and tries it again.
    fn stop(&mut self) {
        let patience = self.deliveries.inner.config.load().limits.shutdown_timeout;
        self.stop_by = Some(tokio::time::Instant::now() + patience);
        self.wants_look = false;
    }

    /// What waits goes back into the table; what is under way comes to its end.
    fn put_all_back(&mut self) {
        let now = self.deliveries.inner.clock.now();
        let waiting: Vec<Ready> = self.lanes.values_mut().flat_map(Lane::empty).collect();
        let (turns, over) = (vec![now; waiting.len()], vec![false; waiting.len()]);
        self.put_back(waiting, turns, over);
        self.busy.clear();
    }
}

/// Says once that a target is left alone for failing, and once that it works again.
fn note_rest(row: &store::Claimed, outcome: &Outcome, before: u32, after: u32) {
    let (channel, user_id) = (&*row.channel, row.user_id);
    if before < FAILURES && after >= FAILURES {
        let summary = &outcome.answer().summary;
        let (whose, sent) = match &*row.target {
            EMAIL | COPIES | OUTSIDE => ("The mail server", "e-mails"),
            COMPANY => ("The company's flow", "cards"),
            _ => ("The webhook of a user", "deliveries"),
        };
        tracing::warn!(
            channel,
            user_id,
            "{whose} has failed {after} times in a row and is left alone for a while; its {sent} wait: {summary}"
        );
    } else if before >= FAILURES && after == 0 {
        tracing::info!(channel, user_id, "What had failed works again");
    }
}

/// Whether a failure says something about the target, and not about one recipient alone: a mail server that answers for a
/// recipient works for others, unless it says that it closes, or that it does not know us.
fn is_about_target(row: &store::Claimed, outcome: &Outcome) -> bool {
    &*row.channel != EMAIL
        || matches!(outcome.answer().status, None | Some(421 | 454 | 530 | 534 | 535 | 538))
}

async fn over(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// For the company's one flow, which posts into everybody's own chat: each chat has its limit, the flow a far higher one.
const COMPANY_PACE: Pace =
    Pace { burst: 10, every: Duration::from_millis(100), per_hour: 0, at_once: 8, folds: false };

/// For a channel that is no more.
const CAREFUL: Pace = Pace { burst: 1, every: Duration::from_secs(1), per_hour: 0, at_once: 1, folds: false };

/// Hands a parcel to its channel. Whatever the channel does, there is an outcome.
async fn carried(deliveries: &Deliveries, channel: &str, parcel: &Parcel) -> Outcome {
    let later = |summary: &str| Outcome::Later {
        answer: Answer { summary: summary.to_owned(), ..Answer::default() },
        after: None,
        patient: true,
    };
    let Some(channel) = deliveries.inner.channels.find(channel) else {
        let summary = "This server has no such channel any more.".to_owned();
        return Outcome::Never { answer: Answer { summary, ..Answer::default() }, gone: false };
    };
    let carried = AssertUnwindSafe(channel.carry(parcel)).catch_unwind();
    match tokio::time::timeout(LONGEST_TRY, carried).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => later("The server failed while it sent this; the log says where."),
        Err(_) => later("The target took too long."),
    }
}

/// What becomes of a group of deliveries that went as one.
fn settled(
    group: Vec<Ready>,
    outcome: &Outcome,
    at: Instant,
    took: Duration,
    now: Instant,
) -> impl Iterator<Item = Settlement> {
    let duration_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    let first = group[0].row.clone();
    let then = follows(&first, outcome, now);
    let along = match (&then, outcome) {
        (Then::Sent, _) => Then::Folded(first.id.clone()),
        (Then::Again(due_at), _) => Then::Back { due_at: *due_at, held: true },
        // The target is gone, or was out of reach for a day: for each of them.
        (Then::Final(reason), Outcome::Later { .. } | Outcome::Never { gone: true, .. }) => {
            Then::Final(*reason)
        }
        // Each for itself: perhaps it was the first one alone that was refused.
        _ => Then::Back { due_at: now, held: false },
    };
    let attempt = Attempt::of(outcome, at, duration_ms);
    let rest = group.into_iter().skip(1);
    let rest = rest.map(move |ready| Settlement { row: ready.row, attempt: None, then: along.clone() });
    std::iter::once(Settlement { row: first, attempt: Some(attempt), then }).chain(rest)
}
