//! What a member of an event's data may hold, and how that is said.

use serde_json::Value;

use crate::auth::Refusal;
use crate::http::body::{Id, LARGEST_ID};
use crate::notification::safe_link;

/// The longest line, in characters.
const LONGEST_LINE: usize = 255;

/// The longest text, in characters.
const LONGEST_TEXT: usize = 10_000;

/// The longest id of a record, in characters.
const LONGEST_ID: usize = 64;

/// The longest link, in characters.
const LONGEST_LINK: usize = 2_048;

/// How many users or words may be named at once.
const MOST_NAMED: usize = 100;

/// What a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// One line of text.
    Line,
    /// A text.
    Text,
    /// Several lines of text.
    Lines,
    /// A number.
    Number,
    /// A whole number between these.
    Whole(i64, i64),
    /// How large a file is, in bytes.
    Size,
    /// The number of a user.
    User,
    /// Numbers of users.
    Users,
    /// The id of a record: a text, or a whole number as many CRMs have them.
    Reference,
    /// What somebody calls something: one line of text, or a whole number.
    Name,
    /// Where a click leads.
    Link,
}

impl Holds {
    /// What it is called where types are described.
    pub fn name(self) -> &'static str {
        match self {
            Holds::Line | Holds::Text | Holds::Reference | Holds::Name | Holds::Link => "text",
            Holds::Lines => "list of texts",
            Holds::Number => "number",
            Holds::Whole(..) | Holds::Size => "integer",
            Holds::User => "user",
            Holds::Users => "list of users",
        }
    }

    /// Whether a number that stands there is whole: it is kept without a fraction.
    pub fn is_whole(self) -> bool {
        matches!(self, Holds::Whole(..) | Holds::Size | Holds::Name | Holds::Reference)
    }

    /// # Errors
    /// 400 for what may not stand there, in one sentence that names it.
    pub fn judge(self, name: &str, value: &Value) -> Result<(), Refusal> {
        let refused = |wanted: String| Err(Refusal::invalid(format!("{name} must be {wanted}")));
        match self {
            Holds::Line => match value.as_str() {
                Some(text) if is_line(text) => Ok(()),
                _ => refused(format!("a text of at most {LONGEST_LINE} characters, in one line")),
            },
            Holds::Text => match value.as_str() {
                Some(text) if text.chars().count() <= LONGEST_TEXT && !text.contains('\0') => Ok(()),
                _ => refused(format!("a text of at most {LONGEST_TEXT} characters, without NUL")),
            },
            Holds::Lines => match value.as_array() {
                Some(lines) if lines.len() <= MOST_NAMED && lines.iter().all(is_line_value) => Ok(()),
                _ => refused(format!("a list of at most {MOST_NAMED} texts, each in one line")),
            },
            Holds::Number if value.is_number() => Ok(()),
            Holds::Number => refused("a number, such as 1250.5".to_owned()),
            Holds::Whole(least, most) => match whole(value) {
                Some(number) if (least..=most).contains(&number) => Ok(()),
                _ if most == LARGEST_ID => refused(format!("a whole number from {least} on")),
                _ => refused(format!("a whole number from {least} to {most}")),
            },
            Holds::Size => match whole(value) {
                Some(1..) => Ok(()),
                Some(0) => {
                    Err(Refusal::invalid(format!("{name} is 0: an empty file is no document; send it again")))
                }
                _ => refused("the size in bytes, such as 48213".to_owned()),
            },
            Holds::User if is_id(value) => Ok(()),
            Holds::User => refused("the number of a user, such as 5".to_owned()),
            Holds::Users => match value.as_array() {
                Some(ids) if ids.len() <= MOST_NAMED && ids.iter().all(is_id) => Ok(()),
                _ => refused(format!("a list of at most {MOST_NAMED} numbers of users, such as [5]")),
            },
            Holds::Reference if is_reference(value) => Ok(()),
            Holds::Reference => refused("the id of a record, such as \"42\"".to_owned()),
            Holds::Name if is_line_value(value) || whole(value).is_some() => Ok(()),
            Holds::Name => refused(format!(
                "a name of at most {LONGEST_LINE} characters, in one line, or a whole number"
            )),
            Holds::Link => match value.as_str() {
                Some(link) if link.chars().count() > LONGEST_LINK => {
                    refused(format!("at most {LONGEST_LINK} characters long"))
                }
                Some(link) if safe_link(link.to_owned()).is_ok() => Ok(()),
                _ => refused("an absolute http(s) URL, or a path that begins with one slash".to_owned()),
            },
        }
    }
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= LONGEST_LINE && !text.contains(char::is_control)
}

fn is_line_value(value: &Value) -> bool {
    value.as_str().is_some_and(is_line)
}

/// JSON has one kind of number: 15.0 is whole.
pub(super) fn whole(value: &Value) -> Option<i64> {
    let of_float = |number: f64| (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(of_float))
}

fn is_id(value: &Value) -> bool {
    value.as_i64().is_some_and(|id| (1..=LARGEST_ID).contains(&id))
}

fn is_reference(value: &Value) -> bool {
    match value {
        Value::String(id) => is_record_id(id),
        number => Id::of(number).is_some(),
    }
}

/// Whether a record may have this id.
pub(in crate::event) fn is_record_id(id: &str) -> bool {
    !id.trim().is_empty()
        && id.chars().count() <= LONGEST_ID
        && !id.contains(|c: char| c == '/' || c.is_control())
}
