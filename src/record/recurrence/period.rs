//! The occurrences of one period of a series: so many, in order, each looked up when it is asked for.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Series;
use super::days::Days;
use super::rule::{End, Frequency, Rule};

/// The occurrences of a period, none before the start of the series or after its UNTIL.
#[derive(Debug)]
pub(super) struct Period {
    candidates: Candidates,
    /// BYSETPOS: which of the candidates occur, in order.
    chosen: Option<Vec<usize>>,
    /// Those of them that lie within the series.
    from: usize,
    to: usize,
    /// Whether the series is over with this period.
    pub(super) is_last: bool,
}

#[derive(Debug)]
enum Candidates {
    /// Each day at each of the series' times.
    OnWall(Days),
    /// Instants in order.
    InRealTime(Vec<Timestamp>),
}

impl Period {
    /// The period number `index`; `None` beyond the end of the calendar.
    pub(super) fn of(series: &Series, index: i64) -> Option<Period> {
        let rule = &series.rule;
        let candidates = if rule.frequency.follows_real_time() {
            Candidates::InRealTime(instants(series, index)?)
        } else {
            Candidates::OnWall(Days::of(rule, series.start.date(), index)?)
        };
        let count = match &candidates {
            Candidates::OnWall(days) => days.count() * series.times.len(),
            Candidates::InRealTime(instants) => instants.len(),
        };
        let chosen = (!rule.positions.is_empty()).then(|| chosen(&rule.positions, count));
        let to = chosen.as_ref().map_or(count, Vec::len);
        let mut period = Period { candidates, chosen, from: 0, to, is_last: false };
        if index == 0 {
            period.from = period.first_that(|index| !period.is_before_start(series, index));
        }
        // Mostly the end is far away, and one look tells.
        if period.count() == 0 {
            period.is_last = period.begins_after_end(series, index);
        } else if period.is_after_end(series, period.to - 1) {
            period.to = period.first_that(|index| period.is_after_end(series, index));
            period.is_last = true;
        }
        Some(period)
    }

    /// How many occurrences the period has.
    pub(super) fn count(&self) -> usize {
        self.to - self.from
    }

    /// Whether the rule names nothing in it, in the series or outside.
    pub(super) fn is_empty(&self) -> bool {
        match &self.candidates {
            Candidates::OnWall(days) => days.count() == 0,
            Candidates::InRealTime(instants) => instants.is_empty(),
        }
    }

    /// Leaves out all but the first so many.
    pub(super) fn keep(&mut self, count: usize) {
        self.to = self.to.min(self.from.saturating_add(count));
    }

    /// The occurrence number `index`, counted from 0; `None` beyond the end of the calendar.
    pub(super) fn at(&self, series: &Series, index: usize) -> Option<Timestamp> {
        self.instant(series, self.from + index)
    }

    /// How many of the occurrences lie at this instant or before it.
    pub(super) fn count_until(&self, series: &Series, at: Timestamp) -> usize {
        self.first_that(|index| self.instant(series, index).is_none_or(|instant| instant > at)) - self.from
    }

    /// The first occurrence of which this is true, if it is true of all after the first.
    fn first_that(&self, is_so: impl Fn(usize) -> bool) -> usize {
        let (mut from, mut to) = (self.from, self.to);
        while from < to {
            let middle = from + (to - from) / 2;
            if is_so(middle) { to = middle } else { from = middle + 1 }
        }
        from
    }

    fn candidate(&self, index: usize) -> usize {
        self.chosen.as_ref().map_or(index, |chosen| chosen[index])
    }

    /// The time on the wall; `None` in real time.
    fn wall(&self, series: &Series, index: usize) -> Option<DateTime> {
        let Candidates::OnWall(days) = &self.candidates else { return None };
        let index = self.candidate(index);
        let date = days.at(index / series.times.len())?;
        Some(date.to_datetime(series.times[index % series.times.len()]))
    }

    fn instant(&self, series: &Series, index: usize) -> Option<Timestamp> {
        match &self.candidates {
            Candidates::OnWall(_) => series.instant_of(self.wall(series, index)?),
            Candidates::InRealTime(instants) => instants.get(self.candidate(index)).copied(),
        }
    }

