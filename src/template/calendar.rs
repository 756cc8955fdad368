//! An event as a calendar file (RFC 5545), published so that programs take over its changes and its end (RFC 5546).
//!
//! Whatever a sender wrote is data: nothing in it can end a line, begin a property, or stand outside its value.

mod line;
mod zone;

#[cfg(test)]
mod tests;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, civil};
use url::Url;

use self::line::Lines;
use self::zone::Zone;
use super::lines::{link, many_lines, one_line};
use crate::clock::Instant;

/// What a program that gets the file is to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Take the event over, or what changed of it.
    Publish,
    /// Take the event out.
    Cancel,
}

/// How an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody is sure of it.
    Tentative,
    /// It takes place.
    Confirmed,
    /// It does not. [`Method::Cancel`] says so in any case.
    Cancelled,
}

/// When an event begins or ends. Zones are names of the time zone database; one that nobody knows is UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// This instant, written as the clocks of the zone show it.
    At {
        /// The instant.
        at: Instant,
        /// The zone of whoever reads it.
        zone: String,
    },
    /// What the clocks of the zone show: the first time where they show it twice, the moment of the jump where they
    /// skip it, as reminders have it. For a series it is written as it is.
    Local {
        /// What they show.
        time: DateTime,
        /// The zone.
        zone: String,
    },
    /// All of this day, wherever it is read.
    Day(Date),
}

/// Who publishes an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organizer {
    /// A name, or nothing.
    pub name: String,
    /// E-mail address; one that is none is left out together with the name.
    pub address: String,
}

/// An event. Every text may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// What is to be done with it.
    pub method: Method,
    /// The same for the event as long as it lives, and for no other one: programs know it by this.
    pub uid: String,
    /// 0 at first, more at each change of time, and at the end: programs keep the highest.
    pub sequence: i64,
    /// When this was written.
    pub stamp: Instant,
    /// One line.
    pub summary: String,
    /// The words below it; may be empty.
    pub description: String,
    /// Where a click leads; left out unless it is an absolute http or https URL.
    pub url: Option<String>,
    /// Where it takes place.
    pub location: Option<String>,
    /// When it begins.
    pub starts: When,
    /// When it ends. Where `starts` is a day this is the day after the last one.
    pub ends: Option<When>,
    /// How it stands.
    pub status: Status,
    /// How it recurs: the value of an RRULE, without the name. One with anything else in it than that is left out.
    pub rrule: Option<String>,
    /// Who publishes it; RFC 5546 asks for one.
    pub organizer: Option<Organizer>,
}

impl Method {
    /// As it stands in the file, and beside its media type.
    pub fn name(self) -> &'static str {
        match self {
            Method::Publish => "PUBLISH",
            Method::Cancel => "CANCEL",
        }
    }
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::Tentative => "TENTATIVE",
            Status::Confirmed => "CONFIRMED",
            Status::Cancelled => "CANCELLED",
        }
    }
}

impl Calendar {
    /// The file: lines of at most 75 octets, each ended by CR LF.
    pub fn to_text(&self) -> String {
        let rule = self.rrule.as_deref().filter(|rule| is_rule(rule));
        let starts = Written::of(&self.starts, rule.is_some());
        let ends = self.ends.as_ref().map(|ends| Written::of(ends, rule.is_some()));
        let ends = ends.filter(|ends| ends.is_day() == starts.is_day());
        let mut lines = Lines::default();
        lines.put("BEGIN", "VCALENDAR");
        lines.put("VERSION", "2.0");
        lines.put("PRODID", "-//Belfry//Notifications//EN");
        lines.put("CALSCALE", "GREGORIAN");
        lines.put("METHOD", self.method.name());
        self.put_zones(&starts, ends.as_ref(), rule, &mut lines);
        lines.put("BEGIN", "VEVENT");
        lines.put_text("UID", &one_line(&self.uid));
        lines.put("SEQUENCE", &self.sequence.clamp(0, i64::from(i32::MAX)).to_string());
        lines.put("DTSTAMP", &utc(timestamp(self.stamp)));
        starts.put("DTSTART", &mut lines);
        if let Some(ends) = &ends {
            ends.put("DTEND", &mut lines);
        }
        if let Some(rule) = rule {
            lines.put("RRULE", rule);
        }
        self.put_words(&mut lines);
        lines.put("STATUS", self.status().name());
        lines.put("END", "VEVENT");
        lines.put("END", "VCALENDAR");
        lines.into_text()
    }

    fn status(&self) -> Status {
        if self.method == Method::Cancel { Status::Cancelled } else { self.status }
    }

    fn put_words(&self, lines: &mut Lines) {
        lines.put_text("SUMMARY", &one_line(&self.summary));
        lines.put_text_unless_empty("DESCRIPTION", &many_lines(&self.description));
        lines.put_text_unless_empty("LOCATION", &one_line(self.location.as_deref().unwrap_or_default()));
        // As it is sent by browsers: a URI is ASCII.
        let url = self.url.as_deref().and_then(link).and_then(|url| Url::parse(&url).ok());
        if let Some(url) = url {
            lines.put("URL", url.as_str());
        }
        if let Some(Organizer { name, address }) = self.organizer.as_ref().filter(|one| one.is_somebody()) {
            let name = line::parameter(&one_line(name));
            let name = if name.is_empty() { name } else { format!(";CN={name}") };
            lines.put(&format!("ORGANIZER{name}"), &format!("mailto:{address}"));
        }
    }

