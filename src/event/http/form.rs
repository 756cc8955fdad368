//! In which form events are sent: as a plain body, or as CloudEvents in structured, binary or batched mode.

use axum::http::{HeaderMap, StatusCode, header};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::wire::EventBody;
use super::{attributes, cloud};
use crate::event::report::Told;
use crate::http::Problem;
use crate::http::body::not_json;

/// How many events a batch may hold.
pub(super) const MOST: usize = 1_000;

/// What was sent.
#[derive(Debug)]
pub(super) enum Sent {
    /// One event.
    One(Box<Told>),
    /// A batch: each is judged by itself.
    Many(Vec<Result<Told, Problem>>),
}

/// What was sent, and what tells it from other requests.
#[derive(Debug)]
pub(super) struct Read {
    pub sent: Sent,
    pub fingerprint: Vec<u8>,
}

impl Read {
    /// # Errors
    /// 415 for a form that is none of these, 400 for what is wrong with it.
    pub fn of(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send the body without Content-Encoding",
            ));
        }
        let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = media.unwrap_or_default();
        let essence = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let alone = |told: Told| Sent::One(Box::new(told));
        let mut fingerprint = body.to_vec();
        let sent = match essence.as_str() {
            _ if has_other_charset(media) => return Err(unsupported()),
            "application/cloudevents+json" => alone(cloud::told(object(body)?)?),
            "application/cloudevents-batch+json" => Sent::Many(batch(body)?),
            other if other.starts_with("application/cloudevents") => return Err(unsupported()),
            _ if attributes::are_there(headers) => {
                let attributes = attributes::of(headers)?;
                fingerprint.extend_from_slice(attributes::fingerprint(&attributes).as_bytes());
                alone(cloud::told(with_data(attributes, &essence, body)?)?)
            }
            "application/json" => alone(EventBody::read(body)?),
            _ => return Err(unsupported()),
        };
        Ok(Self { sent, fingerprint })
    }
}

fn unsupported() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "Send the event as JSON in UTF-8, with the header Content-Type: application/json, \
         application/cloudevents+json or application/cloudevents-batch+json",
    )
}

/// JSON is UTF-8.
fn has_other_charset(media: &str) -> bool {
    let media = media.to_ascii_lowercase();
    media.contains("charset") && !media.contains("utf-8")
}

fn no_object() -> Problem {
    Problem::bad_request("The body must be a JSON object: one CloudEvent")
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(event)) => Ok(event),
        Ok(_) => Err(no_object()),
        Err(error) => Err(not_json(&error)),
    }
}

/// The events of a batch: what is wrong with one is no matter to the others.
fn batch(body: &[u8]) -> Result<Vec<Result<Told, Problem>>, Problem> {
    let events: Vec<&RawValue> = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Problem::bad_request(
            "The body must be a JSON list of CloudEvents; put a single one between [ and ]",
        ),
        _ => not_json(&error),
    })?;
    if events.len() > MOST {
        return Err(Problem::bad_request(format!("A batch holds at most {MOST} events; send it in parts")));
    }
    let read = |event: &&RawValue| object(event.get().as_bytes()).and_then(cloud::told);
    Ok(events.iter().map(read).collect())
}

