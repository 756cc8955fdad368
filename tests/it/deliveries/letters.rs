//! Letters to people who are no users: sent, retried, given up, logged and limited as their sender would wish.

use std::sync::Arc;

use belfry::delivery::{Chosen, OutsideLetter, Plain, Prompt, Reason};
use serde_json::{Value, json};

use super::stage::{Stage, tries};

const JANE: &str = "Jane.Doe@customer.example";

/// A reply to Jane about a ticket.
pub fn reply(ticket: &str) -> OutsideLetter {
    OutsideLetter {
        to: JANE.to_owned(),
        name: "Jane Doe".to_owned(),
        language: "en".to_owned(),
        time_zone: "Europe/London".to_owned(),
        kind: "ticket_opened",
        prompt: Prompt::Customer,
        record: (Arc::from("tickets"), Arc::from(ticket)),
        reply_to: Some("support@example.com".to_owned()),
        ours: Vec::new(),
        letter: None,
        prints: Vec::new(),
        plain: Plain {
            subject: format!("We have your ticket {ticket}"),
            text: "Somebody will look at it.".to_owned(),
            link: None,
        },
    }
}

impl Stage {
    /// Writes a letter, and waits until it went where it goes now.
    pub async fn writes(&self, letter: OutsideLetter) -> Chosen {
        let deliveries = self.world.app.deliveries.clone();
        let written = self.world.app.database.write::<_, belfry::storage::Error, _>(move |tx| {
            let (deliveries, letter) = (deliveries.clone(), letter.clone());
            Box::pin(async move { deliveries.letters_in(tx, &[letter]).await.map(|mut all| all.remove(0)) })
        });
        let chosen = written.await.unwrap();
        self.settles().await;
        chosen
    }

    /// The delivery of this number.
    pub async fn delivery(&self, chosen: &Chosen) -> Value {
        let mut log = self.log("limit=200").await;
        log.retain(|entry| entry["id"] == *chosen.delivery_id);
        log.remove(0)
    }

    async fn retries(&self, chosen: &Chosen) {
        let retry = format!("/crm/delivery/{}/retry", chosen.delivery_id);
        self.admin("POST", &retry, None).await.expect(200);
        self.settles().await;
    }
}

story! {
    async fn a_letter_to_a_customer_is_a_delivery_like_the_others(on: On) {
        let stage = Stage::new(on).await;
        let chosen = stage.writes(reply("42")).await;
        assert_eq!((&*chosen.channel, chosen.suppressed), ("email", None));
        let letter = stage.mail.to(JANE).remove(0);
        assert_eq!(letter.recipients(), [JANE]);
        assert_eq!((letter.subject(), letter.header("To")), ("We have your ticket 42", &*format!("Jane Doe <{JANE}>")));
        for words in [letter.text(), letter.html()] {
            assert!(words.contains("Somebody will look at it."), "{words}");
            assert!(!words.contains("unsubscribe") && !words.contains(&stage.world.config.public_url), "{words}");
        }
        let headers = ["Reply-To", "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "In-Reply-To", "References"];
        let expected =
            ["support@example.com", "auto-replied", "All", "bulk", "<tickets-42@example.com>", "<tickets-42@example.com>"];
        assert_eq!(headers.map(|name| letter.header(name)), expected);
        let absent = ["List-Unsubscribe", "List-Unsubscribe-Post", "Belfry-Notification", "Cc"];
        assert!(absent.iter().all(|name| letter.header(name).is_empty()), "{}", letter.0);

        let log = stage.delivery(&chosen).await;
        assert_eq!((&log["user_id"], &log["notification_id"]), (&Value::Null, &Value::Null));
        let shown = ["to", "record", "title", "type", "channel", "state"].map(|name| log[name].clone());
        let expected = [JANE, "tickets/42", "We have your ticket 42", "ticket_opened", "email", "sent"].map(|text| json!(text));
        assert_eq!(shown, expected);
        assert_eq!(tries(&log), ["sent"]);
        stage.writes(reply("43")).await;
        let of_record = stage.log("record=tickets/42").await;
        assert_eq!((of_record.len(), &of_record[0]["id"]), (1, &log["id"]));
        stage.admin("GET", "/crm/delivery?record=tickets", None).await.expect(400);
        assert_eq!(stage.adds_up().await["email"]["accepted"], 2);
    }
}

story! {
    async fn nobody_but_administrators_sees_letters_to_customers(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({})).await;
        stage.writes(reply("42")).await;
        let ann = stage.sign_in(1).await;
        for query in ["", "?record=tickets/42", "?user_id=0"] {
            let page = ann.ask("GET", &format!("/crm/delivery{query}"), None).await.expect(200);
            assert_eq!(page["deliveries"], json!([]), "{query}");
        }
    }
}

