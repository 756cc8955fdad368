//! What waits for one target: its queue, its pace, and what goes together in one message.

use std::collections::VecDeque;
use std::time::Duration;

use super::pace::Pacer;
use super::prepare::Ready;
use crate::channel::{Brief, Parcel};
use crate::clock::Instant;

/// How many notifications are named in a message that carries others along.
const NAMED: usize = 20;

/// How many deliveries wait in memory for one target; the rest waits in the table.
const WAITING: usize = 64;

/// The longest that what does not fit waits before it is looked at again.
const LONGEST_TURN: Duration = Duration::from_secs(600);

/// What one is taken to take before anything was sent.
const USUAL: Duration = Duration::from_millis(20);

/// A target and what waits for it.
pub(super) struct Lane {
    pub pacer: Pacer,
    pub under_way: usize,
    waiting: VecDeque<Ready>,
    /// Whether it has answered since this node started.
    answered: bool,
    /// How long one takes, on the average.
    takes: Duration,
    /// When those that were put back for want of room will all have had their turn.
    turns_until: Instant,
}

/// What a lane does next.
pub(super) enum Step {
    /// These go out as one; the first is the one that is sent.
    Go(Vec<Ready>),
    /// These wait in the table until then.
    Back(Vec<Ready>, Vec<Instant>),
    /// Nothing, until something comes back.
    Wait,
}

impl Lane {
    pub fn new(pacer: Pacer) -> Self {
        Self {
            pacer,
            under_way: 0,
            waiting: VecDeque::new(),
            answered: false,
            takes: USUAL,
            turns_until: Instant(0),
        }
    }

    pub fn push(&mut self, ready: Ready) {
        self.waiting.push_back(ready);
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Everything that waits, for a node that stops.
    pub fn empty(&mut self) -> Vec<Ready> {
        self.waiting.drain(..).collect()
    }

    pub fn next(&mut self, now: Instant) -> Step {
        if self.waiting.is_empty() {
            return Step::Wait;
        }
        let next = self.pacer.next_at(now);
        if next > now {
            return self.put_back(next);
        }
        let at_once = self.pacer.at_once(self.answered);
        if self.under_way < at_once {
            self.pacer.take(now);
            self.under_way += 1;
            return Step::Go(self.group());
        }
        if self.waiting.len() > WAITING {
            return self.give_turns(now, at_once);
        }
        Step::Wait
    }

    /// Puts back what does not fit, each with the time at which its turn should come: somewhat early, so that the
    /// target never waits for us.
    fn give_turns(&mut self, now: Instant, at_once: usize) -> Step {
        let at_once = u32::try_from(at_once).unwrap_or(u32::MAX);
        let each = self.takes / at_once.max(1) * 2 / 3;
        let back: Vec<Ready> = self.waiting.drain(WAITING..).collect();
        let before = each * u32::try_from(WAITING).expect("a small number");
        let mut turn = self.turns_until.max(now.plus(before));
        let turns = back.iter().map(|_| {
            turn = turn.plus(each).min(now.plus(LONGEST_TURN));
            turn
        });
        let turns = turns.collect();
        self.turns_until = turn;
        Step::Back(back, turns)
    }

    /// Puts all back until the target may be sent to: together where they can go as one, else one after the other.
    fn put_back(&mut self, from: Instant) -> Step {
        let mut back: Vec<Ready> = self.waiting.drain(..).collect();
        let apart = if self.pacer.folds() { Duration::ZERO } else { self.pacer.every() };
        let mut turn = from;
        let mut turns = Vec::with_capacity(back.len());
        for ready in &mut back {
            ready.row.held |= self.pacer.folds();
            turns.push(turn);
            turn = turn.plus(apart).min(from.plus(LONGEST_TURN));
        }
        Step::Back(back, turns)
    }

    /// The next one; where it was held back, with everything else of its user that was.
    fn group(&mut self) -> Vec<Ready> {
        let first = self.waiting.pop_front().expect("somebody waits");
        if !first.row.held {
            return vec![first];
        }
        let (along, rest): (VecDeque<Ready>, VecDeque<Ready>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|ready| ready.row.held && ready.row.user_id == first.row.user_id);
        self.waiting = rest;
        std::iter::once(first).chain(along).collect()
    }

    pub fn came_back(&mut self, took: Duration) {
        self.under_way -= 1;
        self.takes = (self.takes * 7 + took) / 8;
    }

    pub fn succeeded(&mut self) {
        self.answered = true;
        self.pacer.succeeded();
    }

    pub fn failed(&mut self, now: Instant, after: Option<Duration>) {
        self.pacer.failed(now, after);
    }

    /// Whether it may be forgotten.
    pub fn is_idle(&self, now: Instant) -> bool {
        self.under_way == 0 && self.waiting.is_empty() && self.pacer.is_fresh(now)
    }
}

/// The parcel of a group: the first one's, with the others named in it.
pub(super) fn packed(group: &[Ready]) -> Parcel {
    let (first, along) = group.split_first().expect("a group has a first");
    let mut parcel = first.parcel.clone();
    let brief = |ready: &Ready| Brief {
        notification_id: ready.parcel.message.notification_id,
        title: ready.parcel.message.title.clone(),
        link: ready.parcel.message.link.clone(),
    };
    parcel.message.along = along.iter().take(NAMED).map(brief).collect();
    parcel.message.unnamed = along.len().saturating_sub(NAMED);
    parcel
}
