//! How a reader writes amounts and dates: by their language and on their clock.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::clock::Instant;
use crate::template::words::Words;

/// The longest text that could be a date.
const LONGEST_DATE: usize = 64;

/// A reader's way of writing.
pub(super) struct Speech {
    /// Every word that is ours.
    pub words: &'static Words,
    /// `de` or `en`.
    pub language: &'static str,
    zone: TimeZone,
    zone_name: String,
}

impl Speech {
    /// The way of a language tag and a time zone.
    pub(super) fn of(language: &str, time_zone: &str) -> Self {
        let (words, language) = Words::of(language);
        let zone = TimeZoneDatabase::bundled().get(time_zone).unwrap_or(TimeZone::UTC);
        Self { words, language, zone, zone_name: time_zone.to_owned() }
    }

    fn is_german(&self) -> bool {
        self.language == "de"
    }

    /// A number with so many decimals, its thousands apart.
    pub(super) fn number(&self, amount: f64, decimals: usize) -> String {
        let (thousands, point) = if self.is_german() { ('.', ',') } else { (',', '.') };
        let text = format!("{:.decimals$}", amount.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
        let mut written = String::from(if amount < 0.0 && !is_zero { "-" } else { "" });
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                written.push(thousands);
            }
            written.push(digit);
        }
        if !fraction.is_empty() {
            written.push(point);
            written.push_str(fraction);
        }
        written
    }

    /// A number with as many decimals as it has.
    pub(super) fn plain(&self, amount: f64) -> String {
        let decimals = amount.abs().to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len());
        self.number(amount, decimals.min(10))
    }

    /// An amount with its currency: a sign where it is known by one.
    pub(super) fn money(&self, amount: f64, currency: &str) -> String {
        let number = self.number(amount, 2);
        let sign = match currency {
            "EUR" => "€",
            "GBP" => "£",
            "USD" => "$",
            other => other,
        };
        match (sign.is_empty(), self.is_german(), sign == currency) {
            (true, ..) => number,
            (false, true, _) => format!("{number} {sign}"),
            (false, false, true) => format!("{sign} {number}"),
            (false, false, false) => match number.strip_prefix('-') {
                Some(number) => format!("-{sign}{number}"),
                None => format!("{sign}{number}"),
            },
        }
    }

    /// The day of a date, or of an instant on the reader's clock; `None` for what is neither.
    pub(super) fn date(&self, text: &str) -> Option<String> {
        let date = self.moment(text)?.date();
        let month = &self.words.months[usize::try_from(date.month() - 1).ok()?];
        let point = if self.is_german() { "." } else { "" };
        Some(format!("{}{point} {month} {}", date.day(), date.year()))
    }

    /// The day and time of an instant on the reader's clock, with the zone; a date alone is its day.
    pub(super) fn datetime(&self, text: &str) -> Option<String> {
        if let Some(at) = instant(text) {
            return Some(self.words.time(Instant(at.as_microsecond()), &self.zone_name));
        }
        let date = self.date(text)?;
        match civil(text)?.time() {
            _ if text.trim().len() <= "2026-01-31".len() => Some(date),
            time => Some(format!("{date}, {:02}:{:02}", time.hour(), time.minute())),
        }
    }

    /// The time of an instant on the reader's clock.
    pub(super) fn time(&self, text: &str) -> Option<String> {
        let time = self.moment(text)?.time();
        Some(format!("{:02}:{:02}", time.hour(), time.minute()))
    }

    fn moment(&self, text: &str) -> Option<DateTime> {
        match instant(text) {
            Some(at) => Some(at.to_zoned(self.zone.clone()).datetime()),
            None => civil(text),
        }
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    (text.len() <= LONGEST_DATE).then(|| text.parse().ok()).flatten()
}

/// A time without a zone, or a date.
fn civil(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if text.len() > LONGEST_DATE {
        return None;
    }
    let date = || text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0));
    text.parse::<DateTime>().ok().or_else(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_the_reader_writes_them() {
        let (english, german) = (Speech::of("en", "UTC"), Speech::of("de-AT", "UTC"));
        for (amount, currency, en, de) in [
            (1428.0, "GBP", "£1,428.00", "1.428,00 £"),
            (-1234567.891, "EUR", "-€1,234,567.89", "-1.234.567,89 €"),
            (0.5, "CHF", "CHF 0.50", "0,50 CHF"),
            (-0.001, "", "0.00", "0,00"),
            (999.0, "", "999.00", "999,00"),
        ] {
            assert_eq!(english.money(amount, currency), en);
            assert_eq!(german.money(amount, currency), de);
        }
        for (amount, en, de) in
            [(7.0, "7", "7"), (1000.25, "1,000.25", "1.000,25"), (-0.125, "-0.125", "-0,125")]
        {
            assert_eq!((english.plain(amount), german.plain(amount)), (en.to_owned(), de.to_owned()));
        }
    }

    #[test]
    fn dates_are_those_of_the_readers_clock() {
        let (london, berlin) = (Speech::of("en", "Europe/London"), Speech::of("de", "Europe/Berlin"));
        assert_eq!(london.date("2026-03-02").as_deref(), Some("2 March 2026"));
        assert_eq!(berlin.date("2026-03-29T22:30:00Z").as_deref(), Some("30. März 2026"));
        assert_eq!(
            london.datetime("2026-03-29T01:30:00Z").as_deref(),
            Some("29 March 2026, 02:30 (Europe/London)")
        );
        assert_eq!(berlin.datetime("2026-03-02").as_deref(), Some("2. März 2026"));
        assert_eq!(berlin.datetime("2026-03-02T09:05").as_deref(), Some("2. März 2026, 09:05"));
        assert_eq!(berlin.time("2026-01-02T09:05:00Z").as_deref(), Some("10:05"));
        for none in ["", "soon", "2026-02-30", "9".repeat(100).as_str()] {
            assert_eq!((london.date(none), london.datetime(none), london.time(none)), (None, None, None));
        }
    }
}
