//! A little world with a running server in it, a clock that is moved by hand, and verbs.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use belfry::app::App;
use belfry::clock::{Clock, Instant};
use belfry::config::{Config, ConfiguredKey, DatabaseUrl};
use belfry::http::server;
use belfry::template::pdf::{Limits, Press};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Any API key of the configuration may send.
pub const KEY: &str = "a-key-for-the-stories-of-this-test-0001";

/// The password of everybody here.
pub const PASSWORD: &str = "correct horse battery staple";

/// When the stories begin: the moment of the seed's example.
pub const START: &str = "2026-01-11T14:30:00Z";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// A story told twice: on SQLite and on PostgreSQL. Without a PostgreSQL (`make test` starts one) the second
/// is passed over, loudly.
macro_rules! story {
    ($(#[$meta:meta])* async fn $name:ident($on:ident: On) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "a story may need none of the file's imports")]
            use super::*;

            async fn tell($on: $crate::world::On) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                tell($crate::world::On::Sqlite).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if std::env::var_os("BELFRY_TEST_POSTGRES").is_none() {
                    println!("PASSED OVER: no PostgreSQL here; `make test` starts one");
                    return;
                }
                tell($crate::world::On::Postgres).await;
            }
        }
    };
}

/// An answer: its status and its JSON.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Reply {
    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

pub struct World {
    pub app: App,
    pub base: String,
    pub config: Config,
    pub folder: Arc<TempDir>,
    pub client: reqwest::Client,
    press: Press,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl World {
    pub async fn new(on: On) -> World {
        World::with(on, |_| {}).await
    }

    /// A world whose configuration was changed first.
    pub async fn with(on: On, change: impl FnOnce(&mut Config)) -> World {
        let press = Press::new(env!("CARGO_BIN_EXE_belfry").into(), Limits::default());
        World::with_press(on, press, change).await
    }

    /// The same, where PDFs are printed by this press.
    pub async fn with_press(on: On, press: Press, change: impl FnOnce(&mut Config)) -> World {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let mut config = Config::demo("127.0.0.1:0".parse().unwrap(), folder.path());
        config.api_keys = vec![ConfiguredKey::new(KEY, "Provisioning notification system", &["admin"])];
        config.database = match on {
            On::Sqlite => config.database,
            On::Postgres => DatabaseUrl::Postgres(fresh_postgres().await),
        };
        change(&mut config);
        let clock = Clock::by_hand(Instant::parse(START).unwrap());
        World::start(config, clock, press, folder).await
    }

    async fn start(config: Config, clock: Clock, press: Press, folder: Arc<TempDir>) -> World {
        let app = App::open_with(config.clone(), clock, press.clone()).await.unwrap();
        let listener = server::listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let served = {
            let (app, stop) = (app.clone(), stop.clone());
            tokio::spawn(async move {
                let routes = app.routes();
                app.serve_routes(listener, routes, stop).await
            })
        };
        let client = client();
        World { app, base, config, folder, client, press, stop, served }
    }

    /// Stops the server and starts it again on what it has stored.
    pub async fn restart(self) -> World {
        let World { app, config, folder, press, stop, served, .. } = self;
        stop.cancel();
        served.await.unwrap().unwrap();
        let clock = app.clock.clone();
        drop(app);
        World::start(config, clock, press, folder).await
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Moves the clock and does everything that is due then.
    pub async fn passes(&self, time: Duration) {
        self.app.clock.advance(time);
        self.app.tick().await;
    }

    /// A request with any headers.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Reply {
        ask(&self.client, method, &format!("{}{path}", self.base), headers, body).await.unwrap()
    }

    /// A send with the key of these stories.
    pub async fn send(&self, body: Value) -> Reply {
        self.send_text(&body.to_string()).await
    }

    pub async fn send_text(&self, body: &str) -> Reply {
        self.ask("POST", "/crm/notification/send", &[("X-API-KEY", KEY)], Some(body.to_owned())).await
    }

    /// A plain send to user 1 with another key.
    pub async fn send_with(&self, key: &str) -> Reply {
        let body = json!({"user_id": 1, "type": "custom", "title": "Sent with a key"}).to_string();
        self.ask("POST", "/crm/notification/send", &[("X-API-KEY", key)], Some(body)).await
    }

    /// One number out of the database.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let found = self.app.database.read::<_, belfry::storage::Error, _>(move |tx| {
            Box::pin(async move { tx.one(sql, &[], |row| row.get(0)).await })
        });
        found.await.unwrap().unwrap()
    }

    /// A notification of type custom; returns its id.
    pub async fn notify(&self, user_id: i64, title: &str) -> i64 {
        let sent = self.send(json!({"user_id": user_id, "type": "custom", "title": title})).await.expect(201);
        sent["notification"]["notification_id"].as_i64().unwrap()
    }

    /// Makes a user and signs them in.
    pub async fn person(&self, id: i64, roles: &[&str]) -> Somebody<'_> {
        let email = format!("user{id}@example.com");
        let body = json!({"id": id, "email": email, "name": format!("User {id}"), "roles": roles, "password": PASSWORD});
        self.ask("POST", "/crm/user", &[("X-API-KEY", KEY)], Some(body.to_string())).await.expect(201);
        self.sign_in(id).await
    }

    pub async fn login(&self, email: &str, password: &str) -> Reply {
        let body = json!({"email": email, "password": password}).to_string();
        self.ask("POST", "/crm/auth/login", &[], Some(body)).await
    }

    pub async fn sign_in(&self, id: i64) -> Somebody<'_> {
        let body = self.login(&format!("user{id}@example.com"), PASSWORD).await.expect(200);
        Somebody::of(self, &body)
    }
}

