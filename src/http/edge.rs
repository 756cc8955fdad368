//! What surrounds every route: bounded body, caught panic, measured and marked answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http_body_util::Limited;
use prometheus_client::encoding::EncodeLabelSet;
use tower::ServiceExt;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::Problem;
use crate::config::Config;
use crate::telemetry::metrics::{Counter, Family, Histogram, REQUEST_SECONDS, Registry};

/// The labels of an answered request; the route is its pattern, so that they stay few.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: Arc<str>,
    status: u16,
}

/// What the edge needs to know of the node.
#[derive(Clone)]
pub struct Edge {
    /// The configuration in force.
    pub settings: Arc<ArcSwap<Config>>,
    /// Requests answered, by method, route and status.
    requests: Family<Answered, Counter>,
    seconds: Histogram,
}

impl Edge {
    /// An edge that counts in `registry`.
    pub fn new(settings: Arc<ArcSwap<Config>>, registry: &Registry) -> Self {
        Self {
            settings,
            requests: registry.counters("belfry_http_requests_total", "Requests answered"),
            seconds: registry.histogram(
                "belfry_http_request_seconds",
                "Time from a request's head to its answer, in seconds",
                REQUEST_SECONDS,
            ),
        }
    }

    /// Puts the edge around `routes`. A path with a slash at its end is served as the one without.
    pub fn around(self, routes: Router) -> Router {
        let cors = cors(self.settings.clone());
        let layer = axum::middleware::from_fn_with_state(self, around);
        let routes = routes.method_not_allowed_fallback(method_not_allowed);
        let without_slash = routes.clone().fallback(not_found).layer(layer.clone());
        routes
            .layer(layer)
            .fallback(move |request: Request| without_slash.clone().oneshot(without_trailing_slash(request)))
            .layer(cors)
    }
}

fn without_trailing_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    if path.len() > 1 && path.ends_with('/') {
        let shorter = path.trim_end_matches('/');
        let shorter = match request.uri().query() {
            Some(query) => format!("{shorter}?{query}"),
            None => shorter.to_owned(),
        };
        if let Ok(uri) = shorter.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    request
}

async fn around(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let request =
        readable(request).and_then(|request| bounded(request, edge.settings.load().limits.body_bytes));
    let mut response = match request {
        Ok(request) => match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => Problem::fault(&panicked(&*panic)).into_response(),
        },
        Err(problem) => problem.into_response(),
    };
    let route: Arc<str> = route.as_ref().map_or("none", MatchedPath::as_str).into();
    mark(response.headers_mut(), &route);
    let answered = Answered { method: known(&method), route, status: response.status().as_u16() };
    edge.requests.get_or_create(&answered).inc();
    edge.seconds.observe(started.elapsed().as_secs_f64());
    response
}

/// The method as a label: a client cannot make up new ones.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|name| *name == method.as_str()).unwrap_or("OTHER")
}

/// A path that is no text leads nowhere; the routes would say so in words of their own.
fn readable(request: Request) -> Result<Request, Problem> {
    let path = request.uri().path();
    if path.contains('%') && String::from_utf8(decoded(path)).is_err() {
        return Err(nowhere(path));
    }
    Ok(request)
}

/// The bytes of a path; a `%` that two hexadecimal digits do not follow stands for itself.
fn decoded(path: &str) -> Vec<u8> {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    bytes
}

/// Refuses a body that says it is too large, and cuts one that turns out to be.
fn bounded(request: Request, most: usize) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    if most > 0 && body.size_hint().lower() > most as u64 {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "The body may hold at most {most} bytes; send less, or raise limits.body_bytes in crm_config.yaml"
            ),
        ));
    }
    let body = if most > 0 && !body.is_end_stream() { Body::new(Limited::new(body, most)) } else { body };
    Ok(Request::from_parts(parts, body))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    format!(
        "a handler panicked: {}",
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    )
}

/// Headers on every answer: nothing is sniffed, framed, cached or told to the next site (security S16).
fn mark(headers: &mut HeaderMap, route: &str) {
    const PAGES: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    let policy =
        if route.starts_with("/crm/docs") { PAGES } else { "default-src 'none'; frame-ancestors 'none'" };
    // The pages of `pages` have a stricter one of their own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

async fn not_found(uri: Uri) -> Problem {
    nowhere(uri.path())
}

fn nowhere(path: &str) -> Problem {
    let path: String = path.chars().take(100).collect();
    Problem::not_found(format!("There is no {path} here; /crm/docs/ lists the routes"))
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "This route does not take this method; the header Allow names those it takes, and /crm/docs/ describes them",
    )
}

/// Pages of other origins may call, if the configuration names them exactly (security S15).
fn cors(settings: Arc<ArcSwap<Config>>) -> CorsLayer {
    let allowed = move |origin: &HeaderValue, _: &axum::http::request::Parts| {
        settings.load().allowed_origins.iter().any(|known| known.as_bytes() == origin.as_bytes())
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([header::RETRY_AFTER, HeaderName::from_static("idempotency-replayed")])
        .max_age(std::time::Duration::from_secs(600))
}
