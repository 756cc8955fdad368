//! The routes of one record.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::{Extent, RecordAnswer, RecordBody, Saving};
use super::{Shared, acting, actor_exists_in, insider, unreadable};
use crate::auth::{Caller, Done, Known};
use crate::clock::Instant;
use crate::http::body::LARGEST_ID;
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Json, Problem};
use crate::record::save::Saved;
use crate::record::{Change, Course, Credit, Records};
use crate::storage::Tx;

/// Show a record
///
/// For programs and everybody but customers.
#[utoipa::path(get, path = "/crm/record/{module}/{id}", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts"),
        ("id" = String, Path, description = "The record's id in the CRM")),
    responses((status = 200, description = "The record", body = RecordAnswer),
        (status = 403, description = "Customers have no access to records"),
        (status = 404, description = "There is no such record or module")))]
pub(super) async fn show_record(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path((module, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let this = records.clone();
    let shown = records.inner.database.read::<_, Problem, _>(move |tx| {
        Box::pin(async move {
            let record = this.existing_in(tx, &module, &id).await?;
            Ok(this.one_shown_in(tx, record).await?)
        })
    });
    Ok(Answer::ok(&RecordAnswer { result: "Success", record: shown.await? }).into_response())
}

/// Make a record, or change it
///
/// What is left out stays as it is; given `fields` take the place of all others. The same body again changes nothing
/// and tells nobody. For programs and everybody but customers.
#[utoipa::path(put, path = "/crm/record/{module}/{id}", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts"),
        ("id" = String, Path, description = "The record's id in the CRM", min_length = 1, max_length = 64,
            pattern = r"^[^/\x00-\x1f\x7f-\x9f]*[^\s/\x00-\x1f\x7f-\x9f][^/\x00-\x1f\x7f-\x9f]*$")),
    request_body = RecordBody,
    responses((status = 200, description = "The record as it is now", body = RecordAnswer),
        (status = 201, description = "The record is made", body = RecordAnswer),
        (status = 403, description = "Customers have no access to records, and only administrators and programs act for others"),
        (status = 404, description = "There is no such module or user"),
        (status = 409, description = "The record has another version by now, or goes beyond a credit limit")))]
pub(super) async fn put_record(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path(path): Path<(String, String)>,
    headers: HeaderMap,
    Json { body, bytes }: Json<RecordBody>,
) -> Result<Response, Problem> {
    let asked = Asked { caller, path, headers, bytes, method: "PUT" };
    save(records, asked, body, Extent::Whole).await
}

/// Make a record, or change some of it
///
/// What is left out stays as it is, single fields too; a field that is null is taken away. The same body again changes
/// nothing and tells nobody. For programs and everybody but customers.
#[utoipa::path(patch, path = "/crm/record/{module}/{id}", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts"),
        ("id" = String, Path, description = "The record's id in the CRM", min_length = 1, max_length = 64,
            pattern = r"^[^/\x00-\x1f\x7f-\x9f]*[^\s/\x00-\x1f\x7f-\x9f][^/\x00-\x1f\x7f-\x9f]*$")),
    request_body = RecordBody,
    responses((status = 200, description = "The record as it is now", body = RecordAnswer),
        (status = 201, description = "The record is made", body = RecordAnswer),
        (status = 403, description = "Customers have no access to records, and only administrators and programs act for others"),
        (status = 404, description = "There is no such module or user"),
        (status = 409, description = "The record has another version by now, or goes beyond a credit limit")))]
pub(super) async fn patch_record(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path(path): Path<(String, String)>,
    headers: HeaderMap,
    Json { body, bytes }: Json<RecordBody>,
) -> Result<Response, Problem> {
    let asked = Asked { caller, path, headers, bytes, method: "PATCH" };
    save(records, asked, body, Extent::Part).await
}

/// A request that wants a record to be made or changed.
struct Asked {
    caller: Caller,
    path: (String, String),
    headers: HeaderMap,
    bytes: Bytes,
    method: &'static str,
}

