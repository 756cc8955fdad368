//! Lock-out (T1): the chosen people hear once that a member of the team locked themselves out by wrong passwords. That an
//! administrator locks somebody is no such event, and tells nobody; nor does a customer who locks themselves out, or
//! whoever tries passwords on all customers would flood the chosen people.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::reassignment::NotificationSettings;
use super::{ADMINISTRATORS, Against, Beside, Cause, Figure, Finding, Needs, Telling, Trigger, View};
use crate::delivery::Sending;
use crate::event::Event;
use crate::event::lockout::LOCKED_OUT;
use crate::notification::why::{Setting, Why};
use crate::settings::{Group, Groups, Snapshot};

const NAME: &str = "lockout";

/// See the module. Its setting is one of Notification Settings, where OpenCRM has it.
pub struct Lockout;

impl Trigger for Lockout {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups
    }

    fn needs(&self, cause: &Cause<'_>, settings: &Snapshot) -> Needs {
        match cause {
            Cause::Event(event) if &*event.kind == LOCKED_OUT => {
                let chosen = settings.of::<NotificationSettings>().lockout_users.clone();
                let lists = vec![chosen, ADMINISTRATORS.to_owned()];
                Needs { lists, users: locked(event).into_iter().collect(), ..Needs::default() }
            }
            _ => Needs::default(),
        }
    }

    fn on_event(&self, event: &Event, view: &View<'_>) -> Vec<Finding> {
        if &*event.kind != LOCKED_OUT {
            return Vec::new();
        }
        if figure(event, view).is_some_and(|figure| figure.is_customer) {
            tracing::info!(
                user_id = locked(event),
                "A customer locked themselves out; nobody is told of customers"
            );
            return Vec::new();
        }
        let settings = view.settings.of::<NotificationSettings>();
        let chosen = view.listed(&settings.lockout_users).iter().copied();
        // They know, and cannot look.
        let others = chosen.filter(|user_id| Some(*user_id) != locked(event));
        others.map(|user_id| Finding::Tell(Box::new(telling(event, user_id, &settings, view)))).collect()
    }
}

/// Whose account it is, where it is one of ours.
fn locked(event: &Event) -> Option<i64> {
    event.data.get("user_id").and_then(Value::as_i64)
}

/// Who it is, where they are somebody here.
fn figure<'v>(event: &Event, view: &'v View<'_>) -> Option<&'v Figure> {
    locked(event).and_then(|id| view.people.get(&id))
}

fn telling(event: &Event, user_id: i64, settings: &NotificationSettings, view: &View<'_>) -> Telling {
    let who = name(event, view);
    let attempts = event.data.get("attempts").and_then(Value::as_i64);
    let after = attempts.map_or_else(
        || "after too many wrong passwords".to_owned(),
        |attempts| format!("after {attempts} wrong passwords in a row"),
    );
    let (mend, link) = remedy(event, user_id, view);
    Telling {
        user_id,
        kind: "user_locked_out",
        title: format!("{who} is locked out"),
        message: Some(format!(
            "{who} locked themselves out {after}. {mend}; if it was not them, somebody is trying passwords."
        )),
        link,
        metadata: facts(event),
        sending: Sending::Automated,
        related_user_id: locked(event),
        mail: None,
        beside: Beside::Alone,
        why: Why {
            trigger: NAME,
            records: Vec::new(),
            cause: format!("{who} locked themselves out {after}"),
            setting: Some(Setting {
                group: NotificationSettings::KEY.to_owned(),
                title: NotificationSettings::TITLE.to_owned(),
                field: "lockout_users".to_owned(),
                value: settings.lockout_users.clone().into(),
            }),
            chosen: "one of those to be told of lock-outs".to_owned(),
            sentence: format!(
                "You were told because {who} locked themselves out, and you are one of “Users to notify of a lock-out” in Notification Settings."
            ),
        },
    }
}

/// How they are let in again, and where whoever is told can do so.
fn remedy(event: &Event, told: i64, view: &View<'_>) -> (&'static str, Option<String>) {
    match figure(event, view) {
        Some(figure) if !figure.is_active => {
            let administrators = view.listed(ADMINISTRATORS);
            // The pages of users are for administrators: to others the link would say that it does not exist.
            if administrators.contains(&told) {
                let page = format!("{}/administration/users/{}", view.public_url, figure.id);
                return ("Unlock them on their page to let them in again", Some(page));
            }
            if administrators.is_empty() {
                return (
                    "No administrator is left to unlock them: run belfry user unlock on the server",
                    None,
                );
            }
            ("Ask an administrator to unlock them", None)
        }
        // Whoever was locked out elsewhere, and may sign in here, is not let in again by anything that is done here.
        _ => ("Let them in again where they sign in", None),
    }
}

/// As they are called: here, or as the CRM said that it calls them.
fn name(event: &Event, view: &View<'_>) -> String {
    let said = ["name", "email"].into_iter().find_map(|member| event.data.get(member)?.as_str());
    match (figure(event, view), said) {
        (Some(figure), _) => figure.name.clone(),
        (None, Some(said)) => said.to_owned(),
        (None, None) => "Somebody".to_owned(),
    }
}

/// What an administrator looks at first: who, and from where.
fn facts(event: &Event) -> Map<String, Value> {
    let shown = [("email", "E-mail"), ("attempts", "Wrong passwords"), ("address", "From address")];
    let fact = |(member, name): (&str, &str)| {
        let value = event.data.get(member).filter(|value| !value.is_null())?;
        Some((name.to_owned(), value.clone()))
    };
    shown.into_iter().filter_map(fact).collect()
}
