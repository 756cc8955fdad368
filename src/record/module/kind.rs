//! What a field may hold, and how that is said.

use serde_json::Value;

use crate::http::body::Id;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// The id of another record: a text, or a whole number as many CRMs have them.
    Reference,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// A day and a time, with an offset or without one.
    DateTime,
    /// One of the usual values, or another text: every CRM has its own.
    Picklist,
    /// A level: a text or a whole number.
    Level,
    /// The number of a user.
    User,
    /// A list.
    List,
    /// Numbers by name.
    Numbers,
}

impl Kind {
    /// What it is called where fields are described.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text | Kind::Reference => "text",
            Kind::Number => "number",
            Kind::Integer => "integer",
            Kind::Boolean => "boolean",
            Kind::Date => "date",
            Kind::DateTime => "datetime",
            Kind::Picklist | Kind::Level => "picklist",
            Kind::User => "user",
            Kind::List => "list",
            Kind::Numbers => "object",
        }
    }

    /// What is to be written, after "must be".
    pub fn wanted(self) -> &'static str {
        match self {
            Kind::Text => "a text, such as \"Smith\"",
            Kind::Reference => "the id of a record, such as \"42\"",
            Kind::Number => "a number, such as 1250.5",
            Kind::Integer => "a whole number, such as 15",
            Kind::Boolean => "true or false",
            Kind::Date => "a day, such as \"2026-03-31\"",
            Kind::DateTime => "a time, such as \"2026-03-31T10:00\" or \"2026-03-31T10:00:00Z\"",
            Kind::Picklist => "a text, such as \"In Progress\"",
            Kind::Level => "a text or a whole number, such as \"High\" or 2",
            Kind::User => "the number of a user, such as 5",
            Kind::List => "a list, such as []",
            Kind::Numbers => "an object of numbers, such as {\"High\": 4}",
        }
    }

    /// Whether this may stand there.
    pub fn admits(self, value: &Value) -> bool {
        match self {
            Kind::Text | Kind::Picklist => value.is_string(),
            Kind::Reference => value.is_string() || Id::of(value).is_some(),
            Kind::Level => value.is_string() || is_whole(value),
            Kind::Number => value.is_number(),
            Kind::Integer => is_whole(value),
            Kind::Boolean => value.is_boolean(),
            Kind::Date => value.as_str().is_some_and(is_date),
            Kind::DateTime => value.as_str().is_some_and(is_date_time),
            Kind::User => value.as_i64().is_some_and(|id| id > 0),
            Kind::List => value.is_array(),
            Kind::Numbers => value.as_object().is_some_and(|members| members.values().all(Value::is_number)),
        }
    }
}

/// JSON has one kind of number: 15.0 is whole.
fn is_whole(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// A day as ISO 8601 writes it, or nothing, as forms send it.
fn is_date(text: &str) -> bool {
    text.trim().is_empty() || (text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok())
}

/// A day and a time of it, with an offset, with `Z`, or without either; or nothing, as forms send it.
fn is_date_time(text: &str) -> bool {
    let text = text.trim();
    let has_time = text.contains(['T', 't', ' ']) && !text.contains('[');
    let is_instant = || text.parse::<jiff::Timestamp>().is_ok();
    text.is_empty() || (has_time && (is_instant() || text.parse::<jiff::civil::DateTime>().is_ok()))
}