story! {
    async fn a_letter_is_tried_again_until_it_has_arrived(on: On) {
        let stage = Stage::new(on).await;
        let chosen = stage.writes(OutsideLetter { to: "once451@customer.example".to_owned(), ..reply("42") }).await;
        assert_eq!(stage.delivery(&chosen).await["state"], "pending");
        // A server that stops in between changes nothing.
        let stage = stage.restart().await;
        stage.passes(10).await;
        let log = stage.delivery(&chosen).await;
        assert_eq!((&log["state"], tries(&log)), (&json!("sent"), vec!["later", "sent"]));
        assert_eq!(stage.mail.to("once451@customer.example").len(), 1);

        let chosen = stage.writes(OutsideLetter { to: "later451@customer.example".to_owned(), ..reply("42") }).await;
        for _ in 0..40 {
            stage.passes(3_600).await;
        }
        let log = stage.delivery(&chosen).await;
        assert_eq!((&log["state"], &log["reason"], tries(&log).len()), (&json!("final"), &json!("exhausted"), 11));
        stage.adds_up().await;
    }
}

story! {
    async fn a_letter_that_is_refused_is_final_and_falls_back_to_nobody(on: On) {
        let stage = Stage::new(on).await;
        let chosen = stage.writes(OutsideLetter { to: "refuse550@customer.example".to_owned(), ..reply("42") }).await;
        let log = stage.delivery(&chosen).await;
        assert_eq!((&log["state"], &log["reason"], &log["attempts"][0]["status"]), (&json!("final"), &json!("refused"), &json!(550)));
        stage.passes(86_400).await;
        assert_eq!(stage.log("").await.len(), 1);
        stage.retries(&chosen).await;
        assert_eq!(tries(&stage.delivery(&chosen).await), ["never", "never"]);
        stage.adds_up().await;
    }
}

story! {
    async fn what_cannot_be_mailed_is_in_the_log_with_its_reason(on: On) {
        let stage = Stage::with(on, |config| config.smtp = None).await;
        let chosen = stage.writes(reply("42")).await;
        assert_eq!(chosen.suppressed, Some(Reason::NotConfigured));
        assert_eq!(stage.delivery(&chosen).await["reason"], "not_configured");
        stage.adds_up().await;

        let stage = Stage::new(on).await;
        for nobody in ["", "jane", "Jane <jane@customer.example>", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"] {
            let chosen = stage.writes(OutsideLetter { to: nobody.to_owned(), ..reply("42") }).await;
            let log = stage.delivery(&chosen).await;
            assert_eq!((&log["state"], &log["reason"]), (&json!("suppressed"), &json!("no_email")), "{nobody}");
        }
        assert!(stage.mail.all().is_empty());
        assert_eq!(stage.adds_up().await["email"]["suppressed"], 5);
    }
}

story! {
    async fn whoever_answers_by_themselves_does_not_get_letters_for_ever(on: On) {
        let stage = Stage::new(on).await;
        let states = async |letters: Vec<OutsideLetter>| {
            let mut sent = 0;
            for letter in letters {
                sent += usize::from(stage.writes(letter).await.suppressed.is_none());
            }
            sent
        };
        // About one ticket five a day, however the address is written.
        let shouted = OutsideLetter { to: JANE.to_uppercase(), ..reply("42") };
        assert_eq!(states([vec![reply("42"); 4], vec![shouted; 4], vec![reply("42"); 2]].concat()).await, 5);
        let refused = stage.writes(reply("42")).await;
        assert_eq!(refused.suppressed, Some(Reason::Loop));
        assert_eq!(stage.delivery(&refused).await["reason"], "loop");
        // Others hear about it, and she hears of others: thirty in all.
        let other = OutsideLetter { to: "john@customer.example".to_owned(), ..reply("42") };
        assert_eq!(states(vec![other.clone()]).await, 1);
        assert_eq!(states((100..150).map(|ticket| reply(&ticket.to_string())).collect()).await, 25);
        // By hand it goes; and the next day all is well again.
        let before = stage.mail.all().len();
        stage.retries(&refused).await;
        assert_eq!(stage.delivery(&refused).await["state"], "sent");
        assert_eq!(stage.mail.all().len(), before + 1);
        stage.passes(86_400 + 1).await;
        assert_eq!(states(vec![reply("42")]).await, 1);
        stage.adds_up().await;
    }
}

