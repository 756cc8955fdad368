//! Reading JSON bodies: every field is judged by the handler, in the handler's order.
//!
//! A body's struct holds [`Given`] fields, which never fail to parse: a value of the wrong type is kept
//! as such until the handler asks for it. So "user_id is required" can come before "title must be a
//! string", whatever their order in the text. Unknown and doubled names are refused at once, by name.

mod id;
mod query;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Problem;

pub use id::Id;
pub use query::bad_query;

/// The largest integer that every JSON reader keeps exact.
pub const LARGEST_ID: i64 = (1 << 53) - 1;

/// The longest name that is looked up or repeated in an answer, in characters.
const LONGEST_NAME: usize = 64;

/// What is said of a text that is JSON and that nobody can keep.
const NO_HALVES: &str = "must not hold half a surrogate pair, such as \\ud800";

/// One field of a body: absent, null, of the wrong type, or a value.
#[derive(Debug, Default)]
pub enum Given<T> {
    /// The name does not occur.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// Something else than what was asked for.
    Wrong,
    /// It holds half a surrogate pair.
    Halved,
    /// The value.
    Value(T),
}

impl<'de, T: Field> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw == "null" {
            return Ok(Given::Null);
        }
        Ok(match T::read(raw) {
            Some(value) => Given::Value(value),
            None if serde_json::from_str::<Value>(raw).is_err_and(|error| is_halved(&error)) => Given::Halved,
            None => Given::Wrong,
        })
    }
}

/// Whether a JSON text is refused for half a surrogate pair, which is no character.
fn is_halved(error: &serde_json::Error) -> bool {
    error.to_string().contains("hex escape")
}

/// A type that a field may have.
pub trait Field: Sized {
    /// What it is called in an error: "an integer".
    const WHAT: &'static str;
    /// Reads it from its JSON text.
    fn read(raw: &str) -> Option<Self>;
    /// Whether it counts as missing where it is required.
    fn is_blank(&self) -> bool {
        false
    }
}

macro_rules! field {
    ($kind:ty, $what:literal) => {
        impl Field for $kind {
            const WHAT: &'static str = $what;
            fn read(raw: &str) -> Option<Self> {
                serde_json::from_str(raw).ok()
            }
        }
    };
}

field!(bool, "true or false");
field!(Vec<String>, "a list of strings");

impl Field for i64 {
    const WHAT: &'static str = "an integer";
    fn read(raw: &str) -> Option<Self> {
        serde_json::from_str(raw).ok().or_else(|| whole(raw))
    }
}

/// JSON has one kind of number: 123.0 is the integer 123, and so the document's schemas take it. What is too large for
/// an `i64` becomes the largest one, which no id can be.
fn whole(raw: &str) -> Option<i64> {
    let number: f64 = serde_json::from_str(raw).ok()?;
    (number.fract() == 0.0).then_some(number as i64)
}

impl Field for Vec<i64> {
    const WHAT: &'static str = "a list of integers";
    fn read(raw: &str) -> Option<Self> {
        let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
        elements.into_iter().map(|element| i64::read(element.get())).collect()
    }
}

impl Field for String {
    const WHAT: &'static str = "a string";
    fn read(raw: &str) -> Option<Self> {
        serde_json::from_str(raw).ok()
    }
    fn is_blank(&self) -> bool {
        self.trim().is_empty()
    }
}

/// A JSON object, kept as its text without the white space between its parts.
#[derive(Debug)]
pub struct Object(pub String);

impl Field for Object {
    const WHAT: &'static str = "an object";
    fn read(raw: &str) -> Option<Self> {
        raw.starts_with('{').then(|| Object(compact(raw)))
    }
}

/// A JSON list, each element kept as its text.
#[derive(Debug)]
pub struct List(pub Vec<Box<RawValue>>);

impl Field for List {
    const WHAT: &'static str = "a list";
    fn read(raw: &str) -> Option<Self> {
        serde_json::from_str(raw).ok().map(List)
    }
}

impl<T: Field> Given<T> {
    /// Whether the field is there at all: not absent, null or blank.
    pub fn is_missing(&self) -> bool {
        match self {
            Given::Absent | Given::Null => true,
            Given::Wrong | Given::Halved => false,
            Given::Value(value) => value.is_blank(),
        }
    }

    /// Whether the name occurs in the body, be it as null.
    pub fn is_given(&self) -> bool {
        !matches!(self, Given::Absent)
    }

    /// Refuses a body without this field.
    ///
    /// # Errors
    /// 400 `<name> is required`, as the seed says it.
    pub fn present(&self, name: &str) -> Result<(), Problem> {
        if self.is_missing() { Err(Problem::bad_request(format!("{name} is required"))) } else { Ok(()) }
    }

    /// The value, which must be there.
    ///
    /// # Errors
    /// 400 if it is missing or of another type.
    pub fn required(self, name: &str) -> Result<T, Problem> {
        self.present(name)?;
        self.optional(name)?.ok_or_else(|| Problem::bad_request(format!("{name} is required")))
    }

