//! Pages of a small build.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

const FILES: &[(&str, &str)] = &[
    ("index.html", "<!doctype html>"),
    ("index.html.br", "brotli of the page"),
    ("index.html.gz", "gzip of the page"),
    ("belfry-bell.js", "the bell"),
    ("demo/crm.html", "the pretend CRM"),
    ("demo/outbox.html", "the outbox"),
    ("assets/app-1a2b.js", "a script"),
    ("assets/app-1a2b.js.gz", "gzip of a script"),
    ("assets/fonts/inter.woff2", "a font"),
    ("assets/.env", "secret"),
    ("secret.txt", "secret"),
];

fn fixture(path: &str) -> Option<File> {
    let (_, text) = FILES.iter().find(|(known, _)| *known == path)?;
    Some(File { bytes: Cow::Borrowed(text.as_bytes()), digest: secret::sha256(text.as_bytes()) })
}

struct Got {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(routes: Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Got {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Got {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

async fn load(path: &str, headers: &[(&str, &str)]) -> Got {
    ask(routes_of(fixture, true), "GET", path, headers).await
}

#[tokio::test]
async fn the_centre_stands_at_each_of_its_paths() {
    for path in CENTRE {
        let got = load(path, &[]).await;
        assert_eq!((got.status, got.body.as_str()), (200, "<!doctype html>"), "{path}");
        assert_eq!(got.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(got.header("cache-control"), "no-cache");
        let policy = got.header("content-security-policy");
        for said in
            ["default-src 'none'", "script-src 'self'", "trusted-types 'none'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(said), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    assert_eq!(load("/elsewhere", &[]).await.status, 404);
}

#[tokio::test]
async fn each_browser_gets_the_smallest_that_it_takes() {
    for (accept, path, encoding, body) in [
        ("gzip, deflate, br, zstd", "/", "br", "brotli of the page"),
        ("gzip;q=1.0, br;q=0.1", "/", "br", "brotli of the page"),
        ("GZIP", "/", "gzip", "gzip of the page"),
        ("br;q=0, gzip", "/", "gzip", "gzip of the page"),
        ("br; q=0.000, gzip;q=0", "/", "", "<!doctype html>"),
        ("*", "/", "br", "brotli of the page"),
        ("*, br;q=0", "/", "gzip", "gzip of the page"),
        ("*;q=0", "/", "", "<!doctype html>"),
        ("identity", "/", "", "<!doctype html>"),
        ("brotli", "/", "", "<!doctype html>"),
        ("", "/", "", "<!doctype html>"),
        ("br, gzip", "/assets/app-1a2b.js", "gzip", "gzip of a script"),
        ("br, gzip", "/assets/fonts/inter.woff2", "", "a font"),
    ] {
        let got = load(path, &[("accept-encoding", accept)]).await;
        assert_eq!((got.header("content-encoding"), got.body.as_str()), (encoding, body), "{accept} {path}");
        assert_eq!(got.header("vary"), "Accept-Encoding");
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let tag = |got: &Got| got.header("etag").to_owned();
    let (plain, small) = (load("/", &[]).await, load("/", &[("accept-encoding", "br")]).await);
    assert!(tag(&plain).starts_with('"') && tag(&plain) != tag(&small));
    for (known, accept, is_known) in [
        (tag(&plain), "", true),
        (format!("W/{}", tag(&plain)), "", true),
        (format!("\"other\", {}", tag(&plain)), "", true),
        ("*".to_owned(), "", true),
        (tag(&small), "br", true),
        (tag(&small), "", false),
        (tag(&plain).trim_matches('"').to_owned(), "", false),
        (String::new(), "", false),
    ] {
        let got = load("/", &[("if-none-match", &known), ("accept-encoding", accept)]).await;
        assert_eq!((got.status == 304, got.body.is_empty()), (is_known, is_known), "{known} {accept}");
        assert_eq!(got.header("cache-control"), "no-cache");
        assert!(got.header("etag").starts_with('"') && got.header("vary") == "Accept-Encoding");
    }
}

#[tokio::test]
async fn a_head_is_answered_like_a_get_without_its_body() {
    for path in ["/", "/belfry-bell.js", "/assets/app-1a2b.js", "/demo/crm"] {
        let (got, head) = (load(path, &[]).await, ask(routes_of(fixture, true), "HEAD", path, &[]).await);
        assert!(got.status == 200 && head.status == 200 && head.body.is_empty(), "{path}");
        for name in ["etag", "content-type", "cache-control", "vary"] {
            assert_eq!(head.header(name), got.header(name), "{path} {name}");
        }
        assert_eq!(head.header("content-length"), got.body.len().to_string(), "{path}");
        assert_eq!(ask(routes_of(fixture, true), "POST", path, &[]).await.status, 405, "{path}");
    }
}

#[tokio::test]
async fn files_with_a_hash_in_their_name_are_kept_for_ever() {
    let got = load("/assets/app-1a2b.js", &[]).await;
    assert_eq!(got.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(got.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(load("/assets/fonts/inter.woff2", &[]).await.header("content-type"), "font/woff2");
}

#[tokio::test]
async fn any_page_may_load_the_bell_and_nothing_else() {
    let got = load("/belfry-bell.js", &[("origin", "https://crm.example.com")]).await;
    assert_eq!((got.status, got.header("cache-control")), (200, "no-cache"));
    assert_eq!(got.header("access-control-allow-origin"), "*");
    assert_eq!(got.header("cross-origin-resource-policy"), "cross-origin");
    for path in ["/", "/assets/app-1a2b.js"] {
        assert_eq!(load(path, &[]).await.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn no_path_leads_out_of_the_assets() {
    for path in [
        "/assets/",
        "/assets/nothing.js",
        "/assets/app-1a2b.js.gz",
        "/assets/../secret.txt",
        "/assets/..%2fsecret.txt",
        "/assets/%2e%2e/secret.txt",
        "/assets/%2e%2e%2fsecret.txt",
        "/assets/..%5csecret.txt",
        "/assets/fonts/../../secret.txt",
        "/assets/./app-1a2b.js",
        "/assets//app-1a2b.js",
        "/assets/fonts//inter.woff2",
        "/assets/%2fetc/passwd",
        "/assets/.env",
        "/assets/%2eenv",
        "/assets/app-1a2b.js%00",
        "/assets/app-1a2b.js%20",
        "/assets/app-1a2b.js/",
        "/assets/fonts",
        "/secret.txt",
        "/index.html",
        "/demo/crm.html",
        "/demo/outbox.html",
    ] {
        let got = load(path, &[]).await;
        assert!(got.status == 404 && !got.body.contains("secret\n"), "{path}: {} {}", got.status, got.body);
        // The real files of a debug build lie on a disk.
        assert_eq!(ask(routes(true), "GET", path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_pretend_crm_is_there_in_a_demo_only() {
    for path in ["/demo/crm", "/tickets/42", "/invoices"] {
        let got = load(path, &[]).await;
        assert_eq!((got.status, got.body.as_str()), (200, "the pretend CRM"), "{path}");
        assert!(got.header("content-security-policy").contains("trusted-types 'none'"));
        assert_eq!(ask(routes_of(fixture, false), "GET", path, &[]).await.status, 404);
    }
}

#[tokio::test]
async fn the_outbox_frames_our_own_and_is_there_in_a_demo_only() {
    let got = load("/demo/outbox", &[]).await;
    assert_eq!((got.status, got.body.as_str()), (200, "the outbox"));
    let policy = got.header("content-security-policy").replace("frame-src 'self'; ", "");
    assert_eq!(policy, load("/demo/crm", &[]).await.header("content-security-policy"));
    assert_eq!(ask(routes_of(fixture, false), "GET", "/demo/outbox", &[]).await.status, 404);
}

#[tokio::test]
async fn without_a_build_the_pages_say_what_to_do() {
    for path in ["/", "/sign-in", "/belfry-bell.js"] {
        let got = ask(routes_of(|_| None, false), "GET", path, &[]).await;
        assert!(got.status == 404 && got.body.contains("make pages"), "{path}: {}", got.body);
    }
}
