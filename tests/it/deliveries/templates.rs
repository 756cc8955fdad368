//! E-mails in the words of administrators' templates, with files that templates print: and what becomes of them where
//! a template is wrong.

use belfry::channel::Attachment;
use belfry::delivery::Sending::{self, Automated};
use belfry::delivery::{Mail, OutsideLetter};
use belfry::notification::Notice;
use belfry::params;
use belfry::template::custom::{LetterUse, PrintUse};
use belfry::template::pdf::{Limits, Press};
use serde_json::{Value, json};

use super::letters::reply;
use super::stage::{Stage, hook, notice, tries};
use crate::peers::{Answer, Letter};

const GOOD: &str = "<mj-text><p>Dear {{ recipient.name }},</p><p>your order {{ record.label }} is <b>eSigned</b>.</p></mj-text>";

/// It never ends.
const LOOP: &str = "#for i in range(100000) { for j in range(100000) { let x = calc.sin(j) } }";

/// It asks for ever more memory.
const BOMB: &str = "#let a = \"0123456789\"\n#for i in range(60) { a = a * 2 }";

/// A sheet of paper with one line on it.
const SHEET: &str = "#let data = json(\"data.json\")\nOrder #data.record.label";

impl Stage {
    /// A template that is there, whoever would have refused to keep it.
    async fn template(&self, kind: &'static str, name: &'static str, source: &'static str) -> i64 {
        let made = self.world.app.database.write::<_, belfry::storage::Error, _>(move |tx| {
            Box::pin(async move {
                let id: Option<i64> = tx
                    .one(
                        "INSERT INTO templates (kind, name, name_key, is_changed, version, created_at, updated_at, updated_by)
                         VALUES ($1, $2, $2, TRUE, 1, 0, 0, 'a story') RETURNING id",
                        params![kind, name],
                        |row| row.get(0),
                    )
                    .await?;
                let id = id.unwrap();
                tx.execute(
                    "INSERT INTO template_versions (template_id, version, subject, source, at, actor)
                     VALUES ($1, 1, 'Order {{ record.label }}', $2, 0, 'a story')",
                    params![id, source],
                )
                .await?;
                Ok(id)
            })
        });
        made.await.unwrap()
    }

    /// Gives a template these words from now on, or takes it away.
    async fn becomes(&self, id: i64, source: Option<&'static str>) {
        let changed = self.world.app.database.write::<_, belfry::storage::Error, _>(move |tx| {
            Box::pin(async move {
                match source {
                    Some(source) => {
                        let sql = "UPDATE template_versions SET source = $1 WHERE template_id = $2";
                        tx.execute(sql, params![source, id]).await
                    }
                    None => tx.execute("DELETE FROM templates WHERE id = $1", params![id]).await,
                }
            })
        });
        assert_eq!(changed.await.unwrap(), 1);
    }

    async fn hears(&self, notice: Notice) -> i64 {
        let told = self.hand_over(notice).await;
        self.settles().await;
        told
    }
}

fn data() -> Value {
    json!({"recipient": {"name": "Ann <b>"}, "record": {"label": "SO-1042"}})
}

fn letter(template_id: i64) -> Option<LetterUse> {
    Some(LetterUse { template_id, data: data() })
}

fn print(template_id: i64) -> PrintUse {
    PrintUse { template_id, file_name: "Order SO-1042.pdf".to_owned(), data: data() }
}

fn with(mail: Mail, sending: Sending, user_id: i64) -> Notice {
    Notice { mail: Some(mail), ..notice(sending, user_id, "Order SO-1042 is eSigned") }
}

/// The names of a letter's files that are PDFs.
fn pdfs(letter: &Letter) -> Vec<&str> {
    let files = letter.0["attachments"].as_array().unwrap().iter();
    let is_pdf = |file: &&Value| {
        let content = file["content"].as_str().unwrap();
        assert_eq!(content.starts_with("%PDF-"), file["content_type"] == "application/pdf");
        content.starts_with("%PDF-") && content.trim_end().ends_with("%%EOF")
    };
    files.filter(is_pdf).map(|file| file["name"].as_str().unwrap()).collect()
}

