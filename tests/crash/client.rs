//! Speaks to the server over HTTP, as a program with an API key or as a person who signed in.

use std::time::Duration;

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};

use crate::content;
use crate::model::Sight;
use crate::state::{Read, Shelf, State};

/// The API key in the server's configuration.
pub const API_KEY: &str = "crash-test-key-0123456789abcdef0123456789";

/// The password of every user.
pub const PASSWORD: &str = "Correct-horse-battery-9";

/// A snooze that ends later than this outlasts the test.
const SOON: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// Longer than any run.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// What was heard of a request.
#[derive(Debug)]
pub enum Heard {
    Answer(u16, Value),
    /// The connection ended without an answer.
    Nothing(String),
}

/// How a request says who sends it.
#[derive(Clone, Copy, Debug)]
pub enum As<'a> {
    Program,
    Person(&'a str),
    Nobody,
}

/// Connections to one start of the server.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

pub fn email(user: i64) -> String {
    format!("user{user}@crash.example")
}

/// The time of the machine, to say until when something is snoozed.
#[expect(clippy::disallowed_methods, reason = "the server is another process and has the machine's clock")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

impl Client {
    #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server, with a time limit")]
    pub fn new(port: u16) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?;
        Ok(Self { http, base: format!("http://127.0.0.1:{port}") })
    }

    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        who: As<'_>,
        body: Option<String>,
        key: Option<&str>,
    ) -> Heard {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = match who {
            As::Program => request.header("X-API-Key", API_KEY),
            As::Person(token) => request.bearer_auth(token),
            As::Nobody => request,
        };
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        match read(request).await {
            Ok((status, text)) => {
                Heard::Answer(status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
            }
            Err(error) => Heard::Nothing(format!("{error:?}")),
        }
    }

    /// Makes a send; the same wish has the same body every time.
    pub async fn send(&self, number: usize, key: Option<&str>, users: &[i64], is_batch: bool) -> Heard {
        let element = |index: usize| content::element((number, index), users[index], key);
        let (path, body) = match is_batch {
            true => {
                let elements: Vec<Value> = (0..users.len()).map(element).collect();
                ("/crm/notification/send/batch", json!({ "notifications": elements }))
            }
            false => ("/crm/notification/send", element(0)),
        };
        self.ask(Method::POST, path, As::Program, Some(body.to_string()), key).await
    }

    pub async fn sign_in(&self, user: i64) -> Heard {
        let body = json!({ "email": email(user), "password": PASSWORD }).to_string();
        self.ask(Method::POST, "/crm/auth/login", As::Nobody, Some(body), None).await
    }

    /// A page of a list; `query` as `archived=true&limit=5`.
    pub async fn list(&self, token: &str, query: &str) -> Heard {
        self.ask(Method::GET, &format!("/crm/notification?{query}"), As::Person(token), None, None).await
    }

    /// Opens a stream, to hear what comes next or what came after a revision.
    pub async fn stream(&self, token: &str, after: Option<i64>) -> reqwest::Result<reqwest::Response> {
        // The limit of other requests would end the stream.
        let request = self.http.get(format!("{}/crm/notification/stream", self.base)).timeout(NEVER);
        let request = match after {
            Some(revision) => request.header("Last-Event-ID", revision),
            None => request,
        };
        request.bearer_auth(token).send().await
    }

    /// Whether the server takes requests.
    pub async fn is_ready(&self) -> bool {
        matches!(self.ask(Method::GET, "/readyz", As::Nobody, None, None).await, Heard::Answer(200, _))
    }
}

async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<(u16, String)> {
    let answer = request.send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

/// The ids in the answer to a send; `None` if the answer does not say that everything is stored.
pub fn stored_ids(is_batch: bool, status: u16, answer: &Value) -> Option<Vec<i64>> {
    let id = |stored: &Value| stored.pointer("/notification/notification_id")?.as_i64();
    match (is_batch, status) {
        (false, 201) => Some(vec![id(answer)?]),
        (true, 200) => answer.get("results")?.as_array()?.iter().map(id).collect(),
        _ => None,
    }
}

/// A page of a list as it was answered.
#[derive(Debug)]
pub struct Page {
    pub sights: Vec<Sight>,
    pub unread_count: i64,
    pub next: Option<String>,
}

pub fn page(answer: &Value) -> anyhow::Result<Page> {
    let shown =
        answer.get("notifications").and_then(Value::as_array).context("a list holds notifications")?;
    Ok(Page {
        sights: shown.iter().map(sight).collect::<anyhow::Result<_>>()?,
        unread_count: answer
            .get("unread_count")
            .and_then(Value::as_i64)
            .context("a list holds unread_count")?,
        next: answer.get("next_cursor").and_then(Value::as_str).map(str::to_owned),
    })
}

fn sight(shown: &Value) -> anyhow::Result<Sight> {
    let text = |name: &str| shown.get(name).and_then(Value::as_str);
    let is_read = shown.get("is_read").and_then(Value::as_bool).context("is_read is missing")?;
    let shelf = match (text("archived_at"), text("snoozed_until")) {
        (Some(_), _) => Shelf::Archive,
        (_, Some(_)) => Shelf::Snoozed,
        _ => Shelf::Inbox,
    };
    let until = text("snoozed_until").map(str::parse::<jiff::Timestamp>).transpose()?;
    Ok(Sight {
        mark: shown.get("metadata").and_then(content::mark_in).context("a notification lost its metadata")?,
        id: shown.get("notification_id").and_then(Value::as_i64).context("notification_id is missing")?,
        state: State::On(shelf, if is_read { Read::Yes } else { Read::No }),
        wakes: until.is_some_and(|until| until.duration_since(now()) < SOON),
        shown: shown.clone(),
    })
}
