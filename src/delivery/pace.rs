//! How fast one target is sent to, and when it is left alone. Pure: it is told the time.

use std::time::Duration;

use crate::channel::Pace;
use crate::clock::Instant;

/// Failures in a row after which a target is left alone for a while.
pub const FAILURES: u32 = 5;

/// How long at first; twice as long after each further failure, up to the longest.
const FIRST_REST: Duration = Duration::from_secs(30);
const LONGEST_REST: Duration = Duration::from_secs(600);

/// A pace and a circuit.
#[derive(Clone, Debug)]
pub struct Pacer {
    pace: Pace,
    /// When the burst is whole again, and the hour's.
    whole_at: Instant,
    hour_whole_at: Instant,
    failures: u32,
    rests_until: Option<Instant>,
}

impl Pacer {
    /// A target that was left alone so far.
    pub fn new(pace: Pace) -> Self {
        let long_ago = Instant(0);
        Self { pace, whole_at: long_ago, hour_whole_at: long_ago, failures: 0, rests_until: None }
    }

    /// When the next one may go: `now`, or later.
    pub fn next_at(&self, now: Instant) -> Instant {
        let burst = free_at(self.whole_at, self.pace.every, self.pace.burst);
        let hour = free_at(self.hour_whole_at, self.hourly(), self.pace.per_hour / 2);
        [Some(burst), Some(hour), self.rests_until].into_iter().flatten().fold(now, Instant::max)
    }

    /// Counts one that goes now.
    pub fn take(&mut self, now: Instant) {
        self.whole_at = self.whole_at.max(now).plus(self.pace.every);
        self.hour_whole_at = self.hour_whole_at.max(now).plus(self.hourly());
    }

    /// Half of the hour's allowance may go at once, the other half spread over the hour: in no hour more than all.
    fn hourly(&self) -> Duration {
        match self.pace.per_hour / 2 {
            0 => Duration::ZERO,
            half => Duration::from_secs(3_600) / half,
        }
    }

    /// How many may be under way at the same time: one, until the target has shown that it answers.
    pub fn at_once(&self, answered: bool) -> usize {
        if answered && self.failures == 0 { self.pace.at_once.max(1) } else { 1 }
    }

    /// Whether the target is left alone, for failing or because it asked for it.
    pub fn rests(&self, now: Instant) -> bool {
        self.rests_until > Some(now)
    }

    /// How often it failed in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether what exceeds the pace is folded.
    pub fn folds(&self) -> bool {
        self.pace.folds
    }

    /// The time in which one may go.
    pub fn every(&self) -> Duration {
        self.pace.every
    }

    /// The target took one.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.rests_until = None;
    }

    /// The target did not take one; `after` is what it asked for.
    pub fn failed(&mut self, now: Instant, after: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        let asked = after.filter(|after| !after.is_zero());
        let tired = self.failures.checked_sub(FAILURES).map(|beyond| {
            FIRST_REST.saturating_mul(1_u32.checked_shl(beyond.min(10)).unwrap_or(u32::MAX)).min(LONGEST_REST)
        });
        if let Some(rest) = asked.max(tired) {
            self.rests_until = Some(now.plus(rest).max(self.rests_until.unwrap_or(now)));
        }
    }

    /// Whether nothing is remembered that matters.
    pub fn is_fresh(&self, now: Instant) -> bool {
        self.failures == 0
            && self.whole_at <= now
            && self.hour_whole_at <= now
            && self.rests_until <= Some(now)
    }
}

/// When one more may go, where the allowance of `most` is whole at `whole_at` and one comes back each `every`.
fn free_at(whole_at: Instant, every: Duration, most: u32) -> Instant {
    if every.is_zero() { Instant(0) } else { whole_at.minus(every * most.saturating_sub(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEAMS: Pace =
        Pace { burst: 4, every: Duration::from_secs(2), per_hour: 90, at_once: 1, folds: true };
    const START: Instant = Instant(1_000_000_000_000);

    fn after(seconds: u64) -> Instant {
        START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn four_go_at_once_then_one_each_two_seconds() {
        let mut pacer = Pacer::new(TEAMS);
        for _ in 0..4 {
            assert_eq!(pacer.next_at(START), START);
            pacer.take(START);
        }
        assert_eq!(pacer.next_at(START), after(2));
        pacer.take(after(2));
        assert_eq!(pacer.next_at(after(2)), after(4));
        assert_eq!(pacer.next_at(after(60)), after(60));
    }

    #[test]
    fn no_hour_sees_more_than_its_allowance() {
        let mut pacer = Pacer::new(TEAMS);
        let mut gone = Vec::new();
        let mut now = START;
        while now < after(3 * 3_600) {
            now = pacer.next_at(now);
            pacer.take(now);
            gone.push(now);
        }
        let busiest = gone.iter().map(|first| {
            gone.iter().filter(|at| **at >= *first && **at < first.plus(Duration::from_secs(3_600))).count()
        });
        let busiest = busiest.max().unwrap();
        assert!((85..=91).contains(&busiest), "{busiest}");
    }

    #[test]
    fn without_a_pace_everything_goes() {
        let mut pacer = Pacer::new(Pace { every: Duration::ZERO, per_hour: 0, ..TEAMS });
        for _ in 0..10_000 {
            assert_eq!(pacer.next_at(START), START);
            pacer.take(START);
        }
    }

    #[test]
    fn five_failures_in_a_row_bring_a_rest_that_grows_and_one_success_ends_it() {
        let mut pacer = Pacer::new(Pace { every: Duration::ZERO, per_hour: 0, at_once: 4, ..TEAMS });
        assert_eq!(pacer.at_once(true), 4);
        for _ in 0..4 {
            pacer.failed(START, None);
        }
        assert_eq!(pacer.next_at(START), START);
        assert_eq!(pacer.at_once(true), 1, "carefully");
        pacer.failed(START, None);
        assert_eq!(pacer.next_at(START), after(30));
        pacer.failed(after(30), None);
        assert_eq!(pacer.next_at(after(30)), after(90));
        for _ in 0..20 {
            pacer.failed(after(90), None);
        }
        assert_eq!(pacer.next_at(after(90)), after(690));
        pacer.succeeded();
        assert_eq!(pacer.next_at(after(90)), after(90));
    }

    #[test]
    fn a_target_that_asks_for_time_gets_it_at_once() {
        let mut pacer = Pacer::new(TEAMS);
        pacer.failed(START, Some(Duration::from_secs(120)));
        assert_eq!(pacer.next_at(START), after(120));
        pacer.failed(after(60), Some(Duration::from_secs(10)));
        assert_eq!(pacer.next_at(START), after(120), "a shorter wish does not cut a longer one");
    }
}
