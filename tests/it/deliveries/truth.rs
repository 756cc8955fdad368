//! Show 3: an answer is taken for what it says, and not for its status alone (promise P12).

use serde_json::json;

use super::stage::{Stage, hook, ringcentral, teams, tries};
use crate::peers::Answer;

/// What flows were recorded to answer with 200, and what becomes of the delivery.
const RECORDED: &[(&str, &str)] = &[
    (
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId tcid=0,server=msgapi-production-cse-azsc7-2-35,cv=x.0,MS-CV=x.0..",
        "later",
    ),
    (
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId tcid=622824298674363899,server=DB5PEPF00003FC8,cv=x.1.0..",
        "never",
    ),
    (
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 400 with ContextId tcid=385194272617051900,server=BL2PEPF000001C8,cv=x.0..",
        "never",
    ),
    (
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 502 with ContextId MS-CV=x",
        "later",
    ),
    ("Summary or Text is required.", "never"),
];

story! {
    async fn what_teams_says_inside_a_200_is_heard(on: On) {
        let stage = Stage::new(on).await;
        for (id, (said, outcome)) in (1..).zip(RECORDED) {
            let path = teams(&id.to_string());
            let url = format!("{}?sig=secret", stage.net.url(&path));
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": url})).await;
            stage.net.answers(&path, [Answer::body(200, said), Answer::status(202)]);
            let told = stage.automated(id, "Look").await;
            let delivery = stage.by("teams", told).await;
            assert_eq!(tries(&delivery), [*outcome], "{said}");
            assert_eq!(delivery["attempts"][0]["status"], 200);
            assert!(said.starts_with(delivery["attempts"][0]["detail"].as_str().unwrap()), "{delivery:#}");
            stage.passes(6).await;
            let (tried, log): (&[&str], &[&str]) = match *outcome {
                "later" => (&["later", "sent"], &["email suppressed choice", "teams sent"]),
                _ => (&["never"], &["email sent", "email suppressed choice", "teams final refused"]),
            };
            assert_eq!(tries(&stage.by("teams", told).await), tried, "{said}");
            assert_eq!(stage.outcome(told).await, log, "{said}");
        }
        stage.adds_up().await;
    }
}

/// What RingCentral answered with 200, and what becomes of the delivery.
const ACCEPTED: &[(&str, &str)] = &[
    (
        r#"{"status":"error","message":"Your request was accepted, however a post was not generated","error":"Internal error"}"#,
        "later",
    ),
    (r#"{"status":"OK","message":"Your request was accepted, however a post was not generated"}"#, "later"),
    (
        r#"{"status":"error","message":"Your request was accepted, however a post was not generated","error":"Invalid AdaptiveCard payload"}"#,
        "never",
    ),
    ("", "later"),
];

story! {
    async fn what_ringcentral_accepts_and_does_not_post_has_not_arrived(on: On) {
        let stage = Stage::new(on).await;
        for (id, (said, outcome)) in (1..).zip(ACCEPTED) {
            let path = ringcentral(&id.to_string());
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
            stage.net.answers(&path, [Answer::body(200, said), Answer::body(200, r#"{"status":"OK"}"#)]);
            let told = stage.automated(id, "Look").await;
            assert_eq!(tries(&stage.by("ringcentral", told).await), [*outcome], "{said}");
            stage.passes(6).await;
            let arrives = *outcome == "later";
            assert_eq!(stage.net.got(&path).len(), if arrives { 2 } else { 1 }, "{said}");
            assert_eq!(stage.letters(id).len(), usize::from(!arrives), "{said}");
        }
    }
}

story! {
    async fn a_throttle_of_ringcentral_is_kept_for_its_whole_penalty(on: On) {
        let stage = Stage::new(on).await;
        let path = ringcentral("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::body(200, r#"{"errorCode":"CMN-301","message":"Request rate exceeded"}"#), Answer::body(200, r#"{"status":"OK"}"#)]);
        let first = stage.automated(1, "First").await;
        // Another one to the same target waits as well: each request would make RingCentral begin to count anew.
        stage.passes(10).await;
        let second = stage.automated(1, "Second").await;
        stage.passes(19).await;
        assert_eq!(stage.net.got(&path).len(), 1);
        stage.passes(1).await;
        stage.passes(10).await;
        assert_eq!(tries(&stage.by("ringcentral", first).await), ["later", "sent"]);
        let second = stage.by("ringcentral", second).await;
        assert!(second["state"] == "sent" || second["reason"] == "folded", "{second:#}");
        stage.adds_up().await;
    }
}

story! {
    async fn an_answer_without_end_or_measure_is_no_success(on: On) {
        let stage = Stage::with(on, |config| config.outbound.timeout = std::time::Duration::from_secs(1)).await;
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook("hangs"))})).await;
        stage.user(2, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook("huge"))})).await;
        stage.net.answers(&hook("hangs"), [Answer::Hangs]);
        stage.net.answers(&hook("huge"), [Answer::body(500, &"x".repeat(200_000))]);
        let (hangs, huge) = (stage.automated(1, "Look").await, stage.automated(2, "Look").await);
        assert_eq!(tries(&stage.by("webhook", hangs).await), ["later"]);
        let huge = stage.by("webhook", huge).await;
        assert_eq!(tries(&huge), ["later"]);
        assert!(huge["attempts"][0]["detail"].as_str().unwrap_or_default().len() <= 2_048);
    }
}
