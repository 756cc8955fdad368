//! What metadata may hold: any JSON object that both databases and every reader can keep.

use crate::http::Problem;
use crate::http::body::Object;

/// The largest metadata, in bytes of its text.
const METADATA_BYTES: usize = 16 * 1024;

/// How deep metadata may nest.
const METADATA_DEPTH: usize = 32;

/// The text to store: as it was sent, without white space.
///
/// # Errors
/// 400 for what is too large or too deep, or what some reader could not take back.
pub(super) fn judged(object: Object) -> Result<String, Problem> {
    let text = object.0;
    if text.len() > METADATA_BYTES {
        return Err(Problem::bad_request(format!("metadata must be at most {METADATA_BYTES} bytes of JSON")));
    }
    if depth(&text) > METADATA_DEPTH {
        return Err(Problem::bad_request(format!("metadata must nest at most {METADATA_DEPTH} levels deep")));
    }
    if !numbers_are_finite(&text) {
        return Err(Problem::bad_request(
            "metadata must not contain numbers beyond 1.7e308; send them as strings",
        ));
    }
    if !escapes_are_characters(&text) {
        return Err(Problem::bad_request(
            "metadata must not contain the character NUL or half a surrogate pair",
        ));
    }
    Ok(text)
}

/// Whether every number of valid JSON is one that readers can hold: many read nothing of a text with 1e400 in it.
fn numbers_are_finite(json: &str) -> bool {
    let mut rest = json;
    while !rest.is_empty() {
        let (bare, string) = rest.split_once('"').unwrap_or((rest, ""));
        let mut words = bare.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')));
        let is_infinite = |word: &str| word.parse().is_ok_and(f64::is_infinite);
        // The only numbers that can be: those with an exponent, and those of more than three hundred digits.
        if words.any(|word| (word.len() > 300 || word.contains(['e', 'E'])) && is_infinite(word)) {
            return false;
        }
        rest = after_string(string);
    }
    true
}

/// What follows the string that has just begun.
fn after_string(json: &str) -> &str {
    let mut escaped = false;
    let end = json.bytes().position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    end.map_or("", |end| &json[end + 1..])
}

/// Whether every `\u` escape of valid JSON stands for a character that any reader can keep: neither NUL nor one half
/// of a surrogate pair.
fn escapes_are_characters(json: &str) -> bool {
    let mut rest = json;
    while let Some((_, escape)) = rest.split_once('\\') {
        rest = match code_unit(escape) {
            None => &escape[1..],
            Some(0 | 0xdc00..=0xdfff) => return false,
            Some(0xd800..=0xdbff) => match escape[5..].strip_prefix('\\') {
                Some(low) if code_unit(low).is_some_and(|unit| (0xdc00..=0xdfff).contains(&unit)) => {
                    &low[5..]
                }
                _ => return false,
            },
            Some(_) => &escape[5..],
        };
    }
    true
}

/// The number after a `u`.
fn code_unit(escape: &str) -> Option<u16> {
    u16::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok()
}

/// How deep valid JSON nests.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_bounded_and_kept_as_it_was_sent() {
        let judged = |text: &str| judged(Object(text.to_owned()));
        assert_eq!(
            judged(r#"{"n":1.10,"big":12345678901234567890123}"#).unwrap(),
            r#"{"n":1.10,"big":12345678901234567890123}"#
        );
        assert!(judged(&format!("{{\"a\":\"{}\"}}", "x".repeat(METADATA_BYTES))).is_err());
        assert!(judged(&format!("{}1{}", "{\"a\":".repeat(33), "}".repeat(33))).is_err());
        assert!(judged(&format!("{}1{}", "{\"a\":".repeat(32), "}".repeat(32))).is_ok());
        let digits = "9".repeat(400);
        for bad in ["1e400", "-1E+400", &digits, "[1,1e999]", "\"\\\"\",\"b\":1e400"] {
            assert!(judged(&format!(r#"{{"a":{bad}}}"#)).is_err(), "{bad}");
        }
        for good in ["1e308", "1e-400", "true", "\"1e400\"", "\"\\\",1e400,\""] {
            assert!(judged(&format!(r#"{{"a":{good}}}"#)).is_ok(), "{good}");
        }
        for bad in
            [r"\u0000", r"\u00e9\u0000", r"\ud800", r"\udc00", r"\ud800x", r"\ud83d\n", r"\ud83d\ud83d\ude00"]
        {
            assert!(judged(&format!(r#"{{"a":"{bad}"}}"#)).is_err(), "{bad}");
            assert!(judged(&format!(r#"{{"{bad}":[1]}}"#)).is_err(), "{bad}");
        }
        for good in [r"\\u0000", r"\u0001", r"\ud83d\ude00", r"\u00e9\n\\", r"\\\\ud800"] {
            assert!(judged(&format!(r#"{{"a":"{good}"}}"#)).is_ok(), "{good}");
        }
    }
}
