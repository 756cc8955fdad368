//! Sessions in memory: whom a live session belongs to, looked up in the database at most once a second.
//!
//! What ends a session here (sign-out, lock, theft, a changed role or password) is felt at once on this node,
//! and on every other within a second.

pub(super) mod http;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use super::Person;
use crate::clock::Instant;

/// How long what was read is believed.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Sessions held before stale ones are looked for.
const MANY: usize = 20_000;

/// The sessions that were asked for of late.
pub(super) struct Sessions {
    held: DashMap<String, Held>,
    /// Grows with every session that ends: what was read before that is not kept.
    endings: AtomicU64,
}

struct Held {
    session: Arc<Session>,
    read_at: Instant,
}

/// A session that is alive, as it was read.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub person: Person,
    /// SHA-256 of the refresh token in force, or of what the cookie holds.
    pub digest: String,
    pub created_at: Instant,
    pub used_at: Instant,
    pub expires_at: Instant,
}

/// How many sessions had ended when a reading began.
#[derive(Clone, Copy)]
pub(super) struct Mark(u64);

impl Sessions {
    pub fn new() -> Self {
        Self { held: DashMap::new(), endings: AtomicU64::new(0) }
    }

    /// A session, if it was read within the last second and has not ended.
    pub fn recall(&self, session_id: &str, now: Instant) -> Option<Arc<Session>> {
        let held = self.held.get(session_id)?;
        let is_fresh = held.read_at <= now && now < held.read_at.plus(FRESH_FOR);
        (is_fresh && now < held.session.expires_at).then(|| held.session.clone())
    }

    /// To be taken before the database is read.
    pub fn mark(&self) -> Mark {
        Mark(self.endings.load(Ordering::SeqCst))
    }

    /// Keeps what was read, unless a session ended since `mark`: it might be this one.
    pub fn keep(&self, mark: Mark, session: Arc<Session>, now: Instant) {
        if self.held.len() >= MANY {
            self.held.retain(|_, held| now < held.read_at.plus(FRESH_FOR));
        }
        // The count is read under the entry's lock, which whoever ends the session needs after counting.
        let entry = self.held.entry(session.person.session_id.clone());
        if self.endings.load(Ordering::SeqCst) != mark.0 {
            return;
        }
        let held = Held { session, read_at: now };
        match entry {
            Entry::Occupied(mut entry) => drop(entry.insert(held)),
            Entry::Vacant(entry) => drop(entry.insert(held)),
        }
    }

    /// A session has ended.
    pub fn forget(&self, session_id: &str) {
        self.endings.fetch_add(1, Ordering::SeqCst);
        self.held.remove(session_id);
    }

    /// Something about a person has changed.
    pub fn forget_user(&self, user_id: i64) {
        self.endings.fetch_add(1, Ordering::SeqCst);
        self.held.retain(|_, held| held.session.person.id != user_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Roles;

    const NOW: Instant = Instant(1_000_000_000);

    fn session(id: i64, session_id: &str, expires_at: Instant) -> Arc<Session> {
        let (email, name, session_id) = ("a@example.com".to_owned(), "A".to_owned(), session_id.to_owned());
        let person = Person::new(id, email, name, Roles::default(), session_id, expires_at);
        Arc::new(Session { person, digest: String::new(), created_at: NOW, used_at: NOW, expires_at })
    }

    fn after(millis: u64) -> Instant {
        NOW.plus(Duration::from_millis(millis))
    }

    #[test]
    fn a_session_is_believed_for_a_second_and_never_beyond_its_end() {
        let sessions = Sessions::new();
        sessions.keep(sessions.mark(), session(1, "s", after(60_000)), NOW);
        sessions.keep(sessions.mark(), session(1, "short", after(500)), NOW);
        let cases = [
            (0, true, true),
            (499, true, true),
            (500, true, false),
            (999, true, false),
            (1000, false, false),
        ];
        for (millis, long, short) in cases {
            assert_eq!(sessions.recall("s", after(millis)).is_some(), long, "{millis}");
            assert_eq!(sessions.recall("short", after(millis)).is_some(), short, "{millis}");
        }
        assert!(sessions.recall("s", NOW.minus(Duration::from_secs(1))).is_none(), "the clock was set back");
    }

    #[test]
    fn what_ended_is_forgotten_at_once() {
        let sessions = Sessions::new();
        for (user, id) in [(1, "a"), (1, "b"), (2, "c")] {
            sessions.keep(sessions.mark(), session(user, id, after(60_000)), NOW);
        }
        sessions.forget("a");
        assert!(sessions.recall("a", NOW).is_none() && sessions.recall("b", NOW).is_some());
        sessions.forget_user(1);
        assert!(sessions.recall("b", NOW).is_none() && sessions.recall("c", NOW).is_some());
    }

    #[test]
    fn what_was_read_before_an_ending_is_not_kept() {
        let sessions = Sessions::new();
        let mark = sessions.mark();
        sessions.forget("a");
        sessions.keep(mark, session(1, "a", after(60_000)), NOW);
        assert!(sessions.recall("a", NOW).is_none());
    }
}
