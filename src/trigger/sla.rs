//! Tickets near and past their response time (H1-H6): those on support hear of it, in two steps.
//!
//! A ticket's clock runs in open time from its Last Action Date, for as many hours as the most specific of five
//! [`levels`] says; [`term`] adds it up. Each beginning of the clock has two alerts, approaching and breached, and each of
//! them comes once. Whatever moves the end moves them: the ticket, its contract, Helpdesk Settings and Company
//! Information. Whoever acts on a ticket begins its clock anew, so that no alert of the old one comes late.
//!
//! Closed, or waiting for somebody else, it has no clock; opened again, or answered by the customer, it has a new one. When
//! that was is noted beside what has fired, for no field of a ticket says so.
//!
//! What was over before Belfry knew the ticket is history, and nobody hears of it: a ticket that is brought in with an old Last
//! Action Date, and every ticket as response times are first computed.
//!
//! Who hears of it is found out as it happens ([`who`]): no alert is lost because nobody is on support.

mod levels;
mod settings;
mod term;
#[cfg(test)]
mod tests;
mod who;
mod words;

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    ADMINISTRATORS, Against, Beside, Cause, Due, Finding, Needs, Telling, Timer, Trigger, View, letter,
};
use crate::clock::Instant;
use crate::delivery::Sending;
use crate::event::Event;
use crate::event::comment::COMMENTED;
use crate::notification::why::Why;
use crate::record::{Change, Record};
use crate::secret;
use crate::settings::{Groups, Snapshot};
use crate::user::company::Company;
use term::{Mark, Step, Term};
use who::Audience;

pub(super) use levels::text;
pub use settings::HelpdeskSettings;
pub(super) use settings::setting;

const NAME: &str = "sla";

/// The module of tickets.
pub(super) const TICKETS: &str = "tickets";

/// The group of those who support customers.
pub(super) const SUPPORT: &str = crate::user::support::GROUP;

/// What has been over for so long is told to nobody any more. It is shorter than what has fired is remembered, by more than
/// a response time takes: what was told is not told again once that is forgotten.
const STALE: Duration = Duration::from_secs(365 * 24 * 3600);

/// The fields of a contract that response times come from.
const OF_CONTRACT: [&str; 2] = ["sla_response_hours", "sla_severity_hours"];

/// See the module.
pub struct Sla;

impl Trigger for Sla {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups.with::<HelpdeskSettings>(())
    }

    fn needs(&self, cause: &Cause<'_>, _settings: &Snapshot) -> Needs {
        let records = cause.records();
        let tickets: Vec<&Record> = records.into_iter().filter(|record| *record.module == *TICKETS).collect();
        if tickets.is_empty() {
            return Needs::default();
        }
        let mut needs = letter::needs(&tickets);
        for ticket in tickets {
            needs.record("contracts", ticket.reference("contract_id").as_deref());
        }
        if matches!(cause, Cause::Records(_)) {
            needs.groups.push(SUPPORT.to_owned());
            needs.lists.push(ADMINISTRATORS.to_owned());
        }
        needs
    }

    fn timed_module(&self) -> Option<&'static str> {
        Some(TICKETS)
    }

    fn timers(&self, record: &Record, view: &View<'_>) -> Vec<Timer> {
        if !view.settings.of::<HelpdeskSettings>().escalation {
            return Vec::new();
        }
        let Ok(term) = Term::of(record, view) else {
            return Vec::new();
        };
        // Once it is over, nobody needs to hear that it will be.
        let is_over = term.due_at <= view.now;
        let steps: &[Step] = if is_over { &[Step::Breached] } else { &[Step::Approaching, Step::Breached] };
        let timer = |step: &Step| {
            let due_at = term.due(*step).filter(|due_at| !is_history(*due_at, record, view.now))?;
            Some(Timer {
                trigger: NAME,
                module: record.module.clone(),
                record_id: record.id.clone(),
                occurrence: step.occurrence(term.base),
                // What lies in the past only since something was changed is not late.
                due_at: due_at.max(view.now),
            })
        };
        steps.iter().filter_map(timer).collect()
    }

    fn leaves_history(&self) -> bool {
        true
    }

    fn on_due(&self, timer: &Timer, record: &Record, view: &View<'_>) -> Vec<Due> {
        if !view.settings.of::<HelpdeskSettings>().escalation {
            return Vec::new();
        }
        let Ok(term) = Term::of(record, view) else {
            return Vec::new();
        };
        let Some(step) = term.step(&timer.occurrence) else {
            return Vec::new();
        };
        let Some(due_at) = term.due(step).filter(|due_at| *due_at <= view.now) else {
            return Vec::new();
        };
        let alert = Alert { ticket: record, term, step, due_at: timer.due_at.max(due_at) };
        let findings = match step {
            Step::Approaching if alert.term.due_at <= view.now => Vec::new(),
            _ => alert.findings(view),
        };
        vec![Due { occurrence: timer.occurrence.clone(), due_at: alert.due_at, findings }]
    }

    fn noted(&self, cause: &Cause<'_>, view: &View<'_>) -> Vec<Timer> {
        let settings = view.settings.of::<HelpdeskSettings>();
        let noted: Vec<(&Record, Mark)> = match cause {
            Cause::Changes(changes) => {
                let turned = |change| Some((Change::record(change), Mark::of_change(change, &settings)?));
                changes.iter().filter_map(turned).collect()
            }
            Cause::Event(event) if replied(event) => {
                let waiting = event.record.iter().filter(|ticket| term::waits(ticket, &settings));
                waiting.map(|ticket| (ticket, Mark::Answered)).collect()
            }
            _ => Vec::new(),
        };
        let timer = |(ticket, mark): (&Record, Mark)| Timer {
            trigger: NAME,
            module: ticket.module.clone(),
            record_id: ticket.id.clone(),
            occurrence: mark.occurrence(view.now),
            due_at: view.now,
        };
        noted.into_iter().map(timer).collect()
    }

    fn unsettles(&self, changes: &[Change], _settings: &Snapshot) -> bool {
        changes.iter().any(|change| {
            let said = |record: &Option<Record>, field: &str| {
                record.as_ref().and_then(|record| record.fields.get(field).cloned())
            };
            *change.record().module == *"contracts"
                && OF_CONTRACT.iter().any(|field| said(&change.before, field) != said(&change.after, field))
        })
    }

    fn basis(&self, settings: &Snapshot) -> String {
        let (company, helpdesk) = (settings.of::<Company>(), settings.of::<HelpdeskSettings>());
        let HelpdeskSettings { escalation, approaching_minutes, .. } = *helpdesk;
        let counts = json!([
            [company.time_zone, company.opening_hours, company.holidays, company.group_hours],
            [escalation, approaching_minutes, helpdesk.default_response_hours],
            [helpdesk.severity_hours, helpdesk.email_hours],
            [helpdesk.closed_statuses, helpdesk.waiting_statuses],
        ]);
        secret::sha256_hex(counts.to_string().as_bytes())
    }

    fn shown(&self, record: &Record, view: &View<'_>) -> Map<String, Value> {
        if *record.module != *TICKETS {
            return Map::new();
        }
        let (term, level) = (Term::of(record, view), term::level(record, view));
        let moment = |at: Option<Instant>| at.map(Instant::to_rfc3339);
        let running = term.as_ref().ok();
        let shown = json!({
            "approaching_at": moment(running.and_then(|term| term.approaching_at)),
            "due_at": moment(running.map(|term| term.due_at)),
            "level": level.kind.number(),
            "level_name": level.kind.name(),
            "hours": level.hours,
            "state": running.map_or("stopped", |term| term.state(view.now)),
            "since": moment(running.map(|term| term.base)),
            "time_zone": view.settings.of::<Company>().time_zone,
            "sentence": words::shown(&term, record, view),
        });
        Map::from_iter([("sla".to_owned(), shown)])
    }

    fn outlook(&self, record: &Record, user_id: i64, view: &View<'_>) -> Vec<String> {
        if *record.module != *TICKETS {
            return Vec::new();
        }
        vec![words::outlook(record, user_id, view)]
    }
}

