//! Who asks too often is told when to come back, and nobody else notices.

use std::time::Duration;

use serde_json::json;

use crate::world::{PASSWORD, Reply, World};

/// A sign-in that came through a proxy, as it says.
async fn login_from(world: &World, forwarded_for: &str) -> Reply {
    let body = json!({"email": "user1@example.com", "password": PASSWORD}).to_string();
    world.ask("POST", "/crm/auth/login", &[("X-Forwarded-For", forwarded_for)], Some(body)).await
}

story! {
    async fn an_address_that_signs_in_too_often_must_wait(on: On) {
        let world = World::with(on, |config| config.limits.login_per_address_per_minute = 3).await;
        world.person(1, &[]).await;
        world.login("user1@example.com", PASSWORD).await.expect(200);
        world.login("user1@example.com", "not the password").await.expect(401);
        let refused = world.login("user1@example.com", PASSWORD).await;
        assert_eq!(refused.header("Retry-After"), Some("20"));
        assert_eq!(refused.header("RateLimit-Policy"), Some(r#""login";q=3;w=60"#));
        assert!(refused.header("RateLimit").unwrap().contains("r=0"), "{:?}", refused.headers);
        assert_eq!(refused.expect(429), json!({
            "result": "Failed", "reason": "Too many sign-ins from this address; wait, then try again"
        }));
        // A proxy that nobody named is not believed.
        for forwarded_for in ["203.0.113.1", "127.0.0.1", "::1", "203.0.113.2, 10.0.0.1"] {
            login_from(&world, forwarded_for).await.expect(429);
        }
        world.passes(Duration::from_secs(19)).await;
        world.login("user1@example.com", PASSWORD).await.expect(429);
        world.passes(Duration::from_secs(1)).await;
        world.login("user1@example.com", PASSWORD).await.expect(200);
    }
}

story! {
    async fn behind_a_trusted_proxy_each_client_has_an_allowance_of_its_own(on: On) {
        let world = World::with(on, |config| {
            config.limits.login_per_address_per_minute = 2;
            config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        }).await;
        world.person(1, &[]).await;
        for (client, status) in [
            ("203.0.113.1", 200), ("203.0.113.1", 200), ("203.0.113.1", 429),
            // What the client writes itself stands further left and is not believed.
            ("198.51.100.1, 203.0.113.1", 429), ("198.51.100.2, 203.0.113.1, 10.1.2.3", 429), ("x, 203.0.113.1", 429),
            ("203.0.113.2", 200),
            // One host commands a whole IPv6 network.
            ("2001:db8::1", 200), ("[2001:db8::2]:80", 200), ("2001:db8::3", 429), ("2001:db8:0:1::1", 200),
        ] {
            let reply = login_from(&world, client).await;
            assert_eq!(reply.status, status, "{client}: {}", reply.text);
        }
    }
}

story! {
    async fn a_user_who_asks_too_often_holds_up_nobody_else(on: On) {
        let world = World::with(on, |config| config.limits.requests_per_user_per_second = 3).await;
        let (ann, bob) = (world.person(1, &[]).await, world.person(2, &[]).await);
        for _ in 0..3 {
            ann.unread().await;
        }
        let refused = ann.ask("GET", "/crm/notification/", None).await;
        assert_eq!(refused.header("Retry-After"), Some("1"));
        assert_eq!(refused.header("RateLimit-Policy"), Some(r#""user";q=3;w=1"#));
        assert_eq!(refused.expect(429)["result"], "Failed");
        // Another session of the same person is the same person.
        world.sign_in(1).await.ask("GET", "/crm/auth/me", None).await.expect(429);
        bob.unread().await;
        world.notify(1, "A program has its own allowance").await;
        world.passes(Duration::from_secs(1)).await;
        assert_eq!(ann.unread().await, 1);
    }
}

story! {
    async fn changed_limits_hold_at_once(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let mut config = world.config.clone();
        config.limits.requests_per_user_per_second = 1;
        config.limits.login_per_address_per_minute = 1;
        world.app.reload(config);
        assert_eq!(ann.unread().await, 0);
        ann.ask("GET", "/crm/auth/me", None).await.expect(429);
        world.login("user1@example.com", PASSWORD).await;
        world.login("user1@example.com", PASSWORD).await.expect(429);
        world.app.reload(world.config.clone());
        ann.ask("GET", "/crm/auth/me", None).await.expect(200);
        world.login("user1@example.com", PASSWORD).await.expect(200);
    }
}
