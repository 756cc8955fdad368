//! An address that is gone, or does nothing but fail for days, is switched off, and whom it concerns is told.

use serde_json::json;

use super::stage::{Stage, hook, ringcentral};
use crate::peers::Answer;

story! {
    async fn an_address_that_is_gone_is_switched_off_at_once_and_its_owner_hears_by_e_mail(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        stage.administrator(2).await;
        stage.net.answers(&path, [Answer::status(410)]);
        let told = stage.automated(1, "Assigned to you").await;
        assert_eq!(stage.outcome(told).await, ["email sent", "email suppressed choice", "webhook final refused"]);
        let off = stage.shown(1).await["webhook_off"].clone();
        assert_eq!((&off["since"], off["reason"].is_string()), (&json!("2026-01-11T14:30:00Z"), true));
        let mut subjects = stage.subjects(1);
        subjects.sort();
        assert_eq!(subjects, ["Assigned to you", "Your webhook was switched off"]);
        assert_eq!(stage.subjects(2), ["The webhook of User 1 was switched off"]);
        for (id, title) in [(1, "Your webhook was switched off"), (2, "The webhook of User 1 was switched off")] {
            let inbox = stage.sign_in(id).await.list("").await;
            let first = &inbox["notifications"][0];
            assert_eq!((&first["title"], &first["type"]), (&json!(title), &json!("webhook_switched_off")));
        }

        // From now on by e-mail; nothing goes to the address.
        let later = stage.automated(1, "The next one").await;
        assert_eq!(stage.outcome(later).await, ["email sent", "webhook suppressed endpoint_off"]);
        assert_eq!(stage.net.got(&path).len(), 1);
        // Saving the address, even as it is shown, switches it on.
        let shown = stage.shown(1).await["webhook_url"].clone();
        stage.choose(1, json!({"webhook_url": shown})).await;
        assert!(stage.shown(1).await["webhook_off"].is_null());
        stage.net.answers(&path, [Answer::status(200)]);
        let last = stage.automated(1, "On again").await;
        assert_eq!(stage.outcome(last).await, ["email suppressed choice", "webhook sent"]);
        stage.adds_up().await;
    }
}

story! {
    async fn what_waits_for_an_address_that_was_switched_off_goes_by_e_mail(on: On) {
        let stage = Stage::new(on).await;
        let path = ringcentral("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::status(503), Answer::status(404)]);
        let first = stage.automated(1, "First").await;
        let second = stage.automated(1, "Second").await;
        stage.passes(10).await;
        assert_eq!(stage.outcome(second).await, ["email sent", "email suppressed choice", "ringcentral final refused"]);
        assert_eq!(stage.outcome(first).await, ["email sent", "email suppressed choice", "ringcentral suppressed endpoint_off"]);
        assert_eq!(stage.subjects(1).len(), 3, "both and why");
        stage.adds_up().await;
    }
}

story! {
    async fn an_address_that_does_nothing_but_fail_for_five_days_is_switched_off(on: On) {
        let stage = Stage::new(on).await;
        for id in [1, 2] {
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook(&id.to_string()))})).await;
            stage.net.answers(&hook(&id.to_string()), [Answer::status(503)]);
        }
        stage.administrator(3).await;
        for day in 1..=6 {
            for id in [1, 2] {
                stage.automated(id, &format!("Day {day}")).await;
            }
            if day == 3 {
                // One that arrives makes the days count anew.
                stage.net.answers(&hook("2"), [Answer::status(200), Answer::status(503)]);
            }
            for _ in 0..4 {
                let is_off = !stage.shown(1).await["webhook_off"].is_null();
                assert_eq!(is_off, day > 5, "on day {day}");
                stage.passes(21_600).await;
            }
        }
        assert!(stage.shown(2).await["webhook_off"].is_null());
        assert_eq!(stage.shown(1).await["webhook_off"]["since"], "2026-01-16T14:30:00Z");
        assert_eq!(stage.subjects(3), ["The webhook of User 1 was switched off"]);
        let told = stage.subjects(1).into_iter().filter(|subject| subject == "Your webhook was switched off");
        assert_eq!(told.count(), 1);
        let later = stage.automated(1, "The next one").await;
        assert_eq!(stage.outcome(later).await, ["email sent", "webhook suppressed endpoint_off"]);
        stage.adds_up().await;
    }
}
