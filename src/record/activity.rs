//! What the fields of an activity mean: when it is, and when its people are reminded.
//!
//! A `starts_at` with an offset is an instant; without one it is what the clock on the assigned user's wall shows. What
//! recurs keeps that time of day on that wall, across every change of its clock.

mod fields;

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::recurrence::Series;
use crate::clock::Instant;
use fields::Given;

/// How long before the start an activity asks to be reminded of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// It says nothing: as the settings say.
    Default,
    /// It wants to be reminded of, and does not say when: as the settings say, and at the start where they say never.
    On,
    /// It does not want to be reminded of, whatever the settings say.
    Off,
    /// So many minutes, whatever the settings say.
    Minutes(u32),
}

impl Lead {
    /// How long before the start a reminder is due; `None` if never. In the settings, 0 minutes mean never.
    pub fn before(self, default_minutes: u32) -> Option<Duration> {
        let minutes = match self {
            Lead::Off => return None,
            Lead::Default if default_minutes == 0 => return None,
            Lead::Default | Lead::On => default_minutes,
            Lead::Minutes(minutes) => minutes,
        };
        Some(Duration::from_secs(u64::from(minutes) * 60))
    }
}

/// When an activity is, and how it wants to be reminded of.
#[derive(Clone, Debug)]
pub struct Activity {
    /// What it is, as it was written: usually call, meeting or task.
    pub activity_type: Option<String>,
    /// When it starts, the first time if it recurs.
    pub starts_at: Instant,
    /// When it ends, the first time if it recurs; not before it starts.
    pub ends_at: Option<Instant>,
    /// Whether it is completed or cancelled, so that nobody is to be reminded of it.
    pub is_over: bool,
    /// How long before it one is to be reminded.
    pub lead: Lead,
    /// The rule by which it recurs, without `RRULE:`, as it was written otherwise.
    pub rrule: Option<String>,
    series: Option<Series>,
    zone: TimeZone,
}

/// Whether the fields of an activity can be read, whoever it is assigned to.
///
/// # Errors
/// One sentence that names the field, such as `fields.starts_at`, and says what to write.
pub fn check(fields: &Map<String, Value>) -> Result<(), String> {
    let given = Given::read(fields)?;
    // What can only be seen with the times resolved, in any zone.
    Activity::of(given, &TimeZone::UTC).map(|_| ())
}

/// A rule as calendars write it: in capitals, and with its end as an instant, since that is how it must stand beside a
/// start in a zone (RFC 5545, 3.3.10).
fn as_calendars_write(rule: &str, until: Option<Timestamp>) -> String {
    let rule = rule.to_ascii_uppercase();
    let parts = rule.split(';').map(str::trim).filter(|part| !part.is_empty());
    let written = parts.map(|part| match until {
        Some(until) if part.starts_with("UNTIL") => until.strftime("UNTIL=%Y%m%dT%H%M%SZ").to_string(),
        _ => part.to_owned(),
    });
    written.collect::<Vec<_>>().join(";")
}

impl Activity {
    /// What the fields say for somebody who lives in this zone; `None` without `starts_at`.
    ///
    /// # Errors
    /// One sentence that names the field, such as `fields.starts_at`, and says what to write.
    pub fn read(fields: &Map<String, Value>, zone: &TimeZone) -> Result<Option<Activity>, String> {
        Activity::of(Given::read(fields)?, zone)
    }

    fn of(given: Given, zone: &TimeZone) -> Result<Option<Activity>, String> {
        let Some(starts) = given.starts_at else { return Ok(None) };
        let first = starts.in_zone(zone).ok_or("fields.starts_at must lie before the year 9999 ends")?;
        let ends = given.ends_at.and_then(|ends| ends.in_zone(zone));
        let is_comparable = given.ends_at.is_none_or(|ends| ends.has_offset() == starts.has_offset());
        if is_comparable && ends.is_some_and(|ends| ends < first) {
            return Err("fields.ends_at must not lie before fields.starts_at".into());
        }
        let series = given.rule.map(|rule| starts.series(rule, first, zone));
        let until = series.as_ref().and_then(Series::until);
        Ok(Some(Activity {
            activity_type: given.activity_type,
            starts_at: micros(first),
            ends_at: ends.map(|ends| micros(ends.max(first))),
            is_over: given.is_over,
            lead: given.lead,
            rrule: given.rrule.map(|rule| as_calendars_write(&rule, until)),
            series,
            zone: zone.clone(),
        }))
    }

    /// Whether it happens more than once.
    pub fn is_recurring(&self) -> bool {
        self.series.is_some()
    }

    /// How long it lasts each time, if it says when it ends.
    pub fn length(&self) -> Option<Duration> {
        Some(self.ends_at?.since(self.starts_at))
    }

    /// The starts that lie after this instant, in order: at most 10,000, and each but once.
    pub fn starting_after(&self, at: Instant) -> impl Iterator<Item = Instant> + '_ {
        let once = self.starts_at > at && self.series.is_none();
        let recurring = self.series.iter().flat_map(move |series| series.after(timestamp(at)).map(micros));
        once.then_some(self.starts_at).into_iter().chain(recurring)
    }

    /// The starts from one instant on and before another, in order: at most 10,000.
    pub fn starting_between(&self, from: Instant, until: Instant) -> impl Iterator<Item = Instant> + '_ {
        let after = Instant(from.0.saturating_sub(1));
        self.starting_after(after).take_while(move |start| *start < until)
    }

    /// The newest start at this instant or before it.
    pub fn newest_starting_at_or_before(&self, at: Instant) -> Option<Instant> {
        match &self.series {
            Some(series) => series.newest_until(timestamp(at)).map(micros),
            None => (self.starts_at <= at).then_some(self.starts_at),
        }
    }

    /// When it is, for people: `Tue 3 Mar 2026, 10:00 (Europe/London)`.
    pub fn when(&self, start: Instant) -> String {
        let time = timestamp(start).to_zoned(self.zone.clone());
        let zone = match self.zone.iana_name() {
            Some(name) => name.to_owned(),
            None => format!("UTC{}", time.strftime("%:z")),
        };
        format!("{} ({zone})", time.strftime("%a %-d %b %Y, %H:%M"))
    }
}

/// What is stored is whole microseconds.
fn micros(at: Timestamp) -> Instant {
    Instant(at.as_microsecond())
}

/// The same instant for calendars, which end with the year 9999.
fn timestamp(at: Instant) -> Timestamp {
    let end = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(at.0).unwrap_or(end)
}

#[cfg(test)]
mod tests;
