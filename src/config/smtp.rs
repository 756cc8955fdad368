//! `smtp`: the server that takes our e-mail, and whom it comes from.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::error::Problems;
use super::read::{LONGEST_TRY, path, set};
use super::section::Section;
use super::tree::{Node, Value};

const SECOND: Duration = Duration::from_secs(1);

/// The port at which mail is handed in, encrypted after STARTTLS.
const SUBMISSION_PORT: u16 = 587;
/// The port at which mail servers talk to each other; where nothing is encrypted, that is what is meant.
const RELAY_PORT: u16 = 25;
/// The port at which the connection is encrypted from its first byte.
const IMPLICIT_TLS_PORT: u16 = 465;

/// The longest address that SMTP carries, in bytes (RFC 5321, 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;
const LONGEST_NAME: usize = 100;

/// The mail server. `Debug` hides the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// A name or an address, without brackets.
    pub host: String,
    /// 587 where the file says nothing; 25 if it says `tls: plain`.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub tls: SmtpTls,
    /// With what to sign in; `None` where the server wants nothing.
    pub login: Option<SmtpLogin>,
    /// Whom messages come from.
    pub from: Mailbox,
    /// A PEM file with further certificate authorities, for a server with a private one.
    pub ca_file: Option<PathBuf>,
    /// The most connections at a time; at least 1.
    pub connections: u32,
    /// How long one message may take in all, connecting included; from a second to 30.
    pub timeout: Duration,
}

/// Whether the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// Encrypted or not at all: from the first byte at port 465, after STARTTLS elsewhere.
    Required,
    /// Never encrypted.
    Plain,
}

/// A name and a password. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpLogin {
    /// Who signs in.
    pub username: String,
    /// The password itself: not to be logged or shown.
    pub password: String,
}

/// One mailbox: `CRM <crm@example.com>`. Neither part holds a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// What people see; may be empty, never holds `"`, `\`, `<` or `>`.
    pub name: String,
    /// `local@domain`, in ASCII.
    pub address: String,
}

impl Smtp {
    /// Whether encryption begins with the first byte, and not by STARTTLS.
    pub fn is_implicit_tls(&self) -> bool {
        self.tls == SmtpTls::Required && self.port == IMPLICIT_TLS_PORT
    }

    /// Whether the password crosses a network for everybody on it to read.
    pub(super) fn is_password_bare(&self) -> bool {
        let is_local =
            self.host == "localhost" || self.host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        self.login.is_some() && self.tls == SmtpTls::Plain && !is_local
    }

    /// One setting a line, as `belfry check` shows them.
    pub(super) fn describe(&self) -> Vec<String> {
        let tls = match self.tls {
            SmtpTls::Plain => "plain",
            SmtpTls::Required if self.is_implicit_tls() => "required (from the first byte)",
            SmtpTls::Required => "required (STARTTLS)",
        };
        let (username, password) = match &self.login {
            Some(login) => (login.username.as_str(), "hidden"),
            None => ("none", "none"),
        };
        let ca_file = self.ca_file.as_ref().map_or("none".to_owned(), |file| file.display().to_string());
        vec![
            format!("smtp.host: {}", self.host),
            format!("smtp.port: {}", self.port),
            format!("smtp.tls: {tls}"),
            format!("smtp.username: {username}"),
            format!("smtp.password: {password}"),
            format!("smtp.from: {}", self.from),
            format!("smtp.ca_file: {ca_file}"),
            format!("smtp.connections: {}", self.connections),
            format!("smtp.timeout: {}", humantime::format_duration(self.timeout)),
        ]
    }
}

impl fmt::Debug for SmtpLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpLogin").field("username", &self.username).finish_non_exhaustive()
    }
}

impl Mailbox {
    /// Reads one mailbox; `None` if it is none, or several.
    pub fn parse(text: &str) -> Option<Mailbox> {
        let text = text.trim_matches(' ');
        let Some(open) = text.find('<') else {
            return is_address(text).then(|| Mailbox { name: String::new(), address: text.to_owned() });
        };
        let address = text[open..].strip_prefix('<')?.strip_suffix('>')?;
        let name = text[..open].trim_matches(' ');
        let name = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(name);
        let is_name = name.chars().count() <= LONGEST_NAME
            && !name.contains(|next: char| next.is_control() || "\"\\<>".contains(next));
        (is_name && is_address(address))
            .then(|| Mailbox { name: name.to_owned(), address: address.to_owned() })
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return f.write_str(&self.address);
        }
        write!(f, "\"{}\" <{}>", self.name, self.address)
    }
}

/// Whether `text` is `local@domain` with neither quotes nor comments: what every mail server understands.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte))
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= LONGEST_ADDRESS && local.split('.').all(is_word) && domain.split('.').all(is_label)
}

