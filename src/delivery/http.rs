//! The routes of the delivery log.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::log::{self, Again, Entry, Filter, NotAgain, Try};
use super::preview;
use super::summary::Counts;
use super::{Deliveries, Reason};
use crate::auth::{Admin, Auth, Caller, Done, Known, Person, Role};
use crate::clock::Instant;
use crate::http::body::bad_query;
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Given, Json, Problem, Raw};

/// How many deliveries a page holds where nothing is said, and how many it may hold.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

/// How many may be named to be tried again.
const MOST_NAMED: usize = 1_000;

const STATES: [&str; 4] = ["pending", "sent", "final", "suppressed"];

#[derive(Clone, FromRef)]
struct Shared {
    deliveries: Deliveries,
    auth: Auth,
}

/// All routes of deliveries.
pub fn routes(deliveries: Deliveries, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_deliveries))
        .routes(routes!(summarise_deliveries))
        .routes(routes!(retry_deliveries))
        .routes(routes!(retry_delivery))
        .routes(routes!(preview_channels))
        .with_state(Shared { deliveries, auth })
}

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only this user's
    #[param(minimum = 1, maximum = 9007199254740991i64)]
    user_id: Option<i64>,
    /// Only those of this notification
    #[param(minimum = 1, maximum = 9007199254740991i64)]
    notification_id: Option<i64>,
    /// Only letters to people who are no users about this record: module and id, as `tickets/42`
    #[param(example = "tickets/42", max_length = 300)]
    record: Option<String>,
    /// Only by this channel
    #[param(example = "email", max_length = 64)]
    channel: Option<String>,
    /// Only in this state: pending, sent, final, suppressed
    #[param(example = "final")]
    state: Option<String>,
    /// Only those decided at this instant or later: RFC 3339
    #[param(format = DateTime, example = "2026-01-01T00:00:00Z")]
    from: Option<String>,
    /// Only those decided before this instant: RFC 3339
    #[param(format = DateTime, example = "2026-02-01T00:00:00Z")]
    until: Option<String>,
    /// How many, 1 to 200; 50 where nothing is said
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = "^[0-9a-f-]{36}$")]
    cursor: Option<String>,
}

impl ListQuery {
    fn judge(self, deliveries: &Deliveries) -> Result<Filter, Problem> {
        let limit = self.limit.unwrap_or(PAGE);
        if !(1..=LARGEST_PAGE).contains(&limit) {
            return Err(Problem::bad_request(format!("limit must be between 1 and {LARGEST_PAGE}")));
        }
        Ok(Filter {
            user_id: self.user_id,
            notification_id: self.notification_id,
            record: self.record.as_deref().map(record).transpose()?,
            channel: self.channel.map(|name| channel(deliveries, name)).transpose()?,
            state: self.state.map(state).transpose()?,
            from: instant("from", self.from)?,
            until: instant("until", self.until)?,
            before: self.cursor.map(|text| number(&text)).transpose()?,
            limit,
        })
    }
}

fn channel(deliveries: &Deliveries, name: String) -> Result<String, Problem> {
    let known: Vec<&str> = deliveries.channels().names().collect();
    if known.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(Problem::bad_request(format!("channel is not known; use one of: {}", known.join(", "))))
}

fn record(text: &str) -> Result<(String, String), Problem> {
    let (module, id) = text
        .split_once('/')
        .filter(|(module, id)| !module.is_empty() && !id.is_empty())
        .ok_or_else(|| Problem::bad_request("record must be a module and an id: tickets/42"))?;
    Ok((module.to_owned(), id.to_owned()))
}

fn state(name: String) -> Result<String, Problem> {
    if STATES.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(Problem::bad_request(format!("state is not known; use one of: {}", STATES.join(", "))))
}

fn number(text: &str) -> Result<String, Problem> {
    let number = uuid::Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    number.map(|number| number.to_string()).ok_or_else(|| {
        Problem::bad_request(
            "cursor is none that this server gave; use next_cursor of the page before, or leave it out",
        )
    })
}

