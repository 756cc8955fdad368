//! What people read about reassignments.

use std::collections::BTreeSet;

use super::{Case, Ground, NotificationSettings, Part};
use crate::record::{Change, Record};
use crate::trigger::View;
use crate::trigger::phrases::{labels, noun, who};

/// `sales orders`.
fn plural(module: &str) -> String {
    module.replace('_', " ")
}

fn name(user_id: Option<i64>, view: &View<'_>) -> String {
    user_id.map_or_else(|| "nobody".to_owned(), |id| view.name(id))
}

/// The record, or how many there are of them.
fn things(case: &Case, changes: &[&Change]) -> String {
    match changes {
        [one] => noun(one.record()),
        _ => format!("{} {}", changes.len(), plural(&case.module)),
    }
}

/// The new assigned user, where it is the same one for all.
fn only_new(changes: &[&Change]) -> Option<Option<i64>> {
    let new: BTreeSet<Option<i64>> =
        changes.iter().filter_map(|change| change.owners()).map(|(_, after)| after).collect();
    new.first().copied().filter(|_| new.len() == 1)
}

pub(super) fn title(case: &Case, changes: &[&Change], view: &View<'_>) -> String {
    let things = things(case, changes);
    match (case.part, changes) {
        (Part::New, [_]) => format!("{things} was assigned to you"),
        (Part::New, _) => format!("{things} were assigned to you by {}", who(changes[0], view)),
        (Part::Previous, [_]) => format!("{things} is no longer assigned to you"),
        (Part::Previous, _) => format!("{things} are no longer assigned to you"),
    }
}

pub(super) fn message(case: &Case, changes: &[&Change], view: &View<'_>) -> String {
    match changes {
        [one] if case.part == Part::New => came(one, view),
        [_] => went(changes, "it", view),
        _ if case.part == Part::New => labels(changes),
        _ => format!("{}\n{}", went(changes, "them", view), labels(changes)),
    }
}

/// How a record came to somebody.
fn came(change: &Change, view: &View<'_>) -> String {
    let who = who(change, view);
    let previous = change.owners().and_then(|(before, _)| before);
    match previous {
        Some(previous) if change.actor.user_id == Some(previous) => {
            format!("{who}, who had it before, assigned it to you.")
        }
        Some(previous) => format!("{who} assigned it to you. {} had it before.", view.name(previous)),
        None if change.before.is_none() => format!("{who} added it and assigned it to you."),
        None => format!("{who} assigned it to you. Nobody had it before."),
    }
}

/// How records went from somebody.
fn went(changes: &[&Change], them: &str, view: &View<'_>) -> String {
    let (who, actor) = (who(changes[0], view), changes[0].actor.user_id);
    match only_new(changes) {
        Some(None) => format!("{who} took {them} from you and assigned {them} to nobody."),
        Some(new) if new == actor => format!("{who} took {them} over."),
        Some(new) => format!("{who} assigned {them} to {}.", name(new, view)),
        None => format!("{who} assigned {them} to others."),
    }
}

/// Where the records of a summary are listed: one's own, or those of whoever has them now.
pub(super) fn list(case: &Case, changes: &[&Change], view: &View<'_>) -> String {
    let all = || format!("{}/records/{}", view.public_url, case.module);
    match case.part {
        Part::New => view.own_list(&case.module),
        Part::Previous => match only_new(changes).flatten() {
            Some(new) => format!("{}?assigned_to={new}", all()),
            None => all(),
        },
    }
}

pub(super) fn cause(changes: &[&Change], view: &View<'_>) -> String {
    let who = who(changes[0], view);
    let [change] = changes else {
        let module = plural(&changes[0].record().module);
        return format!("{who} changed the assigned user of {} {module}", changes.len());
    };
    let thing = noun(change.record());
    let (before, after) = change.owners().unwrap_or_default();
    if change.before.is_none() {
        return format!("{who} added {thing} and assigned it to {}", name(after, view));
    }
    let (before, after) = (name(before, view), name(after, view));
    format!("{who} changed the assigned user of {thing} from {before} to {after}")
}

pub(super) fn chosen(part: Part) -> &'static str {
    match part {
        Part::New => "the new assigned user",
        Part::Previous => "the previous assigned user",
    }
}

/// All of it in one sentence.
pub(super) fn sentence(case: &Case, changes: &[&Change], view: &View<'_>) -> String {
    let (person, who) = (view.name(case.user_id), who(changes[0], view));
    let (things, modules) = (things(case, changes), plural(&case.module));
    let done = match case.part {
        Part::New => format!("{who} assigned {things} to you"),
        Part::Previous => format!("{who} took {things} from you"),
    };
    let setting = tick(case.part);
    let silent = format!("{person} was not told of {things} because");
    match case.ground {
        Ground::On => format!(
            "You were told because {done} and “{setting}” is ticked for {modules} in Notification Settings."
        ),
        Ground::Ticked => format!("You were told because {done} and ticked Send Notification."),
        Ground::Off => format!("{silent} “{setting}” is not ticked for {modules} in Notification Settings."),
        Ground::Unticked => format!("{silent} {who} left Send Notification unticked."),
        Ground::OwnAct => format!("{silent} nobody is told of what they did themselves."),
        Ground::Companion => {
            format!("{silent} it was made together with something else, and people are told of that.")
        }
    }
}

/// What the setting is called that decides.
fn tick(part: Part) -> &'static str {
    match part {
        Part::New => "Notify the new user",
        Part::Previous => "Notify the previous owner",
    }
}

/// What happens to somebody as a record comes into their hands, or goes out of them.
pub(super) fn outlook(part: Part, record: &Record, user_id: i64, view: &View<'_>) -> String {
    let settings = view.settings.of::<NotificationSettings>();
    let (is_on, condition) = match part {
        Part::New => (settings.announces(&record.module), "assigns it to them"),
        Part::Previous => (settings.tells_previous(&record.module), "assigns it to another user"),
    };
    let (not, ticked) = if is_on { ("", "is ticked") } else { ("not ", "is not ticked") };
    format!(
        "{} is {not}told when somebody else {condition}: “{}” {ticked} for {} in Notification Settings.",
        view.name(user_id),
        tick(part),
        plural(&record.module)
    )
}
