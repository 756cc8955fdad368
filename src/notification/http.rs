//! The routes of notifications: the seed's six to the letter, and ours.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{FromRef, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::by_hand::http::*;
use super::why::http::*;
use super::wire::{
    BatchAnswer, BatchBody, BatchResult, ChangedAnswer, CountAnswer, ListAnswer, ReadAllBody, SendBody,
    SentAnswer, SnoozeBody, kind_filter, sent,
};
use super::{
    Change, Error, Filter, NewNotification, Notice, Notifications, Request, Sent, Shelf, Stored, change,
};
use crate::auth::{Auth, Caller, Person, Role};
use crate::clock::Instant;
use crate::delivery::Ways;
use crate::http::error::json;
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::rate::{KeyedLimiter, Rate};
use crate::http::server::Peer;
use crate::http::{Json, MaybeJson, Problem, Raw};

/// How many notifications a page holds where nothing is said.
const PAGE: usize = 20;

/// How many a page may hold.
const LARGEST_PAGE: usize = 100;

/// Ten years: beyond it a date is a slip of the keyboard.
const LONGEST_SNOOZE: std::time::Duration = std::time::Duration::from_secs(10 * 366 * 24 * 60 * 60);

/// Test notifications that somebody may send to themselves.
const TESTS: Rate = Rate::per_minute(10);

/// Behind an Arc, since every request clones its state.
pub(super) struct Shared {
    pub notifications: Notifications,
    auth: Auth,
    /// Tests that somebody sent to themselves.
    pub tests: KeyedLimiter<i64>,
}

impl FromRef<Arc<Shared>> for Auth {
    fn from_ref(shared: &Arc<Shared>) -> Self {
        shared.auth.clone()
    }
}

/// All routes of notifications.
pub fn routes(notifications: Notifications, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(send_notification))
        .routes(routes!(send_batch))
        .routes(routes!(list_notifications))
        .routes(routes!(count_unread))
        .routes(routes!(mark_all_read))
        .routes(routes!(mark_read))
        .routes(routes!(mark_unread))
        .routes(routes!(archive))
        .routes(routes!(unarchive))
        .routes(routes!(snooze))
        .routes(routes!(unsnooze))
        .routes(routes!(delete_notification))
        .routes(routes!(send_test))
        .routes(routes!(notify_by_hand))
        .routes(routes!(show_why))
        .with_state(Arc::new(Shared { notifications, auth, tests: KeyedLimiter::new(TESTS, 100_000) }))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::UserUnknown(id) => Problem::not_found(format!("User {id} not found")),
            Error::NotFound => Problem::not_found("Notification not found"),
            Error::KeyReused => idempotency::reused(),
            Error::Storage(error) => error.into(),
        }
    }
}

/// Send notification to user
///
/// Any valid API key may send; with a bearer token the role admin is needed. The notification is durable when
/// 201 is answered.
#[utoipa::path(post, path = "/crm/notification/send", tag = "notifications",
    request_body = SendBody,
    responses((status = 201, description = "The notification is stored", body = SentAnswer<'static>),
        (status = 404, description = "There is no such user")))]
async fn send_notification(
    State(shared): State<Arc<Shared>>,
    peer: Option<Extension<Peer>>,
    caller: Result<Caller, Problem>,
    headers: HeaderMap,
    body: Result<Json<SendBody>, Problem>,
) -> Result<Response, Problem> {
    let this = &shared.notifications;
    let caller = caller.inspect_err(|problem| note_stranger(this, peer, problem))?;
    let outcome = send_judged(this, &caller, &headers, body).await;
    outcome.inspect_err(|problem| note_refusal(this, caller.description(), problem))
}

/// Whoever chooses by which ways people are written to needs the role admin.
fn may_choose_channels(caller: &Caller, wants: Ways) -> Result<(), Problem> {
    if wants == Ways::default() || caller.roles().contains(Role::Admin) {
        return Ok(());
    }
    Err(Problem::forbidden(
        "Choosing channels needs the role admin; leave channels out, or use a key that has the role",
    ))
}

/// Every attempt to send is logged, those that are refused with the reason.
fn note_refusal(this: &Notifications, by: &str, problem: &Problem) {
    this.metrics.refused.inc();
    let status = problem.status.as_u16();
    tracing::info!(by, status, reason = %problem.reason, "A send was refused");
}

/// Whose key or token is not known has no description, only an address.
fn note_stranger(this: &Notifications, peer: Option<Extension<Peer>>, problem: &Problem) {
    let address =
        peer.map_or_else(|| "an unknown address".to_owned(), |Extension(Peer(address))| address.to_string());
    note_refusal(this, &format!("somebody unknown at {address}"), problem);
}

