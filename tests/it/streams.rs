//! Streams: what happens in an inbox is told at once, and nothing is lost or told twice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::listening::{Heard, Listening};
use crate::world::{KEY, On, PASSWORD, Somebody, World};

/// Somebody's inbox as they know it from a list and the events since.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    /// Every notification by its id, in the inbox or not.
    items: Vec<Value>,
    unread_count: i64,
}

impl Known {
    async fn of(somebody: &Somebody<'_>) -> Known {
        let mut items = Vec::new();
        for shelf in ["", "&archived=true", "&snoozed=true"] {
            let page = somebody.list(&format!("?limit=100{shelf}")).await;
            items.extend(page["notifications"].as_array().unwrap().clone());
        }
        let mut known = Known { items, unread_count: somebody.unread().await };
        known.sort();
        known
    }

    fn sort(&mut self) {
        self.items.sort_by_key(|item| item["notification_id"].as_i64());
    }

    /// Does what the contract of events says.
    fn hear(&mut self, name: &str, data: &Value) {
        self.unread_count = data["unread_count"].as_i64().unwrap();
        let is_it = |item: &Value| item["notification_id"] == data["notification"]["notification_id"];
        match name {
            "notification.created" | "notification.changed" => {
                self.items.retain(|item| !is_it(item));
                self.items.push(data["notification"].clone());
            }
            "notification.removed" => self.items.retain(|item| !is_it(item)),
            "inbox.read" => {
                let up_to = data["up_to"].as_i64().unwrap_or(i64::MAX);
                let is_read = |item: &&mut Value| {
                    item["archived_at"].is_null()
                        && item["snoozed_until"].is_null()
                        && item["is_read"] == false
                        && item["notification_id"].as_i64().unwrap() <= up_to
                };
                for item in self.items.iter_mut().filter(is_read) {
                    item["is_read"] = json!(true);
                    item["read_at"] = data["read_at"].clone();
                }
            }
            other => panic!("{other} was not expected"),
        }
        self.sort();
    }
}

/// A day in an inbox: everything that can happen to it.
async fn a_day(world: &World, ann: &Somebody<'_>) {
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(world.notify(1, &format!("Morning {number}")).await);
    }
    ann.does("mark-read", ids[0]).await.expect(200);
    ann.does("mark-unread", ids[0]).await.expect(200);
    ann.does("archive", ids[1]).await.expect(200);
    ann.ask("POST", "/crm/notification/mark-all-read", Some(json!({"up_to": ids[3]}))).await.expect(200);
    let until = json!({"until": "2026-01-11T14:35:00Z"});
    ann.ask("POST", &format!("/crm/notification/{}/snooze", ids[4]), Some(until)).await.expect(200);
    let batch: Vec<Value> =
        (0..3).map(|n| json!({"user_id": 1, "type": "custom", "title": format!("Noon {n}")})).collect();
    let body = json!({"notifications": batch}).to_string();
    world.ask("POST", "/crm/notification/send/batch", &[("X-API-KEY", KEY)], Some(body)).await.expect(200);
    ann.ask("DELETE", &format!("/crm/notification/{}", ids[2]), None).await.expect(200);
    ann.does("unarchive", ids[1]).await.expect(200);
    world.passes(Duration::from_secs(6 * 60)).await;
    ann.ask("POST", "/crm/notification/mark-all-read", None).await.expect(200);
    world.notify(1, "Evening").await;
}

