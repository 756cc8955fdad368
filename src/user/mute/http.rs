//! The routes of mutes: everybody's own.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Mute, mute_in, store};
use crate::auth::{Done, Person};
use crate::clock::Instant;
use crate::http::idempotency::Answer;
use crate::http::{Given, MaybeJson, Problem};
use crate::storage::Error;
use crate::user::http::Shared;

/// All routes of mutes.
pub(in crate::user) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list_mutes)).routes(routes!(mute_record, unmute_record))
}

/// A record of which one is sent neither e-mail nor webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = Mute)]
struct Shown {
    /// The kind of record
    #[schema(example = "tickets")]
    module: String,
    /// ID of the record
    #[schema(example = "42")]
    record_id: String,
    /// Until when, or null: until it is taken back
    #[schema(required, format = DateTime)]
    until: Option<String>,
}

impl From<Mute> for Shown {
    fn from(mute: Mute) -> Self {
        Self { module: mute.module, record_id: mute.record_id, until: mute.until.map(Instant::to_rfc3339) }
    }
}

/// Every record that one has muted.
#[derive(Serialize, ToSchema)]
struct MutesAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// In the order of module and ID
    mutes: Vec<Shown>,
}

/// A record that is muted.
#[derive(Serialize, ToSchema)]
struct MuteAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    mute: Shown,
}

/// Until when a record is to be muted.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MuteBody {
    /// An instant in the future; null or left out: until it is taken back
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime, example = "2030-01-31T08:00:00Z")]
    until: Given<String>,
}

/// List the records that one has muted
#[utoipa::path(get, path = "/crm/user/me/mute", tag = "users",
    responses((status = 200, description = "All of them", body = MutesAnswer)))]
async fn list_mutes(State(Shared { users, .. }): State<Shared>, person: Person) -> Result<Response, Problem> {
    let now = users.clock.now();
    let found = users.database.read::<_, Error, _>(move |tx| Box::pin(store::of_user(tx, person.id, now)));
    let mutes = found.await?.into_iter().map(Shown::from).collect();
    Ok(Answer::ok(&MutesAnswer { result: "Success", mutes }).into_response())
}

/// Mute a record
///
/// Its notifications stay in the centre, but neither e-mail nor webhook tells of them; what somebody sends by hand and
/// reminders come all the same. The body may be left out.
#[utoipa::path(put, path = "/crm/user/me/mute/{module}/{record_id}", tag = "users",
    params(("module" = String, Path, description = "The kind of record", pattern = "^[a-z][a-z0-9_]{0,49}$"),
        ("record_id" = String, Path, description = "ID of the record", pattern = "^[A-Za-z0-9_-]{1,200}$")),
    request_body = Option<MuteBody>,
    responses((status = 200, description = "The record is muted", body = MuteAnswer),
        (status = 409, description = "Too many records are muted")))]
async fn mute_record(
    State(Shared { users, .. }): State<Shared>,
    person: Person,
    Path((module, record_id)): Path<(String, String)>,
    MaybeJson { body, .. }: MaybeJson<MuteBody>,
) -> Result<Response, Problem> {
    let until = body.until.optional("until")?.map(|text| instant(&text)).transpose()?;
    let now = users.clock.now();
    let mute = Mute { module, record_id, until };
    let muted = users.database.write(move |tx| {
        Box::pin(async move {
            mute_in(tx, now, person.id, &mute).await?;
            Ok::<_, Problem>(mute)
        })
    });
    Ok(Answer::ok(&MuteAnswer { result: "Success", mute: muted.await?.into() }).into_response())
}

/// Take a mute back
#[utoipa::path(delete, path = "/crm/user/me/mute/{module}/{record_id}", tag = "users",
    params(("module" = String, Path, description = "The kind of record"),
        ("record_id" = String, Path, description = "ID of the record")),
    responses((status = 200, description = "The record is not muted any more", body = Done),
        (status = 404, description = "It was not muted")))]
async fn unmute_record(
    State(Shared { users, .. }): State<Shared>,
    person: Person,
    Path((module, record_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let now = users.clock.now();
    let deleted = users.database.write::<_, Error, _>(move |tx| {
        Box::pin(async move { store::delete(tx, person.id, &module, &record_id, now).await })
    });
    if !deleted.await? {
        return Err(Problem::not_found("This record is not muted; list the mutes to see which are"));
    }
    Ok(Answer::ok(&Done { result: "Success", message: "Mute taken back" }).into_response())
}

fn instant(text: &str) -> Result<Instant, Problem> {
    Instant::parse(text).ok_or_else(|| {
        Problem::bad_request("until must be a time in RFC 3339 with an offset, such as 2030-01-31T08:00:00Z")
    })
}
