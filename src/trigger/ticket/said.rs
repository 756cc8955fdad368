//! What is said about tickets, here and in CRMs that keep their own comments.

use std::collections::BTreeSet;

use super::{NAME, subscribers};
use crate::delivery::Sending;
use crate::event::Event;
use crate::event::comment::COMMENTED;
use crate::notification::why::Why;
use crate::trigger::happening::{link, metadata, noun, records, who};
use crate::trigger::{Beside, Finding, Telling, View};

/// As what somebody hears of it. In this order: one thing is told to one person once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Mentioned,
    Answered,
    Follower,
}

impl Part {
    fn kind(self) -> &'static str {
        match self {
            Part::Mentioned => "ticket_mention",
            Part::Answered => "customer_reply",
            Part::Follower => "ticket_updated",
        }
    }
}

pub(super) fn findings(event: &Event, view: &View<'_>) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    let parts = parts(event).into_iter();
    let once = parts.filter(|(user_id, _)| view.people.contains_key(user_id) && known.insert(*user_id));
    once.map(|(user_id, part)| finding(event, user_id, part, view)).collect()
}

/// Who may hear of it, and as what.
fn parts(event: &Event) -> Vec<(i64, Part)> {
    let all = |users: Vec<i64>, part| users.into_iter().map(move |id| (id, part));
    let mentioned = || all(event.users("mentions"), Part::Mentioned);
    let following = |part| all(event.record.as_ref().map(subscribers).unwrap_or_default(), part);
    let answered = || {
        let assigned = event.record.as_ref().and_then(|ticket| ticket.assigned_to);
        all(assigned.into_iter().collect(), Part::Answered).chain(following(Part::Answered))
    };
    match &*event.kind {
        "ticket.mentioned" => mentioned().collect(),
        "ticket.updated" => following(Part::Follower).collect(),
        "ticket.customer_replied" => answered().collect(),
        COMMENTED if is_from_customer(event) => mentioned().chain(answered()).collect(),
        COMMENTED => mentioned().chain(following(Part::Follower)).collect(),
        _ => Vec::new(),
    }
}

fn is_from_customer(event: &Event) -> bool {
    &*event.kind == "ticket.customer_replied"
        || event.data.get("from_customer").is_some_and(|is| *is == serde_json::Value::Bool(true))
}

/// Whether it is the team's word, and this is a customer: they hear what customers say, and nothing else.
fn is_kept_from(event: &Event, user_id: i64, view: &View<'_>) -> bool {
    !is_from_customer(event) && view.people.get(&user_id).is_some_and(|figure| figure.is_customer)
}

/// Who said it.
fn author(event: &Event, view: &View<'_>) -> String {
    match event.text("author") {
        Some(author) => author.to_owned(),
        None if is_from_customer(event) => "The customer".to_owned(),
        None => who(event, view),
    }
}

fn finding(event: &Event, user_id: i64, part: Part, view: &View<'_>) -> Finding {
    let why = why(event, user_id, part, view);
    if event.actor.user_id == Some(user_id) || is_kept_from(event, user_id, view) {
        return Finding::Silent { user_id, why };
    }
    let (author, thing) = (author(event, view), noun(event));
    let is_comment = &*event.kind == COMMENTED;
    let title = match part {
        Part::Mentioned => format!("{author} mentioned you in {thing}"),
        Part::Answered => format!("{author} replied to {thing}"),
        Part::Follower if is_comment => format!("{author} commented on {thing}"),
        Part::Follower => format!("{thing} was updated"),
    };
    let words = event.text("text").or_else(|| event.text("summary"));
    Finding::Tell(Box::new(Telling {
        user_id,
        kind: part.kind(),
        title,
        message: words.map(str::to_owned),
        link: link(event, view),
        metadata: metadata(event),
        sending: Sending::Automated,
        related_user_id: event.actor.user_id,
        mail: None,
        beside: Beside::Alone,
        why,
    }))
}

fn why(event: &Event, user_id: i64, part: Part, view: &View<'_>) -> Why {
    let (author, thing, person) = (author(event, view), noun(event), view.name(user_id));
    let is_assigned = event.record.as_ref().is_some_and(|ticket| ticket.assigned_to == Some(user_id));
    let done = match part {
        Part::Mentioned => format!("{author} mentioned people in {thing}"),
        Part::Answered => format!("{author} replied to {thing}"),
        Part::Follower if &*event.kind == COMMENTED => format!("{author} commented on {thing}"),
        Part::Follower => format!("{thing} was updated"),
    };
    let (chosen, because) = match part {
        Part::Mentioned => ("mentioned in the ticket", format!("{author} mentioned you in {thing}")),
        _ if part == Part::Answered && is_assigned => {
            ("the ticket's assigned user", format!("{done} and it is assigned to you"))
        }
        _ => ("a subscriber of the ticket", format!("{done} and you are among its subscribers")),
    };
    let sentence = if event.actor.user_id == Some(user_id) {
        format!("{person} was not told of {thing} because nobody is told of what they did themselves.")
    } else if is_kept_from(event, user_id, view) {
        format!("{person} was not told of {thing} because customers do not hear what the team says.")
    } else {
        format!("You were told because {because}.")
    };
    Why {
        trigger: NAME,
        records: records(event),
        cause: done,
        setting: None,
        chosen: chosen.to_owned(),
        sentence,
    }
}
