//! Quiet hours: windows of the week in which nothing automatic is sent, and when the one that lasts now ends.
//!
//! A window belongs to the days on which it begins; one whose end is not after its beginning ends on the day after.
//! Where the clock jumps forward, a time that does not occur is the moment of the jump; where it goes back, a window
//! begins at the first and ends at the last time that the clock shows its hour, so that nobody is woken twice.

use std::fmt;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::auth::Refusal;
use crate::clock::Instant;
use crate::http::body::nearest;

/// The most windows that somebody may have.
const MOST: usize = 7;

/// Nothing is held longer, whatever the windows say.
const LONGEST: Duration = Duration::from_secs(15 * 24 * 60 * 60);

/// The days as they are written, in the order of their bits.
pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const FIELDS: [&str; 3] = ["days", "from", "to"];

const SHAPE: &str = "quiet_hours must be a list of windows such as {\"days\": [\"mon\", \"tue\"], \"from\": \"22:00\", \"to\": \"07:00\"}";

/// A window of quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// One bit a day on which it begins, Monday the lowest.
    days: u8,
    /// When it begins.
    from: TimeOfDay,
    /// When it ends; on the next day, unless that is later than `from`.
    to: TimeOfDay,
}

/// Minutes since midnight, as the wall clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TimeOfDay(u16);

impl TimeOfDay {
    fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let two = |digits: &str| -> Option<u16> {
            let is_plain = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
            is_plain.then(|| digits.parse().ok()).flatten()
        };
        let (hour, minute) = (two(hour)?, two(minute)?);
        (hour < 24 && minute < 60).then_some(TimeOfDay(hour * 60 + minute))
    }

    fn on(self, date: Date) -> DateTime {
        let small = |number: u16| i8::try_from(number).expect("hours and minutes are below 60");
        date.at(small(self.0 / 60), small(self.0 % 60), 0, 0)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Window {
    /// The names of the days on which it begins.
    pub fn days(&self) -> Vec<&'static str> {
        (0..7).filter(|day| self.days & (1 << day) != 0).map(|day| DAYS[day]).collect()
    }

    /// When it begins: `22:00`.
    pub fn from(&self) -> String {
        self.from.to_string()
    }

    /// When it ends: `07:00`.
    pub fn to(&self) -> String {
        self.to.to_string()
    }

    fn begins_on(&self, date: Date) -> bool {
        let day = date.weekday().since(Weekday::Monday);
        self.days & (1 << day) != 0
    }

    /// The end of the window that began on this date, if it lasts at this instant.
    fn end_if_lasting(&self, date: Date, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        if !self.begins_on(date) {
            return None;
        }
        let last = if self.from < self.to { date } else { date.tomorrow().ok()? };
        let (start, end) = (first_time(self.from.on(date), zone)?, last_time(self.to.on(last), zone)?);
        (start <= at && at < end).then_some(end)
    }

    /// When it ends, if it lasts at this instant.
    fn end_around(&self, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let today = at.to_zoned(zone.clone()).date();
        // A whole day may have begun yesterday, or two days ago where a day was left out of the calendar.
        let dates = (-2..=1).filter_map(|days: i32| today.checked_add(days.days()).ok());
        dates.filter_map(|date| self.end_if_lasting(date, zone, at)).max()
    }
}

/// The first instant at which a clock on the wall shows this time or a later one.
fn first_time(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(time).ok()
        }
        AmbiguousOffset::Gap { after, .. } => jump_after(after.to_timestamp(time).ok()?, zone),
    }
}

/// The instant from which on a clock on the wall shows this time or a later one, and never an earlier one again.
fn last_time(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Fold { before, after } => {
            let (earlier, later) = (before.to_timestamp(time).ok()?, after.to_timestamp(time).ok()?);
            // The hour that is repeated begins with this time: the clock does not go behind it.
            let is_first_again = zone.following(earlier).next().is_some_and(|jump| jump.timestamp() == later);
            Some(if is_first_again { earlier } else { later })
        }
        _ => first_time(time, zone),
    }
}

/// The clock's next jump after this instant.
fn jump_after(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    zone.following(at).next().map(|jump| jump.timestamp())
}

