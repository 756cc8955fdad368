//! The route of a record's history.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Shared, cursor, insider, limit, unreadable};
use crate::audit::{self, Line};
use crate::auth::Known;
use crate::http::Problem;
use crate::http::idempotency::Answer;
use crate::record::{save, store};

/// How many changes a page holds where nothing is said, and how many it may hold.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

/// Which part of a history.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// How many, 1 to 200; 50 where nothing is said
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = "^[1-9][0-9]{0,15}$")]
    cursor: Option<String>,
}

/// A page of a history, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct HistoryAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Newest first
    history: Vec<Line>,
    /// Give it as `cursor` to get the next page; null on the last one
    #[schema(required)]
    next_cursor: Option<String>,
}

/// Show what was changed of a record
///
/// Newest first: that it was made or deleted and every new assigned user, other fields as the settings of the Audit Log
/// say. Also of a record that is gone, as long as it is kept. For programs and everybody but customers.
#[utoipa::path(get, path = "/crm/record/{module}/{id}/history", tag = "records",
    params(("module" = String, Path, description = "Name of the module", example = "contacts"),
        ("id" = String, Path, description = "The record's id in the CRM"), HistoryQuery),
    responses((status = 200, description = "A page of changes", body = HistoryAnswer),
        (status = 403, description = "Customers have no access to records"),
        (status = 404, description = "There is no such record or module, and nothing is known of one")))]
pub(super) async fn show_history(
    State(Shared { records, .. }): State<Shared>,
    Known(caller): Known,
    Path((module, id)): Path<(String, String)>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    insider(&caller)?;
    records.findable(&module, &id)?;
    let Query(query) = query.map_err(|rejection| unreadable(&rejection))?;
    let limit = limit(query.limit, PAGE, LARGEST_PAGE)?;
    let before = cursor(query.cursor)?;
    let page = records.inner.database.read::<_, Problem, _>(move |tx| {
        Box::pin(async move {
            let page = audit::of_record_in(tx, &module, &id, before, limit).await?;
            if page.lines.is_empty() && store::find(tx, &module, &id).await?.is_none() {
                return Err(save::missing(&module, &id).into());
            }
            Ok(page)
        })
    });
    let page = page.await?;
    let next_cursor = page.next.map(|number| number.to_string());
    Ok(Answer::ok(&HistoryAnswer { result: "Success", history: page.lines, next_cursor }).into_response())
}
