//! The routes behind an unsubscribe link. Mail programs follow them too, so looking changes nothing.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page::{Page, STYLE};
use super::{language_of, unsubscribe_in};
use crate::http::{Problem, Raw};
use crate::storage::Error;
use crate::user::http::Shared;

/// Everything that the pages may do: their sheet, and their one form.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// All routes of unsubscribing.
pub(in crate::user) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(ask_to_unsubscribe, unsubscribe))
        .route("/crm/unsubscribe.css", get(style))
}

/// Ask whether e-mails of a type are to end
///
/// A small page with one button. It changes nothing: mail programs look at links before people do.
#[utoipa::path(get, path = "/crm/unsubscribe/{token}", tag = "unsubscribe", security(()),
    params(("token" = String, Path, description = "From the link in an e-mail", pattern = "^[A-Za-z0-9_-]+$")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 404, description = "The token is not ours, or its user is gone", body = String, content_type = "text/html")))]
async fn ask_to_unsubscribe(
    State(Shared { users, .. }): State<Shared>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let Some(wish) = users.tokens.read(&token) else {
        return Ok(lost());
    };
    let asked = wish.clone();
    let language =
        users.database.read::<_, Error, _>(move |tx| Box::pin(async move { language_of(tx, &asked).await }));
    Ok(match language.await? {
        Some(language) => page(StatusCode::OK, Page::Asks(&wish.kind), &language),
        None => lost(),
    })
}

/// End e-mails of a type
///
/// By the button of the page, or by a mail program in one step (RFC 8058). Whatever the body says; doing it again
/// changes nothing more.
#[utoipa::path(post, path = "/crm/unsubscribe/{token}", tag = "unsubscribe", security(()),
    params(("token" = String, Path, description = "From the link in an e-mail", pattern = "^[A-Za-z0-9_-]+$")),
    responses((status = 200, description = "They have ended", body = String, content_type = "text/html"),
        (status = 404, description = "The token is not ours, or its user is gone", body = String, content_type = "text/html")))]
async fn unsubscribe(
    State(Shared { users, .. }): State<Shared>,
    Path(token): Path<String>,
    _: Raw,
) -> Result<Response, Problem> {
    let Some(wish) = users.tokens.read(&token) else {
        return Ok(lost());
    };
    let (asked, now) = (wish.clone(), users.clock.now());
    let language =
        users.database.write(move |tx| Box::pin(async move { unsubscribe_in(tx, now, &asked).await }));
    Ok(match language.await? {
        Some(language) => {
            tracing::info!(
                user_id = wish.user_id,
                r#type = wish.kind,
                "A user unsubscribed by a link in an e-mail"
            );
            page(StatusCode::OK, Page::Done(&wish.kind), &language)
        }
        None => lost(),
    })
}

async fn style() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, STYLE).into_response()
}

fn lost() -> Response {
    page(StatusCode::NOT_FOUND, Page::Lost, "en")
}

fn page(status: StatusCode, page: Page<'_>, language: &str) -> Response {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, html), (header::CONTENT_SECURITY_POLICY, POLICY)], page.html(language))
        .into_response()
}
