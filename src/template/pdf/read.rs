//! Reads what a CRM sends under names that differ from CRM to CRM: `unit_price`, `Unit Price` and `unitPrice` are one.

use serde_json::{Map, Value};

use super::decimal::Decimal;
use crate::template::lines::{cut, many_lines, one_line};

/// The longest text of one field that is printed, in characters.
const LONGEST: usize = 8_000;

/// The longest line of a head, an addressee or a fact, in characters.
const LONGEST_LINE: usize = 200;

/// The first of these fields that says something; the names are small letters and digits.
pub(super) fn field<'a>(fields: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    let says_something = |value: &&Value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    };
    names.iter().find_map(|name| {
        let found = fields.iter().find(|(key, value)| is_called(key, name) && says_something(value));
        found.map(|(_, value)| value)
    })
}

fn is_called(key: &str, name: &str) -> bool {
    let letters = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    letters.eq(name.chars())
}

/// A field in one line; empty where it says nothing that can be shown so.
pub(super) fn line(fields: &Map<String, Value>, names: &[&str]) -> String {
    field(fields, names).map(|value| one_line(&shown(value))).unwrap_or_default()
}

/// A field of several lines.
pub(super) fn text(fields: &Map<String, Value>, names: &[&str]) -> String {
    field(fields, names).map(|value| cut(&many_lines(&shown(value)), LONGEST)).unwrap_or_default()
}

/// A field that is a number.
pub(super) fn number(fields: &Map<String, Value>, names: &[&str]) -> Option<Decimal> {
    field(fields, names).and_then(Decimal::read)
}

/// A plain value as it stands; of a record that is nested, its name.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text, LONGEST),
        Value::Number(number) => number.to_string(),
        Value::Object(nested) => match field(nested, &["name", "label", "title", "description"]) {
            Some(Value::String(name)) => cut(name, LONGEST),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// The lines of an address: a text with line ends or commas, a list of texts, or an object with the usual parts.
pub(super) fn address(value: &Value) -> Vec<String> {
    let lines: Vec<String> = match value {
        Value::String(text) if text.trim().contains('\n') => text.lines().map(one_line).collect(),
        Value::String(text) => text.split(", ").map(one_line).collect(),
        Value::Array(parts) => parts.iter().map(|part| one_line(&shown(part))).collect(),
        Value::Object(parts) => address_of_parts(parts),
        _ => Vec::new(),
    };
    lines.iter().map(|line| short(line)).filter(|line| !line.is_empty()).take(8).collect()
}

fn address_of_parts(parts: &Map<String, Value>) -> Vec<String> {
    let part = |names: &[&str]| line(parts, names);
    let town = [part(&["postcode", "postalcode", "zip", "zipcode"]), part(&["city", "town"])];
    let town: Vec<&str> = town.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    vec![
        part(&["street", "line1", "address1", "addressline1", "address"]),
        part(&["street2", "line2", "address2", "addressline2"]),
        town.join(" "),
        part(&["county", "state", "region", "province"]),
        part(&["country"]),
    ]
}

/// One line that is not too long for where it stands.
pub(super) fn short(text: &str) -> String {
    cut(&one_line(text), LONGEST_LINE)
}

/// The lines that say something.
pub(super) fn filled(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> &Map<String, Value> {
        value.as_object().unwrap()
    }

    #[test]
    fn names_are_one_however_they_are_spelt() {
        for key in ["unit_price", "Unit Price", "unitPrice", "UNIT-PRICE"] {
            assert_eq!(line(object(&json!({ key: 5 })), &["unitprice"]), "5", "{key}");
        }
        let fields = json!({"description": " ", "name": "SIM", "product": {"label": "Card"}, "list": [1]});
        assert_eq!(line(object(&fields), &["description", "name"]), "SIM", "what is blank says nothing");
        assert_eq!(line(object(&fields), &["product"]), "Card");
        assert_eq!(line(object(&fields), &["list"]), "");
        assert_eq!(line(object(&fields), &["missing"]), "");
    }

    #[test]
    fn addresses_are_read_in_every_shape() {
        let expected = ["7 High Street", "YO1 7AB York", "United Kingdom"];
        for shape in [
            json!("7 High Street\nYO1 7AB York\n\nUnited Kingdom"),
            json!("7 High Street, YO1 7AB York, United Kingdom"),
            json!(["7 High Street", "YO1 7AB York", "United Kingdom"]),
            json!({"street": "7 High Street", "city": "York", "postcode": "YO1 7AB", "country": "United Kingdom"}),
        ] {
            assert_eq!(address(&shape), expected, "{shape}");
        }
        assert!(address(&json!(5)).is_empty());
    }
}
