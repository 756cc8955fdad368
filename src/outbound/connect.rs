//! From a host to a connection: resolve, vet, dial what was vetted, and speak TLS to the name that was asked for.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Duration, timeout};
use tokio_rustls::TlsConnector;

use crate::config;

use super::own::Own;
use super::target::Refused;
use super::{Parts, addresses};

/// How many of a host's addresses are tried, one after the other.
const MOST_TRIES: usize = 4;

/// How many names are looked up at a time: each takes a thread of the runtime's for as long as its server is silent.
const MOST_LOOKUPS: usize = 128;

/// Finds the addresses of a name.
pub trait Resolve: Send + Sync {
    /// Every address of `host`, which is a name and no address.
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// Opens connections to addresses that were vetted.
pub trait Dial: Send + Sync {
    /// A connection to exactly `address`.
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Stream>>>;
}

/// Bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The network of this machine.
pub(super) struct Network {
    lookups: Arc<Semaphore>,
}

impl Default for Network {
    fn default() -> Self {
        Network { lookups: Arc::new(Semaphore::new(MOST_LOOKUPS)) }
    }
}

impl Resolve for Network {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let (lookups, host) = (self.lookups.clone(), host.to_owned());
        async move {
            let turn = lookups.acquire_owned().await.map_err(io::Error::other)?;
            // A task of its own, for the thread stays taken when nobody waits for the answer any more.
            let lookup = tokio::spawn(async move {
                #[expect(clippy::disallowed_methods, reason = "what is found is vetted before it is dialled")]
                let found = tokio::net::lookup_host((host, 0)).await;
                drop(turn);
                found.map(|found| found.map(|address| address.ip()).collect())
            });
            lookup.await.map_err(io::Error::other)?
        }
        .boxed()
    }
}

impl Dial for Network {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Stream>>> {
        async move {
            #[expect(clippy::disallowed_methods, reason = "the one place that dials, after vetting")]
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        }
        .boxed()
    }
}

/// TLS with the certificate authorities of this machine; the error says what to do.
pub(super) fn platform_tls() -> Result<Arc<rustls::ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider supports the default TLS versions")
        .with_platform_verifier();
    match config {
        Ok(config) => Ok(Arc::new(config.with_no_client_auth())),
        Err(error) => Err(format!(
            "this machine's certificate authorities cannot be read ({error}); install ca-certificates and restart"
        )),
    }
}

/// Why there is no connection.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It may not be opened.
    #[error("{0}")]
    Refused(Refused),
    /// It could not be opened.
    #[error("{0}")]
    Failed(String),
    /// It was not open in time.
    #[error("no connection in time")]
    Late,
}

/// Opens connections for the client, one for each time that none waits.
#[derive(Clone)]
pub(super) struct Connector {
    parts: Parts,
    settings: Arc<config::Outbound>,
    own: Arc<Own>,
}

impl Connector {
    pub fn new(parts: Parts, settings: Arc<config::Outbound>, own: Arc<Own>) -> Self {
        Connector { parts, settings, own }
    }

    async fn open(self, uri: Uri) -> Result<Wire, Failure> {
        let host = uri.host().unwrap_or_default();
        let is_secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let found = self.addresses_of(host).await?;
        let vetted =
            addresses::vet(host, &found, port, &self.settings, &self.own).map_err(Failure::Refused)?;
        let stream = self.dial(host, &vetted).await?;
        let stream = if is_secure { self.secure(host, stream).await? } else { stream };
        Ok(Wire(TokioIo::new(stream)))
    }

    /// Addresses take the same path as names: they are vetted too.
    async fn addresses_of(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
            return Ok(vec![ip]);
        }
        let unknown =
            || Failure::Failed(format!("the name {host} is not known; check that it is written right"));
        match self.parts.resolver.resolve(host).await {
            Ok(found) if !found.is_empty() => Ok(found),
            _ => Err(unknown()),
        }
    }

    async fn dial(&self, host: &str, vetted: &[SocketAddr]) -> Result<Box<dyn Stream>, Failure> {
        let tries = vetted.len().clamp(1, MOST_TRIES);
        // An address that never answers must leave time for the next one.
        let share = self.settings.connect_timeout / (tries as u32 + u32::from(tries > 1));
        let mut failure = Failure::Late;
        for address in vetted.iter().take(tries) {
            match timeout(share, self.parts.dialer.dial(*address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => {
                    failure = Failure::Failed(format!(
                        "{host} cannot be reached ({error}); look whether it runs and lets us in"
                    ))
                }
                Err(_) => {}
            }
        }
        Err(failure)
    }

    async fn secure(&self, host: &str, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Failure> {
        let tls = self.parts.tls.clone().map_err(Failure::Failed)?;
        let failed = |error: String| {
            Failure::Failed(format!(
                "{host} does not speak TLS as it should ({error}); look at its certificate"
            ))
        };
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|error| failed(error.to_string()))?;
        let stream = TlsConnector::from(tls).connect(name, stream).await;
        Ok(Box::new(stream.map_err(|error| failed(error.to_string()))?))
    }
}

impl tower::Service<Uri> for Connector {
    type Response = Wire;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<Wire, Failure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // The client may leave a connection to be opened for whoever comes next: it must end by itself.
        let limit: Duration = self.settings.connect_timeout;
        let connector = self.clone();
        async move { timeout(limit, connector.open(uri)).await.unwrap_or(Err(Failure::Late)) }.boxed()
    }
}

/// An open connection, as the client takes it.
pub(super) struct Wire(TokioIo<Box<dyn Stream>>);

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
