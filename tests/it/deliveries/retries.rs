//! Show 2: what does not arrive is tried again on the schedule of promise P11, then falls back to e-mail, once.

use std::time::Duration;

use belfry::clock::Instant;
use belfry::delivery::Sending::Manual;
use serde_json::json;

use super::stage::{Stage, hook, notice, tries};
use crate::peers::Answer;

/// The waits between tries, in seconds.
const WAITS: [u64; 10] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800];

story! {
    async fn a_webhook_that_fails_for_good_is_tried_for_a_day_and_then_an_e_mail_goes_out_once(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::body(503, "Not today")]);
        let told = stage.automated(1, "Assigned to you").await;
        for (wait, number) in WAITS.into_iter().zip(2..) {
            let (last, due) = (stage.now(), stage.next_due().await);
            let waits = due.since(last).as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let planned = wait as f64;
            assert!((planned * 0.8..=planned * 1.2).contains(&waits), "try {number} after {waits} s, not {wait}");
            stage.world.app.clock.set(Instant(due.0 - 1));
            stage.world.app.tick().await;
            assert_eq!(stage.net.got(&path).len(), number - 1, "not before its time");
            assert!(stage.mail.all().is_empty(), "while it is tried there is no e-mail");
            stage.world.app.clock.set(due);
            stage.world.app.tick().await;
            assert_eq!(stage.net.got(&path).len(), number);
        }
        assert_eq!(stage.outcome(told).await, ["email sent", "email suppressed choice", "webhook final exhausted"]);
        assert_eq!(stage.subjects(1), ["Assigned to you"]);
        let log = stage.of(told).await;
        let webhook = log.iter().find(|entry| entry["channel"] == "webhook").unwrap();
        let email = log.iter().find(|entry| entry["channel"] == "email" && entry["state"] == "sent").unwrap();
        assert_eq!(email["fallback_of"], webhook["id"]);
        assert_eq!(tries(webhook), ["later"; 11]);
        assert_eq!((&webhook["attempts"][0]["status"], &webhook["attempts"][0]["detail"]), (&json!(503), &json!("Not today")));
        // The same delivery each time, for whoever receives it twice.
        assert!(stage.net.got(&path).iter().all(|got| got.header("webhook-id") == webhook["id"].as_str().unwrap()));

        // Never again by itself; by hand with the whole schedule, and no second e-mail.
        stage.passes(86_400).await;
        assert_eq!(stage.net.got(&path).len(), 11);
        let retry = format!("/crm/delivery/{}/retry", webhook["id"].as_str().unwrap());
        stage.admin("POST", &retry, None).await.expect(200);
        stage.settles().await;
        // A target that failed so often is rested between tries: a try may be put off without being made.
        while stage.by("webhook", told).await["state"] == "pending" {
            stage.world.app.clock.set(stage.next_due().await);
            stage.world.app.tick().await;
        }
        assert_eq!(stage.net.got(&path).len(), 22);
        assert_eq!(stage.outcome(told).await, ["email sent", "email suppressed choice", "webhook final exhausted"]);
        assert_eq!(stage.subjects(1), ["Assigned to you"]);
        stage.net.answers(&path, [Answer::status(204)]);
        stage.admin("POST", &retry, None).await.expect(200);
        // It rests for ten minutes at most.
        stage.passes(600).await;
        assert_eq!(stage.outcome(told).await, ["email sent", "email suppressed choice", "webhook sent"]);
        assert_eq!(stage.subjects(1), ["Assigned to you"]);
        stage.adds_up().await;
    }
}

story! {
    async fn what_had_an_e_mail_already_gets_no_second_one_when_its_webhook_fails(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "both", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::status(500)]);
        let (automated, manual) = (stage.automated(1, "By a trigger").await, stage.tell(Manual, 1, "By hand").await);
        for _ in 0..120 {
            stage.passes(900).await;
        }
        let expected = ["email sent", "webhook final exhausted"];
        assert_eq!((stage.outcome(automated).await, stage.outcome(manual).await), (expected.map(str::to_owned).to_vec(), expected.map(str::to_owned).to_vec()));
        assert_eq!(stage.subjects(1), ["By a trigger", "By hand"]);
        stage.adds_up().await;
    }
}

