//! `outbound`: where webhooks may lead, and how long they may take.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::error::Problems;
use super::read::{LONGEST_TRY, set};
use super::section::Section;
use super::tree::{Node, Value};
use super::{Cidr, read};

const SECOND: Duration = Duration::from_secs(1);

const EXPECTED_PORTS: &str = "a list of ports and ranges of ports, for example [443, 8000-9999]";

/// Where addresses that users and administrators entered may lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// Private ranges that may be called all the same, at any port.
    pub allow_cidrs: Vec<Cidr>,
    /// Ports that may be called at public addresses.
    pub ports: Vec<PortRange>,
    /// How long connecting and waiting for the head of the answer may take; from a second to 30.
    pub connect_timeout: Duration,
    /// How long a call may take in all; from a second to 30.
    pub timeout: Duration,
    /// Plain webhooks to one target a second; 0 = no limit.
    pub webhook_per_second: u32,
}

/// Ports that follow each other: `443`, `8000-9999`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The first port.
    pub first: u16,
    /// The last port, itself included.
    pub last: u16,
}

impl Default for Outbound {
    fn default() -> Outbound {
        Outbound {
            allow_cidrs: Vec::new(),
            ports: vec![PortRange::one(80), PortRange::one(443), PortRange { first: 8_000, last: 9_999 }],
            connect_timeout: 10 * SECOND,
            timeout: 30 * SECOND,
            webhook_per_second: 50,
        }
    }
}

impl Outbound {
    /// Whether the operator allowed this very address.
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.allow_cidrs.iter().any(|range| range.contains(ip))
    }

    /// Whether `port` may be called at a public address.
    pub fn allows_port(&self, port: u16) -> bool {
        self.ports.iter().any(|range| (range.first..=range.last).contains(&port))
    }

    /// One setting a line, as `belfry check` shows them.
    pub(super) fn describe(&self) -> Vec<String> {
        let per_second = match self.webhook_per_second {
            0 => "0 (no limit)".to_owned(),
            count => count.to_string(),
        };
        vec![
            format!("outbound.allow_cidrs: {}", super::describe::list(&self.allow_cidrs)),
            format!("outbound.ports: {}", super::describe::list(&self.ports)),
            format!("outbound.connect_timeout: {}", humantime::format_duration(self.connect_timeout)),
            format!("outbound.timeout: {}", humantime::format_duration(self.timeout)),
            format!("outbound.webhook_per_second: {per_second}"),
        ]
    }
}

impl PortRange {
    /// A single port.
    pub fn one(port: u16) -> PortRange {
        PortRange { first: port, last: port }
    }

    /// Reads `443` or `8000-9999`.
    fn parse(text: &str) -> Option<PortRange> {
        let port = |digits: &str| {
            let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
            digits.parse().ok().filter(|port: &u16| is_number && *port > 0)
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = PortRange { first: port(first)?, last: port(last)? };
        (range.first <= range.last).then_some(range)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

/// Reads `outbound` over the defaults.
pub(super) fn read(mut section: Section, outbound: &mut Outbound, problems: &Problems) {
    outbound.allow_cidrs = read::ranges(&mut section, "allow_cidrs");
    if let Some(node) = section.take("ports") {
        outbound.ports = ports(node, problems);
    }
    set(&mut outbound.connect_timeout, section.duration("connect_timeout", SECOND, LONGEST_TRY));
    set(&mut outbound.timeout, section.duration("timeout", SECOND, LONGEST_TRY));
    set(&mut outbound.webhook_per_second, section.number("webhook_per_second", 0..=1_000_000));
    section.finish();
}

fn ports(node: Node, problems: &Problems) -> Vec<PortRange> {
    let wrong = |place| problems.add(place, format!("outbound.ports must be {EXPECTED_PORTS}"));
    let Value::List(items) = node.value else {
        wrong(node.place);
        return Vec::new();
    };
    let mut ports = Vec::new();
    for item in items {
        let range = match &item.value {
            Value::Whole(port) => PortRange::parse(&port.to_string()),
            Value::Text(text) => PortRange::parse(&text.text),
            _ => None,
        };
        match range {
            Some(range) => ports.push(range),
            None => wrong(item.place),
        }
    }
    ports
}
