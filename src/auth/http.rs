//! The routes of sign-in.

use axum::Extension;
use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sign_in::{Granted, Origin};
use super::{Auth, Person, Roles, keys};
use crate::http::body;
use crate::http::idempotency::Answer;
use crate::http::server::Peer;
use crate::http::{Given, Json, Problem};

/// The longest e-mail address, in characters.
const LONGEST_EMAIL: usize = 254;

/// The longest user agent that is kept, in characters.
const LONGEST_USER_AGENT: usize = 255;

/// All routes of sign-in and API keys.
pub fn routes(auth: Auth) -> OpenApiRouter {
    let sign_in = OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(me))
        .with_state(auth.clone());
    sign_in.merge(keys::routes(auth))
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
    body.email.present("email")?;
    let email = body.email.text("email", LONGEST_EMAIL)?;
    let password = body.password.text("password", super::passwords::LONGEST)?;
    let missing = |name: &str| Problem::bad_request(format!("{name} is required"));
    let email = email.ok_or_else(|| missing("email"))?;
    let password = password.filter(|password| !password.is_empty()).ok_or_else(|| missing("password"))?;
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let origin = Origin {
        address: peer.map(|Extension(Peer(address))| address),
        user_agent: user_agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect()),
    };
    Ok(granted(auth.sign_in(&email, password, origin).await?))
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
/// The session ends: its access and refresh tokens are dead at once. The body may be left out.
/// `Idempotency-Key` has no effect here.
#[utoipa::path(post, path = "/crm/auth/logout", tag = "sign-in",
    request_body = Option<LogoutBody>,
    responses((status = 200, description = "Signed out", body = Done)))]
async fn logout(State(auth): State<Auth>, person: Person, request: Request) -> Result<Response, Problem> {
    let body = optional_body::<LogoutBody>(request).await?;
    let refresh_token = body.refresh_token.text("refresh_token", 1024)?;
    auth.sign_out(person, refresh_token).await?;
    Ok(Answer::ok(&Done { result: "Success", message: "Signed out" }).into_response())
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

/// Who is signed in
#[utoipa::path(get, path = "/crm/auth/me", tag = "sign-in",
    responses((status = 200, description = "The person whose token was sent", body = MeAnswer)))]
async fn me(person: Person) -> Response {
    let answer = MeAnswer {
        result: "Success",
        roles: person.roles,
        permissions: person.roles.permissions(),
        user: Identity { id: person.id, email: person.email, name: person.name },
    };
    Answer::ok(&answer).into_response()
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

/// A JSON body, or what its type means where there is none (or `null`, as the document has it).
async fn optional_body<T>(request: Request) -> Result<T, Problem>
where
    T: Default + for<'de> Deserialize<'de>,
{
    let (parts, body) = request.into_parts();
    let bytes = match body::read(body).await? {
        bytes if bytes.is_empty() => return Ok(T::default()),
        bytes if bytes.trim_ascii() == b"null" => Bytes::from_static(b"{}"),
        bytes => bytes,
    };
    let Json { body, .. } = Json::from_request(Request::from_parts(parts, Body::from(bytes)), &()).await?;
    Ok(body)
}
