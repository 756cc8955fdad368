//! From one period to the next: past months, days and hours in which the rule allows nothing, at one step.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::Series;
use super::days::{allowed_month_beside, index_of};
use super::period::{base, unit};
use super::rule::{Frequency, Rule};
use super::wall;

/// The next period after one that is empty, or before it.
///
/// What lies between has no occurrence. At least the neighbour, so that every step leads on.
pub(super) fn past_empty(series: &Series, index: i64, is_forward: bool) -> i64 {
    let beside = if is_forward { index + 1 } else { index - 1 };
    let further = match series.rule.frequency {
        Frequency::Daily => to_allowed_month(series, index, is_forward),
        Frequency::Hourly | Frequency::Minutely => to_allowed_time(series, index, is_forward),
        _ => None,
    };
    match further {
        Some(further) if is_forward => further.max(beside),
        Some(further) => further.min(beside),
        None => beside,
    }
}

/// How many steps a period counts for: an hour of many minutes is more work than others.
pub(super) fn cost(rule: &Rule) -> usize {
    let minutes = if rule.frequency == Frequency::Hourly { rule.minutes.count_ones() } else { 0 };
    1 + minutes as usize / 10
}

fn to_allowed_month(series: &Series, index: i64, is_forward: bool) -> Option<i64> {
    let rule = &series.rule;
    let ahead = index.checked_mul(rule.interval)?;
    let date = series.start.date().checked_add(jiff::Span::new().try_days(ahead).ok()?).ok()?;
    if rule.allows_month(date.month()) {
        return None;
    }
    let target = allowed_month_beside(rule, date, is_forward)?;
    let at_or_before = index_of(rule, series.start.date(), target);
    let is_exact = (index_of(rule, series.start.date(), target.yesterday().ok()?)) < at_or_before;
    Some(if is_forward && !is_exact { at_or_before + 1 } else { at_or_before })
}

/// Past the rest of a month, a day or an hour that the rule does not allow; never past a jump of the clock, behind which
/// it may show an allowed time again.
fn to_allowed_time(series: &Series, index: i64, is_forward: bool) -> Option<i64> {
    let at = base(series, index)?;
    let target = if is_forward { end_of_refused(series, at)? } else { beginning_of_refused(series, at)? };
    let distance = target.duration_since(series.first).as_micros();
    let periods = i64::try_from(distance.div_euclid(unit(&series.rule).as_micros())).ok()?;
    // An hour's minutes may lie in the hour before or after it: one period less.
    Some(if is_forward { periods } else { periods + 1 })
}

fn end_of_refused(series: &Series, at: Timestamp) -> Option<Timestamp> {
    let (rule, zone) = (&series.rule, &series.zone);
    let time = zone.to_datetime(at);
    let midnight = |date: jiff::civil::Date| date.at(0, 0, 0, 0);
    let end = if !rule.allows_month(time.month()) {
        midnight(allowed_month_beside(rule, time.date(), true)?)
    } else if !rule.allows_day(time.date()) {
        midnight(time.date().tomorrow().ok()?)
    } else if !rule.allows_hour(time.hour()) {
        beginning_of_hour(time).checked_add(1.hour()).ok()?
    } else {
        return None;
    };
    // Up to the jump, the wall's clock runs as real time does.
    let end = at.checked_add(time.duration_until(end)).ok()?;
    Some(wall::jump_after(at, zone).map_or(end, |jump| jump.min(end)))
}

fn beginning_of_refused(series: &Series, at: Timestamp) -> Option<Timestamp> {
    let (rule, zone) = (&series.rule, &series.zone);
    let time = zone.to_datetime(at);
    let beginning = if !rule.allows_month(time.month()) {
        allowed_month_beside(rule, time.date(), false)?.tomorrow().ok()?.at(0, 0, 0, 0)
    } else if !rule.allows_day(time.date()) {
        time.date().at(0, 0, 0, 0)
    } else if !rule.allows_hour(time.hour()) {
        beginning_of_hour(time)
    } else {
        return None;
    };
    let beginning = at.checked_sub(beginning.duration_until(time)).ok()?;
    let beginning = wall::jump_until(at, zone).map_or(beginning, |jump| jump.max(beginning));
    beginning.checked_sub(SignedDuration::from_micros(1)).ok()
}

fn beginning_of_hour(time: DateTime) -> DateTime {
    time.date().at(time.hour(), 0, 0, 0)
}
