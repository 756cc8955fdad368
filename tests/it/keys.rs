//! API keys: those of the configuration, and those that administrators make.

use std::time::Duration;

use belfry::clock::Instant;
use belfry::config::ConfiguredKey;
use serde_json::{Value, json};

use crate::dump::dump;
use crate::world::{KEY, On, PASSWORD, Reply, Somebody, World};

const INVALID: &str = r#"{"message":"Invalid API key"}"#;

async fn manage(world: &World, method: &str, path: &str, body: Option<Value>) -> Reply {
    let path = format!("/crm/api-key{path}");
    world.ask(method, &path, &[("X-API-KEY", KEY)], body.map(|body| body.to_string())).await
}

/// Makes a key; returns its number and its text.
async fn make(world: &World, body: Value) -> (i64, String) {
    let made = manage(world, "POST", "", Some(body)).await.expect(201);
    (made["api_key"]["id"].as_i64().unwrap(), made["key"].as_str().unwrap().to_owned())
}

async fn list(world: &World) -> Value {
    manage(world, "GET", "", None).await.expect(200)
}

#[track_caller]
fn assert_invalid(reply: &Reply) {
    assert_eq!((reply.status, reply.text.as_str()), (401, INVALID));
}

story! {
    async fn keys_of_the_file_and_of_the_database_send(on: On) {
        let other = "another-key-of-the-configuration-0002";
        let world = World::with(on, |config| {
            config.api_keys.push(ConfiguredKey::new(other, "Monitoring", &[]));
        }).await;
        let ann = world.person(1, &[]).await;
        let (_, made) = make(&world, json!({"name": "Backup"})).await;
        assert!(made.starts_with("bfy_") && made.len() == 53, "{made}");
        for key in [KEY, other, &made] {
            world.send_with(key).await.expect(201);
        }
        assert_eq!(ann.unread().await, 3);
        let world = world.restart().await;
        for key in [KEY, other, &made] {
            world.send_with(key).await.expect(201);
        }
    }
}

story! {
    async fn a_key_is_shown_once_and_listed_masked_with_its_last_use(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let reply = manage(&world, "POST", "", Some(json!({
            "name": "Backup", "description": "Nightly backup on db1", "roles": ["support"], "expires_at": "2026-02-01T09:00:00+01:00"
        }))).await;
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
        let made = reply.expect(201);
        let key = made["key"].as_str().unwrap().to_owned();
        let shown = json!({
            "id": made["api_key"]["id"], "source": "database", "name": "Backup", "description": "Nightly backup on db1",
            "roles": ["support"], "hint": format!("{}…", &key[..8]), "status": "Active",
            "created_by": "Provisioning notification system", "created_at": "2026-01-11T14:30:00Z",
            "expires_at": "2026-02-01T08:00:00Z", "revoked_at": null, "last_used_at": null
        });
        assert_eq!(made["api_key"], shown);
        world.passes(Duration::from_secs(90)).await;
        world.send_with(&key).await.expect(201);
        world.passes(Duration::from_secs(60)).await;
        let reply = manage(&world, "GET", "", None).await;
        assert!(!reply.text.contains(&key) && !reply.text.contains(KEY), "{}", reply.text);
        let keys = reply.expect(200);
        assert_eq!((&keys["total"], &keys["active"], &keys["expiring_soon"]), (&json!(2), &json!(2), &json!(1)));
        assert_eq!((&keys["api_keys"][0]["source"], &keys["api_keys"][0]["id"]), (&json!("config"), &Value::Null));
        assert_eq!(keys["api_keys"][1]["last_used_at"], "2026-01-11T14:31:30Z");
        let world = world.restart().await;
        assert_eq!(list(&world).await["api_keys"][1]["last_used_at"], "2026-01-11T14:31:30Z");
    }
}

