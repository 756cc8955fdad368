//! The administrator's settings of the helpdesk: response times, who stops the clock, and what customers are written.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::levels::{LONGEST, same};
use crate::notification::why::Setting;
use crate::settings::{Group, Reference};
use crate::user::fields;
use crate::user::listed::entries;

/// The shortest response time, in hours.
const SHORTEST: f64 = 0.25;

/// The most entries of a list of response times.
const MOST: usize = 1000;

/// The longest name of a severity or list of statuses, in characters.
const LONGEST_TEXT: usize = 500;

/// Response times by what they are for.
pub type HoursBy = BTreeMap<String, f64>;

/// How soon tickets are answered, and what customers hear of theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HelpdeskSettings {
    /// # Enable automated ticket escalation
    ///
    /// Whether those on support are told of tickets whose response time is nearly over, and once more when it is over.
    pub escalation: bool,
    /// # Default hours for response for HelpDesk SLA
    ///
    /// Within how many opening hours a ticket is to be answered for which nothing more specific is said. What is more
    /// specific wins: the support e-mail address over the contract's hours for the severity, these over the contract's
    /// own hours, these over the global default for the severity, and that over this one.
    #[schemars(range(min = 0.25, max = 10000))]
    pub default_response_hours: f64,
    /// # Global default severity SLA
    ///
    /// The same for tickets of one severity: hours by severity, such as `{"High": 4}`. 0 or left out: no hours of its own.
    #[schemars(extend("maxProperties" = MOST))]
    pub severity_hours: HoursBy,
    /// # Support e-mail address SLA response time
    ///
    /// The same for tickets that came to one support e-mail address: hours by address, such as
    /// `{"urgent@example.com": 1}`. These win over everything else.
    #[schemars(extend("maxProperties" = MOST))]
    pub email_hours: HoursBy,
    /// # Minutes before the end of the response time
    ///
    /// How many open minutes before its response time is over those on support hear of a ticket for the first time; a
    /// quarter of the response time where that is less. 0: only when it is over.
    #[schemars(range(max = 10000))]
    pub approaching_minutes: u32,
    /// # Closed statuses
    ///
    /// With which statuses a ticket is done, separated by commas: its response time ends, and the customer hears of it
    /// where “Ticket Closed” is on. Opened again, its response time begins anew.
    #[schemars(length(max = LONGEST_TEXT))]
    pub closed_statuses: String,
    /// # Waiting statuses
    ///
    /// With which statuses it is somebody else's turn, separated by commas: nobody is told that time runs out. With
    /// another status the response time begins anew.
    #[schemars(length(max = LONGEST_TEXT))]
    pub waiting_statuses: String,
    /// # Urgent severities and priorities
    ///
    /// With which severities or priorities a ticket is urgent, separated by commas.
    #[schemars(length(max = LONGEST_TEXT))]
    pub urgent_values: String,
    /// # Ticket Opened
    ///
    /// Whether the contact of a ticket is written an e-mail when the ticket is opened.
    pub ticket_opened: bool,
    /// # Template of Ticket Opened
    ///
    /// Number of the e-mail template; empty: the one that is shipped.
    pub ticket_opened_template_id: Option<i64>,
    /// # Comment Added
    ///
    /// Whether the contact of a ticket is written an e-mail when somebody of the team comments on it; what is
    /// internal never goes out.
    pub comment_added: bool,
    /// # Template of Comment Added
    ///
    /// Number of the e-mail template; empty: the one that is shipped.
    pub comment_added_template_id: Option<i64>,
    /// # Ticket Closed
    ///
    /// Whether the contact of a ticket is written an e-mail when its status becomes a closed one.
    pub ticket_closed: bool,
    /// # Template of Ticket Closed
    ///
    /// Number of the e-mail template; empty: the one that is shipped.
    pub ticket_closed_template_id: Option<i64>,
    /// # Urgent Ticket
    ///
    /// Whether the contact of a ticket is written an e-mail when the ticket becomes urgent. One that is urgent as it is
    /// opened gets this one in place of “Ticket Opened”.
    pub urgent_ticket: bool,
    /// # Template of Urgent Ticket
    ///
    /// Number of the e-mail template; empty: the one that is shipped.
    pub urgent_ticket_template_id: Option<i64>,
    /// # Out of Hours Ticket
    ///
    /// Whether the contact of a ticket that is opened, or that the customer comments on, while the company is closed is
    /// written when it opens again. It takes the place of “Ticket Opened” and “Urgent Ticket”.
    pub out_of_hours: bool,
    /// # Template of Out of Hours Ticket
    ///
    /// Number of the e-mail template; empty: the one that is shipped.
    pub out_of_hours_template_id: Option<i64>,
}

