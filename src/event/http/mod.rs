//! The routes of events.

mod attributes;
mod cloud;
mod form;
mod schema;
mod wire;

use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::report::{Report, Told};
use super::{Events, Taken, comment, store};
use crate::audit::Actor;
use crate::auth::{Auth, Known};
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Problem, Raw};
use crate::record::{acting, actor_exists_in, insider};
use crate::storage::{Error, Tx};
use form::{Read, Sent};
use wire::{EventAnswer, EventBatchAnswer, EventBody, EventResult, EventShown, EventTypesAnswer};

#[derive(Clone, FromRef)]
pub(super) struct Shared {
    pub events: Events,
    auth: Auth,
}

/// All routes of events.
pub fn routes(events: Events, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_event_types, take_event))
        .routes(routes!(comment::http::comment_on_ticket))
        .routes(routes!(comment::http::list_comments))
        .with_state(Shared { events, auth })
}

/// List the types of event
///
/// Each with what its data may say, and a body that is right. For programs and everybody but customers.
#[utoipa::path(get, path = "/crm/event", tag = "events",
    responses((status = 200, description = "Every type", body = EventTypesAnswer),
        (status = 403, description = "Customers have no access to records")))]
async fn list_event_types(Known(caller): Known) -> Result<Response, Problem> {
    insider(&caller)?;
    Ok(Answer::ok(&EventTypesAnswer::new()).into_response())
}

/// A CloudEvent, for the document.
#[derive(ToSchema)]
#[schema(as = CloudEvent)]
#[expect(dead_code, reason = "stands for its schema only")]
struct CloudEvent {
    /// Always `1.0`
    #[schema(example = "1.0")]
    specversion: String,
    #[schema(value_type = schema::TypeSchema)]
    r#type: String,
    /// Who tells of it: what is told twice with the same `source` and `id` happens once
    #[schema(min_length = 1, max_length = 1024, example = "/helpdesk")]
    source: String,
    /// What it is called there
    #[schema(min_length = 1, max_length = 255, example = "A-1042")]
    id: String,
    /// The record: its module, a slash, and its id
    #[schema(example = "tickets/42", nullable = false)]
    subject: Option<String>,
    /// When it happened
    #[schema(format = DateTime, nullable = false)]
    time: Option<String>,
    /// ID of the user who did it
    #[schema(minimum = 1, nullable = false)]
    actorid: Option<i64>,
    /// `application/json`, where it is said
    #[schema(example = "application/json", nullable = false)]
    datacontenttype: Option<String>,
    #[schema(value_type = schema::DataSchema)]
    data: Option<()>,
    /// The data in Base64, in place of `data`
    #[schema(nullable = false)]
    data_base64: Option<String>,
}

/// Tell of something that happened
///
/// What no change of a record tells: `GET /crm/event` lists the types, with what comes of each. What is told twice with the
/// same `source` and `id` happens once and is answered 200 with `duplicate: true`.
///
/// CloudEvents 1.0 are taken as well: structured (`application/cloudevents+json`), binary (headers `ce-type`, `ce-source` …
/// with the data as body), and batches of up to 1,000 (`application/cloudevents-batch+json`), where each event has its own
/// result and what is wrong with one is no matter to the others. Their `subject` is `module/record_id`, and the extension
/// `actorid` says who did it.
///
/// For programs and everybody but customers.
#[utoipa::path(post, path = "/crm/event", tag = "events",
    request_body(content(
        (EventBody = "application/json", example = json!({"type": "ticket.mentioned", "module": "tickets", "record_id": "42",
            "actor_id": 7, "data": {"mentions": [5], "text": "@grace have a look"}})),
        (CloudEvent = "application/cloudevents+json", example = json!({"specversion": "1.0", "type": "ticket.mentioned",
            "source": "/helpdesk", "id": "A-1042", "subject": "tickets/42", "actorid": 7,
            "data": {"mentions": [5], "text": "@grace have a look"}})),
        (Vec<CloudEvent> = "application/cloudevents-batch+json"))),
    responses((status = 201, description = "It happened", body = EventAnswer),
        (status = 200, description = "It was told before, or a batch was judged: each event has its own result",
            content((EventAnswer = "application/json"), (EventBatchAnswer = "application/json"))),
        (status = 403, description = "Customers tell of nothing here, and only administrators and programs act for others"),
        (status = 404, description = "There is no such user")))]
