//! Why somebody was told of a record, or was not: what was decided so far, and what will come.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Triggers;
use crate::audit;
use crate::auth::{Caller, Refusal, Role};
use crate::clock::Instant;
use crate::delivery::Passage;
use crate::notification::why::Reason;
use crate::record::module::singular;
use crate::record::{Record, Records};
use crate::storage::{Error, Tx};
use crate::user::{self, Figure, mute};

/// How many decisions are told.
const MOST: i64 = 50;

/// The longest id of a record, in characters.
const LONGEST_ID: usize = 64;

/// Of whom and what an explanation is asked.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub module: Arc<str>,
    pub record_id: Arc<str>,
    pub user_id: i64,
}

/// The answer.
#[derive(Debug)]
pub(super) struct Explanation {
    pub sentence: String,
    /// Newest first.
    pub findings: Vec<(Reason, Vec<Passage>)>,
    pub outlook: Vec<String>,
}

/// A record, or what is still known of one that was deleted.
enum Subject {
    Standing(Box<Record>),
    Gone { label: String, at: String },
}

/// What somebody is to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tie {
    Assigned,
    AssignedBefore,
    Nothing,
}

impl Question {
    fn record(&self) -> (&str, &str) {
        (&self.module, &self.record_id)
    }

    /// As a record says it that is not there: whoever may not ask hears no more than that.
    fn missing(&self) -> Refusal {
        let id: String = self.record_id.chars().take(LONGEST_ID).collect();
        Refusal::missing(format!("{} {id} not found", singular(&self.module)))
    }
}

impl Triggers {
    /// Explains it to whoever may ask: the person themselves, their manager, and administrators.
    ///
    /// # Errors
    /// 404 for whoever may not ask and where there is no such record or person, or what the database says.
    pub(super) async fn explain_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        question: &Question,
    ) -> Result<Explanation, Refusal> {
        let people = user::figures_in(tx, &[question.user_id].into()).await?;
        let person = people.get(&question.user_id);
        if !may_ask(caller, question.user_id, person) {
            return Err(question.missing());
        }
        let subject = subject_in(tx, question).await?.ok_or_else(|| question.missing())?;
        let Some(person) = person else {
            return Err(Refusal::missing(format!("User {} not found", question.user_id)));
        };
        let notifications = &self.inner.notifications;
        let findings = notifications.decided_in(tx, person.id, question.record(), MOST).await?;
        let (label, outlook) = match &subject {
            Subject::Standing(record) => (&record.label, self.prospect_in(tx, record, person).await?),
            Subject::Gone { label, at } => {
                let thing = format!("{} {label}", singular(&question.module));
                (label, vec![format!("{thing} was deleted on {at}: nothing more will be told of it.")])
            }
        };
        let thing = format!("{} {label}", singular(&question.module));
        let sentence = match decisive(&findings) {
            Some(finding) => told(finding, person),
            None => unsaid(&thing, person, tie_in(tx, question, &subject).await?),
        };
        Ok(Explanation { sentence, findings, outlook })
    }

    /// What will or will not happen to a person because of a record.
    async fn prospect_in(&self, tx: &mut Tx, record: &Record, person: &Figure) -> Result<Vec<String>, Error> {
        let mut sentences = self.outlook_in(tx, record, person.id).await?;
        let key = (person.id, record.module.to_string(), record.id.to_string());
        if !mute::mutes(tx, &[key], self.inner.clock.now()).await?.is_empty() {
            sentences.push(format!(
                "{} has muted {} {}: what is sent automatically stays in the notification centre.",
                person.name,
                singular(&record.module),
                record.label
            ));
        }
        Ok(sentences)
    }
}

fn may_ask(caller: &Caller, user_id: i64, person: Option<&Figure>) -> bool {
    let is_manager = |id: i64| person.is_some_and(|person| person.reports_to == Some(id));
    caller.roles().contains(Role::Admin)
        || matches!(caller, Caller::Person(asks) if asks.id == user_id || is_manager(asks.id))
}