async fn send_judged(
    this: &Notifications,
    caller: &Caller,
    headers: &HeaderMap,
    body: Result<Json<SendBody>, Problem>,
) -> Result<Response, Problem> {
    caller.may_send(this.clock.now())?;
    let Json { body, bytes } = body?;
    let (new, wants) = body.judge(&this.types.load())?;
    may_choose_channels(caller, wants)?;
    let new = Arc::new(new);
    let claim = Claim::of(headers, format!("{} send", caller.scope()), &bytes, this.clock.now())?;
    let (user_id, kind) = (new.user_id, new.kind.clone());
    match this.send(Request { notice: Notice::api(new, wants), claim }).await? {
        Sent::Stored(stored) => {
            this.metrics.stored.inc();
            let notification_id = stored.notification.id;
            tracing::info!(
                by = caller.description(),
                status = 201,
                user_id,
                r#type = &*kind,
                notification_id,
                "Sent"
            );
            Ok(json(StatusCode::CREATED, sent(&stored.shown)))
        }
        Sent::Before(kept) => {
            this.metrics.replayed.inc();
            tracing::info!(
                by = caller.description(),
                status = kept.status,
                user_id,
                "Sent before, answered again"
            );
            Ok(kept.into_response())
        }
    }
}

/// Send up to 1,000 notifications at once
///
/// Those that can be stored are stored in one transaction; each element has its own result.
#[utoipa::path(post, path = "/crm/notification/send/batch", tag = "notifications",
    request_body = BatchBody,
    responses((status = 200, description = "Each element was judged", body = BatchAnswer<'static>)))]
async fn send_batch(
    State(shared): State<Arc<Shared>>,
    peer: Option<Extension<Peer>>,
    caller: Result<Caller, Problem>,
    headers: HeaderMap,
    body: Result<Json<BatchBody>, Problem>,
) -> Result<Response, Problem> {
    let this = &shared.notifications;
    let caller = caller.inspect_err(|problem| note_stranger(this, peer, problem))?;
    let outcome = send_batch_judged(this, &caller, &headers, body).await;
    outcome.inspect_err(|problem| note_refusal(this, caller.description(), problem))
}

async fn send_batch_judged(
    this: &Notifications,
    caller: &Caller,
    headers: &HeaderMap,
    body: Result<Json<BatchBody>, Problem>,
) -> Result<Response, Problem> {
    let now = this.clock.now();
    caller.may_send(now)?;
    let Json { body, bytes } = body?;
    let judged = body.judge(&this.types.load())?;
    let may_choose = |(_, wants): &(NewNotification, Ways)| may_choose_channels(caller, *wants);
    let judged: Vec<Result<_, Problem>> = judged
        .into_iter()
        .map(|element| element.and_then(|element| may_choose(&element).map(|()| element)))
        .collect();
    let claim = Claim::of(headers, format!("{} send/batch", caller.scope()), &bytes, now)?;
    let (sender, metrics) = (this.clone(), this.metrics.clone());
    let by = caller.description().to_owned();
    idempotency::perform(&this.database, claim, move |tx| {
        Box::pin(async move {
            let good = judged.iter().filter_map(|element| element.as_ref().ok().cloned());
            let notices: Vec<_> = good.map(|(new, wants)| Notice::api(Arc::new(new), wants)).collect();
            let mut outcomes = sender.notify_in(tx, &notices).await?.into_iter();
            let results: Vec<Result<_, Problem>> = judged
                .into_iter()
                .map(|element| {
                    element?;
                    let outcome = outcomes.next().unwrap_or(Err(Error::NotFound));
                    outcome.map(|told| told.stored).map_err(Problem::from)
                })
                .collect();
            let stored = results.iter().filter(|result| result.is_ok()).count() as u64;
            let refused = results.len() as u64 - stored;
            tx.after_commit(move || {
                metrics.stored.inc_by(stored);
                metrics.refused.inc_by(refused);
                tracing::info!(by, status = 200, stored, refused, "A batch was sent");
            });
            let results = results.iter().map(batch_result).collect();
            Ok(Answer::ok(&BatchAnswer { result: "Success", results }))
        })
    })
    .await
}

fn batch_result(result: &Result<Stored, Problem>) -> BatchResult<'_> {
    match result {
        Ok(stored) => BatchResult { status: 201, notification: Some(&stored.shown), reason: None },
        Err(problem) => BatchResult {
            status: problem.status.as_u16(),
            notification: None,
            reason: Some(problem.reason.as_ref().into()),
        },
    }
}

/// What a list may be asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those not read
    unread: Option<bool>,
    /// Only this type
    #[serde(rename = "type")]
    #[param(value_type = Option<super::wire::TypeName>)]
    kind: Option<String>,
    /// The archive in place of the inbox
    archived: Option<bool>,
    /// Those that are snoozed, in place of the inbox; not together with archived
    snoozed: Option<bool>,
    /// Only those with these words in title or message, whatever their case
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$")]
    q: Option<String>,
    /// Only those sent at this instant or later: RFC 3339
    #[param(format = DateTime, example = "2026-01-01T00:00:00Z")]
    from: Option<String>,
    /// Only those sent before this instant: RFC 3339
    #[param(format = DateTime, example = "2026-02-01T00:00:00Z")]
    until: Option<String>,
    /// How many, 1 to 100; 20 where nothing is said
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = "^[1-9][0-9]{0,15}$")]
    cursor: Option<String>,
}

