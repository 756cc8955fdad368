//! The words of a document and how numbers, amounts and days are written: one file a language under `words/`.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use super::decimal::Decimal;
pub(super) use crate::template::words::fill;

static ENGLISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("words/en.json")));
static GERMAN: LazyLock<Words> = LazyLock::new(|| read(include_str!("words/de.json")));

/// Every word that is ours. What stands in braces is filled in.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub sales_order: Names,
    pub invoice: Names,
    pub quote: Names,
    pub date: String,
    pub purchase_order: String,
    pub their_vat_number: String,
    pub owner: String,
    pub position: String,
    pub description: String,
    pub quantity: String,
    pub unit_price: String,
    pub discount: String,
    pub tax: String,
    pub amount: String,
    pub subtotal: String,
    pub shipping: String,
    pub adjustment: String,
    /// `{rate}`.
    pub tax_at: String,
    /// `{rate}` and the amount `{net}` that it is reckoned on.
    pub tax_at_on: String,
    pub total: String,
    pub paid: String,
    pub left_to_pay: String,
    pub deliver_to: String,
    pub notes: String,
    pub terms: String,
    pub payment: String,
    /// `{amount}`, `{day}`, `{number}`.
    pub please_pay: String,
    pub signed: String,
    pub place_and_date: String,
    pub signature: String,
    pub registered: String,
    pub vat_number: String,
    /// `{page}` of `{pages}`: the template fills it in.
    pub page: String,
    /// `{day}`, `{month}`, `{year}`.
    pub day: String,
    /// `{number}`.
    pub percent: String,
    /// `{amount}` without its sign, `{currency}` as a sign such as €.
    pub money: String,
    /// The same for a currency that has no sign.
    pub money_by_letters: String,
    pub point: String,
    pub between_thousands: String,
    pub months: [String; 12],
}

/// What a kind of document and its parts are called.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    pub title: String,
    pub number: String,
    pub due: String,
}

/// How a reader is written to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speech {
    pub words: &'static Words,
    /// `en` or `de`.
    pub language: &'static str,
}

impl Speech {
    /// German for `de`, English for the rest.
    pub(super) fn of(language: &str) -> Self {
        let primary = language.split(['-', '_']).next().unwrap_or_default();
        match primary.eq_ignore_ascii_case("de") {
            true => Self { words: &GERMAN, language: "de" },
            false => Self { words: &ENGLISH, language: "en" },
        }
    }

    /// A number with at least so many decimals.
    pub(super) fn number(self, number: Decimal, least: u32) -> String {
        let sign = if number.is_negative() { "−" } else { "" };
        format!("{sign}{}", self.unsigned(number, least))
    }

    fn unsigned(self, number: Decimal, least: u32) -> String {
        let (whole, fraction) = number.digits(least);
        let mut text = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                text.push_str(&self.words.between_thousands);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push_str(&self.words.point);
            text.push_str(&fraction);
        }
        text
    }

    /// A rate as `20%`.
    pub(super) fn percent(self, rate: Decimal) -> String {
        fill(&self.words.percent, &[("number", &self.number(rate, 0))])
    }

    /// An amount with its currency.
    pub(super) fn money(self, amount: Decimal, currency: &Currency) -> String {
        let number = self.unsigned(amount, currency.decimals);
        let sign = if amount.is_negative() { "−" } else { "" };
        let (pattern, name) = match currency.sign() {
            Some(name) => (&self.words.money, name),
            None => (&self.words.money_by_letters, currency.name.as_str()),
        };
        let text = fill(pattern, &[("amount", &number), ("currency", name)]);
        format!("{sign}{}", text.trim_matches(|c: char| c.is_whitespace()))
    }

    pub(super) fn day(self, day: Date) -> String {
        let month = usize::try_from(day.month() - 1).expect("months are counted from 1");
        let parts = [
            ("day", &*day.day().to_string()),
            ("month", &self.words.months[month]),
            ("year", &day.year().to_string()),
        ];
        fill(&self.words.day, &parts)
    }

    /// A day that is written as 2026-11-22, or a time with the day that it is in a zone; anything else stays as it is.
    pub(super) fn day_of(self, text: &str, zone: &str) -> String {
        read_day(text, zone).map_or_else(|| text.to_owned(), |day| self.day(day))
    }

    /// A time as 22 November 2026, 15:04 (Europe/London); a day as a day; anything else stays as it is.
    pub(super) fn time_of(self, text: &str, zone: &str) -> String {
        let Ok(at) = text.parse::<Timestamp>() else { return self.day_of(text, zone) };
        let (zone, name) = known(zone);
        let time = at.to_zoned(zone);
        format!("{}, {:02}:{:02} ({name})", self.day(time.date()), time.hour(), time.minute())
    }
}

