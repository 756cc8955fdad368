//! What failed for good: it is listed, and tried again by hand, singly and in bulk.

use belfry::delivery::Sending::Manual;
use serde_json::json;

use super::stage::{Stage, hook, teams, tries};
use crate::peers::Answer;

story! {
    async fn an_e_mail_that_is_refused_for_good_is_listed_and_goes_out_once_its_address_is_right(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"email": "refuse550@example.com"})).await;
        stage.user(2, json!({"receive_by": "none"})).await;
        let told = stage.automated(1, "Assigned to you").await;
        assert_eq!(stage.outcome(told).await, ["email final refused"]);
        stage.passes(86_400).await;
        let listed = stage.log("state=final").await;
        assert_eq!(listed.len(), 1);
        assert_eq!((tries(&listed[0]), &listed[0]["attempts"][0]["status"]), (vec!["never"], &json!(550)));
        let id = listed[0]["id"].as_str().unwrap();

        // By hand, in vain; then to another address.
        let retry = format!("/crm/delivery/{id}/retry");
        stage.admin("POST", &retry, None).await.expect(200);
        stage.settles().await;
        assert_eq!(stage.outcome(told).await, ["email final refused"]);
        stage.choose(1, json!({"email": "right@example.com"})).await;
        stage.admin("POST", &retry, None).await.expect(200);
        stage.settles().await;
        assert_eq!(stage.outcome(told).await, ["email sent"]);
        assert_eq!(stage.mail.to("right@example.com").len(), 1);
        assert_eq!(tries(&stage.by("email", told).await), ["never", "never", "sent"]);

        // What has arrived is not sent again, and what is not there cannot be.
        assert!(stage.admin("POST", &retry, None).await.expect(409)["reason"].is_string());
        stage.admin("POST", "/crm/delivery/0190a000-0000-7000-8000-000000000000/retry", None).await.expect(404);
        stage.admin("POST", "/crm/delivery/x/retry", None).await.expect(404);
        // What was not wanted goes out when an administrator says so.
        let unwanted = stage.automated(2, "Not wanted").await;
        let id = stage.by("email", unwanted).await["id"].as_str().unwrap().to_owned();
        stage.admin("POST", &format!("/crm/delivery/{id}/retry"), None).await.expect(200);
        stage.settles().await;
        assert_eq!(stage.subjects(2), ["Not wanted"]);
        stage.adds_up().await;
    }
}

story! {
    async fn an_e_mail_that_is_put_off_is_tried_again_with_the_same_message_id(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"email": "once451@example.com"})).await;
        stage.user(2, json!({"email": "later451@example.com"})).await;
        let (once, always) = (stage.automated(1, "Once").await, stage.automated(2, "Always").await);
        let waiting = stage.by("email", once).await;
        assert_eq!((&waiting["state"], &waiting["attempts"][0]["status"]), (&json!("pending"), &json!(451)));
        assert_eq!(waiting["explanation"], "The last try failed; it is tried again.");
        // The ten waits are a day, give or take a fifth each.
        for _ in 0..360 {
            stage.passes(300).await;
        }
        let arrived = stage.by("email", once).await;
        assert_eq!(tries(&arrived), ["later", "sent"]);
        let letters = stage.mail.to("once451@example.com");
        assert_eq!(letters.len(), 1);
        assert!(letters[0].header("Message-ID").contains(arrived["id"].as_str().unwrap()), "{letters:?}");
        assert_eq!(stage.outcome(always).await, ["email final exhausted"]);
        assert_eq!(tries(&stage.by("email", always).await).len(), 11);
        stage.adds_up().await;
    }
}