async fn subject_in(tx: &mut Tx, question: &Question) -> Result<Option<Subject>, Error> {
    let wanted = [(question.module.clone(), question.record_id.clone())];
    if let Some(record) = Records::find_many_in(tx, &wanted).await?.pop() {
        return Ok(Some(Subject::Standing(Box::new(record))));
    }
    let (module, id) = question.record();
    let line = audit::newest_in(tx, module, id, "record").await?;
    Ok(line.and_then(|line| {
        let label = line.from.as_ref()?.as_str()?.to_owned();
        Some(Subject::Gone { label, at: when(line.changed_at, "UTC") })
    }))
}

async fn tie_in(tx: &mut Tx, question: &Question, subject: &Subject) -> Result<Tie, Error> {
    let user_id = Some(question.user_id);
    if let Subject::Standing(record) = subject {
        if record.assigned_to == user_id {
            return Ok(Tie::Assigned);
        }
        if record.previous_assigned_to == user_id {
            return Ok(Tie::AssignedBefore);
        }
    }
    let (module, id) = question.record();
    let was = audit::was_ever_in(tx, (module, id), "assigned_to", &question.user_id.into()).await?;
    Ok(if was { Tie::AssignedBefore } else { Tie::Nothing })
}

/// The finding that answers the question: the newest one. Where one trigger had nothing to say to them and another one
/// told them of the same, that they were told.
fn decisive(findings: &[(Reason, Vec<Passage>)]) -> Option<&(Reason, Vec<Passage>)> {
    let newest = findings.first()?;
    let told = findings.iter().find(|(reason, _)| {
        reason.notification_id.is_some() && reason.at == newest.0.at && reason.trigger != newest.0.trigger
    });
    if newest.0.notification_id.is_some() { Some(newest) } else { told.or(Some(newest)) }
}

fn told((reason, passages): &(Reason, Vec<Passage>), person: &Figure) -> String {
    let at = when(reason.at, &person.time_zone);
    if reason.notification_id.is_none() {
        return format!("On {at}: {}", reason.sentence);
    }
    let by = |state: &str| {
        let of_state = passages.iter().filter(|passage| passage.state == state);
        of_state.map(|passage| called(&passage.channel)).collect::<Vec<_>>()
    };
    let mut places = vec!["in the notification centre".to_owned()];
    places.extend(by("sent").into_iter().map(|channel| format!("by {channel}")));
    let refused = passages.iter().filter(|passage| passage.state != "sent").map(|passage| {
        let (channel, explanation) = (called(&passage.channel), uncapitalised(passage.explanation));
        match passage.state.as_str() {
            "pending" => format!("; by {channel} not yet: {explanation}"),
            _ => format!("; not by {channel}: {explanation}"),
        }
    });
    let refused: String = refused.collect();
    format!("{} was told on {at} {}, because {}{refused}.", person.name, listed(&places), reason.cause)
}

/// Nothing was decided about them, or nothing is kept of it.
fn unsaid(thing: &str, person: &Figure, tie: Tie) -> String {
    let name = &person.name;
    match tie {
        Tie::Nothing => format!(
            "Nothing about {thing} was meant for {name}, who is neither its assigned user nor was it before."
        ),
        Tie::Assigned => {
            format!(
                "Nothing that is kept about {thing} was meant for {name}, though {name} is its assigned user."
            )
        }
        Tie::AssignedBefore => format!(
            "Nothing that is kept about {thing} was meant for {name}, though {name} was its assigned user before."
        ),
    }
}

fn listed(parts: &[String]) -> String {
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// What people call a channel.
fn called(channel: &str) -> &str {
    match channel {
        "email" => "e-mail",
        "teams" => "Microsoft Teams",
        "ringcentral" => "RingCentral",
        "slack" => "Slack",
        "google_chat" => "Google Chat",
        other => other,
    }
}

/// A sentence as it stands within another one.
fn uncapitalised(sentence: &str) -> String {
    let mut rest = sentence.strip_suffix('.').unwrap_or(sentence).chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

/// `11 January 2026, 14:30 (Europe/London)`.
fn when(at: Instant, zone: &str) -> String {
    let timestamp = Timestamp::from_microsecond(at.0).unwrap_or_default();
    let known = TimeZone::get(zone).map(|found| (found, zone)).unwrap_or((TimeZone::UTC, "UTC"));
    format!("{} ({})", timestamp.to_zoned(known.0).strftime("%-d %B %Y, %H:%M"), known.1)
}
