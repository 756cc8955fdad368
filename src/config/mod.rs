//! `crm_config.yaml`: what the operator says once.
//!
//! A file is read into a tree that knows the line of everything (`tree`), then taken apart key by key (`section`,
//! `read`), so that every mistake is told with file, line, column and what to write instead, all of them at once.
//! No message ever shows an API key or a password.

mod cidr;
mod database;
mod defaults;
mod describe;
mod environment;
mod error;
mod keys;
mod outbound;
mod read;
mod section;
mod smtp;
mod tree;
mod words;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use cidr::Cidr;
pub use database::DatabaseUrl;
pub use error::Error;
pub use keys::{ConfiguredKey, PLACEHOLDER_KEY, ROLES};
pub use outbound::{Outbound, PortRange};
pub use smtp::{Mailbox, Smtp, SmtpLogin, SmtpTls};

/// The name of the file, wherever it lies.
pub const FILE_NAME: &str = "crm_config.yaml";

/// Where the file is looked for when the command line names none, in this order.
const PLACES: [&str; 2] = ["", "/etc/belfry"];

/// The largest file that is read: a configuration with thousands of keys fits many times.
const MAX_BYTES: u64 = 1024 * 1024;

/// Everything the operator may say, with the defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The address under which people reach the server, without a slash at the end.
    pub public_url: String,
    /// The address of the CRM, into which links that are a path lead, without a slash at the end; `public_url` where
    /// nothing is said.
    pub crm_url: Option<String>,
    /// The database: a file, or a PostgreSQL server.
    pub database: DatabaseUrl,
    /// The folder of everything that the server writes.
    pub data_dir: PathBuf,
    /// How the server logs.
    pub log: Log,
    /// API keys that the file names, beside those that the database holds.
    pub api_keys: Vec<ConfiguredKey>,
    /// Sign-in and tokens.
    pub auth: Auth,
    /// What one caller may ask for.
    pub limits: Limits,
    /// Further notification types, beside the built-in ones; each once.
    pub notification_types: Vec<String>,
    /// Further modules of records, beside the built-in ones; each once.
    pub record_modules: Vec<String>,
    /// Origins of other pages that may call from a browser, exactly as browsers send them.
    pub allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Cidr>,
    /// For how long things are kept.
    pub retention: Retention,
    /// The mail server; without one no e-mail leaves.
    pub smtp: Option<Smtp>,
    /// Where webhooks may lead.
    pub outbound: Outbound,
    /// Threads of the async runtime; 0 = one less than there are cores, at least 1.
    pub runtime_threads: usize,
    /// Whether this is `belfry demo`, which has the page of a pretend CRM. No file says so.
    pub demo: bool,
}

/// How the server logs.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// `off`, `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// The form of the lines on standard output; the file is always JSON.
    pub format: LogFormat,
    /// The log file; `None` writes to standard output only.
    pub file: Option<PathBuf>,
    /// The size at which the file is put aside, in bytes.
    pub max_size: u64,
    /// How many old files are kept: `api.log.1` (the newest) to `api.log.<keep>`.
    pub keep: usize,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// One line for human eyes.
    Text,
}

/// Sign-in and tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Auth {
    /// How long an access token is good for; at least a second.
    pub access_token_ttl: Duration,
    /// How long a refresh token is good for; at least a second.
    pub refresh_token_ttl: Duration,
    /// Wrong passwords in a row before a user is locked; at least 1.
    pub max_failed_logins: u32,
}

/// What one caller may ask for. A count of 0 is no limit; the times are never 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Sends a second with one API key.
    pub send_per_key_per_second: u32,
    /// Requests a second of one signed-in user.
    pub requests_per_user_per_second: u32,
    /// Sign-ins a minute from one address.
    pub login_per_address_per_minute: u32,
    /// The largest request body, in bytes.
    pub body_bytes: usize,
    /// Open connections in all.
    pub connections: usize,
    /// Open connections from one address; loopback and trusted proxies are exempt.
    pub connections_per_address: usize,
    /// Open streams in all.
    pub streams: usize,
    /// Open streams of one user; one more closes the oldest.
    pub streams_per_user: usize,
    /// How long the head of a request may take to arrive.
    pub header_timeout: Duration,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
    /// How long a connection may stay open with nothing asked.
    pub idle_timeout: Duration,
    /// How long a stopping server waits for what is in flight.
    pub shutdown_timeout: Duration,
}

/// For how many days things are kept; 0 = for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct Retention {
    /// Notifications that were read.
    pub read_days: u32,
    /// Notifications that were not.
    pub unread_days: u32,
    /// The delivery log.
    pub deliveries_days: u32,
    /// Who changed what.
    pub history_days: u32,
}

impl Config {
    /// The address of the CRM, into which links that are a path lead.
    pub fn crm_url(&self) -> &str {
        self.crm_url.as_deref().unwrap_or(&self.public_url)
    }

    /// Reads the file at `path`; the error names every mistake in it.
    pub fn load(path: &Path) -> Result<Config, Error> {
        let unreadable = |problem: &dyn std::fmt::Display| {
            Error::whole_file(
                path,
                &format!("cannot be read ({problem}); name a readable file with --config"),
            )
        };
        let size = std::fs::metadata(path).map_err(|problem| unreadable(&problem))?.len();
        if size > MAX_BYTES {
            return Err(too_large(path));
        }
        let text = std::fs::read(path).map_err(|problem| unreadable(&problem))?;
        let text = String::from_utf8(text)
            .map_err(|_| Error::whole_file(path, "is not UTF-8 text; save it as UTF-8"))?;
        Config::parse(&text, path)
    }

    /// Reads `text`; `path` is only what the errors call it. `${NAME}` is taken from the environment.
    pub fn parse(text: &str, path: &Path) -> Result<Config, Error> {
        Config::parse_with(text, path, &|name| std::env::var(name).ok())
    }

    fn parse_with(text: &str, path: &Path, environment: environment::Lookup) -> Result<Config, Error> {
        if text.len() as u64 > MAX_BYTES {
            return Err(too_large(path));
        }
        let problems = error::Problems::default();
        let config = tree::parse(text, &problems)
            .map(|root| environment::expand(root, environment, &problems))
            .map(|root| read::config(root, &problems));
        problems.into_result(path, config)
    }

    /// The file to read: `explicit` if there is one, else the first of `./crm_config.yaml` and
    /// `/etc/belfry/crm_config.yaml` that exists.
    pub fn find(explicit: Option<&Path>) -> Result<PathBuf, Error> {
        if let Some(path) = explicit {
            return Ok(path.to_path_buf());
        }
        let candidates = PLACES.map(|place| Path::new(place).join(FILE_NAME));
        candidates.into_iter().find(|path| path.exists()).ok_or_else(|| {
            Error::whole_file(
                Path::new(FILE_NAME),
                "is neither here nor in /etc/belfry; copy crm_config.example.yaml, or name a file with --config",
            )
        })
    }
}

fn too_large(path: &Path) -> Error {
    Error::whole_file(
        path,
        "is larger than 1 MiB; keep API keys that are so many in the database (belfry key new)",
    )
}

#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod tests;