/// Whether something was due before the ticket was known here, or so long ago that it is no news.
fn is_history(due_at: Instant, ticket: &Record, now: Instant) -> bool {
    due_at < ticket.created_at || now.since(due_at) > STALE
}

/// By when a ticket is to be answered; `None` where no clock runs.
pub(super) fn due_at(ticket: &Record, view: &View<'_>) -> Option<Instant> {
    Term::of(ticket, view).ok().map(|term| term.due_at)
}

/// Whether it is the customer's word on a ticket.
pub(super) fn replied(event: &Event) -> bool {
    let is_customers = event.data.get("from_customer").and_then(Value::as_bool) == Some(true);
    match &*event.kind {
        COMMENTED => is_customers,
        kind => matches!(kind, "ticket.customer_replied" | "portal.ticket_commented"),
    }
}

/// An alert that has fallen due.
struct Alert<'a> {
    ticket: &'a Record,
    term: Term,
    step: Step,
    due_at: Instant,
}

impl Alert<'_> {
    fn findings(&self, view: &View<'_>) -> Vec<Finding> {
        let audience = Audience::of(self.ticket, view);
        audience.note_gap(self.ticket);
        let told = audience.told.iter();
        let told = told.map(|user_id| Finding::Tell(Box::new(self.telling(*user_id, &audience, view))));
        let others = audience.passed_over.iter().map(|user_id| Finding::Silent {
            user_id: *user_id,
            why: Why {
                chosen: "a member of the group Support who is not on support".to_owned(),
                sentence: words::not_on_support(self, *user_id, view),
                ..self.why(&audience, view)
            },
        });
        told.chain(others).collect()
    }

    fn telling(&self, user_id: i64, audience: &Audience, view: &View<'_>) -> Telling {
        Telling {
            user_id,
            kind: match self.step {
                Step::Approaching => "sla_approaching",
                Step::Breached => "sla_breached",
            },
            title: words::title(self, user_id, view),
            message: Some(words::message(self, user_id, view)),
            link: Some(view.link(self.ticket)),
            metadata: words::metadata(self, user_id, view),
            sending: Sending::Automated,
            related_user_id: None,
            mail: None,
            beside: Beside::Alone,
            why: self.why(audience, view),
        }
    }

    fn why(&self, audience: &Audience, view: &View<'_>) -> Why {
        Why {
            trigger: NAME,
            records: vec![(self.ticket.module.clone(), self.ticket.id.clone())],
            cause: words::cause(self, view),
            setting: Some(setting("escalation", true.into())),
            chosen: audience.by.chosen().to_owned(),
            sentence: words::sentence(self, audience, view),
        }
    }
}