async fn take_event(
    State(Shared { events, .. }): State<Shared>,
    Known(caller): Known,
    headers: HeaderMap,
    Raw(bytes): Raw,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let Read { sent, fingerprint } = Read::of(&headers, &bytes)?;
    let now = events.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} event", caller.scope()), &fingerprint, now)?;
    let reported = |told: Told| -> Result<Reported, Problem> {
        let report = told.judge(events.inner.records.modules())?;
        let actor = acting(&caller, report.actor_id)?;
        Ok(Reported { report, actor })
    };
    let (this, by) = (events.clone(), caller.description().to_owned());
    match sent {
        Sent::One(told) => {
            let one = reported(*told)?;
            idempotency::perform(&events.inner.database, claim, move |tx| {
                Box::pin(async move { this.answer_one_in(tx, by, one).await })
            })
            .await
        }
        Sent::Many(all) => {
            let all: Vec<Result<Reported, Problem>> =
                all.into_iter().map(|told| told.and_then(reported)).collect();
            idempotency::perform(&events.inner.database, claim, move |tx| {
                Box::pin(async move { this.answer_many_in(tx, by, all).await })
            })
            .await
        }
    }
}

/// What somebody tells, and who did it.
struct Reported {
    report: Report,
    actor: Actor,
}

impl Reported {
    /// # Errors
    /// 404 for somebody who is not there.
    async fn check_in(&self, tx: &mut Tx) -> Result<(), Problem> {
        actor_exists_in(tx, &self.actor).await?;
        Ok(self.report.check_in(tx).await?)
    }
}

/// What became of an event, as it is shown.
struct Shown {
    taken: Taken,
    event: EventShown,
}

impl Shown {
    fn status(&self) -> StatusCode {
        if self.taken.is_new { StatusCode::CREATED } else { StatusCode::OK }
    }
}

impl Events {
    async fn answer_one_in(&self, tx: &mut Tx, by: String, one: Reported) -> Result<Answer, Problem> {
        one.check_in(tx).await?;
        let shown = self.shown_in(tx, one).await?;
        let (status, Shown { taken, event }) = (shown.status(), shown);
        log(tx, by, 1, taken.told);
        let answer = EventAnswer { result: "Success", duplicate: !taken.is_new, told: taken.told, event };
        Ok(Answer::with(status, &answer))
    }

    /// Each by itself: whoever is not there is noticed before anything is written.
    async fn answer_many_in(
        &self,
        tx: &mut Tx,
        by: String,
        all: Vec<Result<Reported, Problem>>,
    ) -> Result<Answer, Problem> {
        let (mut results, mut taken_in, mut told) = (Vec::with_capacity(all.len()), 0, 0);
        for one in all {
            let checked = match one {
                Ok(one) => one.check_in(tx).await.map(|()| one),
                Err(problem) => Err(problem),
            };
            results.push(match checked {
                Ok(one) => {
                    let shown = self.shown_in(tx, one).await?;
                    taken_in += usize::from(shown.taken.is_new);
                    told += shown.taken.told;
                    done(shown)
                }
                // A database that fails one fails all: the sender is to come back with them.
                Err(problem) if problem.status.is_server_error() => return Err(problem),
                Err(problem) => refused(&problem),
            });
        }
        log(tx, by, taken_in, told);
        Ok(Answer::ok(&EventBatchAnswer { result: "Success", results }))
    }

    async fn shown_in(&self, tx: &mut Tx, one: Reported) -> Result<Shown, Problem> {
        let taken = self.report_in(tx, one.report, one.actor).await?;
        let kept = store::find(tx, taken.id).await?;
        let kept =
            kept.ok_or_else(|| Error::Unavailable("an event vanished while it was read".to_owned()))?;
        Ok(Shown { taken, event: EventShown::of(kept) })
    }
}

fn done(shown: Shown) -> EventResult {
    EventResult {
        status: shown.status().as_u16(),
        duplicate: Some(!shown.taken.is_new),
        told: Some(shown.taken.told),
        event: Some(shown.event),
        reason: None,
    }
}

fn refused(problem: &Problem) -> EventResult {
    EventResult {
        status: problem.status.as_u16(),
        duplicate: None,
        told: None,
        event: None,
        reason: Some(problem.reason.to_string()),
    }
}

fn log(tx: &mut Tx, by: String, events: usize, told: usize) {
    tx.after_commit(move || tracing::info!(by, events, told, "Events were taken in"));
}
