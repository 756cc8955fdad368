//! The headers of a CloudEvent in binary mode: `ce-type`, `ce-source` and the like, as the HTTP binding writes them.

use axum::http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};

use crate::http::Problem;

/// What the headers of an event begin with.
const PREFIX: &str = "ce-";

/// Whether headers tell of an event.
pub(super) fn are_there(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with(PREFIX))
}

/// The attributes that headers give, by their names.
///
/// # Errors
/// 400 for one that is given twice or cannot be read.
pub(super) fn of(headers: &HeaderMap) -> Result<Map<String, Value>, Problem> {
    let mut attributes = Map::new();
    for (header, value) in headers {
        let Some(name) = header.as_str().strip_prefix(PREFIX) else { continue };
        let value = decoded(value).ok_or_else(|| {
            Problem::bad_request(format!(
                "The header {header} cannot be read; percent-encode in UTF-8 what is not visible ASCII, and the % itself"
            ))
        })?;
        if attributes.insert(name.to_owned(), value.into()).is_some() {
            return Err(Problem::bad_request(format!("The header {header} is given twice; give it once")));
        }
    }
    Ok(attributes)
}

/// What of the headers makes this request another one than that with the same body.
pub(super) fn fingerprint(attributes: &Map<String, Value>) -> String {
    let mut all: Vec<String> = attributes.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    all.sort_unstable();
    all.concat()
}

/// Out of its quotes, if it stands in some, then percent-decoded once. `None` for what cannot be read.
fn decoded(value: &HeaderValue) -> Option<String> {
    let text = unquoted(value.to_str().ok()?.trim())?;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digit = |index: usize| char::from(*after.get(index)?).to_digit(16);
            bytes.push(u8::try_from(digit(0)? * 16 + digit(1)?).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Older senders quote: `"Some \"text\""`.
fn unquoted(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else { return Some(text.to_owned()) };
    let mut unquoted = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    loop {
        match characters.next()? {
            '\\' => unquoted.push(characters.next()?),
            '"' => return characters.next().is_none().then_some(unquoted),
            other => unquoted.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_unquoted_and_decoded_once() {
        for (sent, meant) in [
            ("1.0", Some("1.0")),
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", Some("Euro € 😀")),
            ("euro%20%e2%82%ac", Some("euro €")),
            ("100%25", Some("100%")),
            ("%2541", Some("%41")),
            ("a b", Some("a b")),
            ("\"a \\\"b\\\" \\\\c\"", Some("a \"b\" \\c")),
            ("\"Euro%20%E2%82%AC\"", Some("Euro €")),
            ("", Some("")),
            ("100%", None),
            ("%4", None),
            ("%zz", None),
            ("%+1", None),
            ("%C0%AF", None),
            ("%FF", None),
            ("\"open", None),
            ("\"a\"b", None),
            ("\"a\\", None),
        ] {
            assert_eq!(decoded(&HeaderValue::from_str(sent).unwrap()).as_deref(), meant, "{sent}");
        }
        assert_eq!(
            decoded(&HeaderValue::from_bytes("é".as_bytes()).unwrap()),
            None,
            "it is not percent-encoded"
        );
    }

    #[test]
    fn an_attribute_is_given_once() {
        let mut headers = HeaderMap::new();
        headers.insert("ce-type", HeaderValue::from_static("a"));
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        assert!(are_there(&headers));
        assert_eq!(Value::Object(of(&headers).unwrap()), serde_json::json!({"type": "a"}));
        headers.append("ce-type", HeaderValue::from_static("a"));
        assert_eq!(of(&headers).unwrap_err().reason, "The header ce-type is given twice; give it once");
        headers.remove("ce-type");
        assert!(!are_there(&headers));
    }
}
