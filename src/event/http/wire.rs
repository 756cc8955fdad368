//! How events are written and read over HTTP.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::schema::{DataSchema, TypeSchema};
use crate::clock::Instant;
use crate::event::kind::{self, Kind, Member};
use crate::event::report::Told;
use crate::event::store::Kept;
use crate::http::body::{self, Id, Object};
use crate::http::{Given, Problem};

/// The longest name of a module or id of a record that is read at all, in characters.
const LONGEST_NAME: usize = 100;

/// The longest text of an event beside its data that is read at all, in characters.
const LONGEST_TEXT: usize = 2_048;

/// What happened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventBody {
    /// What: one of those that `GET /crm/event` lists
    #[serde(default, rename = "type")]
    #[schema(value_type = TypeSchema, required)]
    kind: Given<String>,
    /// Name of the module of the record that it is about; may be left out where the type is about one module
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100, example = "tickets")]
    module: Given<String>,
    /// The record's id in the CRM; the record need not be kept here
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64, example = "42")]
    record_id: Given<Id>,
    /// ID of the user who did it, where a program or an administrator tells of it for somebody; they hear nothing of it
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    actor_id: Given<i64>,
    /// What else there is to say: each type has its own members
    #[serde(default)]
    #[schema(value_type = DataSchema)]
    data: Given<Object>,
    /// What it is called by whoever tells of it: what is told twice with the same `source` and `id` happens once
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 255, example = "A-1042")]
    id: Given<Id>,
    /// Who tells of it: a path or URL of their own
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1024, example = "/crm")]
    source: Given<String>,
    /// When it happened: RFC 3339; now where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-01-11T14:30:00Z")]
    time: Given<String>,
}

impl EventBody {
    /// Reads the text of a body.
    ///
    /// # Errors
    /// 400 that says what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Told, Problem> {
        let body: Self = body::parse(bytes).map_err(|problem| {
            if !problem.reason.starts_with("Unknown field") || !is_cloud_event(bytes) {
                return problem;
            }
            Problem::bad_request(
                "A CloudEvent needs the header Content-Type: application/cloudevents+json; send it so",
            )
        })?;
        body.told()
    }

    fn told(self) -> Result<Told, Problem> {
        self.kind.present("type")?;
        Ok(Told {
            kind: self.kind.text("type", LONGEST_TEXT)?.unwrap_or_default(),
            module: self.module.text("module", LONGEST_NAME)?,
            record_id: self.record_id.optional("record_id")?.map(|name| name.0),
            actor_id: self.actor_id.id("actor_id")?,
            data: self.data.optional("data")?.map(|data| object(&data.0)).transpose()?.unwrap_or_default(),
            id: self.id.optional("id")?.map(|name| name.0),
            source: self.source.text("source", LONGEST_TEXT)?,
            at: self.time.optional("time")?.map(|time| instant(&time)).transpose()?,
        })
    }
}

/// Whether a body is one that was meant for another content type.
fn is_cloud_event(bytes: &[u8]) -> bool {
    serde_json::from_slice(bytes).is_ok_and(|body: Map<String, Value>| body.contains_key("specversion"))
}

/// # Errors
/// 400 for what no reader could keep.
fn object(text: &str) -> Result<Map<String, Value>, Problem> {
    serde_json::from_str(text).map_err(|_| {
        Problem::bad_request("data must not hold numbers beyond 1.7e308 or half a surrogate pair")
    })
}

/// # Errors
/// 400 for what is no instant.
pub(super) fn instant(time: &str) -> Result<Instant, Problem> {
    Instant::parse(time).ok_or_else(|| {
        Problem::bad_request(
            "time must be an instant in RFC 3339, such as 2026-01-31T08:00:00Z, and not after 9999-12-30T22:00:00Z",
        )
    })
}

/// An event as it was taken in.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(super) struct EventShown {
    /// Its number here
    id: i64,
    /// What happened
    #[serde(rename = "type")]
    #[schema(example = "ticket.mentioned")]
    kind: String,
    /// Module of the record that it is about, or null
    #[schema(required)]
    module: Option<String>,
    /// Id of the record that it is about, or null
    #[schema(required)]
    record_id: Option<String>,
    /// ID of the user who did it, or null
    #[schema(required)]
    actor_id: Option<i64>,
    /// What else there is to say
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// When it happened
    #[schema(format = DateTime)]
    time: String,
    /// Who told of it, or null
    #[schema(required)]
    source: Option<String>,
    /// What it is called there, or null
    #[schema(required)]
    external_id: Option<String>,
}

impl EventShown {
    pub fn of(kept: Kept) -> Self {
        Self {
            id: kept.id,
            kind: kept.kind,
            module: kept.module,
            record_id: kept.record_id,
            actor_id: kept.actor_id,
            data: kept.data,
            time: kept.at.to_rfc3339(),
            source: kept.source,
            external_id: kept.external_id,
        }
    }
}

/// What became of an event.
#[derive(Serialize, ToSchema)]
pub(super) struct EventAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    pub result: &'static str,
    /// Whether the same source told of it before: then nothing happened
    pub duplicate: bool,
    /// How many people are told
    pub told: usize,
    /// The event, as it was told of first
    pub event: EventShown,
}

/// What became of each event of a batch, in their order.
#[derive(Serialize, ToSchema)]
pub(super) struct EventBatchAnswer {
    /// Always `Success`: the batch was judged, each event has its own status
    #[schema(example = "Success")]
    pub result: &'static str,
    /// One for each event, in their order
    pub results: Vec<EventResult>,
}

