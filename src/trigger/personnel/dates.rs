//! Which day is meant, and when it is told of.

use jiff::civil::{Date, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};
use serde_json::Value;

use super::{NEVER, Rule, person};
use crate::clock::Instant;
use crate::record::Record;
use crate::record::module;
use crate::trigger::View;
use crate::user::company::Company;

/// The hour of the morning at which people are told.
const HOUR: i8 = 9;

/// How many years ahead is looked for the next day of a yearly rule: a leap day is kept on the 28th of February.
const YEARS: i16 = 2;

/// The date of a rule in a record, if there is one that can be read.
fn date(record: &Record, rule: &Rule) -> Option<Date> {
    let text = record.fields.get(&rule.field)?.as_str()?;
    // A date with a time counts as its day.
    text.get(..10)?.parse().ok()
}

/// Whether the person has left, or has gone before this day.
fn has_left(record: &Record, day: Date) -> bool {
    let text = |field: &str| record.fields.get(field).and_then(Value::as_str);
    let leaving = text("leaving_date").and_then(|text| text.get(..10)?.parse::<Date>().ok());
    text("status").is_some_and(|status| status.trim() == "Left")
        || leaving.is_some_and(|leaving| leaving < day)
}

/// The days of a rule that are still to be told of: the next that is not over, and the one after it. Of one that is
/// nearer than the rule's days before, people are told as soon as it is known.
pub(super) fn coming(record: &Record, rule: &Rule, view: &View<'_>) -> Vec<Date> {
    let Some(date) = date(record, rule) else { return Vec::new() };
    let today = today(record, view);
    let is_ahead = |day: &Date| *day >= today && !has_left(record, *day);
    if !rule.is_yearly() {
        return Some(date).filter(is_ahead).into_iter().collect();
    }
    let first = today.year().max(date.year());
    let days = (first..=first.saturating_add(YEARS)).filter_map(|year| in_year(date, year)).filter(is_ahead);
    days.take(2).collect()
}

/// The day of a rule that an occurrence stands for, if the record still says so.
pub(super) fn day_of(
    record: &Record,
    rule: &Rule,
    occurrence: &str,
    named: fn(&Rule, Date) -> String,
) -> Option<Date> {
    let date = date(record, rule)?;
    let text = occurrence.strip_prefix(&rule.field)?.strip_prefix('@')?.get(..10)?;
    let day: Date = text.parse().ok()?;
    let is_meant = if rule.is_yearly() { in_year(date, day.year()) == Some(day) } else { date == day };
    (is_meant && !has_left(record, day) && named(rule, day) == occurrence).then_some(day)
}

/// The same day in another year; the 28th of February where that has no 29th.
fn in_year(date: Date, year: i16) -> Option<Date> {
    let last = Date::new(year, date.month(), 1).ok()?.days_in_month();
    Date::new(year, date.month(), date.day().min(last)).ok()
}

/// The day on which people are told.
fn told_on(rule: &Rule, day: Date) -> Option<Date> {
    day.checked_sub(Span::new().days(i64::from(rule.days_before))).ok()
}

/// When people are told: at nine of that day, where the person is; at nine today where that day is over.
pub(super) fn due_at(record: &Record, rule: &Rule, day: Date, view: &View<'_>) -> Instant {
    let told = told_on(rule, day).map(|told| told.max(today(record, view).min(day)));
    let morning = told.map(|told| told.to_datetime(Time::constant(HOUR, 0, 0, 0)));
    let at = morning.and_then(|morning| zone(record, view).to_timestamp(morning).ok());
    at.map_or(NEVER, |at| Instant(at.as_microsecond()))
}

/// The zone of the person, or the company's where they are no user.
fn zone(record: &Record, view: &View<'_>) -> TimeZone {
    let own = person(record).and_then(|id| view.people.get(&id));
    own.and_then(|figure| TimeZoneDatabase::bundled().get(&figure.time_zone).ok())
        .unwrap_or_else(|| view.settings.of::<Company>().zone())
}

fn today(record: &Record, view: &View<'_>) -> Date {
    let now = Timestamp::from_microsecond(view.now.0).unwrap_or(Timestamp::UNIX_EPOCH);
    zone(record, view).to_datetime(now).date()
}

/// How many days are left until a day, for the person; below zero once it is past.
pub(super) fn left(record: &Record, day: Date, view: &View<'_>) -> i32 {
    (day - today(record, view)).get_days()
}

/// `today`, `tomorrow`, `in 14 days`, `was 2 days ago`.
pub(super) fn in_days(days: i32) -> String {
    match days {
        0 => "is today".to_owned(),
        1 => "is tomorrow".to_owned(),
        -1 => "was yesterday".to_owned(),
        days if days > 1 => format!("is in {days} days"),
        days => format!("was {} days ago", -days),
    }
}

/// `14 days before Appraisal Date, 2026-12-24`.
pub(super) fn when(rule: &Rule, day: Date) -> String {
    let before = match rule.days_before {
        0 => "on".to_owned(),
        1 => "1 day before".to_owned(),
        days => format!("{days} days before"),
    };
    format!("{before} {}, {}", title(&rule.field), written(day))
}

/// `Thu 24 Dec 2026`.
pub(super) fn written(day: Date) -> String {
    day.strftime("%a %-d %b %Y").to_string()
}

/// What a field is called: `Birth Date`.
pub(super) fn title(field: &str) -> String {
    module::field_title(super::MODULE, field).unwrap_or_else(|| field.replace('_', " "))
}

/// What comes: `Eve Sales's birthday`, `Eve Sales's 10th year with us`, `Eve Sales: Appraisal Date`.
pub(super) fn named(rule: &Rule, record: &Record, day: Date) -> String {
    let years = date(record, rule).map_or(0, |date| day.year() - date.year());
    match (rule.field.as_str(), years) {
        ("birth_date", _) => format!("{}'s birthday", record.label),
        ("start_date", years) if rule.is_yearly() && years > 0 => {
            format!("{}: {years} {} with us", record.label, if years == 1 { "year" } else { "years" })
        }
        (field, _) => format!("{}: {}", record.label, title(field)),
    }
}
