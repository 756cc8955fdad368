//! The only reader of the system clock, so that tests can move time by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// An instant in microseconds since 1970-01-01 UTC: the form in which times are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// The instant that lies `duration` later.
    pub fn plus(self, duration: Duration) -> Self {
        Instant(self.0.saturating_add(micros(duration)))
    }

    /// The instant that lies `duration` earlier.
    pub fn minus(self, duration: Duration) -> Self {
        Instant(self.0.saturating_sub(micros(duration)))
    }

    /// Time from `earlier` to this instant; zero if `earlier` is later.
    pub fn since(self, earlier: Instant) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Whole seconds since 1970-01-01 UTC.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// As the seed writes times: UTC, whole seconds, `2026-01-11T14:30:00Z`.
    pub fn to_rfc3339(self) -> String {
        match jiff::Timestamp::from_second(self.seconds()) {
            Ok(timestamp) => timestamp.to_string(),
            Err(_) => jiff::Timestamp::MAX.to_string(),
        }
    }

    /// Reads RFC 3339 with an offset; `None` if the text is no such time.
    pub fn parse(text: &str) -> Option<Self> {
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        Some(Instant(timestamp.as_microsecond()))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Tells the time: the system's, or one that a test moves.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system clock.
    Real,
    /// A clock that stands still until it is moved.
    ByHand(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start` until it is moved.
    pub fn by_hand(start: Instant) -> Self {
        Clock::ByHand(Arc::new(AtomicI64::new(start.0)))
    }

    /// The present instant.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask the system")]
    pub fn now(&self) -> Instant {
        match self {
            Clock::Real => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                Instant(micros(since.unwrap_or_default()))
            }
            Clock::ByHand(at) => Instant(at.load(Ordering::SeqCst)),
        }
    }

    /// Sets a clock that is moved by hand; the real clock cannot be set.
    pub fn set(&self, to: Instant) {
        if let Clock::ByHand(at) = self {
            at.store(to.0, Ordering::SeqCst);
        }
    }

    /// Moves a clock that is moved by hand; the real clock cannot be moved.
    pub fn advance(&self, by: Duration) {
        match self {
            Clock::Real => {}
            Clock::ByHand(at) => {
                at.fetch_add(micros(by), Ordering::SeqCst);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_whole_seconds_utc() {
        assert_eq!(Instant(1_768_141_800_987_654).to_rfc3339(), "2026-01-11T14:30:00Z");
    }

    #[test]
    fn times_are_read_with_any_offset() {
        assert_eq!(Instant::parse("2026-01-11T15:30:00+01:00"), Some(Instant(1_768_141_800_000_000)));
        assert_eq!(Instant::parse("2026-01-11"), None);
    }

    #[test]
    fn a_clock_moved_by_hand_stands_still_between_moves() {
        let clock = Clock::by_hand(Instant(0));
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now(), Instant(90_000_000));
    }
}
