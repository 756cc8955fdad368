//! What the fields of a user may hold, in code and, word for word, in the OpenAPI document.

use jiff::tz::TimeZoneDatabase;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::auth::Refusal;
use crate::http::body::nearest;

/// The longest e-mail address (RFC 5321). Its parts have no limits of their own: those 64 octets of a mailbox are what
/// every server must take at least, and a pattern could not say them.
const LONGEST_EMAIL: usize = 254;

/// The longest name of a person or a group, in characters.
const LONGEST_NAME: usize = 200;

/// The time zone of whoever said nothing.
pub const USUAL_TIME_ZONE: &str = "UTC";

/// The language of whoever said nothing.
pub const USUAL_LANGUAGE: &str = "en";

/// An e-mail address: plausible, and free of what would be dangerous in the header of a message.
///
/// # Errors
/// Anything else.
pub fn email(text: &str) -> Result<(), Refusal> {
    if is_email(text) {
        return Ok(());
    }
    Err(Refusal::invalid("email must be an e-mail address such as ann@example.com, in ASCII"))
}

fn is_email(text: &str) -> bool {
    let Some((mailbox, domain)) = text.split_once('@') else {
        return false;
    };
    let is_atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&c);
    let is_label = |label: &str| {
        let inner = label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= LONGEST_EMAIL
        && mailbox.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
        && domain.split('.').all(is_label)
}

/// A name: one line of 1 to 200 characters that is not all blank.
///
/// # Errors
/// Anything else.
pub fn name(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid("name is required"));
    }
    if text.chars().count() > LONGEST_NAME || text.contains(char::is_control) {
        return Err(Refusal::invalid(format!(
            "name must be at most {LONGEST_NAME} characters long, in one line"
        )));
    }
    Ok(())
}

/// The name of a time zone of the IANA database, as it is spelled there.
///
/// # Errors
/// A name that is not in it.
pub fn time_zone(text: &str) -> Result<String, Refusal> {
    let zone = TimeZoneDatabase::bundled().get(text).ok().filter(|_| !text.contains('\0'));
    match zone.as_ref().and_then(|zone| zone.iana_name()) {
        Some(name) => Ok(name.to_owned()),
        None => Err(Refusal::invalid(unknown_zone(text))),
    }
}

fn unknown_zone(text: &str) -> String {
    let zones = zone_names();
    match nearest(text, zones.iter().map(String::as_str)) {
        Some(nearest) => format!("time_zone is not known; did you mean \"{nearest}\"?"),
        None => "time_zone must be a name of the IANA database, such as Europe/London".to_owned(),
    }
}

fn zone_names() -> Vec<String> {
    let zones = TimeZoneDatabase::bundled();
    let mut names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
    names.sort_unstable();
    names
}

/// A language tag as BCP 47 writes it: `en`, `pt-BR`, `zh-Hant-TW`.
///
/// # Errors
/// Anything else.
pub fn language(text: &str) -> Result<(), Refusal> {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    let rest: Vec<_> = parts.collect();
    let is_primary = (2..=3).contains(&primary.len()) && primary.bytes().all(|c| c.is_ascii_alphabetic());
    let is_part =
        |part: &&str| (2..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric());
    if is_primary && rest.len() <= 3 && rest.iter().all(is_part) {
        return Ok(());
    }
    Err(Refusal::invalid("language must be a language tag such as en or pt-BR"))
}

macro_rules! text_schema {
    ($(#[$doc:meta])* $name:ident, $least:literal to $most:literal, $pattern:literal) => {
        $(#[$doc])*
        pub(super) struct $name;

        impl $name {
            const PATTERN: &str = $pattern;
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some($least))
                    .max_length(Some($most))
                    .pattern(Some(Self::PATTERN))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

text_schema! {
    /// Stands for an e-mail address in the document.
    Email, 3 to 254,
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
}
text_schema! {
    /// Stands for a name in the document.
    Name, 1 to 200, r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
}
text_schema! {
    /// Stands for a password in the document.
    Password, 8 to 1024, r"^[^\x00]*$"
}
text_schema! {
    /// Stands for a language tag in the document.
    Language, 2 to 30, r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
}

/// Stands for the name of a time zone in the document.
pub(super) struct TimeZone;

impl PartialSchema for TimeZone {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(zone_names())).into()
    }
}

impl ToSchema for TimeZone {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::string::string_regex;

    use super::*;

    #[test]
    fn an_email_is_plausible_and_harmless() {
        for good in
            ["a@b", "ann@example.com", "ann.o'neil+crm@mail.example.co.uk", "A_B@xn--bcher-kva.example"]
        {
            assert!(email(good).is_ok(), "{good}");
        }
        let longer = format!("a@{}.com", "b".repeat(250));
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a",
            "a@b@c",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a@b.",
            "a@-b",
            "a b@c",
            "a@b\n",
            "a\0@b",
            "a@b\r\nBcc: c@d",
            "\"a\"@b",
            "<a@b>",
            "a@b,c@d",
            "ü@b",
            &longer,
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn time_zones_are_those_of_the_database_in_its_spelling() {
        assert_eq!(time_zone("europe/london").unwrap(), "Europe/London");
        assert_eq!(time_zone("UTC").unwrap(), "UTC");
        let told = time_zone("Europe/Londn").unwrap_err().to_string();
        assert_eq!(told, "time_zone is not known; did you mean \"Europe/London\"?");
        for bad in ["", "x", "../etc/passwd", "+01:00", "Europe/London\0"] {
            assert!(time_zone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_time_zone_of_the_document_is_taken() {
        let names = zone_names();
        assert!(names.len() > 400);
        for name in names {
            assert_eq!(time_zone(&name).unwrap(), name);
        }
    }

    #[test]
    fn languages_are_tags() {
        for (tag, good) in [
            ("en", true),
            ("pt-BR", true),
            ("zh-Hant-TW", true),
            ("", false),
            ("e", false),
            ("en_GB", false),
            ("en-", false),
            ("english", false),
        ] {
            assert_eq!(language(tag).is_ok(), good, "{tag}");
        }
    }

    /// Texts of a pattern, whose anchors the generator does not know.
    fn matching(pattern: &str) -> impl Strategy<Value = String> {
        string_regex(pattern.trim_start_matches('^').trim_end_matches('$')).unwrap()
    }

    proptest! {
        #[test]
        fn what_the_document_admits_is_taken(
            address in matching(Email::PATTERN),
            words in matching(Name::PATTERN),
            tag in matching(Language::PATTERN),
        ) {
            if address.len() <= LONGEST_EMAIL {
                prop_assert!(email(&address).is_ok(), "{:?}", address);
            }
            if words.chars().count() <= LONGEST_NAME {
                prop_assert!(name(&words).is_ok(), "{:?}", words);
            }
            prop_assert!(language(&tag).is_ok(), "{:?}", tag);
        }
    }
}