story! {
    async fn a_key_that_is_not_in_force_is_answered_to_the_letter(on: On) {
        let gone = "a-key-that-is-taken-out-of-the-file-01";
        let until = Instant::parse("2026-01-11T15:30:00Z").unwrap();
        let ends = "a-key-of-the-file-with-an-expiry-00001";
        let world = World::with(on, |config| {
            config.api_keys.push(ConfiguredKey::new(gone, "Gone", &["admin"]));
            config.api_keys.push(ConfiguredKey { expires: Some(until), ..ConfiguredKey::new(ends, "Ends", &[]) });
        }).await;
        let ann = world.person(1, &[]).await;
        let (_, expired) = make(&world, json!({"name": "A", "expires_at": "2026-01-11T15:30:00Z"})).await;
        let (revoked_id, revoked) = make(&world, json!({"name": "B", "roles": ["admin"]})).await;
        let (replaced_id, replaced) = make(&world, json!({"name": "C"})).await;
        for key in [gone, ends, &expired, &revoked, &replaced] {
            world.send_with(key).await.expect(201);
        }
        world.passes(Duration::from_secs(3600)).await;
        let done = manage(&world, "DELETE", &format!("/{revoked_id}"), None).await.expect(200);
        assert_eq!(done, json!({"result": "Success", "message": "API key revoked"}));
        let again = manage(&world, "POST", &format!("/{replaced_id}/regenerate"), None).await.expect(200);
        let mut config = world.config.clone();
        config.api_keys.retain(|key| key.description != "Gone");
        world.app.reload(config);
        let truncated = &KEY[..KEY.len() - 1];
        for key in [gone, ends, &expired, &revoked, &replaced, truncated, "short", "", "a key with blanks in it that is long enough"] {
            assert_invalid(&world.send_with(key).await);
        }
        let headers = [("X-API-KEY", revoked.as_str())];
        assert_eq!(world.ask("GET", "/crm/user", &headers, None).await.status, 401);
        world.send_with(again["key"].as_str().unwrap()).await.expect(201);
        let ann = Somebody { token: world.sign_in(1).await.token, ..ann };
        assert_eq!(ann.unread().await, 6);
        let keys = list(&world).await;
        assert_eq!((&keys["expired"], &keys["revoked"], &keys["active"]), (&json!(2), &json!(1), &json!(2)));
        // What is revoked stays so.
        manage(&world, "POST", &format!("/{revoked_id}/regenerate"), None).await.expect(409);
        manage(&world, "PUT", &format!("/{revoked_id}"), Some(json!({"expires_at": null}))).await.expect(409);
        manage(&world, "DELETE", "/999999", None).await.expect(404);
    }
}

story! {
    async fn a_key_without_roles_sends_and_does_nothing_else(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let (id, key) = make(&world, json!({"name": "Sender"})).await;
        world.send_with(&key).await.expect(201);
        for (method, path) in [
            ("GET", "/crm/api-key"), ("POST", "/crm/api-key"), ("GET", "/crm/user"), ("POST", "/crm/user"), ("GET", "/crm/group"),
        ] {
            let body = (method == "POST").then(|| "{}".to_owned());
            world.ask(method, path, &[("X-API-KEY", &key)], body).await.expect(403);
        }
        world.ask("GET", "/crm/user/1", &[("X-API-KEY", &key)], None).await.expect(404);
        // It cannot give itself a role either; an administrator can.
        let wish = json!({"roles": ["admin"]});
        let path = format!("/crm/api-key/{id}");
        world.ask("PUT", &path, &[("X-API-KEY", &key)], Some(wish.to_string())).await.expect(403);
        manage(&world, "PUT", &format!("/{id}"), Some(wish)).await.expect(200);
        world.ask("GET", "/crm/user/1", &[("X-API-KEY", &key)], None).await.expect(200);
    }
}

story! {
    async fn only_administrators_see_and_change_keys(on: On) {
        let world = World::new(on).await;
        let (id, key) = make(&world, json!({"name": "Secret project"})).await;
        let boss = world.person(9, &["admin"]).await;
        for (who, roles) in [(1, &[][..]), (2, &["support"]), (3, &["finance", "customer"])] {
            let somebody = world.person(who, roles).await;
            let path = format!("/crm/api-key/{id}");
            for (method, path, body) in [
                ("GET", "/crm/api-key", None),
                ("POST", "/crm/api-key", Some(json!({"name": "Mine"}))),
                ("PUT", path.as_str(), Some(json!({"roles": ["admin"]}))),
                ("POST", &format!("{path}/regenerate"), None),
                ("DELETE", &path, None),
            ] {
                let reply = somebody.ask(method, path, body).await;
                assert!(reply.status == 403 && !reply.text.contains("Secret project"), "{method} {path}: {}", reply.text);
            }
        }
        assert_eq!(list(&world).await["total"], 2);
        world.send_with(&key).await.expect(201);
        let made = boss.ask("POST", "/crm/api-key", Some(json!({"name": "By a person"}))).await.expect(201);
        assert_eq!(made["api_key"]["created_by"], "user9@example.com");
    }
}

