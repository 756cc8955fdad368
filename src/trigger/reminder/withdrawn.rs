//! Somebody was reminded of an activity that is now cancelled, deleted, without a start or another's before it began:
//! they hear of that, and their calendar forgets it.
//!
//! What one request takes from a person is told them once. Where reassignment tells them that it is theirs no longer,
//! nothing is said here, and that e-mail takes it out of the calendar.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::plan::{Plan, named};
use super::{KIND, NAME, ics};
use crate::channel::Attachment;
use crate::clock::Instant;
use crate::delivery::{Mail, Sending};
use crate::notification::why::Why;
use crate::record::activity::Activity;
use crate::record::{ACTIVITIES, Change, Record};
use crate::template::calendar::Method;
use crate::trigger::phrases::{labels, noun, who};
use crate::trigger::{Beside, Finding, Telling, Timer, View};

/// How many calendar files go with one e-mail.
const FILES: usize = 50;

/// What became of an activity that was somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Cancelled,
    Deleted,
    AnothersNow,
    Undated,
}

impl Fate {
    fn of(before: &Plan<'_>, after: Option<&Record>) -> Option<Self> {
        match after {
            _ if before.activity.is_over => None,
            None => Some(Fate::Deleted),
            Some(after) if is_cancelled(after) => Some(Fate::Cancelled),
            Some(after) if after.assigned_to != before.record.assigned_to => Some(Fate::AnothersNow),
            Some(after) => {
                let has_no_start = matches!(Activity::read(&after.fields, &before.zone), Ok(None));
                has_no_start.then_some(Fate::Undated)
            }
        }
    }

    fn title(self) -> &'static str {
        match self {
            Fate::Cancelled | Fate::Deleted => "Cancelled",
            Fate::AnothersNow => "No longer yours",
            Fate::Undated => "No longer scheduled",
        }
    }

    /// What is so of several.
    fn of_several(self) -> &'static str {
        match self {
            Fate::Cancelled | Fate::Deleted => "were cancelled",
            Fate::AnothersNow => "are no longer yours",
            Fate::Undated => "are no longer scheduled",
        }
    }

    /// What somebody did to activities.
    fn deed(self, things: &str, after: Option<&Record>, view: &View<'_>) -> String {
        match self {
            Fate::Cancelled => format!("cancelled {things}"),
            Fate::Deleted => format!("deleted {things}"),
            Fate::Undated => format!("took the start out of {things}"),
            Fate::AnothersNow => match after.and_then(|after| after.assigned_to) {
                Some(user_id) => format!("assigned {things} to {}", view.name(user_id)),
                None => format!("assigned {things} to nobody"),
            },
        }
    }
}

fn is_cancelled(record: &Record) -> bool {
    let status = record.fields.get("status").and_then(|status| status.as_str()).unwrap_or_default().trim();
    ["cancelled", "canceled"].iter().any(|cancelled| status.eq_ignore_ascii_case(cancelled))
}

/// An activity that is taken from somebody who was reminded of it.
struct Withdrawal<'a> {
    change: &'a Change,
    /// As it stands in their calendar.
    plan: Plan<'a>,
    fate: Fate,
    /// When it would have begun next.
    start: Instant,
}

impl<'a> Withdrawal<'a> {
    fn of(change: &'a Change, view: &View<'a>) -> Option<Self> {
        let before = change.before.as_ref().filter(|before| *before.module == *ACTIVITIES)?;
        let plan = Plan::for_user(before, before.assigned_to?, view).ok()?;
        let fate = Fate::of(&plan, change.after.as_ref())?;
        let start = reminded_of(&plan, view)?;
        Some(Self { change, plan, fate, start })
    }

    fn user_id(&self) -> i64 {
        self.plan.user.id
    }

    fn is_own_act(&self) -> bool {
        self.change.actor.user_id == Some(self.user_id())
    }

    fn is_unticked(&self) -> bool {
        self.change.send_notification == Some(false)
    }

    fn file(&self, view: &View<'_>) -> Attachment {
        let since = self.change.after.as_ref().map_or(view.now, |after| after.updated_at);
        ics::file(&self.plan, Method::Cancel, since, view)
    }
}

/// When it begins next of which this person was reminded. A calendar has a series whole from its first reminder on.
fn reminded_of(plan: &Plan<'_>, view: &View<'_>) -> Option<Instant> {
    let mut told = starts_told(plan.record, plan.user.id, view).map(|(start, _)| start);
    match plan.activity.is_recurring() {
        true => told.next().and_then(|_| plan.activity.starting_after(view.now).next()),
        false => told.filter(|start| *start > view.now).min(),
    }
}

/// The starts that a person was reminded of, and what they are called.
fn starts_told<'v>(
    record: &Record,
    user_id: i64,
    view: &'v View<'_>,
) -> impl Iterator<Item = (Instant, &'v str)> {
    let told = view.fired_of(record, NAME).filter(move |fired| fired.user_id == Some(user_id));
    told.filter_map(|fired| Some((named(&fired.occurrence)?.0, fired.occurrence.as_str())))
}