/// The day that a text names, in a zone.
pub(super) fn read_day(text: &str, zone: &str) -> Option<Date> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned(known(zone).0).date());
    }
    let day = text.parse::<Date>().ok();
    day.or_else(|| text.parse::<DateTime>().ok().map(DateTime::date))
}

fn known(zone: &str) -> (TimeZone, &str) {
    TimeZoneDatabase::bundled().get(zone).map_or((TimeZone::UTC, "UTC"), |known| (known, zone))
}

/// What amounts are in.
#[derive(Clone, Debug)]
pub(super) struct Currency {
    /// As the record names it; empty where it does not.
    name: String,
    /// How many decimals its amounts have.
    pub decimals: u32,
}

impl Currency {
    pub(super) fn of(name: &str) -> Self {
        let name = name.trim().to_owned();
        let decimals = match name.to_ascii_uppercase().as_str() {
            "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" | "RWF" | "XAF" | "XOF" | "XPF" | "BIF"
            | "DJF" | "GNF" | "KMF" | "VUV" | "¥" | "₩" | "₫" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        };
        Self { name, decimals }
    }

    /// As the record names it; empty where it does not.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its sign, unless several currencies share it.
    fn sign(&self) -> Option<&str> {
        match self.name.to_ascii_uppercase().as_str() {
            "EUR" => Some("€"),
            "GBP" => Some("£"),
            "USD" => Some("$"),
            _ if self.name.chars().count() == 1 => Some(&self.name),
            _ => None,
        }
    }
}

fn read(file: &str) -> Words {
    serde_json::from_str(file).expect("the words are part of the program")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::read(&json!(text)).unwrap()
    }

    #[test]
    fn amounts_are_written_as_their_currency_and_the_reader_s_language_have_it() {
        let (english, german) = (Speech::of("en-GB"), Speech::of("de-AT"));
        let table = [
            ("1234567.5", "GBP", "£1,234,567.50", "1.234.567,50\u{a0}£"),
            ("0.5", "EUR", "€0.50", "0,50\u{a0}€"),
            ("-12", "EUR", "−€12.00", "−12,00\u{a0}€"),
            ("1999", "JPY", "JPY\u{a0}1,999", "1.999\u{a0}JPY"),
            ("1.25", "KWD", "KWD\u{a0}1.250", "1,250\u{a0}KWD"),
            ("7", "CHF", "CHF\u{a0}7.00", "7,00\u{a0}CHF"),
            ("1000", "", "1,000.00", "1.000,00"),
        ];
        for (amount, currency, in_english, in_german) in table {
            let currency = Currency::of(currency);
            assert_eq!(english.money(decimal(amount), &currency), in_english);
            assert_eq!(german.money(decimal(amount), &currency), in_german);
        }
        assert_eq!(english.percent(decimal("17.5")), "17.5%");
        assert_eq!(german.percent(decimal("17.5")), "17,5\u{a0}%");
    }

    #[test]
    fn days_are_written_out_and_what_is_no_day_stays() {
        let (english, german) = (Speech::of("en"), Speech::of("de"));
        let zone = "Europe/London";
        assert_eq!(english.day_of("2026-11-02", zone), "2 November 2026");
        assert_eq!(german.day_of("2026-03-22T09:00:00", zone), "22. März 2026");
        assert_eq!(english.day_of("2026-06-30T23:30:00Z", zone), "1 July 2026", "it is summer there");
        assert_eq!(english.day_of("end of week", zone), "end of week");
        assert_eq!(english.time_of("2026-06-30T23:30:00Z", zone), "1 July 2026, 00:30 (Europe/London)");
        assert_eq!(english.time_of("2026-06-30", zone), "30 June 2026");
        assert_eq!(english.time_of("2026-06-30T23:30:00Z", "Mars/Olympus"), "30 June 2026, 23:30 (UTC)");
    }
}
