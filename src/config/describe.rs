//! What is in force, for `belfry check`: one setting a line, in the words of the file, secrets hidden.

use std::fmt::Display;

use super::{Config, LogFormat, Smtp};

impl Config {
    /// What is in force, one setting a line; no API key, digest or password among it.
    pub fn describe(&self) -> String {
        let mut lines = vec![
            format!("listen: {}", self.listen),
            format!("public_url: {}", self.public_url),
            format!("crm_url: {}", self.crm_url()),
            format!("database_url: {}", self.database),
            format!("data_dir: {}", self.data_dir.display()),
        ];
        lines.extend(self.describe_log());
        lines.extend(self.describe_keys());
        lines.extend([
            format!("auth.access_token_ttl: {}", humantime::format_duration(self.auth.access_token_ttl)),
            format!("auth.refresh_token_ttl: {}", humantime::format_duration(self.auth.refresh_token_ttl)),
            format!("auth.max_failed_logins: {}", self.auth.max_failed_logins),
        ]);
        lines.extend(self.describe_limits());
        lines.extend([
            format!("notification_types: {}", list(&self.notification_types)),
            format!("record_modules: {}", list(&self.record_modules)),
            format!("allowed_origins: {}", list(&self.allowed_origins)),
            format!("trusted_proxies: {}", list(&self.trusted_proxies)),
        ]);
        lines.extend(self.describe_retention());
        lines.extend(
            self.smtp
                .as_ref()
                .map_or_else(|| vec!["smtp: none (no e-mail leaves)".to_owned()], Smtp::describe),
        );
        lines.extend(self.outbound.describe());
        lines.push(match self.runtime_threads {
            0 => "runtime_threads: 0 (one less than there are cores)".to_owned(),
            threads => format!("runtime_threads: {threads}"),
        });
        lines.join("\n")
    }

    /// What an operator should know though nothing is wrong, one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let placeholders = self.api_keys.iter().filter(|key| key.is_placeholder());
        let known_to_all = placeholders.map(|key| {
            format!(
                "the API key described as \"{}\" is the one that the documentation prints; replace it before anybody \
                 else can reach this server",
                key.description
            )
        });
        let bare_password = self.smtp.as_ref().filter(|smtp| smtp.is_password_bare()).map(|_| {
            "the password of the mail server crosses the network unencrypted; write tls: required below smtp".to_owned()
        });
        let open_to_all = self.outbound.allow_cidrs.iter().filter(|range| range.is_everything()).map(|range| {
            format!(
                "outbound.allow_cidrs holds {range}, so that whoever enters a webhook can reach every machine that \
                 this server can; write only the ranges that webhooks need"
            )
        });
        known_to_all.chain(bare_password).chain(open_to_all).collect()
    }

    fn describe_log(&self) -> [String; 5] {
        let log = &self.log;
        let format = match log.format {
            LogFormat::Json => "json",
            LogFormat::Text => "text",
        };
        let file = log.file.as_ref().map_or("none".to_owned(), |file| file.display().to_string());
        [
            format!("log.level: {}", log.level),
            format!("log.format: {format}"),
            format!("log.file: {file}"),
            format!("log.max_size: {}", bytesize::ByteSize(log.max_size)),
            format!("log.keep: {}", log.keep),
        ]
    }

    fn describe_keys(&self) -> Vec<String> {
        if self.api_keys.is_empty() {
            return vec!["api_keys: none".to_owned()];
        }
        let described = self.api_keys.iter().map(|key| {
            let expires = key.expires.map_or("never".to_owned(), |at| at.to_rfc3339());
            format!(
                "api_keys: \"{}\" (key hidden), roles {}, expires {expires}",
                key.description,
                list(&key.roles)
            )
        });
        described.collect()
    }

    fn describe_limits(&self) -> Vec<String> {
        let limits = &self.limits;
        let counts = [
            ("send_per_key_per_second", u64::from(limits.send_per_key_per_second)),
            ("requests_per_user_per_second", u64::from(limits.requests_per_user_per_second)),
            ("login_per_address_per_minute", u64::from(limits.login_per_address_per_minute)),
            ("body_bytes", limits.body_bytes as u64),
            ("connections", limits.connections as u64),
            ("connections_per_address", limits.connections_per_address as u64),
            ("streams", limits.streams as u64),
            ("streams_per_user", limits.streams_per_user as u64),
        ];
        let times = [
            ("header_timeout", limits.header_timeout),
            ("body_timeout", limits.body_timeout),
            ("idle_timeout", limits.idle_timeout),
            ("shutdown_timeout", limits.shutdown_timeout),
        ];
        let counts =
            counts.iter().map(|(name, count)| format!("limits.{name}: {}", unless_zero(*count, "no limit")));
        let times =
            times.iter().map(|(name, time)| format!("limits.{name}: {}", humantime::format_duration(*time)));
        counts.chain(times).collect()
    }

    fn describe_retention(&self) -> Vec<String> {
        let retention = &self.retention;
        let days = [
            ("read_days", retention.read_days),
            ("unread_days", retention.unread_days),
            ("deliveries_days", retention.deliveries_days),
            ("history_days", retention.history_days),
        ];
        days.iter()
            .map(|(name, days)| format!("retention.{name}: {}", unless_zero(u64::from(*days), "for ever")))
            .collect()
    }
}

fn unless_zero(count: u64, meaning: &str) -> String {
    if count == 0 { format!("0 ({meaning})") } else { count.to_string() }
}

pub(super) fn list<T: Display>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
