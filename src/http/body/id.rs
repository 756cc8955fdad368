//! Ids of other systems: read in one way wherever they stand.

use serde_json::Value;

use super::{Field, LARGEST_ID};

/// The id of something in another system: a text, or a whole number as many of them have. A number is taken digit by
/// digit, whatever its length, and refused where a digit of it may be lost: two ids never become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(pub String);

impl Id {
    /// The id that a value is which was read before; `None` for one that says nothing.
    pub fn of(value: &Value) -> Option<Self> {
        let id = match value {
            Value::String(id) => id.trim().to_owned(),
            Value::Number(number) if number.is_f64() => exact(number.as_f64()?)?,
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(Id(id)).filter(|id| !id.0.is_empty())
    }
}

impl Field for Id {
    const WHAT: &'static str = "a text or a whole number";
    fn read(raw: &str) -> Option<Self> {
        let digits = raw.strip_prefix('-').unwrap_or(raw);
        let id = match raw.as_bytes().first()? {
            b'"' => serde_json::from_str(raw).ok()?,
            _ if digits != "0" && digits.bytes().all(|byte| byte.is_ascii_digit()) => raw.to_owned(),
            _ => exact(serde_json::from_str(raw).ok()?)?,
        };
        Some(Id(id))
    }
    fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// The digits of a number that is whole and that only one text stands for.
fn exact(number: f64) -> Option<String> {
    (number.fract() == 0.0 && number.abs() <= LARGEST_ID as f64).then(|| (number as i64).to_string())
}
