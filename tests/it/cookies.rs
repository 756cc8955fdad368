//! Sessions by cookie: as our own pages hold them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{KEY, PASSWORD, Reply, World};

const HOUR: Duration = Duration::from_secs(3600);

/// What a browser adds to what a page of ours asks.
const OWN_PAGE: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

/// A browser in which somebody signed in; nothing is kept of its cookies but ours.
pub struct Browser<'w> {
    world: &'w World,
    pub cookie: String,
}

impl<'w> Browser<'w> {
    pub async fn of(world: &'w World, id: i64) -> Browser<'w> {
        let reply = enter(world, id, PASSWORD, &[]).await;
        Browser { world, cookie: cookie_of(&reply) }
    }

    /// Asks with the cookie and `more` headers.
    pub async fn ask_as(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let mut headers = vec![("Cookie", self.cookie.as_str())];
        headers.extend_from_slice(more);
        self.world.ask(method, path, &headers, body.map(|body| body.to_string())).await
    }

    /// Asks as a page of ours does.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.ask_as(method, path, &[OWN_PAGE], body).await
    }

    pub async fn me(&self) -> u16 {
        self.ask("GET", "/crm/auth/me", None).await.status
    }
}

async fn enter(world: &World, id: i64, password: &str, headers: &[(&str, &str)]) -> Reply {
    let body = json!({"email": format!("user{id}@example.com"), "password": password}).to_string();
    world.ask("POST", "/crm/auth/session", headers, Some(body)).await
}

/// `name=value` out of the answer of a sign-in.
#[track_caller]
fn cookie_of(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned()
}

story! {
    async fn a_page_signs_in_and_holds_nothing_that_a_script_could_read(on: On) {
        let world = World::new(on).await;
        world.person(1, &["support"]).await;
        let reply = enter(&world, 1, PASSWORD, &[OWN_PAGE]).await;
        let set = reply.header("Set-Cookie").unwrap().to_owned();
        let (pair, attributes) = set.split_once(';').unwrap();
        assert_eq!(attributes, " Path=/; Secure; HttpOnly; SameSite=Lax");
        let (name, value) = pair.split_once('=').unwrap();
        assert!(name == "__Host-belfry" && value.len() > 80, "{set}");
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
        let answer = reply.clone().expect(200);
        let shown = Browser { world: &world, cookie: pair.to_owned() }.ask("GET", "/crm/auth/me", None).await;
        assert_eq!(shown.expect(200), answer);
        assert_eq!(answer["user"], json!({"id": 1, "email": "user1@example.com", "name": "User 1"}));
        assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["permissions", "result", "roles", "user"]);
        assert!(!reply.text.contains(value));
        let rows = crate::dump::dump(&world.app.database).await;
        assert!(rows.iter().all(|row| !row.contains(value)), "the cookie is in the database");
    }
}

story! {
    async fn a_session_serves_every_route_for_people(on: On) {
        let world = World::new(on).await;
        world.person(1, &["admin"]).await;
        let ann = Browser::of(&world, 1).await;
        let id = world.notify(1, "For the bell").await;
        for (method, path, body) in [
            ("GET", "/crm/notification/", None),
            ("GET", "/crm/user/me", None),
            ("GET", "/crm/user", None),
            ("PUT", "/crm/user/me", Some(json!({"language": "de"}))),
            ("POST", &*format!("/crm/notification/{id}/archive"), None),
            ("DELETE", &*format!("/crm/notification/{id}"), None),
        ] {
            ann.ask(method, path, body).await.expect(200);
        }
        let body = json!({"user_id": 1, "type": "custom", "title": "To myself"});
        ann.ask("POST", "/crm/notification/send", Some(body)).await.expect(201);
    }
}

