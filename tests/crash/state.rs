//! Where a notification can stand, and what each change makes of that.
//!
//! What is known of one is a set of states: an acknowledged change maps the set, one whose answer was lost adds what
//! it would have made. A crash may leave any state of the set, and no other.

use std::fmt;

/// The list in which a notification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    Inbox,
    Archive,
    Snoozed,
}

/// Where one notification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was never stored.
    Absent,
    /// It was stored, and deleted.
    Gone,
    On(Shelf, Read),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Yes,
    No,
}

/// What can happen to a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Arrive,
    Read,
    Unread,
    ReadAll,
    Archive,
    Unarchive,
    Snooze,
    Unsnooze,
    /// A snooze ran out.
    Wake,
    Delete,
}

impl State {
    const ALL: [State; 8] = [
        State::Absent,
        State::Gone,
        State::On(Shelf::Inbox, Read::No),
        State::On(Shelf::Inbox, Read::Yes),
        State::On(Shelf::Archive, Read::No),
        State::On(Shelf::Archive, Read::Yes),
        State::On(Shelf::Snoozed, Read::No),
        State::On(Shelf::Snoozed, Read::Yes),
    ];

    fn bit(self) -> u8 {
        let index = State::ALL.iter().position(|state| *state == self).expect("ALL holds all");
        1 << index
    }

    fn after(self, change: Change) -> State {
        let (shelf, read) = match self {
            State::Absent if change == Change::Arrive => return State::On(Shelf::Inbox, Read::No),
            State::Absent | State::Gone => return self,
            State::On(shelf, read) => (shelf, read),
        };
        match (change, shelf) {
            (Change::Read, _) | (Change::ReadAll, Shelf::Inbox) => State::On(shelf, Read::Yes),
            (Change::Unread, _) => State::On(shelf, Read::No),
            (Change::Archive, _) => State::On(Shelf::Archive, read),
            (Change::Snooze, _) => State::On(Shelf::Snoozed, read),
            (Change::Unarchive, Shelf::Archive) | (Change::Unsnooze, Shelf::Snoozed) => {
                State::On(Shelf::Inbox, read)
            }
            (Change::Wake, Shelf::Snoozed) => State::On(Shelf::Inbox, Read::No),
            (Change::Delete, _) => State::Gone,
            _ => self,
        }
    }
}

/// The states that a notification may be in, as far as is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct States(u8);

impl States {
    /// Exactly this one.
    pub fn only(state: State) -> Self {
        Self(state.bit())
    }

    pub fn holds(self, state: State) -> bool {
        self.0 & state.bit() != 0
    }

    pub fn is_only(self, state: State) -> bool {
        self == Self::only(state)
    }

    /// All but this one.
    pub fn without(self, state: State) -> Self {
        Self(self.0 & !state.bit())
    }

    /// What there is in one or the other.
    pub fn or(self, other: States) -> Self {
        Self(self.0 | other.0)
    }

    /// Each of them after a change that certainly happened.
    pub fn after(self, change: Change) -> Self {
        let after =
            State::ALL.iter().filter(|state| self.holds(**state)).map(|state| state.after(change).bit());
        Self(after.fold(0, |all, bit| all | bit))
    }

    /// What is possible if the change happened or not.
    pub fn perhaps_after(self, change: Change) -> Self {
        self.or(self.after(change))
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(State::ALL.iter().filter(|state| self.holds(**state))).finish()
    }
}