    /// The value, if there is one; null counts as none.
    ///
    /// # Errors
    /// 400 if it is of another type.
    pub fn optional(self, name: &str) -> Result<Option<T>, Problem> {
        match self {
            Given::Absent | Given::Null => Ok(None),
            Given::Value(value) => Ok(Some(value)),
            Given::Wrong => Err(Problem::bad_request(format!("{name} must be {}", T::WHAT))),
            Given::Halved => Err(Problem::bad_request(format!("{name} {NO_HALVES}"))),
        }
    }

    /// What a field is to become; `None` leaves it as it is. Null is no value here.
    ///
    /// # Errors
    /// 400 if it is null or of another type.
    pub fn changed(self, name: &str) -> Result<Option<T>, Problem> {
        match self {
            Given::Null => {
                Err(Problem::bad_request(format!("{name} must be {}; leave it out to keep it", T::WHAT)))
            }
            given => given.optional(name),
        }
    }
}

impl Given<i64> {
    /// An id: an integer from 1 to 2^53 - 1.
    ///
    /// # Errors
    /// 400 if it is something else.
    pub fn id(self, name: &str) -> Result<Option<i64>, Problem> {
        match self.optional(name)? {
            Some(id) if !(1..=LARGEST_ID).contains(&id) => {
                Err(Problem::bad_request(format!("{name} must be between 1 and {LARGEST_ID}")))
            }
            id => Ok(id),
        }
    }
}

impl Given<String> {
    /// A text of at most `most` characters (Unicode scalar values) without NUL.
    ///
    /// # Errors
    /// 400 if it is something else.
    pub fn text(self, name: &str, most: usize) -> Result<Option<String>, Problem> {
        match self.optional(name)? {
            Some(text) if text.contains('\0') => {
                Err(Problem::bad_request(format!("{name} must not contain the character NUL")))
            }
            Some(text) if text.len() > most && text.chars().count() > most => {
                Err(Problem::bad_request(format!("{name} must be at most {most} characters long")))
            }
            text => Ok(text),
        }
    }
}

/// The text of a JSON value without the white space between its parts; `json` must be valid.
fn compact(json: &str) -> String {
    let mut compacted = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_string = character == '"';
        }
        compacted.push(character);
    }
    compacted
}

/// A JSON body of type `T`, and its bytes.
pub struct Json<T> {
    /// The body.
    pub body: T,
    /// Its bytes as they came, for the fingerprint of an idempotent request.
    pub bytes: Bytes,
}

impl<S: Sync, T: for<'de> Deserialize<'de>> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        refuse_other_media(&parts.headers)?;
        let bytes = read(body).await?;
        let body = parse(&bytes)?;
        Ok(Json { body, bytes })
    }
}

/// A JSON body that may be left out: nothing at all, or `null`, means what `T` means by itself.
pub struct MaybeJson<T> {
    /// The body.
    pub body: T,
    /// Its bytes as they came, for the fingerprint of an idempotent request.
    pub bytes: Bytes,
}

impl<S: Sync, T: Default + for<'de> Deserialize<'de>> FromRequest<S> for MaybeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read(body).await?;
        let body = if bytes.is_empty() {
            T::default()
        } else {
            refuse_other_media(&parts.headers)?;
            if bytes.trim_ascii() == b"null" { T::default() } else { parse(&bytes)? }
        };
        Ok(MaybeJson { body, bytes })
    }
}

/// A body without meaning for its route: only its bytes count, for the fingerprint of an idempotent request.
pub struct Raw(pub Bytes);

impl<S: Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read(request.into_body()).await.map(Raw)
    }
}

/// Reads a whole body; its size was limited at the edge.
///
/// # Errors
/// 413 if it is too large, 400 if it breaks off.
pub async fn read(body: Body) -> Result<Bytes, Problem> {
    match body.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(unreadable(&error)),
    }
}

fn unreadable(error: &axum::Error) -> Problem {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body is too large; send less, or raise limits.body_bytes in crm_config.yaml",
            );
        }
        cause = error.source();
    }
    Problem::bad_request("The body broke off; send it again")
}

fn refuse_other_media(headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |reason: &'static str| Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return unsupported("Send the body without Content-Encoding");
    }
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (media, parameters) = media.split_once(';').unwrap_or((media, ""));
    let is_json = media.trim().eq_ignore_ascii_case("application/json");
    let charset = parameters.trim().to_ascii_lowercase();
    if !is_json || !(charset.is_empty() || charset.contains("utf-8") || !charset.contains("charset")) {
        return unsupported("Send the body as JSON in UTF-8, with the header Content-Type: application/json");
    }
    Ok(())
}

/// Parses the text of a body.
///
/// # Errors
/// 400 that says what is wrong with it.
pub fn parse<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Problem> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Problem::bad_request("The body is not valid UTF-8"));
    };
    if !text.trim_start().starts_with('{') {
        return Err(Problem::bad_request("The body must be a JSON object"));
    }
    serde_json::from_str(text).map_err(|error| explain(&error))
}

