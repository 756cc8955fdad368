//! Whatever a sender writes, wherever it may be written: one message, the headers that are ours, and the words.

use std::collections::BTreeSet;

use mail_parser::MessageParser;

use super::messages::{expected_headers, header_names};
use super::*;
use crate::template::one_line;

/// What ends a line for some program or other.
const ENDS: [&str; 13] = [
    "\r\n", "\n", "\r", "\n\r", "\r\r\n", "\0\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{c}",
    "%0d%0a", "\\r\\n",
];

/// What an attacker would like to stand on a line of its own.
const LINES: [&str; 9] = [
    "Bcc: evil@example.net",
    " Bcc: evil@example.net",
    "Subject: something else",
    "Content-Type: text/html\r\n\r\n<h1>evil</h1>",
    ".",
    ".\r\nMAIL FROM:<evil@example.net>",
    "\r\n.\r\nQUIT\r\n",
    "--=_both_019a2b3c-0000-7000-8000-000000000001--",
    "From evil@example.net Sun Jan 11 14:30:00 2026",
];

/// Tricks that need no line of their own.
const TRICKS: [&str; 26] = [
    "=?utf-8?q?=0D=0ABcc:_evil@example.net?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5uZXQ=?=",
    "=?utf-8?Q?a?= =?utf-8?Q?b?=",
    "=?iso-2022-jp?b?GyRCIUkbKEI=?=",
    "a=?utf-8?q?b?=c",
    "=?",
    "=?utf-8?q?",
    "=0D=0ABcc: evil@example.net",
    "=",
    "=3D",
    ".",
    "..",
    ".hidden",
    "\u{202e}evil\u{2066}x",
    "\u{feff}\u{200b}x",
    "x\" <evil@example.net>, \"y",
    "x, evil@example.net",
    "(comment) x",
    "x\\",
    "\u{0}",
    "\u{1b}[31mred",
    "tab\there",
    "trailing   ",
    "  two  spaces  ",
    "grüße 日本語 🔔 \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "\u{7f}\u{9f}",
];

fn payloads() -> Vec<String> {
    let mut all: Vec<String> = TRICKS.map(str::to_owned).to_vec();
    all.extend(ENDS.iter().flat_map(|end| LINES.iter().map(move |line| format!("x{end}{line}{end}y"))));
    all.extend(["x".repeat(1000), ".".repeat(1000), "ä".repeat(1000), "x ".repeat(500), "=?x".repeat(300)]);
    all
}

fn poisoned(payload: &str) -> Parcel {
    let mut evil = parcel();
    evil.delivery_id = payload.to_owned();
    evil.message.kind = payload.into();
    evil.message.title = payload.to_owned();
    evil.message.text = Some(payload.to_owned());
    evil.message.link = Some(format!("https://crm.example.com/{payload}"));
    evil.message.metadata = Some(serde_json::json!({ payload: payload, "list": [payload] }).to_string());
    evil.message.along =
        vec![Brief { notification_id: 1, title: payload.to_owned(), link: Some(payload.to_owned()) }];
    evil.recipient.name = payload.to_owned();
    evil.recipient.language = payload.to_owned();
    evil.recipient.time_zone = payload.to_owned();
    evil.address = Address::Mail(Mailing {
        cc: vec!["boss@example.com".to_owned(), payload.to_owned(), format!("boss@example.com {payload}")],
        unsubscribe: Some("https://crm.example.com/crm/unsubscribe/abc".to_owned()),
        ..Mailing::default()
    });
    evil
}

/// Fails unless a server, whatever it takes for the end of a line, sees one message.
#[track_caller]
fn is_one_message(bytes: &[u8], payload: &str) {
    let text = std::str::from_utf8(bytes).unwrap();
    for line in text.split("\r\n") {
        let is_fit = line.len() <= 998 && !line.contains(['\r', '\n', '\0']) && line.is_ascii();
        assert!(is_fit && !line.starts_with('.'), "{payload:?}: {line:?}");
    }
    assert_eq!(header_names(bytes), expected_headers(), "{payload:?}\n{text}");
}

#[test]
fn nothing_that_a_sender_writes_becomes_a_header_or_a_message() {
    let payloads = payloads();
    assert!(payloads.iter().collect::<BTreeSet<_>>().len() >= 100);
    for payload in &payloads {
        let mail = build(&poisoned(payload), &from()).unwrap();
        is_one_message(&mail.bytes, payload);
        assert_eq!(mail.to.to_string(), "zoe@example.com");
        assert_eq!(mail.cc.iter().map(ToString::to_string).collect::<Vec<_>>(), ["boss@example.com"]);

        let read = MessageParser::default().parse(&mail.bytes).unwrap();
        let title = match one_line(payload) {
            title if title.is_empty() => "Notification".to_owned(),
            title if title.chars().count() > 300 => {
                let cut: String = title.chars().take(300).collect();
                format!("{}…", cut.trim_end())
            }
            title => title,
        };
        assert_eq!(read.subject(), Some(format!("{title} (+1)").as_str()), "{payload:?}");
        let to = read.to().unwrap().as_list().unwrap();
        assert_eq!((to.len(), to[0].address()), (1, Some("zoe@example.com")), "{payload:?}");
        let name: String = one_line(payload).chars().take(100).collect();
        assert_eq!(to[0].name().unwrap_or_default(), name.trim(), "{payload:?}");
        assert_eq!((read.text_body_count(), read.html_body_count(), read.attachment_count()), (1, 1, 0));
        has_the_words(&read, payload, &title);
    }
}

/// Fails unless both bodies arrived as the templates wrote them.
#[track_caller]
fn has_the_words(read: &mail_parser::Message<'_>, payload: &str, title: &str) {
    let poisoned = poisoned(payload);
    let Address::Mail(mailing) = &poisoned.address else { panic!("it goes by e-mail") };
    let written = content::plain(&poisoned, mailing, None);
    let body = read.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(body, written.text, "{payload:?}");
    assert!(body.starts_with(&format!("{title}\n")), "{payload:?}\n{body}");
    assert_eq!(read.body_html(0).unwrap().replace("\r\n", "\n"), written.html, "{payload:?}");
}

#[test]
fn a_message_that_is_handed_over_says_the_same_at_every_place() {
    for payload in payloads() {
        // Each place alone, so that one that fails does not hide behind another.
        let all = poisoned(&payload);
        let mut alone = [parcel(), parcel(), parcel(), parcel()];
        alone[0].message.title = all.message.title;
        alone[1].recipient.name = all.recipient.name;
        alone[2].message.kind = all.message.kind;
        alone[3].delivery_id = all.delivery_id;
        for parcel in alone {
            is_one_message(&build(&parcel, &from()).unwrap().bytes, &payload);
        }
    }
}
