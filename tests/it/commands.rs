//! The command line, beside a server that runs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::site::{Server, Site, finish, within};
use crate::world::{KEY, PASSWORD};

/// What a command of another process does is felt by then.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn check_prints_what_is_in_force_with_secrets_hidden() {
    let site = Site::new(
        "database_url: postgres://belfry:pass%20word@db.example.com/belfry\nlimits: { send_per_key_per_second: 50 }\n\
         trusted_proxies: [10.0.0.0/8]\nnotification_types: [rack_on_fire]\n",
    );
    let said = site.run(&["check"]).done();
    for line in [
        "listen: 127.0.0.1:0",
        "api_keys: \"Provisioning notification system\" (key hidden), roles admin, expires never",
        "auth.access_token_ttl: 15m",
        "limits.send_per_key_per_second: 50",
        "limits.requests_per_user_per_second: 0 (no limit)",
        "notification_types: rack_on_fire",
        "trusted_proxies: 10.0.0.0/8",
        "retention.read_days: 90",
        "crm_config.yaml is in order",
    ] {
        assert!(said.lines().any(|printed| printed == line), "{line}\n{said}");
    }
    let digest = belfry::secret::sha256_hex(KEY.as_bytes());
    for secret in [KEY, "pass%20word", "pass word", &digest[..16]] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    assert!(said.contains("database_url: postgres://belfry:"), "{said}");
}

#[test]
fn check_tells_every_mistake_with_its_line_and_what_to_write() {
    let site = Site::new("");
    site.configure(&format!(
        "lisen: 127.0.0.1:1\nlog: {{ level: loud }}\nauth:\n  access_token_ttl: 15\napi_keys:\n  {KEY}:\n    \
         roles: [amdin]\n  {KEY}: {{}}\n"
    ));
    let said = site.run(&["check"]).refused();
    for mistake in [
        "crm_config.yaml:3:1: unknown key \"lisen\"; did you mean \"listen\"?",
        "crm_config.yaml:4:15: log.level must be one of off, error, warn, info, debug, trace",
        "crm_config.yaml:6:21: auth.access_token_ttl must be a time",
        "crm_config.yaml:9:13: unknown role \"amdin\"; did you mean \"admin\"?",
        "crm_config.yaml:10:3: this API key is written twice",
    ] {
        assert!(said.contains(mistake), "{mistake}\n{said}");
    }
    assert!(!said.contains(KEY), "{said}");
    // A server does not start on it either, and says the same.
    assert_eq!(site.run(&["serve"]).refused(), said);
    let elsewhere = finish(site.bare(&["check", "--config", "nowhere.yaml"]), "").refused();
    assert!(elsewhere.contains("nowhere.yaml cannot be read"), "{elsewhere}");
}