fn instant(name: &str, text: Option<String>) -> Result<Option<Instant>, Problem> {
    let Some(text) = text else {
        return Ok(None);
    };
    // A plus that stands in a query string as it is means a space.
    Instant::parse(&text.replace(' ', "+")).map(Some).ok_or_else(|| {
        Problem::bad_request(format!("{name} must be an instant in RFC 3339: 2026-01-31T08:00:00Z"))
    })
}

/// One try of a delivery.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryAttempt)]
struct ShownTry {
    /// When it began
    #[schema(format = DateTime)]
    at: String,
    /// How long it took, in milliseconds
    duration_ms: i64,
    /// sent, later (it is tried again), never (it would not help), unknown (the server stopped meanwhile)
    outcome: String,
    /// HTTP status or SMTP code, or null
    #[schema(required)]
    status: Option<i64>,
    /// What came back, in our words
    summary: String,
    /// What the target wrote, up to 2 KiB; for administrators, otherwise null
    #[schema(required)]
    detail: Option<String>,
}

/// A delivery: one notification on its way through one channel.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
struct Shown {
    /// Its number; receivers see it too, as webhook-id and in Message-ID
    id: String,
    /// The notification; null of a letter to somebody who is no user
    #[schema(required)]
    notification_id: Option<i64>,
    /// Whose it is; null of a letter to somebody who is no user
    #[schema(required)]
    user_id: Option<i64>,
    /// Whom a letter goes to who is no user, or null
    #[schema(required)]
    to: Option<String>,
    /// The record that a letter to somebody who is no user is about, as `tickets/42`, or null
    #[schema(required, example = "tickets/42")]
    record: Option<String>,
    /// Type of the notification, or of the letter
    r#type: String,
    /// Title of the notification, null once that is deleted; the subject of a letter
    #[schema(required)]
    title: Option<String>,
    /// email, teams, ringcentral, slack, google_chat, webhook
    channel: String,
    /// Whether it goes to those in cc alone, where the user gets no e-mail that they could be on
    copy: bool,
    /// automated, manual, reminder, api
    sending: String,
    /// The user's receive_by when it was decided; `email` for somebody who is no user
    choice: String,
    /// pending, sent, final, suppressed
    state: String,
    /// Why it is suppressed or final, or null
    #[schema(required)]
    reason: Option<&'static str>,
    /// The same in a sentence; while it waits, for what; or null
    #[schema(required)]
    explanation: Option<&'static str>,
    /// When it was decided
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is tried next; null once it is settled
    #[schema(required, format = DateTime)]
    due_at: Option<String>,
    /// Whether it waits for the end of quiet hours, or for its turn at a target that may not be sent to faster
    held: bool,
    /// When it was sent, given up or suppressed, or null
    #[schema(required, format = DateTime)]
    settled_at: Option<String>,
    /// The delivery that failed before this one, or null
    #[schema(required)]
    fallback_of: Option<String>,
    /// The delivery whose message carried it along, or null
    #[schema(required)]
    folded_into: Option<String>,
    /// Every try, oldest first
    attempts: Vec<ShownTry>,
}

impl Shown {
    fn of(entry: Entry, with_detail: bool, now: Instant) -> Self {
        let waits = entry.waiting(now);
        let copied = entry.is_copy.then_some(log::COPIED);
        let attempt = |one: Try| ShownTry {
            at: one.at.to_rfc3339(),
            duration_ms: one.duration_ms,
            outcome: one.outcome,
            status: one.status,
            summary: one.summary,
            detail: one.detail.filter(|_| with_detail),
        };
        Self {
            id: entry.id,
            notification_id: entry.notification_id,
            user_id: entry.user_id,
            to: entry.to.filter(|_| with_detail),
            record: entry.record.map(|(module, id)| format!("{module}/{id}")),
            r#type: entry.kind,
            title: entry.title,
            channel: entry.channel,
            copy: entry.is_copy,
            sending: entry.sending,
            choice: entry.choice,
            reason: entry.reason.map(Reason::code),
            explanation: entry.reason.map(Reason::explanation).or(waits).or(copied),
            created_at: entry.created_at.to_rfc3339(),
            due_at: (entry.state == "pending").then(|| entry.due_at.to_rfc3339()),
            held: entry.is_held && entry.state == "pending",
            state: entry.state,
            settled_at: entry.settled_at.map(Instant::to_rfc3339),
            fallback_of: entry.fallback_of,
            folded_into: entry.folded_into,
            attempts: entry.attempts.into_iter().map(attempt).collect(),
        }
    }
}

