//! The routes of users.

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::choice::{self, Wish};
use super::wire::{
    ChangeMeBody, ChangeUserBody, CreateUserBody, MyAnswer, MyChange, UserAnswer, UsersAnswer,
};
use super::{Change, User, Users, directory, group, missing, mute, store, support, unsubscribe};
use crate::auth::{Admin, Auth, Done, Known, Person, Role, Staff, Status};
use crate::http::body::bad_query;
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::server::Peer;
use crate::http::{Json, Problem};
use crate::storage::Error;

/// How many users a page holds where nothing is said, and how many it may hold.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

/// The longest search, in characters.
const LONGEST_SEARCH: usize = 100;

#[derive(Clone, FromRef)]
pub(super) struct Shared {
    pub users: Users,
    auth: Auth,
}

/// All routes of users and groups.
pub fn routes(users: Users, auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_users, create_user))
        .routes(routes!(show_me, change_me))
        .routes(routes!(show_user, change_user, delete_user))
        .merge(directory::routes())
        .merge(choice::http::routes())
        .merge(mute::http::routes())
        .merge(unsubscribe::http::routes())
        .merge(group::routes())
        .merge(support::routes())
        .with_state(Shared { users, auth })
}

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Only those with these words in name or e-mail, whatever their case
    #[param(max_length = 100, pattern = r"^[^\x00]*$")]
    q: Option<String>,
    /// How many, 1 to 200; 50 where nothing is said
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = "^[1-9][0-9]{0,15}$")]
    cursor: Option<String>,
}

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsersQuery {
    /// Only those with these words in name or e-mail, whatever their case
    #[param(max_length = 100, pattern = r"^[^\x00]*$")]
    q: Option<String>,
    /// Only those with this status: `Active`, `Locked`, or `Locked - Failed Attempts`
    #[param(example = "Locked - Failed Attempts")]
    status: Option<String>,
    /// How many, 1 to 200; 50 where nothing is said
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    #[param(pattern = "^[1-9][0-9]{0,15}$")]
    cursor: Option<String>,
}

/// The part of a list that was asked for.
pub(super) struct Page {
    pub words: String,
    pub after: i64,
    pub most: usize,
}

impl Page {
    /// # Errors
    /// 400 for a query string that is not understood.
    pub fn of(query: Result<Query<PageQuery>, QueryRejection>) -> Result<Self, Problem> {
        let Query(query) = query.map_err(|rejection| bad_query(&rejection.body_text()))?;
        Self::judge(query)
    }

    fn judge(query: PageQuery) -> Result<Self, Problem> {
        let most = query.limit.unwrap_or(PAGE);
        if !(1..=LARGEST_PAGE).contains(&most) {
            return Err(Problem::bad_request(format!("limit must be between 1 and {LARGEST_PAGE}")));
        }
        let words = query.q.unwrap_or_default();
        if words.chars().count() > LONGEST_SEARCH || words.contains('\0') {
            return Err(Problem::bad_request(format!(
                "q must be at most {LONGEST_SEARCH} characters long, without NUL"
            )));
        }
        let after =
            query.cursor.as_deref().map_or(Some(0), |text| text.parse().ok().filter(|after| *after > 0));
        let after = after.ok_or_else(|| {
            Problem::bad_request(
                "cursor must be next_cursor of the page before; leave it out for the first page",
            )
        })?;
        Ok(Self { words, after, most })
    }
}

/// List users
///
/// In the order of their ids. For the roles admin and support.
#[utoipa::path(get, path = "/crm/user", tag = "users", params(UsersQuery),
    responses((status = 200, description = "A page of users", body = UsersAnswer)))]
