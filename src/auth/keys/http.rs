//! The routes of API keys, for administrators.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::text::hint_of_digest;
use super::{Change, Key, New, Standing};
use crate::auth::http::{Done, secret};
use crate::auth::{Admin, Auth, Roles};
use crate::clock::Instant;
use crate::config::{ConfiguredKey, FILE_NAME};
use crate::http::idempotency::{self, Answer, Claim, Claimed, Kept};
use crate::http::{Given, Json, Problem};
use crate::storage::Tx;

/// A key that expires within this time is told of beforehand.
const SOON: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 60 * 60);

/// All routes of API keys.
pub(in crate::auth) fn routes(auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_keys, create_key))
        .routes(routes!(change_key, revoke_key))
        .routes(routes!(regenerate_key))
        .with_state(auth)
}

/// An API key as administrators see it: never the key itself.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
struct Shown {
    /// Its number; null for a key of crm_config.yaml, which can only be changed there
    #[schema(required)]
    id: Option<i64>,
    /// `database`, or `config` for a key of crm_config.yaml
    #[schema(example = "database")]
    source: &'static str,
    /// What people call it
    name: String,
    /// What logs call it
    description: String,
    /// What it may do beside sending
    roles: Roles,
    /// How the key begins; of a key of crm_config.yaml, how its SHA-256 begins
    #[schema(example = "bfy_Ab3d…")]
    hint: String,
    /// `Active`, `Expired` or `Revoked`
    #[schema(example = "Active")]
    status: &'static str,
    /// Who made it
    created_by: String,
    /// When it was made; null for a key of crm_config.yaml
    #[schema(required, format = DateTime)]
    created_at: Option<String>,
    /// From when on it is refused, or null
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// Since when it is refused for good, or null
    #[schema(required, format = DateTime)]
    revoked_at: Option<String>,
    /// When it was last used, or null
    #[schema(required, format = DateTime)]
    last_used_at: Option<String>,
    #[serde(skip)]
    expires_soon: bool,
}

impl Shown {
    fn stored(auth: &Auth, key: Key) -> Self {
        let now = auth.inner.clock.now();
        let used_at = auth.inner.keyring.used_at_by_id(key.id).max(key.used_at);
        Self {
            id: Some(key.id),
            source: "database",
            status: key.standing(now).as_str(),
            expires_soon: expires_soon(now, key.expires_at, key.standing(now)),
            name: key.name,
            description: key.description,
            roles: key.roles,
            hint: key.hint,
            created_by: key.created_by,
            created_at: Some(key.created_at.to_rfc3339()),
            expires_at: key.expires_at.map(Instant::to_rfc3339),
            revoked_at: key.revoked_at.map(Instant::to_rfc3339),
            last_used_at: used_at.map(Instant::to_rfc3339),
        }
    }

    fn configured(auth: &Auth, key: &ConfiguredKey) -> Self {
        let now = auth.inner.clock.now();
        let standing = Standing::at(now, key.expires, None);
        Self {
            id: None,
            source: "config",
            status: standing.as_str(),
            expires_soon: expires_soon(now, key.expires, standing),
            name: key.description.clone(),
            description: key.description.clone(),
            roles: Roles::parse(&key.roles).unwrap_or_default(),
            hint: hint_of_digest(&key.sha256),
            created_by: FILE_NAME.to_owned(),
            created_at: None,
            expires_at: key.expires.map(Instant::to_rfc3339),
            revoked_at: None,
            last_used_at: auth.inner.keyring.used_at(&key.sha256).map(Instant::to_rfc3339),
        }
    }
}

fn expires_soon(now: Instant, expires_at: Option<Instant>, standing: Standing) -> bool {
    standing == Standing::Active && expires_at.is_some_and(|end| end <= now.plus(SOON))
}

/// Every API key, and how many there are of each kind.
#[derive(Serialize, ToSchema)]
struct KeysAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Those of crm_config.yaml, then the others in the order of their making
    api_keys: Vec<Shown>,
    /// All of them
    total: usize,
    /// Those that are accepted
    active: usize,
    /// Those that are accepted and expire within 30 days
    expiring_soon: usize,
    /// Those whose time is over
    expired: usize,
    /// Those that were revoked
    revoked: usize,
}

/// List API keys
///
/// Masked: a key is shown only once, when it is made.
#[utoipa::path(get, path = "/crm/api-key", tag = "API keys",
    responses((status = 200, description = "Every API key", body = KeysAnswer)))]
