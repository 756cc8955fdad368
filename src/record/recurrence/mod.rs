//! Recurrence rules: a subset of RFC 5545, and the instants at which a series that follows one occurs.
//!
//! `DAILY` and longer keep the time of day on the wall of a zone: where the clock leaves it out, an occurrence is at the
//! moment of the jump; where the clock shows it twice, at the first of the two. `HOURLY` and `MINUTELY` follow real
//! time: their occurrences are as far apart as they say, whatever the clock does, and BYHOUR and its like choose among
//! them by the clock. The start is an occurrence, and counted by COUNT, even if the rule does not name it.
//!
//! No question costs more than [`MOST_STEPS`] looks at a day, a week, a month or a year, and a rule without COUNT is
//! entered close to what is asked for, however long ago it began.

mod days;
mod parse;
mod period;
mod rule;
mod step;
mod wall;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use period::Period;
use rule::End;
pub use rule::{Frequency, Rule};

/// How many periods are looked at, and how many occurrences told, for one question. What lies behind is as if it were not.
pub const MOST_STEPS: usize = 10_000;

/// What begins at a time and recurs by a rule.
#[derive(Clone, Debug)]
pub struct Series {
    rule: Rule,
    zone: TimeZone,
    /// What the wall's clock shows at the start.
    start: DateTime,
    first: Timestamp,
    /// When its days have occurrences, if it follows the wall's clock.
    times: Vec<Time>,
    /// No occurrence but the start lies later.
    until: Option<Timestamp>,
    /// Whether the start occurs although the rule does not name it.
    adds_start: bool,
}

/// The instant of a time on the wall: the first where the clock shows it twice, the jump where it leaves it out. `None`
/// beyond the year 9999.
pub fn instant_on_wall(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    wall::instant(time, zone)
}

impl Series {
    /// A series that begins at this instant, and recurs by the time of day that it has in the zone.
    pub fn new(rule: Rule, first: Timestamp, zone: TimeZone) -> Series {
        let start = zone.to_datetime(first);
        Series::starting(rule, start, first, zone)
    }

    /// A series that begins at this time on the wall of the zone. `None` beyond the year 9999.
    pub fn on_wall(rule: Rule, start: DateTime, zone: TimeZone) -> Option<Series> {
        let first = wall::instant(start, &zone)?;
        Some(Series::starting(rule, start, first, zone))
    }

    fn starting(rule: Rule, start: DateTime, first: Timestamp, zone: TimeZone) -> Series {
        let times = period::times(&rule, start.time());
        let until = until(&rule, &zone);
        let mut series = Series { rule, zone, start, first, times, until, adds_start: false };
        series.adds_start = !series.names_start();
        series
    }

    /// The instant that no occurrence lies behind, if the rule has an UNTIL.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Whether the start is an occurrence by the rule itself.
    fn names_start(&self) -> bool {
        let first = Period::of(self, 0).filter(|period| period.count() > 0);
        first.and_then(|period| period.at(self, 0)) == Some(self.first)
    }

    /// The instant of a time on the wall that the rule names; never before the start, whose instant is given.
    fn instant_of(&self, time: DateTime) -> Option<Timestamp> {
        Some(wall::instant(time, &self.zone)?.max(self.first))
    }

