//! Reassignment (A1-A7): the new owner hears of it, and, where that is on, the previous one.
//!
//! | who                       | is told where                                                                      |
//! |---------------------------|------------------------------------------------------------------------------------|
//! | the new assigned user     | `assigned` is on for the module; for activities also where Send Notification is ticked |
//! | the previous one          | `previous_owner` is on for the module                                              |
//! | whoever did it            | never                                                                              |
//! | anybody                   | not where Send Notification was unticked                                           |
//!
//! The button Notify has no trigger: nothing is decided there, somebody names whom to tell. `record/by_hand.rs` writes
//! what they say through the same door.

mod settings;
#[cfg(test)]
pub(super) mod tests;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Map;

use super::{Against, Beside, Figure, Finding, Telling, Trigger, View};
use crate::delivery::{Mail, Sending};
use crate::notification::why::Why;
use crate::record::{ACTIVITIES, Change, Course, Record};
use crate::settings::{Groups, Snapshot};

pub use settings::NotificationSettings;

const NAME: &str = "reassignment";

/// See the module.
pub struct Reassignment;

/// Whose hands a record comes into, and out of whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    New,
    Previous,
}

/// Why somebody is told, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ground {
    /// The setting is on.
    On,
    /// The setting is off for activities, and Send Notification was ticked by hand.
    Ticked,
    /// The setting is off.
    Off,
    /// Send Notification was unticked.
    Unticked,
    /// They did it themselves.
    OwnAct,
    /// It was made together with what they are told of.
    Companion,
}

impl Ground {
    fn is_told(self) -> bool {
        matches!(self, Ground::On | Ground::Ticked)
    }
}

/// What the changes of one request have in common for one person: one of it, one notification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    part: Part,
    user_id: i64,
    module: Arc<str>,
    ground: Ground,
}

impl Trigger for Reassignment {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, against: &Against) -> Groups {
        groups.with::<NotificationSettings>(against.clone())
    }

    fn announces(&self, module: &str, settings: &Snapshot) -> bool {
        settings.of::<NotificationSettings>().announces(module)
    }

    fn on_changes(&self, changes: &[Change], view: &View<'_>) -> Vec<Finding> {
        let mut cases: BTreeMap<Case, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            for case in cases_of(change, view) {
                cases.entry(case).or_default().push(change);
            }
        }
        cases.iter().map(|(case, changes)| finding(case, changes, view)).collect()
    }

    fn outlook(&self, record: &Record, user_id: i64, view: &View<'_>) -> Vec<String> {
        let is_theirs = record.assigned_to == Some(user_id);
        let part = if is_theirs { Part::Previous } else { Part::New };
        vec![words::outlook(part, record, user_id, view)]
    }
}

fn cases_of(change: &Change, view: &View<'_>) -> Vec<Case> {
    let Some((before, after)) = change.owners() else { return Vec::new() };
    let settings = view.settings.of::<NotificationSettings>();
    let case = |part, user_id| Case {
        part,
        user_id,
        module: change.record().module.clone(),
        ground: ground(change, part, user_id, &settings),
    };
    let new = after.map(|user_id| case(Part::New, user_id));
    let previous = before.map(|user_id| case(Part::Previous, user_id));
    // Whoever is gone neither hears of it nor asks why not.
    new.into_iter().chain(previous).filter(|case| view.people.contains_key(&case.user_id)).collect()
}

fn ground(change: &Change, part: Part, user_id: i64, settings: &NotificationSettings) -> Ground {
    let module = &*change.record().module;
    let is_on = match part {
        Part::New => settings.announces(module),
        Part::Previous => settings.tells_previous(module),
    };
    let is_ticked = change.send_notification == Some(true);
    match part {
        _ if change.actor.user_id == Some(user_id) => Ground::OwnAct,
        _ if change.course == Course::Companion => Ground::Companion,
        _ if change.send_notification == Some(false) => Ground::Unticked,
        _ if is_on => Ground::On,
        Part::New if is_ticked && module == ACTIVITIES => Ground::Ticked,
        _ => Ground::Off,
    }
}

fn finding(case: &Case, changes: &[&Change], view: &View<'_>) -> Finding {
    let why = Why {
        trigger: NAME,
        records: changes.iter().map(|change| (case.module.clone(), change.record().id.clone())).collect(),
        cause: words::cause(changes, view),
        setting: settings::decisive(case, view),
        chosen: words::chosen(case.part).to_owned(),
        sentence: words::sentence(case, changes, view),
    };
    if !case.ground.is_told() {
        return Finding::Silent { user_id: case.user_id, why };
    }
    let first = changes[0].record();
    let mut metadata = Map::new();
    metadata.insert("module".to_owned(), (*case.module).into());
    let link = match changes {
        [_] => {
            metadata.insert("record_id".to_owned(), (*first.id).into());
            view.link(first)
        }
        _ => words::list(case, changes, view),
    };
    let actor = &changes[0].actor;
    Finding::Tell(Box::new(Telling {
        user_id: case.user_id,
        kind: match case.part {
            Part::New => "record_assigned",
            Part::Previous => "record_reassigned_away",
        },
        title: words::title(case, changes, view),
        message: Some(words::message(case, changes, view)),
        link: Some(link),
        metadata,
        sending: Sending::Automated,
        related_user_id: actor.user_id,
        mail: copies(case.user_id, actor.user_id, view),
        beside: Beside::Alone,
        why,
    }))
}

/// Who else gets the e-mail to this person: the address of the settings and the person's manager, each once, and
/// neither the person themselves nor a manager who did it.
pub(super) fn copies(user_id: i64, actor_id: Option<i64>, view: &View<'_>) -> Option<Mail> {
    let settings = view.settings.of::<NotificationSettings>();
    let person = view.people.get(&user_id);
    let manager = person
        .and_then(|person| person.reports_to)
        .filter(|manager| settings.cc_manager && Some(*manager) != actor_id)
        .and_then(|manager| view.people.get(&manager));
    let mut cc: Vec<String> = Vec::new();
    let wanted = settings.cc_addresses().chain(manager.map(|manager| manager.email.as_str()));
    for address in wanted.filter(|address| !address.is_empty()) {
        let is_theirs = person.is_some_and(|person: &Figure| person.email.eq_ignore_ascii_case(address));
        if !is_theirs && !cc.iter().any(|known| known.eq_ignore_ascii_case(address)) {
            cc.push(address.to_owned());
        }
    }
    (!cc.is_empty()).then(|| Mail { cc, ..Mail::default() })
}
