//! Query strings that cannot be read: what is said of them.

use super::{nearest, shortened};
use crate::http::Problem;

/// 400 for a query string that cannot be read, from axum's account of it.
pub fn bad_query(account: &str) -> Problem {
    let text = account.split_once(": ").map_or(account, |(_, rest)| rest);
    let inner = text.split_once("unknown field `").map(|(_, rest)| rest);
    if let Some(name) = inner.and_then(|rest| rest.split('`').next()).map(shortened) {
        let known = text.rsplit("expected").next().unwrap_or_default().split('`').skip(1).step_by(2);
        return Problem::bad_request(match nearest(&name, known) {
            Some(nearest) => format!("Unknown query parameter \"{name}\"; did you mean \"{nearest}\"?"),
            None => format!("Unknown query parameter \"{name}\"; leave it out"),
        });
    }
    let said = bad_value(text).unwrap_or_else(|| format!("The query string is not understood: {text}"));
    Problem::bad_request(said)
}

/// What to write instead, where an account is one of a single parameter: `limit: invalid digit found in string`.
fn bad_value(account: &str) -> Option<String> {
    let between = |marker: &str| account.strip_prefix(marker)?.split('`').next().map(shortened);
    if let Some(name) = between("duplicate field `") {
        return Some(format!("{name} is given twice; give it once"));
    }
    if let Some(name) = between("missing field `") {
        return Some(format!("{name} is required"));
    }
    let (name, said) = account.split_once(": ")?;
    let wanted = match said {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "must be a whole number, in digits only"
        }
        "number too large to fit in target type" => "is too large; write a smaller whole number",
        "number too small to fit in target type" => "is too small; write a larger whole number",
        "provided string was not `true` or `false`" => "must be true or false",
        _ => return None,
    };
    Some(format!("{} {wanted}", shortened(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_told_what_to_write() {
        let failed = "Failed to deserialize query string: ";
        for (account, said) in [
            ("limit: invalid digit found in string", "limit must be a whole number, in digits only"),
            ("limit: cannot parse integer from empty string", "limit must be a whole number, in digits only"),
            (
                "limit: number too large to fit in target type",
                "limit is too large; write a smaller whole number",
            ),
            (
                "limit: number too small to fit in target type",
                "limit is too small; write a larger whole number",
            ),
            ("unread: provided string was not `true` or `false`", "unread must be true or false"),
            ("duplicate field `limit`", "limit is given twice; give it once"),
            ("missing field `module`", "module is required"),
            (
                "unknown field `limti`, expected one of `limit`, `cursor`",
                "Unknown query parameter \"limti\"; did you mean \"limit\"?",
            ),
            ("something else", "The query string is not understood: something else"),
        ] {
            assert_eq!(bad_query(&format!("{failed}{account}")).reason, said, "{account}");
        }
    }
}
