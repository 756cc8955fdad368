//! An event as somebody tells of it: judged by its type, then taken in with what it does by itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::kind::{self, Holds, Kind, Tellers};
use super::portal::UPLOADED;
use super::store::{self, Kept};
use super::{Event, Events, lockout};
use crate::audit::Actor;
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::http::Problem;
use crate::record::{Modules, actor_exists_in};
use crate::storage::Tx;
use crate::user;

/// The longest name of whoever tells of events, and the longest id there, in characters.
const LONGEST_SOURCE: usize = 1_024;
const LONGEST_EXTERNAL_ID: usize = 255;

/// The type of event that says that a provisioning job ended.
pub const FINISHED: &str = "provisioning.finished";

/// The members of data that say who says it and what it is about, for those who are not known here.
const NAMING: &[&str] = &["author", "label"];

/// Two names: the module and id of a record, or a source and its id.
type Pair = (Arc<str>, Arc<str>);

/// What somebody tells, in whatever form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    pub kind: String,
    pub module: Option<String>,
    pub record_id: Option<String>,
    pub actor_id: Option<i64>,
    pub data: Map<String, Value>,
    pub id: Option<String>,
    pub source: Option<String>,
    pub at: Option<Instant>,
}

/// What somebody tells, judged.
#[derive(Clone, Debug)]
pub(super) struct Report {
    kind: &'static Kind,
    subject: Option<Pair>,
    pub actor_id: Option<i64>,
    data: Map<String, Value>,
    origin: Option<Pair>,
    at: Option<Instant>,
    /// Whether its record must be kept here.
    is_of_ours: bool,
}

/// What became of what somebody told.
#[derive(Debug)]
pub(super) struct Outcome {
    pub kept: Kept,
    /// Whether we had not heard of it before.
    pub is_new: bool,
    /// How many people are told of it.
    pub told: usize,
}

impl Told {
    /// # Errors
    /// 400 in one sentence that says what to write instead.
    pub fn judge(self, modules: &Modules) -> Result<Report, Refusal> {
        let kind = kind::find(&self.kind)?;
        Ok(Report {
            kind,
            subject: subject(kind, self.module, self.record_id, modules)?,
            actor_id: self.actor_id,
            data: kind.judge(self.data)?,
            origin: origin(self.source, self.id)?,
            at: self.at,
            is_of_ours: false,
        })
    }
}

/// Which record it is about.
fn subject(
    kind: &Kind,
    module: Option<String>,
    record_id: Option<String>,
    modules: &Modules,
) -> Result<Option<Pair>, Refusal> {
    let required = |name: &str| Err(Refusal::invalid(format!("{name} is required for {}", kind.name)));
    let Some(id) = record_id else {
        return match module {
            Some(_) => Err(Refusal::invalid("record_id is required beside module")),
            None if kind.needs_record => required("record_id"),
            None => Ok(None),
        };
    };
    let module = match (module, kind.modules) {
        (Some(module), _) => module,
        (None, [only]) => (*only).to_owned(),
        (None, _) => return required("module"),
    };
    if !kind.modules.is_empty() && !kind.modules.contains(&&*module) {
        let shown: String = module.chars().take(64).collect();
        return Err(Refusal::invalid(format!(
            "module must be {} for {}, not \"{shown}\"",
            kind.modules.join(" or "),
            kind.name
        )));
    }
    let module = modules.find(&module).map_err(|_| Refusal::invalid(modules.unknown(&module)))?;
    if !kind::is_record_id(&id) {
        return Err(Refusal::invalid(
            "record_id must be 1 to 64 characters, without / and control characters",
        ));
    }
    Ok(Some((module.name.clone(), id.into())))
}

/// Who tells of it, and what it is called there.
fn origin(source: Option<String>, id: Option<String>) -> Result<Option<Pair>, Refusal> {
    for (name, text, most) in [("source", &source, LONGEST_SOURCE), ("id", &id, LONGEST_EXTERNAL_ID)] {
        let is_good = |text: &String| {
            !text.trim().is_empty() && text.chars().count() <= most && !text.contains(char::is_control)
        };
        if !text.as_ref().is_none_or(is_good) {
            return Err(Refusal::invalid(format!("{name} must be 1 to {most} characters, in one line")));
        }
    }
    match (source, id) {
        (Some(source), Some(id)) => Ok(Some((source.into(), id.into()))),
        (None, Some(_)) => Err(Refusal::invalid("source is required beside id: it says whose id that is")),
        (Some(_), None) => {
            Err(Refusal::invalid("id is required beside source: the two keep it from happening twice"))
        }
        (None, None) => Ok(None),
    }
}