story! {
    async fn what_the_team_has_to_say_is_not_held_back_by_what_programs_caused(on: On) {
        let stage = Stage::new(on).await;
        let words = |ticket: &str| OutsideLetter { kind: "comment_added", prompt: Prompt::Words, ..reply(ticket) };
        let closed = OutsideLetter { kind: "ticket_closed", prompt: Prompt::Act, ..reply("42") };
        for _ in 0..5 {
            assert_eq!(stage.writes(reply("42")).await.suppressed, None);
        }
        assert_eq!(stage.writes(reply("42")).await.suppressed, Some(Reason::Loop));
        for letter in [vec![words("42"); 99], vec![closed.clone()]].concat() {
            assert_eq!(stage.writes(letter).await.suppressed, None);
        }
        // A program may act in their name: it comes to an end too.
        for letter in [words("42"), closed] {
            let refused = stage.writes(letter).await;
            assert_eq!(stage.delivery(&refused).await["reason"], "loop");
        }
        // And what they said takes nothing from what programs may cause.
        assert_eq!(stage.writes(words("43")).await.suppressed, None);
        assert_eq!(stage.writes(reply("43")).await.suppressed, None);
        assert_eq!(stage.mail.to(JANE).len(), 5 + 100 + 2);
        stage.adds_up().await;
    }
}

story! {
    async fn many_at_the_same_instant_are_counted_too(on: On) {
        let stage = Stage::new(on).await;
        let together = (0..12).map(|index| {
            let (deliveries, database) = (stage.world.app.deliveries.clone(), stage.world.app.database.clone());
            let shouted = index % 2 == 0;
            let letter = OutsideLetter { to: if shouted { JANE.to_uppercase() } else { JANE.to_owned() }, ..reply("42") };
            tokio::spawn(async move {
                let written = database.write::<_, belfry::storage::Error, _>(move |tx| {
                    let (deliveries, letter) = (deliveries.clone(), letter.clone());
                    Box::pin(async move { deliveries.letters_in(tx, &[letter]).await })
                });
                written.await.unwrap().remove(0).suppressed.is_none()
            })
        });
        let mut sent = 0;
        for one in together.collect::<Vec<_>>() {
            sent += usize::from(one.await.unwrap());
        }
        assert_eq!(sent, 5);
        stage.settles().await;
    }
}

story! {
    async fn nobody_writes_to_themselves_or_to_where_nobody_reads(on: On) {
        let stage = Stage::new(on).await;
        let to = |address: &str| OutsideLetter { to: address.to_owned(), ours: vec!["vip@example.com".to_owned()], ..reply("44") };
        let own = ["support@example.com", "CRM@example.com", "crm+44@example.com", "Vip+1@Example.com"];
        let programs = ["MAILER-DAEMON@mx.example.net", "postmaster@example.net", "no-reply@example.net", "bounces+7@example.net"];
        for address in own.into_iter().chain(programs) {
            let refused = stage.writes(to(address)).await;
            assert_eq!(refused.suppressed, Some(Reason::Loop), "{address}");
            // Not by hand either.
            stage.retries(&refused).await;
            let log = stage.delivery(&refused).await;
            assert_eq!((&log["state"], &log["reason"], tries(&log).len()), (&json!("suppressed"), &json!("loop"), 0), "{address}");
        }
        assert!(stage.mail.all().is_empty());
        assert_eq!(stage.writes(to("nora@noreply.example.net")).await.suppressed, None);
        stage.adds_up().await;
    }
}

story! {
    async fn what_a_program_wrote_comes_back_to_nobody_and_what_a_person_wrote_does(on: On) {
        let stage = Stage::new(on).await;
        for (prompt, sender) in [(Prompt::Customer, "<>"), (Prompt::Act, "<>"), (Prompt::Words, "crm@example.com")] {
            let before = stage.mail.all().len();
            stage.writes(OutsideLetter { prompt, ..reply("42") }).await;
            let letter = stage.mail.all().remove(before);
            assert_eq!(letter.0["mail_from"].as_str().unwrap_or_default(), sender, "{prompt:?}");
            assert_eq!((letter.header("From"), letter.header("Auto-Submitted")), ("CRM <crm@example.com>", "auto-replied"));
        }
    }
}

story! {
    async fn what_only_a_newer_version_can_read_waits_for_it(on: On) {
        let stage = Stage::new(on).await;
        let refused = stage.writes(OutsideLetter { to: String::new(), ..reply("42") }).await;
        let written = stage.world.app.database.write::<_, belfry::storage::Error, _>(|tx| {
            Box::pin(tx.execute("UPDATE deliveries SET target = 'elsewhere', state = 'pending', reason = NULL", &[]))
        });
        assert_eq!(written.await.unwrap(), 1);
        stage.passes(3_600).await;
        let log = stage.delivery(&refused).await;
        assert_eq!((&log["state"], tries(&log).len()), (&json!("pending"), 0));
        stage.passes(2 * 86_400).await;
        assert_eq!(stage.delivery(&refused).await["reason"], "user_gone", "not for ever");
    }
}

story! {
    async fn retention_forgets_letters_too(on: On) {
        let stage = Stage::new(on).await;
        stage.writes(reply("42")).await;
        stage.passes(40 * 86_400).await;
        assert_eq!(stage.log("").await, Vec::<Value>::new());
        let sums = stage.adds_up().await;
        assert_eq!((&sums["email"]["accepted"], &sums["email"]["sent"]), (&json!(1), &json!(1)));
    }
}
