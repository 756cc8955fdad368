//! When somebody is to be reminded of an activity, or why they are not.

use std::time::Duration;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::settings::{Missed, ReminderSettings};
use super::words::Wall;
use crate::clock::Instant;
use crate::record::Record;
use crate::record::activity::{Activity, Lead};
use crate::trigger::{Figure, View};

/// How much later than it was due a reminder may be without saying so.
pub(super) const PUNCTUAL: Duration = Duration::from_secs(15);

/// Of recurring activities, what was due longer ago than this is not made up for.
const CATCH_UP: Duration = Duration::from_secs(24 * 3600);

/// How many occurrences of a series are looked at one by one.
const LOOKED_AT: usize = 1_000;

/// How many of those that were missed are written down one by one.
const WRITTEN_DOWN: usize = 100;

/// How many occurrences of the last day are made up for: one a minute.
const CAUGHT_UP: usize = 24 * 60;

/// Who is reminded of an activity, and when.
pub(super) struct Plan<'a> {
    pub record: &'a Record,
    pub user: &'a Figure,
    pub zone: TimeZone,
    pub activity: Activity,
    pub lead: Duration,
    /// Whether the lead is the activity's own.
    pub is_own_lead: bool,
}

/// Why nobody is reminded of an activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Nobody {
    /// It has no start that can be read.
    NoStart,
    /// It is assigned to nobody, or to somebody who is gone.
    Unassigned,
    /// It is completed or cancelled.
    Over(String),
    /// It says so itself.
    Off,
    /// Nothing is said, and the default is none.
    DefaultOff,
}

impl<'a> Plan<'a> {
    /// Who is reminded of a record, and when.
    ///
    /// # Errors
    /// Why nobody is.
    pub fn of(record: &'a Record, view: &View<'a>) -> Result<Self, Nobody> {
        let plan = Self::whatever_is_said(record, view)?;
        if plan.activity.is_over {
            let status = record.fields.get("status").and_then(|status| status.as_str());
            return Err(Nobody::Over(status.unwrap_or_default().to_owned()));
        }
        let default = view.settings.of::<ReminderSettings>().lead();
        let (lead, is_own_lead) = match plan.activity.lead {
            Lead::Off => return Err(Nobody::Off),
            Lead::Minutes(minutes) => (Duration::from_secs(u64::from(minutes) * 60), true),
            // Switched on where the default is off: as it begins.
            Lead::On => (default.unwrap_or_default(), default.is_none()),
            Lead::Default => (default.ok_or(Nobody::DefaultOff)?, false),
        };
        Ok(Self { lead, is_own_lead, ..plan })
    }

    /// The same, however it stands and whatever is said of reminders.
    pub fn whatever_is_said(record: &'a Record, view: &View<'a>) -> Result<Self, Nobody> {
        let user_id = record.assigned_to.ok_or(Nobody::Unassigned)?;
        Self::for_user(record, user_id, view)
    }

    /// The activity as it stands in the calendar of this person.
    pub fn for_user(record: &'a Record, user_id: i64, view: &View<'a>) -> Result<Self, Nobody> {
        let user = view.people.get(&user_id).ok_or(Nobody::Unassigned)?;
        let zone = TimeZoneDatabase::bundled().get(&user.time_zone).unwrap_or(TimeZone::UTC);
        let activity = Activity::read(&record.fields, &zone).ok().flatten().ok_or(Nobody::NoStart)?;
        Ok(Self { record, user, zone, activity, lead: Duration::ZERO, is_own_lead: false })
    }

