//! What people read about tickets near and past their response time.

use std::time::Duration;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::{Map, Value};

use super::levels::{Kind, Level, text};
use super::term::{self, Step, Stopped, Term};
use super::who::{Audience, By};
use super::{Alert, HelpdeskSettings};
use crate::clock::Instant;
use crate::record::Record;
use crate::trigger::View;
use crate::trigger::phrases::noun;
use crate::trigger::reminder::words::{Wall, spell, until};
use crate::user::company::Company;

/// How much later than it was due an alert may be without saying so.
const PUNCTUAL: Duration = Duration::from_secs(15);

/// An end that lies further away is told by its day and time.
const NEAR: Duration = Duration::from_secs(8 * 3600);

/// Longer ids are no names that people use.
const LONGEST_ID: usize = 20;

/// The longest label in a title.
const LABEL_CHARS: usize = 180;

/// The clock on somebody's wall: their zone and its name.
struct Place {
    zone: TimeZone,
    name: String,
}

impl Place {
    fn named(name: &str) -> Self {
        match TimeZoneDatabase::bundled().get(name) {
            Ok(zone) => Self { zone, name: name.to_owned() },
            Err(_) => Self { zone: TimeZone::UTC, name: "UTC".to_owned() },
        }
    }

    fn of(user_id: i64, view: &View<'_>) -> Self {
        let known = view.people.get(&user_id).map(|figure| figure.time_zone.clone());
        Self::named(&known.unwrap_or_else(|| view.settings.of::<Company>().time_zone.clone()))
    }

    fn wall(&self) -> Wall<'_> {
        Wall::new(&self.zone, &self.name)
    }
}

/// `8 hours`, `1 hour 30 minutes`.
fn span(level: &Level) -> String {
    let minutes = (level.hours * 60.0).round();
    let (hours, minutes) = ((minutes / 60.0).floor(), minutes % 60.0);
    let count = |number: f64, unit: &str| match number {
        1.0 => format!("1 {unit}"),
        _ => format!("{number:.0} {unit}s"),
    };
    match (hours, minutes) {
        (0.0, minutes) => count(minutes, "minute"),
        (hours, 0.0) => count(hours, "hour"),
        (hours, minutes) => format!("{} {}", count(hours, "hour"), count(minutes, "minute")),
    }
}

/// `4 hours for severity High in contract Gold`.
fn level(ticket: &Record, level: &Level, view: &View<'_>) -> String {
    let said = |field| text(ticket, field).unwrap_or_default();
    let contract = || term::contract(ticket, view).map_or_else(String::new, |found| found.label.clone());
    let span = span(level);
    match level.kind {
        Kind::Default => format!("{span} by default"),
        Kind::Severity => format!("{span} for severity {}", said("severity")),
        Kind::Contract => format!("{span} by contract {}", contract()),
        Kind::ContractSeverity => {
            format!("{span} for severity {} by contract {}", said("severity"), contract())
        }
        Kind::Email => format!("{span} for tickets to {}", said("support_email")),
    }
}

/// `Ticket 4711 is due in 1 hour: Printer on fire`.
pub(super) fn title(alert: &Alert<'_>, user_id: i64, view: &View<'_>) -> String {
    let Alert { ticket, term, step, .. } = alert;
    let place = Place::of(user_id, view);
    let ahead = until(term.due_at, view.now);
    let end = match step {
        Step::Breached => "is past its response time".to_owned(),
        Step::Approaching if ahead <= NEAR => format!("is due in {}", spell(ahead)),
        Step::Approaching => {
            format!("is due on {} at {}", place.wall().day(term.due_at), place.wall().time(term.due_at))
        }
    };
    let label: String = ticket.label.chars().take(LABEL_CHARS).collect();
    match ticket.id.chars().count() <= LONGEST_ID {
        true => format!("Ticket {} {end}: {label}", ticket.id),
        false => format!("Ticket {label} {end}"),
    }
}

/// What to do by when, and before that how late it is said.
pub(super) fn message(alert: &Alert<'_>, user_id: i64, view: &View<'_>) -> String {
    let Alert { ticket, term, step, .. } = alert;
    let place = Place::of(user_id, view);
    let (wall, level) = (place.wall(), level(ticket, &term.level, view));
    let late =
        late(alert, view).map(|late| format!("This alert is {} late. ", spell(late))).unwrap_or_default();
    let (since, due) = (wall.spoken(term.base), wall.spoken(term.due_at));
    match step {
        Step::Approaching => {
            format!("{late}Its clock has run since {since}. It is to be answered by {due}: {level}.")
        }
        Step::Breached => {
            format!("{late}Its clock has run since {since}. It was to be answered by {due}: {level}.")
        }
    }
}

/// How late it is said, where that is worth a word.
fn late(alert: &Alert<'_>, view: &View<'_>) -> Option<Duration> {
    Some(view.now.since(alert.due_at)).filter(|late| *late > PUNCTUAL)
}

