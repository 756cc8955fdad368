//! Paces, circuits, and that no target is another's bystander (promise P13).

use belfry::delivery::Sending::Automated;
use serde_json::json;

use super::stage::{Stage, hook, in_words, notice, teams, tries};
use crate::peers::Answer;

story! {
    async fn what_is_too_much_for_teams_goes_as_one_message(on: On) {
        let stage = Stage::new(on).await;
        let path = teams("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        for number in 1..=10 {
            stage.hand_over(notice(Automated, 1, &format!("Number {number}."))).await;
        }
        stage.settles().await;
        assert_eq!(stage.net.got(&path).len(), 4, "four at once");
        stage.passes(1).await;
        assert_eq!(stage.net.got(&path).len(), 4);
        stage.passes(1).await;
        let got = stage.net.got(&path);
        assert_eq!(got.len(), 5, "then one with all the rest");
        let singles: String = got[..4].iter().map(|got| got.body.as_str()).collect();
        for number in 1..=10 {
            let title = format!("Number {number}.");
            assert_ne!(singles.contains(&title), got[4].body.contains(&title), "{title} once");
        }
        let log = stage.log("channel=teams").await;
        let sent: Vec<_> = log.iter().filter(|entry| entry["state"] == "sent").collect();
        let folded: Vec<_> = log.iter().filter(|entry| entry["reason"] == "folded").collect();
        assert_eq!((sent.len(), folded.len()), (5, 5), "{:?}", log.iter().map(in_words).collect::<Vec<_>>());
        let carrier = &folded[0]["folded_into"];
        assert!(sent.iter().any(|entry| entry["id"] == *carrier));
        assert!(folded.iter().all(|entry| entry["folded_into"] == *carrier && tries(entry).is_empty()));
        stage.passes(86_400).await;
        assert_eq!(stage.net.got(&path).len(), 5);
        let sums = stage.adds_up().await;
        assert_eq!(sums["teams"], json!({"accepted": 10, "sent": 5, "pending": 0, "final": 0, "suppressed": 5}));
    }
}

story! {
    async fn a_folded_message_that_fails_is_tried_again_whole_and_what_is_refused_falls_apart(on: On) {
        let stage = Stage::new(on).await;
        for (id, trouble) in [(1, Answer::status(503)), (2, Answer::body(200, "Summary or Text is required."))] {
            let path = teams(&id.to_string());
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path), "quiet_hours": {"from": "14:00", "to": "15:00"}})).await;
            stage.net.answers(&path, [trouble, Answer::status(202)]);
            for number in 1..=3 {
                stage.hand_over(notice(Automated, id, &format!("Number {number}."))).await;
            }
        }
        stage.settles().await;
        stage.reaches("2026-01-11T15:00:00Z").await;
        stage.passes(10).await;
        // The first one's came again with everything; of the other's, all but the first came singly.
        let (again, apart) = (stage.net.got(&teams("1")), stage.net.got(&teams("2")));
        assert_eq!((again.len(), apart.len()), (2, 3));
        assert!((1..=3).all(|number| again[1].body.contains(&format!("Number {number}."))));
        assert_eq!(stage.letters(2).len(), 1, "what was refused falls back to e-mail");
        assert!(stage.mail.to("user1@example.com").is_empty());
        stage.adds_up().await;
    }
}

story! {
    async fn a_target_that_does_nothing_but_fail_is_left_alone_for_a_while(on: On) {
        let stage = Stage::new(on).await;
        let path = hook("a");
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        stage.net.answers(&path, [Answer::status(500)]);
        for number in 1..=8 {
            stage.hand_over(notice(Automated, 1, &format!("Number {number}"))).await;
        }
        stage.settles().await;
        assert_eq!(stage.net.got(&path).len(), 5, "after five failures in a row it rests");
        let untried = stage.log("state=pending").await.iter().filter(|entry| tries(entry).is_empty()).count();
        assert_eq!(untried, 3);
        stage.passes(29).await;
        assert_eq!(stage.net.got(&path).len(), 5);
        stage.passes(1).await;
        assert_eq!(stage.net.got(&path).len(), 6, "one tries whether it answers again");
        stage.net.answers(&path, [Answer::status(200)]);
        for _ in 0..10 {
            stage.passes(30).await;
        }
        let log = stage.log("channel=webhook").await;
        assert!(log.iter().all(|entry| entry["state"] == "sent"), "{:?}", log.iter().map(in_words).collect::<Vec<_>>());
        assert_eq!(stage.net.got(&path).len(), 6 + 8);
        stage.adds_up().await;
    }
}

story! {
    async fn a_target_that_hangs_delays_no_other(on: On) {
        let stage = Stage::new(on).await;
        let slow = hook("slow");
        stage.net.answers(&slow, [Answer::Hangs]);
        for id in 1..=31 {
            let path = if id <= 3 { slow.clone() } else { hook(&id.to_string()) };
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&path)})).await;
        }
        for id in 1..=3 {
            stage.hand_over(notice(Automated, id, "To who hangs")).await;
        }
        stage.net.awaits(1).await;
        for id in 4..=31 {
            stage.hand_over(notice(Automated, id, "To who answers")).await;
        }
        // All the others have theirs while the first one hangs; and one that hangs is not sent more at a time.
        stage.net.awaits(1 + 28).await;
        let order = stage.net.order();
        assert_eq!(order[0], slow);
        assert!(order[1..].iter().all(|path| *path != slow), "{order:?}");
        let first = stage.log("user_id=1&channel=webhook").await.remove(0);
        assert_eq!((&first["state"], tries(&first)), (&json!("pending"), vec![]), "it hangs still");
        stage.net.answers(&slow, [Answer::status(200)]);
        stage.net.let_go();
        stage.settles().await;
        assert_eq!(stage.net.got(&slow).len(), 3);
        assert_eq!(stage.log("state=sent&channel=webhook&limit=200").await.len(), 31);
        stage.adds_up().await;
    }
}