/// What became of one event of a batch.
#[derive(Serialize, ToSchema)]
pub(super) struct EventResult {
    /// 201; 200 where it was told before; or what it would have been answered by itself
    pub status: u16,
    /// Whether the same source told of it before; only where it was taken in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub duplicate: Option<bool>,
    /// How many people are told; only where it was taken in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub told: Option<usize>,
    /// The event; only where it was taken in
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub event: Option<EventShown>,
    /// What to do; only where it was not
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
}

/// What an event may say.
#[derive(Serialize, ToSchema)]
struct EventMember {
    /// As it is called in `data`
    #[schema(example = "mentions")]
    name: &'static str,
    /// What it holds: text, list of texts, number, integer, user, list of users
    #[schema(example = "list of users")]
    r#type: &'static str,
    /// Whether it must be there
    required: bool,
    /// What it means
    description: &'static str,
}

impl From<&'static Member> for EventMember {
    fn from(member: &'static Member) -> Self {
        Self {
            name: member.name,
            r#type: member.holds.name(),
            required: member.required,
            description: member.about,
        }
    }
}

/// A type of event.
#[derive(Serialize, ToSchema)]
#[schema(as = EventType)]
struct EventTypeShown {
    /// As it is called in `type`
    #[schema(example = "ticket.mentioned")]
    name: &'static str,
    /// What happened
    title: &'static str,
    /// What comes of it
    description: &'static str,
    /// Who may tell of it. `company`: programs, and everybody but customers; `programs`: programs and administrators
    #[schema(example = "company")]
    told_by: &'static str,
    /// The modules whose records it may be about; empty: any
    modules: &'static [&'static str],
    /// Whether `record_id` must be there
    needs_record: bool,
    /// What `data` may say; what is not listed is kept with the event
    data: Vec<EventMember>,
    /// Of these members at least one must be there; empty: none
    one_of: &'static [&'static str],
    /// A body that is right
    #[schema(value_type = Object)]
    example: Value,
}

impl From<&'static Kind> for EventTypeShown {
    fn from(kind: &'static Kind) -> Self {
        Self {
            name: kind.name,
            title: kind.title,
            description: kind.about,
            told_by: kind.told_by.name(),
            modules: kind.modules,
            needs_record: kind.needs_record,
            data: kind.data.iter().map(EventMember::from).collect(),
            one_of: kind.one_of,
            example: example(kind),
        }
    }
}

/// A body of this type that is right.
pub(super) fn example(kind: &Kind) -> Value {
    let data: Value = serde_json::from_str(kind.example).expect("a test reads every example");
    let mut body = Map::from_iter([("type".to_owned(), Value::from(kind.name))]);
    if let Some(module) = kind.modules.first() {
        body.insert("module".to_owned(), (*module).into());
        body.insert("record_id".to_owned(), "42".into());
    }
    body.insert("data".to_owned(), data);
    Value::Object(body)
}

/// What may happen.
#[derive(Serialize, ToSchema)]
pub(super) struct EventTypesAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Every type that may be told of
    types: Vec<EventTypeShown>,
}

impl EventTypesAnswer {
    pub fn new() -> Self {
        Self { result: "Success", types: kind::all().iter().map(EventTypeShown::from).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id of the record that a body names by this JSON, or what is wrong with it.
    fn record_id(json: &str) -> String {
        match EventBody::read(format!(r#"{{"type":"ticket.updated","record_id":{json}}}"#).as_bytes()) {
            Ok(told) => told.record_id.unwrap_or_else(|| "none".to_owned()),
            Err(problem) => problem.reason.into_owned(),
        }
    }

    #[test]
    fn an_id_is_taken_digit_by_digit_or_refused() {
        let refused = "record_id must be a text or a whole number";
        for (json, expected) in [
            ("42", "42"),
            ("\"42\"", "42"),
            ("42.0", "42"),
            ("12e1", "120"),
            ("-7", "-7"),
            ("9223372036854775807", "9223372036854775807"),
            ("10000000000000000000", "10000000000000000000"),
            ("10000000000000000001", "10000000000000000001"),
            ("-9223372036854775809", "-9223372036854775809"),
            ("1000000000000000000000000000001", "1000000000000000000000000000001"),
            ("null", "none"),
            ("1e20", refused),
            ("9007199254740993.0", refused),
            ("1.5", refused),
            ("1e400", refused),
            ("true", refused),
            ("[42]", refused),
            (r#""\ud800""#, "record_id must not hold half a surrogate pair, such as \\ud800"),
        ] {
            assert_eq!(record_id(json), expected, "{json}");
        }
    }

    #[test]
    fn a_time_that_cannot_be_kept_is_told_the_last_one_that_can() {
        let at = |time: &str| {
            let body = format!(r#"{{"type":"ticket.updated","time":"{time}"}}"#);
            EventBody::read(body.as_bytes()).map(|told| told.at.is_some()).map_err(|problem| problem.reason)
        };
        assert_eq!(at("9999-12-30T22:00:00Z"), Ok(true));
        let said = "time must be an instant in RFC 3339, such as 2026-01-31T08:00:00Z, and not after 9999-12-30T22:00:00Z";
        for time in ["9999-12-31T23:59:59Z", "soon"] {
            assert_eq!(at(time).unwrap_err(), said, "{time}");
        }
    }
}
