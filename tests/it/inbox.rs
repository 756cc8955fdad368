//! Users read: list, count, mark, archive, delete.

use serde_json::json;

use crate::world::World;

story! {
    async fn the_list_is_newest_first_and_the_count_follows_what_is_read(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let first = world.notify(1, "First").await;
        world.notify(1, "Second").await;
        world.notify(1, "Third").await;
        assert_eq!(ann.titles("").await, ["Third", "Second", "First"]);
        assert_eq!(ann.unread().await, 3);
        let marked = ann.does("mark-read", first).await.expect(200);
        assert_eq!(marked, json!({"result": "Success", "message": "Notification marked as read", "unread_count": 2}));
        assert_eq!(ann.does("mark-read", first).await.expect(200)["unread_count"], 2);
        assert_eq!(ann.titles("?unread=true").await, ["Third", "Second"]);
        let page = ann.list("").await;
        let shown = &page["notifications"][2];
        assert_eq!((&shown["is_read"], &shown["read_at"]), (&json!(true), &json!("2026-01-11T14:30:00Z")));
        assert_eq!(page["unread_count"], 2);
        assert!(page["next_cursor"].is_null());
        assert_eq!(ann.does("mark-unread", first).await.expect(200)["unread_count"], 3);
    }
}

story! {
    async fn marking_all_read_reads_mine_alone_and_what_comes_later_is_unread(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let bob = world.person(2, &[]).await;
        let first = world.notify(1, "A1").await;
        for (user, title) in [(1, "A2"), (1, "A3"), (2, "B1"), (2, "B2")] {
            world.notify(user, title).await;
        }
        world.passes(std::time::Duration::from_secs(90)).await;
        let all = ann.ask("POST", "/crm/notification/mark-all-read", None).await.expect(200);
        assert_eq!(all, json!({"result": "Success", "message": "All notifications marked as read", "unread_count": 0}));
        assert_eq!((ann.unread().await, bob.unread().await), (0, 2));
        world.notify(1, "A4").await;
        assert_eq!(ann.titles("?unread=true").await, ["A4"]);
        assert_eq!(ann.list("").await["notifications"][3]["read_at"], "2026-01-11T14:31:30Z");
        ann.does("mark-unread", first).await.expect(200);
        assert_eq!(ann.titles("?unread=true").await, ["A4", "A1"]);
        assert_eq!(ann.unread().await, 2);
        ann.ask("POST", "/crm/notification/mark-all-read", None).await.expect(200);
        assert_eq!(ann.titles("?unread=true").await, Vec::<String>::new());
        assert_eq!(ann.unread().await, 0);
    }
}

story! {
    async fn the_archive_takes_out_of_the_inbox_and_gives_back(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let first = world.notify(1, "First").await;
        let second = world.notify(1, "Second").await;
        world.notify(1, "Third").await;
        assert_eq!(ann.does("archive", second).await.expect(200)["unread_count"], 2);
        assert_eq!(ann.titles("").await, ["Third", "First"]);
        assert_eq!(ann.titles("?archived=true").await, ["Second"]);
        assert_eq!(ann.list("?archived=true").await["notifications"][0]["archived_at"], "2026-01-11T14:30:00Z");
        ann.ask("POST", "/crm/notification/mark-all-read", None).await.expect(200);
        assert_eq!(ann.does("unarchive", second).await.expect(200)["unread_count"], 1);
        assert_eq!(ann.titles("").await, ["Third", "Second", "First"]);
        assert_eq!(ann.titles("?unread=true").await, ["Second"]);
        ann.does("archive", first).await.expect(200);
        ann.does("unarchive", first).await.expect(200);
        assert_eq!(ann.unread().await, 1);
    }
}

story! {
    async fn what_is_deleted_is_gone_from_list_and_count(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let first = world.notify(1, "First").await;
        world.notify(1, "Second").await;
        let path = format!("/crm/notification/{first}");
        let deleted = ann.ask("DELETE", &path, None).await.expect(200);
        assert_eq!(deleted, json!({"result": "Success", "message": "Notification deleted", "unread_count": 1}));
        assert_eq!(ann.titles("").await, ["Second"]);
        assert_eq!(ann.ask("DELETE", &path, None).await.expect(404)["reason"], "Notification not found");
        let third = world.notify(1, "Third").await;
        assert!(third > first, "an id is never given twice");
    }
}