pub(super) fn metadata(alert: &Alert<'_>, user_id: i64, view: &View<'_>) -> Map<String, Value> {
    let Alert { ticket, term, .. } = alert;
    let place = Place::of(user_id, view);
    let mut metadata = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        metadata.extend(value.map(|value| (name.to_owned(), Value::from(value))));
    };
    put("module", Some(ticket.module.to_string()));
    put("record_id", Some(ticket.id.to_string()));
    put("due", Some(place.wall().moment(term.due_at)));
    put("response_time", Some(level(ticket, &term.level, view)));
    put("severity", text(ticket, "severity"));
    put("status", text(ticket, "status"));
    let company = ticket.reference("company_id").and_then(|id| view.record("companies", &id));
    put("company", company.map(|company| company.label.clone()));
    put("assigned_to", ticket.assigned_to.map(|user_id| view.name(user_id)));
    if let Some(late) = late(alert, view) {
        metadata.insert("late_seconds".to_owned(), late.as_secs().into());
    }
    metadata
}

pub(super) fn cause(alert: &Alert<'_>, view: &View<'_>) -> String {
    let (thing, due) = (noun(alert.ticket), spoken(alert.term.due_at, view));
    match alert.step {
        Step::Approaching => format!("{thing} is to be answered by {due}"),
        Step::Breached => format!("{thing} was to be answered by {due}"),
    }
}

pub(super) fn sentence(alert: &Alert<'_>, audience: &Audience, view: &View<'_>) -> String {
    let because = match audience.by {
        By::OnSupport => "you are on support",
        By::WholeGroup => "you are in the group Support, of whom nobody is on support",
        By::Assigned => "it is assigned to you and nobody is in the group Support",
        By::Administrators => {
            "you are an administrator, nobody is in the group Support and nobody is assigned"
        }
    };
    let level = level(alert.ticket, &alert.term.level, view);
    format!("You were told because {} ({level}), and {because}.", cause(alert, view))
}

pub(super) fn not_on_support(alert: &Alert<'_>, user_id: i64, view: &View<'_>) -> String {
    let (person, thing) = (view.name(user_id), noun(alert.ticket));
    format!("{person} was not told of {thing} because {person} is not on support, and others are.")
}

/// What is shown with a ticket.
pub(super) fn shown(term: &Result<Term, Stopped>, ticket: &Record, view: &View<'_>) -> String {
    let term = match term {
        Ok(term) => term,
        Err(stopped) => return no_clock(stopped),
    };
    let due = spoken(term.due_at, view);
    let level = level(ticket, &term.level, view);
    match term.due_at <= view.now {
        true => format!("Was due on {due}: {level}."),
        false => format!("Due on {due}: {level}."),
    }
}

fn no_clock(stopped: &Stopped) -> String {
    match stopped {
        Stopped::Closed(status) => format!("No response time: the status is {status}."),
        Stopped::Waiting(status) => {
            format!("The response time stands still while the status is {status}.")
        }
        Stopped::NeverOpen => {
            "No response time: by Company Information the company is never open.".to_owned()
        }
    }
}

/// What will or will not happen to somebody.
pub(super) fn outlook(ticket: &Record, user_id: i64, view: &View<'_>) -> String {
    let name = view.name(user_id);
    if !view.settings.of::<HelpdeskSettings>().escalation {
        return format!(
            "{name} will not be told that time runs out: “Enable automated ticket escalation” is off in Helpdesk \
             Settings."
        );
    }
    let term = match Term::of(ticket, view) {
        Ok(term) => term,
        Err(stopped) => return format!("{name} will not be told that time runs out. {}", no_clock(&stopped)),
    };
    let audience = Audience::of(ticket, view);
    if !audience.told.contains(&user_id) {
        let others = match audience.by {
            By::OnSupport => "those who are on support are",
            By::WholeGroup => "the group Support is",
            By::Assigned => "the assigned user is, since nobody is in the group Support",
            By::Administrators => "the administrators are, since nobody is in the group Support",
        };
        return format!("{name} will not be told that time runs out: {others}.");
    }
    let place = Place::of(user_id, view);
    let next = [term.approaching_at, Some(term.due_at)].into_iter().flatten().find(|at| *at > view.now);
    match next {
        Some(at) => format!("{name} will be told on {} if nobody acts.", place.wall().spoken(at)),
        None if term.due_at < ticket.created_at => {
            format!(
                "The response time of {} was over before Belfry knew it, and nobody is told.",
                noun(ticket)
            )
        }
        None => format!("The response time of {} is over, and no further alert follows.", noun(ticket)),
    }
}

/// `Tue 3 Mar 2026 at 15:00 (Europe/London)`, on the company's wall.
fn spoken(at: Instant, view: &View<'_>) -> String {
    let place = Place::named(&view.settings.of::<Company>().time_zone);
    place.wall().spoken(at)
}