story! {
    async fn everything_that_happens_to_an_inbox_is_told_at_once_with_the_count(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let mut stream = Listening::of(&ann).await;

        let id = world.notify(1, "Contract signed").await;
        let (name, data) = stream.event().await;
        assert_eq!((name.as_str(), &data["unread_count"]), ("notification.created", &json!(1)));
        assert_eq!(data["notification"], ann.list("").await["notifications"][0]);

        let item = format!("/crm/notification/{id}");
        for (action, member, is_null, count) in [
            ("mark-read", "read_at", false, 0),
            ("mark-unread", "read_at", true, 1),
            ("archive", "archived_at", false, 0),
            ("unarchive", "archived_at", true, 1),
        ] {
            ann.does(action, id).await.expect(200);
            let (name, data) = stream.event().await;
            assert_eq!(name, "notification.changed", "{action}");
            assert_eq!(data["notification"][member].is_null(), is_null, "{action}: {data}");
            assert_eq!(data["unread_count"], count, "{action}");
        }
        let until = json!({"until": "2026-01-11T14:35:00Z"});
        ann.ask("POST", &format!("{item}/snooze"), Some(until)).await.expect(200);
        let (name, data) = stream.event().await;
        assert_eq!((name.as_str(), &data["unread_count"]), ("notification.changed", &json!(0)));
        assert_eq!(data["notification"]["snoozed_until"], "2026-01-11T14:35:00Z");

        world.passes(Duration::from_secs(6 * 60)).await;
        let (name, data) = stream.event().await;
        assert_eq!((name.as_str(), &data["unread_count"]), ("notification.created", &json!(1)), "it came back");
        assert_eq!(data["notification"]["notification_id"], id);

        ann.ask("POST", "/crm/notification/mark-all-read", None).await.expect(200);
        let (name, data) = stream.event().await;
        assert_eq!((name.as_str(), &data["unread_count"]), ("inbox.read", &json!(0)));
        assert_eq!((&data["notification"], &data["up_to"]), (&Value::Null, &Value::Null));

        ann.ask("DELETE", &item, None).await.expect(200);
        let (name, data) = stream.event().await;
        assert_eq!((name.as_str(), &data["notification"]), ("notification.removed", &json!({"notification_id": id})));
    }
}

story! {
    async fn whoever_was_away_hears_what_was_missed_wherever_they_left(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let mut stream = Listening::of(&ann).await;
        let mut known = Known::of(&ann).await;
        a_day(&world, &ann).await;
        let end = Known::of(&ann).await;

        // What was told while it happened, and the inbox as it was known after each event.
        let mut left_at = vec![(0, known.clone())];
        while known != end || left_at.len() < 19 {
            let (name, data) = stream.event().await;
            known.hear(&name, &data);
            let (before, _) = left_at.last().unwrap();
            assert_eq!(data["rev"], *before + 1, "{name} leaves no gap and repeats nothing");
            left_at.push((data["rev"].as_i64().unwrap(), known.clone()));
        }
        let newest = left_at.last().unwrap().0;

        for (rev, mut known) in left_at {
            let mut stream = Listening::after(&ann, rev).await;
            let mut last = rev;
            while last < newest {
                let (name, data) = stream.event().await;
                known.hear(&name, &data);
                let next = data["rev"].as_i64().unwrap();
                assert!(next > last, "{name} {next} after {last}");
                last = next;
            }
            assert_eq!(known, end, "whoever left at {rev} knows the same");
            // And from there on it goes on as for everybody.
            ann.ask("DELETE", &format!("/crm/notification/{}", world.notify(1, "After").await), None).await.expect(200);
            while stream.event().await.0 != "notification.removed" {}
        }
    }
}

story! {
    async fn a_gap_that_cannot_be_told_is_one_reset(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        a_day(&world, &ann).await;
        let newest = Listening::of(&ann).await.last_id.unwrap();
        for left_at in ["-1".to_owned(), "garbage".to_owned(), (newest + 1).to_string(), "99999999999999999999".to_owned()] {
            let mut stream = Listening::after(&ann, &left_at).await;
            let (name, data) = stream.event().await;
            assert_eq!((name.as_str(), data["rev"].as_i64()), ("reset", Some(newest)), "{left_at}");
            assert_eq!(data["notification"], Value::Null);
        }
        // After more than a day the changes are forgotten, but never the place where the inbox stands.
        world.passes(Duration::from_secs(25 * 60 * 60)).await;
        let ann = world.sign_in(1).await;
        let mut stream = Listening::after(&ann, 3).await;
        assert_eq!(stream.event().await.0, "reset");
        let mut stream = Listening::after(&ann, newest).await;
        let id = world.notify(1, "The next day").await;
        assert_eq!(stream.event().await.1["notification"]["notification_id"], id);
    }
}

story! {
    async fn ten_thousand_missed_are_told_and_more_are_a_reset(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let batch: Vec<Value> = (0..1_000).map(|_| json!({"user_id": 1, "type": "custom", "title": "x"})).collect();
        let body = json!({"notifications": batch}).to_string();
        for _ in 0..10 {
            let headers = [("X-API-KEY", KEY)];
            world.ask("POST", "/crm/notification/send/batch", &headers, Some(body.clone())).await.expect(200);
        }
        world.notify(1, "One more").await;
        let mut stream = Listening::after(&ann, 1).await;
        for rev in 2..=10_001 {
            assert_eq!(stream.event().await.1["rev"], rev);
        }
        assert_eq!(Listening::after(&ann, 0).await.event().await.0, "reset");
    }
}