story! {
    async fn a_fallback_that_its_user_narrowed_is_written_down_and_not_sent(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        let matrix = json!({"record_assigned": {"email": false}});
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path), "matrix": matrix})).await;
        stage.net.answers(&path, [Answer::status(422)]);
        let told = stage.automated(1, "Assigned to you").await;
        for _ in 0..10 {
            stage.passes(120).await;
        }
        assert_eq!(stage.outcome(told).await, ["email suppressed choice", "email suppressed narrowed", "webhook final exhausted"]);
        assert!(stage.mail.all().is_empty());
        stage.adds_up().await;
    }
}

story! {
    async fn what_is_refused_is_tried_again_three_times_and_no_more(on: On) {
        let stage = Stage::new(on).await;
        for (id, status) in (1..).zip([400, 401, 403, 404, 409, 422, 302]) {
            let path = hook(&id.to_string());
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
            stage.net.answers(&path, [Answer::with(status, "Location", &stage.net.url("/elsewhere"))]);
            let told = stage.automated(id, "Look").await;
            for _ in 0..10 {
                stage.passes(60).await;
            }
            assert_eq!(stage.net.got(&path).len(), 4, "{status}");
            let expected = ["email sent", "email suppressed choice", "webhook final exhausted"];
            assert_eq!(stage.outcome(told).await, expected, "{status}");
        }
        assert!(stage.net.got("/elsewhere").is_empty(), "redirects are not followed");
    }
}

story! {
    async fn a_target_that_asks_for_time_gets_it_but_never_more_than_an_hour(on: On) {
        let stage = Stage::new(on).await;
        // Retry-After, and after how many seconds the second try may come at the earliest and at the latest.
        let cases = [
            ("120", 120, 120),
            ("Sun, 11 Jan 2026 14:35:00 GMT", 300, 300),
            ("1000000000", 3_600, 3_600),
            ("-5", 4, 6),
            ("soon", 4, 6),
        ];
        for (id, (after, ..)) in (1..).zip(cases) {
            let path = hook(&id.to_string());
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
            stage.net.answers(&path, [Answer::with(429, "Retry-After", after), Answer::status(200)]);
            stage.hand_over(notice(Manual, id, "Look")).await;
        }
        stage.settles().await;
        let begun = stage.now();
        let mut passed = 0;
        for at in [3, 6, 119, 120, 299, 300, 3_599, 3_600] {
            stage.passes(at - passed).await;
            passed = at;
        }
        for (id, (after, earliest, latest)) in (1..).zip(cases) {
            let got = stage.net.got(&hook(&id.to_string()));
            assert_eq!(got.len(), 2, "{after}");
            let waited = got[1].at.since(begun);
            assert!(waited >= Duration::from_secs(earliest) && waited <= Duration::from_secs(latest), "{after}: {waited:?}");
        }
    }
}

story! {
    async fn what_failed_once_arrives_and_what_arrived_is_not_sent_again(on: On) {
        let stage = Stage::new(on).await;
        for (id, trouble) in (1..).zip([
            Answer::status(500), Answer::status(408), Answer::status(425), Answer::status(429), Answer::Closes,
        ]) {
            let path = hook(&id.to_string());
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
            stage.net.answers(&path, [trouble.clone(), Answer::status(200)]);
            let told = stage.automated(id, "Look").await;
            assert_eq!(stage.outcome(told).await, ["email suppressed choice", "webhook pending"]);
            stage.passes(6).await;
            assert_eq!(tries(&stage.by("webhook", told).await), ["later", "sent"], "{trouble:?}");
            stage.passes(3 * 86_400).await;
            assert_eq!(stage.net.got(&path).len(), 2, "{trouble:?}");
        }
        assert!(stage.mail.all().is_empty());
        stage.adds_up().await;
    }
}
