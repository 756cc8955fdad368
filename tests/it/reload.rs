//! SIGHUP: the configuration is read again, and nobody notices who need not.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::site::{Server, Site};
use crate::world::KEY;

const SECOND: &str = "a-second-key-that-is-added-while-serving";

fn with_second_key(types: &str) -> String {
    format!(
        "api_keys:\n  {KEY}:\n    roles: [admin]\n    description: Provisioning\n  {SECOND}:\n    description: Monitoring\n{types}\n"
    )
}

async fn send_fire(server: &Server, key: &str) -> u16 {
    let body = json!({"user_id": 1, "type": "rack_on_fire", "title": "Rack 7 is on fire"});
    server.ask("POST", "/crm/notification/send", &[("X-API-KEY", key)], Some(body)).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_takes_over_keys_and_types_and_drops_no_request() {
    let site = Site::new("");
    site.add_user(1, &[]);
    let server = site.serve().await;
    assert_eq!(send_fire(&server, SECOND).await, 401);
    let is_over = AtomicBool::new(false);
    let hammer = join_all((0..8).map(|_| async {
        let mut sent = 0;
        while !is_over.load(Ordering::Relaxed) {
            server.send(KEY, "All the while").await.expect(201);
            sent += 1;
        }
        sent
    }));
    let reloads = async {
        for time in 1..=6 {
            let with_type = time % 2 == 1;
            site.configure(&with_second_key(if with_type {
                "notification_types: [rack_on_fire]"
            } else {
                ""
            }));
            let told: Value = serde_json::from_str(&server.reload(time).await).unwrap();
            assert_eq!(told["level"], "INFO", "{told}");
            assert_eq!(send_fire(&server, SECOND).await, if with_type { 201 } else { 400 });
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (sent, ()) = futures_util::future::join(hammer, reloads).await;
    assert!(sent.iter().all(|sent| *sent > 0), "{sent:?}");
    assert_eq!(server.unread().await, sent.iter().sum::<i64>() + 3);
    site.configure(&format!("api_keys:\n  {SECOND}: {{ description: Monitoring }}\n"));
    server.reload(7).await;
    server.send(KEY, "Taken out").await.expect(401);
    server.send(SECOND, "Still in").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_of_a_broken_file_changes_nothing() {
    let site = Site::new("notification_types: [rack_on_fire]");
    site.add_user(1, &[]);
    let server = site.serve().await;
    let short = "a-short-key-of-the-broken-file";
    for (time, broken) in [
        (1, format!("api_keys:\n  {short}: {{ description: Short }}\n")),
        (2, "api_keys: [\n".to_owned()),
        (3, format!("api_keys:\n  {SECOND}: {{ rolls: [admin] }}\n")),
    ] {
        site.configure(&broken);
        let line = server.reload(time).await;
        let told: Value = serde_json::from_str(&line).unwrap();
        let message = told["message"].as_str().unwrap();
        assert!(told["level"] == "ERROR" && message.contains("The configuration is unchanged"), "{told}");
        assert!(
            message.contains("crm_config.yaml:") && !line.contains(short) && !line.contains(SECOND),
            "{told}"
        );
        assert_eq!(send_fire(&server, KEY).await, 201);
        assert_eq!(send_fire(&server, SECOND).await, 401);
    }
    std::fs::remove_file(site.file("crm_config.yaml")).unwrap();
    assert!(server.reload(4).await.contains("cannot be read"));
    assert_eq!(send_fire(&server, KEY).await, 201);
    site.configure(&with_second_key("notification_types: [rack_on_fire]"));
    server.reload(5).await;
    assert_eq!(send_fire(&server, SECOND).await, 201);
}