/// Reads `smtp`; `None` if there is no such section.
pub(super) fn read(node: Option<Node>, problems: &Problems) -> Option<Smtp> {
    let node = node?;
    let place = node.place;
    let is_section = matches!(node.value, Value::Map(_));
    let mut section = Section::new(node, "smtp.", problems);
    let expected_host = "the name or the address of the mail server, for example mail.example.com";
    let has_host = section.place("host").is_some();
    let host = section.text("host", expected_host, host);
    let tls = section.text("tls", "required or plain", |text| match text {
        "required" => Some(SmtpTls::Required),
        "plain" => Some(SmtpTls::Plain),
        _ => None,
    });
    let tls = tls.unwrap_or(SmtpTls::Required);
    let usual_port = if tls == SmtpTls::Plain { RELAY_PORT } else { SUBMISSION_PORT };
    let port = section.number("port", 1..=65_535).unwrap_or(usual_port);
    let login = login(&mut section);
    let has_from = section.place("from").is_some();
    let expected_from = "one mailbox, for example \"CRM <crm@example.com>\"";
    let from = section.text("from", expected_from, Mailbox::parse);
    let ca_file = section.text("ca_file", "a file, for example ./mail-ca.pem", path);
    let (mut connections, mut timeout) = (4, 30 * SECOND);
    set(&mut connections, section.number("connections", 1..=100));
    set(&mut timeout, section.duration("timeout", SECOND, LONGEST_TRY));
    section.finish();
    if is_section && !has_host {
        problems.add(place, "smtp needs the mail server, for example host: mail.example.com");
    } else if is_section && !has_from {
        problems.add(place, "smtp needs a sender, for example from: \"CRM <crm@example.com>\"");
    }
    Some(Smtp { host: host?, port, tls, login, from: from?, ca_file, connections, timeout })
}

fn login(section: &mut Section) -> Option<SmtpLogin> {
    let line = |text: &str| {
        let is_line = !text.is_empty() && !text.contains(char::is_control);
        is_line.then(|| text.to_owned())
    };
    let (has_username, has_password) = (section.place("username"), section.place("password"));
    match (has_username, has_password) {
        (Some(place), None) => section.must_be(place, "username", "given together with smtp.password"),
        (None, Some(place)) => section.must_be(place, "password", "given together with smtp.username"),
        _ => {}
    }
    let username = section.text("username", "a text in one line, in quotes", line);
    let password =
        section.text("password", "a text in one line, in quotes, for example \"${SMTP_PASSWORD}\"", line);
    Some(SmtpLogin { username: username?, password: password? })
}

/// A name, or an address of either version.
fn host(text: &str) -> Option<String> {
    let is_name = text.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    });
    let is_host = is_name || text.parse::<std::net::Ipv6Addr>().is_ok();
    is_host.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_one_mailbox() {
        let good = [
            ("crm@example.com", "", "crm@example.com"),
            ("<crm@example.com>", "", "crm@example.com"),
            ("CRM <crm@example.com>", "CRM", "crm@example.com"),
            ("\"Müller, CRM\" <no-reply+x@mail.example.com>", "Müller, CRM", "no-reply+x@mail.example.com"),
            ("CRM <crm@localhost>", "CRM", "crm@localhost"),
        ];
        for (text, name, address) in good {
            let expected = Mailbox { name: name.to_owned(), address: address.to_owned() };
            assert_eq!(Mailbox::parse(text), Some(expected.clone()), "{text}");
            assert_eq!(Mailbox::parse(&expected.to_string()), Some(expected), "{text}");
        }
        for text in [
            "",
            "crm",
            "@example.com",
            "crm@",
            "crm@example.com, b@example.com",
            "CRM <crm@example.com>, <b@example.com>",
            "CRM <crm@example.com",
            "CRM crm@example.com",
            "CRM <crm@example.com> x",
            "CRM\r\nBcc: b@example.com <crm@example.com>",
            "crm@example.com\r\nBcc: b@example.com",
            "crm@example.com\n",
            "A\"B <crm@example.com>",
            "<a> <crm@example.com>",
            "c rm@example.com",
            "crm@exa mple.com",
            "crm@-example.com",
            "crm@example..com",
            "crm@exämple.com",
            "\u{0}<crm@example.com>",
        ] {
            assert_eq!(Mailbox::parse(text), None, "{text:?}");
        }
        assert_eq!(Mailbox::parse(&format!("{}@example.com", "a".repeat(250))), None);
    }

    #[test]
    fn debug_shows_no_password() {
        let login = SmtpLogin { username: "belfry".to_owned(), password: "hunter2".to_owned() };
        assert_eq!(format!("{login:?}"), "SmtpLogin { username: \"belfry\", .. }");
    }
}
