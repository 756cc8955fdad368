//! What the clients of a server know: every send, what they heard of it, and where each notification may stand.
//!
//! Time is a counter that each client moves when it begins to ask and when it has heard: of two things one came
//! before the other only if it was heard before the other was begun.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::content::{self, Mark};
use crate::random::Random;
use crate::report::{Broken, Report};
use crate::state::{Change, State, States};

/// Notifications in a batch.
const BATCH: usize = 10;

/// One send, of one notification or of a batch.
#[derive(Debug)]
pub struct Wish {
    pub key: Option<String>,
    pub is_batch: bool,
    pub pieces: Vec<Piece>,
    /// It was stored no earlier than this …
    pub begun: u64,
    /// … and before this.
    pub heard: Option<u64>,
}

/// One notification.
#[derive(Debug)]
pub struct Piece {
    pub user: i64,
    /// Once somebody has heard or seen it.
    pub id: Option<i64>,
    pub possible: States,
    /// It is snoozed for a moment only: it may come back at any time.
    wakes: bool,
    /// It came back as the newest at some time: its id says nothing of its place.
    pub is_restless: bool,
}

/// A notification as a list showed it.
#[derive(Debug)]
pub struct Sight {
    pub mark: Mark,
    pub id: i64,
    pub state: State,
    /// It is snoozed and comes back within minutes.
    pub wakes: bool,
    pub shown: Value,
}

/// Whether a change was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    Certain,
    /// The answer was lost.
    Perhaps,
}

#[derive(Debug, Default)]
pub struct Model {
    pub report: Report,
    pub wishes: Vec<Wish>,
    keyed: Vec<usize>,
    /// Sends with a key of which nothing was heard before the last kill.
    pub open: Vec<usize>,
    of_user: BTreeMap<i64, Vec<Mark>>,
    now: u64,
}

impl Piece {
    fn settle(&mut self) {
        if self.wakes {
            self.possible = self.possible.perhaps_after(Change::Wake);
        }
    }

    fn change(&mut self, change: Change, certainty: Certainty) {
        self.settle();
        self.possible = match certainty {
            Certainty::Certain => self.possible.after(change),
            Certainty::Perhaps => self.possible.perhaps_after(change),
        };
        self.settle();
    }
}

