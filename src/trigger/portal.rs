//! The customers' portal (P1, P2): whoever looks after a customer hears what they do there.
//!
//! What becomes of a document that they upload is done before (`event/portal.rs`): it is a record by now, and assigned.

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::happening::{link, metadata, noun, records};
use super::{Against, Beside, Cause, Finding, Needs, Telling, Trigger, View};
use crate::delivery::Sending;
use crate::event::Event;
use crate::event::portal::{PortalSettings, UPLOADED};
use crate::notification::why::{Setting, Why};
use crate::record::Record;
use crate::settings::{Group, Groups, Snapshot};

const NAME: &str = "portal";

/// What its notifications are called.
const KIND: &str = "portal_activity";

/// The module of contacts.
const CONTACTS: &str = "contacts";

/// See the module.
pub struct Portal;

/// Why somebody hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// Portal Settings name them.
    Named,
    /// The record is assigned to them.
    Assigned,
    /// The customer's contact is assigned to them.
    Customers,
}

impl Trigger for Portal {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups.with::<PortalSettings>(())
    }

    fn needs(&self, cause: &Cause<'_>, settings: &Snapshot) -> Needs {
        let Cause::Event(event) = cause else { return Needs::default() };
        if !event.kind.starts_with("portal.") {
            return Needs::default();
        }
        let settings = settings.of::<PortalSettings>();
        let lists = settings.rule(&event.kind).map(|rule| rule.users.to_owned()).into_iter().collect();
        let mut needs = Needs { lists, ..Needs::default() };
        needs.record(CONTACTS, event.reference("contact_id").as_deref());
        needs
    }

    fn on_event(&self, event: &Event, view: &View<'_>) -> Vec<Finding> {
        let settings = view.settings.of::<PortalSettings>();
        if &*event.kind == UPLOADED {
            let told = assigned(event, view);
            return told
                .map(|(user_id, choice)| uploaded(event, user_id, choice, &settings, view))
                .into_iter()
                .collect();
        }
        let Some(rule) = settings.rule(&event.kind) else { return Vec::new() };
        let told: Vec<(i64, Choice)> = match rule.users.trim() {
            "" => assigned(event, view).into_iter().collect(),
            _ => view.listed(rule.users).iter().map(|id| (*id, Choice::Named)).collect(),
        };
        let setting = |value: Value, field: &str| Setting {
            group: PortalSettings::KEY.to_owned(),
            title: PortalSettings::TITLE.to_owned(),
            field: field.to_owned(),
            value,
        };
        let finding = |(user_id, choice)| {
            let setting = match choice {
                Choice::Named if rule.is_on => setting(rule.users.into(), &format!("{}_users", rule.field)),
                _ => setting(rule.is_on.into(), rule.field),
            };
            let telling = telling(event, user_id, choice, Some(setting), view);
            if rule.is_on { Finding::Tell(Box::new(telling)) } else { silent(telling, event, view) }
        };
        told.into_iter().map(finding).collect()
    }
}

/// Whose it is: of whom the record is, or else the customer.
fn assigned(event: &Event, view: &View<'_>) -> Option<(i64, Choice)> {
    let of_record = event.record.as_ref().and_then(|record| record.assigned_to);
    let of_contact = || contact(event, view).and_then(|contact| contact.assigned_to);
    let found =
        of_record.map(|id| (id, Choice::Assigned)).or_else(|| Some((of_contact()?, Choice::Customers)));
    found.filter(|(user_id, _)| view.people.contains_key(user_id))
}

fn contact<'v>(event: &'v Event, view: &'v View<'_>) -> Option<&'v Record> {
    let is_contact = |record: &&Record| &*record.module == CONTACTS;
    let named = event.reference("contact_id").and_then(|id| view.record(CONTACTS, &id));
    named.or(event.record.as_ref().filter(is_contact))
}