story! {
    async fn pages_follow_each_other_though_new_ones_arrive(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        for number in 1..=25 {
            world.notify(1, &format!("{number}")).await;
        }
        let page = ann.list("?limit=10").await;
        world.notify(1, "new").await;
        let cursor = page["next_cursor"].as_str().unwrap();
        let second = ann.titles(&format!("?limit=10&cursor={cursor}")).await;
        assert_eq!(second, (6..=15).rev().map(|number| number.to_string()).collect::<Vec<_>>());
        assert_eq!(ann.titles("").await.len(), 20);
        assert_eq!(ann.titles("?limit=100").await.len(), 26);
    }
}

story! {
    async fn filters_find_by_type_and_by_words(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        for (kind, title, message) in [
            ("billing_invoice", "New Invoice #7", "for the ÄRGER of it"),
            ("custom", "Hello", "about an invoice"),
            ("custom", "Hello again", "nothing"),
        ] {
            world.send(json!({"user_id": 1, "type": kind, "title": title, "message": message})).await.expect(201);
        }
        assert_eq!(ann.titles("?type=billing_invoice").await, ["New Invoice #7"]);
        assert_eq!(ann.titles("?q=INVOICE").await, ["Hello", "New Invoice #7"]);
        assert_eq!(ann.titles("?q=%C3%A4rger").await, ["New Invoice #7"]);
        assert_eq!(ann.titles("?q=hello&type=custom&limit=1").await, ["Hello again"]);
        assert_eq!(ann.titles("?q=%25").await, Vec::<String>::new());
        for (query, said) in [
            ("?limit=0", "limit must be between 1 and 100"),
            ("?limit=x", "limit"),
            ("?unread=maybe", "unread"),
            ("?type=foo", "type \"foo\" is unknown"),
            ("?cursor=x", "cursor is none that this server gave"),
            ("?archived=true&snoozed=true", "not for both"),
            ("?limt=5", "did you mean \"limit\"?"),
        ] {
            let reply = ann.ask("GET", &format!("/crm/notification{query}"), None).await.expect(400);
            assert!(reply["reason"].as_str().unwrap().contains(said), "{query} → {reply}");
        }
    }
}

story! {
    async fn paths_are_served_alike_with_and_without_a_slash_at_the_end(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        world.notify(1, "One").await;
        for path in ["/crm/notification", "/crm/notification/", "/crm/notification/?limit=5"] {
            let page = ann.ask("GET", path, None).await.expect(200);
            assert_eq!(page["notifications"][0]["title"], "One", "{path}");
        }
        ann.ask("POST", "/crm/notification/mark-all-read/", None).await.expect(200);
        assert_eq!(ann.ask("GET", "/crm/notification/unread-count/", None).await.expect(200)["unread_count"], 0);
    }
}

story! {
    async fn a_restart_keeps_everything(on: On) {
        let world = World::new(on).await;
        let ids = {
            let ann = world.person(1, &[]).await;
            let mut ids = Vec::new();
            for number in 1..=5 {
                ids.push(world.notify(1, &format!("{number}")).await);
            }
            ann.does("mark-read", ids[0]).await.expect(200);
            ann.does("archive", ids[1]).await.expect(200);
            ids
        };
        let world = world.restart().await;
        let ann = world.sign_in(1).await;
        assert_eq!(ann.titles("").await, ["5", "4", "3", "1"]);
        assert_eq!(ann.titles("?archived=true").await, ["2"]);
        assert_eq!(ann.unread().await, 3);
        assert!(world.notify(1, "6").await > ids[4]);
        assert_eq!(ann.titles("?limit=2").await, ["6", "5"]);
    }
}

