//! Copies: those in cc hear of it once, whatever becomes of the e-mail that they should be on.

use belfry::channel::Attachment;
use belfry::delivery::Mail;
use belfry::delivery::Sending::{self, Automated, Manual, Reminder};
use belfry::notification::Notice;
use serde_json::json;

use super::stage::{Stage, address, hook, notice, tries};
use crate::peers::Answer;

const BOSS: &str = "boss@example.com";

/// A notice with these in cc, and a file.
fn copied(sending: Sending, user_id: i64, title: &str, cc: &[&str]) -> Notice {
    let file = Attachment {
        name: "a.txt".to_owned(),
        content_type: "text/plain".to_owned(),
        content: "YQ==".to_owned(),
    };
    let cc = cc.iter().map(|one| (*one).to_owned()).collect();
    let mail = Mail { cc, attachments: vec![file], ..Mail::default() };
    Notice { mail: Some(mail), ..notice(sending, user_id, title) }
}

async fn heard(stage: &Stage, user_id: i64, title: &str, cc: &[&str]) -> i64 {
    let id = stage.hand_over(copied(Automated, user_id, title, cc)).await;
    stage.settles().await;
    id
}

story! {
    async fn whoever_is_in_cc_gets_a_copy_where_the_user_gets_no_e_mail(on: On) {
        let stage = Stage::new(on).await;
        let url = stage.net.url(&hook("a"));
        let narrowed = json!({"record_assigned": {"email": false}});
        for (id, choices) in (1..).zip([
            json!({"receive_by": "webhook", "webhook_url": url}),
            json!({"receive_by": "none"}),
            json!({"receive_by": "both", "webhook_url": url, "matrix": narrowed}),
        ]) {
            stage.user(id, choices).await;
        }
        for (id, own) in [
            (1, &["email sent", "email suppressed choice", "webhook sent"][..]),
            (2, &["email sent", "email suppressed choice"]),
            (3, &["email sent", "email suppressed narrowed", "webhook sent"]),
        ] {
            let told = heard(&stage, id, &format!("For {id}"), &[BOSS, "second@example.com"]).await;
            assert_eq!(stage.outcome(told).await, own);
            let log = stage.of(told).await;
            let copies: Vec<_> = log.iter().filter(|entry| entry["copy"] == true).collect();
            assert_eq!((copies.len(), &copies[0]["state"]), (1, &json!("sent")));
            assert_eq!(copies[0]["explanation"], "A copy for those in cc alone: the user gets no e-mail of it.");
            assert!(stage.letters(id).is_empty(), "nobody gets what they chose not to");
            let letter = stage.mail.to(BOSS).pop().unwrap();
            assert_eq!(letter.subject(), format!("For {id}"));
            assert_eq!(letter.recipients(), [BOSS, "second@example.com"]);
            assert_eq!((letter.header("To"), letter.header("Cc")), (BOSS, "second@example.com"));
            assert!(letter.text().contains(&format!("(Copy of a notification for User {id})")), "{}", letter.text());
            assert!(letter.html().contains(&format!("Copy of a notification for User {id}")));
            assert!(letter.text().contains("/contacts/7") && !letter.text().contains("unsubscribe"));
            assert_eq!((letter.header("List-Unsubscribe"), letter.header("List-Unsubscribe-Post")), ("", ""));
            assert_eq!(letter.0["attachments"].as_array().unwrap().len(), 1);
            assert!(!letter.0.to_string().contains(&address(id)), "{}", letter.0);
        }
        assert_eq!(stage.mail.all().len(), 3);
        stage.adds_up().await;
    }
}

story! {
    async fn whoever_is_in_cc_of_an_e_mail_gets_no_copy_beside_it(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({})).await;
        stage.user(2, json!({"receive_by": "webhook"})).await;
        for id in [1, 2] {
            let told = heard(&stage, id, "Look", &["BOSS@example.com", BOSS, " user1@EXAMPLE.com ", ""]).await;
            let copies = stage.of(told).await.iter().filter(|entry| entry["copy"] == true).count();
            assert_eq!(copies, 0);
        }
        let letters = stage.mail.to("BOSS@example.com");
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[0].recipients(), [&*address(1), "BOSS@example.com"]);
        assert!(!letters[0].text().contains("Copy of") && letters[0].header("List-Unsubscribe").is_empty(),
            "somebody else could unsubscribe the user");
        // Of what is theirs alone users get the link as ever.
        stage.automated(1, "Alone").await;
        assert!(!stage.letters(1).pop().unwrap().header("List-Unsubscribe").is_empty());
        stage.adds_up().await;
    }
}

story! {
    async fn users_get_no_copy_of_what_they_chose_not_to_get(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "none"})).await;
        let told = heard(&stage, 1, "Theirs alone", &["USER1@example.com"]).await;
        assert_eq!(stage.outcome(told).await, ["email suppressed choice"]);
        let told = heard(&stage, 1, "And the boss's", &["user1@example.com", BOSS]).await;
        assert_eq!(stage.outcome(told).await, ["email sent", "email suppressed choice"]);
        assert_eq!(stage.mail.all().iter().map(|one| one.recipients().join(" ")).collect::<Vec<_>>(), [BOSS]);
    }
}