async fn list_keys(State(auth): State<Auth>, _admin: Admin) -> Result<Response, Problem> {
    let stored = super::list(&auth.inner.database).await?;
    let configured = auth.inner.keyring.configured();
    let api_keys: Vec<Shown> = configured
        .iter()
        .map(|key| Shown::configured(&auth, key))
        .chain(stored.into_iter().map(|key| Shown::stored(&auth, key)))
        .collect();
    let count = |standing: Standing| api_keys.iter().filter(|key| key.status == standing.as_str()).count();
    let answer = KeysAnswer {
        result: "Success",
        total: api_keys.len(),
        active: count(Standing::Active),
        expiring_soon: api_keys.iter().filter(|key| key.expires_soon).count(),
        expired: count(Standing::Expired),
        revoked: count(Standing::Revoked),
        api_keys,
    };
    Ok(Answer::ok(&answer).into_response())
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateKeyBody {
    /// What people call it
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$", example = "Backup")]
    name: Given<String>,
    /// What logs call it; the name where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "Nightly backup on db1")]
    description: Given<String>,
    /// What it may do beside sending; none where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<Roles>)]
    roles: Given<Vec<String>>,
    /// From when on it is refused; never where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime, example = "2030-12-31T18:00:00Z")]
    expires_at: Given<String>,
}

/// A key that was made just now.
#[derive(Serialize, ToSchema)]
struct NewKeyAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// The key itself: keep it, it is not shown again
    key: String,
    api_key: Shown,
}

/// Create an API key
///
/// The answer shows the key; nothing shows it again. With an `Idempotency-Key` the answer is kept sealed.
#[utoipa::path(post, path = "/crm/api-key", tag = "API keys",
    request_body = CreateKeyBody,
    responses((status = 201, description = "The key is accepted from now on", body = NewKeyAnswer),
        (status = 409, description = "What this Idempotency-Key was answered with cannot be shown any more")))]
async fn create_key(
    State(auth): State<Auth>,
    Admin(caller): Admin,
    headers: HeaderMap,
    Json { body, bytes }: Json<CreateKeyBody>,
) -> Result<Response, Problem> {
    let new = New {
        name: body.name.required("name")?,
        description: body.description.optional("description")?,
        roles: Roles::parse(&body.roles.optional("roles")?.unwrap_or_default())?,
        expires_at: body.expires_at.optional("expires_at")?.as_deref().map(expiry).transpose()?,
        created_by: caller.signature().to_owned(),
    };
    let now = auth.inner.clock.now();
    let claim = Claim::of(&headers, format!("{} api-key", caller.scope()), &bytes, now)?;
    let by = auth.clone();
    perform_sealed(&auth, claim, move |tx| {
        Box::pin(async move {
            let (key, text) = super::create_in(tx, now, new).await?;
            Ok(shown_once(&by, StatusCode::CREATED, key, text.reveal()))
        })
    })
    .await
}

/// What is to change about a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeKeyBody {
    /// What people call it
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    name: Given<String>,
    /// What logs call it
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    description: Given<String>,
    /// What it may do beside sending
    #[serde(default)]
    #[schema(value_type = Roles)]
    roles: Given<Vec<String>>,
    /// From when on it is refused; null for never
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Given<String>,
}

/// An API key.
#[derive(Serialize, ToSchema)]
struct KeyAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    api_key: Shown,
}

/// Change an API key
///
/// What is left out stays as it is.
#[utoipa::path(put, path = "/crm/api-key/{id}", tag = "API keys",
    params(("id" = i64, Path, description = "Number of the key", minimum = 1, maximum = 9007199254740991i64)),
    request_body = ChangeKeyBody,
    responses((status = 200, description = "The key as it is now", body = KeyAnswer),
        (status = 404, description = "There is no such key"),
        (status = 409, description = "The key is revoked")))]
async fn change_key(
    State(auth): State<Auth>,
    _admin: Admin,
    Path(id): Path<String>,
    Json { body, .. }: Json<ChangeKeyBody>,
) -> Result<Response, Problem> {
    let change = Change {
        name: body.name.changed("name")?,
        description: body.description.changed("description")?,
        roles: body.roles.changed("roles")?.map(|names| Roles::parse(&names)).transpose()?,
        expires_at: match body.expires_at {
            Given::Absent => None,
            given => Some(given.optional("expires_at")?.as_deref().map(expiry).transpose()?),
        },
    };
    let id = number(&id)?;
    let changed = auth.inner.database.write(move |tx| Box::pin(super::change_in(tx, id, change)));
    let key = changed.await?;
    take_over(&auth).await;
    Ok(Answer::ok(&KeyAnswer { result: "Success", api_key: Shown::stored(&auth, key) }).into_response())
}