async fn save(records: Records, asked: Asked, body: RecordBody, extent: Extent) -> Result<Response, Problem> {
    let Asked { caller, path: (module, id), headers, bytes, method } = asked;
    insider(&caller)?;
    records.inner.modules.find(&module)?;
    let saving = body.judge(extent, &caller)?;
    let now = records.inner.clock.now();
    let scope = format!("{} {method} record {module}/{id}", caller.scope());
    let claim = Claim::of(&headers, scope, &bytes, now)?;
    let this = records.clone();
    idempotency::perform(&records.inner.database, claim, move |tx| {
        Box::pin(async move {
            actor_exists_in(tx, &saving.actor).await?;
            let saved = this.save_in(tx, &module, &id, saving.wish.clone(), now).await?;
            this.answer_in(tx, &caller, saved, saving, now).await
        })
    })
    .await
}

impl Records {
    /// Announces what became of a record, and shows it.
    pub(super) async fn answer_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        saved: Saved,
        saving: Saving,
        now: Instant,
    ) -> Result<Answer, Problem> {
        let status = if saved.before.is_none() { StatusCode::CREATED } else { StatusCode::OK };
        log(tx, caller, &saved);
        let Saved { before, after } = saved;
        let Saving { actor, send_notification, credit, .. } = saving;
        let record = after.clone();
        let (after, course) = (Some(after), Course::Saved);
        let change = Change { before, after, actor, send_notification, course, credit };
        self.announce_in(tx, &[change], now).await?;
        let record = self.one_shown_in(tx, record).await?;
        Ok(Answer::with(status, &RecordAnswer { result: "Success", record }))
    }
}

fn log(tx: &mut Tx, caller: &Caller, saved: &Saved) {
    let what = match &saved.before {
        None => "made",
        Some(before) if *before != saved.after => "changed",
        Some(_) => return,
    };
    let by = caller.description().to_owned();
    let (module, record, version) = (saved.after.module.clone(), saved.after.id.clone(), saved.after.version);
    tx.after_commit(move || {
        tracing::info!(by, module = &*module, record = &*record, version, "A record was {what}");
    });
}

/// Who deletes which version.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeleteQuery {
    /// ID of the user who does it, where a program or an administrator does it for somebody
    #[param(minimum = 1, maximum = 9007199254740991i64)]
    actor_id: Option<i64>,
    /// The version that is to be deleted; if the record has another one by now, it stays
    #[param(minimum = 1, maximum = 9007199254740991i64)]
    version: Option<i64>,
}

fn within(name: &str, number: Option<i64>) -> Result<(), Problem> {
    match number {
        Some(number) if !(1..=LARGEST_ID).contains(&number) => {
            Err(Problem::bad_request(format!("{name} must be between 1 and {LARGEST_ID}")))
        }
        _ => Ok(()),
    }
}

/// Delete a record
///
/// Its history stays. For programs and everybody but customers.
#[utoipa::path(delete, path = "/crm/record/{module}/{id}", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts"),
        ("id" = String, Path, description = "The record's id in the CRM"), DeleteQuery),
    responses((status = 200, description = "The record is gone", body = Done),
        (status = 403, description = "Customers have no access to records, and only administrators and programs act for others"),
        (status = 404, description = "There is no such record, module or actor"),
        (status = 409, description = "The record has another version by now")))]
pub(super) async fn delete_record(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path((module, id)): Path<(String, String)>,
    query: Result<Query<DeleteQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    let Query(query) = query.map_err(|rejection| unreadable(&rejection))?;
    within("actor_id", query.actor_id)?;
    within("version", query.version)?;
    let actor = acting(&caller, query.actor_id)?;
    let now = records.inner.clock.now();
    let this = records.clone();
    let deleted = records.inner.database.write::<_, Problem, _>(move |tx| {
        Box::pin(async move {
            actor_exists_in(tx, &actor).await?;
            let record = this.delete_in(tx, &module, &id, query.version).await?;
            let change = Change {
                before: Some(record),
                after: None,
                actor,
                send_notification: None,
                course: Course::Saved,
                credit: Credit::Kept,
            };
            Ok(this.announce_in(tx, &[change], now).await.map(|()| (module, id))?)
        })
    });
    let (module, record) = deleted.await?;
    tracing::info!(by = caller.description(), module, record, "A record was deleted");
    Ok(Answer::ok(&Done { result: "Success", message: "Record deleted" }).into_response())
}
