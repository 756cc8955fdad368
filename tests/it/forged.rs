//! Tokens that nobody here made.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::cookies::Browser;
use crate::world::World;

/// The key that signs access tokens, derived from the node's secret as the node does it.
fn signing_key(world: &World) -> Vec<u8> {
    let secret = std::fs::read(world.folder().join("secrets/token.key")).unwrap();
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), b"access tokens").as_ref().to_vec()
}

fn signed(header: &str, claims: &Value, key: &[u8]) -> String {
    let message =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

fn with(base: &Value, name: &str, value: Value) -> Value {
    let mut changed = base.clone();
    changed[name] = value;
    changed
}

fn decoded(part: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

story! {
    async fn a_token_that_was_not_made_here_opens_nothing(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        world.person(2, &["admin"]).await;
        let parts: Vec<&str> = ann.token.split('.').collect();
        let (header, key) = (decoded(parts[0]), signing_key(&world));
        let claims: Value = serde_json::from_str(&decoded(parts[1])).unwrap();
        let more = |member: &str| header.replace('}', &format!(",{member}}}"));
        let try_with = async |token: &str| {
            let bearer = format!("Bearer {token}");
            world.ask("GET", "/crm/auth/me", &[("Authorization", &bearer)], None).await
        };
        // The forger's tools work: with the true key and nothing changed, the token is good.
        assert_eq!(try_with(&signed(&header, &claims, &key)).await.status, 200);
        let unsigned = |algorithm: &str| {
            let message = signed(&header.replace("HS256", algorithm), &claims, &key);
            format!("{}.", message.rsplit_once('.').unwrap().0)
        };
        let forged = [
            ("alg none", unsigned("none")),
            ("alg None", unsigned("None")),
            ("alg nOnE", unsigned("nOnE")),
            ("alg HS384", signed(&header.replace("HS256", "HS384"), &claims, &key)),
            ("alg RS256", signed(&header.replace("HS256", "RS256"), &claims, &key)),
            ("no signature", format!("{}.{}.", parts[0], parts[1])),
            ("another secret", signed(&header, &claims, b"another secret of thirty-two bytes")),
            ("an empty secret", signed(&header, &claims, b"")),
            ("the node's secret itself", signed(&header, &claims, &std::fs::read(world.folder().join("secrets/token.key")).unwrap())),
            ("typ JWT", signed(&header.replace("access", "JWT"), &claims, &key)),
            ("typ refresh", signed(&header.replace("access", "refresh"), &claims, &key)),
            ("kid", signed(&more(r#""kid":"../../dev/null""#), &claims, &key)),
            ("jku", signed(&more(r#""jku":"http://127.0.0.1:1/keys""#), &claims, &key)),
            ("aud", signed(&header, &with(&claims, "aud", json!("elsewhere")), &key)),
            ("iss", signed(&header, &with(&claims, "iss", json!("elsewhere")), &key)),
            ("sub of another", signed(&header, &with(&claims, "sub", json!("2")), &key)),
            ("sid of nobody", signed(&header, &with(&claims, "sid", json!("0".repeat(32))), &key)),
            ("exp long ago", signed(&header, &with(&claims, "exp", json!(1)), &key)),
            ("exp as text", signed(&header, &with(&claims, "exp", json!("99999999999")), &key)),
            ("iat tomorrow", signed(&header, &with(&claims, "iat", json!(claims["iat"].as_i64().unwrap() + 86_400)), &key)),
            ("a role of its own", signed(&header, &with(&claims, "roles", json!(["admin"])), &key)),
            ("another payload", format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(with(&claims, "sub", json!("2")).to_string()), parts[2])),
            ("the refresh token", ann.refresh_token.clone()),
            ("a long one", format!("{}.{}.{}", parts[0], "A".repeat(20_000), parts[2])),
            ("nothing", String::new()),
        ];
        for (what, token) in forged {
            let reply = try_with(&token).await;
            assert!(reply.status == 401 && reply.body["message"].is_string(), "{what}: {} {}", reply.status, reply.text);
            assert!(!reply.text.contains("user1@example.com"), "{what}");
        }
        assert_eq!(try_with(&ann.token).await.status, 200);
    }
}

story! {
    async fn a_cookie_that_was_not_given_out_opens_nothing_even_with_our_mark(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        let browser = Browser::of(&world, 1).await;
        let (name, value) = browser.cookie.split_once('=').unwrap();
        let given = URL_SAFE_NO_PAD.decode(value).unwrap();
        let secret = std::fs::read(world.folder().join("secrets/token.key")).unwrap();
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), b"cookies");
        let forged = |random: &[u8]| {
            let signed = [&given[..16], random].concat();
            let mark = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), &signed);
            format!("{name}={}", URL_SAFE_NO_PAD.encode([&signed, &mark.as_ref()[..16]].concat()))
        };
        let me = async |cookie: &str| world.ask("GET", "/crm/auth/me", &[("Cookie", cookie)], None).await.status;
        // The forger's tools work.
        assert_eq!(forged(&given[16..48]), browser.cookie);
        assert_eq!((me(&forged(&given[16..48])).await, me(&forged(&[0; 32])).await), (200, 401));
    }
}

story! {
    async fn tokens_outlive_a_restart_and_not_another_secret(on: On) {
        let world = World::new(on).await;
        let token = world.person(1, &[]).await.token;
        let world = world.restart().await;
        let bearer = format!("Bearer {token}");
        world.ask("GET", "/crm/auth/me", &[("Authorization", &bearer)], None).await.expect(200);
        let secret = world.folder().join("secrets/token.key");
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&secret).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_file(&secret).unwrap();
        let world = world.restart().await;
        world.ask("GET", "/crm/auth/me", &[("Authorization", &bearer)], None).await.expect(401);
        world.sign_in(1).await;
    }
}
