//! What the server writes into its log: every attempt to send, and never a secret.

use serde_json::{Value, json};

use crate::site::{Server, Site};
use crate::world::{KEY, PASSWORD};

fn parsed(lines: &[String]) -> Vec<Value> {
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not a JSON line: {line:?}")))
        .collect()
}

/// The lines about sending.
fn attempts(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line.get("by").is_some()).collect()
}

/// Text that would end a line, forge one, or command a terminal.
const NASTY: &str =
    "\n{\"level\":\"INFO\",\"message\":\"forged\"}\r\n\u{1b}[2J\u{1b}]0;owned\u{7}\u{85}\u{2028}\u{9b}31m\0";

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_to_send_is_one_line_with_the_description_of_the_key() {
    let site = Site::new("");
    site.add_user(1, &[]);
    let server = site.serve().await;
    let sent = server.send(KEY, "Fine").await.expect(201);
    let ask = async |key: &str, path: &str, body: Value| {
        server.ask("POST", path, &[("X-API-KEY", key)], Some(body)).await
    };
    let (one, many) = ("/crm/notification/send", "/crm/notification/send/batch");
    ask(KEY, one, json!({"user_id": 99, "type": "custom", "title": "x"})).await.expect(404);
    ask(KEY, one, json!({"user_id": 1, "type": "custom"})).await.expect(400);
    ask("not-a-key-but-long-enough-to-be-one-0", one, json!({})).await.expect(401);
    ask(KEY, many, json!({"notifications": [{"user_id": 1, "type": "custom", "title": "x"}, {}]}))
        .await
        .expect(200);
    ask(KEY, many, json!({"notifications": []})).await.expect(400);
    ask("not-a-key-but-long-enough-to-be-one-0", many, json!({})).await.expect(401);
    let bearer = server.bearer(1).await;
    server.ask("POST", one, &[("Authorization", &bearer)], Some(json!({}))).await.expect(403);
    let lines = server.stop().await;
    let lines = parsed(&lines);
    let told: Vec<(&str, i64)> = attempts(&lines)
        .iter()
        .map(|line| (line["by"].as_str().unwrap(), line["status"].as_i64().unwrap()))
        .collect();
    let (known, stranger) = ("Provisioning notification system", "somebody unknown at 127.0.0.1");
    assert_eq!(
        told,
        [
            (known, 201),
            (known, 404),
            (known, 400),
            (stranger, 401),
            (known, 200),
            (known, 400),
            (stranger, 401),
            ("user 1", 403),
        ]
    );
    let lines = attempts(&lines);
    assert_eq!(lines[0]["notification_id"], sent["notification"]["notification_id"]);
    assert_eq!((&lines[0]["user_id"], &lines[0]["type"]), (&json!(1), &json!("custom")));
    assert_eq!(lines[1]["reason"], "User 99 not found");
    assert_eq!((&lines[4]["stored"], &lines[4]["refused"]), (&json!(1), &json!(1)));
    // The file has the same lines.
    let file: Vec<String> = site.read("data/api.log").lines().map(str::to_owned).collect();
    assert_eq!(attempts(&parsed(&file)).len(), 8);
}