    /// A definition of each zone that is named, for the years in which it is needed.
    fn put_zones(&self, starts: &Written, ends: Option<&Written>, rule: Option<&str>, lines: &mut Lines) {
        let zones = [Some(starts), ends].map(|written| written.and_then(Written::zone));
        let [first, second] = zones;
        let second = second.filter(|second| first.is_none_or(|first| first.name != second.name));
        let from = starts.timestamp().min(ends.map_or(starts.timestamp(), Written::timestamp));
        let last = ends.map_or(starts.timestamp(), Written::timestamp).max(starts.timestamp());
        let until = match rule {
            Some(rule) => zone::end_of_series(rule, last.max(timestamp(self.stamp))),
            None => last,
        };
        for zone in [first, second].into_iter().flatten() {
            zone.put(from, until, lines);
        }
    }
}

impl Organizer {
    fn is_somebody(&self) -> bool {
        let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"@.!#$%&'*+-/=?^_`{|}~".contains(&byte);
        self.address.contains('@') && self.address.len() <= 254 && self.address.bytes().all(is_bare)
    }
}

/// A time in the form in which it is written.
enum Written {
    Utc(Timestamp),
    Local { time: DateTime, at: Timestamp, zone: Zone },
    Day(Date),
}

impl Written {
    fn of(when: &When, is_series: bool) -> Written {
        match when {
            When::Day(date) => Written::Day(*date),
            When::At { at, zone } => Written::at(timestamp(*at), Zone::named(zone), is_series),
            When::Local { time, zone } => {
                let time = time.with().subsec_nanosecond(0).build().unwrap_or(*time);
                let Some(zone) = Zone::named(zone) else {
                    return Written::Utc(resolved(time, &TimeZone::UTC));
                };
                let at = resolved(time, &zone.zone);
                // A series goes by what the clocks show, also where they skip it on its first day.
                if is_series { Written::Local { time, at, zone } } else { Written::at(at, Some(zone), false) }
            }
        }
    }

    fn at(at: Timestamp, zone: Option<Zone>, is_series: bool) -> Written {
        let Some(zone) = zone else {
            return Written::Utc(at);
        };
        let time = zone.zone.to_datetime(at).with().subsec_nanosecond(0).build();
        let time = time.expect("every second has a beginning");
        // The second time that clocks show the same cannot be said by what they show. A series goes by that nevertheless.
        if is_series || resolved(time, &zone.zone).as_second() == at.as_second() {
            Written::Local { time, at, zone }
        } else {
            Written::Utc(at)
        }
    }

    fn is_day(&self) -> bool {
        matches!(self, Written::Day(_))
    }

    fn zone(&self) -> Option<&Zone> {
        match self {
            Written::Local { zone, .. } => Some(zone),
            Written::Utc(_) | Written::Day(_) => None,
        }
    }

    fn timestamp(&self) -> Timestamp {
        match self {
            Written::Utc(at) | Written::Local { at, .. } => *at,
            Written::Day(date) => resolved(date.to_datetime(civil::Time::midnight()), &TimeZone::UTC),
        }
    }

    fn put(&self, name: &str, lines: &mut Lines) {
        match self {
            Written::Utc(at) => lines.put(name, &utc(*at)),
            Written::Local { time, zone, .. } => {
                lines.put(&format!("{name};TZID={}", line::parameter(&zone.name)), &local(*time));
            }
            Written::Day(date) => {
                lines.put(&format!("{name};VALUE=DATE"), &date.strftime("%Y%m%d").to_string())
            }
        }
    }
}

fn timestamp(at: Instant) -> Timestamp {
    Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The instant of a time as clocks show it: the first of two, and the moment of the jump where they skip it.
fn resolved(time: DateTime, zone: &TimeZone) -> Timestamp {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    let is_skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let at = ambiguous.compatible().unwrap_or(Timestamp::UNIX_EPOCH);
    let after = at.saturating_add(SignedDuration::from_secs(1)).unwrap_or(at);
    let jump = zone.preceding(after).next().filter(|_| is_skipped);
    jump.map_or(at, |jump| jump.timestamp())
}

fn utc(at: Timestamp) -> String {
    format!("{}Z", local(TimeZone::UTC.to_datetime(at)))
}

fn local(time: DateTime) -> String {
    time.strftime("%Y%m%dT%H%M%S").to_string()
}

/// Whether a text is nothing but the parts of a recurrence rule.
fn is_rule(text: &str) -> bool {
    let is_part = |part: &str| {
        let of = |text: &str, more: &[u8]| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
        };
        part.split_once('=').is_some_and(|(name, value)| of(name, b"-") && of(value, b"+-,"))
    };
    text.len() <= 500 && text.contains("FREQ=") && text.split(';').all(is_part)
}
