//! What the demo sends, caught: a mail server and the ends of webhooks on ports of their own, and what came to them.

mod http;
mod mail;
mod signature;
mod smtp;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::clock::Clock;

pub(in crate::cli) use http::Routes;

/// The most items that are kept; the oldest go first.
const MOST_ITEMS: usize = 200;

/// The largest item that is taken, in bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// The most bytes that are kept in all.
const MOST_BYTES_IN_ALL: usize = 64 * 1024 * 1024;

/// What signs the webhooks of a user, newest first, as `whsec_…`.
pub(in crate::cli) type Secrets = Arc<dyn Fn(i64) -> BoxFuture<'static, Vec<String>> + Send + Sync>;

/// What a person of the demo is called, by number.
pub(in crate::cli) type NameOf = fn(i64) -> Option<&'static str>;

/// One thing that was sent, as its receiver saw it.
#[derive(Debug, Serialize)]
struct Item {
    /// Later ones have larger numbers, after a restart too.
    id: i64,
    /// When it came, RFC 3339.
    at: String,
    channel: &'static str,
    to: String,
    subject: String,
    /// In the order in which they came.
    headers: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Their names.
    attachments: Vec<String>,
    /// What was posted, to the letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    /// Whether its signature is the one that its receiver expects; of plain webhooks only.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_ok: Option<bool>,
    /// The whole of an e-mail, as it came.
    #[serde(skip)]
    source: Vec<u8>,
}

impl Item {
    fn new(channel: &'static str, to: impl Into<String>, subject: impl Into<String>) -> Self {
        Item {
            id: 0,
            at: String::new(),
            channel,
            to: to.into(),
            subject: subject.into(),
            headers: Vec::new(),
            html: None,
            text: None,
            attachments: Vec::new(),
            body: None,
            signature_ok: None,
            source: Vec::new(),
        }
    }

    /// About as many bytes as it takes.
    fn size(&self) -> usize {
        let texts = [&self.html, &self.text].into_iter().flatten().map(String::len).sum::<usize>();
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        texts + headers + self.source.len() + self.body.as_ref().map_or(0, |body| body.get().len())
    }
}

#[derive(Default)]
struct Kept {
    /// Oldest first.
    items: VecDeque<Arc<Item>>,
    bytes: usize,
    last: i64,
}

/// What was caught, in memory. Clones are the same.
#[derive(Clone)]
pub(in crate::cli) struct Outbox {
    kept: Arc<Mutex<Kept>>,
    clock: Clock,
    name_of: NameOf,
    /// Where webhooks are caught: `http://127.0.0.1:40123`.
    hooks: Arc<str>,
}

impl Outbox {
    fn put(&self, mut item: Item) {
        let now = self.clock.now();
        let mut kept = self.lock();
        item.at = now.to_rfc3339();
        // By the clock, so that pages that saw the server before its restart do not take new ones for known.
        item.id = (now.0 / 1_000).max(kept.last + 1);
        kept.last = item.id;
        kept.bytes += item.size();
        kept.items.push_back(Arc::new(item));
        while kept.items.len() > MOST_ITEMS || kept.bytes > MOST_BYTES_IN_ALL {
            let Some(oldest) = kept.items.pop_front() else { break };
            kept.bytes -= oldest.size();
        }
    }

    /// How many there are, and those that came after `id`, newest first.
    fn after(&self, id: i64) -> (usize, Vec<Arc<Item>>) {
        let kept = self.lock();
        let newer = kept.items.iter().rev().take_while(|item| item.id > id).cloned();
        (kept.items.len(), newer.collect())
    }

    fn find(&self, id: i64) -> Option<Arc<Item>> {
        self.lock().items.iter().find(|item| item.id == id).cloned()
    }

    fn clear(&self) {
        let mut kept = self.lock();
        kept.items.clear();
        kept.bytes = 0;
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The routes of the page that shows it.
    pub fn routes(&self) -> Routes {
        http::routes(self.clone())
    }

    /// Where webhooks are caught: `http://127.0.0.1:40123`.
    pub fn origin(&self) -> &str {
        &self.hooks
    }

    /// Where a way out ends for somebody of the demo. `None`: it has no URL.
    pub fn address(&self, channel: &str, user_id: i64) -> Option<String> {
        Some(format!("{}{}", self.hooks, http::path(channel, &user_id.to_string())?))
    }
}

/// The ports at which things are caught: taken, and not yet served.
pub(in crate::cli) struct Sinks {
    mail: TcpListener,
    hooks: TcpListener,
    outbox: Outbox,
}

impl Sinks {
    /// Takes two free ports.
    ///
    /// # Errors
    /// A machine without a free one.
    pub fn take(clock: Clock, name_of: NameOf) -> anyhow::Result<Self> {
        let mail = free_port()?;
        let hooks = free_port()?;
        let address = format!("http://{}", hooks.local_addr()?).into();
        let outbox = Outbox { kept: Arc::default(), clock, name_of, hooks: address };
        Ok(Sinks { mail, hooks, outbox })
    }

    /// What they catch.
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// Where mail is taken.
    pub fn mail_address(&self) -> std::io::Result<SocketAddr> {
        self.mail.local_addr()
    }

    /// Serves both until the runtime ends.
    ///
    /// # Errors
    /// Ports that the runtime does not take.
    pub fn open(self, secrets: Secrets) -> std::io::Result<()> {
        let mail = tokio::net::TcpListener::from_std(self.mail)?;
        let hooks = tokio::net::TcpListener::from_std(self.hooks)?;
        tokio::spawn(smtp::serve(mail, self.outbox.clone()));
        tokio::spawn(http::receive(hooks, self.outbox, secrets));
        Ok(())
    }
}

fn free_port() -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context(
        "the demo finds no free port to catch what it sends; close a few programs and start it again",
    )?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
