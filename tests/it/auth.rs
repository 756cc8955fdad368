//! People sign in, stay signed in, and are locked out.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::world::{KEY, PASSWORD, Reply, Somebody, World};

const WRONG: &str = r#"{"message":"Invalid email or password"}"#;
const LOCK_OUTS: &str = "SELECT COUNT(*) FROM events WHERE type = 'user.locked_out'";

async fn me(who: &Somebody<'_>) -> u16 {
    who.ask("GET", "/crm/auth/me", None).await.status
}

async fn refresh(world: &World, refresh_token: &str) -> Reply {
    let body = json!({"refresh_token": refresh_token}).to_string();
    world.ask("POST", "/crm/auth/refresh", &[], Some(body)).await
}

/// What an administrator sees of a user.
async fn user(world: &World, id: i64) -> Value {
    world.ask("GET", &format!("/crm/user/{id}"), &[("X-API-KEY", KEY)], None).await.expect(200)["user"]
        .clone()
}

async fn change(world: &World, id: i64, body: Value) -> Value {
    let changed =
        world.ask("PUT", &format!("/crm/user/{id}"), &[("X-API-KEY", KEY)], Some(body.to_string())).await;
    changed.expect(200)["user"].clone()
}

async fn try_wrongly(world: &World, id: i64, times: usize) {
    for _ in 0..times {
        let reply = world.login(&format!("user{id}@example.com"), "not the password").await;
        assert_eq!((reply.status, reply.text.as_str()), (401, WRONG));
    }
}

story! {
    async fn a_sign_in_is_answered_to_the_letter(on: On) {
        let world = World::new(on).await;
        world.person(123, &["support", "admin"]).await;
        let reply = world.login(" USER123@Example.COM ", PASSWORD).await;
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
        let answer = reply.expect(200);
        let (token, refresh_token) = (answer["token"].as_str().unwrap(), answer["refresh_token"].as_str().unwrap());
        assert!(token.len() > 100 && refresh_token.len() > 80, "{answer}");
        let permissions = [
            "edit_own_profile", "manage_api_keys", "manage_groups", "manage_users", "send_notification",
            "view_groups", "view_own_notifications", "view_users",
        ];
        let identity = json!({"id": 123, "email": "user123@example.com", "name": "User 123"});
        assert_eq!(answer, json!({
            "result": "Success", "token": token, "refresh_token": refresh_token, "expires_in": 900,
            "roles": ["admin", "support"], "permissions": permissions, "user": identity
        }));
        let shown = world.sign_in(123).await.ask("GET", "/crm/auth/me", None).await.expect(200);
        assert_eq!(shown, json!({
            "result": "Success", "roles": ["admin", "support"], "permissions": permissions, "user": identity
        }));
    }
}

story! {
    async fn nothing_tells_a_wrong_password_from_a_stranger(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let no_password = json!({"id": 2, "email": "user2@example.com", "name": "Has no password"});
        world.ask("POST", "/crm/user", &[("X-API-KEY", KEY)], Some(no_password.to_string())).await.expect(201);
        world.person(3, &[]).await;
        change(&world, 3, json!({"status": "Locked"})).await;
        let wrong = world.login("user1@example.com", "not the password").await;
        assert_eq!((wrong.status, wrong.text.as_str()), (401, WRONG));
        for email in ["nobody@example.com", "user2@example.com", "user3@example.com", "not an address", "' OR 1=1 --"] {
            let reply = world.login(email, "not the password").await;
            assert_eq!((reply.status, reply.text.as_str()), (401, WRONG), "{email}");
            assert!(reply.headers.keys().eq(wrong.headers.keys()), "{email}: {:?}", reply.headers);
        }
        for (body, reason) in [
            (json!({"password": "x"}), "email is required"),
            (json!({"email": "user1@example.com"}), "password is required"),
            (json!({"email": "user1@example.com", "password": ""}), "password is required"),
            (json!({"email": 1, "password": "x"}), "email must be a string"),
        ] {
            let refused = world.ask("POST", "/crm/auth/login", &[], Some(body.to_string())).await.expect(400);
            assert_eq!(refused, json!({"result": "Failed", "reason": reason}), "{body}");
        }
    }
}