story! {
    async fn a_muted_record_and_a_reading_user_keep_nothing_from_those_in_cc(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"quiet_hours": {"from": "00:00", "to": "23:59"}})).await;
        // Held for the user's quiet hours, and with it what others are in cc of.
        let (read, archived, left) = (
            heard(&stage, 1, "Read", &[BOSS]).await,
            heard(&stage, 1, "Archived", &[BOSS]).await,
            heard(&stage, 1, "Left", &[BOSS]).await,
        );
        let (alone, other) = (stage.automated(1, "Alone").await, stage.automated(1, "Other").await);
        assert!(stage.mail.all().is_empty());
        {
            let ann = stage.sign_in(1).await;
            ann.does("mark-read", read).await.expect(200);
            ann.does("archive", archived).await.expect(200);
        }
        stage.reaches("2026-01-11T23:59:30Z").await;
        assert_eq!(stage.outcome(read).await, ["email sent", "email suppressed read"]);
        assert_eq!(stage.outcome(archived).await, ["email sent", "email suppressed archived"]);
        assert_eq!(stage.outcome(left).await, ["email sent"]);
        let mut outcomes = stage.outcome(alone).await;
        outcomes.extend(stage.outcome(other).await);
        assert_eq!(outcomes, ["email sent", "email suppressed folded"]);
        let letters = stage.mail.to(BOSS);
        let mut subjects: Vec<_> = letters.iter().map(|letter| letter.subject()).collect();
        subjects.sort_unstable();
        assert_eq!(subjects, ["Archived", "Left", "Read"]);
        assert!(letters.iter().all(|letter| !letter.text().contains("Alone")), "the user's own are not the boss's");
        assert_eq!(stage.subjects(1).len(), 2, "{:?}", stage.subjects(1));
        stage.adds_up().await;
    }
}

story! {
    async fn a_copy_waits_for_nobodys_quiet_hours_and_goes_although_it_was_read(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "none", "quiet_hours": {"from": "00:00", "to": "23:59"}})).await;
        heard(&stage, 1, "At once", &[BOSS]).await;
        assert_eq!(stage.mail.to(BOSS).len(), 1);
        let told = heard(&stage, 1, "Read meanwhile", &["once451@example.com"]).await;
        stage.sign_in(1).await.does("mark-read", told).await.expect(200);
        for _ in 0..20 {
            stage.passes(60).await;
        }
        let copy = stage.of(told).await.into_iter().find(|entry| entry["copy"] == true).unwrap();
        assert_eq!((tries(&copy), &copy["held"]), (vec!["later", "sent"], &json!(false)));
        assert_eq!(stage.mail.to("once451@example.com").len(), 1);
        stage.adds_up().await;
    }
}

story! {
    async fn an_address_that_is_none_takes_nothing_from_those_in_cc(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"email": "refuse550@example.com"})).await;
        let told = heard(&stage, 1, "Look", &[BOSS]).await;
        assert_eq!(stage.outcome(told).await, ["email final refused", "email sent"]);
        assert_eq!(stage.mail.to(BOSS).len(), 1);
        // Made in the same instant, they stand in no order.
        let mut log = stage.of(told).await;
        log.sort_by_key(|entry| entry["copy"].as_bool());
        assert_eq!((&log[1]["copy"], &log[1]["fallback_of"]), (&json!(true), &log[0]["id"]));
        // Sent by hand after all, it goes to the user alone: those in cc have theirs.
        stage.choose(1, json!({"email": "right@example.com"})).await;
        let retry = format!("/crm/delivery/{}/retry", log[0]["id"].as_str().unwrap());
        stage.admin("POST", &retry, None).await.expect(200);
        stage.settles().await;
        assert_eq!(stage.mail.to("right@example.com")[0].recipients(), ["right@example.com"]);
        assert_eq!(stage.mail.to(BOSS).len(), 1);

        // So it is with what was not wanted.
        stage.user(2, json!({"receive_by": "none"})).await;
        let told = heard(&stage, 2, "Not wanted", &[BOSS]).await;
        let own = stage.of(told).await.into_iter().find(|entry| entry["copy"] == false).unwrap();
        stage.admin("POST", &format!("/crm/delivery/{}/retry", own["id"].as_str().unwrap()), None).await.expect(200);
        stage.settles().await;
        assert_eq!(stage.letters(2)[0].recipients(), [&*address(2)]);
        assert_eq!(stage.mail.to(BOSS).len(), 2);

        // Where a copy itself is refused, that is all.
        let told = heard(&stage, 2, "Nobody there", &["refuse550@example.com"]).await;
        stage.passes(86_400).await;
        assert_eq!(stage.outcome(told).await, ["email final refused", "email suppressed choice"]);
        stage.adds_up().await;
    }
}

story! {
    async fn a_webhook_that_fails_falls_back_to_the_user_although_others_had_a_copy(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook("a"))})).await;
        stage.net.answers(&hook("a"), [Answer::status(410)]);
        let told = heard(&stage, 1, "Look", &[BOSS]).await;
        assert_eq!(stage.outcome(told).await, ["email sent", "email sent", "email suppressed choice", "webhook final refused"]);
        assert_eq!(stage.letters(1)[0].recipients(), [&*address(1)]);
        assert_eq!(stage.mail.to(BOSS).len(), 1);
        stage.adds_up().await;
    }
}

story! {
    async fn what_is_deleted_or_cannot_be_mailed_is_not_copied(on: On) {
        let stage = Stage::with(on, |config| config.smtp = None).await;
        stage.user(1, json!({"receive_by": "none"})).await;
        for sending in [Automated, Manual, Reminder] {
            let told = stage.hand_over(copied(sending, 1, "Look", &[BOSS])).await;
            stage.settles().await;
            let copy = stage.of(told).await.into_iter().find(|entry| entry["copy"] == true).unwrap();
            assert_eq!(copy["reason"], "not_configured", "{sending:?}");
        }
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "none"})).await;
        let told = heard(&stage, 1, "Deleted", &["later451@example.com"]).await;
        stage.sign_in(1).await.ask("DELETE", &format!("/crm/notification/{told}"), None).await.expect(200);
        stage.passes(3_600).await;
        assert_eq!(stage.outcome(told).await, ["email suppressed choice", "email suppressed deleted"]);
        stage.adds_up().await;
    }
}
