//! API keys in the file: a mapping of key to what it may do, as OmniCRM writes it, or a list that may hold digests.

use std::fmt;

use crate::clock::Instant;
use crate::secret;

use super::error::{Place, Problems};
use super::section::{Section, harmless, nearest};
use super::tree::{Key, Node, Text, Value};
use super::words;

/// The roles there are.
pub const ROLES: [&str; 4] = ["admin", "support", "finance", "customer"];

/// The key that OmniCRM's documentation prints; everybody knows it.
pub const PLACEHOLDER_KEY: &str = "your-secure-api-key-minimum-32-characters";

/// The shortest key that is accepted, in characters.
const SHORTEST_KEY: usize = 32;
const LONGEST_DESCRIPTION: usize = 200;

/// An API key as the server knows it: never the key itself. `Debug` hides the digest too.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfiguredKey {
    /// The SHA-256 of the key.
    pub sha256: [u8; 32],
    /// What the logs call the key; `API key 1` where the file says nothing.
    pub description: String,
    /// What the key may do beside sending; among [`ROLES`], each once.
    pub roles: Vec<String>,
    /// From when on the key is refused.
    pub expires: Option<Instant>,
}

impl ConfiguredKey {
    /// A key that never expires, for a server that needs no file.
    pub fn new(key: &str, description: &str, roles: &[&str]) -> ConfiguredKey {
        ConfiguredKey {
            sha256: secret::sha256(key.as_bytes()),
            description: description.to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            expires: None,
        }
    }

    /// Whether this is the key that OmniCRM's documentation prints.
    pub fn is_placeholder(&self) -> bool {
        self.sha256 == secret::sha256(PLACEHOLDER_KEY.as_bytes())
    }
}

impl fmt::Debug for ConfiguredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredKey")
            .field("description", &self.description)
            .field("roles", &self.roles)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// A key as the file holds it.
enum Written {
    Plain(String),
    Digest([u8; 32]),
}

/// Reads `api_keys` in either form.
pub(super) fn read(node: Option<Node>, problems: &Problems) -> Vec<ConfiguredKey> {
    let Some(node) = node else {
        return Vec::new();
    };
    let mut keys: Vec<(Place, ConfiguredKey)> = Vec::new();
    let read: Vec<_> = match node.value {
        Value::Map(entries) => {
            let numbered = entries.into_iter().enumerate();
            numbered.filter_map(|(index, (key, node))| from_mapping(index + 1, key, node, problems)).collect()
        }
        Value::List(items) => {
            let numbered = items.into_iter().enumerate();
            numbered.filter_map(|(index, node)| from_list(index + 1, node, problems)).collect()
        }
        _ => {
            problems.add(
                node.place,
                "api_keys must be keys with roles and description indented below them, or a list",
            );
            Vec::new()
        }
    };
    for (place, key) in read {
        match keys.iter().find(|(_, other)| other.sha256 == key.sha256) {
            Some((first, _)) => {
                let line = first.line;
                problems.add(
                    place,
                    format!("this API key is written twice; remove this one or the one in line {line}"),
                );
            }
            None => keys.push((place, key)),
        }
    }
    keys.into_iter().map(|(_, key)| key).collect()
}

fn from_mapping(number: usize, key: Key, node: Node, problems: &Problems) -> Option<(Place, ConfiguredKey)> {
    if !matches!(node.value, Value::Map(_) | Value::Nothing) {
        problems.add(node.place, "an API key must have roles and description indented below it");
        return None;
    }
    let section = Section::new(node, &prefix(number), problems);
    finish(number, key.place, Some(Written::Plain(key.name.text)), section, problems)
}

fn from_list(number: usize, node: Node, problems: &Problems) -> Option<(Place, ConfiguredKey)> {
    let place = node.place;
    if !matches!(node.value, Value::Map(_)) {
        problems.add(place, "each item of api_keys must have key or key_sha256, and roles and description");
        return None;
    }
    let mut section = Section::new(node, &prefix(number), problems);
    let (plain, digest) = (section.take("key"), section.take("key_sha256"));
    let written = match (plain, digest) {
        (Some(Node { value: Value::Text(Text { text, .. }), .. }), None) => Some(Written::Plain(text)),
        (Some(node), None) => {
            section.must_be(node.place, "key", "a text; put it in quotes");
            None
        }
        (None, Some(node)) => {
            let digest = match &node.value {
                Value::Text(Text { text, .. }) => words::sha256(text).map(Written::Digest),
                _ => None,
            };
            if digest.is_none() {
                section.must_be(
                    node.place,
                    "key_sha256",
                    "the SHA-256 of the key in 64 hexadecimal digits, in quotes",
                );
            }
            digest
        }
        _ => {
            problems.add(place, "each item of api_keys must have one of key and key_sha256");
            None
        }
    };
    finish(number, place, written, section, problems)
}

/// What messages call the section of a key: by its number, since its name is the key.
fn prefix(number: usize) -> String {
    format!("api_keys[{number}].")
}

fn finish(
    number: usize,
    place: Place,
    written: Option<Written>,
    mut section: Section,
    problems: &Problems,
) -> Option<(Place, ConfiguredKey)> {
    let description =
        section.text("description", "a text of 1 to 200 characters in one line, in quotes", |text| {
            let good =
                (1..=LONGEST_DESCRIPTION).contains(&text.chars().count()) && !text.contains(char::is_control);
            good.then(|| text.to_owned())
        });
    let roles = roles(&mut section, problems);
    let expires = section.text(
        "expires",
        "a day or an instant, for example 2027-12-31 or 2027-12-31T18:00:00Z",
        words::expiry,
    );
    section.finish();

    let sha256 = match written? {
        Written::Digest(digest) => digest,
        Written::Plain(key) => {
            let name = match &description {
                Some(description) if *description != key => {
                    format!("the API key described as \"{description}\"")
                }
                _ => format!("API key {number}"),
            };
            if let Some(flaw) = flaw(&key) {
                problems.add(place, format!("{name} {flaw}"));
                return None;
            }
            secret::sha256(key.as_bytes())
        }
    };
    let description = description.unwrap_or_else(|| format!("API key {number}"));
    Some((place, ConfiguredKey { sha256, description, roles, expires }))
}

/// Why a key cannot be used, and what to do.
fn flaw(key: &str) -> Option<&'static str> {
    if key.chars().count() < SHORTEST_KEY {
        return Some(
            "has fewer than 32 characters; make a longer one, for example with: openssl rand -hex 24",
        );
    }
    let fits_a_header = key.bytes().all(|byte| byte.is_ascii_graphic());
    (!fits_a_header)
        .then_some("holds a space or a letter beyond ASCII; use letters, digits and punctuation only")
}

fn roles(section: &mut Section, problems: &Problems) -> Vec<String> {
    let mut roles: Vec<String> = Vec::new();
    for (place, role) in section.texts("roles", "admin") {
        if !ROLES.contains(&role.as_str()) {
            let hint = match nearest(&role, &ROLES) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("roles are {}", ROLES.join(", ")),
            };
            let role = harmless(&role).map_or(String::new(), |role| format!(" \"{role}\""));
            problems.add(place, format!("unknown role{role}; {hint}"));
        } else if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_digest() {
        let shown = format!("{:?}", ConfiguredKey::new(PLACEHOLDER_KEY, "Provisioning", &["admin"]));
        assert_eq!(
            shown,
            "ConfiguredKey { description: \"Provisioning\", roles: [\"admin\"], expires: None, .. }"
        );
    }
}