/// Who the customer is.
fn customer(event: &Event, view: &View<'_>) -> String {
    let known = contact(event, view).map(|contact| contact.label.as_str());
    known.or(event.text("contact")).unwrap_or("A customer").to_owned()
}

/// What they did.
fn deed(event: &Event, view: &View<'_>) -> String {
    let (who, thing) = (customer(event, view), noun(event));
    match &*event.kind {
        UPLOADED => format!("{who} uploaded {thing} in the portal"),
        "portal.ticket_opened" => format!("{who} opened {thing} in the portal"),
        "portal.order_signed" => format!("{who} signed {thing} in the portal"),
        "portal.details_changed" if is_own(event, view) => {
            format!("{who} changed their details in the portal")
        }
        "portal.details_changed" => format!("{who} changed the details of {thing} in the portal"),
        _ => format!("{who} commented on {thing} in the portal"),
    }
}

/// Whether it is about the customer themselves.
fn is_own(event: &Event, view: &View<'_>) -> bool {
    event.record.as_ref().is_some_and(|record| Some(record) == contact(event, view))
}

/// P1: in OpenCRM's words.
fn uploaded(
    event: &Event,
    user_id: i64,
    choice: Choice,
    settings: &PortalSettings,
    view: &View<'_>,
) -> Finding {
    let setting = Setting {
        group: PortalSettings::KEY.to_owned(),
        title: PortalSettings::TITLE.to_owned(),
        field: "document_user_id".to_owned(),
        value: settings.document_user_id.into(),
    };
    let telling = telling(event, user_id, choice, Some(setting), view);
    let title = format!("Notification About: {}", event.text("name").unwrap_or_default());
    let words = settings.document_text.trim();
    let message = if words.is_empty() { format!("{}.", deed(event, view)) } else { words.to_owned() };
    let is_own_act = event.actor.user_id == Some(user_id);
    if is_own_act {
        silent(telling, event, view)
    } else {
        Finding::Tell(Box::new(Telling { title, message: Some(message), ..telling }))
    }
}

fn telling(
    event: &Event,
    user_id: i64,
    choice: Choice,
    setting: Option<Setting>,
    view: &View<'_>,
) -> Telling {
    let deed = deed(event, view);
    let because = match choice {
        Choice::Named => "Portal Settings name you for it",
        Choice::Assigned => "it is assigned to you",
        Choice::Customers => "the customer's contact is assigned to you",
    };
    let chosen = match choice {
        Choice::Named => "named in Portal Settings",
        Choice::Assigned => "the assigned user of the record",
        Choice::Customers => "the assigned user of the customer's contact",
    };
    Telling {
        user_id,
        kind: KIND,
        title: deed.clone(),
        message: words(event),
        link: link(event, view),
        metadata: metadata(event),
        sending: Sending::Automated,
        related_user_id: event.actor.user_id,
        mail: None,
        beside: Beside::Alone,
        why: Why {
            trigger: NAME,
            records: records(event),
            cause: deed.clone(),
            setting,
            chosen: chosen.to_owned(),
            sentence: format!("You were told because {deed} and {because}."),
        },
    }
}

/// What they wrote, or what they changed.
fn words(event: &Event) -> Option<String> {
    let changed = event.data.get("changed").and_then(Value::as_array);
    let changed: Vec<&str> = changed.into_iter().flatten().filter_map(Value::as_str).collect();
    match changed.is_empty() {
        true => event.text("text").map(str::to_owned),
        false => Some(format!("Changed: {}.", changed.join(", "))),
    }
}

fn silent(telling: Telling, event: &Event, view: &View<'_>) -> Finding {
    let (user_id, mut why) = (telling.user_id, telling.why);
    let person = view.name(user_id);
    why.sentence = match event.actor.user_id == Some(user_id) {
        true => format!("{person} was not told of it because nobody is told of what they did themselves."),
        false => {
            format!("{person} was not told that {} because it is not ticked in Portal Settings.", why.cause)
        }
    };
    Finding::Silent { user_id, why }
}