fn explain(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let named = |marker: &str| text.strip_prefix(marker).and_then(|rest| rest.split('`').next());
    if let Some(name) = named("unknown field `") {
        return unknown_field(name, &text);
    }
    if let Some(name) = named("duplicate field `") {
        return Problem::bad_request(format!("{} is given twice; give it once", shortened(name)));
    }
    not_json(error)
}

/// 400 for a body that is no JSON, or that nobody can keep.
pub fn not_json(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    Problem::bad_request(match text.as_str() {
        _ if is_halved(error) => format!("The body {NO_HALVES}"),
        text if text.starts_with("number out of range") => {
            "The body must not hold numbers beyond 1.7e308".to_owned()
        }
        text => format!("The body is not valid JSON: {text}"),
    })
}

/// serde's text ends "expected one of `a`, `b`" or "expected `a` or `b`".
fn unknown_field(name: &str, text: &str) -> Problem {
    let known = text.rsplit("expected").next().unwrap_or_default();
    let known = known.split('`').skip(1).step_by(2);
    let name = shortened(name);
    Problem::bad_request(match nearest(&name, known) {
        Some(nearest) => format!("Unknown field \"{name}\"; did you mean \"{nearest}\"?"),
        None => format!("Unknown field \"{name}\"; leave it out"),
    })
}

/// What an answer repeats of a name that somebody made up.
fn shortened(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

/// The one of `known` that is most like `name`, if any is like it. A name much longer than any is not compared: that
/// takes time, and a lot of it for a body full of one name.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > 4 * LONGEST_NAME {
        return None;
    }
    known
        .map(|candidate| (strsim::jaro_winkler(&name.to_lowercase(), candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[serde(default)]
        user_id: Given<i64>,
        #[serde(default)]
        title: Given<String>,
        #[serde(default)]
        metadata: Given<Object>,
    }

    fn reason(text: &str) -> String {
        let judge = |body: Body| -> Result<(), Problem> {
            body.user_id.present("user_id")?;
            body.title.present("title")?;
            body.user_id.id("user_id")?;
            body.title.text("title", 5)?;
            body.metadata.optional("metadata")?;
            Ok(())
        };
        match parse::<Body>(text.as_bytes()).and_then(judge) {
            Ok(()) => "fine".to_owned(),
            Err(problem) => problem.reason.into_owned(),
        }
    }

    #[test]
    fn bodies_are_judged_in_the_handlers_order() {
        for (body, expected) in [
            (r#"{"user_id":1,"title":"x"}"#, "fine"),
            (r#"{"user_id":1,"title":"x","metadata":null}"#, "fine"),
            (r#"{"title":5}"#, "user_id is required"),
            (r#"{"user_id":null,"title":5}"#, "user_id is required"),
            (r#"{"user_id":"7"}"#, "title is required"),
            (r#"{"user_id":1,"title":"  "}"#, "title is required"),
            (r#"{"user_id":"7","title":"x"}"#, "user_id must be an integer"),
            (r#"{"user_id":true,"title":"x"}"#, "user_id must be an integer"),
            (r#"{"user_id":1.5,"title":"x"}"#, "user_id must be an integer"),
            (r#"{"user_id":1e400,"title":"x"}"#, "user_id must be an integer"),
            (r#"{"user_id":1.0,"title":"x"}"#, "fine"),
            (r#"{"user_id":12e1,"title":"x"}"#, "fine"),
            (r#"{"user_id":-0,"title":"x"}"#, "user_id must be between 1 and 9007199254740991"),
            (r#"{"user_id":0,"title":"x"}"#, "user_id must be between 1 and 9007199254740991"),
            (r#"{"user_id":1,"title":"äöüßé€"}"#, "title must be at most 5 characters long"),
            (r#"{"user_id":1,"title":"a\u0000"}"#, "title must not contain the character NUL"),
            (
                r#"{"user_id":1,"title":"\ud800"}"#,
                "title must not hold half a surrogate pair, such as \\ud800",
            ),
            (r#"{"user_id":1,"title":"x","metadata":[]}"#, "metadata must be an object"),
            (r#"{"user_id":1,"titel":"x"}"#, "Unknown field \"titel\"; did you mean \"title\"?"),
            (r#"{"user_id":1,"zzz":"x"}"#, "Unknown field \"zzz\"; leave it out"),
            (r#"{"user_id":1,"user_id":2}"#, "user_id is given twice; give it once"),
            ("[1]", "The body must be a JSON object"),
            ("", "The body must be a JSON object"),
        ] {
            assert_eq!(reason(body), expected, "{body}");
        }
        assert!(reason(r#"{"user_id":1,"#).starts_with("The body is not valid JSON"));
    }

    #[test]
    fn white_space_goes_only_between_the_parts() {
        assert_eq!(
            compact("{ \"a b\" : [ 1 ,\n2 ], \"c\\\" \": \" \\\\\" }"),
            "{\"a b\":[1,2],\"c\\\" \":\" \\\\\"}"
        );
    }
}
