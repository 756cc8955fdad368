//! How many opening hours there are to answer a ticket: the most specific of five levels that says so.
//!
//! | level | name                | where it is said                                                     |
//! |-------|---------------------|----------------------------------------------------------------------|
//! | 5     | `email`             | Helpdesk Settings, for the ticket's support e-mail address            |
//! | 4     | `contract_severity` | the ticket's contract, for its severity                               |
//! | 3     | `contract`          | the ticket's contract                                                 |
//! | 2     | `severity`          | Helpdesk Settings, for its severity                                   |
//! | 1     | `default`           | Helpdesk Settings                                                     |
//!
//! What is blank, 0, no number, or said nowhere since nothing is linked, falls through to the next lower level.

use std::time::Duration;

use serde_json::Value;

use super::settings::HelpdeskSettings;
use crate::record::Record;

/// The longest response time, in hours.
pub(super) const LONGEST: f64 = 10_000.0;

/// How many opening hours there are, and who says so.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Level {
    pub kind: Kind,
    /// More than 0, at most [`LONGEST`].
    pub hours: f64,
}

/// Who says how many hours there are, in the order of the levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Default,
    Severity,
    Contract,
    ContractSeverity,
    Email,
}

impl Kind {
    /// From 1, the default, to 5.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Default => "default",
            Kind::Severity => "severity",
            Kind::Contract => "contract",
            Kind::ContractSeverity => "contract_severity",
            Kind::Email => "email",
        }
    }
}

impl Level {
    /// The level that counts for a ticket with this contract.
    pub fn of(ticket: &Record, contract: Option<&Record>, settings: &HelpdeskSettings) -> Self {
        let (severity, address) = (text(ticket, "severity"), text(ticket, "support_email"));
        let by_name = |hours: &super::settings::HoursBy, name: &Option<String>| {
            let name = name.as_deref()?;
            hours.iter().find(|(known, _)| same(known, name)).and_then(|(_, hours)| good(*hours))
        };
        let of_contract = |field: &str| contract.and_then(|contract| contract.fields.get(field));
        let levels = [
            (Kind::Email, by_name(&settings.email_hours, &address)),
            (Kind::ContractSeverity, member(of_contract("sla_severity_hours"), severity.as_deref())),
            (Kind::Contract, of_contract("sla_response_hours").and_then(number)),
            (Kind::Severity, by_name(&settings.severity_hours, &severity)),
            (Kind::Default, good(settings.default_response_hours)),
        ];
        let said = levels.into_iter().find_map(|(kind, hours)| Some(Self { kind, hours: hours? }));
        said.unwrap_or(Self {
            kind: Kind::Default,
            hours: HelpdeskSettings::default().default_response_hours,
        })
    }

    /// The open time that there is.
    pub fn response(&self) -> Duration {
        Duration::from_secs_f64(self.hours * 3600.0)
    }
}

/// Names are the same whatever their case and the spaces around them.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// What a field says in words: its text, or the whole number that it is; `None` where it is blank.
pub(in crate::trigger) fn text(record: &Record, field: &str) -> Option<String> {
    let said = match record.fields.get(field)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => match number.as_f64().filter(|number| number.fract() == 0.0) {
            Some(whole) => format!("{whole:.0}"),
            None => number.to_string(),
        },
        _ => return None,
    };
    (!said.is_empty()).then_some(said)
}

/// The hours for a severity in an object of hours by severity.
fn member(by_severity: Option<&Value>, severity: Option<&str>) -> Option<f64> {
    let (by_severity, severity) = (by_severity?.as_object()?, severity?);
    by_severity.iter().find(|(known, _)| same(known, severity)).and_then(|(_, hours)| number(hours))
}

/// Hours as a CRM has them: a number, or a text that is one.
fn number(value: &Value) -> Option<f64> {
    let hours = match value {
        Value::String(text) => text.trim().parse().ok()?,
        value => value.as_f64()?,
    };
    good(hours)
}

fn good(hours: f64) -> Option<f64> {
    (hours.is_finite() && hours > 0.0).then_some(hours.min(LONGEST))
}
