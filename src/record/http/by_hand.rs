//! The routes of what people send from a record by hand.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wire::Shown;
use super::{Shared, acting, actor_exists_in, insider};
use crate::audit::Actor;
use crate::auth::{Caller, Known, Role};
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Given, Json, Problem};
use crate::notification::{Draft, MESSAGE_CHARS, Recipient, Sender};
use crate::record::by_hand::Request;
use crate::storage::{Error, Tx};
use crate::user;

/// Whom to tell of a record, and what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotifyOfRecordBody {
    /// IDs of users
    #[serde(default)]
    #[schema(value_type = Vec<i64>, example = json!([123]))]
    users: Given<Vec<i64>>,
    /// Names of groups; every member is notified
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    groups: Given<Vec<String>>,
    /// One line: at most 255 characters; `Notification About: ` and the record's label where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 255, pattern = r"^[^\x00]*$")]
    subject: Given<String>,
    /// The words below it
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 16384, pattern = r"^[^\x00]*$")]
    text: Given<String>,
    /// Where a click leads: an absolute http(s) URL, or a path that begins with one slash; to the record where nothing
    /// is said
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2048, example = "/contacts/7")]
    link: Given<String>,
    /// ID of the user who does it, where a program or an administrator does it for somebody
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    actor_id: Given<i64>,
}

/// What went where.
#[derive(Serialize, ToSchema)]
struct NotifiedOfRecordAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// One for each person notified, in the order of their ids
    recipients: Vec<Recipient>,
}

/// Notify people of a record
///
/// It goes to the notification centre, by e-mail, and to the webhook of whoever has one, whatever they chose; quiet
/// hours and mutes do not hold it. At most 1,000 people at once, 10,000 for the role admin. For programs and everybody
/// but customers.
#[utoipa::path(post, path = "/crm/record/{module}/{id}/notify", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts"),
        ("id" = String, Path, description = "The record's id in the CRM")),
    request_body = NotifyOfRecordBody,
    responses((status = 200, description = "They are notified", body = NotifiedOfRecordAnswer),
        (status = 403, description = "Customers cannot notify people, and only administrators and programs act for others"),
        (status = 404, description = "There is no such record, module, user or group")))]
pub(super) async fn notify_of_record(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path((module, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json { body, bytes }: Json<NotifyOfRecordBody>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    records.inner.notifications.may_write(&caller)?;
    let draft = Draft::to(body.users, body.groups)?.saying(body.subject, body.text, body.link)?;
    let actor = acting(&caller, body.actor_id.id("actor_id")?)?;
    let now = records.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} notify {module}/{id}", caller.scope()), &bytes, now)?;
    let this = records.clone();
    idempotency::perform(&records.inner.database, claim, move |tx| {
        Box::pin(async move {
            actor_exists_in(tx, &actor).await?;
            let sender = sender_in(tx, &caller, &actor).await?;
            let told = this.notify_in(tx, &module, &id, &sender, draft).await?;
            this.inner.notifications.note_written(tx, caller.description(), told.len());
            let recipients = told.iter().map(Recipient::of).collect();
            Ok(Answer::ok(&NotifiedOfRecordAnswer { result: "Success", recipients }))
        })
    })
    .await
}

/// Who is asked to reassign a record, and with which words.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestReassignBody {
    /// ID of the user who is asked
    #[serde(default)]
    #[schema(value_type = i64, required, minimum = 1, maximum = 9007199254740991i64, example = 5)]
    user_id: Given<i64>,
    /// One line: at most 255 characters; `Reassign Request: ` and the record's label where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 255, pattern = r"^[^\x00]*$")]
    subject: Given<String>,
    /// The words below it
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 16384, pattern = r"^[^\x00]*$")]
    text: Given<String>,
    /// ID of the user who asks, where a program or an administrator asks for somebody
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    actor_id: Given<i64>,
}

/// What became of a request.
#[derive(Serialize, ToSchema)]
struct RequestedReassignAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// The activity that logs the request
    request: Shown,
    /// The task of whoever was asked
    follow_up: Shown,
    /// What went where
    recipients: Vec<Recipient>,
}

/// Ask somebody to reassign a record
///
/// They are told by every way with a link to the record, the request is logged as an activity of the category
/// `Reassign Request`, and they have a task to follow it up. The record itself stays whose it is. For programs and
/// everybody but customers.
#[utoipa::path(post, path = "/crm/record/{module}/{id}/request-reassign", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts"),
        ("id" = String, Path, description = "The record's id in the CRM")),
    request_body = RequestReassignBody,
    responses((status = 200, description = "They are asked", body = RequestedReassignAnswer),
        (status = 403, description = "Customers cannot notify people, and only administrators and programs act for others"),
        (status = 404, description = "There is no such record, module or user")))]
pub(super) async fn request_reassign(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path((module, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json { body, bytes }: Json<RequestReassignBody>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    records.inner.notifications.may_write(&caller)?;
    let required = || Problem::bad_request("user_id is required");
    let asked = Request {
        user_id: body.user_id.id("user_id")?.ok_or_else(required)?,
        subject: body.subject.text("subject", 255)?.filter(|subject| !subject.trim().is_empty()),
        text: body.text.text("text", MESSAGE_CHARS)?.filter(|text| !text.trim().is_empty()),
    };
    let actor = acting(&caller, body.actor_id.id("actor_id")?)?;
    let now = records.inner.clock.now();
    let scope = format!("{} request-reassign {module}/{id}", caller.scope());
    let claim = Claim::of(&headers, scope, &bytes, now)?;
    let this = records.clone();
    idempotency::perform(&records.inner.database, claim, move |tx| {
        Box::pin(async move {
            actor_exists_in(tx, &actor).await?;
            let sender = sender_in(tx, &caller, &actor).await?;
            let requested = this.request_reassign_in(tx, &module, &id, asked, (&actor, &sender), now).await?;
            this.inner.notifications.note_written(tx, caller.description(), requested.told.len());
            Ok(Answer::ok(&RequestedReassignAnswer {
                result: "Success",
                request: this.one_shown_in(tx, requested.request).await?,
                follow_up: this.one_shown_in(tx, requested.follow_up).await?,
                recipients: requested.told.iter().map(Recipient::of).collect(),
            }))
        })
    })
    .await
}

/// Who sends it, as recipients know them.
async fn sender_in(tx: &mut Tx, caller: &Caller, actor: &Actor) -> Result<Sender, Error> {
    let name = match actor.user_id {
        Some(user_id) => user::name_in(tx, user_id).await?,
        None => None,
    };
    Ok(Sender {
        user_id: actor.user_id,
        name: name.unwrap_or_else(|| actor.name.to_string()),
        may_many: caller.roles().contains(Role::Admin),
    })
}
