//! The pages that the server holds, behind its edge. Without `make pages` there is only word of that.

use crate::world::{Reply, World};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

fn is_built(file: &str) -> bool {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist").join(file).exists()
}

async fn load(world: &World, path: &str, headers: &[(&str, &str)]) -> Reply {
    world.ask("GET", path, headers, None).await
}

#[track_caller]
fn is_page(reply: &Reply, file: &str) {
    assert_eq!(reply.header("Content-Security-Policy"), Some(POLICY));
    assert_eq!(reply.header("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(reply.header("Referrer-Policy"), Some("no-referrer"));
    if is_built(file) {
        assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("text/html; charset=utf-8")));
        assert_eq!(reply.header("Cache-Control"), Some("no-cache"));
        assert!(reply.header("ETag").is_some());
    } else {
        println!("PASSED OVER: web/dist/{file} is not built; `make pages` builds it");
        assert_eq!(reply.status, 404);
        assert!(reply.text.contains("make pages"), "{}", reply.text);
    }
}

story! {
    async fn every_page_comes_with_its_policy(on: On) {
        let world = World::new(on).await;
        for path in ["/", "/inbox", "/inbox/", "/profile", "/about", "/sign-in", "/sign-in?next=%2Finbox"] {
            is_page(&load(&world, path, &[]).await, "index.html");
        }
        is_page(&load(&world, "/demo/crm", &[]).await, "demo/crm.html");
        // Elsewhere nothing may be loaded at all.
        for path in ["/nowhere", "/crm/auth/me", "/assets/nothing.js", "/assets/..%2f..%2fpackage.json"] {
            let reply = load(&world, path, &[]).await;
            assert_eq!(reply.header("Content-Security-Policy"), Some("default-src 'none'; frame-ancestors 'none'"), "{path}");
            assert_eq!(reply.header("Cache-Control"), Some("no-store"), "{path}");
            assert!(matches!(reply.status, 401 | 404), "{path}");
        }
        let document = load(&world, "/crm/openapi.json", &[]).await.expect(200);
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.keys().all(|path| path.starts_with("/crm/") || path.ends_with('z')), "{:?}", paths.keys());
    }
}

story! {
    async fn the_pretend_crm_is_in_a_demo_only(on: On) {
        let world = World::with(on, |config| config.demo = false).await;
        let reply = load(&world, "/demo/crm", &[]).await;
        assert_eq!((reply.status, reply.body["result"].as_str()), (404, Some("Failed")));
    }
}

story! {
    async fn the_bell_is_loaded_by_pages_of_any_origin(on: On) {
        let listed = "https://crm.example.com";
        let world = World::with(on, |config| config.allowed_origins = vec![listed.to_owned()]).await;
        for origin in [listed, "https://other.example"] {
            let reply = load(&world, "/belfry-bell.js", &[("Origin", origin), ("Accept-Encoding", "br")]).await;
            let allowed: Vec<_> = reply.headers.get_all("Access-Control-Allow-Origin").iter().collect();
            assert!(allowed.len() == 1 && (allowed[0] == "*" || allowed[0] == origin), "{allowed:?}");
            assert_eq!(reply.header("Cross-Origin-Resource-Policy"), Some("cross-origin"));
            if is_built("belfry-bell.js") {
                let vary: Vec<_> = reply.headers.get_all("Vary").iter().filter_map(|line| line.to_str().ok()).collect();
                let vary = vary.join(",").to_lowercase();
                assert!(vary.contains("accept-encoding") && vary.contains("origin"), "{vary}");
                let tag = reply.header("ETag").unwrap();
                let again = load(&world, "/belfry-bell.js", &[("If-None-Match", tag), ("Accept-Encoding", "br")]).await;
                assert_eq!((again.status, again.text.as_str()), (304, ""));
            }
        }
    }
}
