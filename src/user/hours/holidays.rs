//! Days on which nobody works: dates of one year, and days that come every year.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::Offset;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DAY, timestamp};

/// The most holidays in a list.
const MOST: usize = 1000;

/// Holidays: `2026-12-25` for one day, `12-25` for that day of every year. One on `02-29` is kept in leap years only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays {
    once: BTreeSet<Date>,
    /// Months and days.
    yearly: BTreeSet<(i8, i8)>,
}

impl Holidays {
    /// Reads holidays as they are written.
    ///
    /// # Errors
    /// One sentence about the first that is none, or about too many.
    pub fn parse<'a>(written: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut holidays = Holidays::default();
        for text in written {
            let text = text.trim();
            let refused = || {
                let text: String = text.chars().take(64).collect();
                format!(
                    "holidays: \"{text}\" is no date; write 2026-12-25, or 12-25 for that day of every year"
                )
            };
            match numbers(text).ok_or_else(refused)?[..] {
                [year, month, day] if text.len() == 10 => {
                    let month_and_day = month_and_day(month, day).ok_or_else(refused)?;
                    let date = Date::new(year, month_and_day.0, month_and_day.1).map_err(|_| refused())?;
                    holidays.once.insert(date);
                }
                [month, day] if text.len() == 5 => {
                    let month_and_day = month_and_day(month, day).ok_or_else(refused)?;
                    // Any leap year has every day that some year has.
                    Date::new(2024, month_and_day.0, month_and_day.1).map_err(|_| refused())?;
                    holidays.yearly.insert(month_and_day);
                }
                _ => return Err(refused()),
            }
            if holidays.once.len() + holidays.yearly.len() > MOST {
                return Err(format!("holidays must be at most {MOST}; leave out those that are past"));
            }
        }
        Ok(holidays)
    }

    /// Whether a date is one of them.
    pub fn contains(&self, date: Date) -> bool {
        self.once.contains(&date) || self.yearly.contains(&(date.month(), date.day()))
    }

    /// Whether a day, counted from 1970-01-01, is one of them.
    pub(super) fn contains_day(&self, day: i64) -> bool {
        if self.once.is_empty() && self.yearly.is_empty() {
            return false;
        }
        let midnight = day.checked_mul(DAY).and_then(timestamp);
        midnight.is_some_and(|midnight| self.contains(Offset::UTC.to_datetime(midnight).date()))
    }

    /// As they are stored and shown: those of every year first, each kind in order.
    fn written(&self) -> Vec<String> {
        let yearly = self.yearly.iter().map(|(month, day)| format!("{month:02}-{day:02}"));
        yearly.chain(self.once.iter().map(Date::to_string)).collect()
    }
}

/// The numbers between hyphens, if there is nothing else.
fn numbers(text: &str) -> Option<Vec<i16>> {
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    text.split('-').map(|part| part.parse().ok().filter(|_| is_plain(part))).collect()
}

fn month_and_day(month: i16, day: i16) -> Option<(i8, i8)> {
    Some((i8::try_from(month).ok()?, i8::try_from(day).ok()?))
}

impl Serialize for Holidays {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Holidays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Vec::<String>::deserialize(deserializer)?;
        Holidays::parse(written.iter().map(String::as_str)).map_err(D::Error::custom)
    }
}

impl JsonSchema for Holidays {
    fn schema_name() -> Cow<'static, str> {
        "Holidays".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "maxItems": MOST,
            "items": {
                "type": "string",
                "pattern": r"^([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
                "examples": ["2026-12-25", "12-25"],
            },
        })
    }
}