/// A page of deliveries, newest first.
#[derive(Serialize, ToSchema)]
struct DeliveriesAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    deliveries: Vec<Shown>,
    /// Give it as `cursor` to get the next page; null on the last one
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List deliveries
///
/// Newest first, with every try. Administrators see everybody's, with what the targets wrote; others see their own.
#[utoipa::path(get, path = "/crm/delivery", tag = "deliveries", params(ListQuery),
    responses((status = 200, description = "A page of deliveries", body = DeliveriesAnswer)))]
async fn list_deliveries(
    State(Shared { deliveries, .. }): State<Shared>,
    Known(caller): Known,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|rejection| bad_query(&rejection.body_text()))?;
    let mut filter = query.judge(&deliveries)?;
    let is_admin = caller.roles().contains(Role::Admin);
    let limit = filter.limit;
    filter.limit += 1;
    let mut entries = match (&caller, is_admin) {
        (_, true) => deliveries.list(filter).await?,
        (Caller::Person(person), false) if filter.user_id.is_none_or(|id| id == person.id) => {
            filter.user_id = Some(person.id);
            deliveries.list(filter).await?
        }
        // Somebody else's deliveries are as none.
        (Caller::Person(_), false) => Vec::new(),
        (Caller::Key(_), false) => {
            return Err(Problem::forbidden("This needs the role admin; ask an administrator"));
        }
    };
    let is_more = entries.len() > limit;
    entries.truncate(limit);
    let now = deliveries.inner.clock.now();
    let next_cursor = entries.last().filter(|_| is_more).map(|entry| entry.id.clone());
    let deliveries = entries.into_iter().map(|entry| Shown::of(entry, is_admin, now)).collect();
    Ok(Answer::ok(&DeliveriesAnswer { result: "Success", deliveries, next_cursor }).into_response())
}

/// How all deliveries stand.
#[derive(Serialize, ToSchema)]
struct SummaryAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// By channel
    channels: std::collections::BTreeMap<String, Counts>,
    /// Whether accepted = sent + pending + final + suppressed holds for every channel
    balanced: bool,
}

/// Sum deliveries up
///
/// By channel, over all nodes. What is accepted is counted apart from the deliveries, so that one that was lost would
/// show. For the role admin.
#[utoipa::path(get, path = "/crm/delivery/summary", tag = "deliveries",
    responses((status = 200, description = "The sums", body = SummaryAnswer)))]
async fn summarise_deliveries(
    State(Shared { deliveries, .. }): State<Shared>,
    _admin: Admin,
) -> Result<Response, Problem> {
    let summary = deliveries.summary().await?;
    let answer = SummaryAnswer { result: "Success", channels: summary.channels, balanced: summary.balanced };
    Ok(Answer::ok(&answer).into_response())
}

/// Try a delivery again
///
/// One that is final or suppressed is tried again at once, with the whole schedule before it. For the role admin.
#[utoipa::path(post, path = "/crm/delivery/{id}/retry", tag = "deliveries",
    params(("id" = String, Path, description = "Number of the delivery")),
    responses((status = 200, description = "It is on its way again", body = Done),
        (status = 404, description = "There is no such delivery"),
        (status = 409, description = "It waits already, or it has arrived")))]
async fn retry_delivery(
    State(Shared { deliveries, .. }): State<Shared>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    Raw(bytes): Raw,
) -> Result<Response, Problem> {
    let now = deliveries.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} retry {id}", caller.scope()), &bytes, now)?;
    let this = deliveries.clone();
    let by = caller.description().to_owned();
    idempotency::perform(&deliveries.inner.database, claim, move |tx| {
        Box::pin(async move {
            match this.retry_in(tx, &id, now).await? {
                Ok(()) => {}
                Err(NotAgain::Missing) => return Err(Problem::not_found("Delivery not found")),
                Err(NotAgain::Unsettled) => {
                    return Err(Problem::conflict(
                        "This delivery waits already, or it has arrived; only final and suppressed ones are tried again",
                    ));
                }
            }
            tx.after_commit(move || tracing::info!(by, delivery = id, "A delivery is tried again"));
            Ok(Answer::ok(&Done { result: "Success", message: "The delivery is tried again" }))
        })
    })
    .await
}