/// The attributes of headers with the body as their data.
fn with_data(
    mut attributes: Map<String, Value>,
    media: &str,
    body: &[u8],
) -> Result<Map<String, Value>, Problem> {
    // The header Content-Type says it, and in this mode no attribute of that name is given.
    attributes.remove("datacontenttype");
    attributes.remove("data");
    attributes.remove("data_base64");
    if body.is_empty() {
        return Ok(attributes);
    }
    if !cloud::is_json(media) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send the data as JSON in UTF-8, with the header Content-Type: application/json",
        ));
    }
    let data = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
    attributes.insert("data".to_owned(), data);
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn read(headers: &[(&str, &str)], body: &str) -> Result<Read, (u16, String)> {
        let header = |(name, value): &(&str, &str)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let headers: HeaderMap = headers.iter().map(header).collect();
        Read::of(&headers, body.as_bytes())
            .map_err(|problem| (problem.status.as_u16(), problem.reason.into_owned()))
    }

    const STRUCTURED: &str = r#"{"specversion":"1.0","type":"ticket.updated","source":"/crm","id":"1","subject":"tickets/42","data":{"summary":"x"}}"#;
    const BINARY: [(&str, &str); 5] = [
        ("ce-specversion", "1.0"),
        ("ce-type", "ticket.updated"),
        ("CE-Source", "/crm"),
        ("ce-id", "1"),
        ("ce-subject", "tickets/42"),
    ];

    fn one(read: Result<Read, (u16, String)>) -> Told {
        match read.unwrap().sent {
            Sent::One(told) => *told,
            Sent::Many(_) => panic!("it is one"),
        }
    }

    #[test]
    fn three_forms_say_the_same() {
        let plain = r#"{"type":"ticket.updated","source":"/crm","id":"1","module":"tickets","record_id":42,"data":{"summary":"x"}}"#;
        let plain = one(read(&[("content-type", "application/json")], plain));
        let structured =
            one(read(&[("content-type", "application/cloudevents+json; charset=UTF-8")], STRUCTURED));
        let mut headers = BINARY.to_vec();
        headers.push(("content-type", "application/json"));
        let binary = read(&headers, r#"{"summary":"x"}"#);
        let fingerprint = String::from_utf8(binary.as_ref().unwrap().fingerprint.clone()).unwrap();
        assert!(
            fingerprint.starts_with(r#"{"summary":"x"}"#) && fingerprint.contains("id=\"1\""),
            "{fingerprint}"
        );
        let batch = format!("[{STRUCTURED}, 5]");
        let Sent::Many(many) =
            read(&[("content-type", "application/cloudevents-batch+json")], &batch).unwrap().sent
        else {
            panic!("they are many")
        };
        let many: Vec<Result<Told, String>> =
            many.into_iter().map(|one| one.map_err(|problem| problem.reason.into_owned())).collect();
        assert_eq!(plain, structured);
        assert_eq!(plain, one(binary));
        assert_eq!(many, [Ok(plain), Err("The body must be a JSON object: one CloudEvent".to_owned())]);
    }

    #[test]
    fn what_is_in_no_form_is_refused() {
        let no_type: Vec<(&str, &str)> =
            BINARY.iter().copied().filter(|(name, _)| *name != "ce-type").collect();
        let with = |media: &'static str| [&BINARY[..], &[("content-type", media)]].concat();
        for (headers, body, status, said) in [
            (vec![], STRUCTURED, 415, "Send the event as JSON in UTF-8"),
            (vec![("content-type", "text/plain")], STRUCTURED, 415, "Send the event as JSON"),
            (vec![("content-type", "application/cloudevents+avro")], "", 415, "Send the event as JSON"),
            (
                vec![("content-type", "application/cloudevents+json; charset=latin1")],
                STRUCTURED,
                415,
                "Send the event",
            ),
            (
                vec![("content-type", "application/json"), ("content-encoding", "gzip")],
                "{}",
                415,
                "Send the body without",
            ),
            (
                vec![("content-type", "application/json")],
                STRUCTURED,
                400,
                "A CloudEvent needs the header Content-Type",
            ),
            (vec![("content-type", "application/json")], "{}", 400, "type is required"),
            (
                vec![("content-type", "application/json")],
                r#"{"type":"x","dat":{}}"#,
                400,
                "Unknown field \"dat\"; did you",
            ),
            (
                vec![("content-type", "application/cloudevents+json")],
                "[]",
                400,
                "The body must be a JSON object",
            ),
            (vec![("content-type", "application/cloudevents+json")], "{", 400, "The body is not valid JSON"),
            (
                vec![("content-type", "application/cloudevents-batch+json")],
                "{}",
                400,
                "The body must be a JSON list of CloudEvents; put a single one between [ and ]",
            ),
            (
                vec![("content-type", "application/cloudevents-batch+json")],
                "[{]",
                400,
                "The body is not valid JSON: ",
            ),
            (
                vec![("content-type", "application/cloudevents+json")],
                r#"{"id":"\ud800"}"#,
                400,
                "The body must not hold half a surrogate pair, such as \\ud800",
            ),
            (no_type, "", 400, "type is required in a CloudEvent"),
            (with("text/xml"), "<x/>", 415, "Send the data as JSON"),
            (with("application/json"), "{", 400, "The body is not valid JSON"),
            (with("application/json"), "[1]", 400, "data must be a JSON object"),
        ] {
            let (found, reason) = read(&headers, body).unwrap_err();
            assert!(found == status && reason.starts_with(said), "{headers:?} {body}: {found} {reason}");
        }
        let many = format!("[{}]", vec!["{}"; MOST + 1].join(","));
        let (status, reason) =
            read(&[("content-type", "application/cloudevents-batch+json")], &many).unwrap_err();
        assert_eq!((status, reason.as_str()), (400, "A batch holds at most 1000 events; send it in parts"));
        let none = read(&[("content-type", "application/cloudevents-batch+json")], "[]").unwrap().sent;
        assert!(matches!(none, Sent::Many(none) if none.is_empty()));
    }
}
