//! Tickets by which pages of other origins open a stream.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::dump::dump;
use crate::world::{KEY, Reply, Somebody, World};

/// Polls with a ticket: what opens a stream opens a poll, and a poll ends.
async fn poll(world: &World, ticket: &str) -> Reply {
    world.ask("GET", &format!("/crm/notification/stream?poll=0&ticket={ticket}"), &[], None).await
}

async fn ticket(who: &Somebody<'_>) -> String {
    let given = who.ask("POST", "/crm/notification/stream-ticket", None).await.expect(200);
    given["ticket"].as_str().unwrap().to_owned()
}

story! {
    async fn a_ticket_opens_one_stream_of_whoever_got_it(on: On) {
        let world = World::new(on).await;
        let (ann, bob) = (world.person(1, &[]).await, world.person(2, &[]).await);
        world.notify(1, "For Ann").await;
        let reply = ann.ask("POST", "/crm/notification/stream-ticket", None).await;
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
        let given = reply.expect(200);
        let one = given["ticket"].as_str().unwrap();
        assert_eq!(given, json!({"result": "Success", "ticket": one, "expires_in": 60}));
        assert!(one.len() > 80 && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{one}");
        let rows = dump(&world.app.database).await;
        assert!(rows.iter().any(|row| row.starts_with("stream_tickets:")) && rows.iter().all(|row| !row.contains(one)));
        let theirs = ticket(&bob).await;
        assert_eq!(poll(&world, one).await.expect(200)["unread_count"], 1);
        assert_eq!(poll(&world, &theirs).await.expect(200)["unread_count"], 0);
        for spent in [one, &theirs, "", "x", &"A".repeat(86), &ann.refresh_token, &ann.token[..150]] {
            let refused = poll(&world, spent).await;
            assert!(matches!(refused.status, 400 | 401), "{spent}: {}", refused.text);
        }
        let said = poll(&world, one).await.expect(401);
        assert!(said["message"].as_str().unwrap().contains("get another at /crm/notification/stream-ticket"), "{said}");
        assert_eq!(world.number("SELECT COUNT(*) FROM stream_tickets").await, 0);
    }
}

story! {
    async fn of_many_who_show_one_ticket_one_is_let_in(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let one = ticket(&ann).await;
        let replies = join_all((0..10).map(|_| poll(&world, &one))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    }
}

story! {
    async fn a_ticket_is_good_for_a_minute_and_as_long_as_its_session(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let (in_time, late) = (ticket(&ann).await, ticket(&ann).await);
        world.passes(Duration::from_secs(59)).await;
        poll(&world, &in_time).await.expect(200);
        world.app.clock.advance(Duration::from_secs(1));
        poll(&world, &late).await.expect(401);
        let left = ticket(&ann).await;
        ann.ask("POST", "/crm/auth/logout", None).await.expect(200);
        poll(&world, &left).await.expect(401);
        let locked = ticket(&world.sign_in(1).await).await;
        let lock = json!({"status": "Locked"}).to_string();
        world.ask("PUT", "/crm/user/1", &[("X-API-KEY", KEY)], Some(lock)).await.expect(200);
        poll(&world, &locked).await.expect(401);
        let bob = world.person(2, &[]).await;
        ticket(&bob).await;
        world.passes(Duration::from_secs(60)).await;
        assert_eq!(world.number("SELECT COUNT(*) FROM stream_tickets").await, 0, "what is over is swept away");
    }
}

story! {
    async fn a_stream_by_ticket_ends_with_the_token_that_the_ticket_was_got_with(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let until = world.app.clock.now().plus(Duration::from_secs(900));
        world.passes(Duration::from_secs(850)).await;
        let person = world.app.auth.redeem_ticket(&ticket(&ann).await).await.unwrap();
        assert_eq!((person.id, person.good_until), (1, until));
    }
}

story! {
    async fn of_too_many_tickets_the_oldest_make_way(on: On) {
        let world = World::new(on).await;
        let (ann, bob) = (world.person(1, &[]).await, world.person(2, &[]).await);
        let theirs = ticket(&bob).await;
        let mut tickets = Vec::new();
        for _ in 0..22 {
            tickets.push(ticket(&ann).await);
            world.app.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(world.number("SELECT COUNT(*) FROM stream_tickets WHERE user_id = 1").await, 20);
        for (place, one) in tickets.iter().enumerate() {
            assert_eq!(poll(&world, one).await.status, if place < 2 { 401 } else { 200 }, "{place}");
        }
        poll(&world, &theirs).await.expect(200);
    }
}

story! {
    async fn a_page_of_a_listed_origin_may_ask_for_tickets_and_streams(on: On) {
        let origin = "https://crm.example.com";
        let world = World::with(on, |config| config.allowed_origins = vec![origin.to_owned()]).await;
        let ann = world.person(1, &[]).await;
        for (path, method, headers) in [
            ("/crm/notification/stream-ticket", "POST", "authorization"),
            ("/crm/notification/stream", "GET", "authorization,last-event-id"),
            ("/crm/notification/1", "DELETE", "authorization,idempotency-key"),
            ("/crm/notification/1/snooze", "POST", "authorization,content-type"),
            ("/crm/user/me", "PUT", "authorization,content-type"),
        ] {
            let asked = [("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers)];
            let reply = world.ask("OPTIONS", path, &asked, None).await;
            assert_eq!(reply.header("Access-Control-Allow-Origin"), Some(origin), "{path}");
            assert!(reply.header("Access-Control-Allow-Methods").unwrap().contains(method), "{path}");
            let allowed = reply.header("Access-Control-Allow-Headers").unwrap().to_owned();
            assert!(headers.split(',').all(|header| allowed.split(',').any(|known| known.trim() == header)), "{path}: {allowed}");
            // Cookies are for our own pages: no other origin may read what was asked with one.
            assert!(reply.header("Access-Control-Allow-Credentials").is_none());
            let foreign = [("Origin", "https://evil.example"), asked[1], asked[2]];
            assert!(world.ask("OPTIONS", path, &foreign, None).await.header("Access-Control-Allow-Origin").is_none());
        }
        let reply = ann.ask_with("POST", "/crm/notification/stream-ticket", &[("Origin", origin)], None).await;
        assert_eq!(reply.header("Access-Control-Allow-Origin"), Some(origin));
        assert!(reply.header("Access-Control-Expose-Headers").unwrap().contains("retry-after"));
        reply.expect(200);
    }
}