story! {
    async fn a_page_of_another_origin_changes_nothing_with_the_cookie(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let ann = Browser::of(&world, 1).await;
        let id = world.notify(1, "For the bell").await;
        let own = world.base.clone();
        let public = world.config.public_url.clone();
        let foreign: [&[(&str, &str)]; 8] = [
            &[],
            &[("Sec-Fetch-Site", "cross-site")],
            &[("Sec-Fetch-Site", "same-site")],
            &[("Sec-Fetch-Site", "cross-site"), ("Origin", &own)],
            &[("Origin", "https://evil.example")],
            &[("Origin", "null")],
            &[("Origin", "http://127.0.0.1:1")],
            &[("Referer", &own)],
        ];
        for headers in foreign {
            for (method, path) in [("POST", format!("/crm/notification/{id}/archive")), ("DELETE", format!("/crm/notification/{id}"))] {
                let refused = ann.ask_as(method, &path, headers, None).await.expect(403);
                assert!(refused["reason"].as_str().unwrap().contains("from our own pages only"), "{headers:?} {refused}");
            }
            // Reading is safe: nobody but a page of ours can see the answer.
            ann.ask_as("GET", "/crm/auth/me", headers, None).await.expect(200);
        }
        assert_eq!(world.number("SELECT COUNT(*) FROM inbox_items WHERE shelf <> 0").await, 0);
        let good: [&[(&str, &str)]; 4] =
            [&[OWN_PAGE], &[("Sec-Fetch-Site", "none")], &[("Origin", &own)], &[("Origin", &public)]];
        for headers in good {
            ann.ask_as("POST", &format!("/crm/notification/{id}/mark-read"), headers, None).await.expect(200);
        }
        for headers in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
            enter(&world, 1, PASSWORD, &[headers]).await.expect(403);
        }
    }
}

story! {
    async fn a_header_wins_over_the_cookie(on: On) {
        let world = World::new(on).await;
        let token = world.person(2, &[]).await.token;
        world.person(1, &[]).await;
        let ann = Browser::of(&world, 1).await;
        let bearer = format!("Bearer {token}");
        let who = async |headers: &[(&str, &str)]| ann.ask_as("GET", "/crm/auth/me", headers, None).await;
        assert_eq!(who(&[("Authorization", &bearer)]).await.expect(200)["user"]["id"], 2);
        for headers in [("Authorization", "Bearer garbage"), ("Authorization", "Basic abc"), ("X-API-KEY", KEY), ("X-API-KEY", "bad")] {
            who(&[headers]).await.expect(401);
        }
    }
}

story! {
    async fn no_token_is_a_cookie_and_no_cookie_a_token(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let good = Browser::of(&world, 1).await;
        let (name, value) = good.cookie.split_once('=').unwrap();
        let (plain, mut changed) = (format!("belfry={value}"), value.to_owned());
        changed.replace_range(30..31, if &value[30..31] == "A" { "B" } else { "A" });
        let mut bad = vec![plain, format!("{name}={changed}"), format!("{name}="), format!("{name}={}", "A".repeat(5000))];
        bad.extend([&ann.token, &ann.refresh_token].map(|token| format!("{name}={token}")));
        for cookie in bad {
            let reply = Browser { world: &world, cookie: cookie.clone() }.ask("GET", "/crm/auth/me", None).await;
            assert!(reply.status == 401 && reply.body["message"].is_string(), "{cookie:.60}: {}", reply.text);
        }
        let bearer = format!("Bearer {value}");
        world.ask("GET", "/crm/auth/me", &[("Authorization", &bearer)], None).await.expect(401);
        let body = json!({"refresh_token": value}).to_string();
        world.ask("POST", "/crm/auth/refresh", &[], Some(body)).await.expect(401);
        assert_eq!((good.me().await, ann.ask("GET", "/crm/auth/me", None).await.status), (200, 200));
    }
}