async fn send_nasty_things(server: &Server) {
    let body = |field: &str, value: Value| {
        let mut body = json!({"user_id": 1, "type": "custom", "title": "x"});
        body[field] = value;
        body
    };
    let texts = [
        body("title", json!(NASTY)),
        body("message", json!(NASTY)),
        body("type", json!(NASTY)),
        body(NASTY, json!(1)),
        body("link", json!(NASTY)),
        body("metadata", json!({ NASTY: NASTY })),
    ];
    for text in texts {
        server.ask("POST", "/crm/notification/send", &[("X-API-KEY", KEY)], Some(text)).await;
    }
    server.ask("GET", "/crm/notification/?type=%0A%1b%5B2J", &[], None).await;
    let login = json!({"email": NASTY, "password": NASTY});
    server.ask("POST", "/crm/auth/login", &[], Some(login)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_a_sender_breaks_a_line() {
    for format in ["json", "text"] {
        let site = Site::new(&format!("log: {{ format: {format}, level: debug, file: api.log }}"));
        site.add_user(1, &[]);
        let server = site.serve().await;
        send_nasty_things(&server).await;
        let printed = server.stop().await;
        let file: Vec<String> = site.read("api.log").split_terminator('\n').map(str::to_owned).collect();
        parsed(&file);
        let is_tame =
            |line: &String| !line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
        let wild: Vec<_> = printed.iter().chain(&file).filter(|line| !is_tame(line)).collect();
        assert!(wild.is_empty(), "{wild:#?}");
        assert_eq!(printed.len(), file.len(), "as many lines are printed as are filed");
        match format {
            "json" => assert!(parsed(&printed).iter().all(|line| line["message"] != "forged")),
            _ => assert!(printed.iter().all(|line| line.starts_with("20")), "{printed:#?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_written_at_any_level() {
    let site = Site::new("");
    site.add_user(1, &["admin"]);
    let mut command = site.command(&["serve"]);
    command.env("RUST_LOG", "trace");
    let server = Server::start(command).await;
    let signed_in = server.login(1, PASSWORD).await.expect(200);
    let wrong_password = "a password that is not the right one";
    server.login(1, wrong_password).await.expect(401);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let bearer = format!("Bearer {}", text(&signed_in["token"]));
    let ask = async |path: &str, body: Value| {
        server.ask("POST", path, &[("Authorization", &bearer)], Some(body)).await
    };
    let made = ask("/crm/api-key", json!({"name": "Backup"})).await.expect(201);
    let new_password = "a password of somebody new";
    ask("/crm/user", json!({"email": "new@example.com", "name": "New", "password": new_password}))
        .await
        .expect(201);
    let next =
        ask("/crm/auth/refresh", json!({"refresh_token": signed_in["refresh_token"]})).await.expect(200);
    let wrong_key = "a-key-that-nobody-ever-made-of-32-chars";
    for key in [KEY, wrong_key, &text(&made["key"])] {
        server.send(key, "A title").await;
        server.ask("GET", &format!("/crm/user?key={key}"), &[("X-API-KEY", key)], None).await;
    }
    let metrics = server.ask("GET", "/crm/metrics", &[], None).await.text;
    // A ticket stands in a URL; a good one, a spent one and a made-up one are looked at.
    let bearer = format!("Bearer {}", text(&next["token"]));
    let given =
        server.ask("POST", "/crm/notification/stream-ticket", &[("Authorization", &bearer)], None).await;
    let ticket = text(&given.expect(200)["ticket"]);
    let made_up = "A".repeat(86);
    for (ticket, status) in [(&ticket, 200), (&ticket, 401), (&made_up, 401)] {
        let path = format!("/crm/notification/stream?poll=0&ticket={ticket}");
        server.ask("GET", &path, &[], None).await.expect(status);
    }
    let entered = json!({"email": "user1@example.com", "password": PASSWORD});
    let entered = server.ask("POST", "/crm/auth/session", &[], Some(entered)).await;
    let cookie = entered.header("Set-Cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let sent = format!("__Host-belfry={cookie}");
    server.ask("GET", "/crm/auth/me", &[("Cookie", &sent)], None).await.expect(200);
    server.ask("POST", "/crm/auth/logout", &[("Cookie", &sent)], None).await.expect(403);
    let mut written = server.stop().await.join("\n");
    assert!(written.contains("Provisioning notification system"), "the log tells of sends");
    written.push_str(&site.read("data/api.log"));
    written.push_str(&metrics);
    for secret in [
        KEY,
        PASSWORD,
        wrong_password,
        new_password,
        wrong_key,
        &text(&made["key"]),
        &text(&signed_in["token"]),
        &text(&signed_in["refresh_token"]),
        &text(&next["token"]),
        &text(&next["refresh_token"]),
        &ticket,
        &made_up,
        &cookie,
    ] {
        let line = written.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret} stands in: {line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_file_is_put_aside_when_it_is_full_and_no_line_is_lost() {
    let site = Site::new("log: { file: logs/api.log, max_size: 4KiB, keep: 100 }");
    site.add_user(1, &[]);
    let server = site.serve().await;
    for number in 0..100 {
        server.send(KEY, &format!("{number}")).await.expect(201);
    }
    server.stop().await;
    let mut files: Vec<_> =
        std::fs::read_dir(site.file("logs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 3, "{files:?}");
    let mut ids = std::collections::BTreeSet::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.len() <= 4096 + 1024, "{}: {}", file.display(), text.len());
        let lines: Vec<String> = text.split_terminator('\n').map(str::to_owned).collect();
        ids.extend(parsed(&lines).iter().filter_map(|line| line["notification_id"].as_i64()));
    }
    assert_eq!(ids.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_old_log_files_are_kept_and_sighup_opens_the_file_anew() {
    let site = Site::new("log: { file: api.log, max_size: 4KiB, keep: 2 }");
    site.add_user(1, &[]);
    let server = site.serve().await;
    for number in 0..100 {
        server.send(KEY, &format!("{number}")).await.expect(201);
    }
    // As logrotate does: moved away, then told.
    std::fs::rename(site.file("api.log"), site.file("away.log")).unwrap();
    server.reload(1).await;
    server.send(KEY, "In the new file").await.expect(201);
    server.stop().await;
    assert!(site.read("api.log").contains("\"notification_id\":101"));
    assert!(site.file("api.log.2").exists() && !site.file("api.log.3").exists());
}