/// What the log says of the last try.
fn said(entry: &Value) -> &str {
    entry["attempts"].as_array().unwrap().last().unwrap()["summary"].as_str().unwrap()
}

story! {
    async fn an_e_mail_has_the_words_of_its_template_and_the_pdf(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({})).await;
        let (words, sheet) = (stage.template("email", "Order", GOOD).await, stage.template("pdf", "Sheet", SHEET).await);
        let mail = Mail { letter: letter(words), prints: vec![print(sheet)], ..Mail::default() };
        let told = stage.hears(with(mail, Automated, 1)).await;
        let log = stage.by("email", told).await;
        assert_eq!((&log["state"], said(&log)), (&json!("sent"), "The mail server took the message."));
        let letter = stage.letters(1).remove(0);
        assert_eq!((letter.subject(), pdfs(&letter)), ("Order SO-1042", vec!["Order SO-1042.pdf"]));
        assert!(letter.text().contains("Dear Ann <b>,") && letter.text().contains("order SO-1042 is eSigned"), "{}", letter.text());
        assert!(letter.html().contains("Dear Ann &lt;b&gt;,") && !letter.html().contains("What there is to say."));
        assert_eq!(letter.0["defects"], json!([]));
        // Whoever may unsubscribe may do so below a letter too.
        assert!(!letter.header("List-Unsubscribe").is_empty() && letter.html().contains("/crm/unsubscribe"));
        // In the centre stand the words of the notification.
        assert_eq!(stage.sign_in(1).await.titles("").await, ["Order SO-1042 is eSigned"]);
        stage.adds_up().await;
    }
}

story! {
    async fn a_retry_has_the_newest_words(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"email": "once451@example.com"})).await;
        let words = stage.template("email", "Order", GOOD).await;
        stage.hears(with(Mail { letter: letter(words), ..Mail::default() }, Automated, 1)).await;
        stage.becomes(words, Some("<mj-text>Better words for {{ recipient.name }}.</mj-text>")).await;
        stage.passes(10).await;
        let letters = stage.mail.to("once451@example.com");
        assert_eq!(letters.len(), 1);
        assert!(letters[0].text().contains("Better words for Ann <b>."), "{}", letters[0].text());
    }
}

story! {
    async fn an_e_mail_goes_without_what_cannot_be_made_and_says_so(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({})).await;
        let (gone, words) = (stage.template("email", "Gone", GOOD).await, stage.template("email", "Words", GOOD).await);
        let broken = stage.template("email", "Broken", "<mj-text>{{ recipient.name </mj-text>").await;
        let wrong = stage.template("pdf", "Wrong", "#let x = nothing_of_the_kind").await;
        let (loops, bomb) = (stage.template("pdf", "Loop", LOOP).await, stage.template("pdf", "Bomb", BOMB).await);
        let sheet = stage.template("pdf", "Sheet", SHEET).await;
        stage.becomes(gone, None).await;
        let not_its_words = "This e-mail is not in the words of its template: ";
        let no_pdf = "The PDF Order SO-1042.pdf could not be made: ";
        for (used, prints, sentence, why) in [
            (letter(gone), vec![], not_its_words, "its template was deleted"),
            (letter(broken), vec![], not_its_words, "Line 1: "),
            (letter(sheet), vec![], not_its_words, "Sheet is no template for e-mails"),
            (letter(words), vec![print(wrong)], no_pdf, "line 1: unknown variable: nothing_of_the_kind"),
            (letter(words), vec![print(loops)], no_pdf, "seconds of work"),
            (letter(words), vec![print(bomb)], no_pdf, "The PDF template was stopped"),
            (letter(words), vec![print(gone)], no_pdf, "its template was deleted"),
            (None, vec![print(words)], no_pdf, "Words is no template for PDFs"),
        ] {
            let (has_words, is_printed) = (used.is_some() && sentence == no_pdf, !prints.is_empty());
            let mail = Mail { letter: used, prints, ..Mail::default() };
            let told = stage.hears(with(mail, Automated, 1)).await;
            let log = stage.by("email", told).await;
            assert_eq!(log["state"], "sent", "{why}: {log:#}");
            let said = said(&log).strip_prefix("The mail server took the message. ").unwrap();
            assert!(said.starts_with(sentence) && said.contains(why), "{why}: {said}");
            assert!(said.ends_with("; ask an administrator to look at the template."), "{said}");
            let letter = stage.letters(1).pop().unwrap();
            let text = letter.text().replace("\r\n", "\n");
            assert!(text.contains(said), "{said}\n{text}");
            assert!(letter.html().contains(sentence), "{}", letter.html());
            let subject = if has_words { "Order SO-1042" } else { "Order SO-1042 is eSigned" };
            assert_eq!((letter.subject(), pdfs(&letter)), (subject, vec![]), "{why}");
            assert_eq!(text.contains("What there is to say."), !has_words, "{why}");
            assert!(is_printed || text.contains("/contacts/7"), "{text}");
        }
        stage.adds_up().await;
    }
}

