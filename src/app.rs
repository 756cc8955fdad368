//! What a running node holds: open, routes, run, stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::audit::Audit;
use crate::auth::Auth;
use crate::channel::email::Email;
use crate::channel::{self, Channels};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::{self, Deliveries, Mailbag};
use crate::event::{self, Events};
use crate::http::edge::Edge;
use crate::http::{Problem, docs, pages, server};
use crate::live::{self, Live};
use crate::notification::types::Types;
use crate::notification::{self, Notifications};
use crate::outbound::Outbound;
use crate::record::{Modules, Records};
use crate::schedule::{self, Job};
use crate::settings::{self, Groups, Settings};
use crate::storage::{Database, Purpose};
use crate::telemetry::metrics::{self, Registry};
use crate::template::custom::{self, Templates};
use crate::template::pdf::Press;
use crate::trigger::{self, Triggers};
use crate::user::Users;
use crate::{audit, auth, record, secret, user};

/// A node: everything between an open database and its routes. Clones are the same node.
#[derive(Clone)]
pub struct App {
    /// The configuration in force.
    pub settings: Arc<ArcSwap<Config>>,
    /// What administrators set while it runs.
    pub administration: Settings,
    /// The ways out.
    pub deliveries: Deliveries,
    mailbag: Arc<Mutex<Option<Mailbag>>>,
    email: Email,
    outbound: Outbound,
    /// Its clock.
    pub clock: Clock,
    /// Its database.
    pub database: Database,
    /// The inboxes.
    pub notifications: Notifications,
    /// Records of the CRM.
    pub records: Records,
    /// What happens beside their changes.
    pub events: Events,
    /// What decides who hears of both.
    pub triggers: Triggers,
    /// The templates that administrators make.
    pub templates: Templates,
    /// Open streams.
    pub live: Live,
    /// Who may do what.
    pub auth: Auth,
    /// People and groups.
    pub users: Users,
    /// What is counted.
    pub registry: Registry,
    connections: Arc<server::Connections>,
    ready: Arc<AtomicBool>,
}

