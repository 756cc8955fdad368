//! The routes of sign-in.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sign_in::{Granted, Origin};
use super::{Auth, Person, Roles, keys, session, ticket};
use crate::http::idempotency::Answer;
use crate::http::server::Peer;
use crate::http::{Given, Json, MaybeJson, Problem};

/// The longest e-mail address, in characters.
const LONGEST_EMAIL: usize = 254;

/// The longest user agent that is kept, in characters.
const LONGEST_USER_AGENT: usize = 255;

/// All routes of sign-in and API keys.
pub fn routes(auth: Auth) -> OpenApiRouter {
    let sign_in = OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(begin_session))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(me))
        .with_state(auth.clone());
    sign_in
        .merge(session::http::routes(auth.clone()))
        .merge(ticket::http::routes(auth.clone()))
        .merge(keys::routes(auth))
}

/// E-mail and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginBody {
    /// The user's e-mail address, in any case
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 254, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "ann@example.com")]
    email: Given<String>,
    /// The user's password
    #[serde(default)]
    #[schema(value_type = String, required, format = Password, min_length = 1, max_length = 1024, pattern = r"^[^\x00]+$")]
    password: Given<String>,
}

impl LoginBody {
    /// E-mail and password, neither of them empty.
    fn judge(self) -> Result<(String, String), Problem> {
        self.email.present("email")?;
        let email = self.email.text("email", LONGEST_EMAIL)?;
        let password = self.password.text("password", super::passwords::LONGEST)?;
        let missing = |name: &str| Problem::bad_request(format!("{name} is required"));
        let email = email.ok_or_else(|| missing("email"))?;
        let password = password.filter(|password| !password.is_empty()).ok_or_else(|| missing("password"))?;
        Ok((email, password))
    }
}

/// Who signed in, or refreshed.
#[derive(Serialize, ToSchema)]
struct SignInAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Access token: send it as `Authorization: Bearer <token>`
    token: String,
    /// Exchange it for a new pair at `/crm/auth/refresh`; each is good once
    refresh_token: String,
    /// Seconds for which the access token is good
    #[schema(minimum = 1, example = 900)]
    expires_in: u64,
    /// Roles of the user
    roles: Roles,
    /// What the roles permit
    permissions: Vec<&'static str>,
    #[schema(inline)]
    user: Identity,
}

/// A person in short.
#[derive(Serialize, ToSchema)]
struct Identity {
    /// ID of the user
    id: i64,
    /// E-mail address
    email: String,
    /// Name
    name: String,
}

/// Sign in
///
/// After too many wrong passwords in a row (`auth.max_failed_logins`) the account is locked until an administrator
/// sets it `Active`. `Idempotency-Key` has no effect here: every sign-in is a session of its own.
#[utoipa::path(post, path = "/crm/auth/login", tag = "sign-in", security(()),
    request_body = LoginBody,
    responses((status = 200, description = "Signed in", body = SignInAnswer),
        (status = 401, description = "Nobody has this e-mail address and password"),
        (status = 403, description = "The password is right and the account is locked")))]
async fn login(
    State(auth): State<Auth>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Json { body, .. }: Json<LoginBody>,
) -> Result<Response, Problem> {
    let (email, password) = body.judge()?;
    Ok(granted(auth.sign_in(&email, password, origin(peer, &headers)).await?))
}

/// Sign in by cookie
///
/// For pages that this server serves: the answer sets a cookie that no script can read, and every route for people
/// takes it in place of a bearer token. The session ends after 12 hours without a request. What changes something
/// is done for pages of this origin only. The limits and the lock-out are those of `/crm/auth/login`.
#[utoipa::path(post, path = "/crm/auth/session", tag = "sign-in", security(()),
    request_body = LoginBody,
    responses((status = 200, description = "Signed in; `Set-Cookie` holds the session", body = MeAnswer),
        (status = 401, description = "Nobody has this e-mail address and password"),
        (status = 403, description = "The password is right and the account is locked, or a page of another origin asks")))]
