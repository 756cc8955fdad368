//! An address as a person entered it, checked by everything that needs no network.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;
use url::{Host, Url};

/// The longest address, in characters; those of Power Automate have about 350.
const LONGEST: usize = 2_048;

/// How many characters of an address are shown, so that its owner knows it again.
const SHOWN: usize = 4;

/// Shorter paths are no secret, and four characters of one would be most of it.
const SHORTEST_SECRET: usize = 12;

/// A checked address. What follows its host is a secret: `Debug` and [`Target::shown`] hide it.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    uri: Uri,
}

/// Why an address may not be called: one sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

impl Refused {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Refused(sentence.into())
    }
}

impl Target {
    /// Reads an address; it must be written as it will be called, so that nobody is misled about its host.
    pub fn parse(text: &str) -> Result<Target, Refused> {
        check_characters(text)?;
        let authority = authority_of(text)?;
        let url = Url::parse(text).map_err(|_| no_address())?;
        let host = url.host().ok_or_else(no_address)?;
        let (written_host, written_port) = split_port(authority);
        let canonical = url.host_str().unwrap_or_default();
        if !written_host.eq_ignore_ascii_case(canonical) {
            return Err(Refused(format!("write the host of the address as {canonical}")));
        }
        if let Host::Domain(name) = host {
            check_name(name)?;
        }
        let port = url.port_or_known_default().ok_or_else(no_address)?;
        if port == 0 || written_port.is_some_and(|digits| digits != port.to_string()) {
            return Err(Refused::new("write the port of the address as a number from 1 to 65535"));
        }
        if !text.is_ascii() {
            return Err(Refused::new(
                "write the address without letters beyond ASCII, as its service shows it",
            ));
        }
        let uri = as_uri(&url).ok_or_else(no_address)?;
        Ok(Target { url, uri })
    }

    /// A name in lower case, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.url.host_str().expect("parse demands a host")
    }

    /// The port, also where it is the usual one of the scheme.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().expect("http and https have a usual port")
    }

    /// The whole address, which is a secret.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Scheme, host and port, as browsers write them.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// The address as people may see it: `https://hooks.example.com/…x7Qz`.
    pub fn shown(&self) -> String {
        let secret = &self.url[url::Position::BeforePath..];
        let tail = if secret.len() < SHORTEST_SECRET { "" } else { &secret[secret.len() - SHOWN..] };
        format!("{}/…{tail}", self.origin())
    }

    /// The address that the host is, if it is no name.
    pub(super) fn address(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
            Host::Domain(_) => None,
        }
    }

    /// The address as the client takes it.
    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

fn no_address() -> Refused {
    Refused::new("enter an address such as https://hooks.example.com/path")
}

/// Refuses what readers of addresses disagree about, before any of them reads it.
fn check_characters(text: &str) -> Result<(), Refused> {
    let sentence = if text.is_empty() {
        return Err(no_address());
    } else if text.len() > LONGEST {
        "enter an address of at most 2048 characters"
    } else if text.contains(|next: char| next.is_control() || next.is_whitespace()) {
        "take the spaces and line breaks out of the address"
    } else if text.contains('\\') {
        "write / for \\ in the address"
    } else if text.contains('#') {
        "leave out # and what follows it in the address"
    } else {
        return Ok(());
    };
    Err(Refused::new(sentence))
}

/// Host and port as they are written.
fn authority_of(text: &str) -> Result<&str, Refused> {
    let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(Refused::new("begin the address with https:// or http://"));
    }
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    if authority.contains('@') {
        return Err(Refused::new("take what stands before @ out of the address"));
    }
    Ok(authority)
}

/// The host, and the port if a colon says that there is one.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let end_of_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    match authority[end_of_host..].find(':') {
        Some(colon) => (&authority[..end_of_host + colon], Some(&authority[end_of_host + colon + 1..])),
        None => (authority, None),
    }
}

/// Refuses names that resolvers read in ways of their own.
fn check_name(name: &str) -> Result<(), Refused> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if name.ends_with('.') {
        return Err(Refused::new("write the host of the address without the dot at its end"));
    }
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err(Refused::new("write the host of the address in letters, digits, dots and hyphens only"));
    }
    Ok(())
}

/// The address for the client; `None` if the two libraries read it differently.
fn as_uri(url: &Url) -> Option<Uri> {
    let uri: Uri = url.as_str().parse().ok()?;
    let is_same = uri.scheme_str() == Some(url.scheme())
        && uri.host() == url.host_str()
        && uri.port_u16() == url.port()
        && uri.path() == url.path()
        && uri.query() == url.query();
    is_same.then_some(uri)
}
