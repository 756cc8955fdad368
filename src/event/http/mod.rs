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

use super::report::{Outcome, Report, Told};
use super::{Events, comment};
use crate::audit::Actor;
use crate::auth::{Auth, Caller, Known, Role};
use crate::http::idempotency::{self, Answer, Claim, Claimed, Kept};
use crate::http::{Problem, Raw};
use crate::record::{acting, insider};
use crate::storage::Tx;
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
/// Each with what its data may say, who may tell of it, and a body that is right. For programs and everybody but customers.
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
/// For programs and everybody but customers. A person who is no administrator tells of tickets only, of those that are
/// kept here, in their own name (`data.author` and `data.label` do not count) and with paths as links.
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
        (status = 403, description = "Customers tell of nothing here, and only administrators and programs act for others or \
            tell of what is told by `programs`"),
        (status = 404, description = "There is no such user, or no such ticket"),
        (status = 409, description = "The source and id name another event already")))]
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
        let is_free = matches!(caller, Caller::Key(_)) || caller.roles().contains(Role::Admin);
        Ok(Reported { report: if is_free { report } else { report.by_person()? }, actor })
    };
    let by = caller.description().to_owned();
    match sent {
        Sent::One(told) => {
            let (this, one) = (events.clone(), reported(*told)?);
            idempotency::perform(&events.inner.database, claim, move |tx| {
                Box::pin(async move { this.answer_one_in(tx, by, one).await })
            })
            .await
        }
        Sent::Many(all) => {
            let all: Vec<Result<Reported, Problem>> =
                all.into_iter().map(|told| told.and_then(reported)).collect();
            events.answer_many(claim, &by, all).await
        }
    }
}

/// What somebody tells, and who did it.
struct Reported {
    report: Report,
    actor: Actor,
}

impl Events {
    async fn answer_one_in(&self, tx: &mut Tx, by: String, one: Reported) -> Result<Answer, Problem> {
        let Outcome { kept, is_new, told } = self.report_in(tx, one.report, one.actor).await?;
        tx.after_commit(move || log(&by, 1, told));
        let answer = EventAnswer { result: "Success", duplicate: !is_new, told, event: EventShown::of(kept) };
        Ok(Answer::with(status(is_new), &answer))
    }

    /// Each in a transaction of its own: whatever becomes of one is no matter to the others, and nobody's inbox is held
    /// while others are told. So a batch that ends halfway is sent again, and what of it was told is a duplicate by then:
    /// every CloudEvent has an origin.
    async fn answer_many(
        &self,
        claim: Option<Claim>,
        by: &str,
        all: Vec<Result<Reported, Problem>>,
    ) -> Result<Response, Problem> {
        if let Some(kept) = self.answered(claim.clone()).await? {
            return Ok(kept.into_response());
        }
        let (mut results, mut taken_in, mut told) = (Vec::with_capacity(all.len()), 0, 0);
        for one in all {
            match self.take_one(one).await {
                Ok(outcome) => {
                    taken_in += usize::from(outcome.is_new);
                    told += outcome.told;
                    results.push(done(outcome));
                }
                // A database that fails one fails all: the sender is to come back with them.
                Err(problem) if problem.status.is_server_error() => return Err(problem),
                Err(problem) => results.push(refused(&problem)),
            }
        }
        log(by, taken_in, told);
        let answer = Answer::ok(&EventBatchAnswer { result: "Success", results });
        if claim.is_none() {
            return Ok(answer.into_response());
        }
        idempotency::perform(&self.inner.database, claim, |_| Box::pin(async move { Ok(answer) })).await
    }

    async fn take_one(&self, one: Result<Reported, Problem>) -> Result<Outcome, Problem> {
        let (this, Reported { report, actor }) = (self.clone(), one?);
        let taken = self.inner.database.write(move |tx| {
            Box::pin(async move { this.report_in(tx, report, actor).await.map_err(Problem::from) })
        });
        taken.await
    }

    /// The answer that is kept of a batch that was sent with the same key.
    async fn answered(&self, claim: Option<Claim>) -> Result<Option<Kept>, Problem> {
        let Some(claim) = claim else { return Ok(None) };
        let asked = self.inner.database.write(move |tx| {
            Box::pin(async move {
                match idempotency::claim(tx, &claim).await? {
                    Claimed::Done(kept) => Ok(Some(kept)),
                    Claimed::Reused => Err(idempotency::reused()),
                    // It is claimed with the answer: until then the events themselves see to it that nothing happens twice.
                    Claimed::Fresh => {
                        idempotency::release(tx, &claim).await.map(|()| None).map_err(Problem::from)
                    }
                }
            })
        });
        asked.await
    }
}

fn status(is_new: bool) -> StatusCode {
    if is_new { StatusCode::CREATED } else { StatusCode::OK }
}

fn done(Outcome { kept, is_new, told }: Outcome) -> EventResult {
    EventResult {
        status: status(is_new).as_u16(),
        duplicate: Some(!is_new),
        told: Some(told),
        event: Some(EventShown::of(kept)),
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

fn log(by: &str, events: usize, told: usize) {
    tracing::info!(by, events, told, "Events were taken in");
}
