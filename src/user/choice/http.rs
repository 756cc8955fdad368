//! The route that exchanges a webhook's signing secret for another.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store;
use super::webhook::OLD_SECRET_SIGNS_FOR;
use crate::auth::Person;
use crate::clock::Instant;
use crate::http::idempotency::{self, Answer, Claim, Claimed, Kept};
use crate::http::{Problem, Raw};
use crate::storage::Tx;
use crate::user::http::Shared;
use crate::user::{Users, missing};

/// All routes of webhooks.
pub(in crate::user) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(rotate_secret))
}

/// The new secret.
#[derive(Serialize, ToSchema)]
struct SecretAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// What signs from now on
    #[schema(pattern = "^whsec_[A-Za-z0-9+/]{43}=$")]
    webhook_secret: String,
    /// Until when the secret before it signs too
    #[schema(format = DateTime)]
    old_secret_until: String,
}

/// What is kept of an answer: the secret itself is not.
#[derive(Serialize, Deserialize)]
struct Rotated {
    generation: i64,
    at: i64,
}

impl Rotated {
    fn answer(&self, users: &Users, user_id: i64) -> Answer {
        Answer::ok(&SecretAnswer {
            result: "Success",
            webhook_secret: users.vault.secret(user_id, self.generation),
            old_secret_until: Instant(self.at).plus(OLD_SECRET_SIGNS_FOR).to_rfc3339(),
        })
    }
}

/// Exchange the secret that signs one's webhooks for another
///
/// For 24 hours what is sent bears both signatures, so that the receiver can change over meanwhile. Whatever
/// the body says.
#[utoipa::path(post, path = "/crm/user/me/webhook-secret", tag = "users",
    responses((status = 200, description = "The new secret", body = SecretAnswer)))]
async fn rotate_secret(
    State(Shared { users, .. }): State<Shared>,
    person: Person,
    headers: HeaderMap,
    Raw(bytes): Raw,
) -> Result<Response, Problem> {
    let now = users.clock.now();
    let claim = Claim::of(&headers, format!("user:{} webhook-secret", person.id), &bytes, now)?;
    let by = users.clone();
    let rotated = users.database.write(move |tx| {
        Box::pin(async move {
            let Some(claim) = claim else {
                return Ok(rotate_in(tx, now, person.id).await?.answer(&by, person.id).into_response());
            };
            match idempotency::claim(tx, &claim).await? {
                Claimed::Reused => Err(idempotency::reused()),
                Claimed::Done(kept) => Ok(again(kept, &by, person.id)),
                Claimed::Fresh => {
                    let rotated = rotate_in(tx, now, person.id).await?;
                    let kept = serde_json::to_string(&rotated).expect("two numbers are plain JSON");
                    idempotency::fulfil(tx, &claim, 200, &kept).await?;
                    Ok(rotated.answer(&by, person.id).into_response())
                }
            }
        })
    });
    rotated.await
}

async fn rotate_in(tx: &mut Tx, now: Instant, user_id: i64) -> Result<Rotated, Problem> {
    let generation = store::rotate(tx, user_id, now).await?.ok_or_else(|| missing(user_id))?;
    Ok(Rotated { generation, at: now.0 })
}

/// The answer as it was given, with the secret made anew.
fn again(kept: Kept, users: &Users, user_id: i64) -> Response {
    match serde_json::from_str::<Rotated>(&kept.body) {
        Ok(rotated) => {
            let body = rotated.answer(users, user_id).body;
            Kept { status: kept.status, body }.into_response()
        }
        Err(error) => Problem::fault(&error).into_response(),
    }
}