story! {
    async fn a_quiet_stream_shows_every_15_seconds_that_it_is_alive(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let mut stream = Listening::of(&ann).await;
        world.passes(Duration::from_secs(14)).await;
        world.notify(1, "Before the first sign of life").await;
        assert_eq!(stream.event().await.0, "notification.created");
        for _ in 0..3 {
            world.passes(Duration::from_secs(15)).await;
            assert_eq!(stream.hear().await, Heard::Comment("beat".to_owned()));
        }
    }
}

/// How a stream ended: what was said last.
async fn last_words(mut stream: Listening) -> (Vec<Heard>, Option<u64>) {
    let said = stream.hear_out().await;
    (said, stream.retry)
}

story! {
    async fn a_stream_ends_soon_after_its_session(on: On) {
        let world = World::new(on).await;
        let over = vec![Heard::Comment("the session is over".to_owned())];
        let five_seconds = || world.passes(Duration::from_secs(5));

        let ann = world.person(1, &[]).await;
        let stream = Listening::of(&ann).await;
        let mut other = Listening::of(&world.sign_in(1).await).await;
        ann.ask("POST", "/crm/auth/logout", None).await.expect(200);
        five_seconds().await;
        assert_eq!(last_words(stream).await, (over.clone(), Some(500)), "signed out: ask who you are at once");
        world.notify(1, "To whoever is left").await;
        assert_eq!(other.event().await.0, "notification.created", "another session's stream goes on");

        let ben = world.person(2, &[]).await;
        let stream = Listening::of(&ben).await;
        let locked = json!({"status": "Locked"}).to_string();
        world.ask("PUT", "/crm/user/2", &[("X-API-KEY", KEY)], Some(locked)).await.expect(200);
        five_seconds().await;
        assert_eq!(last_words(stream).await.0, over, "locked");

        let cleo = world.person(3, &[]).await;
        let stream = Listening::of(&cleo).await;
        let new = json!({"password": "another good password", "current_password": PASSWORD});
        world.sign_in(3).await.ask("PUT", "/crm/user/me", Some(new)).await.expect(200);
        five_seconds().await;
        assert_eq!(last_words(stream).await.0, over, "a new password ended the session");

        let dan = world.person(4, &[]).await;
        let stream = Listening::of(&dan).await;
        world.passes(Duration::from_secs(15 * 60)).await;
        assert_eq!(last_words(stream).await.0.last(), over.last(), "the token has expired");

        world.person(5, &[]).await;
        let stream = Listening::of(&world.sign_in(5).await).await;
        world.ask("DELETE", "/crm/user/5", &[("X-API-KEY", KEY)], None).await.expect(200);
        five_seconds().await;
        assert_eq!(last_words(stream).await.0, over, "deleted");
    }
}

story! {
    async fn the_eleventh_stream_of_a_user_closes_the_oldest(on: On) {
        let world = World::new(on).await;
        let (ann, ben) = (world.person(1, &[]).await, world.person(2, &[]).await);
        let mut of_ben = Listening::of(&ben).await;
        let oldest = Listening::of(&ann).await;
        let mut others = Vec::new();
        for _ in 0..10 {
            others.push(Listening::of(&ann).await);
        }
        let (said, retry) = last_words(oldest).await;
        assert_eq!(said, [Heard::Comment("you have too many streams; this was the oldest".to_owned())]);
        assert_eq!(retry, Some(60_000), "it does not come back at once to push out the next");
        world.notify(1, "To all of them").await;
        for stream in &mut others {
            assert_eq!(stream.event().await.0, "notification.created");
        }
        world.notify(2, "To Ben").await;
        assert_eq!(of_ben.event().await.0, "notification.created");
    }
}

