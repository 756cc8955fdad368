//! Provisioning (N35): whoever started a job hears how it ended.
//!
//! | status                  | who hears of it, by which type                                                        |
//! |-------------------------|---------------------------------------------------------------------------------------|
//! | 0 success               | whoever started it: `provision_complete`                                              |
//! | 1 running               | nobody                                                                                |
//! | 2 failed                | they and whom Provisioning Settings name: `provision_failed`, by e-mail whatever they chose |
//! | 3 failed and ignored    | nobody: it is no failure of the job                                                   |
//!
//! Where nobody is known who started it, it is the assigned user of the record; of a failure that would reach nobody the
//! administrators hear.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::happening::{link, metadata, noun, records};
use super::{ADMINISTRATORS, Against, Beside, Cause, Finding, Needs, Telling, Trigger, View};
use crate::delivery::Sending;
use crate::event::{Event, FINISHED};
use crate::notification::why::{Setting, Why};
use crate::settings::{Group, Groups, Reference, Snapshot};
use crate::user::listed::LONGEST;

const NAME: &str = "provisioning";

/// Who hears of jobs that fail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProvisioningSettings {
    /// # Users told of failed jobs
    ///
    /// Names, e-mail addresses or numbers of users, separated by commas or semicolons, who are told of every job that
    /// fails, beside whoever started it. Empty: nobody else, and the administrators where nobody is known who started it.
    #[schemars(length(max = LONGEST))]
    pub failure_users: String,
}

impl Group for ProvisioningSettings {
    type Against = ();
    const KEY: &'static str = "provisioning";
    const TITLE: &'static str = "Provisioning Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, _against: &()) -> Result<(), String> {
        Ok(())
    }

    fn references(&self) -> Vec<Reference> {
        vec![Reference::people("failure_users", &self.failure_users)]
    }
}

/// See the module.
pub struct Provisioning;

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Complete,
    Failed,
}

/// Why somebody hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Starter,
    Assigned,
    Named,
    Administrator,
}

impl Trigger for Provisioning {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups.with::<ProvisioningSettings>(())
    }

    fn needs(&self, cause: &Cause<'_>, settings: &Snapshot) -> Needs {
        let Cause::Event(event) = cause else { return Needs::default() };
        let Some(end) = end(event) else { return Needs::default() };
        let lists = match end {
            End::Complete => Vec::new(),
            End::Failed => {
                vec![settings.of::<ProvisioningSettings>().failure_users.clone(), ADMINISTRATORS.to_owned()]
            }
        };
        Needs { lists, users: starter(event).into_iter().collect(), ..Needs::default() }
    }

    fn on_event(&self, event: &Event, view: &View<'_>) -> Vec<Finding> {
        let Some(end) = end(event) else { return Vec::new() };
        let told = recipients(event, end, view).into_iter();
        told.map(|(user_id, choice)| Finding::Tell(Box::new(telling(event, user_id, choice, end, view))))
            .collect()
    }
}

/// How the job ended, where somebody is to hear of it.
fn end(event: &Event) -> Option<End> {
    if &*event.kind != FINISHED {
        return None;
    }
    match event.data.get("status").and_then(Value::as_i64)? {
        0 => Some(End::Complete),
        2 => Some(End::Failed),
        _ => None,
    }
}

fn starter(event: &Event) -> Option<i64> {
    event.data.get("user_id").and_then(Value::as_i64)
}

/// Who hears of it, each once.
fn recipients(event: &Event, end: End, view: &View<'_>) -> Vec<(i64, Choice)> {
    let assigned = || event.record.as_ref().and_then(|record| record.assigned_to);
    let known = |id: &i64| view.people.contains_key(id);
    let starter = starter(event).filter(known).map(|id| (id, Choice::Starter));
    let first = starter.or_else(|| assigned().filter(known).map(|id| (id, Choice::Assigned)));
    let mut told: Vec<(i64, Choice)> = first.into_iter().collect();
    if end == End::Failed {
        let settings = view.settings.of::<ProvisioningSettings>();
        told.extend(view.listed(&settings.failure_users).iter().map(|id| (*id, Choice::Named)));
        if told.is_empty() {
            told.extend(view.listed(ADMINISTRATORS).iter().map(|id| (*id, Choice::Administrator)));
        }
    }
    let mut once = BTreeSet::new();
    told.retain(|(user_id, _)| once.insert(*user_id));
    told
}

/// What the job is called.
fn job(event: &Event) -> String {
    match (event.reference("job"), event.text("playbook")) {
        (Some(job), _) => format!("Provisioning job {job}"),
        (None, Some(playbook)) => format!("Provisioning job {playbook}"),
        (None, None) => "A provisioning job".to_owned(),
    }
}

fn telling(event: &Event, user_id: i64, choice: Choice, end: End, view: &View<'_>) -> Telling {
    let (kind, did) = match end {
        End::Complete => ("provision_complete", "is complete"),
        End::Failed => ("provision_failed", "failed"),
    };
    let job = job(event);
    Telling {
        user_id,
        kind,
        title: format!("{job} {did}"),
        message: Some(message(event, end, did)),
        link: link(event, view),
        metadata: facts(event),
        // Of a failure people hear as they do of a reminder: by e-mail whatever they chose, and at once.
        sending: if end == End::Failed { Sending::Reminder } else { Sending::Automated },
        related_user_id: None,
        mail: None,
        beside: Beside::Alone,
        why: why(event, choice, &format!("{job} {did}"), view),
    }
}

/// What ran, what it was for, and what went wrong.
fn message(event: &Event, end: End, did: &str) -> String {
    let playbook = event.text("playbook").map(|playbook| format!("The playbook {playbook} {did}."));
    let thing =
        Some(noun(event)).filter(|thing| !thing.is_empty()).map(|thing| format!("It was for {thing}."));
    let error = || event.text("error").unwrap_or("What went wrong was not said.").to_owned();
    let error = (end == End::Failed).then(error);
    let lines: Vec<String> = [playbook, thing, error].into_iter().flatten().collect();
    if lines.is_empty() { format!("It {did}.") } else { lines.join("\n") }
}

fn facts(event: &Event) -> Map<String, Value> {
    let mut facts = metadata(event);
    facts.extend(event.reference("job").map(|job| ("job".to_owned(), Value::from(job))));
    facts.extend(event.text("playbook").map(|playbook| ("playbook".to_owned(), Value::from(playbook))));
    facts
}

fn why(event: &Event, choice: Choice, cause: &str, view: &View<'_>) -> Why {
    let (chosen, because) = match choice {
        Choice::Starter => ("whoever started the job", "you started it"),
        Choice::Assigned => ("the assigned user of the record", "what it was for is assigned to you"),
        Choice::Named => {
            ("named in Provisioning Settings", "Provisioning Settings name you for jobs that fail")
        }
        Choice::Administrator => {
            ("an administrator", "nobody is known who started it and you are an administrator")
        }
    };
    let settings = view.settings.of::<ProvisioningSettings>();
    let setting = (choice == Choice::Named).then(|| Setting {
        group: ProvisioningSettings::KEY.to_owned(),
        title: ProvisioningSettings::TITLE.to_owned(),
        field: "failure_users".to_owned(),
        value: settings.failure_users.as_str().into(),
    });
    Why {
        trigger: NAME,
        records: records(event),
        cause: cause.to_owned(),
        setting,
        chosen: chosen.to_owned(),
        sentence: format!("You were told because {cause} and {because}."),
    }
}