/// Revoke an API key
///
/// It is refused from now on and stays in the list as `Revoked`.
#[utoipa::path(delete, path = "/crm/api-key/{id}", tag = "API keys",
    params(("id" = i64, Path, description = "Number of the key", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "The key is refused from now on", body = Done),
        (status = 404, description = "There is no such key")))]
async fn revoke_key(
    State(auth): State<Auth>,
    _admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    super::revoke(&auth.inner.database, auth.inner.clock.now(), number(&id)?).await?;
    take_over(&auth).await;
    Ok(Answer::ok(&Done { result: "Success", message: "API key revoked" }).into_response())
}

/// Replace an API key by a new one
///
/// Name, roles and expiry stay; the old key is dead at once. With an `Idempotency-Key` the answer is kept sealed.
#[utoipa::path(post, path = "/crm/api-key/{id}/regenerate", tag = "API keys",
    params(("id" = i64, Path, description = "Number of the key", minimum = 1, maximum = 9007199254740991i64)),
    responses((status = 200, description = "The new key", body = NewKeyAnswer),
        (status = 404, description = "There is no such key"),
        (status = 409, description = "The key is revoked")))]
async fn regenerate_key(
    State(auth): State<Auth>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let scope = format!("{} api-key/{id}/regenerate", caller.scope());
    let claim = Claim::of(&headers, scope, &[], auth.inner.clock.now())?;
    let by = auth.clone();
    perform_sealed(&auth, claim, move |tx| {
        Box::pin(async move {
            let (key, text) = super::regenerate_in(tx, id).await?;
            Ok(shown_once(&by, StatusCode::OK, key, text.reveal()))
        })
    })
    .await
}

fn shown_once(auth: &Auth, status: StatusCode, key: Key, text: &str) -> Answer {
    let api_key = Shown::stored(auth, key);
    Answer::with(status, &NewKeyAnswer { result: "Success", key: text.to_owned(), api_key })
}

/// Does `work` as [`idempotency::perform`] does, but keeps its answer sealed, because a key stands in it.
async fn perform_sealed<F>(auth: &Auth, asked: Option<Claim>, work: F) -> Result<Response, Problem>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Answer, Problem>> + Send + 'static,
{
    let by = auth.clone();
    let performed = auth.inner.database.write(move |tx| {
        Box::pin(async move {
            let Some(asked) = asked else {
                return work(tx).await.map(IntoResponse::into_response);
            };
            let label = format!("{} {}", asked.scope, asked.key);
            match idempotency::claim(tx, &asked).await? {
                Claimed::Done(kept) => opened(&by, &label, kept),
                Claimed::Reused => Err(idempotency::reused()),
                Claimed::Fresh => {
                    let answer = work(tx).await?;
                    let sealed = by.inner.seal.close(&label, &answer.body);
                    idempotency::fulfil(tx, &asked, answer.status.as_u16(), &sealed).await?;
                    Ok(answer.into_response())
                }
            }
        })
    });
    let response = performed.await?;
    take_over(auth).await;
    Ok(secret(response))
}

fn opened(auth: &Auth, label: &str, kept: Kept) -> Result<Response, Problem> {
    match auth.inner.seal.open(label, &kept.body) {
        Some(body) => Ok(Kept { body, ..kept }.into_response()),
        None => Err(Problem::conflict(
            "This was answered under another secret of the server; list the API keys to see what was made",
        )),
    }
}

/// A change holds before it is answered. What fails here is made good within two seconds.
async fn take_over(auth: &Auth) {
    if let Err(error) = auth.refresh_keys().await {
        tracing::error!(%error, "A change of the API keys is not in force yet: {error:#}");
    }
}

/// A number that no key can have is answered as one that does not exist.
fn number(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| super::missing(text).into())
}

fn expiry(text: &str) -> Result<Instant, Problem> {
    Instant::parse(text).ok_or_else(|| {
        Problem::bad_request("expires_at must be a time in RFC 3339, such as 2030-12-31T18:00:00Z, or null")
    })
}