impl ListQuery {
    fn judge(self, types: &super::types::Types) -> Result<Filter, Problem> {
        let shelf = match (self.archived.unwrap_or(false), self.snoozed.unwrap_or(false)) {
            (true, true) => {
                return Err(Problem::bad_request(
                    "Ask for archived or for snoozed notifications, not for both",
                ));
            }
            (true, false) => Shelf::Archive,
            (false, true) => Shelf::Snoozed,
            (false, false) => Shelf::Inbox,
        };
        let limit = self.limit.unwrap_or(PAGE);
        if !(1..=LARGEST_PAGE).contains(&limit) {
            return Err(Problem::bad_request(format!("limit must be between 1 and {LARGEST_PAGE}")));
        }
        let words = self.q;
        let is_good = |words: &String| (1..=200).contains(&words.chars().count()) && !words.contains('\0');
        if !words.as_ref().is_none_or(is_good) {
            return Err(Problem::bad_request("q must be 1 to 200 characters long, without NUL"));
        }
        let before = self.cursor.as_deref().map(cursor).transpose()?;
        let kind = self.kind.as_deref().map(|name| kind_filter(types, name)).transpose()?;
        let (from, until) = (instant("from", self.from)?, instant("until", self.until)?);
        Ok(Filter { shelf, unread: self.unread.unwrap_or(false), kind, words, from, until, before, limit })
    }
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

fn cursor(text: &str) -> Result<i64, Problem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        Problem::bad_request(
            "cursor is none that this server gave; use next_cursor of the page before, or leave it out",
        )
    })
}

/// Get current user's notifications
///
/// Newest first. Without filters: what stands in the inbox, neither archived nor snoozed.
#[utoipa::path(get, path = "/crm/notification", tag = "notifications", params(ListQuery),
    responses((status = 200, description = "A page of notifications", body = ListAnswer<'static>)))]
async fn list_notifications(
    State(shared): State<Arc<Shared>>,
    person: Person,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|rejection| crate::http::body::bad_query(&rejection.body_text()))?;
    let this = &shared.notifications;
    let filter = query.judge(&this.types.load())?;
    let page = this.list(person.id, filter).await?;
    Ok(Answer::ok(&ListAnswer::of(&page)).into_response())
}

/// Get unread count
#[utoipa::path(get, path = "/crm/notification/unread-count", tag = "notifications",
    responses((status = 200, description = "How many are unread", body = CountAnswer)))]
async fn count_unread(State(shared): State<Arc<Shared>>, person: Person) -> Result<Response, Problem> {
    let unread_count = shared.notifications.unread_count(person.id).await?;
    Ok(Answer::ok(&CountAnswer { result: "Success", unread_count }).into_response())
}

/// Mark all as read
///
/// The body may be left out; then everything in the inbox counts as read. With `up_to` only that notification and
/// what stands below it: what came while the user looked at the list stays unread.
#[utoipa::path(post, path = "/crm/notification/mark-all-read", tag = "notifications",
    request_body = Option<ReadAllBody>,
    responses((status = 200, description = "Everything in the inbox counts as read", body = ChangedAnswer),
        (status = 404, description = "The caller has no notification `up_to`")))]
async fn mark_all_read(
    State(shared): State<Arc<Shared>>,
    person: Person,
    headers: HeaderMap,
    body: Result<MaybeJson<ReadAllBody>, Problem>,
) -> Result<Response, Problem> {
    let this = &shared.notifications;
    let desk = this.desk();
    let MaybeJson { body, bytes } = body?;
    let up_to = body.up_to.id("up_to")?;
    let claim = Claim::of(&headers, format!("user:{} mark-all-read", person.id), &bytes, desk.now)?;
    idempotency::perform(&this.database, claim, move |tx| {
        Box::pin(async move {
            let unread_count = change::read_all(tx, &desk, person.id, up_to).await?;
            Ok(changed("All notifications marked as read", unread_count))
        })
    })
    .await
}