story! {
    async fn what_is_wrong_with_a_key_to_make_is_said_by_its_name(on: On) {
        let world = World::new(on).await;
        for (body, said) in [
            (json!({}), "name is required"),
            (json!({"name": "  "}), "name is required"),
            (json!({"name": "x".repeat(101)}), "name must be at most 100 characters long, in one line"),
            (json!({"name": "two\nlines"}), "name must be at most 100 characters long, in one line"),
            (json!({"name": "x", "description": "\u{1b}[31m"}), "description must be at most 200 characters"),
            (json!({"name": "x", "roles": ["amdin"]}), "did you mean \"admin\"?"),
            (json!({"name": "x", "roles": "admin"}), "roles must be"),
            (json!({"name": "x", "expires_at": "soon"}), "expires_at must be"),
            (json!({"name": "x", "expires": "2030-01-01T00:00:00Z"}), "did you mean \"expires_at\"?"),
            (json!({"name": "x", "key": KEY}), "Unknown field \"key\""),
        ] {
            let refused = manage(&world, "POST", "", Some(body.clone())).await.expect(400);
            assert!(refused["reason"].as_str().unwrap().contains(said), "{body} → {refused}");
        }
        assert_eq!(list(&world).await["total"], 1);
    }
}

story! {
    async fn a_key_counts_in_its_header_alone(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let body = json!({"user_id": 1, "type": "custom", "title": "x"}).to_string();
        let bearer = format!("Bearer {KEY}");
        for (query, headers) in [
            (format!("?X-API-KEY={KEY}&api_key={KEY}&key={KEY}"), vec![]),
            (String::new(), vec![("Authorization", bearer.as_str())]),
            (String::new(), vec![("Cookie", "X-API-KEY=a-key-for-the-stories-of-this-test-0001")]),
            (String::new(), vec![("X-API-KEY", KEY), ("X-API-KEY", "another-key-of-the-configuration-0002")]),
        ] {
            let path = format!("/crm/notification/send{query}");
            let reply = world.ask("POST", &path, &headers, Some(body.clone())).await;
            assert_eq!(reply.status, 401, "{query} {headers:?}");
        }
        // Header names have no case.
        world.ask("POST", "/crm/notification/send", &[("x-Api-Key", KEY)], Some(body)).await.expect(201);
    }
}

story! {
    async fn whoever_steals_the_database_gets_in_nowhere(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &["admin"]).await;
        let once = [("X-API-KEY", KEY), ("Idempotency-Key", "once")];
        let ask = async |path: &str, body: Value| world.ask("POST", path, &once, Some(body.to_string())).await;
        let made = ask("/crm/api-key", json!({"name": "Backup"})).await.expect(201);
        let again = ask("/crm/api-key", json!({"name": "Backup"})).await;
        assert_eq!((again.header("Idempotency-Replayed"), &again.body), (Some("true"), &made));
        let password = "a password that stands in no table";
        ask("/crm/user", json!({"email": "bob@example.com", "name": "Bob", "password": password})).await.expect(201);
        let signed_in = world.login("bob@example.com", password).await.expect(200);
        let spent = ann.refresh_token.clone();
        let next = ask("/crm/auth/refresh", json!({"refresh_token": spent})).await.expect(200);
        world.send_with(made["key"].as_str().unwrap()).await.expect(201);
        world.passes(Duration::from_secs(60)).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let secrets = [
            KEY.to_owned(), PASSWORD.to_owned(), password.to_owned(), spent, text(&made["key"]), ann.token.clone(),
            text(&next["token"]), text(&next["refresh_token"]), text(&signed_in["token"]), text(&signed_in["refresh_token"]),
        ];
        let mut stolen = dump(&world.app.database).await.join("\n").into_bytes();
        assert!(String::from_utf8_lossy(&stolen).contains("bob@example.com"));
        if on == On::Sqlite {
            for file in ["belfry.db", "belfry.db-wal"] {
                stolen.extend(std::fs::read(world.folder().join(file)).unwrap_or_default());
            }
        }
        for secret in secrets {
            assert!(!stolen.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} stands in the database");
            // A digest of a password would let whoever reads it try passwords at full speed.
            let digest = belfry::secret::sha256_hex(secret.as_bytes());
            let is_password = secret.contains(' ');
            assert!(!is_password || !stolen.windows(64).any(|part| part == digest.as_bytes()), "the digest of {secret}");
        }
    }
}
