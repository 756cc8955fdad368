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
    /// The system clock and what it was moved on by since, in microseconds: time runs in the demo.
    Shifted(Arc<AtomicI64>),
    /// A clock that stands still until it is moved.
    ByHand(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start` until it is moved.
    pub fn by_hand(start: Instant) -> Self {
        Clock::ByHand(Arc::new(AtomicI64::new(start.0)))
    }

    /// The system clock, moved on by this many microseconds already.
    pub fn shifted(by: i64) -> Self {
        Clock::Shifted(Arc::new(AtomicI64::new(by)))
    }

    /// By how many microseconds it was moved on from the system's; 0 for a clock that is not such a one.
    pub fn shift(&self) -> i64 {
        match self {
            Clock::Shifted(by) => by.load(Ordering::SeqCst),
            Clock::Real | Clock::ByHand(_) => 0,
        }
    }

    /// The present instant.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask the system")]
    pub fn now(&self) -> Instant {
        match self {
            Clock::Real | Clock::Shifted(_) => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                Instant(micros(since.unwrap_or_default()).saturating_add(self.shift()))
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
            Clock::ByHand(at) | Clock::Shifted(at) => {
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
    fn a_shifted_clock_runs_ahead_of_the_system_s() {
        let clock = Clock::shifted(0);
        let before = Clock::Real.now();
        clock.advance(Duration::from_secs(3600));
        assert_eq!(clock.shift(), 3_600_000_000);
        let ahead = clock.now().since(before);
        assert!(ahead >= Duration::from_secs(3600) && ahead < Duration::from_secs(3660), "{ahead:?}");
    }

    #[test]
    fn a_clock_moved_by_hand_stands_still_between_moves() {
        let clock = Clock::by_hand(Instant(0));
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now(), Instant(90_000_000));
    }
}