fn changed(message: &'static str, unread_count: i64) -> Answer {
    Answer::ok(&ChangedAnswer { result: "Success", message: message.into(), unread_count })
}

/// Does one change to one of the caller's own notifications.
async fn change_one(
    this: &Notifications,
    person: &Person,
    id: &str,
    claim: Option<Claim>,
    wish: Change,
    message: &'static str,
) -> Result<Response, Problem> {
    let (user_id, id) = (person.id, notification_id(id)?);
    let desk = this.desk();
    idempotency::perform(&this.database, claim, move |tx| {
        Box::pin(async move {
            let unread_count = change::change(tx, &desk, user_id, id, wish).await?;
            Ok(changed(message, unread_count))
        })
    })
    .await
}

/// A number that no notification can have is answered as one that does not exist.
pub(super) fn notification_id(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// A route that changes one notification and takes no body.
macro_rules! simple_change {
    ($(#[$doc:meta])* $name:ident, $verb:ident, $path:literal, $action:literal, $change:expr, $message:literal) => {
        $(#[$doc])*
        #[utoipa::path($verb, path = $path, tag = "notifications",
            params(("id" = i64, Path, description = "notification_id", minimum = 1, maximum = 9007199254740991i64)),
            responses((status = 200, description = $message, body = ChangedAnswer),
                (status = 404, description = "The caller has no such notification")))]
        async fn $name(
            State(shared): State<Arc<Shared>>,
            person: Person,
            Path(id): Path<String>,
            headers: HeaderMap,
            Raw(body): Raw,
        ) -> Result<Response, Problem> {
            let this = &shared.notifications;
            let scope = format!("user:{} {} {id}", person.id, $action);
            let claim = Claim::of(&headers, scope, &body, this.clock.now())?;
            change_one(this, &person, &id, claim, $change, $message).await
        }
    };
}

simple_change! {
    /// Mark notification as read
    ///
    /// Marking a read one again is no error.
    mark_read, post, "/crm/notification/{id}/mark-read", "mark-read", Change::Read, "Notification marked as read"
}
simple_change! {
    /// Mark notification as unread
    mark_unread, post, "/crm/notification/{id}/mark-unread", "mark-unread", Change::Unread,
    "Notification marked as unread"
}
simple_change! {
    /// Put a notification into the archive
    archive, post, "/crm/notification/{id}/archive", "archive", Change::Archive, "Notification archived"
}
simple_change! {
    /// Take a notification back from the archive
    unarchive, post, "/crm/notification/{id}/unarchive", "unarchive", Change::Unarchive,
    "Notification taken back from the archive"
}
simple_change! {
    /// Bring a snoozed notification back at once, at its old place
    unsnooze, post, "/crm/notification/{id}/unsnooze", "unsnooze", Change::Unsnooze, "Notification brought back"
}
simple_change! {
    /// Delete notification
    delete_notification, delete, "/crm/notification/{id}", "delete", Change::Delete, "Notification deleted"
}

/// Put a notification away until an instant
///
/// Then it comes back unread and as the newest.
#[utoipa::path(post, path = "/crm/notification/{id}/snooze", tag = "notifications",
    params(("id" = i64, Path, description = "notification_id", minimum = 1, maximum = 9007199254740991i64)),
    request_body = SnoozeBody,
    responses((status = 200, description = "Notification snoozed", body = ChangedAnswer),
        (status = 404, description = "The caller has no such notification")))]
async fn snooze(
    State(shared): State<Arc<Shared>>,
    person: Person,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<SnoozeBody>, Problem>,
) -> Result<Response, Problem> {
    let this = &shared.notifications;
    let Json { body, bytes } = body?;
    let now = this.clock.now();
    let until = body.until.required("until")?;
    let until = Instant::parse(&until)
        .filter(|until| *until > now && until.since(now) <= LONGEST_SNOOZE)
        .ok_or_else(|| {
            Problem::bad_request(
                "until must be a time in the future within ten years, in RFC 3339: 2030-01-31T08:00:00Z",
            )
        })?;
    let claim = Claim::of(&headers, format!("user:{} snooze {id}", person.id), &bytes, now)?;
    change_one(this, &person, &id, claim, Change::Snooze(until), "Notification snoozed").await
}