    fn is_before_start(&self, series: &Series, index: usize) -> bool {
        match self.wall(series, index) {
            Some(time) => time < series.start,
            None => self.instant(series, index).is_some_and(|instant| instant < series.first),
        }
    }

    fn is_after_end(&self, series: &Series, index: usize) -> bool {
        let end = series.rule.end;
        match (self.wall(series, index), end) {
            (Some(time), End::OnWall(end)) => time > end,
            (Some(time), End::OnDate(end)) => time.date() > end,
            _ => series
                .until
                .is_some_and(|end| self.instant(series, index).is_none_or(|instant| instant > end)),
        }
    }

    fn begins_after_end(&self, series: &Series, index: i64) -> bool {
        let Some(end) = series.until else { return false };
        let beginning = match &self.candidates {
            Candidates::OnWall(days) => days.first().and_then(|date| series.instant_of(date.at(0, 0, 0, 0))),
            // An hour's minutes may lie in the hour before it.
            Candidates::InRealTime(_) => {
                base(series, index).and_then(|base| base.checked_sub(SignedDuration::from_hours(1)).ok())
            }
        };
        beginning.is_none_or(|beginning| beginning > end)
    }
}

/// BYSETPOS: which of so many candidates occur.
fn chosen(positions: &[i16], count: usize) -> Vec<usize> {
    let index = |position: &i16| {
        let distance = usize::from(position.unsigned_abs());
        let index = if *position > 0 { Some(distance - 1) } else { count.checked_sub(distance) };
        index.filter(|index| *index < count)
    };
    let mut chosen: Vec<usize> = positions.iter().filter_map(index).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// When the days of a rule that follows the wall's clock have occurrences, in order.
pub(super) fn times(rule: &Rule, start: Time) -> Vec<Time> {
    let is_hour = |hour: &i8| if rule.hours == 0 { *hour == start.hour() } else { rule.allows_hour(*hour) };
    let is_minute =
        |minute: &i8| if rule.minutes == 0 { *minute == start.minute() } else { rule.allows_minute(*minute) };
    let at = |hour: i8, minute: i8| {
        Time::new(hour, minute, start.second(), start.subsec_nanosecond())
            .expect("hour and minute are in their ranges")
    };
    (0..24)
        .filter(is_hour)
        .flat_map(|hour| (0..60).filter(is_minute).map(move |minute| at(hour, minute)))
        .collect()
}

/// How much real time lies between two periods.
pub(super) fn unit(rule: &Rule) -> SignedDuration {
    let hours_or_minutes = if rule.frequency == Frequency::Hourly { 3600 } else { 60 };
    SignedDuration::from_secs(rule.interval * hours_or_minutes)
}

/// Where period number `index` of a series that follows real time lies.
pub(super) fn base(series: &Series, index: i64) -> Option<Timestamp> {
    let ahead = unit(&series.rule).as_secs().checked_mul(index)?;
    series.first.checked_add(SignedDuration::from_secs(ahead)).ok()
}

/// The instants of a period that follows real time: one, or where an hour has several minutes, those.
fn instants(series: &Series, index: i64) -> Option<Vec<Timestamp>> {
    let rule = &series.rule;
    let base = base(series, index)?;
    if rule.frequency == Frequency::Minutely || rule.minutes == 0 {
        return Some(if is_allowed(rule, base, &series.zone) { vec![base] } else { Vec::new() });
    }
    let minutes = (0..60).filter(|minute| rule.allows_minute(*minute));
    let at = |minute: i8| {
        let ahead = SignedDuration::from_mins(i64::from(minute) - i64::from(series.start.minute()));
        base.checked_add(ahead).ok()
    };
    Some(minutes.filter_map(at).filter(|instant| is_allowed_hour(rule, *instant, &series.zone)).collect())
}

fn is_allowed(rule: &Rule, at: Timestamp, zone: &TimeZone) -> bool {
    is_allowed_hour(rule, at, zone) && rule.allows_minute(zone.to_datetime(at).minute())
}

fn is_allowed_hour(rule: &Rule, at: Timestamp, zone: &TimeZone) -> bool {
    let time = zone.to_datetime(at);
    rule.allows_day(time.date()) && rule.allows_hour(time.hour())
}
