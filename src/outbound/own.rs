//! Where this server itself is reached: a webhook to it would call itself for ever.

use std::net::IpAddr;

use anyhow::Context;
use url::Url;

use super::target::Refused;

/// The server's own address.
pub(super) struct Own {
    host: String,
    ip: Option<IpAddr>,
    port: u16,
}

impl Own {
    /// Reads `public_url`.
    pub fn parse(public_url: &str) -> anyhow::Result<Self> {
        let url = Url::parse(public_url).ok().filter(Url::has_host);
        let url = url.context("public_url must be an address such as https://notify.example.com")?;
        let port = url.port_or_known_default().context("public_url must begin with http:// or https://")?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let ip = host.trim_matches(['[', ']']).parse().ok();
        Ok(Own { host, ip, port })
    }

    /// Whether `host` and `port` are our own, as they are written.
    pub fn is_at(&self, host: &str, port: u16) -> bool {
        self.host == host && self.is_port(port)
    }

    /// Whether `ip` and `port` are our own, by whatever name they were found.
    pub fn is_address(&self, ip: IpAddr, port: u16) -> bool {
        self.ip.is_some_and(|own| own.to_canonical() == ip.to_canonical()) && self.is_port(port)
    }

    /// Port 80 of a public address leads to its port 443 and the other way round.
    fn is_port(&self, port: u16) -> bool {
        let usual = [80, 443];
        self.port == port || usual.contains(&self.port) && usual.contains(&port)
    }
}

/// What is told of an address that is our own.
pub(super) fn refusal(host: &str) -> Refused {
    Refused::new(format!("{host} is this server itself; enter the address of another one"))
}