async fn list_users(
    State(Shared { users, .. }): State<Shared>,
    _staff: Staff,
    query: Result<Query<UsersQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(UsersQuery { q, status, limit, cursor }) =
        query.map_err(|rejection| bad_query(&rejection.body_text()))?;
    let Page { words, after, most } = Page::judge(PageQuery { q, limit, cursor })?;
    let status = status.as_deref().map(status_of).transpose()?;
    let one_more = i64::try_from(most).expect("a page is small") + 1;
    let found = users
        .database
        .read(move |tx| Box::pin(async move { store::page(tx, &words, status, after, one_more).await }));
    Ok(Answer::ok(&UsersAnswer::of(&users, found.await?, most)).into_response())
}

/// Add a user
///
/// With an empty inbox. For the role admin.
#[utoipa::path(post, path = "/crm/user", tag = "users",
    request_body = CreateUserBody,
    responses((status = 201, description = "The user is added", body = UserAnswer),
        (status = 404, description = "There is no such user to report to"),
        (status = 409, description = "The e-mail or the id is somebody's")))]
async fn create_user(
    State(Shared { users, .. }): State<Shared>,
    Admin(caller): Admin,
    headers: HeaderMap,
    Json { body, bytes }: Json<CreateUserBody>,
) -> Result<Response, Problem> {
    let (mut new, password) = body.judge()?;
    let now = users.clock.now();
    let mut claim = Claim::of(&headers, format!("{} user", caller.scope()), &bytes, now)?;
    if let Some(claim) = &mut claim {
        claim.fingerprint = users.auth.keyed_fingerprint(&bytes);
    }
    if let Some(password) = password {
        new.password = Some(users.auth.hash_password(password).await?);
    }
    let by = users.clone();
    idempotency::perform(&users.database, claim, move |tx| {
        Box::pin(async move {
            let user = super::add_in(tx, now, new).await?;
            Ok(Answer::with(StatusCode::CREATED, &UserAnswer::of(&by, user)))
        })
    })
    .await
}

/// Show a user
///
/// Oneself, or with the role admin or support anybody. To others, somebody else's id is one that does not exist.
#[utoipa::path(get, path = "/crm/user/{id}", tag = "users",
    params(("id" = i64, Path, description = "ID of the user", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "The user", body = UserAnswer),
        (status = 404, description = "There is no such user, or it is not for the caller")))]
async fn show_user(
    State(Shared { users, .. }): State<Shared>,
    Known(caller): Known,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = user_id(&id)?;
    let may_see_all = [Role::Admin, Role::Support].iter().any(|role| caller.roles().contains(*role));
    if !may_see_all && !caller.is_person(id) {
        return Err(missing(id).into());
    }
    let user = found(&users, id).await?;
    Ok(Answer::ok(&UserAnswer::of(&users, user)).into_response())
}

/// Change a user
///
/// What is left out stays as it is. For the role admin.
#[utoipa::path(put, path = "/crm/user/{id}", tag = "users",
    params(("id" = i64, Path, description = "ID of the user", minimum = 1, maximum = 9007199254740991i64)),
    request_body = ChangeUserBody,
    responses((status = 200, description = "The user as it is now", body = UserAnswer),
        (status = 404, description = "There is no such user"),
        (status = 409, description = "The e-mail is somebody's, or this is the last active administrator")))]
async fn change_user(
    State(Shared { users, .. }): State<Shared>,
    _admin: Admin,
    Path(id): Path<String>,
    Json { mut body, .. }: Json<ChangeUserBody>,
) -> Result<Response, Problem> {
    let id = user_id(&id)?;
    let wish = body.wish()?;
    let (mut change, password) = body.judge()?;
    if let Some(password) = password {
        change.password = Some(users.auth.hash_password(password).await?);
    }
    let user = changed(&users, id, change, wish).await?;
    Ok(Answer::ok(&UserAnswer::of(&users, user)).into_response())
}

/// Delete a user
///
/// With sessions, memberships and inbox. The id is not given again. For the role admin.
#[utoipa::path(delete, path = "/crm/user/{id}", tag = "users",
    params(("id" = i64, Path, description = "ID of the user", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "The user is gone", body = Done),
        (status = 404, description = "There is no such user"),
        (status = 409, description = "This is the last active administrator")))]