#[test]
fn a_short_key_stops_the_start_and_is_called_by_its_description() {
    let site = Site::new("");
    let short = "a-key-of-thirty-one-characters0";
    for settings in [
        format!("api_keys:\n  {short}:\n    roles: [admin]\n    description: Nightly reports\n"),
        format!("api_keys:\n  - key: {short}\n    description: Nightly reports\n"),
        "api_keys:\n  - key: \"${STORY_SHORT_KEY}\"\n    description: Nightly reports\n".to_owned(),
    ] {
        site.configure(&settings);
        for command in ["check", "serve"] {
            let mut command = site.command(&[command]);
            let said = finish(std::mem::replace(command.env("STORY_SHORT_KEY", short), site.bare(&[])), "")
                .refused();
            assert!(
                said.contains("\"Nightly reports\" has fewer than 32 characters; make a longer one"),
                "{said}"
            );
            assert!(!said.contains(short) && said.lines().count() == 1, "{said}");
        }
    }
    site.configure(&format!("api_keys:\n  {short}2: {{ description: Long enough }}\n"));
    site.run(&["check"]).done();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_looked_after_beside_a_server_that_runs() {
    let site = Site::new("auth: { max_failed_logins: 2 }");
    let server = site.serve().await;
    site.add_user(1, &["support", "finance"]);
    let bearer = server.bearer(1).await;
    let listed = site.run(&["user", "list"]).done();
    assert_eq!(listed, "1\tuser1@example.com\tUser 1\tActive\tsupport,finance\n");

    let new = "another battery staple";
    let said = site.run_with(&["user", "set-password", "user1@example.com"], &format!("{new}\n")).done();
    assert_eq!(said, "user1@example.com has a new password and is signed out everywhere\n");
    server.login(1, PASSWORD).await.expect(401);
    server.login(1, new).await.expect(200);
    within(SOON, "the old session has ended", async || {
        server.ask("GET", "/crm/auth/me", &[("Authorization", &bearer)], None).await.status == 401
    })
    .await;

    for _ in 0..2 {
        server.login(1, "not the password").await.expect(401);
    }
    server.login(1, new).await.expect(403);
    assert!(site.run(&["user", "list"]).done().contains("Locked - Failed Attempts"));
    assert_eq!(site.run(&["user", "unlock", "1"]).done(), "user1@example.com may sign in again\n");
    server.login(1, new).await.expect(200);

    for (arguments, stdin, reason) in [
        (&["user", "unlock", "99"][..], "", "belfry: User 99 not found\n"),
        (&["user", "set-password", "1"], "", "no password came on standard input"),
        (&["user", "set-password", "1"], "short\n", "password must be 8 to 1024 characters long"),
        (
            &["user", "add", "--email", "user1@example.com", "--name", "X"],
            "",
            "A user with this email exists already",
        ),
        (
            &["user", "add", "--email", "x@example.com", "--name", "X", "--role", "boss"],
            "",
            "roles are admin, support",
        ),
    ] {
        let said = site.run_with(arguments, stdin).refused();
        assert!(said.contains(reason) && said.lines().count() == 1, "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_and_revoked_beside_a_server_that_runs() {
    let site = Site::new("");
    site.add_user(1, &[]);
    let server = site.serve().await;
    let arguments =
        ["key", "new", "--description", "Nightly backup", "--role", "support", "--expires", "90d"];
    let key = site.run(&arguments).done().trim().to_owned();
    within(SOON, "the new key is accepted", async || server.send(&key, "With a new key").await.status == 201)
        .await;
    let listed = site.run(&["key", "list"]).done();
    let fields: Vec<&str> = listed.trim().split('\t').collect();
    assert_eq!(fields[1..5], [&format!("{}…", &key[..8]), "Active", "Nightly backup", "support"]);
    assert!(fields[5].starts_with("expires 20") && !listed.contains(&key), "{listed}");

    assert_eq!(
        site.run(&["key", "revoke", fields[0]]).done(),
        format!("{} (Nightly backup) is revoked\n", fields[0])
    );
    within(SOON, "the revoked key is refused", async || server.send(&key, "Too late").await.status == 401)
        .await;
    assert_eq!(server.send(&key, "Too late").await.text, r#"{"message":"Invalid API key"}"#);
    assert!(site.run(&["key", "list"]).done().contains("\tRevoked\t"));
    assert!(site.run(&["key", "revoke", "99"]).refused().contains("API key 99 not found"));
    server.send(KEY, "Others are not touched").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_script_sends() {
    let site = Site::new("");
    site.add_user(1, &[]);
    let server = site.serve().await;
    let send = |key: Option<&str>, arguments: &[&str]| {
        let mut command = site.bare(&["send", "--server", &server.base]);
        command.args(arguments).envs(key.map(|key| ("BELFRY_API_KEY", key)));
        finish(command, "")
    };
    let whole = [
        "--user",
        "1",
        "--type",
        "system_alert",
        "--title",
        "Disk full",
        "--message",
        "On db1",
        "--link",
        "/disks/1",
        "--metadata",
        r#"{"percent":97}"#,
        "--idempotency-key",
        "disk-1",
    ];
    let printed = send(Some(KEY), &whole).done();
    let answer: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(answer["notification"]["metadata"], json!({"percent": 97}));
    assert_eq!(send(Some(KEY), &whole).done(), printed, "the same key arrives once");
    assert_eq!(server.unread().await, 1);

    let least = ["--user", "1", "--title", "x"];
    for (key, arguments, reason) in [
        (Some(KEY), &["--user", "99", "--title", "x"][..], "belfry: User 99 not found (404 Not Found)\n"),
        (Some(KEY), &["--user", "1", "--title", "x", "--type", "nonsense"], "type \"nonsense\" is unknown"),
        (Some(KEY), &["--user", "1", "--title", "x", "--metadata", "{"], "--metadata is not valid JSON"),
        (Some("wrong"), &least, "belfry: Invalid API key (401 Unauthorized)\n"),
        (None, &least, "put one into the environment variable BELFRY_API_KEY"),
        (Some(""), &least, "put one into the environment variable BELFRY_API_KEY"),
    ] {
        let said = send(key, arguments).refused();
        assert!(
            said.contains(reason) && !said.contains(KEY) && said.lines().count() == 1,
            "{arguments:?}: {said}"
        );
    }
    assert_eq!(
        send(None, &["--user", "1", "--title", "x", "--api-key", KEY]).code,
        Some(2),
        "no key in arguments"
    );
    let nobody = finish(
        std::mem::replace(
            site.bare(&["send", "--server", "http://127.0.0.1:9", "--user", "1", "--title", "x"])
                .env("BELFRY_API_KEY", KEY),
            site.bare(&[]),
        ),
        "",
    );
    assert!(nobody.refused().contains("http://127.0.0.1:9/crm/notification/send cannot be reached"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_brought_up_to_date_and_the_document_printed() {
    let site = Site::new("");
    let newest = belfry::storage::newest_version();
    let first = site.run(&["migrate"]).done();
    assert!(first.starts_with(&format!("applied 0001_foundation.sql (1 of {newest})\n")), "{first}");
    assert_eq!(site.run(&["migrate"]).done(), format!("the schema is at {newest}\n"));
    let printed: Value = serde_json::from_str(&finish(site.bare(&["openapi"]), "").done()).unwrap();
    let server = site.serve().await;
    assert_eq!(printed, server.ask("GET", "/crm/openapi.json", &[], None).await.expect(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_the_server_writes() {
    let site = Site::new("");
    site.add_user(1, &[]);
    let server = site.serve().await;
    for number in 0..100 {
        server.send(KEY, &format!("{number}")).await.expect(201);
    }
    let copying = async {
        let (command, copy) = (site.command(&["backup", "copy.db"]), site.file("copy.db"));
        let done = tokio::task::spawn_blocking(move || finish(command, "")).await.unwrap().done();
        assert!(done.contains("holds a consistent copy") && copy.exists(), "{done}");
    };
    let mut copying = std::pin::pin!(copying);
    let mut sent = 100;
    loop {
        tokio::select! {
            () = &mut copying => break,
            reply = server.send(KEY, "Meanwhile") => { reply.expect(201); sent += 1; }
        }
    }
    assert!(site.run(&["backup", "copy.db"]).refused().contains("exists already; name a new file"));
    server.stop().await;
    // The copy is a database like any other.
    site.configure(&format!("database_url: sqlite:{}\n", site.file("copy.db").display()));
    let copied = site.serve().await.unread().await;
    assert!((100..=sent).contains(&copied), "{copied} of {sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_prints_what_is_needed_to_try_it() {
    let site = Site::new("");
    let demo = || site.bare(&["demo", "--listen", "127.0.0.1:0", "--data-dir", "demo"]);
    let server = Server::start(demo()).await;
    let printed = server.printed().join("\n");
    assert!(printed.contains(&format!("Belfry demo at {}", server.base)), "{printed}");
    for path in ["/", "/demo/crm", "/demo/outbox", "/crm/docs/"] {
        let named = format!("{}{path}", server.base);
        assert!(printed.split_whitespace().any(|word| word == named), "{named}\n{printed}");
        let reply = server.ask("GET", path, &[], None).await;
        assert!(reply.status == 200 || reply.text.contains("make pages"), "{path}: {}", reply.text);
    }
    // The command that it prints, as a shell would take it apart.
    let command: String = printed.split_once("curl ").unwrap().1.lines().take(3).collect();
    let quoted: Vec<&str> = command.split('\'').collect();
    let (name, value) = quoted[1].split_once(": ").unwrap();
    let body: Value = serde_json::from_str(quoted[5]).unwrap();
    assert!(command.contains(&format!("-X POST {}/crm/notification/send", server.base)), "{command}");
    server.ask("POST", "/crm/notification/send", &[(name, value)], Some(body)).await.expect(201);
    let after = |label: &str| {
        let line = printed.lines().find(|line| line.trim_start().starts_with(label)).unwrap();
        line.trim_start()[label.len()..].split_whitespace().next().unwrap().to_owned()
    };
    let (key, password) = (after("API key"), after("password"));
    for id in ["1", "2", "5", "123"] {
        let body = json!({"email": after(&format!("{id}  ")), "password": password});
        let signed_in = server.ask("POST", "/crm/auth/login", &[], Some(body)).await.expect(200);
        assert_eq!(signed_in["user"]["id"].to_string(), id);
        assert_eq!(signed_in["roles"].as_array().unwrap().contains(&json!("admin")), id == "1");
    }
    server.send(&key, "Kept").await.expect(201);
    server.stop().await;
    // What was done in a demo is still there when it is started again.
    let server = Server::start(demo()).await;
    let body = json!({"email": after("1  "), "password": password});
    let signed_in = server.ask("POST", "/crm/auth/login", &[], Some(body)).await.expect(200);
    let bearer = format!("Bearer {}", signed_in["token"].as_str().unwrap());
    let page = server.ask("GET", "/crm/notification/", &[("Authorization", &bearer)], None).await.expect(200);
    assert_eq!(page["notifications"][0]["title"], "Kept");
    assert_eq!(page["notifications"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_says_how_to_make_an_administrator() {
    let site = Site::new("");
    let hints = |printed: Vec<String>| {
        let hints = printed.into_iter().filter(|line| line.contains("There is no administrator yet"));
        hints.collect::<Vec<_>>()
    };
    site.add_user(1, &["support"]);
    let hint = hints(site.serve().await.stop().await);
    assert_eq!(hint.len(), 1);
    let hint: Value = serde_json::from_str(&hint[0]).unwrap();
    let (_, advice) = hint["message"].as_str().unwrap().split_once("make one with: belfry ").unwrap();
    // Whoever does what it says has one.
    let arguments: Vec<&str> = advice.split_whitespace().collect();
    site.run_with(&arguments, PASSWORD).done();
    assert_eq!(hints(site.serve().await.stop().await), Vec::<String>::new());
}