story! {
    async fn one_bad_file_takes_nothing_from_the_others(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"language": "de"})).await;
        let (loops, sheet) = (stage.template("pdf", "Loop", LOOP).await, stage.template("pdf", "Sheet", SHEET).await);
        let named = |name: &str, id| PrintUse { file_name: name.to_owned(), ..print(id) };
        let mail = Mail { prints: vec![named("a.pdf", loops), named("b.pdf", sheet)], ..Mail::default() };
        stage.hears(with(mail, Automated, 1)).await;
        let letter = stage.letters(1).remove(0);
        assert_eq!(pdfs(&letter), ["b.pdf"]);
        assert!(letter.text().contains("Die PDF-Datei a.pdf konnte nicht erstellt werden ("), "{}", letter.text());
    }
}

story! {
    async fn the_files_of_one_e_mail_have_fifteen_mebibytes(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({})).await;
        let sheet = stage.template("pdf", "Sheet", SHEET).await;
        let large = Attachment {
            name: "large.bin".to_owned(),
            content_type: "application/octet-stream".to_owned(),
            content: "AAAA".repeat(15 * 1024 * 1024 / 3 - 1_000),
        };
        let mail = Mail { attachments: vec![large], prints: vec![print(sheet)], ..Mail::default() };
        let told = stage.hears(with(mail, Automated, 1)).await;
        let log = stage.by("email", told).await;
        assert!(said(&log).contains("the files of one e-mail may have 15 MiB together"), "{log:#}");
        assert_eq!(stage.letters(1).len(), 1);
    }
}

story! {
    async fn a_press_without_room_holds_an_e_mail_back_for_minutes_and_no_longer(on: On) {
        let busy = Limits { at_once: 0, waiting: 0, ..Limits::default() };
        let stage = Stage::with_press(on, Press::new(env!("CARGO_BIN_EXE_belfry").into(), busy), |_| {}).await;
        stage.user(1, json!({})).await;
        let sheet = stage.template("pdf", "Sheet", SHEET).await;
        let mail = Mail { prints: vec![print(sheet)], ..Mail::default() };
        let mut all = Vec::new();
        for _ in 0..7 {
            all.push(stage.hears(with(mail.clone(), Automated, 1)).await);
        }
        let log = stage.by("email", all[0]).await;
        assert_eq!((&log["state"], said(&log)), (
            &json!("pending"),
            "The e-mail waits for its PDF Order SO-1042.pdf: Too many PDFs wait to be printed: try again in a minute.",
        ));
        assert!(stage.letters(1).is_empty());
        // The mail server has no part in it: what needs no press goes out.
        stage.automated(1, "Without a PDF").await;
        assert_eq!(stage.subjects(1), ["Without a PDF"]);
        for _ in 0..20 {
            stage.passes(10).await;
        }
        for told in all {
            let log = stage.by("email", told).await;
            assert_eq!((&log["state"], tries(&log)), (&json!("sent"), vec!["later", "later", "later", "sent"]));
            assert!(said(&log).contains("The PDF Order SO-1042.pdf could not be made: Too many PDFs wait to be printed"));
        }
        assert_eq!(stage.letters(1).len(), 8);
        stage.adds_up().await;
    }
}

