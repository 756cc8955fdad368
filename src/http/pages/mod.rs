//! The pages that `npm run build` makes in `web/dist`: the notification centre, the bell, the demo's CRM and outbox.
//!
//! Release builds hold them; debug builds read them from disk, so that a page can be worked on beside a running
//! server. Each file is served as the build compressed it, by ETag or for ever. Without the files the server works
//! all the same, and the pages say what to do.

mod negotiate;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use rust_embed::Embed;

use super::Problem;
use crate::secret::{self, Digest};
use negotiate::{Encoding, accepted, is_known};

/// Everything that a page may do: no script, style or request but our own, no HTML made from text, and nobody may
/// frame it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);

/// As [`POLICY`], for the page that shows caught e-mails in a frame, where each has a policy of its own.
const FRAMING_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     font-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
);

/// The centre's own paths: it looks at the address itself.
const CENTRE: [&str; 11] = [
    "/",
    "/inbox",
    "/records",
    "/records/{*path}",
    "/duplicates",
    "/support",
    "/profile",
    "/about",
    "/sign-in",
    "/administration",
    "/administration/{*path}",
];

/// The pretend CRM's page, and its records, to which the demo's notifications lead.
const DEMO: [&str; 8] = [
    "/demo/crm",
    "/accounts/{id}",
    "/invoices",
    "/invoices/{id}",
    "/monitoring/{id}",
    "/payments/{id}",
    "/services/{id}",
    "/tickets/{id}",
];

/// The page that shows what the demo sent. What was sent is added by the command that catches it.
const OUTBOX: &str = "/demo/outbox";

/// Files of the build that never change under their name, since it holds a hash of what is in them.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Kept, and asked for again each time: a 304 is short.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

#[derive(Embed)]
#[folder = "web/dist"]
#[allow_missing = true]
#[exclude = "*.map"]
struct Dist;

/// A file of the build.
pub(super) struct File {
    bytes: Cow<'static, [u8]>,
    digest: Digest,
}

/// Finds a file of the build by its path below `web/dist`.
type Find = fn(&str) -> Option<File>;

fn find(path: &str) -> Option<File> {
    let file = Dist::get(path)?;
    Some(File { digest: file.metadata.sha256_hash(), bytes: file.data })
}

/// The routes of every page; with `demo` those of the pretend CRM too.
pub fn routes(demo: bool) -> Router {
    routes_of(find, demo)
}

fn routes_of(find: Find, demo: bool) -> Router {
    let mut routes = Router::new();
    for path in CENTRE {
        routes = routes.route(path, page(find, "index.html"));
    }
    if demo {
        for path in DEMO {
            routes = routes.route(path, page(find, "demo/crm.html"));
        }
        routes = routes.route(OUTBOX, page_with(find, "demo/outbox.html", FRAMING_POLICY));
    }
    routes.route("/belfry-bell.js", bell(find)).route("/assets/{*path}", assets(find))
}

fn page(find: Find, path: &'static str) -> MethodRouter {
    page_with(find, path, POLICY)
}

fn page_with(find: Find, path: &'static str, policy: HeaderValue) -> MethodRouter {
    get(async move |headers: HeaderMap| {
        let mut response = serve(find, path, &headers, ASK_AGAIN).unwrap_or_else(not_built);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        response
    })
}

/// The one file that other sites' pages load: any may.
fn bell(find: Find) -> MethodRouter {
    get(async move |headers: HeaderMap| {
        let mut response = serve(find, "belfry-bell.js", &headers, ASK_AGAIN).unwrap_or_else(not_built);
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        response
    })
}

fn assets(find: Find) -> MethodRouter {
    get(async move |Path(path): Path<String>, headers: HeaderMap| {
        let path = format!("assets/{path}");
        let served = if is_plain(&path) { serve(find, &path, &headers, FOR_EVER) } else { None };
        served.unwrap_or_else(|| {
            Problem::not_found("There is no such file; load the page again, it names those that there are")
                .into_response()
        })
    })
}

/// Whether a path leads down only, to a file that is served by itself.
fn is_plain(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    path.split('/').all(is_name) && Encoding::ALL.iter().all(|encoding| !path.ends_with(encoding.suffix()))
}

/// The file as the asker takes it, or word that they have it. `None`: there is none.
fn serve(find: Find, path: &str, asked: &HeaderMap, cache: HeaderValue) -> Option<Response> {
    let compressed = accepted(asked).find_map(|encoding| {
        find(&format!("{path}{}", encoding.suffix())).map(|file| (Some(encoding), file))
    });
    let (encoding, file) = compressed.or_else(|| find(path).map(|file| (None, file)))?;
    let tag = format!("\"{}\"", secret::hex(&file.digest[..16]));
    let mut response = if is_known(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(body(file.bytes).into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag.parse().expect("a tag is hexadecimal"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(header::CACHE_CONTROL, cache);
    Some(response)
}

fn body(bytes: Cow<'static, [u8]>) -> Bytes {
    match bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn not_built() -> Response {
    let said = "The pages are not built yet: run `make pages` and start the server again (a release build holds \
                those that were there when it was built).\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], said).into_response()
}
