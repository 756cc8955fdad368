//! Quiet hours: held, then one message that names everything.

use belfry::delivery::Sending::{Api, Manual, Reminder};
use serde_json::json;

use super::stage::{Stage, hook, notice, teams};

story! {
    async fn what_comes_in_quiet_hours_is_held_and_comes_as_one_message_at_their_end(on: On) {
        let stage = Stage::new(on).await;
        let quiet = json!([{"from": "22:00", "to": "07:00"}]);
        stage.user(1, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook("a")), "quiet_hours": quiet})).await;
        stage.automated(1, "By day").await;
        stage.reaches("2026-01-11T22:30:00Z").await;
        let mut told = Vec::new();
        for title in ["First", "Second", "Third"] {
            told.push(stage.automated(1, title).await);
            stage.passes(60).await;
        }
        told.push(stage.tell(Api, 1, "Fourth").await);
        assert_eq!(stage.subjects(1), ["By day"]);
        for id in &told {
            let held = stage.by("webhook", *id).await;
            assert_eq!((&held["state"], &held["held"], &held["due_at"]), (&json!("pending"), &json!(true), &json!("2026-01-12T07:00:00Z")));
        }
        // By hand and reminders are not held.
        stage.tell(Manual, 1, "By hand").await;
        stage.tell(Reminder, 1, "A reminder").await;
        assert_eq!(stage.subjects(1), ["By day", "By hand", "A reminder"]);
        assert_eq!(stage.hooked("a"), stage.subjects(1));

        stage.reaches("2026-01-12T06:59:59Z").await;
        assert_eq!(stage.subjects(1).len(), 3);
        stage.reaches("2026-01-12T07:00:00Z").await;
        let letters = stage.letters(1);
        assert_eq!(letters.len(), 4, "one message for all four");
        for title in ["First", "Second", "Third", "Fourth"] {
            let last = &letters[3];
            assert!(last.text().contains(title) && last.html().contains(title), "{title}: {}", last.text());
        }
        let got = stage.net.got(&hook("a"));
        assert_eq!(got.len(), 4);
        let data = got[3].json()["data"].clone();
        let along: Vec<_> = data["along"].as_array().unwrap().iter().map(|one| one["title"].clone()).collect();
        assert_eq!([vec![data["title"].clone()], along].concat(), ["First", "Second", "Third", "Fourth"]);

        // One carried the others, on each channel.
        for channel in ["email", "webhook"] {
            let mut carriers = Vec::new();
            let mut folded = Vec::new();
            for id in &told {
                let entry = stage.by(channel, *id).await;
                match entry["state"].as_str().unwrap() {
                    "sent" => carriers.push(entry["id"].clone()),
                    _ => {
                        assert_eq!(entry["reason"], "folded");
                        folded.push(entry["folded_into"].clone());
                    }
                }
            }
            assert_eq!((carriers.len(), folded.clone()), (1, vec![carriers[0].clone(); 3]), "{channel}");
        }
        stage.automated(1, "By day again").await;
        assert_eq!(stage.subjects(1).len(), 5);
        stage.adds_up().await;
    }
}

story! {
    async fn quiet_hours_are_those_of_the_users_own_clock_on_the_day_it_changes_too(on: On) {
        let stage = Stage::new(on).await;
        let quiet = json!({"from": "22:00", "to": "07:00"});
        for (id, zone) in [(1, "America/New_York"), (2, "Europe/Berlin")] {
            stage.user(id, json!({"quiet_hours": quiet, "time_zone": zone})).await;
        }
        // In New York clocks go forward in the night to the eighth of March: 07:00 is an hour earlier.
        for (sent, zone, last, end) in [
            ("2026-03-07T04:00:00Z", 1, "2026-03-07T11:59:59Z", "2026-03-07T12:00:00Z"),
            ("2026-03-08T04:00:00Z", 1, "2026-03-08T10:59:59Z", "2026-03-08T11:00:00Z"),
            ("2026-03-28T22:00:00Z", 2, "2026-03-29T04:59:59Z", "2026-03-29T05:00:00Z"),
            ("2026-10-24T22:00:00Z", 2, "2026-10-25T05:59:59Z", "2026-10-25T06:00:00Z"),
        ] {
            stage.reaches(sent).await;
            let before = stage.letters(zone).len();
            let told = stage.automated(zone, sent).await;
            assert_eq!(stage.by("email", told).await["due_at"], end);
            stage.reaches(last).await;
            assert_eq!(stage.letters(zone).len(), before, "{last}");
            stage.reaches(end).await;
            assert_eq!(stage.letters(zone).len(), before + 1, "{end}");
        }
    }
}

story! {
    async fn quiet_hours_that_were_changed_hold_what_waits_again_or_let_it_go(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"quiet_hours": {"from": "22:00", "to": "07:00"}})).await;
        stage.reaches("2026-01-11T23:00:00Z").await;
        let told = stage.automated(1, "Look").await;
        stage.choose(1, json!({"quiet_hours": {"from": "22:00", "to": "09:00"}})).await;
        stage.reaches("2026-01-12T07:00:00Z").await;
        assert!(stage.mail.all().is_empty());
        assert_eq!(stage.by("email", told).await["due_at"], "2026-01-12T09:00:00Z");
        stage.reaches("2026-01-12T09:00:00Z").await;
        assert_eq!(stage.subjects(1), ["Look"]);
        // What falls into a quiet time while it is tried again waits for its end.
        stage.choose(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook("a"))})).await;
        stage.net.answers(&hook("a"), [crate::peers::Answer::status(503), crate::peers::Answer::status(200)]);
        stage.reaches("2026-01-12T21:59:58Z").await;
        let told = stage.automated(1, "Late").await;
        stage.passes(3_600).await;
        let waits = stage.by("webhook", told).await;
        assert_eq!((&waits["state"], &waits["due_at"]), (&json!("pending"), &json!("2026-01-13T09:00:00Z")));
        stage.reaches("2026-01-13T09:00:00Z").await;
        assert_eq!(stage.outcome(told).await, ["email suppressed choice", "webhook sent"]);
    }
}

story! {
    async fn what_was_read_in_quiet_hours_is_not_in_the_catch_up(on: On) {
        let stage = Stage::new(on).await;
        let url = stage.net.url(&teams("a"));
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": url, "quiet_hours": {"from": "14:00", "to": "15:00"}})).await;
        let mut told = Vec::new();
        for number in 1..=30 {
            told.push(stage.hand_over(notice(belfry::delivery::Sending::Automated, 1, &format!("Number {number}."))).await);
        }
        stage.settles().await;
        {
            let ann = stage.sign_in(1).await;
            for id in &told[..3] {
                ann.does("mark-read", *id).await.expect(200);
            }
        }
        stage.reaches("2026-01-11T15:00:00Z").await;
        let got = stage.net.got(&teams("a"));
        assert_eq!(got.len(), 1);
        assert!(!got[0].body.contains("Number 1.") && !got[0].body.contains("Number 3."));
        assert!(got[0].body.contains("Number 4.") && got[0].body.len() <= 18_000);
        let log = stage.log("channel=teams&limit=200").await;
        let count = |reason: &str| log.iter().filter(|entry| entry["reason"] == reason).count();
        assert_eq!((log.len(), count("read"), count("folded")), (30, 3, 26));
        stage.adds_up().await;
    }
}
