//! What people read about activities that come up.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::clock::Instant;

/// The longest label in a title: the time after it is not cut off.
const LABEL_CHARS: usize = 180;

/// How the clock on somebody's wall shows an instant.
pub(in crate::trigger) struct Wall<'a> {
    zone: &'a TimeZone,
    name: &'a str,
}

impl<'a> Wall<'a> {
    pub fn new(zone: &'a TimeZone, name: &'a str) -> Self {
        Self { zone, name }
    }

    fn shown(&self, at: Instant, format: &str) -> String {
        let at = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }

    /// `10:00`.
    pub fn time(&self, at: Instant) -> String {
        self.shown(at, "%H:%M")
    }

    /// `Tue 3 Mar 2026`.
    pub fn day(&self, at: Instant) -> String {
        self.shown(at, "%a %-d %b %Y")
    }

    /// `Tue 3 Mar 2026, 10:00 (Europe/London)`.
    pub fn moment(&self, at: Instant) -> String {
        format!("{}, {} ({})", self.day(at), self.time(at), self.name)
    }

    /// `Tue 3 Mar 2026 at 10:00 (Europe/London)`, for a sentence.
    pub fn spoken(&self, at: Instant) -> String {
        format!("{} at {} ({})", self.day(at), self.time(at), self.name)
    }

    /// `Tue 3 Mar 2026, 10:00–10:30 (Europe/London)`; with the day of its end where that is another.
    pub fn span(&self, start: Instant, end: Option<Instant>) -> String {
        let (day, time) = (self.day(start), self.time(start));
        let end = match end.filter(|end| *end > start) {
            None => String::new(),
            Some(end) if self.day(end) == day => format!("–{}", self.time(end)),
            Some(end) => format!(" – {}, {}", self.day(end), self.time(end)),
        };
        format!("{day}, {time}{end} ({})", self.name)
    }

    /// `Call with Jane Doe at 10:00`; with the day where that is not the day of `now`.
    pub fn title(&self, label: &str, start: Instant, now: Instant) -> String {
        let label = match label.char_indices().nth(LABEL_CHARS) {
            Some((end, _)) => format!("{}…", &label[..end]),
            None => label.to_owned(),
        };
        match self.day(start) == self.day(now) {
            true => format!("{label} at {}", self.time(start)),
            false => format!("{label} on {} at {}", self.day(start), self.time(start)),
        }
    }
}

/// `15 minutes`, `1 hour`, `2 days 3 hours`: the two largest units; what is less than a minute, in seconds.
pub(in crate::trigger) fn spell(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < 60 {
        return count(seconds, "second");
    }
    let minutes = seconds / 60;
    let parts = [(minutes / 1440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    let first = parts.iter().position(|(number, _)| *number > 0).unwrap_or(2);
    let named: Vec<String> = parts[first..]
        .iter()
        .take(2)
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| count(*number, unit))
        .collect();
    named.join(" ")
}

fn count(number: u64, unit: &str) -> String {
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

/// Time until an instant as people say it: to the nearest minute.
pub(in crate::trigger) fn until(start: Instant, now: Instant) -> Duration {
    let seconds = start.since(now).as_secs();
    if seconds < 60 { Duration::from_secs(seconds) } else { Duration::from_secs((seconds + 30) / 60 * 60) }
}

/// `In 15 minutes: Call with Jane Doe, Tue …`, and before that how late it is said.
pub(super) fn message(event: &str, start: Instant, now: Instant, late: Option<Duration>) -> String {
    let ahead = until(start, now);
    match late {
        None if ahead.is_zero() => format!("Now: {event}"),
        None => format!("In {}: {event}", spell(ahead)),
        Some(late) if ahead.is_zero() => format!("This reminder is {} late: {event}", spell(late)),
        Some(late) => format!("This reminder is {} late: in {}, {event}", spell(late), spell(ahead)),
    }
}