story! {
    async fn a_token_is_good_for_a_quarter_of_an_hour_and_is_refreshed(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        world.passes(Duration::from_secs(899)).await;
        assert_eq!(me(&ann).await, 200);
        world.passes(Duration::from_secs(1)).await;
        let expired = ann.ask("GET", "/crm/notification/", None).await.expect(401);
        assert_eq!(expired, json!({"message": "Invalid token: it has expired; refresh it or sign in again"}));
        let next = refresh(&world, &ann.refresh_token).await;
        assert_eq!(next.header("Cache-Control"), Some("no-store"));
        let next = next.expect(200);
        assert_eq!((&next["expires_in"], &next["user"]["id"]), (&json!(900), &json!(1)));
        let ann = Somebody::of(&world, &next);
        assert_eq!(me(&ann).await, 200);
        world.passes(Duration::from_secs(30 * 24 * 3600 - 1)).await;
        let next = refresh(&world, &ann.refresh_token).await.expect(200);
        world.passes(Duration::from_secs(30 * 24 * 3600)).await;
        refresh(&world, next["refresh_token"].as_str().unwrap()).await.expect(401);
        assert_eq!(world.number("SELECT COUNT(*) FROM sessions").await, 0, "what is over is swept away");
    }
}

story! {
    async fn a_refresh_token_that_is_shown_twice_ends_its_session(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let elsewhere = world.sign_in(1).await;
        let next = Somebody::of(&world, &refresh(&world, &ann.refresh_token).await.expect(200));
        assert_ne!(next.refresh_token, ann.refresh_token);
        assert_eq!((me(&ann).await, me(&next).await), (200, 200));
        let spent = refresh(&world, &ann.refresh_token).await;
        assert_eq!((spent.status, spent.text.as_str()), (401, r#"{"message":"Invalid refresh token: sign in again"}"#));
        assert_eq!((me(&ann).await, me(&next).await), (401, 401));
        refresh(&world, &next.refresh_token).await.expect(401);
        for made_up in ["", "x", &next.refresh_token[1..], &next.token] {
            assert_ne!(refresh(&world, made_up).await.status, 200, "{made_up}");
        }
        assert_eq!(me(&elsewhere).await, 200);
    }
}

story! {
    async fn of_many_refreshes_with_one_token_at_most_one_is_granted(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let replies = join_all((0..10).map(|_| refresh(&world, &ann.refresh_token))).await;
        let granted: Vec<_> = replies.into_iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(granted.len(), 1);
        assert_eq!(me(&Somebody::of(&world, &granted[0].body)).await, 401, "the token was shown more than once");
    }
}

story! {
    async fn whoever_signs_out_is_out_at_once(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let (laptop, phone, bob) = (world.sign_in(1).await, world.sign_in(1).await, world.person(2, &[]).await);
        let done = ann.ask("POST", "/crm/auth/logout", None).await.expect(200);
        assert_eq!(done, json!({"result": "Success", "message": "Signed out"}));
        assert_eq!((me(&ann).await, me(&laptop).await), (401, 200));
        refresh(&world, &ann.refresh_token).await.expect(401);
        // The refresh token of another session of one's own ends that one too; somebody else's ends nothing.
        let both = json!({"refresh_token": phone.refresh_token});
        laptop.ask("POST", "/crm/auth/logout", Some(both)).await.expect(200);
        assert_eq!((me(&laptop).await, me(&phone).await), (401, 401));
        let again = world.sign_in(1).await;
        again.ask("POST", "/crm/auth/logout", Some(json!({"refresh_token": bob.refresh_token}))).await.expect(200);
        assert_eq!(me(&bob).await, 200);
        refresh(&world, &bob.refresh_token).await.expect(200);
    }
}

story! {
    async fn a_changed_role_holds_from_the_next_request_on(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &["support"]).await;
        let body = json!({"user_id": 1, "type": "custom", "title": "x"});
        let tries = async || {
            let seen = ann.ask("GET", "/crm/user", None).await.status;
            (seen, ann.ask("POST", "/crm/notification/send", Some(body.clone())).await.status)
        };
        assert_eq!(tries().await, (200, 403));
        change(&world, 1, json!({"roles": []})).await;
        assert_eq!(tries().await, (403, 403));
        change(&world, 1, json!({"roles": ["finance", "admin"]})).await;
        assert_eq!(tries().await, (200, 201));
        let shown = ann.ask("GET", "/crm/auth/me", None).await.expect(200);
        assert_eq!(shown["roles"], json!(["admin", "finance"]));
        world.person(2, &["admin"]).await;
        world.ask("DELETE", "/crm/user/1", &[("X-API-KEY", KEY)], None).await.expect(200);
        assert_eq!(tries().await, (401, 401));
    }
}

story! {
    async fn a_lock_out_happens_at_the_fifth_wrong_password_and_is_written_down_once(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        try_wrongly(&world, 1, 4).await;
        assert_eq!((user(&world, 1).await["status"].as_str(), me(&ann).await), (Some("Active"), 200));
        try_wrongly(&world, 1, 1).await;
        assert_eq!(user(&world, 1).await["status"], "Locked - Failed Attempts");
        assert_eq!((me(&ann).await, refresh(&world, &ann.refresh_token).await.status), (401, 401));
        let refused = world.login("user1@example.com", PASSWORD).await.expect(403);
        assert_eq!(refused, json!({
            "result": "Failed", "reason": "This account is locked; ask an administrator to unlock it"
        }));
        try_wrongly(&world, 1, 3).await;
        assert_eq!(world.number(LOCK_OUTS).await, 1);
        let rows = crate::dump::dump(&world.app.database).await;
        let event = rows.iter().find(|row| row.starts_with("events: ")).unwrap();
        assert!(event.contains("user1@example.com") && event.contains("127.0.0.1"), "{event}");
    }
}

story! {
    async fn twenty_wrong_passwords_at_once_lock_out_once(on: On) {
        let world = World::with(on, |config| config.limits.login_per_address_per_minute = 0).await;
        world.person(1, &[]).await;
        let replies = join_all((0..20).map(|_| world.login("user1@example.com", "not the password"))).await;
        assert!(replies.iter().all(|reply| reply.status == 401));
        assert_eq!(user(&world, 1).await["status"], "Locked - Failed Attempts");
        assert_eq!(world.number(LOCK_OUTS).await, 1);
    }
}

story! {
    async fn an_administrator_unlocks_and_the_count_begins_anew(on: On) {
        let world = World::new(on).await;
        let boss = world.person(9, &["admin"]).await;
        world.person(1, &[]).await;
        try_wrongly(&world, 1, 4).await;
        world.sign_in(1).await;
        try_wrongly(&world, 1, 4).await;
        world.sign_in(1).await;
        try_wrongly(&world, 1, 5).await;
        let unlocked = boss.ask("PUT", "/crm/user/1", Some(json!({"status": "Active"}))).await.expect(200);
        assert_eq!(unlocked["user"]["status"], "Active");
        try_wrongly(&world, 1, 1).await;
        assert_eq!(user(&world, 1).await["status"], "Active");
        world.sign_in(1).await;
        try_wrongly(&world, 1, 5).await;
        assert_eq!(world.number(LOCK_OUTS).await, 2);
    }
}

story! {
    async fn who_is_locked_on_purpose_is_out_and_no_event_tells_of_it(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        assert_eq!(change(&world, 1, json!({"status": "Locked"})).await["status"], "Locked");
        assert_eq!((me(&ann).await, refresh(&world, &ann.refresh_token).await.status), (401, 401));
        world.login("user1@example.com", PASSWORD).await.expect(403);
        try_wrongly(&world, 1, 6).await;
        assert_eq!(user(&world, 1).await["status"], "Locked", "wrong passwords do not turn it into another lock");
        assert_eq!(world.number("SELECT COUNT(*) FROM events").await, 0);
        // What is sent to somebody who is locked waits for them.
        world.notify(1, "Waiting").await;
        change(&world, 1, json!({"status": "Active"})).await;
        assert_eq!(world.sign_in(1).await.titles("").await, ["Waiting"]);
        let not_a_status = json!({"status": "Locked - Failed Attempts"}).to_string();
        world.ask("PUT", "/crm/user/1", &[("X-API-KEY", KEY)], Some(not_a_status)).await.expect(400);
    }
}
