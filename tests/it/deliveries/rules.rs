//! Show 1: the channel rules, end to end. What a user's choices make of each kind of sending.

use belfry::delivery::Sending::{self, Api, Automated, Manual, Reminder};
use belfry::delivery::Ways;
use belfry::notification::Notice;
use serde_json::json;

use super::stage::{Stage, about, address, hook, notice, typed};

type Cell = (Sending, &'static str, bool, bool, bool, &'static [&'static str]);

/// Sending, choice, whether there is a URL; whether an e-mail and a webhook arrive, and what the log says of both.
const TABLE: &[Cell] = &[
    (Automated, "email", true, true, false, &["email sent", "webhook suppressed choice"]),
    (Automated, "email", false, true, false, &["email sent"]),
    (Automated, "webhook", true, false, true, &["email suppressed choice", "webhook sent"]),
    (Automated, "webhook", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Automated, "both", true, true, true, &["email sent", "webhook sent"]),
    (Automated, "both", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Automated, "none", true, false, false, &["email suppressed choice", "webhook suppressed choice"]),
    (Automated, "none", false, false, false, &["email suppressed choice"]),
    (Manual, "email", true, true, true, &["email sent", "webhook sent"]),
    (Manual, "email", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Manual, "webhook", true, true, true, &["email sent", "webhook sent"]),
    (Manual, "webhook", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Manual, "both", true, true, true, &["email sent", "webhook sent"]),
    (Manual, "both", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Manual, "none", true, true, true, &["email sent", "webhook sent"]),
    (Manual, "none", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Reminder, "email", true, true, true, &["email sent", "webhook sent"]),
    (Reminder, "email", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Reminder, "webhook", true, true, true, &["email sent", "webhook sent"]),
    (Reminder, "webhook", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Reminder, "both", true, true, true, &["email sent", "webhook sent"]),
    (Reminder, "both", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Reminder, "none", true, true, true, &["email sent", "webhook sent"]),
    (Reminder, "none", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Api, "email", true, true, true, &["email sent", "webhook sent"]),
    (Api, "email", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Api, "webhook", true, true, true, &["email sent", "webhook sent"]),
    (Api, "webhook", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Api, "both", true, true, true, &["email sent", "webhook sent"]),
    (Api, "both", false, true, false, &["email sent", "webhook suppressed no_url"]),
    (Api, "none", true, true, true, &["email sent", "webhook sent"]),
    (Api, "none", false, true, false, &["email sent", "webhook suppressed no_url"]),
];

story! {
    async fn every_cell_of_the_channel_rules_holds_up_to_the_receivers(on: On) {
        let stage = Stage::new(on).await;
        let mut told = Vec::new();
        for (id, (sending, choice, has_url, ..)) in (1..).zip(TABLE) {
            let url = has_url.then(|| stage.net.url(&hook(&id.to_string())));
            stage.user(id, json!({"receive_by": choice, "webhook_url": url})).await;
            told.push(stage.hand_over(notice(*sending, id, "Look at this")).await);
        }
        stage.settles().await;
        for (id, (sending, choice, has_url, email, webhook, log)) in (1..).zip(TABLE) {
            let cell = format!("{sending:?}, {choice}, URL: {has_url}");
            let arrived = (stage.letters(id).len(), stage.net.got(&hook(&id.to_string())).len());
            assert_eq!(arrived, (usize::from(*email), usize::from(*webhook)), "{cell}");
            assert_eq!(stage.outcome(told[usize::try_from(id).unwrap() - 1]).await, *log, "{cell}");
        }
        // Nothing follows, and all is accounted for.
        stage.passes(7 * 86_400).await;
        assert_eq!(stage.mail.all().len(), TABLE.iter().filter(|row| row.3).count());
        assert_eq!(stage.net.order().len(), TABLE.iter().filter(|row| row.4).count());
        let sums = stage.adds_up().await;
        assert_eq!((&sums["email"]["pending"], &sums["webhook"]["pending"]), (&json!(0), &json!(0)));
    }
}

story! {
    async fn a_program_that_asks_for_no_channel_reaches_the_centre_only(on: On) {
        let stage = Stage::new(on).await;
        for (id, choice) in (1..).zip(["email", "webhook", "both", "none"]) {
            stage.user(id, json!({"receive_by": choice, "webhook_url": stage.net.url(&hook("x"))})).await;
            let told = stage.hand_over(Notice { wants: Ways::default(), ..notice(Api, id, "Hello") }).await;
            stage.settles().await;
            assert!(stage.outcome(told).await.is_empty());
            assert_eq!(stage.sign_in(id).await.titles("").await, ["Hello"]);
        }
        assert!(stage.mail.all().is_empty() && stage.net.order().is_empty());
        assert_eq!(stage.adds_up().await, json!({}));
    }
}

story! {
    async fn somebody_who_wants_neither_gets_neither_from_a_trigger_and_both_by_hand(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "none", "webhook_url": stage.net.url(&hook("a"))})).await;
        let automated = stage.automated(1, "By a trigger").await;
        assert_eq!(stage.outcome(automated).await, ["email suppressed choice", "webhook suppressed choice"]);
        assert!(stage.mail.all().is_empty() && stage.net.order().is_empty());
        let manual = stage.tell(Manual, 1, "By hand").await;
        assert_eq!(stage.outcome(manual).await, ["email sent", "webhook sent"]);
        assert_eq!((stage.subjects(1), stage.hooked("a")), (vec!["By hand".to_owned()], vec!["By hand".to_owned()]));
        assert_eq!(stage.sign_in(1).await.titles("").await, ["By hand", "By a trigger"]);
    }
}

