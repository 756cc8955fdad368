//! The server side: the product, as `belfry serve` runs it, and the routes to compare it with.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Context;
use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use belfry::app::App;
use belfry::auth::{Auth, Caller};
use belfry::clock::{Clock, Instant};
use belfry::config::{Config, DatabaseUrl};
use belfry::http::error::json;
use belfry::http::idempotency::Claim;
use belfry::http::{Json, Problem, server};
use belfry::notification::{NewNotification, Notification, Notifications, SendBody, sent, shown_as};
use belfry::telemetry;
use deadpool_postgres::{Manager, Pool};
use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// As many as the product's own pool has.
const CONNECTIONS: usize = 16;

/// Serves until SIGTERM; ends if the benchmark does.
pub fn serve(config: &Path) -> anyhow::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let config = Config::load(config)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = match config.runtime_threads {
        0 => cores.saturating_sub(1).max(1),
        threads => threads,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    runtime.block_on(serve_until_told(config))
}

async fn serve_until_told(config: Config) -> anyhow::Result<()> {
    let log = telemetry::start(&config.log)?;
    let listener =
        server::listen(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
    let naive = naive_pool(&config.database)?;
    let app = App::open(config, Clock::Real).await?;
    log.register(&app.registry);
    let stop = CancellationToken::new();
    tokio::spawn(stop_when_told(stop.clone()));
    let routes = app.routes_with(routes(&app, naive));
    app.serve_routes(listener, routes, stop).await
}

async fn stop_when_told(stop: CancellationToken) {
    if let Ok(mut terminate) = signal(SignalKind::terminate()) {
        terminate.recv().await;
        stop.cancel();
    }
}

/// Behind an Arc, as the product's own routes have theirs.
#[derive(Clone)]
struct Shared(Arc<Bench>);

struct Bench {
    notifications: Notifications,
    auth: Auth,
    clock: Clock,
    next_id: AtomicI64,
    naive: Option<Pool>,
}

impl FromRef<Shared> for Auth {
    fn from_ref(Shared(bench): &Shared) -> Self {
        bench.auth.clone()
    }
}

fn routes(app: &App, naive: Option<Pool>) -> Router {
    let (notifications, auth, clock) = (app.notifications.clone(), app.auth.clone(), app.clock.clone());
    let bench = Bench { notifications, auth, clock, next_id: AtomicI64::new(0), naive };
    Router::new()
        .route("/bench/ceiling", post(ceiling))
        .route("/bench/one-insert", post(one_insert))
        .with_state(Shared(Arc::new(bench)))
}

/// All that a send does but storing: the same caller, body, claim, log line and answer.
async fn ceiling(
    State(Shared(bench)): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Json<SendBody>, Problem>,
) -> Result<Response, Problem> {
    let now = bench.clock.now();
    let new = judged(&bench, &caller, &headers, body, now)?;
    let id = bench.next_id.fetch_add(1, Ordering::Relaxed) + 1;
    Ok(answer(&caller, id, new, now))
}

/// What one would write first: a pool of connections, and a statement a request that commits by itself.
async fn one_insert(
    State(Shared(bench)): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Json<SendBody>, Problem>,
) -> Result<Response, Problem> {
    let now = bench.clock.now();
    let new = judged(&bench, &caller, &headers, body, now)?;
    let pool = bench.naive.as_ref().ok_or_else(|| Problem::not_found("This route is for PostgreSQL only"))?;
    match insert(pool, &new, now).await.map_err(|error| Problem::fault(&format!("{error:#}")))? {
        Some(id) => Ok(answer(&caller, id, new, now)),
        None => Err(Problem::not_found(format!("User {} not found", new.user_id))),
    }
}

fn judged(
    bench: &Bench,
    caller: &Caller,
    headers: &HeaderMap,
    body: Result<Json<SendBody>, Problem>,
    now: Instant,
) -> Result<Arc<NewNotification>, Problem> {
    caller.may_send(now)?;
    let Json { body, bytes } = body?;
    let new = Arc::new(body.judge(&bench.notifications.types())?.0);
    Claim::of(headers, format!("{} send", caller.scope()), &bytes, now)?;
    Ok(new)
}

fn answer(
    caller: &Caller,
    notification_id: i64,
    content: Arc<NewNotification>,
    created_at: Instant,
) -> Response {
    let (user_id, kind) = (content.user_id, content.kind.clone());
    tracing::info!(
        by = caller.description(),
        status = 201,
        user_id,
        r#type = &*kind,
        notification_id,
        "Sent"
    );
    let notification = Notification {
        id: notification_id,
        content,
        created_at,
        is_read: false,
        read_at: None,
        archived_at: None,
        snoozed_until: None,
    };
    json(StatusCode::CREATED, sent(&shown_as(&notification)))
}

fn naive_pool(database: &DatabaseUrl) -> anyhow::Result<Option<Pool>> {
    let DatabaseUrl::Postgres(url) = database else {
        return Ok(None);
    };
    let manager = Manager::new(url.parse()?, tokio_postgres::NoTls);
    Ok(Some(Pool::builder(manager).max_size(CONNECTIONS).build()?))
}

/// Stores what a send stores, in one statement; `None` if there is no such user.
async fn insert(pool: &Pool, new: &NewNotification, now: Instant) -> anyhow::Result<Option<i64>> {
    let connection = pool.get().await?;
    let statement = connection
        .prepare_cached(
            "WITH inbox AS (
                UPDATE inboxes SET head_seq = head_seq + 1, indexed_seq = head_seq + 1,
                    unread_count = unread_count + 1, revision = revision + 1
                WHERE user_id = $1 RETURNING head_seq),
             stored AS (
                INSERT INTO notification_contents (user_id, seq, type, title, message, link, metadata,
                    related_ticket_id, related_user_id, created_at)
                SELECT $1, head_seq, $2, $3, $4, $5, $6, $7, $8, $9 FROM inbox RETURNING id, user_id, seq, type)
             INSERT INTO inbox_items (user_id, shelf, seq, notification_id, type)
             SELECT user_id, 0, seq, id, type FROM stored RETURNING notification_id",
        )
        .await?;
    let row = connection
        .query_opt(
            &statement,
            &[
                &new.user_id,
                &&*new.kind,
                &new.title,
                &new.message,
                &new.link,
                &new.metadata,
                &new.related_ticket_id,
                &new.related_user_id,
                &now.0,
            ],
        )
        .await?;
    Ok(row.map(|row| row.get(0)))
}
