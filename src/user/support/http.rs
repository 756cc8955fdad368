//! The route of the panel Support users.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Member;
use crate::auth::{Known, Role};
use crate::http::Problem;
use crate::http::idempotency::Answer;
use crate::storage::Error;
use crate::user::http::Shared;

/// The route of the panel Support users.
pub(in crate::user) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(show_support))
}

/// Somebody who supports customers.
#[derive(Serialize, ToSchema)]
#[schema(as = SupportUser)]
struct Shown {
    /// ID of the user
    id: i64,
    /// Name
    #[schema(example = "Ben Support")]
    name: String,
    /// Whether they are on support now
    on_support: bool,
    /// `Active`, `Locked`, or `Locked - Failed Attempts`; whoever is locked hears of no tickets
    #[schema(example = "Active")]
    status: &'static str,
}

impl From<Member> for Shown {
    fn from(Member { id, name, on_support, status }: Member) -> Self {
        Self { id, name, on_support, status: status.as_str() }
    }
}

/// Who supports customers.
#[derive(Serialize, ToSchema)]
struct SupportAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// The group, always called Support; null where there is none
    #[schema(required, example = "Support")]
    group: Option<String>,
    /// Number of the group
    #[schema(required)]
    group_id: Option<i64>,
    /// Its members, by name
    members: Vec<Shown>,
    /// Who hears of tickets near and past their response time now, and what to do about it: one sentence
    #[schema(example = "Alerts about tickets go to Ben Support.")]
    hint: String,
}

/// Show who is on support
///
/// The members of the group Support, and which of them are on support now: these hear of tickets near and past their
/// response time, and all members where nobody is. Everybody ticks themselves with `PUT /crm/user/me`, an administrator
/// anybody with `PUT /crm/user/{id}`. Not for customers.
#[utoipa::path(get, path = "/crm/support", tag = "users",
    responses((status = 200, description = "Who supports customers", body = SupportAnswer),
        (status = 403, description = "Customers do not see it")))]
async fn show_support(
    State(Shared { users, .. }): State<Shared>,
    Known(caller): Known,
) -> Result<Response, Problem> {
    if caller.roles().names() == [Role::Customer.name()] {
        return Err(Problem::forbidden(
            "Customers do not see who is on support; ask somebody of the company",
        ));
    }
    let found = users.database.read::<_, Error, _>(|tx| Box::pin(super::panel_in(tx)));
    let (group, members) = found.await?;
    let hint = super::hint(group.is_some(), &members);
    let (group_id, group) = group.unzip();
    let members = members.into_iter().map(Shown::from).collect();
    Ok(Answer::ok(&SupportAnswer { result: "Success", group, group_id, members, hint }).into_response())
}