story! {
    async fn wrong_passwords_count_alike_at_both_doors(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let ann = Browser::of(&world, 1).await;
        let wrong = enter(&world, 1, "not the password", &[]).await;
        assert_eq!((wrong.status, wrong.text.as_str()), (401, r#"{"message":"Invalid email or password"}"#));
        assert!(wrong.header("Set-Cookie").is_none());
        for _ in 0..2 {
            world.login("user1@example.com", "not the password").await.expect(401);
            enter(&world, 1, "not the password", &[]).await.expect(401);
        }
        enter(&world, 1, PASSWORD, &[]).await.expect(403);
        assert_eq!(ann.me().await, 401, "a lock-out ends sessions");
        let strict = World::with(on, |config| config.limits.login_per_address_per_minute = 3).await;
        for _ in 0..3 {
            enter(&strict, 1, PASSWORD, &[]).await.expect(401);
        }
        enter(&strict, 1, PASSWORD, &[]).await.expect(429);
        strict.login("user1@example.com", PASSWORD).await.expect(429);
    }
}

story! {
    async fn a_session_ends_after_twelve_idle_hours_and_after_thirty_days(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let ann = Browser::of(&world, 1).await;
        world.passes(12 * HOUR - Duration::from_secs(1)).await;
        assert_eq!(ann.me().await, 200);
        world.passes(Duration::from_secs(30)).await;
        world.passes(11 * HOUR).await;
        assert_eq!(ann.me().await, 200, "its use was written down");
        let idle = Browser::of(&world, 1).await;
        world.passes(12 * HOUR).await;
        let ended = idle.ask("GET", "/crm/auth/me", None).await.expect(401);
        assert_eq!(ended, json!({"message": "Your session has ended; sign in again"}));
        let ann = Browser::of(&world, 1).await;
        for hours in (0..30 * 24).step_by(6) {
            assert_eq!(ann.me().await, 200, "after {hours} hours");
            world.app.tick().await;
            world.passes(6 * HOUR).await;
        }
        assert_eq!(ann.me().await, 401, "thirty days are the end");
        assert_eq!(world.number("SELECT COUNT(*) FROM sessions").await, 0, "what is over is swept away");
    }
}

story! {
    async fn a_session_that_is_used_is_written_down_now_and_then_only(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let ann = Browser::of(&world, 1).await;
        const USED: &str = "SELECT MAX(used_at) FROM sessions";
        let begun = world.number(USED).await;
        for seconds in [60, 239] {
            world.passes(Duration::from_secs(seconds)).await;
            assert_eq!(ann.me().await, 200);
            world.app.tick().await;
            assert_eq!(world.number(USED).await, begun);
        }
        world.passes(Duration::from_secs(1)).await;
        assert_eq!(ann.me().await, 200);
        assert_eq!(world.number(USED).await, begun, "not while the request waits");
        world.app.tick().await;
        assert_eq!(world.number(USED).await, begun + 300_000_000);
    }
}

story! {
    async fn whoever_signs_out_loses_the_cookie(on: On) {
        let world = World::new(on).await;
        let token = world.person(1, &[]).await.token;
        let (ann, elsewhere) = (Browser::of(&world, 1).await, Browser::of(&world, 1).await);
        ann.ask_as("POST", "/crm/auth/logout", &[], None).await.expect(403);
        let reply = ann.ask("POST", "/crm/auth/logout", None).await;
        assert_eq!(reply.header("Set-Cookie"), Some("__Host-belfry=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"));
        reply.expect(200);
        assert_eq!((ann.me().await, elsewhere.me().await), (401, 200));
        // Another session's end leaves the cookie alone.
        let bearer = format!("Bearer {token}");
        let reply = elsewhere.ask_as("POST", "/crm/auth/logout", &[("Authorization", &bearer)], None).await;
        assert!(reply.header("Set-Cookie").is_none());
        assert_eq!((reply.status, elsewhere.me().await), (200, 200));
    }
}

story! {
    async fn signing_in_again_makes_a_new_session_in_place_of_the_old_one(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        world.person(2, &[]).await;
        let before = Browser::of(&world, 1).await;
        enter(&world, 2, "not the password", &[("Cookie", &before.cookie)]).await.expect(401);
        assert_eq!(before.me().await, 200);
        let reply = enter(&world, 2, PASSWORD, &[("Cookie", &before.cookie), OWN_PAGE]).await;
        let after = Browser { world: &world, cookie: cookie_of(&reply) };
        assert_ne!(before.cookie, after.cookie);
        assert_eq!((before.me().await, after.me().await), (401, 200));
        assert_eq!(after.ask("GET", "/crm/auth/me", None).await.expect(200)["user"]["id"], 2);
    }
}

story! {
    async fn what_an_administrator_changes_holds_for_cookies_at_once(on: On) {
        let world = World::new(on).await;
        world.person(1, &["support"]).await;
        world.person(2, &["admin"]).await;
        let ann = Browser::of(&world, 1).await;
        let change = async |body: Value| {
            world.ask("PUT", "/crm/user/1", &[("X-API-KEY", KEY)], Some(body.to_string())).await.expect(200)
        };
        ann.ask("GET", "/crm/user", None).await.expect(200);
        change(json!({"roles": []})).await;
        ann.ask("GET", "/crm/user", None).await.expect(403);
        change(json!({"password": "another battery staple"})).await;
        assert_eq!(ann.me().await, 401);
        let reply = enter(&world, 1, "another battery staple", &[]).await;
        let ann = Browser { world: &world, cookie: cookie_of(&reply) };
        change(json!({"status": "Locked"})).await;
        assert_eq!(ann.me().await, 401);
        enter(&world, 1, "another battery staple", &[]).await.expect(403);
    }
}

story! {
    async fn a_session_outlives_a_restart_and_not_another_secret(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let cookie = Browser::of(&world, 1).await.cookie;
        let world = world.restart().await;
        assert_eq!(Browser { world: &world, cookie: cookie.clone() }.me().await, 200);
        std::fs::remove_file(world.folder().join("secrets/token.key")).unwrap();
        let world = world.restart().await;
        assert_eq!(Browser { world: &world, cookie }.me().await, 401);
    }
}

story! {
    async fn over_plain_http_on_another_machine_the_cookie_is_not_called_secure(on: On) {
        let world = World::with(on, |config| config.public_url = "http://crm.example.com".to_owned()).await;
        world.person(1, &[]).await;
        let reply = enter(&world, 1, PASSWORD, &[]).await;
        let set = reply.header("Set-Cookie").unwrap().to_owned();
        assert!(set.starts_with("belfry=") && set.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{set}");
        let ann = Browser { world: &world, cookie: cookie_of(&reply) };
        assert_eq!(ann.me().await, 200);
        ann.ask_as("POST", "/crm/notification/mark-all-read", &[("Origin", "http://crm.example.com")], None).await.expect(200);
    }
}

story! {
    async fn people_see_where_they_are_signed_in_and_sign_out_there(on: On) {
        let world = World::new(on).await;
        let program = world.person(1, &[]).await;
        let (bob, admin) = (world.person(2, &[]).await, world.person(3, &["admin"]).await);
        world.passes(Duration::from_secs(60)).await;
        let laptop = enter(&world, 1, PASSWORD, &[("User-Agent", "Firefox on a laptop"), ("X-Forwarded-For", "192.0.2.1")]).await;
        let laptop = Browser { world: &world, cookie: cookie_of(&laptop) };
        world.passes(Duration::from_secs(60)).await;
        let ann = Browser::of(&world, 1).await;
        let list = ann.ask("GET", "/crm/user/me/sessions", None).await.expect(200);
        let sessions = list["sessions"].as_array().unwrap().clone();
        assert_eq!((sessions.len(), &list["result"]), (3, &json!("Success")));
        let current: Vec<_> = sessions.iter().map(|session| session["current"].as_bool().unwrap()).collect();
        assert_eq!(current, [true, false, false], "the last used first");
        let id = |place: usize| sessions[place]["id"].as_str().unwrap().to_owned();
        assert_eq!(sessions[1], json!({
            "id": id(1), "current": false, "user_agent": "Firefox on a laptop", "address": "127.0.0.1",
            "created_at": "2026-01-11T14:31:00Z", "used_at": "2026-01-11T14:31:00Z"
        }));
        assert_eq!(sessions[2]["user_agent"], Value::Null);
        let path = |id: &str| format!("/crm/user/me/sessions/{id}");
        // Somebody else's is answered as one that does not exist, to administrators too.
        let missing = bob.ask("DELETE", &path(&"0".repeat(32)), None).await;
        for other in [&bob, &admin] {
            let theirs = other.ask("DELETE", &path(&id(1)), None).await;
            assert_eq!((theirs.status, &theirs.text), (404, &missing.text));
        }
        for nonsense in ["x", "%00", "%27%20OR%201=1", "..", &id(1)[1..]] {
            assert!(matches!(ann.ask("DELETE", &path(nonsense), None).await.status, 404 | 405), "{nonsense}");
        }
        assert_eq!(laptop.me().await, 200);
        let ended = ann.ask("DELETE", &path(&id(1)), None).await;
        assert!(ended.header("Set-Cookie").is_none());
        assert_eq!(ended.expect(200), json!({"result": "Success", "message": "Session ended"}));
        ann.ask("DELETE", &path(&id(1)), None).await.expect(404);
        ann.ask("DELETE", &path(&id(2)), None).await.expect(200);
        assert_eq!((laptop.me().await, program.ask("GET", "/crm/auth/me", None).await.status, ann.me().await), (401, 401, 200));
        let own = ann.ask("DELETE", &path(&id(0)), None).await;
        assert!(own.header("Set-Cookie").unwrap().ends_with("; Max-Age=0"));
        assert_eq!((own.status, ann.me().await), (200, 401));
        world.ask("GET", "/crm/user/me/sessions", &[("X-API-KEY", KEY)], None).await.expect(401);
    }
}

story! {
    async fn streams_are_told_which_sessions_have_ended(on: On) {
        let world = World::new(on).await;
        for id in 1..=3 {
            world.person(id, &[]).await;
        }
        let session = async |id: i64| {
            let bearer = world.sign_in(id).await;
            let claims = bearer.token.split('.').nth(1).unwrap().to_owned();
            let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
            let claims: Value = serde_json::from_slice(&claims).unwrap();
            (bearer, claims["sid"].as_str().unwrap().to_owned())
        };
        let ((_, alive), (left, ended), (_, locked)) = (session(1).await, session(2).await, session(3).await);
        let mut asked: Vec<String> = (0..250).map(|number| format!("{number:032x}")).collect();
        let mut expected = asked.clone();
        asked.extend([alive.clone(), ended.clone(), locked.clone()]);
        let dead = async || world.app.auth.ended_sessions(&asked).await.unwrap();
        assert_eq!(dead().await, expected);
        left.ask("POST", "/crm/auth/logout", None).await.expect(200);
        expected.push(ended);
        assert_eq!(dead().await, expected);
        // Locked without its sessions being ended, as another node's clock might have it.
        world.app.database.write::<_, belfry::storage::Error, _>(|tx| Box::pin(async move {
            tx.execute("UPDATE users SET status = 'Locked' WHERE id = 3", &[]).await.map(|_| ())
        })).await.unwrap();
        expected.push(locked);
        assert_eq!(dead().await, expected);
        world.app.clock.advance(31 * 24 * HOUR);
        assert_eq!(dead().await.len(), asked.len());
        assert!(world.app.auth.ended_sessions(&[]).await.unwrap().is_empty());
    }
}