impl App {
    /// Opens the database of a node and everything that stands on it.
    ///
    /// # Errors
    /// A database that cannot be opened, a data folder that cannot be written.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Self> {
        Self::open_with(config, clock, Press::of_this_program()?).await
    }

    /// The same, with PDFs that are printed by this press: a test is not the program that prints.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open_with(config: Config, clock: Clock, press: Press) -> anyhow::Result<Self> {
        let registry = Registry::new(clock.now());
        let database = Database::open(&config.database, Purpose::Serve)
            .await
            .context("the database cannot be opened")?;
        let token_secret = secret::load_or_make(&config.data_dir.join("secrets"), "token.key")?;
        let auth = Auth::open(database.clone(), clock.clone(), token_secret, &config).await?;
        let live = Live::new(clock.clone(), &config.limits, &registry);
        let settings = Arc::new(ArcSwap::from_pointee(config.clone()));
        let seal_key = secret::load_or_make(&config.data_dir.join("secrets"), "seal.key")?;
        let seal = Arc::new(secret::Seal::new(&seal_key));
        let email = Email::new(config.smtp.clone()).with_press(press.clone());
        let templates =
            Templates::open(database.clone(), clock.clone(), press).await.context("reading the templates")?;
        let outbound = Outbound::new(&config.outbound, &config.public_url)?;
        let channels = channels(&email, &outbound, &config);
        let types: user::KnownTypes = {
            let settings = settings.clone();
            Arc::new(move || {
                Types::with(&settings.load().notification_types).names().map(str::to_owned).collect()
            })
        };
        let users = Users::new(
            database.clone(),
            clock.clone(),
            auth.clone(),
            channels.clone(),
            types.clone(),
            seal.clone(),
        );
        let against = Arc::new(delivery::settings::Against { types, channels: channels.clone() });
        let modules = Modules::with(&config.record_modules);
        let groups = Groups::default().with::<delivery::settings::Settings>(against);
        let groups = groups.with::<record::settings::Audit>(modules.clone());
        let groups = groups.with::<record::duplicates::DuplicateSettings>(modules.clone());
        let groups = groups.with::<user::security::Security>(config.auth.max_failed_logins);
        let groups = groups.with::<user::company::Company>(());
        let groups = trigger::settings(groups, &trigger::Against { modules: modules.names() });
        let administration = Settings::open(database.clone(), clock.clone(), seal, groups)
            .await
            .context("reading the settings")?;
        administration.judged_by(Arc::new(user::references::References));
        templates.used_by(Arc::new(administration.clone()));
        let parts = delivery::Parts {
            database: database.clone(),
            clock: clock.clone(),
            users: users.clone(),
            channels,
            settings: administration.clone(),
        };
        let (deliveries, mailbag) = Deliveries::new(parts, &config, &registry);
        let notifications = Notifications::open(
            database.clone(),
            clock.clone(),
            &config,
            live.clone(),
            deliveries.clone(),
            &registry,
        )
        .await
        .context("reading the inboxes")?;
        let records = Records::new(
            database.clone(),
            clock.clone(),
            modules,
            administration.clone(),
            notifications.clone(),
            config.public_url.clone(),
        );
        let events = Events::new(database.clone(), clock.clone(), records.clone(), administration.clone());
        auth.watched_by(Arc::new(events.clone()));
        let triggers = Triggers::new(trigger::Parts {
            database: database.clone(),
            clock: clock.clone(),
            notifications: notifications.clone(),
            deliveries: deliveries.clone(),
            records: records.clone(),
            events: events.clone(),
            settings: administration.clone(),
            public_url: config.public_url.clone(),
        });
        let connections = Arc::new(server::Connections::default());
        registry.register_collector(server::Counted(connections.clone()));
        Ok(Self {
            settings,
            administration,
            deliveries,
            mailbag: Arc::new(Mutex::new(Some(mailbag))),
            email,
            outbound,
            clock,
            database,
            notifications,
            records,
            events,
            triggers,
            templates,
            live,
            auth,
            users,
            registry,
            connections,
            ready: Arc::new(AtomicBool::new(true)),
        })
    }

    /// The OpenAPI document of this node.
    pub fn document(&self) -> utoipa::openapi::OpenApi {
        let (_, api) = self.api().split_for_parts();
        docs::complete(api, self.notifications.types().names())
    }

    fn api(&self) -> OpenApiRouter {
        #[derive(OpenApi)]
        struct Document;
        OpenApiRouter::with_openapi(Document::openapi())
            .merge(notification::routes(self.notifications.clone(), self.auth.clone()))
            .merge(record::routes(self.records.clone(), self.auth.clone()))
            .merge(event::routes(self.events.clone(), self.auth.clone()))
            .merge(trigger::routes(self.triggers.clone(), self.auth.clone()))
            .merge(audit::routes(Audit::new(self.database.clone()), self.auth.clone()))
            .merge(live::routes(self.live.clone(), self.auth.clone()))
            .merge(user::routes(self.users.clone(), self.auth.clone()))
            .merge(delivery::routes(self.deliveries.clone(), self.auth.clone()))
            .merge(settings::routes(self.administration.clone(), self.auth.clone()))
            .merge(custom::routes(self.templates.clone(), self.auth.clone()))
            .merge(auth::routes(self.auth.clone()))
            .merge(node_routes(self.clone()))
    }

    /// Every route of the node, with its edge.
    pub fn routes(&self) -> Router {
        self.routes_with(Router::new())
    }

    /// Every route of the node and `more`: for benches that measure the edge alone.
    pub fn routes_with(&self, more: Router) -> Router {
        let (routes, _) = self.api().split_for_parts();
        let pages = pages::routes(self.settings.load().demo);
        let routes = routes.merge(docs::routes(self.document())).merge(pages).merge(more);
        Edge::new(self.settings.clone(), &self.registry).around(routes)
    }

    /// Takes over a changed configuration: keys, types, limits, retention. Returns what else was changed and
    /// takes effect after a restart only.
    pub fn reload(&self, config: Config) -> Vec<&'static str> {
        let before = self.settings.load_full();
        let left = [
            ("listen", before.listen != config.listen),
            ("database_url", before.database != config.database),
            ("data_dir", before.data_dir != config.data_dir),
            ("log", before.log != config.log),
            ("auth.max_failed_logins", before.auth.max_failed_logins != config.auth.max_failed_logins),
            ("runtime_threads", before.runtime_threads != config.runtime_threads),
        ];
        self.auth.reload(&config);
        self.notifications.reload(&config);
        self.deliveries.reload(&config);
        self.email.reload(config.smtp.clone());
        self.outbound.reload(&config.outbound);
        self.live.reload(&config.limits);
        self.settings.store(Arc::new(config));
        left.into_iter().filter_map(|(name, changed)| changed.then_some(name)).collect()
    }

    /// What is done again and again.
    pub fn jobs(&self) -> Vec<Job> {
        let job = |name, every, work: fn(App) -> _| {
            let app = self.clone();
            Job::new(name, every, move || work(app.clone()))
        };
        vec![
            job("waking what was snoozed", Duration::from_millis(500), |app| {
                boxed(async move { app.wake_snoozed().await })
            }),
            job("computing timers anew", Duration::from_secs(1), |app| {
                boxed(async move { app.renew_timers().await })
            }),
            Job::alarm("firing timers", self.clock.clone(), self.triggers.bell(), {
                let triggers = self.triggers.clone();
                move || {
                    let triggers = triggers.clone();
                    async move { Ok(triggers.fire_due().await?) }
                }
            }),
            Job::alarm("looking for duplicates", self.clock.clone(), self.records.duplicates_bell(), {
                let records = self.records.clone();
                move || {
                    let records = records.clone();
                    async move { Ok(records.check_duplicates().await?) }
                }
            }),
            job("refreshing API keys", Duration::from_secs(1), |app| {
                boxed(async move { app.refresh_keys().await })
            }),
            job("refreshing settings", Duration::from_secs(1), |app| {
                boxed(async move { app.refresh_settings().await })
            }),
            job("looking after streams", Duration::from_secs(1), |app| {
                boxed(async move { app.look_after_streams().await })
            }),
            job("looking for news of other nodes", Duration::from_secs(2), |app| {
                boxed(async move { app.look_for_news().await })
            }),
            job("noting when keys were used", Duration::from_secs(30), |app| {
                boxed(async move { app.note_use().await })
            }),
            job("counting deliveries", Duration::from_secs(15), |app| {
                boxed(async move { app.count_deliveries().await })
            }),
            job("retention", Duration::from_secs(3600), |app| boxed(async move { app.expire().await })),
        ]
    }

    async fn wake_snoozed(self) -> anyhow::Result<()> {
        self.notifications.wake_snoozed().await.map(|_| ()).map_err(Into::into)
    }

    async fn renew_timers(self) -> anyhow::Result<()> {
        Ok(self.triggers.renew_timers().await?)
    }

    async fn refresh_keys(self) -> anyhow::Result<()> {
        self.auth.refresh_keys().await
    }

    async fn refresh_settings(self) -> anyhow::Result<()> {
        Ok(self.administration.refresh().await?)
    }

    async fn look_after_streams(self) -> anyhow::Result<()> {
        Ok(self.live.look_after(&self.auth).await?)
    }

    async fn look_for_news(self) -> anyhow::Result<()> {
        Ok(self.notifications.look_for_news().await?)
    }

    async fn note_use(self) -> anyhow::Result<()> {
        self.auth.flush_last_use().await
    }

    async fn count_deliveries(self) -> anyhow::Result<()> {
        Ok(self.deliveries.measure().await?)
    }

    async fn expire(self) -> anyhow::Result<()> {
        self.auth.forget_expired_sessions().await?;
        let retention = self.settings.load().retention.clone();
        let forgotten = self.deliveries.expire(retention.deliveries_days).await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "Retention removed {forgotten} deliveries from the log");
        }
        self.triggers.expire().await?;
        Audit::new(self.database.clone()).expire(self.clock.now(), retention.history_days).await?;
        self.events.expire(retention.history_days).await?;
        self.events.expire_comments(retention.history_days).await?;
        let removed = self.notifications.expire(retention).await?;
        if removed > 0 {
            tracing::info!(removed, "Retention removed {removed} notifications");
        }
        Ok(())
    }

    /// Does everything that is due: what a test calls after it moved the clock.
    pub async fn tick(&self) {
        schedule::run_once(&self.jobs()).await;
        self.deliveries.drain().await;
    }

    /// Serves until `stop`, then finishes what is in flight and closes the database.
    ///
    /// # Errors
    /// A listener that fails for good.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
        self.serve_routes(listener, self.routes(), stop).await
    }

    /// As [`App::serve`], with routes of the caller's.
    ///
    /// # Errors
    /// A listener that fails for good.
    pub async fn serve_routes(
        &self,
        listener: TcpListener,
        routes: Router,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let tasks = TaskTracker::new();
        let _ends = Ended(self.clone());
        schedule::start(self.jobs(), &tasks, &stop);
        let mailbag = self.mailbag.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mailbag) = mailbag {
            tasks.spawn(self.deliveries.clone().run(mailbag, stop.clone()));
        }
        let unready = self.clone();
        let stopping = stop.clone();
        tasks.spawn(async move {
            stopping.cancelled().await;
            unready.ready.store(false, Ordering::SeqCst);
            unready.live.stop();
        });
        server::serve(listener, routes, self.options(), self.connections.clone(), stop.clone()).await?;
        stop.cancel();
        tasks.close();
        tasks.wait().await;
        self.auth.flush_last_use().await?;
        self.database.close().await;
        Ok(())
    }

    fn options(&self) -> server::Options {
        let settings = self.settings.clone();
        let limits = self.settings.load().limits.clone();
        server::Options {
            connections: limits.connections,
            connections_per_address: limits.connections_per_address,
            header_timeout: limits.header_timeout,
            body_timeout: limits.body_timeout,
            idle_timeout: limits.idle_timeout,
            shutdown_timeout: limits.shutdown_timeout,
            trusted_proxies: Arc::new(move |address| {
                settings.load().trusted_proxies.iter().any(|range| range.contains(address))
            }),
        }
    }
}

