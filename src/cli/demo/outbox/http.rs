//! The ends of webhooks, which answer as the real services do, and what shows the demo's page all that was caught.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::signature::Signed;
use super::{Item, MOST_BYTES, Outbox, Secrets};
use crate::http::{Problem, server};

/// Routes that a command adds to those of the node.
pub(in crate::cli) type Routes = Router;

/// What Teams takes, in bytes.
const TEAMS_BYTES: usize = 28 * 1024;

/// The ways out that end here, each with its path; `{}` stands for whom it leads to.
const PATHS: [(&str, &str); 5] = [
    ("teams", "/workflows/{}/triggers/manual/paths/invoke?api-version=2016-06-01&sig=demo"),
    ("ringcentral", "/webhook/v2/{}"),
    ("webhook", "/hook/{}"),
    ("slack", "/services/T00000000/{}/demo"),
    ("google_chat", "/v1/spaces/{}/messages"),
];

/// The path at which a channel ends here. `None`: it has no URL.
pub(super) fn path(channel: &str, whom: &str) -> Option<String> {
    let (_, path) = PATHS.into_iter().find(|(name, _)| *name == channel)?;
    Some(path.replace("{}", whom))
}

/// Takes what is posted until the runtime ends.
pub(super) async fn receive(listener: TcpListener, outbox: Outbox, secrets: Secrets) {
    let ends = ends(Ends { outbox, secrets });
    let (options, stop) = (server::Options::default(), CancellationToken::new());
    if let Err(error) = server::serve(listener, ends, options, Arc::default(), stop).await {
        tracing::error!(%error, "The demo does not catch webhooks any more; start it again");
    }
}

#[derive(Clone)]
pub(super) struct Ends {
    pub outbox: Outbox,
    pub secrets: Secrets,
}

pub(super) fn ends(ends: Ends) -> Router {
    Router::new()
        .route("/workflows/{id}/triggers/manual/paths/invoke", post(teams))
        .route("/webhook/v2/{id}", post(ringcentral))
        .route("/webhook/{id}", post(ringcentral))
        .route("/hook/{id}", post(webhook))
        .route("/services/{team}/{id}/{token}", post(slack))
        .route("/v1/spaces/{id}/messages", post(google_chat))
        .with_state(ends)
}

#[derive(Deserialize)]
struct Signature {
    sig: Option<String>,
}

async fn teams(
    State(ends): State<Ends>,
    Path(id): Path<String>,
    Query(signature): Query<Signature>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if signature.sig.is_none_or(|sig| sig.is_empty()) {
        let said = json!({"error": {"code": "DirectApiAuthorizationRequired", "message":
            "The request must be authenticated only by Shared Access scheme."}});
        return answer(StatusCode::UNAUTHORIZED, said);
    }
    let posted = match Posted::read(headers, body).await {
        Ok(posted) if posted.bytes.len() <= TEAMS_BYTES => posted,
        _ => return (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity too large").into_response(),
    };
    let Some(said) = posted.json() else {
        let said = json!({"error": {"code": "InvalidRequestContent", "message": "The request content is not valid JSON."}});
        return answer(StatusCode::BAD_REQUEST, said);
    };
    // The company's one flow is told whom to write to; a person's own belongs to that person.
    let recipient = said["recipient"].as_str().map(ToOwned::to_owned);
    let to = recipient.unwrap_or_else(|| ends.name(&id));
    let card = said.pointer("/attachments/0/content").unwrap_or(&said);
    ends.outbox.put(posted.item("teams", to, title_of(card)));
    StatusCode::ACCEPTED.into_response()
}

async fn ringcentral(
    State(ends): State<Ends>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(posted) = Posted::read(headers, body).await else { return too_large() };
    let said = posted.json().unwrap_or_default();
    let attachments = said["attachments"].as_array().map_or(&[][..], Vec::as_slice);
    let is_card = |one: &Value| ["AdaptiveCard", "Card"].iter().any(|kind| one["type"] == *kind);
    let has_words = said["text"].is_string() || said["activity"].is_string();
    if !attachments.iter().all(is_card) || (attachments.is_empty() && !has_words) {
        // A failure inside of a success, as the real service has it.
        let said = json!({"status": "error", "message": "Your request was accepted, however a post was not generated",
            "error": "Invalid AdaptiveCard payload"});
        return answer(StatusCode::OK, said);
    }
    let title = attachments.first().map(title_of).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| words(&said, &["activity", "title", "text"]));
    ends.outbox.put(posted.item("ringcentral", ends.name(&id), title));
    answer(StatusCode::OK, json!({"status": "OK"}))
}