/// Which deliveries are to be tried again: `ids`, or all final ones that match the other members.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetryBody {
    /// These, final or suppressed; at most 1,000
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 1000)]
    ids: Given<Vec<String>>,
    /// All final ones by this channel
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "teams")]
    channel: Given<String>,
    /// All final ones of this user
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    user_id: Given<i64>,
    /// All final ones decided at this instant or later
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    from: Given<String>,
    /// All final ones decided before this instant
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-02-01T00:00:00Z")]
    until: Given<String>,
}

impl RetryBody {
    fn judge(self, deliveries: &Deliveries) -> Result<Again, Problem> {
        let filter = Filter {
            channel: self.channel.optional("channel")?.map(|name| channel(deliveries, name)).transpose()?,
            user_id: self.user_id.id("user_id")?,
            from: instant("from", self.from.optional("from")?)?,
            until: instant("until", self.until.optional("until")?)?,
            ..Filter::default()
        };
        let matches = filter.channel.is_some()
            || filter.user_id.is_some()
            || filter.from.is_some()
            || filter.until.is_some();
        match (self.ids.optional("ids")?, matches) {
            (Some(_), true) => Err(Problem::bad_request("Send ids, or what to match, not both")),
            (Some(ids), false) if ids.len() > MOST_NAMED => Err(Problem::bad_request(format!(
                "ids may name {MOST_NAMED} deliveries; send the rest after them"
            ))),
            (Some(ids), false) => Ok(Again::These(ids)),
            (None, true) => Ok(Again::Matching(filter)),
            (None, false) => Err(Problem::bad_request(
                "Say which: ids, or at least one of channel, user_id, from and until",
            )),
        }
    }
}

/// How many are tried again.
#[derive(Serialize, ToSchema)]
struct RetriedAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// How many are on their way again
    retried: u64,
}

/// Try many deliveries again
///
/// Those in `ids`, or all final ones that match. For the role admin.
#[utoipa::path(post, path = "/crm/delivery/retry", tag = "deliveries", request_body = RetryBody,
    responses((status = 200, description = "They are on their way again", body = RetriedAnswer)))]
async fn retry_deliveries(
    State(Shared { deliveries, .. }): State<Shared>,
    Admin(caller): Admin,
    headers: HeaderMap,
    Json { body, bytes }: Json<RetryBody>,
) -> Result<Response, Problem> {
    let again = body.judge(&deliveries)?;
    let now = deliveries.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} retry", caller.scope()), &bytes, now)?;
    let this = deliveries.clone();
    let by = caller.description().to_owned();
    idempotency::perform(&deliveries.inner.database, claim, move |tx| {
        Box::pin(async move {
            let retried = this.retry_all_in(tx, again, now).await?;
            tx.after_commit(move || tracing::info!(by, retried, "Deliveries are tried again"));
            Ok(Answer::ok(&RetriedAnswer { result: "Success", retried }))
        })
    })
    .await
}

/// What would become of notifications to the caller, by type.
#[derive(Serialize, ToSchema)]
struct PreviewAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// One row for each type that our own triggers send
    rows: Vec<preview::Shown>,
    /// Until when quiet hours hold what can wait; null if they do not
    #[schema(required, format = DateTime)]
    quiet_until: Option<String>,
}

/// Show what would reach oneself
///
/// By type: whether an e-mail and a webhook would go out, by the caller's choices as they are now.
#[utoipa::path(get, path = "/crm/user/me/preview", tag = "deliveries",
    responses((status = 200, description = "What would go out", body = PreviewAnswer)))]
async fn preview_channels(
    State(Shared { deliveries, .. }): State<Shared>,
    person: Person,
) -> Result<Response, Problem> {
    let (rows, quiet_until) = deliveries.preview(person.id).await?;
    let quiet_until = quiet_until.map(Instant::to_rfc3339);
    Ok(Answer::ok(&PreviewAnswer { result: "Success", rows, quiet_until }).into_response())
}