impl Model {
    pub fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now
    }

    /// A send that nobody has made yet, to some of these users.
    pub fn new_wish(&mut self, random: &mut Random, users: &[i64]) -> usize {
        let number = self.wishes.len();
        let is_batch = random.chance(10);
        let key = random.chance(80).then(|| format!("key-{number}-{:x}", random.next()));
        let count = if is_batch { BATCH } else { 1 };
        let mut piece = |index: usize| {
            let user = random.pick(users).expect("there are users");
            self.of_user.entry(user).or_default().push((number, index));
            Piece { user, id: None, possible: States::only(State::Absent), wakes: false, is_restless: false }
        };
        let pieces = (0..count).map(&mut piece).collect();
        if key.is_some() {
            self.keyed.push(number);
        }
        self.wishes.push(Wish { key, is_batch, pieces, begun: 0, heard: None });
        number
    }

    /// A send with a key that was made before: one without an answer, one perhaps on its way right now, or any.
    pub fn earlier_wish(&self, random: &mut Random) -> Option<usize> {
        let recent = &self.keyed[self.keyed.len().saturating_sub(48)..];
        match random.between(0, 3) {
            0 => random.pick(&self.open).or_else(|| random.pick(recent)),
            1 => random.pick(recent),
            _ => random.pick(&self.keyed),
        }
    }

    /// Somebody is about to send it.
    pub fn begin(&mut self, number: usize) {
        let now = self.tick();
        let wish = &mut self.wishes[number];
        if wish.heard.is_some() {
            return;
        }
        if wish.pieces.iter().all(|piece| piece.possible.is_only(State::Absent)) {
            wish.begun = now;
        }
        for piece in &mut wish.pieces {
            piece.change(Change::Arrive, Certainty::Perhaps);
        }
    }

    /// The server said that it is stored, under these ids.
    pub fn hear(&mut self, number: usize, ids: &[i64]) {
        let now = self.tick();
        let wish = &mut self.wishes[number];
        match wish.heard {
            Some(_) => self.report.answered_again += 1,
            None => self.report.acknowledged += ids.len() as u64,
        }
        wish.heard.get_or_insert(now);
        if ids.len() != wish.pieces.len() {
            let sentence =
                format!("send {number} of {} notifications was answered with ids {ids:?}", wish.pieces.len());
            self.report.broke(Broken::Wrong, sentence);
            return;
        }
        for (index, id) in ids.iter().enumerate() {
            self.exists((number, index), *id);
        }
    }

    fn exists(&mut self, mark: Mark, id: i64) {
        let piece = &mut self.wishes[mark.0].pieces[mark.1];
        let known = *piece.id.get_or_insert(id);
        piece.possible = piece.possible.without(State::Absent);
        if known != id {
            let sentence = format!("notification {mark:?} has the ids {known} and {id}");
            self.report.broke(Broken::Duplicated, sentence);
        }
    }

    /// Its owner changed one notification. `wakes`: by a snooze that ends within seconds.
    pub fn changed(&mut self, mark: Mark, change: Change, wakes: bool, certainty: Certainty) {
        let piece = &mut self.wishes[mark.0].pieces[mark.1];
        piece.change(change, certainty);
        if change == Change::Snooze {
            piece.is_restless |= wakes;
            piece.wakes = wakes || (piece.wakes && certainty == Certainty::Perhaps);
            piece.settle();
        }
        self.report.changes += u64::from(certainty == Certainty::Certain);
    }

    /// A user read everything at once, having begun at `since`.
    pub fn read_all(&mut self, user: i64, since: u64, certainty: Certainty) {
        for (number, index) in self.of_user.get(&user).into_iter().flatten() {
            let wish = &mut self.wishes[*number];
            let was_there = wish.heard.is_some_and(|heard| heard < since);
            let certainty = if was_there { certainty } else { Certainty::Perhaps };
            wish.pieces[*index].change(Change::ReadAll, certainty);
        }
        self.report.changes += u64::from(certainty == Certainty::Certain);
    }

    /// A list of `user` showed a notification.
    pub fn see(&mut self, user: i64, sight: &Sight) {
        let Sight { mark: (number, index), id, state, .. } = *sight;
        let Some(piece) = self.wishes.get_mut(number).and_then(|wish| wish.pieces.get_mut(index)) else {
            self.report
                .broke(Broken::Wrong, format!("user {user} has {id}, which nobody sent: {}", sight.shown));
            return;
        };
        piece.settle();
        let possible = piece.possible;
        piece.possible = States::only(state);
        piece.wakes = sight.wakes;
        let owner = piece.user;
        self.exists(sight.mark, id);
        let wish = &self.wishes[number];
        let sent = content::element(sight.mark, owner, wish.key.as_deref());
        if let Some(difference) = content::difference(&sent, &sight.shown) {
            self.report.broke(Broken::Wrong, format!("notification {id} of user {user}: {difference}"));
        }
        if !possible.holds(state) {
            let (key, heard) = (&wish.key, wish.heard);
            let sentence = format!(
                "notification {id} (send {number}.{index}, {key:?}, heard {heard:?}) of user {user} is {state:?}, \
                 may be {possible:?}"
            );
            self.report.broke(Broken::Wrong, sentence);
        }
    }

    /// All that `user` has was seen; what is not among it is not there.
    pub fn see_no_more(&mut self, user: i64, seen: &HashSet<Mark>) {
        for mark in self.of_user.get(&user).into_iter().flatten().filter(|mark| !seen.contains(mark)) {
            let wish = &mut self.wishes[mark.0];
            let piece = &mut wish.pieces[mark.1];
            piece.settle();
            let possible = piece.possible;
            let missing = [State::Absent, State::Gone].into_iter().find(|state| possible.holds(*state));
            piece.possible = States::only(missing.unwrap_or(State::Gone));
            if missing.is_none() {
                let (key, heard, id) = (&wish.key, wish.heard, piece.id);
                let sentence = format!(
                    "notification {id:?} (send {mark:?}, {key:?}, heard {heard:?}) of user {user} is not there, \
                     may be {possible:?}"
                );
                self.report.broke(Broken::Lost, sentence);
            }
        }
    }

    /// After everything was looked at: what was not answered is there as a whole or not at all.
    pub fn resolve(&mut self) {
        self.open.clear();
        for (number, wish) in self.wishes.iter().enumerate().filter(|(_, wish)| wish.heard.is_none()) {
            let there = wish.pieces.iter().filter(|piece| !piece.possible.holds(State::Absent)).count();
            if there != 0 && there != wish.pieces.len() {
                let sentence = format!("send {number} is there in part: {there} of {}", wish.pieces.len());
                self.report.broke(Broken::Wrong, sentence);
            }
            if wish.key.is_some() {
                self.open.push(number);
            }
        }
    }

    /// Counts the sends since `first` that were not answered before the kill.
    pub fn count_unanswered(&mut self, first: usize) {
        self.report.unanswered += self.unheard_since(first).count() as u64;
    }

    /// Counts those of them that turned out to be stored and were not sent again meanwhile.
    pub fn count_stored_unheard(&mut self, first: usize) {
        let stored = self.unheard_since(first).filter(|wish| !wish.pieces[0].possible.holds(State::Absent));
        self.report.unanswered_but_stored += stored.count() as u64;
    }

    fn unheard_since(&self, first: usize) -> impl Iterator<Item = &Wish> {
        self.wishes[first..].iter().filter(|wish| wish.heard.is_none() && wish.begun > 0)
    }
}
