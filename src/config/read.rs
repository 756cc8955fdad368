//! From the tree to `Config`: the one list of every setting, its range and its default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Problems;
use super::section::Section;
use super::tree::Node;
use super::{
    Auth, Cidr, Config, DatabaseUrl, Limits, Log, LogFormat, Retention, defaults, keys, outbound, smtp, words,
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// The longest that one try to deliver may take: the dispatcher gives every try up soon after it.
pub(super) const LONGEST_TRY: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

pub(super) fn config(root: Node, problems: &Problems) -> Config {
    let mut top = Section::new(root, "", problems);
    let data_dir =
        top.text("data_dir", "a folder, for example ./data", path).unwrap_or_else(|| "./data".into());
    let mut config = Config::with_defaults(&data_dir);
    if let Some(listen) =
        top.text("listen", "an IP address and a port, for example 127.0.0.1:8080", |t| t.parse().ok())
    {
        config.listen = listen;
    }
    config.public_url = top
        .text("public_url", words::EXPECTED_PUBLIC_URL, words::public_url)
        .unwrap_or_else(|| defaults::public_url_of(config.listen));
    config.crm_url = top.text("crm_url", words::EXPECTED_PUBLIC_URL, words::public_url);
    if let Some(url) =
        top.text("database_url", DatabaseUrl::EXPECTED, |text| DatabaseUrl::parse(text, &data_dir))
    {
        config.database = url;
    }
    log(top.section("log"), &mut config.log);
    config.api_keys = keys::read(top.take("api_keys"), problems);
    auth(top.section("auth"), &mut config.auth);
    limits(top.section("limits"), &mut config.limits);
    config.notification_types =
        names(&mut top, ("notification_types", "notification type", "door_opened"), problems);
    config.record_modules = names(&mut top, ("record_modules", "module", "vessels"), problems);
    config.allowed_origins = allowed_origins(&mut top);
    config.trusted_proxies = ranges(&mut top, "trusted_proxies");
    retention(top.section("retention"), &mut config.retention);
    config.smtp = smtp::read(top.take("smtp"), problems);
    outbound::read(top.section("outbound"), &mut config.outbound, problems);
    set(&mut config.runtime_threads, top.number("runtime_threads", 0..=1_024));
    top.finish();
    config
}

/// Puts `written` in the place of the default, if there is one.
pub(super) fn set<T>(setting: &mut T, written: Option<T>) {
    if let Some(written) = written {
        *setting = written;
    }
}

/// A file or a folder.
pub(super) fn path(text: &str) -> Option<PathBuf> {
    let text = text.trim();
    (!text.is_empty() && !text.contains('\0')).then(|| PathBuf::from(text))
}

fn log(mut section: Section, log: &mut Log) {
    let levels = format!("one of {}", LEVELS.join(", "));
    set(
        &mut log.level,
        section.text("level", &levels, |text| LEVELS.contains(&text).then(|| text.to_owned())),
    );
    let format = section.text("format", "json or text", |text| match text {
        "json" => Some(LogFormat::Json),
        "text" => Some(LogFormat::Text),
        _ => None,
    });
    set(&mut log.format, format);
    let is_folder = |file: &Path| file.file_name().is_none();
    let file = section.text("file", "a file, for example ./data/api.log, or none", |text| {
        let file = path(text).filter(|file| !text.ends_with('/') && !is_folder(file))?;
        Some((text != "none").then_some(file))
    });
    set(&mut log.file, file);
    set(&mut log.max_size, section.size("max_size", 4_096..=1 << 40));
    set(&mut log.keep, section.number("keep", 0..=1_000));
    section.finish();
}

fn auth(mut section: Section, auth: &mut Auth) {
    set(&mut auth.access_token_ttl, section.duration("access_token_ttl", SECOND, 30 * DAY));
    set(&mut auth.refresh_token_ttl, section.duration("refresh_token_ttl", SECOND, 1_000 * DAY));
    set(&mut auth.max_failed_logins, section.number("max_failed_logins", 1..=1_000));
    section.finish();
}

fn limits(mut section: Section, limits: &mut Limits) {
    let any = 0..=1_000_000;
    set(&mut limits.send_per_key_per_second, section.number("send_per_key_per_second", any.clone()));
    set(
        &mut limits.requests_per_user_per_second,
        section.number("requests_per_user_per_second", any.clone()),
    );
    set(
        &mut limits.login_per_address_per_minute,
        section.number("login_per_address_per_minute", any.clone()),
    );
    set(&mut limits.body_bytes, section.size("body_bytes", 0..=1 << 30));
    set(&mut limits.connections, section.number("connections", any.clone()));
    set(&mut limits.connections_per_address, section.number("connections_per_address", any.clone()));
    set(&mut limits.streams, section.number("streams", any.clone()));
    set(&mut limits.streams_per_user, section.number("streams_per_user", any));
    // Never 0: a server that waits for ever for a slow client is taken down by a few of them.
    set(&mut limits.header_timeout, section.duration("header_timeout", SECOND, HOUR));
    set(&mut limits.body_timeout, section.duration("body_timeout", SECOND, HOUR));
    set(&mut limits.idle_timeout, section.duration("idle_timeout", SECOND, HOUR));
    set(&mut limits.shutdown_timeout, section.duration("shutdown_timeout", SECOND, HOUR));
    section.finish();
}

fn retention(mut section: Section, retention: &mut Retention) {
    let days = 0..=36_500;
    set(&mut retention.read_days, section.number("read_days", days.clone()));
    set(&mut retention.unread_days, section.number("unread_days", days.clone()));
    set(&mut retention.deliveries_days, section.number("deliveries_days", days.clone()));
    set(&mut retention.history_days, section.number("history_days", days));
    section.finish();
}

/// A list of names, each once: of a setting, of what one of them is, and of an example.
fn names(
    top: &mut Section,
    (setting, what, example): (&'static str, &str, &'static str),
    problems: &Problems,
) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (place, name) in top.texts(setting, example) {
        if !words::is_type_name(&name) {
            let expected =
                format!("names of 1 to 64 lower-case letters, digits and _, for example {example}");
            top.must_be(place, setting, &expected);
        } else if names.contains(&name) {
            problems.add(place, format!("the {what} \"{name}\" is written twice; remove one"));
        } else {
            names.push(name);
        }
    }
    names
}

fn allowed_origins(top: &mut Section) -> Vec<String> {
    let mut origins = Vec::new();
    for (place, origin) in top.texts("allowed_origins", "\"https://crm.example.com\"") {
        match words::origin(&origin) {
            Ok(()) => origins.push(origin),
            Err(expected) => top.must_be(place, "an item of allowed_origins", &expected),
        }
    }
    origins
}

/// A list of addresses and ranges of addresses.
pub(super) fn ranges(section: &mut Section, name: &'static str) -> Vec<Cidr> {
    let mut ranges = Vec::new();
    for (place, range) in section.texts(name, "\"10.0.0.0/8\"") {
        match range.parse::<Cidr>() {
            Ok(range) => ranges.push(range),
            Err(expected) => section.item_must_be(place, name, &expected),
        }
    }
    ranges
}