story! {
    async fn a_node_that_is_full_says_when_to_come_back(on: On) {
        let world = World::with(on, |config| config.limits.streams = 2).await;
        let (ann, ben) = (world.person(1, &[]).await, world.person(2, &[]).await);
        let first = Listening::of(&ann).await;
        let _second = Listening::of(&ann).await;
        let refused = ben.ask("GET", "/crm/notification/stream", None).await;
        assert_eq!(refused.header("retry-after"), Some("30"));
        assert!(refused.expect(503)["reason"].as_str().unwrap().contains("limits.streams"));
        drop(first);
        let reopened = async {
            while ben.ask("GET", "/crm/notification/stream?poll=1", None).await.status == 503 {}
        };
        tokio::time::timeout(Duration::from_secs(10), reopened).await.expect("a place is free again");
    }
}

story! {
    async fn a_reader_who_takes_nothing_is_cut_and_resumes_without_loss(on: On) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let address = world.base.strip_prefix("http://").unwrap();
        // A small window, so that not everything fits into what the system holds for us.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the story's own server")]
        let mut slow = socket.connect(address.parse().unwrap()).await.unwrap();
        let request = format!("GET /crm/notification/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", ann.token);
        slow.write_all(request.as_bytes()).await.unwrap();
        let mut hello = [0; 1_024];
        while !String::from_utf8_lossy(&hello).contains("hello") {
            let _read = slow.read(&mut hello).await.unwrap();
        }
        let message = "x".repeat(16_000);
        let batch: Vec<Value> = (0..15).map(|_| json!({"user_id": 1, "type": "custom", "title": "x", "message": message})).collect();
        let body = json!({"notifications": batch}).to_string();
        let mut sent = 0;
        let cut = async {
            while !world.ask("GET", "/crm/metrics", &[], None).await.text.contains("belfry_streams_slow_total 1") {
                world.ask("POST", "/crm/notification/send/batch", &[("X-API-KEY", KEY)], Some(body.clone())).await.expect(200);
                sent += 15;
                // What does fit is taken, or the server could not tell that the rest is not.
                let mut some = vec![0; 200_000];
                let _taken = tokio::time::timeout(Duration::from_millis(1), slow.read(&mut some)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), cut).await.expect("the reader is cut");
        let mut stream = Listening::after(&ann, 0).await;
        for rev in 1..=sent {
            assert_eq!(stream.event().await.1["rev"], rev);
        }
    }
}

story! {
    async fn where_a_proxy_keeps_streams_back_a_poll_tells_the_same(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let poll = async |after: i64| ann.ask("GET", &format!("/crm/notification/stream?poll={after}"), None).await.expect(200);
        world.notify(1, "Before").await;
        let now = poll(0).await;
        assert_eq!(now, json!({"result": "Success", "rev": 1, "unread_count": 1, "events": []}));

        let (told, id) = tokio::join!(poll(1), async {
            world.notify(1, "While it waits").await
        });
        assert_eq!((&told["rev"], &told["unread_count"]), (&json!(2), &json!(2)));
        assert_eq!(told["events"][0]["event"], "notification.created");
        assert_eq!(told["events"][0]["id"], 2);
        assert_eq!(told["events"][0]["data"]["notification"]["notification_id"], id);

        let later = async {
            // Until the poll listens there is nobody whose time could be over.
            while !world.app.live.is_heard(1) {
                tokio::task::yield_now().await;
            }
            world.passes(Duration::from_secs(25)).await;
        };
        let (nothing, ()) = tokio::join!(poll(2), later);
        assert_eq!(nothing["events"], json!([]));
        assert_eq!(poll(99).await["events"][0]["event"], "reset");
        for bad in ["poll=x", "poll=-1&x=1", "nonsense=1"] {
            ann.ask("GET", &format!("/crm/notification/stream?{bad}"), None).await.expect(400);
        }
    }
}

