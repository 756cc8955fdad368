//! Activity reminders (R1-R5): before a call, a meeting or a task begins, its assigned user hears of it.
//!
//! One time of an activity is its start and its user: moved, or given to somebody else, it is another one, of which
//! somebody is reminded anew; moved back, it is one that has been reminded of. What lies ahead depends on the activity,
//! on Reminder Settings and on the clock on its user's wall; [`plan`] knows all of that, and this file says it.

mod ics;
mod plan;
mod settings;
#[cfg(test)]
mod tests;
mod withdrawn;
pub(super) mod words;

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::phrases::noun;
use super::{Against, Beside, Due, Finding, Telling, Timer, Trigger, View};
use crate::clock::Instant;
use crate::delivery::{Mail, Sending};
use crate::notification::why::Why;
use crate::record::{ACTIVITIES, Change, Record};
use crate::settings::{Groups, Snapshot};
use crate::template::calendar::Method;
use plan::{Fallen, Nobody, PUNCTUAL, Plan, named};
pub use settings::{Missed, ReminderSettings};
use words::spell;

const NAME: &str = "reminder";

/// The type of its notifications.
const KIND: &str = "activity_reminder";

/// How many of the reminders that lie ahead are shown.
const SHOWN: usize = 5;

/// See the module.
pub struct Reminder;

impl Trigger for Reminder {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups.with::<ReminderSettings>(())
    }

    fn on_changes(&self, changes: &[Change], view: &View<'_>) -> Vec<Finding> {
        withdrawn::found(changes, view)
    }

    fn forgotten(&self, changes: &[Change], view: &View<'_>) -> Vec<Timer> {
        withdrawn::forgotten(changes, view)
    }

    fn timed_module(&self) -> Option<&'static str> {
        Some(ACTIVITIES)
    }

    fn timers(&self, record: &Record, view: &View<'_>) -> Vec<Timer> {
        let Ok(plan) = Plan::of(record, view) else {
            return Vec::new();
        };
        let fired: HashSet<&str> =
            view.fired_of(record, NAME).map(|fired| fired.occurrence.as_str()).collect();
        let ahead = plan.ahead(view.now, |occurrence| fired.contains(occurrence));
        let timer = |(start, due_at)| Timer {
            trigger: NAME,
            module: record.module.clone(),
            record_id: record.id.clone(),
            occurrence: plan.occurrence(start),
            due_at,
        };
        ahead.into_iter().map(timer).collect()
    }

    fn on_due(&self, timer: &Timer, record: &Record, view: &View<'_>) -> Vec<Due> {
        let Ok(plan) = Plan::of(record, view) else {
            return Vec::new();
        };
        let Some((start, _)) = named(&timer.occurrence).filter(|(_, user_id)| *user_id == plan.user.id)
        else {
            return Vec::new();
        };
        let missed = view.settings.of::<ReminderSettings>().missed;
        let fallen = plan.fallen_due(start, timer.due_at, view.now, missed);
        let due = |fallen: Fallen| Due {
            occurrence: plan.occurrence(fallen.start),
            due_at: fallen.due_at,
            findings: vec![found(&plan, fallen, view)],
        };
        fallen.into_iter().map(due).collect()
    }

    fn basis(&self, settings: &Snapshot) -> String {
        let lead = settings.of::<ReminderSettings>().lead();
        format!("{} s before", lead.map_or(0, |lead| lead.as_secs()))
    }

    fn shown(&self, record: &Record, view: &View<'_>) -> Map<String, Value> {
        if *record.module != *ACTIVITIES {
            return Map::new();
        }
        let plan = Plan::of(record, view);
        let minutes = plan.as_ref().ok().map(|plan| plan.lead.as_secs() / 60);
        let from = match &plan {
            Ok(plan) if plan.is_own_lead => "activity",
            Err(Nobody::Off) => "off",
            _ => "default",
        };
        let ahead = ahead(&plan, view);
        let next: Vec<String> = ahead.iter().map(|(_, due_at)| due_at.to_rfc3339()).collect();
        let user = record.assigned_to.and_then(|user_id| view.people.get(&user_id));
        let shown = json!({
            "on": plan.is_ok(),
            "minutes": minutes,
            "from": from,
            "next": next,
            "time_zone": user.map(|user| &user.time_zone),
            "sentence": sentence(&plan, &ahead, record, view),
        });
        Map::from_iter([("reminder".to_owned(), shown)])
    }

    fn outlook(&self, record: &Record, user_id: i64, view: &View<'_>) -> Vec<String> {
        if *record.module != *ACTIVITIES {
            return Vec::new();
        }
        let plan = Plan::of(record, view);
        match record.assigned_to {
            Some(assigned) if assigned != user_id => {
                let (name, assigned) = (view.name(user_id), view.name(assigned));
                vec![format!(
                    "{name} will not be reminded: reminders go to the assigned user, who is {assigned}."
                )]
            }
            _ => vec![sentence(&plan, &ahead(&plan, view), record, view)],
        }
    }
}

/// The reminders that lie ahead: when it begins, and when they are due.
fn ahead(plan: &Result<Plan<'_>, Nobody>, view: &View<'_>) -> Vec<(Instant, Instant)> {
    let Ok(plan) = plan else {
        return Vec::new();
    };
    let has_fired = |start: Instant| view.has_fired(plan.record, NAME, &plan.occurrence(start));
    let starts = plan.activity.starting_after(view.now).filter(|start| !has_fired(*start)).take(SHOWN);
    starts.map(|start| (start, plan.due(start).max(view.now))).collect()
}

