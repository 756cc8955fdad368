//! Every mistake that a file can hold, with the exact line that the operator reads.

use proptest::prelude::*;

use super::tests::{KEY, parse};

/// File, and the line told after `crm_config.yaml:`.
const BAD: &[(&str, &str)] = &[
    ("listn: x", "1:1: unknown key \"listn\"; did you mean \"listen\"?"),
    (
        "a:\n",
        "1:1: unknown key \"a\"; known here: data_dir, listen, public_url, crm_url, database_url, log, api_keys, auth, limits, notification_types, record_modules, allowed_origins, trusted_proxies, retention, smtp, outbound, runtime_threads",
    ),
    (
        "log:\n  level: info\n  max-sise: 1",
        "3:3: unknown key \"max-sise\" in log; did you mean \"max_size\"?",
    ),
    (
        "log:\n  level: info\n  level: warn",
        "3:3: \"log.level\" is written twice; remove this one or the one in line 2",
    ),
    (
        "listen: 127.0.0.1:1\n\nlisten: 127.0.0.1:2",
        "3:1: \"listen\" is written twice; remove this one or the one in line 1",
    ),
    ("listen: 8080", "1:9: listen must be an IP address and a port, for example 127.0.0.1:8080"),
    ("listen: localhost:8080", "1:9: listen must be an IP address and a port, for example 127.0.0.1:8080"),
    (
        "public_url: crm",
        "1:13: public_url must be an address that people can open, for example https://notify.example.com, with neither ? nor #",
    ),
    (
        "database_url: mysql://h",
        "1:15: database_url must be sqlite:belfry.db (a file in data_dir) or postgres://user:password@host:5432/database",
    ),
    ("data_dir: 5", "1:11: data_dir must be a folder, for example ./data"),
    ("log: true", "1:6: log must hold settings, each a line such as \"name: value\""),
    ("- log", "1:1: the file must hold settings, each a line such as \"name: value\""),
    ("log: { level: loud }", "1:15: log.level must be one of off, error, warn, info, debug, trace"),
    ("log: { format: xml }", "1:16: log.format must be json or text"),
    ("log: { file: ./data/ }", "1:14: log.file must be a file, for example ./data/api.log, or none"),
    (
        "log: { max_size: 50 Mib of logs }",
        "1:18: log.max_size must be a number of bytes from 4096 to 1099511627776, for example 256KiB or 50MiB",
    ),
    ("log: { keep: -1 }", "1:14: log.keep must be a whole number from 0 to 1000"),
    ("log: { keep: \"3\" }", "1:14: log.keep must be a whole number from 0 to 1000"),
    (
        "auth: { access_token_ttl: 15 }",
        "1:27: auth.access_token_ttl must be a time from 1s to 30days with its unit, for example 30s, 15m or 30d",
    ),
    ("auth: { max_failed_logins: 0 }", "1:28: auth.max_failed_logins must be a whole number from 1 to 1000"),
    (
        "limits: { header_timeout: 0s }",
        "1:27: limits.header_timeout must be a time from 1s to 1h with its unit, for example 30s, 15m or 30d",
    ),
    ("limits: { connections: 1.5 }", "1:24: limits.connections must be a whole number from 0 to 1000000"),
    (
        "notification_types: door",
        "1:21: notification_types must be a list of texts, for example [door_opened]",
    ),
    (
        "notification_types: [Door]",
        "1:22: notification_types must be names of 1 to 64 lower-case letters, digits and _, for example door_opened",
    ),
    (
        "record_modules: [\"Vessels\"]",
        "1:18: record_modules must be names of 1 to 64 lower-case letters, digits and _, for example vessels",
    ),
    ("record_modules: [a, a]", "1:21: the module \"a\" is written twice; remove one"),
    ("notification_types: [a, a]", "1:25: the notification type \"a\" is written twice; remove one"),
    (
        "allowed_origins: [\"https://x/\"]",
        "1:19: an item of allowed_origins must be exactly what browsers send, that is https://x",
    ),
    (
        "trusted_proxies: [10.0.0.1/8]",
        "1:19: an item of trusted_proxies must be the first address of its range, that is 10.0.0.0/8",
    ),
    ("listen: ${GONE}", "1:9: the environment variable GONE is not set; set it, or write ${GONE:-default}"),
    // E-mail
    ("smtp: mail.example.com", "1:7: smtp must hold settings, each a line such as \"name: value\""),
    ("smtp: { from: a@b }", "1:7: smtp needs the mail server, for example host: mail.example.com"),
    ("smtp: { host: h }", "1:7: smtp needs a sender, for example from: \"CRM <crm@example.com>\""),
    (
        "smtp: { host: \"smtp://h\", from: a@b }",
        "1:15: smtp.host must be the name or the address of the mail server, for example mail.example.com",
    ),
    ("smtp: { host: h, port: 0, from: a@b }", "1:24: smtp.port must be a whole number from 1 to 65535"),
    ("smtp: { host: h, tls: none, from: a@b }", "1:23: smtp.tls must be required or plain"),
    (
        "smtp: { host: h, from: \"a@b, c@d\" }",
        "1:24: smtp.from must be one mailbox, for example \"CRM <crm@example.com>\"",
    ),
    (
        "smtp: { host: h, from: \"A\\r\\nBcc: c@d <a@b>\" }",
        "1:24: smtp.from must be one mailbox, for example \"CRM <crm@example.com>\"",
    ),
    (
        "smtp: { host: h, from: a@b, username: u }",
        "1:39: smtp.username must be given together with smtp.password",
    ),
    (
        "smtp: { host: h, from: a@b, password: hunter2 }",
        "1:39: smtp.password must be given together with smtp.username",
    ),
    (
        "smtp: { host: h, from: a@b, username: u, password: 123456 }",
        "1:52: smtp.password must be a text in one line, in quotes, for example \"${SMTP_PASSWORD}\"",
    ),
    (
        "smtp:\n  host: h\n  from: a@b\n  user: u",
        "4:3: unknown key \"user\" in smtp; known here: host, tls, port, username, password, from, ca_file, connections, timeout",
    ),
    (
        "smtp: { host: h, from: a@b, connections: 0 }",
        "1:42: smtp.connections must be a whole number from 1 to 100",
    ),
    (
        "smtp: { host: h, from: a@b, timeout: 30 }",
        "1:38: smtp.timeout must be a time from 1s to 30s with its unit, for example 30s, 15m or 30d",
    ),
    // Webhooks
    (
        "outbound: { allow_cidrs: [10.0.0.1/8] }",
        "1:27: an item of outbound.allow_cidrs must be the first address of its range, that is 10.0.0.0/8",
    ),
    (
        "outbound: { allow_cidrs: 10.0.0.0/8 }",
        "1:26: outbound.allow_cidrs must be a list of texts, for example [\"10.0.0.0/8\"]",
    ),
    (
        "outbound: { ports: 443 }",
        "1:20: outbound.ports must be a list of ports and ranges of ports, for example [443, 8000-9999]",
    ),
    (
        "outbound: { ports: [443, 9999-8000] }",
        "1:26: outbound.ports must be a list of ports and ranges of ports, for example [443, 8000-9999]",
    ),
    (
        "outbound: { ports: [65536] }",
        "1:21: outbound.ports must be a list of ports and ranges of ports, for example [443, 8000-9999]",
    ),
    (
        "outbound: { timeout: 0s }",
        "1:22: outbound.timeout must be a time from 1s to 30s with its unit, for example 30s, 15m or 30d",
    ),
    (
        "outbound: { webhook_per_second: -1 }",
        "1:33: outbound.webhook_per_second must be a whole number from 0 to 1000000",
    ),
    (
        "outbound: { allow_cidr: [] }",
        "1:13: unknown key \"allow_cidr\" in outbound; did you mean \"allow_cidrs\"?",
    ),
    // API keys
    (
        "api_keys: hunter2",
        "1:11: api_keys must be keys with roles and description indented below them, or a list",
    ),
    (
        "api_keys:\n  hunter2: { description: Cron }",
        "2:3: the API key described as \"Cron\" has fewer than 32 characters; make a longer one, for example with: openssl rand -hex 24",
    ),
    (
        "api_keys:\n  hunter2:\n",
        "2:3: API key 1 has fewer than 32 characters; make a longer one, for example with: openssl rand -hex 24",
    ),
    (
        "api_keys:\n  - key: hunter2\n    description: Cron",
        "2:5: the API key described as \"Cron\" has fewer than 32 characters; make a longer one, for example with: openssl rand -hex 24",
    ),
    (
        "api_keys:\n  - { key: \"${BELFRY_TEST_SHORT}\", description: Cron }",
        "2:5: the API key described as \"Cron\" has fewer than 32 characters; make a longer one, for example with: openssl rand -hex 24",
    ),
    (
        "api_keys:\n  hunter2 hunter2 hunter2 hunter2 hunter2: { description: Cron }",
        "2:3: the API key described as \"Cron\" holds a space or a letter beyond ASCII; use letters, digits and punctuation only",
    ),
    (
        "api_keys:\n  abcdefghijklmnopqrstuvwxyz0123456789: {}\n  abcdefghijklmnopqrstuvwxyz0123456789: {}",
        "3:3: this API key is written twice; remove this one or the one in line 2",
    ),
    (
        "api_keys:\n  abcdefghijklmnopqrstuvwxyz0123456789: admin",
        "2:41: an API key must have roles and description indented below it",
    ),
    (
        "api_keys:\n  abcdefghijklmnopqrstuvwxyz0123456789: { roles: admin }",
        "2:50: api_keys[1].roles must be a list of texts, for example [admin]",
    ),
    (
        "api_keys:\n  abcdefghijklmnopqrstuvwxyz0123456789: { roles: [amdin] }",
        "2:51: unknown role \"amdin\"; did you mean \"admin\"?",
    ),
    (
        "api_keys:\n  abcdefghijklmnopqrstuvwxyz0123456789: { roles: [boss] }",
        "2:51: unknown role \"boss\"; roles are admin, support, finance, customer",
    ),
    (
        "api_keys:\n  abcdefghijklmnopqrstuvwxyz0123456789: { descripton: A }",
        "2:43: unknown key \"descripton\" in api_keys[1]; did you mean \"description\"?",
    ),
    (
        "api_keys:\n  abcdefghijklmnopqrstuvwxyz0123456789: { expires: soon }",
        "2:52: api_keys[1].expires must be a day or an instant, for example 2027-12-31 or 2027-12-31T18:00:00Z",
    ),
    (
        "api_keys: [{ key_sha256: abc }]",
        "1:26: api_keys[1].key_sha256 must be the SHA-256 of the key in 64 hexadecimal digits, in quotes",
    ),
    (
        "api_keys: [{ key: 12345678901234567890123456789012 }]",
        "1:19: api_keys[1].key must be a text; put it in quotes",
    ),
    ("api_keys: [{ description: A }]", "1:12: each item of api_keys must have one of key and key_sha256"),
    (
        "abcdefghijklmnopqrstuvwxyz0123456789:",
        "1:1: unknown key (not shown, for it may be an API key); API keys stand indented below api_keys",
    ),
    // The library's own mistakes
    ("listen: [", "1:9: not valid YAML (unclosed bracket '['); look at the indentation and the quotes"),
    (
        "api_keys:\n  *hunter2: {}",
        "2:3: a value that begins with * needs quotes, as does one with &, !, %, @ or a backquote",
    ),
    ("log: &l { keep: 1 }\nauth: { <<: *l }", "2:9: << is not understood; write the settings out plainly"),
    ("keep: 1\n---\nkeep: 2", "3:1: a second document begins above; remove the line ---"),
];