story! {
    async fn somebody_who_wants_a_webhook_and_has_none_gets_an_e_mail(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "webhook"})).await;
        let told = stage.automated(1, "Assigned to you").await;
        assert_eq!(stage.outcome(told).await, ["email sent", "webhook suppressed no_url"]);
        let letters = stage.letters(1);
        assert_eq!(letters.len(), 1);
        assert_eq!((letters[0].subject(), letters[0].recipients()), ("Assigned to you", vec![&*address(1)]));
        assert_eq!(letters[0].0["mail_from"], "crm@example.com");
        let log = stage.of(told).await;
        let no_url = log.iter().find(|entry| entry["reason"] == "no_url").unwrap();
        assert_eq!(no_url["explanation"], "No webhook URL is stored for the user.");
        assert_eq!((&no_url["choice"], &no_url["sending"]), (&json!("webhook"), &json!("automated")));
    }
}

story! {
    async fn the_matrix_narrows_what_a_trigger_sends_by_type_and_channel(on: On) {
        let stage = Stage::new(on).await;
        let matrix = json!({"record_assigned": {"email": false}, "lead_converted": {"webhook": false}});
        stage.user(1, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook("a")), "matrix": matrix})).await;
        let told = stage.automated(1, "One").await;
        assert_eq!(stage.outcome(told).await, ["email suppressed narrowed", "webhook sent"]);
        let told = stage.hand_over(typed(Automated, "lead_converted", 1, "Two")).await;
        stage.settles().await;
        assert_eq!(stage.outcome(told).await, ["email sent", "webhook suppressed narrowed"]);
        let told = stage.tell(Reminder, 1, "Three").await;
        assert_eq!(stage.outcome(told).await, ["email suppressed narrowed", "webhook sent"]);
        let told = stage.tell(Manual, 1, "Four").await;
        assert_eq!(stage.outcome(told).await, ["email sent", "webhook sent"]);
        assert_eq!((stage.subjects(1), stage.hooked("a")), (
            vec!["Two".to_owned(), "Four".to_owned()],
            vec!["One".to_owned(), "Three".to_owned(), "Four".to_owned()],
        ));
    }
}

story! {
    async fn a_muted_record_is_heard_of_in_the_centre_only_and_by_hand(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook("a"))})).await;
        {
            let ann = stage.sign_in(1).await;
            let until = Some(json!({"until": "2026-01-11T15:30:00Z"}));
            ann.ask("PUT", "/crm/user/me/mute/tickets/42", until).await.expect(200);
        }
        let about = async |sending, ticket, title: &str| {
            let told = stage.hand_over(about(sending, ticket, 1, title)).await;
            stage.settles().await;
            stage.outcome(told).await
        };
        let (muted, sent) = (["email suppressed muted", "webhook suppressed muted"], ["email sent", "webhook sent"]);
        assert_eq!(about(Automated, 42, "Muted").await, muted);
        assert_eq!(about(Api, 42, "Muted too").await, muted);
        assert_eq!(about(Automated, 43, "Another ticket").await, sent);
        assert_eq!(about(Manual, 42, "By hand").await, sent);
        assert_eq!(about(Reminder, 42, "A reminder").await, sent);
        stage.passes(3_601).await;
        assert_eq!(about(Automated, 42, "An hour later").await, sent);
        assert_eq!(stage.subjects(1), ["Another ticket", "By hand", "A reminder", "An hour later"]);
        assert_eq!(stage.hooked("a"), stage.subjects(1));
    }
}
