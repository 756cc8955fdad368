//! E-mails with an event, and with several links: read by programs that are not ours.

use belfry::channel::Attachment;
use belfry::clock::Instant;
use belfry::delivery::Mail;
use belfry::delivery::Sending::{Automated, Reminder};
use belfry::notification::{NewNotification, Notice};
use belfry::template::calendar::{Calendar, Method, Status, When};
use serde_json::{Value, json};

use super::stage::{Stage, hook, notice, ringcentral, teams};
use std::sync::Arc;

fn call(instant: &str, sequence: i64) -> Calendar {
    Calendar {
        method: Method::Publish,
        uid: "activity-7@crm.example.com".to_owned(),
        sequence,
        stamp: Instant::parse("2026-01-11T14:30:00Z").unwrap(),
        summary: "Call Müller & Söhne, about 5 €; 👨‍👩‍👧 \r\nATTENDEE:mailto:evil@example.net".to_owned(),
        description: "Long. ".repeat(100),
        url: Some("https://crm.example.com/activities/7".to_owned()),
        location: None,
        starts: When::At { at: Instant::parse(instant).unwrap(), zone: "Europe/London".to_owned() },
        ends: None,
        status: Status::Confirmed,
        rrule: None,
        organizer: None,
    }
}

story! {
    async fn an_event_comes_with_an_e_mail_moves_and_ends(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({})).await;
        let moved = call("2026-07-03T10:30:00Z", 1);
        let ended = Calendar { method: Method::Cancel, sequence: 2, ..moved.clone() };
        for event in [call("2026-03-03T10:00:00Z", 0), moved, ended] {
            let mail = Mail { attachments: vec![Attachment::calendar(&event)], ..Mail::default() };
            stage.hand_over(Notice { mail: Some(mail), ..notice(Reminder, 1, "Call Jane") }).await;
            stage.settles().await;
        }
        let letters = stage.letters(1);
        let expected = [
            ("PUBLISH", 0, "2026-03-03T10:00:00+00:00", "CONFIRMED"),
            ("PUBLISH", 1, "2026-07-03T11:30:00+01:00", "CONFIRMED"),
            ("CANCEL", 2, "2026-07-03T11:30:00+01:00", "CANCELLED"),
        ];
        for (letter, (method, sequence, starts, status)) in letters.iter().zip(expected) {
            assert_eq!(letter.0["defects"], json!([]));
            assert!(letter.text().contains("What there is to say.") && letter.html().contains("What there is to say."));
            let files = letter.0["attachments"].as_array().unwrap();
            assert_eq!((files.len(), &files[0]["name"]), (1, &json!("activity.ics")));
            // Beside the words, and as a file: the same.
            let events = letter.0["calendars"].as_array().unwrap();
            assert_eq!((events.len(), &events[0]["file"], &events[1]["file"]), (2, &Value::Null, &json!("activity.ics")));
            for event in events {
                let shown = ["method", "says", "charset", "sequence", "starts", "status"].map(|name| event[name].clone());
                assert_eq!(shown, [json!(method), json!(method), json!("utf-8"), json!(sequence), json!(starts), json!(status)]);
                assert_eq!((&event["errors"], &event["uid"]), (&json!([]), &json!("activity-7@crm.example.com")));
                assert_eq!(event["summary"], "Call Müller & Söhne, about 5 €; 👨‍👩‍👧   ATTENDEE:mailto:evil@example.net");
                assert_eq!(event["url"], "https://crm.example.com/activities/7");
            }
        }
        assert_eq!(letters.len(), 3);
    }
}

story! {
    async fn each_of_several_links_arrives_and_what_is_for_programs_is_shown_to_nobody(on: On) {
        let stage = Stage::with(on, |config| config.crm_url = Some("https://crm.example.com".to_owned())).await;
        let metadata = json!({
            "module": "leads", "record_id": "00Q7", "late_seconds": 4711, "starts_at": "2026-03-03T10:00:00Z", "when": "Tue 3 Mar",
            "links": [
                {"label": "Contact Jane Doe", "url": "https://crm.example.com/contacts/7"},
                {"label": "Opportunity 8", "url": "/opportunities/8"},
                {"label": "Nowhere", "url": "javascript:alert(1)"},
            ],
        });
        let plain = notice(Automated, 1, "Lead converted");
        let new = NewNotification {
            metadata: Some(metadata.to_string()),
            ..(*plain.new).clone()
        };
        let notice = |user_id| Notice::of(Arc::new(NewNotification { user_id, ..new.clone() }), Automated);
        for (id, path) in (1..).zip([teams("a"), ringcentral("a"), hook("a")]) {
            stage.user(id, json!({"receive_by": "both", "webhook_url": stage.net.url(&path)})).await;
            stage.hand_over(notice(id)).await;
        }
        stage.settles().await;
        let letter = stage.letters(1).remove(0);
        let list = "Links:\n- Contact Jane Doe\n  https://crm.example.com/contacts/7\n- Opportunity 8\n  https://crm.example.com/opportunities/8\n";
        assert!(letter.text().replace("\r\n", "\n").contains(list), "{}", letter.text());
        assert!(letter.html().contains("href=\"https://crm.example.com/opportunities/8\"") && letter.html().contains("Opportunity 8</a>"));
        let (card, post) = (stage.net.got(&teams("a"))[0].json(), stage.net.got(&ringcentral("a"))[0].json());
        for card in [&card["attachments"][0]["content"], &post["attachments"][0]] {
            let buttons: Vec<_> = card["actions"].as_array().unwrap().iter().map(|one| one["url"].as_str().unwrap()).collect();
            assert_eq!(buttons[1..3], ["https://crm.example.com/contacts/7", "https://crm.example.com/opportunities/8"]);
            assert_eq!(card["actions"][2]["title"], "Opportunity 8");
        }
        for shown in [letter.text(), letter.html(), &card.to_string(), &post.to_string()] {
            assert!(shown.contains("Tue 3 Mar") && !shown.contains("Nowhere"), "{shown}");
            assert!(!shown.contains("00Q7") && !shown.contains("4711") && !shown.contains("2026-03-03T"), "{shown}");
        }
        // A program gets all of it as it was sent.
        assert_eq!(stage.net.got(&hook("a"))[0].json()["data"]["metadata"], metadata);
    }
}
