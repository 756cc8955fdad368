//! The node itself: documents, health, metrics, headers.

use serde_json::json;

use crate::world::World;

story! {
    async fn health_and_metrics_are_open_and_counters_grow(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        assert_eq!(world.ask("GET", "/healthz", &[], None).await.expect(200), json!({"status": "ok"}));
        assert_eq!(world.ask("GET", "/readyz", &[], None).await.expect(200), json!({"status": "ready"}));
        let stored = |text: &str| -> i64 {
            let line = text.lines().find(|line| line.starts_with("belfry_notifications_stored_total ")).unwrap().to_owned();
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        let before = world.ask("GET", "/crm/metrics", &[], None).await;
        assert!(before.status == 200 && before.text.contains("# TYPE belfry_"), "{}", before.text);
        world.notify(1, "One").await;
        let after = world.ask("GET", "/crm/metrics", &[], None).await;
        assert_eq!(stored(&after.text), stored(&before.text) + 1);
        assert!(after.text.contains(r#"route="/crm/notification/send""#), "{}", after.text);
    }
}

story! {
    async fn the_document_describes_every_route_and_the_page_works_offline(on: On) {
        let world = World::new(on).await;
        let document = world.ask("GET", "/crm/openapi.json", &[], None).await.expect(200);
        let paths = document["paths"].as_object().unwrap();
        for (method, path) in [
            ("post", "/crm/notification/send"), ("get", "/crm/notification/"), ("get", "/crm/notification/unread-count"),
            ("post", "/crm/notification/{id}/mark-read"), ("post", "/crm/notification/mark-all-read"),
            ("delete", "/crm/notification/{id}"),
        ] {
            assert!(paths[path][method].is_object(), "{method} {path}");
        }
        // Every route that is described is served, and no other: a wrong method is 405, an unknown path 404.
        for path in paths.keys() {
            let served = path.replace("{id}", "1");
            let reply = world.ask("TRACE", &served, &[], None).await;
            assert_eq!(reply.status, 405, "{path}");
            let allowed = reply.header("Allow").unwrap_or_default().to_lowercase();
            for method in paths[path].as_object().unwrap().keys() {
                assert!(allowed.contains(method.as_str()), "{path} should allow {method}: {allowed}");
            }
        }
        let page = world.ask("GET", "/crm/docs/", &[], None).await;
        assert!(page.status == 200 && page.text.contains("swagger-ui"), "{}", page.text);
        assert!(!page.text.contains("https://"), "nothing from elsewhere: {}", page.text);
        let script = world.ask("GET", "/crm/docs/swagger-ui-bundle.js", &[], None).await;
        assert_eq!(script.status, 200);
    }
}

story! {
    async fn every_answer_is_marked_and_says_what_to_do(on: On) {
        let world = World::new(on).await;
        let missing = world.ask("GET", "/nowhere", &[], None).await;
        assert_eq!(missing.header("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(missing.header("Cache-Control"), Some("no-store"));
        assert!(missing.expect(404)["reason"].as_str().unwrap().contains("/crm/docs/"));
        let wrong = world.ask("PUT", "/crm/notification/send", &[], None).await;
        assert_eq!(wrong.header("Allow"), Some("POST"));
        assert_eq!(wrong.expect(405)["result"], "Failed");
    }
}

story! {
    async fn only_listed_origins_may_call_from_a_browser(on: On) {
        let world = World::with(on, |config| config.allowed_origins = vec!["https://crm.example".to_owned()]).await;
        for (origin, allowed) in [
            ("https://crm.example", true), ("https://crm.example.evil", false), ("http://crm.example", false),
            ("null", false), ("https://evil.example", false),
        ] {
            let headers = [("Origin", origin), ("Access-Control-Request-Method", "POST")];
            let reply = world.ask("OPTIONS", "/crm/notification/send", &headers, None).await;
            assert_eq!(reply.header("Access-Control-Allow-Origin").is_some(), allowed, "{origin}");
        }
    }
}

story! {
    async fn a_changed_configuration_takes_hold_without_a_restart(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let mut config = world.config.clone();
        config.notification_types = vec!["rack_on_fire".to_owned()];
        config.api_keys.clear();
        let body = json!({"user_id": 1, "type": "rack_on_fire", "title": "x"});
        world.send(body.clone()).await.expect(400);
        world.app.reload(config);
        world.send(body).await.expect(401);
    }
}