story! {
    async fn what_is_held_goes_together_but_for_what_has_a_pdf(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"quiet_hours": {"from": "00:00", "to": "23:59"}})).await;
        let (words, sheet) = (stage.template("email", "Order", GOOD).await, stage.template("pdf", "Sheet", SHEET).await);
        let only_words = Mail { letter: letter(words), ..Mail::default() };
        let with_pdf = Mail { prints: vec![print(sheet)], ..only_words.clone() };
        for mail in [only_words.clone(), with_pdf, only_words] {
            stage.hears(with(mail, Automated, 1)).await;
        }
        assert!(stage.letters(1).is_empty());
        stage.reaches("2026-01-11T23:59:30Z").await;
        let mut letters = stage.letters(1);
        letters.sort_by_key(|letter| letter.subject().to_owned());
        let subjects: Vec<_> = letters.iter().map(|letter| letter.subject()).collect();
        assert_eq!(subjects, ["Order SO-1042", "Order SO-1042 is eSigned (+1)"]);
        assert_eq!((pdfs(&letters[0]).len(), pdfs(&letters[1]).len()), (1, 0));
        assert!(!letters[1].text().contains("is not in the words of its template"));
        stage.adds_up().await;
    }
}

story! {
    async fn copies_and_fallbacks_have_the_letter_and_the_pdf_too(on: On) {
        let stage = Stage::new(on).await;
        let (words, sheet) = (stage.template("email", "Order", GOOD).await, stage.template("pdf", "Sheet", SHEET).await);
        let mail = Mail { letter: letter(words), prints: vec![print(sheet)], ..Mail::default() };
        stage.user(1, json!({"receive_by": "none"})).await;
        stage.hears(with(Mail { cc: vec!["boss@example.com".to_owned()], ..mail.clone() }, Automated, 1)).await;
        let copy = stage.mail.to("boss@example.com").remove(0);
        assert_eq!((copy.subject(), pdfs(&copy).len()), ("Order SO-1042", 1));
        assert!(copy.text().contains("Copy of a notification for User 1."), "{}", copy.text());
        assert!(!copy.html().contains("unsubscribe"));

        stage.user(2, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook("a"))})).await;
        stage.net.answers(&hook("a"), [Answer::status(410)]);
        stage.hears(with(mail, Automated, 2)).await;
        // The other one says that the webhook was switched off.
        let mut letters = stage.letters(2);
        letters.retain(|letter| letter.subject().contains("Order"));
        let fallback = letters.remove(0);
        assert_eq!((fallback.subject(), pdfs(&fallback).len()), ("Order SO-1042", 1));
        stage.adds_up().await;
    }
}

story! {
    async fn a_customer_gets_the_letter_of_a_template_and_hears_nothing_of_its_faults(on: On) {
        let stage = Stage::new(on).await;
        let (words, loops) = (stage.template("email", "Order", GOOD).await, stage.template("pdf", "Loop", LOOP).await);
        let mail = OutsideLetter { letter: letter(words), prints: vec![print(loops)], ..reply("42") };
        let chosen = stage.writes(mail.clone()).await;
        let said_first = said(&stage.delivery(&chosen).await).to_owned();
        assert!(said_first.contains("The PDF Order SO-1042.pdf could not be made: The PDF template was stopped"), "{said_first}");
        let first = stage.mail.all().remove(0);
        assert_eq!((first.subject(), first.header("Auto-Submitted")), ("Order SO-1042", "auto-replied"));
        assert!(first.text().contains("The file Order SO-1042.pdf is missing: it could not be made."), "{}", first.text());
        assert!(!first.html().contains("template") && !first.html().contains("unsubscribe"), "{}", first.html());

        stage.becomes(words, None).await;
        let chosen = stage.writes(OutsideLetter { prints: Vec::new(), ..mail }).await;
        assert!(said(&stage.delivery(&chosen).await).contains("This e-mail is not in the words of its template"));
        let second = stage.mail.all().remove(1);
        assert_eq!(second.subject(), "We have your ticket 42");
        assert!(second.text().contains("Somebody will look at it.") && !second.text().contains("template"));
        stage.adds_up().await;
    }
}
