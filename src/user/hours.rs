//! Opening hours: when a company is open, and what lies so much open time after or before an instant.
//!
//! It is open exactly while the clock on the wall of its zone shows an opening of a date that is no holiday. Where the
//! clock jumps forward, what it leaves out is not open time; where it goes back, what it shows twice counts twice: a day
//! that is open around the clock has 23 or 25 hours then. A time of opening or closing is never turned into an instant
//! by itself, so there is none that would have to be guessed.

pub mod holidays;
mod stretch;
pub mod week;

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::clock::Instant;
use holidays::Holidays;
use stretch::Stretch;
use week::{Opening, Week};

/// A day on the wall, in microseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// A minute, in microseconds.
const MINUTE: i64 = 60 * 1_000_000;

/// Nothing is looked for further away, in microseconds: a hundred years.
const FURTHEST: i64 = 36_525 * DAY;

/// The opening hours of a company or of a group in it.
#[derive(Clone, Debug)]
pub struct Hours {
    zone: TimeZone,
    week: Week,
    holidays: Holidays,
}

/// Open without a break, in microseconds since 1970-01-01 UTC. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: i64,
    /// Not open any more.
    until: i64,
}

impl Span {
    fn length(self) -> i64 {
        self.until - self.from
    }
}

impl Hours {
    /// What is open on the wall of a zone in these hours of every week, except on holidays.
    pub fn new(zone: TimeZone, week: Week, holidays: Holidays) -> Self {
        Self { zone, week, holidays }
    }

    /// Whether it is open at this instant: at the very opening it is, at the very closing it is not.
    pub fn is_open(&self, at: Instant) -> bool {
        let Some(offset) = stretch::offset_at(&self.zone, at.0) else {
            return false;
        };
        let on_wall = at.0 + offset;
        let time = on_wall.rem_euclid(DAY);
        let is_in = |opening: &Opening| start_of(*opening) <= time && time < end_of(*opening);
        self.openings_on(on_wall.div_euclid(DAY)).iter().any(is_in)
    }

    /// The first instant, this one or a later, at which it is open; `None` if there is none in a hundred years.
    pub fn next_open(&self, at: Instant) -> Option<Instant> {
        self.spans_from(at).next().map(|span| Instant(span.from))
    }

    /// The instant at which so much open time has passed since `start`.
    ///
    /// A start out of hours counts from the next opening, and so does no time at all. What is used up exactly at a
    /// closing is used up then, and not at the next opening. `None` if that is more than a hundred years away, as it
    /// always is for a week without any opening.
    pub fn after(&self, start: Instant, open: Duration) -> Option<Instant> {
        let mut rest = micros(open);
        for span in self.spans_from(start) {
            if rest <= span.length() {
                return Some(Instant(span.from + rest));
            }
            rest -= span.length();
        }
        None
    }

    /// The last instant from which so much open time passes until `end`.
    ///
    /// It is never later than `end`, and open: what reaches back exactly to an opening begins then, and not at the
    /// closing before it. Only for no time at all it is `end` itself, or the last closing before it if `end` is out of
    /// hours. `None` if it is more than a hundred years away.
    pub fn before(&self, end: Instant, open: Duration) -> Option<Instant> {
        if open.is_zero() && self.is_open(end) {
            return Some(end);
        }
        let mut rest = micros(open);
        for span in self.spans_until(end) {
            if rest <= span.length() {
                return Some(Instant(span.until - rest));
            }
            rest -= span.length();
        }
        None
    }

    /// How much of the time from `from` until `until` is open time; none if `until` is earlier. Of more than a hundred
    /// years only the first hundred are counted.
    pub fn between(&self, from: Instant, until: Instant) -> Duration {
        let begun = self.spans_from(from).take_while(|span| span.from < until.0);
        let open: i64 = begun.map(|span| span.until.min(until.0) - span.from).sum();
        Duration::from_micros(open.unsigned_abs())
    }

    /// What is open from an instant on, in order.
    fn spans_from(&self, at: Instant) -> impl Iterator<Item = Span> {
        let limit = if self.week.is_closed() { at.0 } else { at.0.saturating_add(FURTHEST) };
        stretch::forward(&self.zone, at.0, limit).flat_map(|stretch| self.spans_in(stretch))
    }

    /// What is open until an instant, from the last to the first.
    fn spans_until(&self, at: Instant) -> impl Iterator<Item = Span> {
        let limit = if self.week.is_closed() { at.0 } else { at.0.saturating_sub(FURTHEST) };
        stretch::backward(&self.zone, at.0, limit).flat_map(|stretch| self.spans_in(stretch).rev())
    }

    /// What is open while the zone's clock does not jump.
    fn spans_in(&self, stretch: Stretch) -> impl DoubleEndedIterator<Item = Span> {
        let (first, last) = (stretch.from + stretch.offset, stretch.until - 1 + stretch.offset);
        (first.div_euclid(DAY)..=last.div_euclid(DAY)).flat_map(move |day| {
            let midnight = day * DAY - stretch.offset;
            self.openings_on(day).iter().filter_map(move |opening| {
                let from = (midnight + start_of(*opening)).max(stretch.from);
                let until = (midnight + end_of(*opening)).min(stretch.until);
                (from < until).then_some(Span { from, until })
            })
        })
    }

    /// The openings of a day on the wall, counted from 1970-01-01.
    fn openings_on(&self, day: i64) -> &[Opening] {
        // 1970-01-01 was a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).expect("a remainder of 7 is not negative");
        let openings = self.week.on(weekday);
        if openings.is_empty() || self.holidays.contains_day(day) { &[] } else { openings }
    }
}

/// Microseconds from midnight to an opening's beginning.
fn start_of(opening: Opening) -> i64 {
    i64::from(opening.from()) * MINUTE
}

/// Microseconds from midnight to an opening's end.
fn end_of(opening: Opening) -> i64 {
    i64::from(opening.until()) * MINUTE
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The instant as jiff has it; `None` beyond the years that it knows.
fn timestamp(micros: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(micros).ok()
}

#[cfg(test)]
mod tests;
