//! Automatic replies (H7): what the contact of a ticket is written about it, each by its template and only where that is
//! switched on.
//!
//! | what                  | when                                                                                    |
//! |-----------------------|-----------------------------------------------------------------------------------------|
//! | Ticket Opened         | a ticket is made                                                                        |
//! | Urgent Ticket         | a ticket becomes urgent; made urgent, in place of Ticket Opened                           |
//! | Out of Hours Ticket   | a ticket is made, or its customer replies, while the company is closed; in place of both   |
//! | Comment Added         | somebody of the team comments on it, and not internally                                    |
//! | Ticket Closed         | its status becomes a closed one                                                         |
//!
//! Nobody is written to of a change with `send_notification: false`. A ticket that is made closed is history.
//!
//! Who writes first may be a program that answers by itself. That there is an end to it is seen to where letters leave, by
//! whose doing they are. A customer of whom no address is known gets a letter that is not sent: the log says so.

mod letters;
#[cfg(test)]
mod tests;

use super::sla::{HelpdeskSettings, SUPPORT, TICKETS, replied, text};
use super::{Against, Cause, Needs, Trigger, View, letter};
use crate::delivery::OutsideLetter;
use crate::event::Event;
use crate::event::comment::COMMENTED;
use crate::record::{Change, Record};
use crate::settings::{Groups, Snapshot};
use crate::user::company::Company;

/// See the module.
pub struct AutoReply;

/// What a customer hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occasion {
    TicketOpened,
    CommentAdded,
    TicketClosed,
    UrgentTicket,
    OutOfHours,
}

impl Occasion {
    const ALL: [Occasion; 5] = [
        Occasion::TicketOpened,
        Occasion::CommentAdded,
        Occasion::TicketClosed,
        Occasion::UrgentTicket,
        Occasion::OutOfHours,
    ];

    /// The key of the shipped template, and what the letter is called in the log.
    fn key(self) -> &'static str {
        match self {
            Occasion::TicketOpened => "ticket_opened",
            Occasion::CommentAdded => "comment_added",
            Occasion::TicketClosed => "ticket_closed",
            Occasion::UrgentTicket => "urgent_ticket",
            Occasion::OutOfHours => "out_of_hours",
        }
    }

    fn is_on(self, settings: &HelpdeskSettings) -> bool {
        match self {
            Occasion::TicketOpened => settings.ticket_opened,
            Occasion::CommentAdded => settings.comment_added,
            Occasion::TicketClosed => settings.ticket_closed,
            Occasion::UrgentTicket => settings.urgent_ticket,
            Occasion::OutOfHours => settings.out_of_hours,
        }
    }

    /// The template that an administrator chose.
    fn chosen(self, settings: &HelpdeskSettings) -> Option<i64> {
        match self {
            Occasion::TicketOpened => settings.ticket_opened_template_id,
            Occasion::CommentAdded => settings.comment_added_template_id,
            Occasion::TicketClosed => settings.ticket_closed_template_id,
            Occasion::UrgentTicket => settings.urgent_ticket_template_id,
            Occasion::OutOfHours => settings.out_of_hours_template_id,
        }
    }
}

impl Trigger for AutoReply {
    fn name(&self) -> &'static str {
        "auto_reply"
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups
    }

    fn needs(&self, cause: &Cause<'_>, settings: &Snapshot) -> Needs {
        let settings = settings.of::<HelpdeskSettings>();
        let records = cause.records();
        let tickets: Vec<&Record> = records.into_iter().filter(|record| *record.module == *TICKETS).collect();
        let on = Occasion::ALL.into_iter().filter(|occasion| occasion.is_on(&settings));
        let templates: Vec<&'static str> = on.map(Occasion::key).collect();
        match cause {
            Cause::Records(_) => Needs::default(),
            _ if tickets.is_empty() || templates.is_empty() => Needs::default(),
            _ => Needs { templates, ..letter::needs(&tickets) },
        }
    }

    fn letters(&self, cause: &Cause<'_>, view: &View<'_>) -> Vec<OutsideLetter> {
        match cause {
            Cause::Changes(changes) => {
                let occasion = |change| Some((of_change(change, view)?, change));
                let wanted = changes.iter().filter_map(occasion);
                wanted.filter_map(|(occasion, change)| letters::of_change(occasion, change, view)).collect()
            }
            Cause::Event(event) => {
                let occasion = of_event(event, view);
                occasion.and_then(|occasion| letters::of_event(occasion, event, view)).into_iter().collect()
            }
            Cause::Records(_) => Vec::new(),
        }
    }
}

/// What is to be written of a change.
fn of_change(change: &Change, view: &View<'_>) -> Option<Occasion> {
    let settings = view.settings.of::<HelpdeskSettings>();
    let ticket = change.after.as_ref().filter(|after| *after.module == *TICKETS)?;
    if change.send_notification == Some(false) {
        return None;
    }
    let is_closed =
        |ticket: &Record| text(ticket, "status").is_some_and(|status| settings.is_closed(&status));
    let is_urgent = |ticket: &Record| {
        ["severity", "priority"]
            .iter()
            .any(|field| text(ticket, field).is_some_and(|value| settings.is_urgent(&value)))
    };
    let candidates: Vec<Occasion> = match &change.before {
        _ if is_closed(ticket) => match &change.before {
            Some(before) if !is_closed(before) => vec![Occasion::TicketClosed],
            _ => Vec::new(),
        },
        Some(before) if is_urgent(ticket) && !is_urgent(before) => vec![Occasion::UrgentTicket],
        Some(_) => Vec::new(),
        None => {
            let away = is_out_of_hours(view).then_some(Occasion::OutOfHours);
            let urgent = is_urgent(ticket).then_some(Occasion::UrgentTicket);
            away.into_iter().chain(urgent).chain([Occasion::TicketOpened]).collect()
        }
    };
    candidates.into_iter().find(|occasion| occasion.is_on(&settings))
}

/// What is to be written of an event.
fn of_event(event: &Event, view: &View<'_>) -> Option<Occasion> {
    let occasion = match replied(event) {
        true => is_out_of_hours(view).then_some(Occasion::OutOfHours)?,
        false if *event.kind == *COMMENTED && is_for_customers(event) => Occasion::CommentAdded,
        false => return None,
    };
    occasion.is_on(&view.settings.of::<HelpdeskSettings>()).then_some(occasion)
}

/// Whether a comment may leave the team: one that does not say so stays.
fn is_for_customers(event: &Event) -> bool {
    event.data.get("internal").and_then(|internal| internal.as_bool()) == Some(false)
}

fn is_out_of_hours(view: &View<'_>) -> bool {
    !view.settings.of::<Company>().hours(Some(SUPPORT)).is_open(view.now)
}
