//! The route of streams: server-sent events, and a long poll for proxies that keep them back.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::stream::{Begin, Listener, Stream, Writer};
use super::{Event, Live, Refused};
use crate::auth::{Auth, Person};
use crate::http::Problem;
use crate::http::idempotency::Answer;
use crate::http::server::Endless;

/// How long a poll waits for something to happen.
const POLL: Duration = Duration::from_secs(25);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Behind an Arc, since every request clones its state.
struct Shared {
    live: Live,
    auth: Auth,
}

impl FromRef<Arc<Shared>> for Auth {
    fn from_ref(shared: &Arc<Shared>) -> Self {
        shared.auth.clone()
    }
}

/// The route of streams.
pub fn routes(live: Live, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(stream)).with_state(Arc::new(Shared { live, auth }))
}

/// How a stream is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// A ticket of `POST /crm/notification/stream-ticket`, where neither cookie nor header can be sent
    #[param(min_length = 1, max_length = 200, pattern = r"^[A-Za-z0-9_.-]+$")]
    ticket: Option<String>,
    /// As the header `Last-Event-ID`, where that cannot be sent: the revision after which to begin
    #[param(pattern = "^[0-9]{1,15}$")]
    last_event_id: Option<String>,
    /// In place of a stream: wait up to 25 s for what comes after this revision, and answer as JSON; 0 answers at
    /// once with the revision at which the inbox stands
    #[param(minimum = 0, maximum = 9007199254740991i64)]
    poll: Option<i64>,
}

/// What a poll is answered.
#[derive(Serialize, ToSchema)]
struct PollAnswer {
    /// Always `Success`
    result: &'static str,
    /// The next `poll`
    rev: i64,
    /// How many unread ones the inbox holds
    unread_count: i64,
    /// What happened, in order; empty if nothing did
    #[schema(inline)]
    events: Vec<PolledEvent>,
}

/// What the stream would have told.
#[derive(Serialize, ToSchema)]
struct PolledEvent {
    /// The inbox's revision
    id: i64,
    /// `notification.created`, `notification.changed`, `notification.removed`, `inbox.read` or `reset`
    event: &'static str,
    /// `rev`, `unread_count`, `notification`
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

/// Follow one's inbox
///
/// Server-sent events, each with the inbox's revision as id: `notification.created` (also when a snoozed one comes
/// back), `notification.changed`, `notification.removed`, `inbox.read` (everything in the inbox up to `up_to` was
/// read; all of it if that is null) and `reset` (fetch the lists again). The data are `rev`, `unread_count` (take it
/// over, never add) and `notification`. A stream begins with what comes next, or, with `Last-Event-ID`, with what
/// was missed. Every 15 s comes a comment. Open the stream first and fetch the list then: nothing falls between.
#[utoipa::path(get, path = "/crm/notification/stream", tag = "notifications",
    params(StreamQuery, ("Last-Event-ID" = Option<String>, Header, description = "Begin after this revision")),
    responses((status = 200, description = "Events as they happen; with `poll` one answer", content(
            (String = "text/event-stream"), (PollAnswer = "application/json"))),
        (status = 401, description = "Nobody is signed in, or the ticket is spent"),
        (status = 503, description = "Too many streams are open; `Retry-After` says when to come back")))]
async fn stream(
    State(shared): State<Arc<Shared>>,
    person: Result<Person, Problem>,
    headers: HeaderMap,
    query: Result<Query<StreamQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|rejection| crate::http::body::bad_query(&rejection.body_text()))?;
    let person = match &query.ticket {
        Some(ticket) => shared.auth.redeem_ticket(ticket).await?,
        None => person?,
    };
    let listener = Listener {
        user_id: person.id,
        session_id: person.session_id.into_boxed_str(),
        good_until: person.good_until,
    };
    match query.poll {
        Some(after) => poll(&shared.live, listener, after).await,
        None => open(&shared.live, listener, begin(&headers, query.last_event_id.as_deref())),
    }
}

/// Where the client wants to begin. What is no revision of ours lies beyond all of them: the client is told to start
/// afresh.
fn begin(headers: &HeaderMap, by_query: Option<&str>) -> Begin {
    let by_header = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("?"));
    match by_header.or(by_query) {
        None | Some("") => Begin::Now,
        Some(text) => Begin::After(text.parse().ok().filter(|rev| *rev >= 0).unwrap_or(i64::MAX)),
    }
}

fn open(live: &Live, listener: Listener, begin: Begin) -> Result<Response, Problem> {
    let stream = live.join(listener, begin).map_err(Problem::from)?;
    let mut response = Response::new(Body::new(Writer::new(live.clone(), stream)));
    response.extensions_mut().insert(Endless);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx and those that follow it would collect the events otherwise.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Problem::unavailable(
                "This server has as many streams as it may (limits.streams); poll with ?poll=0 or come back later",
                30,
            ),
            Refused::Stopping => Problem::unavailable("This server stops; come back in a few seconds", 5),
        }
    }
}

/// A stream that is left as soon as it has told something.
struct Polling<'a>(&'a Live, Arc<Stream>);

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.leave(&self.1);
    }
}

async fn poll(live: &Live, listener: Listener, after: i64) -> Result<Response, Problem> {
    let user_id = listener.user_id;
    if after <= 0 {
        let now = live.missed(user_id, None).await?;
        return Ok(answer(now.rev, now.unread_count, &[]));
    }
    let now = live.inner.clock.now();
    let listener = Listener { good_until: listener.good_until.min(now.plus(POLL)), ..listener };
    // Listening begins before the look, so that nothing falls between.
    let polling = Polling(live, live.join(listener, Begin::After(after)).map_err(Problem::from)?);
    let waiting = tokio::time::timeout(POLL, poll_fn(|context| polling.1.poll_newer(after, context)));
    let mut missed = live.missed(user_id, Some(after)).await?;
    if missed.events.is_empty() && missed.rev <= after {
        let _nothing_happened = waiting.await;
        missed = live.missed(user_id, Some(after)).await?;
    }
    Ok(answer(missed.rev, missed.unread_count, &missed.events))
}

fn answer(rev: i64, unread_count: i64, events: &[Event]) -> Response {
    let told = |event: &Event| PolledEvent { id: event.rev, event: event.kind.name(), data: event.data() };
    let events = events.iter().map(told).collect();
    Answer::ok(&PollAnswer { result: "Success", rev, unread_count, events }).into_response()
}