pub(super) fn found(changes: &[Change], view: &View<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<(i64, Fate, bool), Vec<Withdrawal<'_>>> = BTreeMap::new();
    for withdrawal in changes.iter().filter_map(|change| Withdrawal::of(change, view)) {
        // Whoever did it knows.
        if withdrawal.is_own_act() {
            continue;
        }
        let group = (withdrawal.user_id(), withdrawal.fate, withdrawal.is_unticked());
        groups.entry(group).or_default().push(withdrawal);
    }
    let found = groups.into_iter().map(|((user_id, _, is_unticked), group)| {
        let why = why(&group, view);
        match &group[..] {
            _ if is_unticked => {
                let name = view.name(user_id);
                let sentence = format!("{name} was not told: Send Notification was not ticked.");
                Finding::Silent { user_id, why: Why { sentence, ..why } }
            }
            [one] => Finding::Tell(Box::new(telling(one, why, view))),
            several => Finding::Tell(Box::new(summary(several, why, view))),
        }
    });
    found.collect()
}

/// What of reminders is forgotten: put back before it begins, an activity that was taken away is reminded of anew.
/// Whoever was not told that it is off still knows of it.
pub(super) fn forgotten(changes: &[Change], view: &View<'_>) -> Vec<Timer> {
    let withdrawals = changes.iter().filter_map(|change| Withdrawal::of(change, view));
    let known = withdrawals.filter(|withdrawal| withdrawal.is_own_act() || !withdrawal.is_unticked());
    let timers = known.flat_map(|withdrawal| {
        let record = withdrawal.plan.record;
        let ahead = starts_told(record, withdrawal.user_id(), view).filter(|(start, _)| *start > view.now);
        let timer = |(start, occurrence): (Instant, &str)| Timer {
            trigger: NAME,
            module: record.module.clone(),
            record_id: record.id.clone(),
            occurrence: occurrence.to_owned(),
            due_at: start,
        };
        ahead.map(timer).collect::<Vec<_>>()
    });
    timers.collect()
}

fn files(withdrawals: &[Withdrawal<'_>], view: &View<'_>) -> Vec<Attachment> {
    let files = withdrawals.iter().take(FILES).map(|withdrawal| withdrawal.file(view));
    if withdrawals.len() < 2 {
        return files.collect();
    }
    files
        .enumerate()
        .map(|(index, file)| Attachment { name: format!("activity-{}.ics", index + 1), ..file })
        .collect()
}

fn telling(withdrawal: &Withdrawal<'_>, why: Why, view: &View<'_>) -> Telling {
    let Withdrawal { change, plan, fate, start } = withdrawal;
    let (record, wall, start) = (plan.record, plan.wall(), *start);
    let who = who(change, view);
    let deed = fate.deed("it", change.after.as_ref(), view);
    let span = wall.span(start, plan.end_of(start));
    Telling {
        title: format!("{}: {}", fate.title(), wall.title(&record.label, start, view.now)),
        message: Some(format!("{who} {deed}: {}, {span}", record.label)),
        link: change.after.as_ref().map(|after| view.link(after)),
        metadata: Map::from_iter([
            ("module".to_owned(), Value::from(&*record.module)),
            ("record_id".to_owned(), Value::from(&*record.id)),
            ("when".to_owned(), wall.moment(start).into()),
            ("starts_at".to_owned(), start.to_rfc3339().into()),
        ]),
        ..bare(std::slice::from_ref(withdrawal), why, view)
    }
}

/// The first of several by their labels, and what takes them out of the calendar.
fn summary(withdrawals: &[Withdrawal<'_>], why: Why, view: &View<'_>) -> Telling {
    let changes: Vec<&Change> = withdrawals.iter().map(|withdrawal| withdrawal.change).collect();
    let (fate, first) = (withdrawals[0].fate, changes[0]);
    let (who, deed) = (who(first, view), fate.deed("them", first.after.as_ref(), view));
    Telling {
        title: format!("{} activities {}", withdrawals.len(), fate.of_several()),
        message: Some(format!("{who} {deed}:\n{}", labels(&changes))),
        ..bare(withdrawals, why, view)
    }
}

/// What all of them have in common, without words.
fn bare(withdrawals: &[Withdrawal<'_>], why: Why, view: &View<'_>) -> Telling {
    Telling {
        user_id: withdrawals[0].user_id(),
        kind: KIND,
        title: String::new(),
        message: None,
        link: Some(view.own_list(ACTIVITIES)),
        metadata: Map::from_iter([("module".to_owned(), Value::from(ACTIVITIES))]),
        sending: Sending::Reminder,
        related_user_id: None,
        mail: Some(Mail { attachments: files(withdrawals, view), ..Mail::default() }),
        beside: match withdrawals[0].fate {
            Fate::AnothersNow => Beside::Within("record_reassigned_away"),
            Fate::Cancelled | Fate::Deleted | Fate::Undated => Beside::Alone,
        },
        why,
    }
}

fn why(withdrawals: &[Withdrawal<'_>], view: &View<'_>) -> Why {
    let first = &withdrawals[0];
    let (change, who) = (first.change, who(first.change, view));
    let things = match withdrawals {
        [one] => noun(one.change.record()),
        several => format!("{} activities", several.len()),
    };
    let deed = first.fate.deed(&things, change.after.as_ref(), view);
    let record = |withdrawal: &Withdrawal<'_>| {
        let record = withdrawal.change.record();
        (record.module.clone(), record.id.clone())
    };
    Why {
        trigger: NAME,
        records: withdrawals.iter().map(record).collect(),
        cause: format!("{who} {deed}"),
        setting: None,
        chosen: format!("{} had been reminded of it", view.name(first.user_id())),
        sentence: format!("You were told because {who} {deed}, of which you had been reminded."),
    }
}