/// What will happen, or why nothing will.
fn sentence(
    plan: &Result<Plan<'_>, Nobody>,
    ahead: &[(Instant, Instant)],
    record: &Record,
    view: &View<'_>,
) -> String {
    let plan = match plan {
        Ok(plan) => plan,
        Err(nobody) => return no_reminder(nobody, record, view),
    };
    let name = &plan.user.name;
    match ahead.first() {
        Some((_, due_at)) if *due_at <= view.now => {
            format!("{name} is reminded at once: it begins in less than {}.", spell(plan.lead))
        }
        Some((_, due_at)) => {
            format!("{name} will be reminded on {}, {}.", plan.wall().spoken(*due_at), before(plan))
        }
        None if view.fired_of(record, NAME).any(|fired| fired.user_id == Some(plan.user.id)) => {
            format!("{name} was reminded, and no further time lies ahead.")
        }
        None => "No reminder: the start lies in the past.".to_owned(),
    }
}

fn no_reminder(nobody: &Nobody, record: &Record, view: &View<'_>) -> String {
    match nobody {
        Nobody::NoStart => "No reminder: the activity has no start.".to_owned(),
        Nobody::Unassigned if record.assigned_to.is_some() => {
            "No reminder: the assigned user is no more.".to_owned()
        }
        Nobody::Unassigned => "No reminder: nobody is assigned.".to_owned(),
        Nobody::Over(status) => format!("No reminder: the status is {status}."),
        Nobody::Off => "No reminder: it is switched off in the activity itself.".to_owned(),
        Nobody::DefaultOff => {
            let settings = view.settings.of::<ReminderSettings>().in_words();
            format!("No reminder: Reminder Settings are {settings} and the activity says nothing else.")
        }
    }
}

/// `15 minutes before it begins`.
fn before(plan: &Plan<'_>) -> String {
    match plan.lead.is_zero() {
        true => "as it begins".to_owned(),
        false => format!("{} before it begins", spell(plan.lead)),
    }
}

fn found(plan: &Plan<'_>, fallen: Fallen, view: &View<'_>) -> Finding {
    match fallen.is_told {
        true => Finding::Tell(Box::new(telling(plan, fallen, view))),
        false => Finding::Silent { user_id: plan.user.id, why: passed_over(plan, fallen, view) },
    }
}

fn telling(plan: &Plan<'_>, fallen: Fallen, view: &View<'_>) -> Telling {
    let (record, wall, start) = (plan.record, plan.wall(), fallen.start);
    let late = Some(view.now.since(fallen.due_at)).filter(|late| *late > PUNCTUAL);
    let event = format!("{}, {}", record.label, wall.span(start, plan.end_of(start)));
    Telling {
        user_id: plan.user.id,
        kind: KIND,
        title: wall.title(&record.label, start, view.now),
        message: Some(words::message(&event, start, view.now, late)),
        link: Some(view.link(record)),
        metadata: metadata(plan, start, late),
        sending: Sending::Reminder,
        related_user_id: None,
        mail: Some(Mail {
            attachments: vec![ics::file(plan, Method::Publish, record.updated_at, view)],
            ..Mail::default()
        }),
        beside: Beside::Alone,
        why: why(plan, start, late, view),
    }
}

fn metadata(plan: &Plan<'_>, start: Instant, late: Option<Duration>) -> Map<String, Value> {
    let record = plan.record;
    let mut metadata = Map::from_iter([
        ("module".to_owned(), Value::from(&*record.module)),
        ("record_id".to_owned(), Value::from(&*record.id)),
        ("when".to_owned(), plan.wall().moment(start).into()),
        ("starts_at".to_owned(), start.to_rfc3339().into()),
    ]);
    if let Some(kind) = record.fields.get("activity_type").filter(|kind| kind.is_string()) {
        metadata.insert("activity_type".to_owned(), kind.clone());
    }
    if let Some(late) = late {
        metadata.insert("late_seconds".to_owned(), late.as_secs().into());
    }
    metadata
}

fn why(plan: &Plan<'_>, start: Instant, late: Option<Duration>, view: &View<'_>) -> Why {
    let (thing, begins) = (noun(plan.record), plan.wall().spoken(start));
    let settings = view.settings.of::<ReminderSettings>();
    let said = match plan.is_own_lead {
        true => "the activity itself says".to_owned(),
        false => "Reminder Settings say".to_owned(),
    };
    let late = late.map_or_else(String::new, |late| format!(" It was sent {} late.", spell(late)));
    Why {
        trigger: NAME,
        records: vec![(plan.record.module.clone(), plan.record.id.clone())],
        cause: format!("{thing} begins on {begins}"),
        setting: (!plan.is_own_lead).then(|| settings.decisive()),
        chosen: "the assigned user of the activity".to_owned(),
        sentence: format!(
            "You were reminded because {thing} is assigned to you and begins on {begins}, and {said} that you are \
             reminded {}.{late}",
            before(plan)
        ),
    }
}

fn passed_over(plan: &Plan<'_>, fallen: Fallen, view: &View<'_>) -> Why {
    let settings = view.settings.of::<ReminderSettings>();
    let (thing, name) = (noun(plan.record), &plan.user.name);
    let begins = plan.wall().spoken(fallen.start);
    let reason = match settings.missed {
        Missed::Newest => "of what was missed only the newest of the last 24 hours is sent",
        Missed::All => "of what was missed only the last 24 hours are sent",
        Missed::None => "what was missed is not sent",
    };
    Why {
        trigger: NAME,
        records: vec![(plan.record.module.clone(), plan.record.id.clone())],
        cause: format!("The reminder of {thing} on {begins} fell due while no server ran"),
        setting: Some(settings.decisive_of_missed()),
        chosen: "the assigned user of the activity".to_owned(),
        sentence: format!(
            "{name} was not reminded of {thing} on {begins}: no server ran when it fell due, and by Reminder Settings \
             {reason}."
        ),
    }
}