story! {
    async fn what_failed_is_tried_again_in_bulk_by_number_and_by_what_it_is(on: On) {
        let stage = Stage::new(on).await;
        for id in 1..=3 {
            stage.net.answers(&hook(&id.to_string()), [Answer::status(418)]);
            stage.user(id, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook(&id.to_string()))})).await;
        }
        stage.choose(3, json!({"email": "refuse550@example.com"})).await;
        for id in [1, 2, 3, 3] {
            stage.tell(Manual, id, "Look").await;
        }
        for _ in 0..20 {
            stage.passes(60).await;
        }
        let failed = stage.log("state=final").await;
        assert_eq!(failed.len(), 6, "{failed:#?}");
        let retry = async |body| stage.admin("POST", "/crm/delivery/retry", Some(body)).await;
        for id in 1..=3 {
            stage.net.answers(&hook(&id.to_string()), [Answer::status(200)]);
        }
        let of_first = failed.iter().find(|entry| entry["user_id"] == 1).unwrap()["id"].clone();
        let unknown = "0190a000-0000-7000-8000-000000000000";
        assert_eq!(retry(json!({"ids": [of_first, unknown, "x"]})).await.expect(200)["retried"], 1);
        stage.settles().await;
        assert_eq!(stage.hooked("1"), vec!["Look"; 5]);
        assert_eq!(retry(json!({"ids": [of_first]})).await.expect(200)["retried"], 0, "it has arrived");
        assert_eq!(retry(json!({"channel": "webhook", "user_id": 3})).await.expect(200)["retried"], 2);
        stage.settles().await;
        assert_eq!(retry(json!({"from": "2026-01-11T14:30:01Z"})).await.expect(200)["retried"], 0);
        assert_eq!(retry(json!({"until": "2026-01-11T14:30:01Z", "channel": "webhook"})).await.expect(200)["retried"], 1);
        stage.settles().await;
        assert_eq!(retry(json!({"channel": "email"})).await.expect(200)["retried"], 2);
        stage.settles().await;
        let left = stage.log("state=final").await;
        assert!(left.len() == 2 && left.iter().all(|entry| entry["channel"] == "email"), "{left:#?}");
        for (wrong, said) in [
            (json!({}), "Say which"),
            (json!({"ids": [], "channel": "email"}), "not both"),
            (json!({"channel": "pigeon"}), "channel"),
            (json!({"ids": vec!["x"; 1_001]}), "1000"),
            (json!({"from": "yesterday"}), "RFC 3339"),
        ] {
            let reason = retry(wrong).await.expect(400)["reason"].as_str().unwrap().to_owned();
            assert!(reason.contains(said), "{reason}");
        }
        stage.adds_up().await;
    }
}

story! {
    async fn a_target_out_of_reach_holds_nobodys_news_back_for_much_longer_than_a_day(on: On) {
        let stage = Stage::new(on).await;
        // A plain webhook, behind which everything waits for itself, and a Teams flow, which folds.
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook("dead"))})).await;
        stage.user(2, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&teams("dead"))})).await;
        for path in [hook("dead"), teams("dead")] {
            stage.net.answers(&path, std::iter::repeat_n(Answer::status(503), 1_000));
        }
        let mut told = Vec::new();
        for number in 0..30 {
            told.push(stage.automated(1, &format!("News {number}")).await);
            told.push(stage.automated(2, &format!("Card {number}")).await);
        }
        // Those behind the first failures say that they wait for their target.
        stage.passes(60).await;
        let waits = stage.log("state=pending").await;
        let behind = |entry: &serde_json::Value| {
            entry["explanation"].as_str().is_some_and(|said| said.contains("left alone for a while"))
        };
        assert!(waits.iter().any(behind), "{waits:?}");
        for _ in 0..(30 * 6) {
            stage.passes(600).await;
        }
        for id in told {
            let outcome = stage.outcome(id).await;
            let channel = outcome.last().unwrap().clone();
            assert!(channel == "webhook final exhausted" || channel == "teams final exhausted", "{outcome:?}");
        }
        // Everything has come by e-mail in its place; what would have been one card is one message.
        assert_eq!(stage.subjects(1).len(), 30);
        let letters = stage.letters(2).len();
        assert!((1..=8).contains(&letters), "{letters}");
        stage.adds_up().await;
    }
}