/// Lets go of what refers to each other once a node has ended, also where it was not let come to its end.
struct Ended(App);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.live.let_go();
        self.0.deliveries.let_go();
        self.0.records.let_go();
        self.0.events.let_go();
        self.0.auth.let_go();
    }
}

/// Every way out: one line each.
fn channels(email: &Email, outbound: &Outbound, config: &Config) -> Channels {
    Channels::of(
        outbound.clone(),
        vec![
            Box::new(email.clone()),
            Box::new(channel::teams::Teams::new(outbound.clone())),
            Box::new(channel::ringcentral::RingCentral::new(outbound.clone())),
            Box::new(channel::slack::Slack::new(outbound.clone())),
            Box::new(channel::google_chat::GoogleChat::new(outbound.clone())),
            Box::new(channel::webhook::Webhook::new(outbound.clone(), config.outbound.webhook_per_second)),
        ],
    )
}

/// How a node is.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "stands for its schema only")]
struct Health {
    /// `ok` or `ready`
    status: String,
}

type Work = futures_util::future::BoxFuture<'static, anyhow::Result<()>>;

fn boxed(work: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> Work {
    Box::pin(work)
}

fn node_routes(app: App) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(show_metrics))
        .routes(routes!(is_alive))
        .routes(routes!(is_ready))
        .with_state(app)
}

/// Metrics as Prometheus text
///
/// Without authentication: close it at the proxy.
#[utoipa::path(get, path = "/crm/metrics", tag = "node",
    responses((status = 200, description = "Every metric", body = String, content_type = metrics::CONTENT_TYPE)))]
async fn show_metrics(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], app.registry.encode()).into_response()
}

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", tag = "node", responses((status = 200, description = "It does", body = Health)))]
async fn is_alive() -> Response {
    crate::http::error::json(StatusCode::OK, r#"{"status":"ok"}"#)
}

/// Whether requests may be sent here: the database answers and the node is not stopping
#[utoipa::path(get, path = "/readyz", tag = "node", responses((status = 200, description = "They may", body = Health)))]
async fn is_ready(State(app): State<App>) -> Response {
    if !app.ready.load(Ordering::SeqCst) {
        return Problem::unavailable("This node is stopping; send the request to another", 5).into_response();
    }
    match app.database.answers(Duration::from_secs(2)).await {
        true => crate::http::error::json(StatusCode::OK, r#"{"status":"ready"}"#),
        false => Problem::unavailable("The database does not answer; look at the log", 5).into_response(),
    }
}
