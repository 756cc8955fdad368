//! An event as somebody tells of it: judged by its type, then taken in with what it does by itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::kind::{self, Holds, Kind};
use super::portal::UPLOADED;
use super::{Event, Events, Taken, store};
use crate::audit::Actor;
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::record::Modules;
use crate::storage::Tx;
use crate::user;

/// The longest name of whoever tells of events, and the longest id there, in characters.
const LONGEST_SOURCE: usize = 1_024;
const LONGEST_EXTERNAL_ID: usize = 255;

/// The type of event that says that a provisioning job ended.
pub const FINISHED: &str = "provisioning.finished";

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
        let Report { kind, subject, actor_id: _, mut data, origin, at } = self;
        let mut actor = actor;
        if kind.name == FINISHED
            && let Some(starter) = actor.user_id.take()
        {
            data.entry("user_id").or_insert_with(|| starter.into());
        }
        Event { kind: kind.name.into(), subject, record: None, actor, data, at: at.unwrap_or(now), origin }
    }
}

impl Report {
    /// Whether everybody is there whom it names: asked before anything is written.
    ///
    /// # Errors
    /// 404 for a user who is not there, or what the database says.
    pub async fn check_in(&self, tx: &mut Tx) -> Result<(), Refusal> {
        let named = self.named();
        let ids: BTreeSet<i64> = named.iter().map(|(_, id)| *id).collect();
        let Some(unknown) = user::group::first_unknown_in(tx, &ids).await? else { return Ok(()) };
        let member = named.iter().find(|(_, id)| *id == unknown).map_or("", |(name, _)| name);
        Err(Refusal::missing(format!("data.{member}: user {unknown} not found")))
    }
}

impl Events {
    /// Takes in what somebody tells, with what it does by itself, and has whoever watches hear of it.
    ///
    /// # Errors
    /// What a record cannot take, or what the database says.
    pub(super) async fn report_in(
        &self,
        tx: &mut Tx,
        report: Report,
        actor: Actor,
    ) -> Result<Taken, Refusal> {
        let now = self.inner.clock.now();
        let mut event = report.event(actor, now);
        let (id, is_new) = store::insert(tx, &event, now).await?;
        if !is_new {
            return Ok(Taken { id, is_new, told: 0 });
        }
        if &*event.kind == UPLOADED {
            event.record = Some(self.document_in(tx, &event, now).await?);
        }
        let told = self.tell_in(tx, event).await?;
        Ok(Taken { id, is_new, told })
    }
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
