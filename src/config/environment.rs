//! `${NAME}` and `${NAME:-default}` in any text of the file, keys included; `$${` stands for `${` itself.
//!
//! Done here and not by the YAML library, which would leave keys and quoted texts as they are.

use super::error::{Place, Problems};
use super::tree::{Key, Node, Text, Value};

/// Asks for an environment variable.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The tree with every variable replaced by what it holds.
pub(super) fn expand(node: Node, lookup: Lookup, problems: &Problems) -> Node {
    let place = node.place;
    let value = match node.value {
        Value::Text(text) => Value::Text(expand_text(text, place, lookup, problems)),
        Value::List(items) => {
            Value::List(items.into_iter().map(|item| expand(item, lookup, problems)).collect())
        }
        Value::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, node)| {
                    let name = expand_text(key.name, key.place, lookup, problems);
                    (Key { place: key.place, name }, expand(node, lookup, problems))
                })
                .collect(),
        ),
        other => other,
    };
    Node { place, value }
}

fn expand_text(text: Text, place: Place, lookup: Lookup, problems: &Problems) -> Text {
    if !text.text.contains("${") {
        return text;
    }
    match replace(&text.text, lookup) {
        Ok((text, from_environment)) => Text { text, from_environment },
        Err(sentence) => {
            problems.add(place, sentence);
            text
        }
    }
}

/// The text with its variables replaced, and whether it had any.
fn replace(text: &str, lookup: Lookup) -> Result<(String, bool), String> {
    let mut result = String::new();
    let mut replaced = false;
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if let Some(before) = rest[..start].strip_suffix('$') {
            result.push_str(before);
            result.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        result.push_str(&rest[..start]);
        let (inside, after) = rest[start + 2..].split_once('}').ok_or_else(malformed)?;
        result.push_str(&variable(inside, lookup)?);
        replaced = true;
        rest = after;
    }
    result.push_str(rest);
    Ok((result, replaced))
}

fn variable(inside: &str, lookup: Lookup) -> Result<String, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !starts_well || !name.chars().all(|next| next.is_ascii_alphanumeric() || next == '_') {
        return Err(malformed());
    }
    match (lookup(name), default) {
        (Some(value), None) => Ok(value),
        // As in a shell, `:-` also stands in for a variable that is empty.
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => {
            Err(format!("the environment variable {name} is not set; set it, or write ${{{name}:-default}}"))
        }
    }
}

fn malformed() -> String {
    "${ begins an environment variable, as in ${NAME} or ${NAME:-default}; write $${ for the characters themselves"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_as_a_shell_would() {
        let lookup = |name: &str| match name {
            "HOST" => Some("db.example.com".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let cases = [
            ("plain", Some("plain")),
            ("x${HOST}y", Some("xdb.example.comy")),
            ("${HOST}${HOST}", Some("db.example.comdb.example.com")),
            ("${EMPTY}", Some("")),
            ("${EMPTY:-full}", Some("full")),
            ("${GONE:-}", Some("")),
            ("${GONE:-a:-b}", Some("a:-b")),
            ("$${HOST}", Some("${HOST}")),
            ("$HOST costs 5$", Some("$HOST costs 5$")),
            ("${GONE}", None),
            ("${HOST", None),
            ("${}", None),
            ("${1A}", None),
        ];
        for (text, expected) in cases {
            let result = replace(text, &lookup).ok().map(|(text, _)| text);
            assert_eq!(result.as_deref(), expected, "{text}");
        }
    }
}