/// A client for servers of these stories; what takes longer than its patience has failed.
#[expect(clippy::disallowed_methods, reason = "a story asks only its own server")]
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap()
}

/// A request with any headers, to any server.
pub async fn ask(
    client: &reqwest::Client,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<String>,
) -> reqwest::Result<Reply> {
    let mut request = client.request(reqwest::Method::from_bytes(method.as_bytes()).unwrap(), url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.header("Content-Type", "application/json").body(body);
    }
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Reply { status, headers, text, body })
}

/// A user who is signed in.
pub struct Somebody<'w> {
    pub world: &'w World,
    pub token: String,
    pub refresh_token: String,
}

impl<'w> Somebody<'w> {
    /// Whom an answer of sign-in or refresh gave these tokens.
    pub fn of(world: &'w World, answer: &Value) -> Somebody<'w> {
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Somebody { world, token: text("token"), refresh_token: text("refresh_token") }
    }

    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.ask_with(method, path, &[], body).await
    }

    pub async fn ask_with(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend_from_slice(more);
        self.world.ask(method, path, &headers, body.map(|body| body.to_string())).await
    }

    /// A page of the inbox.
    pub async fn list(&self, query: &str) -> Value {
        self.ask("GET", &format!("/crm/notification/{query}"), None).await.expect(200)
    }

    /// The titles on a page, in its order.
    pub async fn titles(&self, query: &str) -> Vec<String> {
        let page = self.list(query).await;
        let titles = page["notifications"].as_array().unwrap().iter();
        titles.map(|item| item["title"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn unread(&self) -> i64 {
        let count = self.ask("GET", "/crm/notification/unread-count", None).await.expect(200);
        assert_eq!(count["result"], "Success");
        count["unread_count"].as_i64().unwrap()
    }

    /// `mark-read`, `archive` … of one notification.
    pub async fn does(&self, action: &str, id: i64) -> Reply {
        self.ask("POST", &format!("/crm/notification/{id}/{action}"), None).await
    }
}

/// A database of its own on the PostgreSQL that `make test` started.
pub async fn fresh_postgres() -> String {
    let server = std::env::var("BELFRY_TEST_POSTGRES").expect("`make test` names a PostgreSQL");
    let (client, connection) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let name = format!("story_{}", belfry::secret::hex(&belfry::secret::random::<8>()));
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}
