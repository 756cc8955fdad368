//! What waits for one target: its queue, its pace, and what goes together in one message.

use std::collections::VecDeque;
use std::time::Duration;

use super::pace::Pacer;
use super::prepare::Ready;
use super::store::Claimed;
use crate::channel::{Address, Brief, Parcel};
use crate::clock::Instant;

/// How many notifications are named in a message that carries others along.
const NAMED: usize = 20;

/// How many deliveries wait in memory for one target; the rest waits in the table.
const WAITING: usize = 64;

/// How many for one that does not answer: a hundred of those must not fill the memory that all share.
const WAITING_FOR_SILENCE: usize = 4;

/// A target that has had something for longer than that, and has not answered, is in doubt.
const SILENCE: Duration = Duration::from_millis(250);

/// How long what waits for a target in doubt is left in the table, at least; twice as long after each failure.
const SHORTEST_DOUBT: Duration = Duration::from_secs(1);

/// How many come back to it in that time: what waits for many such targets must come back in no wave, for everybody
/// else would wait behind it.
const IN_DOUBT: u32 = 8;

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
    /// Since when something is under way and nothing came back.
    silent_since: Instant,
    /// When those that were put back for want of room will all have had their turn.
    turns_until: Instant,
    /// Whether they were put back since the target was in doubt.
    doubted: bool,
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
            silent_since: Instant(0),
            turns_until: Instant(0),
            doubted: false,
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

    /// What to do now; `crowded`: whether little memory is left for what waits for all targets together.
    pub fn next(&mut self, now: Instant, crowded: bool) -> Step {
        if self.waiting.is_empty() {
            return Step::Wait;
        }
        let next = self.pacer.next_at(now);
        if next > now {
            return self.put_back(now, next);
        }
        let at_once = self.pacer.at_once(self.answered);
        if self.under_way < at_once {
            self.pacer.take(now);
            if self.under_way == 0 {
                self.silent_since = now;
            }
            self.under_way += 1;
            return Step::Go(self.group());
        }
        match self.doubt(now, crowded) {
            Some(doubt) if self.waiting.len() > WAITING_FOR_SILENCE => {
                self.doubted = true;
                self.give_turns(WAITING_FOR_SILENCE, self.takes.max(doubt / IN_DOUBT), now, doubt)
            }
            None if self.waiting.len() > WAITING => self.give_turns_in_time(now, at_once),
            _ => Step::Wait,
        }
    }

    /// How long the target is left alone with what need not stay in memory, where it fails, or is silent while others
    /// need the room: as long as it has been silent, so that a short silence delays nothing for long.
    fn doubt(&self, now: Instant, crowded: bool) -> Option<Duration> {
        let silence = if self.under_way == 0 { Duration::ZERO } else { now.since(self.silent_since) };
        let failures = self.pacer.failures();
        let is_in_doubt = failures > 0 || (crowded && silence > SILENCE);
        is_in_doubt.then(|| silence.max(SHORTEST_DOUBT * 2_u32.pow(failures.min(5))))
    }

    /// Puts back what does not fit, each with the time at which its turn should come: somewhat early, so that the
    /// target never waits for us.
    fn give_turns_in_time(&mut self, now: Instant, at_once: usize) -> Step {
        let at_once = u32::try_from(at_once).unwrap_or(u32::MAX);
        let each = self.takes / at_once.max(1) * 2 / 3;
        let before = each * u32::try_from(WAITING).expect("a small number");
        self.give_turns(WAITING, each, now, before)
    }

    /// Puts back all but `room`, one after the other, behind those that were put back before.
    fn give_turns(&mut self, room: usize, each: Duration, now: Instant, before: Duration) -> Step {
        let back: Vec<Ready> = self.waiting.drain(room..).collect();
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
    fn put_back(&mut self, now: Instant, from: Instant) -> Step {
        let mut back: Vec<Ready> = self.waiting.drain(..).collect();
        let rest = if self.pacer.failures() > 0 { from.since(now) / IN_DOUBT } else { Duration::ZERO };
        let apart = if self.pacer.folds() { Duration::ZERO } else { self.pacer.every().max(rest) };
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
        if !folds(&first) {
            return vec![first];
        }
        let (along, rest): (VecDeque<Ready>, VecDeque<Ready>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|ready| folds(ready) && ready.row.user_id == first.row.user_id);
        self.waiting = rest;
        // What was held falls due together, in no order: the oldest is the one that is sent, the newest comes last.
        let mut group: Vec<Ready> = std::iter::once(first).chain(along).collect();
        group.sort_by_key(|ready| ready.row.notification_id);
        group
    }

    /// Whether a delivery has waited long enough for a target that fails.
    pub fn is_given_up(&self, row: &Claimed, now: Instant) -> bool {
        self.pacer.rests(now) && row.ends_at().is_some_and(|ends| ends <= now)
    }

    pub fn came_back(&mut self, took: Duration, now: Instant) {
        self.under_way -= 1;
        self.silent_since = now;
        self.takes = (self.takes * 7 + took) / 8;
    }

    pub fn succeeded(&mut self) {
        self.answered = true;
        if std::mem::take(&mut self.doubted) {
            self.turns_until = Instant(0);
        }
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

/// Whether it may go together with others. What others are in cc of goes alone: they are to see all of it, and nothing
/// else. And so does what has a file printed for it: in a list of titles that would be lost.
fn folds(ready: &Ready) -> bool {
    let is_alone = matches!(&ready.parcel.address, Address::Mail(mailing)
        if !mailing.cc.is_empty() || !mailing.prints.is_empty());
    ready.row.held && !is_alone
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::channel::{Mailing, Message, Pace, Recipient};
    use crate::delivery::Sending;
    use crate::delivery::backoff::LONGEST;

    const START: Instant = Instant(1_000_000_000_000);
    const FREE: Pace = Pace { burst: 1, every: Duration::ZERO, per_hour: 0, at_once: 4, folds: false };

    fn ready(number: usize) -> Ready {
        let (id, kind): (String, Arc<str>) = (number.to_string(), "custom".into());
        let message = Message {
            notification_id: 1,
            kind: kind.clone(),
            title: "A call".to_owned(),
            text: None,
            link: None,
            metadata: None,
            links: Vec::new(),
            related_ticket_id: None,
            related_user_id: None,
            created_at: START,
            along: Vec::new(),
            unnamed: 0,
            centre: "http://belfry.example/".to_owned(),
        };
        let recipient = Recipient {
            user_id: 1,
            email: String::new(),
            name: String::new(),
            language: String::new(),
            time_zone: String::new(),
        };
        let address = Address::Mail(Mailing::default());
        let row = Claimed {
            id: id.clone(),
            notification_id: 1,
            user_id: 1,
            kind,
            sending: Sending::Api,
            channel: "webhook".into(),
            target: "somewhere".into(),
            tries: 0,
            first_try: 0,
            held: false,
            mail: Arc::default(),
            outside: None,
            created_at: START,
            abandoned: false,
        };
        Ready { row, parcel: Parcel { delivery_id: id, attempt: 1, now: START, message, recipient, address } }
    }

    /// A lane for a target that was given one, with so many behind it.
    fn waiting(count: usize) -> Lane {
        let mut lane = Lane::new(Pacer::new(FREE));
        (0..=count).for_each(|number| lane.push(ready(number)));
        assert!(matches!(lane.next(START, false), Step::Go(group) if group.len() == 1));
        lane
    }

    #[test]
    fn what_waits_for_a_silent_target_leaves_the_memory_and_comes_back_ever_later() {
        let mut lane = waiting(WAITING);
        assert!(matches!(lane.next(START.plus(SILENCE), true), Step::Wait), "there is room for all of them");
        let later = START.plus(Duration::from_secs(2));
        assert!(matches!(lane.next(later, false), Step::Wait), "nobody needs the room");
        let Step::Back(back, turns) = lane.next(later, true) else { panic!("it keeps what waits") };
        assert_eq!(back.len(), WAITING - WAITING_FOR_SILENCE);
        let waits = |turns: &[Instant]| (turns[0].since(later), turns[turns.len() - 1].since(later));
        let (first, last) = waits(&turns);
        assert!(first >= Duration::from_secs(2) && last < Duration::from_secs(20), "{first:?} {last:?}");
        assert!(last - first > Duration::from_secs(10), "a wave: {first:?} {last:?}");
        back.into_iter().for_each(|ready| lane.push(ready));
        // It failed three times: what waits stays away, also right after it was sent the next one.
        let later = later.plus(Duration::from_secs(10));
        lane.came_back(Duration::from_secs(10), later);
        (0..3).for_each(|_| lane.failed(later, None));
        assert!(matches!(lane.next(later, false), Step::Go(_)));
        let Step::Back(_, turns) = lane.next(later, false) else { panic!("it keeps what waits") };
        assert!(turns[0] >= later.plus(Duration::from_secs(8)), "{turns:?}");
    }

    #[test]
    fn what_waited_longer_than_a_day_for_a_target_that_fails_is_given_up() {
        let mut lane = waiting(1);
        let row = ready(2).row;
        let later = START.plus(LONGEST);
        assert!(!lane.is_given_up(&row, later), "nothing has failed");
        (0..5).for_each(|_| lane.failed(later, None));
        assert!(lane.is_given_up(&row, later));
        assert!(!lane.is_given_up(&row, START.plus(LONGEST).minus(Duration::from_secs(1))));
        assert!(!lane.is_given_up(&Claimed { held: true, ..row.clone() }, later));
        assert!(!lane.is_given_up(&Claimed { first_try: 11, ..row }, later));
    }

    #[test]
    fn a_target_that_answers_keeps_its_room() {
        let mut lane = waiting(WAITING + 2);
        let later = START.plus(Duration::from_secs(1));
        lane.came_back(Duration::from_secs(1), later);
        lane.succeeded();
        for _ in 0..4 {
            assert!(matches!(lane.next(later, false), Step::Go(_)));
        }
        assert!(matches!(lane.next(later.plus(SILENCE), true), Step::Wait));
    }
}
