//! The same key and body: the same answer.
//!
//! The key is claimed and its answer kept in the transaction that does the work, so there is never one
//! without the other (promise P3). Failures are not kept: nothing was done, so the request may be sent again.

mod store;

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;

use super::Problem;
use super::error::json;
use crate::clock::Instant;
use crate::secret::sha256_hex;
use crate::storage::{Database, Error, Tx};

pub use store::{forget_before, fulfil, release};

/// How long an answer is kept.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// A request that wants to happen once.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Who asks, and by which route.
    pub scope: String,
    /// The caller's key.
    pub key: String,
    /// SHA-256 of the body.
    pub fingerprint: String,
    /// When it was asked.
    pub now: Instant,
}

impl Claim {
    /// The claim that a request makes by its `Idempotency-Key`, if it has one.
    ///
    /// # Errors
    /// 400 if the key is empty, longer than 255 characters or not visible ASCII.
    pub fn of(
        headers: &HeaderMap,
        scope: String,
        body: &[u8],
        now: Instant,
    ) -> Result<Option<Self>, Problem> {
        let Some(value) = headers.get(HEADER) else {
            return Ok(None);
        };
        let key = value.to_str().unwrap_or_default();
        if key.len() > 255 || key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Problem::bad_request(
                "Idempotency-Key must be 1 to 255 visible ASCII characters; a UUID is a good one",
            ));
        }
        Ok(Some(Self { scope, key: key.to_owned(), fingerprint: sha256_hex(body), now }))
    }
}

/// What a claim found.
#[derive(Debug)]
pub enum Claimed {
    /// Nobody used the key: do the work, then [`fulfil`] or [`release`] it.
    Fresh,
    /// The work was done: this is its answer.
    Done(Kept),
    /// The key was used for another body.
    Reused,
}

/// An answer that was kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its status.
    pub status: u16,
    /// Its JSON text.
    pub body: String,
}

impl IntoResponse for Kept {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = json(status, self.body);
        response
            .headers_mut()
            .insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
        response
    }
}

/// 422: the key was used for another body.
pub fn reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used with another body; use a new key for a new request",
    )
}

/// Claims a key in the transaction that is to do its work.
///
/// # Errors
/// What the database says.
pub async fn claim(tx: &mut Tx, claim: &Claim) -> Result<Claimed, Error> {
    if store::insert(tx, claim).await? {
        return Ok(Claimed::Fresh);
    }
    let Some(found) = store::find(tx, claim).await? else {
        return Err(Error::Unavailable("an idempotency key vanished while it was read".to_owned()));
    };
    if found.created_at < claim.now.minus(KEPT_FOR) {
        store::renew(tx, claim).await?;
        return Ok(Claimed::Fresh);
    }
    if found.fingerprint != claim.fingerprint {
        return Ok(Claimed::Reused);
    }
    Ok(Claimed::Done(found.kept))
}

/// A successful answer, made inside the transaction that did the work.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its JSON text.
    pub body: String,
}

impl Answer {
    /// 200 with this body.
    pub fn ok(body: &impl serde::Serialize) -> Self {
        Self::with(StatusCode::OK, body)
    }

    /// Any status with this body.
    pub fn with(status: StatusCode, body: &impl serde::Serialize) -> Self {
        Self { status, body: serde_json::to_string(body).expect("answers are plain structs") }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        json(self.status, self.body)
    }
}

/// Does `work` in a transaction: once, where the request claims a key.
///
/// # Errors
/// What `work` says, or 422 for a key that was used with another body.
pub async fn perform<F>(database: &Database, asked: Option<Claim>, work: F) -> Result<Response, Problem>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<Answer, Problem>> + Send + 'static,
{
    database
        .write(move |tx| {
            Box::pin(async move {
                let Some(asked) = asked else {
                    return work(tx).await.map(IntoResponse::into_response);
                };
                match claim(tx, &asked).await? {
                    Claimed::Done(kept) => Ok(kept.into_response()),
                    Claimed::Reused => Err(reused()),
                    Claimed::Fresh => {
                        let answer = work(tx).await?;
                        fulfil(tx, &asked, answer.status.as_u16(), &answer.body).await?;
                        Ok(answer.into_response())
                    }
                }
            })
        })
        .await
}
