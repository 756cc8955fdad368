//! The route of the directory.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Entry, store};
use crate::auth::{Known, Role};
use crate::http::Problem;
use crate::http::idempotency::Answer;
use crate::storage::Error;
use crate::user::http::{Page, PageQuery, Shared};

/// The route of the directory.
pub(in crate::user) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(look_up))
}

/// Somebody who may be chosen.
#[derive(Serialize, ToSchema)]
#[schema(as = DirectoryEntry)]
struct Shown {
    /// ID of the user
    id: i64,
    /// Name
    name: String,
}

impl From<Entry> for Shown {
    fn from(Entry { id, name }: Entry) -> Self {
        Self { id, name }
    }
}

/// People and groups.
#[derive(Serialize, ToSchema)]
struct DirectoryAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// By name
    people: Vec<Shown>,
    /// Names of groups
    groups: Vec<String>,
}

/// Look people and groups up
///
/// Who may sign in, and every group: names only, for whoever assigns a record or notifies somebody. Not for customers.
/// The first ones by name; to find others, ask for part of their name.
#[utoipa::path(get, path = "/crm/user/directory", tag = "users", params(PageQuery),
    responses((status = 200, description = "The first of them", body = DirectoryAnswer),
        (status = 403, description = "Customers have no directory")))]
async fn look_up(
    State(Shared { users, .. }): State<Shared>,
    Known(caller): Known,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    if caller.roles().names() == [Role::Customer.name()] {
        return Err(Problem::forbidden("Customers have no directory; ask somebody of the company"));
    }
    let Page { words, most, .. } = Page::of(query)?;
    let most = i64::try_from(most).expect("a page is small");
    let found = users.database.read::<_, Error, _>(move |tx| {
        Box::pin(async move {
            Ok((store::people(tx, &words, most).await?, store::groups(tx, &words, most).await?))
        })
    });
    let (people, groups) = found.await?;
    let people = people.into_iter().map(Shown::from).collect();
    Ok(Answer::ok(&DirectoryAnswer { result: "Success", people, groups }).into_response())
}