async fn delete_user(
    State(Shared { users, .. }): State<Shared>,
    _admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (id, now, auth) = (user_id(&id)?, users.clock.now(), users.auth.clone());
    let removed = users.database.write(move |tx| {
        Box::pin(async move {
            super::remove_in(tx, now, id).await?;
            auth.forget_user_after(tx, id);
            Ok::<_, Problem>(())
        })
    });
    removed.await?;
    Ok(Answer::ok(&Done { result: "Success", message: "User deleted" }).into_response())
}

/// Show oneself
#[utoipa::path(get, path = "/crm/user/me", tag = "users",
    responses((status = 200, description = "The person who is signed in", body = MyAnswer)))]
async fn show_me(State(Shared { users, .. }): State<Shared>, person: Person) -> Result<Response, Problem> {
    let user = found(&users, person.id).await?;
    Ok(Answer::ok(&MyAnswer::of(&users, user)).into_response())
}

/// Change oneself
///
/// What is left out stays as it is. Another e-mail and a new password need the current password; a new password ends
/// every other session.
#[utoipa::path(put, path = "/crm/user/me", tag = "users",
    request_body = ChangeMeBody,
    responses((status = 200, description = "The person as they are now", body = MyAnswer),
        (status = 403, description = "The current password is missing or wrong"),
        (status = 409, description = "The e-mail is somebody's")))]
async fn change_me(
    State(Shared { users, .. }): State<Shared>,
    person: Person,
    peer: Option<Extension<Peer>>,
    Json { mut body, .. }: Json<ChangeMeBody>,
) -> Result<Response, Problem> {
    let wish = body.wish()?;
    let MyChange { mut change, password, current } = body.judge()?;
    let is_other_email = change.email.as_ref().is_some_and(|email| *email != person.email);
    let grave = password.is_some().then_some("password").or(is_other_email.then_some("e-mail"));
    if let Some(what) = grave {
        let Some(current) = current else {
            return Err(Problem::forbidden(format!("To change the {what}, send current_password too")));
        };
        let address = peer.map(|Extension(Peer(address))| address);
        if !users.auth.is_own_password(person.id, current, address).await? {
            return Err(Problem::forbidden(
                "current_password is wrong; send the password that you signed in with",
            ));
        }
    }
    if let Some(password) = password {
        change.password = Some(users.auth.hash_password(password).await?);
        change.keep_session = Some(person.session_id);
    }
    let user = changed(&users, person.id, change, wish).await?;
    Ok(Answer::ok(&MyAnswer::of(&users, user)).into_response())
}

async fn found(users: &Users, id: i64) -> Result<User, Problem> {
    let found: Option<User> =
        users.database.read::<_, Error, _>(move |tx| Box::pin(store::find(tx, id))).await?;
    found.ok_or_else(|| missing(id).into())
}

async fn changed(users: &Users, id: i64, change: Change, wish: Wish) -> Result<User, Problem> {
    let (now, by) = (users.clock.now(), users.clone());
    let changed = users.database.write(move |tx| {
        Box::pin(async move {
            let mut user = super::change_in(tx, now, id, change).await?;
            if !wish.is_empty() {
                user.choices = by.choose_in(tx, now, id, wish).await?;
            }
            by.auth.forget_user_after(tx, id);
            Ok::<_, Problem>(user)
        })
    });
    changed.await
}

fn status_of(text: &str) -> Result<Status, Problem> {
    let known = [Status::Active, Status::Locked, Status::LockedOut];
    known.into_iter().find(|status| status.as_str() == text).ok_or_else(|| {
        Problem::bad_request(
            "status must be Active, Locked or \"Locked - Failed Attempts\"; leave it out for all",
        )
    })
}

/// A number that no user can have is answered as one that does not exist.
fn user_id(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| missing(text).into())
}
