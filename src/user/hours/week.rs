//! The openings of a week, as they are written: for each day a pair of times, several pairs, or none.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::user::quiet::DAYS;

/// The most openings of a day.
const MOST: usize = 12;

/// The end of a day, in minutes.
const MIDNIGHT: u16 = 24 * 60;

/// The openings of every day of a week: `{"mon": ["09:00", "17:00"], "sat": [["09:00", "12:00"], ["13:00", "15:00"]]}`. A
/// day that is left out is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week([Vec<Opening>; 7]);

/// Open from a minute of the day until another. Never empty, and never past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opening {
    from: u16,
    until: u16,
}

impl Opening {
    /// When it begins, in minutes since midnight on the wall.
    pub fn from(self) -> u16 {
        self.from
    }

    /// When it has ended, in minutes since midnight on the wall: at most 1440, the end of the day.
    pub fn until(self) -> u16 {
        self.until
    }

    fn pair(self) -> [String; 2] {
        [self.from, self.until].map(|minutes| format!("{:02}:{:02}", minutes / 60, minutes % 60))
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, until] = self.pair();
        write!(f, "{from} to {until}")
    }
}

impl Week {
    /// Monday to Friday, nine to five.
    pub fn usual() -> Self {
        let nine_to_five = Opening { from: 9 * 60, until: 17 * 60 };
        Week(std::array::from_fn(|day| if day < 5 { vec![nine_to_five] } else { Vec::new() }))
    }

    /// The openings of a day in their order; 0 is Monday.
    ///
    /// # Panics
    /// For a day above 6.
    pub fn on(&self, weekday: usize) -> &[Opening] {
        &self.0[weekday]
    }

    /// Whether it has no opening at all.
    pub fn is_closed(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    /// Reads a week as it is written.
    ///
    /// # Errors
    /// One sentence about the first thing that is wrong.
    pub fn parse(written: &Value) -> Result<Self, String> {
        let Value::Object(days) = written else {
            return Err(
                "opening_hours must be an object such as {\"mon\": [\"09:00\", \"17:00\"]}".to_owned()
            );
        };
        if let Some(unknown) = days.keys().find(|name| !DAYS.contains(&name.as_str())) {
            let unknown: String = unknown.chars().take(64).collect();
            return Err(format!("opening_hours.{unknown} is unknown; the days are {}", DAYS.join(", ")));
        }
        let mut week = Week::default();
        for (openings, name) in week.0.iter_mut().zip(DAYS) {
            let written = days.get(name).unwrap_or(&Value::Null);
            *openings = openings_of(written).map_err(|why| format!("opening_hours.{name}{why}"))?;
        }
        Ok(week)
    }
}

/// The openings of a day in their order; an error continues the name of the day.
fn openings_of(written: &Value) -> Result<Vec<Opening>, String> {
    let refused = || {
        " must be a pair of times such as [\"09:00\", \"17:00\"], a list of such pairs, or [] for a closed day"
            .to_owned()
    };
    let items = match written {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(refused()),
    };
    let is_one_pair = items.first().is_some_and(Value::is_string);
    let pairs = if is_one_pair { std::slice::from_ref(written) } else { items };
    if pairs.len() > MOST {
        return Err(format!(" must be at most {MOST} pairs of times; join some"));
    }
    let mut openings = Vec::with_capacity(pairs.len());
    for pair in pairs {
        match pair.as_array().map(Vec::as_slice) {
            Some([Value::String(from), Value::String(until)]) => openings.push(opening(from, until)?),
            _ => return Err(refused()),
        }
    }
    openings.sort_unstable();
    match openings.iter().zip(openings.iter().skip(1)).find(|(one, next)| next.from < one.until) {
        Some((one, next)) => Err(format!(": {one} and {next} overlap; make one of them")),
        None => Ok(openings),
    }
}

fn opening(from: &str, until: &str) -> Result<Opening, String> {
    let minutes = |text: &str| {
        minutes(text).ok_or_else(|| {
            let text: String = text.chars().take(64).collect();
            format!(": \"{text}\" is no time from 00:00 to 24:00; write it such as 09:00")
        })
    };
    let opening = Opening { from: minutes(from)?, until: minutes(until)? };
    if opening.from < opening.until {
        return Ok(opening);
    }
    let [from, until] = opening.pair();
    Err(match opening.until {
        0 => format!(": {opening} ends before it begins; write 24:00 for the midnight that ends the day"),
        _ if opening.from == opening.until => {
            format!(": {opening} is no time at all; write 00:00 to 24:00 for the whole day, [] for none")
        }
        _ => format!(
            ": {opening} ends before it begins; split what lasts past midnight into {from} to 24:00 and, on the next \
             day, 00:00 to {until}"
        ),
    })
}

/// Minutes since midnight of `9:00`, `09:00` or `24:00`.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |digits: &str| -> Option<u16> {
        digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
    };
    if hour.len() > 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute) = (number(hour)?, number(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= MIDNIGHT).then_some(minutes)
}

impl Serialize for Week {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut days = serializer.serialize_map(Some(DAYS.len()))?;
        for (name, openings) in DAYS.iter().zip(&self.0) {
            let pairs: Vec<[String; 2]> = openings.iter().map(|opening| opening.pair()).collect();
            match &pairs[..] {
                [one] => days.serialize_entry(name, one)?,
                pairs => days.serialize_entry(name, pairs)?,
            }
        }
        days.end()
    }
}

impl<'de> Deserialize<'de> for Week {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Week::parse(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for Week {
    fn schema_name() -> Cow<'static, str> {
        "Week".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let day = generator.subschema_for::<Day>();
        let days: Map<String, Value> =
            DAYS.iter().map(|name| ((*name).to_owned(), day.clone().to_value())).collect();
        json_schema!({
            "type": "object",
            "format": "opening-hours",
            "properties": days,
            "additionalProperties": false,
        })
    }
}

/// Stands for a day of a week in the schema.
struct Day;

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let time = json!({ "type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$|^24:00$" });
        // One form for a pair and for a list of them, so that what is wrong is told by its place.
        json_schema!({
            "type": ["array", "null"],
            "maxItems": MOST,
            "items": {
                "type": ["string", "array"],
                "pattern": time["pattern"],
                "items": time,
                "minItems": 2,
                "maxItems": 2,
            },
            "examples": [["09:00", "17:00"], [["09:00", "12:00"], ["13:00", "17:00"]], []],
        })
    }
}