    /// The occurrences that begin after this instant, in order; at most [`MOST_STEPS`].
    pub fn after(&self, at: Timestamp) -> After<'_> {
        let left = self.counted();
        let next = if left.is_some() { 0 } else { self.index_near(at, 0) };
        let start = (self.adds_start && self.first > at).then_some(self.first);
        After {
            series: self,
            start,
            next: Some(next),
            period: None,
            index: 0,
            left,
            last: at,
            steps: 0,
            told: 0,
        }
    }

    /// The newest occurrence that begins at this instant or before it.
    pub fn newest_until(&self, at: Timestamp) -> Option<Timestamp> {
        if at < self.first {
            return None;
        }
        let by_rule = if self.counted().is_some() { self.newest_counted(at) } else { self.newest_before(at) };
        by_rule.or_else(|| self.adds_start.then_some(self.first))
    }

    /// Of how many occurrences the rule tells: COUNT, without a start that it does not name.
    fn counted(&self) -> Option<usize> {
        let End::Count(count) = self.rule.end else { return None };
        let count = usize::try_from(count).expect("COUNT is small");
        Some(count - usize::from(self.adds_start))
    }

    /// The period around this instant, so many days away; the first where that lies before the start.
    fn index_near(&self, at: Timestamp, days: i64) -> i64 {
        let index = if self.rule.frequency.follows_real_time() {
            // An hour's minutes may lie before it.
            let periods =
                at.duration_since(self.first).as_secs().div_euclid(period::unit(&self.rule).as_secs());
            periods + days.signum()
        } else {
            let date = self.zone.to_datetime(at).date();
            days::index_of(&self.rule, self.start.date(), date.saturating_add(days.days()))
        };
        index.max(0)
    }

    fn newest_counted(&self, at: Timestamp) -> Option<Timestamp> {
        let mut all = self.after(self.first - SignedDuration::from_micros(1));
        all.start = None;
        let mut newest = None;
        while let Some(period) = all.next_period() {
            let count = period.count_until(self, at);
            if count > 0 {
                newest = period.at(self, count - 1);
            }
            if count < period.count() {
                break;
            }
        }
        newest
    }

    fn newest_before(&self, at: Timestamp) -> Option<Timestamp> {
        let near = self.until.map_or(at, |until| until.min(at));
        // Where the clock was moved back, the wall has shown later times than it does now: by a day, at most.
        let mut index = self.index_near(near, 2);
        let mut steps = 0;
        while index >= 0 && steps < MOST_STEPS {
            steps += step::cost(&self.rule);
            let period = Period::of(self, index);
            let count = period.as_ref().map_or(0, |period| period.count_until(self, at));
            if let Some(period) = period.as_ref().filter(|_| count > 0) {
                return period.at(self, count - 1);
            }
            let is_empty = period.is_some_and(|period| period.is_empty());
            index = if is_empty { step::past_empty(self, index, false) } else { index - 1 };
        }
        None
    }
}

/// An instant that no occurrence by the rule lies behind.
fn until(rule: &Rule, zone: &TimeZone) -> Option<Timestamp> {
    match rule.end {
        End::Never | End::Count(_) => None,
        End::At(end) => Some(end),
        End::OnWall(end) => wall::instant(end, zone),
        End::OnDate(end) => {
            let midnight = wall::instant(end.tomorrow().ok()?.at(0, 0, 0, 0), zone)?;
            midnight.checked_sub(SignedDuration::from_micros(1)).ok()
        }
    }
}

/// The occurrences of a series after an instant, in order.
#[derive(Debug)]
pub struct After<'a> {
    series: &'a Series,
    /// The start, if it is yet to be told and the rule does not name it.
    start: Option<Timestamp>,
    /// The period to look at next; `None` behind the last.
    next: Option<i64>,
    period: Option<Period>,
    /// The occurrence in the period to look at next.
    index: usize,
    /// How many are left to be counted behind the period.
    left: Option<usize>,
    /// All that are told lie behind this instant.
    last: Timestamp,
    steps: usize,
    told: usize,
}

impl After<'_> {
    /// The next period that has occurrences.
    fn next_period(&mut self) -> Option<Period> {
        while self.steps < MOST_STEPS && self.left != Some(0) {
            self.steps += step::cost(&self.series.rule);
            let index = self.next?;
            let mut period = Period::of(self.series, index)?;
            self.next = if period.is_last {
                None
            } else if period.is_empty() {
                Some(step::past_empty(self.series, index, true))
            } else {
                Some(index + 1)
            };
            if let Some(left) = &mut self.left {
                period.keep(*left);
                *left -= period.count();
            }
            if period.count() > 0 {
                return Some(period);
            }
        }
        None
    }
}

impl Iterator for After<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        if let Some(start) = self.start.take() {
            self.told += 1;
            return Some(start);
        }
        while self.told < MOST_STEPS {
            let Some(period) = self.period.as_ref().filter(|period| self.index < period.count()) else {
                let period = self.next_period()?;
                self.index = period.count_until(self.series, self.last);
                self.period = Some(period);
                continue;
            };
            let instant = period.at(self.series, self.index)?;
            self.index += 1;
            // A jump of the clock may put several at its one moment: they are one.
            if instant > self.last {
                self.last = instant;
                self.told += 1;
                return Some(instant);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
