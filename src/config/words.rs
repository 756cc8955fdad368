//! Small grammars of the file: public address, origin, notification type, expiry, digest.

use crate::clock::Instant;

/// What `public_url` must be, to complete a sentence.
pub(super) const EXPECTED_PUBLIC_URL: &str =
    "an address that people can open, for example https://notify.example.com, with neither ? nor #";

/// The longest name of a notification type, in characters.
const LONGEST_TYPE: usize = 64;

/// The address without the slash at its end; `None` if it is no plain http(s) address.
pub(super) fn public_url(text: &str) -> Option<String> {
    let (_, authority, path) = split_url(text)?;
    let plain_path = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte));
    (is_authority(authority) && plain_path).then(|| text.trim_end_matches('/').to_owned())
}

/// Checks an origin as browsers send it; the error completes the sentence "… must be …".
pub(super) fn origin(text: &str) -> Result<(), String> {
    let expected =
        || "the origin of a page, scheme://host or scheme://host:port, for example https://crm.example.com";
    let exact = text.trim_end_matches('/').to_ascii_lowercase();
    let (scheme, authority, path) = split_url(&exact).ok_or_else(expected)?;
    if !path.is_empty() || !is_authority(authority) {
        return Err(expected().to_owned());
    }
    // Browsers leave the usual port out, so that with it nothing would ever match.
    let usual_port = if scheme == "https" { ":443" } else { ":80" };
    let exact = exact.strip_suffix(usual_port).unwrap_or(&exact);
    if exact != text {
        return Err(format!("exactly what browsers send, that is {exact}"));
    }
    Ok(())
}

/// Whether `text` can name a notification type: `provision_complete`.
pub(super) fn is_type_name(text: &str) -> bool {
    (1..=LONGEST_TYPE).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// An instant, or a day, which counts to its end in UTC.
pub(super) fn expiry(text: &str) -> Option<Instant> {
    if let Some(instant) = Instant::parse(text) {
        return Some(instant);
    }
    let day: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == "2027-12-31".len())?;
    let end = day.tomorrow().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Instant(end.timestamp().as_microsecond()))
}

/// A digest in hexadecimal; `None` if it has not 32 bytes.
pub(super) fn sha256(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(digest)
}

/// Scheme, authority and path of an http(s) address.
fn split_url(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    if scheme != "http" && scheme != "https" {
        return None;
    }
    let end = rest.find('/').unwrap_or(rest.len());
    Some((scheme, &rest[..end], &rest[end..]))
}

/// Whether `text` is a host, or a host and a port.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((ip, after)) => {
            if ip.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            ("ipv6", after)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let is_host =
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| {
            digits.bytes().all(|digit| digit.is_ascii_digit())
                && digits.parse::<u16>().is_ok_and(|port| port > 0)
        });
    is_host && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_exactly_as_browsers_send_it() {
        for text in
            ["https://crm.example.com", "http://localhost:3000", "http://[::1]:8080", "https://10.0.0.1"]
        {
            assert_eq!(origin(text), Ok(()), "{text}");
        }
        let corrected = [
            ("https://crm.example.com/", "https://crm.example.com"),
            ("https://CRM.example.com", "https://crm.example.com"),
            ("https://crm.example.com:443", "https://crm.example.com"),
            ("http://crm.example.com:80", "http://crm.example.com"),
        ];
        for (text, exact) in corrected {
            assert_eq!(origin(text), Err(format!("exactly what browsers send, that is {exact}")), "{text}");
        }
        for text in [
            "*",
            "null",
            "crm.example.com",
            "https://",
            "https://*.example.com",
            "https://a/b",
            "ftp://a",
            "https://a:0",
            "https://u@a",
        ] {
            assert!(origin(text).unwrap_err().starts_with("the origin of a page"), "{text}");
        }
    }

    #[test]
    fn a_public_address_loses_its_last_slash() {
        assert_eq!(public_url("https://a.example.com/").as_deref(), Some("https://a.example.com"));
        assert_eq!(public_url("http://[::1]:8080/belfry/").as_deref(), Some("http://[::1]:8080/belfry"));
        for text in [
            "",
            "a.example.com",
            "https://",
            "https:///x",
            "https://a b",
            "https://a/?x",
            "https://a/#x",
            "ftp://a",
        ] {
            assert_eq!(public_url(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_counts_to_its_end() {
        let cases = [
            ("2026-12-31", Some("2027-01-01T00:00:00Z")),
            ("2026-12-31T18:00:00+01:00", Some("2026-12-31T17:00:00Z")),
            ("2026-02-30", None),
            ("31.12.2026", None),
            ("2026-12-31T18:00:00", None),
            ("tomorrow", None),
        ];
        for (text, expected) in cases {
            assert_eq!(expiry(text).map(Instant::to_rfc3339).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_type_name_is_lower_snake() {
        for (text, good) in [
            ("a", true),
            ("sla_2_breached", true),
            ("", false),
            ("_a", false),
            ("2a", false),
            ("A", false),
            ("a-b", false),
        ] {
            assert_eq!(is_type_name(text), good, "{text}");
        }
        assert!(is_type_name(&"a".repeat(64)) && !is_type_name(&"a".repeat(65)));
    }
}
