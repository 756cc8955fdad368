//! The only code that connects to an address that a user or an administrator entered.
//!
//! A text becomes a [`Target`] by rules that need no network (`target`). At every attempt the name is resolved, each
//! address it has is vetted (`addresses`), and one of the vetted addresses is dialled (`connect`): what was looked at
//! is what is connected to. Redirects are answers like any other, no proxy is taken from the environment, and what
//! comes back is limited in time and size (`reply`).

mod addresses;
mod connect;
mod own;
mod reply;
mod target;
mod trouble;

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Duration, Instant, timeout_at};

use crate::config;

use connect::{Connector, Network};
use own::Own;
use reply::Sending;

pub use connect::{Dial, Resolve, Stream};
pub use reply::{LONGEST_BODY, Reply};
pub use target::{Refused, Target};
pub use trouble::Trouble;

/// The most headers that an answer may have.
const MOST_HEADERS: usize = 100;

/// The longest head that an answer may have, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// How long a connection waits for the next call; most servers end it after a minute or later.
const IDLE: Duration = Duration::from_secs(30);

/// How many connections to one host wait for the next call.
const MOST_IDLE: usize = 8;

/// Calls addresses that people entered. A clone is the same client.
#[derive(Clone)]
pub struct Outbound {
    shared: Arc<Shared>,
}

struct Shared {
    parts: Parts,
    own: Arc<Own>,
    live: ArcSwap<Live>,
}

/// What is made anew when the configuration changes: connections that it no longer allows end with the old one.
struct Live {
    settings: Arc<config::Outbound>,
    own: Arc<Own>,
    client: Client<Connector, Sending>,
}

/// What stands between the client and the network; tests put their own in place.
#[derive(Clone)]
pub struct Parts {
    /// Finds the addresses of a name.
    pub resolver: Arc<dyn Resolve>,
    /// Opens a connection to a vetted address.
    pub dialer: Arc<dyn Dial>,
    /// How https is spoken, or why it cannot be.
    pub tls: Result<Arc<rustls::ClientConfig>, String>,
}

impl Parts {
    /// The real network, with the certificate authorities of this machine.
    pub fn network() -> Self {
        let network = Arc::new(Network::default());
        let tls = connect::platform_tls();
        if let Err(error) = &tls {
            tracing::warn!("Webhooks to https:// addresses will fail: {error}");
        }
        Parts { resolver: network.clone(), dialer: network, tls }
    }
}

impl Outbound {
    /// A client for the real network. `public_url` is this server's own address, which is never called.
    pub fn new(config: &config::Outbound, public_url: &str) -> anyhow::Result<Self> {
        Outbound::with(config, public_url, Parts::network())
    }

    /// A client over `parts`.
    pub fn with(config: &config::Outbound, public_url: &str, parts: Parts) -> anyhow::Result<Self> {
        let own = Arc::new(Own::parse(public_url)?);
        let live = ArcSwap::from_pointee(Live::new(config, &own, &parts));
        Ok(Outbound { shared: Arc::new(Shared { parts, own, live }) })
    }

    /// Takes over a changed configuration. Calls in flight end under the old one.
    pub fn reload(&self, config: &config::Outbound) {
        let shared = &self.shared;
        if *shared.live.load().settings != *config {
            shared.live.store(Arc::new(Live::new(config, &shared.own, &shared.parts)));
        }
    }

    /// Whether `url` may be called, as far as can be told without the network: for when it is entered.
    pub fn check(&self, url: &Target) -> Result<(), Refused> {
        self.shared.live.load().check(url)
    }

    /// Posts `body` to `url` and reads the answer, whatever its status; redirects are not followed.
    ///
    /// `Host` and the headers that frame the body are ours.
    pub async fn post(
        &self,
        url: &Target,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
    ) -> Result<Reply, Trouble> {
        let live = self.shared.live.load_full();
        live.check(url)?;
        let (body, sent) = Sending::new(body);
        let start = Instant::now();
        let end = start + live.settings.timeout;
        let head_end = end.min(start + live.settings.connect_timeout);
        let response = match timeout_at(head_end, live.client.request(request(url, headers, body))).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(Trouble::of(&error, sent.is_set())),
            Err(_) => return Err(Trouble::Timeout { sent: sent.is_set() }),
        };
        Ok(Reply::read(response, end).await)
    }
}

impl Live {
    fn new(config: &config::Outbound, own: &Arc<Own>, parts: &Parts) -> Self {
        let settings = Arc::new(config.clone());
        let connector = Connector::new(parts.clone(), settings.clone(), own.clone());
        #[expect(clippy::disallowed_methods, reason = "the client that everybody else is sent to")]
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MOST_IDLE)
            .http1_max_headers(MOST_HEADERS)
            .http1_max_buf_size(LONGEST_HEAD)
            .build(connector);
        Live { settings, own: own.clone(), client }
    }

    fn check(&self, url: &Target) -> Result<(), Refused> {
        if self.own.is_at(url.host(), url.port()) {
            return Err(own::refusal(url.host()));
        }
        match url.address() {
            Some(ip) => {
                addresses::vet(url.host(), &[ip], url.port(), &self.settings, &self.own)?;
            }
            // The one name of which everybody knows where it leads.
            None if is_localhost(url.host()) => {
                addresses::vet(url.host(), &[LOOPBACK], url.port(), &self.settings, &self.own)?;
            }
            // A name may still lead to a range in which the operator allows every port.
            None if self.settings.allow_cidrs.is_empty() => addresses::vet_port(url.port(), &self.settings)?,
            None => {}
        }
        Ok(())
    }
}

/// Where `localhost` leads.
const LOOPBACK: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn is_localhost(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

fn request(url: &Target, headers: &[(HeaderName, HeaderValue)], body: Sending) -> hyper::Request<Sending> {
    let mut request = hyper::Request::new(body);
    *request.method_mut() = hyper::Method::POST;
    *request.uri_mut() = url.uri().clone();
    let head = request.headers_mut();
    // What comes back is read as it is: nothing here could unpack it.
    head.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    head.insert(header::USER_AGENT, HeaderValue::from_static(concat!("Belfry/", env!("CARGO_PKG_VERSION"))));
    for (name, value) in headers {
        head.insert(name, value.clone());
    }
    remove_framing(head);
    request
}

/// Whoever could set these could speak to another site behind an allowed address, or hide a second request.
fn remove_framing(head: &mut HeaderMap) {
    for name in [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
        head.remove(name);
    }
}

#[cfg(test)]
mod tests;
