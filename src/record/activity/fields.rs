//! The fields of an activity as they were given, each read alone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::Lead;
use crate::record::recurrence::{Rule, Series, instant_on_wall};

/// The longest lead: a year.
const LONGEST_LEAD: u32 = 525_600;

/// A calendar of ours does not reach further back.
const FIRST_YEAR: i16 = 1900;

/// What `status` says of an activity that is over.
const OVER: [&str; 4] = ["completed", "cancelled", "canceled", "done"];

/// A time as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// With an offset or `Z`.
    At(Timestamp),
    /// Without: what the clock on the wall shows.
    OnWall(DateTime),
}

impl When {
    /// A day and a time of it, in whole microseconds; `None` if the text is something else.
    fn parse(text: &str) -> Option<When> {
        let has_time = text.contains(['T', 't', ' ']);
        // A zone in brackets would be one more answer to which zone counts.
        if !has_time || text.contains('[') {
            return None;
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            let at = Timestamp::from_microsecond(at.as_microsecond()).ok()?;
            return (TimeZone::UTC.to_datetime(at).year() >= FIRST_YEAR).then_some(When::At(at));
        }
        let time: DateTime = text.parse().ok()?;
        let whole = time.subsec_nanosecond() / 1000 * 1000;
        let time = time.with().subsec_nanosecond(whole).build().ok()?;
        (time.year() >= FIRST_YEAR).then_some(When::OnWall(time))
    }

    /// The instant for somebody who lives in this zone; `None` beyond the year 9999.
    pub(super) fn in_zone(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            When::At(at) => Some(at),
            When::OnWall(time) => instant_on_wall(time, zone),
        }
    }

    pub(super) fn has_offset(self) -> bool {
        matches!(self, When::At(_))
    }

    /// What begins at this time, whose instant is `first`, and recurs on the wall of the zone.
    pub(super) fn series(self, rule: Rule, first: Timestamp, zone: &TimeZone) -> Series {
        let on_wall = match self {
            // A time that the wall's clock leaves out is kept for the days that have it.
            When::OnWall(time) => Series::on_wall(rule.clone(), time, zone.clone()),
            When::At(_) => None,
        };
        on_wall.unwrap_or_else(|| Series::new(rule, first, zone.clone()))
    }
}

/// What the fields say, before anybody's zone is known.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) activity_type: Option<String>,
    pub(super) starts_at: Option<When>,
    pub(super) ends_at: Option<When>,
    pub(super) is_over: bool,
    pub(super) lead: Lead,
    pub(super) rule: Option<Rule>,
    pub(super) rrule: Option<String>,
}

impl Given {
    pub(super) fn read(fields: &Map<String, Value>) -> Result<Given, String> {
        let rrule = text(fields, "rrule")?.map(|text| without_name(text.trim()).to_owned());
        let rule = rrule.as_deref().map(Rule::parse).transpose();
        let status = text(fields, "status")?.unwrap_or_default().trim();
        Ok(Given {
            activity_type: text(fields, "activity_type")?.map(|text| text.trim().to_owned()),
            starts_at: when(fields, "starts_at")?,
            ends_at: when(fields, "ends_at")?,
            is_over: OVER.iter().any(|over| status.eq_ignore_ascii_case(over)),
            lead: lead(fields)?,
            rule: rule.map_err(|sentence| format!("fields.rrule cannot be read: {sentence}"))?,
            rrule,
        })
    }
}

/// The rule without the `RRULE:` that may stand before it.
fn without_name(text: &str) -> &str {
    match text.split_at_checked(6) {
        Some((name, rule)) if name.eq_ignore_ascii_case("RRULE:") => rule,
        _ => text,
    }
}

fn member<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// A text; one without letters is as good as none.
fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match member(fields, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
        Some(_) if name == "rrule" => {
            Err("fields.rrule must be a text, such as \"FREQ=WEEKLY;BYDAY=MO,WE\"".into())
        }
        Some(_) => Err(format!("fields.{name} must be a text, such as \"{}\"", usual(name))),
    }
}

fn usual(name: &str) -> &'static str {
    if name == "status" { "In Progress" } else { "meeting" }
}

fn when(fields: &Map<String, Value>, name: &str) -> Result<Option<When>, String> {
    let refused = || {
        format!(
            "fields.{name} must be a date with a time, such as \"2026-03-03T10:00\" for the clock of the assigned user \
             or \"2026-03-03T10:00:00Z\""
        )
    };
    match member(fields, name) {
        None => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => When::parse(text.trim()).map(Some).ok_or_else(refused),
        Some(_) => Err(refused()),
    }
}

fn lead(fields: &Map<String, Value>) -> Result<Lead, String> {
    let on = match member(fields, "reminder_on") {
        None => None,
        Some(Value::Bool(on)) => Some(*on),
        Some(_) => return Err("fields.reminder_on must be true or false".into()),
    };
    let minutes = member(fields, "reminder_minutes").map(minutes).transpose()?;
    Ok(match (on, minutes) {
        (Some(false), _) => Lead::Off,
        (_, Some(minutes)) => Lead::Minutes(minutes),
        (Some(true), None) => Lead::On,
        (None, None) => Lead::Default,
    })
}

/// JSON has one kind of number: 15.0 is whole.
fn minutes(value: &Value) -> Result<u32, String> {
    let is_good = |number: &f64| number.fract() == 0.0 && (0.0..=f64::from(LONGEST_LEAD)).contains(number);
    value.as_f64().filter(is_good).map(|number| number as u32).ok_or_else(|| {
        format!("fields.reminder_minutes must be a whole number from 0 to {LONGEST_LEAD}, such as 15")
    })
}
