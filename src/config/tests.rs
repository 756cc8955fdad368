//! Good and bad files, with the exact lines that the operator reads.

use super::*;

pub(super) const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

pub(super) fn parse(text: &str) -> Result<Config, Error> {
    let lookup = |name: &str| match name {
        "BELFRY_TEST_KEY" => Some(KEY.to_owned()),
        "BELFRY_TEST_KEEP" => Some("3".to_owned()),
        "BELFRY_TEST_SHORT" | "SMTP_PASSWORD" => Some("hunter2".to_owned()),
        _ => None,
    };
    Config::parse_with(text, Path::new(FILE_NAME), &lookup)
}

#[test]
fn an_empty_file_is_all_defaults() {
    for text in ["", "# nothing yet\n", "---\n", "{}\n", "log:\nlimits:\napi_keys:\nnotification_types:\n"] {
        assert_eq!(parse(text).unwrap(), Config::with_defaults(Path::new("./data")), "{text:?}");
    }
    let config = parse("").unwrap();
    assert_eq!(config.database, DatabaseUrl::Sqlite("./data/belfry.db".into()));
    assert_eq!(config.log.file, Some("./data/api.log".into()));
    assert_eq!(config.public_url, "http://127.0.0.1:8080");
}

#[test]
fn the_design_page_is_read_as_it_stands() {
    let config = parse(
        "listen: 127.0.0.1:8080\n\
         public_url: http://127.0.0.1:8080\n\
         database_url: sqlite:belfry.db            # relative to data_dir\n\
         data_dir: ./data\n\
         log: { level: info, format: json, file: ./data/api.log, max_size: 50MiB, keep: 10 }\n\
         api_keys:\n  your-secure-api-key-minimum-32-characters:\n    roles: [admin]\n    \
         description: \"Provisioning notification system\"\n\
         auth: { access_token_ttl: 15m, refresh_token_ttl: 30d, max_failed_logins: 5 }\n\
         limits: { send_per_key_per_second: 0, login_per_address_per_minute: 30, body_bytes: 262144 }\n\
         notification_types: []\n\
         retention: { read_days: 90, unread_days: 365, deliveries_days: 30, history_days: 730 }\n",
    );
    let mut expected = Config::with_defaults(Path::new("./data"));
    expected.api_keys =
        vec![ConfiguredKey::new(PLACEHOLDER_KEY, "Provisioning notification system", &["admin"])];
    assert_eq!(config.unwrap(), expected);
    assert_eq!(expected.warnings().len(), 1);
}

#[test]
fn keys_may_stand_as_a_list_or_in_the_environment() {
    let digest = "c0ffee".repeat(10) + "0123";
    let listed = format!(
        "api_keys:\n- {{ key: {KEY}, roles: [admin, support], description: A, expires: 2026-12-31 }}\n- key_sha256: \"{digest}\"\n"
    );
    let keys = parse(&listed).unwrap().api_keys;
    let mut expected = ConfiguredKey::new(KEY, "A", &["admin", "support"]);
    expected.expires = crate::clock::Instant::parse("2027-01-01T00:00:00Z");
    assert_eq!(keys[0], expected);
    assert_eq!(keys[1].sha256[..3], [0xc0, 0xff, 0xee]);
    assert_eq!((keys[1].description.as_str(), keys[1].roles.len()), ("API key 2", 0));

    let plain = vec![ConfiguredKey::new(KEY, "A", &[])];
    for text in [
        "api_keys:\n  ${BELFRY_TEST_KEY}:\n    description: A\n",
        "api_keys: [{ key: \"${BELFRY_TEST_KEY}\", description: A }]\n",
    ] {
        assert_eq!(parse(text).unwrap().api_keys, plain, "{text}");
    }
    let digits = "12345678901234567890123456789012";
    let numeric = parse(&format!("api_keys:\n  {digits}:\n    description: A\n")).unwrap();
    assert_eq!(numeric.api_keys, [ConfiguredKey::new(digits, "A", &[])]);
}