story! {
    async fn the_list_is_narrowed_to_a_time(on: On) {
        let world = World::with(on, |config| config.auth.access_token_ttl = std::time::Duration::from_secs(86_400)).await;
        let ann = world.person(1, &[]).await;
        let hour = std::time::Duration::from_secs(3600);
        let mut ids = Vec::new();
        // One every ten minutes, from 14:30 to 16:10, and one of somebody else's between.
        world.person(2, &[]).await;
        for number in 0..11 {
            ids.push(world.notify(1, &format!("N{number}")).await);
            world.notify(2, "Bob's").await;
            world.passes(hour / 6).await;
        }
        let at = |from: &str, until: &str| {
            let named = |name: &str, time: &str| match time {
                "" => String::new(),
                time => format!("&{name}=2026-01-11T{time}"),
            };
            format!("?limit=100{}{}", named("from", from), named("until", until))
        };
        for (from, until, expected) in [
            ("", "", "N10 N9 N8 N7 N6 N5 N4 N3 N2 N1 N0"),
            ("14:30:00Z", "", "N10 N9 N8 N7 N6 N5 N4 N3 N2 N1 N0"),
            ("15:50:00Z", "", "N10 N9 N8"),
            ("15:50:01Z", "", "N10 N9"),
            ("15:49:59.5Z", "", "N10 N9 N8"),
            ("16:50:00%2B01:00", "", "N10 N9 N8"),
            ("16:50:00+01:00", "", "N10 N9 N8"),
            ("", "14:50:00Z", "N1 N0"),
            ("", "14:50:01Z", "N2 N1 N0"),
            ("14:40:00Z", "15:00:00Z", "N2 N1"),
            ("15:00:00Z", "15:00:01Z", "N3"),
            ("15:00:00Z", "15:00:00Z", ""),
            ("16:00:00Z", "15:00:00Z", ""),
            ("", "14:30:00Z", ""),
            ("17:00:00Z", "", ""),
        ] {
            assert_eq!(ann.titles(&at(from, until)).await.join(" "), expected, "{from} {until}");
        }
        // Together with the others.
        ann.does("archive", ids[2]).await.expect(200);
        ann.does("mark-read", ids[4]).await.expect(200);
        assert_eq!(ann.titles("?until=2026-01-11T15:20:00Z&unread=true").await, ["N3", "N1", "N0"]);
        assert_eq!(ann.titles("?until=2026-01-11T15:20:00Z&archived=true").await, ["N2"]);
        assert_eq!(ann.titles("?from=2026-01-11T15:50:00Z&q=n1").await, ["N10"]);
        // Page by page.
        let first = ann.list("?until=2026-01-11T15:20:00Z&limit=2").await;
        assert_eq!(first["notifications"].as_array().unwrap().len(), 2);
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = ann.list(&format!("?until=2026-01-11T15:20:00Z&limit=2&cursor={cursor}")).await;
        let titles: Vec<_> = rest["notifications"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect();
        assert_eq!((titles, rest["next_cursor"].is_null()), (vec!["N1", "N0"], true));
        // What was snoozed comes back on top, and was sent when it was sent.
        let now = world.app.clock.now().plus(hour).to_rfc3339();
        ann.ask("POST", &format!("/crm/notification/{}/snooze", ids[1]), Some(json!({"until": now}))).await.expect(200);
        assert_eq!(ann.titles("?snoozed=true&until=2026-01-11T14:50:00Z").await, ["N1"]);
        world.passes(hour).await;
        assert_eq!(ann.titles("").await[0], "N1");
        assert_eq!(ann.titles("?until=2026-01-11T14:50:00Z").await, ["N1", "N0"]);
        assert!(!ann.titles("?from=2026-01-11T15:00:00Z").await.contains(&"N1".to_owned()));
        for nonsense in ["yesterday", "2026-01-11", "2026-01-11T14:30:00", "", "1768141800"] {
            for name in ["from", "until"] {
                let refused = ann.ask("GET", &format!("/crm/notification/?{name}={nonsense}"), None).await.expect(400);
                assert_eq!(refused["reason"], format!("{name} must be an instant in RFC 3339: 2026-01-31T08:00:00Z"));
            }
        }
    }
}

story! {
    async fn a_clock_that_went_back_a_little_hides_nothing(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        for back in [0, 30, 10, 50, 20] {
            world.app.clock.advance(std::time::Duration::from_secs(back));
            world.notify(1, &format!("S{back}")).await;
            if let belfry::clock::Clock::ByHand(at) = &world.app.clock {
                at.fetch_sub(i64::try_from(back).unwrap() * 1_000_000, std::sync::atomic::Ordering::SeqCst);
            }
        }
        assert_eq!(ann.titles("?from=2026-01-11T14:30:20Z").await, ["S20", "S50", "S30"]);
        assert_eq!(ann.titles("?until=2026-01-11T14:30:20Z").await, ["S10", "S0"]);
        assert_eq!(ann.titles("?limit=1&from=2026-01-11T14:30:25Z").await, ["S50"]);
    }
}
