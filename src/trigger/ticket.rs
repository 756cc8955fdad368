//! Tickets (N34): whoever gets one, is mentioned in one, follows one, or is answered by its customer hears of it.
//!
//! | what happens                                | who hears of it, by which type                               |
//! |---------------------------------------------|--------------------------------------------------------------|
//! | it is assigned to somebody                  | they, where any other record's new user would: `ticket_assigned` |
//! | somebody is mentioned                       | they: `ticket_mention`                                       |
//! | it changes, or the team says something      | its subscribers: `ticket_updated`                            |
//! | its customer says something                 | its assigned user and its subscribers: `customer_reply`      |
//!
//! A change is whatever somebody changes of it but the Last Action Date, which follows from other things, and the
//! subscribers. What the team changes and says is not for customers who are users here.
//!
//! One thing that happens is told to one person once, by the first type of these that fits, and never to whoever did it.

mod changed;
mod news;
mod said;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{Against, Cause, Finding, Needs, Trigger, View};
use crate::event::Event;
use crate::event::comment::TICKETS;
use crate::record::{Change, Record};
use crate::settings::{Groups, Snapshot};

const NAME: &str = "ticket";

/// How many subscribers of one ticket hear of it.
const MOST_SUBSCRIBERS: usize = 1_000;

/// See the module. It has no settings: users narrow what reaches them by type.
pub struct Ticket;

impl Trigger for Ticket {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups
    }

    fn needs(&self, cause: &Cause<'_>, _settings: &Snapshot) -> Needs {
        let tickets = cause.records().into_iter().filter(|record| &*record.module == TICKETS);
        let mut users: Vec<i64> = tickets.flat_map(subscribers).collect();
        if let Cause::Event(event) = cause {
            users.extend(event.users("mentions"));
        }
        let mut needs = Needs { users, ..Needs::default() };
        if let Cause::Changes(changes) = cause {
            let tickets = changes.iter().filter(|change| &*change.record().module == TICKETS);
            tickets.for_each(|change| news::needs(change, &mut needs));
        }
        needs
    }

    fn on_changes(&self, changes: &[Change], view: &View<'_>) -> Vec<Finding> {
        let is_ticket = |change: &&Change| &*change.record().module == TICKETS;
        let tickets: Vec<Change> = changes.iter().filter(is_ticket).cloned().collect();
        if tickets.is_empty() { Vec::new() } else { changed::findings(&tickets, view) }
    }

    fn on_event(&self, event: &Event, view: &View<'_>) -> Vec<Finding> {
        said::findings(event, view)
    }

    fn outlook(&self, record: &Record, user_id: i64, view: &View<'_>) -> Vec<String> {
        if &*record.module != TICKETS {
            return Vec::new();
        }
        let (person, is_theirs) = (view.name(user_id), record.assigned_to == Some(user_id));
        if view.people.get(&user_id).is_some_and(|figure| figure.is_customer) {
            return vec![format!(
                "{person} is not told of what the team changes and says about it: they are a customer."
            )];
        }
        if subscribers(record).contains(&user_id) {
            return vec![format!(
                "{person} is told of what others change and say about it, because they are among its subscribers."
            )];
        }
        let replies =
            if is_theirs { "is told as its assigned user when its customer replies, but " } else { "is " };
        vec![format!(
            "{person} {replies}not told of what the team changes and says about it: they are not among its subscribers."
        )]
    }
}

/// Who follows a ticket, each once.
fn subscribers(ticket: &Record) -> Vec<i64> {
    let listed = ticket.fields.get("subscribers").and_then(Value::as_array);
    let number = |value: &Value| match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    let mut users: Vec<i64> = Vec::new();
    for id in listed.into_iter().flatten().filter_map(number).take(MOST_SUBSCRIBERS) {
        if !users.contains(&id) {
            users.push(id);
        }
    }
    users
}