#[test]
fn every_kind_of_value_is_read() {
    let config = parse(
        "data_dir: /var/lib/belfry\nlisten: \"[::]:9000\"\ndatabase_url: postgres://u:p@h/d\nruntime_threads: 2\n\
         log: { file: none, max_size: 1MiB, keep: \"${BELFRY_TEST_KEEP}\", format: text }\n\
         auth: { access_token_ttl: 1h 30m }\nlimits: { body_bytes: 1MiB, header_timeout: 5s, connections: 0 }\n\
         notification_types: [door_opened]\nrecord_modules: [vessels]\nallowed_origins: [\"https://crm.example.com\"]\n\
         trusted_proxies: [10.0.0.0/8, \"::1\"]\n",
    )
    .unwrap();
    assert_eq!(config.public_url, "http://127.0.0.1:9000");
    assert_eq!(config.log.file, None);
    assert_eq!((config.log.max_size, config.log.keep, config.limits.body_bytes), (1 << 20, 3, 1 << 20));
    assert_eq!(config.auth.access_token_ttl, Duration::from_secs(5_400));
    assert_eq!(config.trusted_proxies.len(), 2);
    let shown = config.describe();
    assert!(shown.contains("database_url: postgres://u:***@h/d\n"), "{shown}");
    assert!(shown.contains("trusted_proxies: 10.0.0.0/8, ::1/128\n"), "{shown}");
    assert!(shown.contains("limits.connections: 0 (no limit)\n"), "{shown}");
}

