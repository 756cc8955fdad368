//! The words around a notification, in each language: one file a language under `words/`.
//!
//! To add a language: its file, and its line in [`Words::of`].

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::clock::Instant;

static ENGLISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("words/en.json")));
static GERMAN: LazyLock<Words> = LazyLock::new(|| read(include_str!("words/de.json")));

/// Every sentence and word that is ours. What stands in braces is filled in.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// What the button says.
    pub open: String,
    /// Above the list of what else waits.
    pub also_waiting: String,
    /// One more waits that is not in the list.
    pub one_more: String,
    /// `{n}` more wait.
    pub more: String,
    /// The subject where others wait too: `{title}`, `{n}`.
    pub subject_more: String,
    /// The subject of what has no title.
    pub untitled: String,
    /// The name of the fact that tells the ticket.
    pub ticket: String,
    /// True.
    pub yes: String,
    /// False.
    pub no: String,
    /// Below a text that was cut.
    pub cut: String,
    /// When it was sent: `{time}`.
    pub sent: String,
    /// A time: `{day}`, `{month}`, `{year}`, `{clock}`, `{zone}`.
    pub time: String,
    /// Why the reader has it, where that can be changed: `{type}`.
    pub why: String,
    /// Why the reader has it, where it cannot.
    pub why_told: String,
    /// Above what is a copy: `{name}`.
    pub copy_of: String,
    /// Why the reader has a copy.
    pub why_copied: String,
    /// Above further links.
    pub links: String,
    /// The link to the notification centre.
    pub centre: String,
    /// The link that stops this type.
    pub unsubscribe: String,
    /// From January to December.
    pub months: [String; 12],
}

impl Words {
    /// The words for a language tag, and the tag of the language that they are in.
    pub(super) fn of(language: &str) -> (&'static Words, &'static str) {
        let primary = language.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { (&GERMAN, "de") } else { (&ENGLISH, "en") }
    }

    /// A time as the reader's clock shows it, with the name of the zone. A zone that nobody knows is UTC.
    pub(super) fn time(&self, at: Instant, zone: &str) -> String {
        let known = TimeZoneDatabase::bundled().get(zone).ok();
        let (zone, name) = known.map_or((TimeZone::UTC, "UTC"), |known| (known, zone));
        let time = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone);
        let month = usize::try_from(time.month() - 1).expect("months are counted from 1");
        fill(
            &self.time,
            &[
                ("day", &time.day().to_string()),
                ("month", &self.months[month]),
                ("year", &time.year().to_string()),
                ("clock", &format!("{:02}:{:02}", time.hour(), time.minute())),
                ("zone", name),
            ],
        )
    }
}

/// Fills in what stands in braces; what is filled in is not looked at again.
pub(super) fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').expect("every brace of ours is closed");
        let value =
            values.iter().find(|(known, _)| *known == name).expect("every name in braces has a value");
        filled.push_str(before);
        filled.push_str(value.1);
        rest = behind;
    }
    filled + rest
}

fn read(file: &str) -> Words {
    serde_json::from_str(file).expect("the words are part of the program")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn german_is_german_and_everything_else_english() {
        for german in ["de", "de-AT", "DE_ch"] {
            assert_eq!(Words::of(german).1, "de", "{german}");
        }
        for other in ["en", "en-GB", "fr", "", "den"] {
            assert_eq!(Words::of(other).1, "en", "{other}");
        }
    }

    #[test]
    fn times_are_the_readers() {
        let at = Instant::parse("2026-03-29T01:30:00Z").unwrap();
        let (english, german) = (Words::of("en").0, Words::of("de").0);
        assert_eq!(english.time(at, "Europe/London"), "29 March 2026, 02:30 (Europe/London)");
        assert_eq!(german.time(at, "Europe/Berlin"), "29. März 2026, 03:30 Uhr (Europe/Berlin)");
        assert_eq!(english.time(at, "Mars/Olympus"), "29 March 2026, 01:30 (UTC)");
        assert_eq!(english.time(at, ""), "29 March 2026, 01:30 (UTC)");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(fill("{a}, {b}.", &[("a", "{b}"), ("b", "2")]), "{b}, 2.");
    }

    #[test]
    fn every_language_fills_the_same_names() {
        for words in [&*ENGLISH, &*GERMAN] {
            fill(&words.more, &[("n", "2")]);
            fill(&words.subject_more, &[("title", "t"), ("n", "2")]);
            fill(&words.why, &[("type", "t")]);
            fill(&words.copy_of, &[("name", "n")]);
            fill(&words.sent, &[("time", &words.time(Instant(0), "UTC"))]);
        }
    }
}