impl Report {
    /// As a person tells of it who is no administrator: of a record that is kept here, by what that is called, in their
    /// own name, and with no link to elsewhere.
    ///
    /// # Errors
    /// 403 for what only programs and administrators tell of, 400 for a link to elsewhere.
    pub fn by_person(mut self) -> Result<Self, Problem> {
        if self.kind.told_by == Tellers::Programs {
            return Err(Problem::forbidden(format!(
                "{} is told of by programs and administrators only; send it with an API key",
                self.kind.name
            )));
        }
        if self.data.get("link").and_then(Value::as_str).is_some_and(|link| !link.starts_with('/')) {
            return Err(Problem::bad_request(
                "data.link must be a path that begins with one slash; only programs and administrators link elsewhere",
            ));
        }
        self.data.retain(|name, _| !NAMING.contains(&name.as_str()));
        Ok(Self { is_of_ours: true, ..self })
    }

    /// Every user that it names, each with the member that does.
    fn named(&self) -> Vec<(&'static str, i64)> {
        let mut named = Vec::new();
        for member in self.kind.data {
            let value = self.data.get(member.name);
            match member.holds {
                Holds::User => named.extend(value.and_then(Value::as_i64).map(|id| (member.name, id))),
                Holds::Users => {
                    let ids = value.and_then(Value::as_array).into_iter().flatten();
                    named.extend(ids.filter_map(Value::as_i64).map(|id| (member.name, id)));
                }
                _ => {}
            }
        }
        named
    }

    /// As it is written down. A job ends by itself: whoever started it hears of it, and does not do it.
    fn event(self, actor: Actor, now: Instant) -> Event {
        let Report { kind, subject, mut data, origin, at, .. } = self;
        let mut actor = actor;
        if kind.name == FINISHED
            && let Some(starter) = actor.user_id.take()
        {
            data.entry("user_id").or_insert_with(|| starter.into());
        }
        Event { kind: kind.name.into(), subject, record: None, actor, data, at: at.unwrap_or(now), origin }
    }
}

impl Events {
    /// Takes in what somebody tells, with what it does by itself, and has whoever watches hear of it. What was told before
    /// by the same origin is not judged again: whoever it names may be gone by now.
    ///
    /// # Errors
    /// 404 for somebody or something that is not there, 409 where the origin told of another event, what a record cannot
    /// take, or what the database says; then nothing of the transaction may stay.
    pub(super) async fn report_in(
        &self,
        tx: &mut Tx,
        report: Report,
        actor: Actor,
    ) -> Result<Outcome, Refusal> {
        let now = self.inner.clock.now();
        let (named, is_of_ours, teller) = (report.named(), report.is_of_ours, actor.clone());
        let mut event = report.event(actor, now);
        let Some(id) = store::insert(tx, &event, now).await? else {
            return again(store::known(tx, event.origin.as_ref()).await?, &event);
        };
        actor_exists_in(tx, &teller).await?;
        all_exist_in(tx, &named).await?;
        if let (true, Some((module, id))) = (is_of_ours, &event.subject) {
            event.record = Some(self.inner.records.one_in(tx, module, id).await?);
        }
        if &*event.kind == UPLOADED {
            event.record = Some(self.document_in(tx, &event, now).await?);
        }
        let kept = Kept::of(&event, id);
        // Kept as it was told, and heard of as who it is.
        lockout::recognise_in(tx, &mut event).await?;
        let told = self.tell_in(tx, event).await?;
        Ok(Outcome { kept, is_new: true, told })
    }
}

/// What was told before.
///
/// # Errors
/// 409 where it is another event: its teller gives numbers twice.
fn again(kept: Kept, event: &Event) -> Result<Outcome, Refusal> {
    if kept.is_of(event) {
        return Ok(Outcome { kept, is_new: false, told: 0 });
    }
    Err(Refusal::conflict(format!(
        "source and id name another event already: {}; give every event an id of its own",
        kept.name()
    )))
}

