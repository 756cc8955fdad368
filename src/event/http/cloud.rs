//! CloudEvents 1.0: what their attributes mean to us.
//!
//! | attribute           | what it is here                                                                     |
//! |---------------------|-------------------------------------------------------------------------------------|
//! | `type`              | the type, by our name                                                               |
//! | `source`, `id`      | who tells of it, and what it is called there: what is told twice happens once       |
//! | `subject`           | `module/record_id`; the id alone where the type is about one module                 |
//! | `time`              | when it happened                                                                    |
//! | `actorid`           | who did it; `data.actor_id` says the same                                           |
//! | `data`, `data_base64` | the data: a JSON object                                                           |
//!
//! `actor_id`, `module` and `record_id` are names of our plain body: they are refused with what to write instead. Other
//! attributes are passed over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::wire::instant;
use crate::event::report::Told;
use crate::http::Problem;
use crate::http::body::LARGEST_ID;

/// What an event is written in.
const VERSION: &str = "1.0";

/// Reads one event: its attributes, and `data` or `data_base64` among them.
///
/// # Errors
/// 400 in one sentence that names what is wrong.
pub(super) fn told(mut event: Map<String, Value>) -> Result<Told, Problem> {
    event.retain(|_, value| !value.is_null());
    match text(&event, "specversion")? {
        Some(version) if version == VERSION => {}
        Some(_) => return Err(Problem::bad_request("specversion must be \"1.0\"")),
        None => return Err(missing("specversion")),
    }
    refuse_ours(&event)?;
    let kind = text(&event, "type")?.ok_or_else(|| missing("type"))?.to_owned();
    let id = text(&event, "id")?.ok_or_else(|| missing("id"))?.to_owned();
    let source = text(&event, "source")?.ok_or_else(|| missing("source"))?.to_owned();
    let (module, record_id) = subject(text(&event, "subject")?);
    let at = text(&event, "time")?.map(instant).transpose()?;
    let mut data = data(&mut event)?;
    let actor_id = match event.get("actorid").cloned().or_else(|| data.remove("actor_id")) {
        Some(actor) => actor_id(&actor)?,
        None => None,
    };
    data.remove("actor_id");
    Ok(Told { kind, module, record_id, actor_id, data, id: Some(id), source: Some(source), at })
}

/// Names that our plain body has and that mean nothing here: whoever writes them is not to be passed over in silence.
///
/// # Errors
/// 400 that says what to write instead.
fn refuse_ours(event: &Map<String, Value>) -> Result<(), Problem> {
    let actor = "actor_id is no attribute of a CloudEvent; write actorid, or actor_id within data";
    match ["actor_id", "module", "record_id"].into_iter().find(|name| event.contains_key(*name)) {
        Some("actor_id") => Err(Problem::bad_request(actor)),
        Some(name) => Err(Problem::bad_request(format!(
            "{name} is no attribute of a CloudEvent here; write subject, such as \"tickets/42\""
        ))),
        None => Ok(()),
    }
}

fn missing(name: &str) -> Problem {
    Problem::bad_request(format!("{name} is required in a CloudEvent"))
}

/// An attribute that is a text.
///
/// # Errors
/// 400 for one that is none, or is empty.
fn text<'e>(event: &'e Map<String, Value>, name: &str) -> Result<Option<&'e str>, Problem> {
    match event.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text)),
        Some(_) => Err(Problem::bad_request(format!("{name} must be a string that is not empty"))),
    }
}

/// The module, if it is named, and the id of the record.
fn subject(subject: Option<&str>) -> (Option<String>, Option<String>) {
    match subject.map(|subject| subject.trim_start_matches('/')) {
        None => (None, None),
        Some(subject) => match subject.split_once('/') {
            Some((module, id)) => (Some(module.to_owned()), Some(id.to_owned())),
            None => (None, Some(subject.to_owned())),
        },
    }
}

