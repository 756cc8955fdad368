//! What a calendar says of a time zone: when its clocks were and will be changed, as far as its events need it.

use std::collections::BTreeMap;

use jiff::tz::{Dst, Offset, TimeZone, TimeZoneDatabase, TimeZoneTransition};
use jiff::{SignedDuration, Timestamp};

use super::line::Lines;
use super::local;

/// How far changes are listed for a series without an end: it is sent anew long before.
const YEARS: i64 = 20;

const YEAR: SignedDuration = SignedDuration::from_hours(24 * 366);

/// A zone that is not UTC.
pub(super) struct Zone {
    pub name: String,
    pub zone: TimeZone,
}

/// A change of the clocks that happened more than once: offsets before and after in seconds, and what it is called.
type Change = (bool, i32, i32, String);

impl Zone {
    /// The zone of this name; `None` for UTC, and for what nobody knows.
    pub(super) fn named(name: &str) -> Option<Zone> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        // The name as it is written in the database.
        let name = zone.iana_name().unwrap_or(name).to_owned();
        let is_utc = zone.to_offset(Timestamp::UNIX_EPOCH) == Offset::UTC
            && zone.following(Timestamp::MIN).next().is_none();
        (!is_utc).then_some(Zone { name, zone })
    }

    /// Defines the zone for everything between two instants, and for one change more on both sides: who moves the
    /// event a little has the right times too.
    pub(super) fn put(&self, from: Timestamp, until: Timestamp, lines: &mut Lines) {
        lines.put("BEGIN", "VTIMEZONE");
        lines.put_text("TZID", &self.name);
        let mut changes = self.changes(from, until);
        if changes.is_empty() {
            let info = self.zone.to_offset_info(from);
            let offset = info.offset().seconds();
            let change = (info.dst().is_dst(), offset, offset, info.abbreviation().to_owned());
            changes.insert(change, vec!["19700101T000000".to_owned()]);
        }
        for ((is_dst, before, after, name), times) in &changes {
            let kind = if *is_dst { "DAYLIGHT" } else { "STANDARD" };
            lines.put("BEGIN", kind);
            lines.put("DTSTART", &times[0]);
            if times.len() > 1 {
                lines.put("RDATE", &times[1..].join(","));
            }
            lines.put("TZOFFSETFROM", &offset(*before));
            lines.put("TZOFFSETTO", &offset(*after));
            lines.put_text("TZNAME", name);
            lines.put("END", kind);
        }
        lines.put("END", "VTIMEZONE");
    }

    /// The changes of the clocks, each kind with all its times as clocks showed them before.
    fn changes(&self, from: Timestamp, until: Timestamp) -> BTreeMap<Change, Vec<String>> {
        let mut listed: Vec<TimeZoneTransition<'_>> =
            self.zone.preceding(from.saturating_add(SECOND).unwrap_or(from)).take(2).collect();
        listed.reverse();
        let (within, beyond) = (self.zone.following(from), self.zone.following(until).take(1));
        listed.extend(within.take_while(|change| change.timestamp() <= until).chain(beyond));
        let mut changes: BTreeMap<Change, Vec<String>> = BTreeMap::new();
        for change in listed {
            let just_before = change.timestamp().saturating_sub(SECOND).unwrap_or(Timestamp::MIN);
            let before = self.zone.to_offset(just_before);
            let (is_dst, name) = (change.dst() == Dst::Yes, change.abbreviation().to_owned());
            let kind = (is_dst, before.seconds(), change.offset().seconds(), name);
            changes.entry(kind).or_default().push(local(before.to_datetime(change.timestamp())));
        }
        changes
    }
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Until when a series may need to know about its zone: a year longer than it says, or than it has gone on.
pub(super) fn end_of_series(rule: &str, begun: Timestamp) -> Timestamp {
    let said = rule.split(';').find_map(|part| part.strip_prefix("UNTIL="));
    let year = said.and_then(|until| until.get(..4)).and_then(|year| year.parse::<i16>().ok());
    let first_of = |year: i16| jiff::civil::Date::new(year, 1, 1).ok()?.to_zoned(TimeZone::UTC).ok();
    let last = begun.saturating_add(YEAR * i32::try_from(YEARS).expect("a small number")).unwrap_or(begun);
    match year.and_then(|year| first_of(year.saturating_add(1))) {
        Some(end) => end.timestamp().clamp(begun, last),
        None => last,
    }
}

fn offset(seconds: i32) -> String {
    let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let (hours, minutes, rest) = (size / 3_600, size / 60 % 60, size % 60);
    match rest {
        0 => format!("{sign}{hours:02}{minutes:02}"),
        rest => format!("{sign}{hours:02}{minutes:02}{rest:02}"),
    }
}