    pub fn wall(&self) -> Wall<'_> {
        Wall::new(&self.zone, &self.user.time_zone)
    }

    /// The name of one time of the record: the activity as it begins then, for this user.
    pub fn occurrence(&self, start: Instant) -> String {
        occurrence(start, self.user.id)
    }

    /// When somebody is to be reminded of what begins then.
    pub fn due(&self, start: Instant) -> Instant {
        start.minus(self.lead)
    }

    fn occurs_at(&self, start: Instant) -> bool {
        self.activity.newest_starting_at_or_before(start) == Some(start)
    }

    /// When what begins then ends, if that is said.
    pub fn end_of(&self, start: Instant) -> Option<Instant> {
        Some(start.plus(self.activity.length()?))
    }

    /// When somebody is to be reminded next, after `now`: at once of the first that is due and has not fired, with
    /// which all others go that are due ([`Plan::fallen_due`]), and of the next one after these.
    pub fn ahead(&self, now: Instant, has_fired: impl Fn(&str) -> bool) -> Vec<(Instant, Instant)> {
        let is_new = |start: &Instant| !has_fired(&self.occurrence(*start));
        let window = now.plus(self.lead);
        let mut due = self.activity.starting_after(now).take_while(|start| *start <= window);
        let due = due.find(is_new).map(|start| (start, now.max(self.due(start))));
        let later = self.activity.starting_after(window).take(LOOKED_AT).find(is_new);
        due.into_iter().chain(later.map(|start| (start, self.due(start)))).collect()
    }

    /// What is to be said now that the reminder of what begins then has fallen due; nothing where it no longer stands.
    pub fn fallen_due(&self, start: Instant, due_at: Instant, now: Instant, missed: Missed) -> Vec<Fallen> {
        if !self.occurs_at(start) || self.due(start) > now {
            return Vec::new();
        }
        let own = Fallen { start, due_at: due_at.max(self.due(start)), is_told: true };
        let newest = self.activity.newest_starting_at_or_before(now.plus(self.lead)).unwrap_or(start);
        if !self.activity.is_recurring() {
            return vec![own];
        }
        let others = self.since(start, newest, now);
        // What came to be due by a longer lead was not due before this one was.
        let others = others.into_iter().map(|other| Fallen { due_at: other.due_at.max(due_at), ..other });
        let mut all: Vec<Fallen> = std::iter::once(own).chain(others).collect();
        for fallen in &mut all {
            let late = now.since(fallen.due_at);
            let is_missed = fallen.start <= now && late > PUNCTUAL;
            let is_made_up_for = match missed {
                Missed::Newest => fallen.start == newest,
                Missed::All => true,
                Missed::None => false,
            };
            fallen.is_told = !is_missed || (is_made_up_for && late <= CATCH_UP);
        }
        all
    }

    /// What has fallen due since then as well: the first ones, for the record, and those that may be made up for.
    fn since(&self, start: Instant, newest: Instant, now: Instant) -> Vec<Fallen> {
        if newest <= start {
            return Vec::new();
        }
        let recent = now.plus(self.lead).minus(CATCH_UP).max(start);
        let early =
            self.activity.starting_after(start).take_while(|at| *at <= recent.min(newest)).take(WRITTEN_DOWN);
        let late = self.activity.starting_after(recent).take_while(|at| *at <= newest).take(CAUGHT_UP);
        let mut starts: Vec<Instant> = early.collect();
        // More of them lie ahead than are told at once: the others follow these.
        let is_cut = starts.len() == WRITTEN_DOWN && starts.last().is_some_and(|last| *last > now);
        if !is_cut {
            starts.extend(late);
        }
        if !is_cut && starts.last() != Some(&newest) {
            starts.push(newest);
        }
        starts.into_iter().map(|start| Fallen { start, due_at: self.due(start), is_told: false }).collect()
    }
}

/// A time of an activity of which the reminder has fallen due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fallen {
    pub start: Instant,
    pub due_at: Instant,
    /// Whether somebody is told; if not, it is only written down that they are not.
    pub is_told: bool,
}

fn occurrence(start: Instant, user_id: i64) -> String {
    format!("{}:{user_id}", start.0)
}

/// What an occurrence is the name of: when it begins, and who is to be reminded.
pub(super) fn named(occurrence: &str) -> Option<(Instant, i64)> {
    let (start, user_id) = occurrence.split_once(':')?;
    Some((Instant(start.parse().ok()?), user_id.parse().ok()?))
}