impl Default for HelpdeskSettings {
    fn default() -> Self {
        Self {
            escalation: true,
            default_response_hours: 8.0,
            severity_hours: HoursBy::new(),
            email_hours: HoursBy::new(),
            approaching_minutes: 60,
            closed_statuses: "Closed, Resolved".to_owned(),
            waiting_statuses: "Waiting for Customer".to_owned(),
            urgent_values: "Critical, Urgent".to_owned(),
            ticket_opened: false,
            ticket_opened_template_id: None,
            comment_added: false,
            comment_added_template_id: None,
            ticket_closed: false,
            ticket_closed_template_id: None,
            urgent_ticket: false,
            urgent_ticket_template_id: None,
            out_of_hours: false,
            out_of_hours_template_id: None,
        }
    }
}

impl Group for HelpdeskSettings {
    type Against = ();
    const KEY: &'static str = "helpdesk";
    const TITLE: &'static str = "Helpdesk Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, (): &()) -> Result<(), String> {
        self.severity_hours = hours_by("severity_hours", "severity", &self.severity_hours)?;
        for address in self.email_hours.keys() {
            let address = address.trim();
            fields::email(address).map_err(|_| {
                let shown: String = address.chars().take(64).collect();
                format!(
                    "email_hours: \"{shown}\" is no e-mail address; write hours by address, such as {{\"urgent@example.com\": 1}}"
                )
            })?;
        }
        self.email_hours = hours_by("email_hours", "address", &self.email_hours)?;
        for (field, list) in [
            ("closed_statuses", &mut self.closed_statuses),
            ("waiting_statuses", &mut self.waiting_statuses),
            ("urgent_values", &mut self.urgent_values),
        ] {
            *list = entries(list).collect::<Vec<_>>().join(", ");
            if list.chars().count() > LONGEST_TEXT || list.contains(char::is_control) {
                return Err(format!(
                    "{field} must be at most {LONGEST_TEXT} characters long, with commas between"
                ));
            }
        }
        Ok(())
    }

    fn references(&self) -> Vec<Reference> {
        let named = [
            ("ticket_opened_template_id", self.ticket_opened_template_id),
            ("comment_added_template_id", self.comment_added_template_id),
            ("ticket_closed_template_id", self.ticket_closed_template_id),
            ("urgent_ticket_template_id", self.urgent_ticket_template_id),
            ("out_of_hours_template_id", self.out_of_hours_template_id),
        ];
        named.into_iter().filter_map(|(field, id)| Reference::template(field, "email", id)).collect()
    }
}

/// Response times in their usual form: names without the spaces around them, and none of 0.
fn hours_by(field: &str, what: &str, given: &HoursBy) -> Result<HoursBy, String> {
    let mut usual = HoursBy::new();
    for (name, hours) in given {
        let name = name.trim();
        let shown: String = name.chars().take(64).collect();
        if name.is_empty() || name.chars().count() > LONGEST_TEXT || name.contains(char::is_control) {
            return Err(format!("{field}: write each {what} in one line of up to {LONGEST_TEXT} characters"));
        }
        if *hours != 0.0 && !(SHORTEST..=LONGEST).contains(hours) {
            return Err(format!(
                "{field}.{shown} must be a number of hours from {SHORTEST} to {LONGEST}, or 0 for none of its own"
            ));
        }
        if usual.keys().any(|known| same(known, name)) {
            return Err(format!("{field} names the {what} \"{shown}\" twice; leave one out"));
        }
        usual.insert(name.to_owned(), *hours);
    }
    if usual.len() > MOST {
        return Err(format!("{field} must be of at most {MOST} entries; leave some out"));
    }
    usual.retain(|_, hours| *hours != 0.0);
    Ok(usual)
}

impl HelpdeskSettings {
    /// Whether a ticket with this status is done.
    pub fn is_closed(&self, status: &str) -> bool {
        names(&self.closed_statuses, status)
    }

    /// Whether somebody else is to act while a ticket has this status.
    pub fn is_waiting(&self, status: &str) -> bool {
        names(&self.waiting_statuses, status)
    }

    /// Whether a ticket of this severity or priority is urgent.
    pub fn is_urgent(&self, value: &str) -> bool {
        names(&self.urgent_values, value)
    }

    /// How much open time before its end the first alert of a response time comes; `None`: it does not.
    pub fn lead(&self, response: Duration) -> Option<Duration> {
        let wanted = Duration::from_secs(u64::from(self.approaching_minutes) * 60);
        Some(wanted.min(response / 4)).filter(|lead| !lead.is_zero())
    }
}

/// Whether a list has this entry, whatever the case.
fn names(list: &str, wanted: &str) -> bool {
    entries(list).any(|entry| same(entry, wanted))
}

/// A field of these settings as that which decided.
pub(in crate::trigger) fn setting(field: &str, value: Value) -> Setting {
    Setting {
        group: HelpdeskSettings::KEY.to_owned(),
        title: HelpdeskSettings::TITLE.to_owned(),
        field: field.to_owned(),
        value,
    }
}