fn actor_id(actor: &Value) -> Result<Option<i64>, Problem> {
    let id = match actor {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    match id.filter(|id| (1..=LARGEST_ID).contains(id)) {
        Some(id) => Ok(Some(id)),
        None => Err(Problem::bad_request("actorid must be the number of a user, such as 5")),
    }
}

/// The data: nothing where there is none.
fn data(event: &mut Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    if let Some(media) = text(event, "datacontenttype")?
        && !is_json(media)
    {
        return Err(Problem::bad_request("datacontenttype must be application/json: data is a JSON object"));
    }
    let data = match (event.remove("data"), event.remove("data_base64")) {
        (Some(_), Some(_)) => {
            return Err(Problem::bad_request("data and data_base64 are both there; send one of them"));
        }
        (Some(data), None) => data,
        (None, Some(encoded)) => unpacked(&encoded)?,
        (None, None) => return Ok(Map::new()),
    };
    match data {
        Value::Object(data) => Ok(data),
        _ => Err(Problem::bad_request("data must be a JSON object")),
    }
}

fn unpacked(encoded: &Value) -> Result<Value, Problem> {
    let bytes = encoded.as_str().and_then(|text| STANDARD.decode(text).ok());
    let bytes = bytes.ok_or_else(|| Problem::bad_request("data_base64 must be Base64 with its padding"))?;
    serde_json::from_slice(&bytes).map_err(|_| Problem::bad_request("data_base64 must hold a JSON object"))
}

/// Whether this media type is JSON: `application/json`, `text/json`, or whatever ends in `+json`.
pub(super) fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some((_, subtype)) = media.split_once('/') else { return false };
    subtype == "json" || subtype.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Instant;

    /// A good event with these members changed; null takes one away.
    fn event(changes: Value) -> Map<String, Value> {
        let good = json!({
            "specversion": "1.0", "type": "ticket.mentioned", "source": "/helpdesk", "id": "A-1",
            "subject": "tickets/42", "time": "2026-01-11T15:30:00+01:00", "datacontenttype": "application/json",
            "data": {"mentions": [5]},
        });
        let (Value::Object(mut event), Value::Object(changes)) = (good, changes) else { panic!("objects") };
        event.extend(changes);
        event
    }

    #[test]
    fn what_attributes_mean() {
        let Value::Object(data) = json!({"mentions": [5]}) else { panic!("an object") };
        let expected = Told {
            kind: "ticket.mentioned".to_owned(),
            module: Some("tickets".to_owned()),
            record_id: Some("42".to_owned()),
            actor_id: None,
            data,
            id: Some("A-1".to_owned()),
            source: Some("/helpdesk".to_owned()),
            at: Instant::parse("2026-01-11T14:30:00Z"),
        };
        assert_eq!(told(event(json!({}))).unwrap(), expected);
        let same = [
            json!({"colour": "red", "traceparent": "00-x-y-01", "dataschema": "https://example.com/s"}),
            json!({"datacontenttype": null}),
            json!({"datacontenttype": "application/vnd.crm+json; charset=utf-8"}),
            json!({"data": null, "data_base64": "eyJtZW50aW9ucyI6IFs1XX0="}),
            json!({"subject": "/tickets/42"}),
        ];
        for changes in same {
            assert_eq!(told(event(changes.clone())).unwrap(), expected, "{changes}");
        }
        for (changes, actor_id) in [
            (json!({"actorid": 7}), 7),
            (json!({"actorid": "7"}), 7),
            (json!({"data": {"mentions": [5], "actor_id": 7}}), 7),
            (json!({"actorid": 8, "data": {"mentions": [5], "actor_id": 7}}), 8),
        ] {
            let expected = Told { actor_id: Some(actor_id), ..expected.clone() };
            assert_eq!(told(event(changes.clone())).unwrap(), expected, "{changes}");
        }
        let alone = told(event(json!({"subject": "42", "time": null, "data": null}))).unwrap();
        assert_eq!((alone.module, alone.record_id.as_deref(), alone.at), (None, Some("42"), None));
        assert!(alone.data.is_empty());
    }

    #[test]
    fn what_is_no_event_is_said() {
        for (changes, said) in [
            (json!({"specversion": null}), "specversion is required in a CloudEvent"),
            (json!({"specversion": "0.3"}), "specversion must be \"1.0\""),
            (json!({"specversion": 1.0}), "specversion must be a string that is not empty"),
            (json!({"type": null}), "type is required in a CloudEvent"),
            (json!({"type": ""}), "type must be a string that is not empty"),
            (json!({"id": null}), "id is required in a CloudEvent"),
            (json!({"id": 5}), "id must be a string that is not empty"),
            (json!({"source": null}), "source is required in a CloudEvent"),
            (json!({"subject": ""}), "subject must be a string that is not empty"),
            (
                json!({"time": "yesterday"}),
                "time must be an instant in RFC 3339, such as 2026-01-31T08:00:00Z, and not after 9999-12-30T22:00:00Z",
            ),
            (
                json!({"actor_id": 5}),
                "actor_id is no attribute of a CloudEvent; write actorid, or actor_id within data",
            ),
            (
                json!({"module": "tickets", "subject": "42"}),
                "module is no attribute of a CloudEvent here; write subject, such as \"tickets/42\"",
            ),
            (
                json!({"record_id": 42, "subject": null}),
                "record_id is no attribute of a CloudEvent here; write subject, such as \"tickets/42\"",
            ),
            (json!({"actorid": "x"}), "actorid must be the number of a user, such as 5"),
            (json!({"actorid": 0}), "actorid must be the number of a user, such as 5"),
            (
                json!({"datacontenttype": "text/xml"}),
                "datacontenttype must be application/json: data is a JSON object",
            ),
            (json!({"data": "text"}), "data must be a JSON object"),
            (json!({"data": [1]}), "data must be a JSON object"),
            (json!({"data_base64": "e30="}), "data and data_base64 are both there; send one of them"),
            (json!({"data": null, "data_base64": "e30"}), "data_base64 must be Base64 with its padding"),
            (json!({"data": null, "data_base64": 5}), "data_base64 must be Base64 with its padding"),
            (json!({"data": null, "data_base64": "eA=="}), "data_base64 must hold a JSON object"),
        ] {
            let problem = told(event(changes.clone())).unwrap_err();
            assert_eq!((problem.status.as_u16(), &*problem.reason), (400, said), "{changes}");
        }
    }

    #[test]
    fn which_media_types_are_json() {
        for media in
            ["application/json", "Application/JSON;charset=utf-8", "text/json", "application/vnd.x+json"]
        {
            assert!(is_json(media), "{media}");
        }
        for media in ["application/xml", "json", "", "application/jsonl", "text/plain"] {
            assert!(!is_json(media), "{media}");
        }
    }
}
