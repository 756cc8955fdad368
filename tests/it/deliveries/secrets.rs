//! Addresses and secrets are not in what the server answers, stores or logs.

use belfry::delivery::Sending::Manual;
use serde_json::json;

use super::stage::{Stage, hook, teams};
use crate::dump::dump;
use crate::peers::{Answer, Receiver};
use crate::site::Site;
use crate::world::KEY;

const CANARY: &str = "canaryPathThatNobodyMaySee";

story! {
    async fn neither_answers_nor_the_database_tell_an_address_or_a_secret(on: On) {
        let stage = Stage::new(on).await;
        let url = stage.net.url(&hook(CANARY));
        stage.user(1, json!({"receive_by": "both", "webhook_url": url})).await;
        let flow = format!("{}?sig={CANARY}", stage.net.url(&teams(CANARY)));
        stage.admin("PUT", "/crm/settings/delivery", Some(json!({"teams_flow_url": flow}))).await.expect(200);
        stage.user(2, json!({"receive_by": "webhook"})).await;
        // Both repeat the address in what they write.
        stage.net.answers(&hook(CANARY), [Answer::body(422, &format!("No such hook: {url} {CANARY}"))]);
        stage.net.answers(&teams(CANARY), [Answer::body(422, &format!("{{\"error\":\"{flow}\"}}"))]);
        for id in [1, 2] {
            stage.tell(Manual, id, "Look").await;
            stage.automated(id, "Look").await;
        }
        for _ in 0..10 {
            stage.passes(60).await;
        }
        let ann = stage.sign_in(1).await;
        let secret = ann.ask("GET", "/crm/user/me", None).await.expect(200)["user"]["webhook_secret"].as_str().unwrap().to_owned();
        let mut told = Vec::new();
        for path in ["/crm/user/1", "/crm/user", "/crm/delivery?limit=200", "/crm/settings/delivery", "/crm/delivery/summary", "/crm/metrics"] {
            told.push(stage.admin("GET", path, None).await.text);
        }
        for path in ["/crm/user/me", "/crm/user/me/preview", "/crm/delivery", "/crm/notification/"] {
            told.push(ann.ask("GET", path, None).await.text.replace(&secret, ""));
        }
        let last_four = &CANARY[CANARY.len() - 4..];
        assert!(told[0].contains(&format!("…{last_four}")), "{}", told[0]);
        told.extend(dump(&stage.world.app.database).await);
        for text in told {
            assert!(!text.contains(CANARY) && !text.contains("whsec_") && !text.contains(&secret[6..]), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_of_the_log_tells_an_address_or_a_secret() {
    let site = Site::new("log: {level: debug}\noutbound: {allow_cidrs: [127.0.0.0/8]}\n");
    site.add_user(1, &[]);
    let net = Receiver::start(belfry::clock::Clock::Real).await;
    let url = net.url(&hook(CANARY));
    net.answers(&hook(CANARY), [Answer::body(422, &format!("No such hook: {url}")), Answer::Closes]);
    let server = site.serve().await;
    let key = [("X-API-KEY", KEY)];
    let choices = json!({"webhook_url": url, "receive_by": "both"});
    server.ask("PUT", "/crm/user/1", &key, Some(choices)).await.expect(200);
    let bearer = server.bearer(1).await;
    let me = server.ask("GET", "/crm/user/me", &[("Authorization", &bearer)], None).await.expect(200);
    let secret = me["user"]["webhook_secret"].as_str().unwrap().to_owned();
    for title in ["One", "Two"] {
        let body = json!({"user_id": 1, "type": "custom", "title": title, "channels": ["webhook"]});
        server.ask("POST", "/crm/notification/send", &key, Some(body)).await.expect(201);
    }
    net.awaits(2).await;
    let lines = server.stop().await;
    assert!(lines.iter().any(|line| line.contains("Not delivered")), "{lines:#?}");
    for line in lines {
        assert!(!line.contains(CANARY) && !line.contains("whsec_") && !line.contains(&secret[6..]), "{line}");
    }
}
