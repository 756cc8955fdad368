//! Answers that say what to do: the seed's failure shapes, and which fault becomes which.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::storage;

/// A failure that is the caller's to mend, or ours to look into.
///
/// Written as `{"result":"Failed","reason":…}`, with what programs are to know beside it, and for a caller who is not
/// known as `{"message":…}`.
#[derive(Debug)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// One sentence that says what to do.
    pub reason: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    members: Map<String, Value>,
}

impl Problem {
    /// A problem with its status and the sentence that says what to do.
    pub fn new(status: StatusCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status, reason: reason.into(), headers: Vec::new(), members: Map::new() }
    }

    /// 400: what was sent cannot be understood.
    pub fn bad_request(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }

    /// 401: nobody known is asking.
    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403: who is asking may not.
    pub fn forbidden(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, reason)
    }

    /// 404: there is no such thing, or it is somebody else's.
    pub fn not_found(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, reason)
    }

    /// 409: it contradicts what is there.
    pub fn conflict(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, reason)
    }

    /// 503: not now; come back after `seconds`.
    pub fn unavailable(reason: impl Into<Cow<'static, str>>, seconds: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason).with_header(header::RETRY_AFTER, seconds.into())
    }

    /// 500: a fault of ours, logged here under a reference that the caller is given.
    pub fn fault(error: &dyn std::fmt::Display) -> Self {
        let reference = crate::secret::hex(&crate::secret::random::<6>());
        tracing::error!(reference, %error, "A request failed: {error}");
        let reason =
            format!("Something went wrong on the server; its log has the cause under reference {reference}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, reason)
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds members to the body of the answer, which programs read as people read the reason.
    #[must_use]
    pub fn with_members(mut self, members: Map<String, Value>) -> Self {
        self.members.extend(members);
        self
    }

    /// The body of the answer.
    pub fn body(&self) -> String {
        if self.status == StatusCode::UNAUTHORIZED {
            return serde_json::json!({ "message": self.reason }).to_string();
        }
        let members =
            self.members.iter().map(|(name, value)| format!(",{}:{value}", Value::from(name.as_str())));
        let members: String = members.collect();
        format!(r#"{{"result":"Failed","reason":{}{members}}}"#, Value::from(self.reason.as_ref()))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = json(self.status, self.body());
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<storage::Error> for Problem {
    fn from(error: storage::Error) -> Self {
        match &error {
            storage::Error::Unavailable(_) | storage::Error::NewerSchema(_) => {
                tracing::error!("A request was put off: {error}");
                Self::unavailable("The database is not available; send the request again in a moment", 2)
            }
            storage::Error::Full(_) => {
                tracing::error!("A request was refused: {error}");
                Self::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "The server's disk is full and nothing was stored; make room, then send the request again",
                )
                .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
            }
            storage::Error::Overloaded => {
                Self::unavailable("Too many writes wait already; send the request again in a moment", 1)
            }
            storage::Error::Duplicate(_) | storage::Error::Fault(_) => Self::fault(&error),
        }
    }
}

/// A JSON answer from its text.
pub fn json(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_written_as_the_seed_writes_them() {
        assert_eq!(
            Problem::bad_request("user_id is required").body(),
            r#"{"result":"Failed","reason":"user_id is required"}"#
        );
        let members =
            Map::from_iter([("code".to_owned(), "credit_limit".into()), ("over_by".to_owned(), 0.5.into())]);
        assert_eq!(
            Problem::conflict("Too \"much\"").with_members(members).body(),
            r#"{"result":"Failed","reason":"Too \"much\"","code":"credit_limit","over_by":0.5}"#
        );
        assert_eq!(Problem::unauthorized("Invalid API key").body(), r#"{"message":"Invalid API key"}"#);
    }
}
