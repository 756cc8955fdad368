//! What holds where the operator says nothing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use super::{Auth, Config, DatabaseUrl, Limits, Log, LogFormat, Outbound, Retention};

impl Config {
    /// What an empty file means, with everything under `data_dir`.
    pub fn with_defaults(data_dir: &Path) -> Config {
        let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
        Config {
            listen,
            public_url: public_url_of(listen),
            crm_url: None,
            database: DatabaseUrl::Sqlite(data_dir.join("belfry.db")),
            data_dir: data_dir.to_path_buf(),
            log: Log::with_defaults(data_dir),
            api_keys: Vec::new(),
            auth: Auth::default(),
            limits: Limits::default(),
            notification_types: Vec::new(),
            record_modules: Vec::new(),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            retention: Retention::default(),
            smtp: None,
            outbound: Outbound::default(),
            runtime_threads: 0,
            demo: false,
        }
    }

    /// What `belfry demo` runs with: the defaults, and log lines for human eyes.
    pub fn demo(listen: SocketAddr, data_dir: &Path) -> Config {
        let mut config = Config::with_defaults(data_dir);
        config.listen = listen;
        config.public_url = public_url_of(listen);
        config.log.format = LogFormat::Text;
        config.demo = true;
        config
    }
}

/// The address to show where the operator named none.
pub(super) fn public_url_of(listen: SocketAddr) -> String {
    let mut shown = listen;
    // Nobody can open 0.0.0.0 in a browser.
    if listen.ip().is_unspecified() {
        shown.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{shown}")
}

impl Log {
    fn with_defaults(data_dir: &Path) -> Log {
        Log {
            level: "info".to_owned(),
            format: LogFormat::Json,
            file: Some(data_dir.join("api.log")),
            max_size: 50 * 1024 * 1024,
            keep: 10,
        }
    }
}

impl Default for Auth {
    fn default() -> Auth {
        Auth {
            access_token_ttl: Duration::from_secs(15 * 60),
            refresh_token_ttl: Duration::from_secs(30 * 24 * 60 * 60),
            max_failed_logins: 5,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            send_per_key_per_second: 0,
            requests_per_user_per_second: 0,
            login_per_address_per_minute: 30,
            body_bytes: 262_144,
            connections: 15_000,
            connections_per_address: 1_024,
            streams: 10_000,
            streams_per_user: 10,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(10),
        }
    }
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { read_days: 90, unread_days: 365, deliveries_days: 30, history_days: 730 }
    }
}
