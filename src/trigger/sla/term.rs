//! By when a ticket is to be answered: its response time counted in open time from its Last Action Date.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::levels::{Level, text};
use super::settings::HelpdeskSettings;
use super::{NAME, SUPPORT, TICKETS};
use crate::clock::Instant;
use crate::record::recurrence::instant_on_wall;
use crate::record::{Change, Record};
use crate::trigger::View;
use crate::user::company::Company;

/// The module of contracts.
const CONTRACTS: &str = "contracts";

/// By when a ticket is to be answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    /// When its clock began: each beginning has its own two alerts.
    pub base: Instant,
    pub level: Level,
    /// When the first alert is due; `None` where there is none.
    pub approaching_at: Option<Instant>,
    /// When it is to be answered.
    pub due_at: Instant,
}

/// Why no clock runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It is done: it has this status.
    Closed(String),
    /// It is somebody else's turn: it has this status.
    Waiting(String),
    /// The company is never open.
    NeverOpen,
}

/// An alert of a response time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Approaching,
    Breached,
}

impl Step {
    /// The name of this alert of the clock that began then.
    pub fn occurrence(self, base: Instant) -> String {
        let step = match self {
            Step::Approaching => "approaching",
            Step::Breached => "breached",
        };
        format!("{step}@{}", base.0)
    }
}

/// What is noted of a ticket, for no field of it says when that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::trigger) enum Mark {
    /// It was opened again, or waits for nobody any more.
    Restarted,
    /// It has come to wait for somebody else.
    Waits,
    /// The customer said something.
    Answered,
}

impl Mark {
    fn name(self) -> &'static str {
        match self {
            Mark::Restarted => "restarted",
            Mark::Waits => "waits",
            Mark::Answered => "answered",
        }
    }

    /// As it is noted.
    pub fn occurrence(self, at: Instant) -> String {
        format!("{}@{}", self.name(), at.0)
    }

    /// When it was last noted of a ticket.
    fn newest(self, ticket: &Record, view: &View<'_>) -> Option<Instant> {
        let at = |occurrence: &str| {
            let (name, at) = occurrence.split_once('@')?;
            if name == self.name() { at.parse().ok().map(Instant) } else { None }
        };
        view.fired_of(ticket, NAME).filter_map(|fired| at(&fired.occurrence)).max()
    }

    /// What is to be noted of a change. Whoever says when somebody acted on a ticket that is opened again is believed.
    pub fn of_change(change: &Change, settings: &HelpdeskSettings) -> Option<Self> {
        let after = change.after.as_ref().filter(|after| *after.module == *TICKETS)?;
        let before = change.before.as_ref();
        let is_waiting = |by: &Option<Stopped>| matches!(by, Some(Stopped::Waiting(_)));
        let (was, is) = (before.and_then(|before| by_status(before, settings)), by_status(after, settings));
        match before {
            _ if is_waiting(&is) => (!is_waiting(&was)).then_some(Mark::Waits),
            Some(before) if was.is_some() && is.is_none() => {
                let is_said = text(before, "last_action_date") != text(after, "last_action_date");
                (!is_said).then_some(Mark::Restarted)
            }
            _ => None,
        }
    }
}

impl Term {
    /// # Errors
    /// Why no clock runs.
    pub fn of(ticket: &Record, view: &View<'_>) -> Result<Self, Stopped> {
        let settings = view.settings.of::<HelpdeskSettings>();
        let company = view.settings.of::<Company>();
        let (hours, base) = (company.hours(Some(SUPPORT)), base(ticket, &company.zone(), view));
        let base = match by_status(ticket, &settings) {
            None => base,
            Some(Stopped::Waiting(status)) => answered(ticket, base, view).ok_or(Stopped::Waiting(status))?,
            Some(stopped) => return Err(stopped),
        };
        let level = level(ticket, view);
        let due_at = hours.after(base, level.response()).ok_or(Stopped::NeverOpen)?;
        let lead = settings.lead(level.response());
        let approaching_at = lead.and_then(|lead| hours.before(due_at, lead));
        Ok(Self { base, level, approaching_at, due_at })
    }

    /// The alert that a timer is for; `None` for one of a clock that has begun anew since.
    pub fn step(&self, occurrence: &str) -> Option<Step> {
        let steps = [Step::Approaching, Step::Breached];
        steps.into_iter().find(|step| step.occurrence(self.base) == occurrence)
    }

    /// When an alert is due.
    pub fn due(&self, step: Step) -> Option<Instant> {
        match step {
            Step::Approaching => self.approaching_at,
            Step::Breached => Some(self.due_at),
        }
    }

    /// `on_time`, `approaching`, `breached`.
    pub fn state(&self, now: Instant) -> &'static str {
        match self.approaching_at {
            _ if self.due_at <= now => "breached",
            Some(approaching_at) if approaching_at <= now => "approaching",
            _ => "on_time",
        }
    }
}

/// The level that counts for a ticket.
pub(super) fn level(ticket: &Record, view: &View<'_>) -> Level {
    Level::of(ticket, contract(ticket, view), &view.settings.of::<HelpdeskSettings>())
}

/// The contract of a ticket.
pub(super) fn contract<'v>(ticket: &Record, view: &'v View<'_>) -> Option<&'v Record> {
    view.record(CONTRACTS, &ticket.reference("contract_id")?)
}

/// Why the clock of a ticket does not run, by its status.
fn by_status(ticket: &Record, settings: &HelpdeskSettings) -> Option<Stopped> {
    let status = text(ticket, "status")?;
    if settings.is_closed(&status) {
        return Some(Stopped::Closed(status));
    }
    settings.is_waiting(&status).then_some(Stopped::Waiting(status))
}

/// When the clock of a ticket began: its Last Action Date, and where it has none when it was made; later where it was
/// opened again since.
fn base(ticket: &Record, zone: &TimeZone, view: &View<'_>) -> Instant {
    let acted = text(ticket, "last_action_date").and_then(|text| instant(&text, zone));
    let acted = acted.unwrap_or(ticket.created_at);
    Mark::Restarted.newest(ticket, view).map_or(acted, |restarted| restarted.max(acted))
}

/// When the customer answered a ticket that waits, if nobody of ours has done anything since.
fn answered(ticket: &Record, base: Instant, view: &View<'_>) -> Option<Instant> {
    let since = Mark::Waits.newest(ticket, view).map_or(base, |waits| waits.max(base));
    Mark::Answered.newest(ticket, view).filter(|answered| *answered >= since)
}

/// Whether somebody else is to act on a ticket, by its status.
pub(super) fn waits(ticket: &Record, settings: &HelpdeskSettings) -> bool {
    matches!(by_status(ticket, settings), Some(Stopped::Waiting(_)))
}

/// A time with an offset, or one that the clock on the company's wall shows.
fn instant(text: &str, zone: &TimeZone) -> Option<Instant> {
    Instant::parse(text).or_else(|| {
        let wall: DateTime = text.parse().ok()?;
        instant_on_wall(wall, zone).map(|at| Instant(at.as_microsecond()))
    })
}