#[test]
fn the_mail_server_is_read_and_its_password_never_shown() {
    let least = parse("smtp: { host: mail.example.com, from: CRM <crm@example.com> }").unwrap();
    let expected = Smtp {
        host: "mail.example.com".to_owned(),
        port: 587,
        tls: SmtpTls::Required,
        login: None,
        from: Mailbox { name: "CRM".to_owned(), address: "crm@example.com".to_owned() },
        ca_file: None,
        connections: 4,
        timeout: Duration::from_secs(30),
    };
    assert_eq!(least.smtp, Some(expected.clone()));

    let config = parse(
        "smtp: { host: \"10.0.0.9\", port: 465, from: crm@example.com, username: belfry, \
         password: \"${BELFRY_TEST_SHORT}\", ca_file: ./ca.pem, connections: 2, timeout: 20s }",
    )
    .unwrap();
    let smtp = config.smtp.clone().unwrap();
    assert!(smtp.is_implicit_tls() && !expected.is_implicit_tls());
    assert_eq!(smtp.login.as_ref().unwrap().password, "hunter2");
    let shown = format!("{}\n{config:?}", config.describe());
    assert!(shown.contains("smtp.username: belfry\nsmtp.password: hidden\n"), "{shown}");
    assert!(shown.contains("smtp.tls: required (from the first byte)\n"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");

    let plain = "smtp: { host: HOST, tls: plain, from: crm@example.com, username: u, password: hunter2 }";
    let far = parse(&plain.replace("HOST", "mail.example.com")).unwrap();
    assert_eq!(far.smtp.as_ref().map(|smtp| smtp.port), Some(25));
    assert_eq!(far.warnings().len(), 1);
    assert!(!far.warnings()[0].contains("hunter2"));
    assert!(parse(&plain.replace("HOST", "127.0.0.1")).unwrap().warnings().is_empty());
}

#[test]
fn where_webhooks_may_lead_is_read() {
    let config = parse(
        "outbound: { allow_cidrs: [10.0.0.0/8, \"::1\"], ports: [443, 9000-9001], connect_timeout: 2s, \
         timeout: 5s, webhook_per_second: 0 }",
    );
    let outbound = config.unwrap().outbound;
    assert_eq!(outbound.ports, [PortRange::one(443), PortRange { first: 9_000, last: 9_001 }]);
    assert!(outbound.allows_port(9_001) && !outbound.allows_port(80));
    assert!(outbound.allows("10.2.3.4".parse().unwrap()) && !outbound.allows("11.0.0.1".parse().unwrap()));
    assert_eq!(outbound.connect_timeout, Duration::from_secs(2));
    let shown = Config { outbound, ..parse("").unwrap() }.describe();
    assert!(shown.contains("outbound.allow_cidrs: 10.0.0.0/8, ::1/128\n"), "{shown}");
    assert!(shown.contains("outbound.ports: 443, 9000-9001\n"), "{shown}");
    assert!(shown.contains("outbound.webhook_per_second: 0 (no limit)\n"), "{shown}");
    let open = parse("outbound: { allow_cidrs: [\"0.0.0.0/0\"] }").unwrap();
    assert_eq!(open.warnings().len(), 1);
}

#[test]
fn all_mistakes_are_told_in_the_order_of_the_file() {
    let error = parse("retention: 5\nlisten: x\nfoo: 1\n").unwrap_err();
    let places: Vec<_> = error.lines().iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["crm_config.yaml:1:12", "crm_config.yaml:2:9", "crm_config.yaml:3:1"]);
}

#[test]
fn the_seed_with_its_indentation_lost_shows_no_key() {
    let error = parse(&format!("api_keys:\n{KEY}:\nroles:\n- admin\ndescription: \"P\"\n")).unwrap_err();
    assert_eq!(error.lines().len(), 3);
    assert!(!error.to_string().contains(KEY), "{error}");
}

#[test]
fn files_made_to_exhaust_the_server_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    let deep = format!("log: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    for text in [bomb, deep] {
        let error = parse(&text).unwrap_err().to_string();
        assert!(
            error.ends_with("too much nesting or too many aliases; write the settings out plainly"),
            "{error}"
        );
    }
    let error = parse(&"#".repeat(1024 * 1024 + 1)).unwrap_err().to_string();
    assert!(error.starts_with("crm_config.yaml is larger than 1 MiB"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_is_told_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let error = Config::load(&path).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{} cannot be read (", path.display())), "{error}");
    std::fs::write(&path, b"listen: \xff\n").unwrap();
    assert!(Config::load(&path).unwrap_err().to_string().ends_with("is not UTF-8 text; save it as UTF-8"));
    std::fs::write(&path, "listen: 127.0.0.1:9999\n").unwrap();
    assert_eq!(Config::load(&Config::find(Some(&path)).unwrap()).unwrap().listen.port(), 9999);
}

/// The shipped example, with the settings that it only shows in comments (`#| name: …`) put in force too.
#[test]
fn the_example_holds_every_setting_and_means_the_defaults() {
    let example = include_str!("../../crm_config.example.yaml");
    let config = parse(example).unwrap();
    assert_eq!(config, Config::with_defaults(Path::new("./data")));

    let lines = example.lines().filter(|line| !line.ends_with(": []"));
    let shown: String =
        lines.map(|line| line.strip_prefix("#| ").unwrap_or(line).to_owned() + "\n").collect();
    let config = parse(&shown).unwrap();
    assert_eq!(config.api_keys.len(), 1);
    assert_eq!(config.notification_types.len(), 1);
    assert_eq!(config.record_modules, ["vessels"]);
    assert_eq!(config.outbound.allow_cidrs.len(), 2);
    let described = Config::with_defaults(Path::new("./data")).describe() + "\n" + &config.describe();
    for line in described.lines() {
        let name = line.split(": ").next().unwrap();
        let name = name.rsplit('.').next().unwrap();
        let at = shown.lines().position(|line| line.trim_start().starts_with(&format!("{name}:")));
        let at = at.unwrap_or_else(|| panic!("{name} is not in the example"));
        let before = shown.lines().nth(at - 1).unwrap().trim_start();
        assert!(
            before.starts_with('#') || shown.lines().nth(at).unwrap().contains(" # "),
            "{name} has no comment"
        );
    }
}
