//! Lead conversion (A9): whoever gets a lead by its conversion hears what was made of it.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::phrases::{noun, who};
use super::reassignment::copies;
use super::{Against, Beside, Finding, Telling, Trigger, View};
use crate::delivery::Sending;
use crate::notification::why::{Setting, Why};
use crate::record::{Change, Course, Record};
use crate::settings::{Group, Groups};

const NAME: &str = "lead_conversion";

/// What happens to leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeadSettings {
    /// # Notify the assigned user of a converted lead
    ///
    /// Whether the user to whom a lead is reassigned while it is converted is told of the records that were made of
    /// it, with a link to each, in place of the notification that the lead itself was assigned to them.
    pub conversion_notification: bool,
}

impl Group for LeadSettings {
    type Against = ();
    const KEY: &'static str = "leads";
    const TITLE: &'static str = "Lead Settings";
    const SEALED: &'static [&'static str] = &[];

    fn check(&mut self, _against: &()) -> Result<(), String> {
        Ok(())
    }
}

/// See the module.
pub struct LeadConversion;

impl Trigger for LeadConversion {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self, groups: Groups, _against: &Against) -> Groups {
        groups.with::<LeadSettings>(())
    }

    fn on_change(&self, change: &Change, view: &View<'_>) -> Vec<Finding> {
        let Course::Converted(made) = &change.course else { return Vec::new() };
        let Some((_, Some(user_id))) = change.owners() else { return Vec::new() };
        let is_on = view.settings.of::<LeadSettings>().conversion_notification;
        let is_own_act = change.actor.user_id == Some(user_id);
        let why = why(change, user_id, made, is_on, is_own_act, view);
        if !is_on || is_own_act {
            return vec![Finding::Silent { user_id, why }];
        }
        vec![Finding::Tell(Box::new(telling(change, user_id, made, why, view)))]
    }
}

fn telling(change: &Change, user_id: i64, made: &[Record], why: Why, view: &View<'_>) -> Telling {
    let lead = change.record();
    let links = made.iter().map(|record| json!({"label": noun(record), "url": view.link(record)}));
    let metadata = Map::from_iter([
        ("module".to_owned(), Value::from(&*lead.module)),
        ("record_id".to_owned(), Value::from(&*lead.id)),
        ("links".to_owned(), links.collect()),
    ]);
    // A click leads to the person: whoever gets a lead wants to speak with them. The lead itself is history.
    let person = made.iter().find(|record| &*record.module == "contacts").or(made.first());
    Telling {
        user_id,
        kind: "lead_converted",
        title: format!("{} was converted and assigned to you", noun(lead)),
        message: Some(message(change, made, view)),
        link: person.map(|record| view.link(record)),
        metadata,
        sending: Sending::Automated,
        related_user_id: change.actor.user_id,
        mail: copies(user_id, change.actor.user_id, view),
        // That the lead is theirs goes without saying.
        beside: Beside::InsteadOf("record_assigned"),
        why,
    }
}

fn message(change: &Change, made: &[Record], view: &View<'_>) -> String {
    let who = who(change, view);
    let previous = change.owners().and_then(|(before, _)| before);
    let had =
        previous.map_or_else(String::new, |previous| format!(" {} had it before.", view.name(previous)));
    format!("{who} converted it into {} and assigned all of it to you.{had}", listed(made))
}

/// `Company Acme, Contact Jane Doe and Opportunity Acme`.
fn listed(records: &[Record]) -> String {
    let names: Vec<String> = records.iter().map(noun).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "nothing".to_owned(),
    }
}

fn why(
    change: &Change,
    user_id: i64,
    made: &[Record],
    is_on: bool,
    is_own_act: bool,
    view: &View<'_>,
) -> Why {
    let (lead, who) = (change.record(), who(change, view));
    let subjects = std::iter::once(lead).chain(made);
    let (person, thing) = (view.name(user_id), noun(lead));
    let title = "“Notify the assigned user of a converted lead”";
    let sentence = match (is_on, is_own_act) {
        (_, true) => {
            format!("{person} was not told of {thing} because nobody is told of what they did themselves.")
        }
        (true, false) => format!(
            "You were told because {who} converted {thing} and assigned it to you, and {title} is ticked in Lead Settings."
        ),
        (false, false) => format!(
            "{person} was not told of what was made of {thing} because {title} is not ticked in Lead Settings."
        ),
    };
    Why {
        trigger: NAME,
        records: subjects.map(|record| (record.module.clone(), record.id.clone())).collect(),
        cause: format!("{who} converted {thing} and assigned it to {person}"),
        setting: (!is_own_act).then(|| Setting {
            group: LeadSettings::KEY.to_owned(),
            title: LeadSettings::TITLE.to_owned(),
            field: "conversion_notification".to_owned(),
            value: is_on.into(),
        }),
        chosen: "the user to whom the lead was reassigned as it was converted".to_owned(),
        sentence,
    }
}
