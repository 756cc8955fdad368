//! The customers' portal (P1, P2): whoever looks after a customer hears what they do there.
//!
//! | who hears                                                     | where                                              |
//! |---------------------------------------------------------------|----------------------------------------------------|
//! | whom Portal Settings name                                     | they name somebody who is still there              |
//! | the assigned user of the record, or else of the customer      | nobody is named, or all of them are gone           |
//! | the group Support, or else the administrators                 | nobody is assigned either                          |
//!
//! What becomes of a document that they upload is done before (`event/portal.rs`): it is a record by now, and assigned.

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::happening::{link, metadata, noun, records};
use super::{ADMINISTRATORS, Against, Beside, Cause, Finding, Needs, Telling, Trigger, View};
use crate::delivery::Sending;
use crate::event::Event;
use crate::event::portal::{PortalSettings, Rule, UPLOADED};
use crate::notification::why::{Setting, Why};
use crate::record::Record;
use crate::settings::{Group, Groups, Snapshot};
use crate::user::support::GROUP;

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
    /// They support customers, and there is nobody else.
    Support,
    /// They administer, and there is nobody else.
    Administrator,
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
        let named = settings.rule(&event.kind).map(|rule| rule.users.to_owned());
        let lists = named.into_iter().chain([ADMINISTRATORS.to_owned()]).collect();
        let mut needs = Needs { lists, groups: vec![GROUP.to_owned()], ..Needs::default() };
        needs.record(CONTACTS, event.reference("contact_id").as_deref());
        needs
    }

    fn on_event(&self, event: &Event, view: &View<'_>) -> Vec<Finding> {
        let settings = view.settings.of::<PortalSettings>();
        if &*event.kind == UPLOADED {
            let told = assigned(event, view).map_or_else(|| others(view), |assigned| vec![assigned]);
            let told = told.into_iter();
            return told.map(|(user_id, choice)| uploaded(event, user_id, choice, &settings, view)).collect();
        }
        let Some(rule) = settings.rule(&event.kind) else { return Vec::new() };
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
            let is_told = rule.is_on && !is_own_act(event, user_id);
            if is_told { Finding::Tell(Box::new(telling)) } else { silent(telling, event, view) }
        };
        recipients(event, &rule, view).into_iter().map(finding).collect()
    }
}

/// Who would hear of it.
fn recipients(event: &Event, rule: &Rule<'_>, view: &View<'_>) -> Vec<(i64, Choice)> {
    let named: Vec<(i64, Choice)> = view.listed(rule.users).iter().map(|id| (*id, Choice::Named)).collect();
    if !named.is_empty() {
        return named;
    }
    match assigned(event, view) {
        Some(assigned) => vec![assigned],
        // Of what is not to be told they could not have expected to hear.
        None if rule.is_on => others(view),
        None => Vec::new(),
    }
}

/// Who hears of what is nobody's, so that no customer is overlooked. Whoever may not sign in is nobody.
fn others(view: &View<'_>) -> Vec<(i64, Choice)> {
    let is_there = |id: &i64| view.people.get(id).is_some_and(|figure| figure.is_active);
    let support = view.groups.get(GROUP).into_iter().flatten().copied().filter(is_there);
    let support: Vec<(i64, Choice)> = support.map(|id| (id, Choice::Support)).collect();
    match support.is_empty() {
        false => support,
        true => view.listed(ADMINISTRATORS).iter().map(|id| (*id, Choice::Administrator)).collect(),
    }
}

/// Whose it is: of whom the record is, or else the customer.
fn assigned(event: &Event, view: &View<'_>) -> Option<(i64, Choice)> {
    let is_there = |user_id: &i64| view.people.contains_key(user_id);
    let of_record = event.record.as_ref().and_then(|record| record.assigned_to).filter(is_there);
    let of_contact = || contact(event, view)?.assigned_to.filter(is_there);
    of_record.map(|id| (id, Choice::Assigned)).or_else(|| Some((of_contact()?, Choice::Customers)))
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
    if is_own_act(event, user_id) {
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
        Choice::Support => "nobody is named for it or has it, and you are in the group Support",
        Choice::Administrator => "nobody is named for it or has it, and you are an administrator",
    };
    let chosen = match choice {
        Choice::Named => "named in Portal Settings",
        Choice::Assigned => "the assigned user of the record",
        Choice::Customers => "the assigned user of the customer's contact",
        Choice::Support => "a member of the group Support, since nobody is named or assigned",
        Choice::Administrator => {
            "an administrator, since nobody is named or assigned and nobody is in the group Support"
        }
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

fn is_own_act(event: &Event, user_id: i64) -> bool {
    event.actor.user_id == Some(user_id)
}

fn silent(telling: Telling, event: &Event, view: &View<'_>) -> Finding {
    let (user_id, mut why) = (telling.user_id, telling.why);
    let person = view.name(user_id);
    why.sentence = match is_own_act(event, user_id) {
        true => format!("{person} was not told of it because nobody is told of what they did themselves."),
        false => {
            format!("{person} was not told that {} because it is not ticked in Portal Settings.", why.cause)
        }
    };
    Finding::Silent { user_id, why }
}