/// # Errors
/// 404 for a user who is not there, or what the database says.
async fn all_exist_in(tx: &mut Tx, named: &[(&'static str, i64)]) -> Result<(), Refusal> {
    let ids: BTreeSet<i64> = named.iter().map(|(_, id)| *id).collect();
    let Some(unknown) = user::group::first_unknown_in(tx, &ids).await? else { return Ok(()) };
    let member = named.iter().find(|(_, id)| *id == unknown).map_or("", |(name, _)| name);
    Err(Refusal::missing(format!("data.{member}: user {unknown} not found")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(
        kind: &str,
        module: Option<&str>,
        record_id: Option<&str>,
        origin: (Option<&str>, Option<&str>),
    ) -> Told {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let Value::Object(data) =
            json!({"mentions": [5], "name": "Plan.pdf", "status": 0, "email": "a@example.com"})
        else {
            panic!("data is an object")
        };
        Told {
            kind: kind.to_owned(),
            module: text(module),
            record_id: text(record_id),
            data,
            source: text(origin.0),
            id: text(origin.1),
            ..Told::default()
        }
    }

    /// The record that it is about, or what is wrong.
    fn judged(told: Told) -> String {
        match told.judge(&Modules::with(&["rockets".to_owned()])) {
            Ok(report) => {
                report.subject.map_or_else(|| "none".to_owned(), |(module, id)| format!("{module}/{id}"))
            }
            Err(refusal) => refusal.to_string(),
        }
    }

    #[test]
    fn which_record_it_is_about() {
        for (kind, module, record_id, expected) in [
            ("ticket.mentioned", None, Some("42"), "tickets/42"),
            ("ticket.mentioned", Some("tickets"), Some("42"), "tickets/42"),
            (
                "ticket.mentioned",
                Some("leads"),
                Some("42"),
                "module must be tickets for ticket.mentioned, not \"leads\"",
            ),
            ("ticket.mentioned", Some("tickets"), None, "record_id is required beside module"),
            ("ticket.mentioned", None, None, "record_id is required for ticket.mentioned"),
            (
                "ticket.mentioned",
                None,
                Some("a/b"),
                "record_id must be 1 to 64 characters, without / and control characters",
            ),
            (
                "ticket.mentioned",
                None,
                Some(" "),
                "record_id must be 1 to 64 characters, without / and control characters",
            ),
            ("portal.details_changed", None, Some("7"), "module is required for portal.details_changed"),
            ("portal.details_changed", Some("companies"), Some("7"), "companies/7"),
            ("credit_limit.overridden", None, None, "none"),
            ("provisioning.finished", None, None, "none"),
            ("provisioning.finished", Some("rockets"), Some("7"), "rockets/7"),
            ("user.locked_out", None, None, "none"),
        ] {
            assert_eq!(
                judged(told(kind, module, record_id, (None, None))),
                expected,
                "{kind} {module:?} {record_id:?}"
            );
        }
        let unknown = judged(told("provisioning.finished", Some("rocket"), Some("7"), (None, None)));
        assert!(unknown.starts_with("Unknown module \"rocket\"; did you mean \"rockets\"?"), "{unknown}");
    }

    #[test]
    fn an_origin_is_a_source_and_an_id() {
        let long = "x".repeat(256);
        for (source, id, expected) in [
            (Some("/crm"), Some("1"), "tickets/42"),
            (None, Some("1"), "source is required beside id: it says whose id that is"),
            (Some("/crm"), None, "id is required beside source: the two keep it from happening twice"),
            (Some("/crm"), Some(""), "id must be 1 to 255 characters, in one line"),
            (Some("/crm"), Some(long.as_str()), "id must be 1 to 255 characters, in one line"),
            (Some("a\nb"), Some("1"), "source must be 1 to 1024 characters, in one line"),
        ] {
            assert_eq!(
                judged(told("ticket.mentioned", None, Some("42"), (source, id))),
                expected,
                "{source:?} {id:?}"
            );
        }
    }

    #[test]
    fn whoever_started_a_job_does_not_end_it() {
        let report =
            told("provisioning.finished", None, None, (None, None)).judge(&Modules::with(&[])).unwrap();
        let actor = Actor { user_id: Some(5), name: Arc::from("key"), by: crate::audit::By::Api };
        let event = report.clone().event(actor.clone(), Instant(7));
        assert_eq!((event.actor.user_id, &event.data["user_id"], event.at), (None, &json!(5), Instant(7)));
        let report = Report { data: Map::from_iter([("user_id".to_owned(), json!(6))]), ..report };
        assert_eq!(report.event(actor, Instant(7)).data["user_id"], 6);
    }
}
