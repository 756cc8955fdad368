//! `belfry serve`: runs a node until it is told to stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::demo::Routes;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::server;
use crate::telemetry;

pub(super) fn serve(path: &Path) -> anyhow::Result<()> {
    let config = super::load(path)?;
    let path = path.to_owned();
    let prepare = |app: App, _| -> Prepared {
        Box::pin(async move {
            hint_at_first_admin(&app).await?;
            Ok(Routes::new())
        })
    };
    run(config, Clock::Real, prepare, Some(path))
}

/// Routes that are served beside those of the node.
pub(super) type Prepared = futures_util::future::BoxFuture<'static, anyhow::Result<Routes>>;

/// What is done between opening and serving; it is told where the server listens.
type Prepare = dyn FnOnce(App, SocketAddr) -> Prepared;

/// Opens a node, prepares it and serves until SIGTERM or SIGINT. SIGHUP reads `reload_from` again.
pub(super) fn run(
    config: Config,
    clock: Clock,
    prepare: impl FnOnce(App, SocketAddr) -> Prepared + 'static,
    reload_from: Option<PathBuf>,
) -> anyhow::Result<()> {
    runtime(config.runtime_threads)?.block_on(serve_until_told(config, clock, Box::new(prepare), reload_from))
}

/// One thread less than there are cores: measured, one beats two on two cores that are shared with the load.
pub(super) fn runtime(threads: usize) -> anyhow::Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if threads == 0 { cores.saturating_sub(1).max(1) } else { threads };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    Ok(runtime)
}

async fn serve_until_told(
    config: Config,
    clock: Clock,
    prepare: Box<Prepare>,
    reload_from: Option<PathBuf>,
) -> anyhow::Result<()> {
    let log = Arc::new(telemetry::start(&config.log)?);
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let listen = config.listen;
    let listener = server::listen(listen).with_context(|| {
        format!("cannot listen on {listen}; stop what listens there, or name another address (listen: in the configuration, --listen for the demo)")
    })?;
    // A port of 0 has become a real one.
    let listen = listener.local_addr()?;
    let app = App::open(config, clock).await?;
    log.register(&app.registry);
    let more = prepare(app.clone(), listen).await?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_when_told(stop.clone()));
    tokio::spawn(reload_when_told(app.clone(), log.clone(), reload_from));
    tokio::spawn(watch_log(log.clone()));
    tracing::info!(%listen, version = env!("CARGO_PKG_VERSION"), "Belfry serves at http://{listen}");
    app.serve_routes(listener, app.routes_with(more), stop).await?;
    tracing::info!("Belfry has stopped");
    Ok(())
}

async fn stop_when_told(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("Told to stop: finishing what is in flight");
    stop.cancel();
}

async fn reload_when_told(app: App, log: Arc<telemetry::Guard>, path: Option<PathBuf>) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else {
        return;
    };
    while hangup.recv().await.is_some() {
        log.reopen();
        let Some(path) = &path else {
            continue;
        };
        match Config::load(path) {
            Ok(config) => {
                let left = app.reload(config);
                tracing::info!("Took over {}: keys, types, limits, retention", path.display());
                if !left.is_empty() {
                    tracing::warn!("Changed too, but taken over at the next start only: {}", left.join(", "));
                }
            }
            Err(error) => {
                tracing::error!(%error, "The configuration is unchanged, for it has mistakes: {error}")
            }
        }
    }
}

async fn watch_log(log: Arc<telemetry::Guard>) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    loop {
        minutes.tick().await;
        log.warn_of_dropped_lines();
    }
}

async fn hint_at_first_admin(app: &App) -> anyhow::Result<()> {
    if !crate::user::any_admin(&app.database).await? {
        tracing::warn!(
            "There is no administrator yet; make one with: belfry user add --email you@example.com --name You --role admin --password-stdin"
        );
    }
    Ok(())
}
