//! What waits is looked at again before it goes out: somebody who has read it need not be told any more.

use belfry::delivery::Sending::{Automated, Manual, Reminder};
use serde_json::json;

use super::stage::{Stage, hook, notice, ringcentral, tries};
use crate::peers::Answer;

story! {
    async fn what_was_read_archived_or_deleted_meanwhile_is_not_sent_any_more(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::status(503)]);
        let mut told = Vec::new();
        for title in ["Read", "Archived", "Deleted", "Left alone"] {
            told.push(stage.automated(1, title).await);
        }
        {
            let ann = stage.sign_in(1).await;
            ann.does("mark-read", told[0]).await.expect(200);
            ann.does("archive", told[1]).await.expect(200);
            ann.ask("DELETE", &format!("/crm/notification/{}", told[2]), None).await.expect(200);
        }
        stage.net.answers(&path, [Answer::status(200)]);
        stage.passes(10).await;
        for (id, expected) in told.iter().zip(["webhook suppressed read", "webhook suppressed archived", "webhook suppressed deleted", "webhook sent"]) {
            assert_eq!(stage.outcome(*id).await, ["email suppressed choice", expected]);
        }
        assert_eq!(tries(&stage.by("webhook", told[0]).await), ["later"]);
        assert!(stage.by("webhook", told[2]).await["title"].is_null());
        assert_eq!(stage.net.got(&path).len(), 5);
        assert!(stage.mail.all().is_empty(), "nobody is told by e-mail of what they have read");
        stage.adds_up().await;
    }
}

story! {
    async fn marking_all_as_read_stops_what_waits(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::status(503), Answer::status(200)]);
        let (automated, reminder) = (stage.automated(1, "By a trigger").await, stage.hand_over(notice(Reminder, 1, "Soon")).await);
        stage.sign_in(1).await.ask("POST", "/crm/notification/mark-all-read", None).await.expect(200);
        stage.passes(10).await;
        assert_eq!(stage.by("webhook", automated).await["reason"], "read");
        // The reminder may have gone before; what counts is that nothing goes after.
        let count = stage.net.order().len();
        stage.passes(86_400).await;
        assert_eq!(stage.net.order().len(), count);
        assert_ne!(stage.by("webhook", reminder).await["state"], "pending");
    }
}

story! {
    async fn what_somebody_sent_by_hand_goes_out_although_it_was_read(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "none", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::status(503), Answer::status(200)]);
        let told = stage.tell(Manual, 1, "By hand").await;
        stage.sign_in(1).await.does("mark-read", told).await.expect(200);
        stage.passes(10).await;
        assert_eq!(stage.outcome(told).await, ["email sent", "webhook sent"]);
    }
}

story! {
    async fn what_waits_for_somebody_who_is_gone_waits_no_more(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        for id in [1, 2] {
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        }
        stage.net.answers(&path, [Answer::status(503)]);
        let (gone, stays) = (stage.tell(Automated, 1, "Gone").await, stage.tell(Manual, 2, "Stays").await);
        stage.admin("DELETE", "/crm/user/1", None).await.expect(200);
        stage.net.answers(&path, [Answer::status(200)]);
        stage.passes(10).await;
        assert_eq!(stage.outcome(gone).await, ["email suppressed choice", "webhook suppressed user_gone"]);
        assert_eq!(stage.outcome(stays).await, ["email sent", "webhook sent"]);
        stage.adds_up().await;
    }
}

story! {
    async fn what_waits_for_an_address_that_was_exchanged_goes_to_the_new_one(on: On) {
        let stage = Stage::new(on).await;
        let old = ringcentral("old");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&old)})).await;
        stage.net.answers(&old, [Answer::status(503)]);
        let told = stage.automated(1, "Look").await;
        stage.choose(1, json!({"webhook_url": stage.net.url(&hook("new"))})).await;
        stage.passes(10).await;
        assert_eq!(stage.outcome(told).await, ["email suppressed choice", "ringcentral suppressed moved", "webhook sent"]);
        let (moved, sent) = (stage.by("ringcentral", told).await, stage.by("webhook", told).await);
        assert_eq!(sent["fallback_of"], moved["id"]);
        assert_eq!((stage.hooked("new"), stage.net.got(&old).len()), (vec!["Look".to_owned()], 1));

        // To an address of the same kind; and to none, which leaves e-mail.
        stage.net.answers(&hook("new"), [Answer::status(503)]);
        let told = stage.automated(1, "Again").await;
        stage.choose(1, json!({"webhook_url": stage.net.url(&hook("newer"))})).await;
        stage.passes(10).await;
        assert_eq!(stage.outcome(told).await, ["email suppressed choice", "webhook sent"]);
        assert_eq!(stage.hooked("newer"), ["Again"]);
        stage.net.answers(&hook("newer"), [Answer::status(503)]);
        let told = stage.automated(1, "By e-mail").await;
        stage.choose(1, json!({"webhook_url": null})).await;
        stage.passes(10).await;
        assert_eq!(stage.outcome(told).await, ["email sent", "email suppressed choice", "webhook suppressed no_url"]);
        assert_eq!(stage.subjects(1), ["By e-mail"]);
        stage.adds_up().await;
    }
}