#[test]
fn every_mistake_is_told_with_its_place_and_what_to_write() {
    let mut wrong = Vec::new();
    for (text, expected) in BAD {
        let told = parse(text).map_or_else(|error| error.to_string(), |_| "accepted".to_owned());
        if told != format!("crm_config.yaml:{expected}") {
            wrong.push(format!("{text:?}\n  is told: {told}\n expected: crm_config.yaml:{expected}"));
        }
        assert!(!told.contains("hunter2") && !told.contains(KEY), "{told}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    /// A file with one API key in which something was cut out and something put in.
    #[test]
    fn no_slip_of_the_hand_shows_a_key(from in 0..190_usize, cut in 0..12_usize, put in "[-:{}\\[\\]&*!|>'\"%@#, \n\ta$]{0,4}") {
        let mut text = format!(
            "listen: 127.0.0.1:1\napi_keys:\n  {KEY}:\n    roles: [admin]\n    description: \"P\"\n\
             log: {{ level: info, keep: 3 }}\nallowed_origins:\n- https://crm.example.com\nauth:\n  access_token_ttl: 15m\n"
        );
        let from = from.min(text.len());
        text.replace_range(from..(from + cut).min(text.len()), &put);
        if let Err(error) = parse(&text) {
            let shown = error.to_string();
            for start in 0..=KEY.len() - 25 {
                prop_assert!(!shown.contains(&KEY[start..start + 25]), "{}\n{}", text, shown);
            }
        }
    }
}
