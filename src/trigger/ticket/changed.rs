//! What changes of tickets make people hear.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{NAME, news, subscribers};
use crate::delivery::Sending;
use crate::notification::why::Why;
use crate::record::{Change, Course, Record};
use crate::trigger::phrases::{labels, noun, who};
use crate::trigger::reassignment::Reassignment;
use crate::trigger::{Beside, Finding, Telling, Trigger, View};

/// Findings of changes of tickets, all of one request.
pub(super) fn findings(changes: &[Change], view: &View<'_>) -> Vec<Finding> {
    // Who hears of a reassignment is decided there; of tickets they hear by a type of their own.
    let reassigned: Vec<Telling> =
        Reassignment.on_changes(changes, view).into_iter().filter_map(telling).collect();
    let hears = |user_id: i64, ticket: &Record| {
        let is_it = |telling: &Telling| {
            telling.user_id == user_id && telling.why.records.iter().any(|(_, id)| *id == ticket.id)
        };
        reassigned.iter().any(is_it)
    };
    let mut followers: BTreeMap<i64, Vec<&Change>> = BTreeMap::new();
    for change in changes.iter().filter(|change| is_update(change)) {
        let ticket = change.record();
        let following = subscribers(ticket).into_iter();
        for user_id in following.filter(|id| view.people.contains_key(id) && !hears(*id, ticket)) {
            followers.entry(user_id).or_default().push(change);
        }
    }
    let updates = followers.iter().map(|(user_id, changes)| updated(*user_id, changes, view));
    let updates: Vec<Finding> = updates.collect();
    let assigned = reassigned.into_iter().filter(|telling| telling.kind == "record_assigned");
    assigned.map(|telling| Finding::Tell(Box::new(as_ticket(telling)))).chain(updates).collect()
}

fn telling(finding: Finding) -> Option<Telling> {
    match finding {
        Finding::Tell(telling) => Some(*telling),
        _ => None,
    }
}

/// The same to the same person, by the type that tickets have, in its place.
fn as_ticket(telling: Telling) -> Telling {
    Telling { beside: Beside::InsteadOf(telling.kind), kind: "ticket_assigned", ..telling }
}

/// Whether it is a change that followers hear of.
fn is_update(change: &Change) -> bool {
    change.course == Course::Saved && news::is_any(change)
}

/// What a follower hears, or why not.
fn updated(user_id: i64, changes: &[&Change], view: &View<'_>) -> Finding {
    let first = changes[0];
    let why = why(user_id, changes, view);
    let is_silent = first.actor.user_id == Some(user_id) || first.send_notification == Some(false);
    if is_silent || is_customer(user_id, view) {
        return Finding::Silent { user_id, why };
    }
    let mut metadata = Map::from_iter([("module".to_owned(), Value::from(super::TICKETS))]);
    let (title, message, link) = match changes {
        [one] => {
            let ticket = one.record();
            metadata.insert("record_id".to_owned(), Value::from(&*ticket.id));
            let message = format!("{} changed it.\n{}", who(one, view), news::lines(one, view));
            (format!("{} was updated", noun(ticket)), message, view.link(ticket))
        }
        _ => (
            format!("{} tickets that you follow were updated by {}", changes.len(), who(first, view)),
            labels(changes),
            format!("{}/records/tickets", view.public_url),
        ),
    };
    Finding::Tell(Box::new(Telling {
        user_id,
        kind: "ticket_updated",
        title,
        message: Some(message),
        link: Some(link),
        metadata,
        sending: Sending::Automated,
        related_user_id: first.actor.user_id,
        mail: None,
        beside: Beside::Alone,
        why,
    }))
}

/// Whether it is the team's business, and none of theirs.
fn is_customer(user_id: i64, view: &View<'_>) -> bool {
    view.people.get(&user_id).is_some_and(|figure| figure.is_customer)
}

fn why(user_id: i64, changes: &[&Change], view: &View<'_>) -> Why {
    let (first, person) = (changes[0], view.name(user_id));
    let who = who(first, view);
    let thing = match changes {
        [one] => noun(one.record()),
        _ => format!("{} tickets", changes.len()),
    };
    let fields = news::titles(changes);
    let sentence = if first.actor.user_id == Some(user_id) {
        format!("{person} was not told of {thing} because nobody is told of what they did themselves.")
    } else if first.send_notification == Some(false) {
        format!("{person} was not told of {thing} because {who} left Send Notification unticked.")
    } else if is_customer(user_id, view) {
        format!("{person} was not told of {thing} because customers do not hear what the team changes.")
    } else {
        format!("You were told because {who} changed {thing} ({fields}) and you are among its subscribers.")
    };
    Why {
        trigger: NAME,
        records: changes
            .iter()
            .map(|change| (change.record().module.clone(), change.record().id.clone()))
            .collect(),
        cause: format!("{who} changed {thing} ({fields})"),
        setting: None,
        chosen: "a subscriber of the ticket".to_owned(),
        sentence,
    }
}