async fn begin_session(
    State(auth): State<Auth>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Json { body, .. }: Json<LoginBody>,
) -> Result<Response, Problem> {
    let site = auth.site();
    if site.made_by_own_page(&headers) == Some(false) {
        return Err(Problem::forbidden("Sign in on a page of this server; other pages use /crm/auth/login"));
    }
    let (email, password) = body.judge()?;
    let before = site.cookie(&headers);
    let begun = auth.begin_by_cookie(&email, password, origin(peer, &headers), before).await?;
    let mut response = Answer::ok(&MeAnswer::of(begun.person)).into_response();
    response.headers_mut().insert(header::SET_COOKIE, site.set_cookie(&begun.cookie));
    Ok(secret(response))
}

fn origin(peer: Option<Extension<Peer>>, headers: &HeaderMap) -> Origin {
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Origin {
        address: peer.map(|Extension(Peer(address))| address),
        user_agent: user_agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect()),
    }
}

/// The refresh token in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshBody {
    /// `refresh_token` of the last sign-in or refresh
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 1024, pattern = r"^[^\s\x00]+$")]
    refresh_token: Given<String>,
}

/// Exchange a refresh token for a new pair of tokens
///
/// Each refresh token is good once. One that was used before ends its session, because somebody has a copy of it.
/// `Idempotency-Key` has no effect here.
#[utoipa::path(post, path = "/crm/auth/refresh", tag = "sign-in", security(()),
    request_body = RefreshBody,
    responses((status = 200, description = "A new pair of tokens", body = SignInAnswer),
        (status = 401, description = "The refresh token is not in force")))]
async fn refresh(
    State(auth): State<Auth>,
    Json { body, .. }: Json<RefreshBody>,
) -> Result<Response, Problem> {
    body.refresh_token.present("refresh_token")?;
    let token = body.refresh_token.text("refresh_token", 1024)?;
    Ok(granted(auth.refresh(token.as_deref().unwrap_or_default()).await?))
}

/// Another token to end with the session.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogoutBody {
    /// A refresh token of the same user, whose session ends too
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1024, pattern = r"^[^\x00]*$")]
    refresh_token: Given<String>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub struct Done {
    /// Always `Success`
    #[schema(example = "Success")]
    pub result: &'static str,
    /// What was done
    pub message: &'static str,
}

/// Sign out
///
/// The session ends: its access and refresh tokens, or its cookie, are dead at once. The body may be left out.
/// `Idempotency-Key` has no effect here.
#[utoipa::path(post, path = "/crm/auth/logout", tag = "sign-in",
    request_body = Option<LogoutBody>,
    responses((status = 200, description = "Signed out", body = Done)))]
async fn logout(
    State(auth): State<Auth>,
    person: Person,
    headers: HeaderMap,
    MaybeJson { body, .. }: MaybeJson<LogoutBody>,
) -> Result<Response, Problem> {
    let site = auth.site();
    let had_cookie = site.cookie(&headers).is_some_and(|cookie| auth.is_cookie_of(cookie, &person));
    let refresh_token = body.refresh_token.text("refresh_token", 1024)?;
    auth.sign_out(person, refresh_token).await?;
    let mut response = Answer::ok(&Done { result: "Success", message: "Signed out" }).into_response();
    if had_cookie {
        response.headers_mut().insert(header::SET_COOKIE, site.clear_cookie());
    }
    Ok(response)
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
struct MeAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Roles of the user
    roles: Roles,
    /// What the roles permit
    permissions: Vec<&'static str>,
    #[schema(inline)]
    user: Identity,
}

impl MeAnswer {
    fn of(person: Person) -> Self {
        Self {
            result: "Success",
            roles: person.roles,
            permissions: person.roles.permissions(),
            user: Identity { id: person.id, email: person.email, name: person.name },
        }
    }
}

/// Who is signed in
#[utoipa::path(get, path = "/crm/auth/me", tag = "sign-in",
    responses((status = 200, description = "The person whose token or cookie was sent", body = MeAnswer)))]
async fn me(person: Person) -> Response {
    Answer::ok(&MeAnswer::of(person)).into_response()
}

fn granted(granted: Granted) -> Response {
    let answer = SignInAnswer {
        result: "Success",
        token: granted.token,
        refresh_token: granted.refresh_token,
        expires_in: granted.expires_in,
        roles: granted.roles,
        permissions: granted.roles.permissions(),
        user: Identity { id: granted.user_id, email: granted.email, name: granted.name },
    };
    secret(Answer::ok(&answer).into_response())
}

/// Marks an answer that holds a secret, so that nothing on the way keeps it.
pub(super) fn secret(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
