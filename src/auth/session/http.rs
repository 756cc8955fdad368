//! The routes by which people see where they are signed in, and sign out elsewhere.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Auth, Done, Person};
use crate::clock::Instant;
use crate::http::Problem;
use crate::http::idempotency::Answer;

/// The routes of one's own sessions.
pub(in crate::auth) fn routes(auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(list_sessions)).routes(routes!(end_session)).with_state(auth)
}

/// A session of a person, as it is stored.
pub(in crate::auth) struct Open {
    pub id: String,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub created_at: Instant,
    pub used_at: Instant,
}

/// Where somebody is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct Shown {
    /// ID of the session
    id: String,
    /// Whether it is the one that asks
    current: bool,
    /// What the browser or program calls itself, or null
    #[schema(required)]
    user_agent: Option<String>,
    /// The address from which the session was begun, or null
    #[schema(required)]
    address: Option<String>,
    /// When it was begun: UTC, whole seconds
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last used, give or take five minutes; with tokens, when they were last refreshed
    #[schema(format = DateTime)]
    used_at: String,
}

/// Where somebody is signed in, the last used first.
#[derive(Serialize, ToSchema)]
struct SessionsAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    sessions: Vec<Shown>,
}

/// List one's own sessions
///
/// The hundred that were used last.
#[utoipa::path(get, path = "/crm/user/me/sessions", tag = "sign-in",
    responses((status = 200, description = "Where the person is signed in", body = SessionsAnswer)))]
async fn list_sessions(State(auth): State<Auth>, person: Person) -> Result<Response, Problem> {
    let open = auth.open_sessions(person.id).await?;
    let shown = open.into_iter().map(|session| Shown {
        current: session.id == person.session_id,
        id: session.id,
        user_agent: session.user_agent,
        address: session.address,
        created_at: session.created_at.to_rfc3339(),
        used_at: session.used_at.to_rfc3339(),
    });
    Ok(Answer::ok(&SessionsAnswer { result: "Success", sessions: shown.collect() }).into_response())
}

/// End one of one's own sessions
///
/// Its tokens or its cookie are dead at once.
#[utoipa::path(delete, path = "/crm/user/me/sessions/{id}", tag = "sign-in",
    params(("id" = String, Path, description = "ID of the session", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The session is over", body = Done),
        (status = 404, description = "There is no such session, or it is somebody else's")))]
async fn end_session(
    State(auth): State<Auth>,
    person: Person,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let site = auth.site();
    let is_cookies = id == person.session_id
        && site.cookie(&headers).is_some_and(|cookie| auth.is_cookie_of(cookie, &person));
    if !auth.end_session_of(person.id, id).await? {
        return Err(Problem::not_found("Session not found; list yours to see which are open"));
    }
    let mut response = Answer::ok(&Done { result: "Success", message: "Session ended" }).into_response();
    if is_cookies {
        response.headers_mut().insert(header::SET_COOKIE, site.clear_cookie());
    }
    Ok(response)
}
