//! The letter itself: to whom, in which language, by which template, and where answers go.

use serde_json::{Map, Value, json};

use super::Occasion;
use crate::audit::Actor;
use crate::delivery::{OutsideLetter, Plain, Prompt};
use crate::event::Event;
use crate::record::{Change, Record};
use crate::template::custom::LetterUse;
use crate::trigger::View;
use crate::trigger::letter::{self, Reader};
use crate::trigger::sla::{HelpdeskSettings, due_at, text};
use crate::user::company::Company;
use crate::user::fields;

/// Whoever is written to.
struct Customer {
    /// Their record, or one made of the address that the ticket has.
    contact: Record,
    /// Empty where none is known.
    email: String,
    language: String,
}

impl Customer {
    /// The contact of a ticket; without an address there, whoever has the address in the ticket itself. `None` where the
    /// ticket names nobody.
    fn of(ticket: &Record, view: &View<'_>) -> Option<Self> {
        let contact_id = ticket.reference("contact_id");
        let contact = contact_id.as_deref().and_then(|id| view.record("contacts", id));
        let company = ticket.reference("company_id").and_then(|id| view.record("companies", &id));
        let known = contact.and_then(|contact| text(contact, "email"));
        let own = || text(ticket, "contact_email").or_else(|| text(ticket, "email"));
        let email = known.or_else(own);
        if email.is_none() && contact_id.is_none() {
            return None;
        }
        let email = email.unwrap_or_default();
        let spoken = [contact, company].into_iter().flatten();
        let language = spoken
            .filter_map(|record| text(record, "language"))
            .find(|language| fields::language(language).is_ok());
        Some(Self {
            contact: contact.cloned().unwrap_or_else(|| unknown(ticket, &email)),
            email,
            language: language.unwrap_or_else(|| fields::USUAL_LANGUAGE.to_owned()),
        })
    }
}

/// A contact of whom nothing is known but the address.
fn unknown(ticket: &Record, email: &str) -> Record {
    Record {
        number: 0,
        module: "contacts".into(),
        id: "".into(),
        label: text(ticket, "contact_name").unwrap_or_default(),
        link: None,
        assigned_to: None,
        previous_assigned_to: None,
        reassigned_at: None,
        fields: Map::from_iter([("email".to_owned(), email.into())]),
        version: 1,
        created_at: ticket.created_at,
        updated_at: ticket.updated_at,
    }
}

/// The letter about a change of a ticket; `None` where the ticket names nobody.
pub(super) fn of_change(occasion: Occasion, change: &Change, view: &View<'_>) -> Option<OutsideLetter> {
    let status = |record: &Option<Record>| record.as_ref().and_then(|record| text(record, "status"));
    let more = json!({
        "change": {"field": "status", "from": status(&change.before), "to": status(&change.after)},
    });
    written(occasion, change.after.as_ref()?, &change.actor, more, view)
}

/// The letter about what was said about a ticket; `None` where the ticket names nobody.
pub(super) fn of_event(occasion: Occasion, event: &Event, view: &View<'_>) -> Option<OutsideLetter> {
    let said = |name: &str| event.data.get(name).cloned().unwrap_or_default();
    let more = json!({
        "comment": {"text": said("text"), "author": said("author"), "at": event.at.to_rfc3339()},
    });
    written(occasion, event.record.as_ref()?, &event.actor, more, view)
}

fn written(
    occasion: Occasion,
    ticket: &Record,
    actor: &Actor,
    more: Value,
    view: &View<'_>,
) -> Option<OutsideLetter> {
    let customer = Customer::of(ticket, view)?;
    let reader = Reader::Contact { record: &customer.contact, language: &customer.language };
    let mut data = letter::data(ticket, &reader, view);
    data.insert("actor".to_owned(), letter::actor(actor, view));
    data.insert("due".to_owned(), json!({"at": due_at(ticket, view).map(|due_at| due_at.to_rfc3339())}));
    if let Value::Object(more) = more {
        data.extend(more);
    }
    let settings = view.settings.of::<HelpdeskSettings>();
    let template_id = occasion.chosen(&settings).or_else(|| view.template(occasion.key()));
    let plain = plain(occasion, ticket, &data);
    let company = view.settings.of::<Company>();
    Some(OutsideLetter {
        to: customer.email,
        name: customer.contact.label.clone(),
        language: customer.language,
        time_zone: company.time_zone.clone(),
        kind: occasion.key(),
        prompt: prompt(occasion),
        record: (ticket.module.clone(), ticket.id.clone()),
        reply_to: text(ticket, "support_email").filter(|address| fields::email(address).is_ok()),
        ours: settings.email_hours.keys().chain([&company.email]).cloned().collect(),
        letter: template_id.map(|template_id| LetterUse { template_id, data: Value::Object(data) }),
        prints: Vec::new(),
        plain,
    })
}

/// Whose doing a letter is.
fn prompt(occasion: Occasion) -> Prompt {
    match occasion {
        Occasion::TicketOpened | Occasion::UrgentTicket | Occasion::OutOfHours => Prompt::Customer,
        Occasion::TicketClosed => Prompt::Act,
        Occasion::CommentAdded => Prompt::Words,
    }
}

/// What is said where the template cannot be used.
fn plain(occasion: Occasion, ticket: &Record, data: &Map<String, Value>) -> Plain {
    let said = data.get("comment").and_then(|comment| comment["text"].as_str()).unwrap_or_default();
    let text = match occasion {
        Occasion::TicketOpened => "We have your request and are looking into it.".to_owned(),
        Occasion::CommentAdded => said.to_owned(),
        Occasion::TicketClosed => "Your request is closed.".to_owned(),
        Occasion::UrgentTicket => "We have your urgent request and look at it next.".to_owned(),
        Occasion::OutOfHours => {
            "Your request came outside our opening hours. We look at it as soon as we are back.".to_owned()
        }
    };
    Plain { subject: format!("{} [{}]", ticket.label, ticket.id), text, link: None }
}
