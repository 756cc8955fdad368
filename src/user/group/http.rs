//! The routes of groups.

use std::collections::BTreeSet;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Change, Group, missing, store};
use crate::auth::{Admin, Done, Staff};
use crate::http::body::LARGEST_ID;
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Given, Json, Problem};
use crate::user::fields::Name;
use crate::user::http::{Page, PageQuery, Shared};

/// The largest group.
const MOST_MEMBERS: usize = 10_000;

/// All routes of groups.
pub(in crate::user) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list_groups, create_group)).routes(routes!(
        show_group,
        change_group,
        delete_group
    ))
}

/// A group of people.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
struct Shown {
    /// Number of the group
    id: i64,
    /// Name of the group
    #[schema(example = "Billing")]
    name: String,
    /// IDs of its members, in order
    members: Vec<i64>,
}

impl From<Group> for Shown {
    fn from(group: Group) -> Self {
        Self { id: group.id, name: group.name, members: group.members }
    }
}

/// A group.
#[derive(Serialize, ToSchema)]
struct GroupAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    group: Shown,
}

impl GroupAnswer {
    fn of(group: Group) -> Self {
        Self { result: "Success", group: group.into() }
    }
}

/// A page of groups in the order of their numbers.
#[derive(Serialize, ToSchema)]
struct GroupsAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    groups: Vec<Shown>,
    /// Give it as `cursor` to get the next page; null on the last one
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List groups
///
/// In the order of their numbers. For the roles admin and support.
#[utoipa::path(get, path = "/crm/group", tag = "groups", params(PageQuery),
    responses((status = 200, description = "A page of groups", body = GroupsAnswer)))]
async fn list_groups(
    State(Shared { users, .. }): State<Shared>,
    _staff: Staff,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Page { words, after, most } = Page::of(query)?;
    let one_more = i64::try_from(most).expect("a page is small") + 1;
    let found = users
        .database
        .read(move |tx| Box::pin(async move { store::page(tx, &words, after, one_more).await }));
    let mut groups = found.await?;
    let is_more = groups.len() > most;
    groups.truncate(most);
    let next_cursor = groups.last().filter(|_| is_more).map(|group| group.id.to_string());
    let groups = groups.into_iter().map(Shown::from).collect();
    Ok(Answer::ok(&GroupsAnswer { result: "Success", groups, next_cursor }).into_response())
}

/// A group to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateGroupBody {
    /// Name, different from every other group's whatever the case
    #[serde(default)]
    #[schema(value_type = Name, required, example = "Billing")]
    name: Given<String>,
    /// IDs of its members; nobody where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<Vec<MemberId>>, max_items = 10000)]
    members: Given<Vec<i64>>,
}

/// The ID of a user.
#[derive(ToSchema)]
#[schema(minimum = 1, maximum = 9007199254740991i64)]
struct MemberId(#[expect(dead_code, reason = "stands for its schema only")] i64);

/// Make a group
///
/// For the role admin.
#[utoipa::path(post, path = "/crm/group", tag = "groups",
    request_body = CreateGroupBody,
    responses((status = 201, description = "The group is made", body = GroupAnswer),
        (status = 404, description = "One of the members does not exist"),
        (status = 409, description = "The name is another group's")))]
async fn create_group(
    State(Shared { users, .. }): State<Shared>,
    Admin(caller): Admin,
    headers: HeaderMap,
    Json { body, bytes }: Json<CreateGroupBody>,
) -> Result<Response, Problem> {
    let name = body.name.required("name")?;
    let members = judged(body.members.optional("members")?.unwrap_or_default())?;
    let now = users.clock.now();
    let claim = Claim::of(&headers, format!("{} group", caller.scope()), &bytes, now)?;
    idempotency::perform(&users.database, claim, move |tx| {
        Box::pin(async move {
            let group = super::create_in(tx, now, &name, &members).await?;
            Ok(Answer::with(StatusCode::CREATED, &GroupAnswer::of(group)))
        })
    })
    .await
}

/// Show a group
///
/// For the roles admin and support.
#[utoipa::path(get, path = "/crm/group/{id}", tag = "groups",
    params(("id" = i64, Path, description = "Number of the group", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "The group", body = GroupAnswer),
        (status = 404, description = "There is no such group")))]
async fn show_group(
    State(Shared { users, .. }): State<Shared>,
    _staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let found = users.database.read(move |tx| Box::pin(super::existing(tx, id)));
    Ok(Answer::ok(&GroupAnswer::of(found.await?)).into_response())
}

/// What is to change about a group; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeGroupBody {
    /// Name
    #[serde(default)]
    #[schema(value_type = Name)]
    name: Given<String>,
    /// IDs of its members: all of them
    #[serde(default)]
    #[schema(value_type = Vec<MemberId>, max_items = 10000)]
    members: Given<Vec<i64>>,
}

/// Change a group
///
/// For the role admin.
#[utoipa::path(put, path = "/crm/group/{id}", tag = "groups",
    params(("id" = i64, Path, description = "Number of the group", minimum = 1, maximum = 9007199254740991i64)),
    request_body = ChangeGroupBody,
    responses((status = 200, description = "The group as it is now", body = GroupAnswer),
        (status = 404, description = "There is no such group, or one of the members does not exist"),
        (status = 409, description = "The name is another group's, or it is the group Support, which keeps its name")))]
async fn change_group(
    State(Shared { users, .. }): State<Shared>,
    _admin: Admin,
    Path(id): Path<String>,
    Json { body, .. }: Json<ChangeGroupBody>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let change = Change {
        name: body.name.changed("name")?,
        members: body.members.changed("members")?.map(judged).transpose()?,
    };
    let changed = users.database.write(move |tx| Box::pin(super::change_in(tx, id, change)));
    Ok(Answer::ok(&GroupAnswer::of(changed.await?)).into_response())
}

/// Delete a group
///
/// Its members stay. For the role admin.
#[utoipa::path(delete, path = "/crm/group/{id}", tag = "groups",
    params(("id" = i64, Path, description = "Number of the group", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "The group is gone", body = Done),
        (status = 404, description = "There is no such group"),
        (status = 409, description = "It is the group Support, and has members")))]
async fn delete_group(
    State(Shared { users, .. }): State<Shared>,
    _admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    users.database.write(move |tx| Box::pin(super::delete_in(tx, id))).await?;
    Ok(Answer::ok(&Done { result: "Success", message: "Group deleted" }).into_response())
}

/// The members, each once.
fn judged(members: Vec<i64>) -> Result<BTreeSet<i64>, Problem> {
    if members.len() > MOST_MEMBERS {
        return Err(Problem::bad_request(format!("members must be at most {MOST_MEMBERS}")));
    }
    if !members.iter().all(|id| (1..=LARGEST_ID).contains(id)) {
        return Err(Problem::bad_request(format!("members must be ids between 1 and {LARGEST_ID}")));
    }
    Ok(members.into_iter().collect())
}

/// A number that no group can have is answered as one that does not exist.
fn number(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| missing(text).into())
}