story! {
    async fn a_stop_ends_streams_first_and_asks_them_back_at_different_times(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let mut streams = Vec::new();
        for _ in 0..5 {
            streams.push(Listening::of(&ann).await);
        }
        let token = ann.token.clone();
        let began = std::time::Instant::now();
        let world = world.restart().await;
        assert!(began.elapsed() < Duration::from_secs(5), "no stream holds up the stop");
        let mut retries = std::collections::BTreeSet::new();
        for stream in streams {
            let (said, retry) = last_words(stream).await;
            assert_eq!(said, [Heard::Comment("the server stops".to_owned())]);
            retries.insert(retry.unwrap());
        }
        assert!(retries.len() > 1 && retries.iter().all(|retry| (2_000..=10_000).contains(retry)), "{retries:?}");
        let headers = [("Authorization", format!("Bearer {token}")), ("Last-Event-ID", "0".to_owned())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        world.notify(1, "While nobody listened").await;
        let mut stream = Listening::open(&world, &headers, "").await;
        assert_eq!(stream.event().await.0, "notification.created");
    }
}

story! {
    async fn what_another_writer_commits_late_is_neither_skipped_nor_told_out_of_order(on: On) {
        if on == On::Sqlite {
            // One process writes there, one after the other.
            return;
        }
        let world = World::new(on).await;
        let (ann, ben) = (world.person(1, &[]).await, world.person(2, &[]).await);
        let (mut of_ann, mut of_ben) = (Listening::of(&ann).await, Listening::of(&ben).await);
        let belfry::config::DatabaseUrl::Postgres(url) = &world.config.database else { unreachable!() };
        let (other, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        for round in 0..20 {
            // Another node has taken an id and Ann's next number, and does not commit yet.
            other
                .batch_execute(&format!(
                    "BEGIN;
                     UPDATE inboxes SET head_seq = head_seq + 1, indexed_seq = head_seq + 1, unread_count = unread_count + 1,
                        revision = revision + 1 WHERE user_id = 1;
                     WITH stored AS (INSERT INTO notification_contents (user_id, seq, type, title, created_at)
                        SELECT 1, head_seq, 'custom', 'Late {round}', 0 FROM inboxes WHERE user_id = 1 RETURNING id, user_id, seq, type)
                     INSERT INTO inbox_items (user_id, shelf, seq, notification_id, type)
                        SELECT user_id, 0, seq, id, type FROM stored;"
                ))
                .await
                .unwrap();
            // Ben's overtakes it with a higher id …
            world.notify(2, "To Ben").await;
            assert_eq!(of_ben.event().await.1["notification"]["title"], "To Ben");
            // … and Ann's next one waits behind it.
            let (_, after) = tokio::join!(other.batch_execute("COMMIT"), world.notify(1, "After it"));
            let first = of_ann.event().await.1;
            let second = of_ann.event().await.1;
            assert_eq!(first["notification"]["title"], format!("Late {round}"));
            assert_eq!((&second["notification"]["title"], &second["notification"]["notification_id"]), (&json!("After it"), &json!(after)));
            assert_eq!(first["rev"].as_i64().unwrap() + 1, second["rev"].as_i64().unwrap());
        }
        // And without any hint a look every two seconds finds it.
        other
            .batch_execute(
                "UPDATE inboxes SET head_seq = head_seq + 1, indexed_seq = head_seq + 1, unread_count = unread_count + 1,
                    revision = revision + 1 WHERE user_id = 2;
                 WITH stored AS (INSERT INTO notification_contents (user_id, seq, type, title, created_at)
                    SELECT 2, head_seq, 'custom', 'From another node', 0 FROM inboxes WHERE user_id = 2 RETURNING id, user_id, seq, type)
                 INSERT INTO inbox_items (user_id, shelf, seq, notification_id, type)
                    SELECT user_id, 0, seq, id, type FROM stored;",
            )
            .await
            .unwrap();
        world.passes(Duration::from_secs(2)).await;
        assert_eq!(of_ben.event().await.1["notification"]["title"], "From another node");
        drop(other);
        connection.await.unwrap().unwrap();
    }
}

story! {
    async fn nobody_hears_of_another_users_inbox(on: On) {
        let world = World::new(on).await;
        let (ann, ben) = (world.person(1, &[]).await, world.person(2, &[]).await);
        let mut of_ben = Listening::of(&ben).await;
        let id = world.notify(1, "For Ann").await;
        ann.does("mark-read", id).await.expect(200);
        ben.does("mark-read", id).await.expect(404);
        world.notify(2, "For Ben").await;
        assert_eq!(of_ben.event().await.1["notification"]["title"], "For Ben");
        for (headers, status) in [(vec![], 401), (vec![("X-API-KEY", KEY)], 401), (vec![("Authorization", "Bearer x")], 401)] {
            let refused = world.ask("GET", "/crm/notification/stream", &headers, None).await;
            assert_eq!(refused.status, status, "{headers:?}: {}", refused.text);
        }
    }
}