async fn slack(
    State(ends): State<Ends>,
    Path((_, id, _)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(posted) = Posted::read(headers, body).await else { return too_large() };
    let Some(said) = posted.json() else {
        return (StatusCode::BAD_REQUEST, "invalid_payload").into_response();
    };
    if !said["text"].is_string() && !said["blocks"].is_array() && !said["attachments"].is_array() {
        return (StatusCode::BAD_REQUEST, "no_text").into_response();
    }
    ends.outbox.put(posted.item("slack", ends.name(&id), words(&said, &["text"])));
    "ok".into_response()
}

async fn google_chat(
    State(ends): State<Ends>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(posted) = Posted::read(headers, body).await else { return too_large() };
    let Some(said) = posted.json() else {
        let said = json!({"error": {"code": 400, "message": "Invalid JSON payload received.", "status": "INVALID_ARGUMENT"}});
        return answer(StatusCode::BAD_REQUEST, said);
    };
    let title = said.pointer("/cardsV2/0/card/header/title").and_then(Value::as_str);
    let title = title.map_or_else(|| words(&said, &["text", "fallbackText"]), ToOwned::to_owned);
    ends.outbox.put(posted.item("google_chat", ends.name(&id), title));
    answer(StatusCode::OK, json!({"name": format!("spaces/{id}/messages/demo")}))
}

async fn webhook(
    State(ends): State<Ends>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(posted) = Posted::read(headers, body).await else { return too_large() };
    let secrets = match id.parse() {
        Ok(user_id) => (ends.secrets)(user_id).await,
        Err(_) => Vec::new(),
    };
    let header = |name: &str| posted.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let signed = Signed {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
        body: &posted.bytes,
    };
    let is_good = signed.is_good(&secrets, ends.outbox.clock.now());
    let said = posted.json().unwrap_or_default();
    let title = words(said.get("data").unwrap_or(&said), &["title"]);
    let title = if title.is_empty() { words(&said, &["type"]) } else { title };
    let mut item = posted.item("webhook", ends.name(&id), title);
    item.signature_ok = Some(is_good);
    ends.outbox.put(item);
    StatusCode::NO_CONTENT.into_response()
}

impl Ends {
    /// Whose end it is, as far as that is known.
    fn name(&self, id: &str) -> String {
        let name = id.parse().ok().and_then(self.outbox.name_of);
        name.map_or_else(|| id.to_owned(), ToOwned::to_owned)
    }
}

/// A request as it came.
struct Posted {
    headers: HeaderMap,
    bytes: Bytes,
}

impl Posted {
    async fn read(headers: HeaderMap, body: Body) -> Result<Self, axum::Error> {
        let bytes = axum::body::to_bytes(body, MOST_BYTES).await?;
        Ok(Posted { headers, bytes })
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.bytes).ok()
    }

    fn item(&self, channel: &'static str, to: String, subject: String) -> Item {
        let mut item = Item::new(channel, to, subject);
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        item.headers = self.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        match serde_json::from_slice::<Box<RawValue>>(&self.bytes) {
            Ok(body) => item.body = Some(body),
            Err(_) => item.text = Some(String::from_utf8_lossy(&self.bytes).into_owned()),
        }
        item
    }
}

/// What a card is about: its first words.
fn title_of(card: &Value) -> String {
    let plain = words(card, &["fallbackText", "summary", "text"]);
    if !plain.is_empty() {
        return plain;
    }
    first_text(card.get("body").unwrap_or(card)).unwrap_or_default()
}

/// The first `TextBlock` in a card, wherever it stands.
fn first_text(card: &Value) -> Option<String> {
    match card {
        Value::Array(parts) => parts.iter().find_map(first_text),
        Value::Object(part) if part.get("type").is_some_and(|kind| kind == "TextBlock") => {
            Some(words(card, &["text"]))
        }
        Value::Object(part) => part.values().find_map(first_text),
        _ => None,
    }
}

/// The first of these fields that holds words.
fn words(said: &Value, names: &[&str]) -> String {
    let mut found = names.iter().filter_map(|name| said[*name].as_str()).filter(|text| !text.is_empty());
    found.next().unwrap_or("").to_owned()
}

fn too_large() -> Response {
    StatusCode::PAYLOAD_TOO_LARGE.into_response()
}

fn answer(status: StatusCode, said: Value) -> Response {
    crate::http::error::json(status, said.to_string())
}

/// What an e-mail may do in the frame that shows it: lay itself out, and open its links in tabs of their own.
const MAIL_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
     style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// What shows the page all that was caught.
pub(super) fn routes(outbox: Outbox) -> Routes {
    Router::new()
        .route("/demo/outbox/items", get(items).delete(clear))
        .route("/demo/outbox/mail/{id}", get(mail))
        .route("/demo/outbox/mail/{id}/source", get(source))
        .with_state(outbox)
}

#[derive(Deserialize)]
struct Wanted {
    /// Only what came after this item.
    #[serde(default)]
    after: i64,
}

#[derive(Serialize)]
struct Items {
    items: Vec<Arc<Item>>,
    /// How many are kept in all.
    count: usize,
    /// Where each way out ends here.
    addresses: Vec<Address>,
}

#[derive(Serialize)]
struct Address {
    channel: &'static str,
    url: String,
}

async fn items(State(outbox): State<Outbox>, Query(wanted): Query<Wanted>) -> Response {
    let (count, items) = outbox.after(wanted.after);
    let address = |(channel, _)| Some(Address { channel, url: outbox.address(channel, 1)? });
    let addresses = PATHS.into_iter().filter_map(address).collect();
    match serde_json::to_string(&Items { items, count, addresses }) {
        Ok(text) => crate::http::error::json(StatusCode::OK, text),
        Err(error) => Problem::fault(&error).into_response(),
    }
}

async fn clear(State(outbox): State<Outbox>) -> StatusCode {
    outbox.clear();
    StatusCode::NO_CONTENT
}

async fn mail(State(outbox): State<Outbox>, Path(id): Path<i64>) -> Response {
    let Some(item) = outbox.find(id) else { return gone() };
    let Some(html) = &item.html else { return gone() };
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, MAIL_POLICY)];
    (headers, with_links_beside(html)).into_response()
}

/// The e-mail, its links opening in tabs of their own: in its frame the CRM's pages do not open.
fn with_links_beside(html: &str) -> String {
    html.replacen("<head>", "<head><base target=\"_blank\">", 1)
}

async fn source(State(outbox): State<Outbox>, Path(id): Path<i64>) -> Response {
    let Some(item) = outbox.find(id) else { return gone() };
    let text = String::from_utf8_lossy(&item.source).into_owned();
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

fn gone() -> Response {
    Problem::not_found("The outbox does not hold this e-mail any more; look for it in the list again")
        .into_response()
}