/// The end of the quiet that lasts now, where windows that touch are one; `None` if it is not quiet.
pub fn held_until(windows: &[Window], time_zone: &str, now: Instant) -> Option<Instant> {
    if windows.is_empty() {
        return None;
    }
    let zone = TimeZoneDatabase::bundled().get(time_zone).unwrap_or(TimeZone::UTC);
    let mut at = Timestamp::from_microsecond(now.0).ok()?;
    let mut end = None;
    while let Some(later) = windows.iter().filter_map(|window| window.end_around(&zone, at)).max() {
        at = later;
        end = Some(Instant(later.as_microsecond()));
        if end.is_some_and(|end| end.since(now) > LONGEST) {
            return Some(now.plus(LONGEST));
        }
    }
    end
}

/// The windows that somebody wants: a list of them, or one alone.
///
/// # Errors
/// What is wrong with them.
pub(super) fn parse(value: &Value) -> Result<Vec<Window>, Refusal> {
    let windows = match value {
        Value::Array(windows) => windows.iter().map(window).collect::<Result<Vec<_>, _>>()?,
        one @ Value::Object(_) => vec![window(one)?],
        _ => return Err(Refusal::invalid(SHAPE)),
    };
    if windows.len() > MOST {
        return Err(Refusal::invalid(format!("quiet_hours must be at most {MOST} windows; join some")));
    }
    if covers_the_week(&windows) {
        return Err(Refusal::invalid(
            "quiet_hours must leave some time of the week; to be sent nothing at all, choose receive_by none",
        ));
    }
    Ok(windows)
}

fn window(value: &Value) -> Result<Window, Refusal> {
    let Value::Object(fields) = value else {
        return Err(Refusal::invalid(SHAPE));
    };
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        let unknown: String = unknown.chars().take(64).collect();
        return Err(Refusal::invalid(match nearest(&unknown, FIELDS.into_iter()) {
            Some(near) => format!("quiet_hours: unknown field \"{unknown}\"; did you mean \"{near}\"?"),
            None => format!("quiet_hours: unknown field \"{unknown}\"; a window has days, from and to"),
        }));
    }
    let time = |name: &str| -> Result<TimeOfDay, Refusal> {
        let text = fields.get(name).and_then(Value::as_str);
        text.and_then(TimeOfDay::parse).ok_or_else(|| {
            Refusal::invalid(format!("quiet_hours: {name} must be a time from 00:00 to 23:59, such as 22:00"))
        })
    };
    let days = fields.get("days").filter(|days| !days.is_null()).map_or(Ok(0b111_1111), days)?;
    Ok(Window { days, from: time("from")?, to: time("to")? })
}

fn days(value: &Value) -> Result<u8, Refusal> {
    let refused = || {
        Refusal::invalid(
            "quiet_hours: days must be some of mon, tue, wed, thu, fri, sat, sun; leave it out for all",
        )
    };
    let names = value.as_array().filter(|names| !names.is_empty()).ok_or_else(refused)?;
    names.iter().try_fold(0, |days, name| {
        let day = DAYS.iter().position(|day| Some(*day) == name.as_str()).ok_or_else(refused)?;
        Ok(days | 1 << day)
    })
}

/// Whether no minute of a week is left, if no clock is moved in it.
fn covers_the_week(windows: &[Window]) -> bool {
    const DAY: usize = 24 * 60;
    let mut quiet = vec![false; 7 * DAY];
    for window in windows {
        let (from, to) = (usize::from(window.from.0), usize::from(window.to.0));
        let length = if from < to { to - from } else { DAY + to - from };
        for day in (0..7).filter(|day| window.days & (1 << day) != 0) {
            (0..length).for_each(|minute| quiet[(day * DAY + from + minute) % (7 * DAY)] = true);
        }
    }
    quiet.into_iter().all(|is_quiet| is_quiet)
}

/// The windows as they are stored and shown.
pub(super) fn to_json(windows: &[Window]) -> Value {
    let shown =
        windows.iter().map(|window| json!({"days": window.days(), "from": window.from(), "to": window.to()}));
    Value::Array(shown.collect())
}

/// The windows as they were stored; what this program does not understand holds nothing.
pub(super) fn from_stored(text: &str) -> Vec<Window> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    value.as_array().into_iter().flatten().filter_map(|value| window(value).ok()).collect()
}

#[cfg(test)]
mod tests;
