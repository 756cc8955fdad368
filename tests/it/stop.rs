//! SIGTERM: no more is taken, what is in flight is finished, and nothing is lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::site::{Server, Site, within};
use crate::world::{self, KEY};

/// A send whose body has not come yet; the server has begun to wait for it.
async fn half_a_send(server: &Server, body: &str) -> TcpStream {
    #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server")]
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /crm/notification/send HTTP/1.1\r\nHost: belfry\r\nX-API-KEY: {KEY}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_flight_is_finished_and_a_restart_has_everything() {
    let site = Site::new("");
    site.add_user(1, &[]);
    let server = site.serve().await;
    server.send(KEY, "Before").await.expect(201);
    let body = json!({"user_id": 1, "type": "custom", "title": "In flight"}).to_string();
    let mut stream = half_a_send(&server, &body).await;
    server.signal(Signal::TERM);
    server.says("Told to stop").await;
    let (client, ready) = (world::client(), format!("{}/readyz", server.base));
    within(Duration::from_secs(2), "the server is no longer ready", async || {
        match world::ask(&client, "GET", &ready, &[], None).await {
            Ok(reply) => reply.status == 503,
            Err(_) => true,
        }
    })
    .await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("In flight"), "{answer}");
    let (status, printed) = server.ended().await;
    assert_eq!(status.code(), Some(0), "{printed:#?}");
    assert!(printed.last().unwrap().contains("Belfry has stopped"), "{printed:#?}");
    assert_eq!(site.serve().await.unread().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_finishes_does_not_hold_up_the_stop() {
    let site = Site::new("limits: { shutdown_timeout: 1s }");
    let server = site.serve().await;
    let _stalled = half_a_send(&server, "{}").await;
    let begun = std::time::Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_acknowledged_before_a_stop_is_there_after_it() {
    let site = Site::new("");
    site.add_user(1, &[]);
    let server = site.serve().await;
    let url = format!("{}/crm/notification/send", server.base);
    let body = json!({"user_id": 1, "type": "custom", "title": "Under load"}).to_string();
    let acknowledged = AtomicUsize::new(0);
    let senders = join_all((0..8).map(|_| async {
        let client = world::client();
        // Until the server takes no more.
        while let Ok(reply) =
            world::ask(&client, "POST", &url, &[("X-API-KEY", KEY)], Some(body.clone())).await
        {
            if reply.status != 201 {
                assert_eq!(reply.status, 503, "{}", reply.text);
                break;
            }
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let stopping = async {
        within(Duration::from_secs(20), "sends are under way", async || {
            acknowledged.load(Ordering::Relaxed) > 200
        })
        .await;
        server.stop().await
    };
    futures_util::future::join(senders, stopping).await;
    let (kept, acknowledged) = (site.serve().await.unread().await as usize, acknowledged.into_inner());
    // One that was stored and whose answer was on its way when the connection ended may be there too.
    assert!((acknowledged..=acknowledged + 8).contains(&kept), "{kept} kept, {acknowledged} acknowledged");
}
