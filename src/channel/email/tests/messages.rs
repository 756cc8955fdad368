//! What a message consists of, read back by a parser that is not the writer's.

use mail_parser::{MessageParser, MimeHeaders};

use super::*;
use crate::channel::email::message::Unfit;

const HEADERS: [&str; 17] = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Belfry-Notification",
    "Belfry-Type",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
    "",
];

/// The names of a message's headers in their order: read here by hand, so that no parser mends anything.
pub(super) fn header_names(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

pub(super) fn expected_headers() -> Vec<&'static str> {
    HEADERS[..16].to_vec()
}

#[test]
fn a_message_has_all_its_headers_and_both_forms() {
    let mail = build(&parcel(), &from()).unwrap();
    assert_eq!(header_names(&mail.bytes), expected_headers());
    let text = String::from_utf8(mail.bytes.clone()).unwrap();
    for line in [
        "From: \"CRM\" <crm@example.com>\r\n",
        "Cc: boss@example.com\r\n",
        "Subject: Hosting could not be set up\r\n",
        "Date: Sun, 11 Jan 2026 14:30:00 +0000\r\n",
        "Message-ID: <019a2b3c-0000-7000-8000-000000000001@example.com>\r\n",
        "In-Reply-To: <ticket-4711@example.com>\r\nReferences: <ticket-4711@example.com>\r\n",
        "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n",
        "Belfry-Notification: 42\r\nBelfry-Type: provision_failed\r\n",
        "List-Unsubscribe: <https://crm.example.com/crm/unsubscribe/abc>\r\n",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        "Content-Type: multipart/alternative;",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let read = MessageParser::default().parse(&mail.bytes).unwrap();
    let to = read.to().unwrap().first().unwrap();
    assert_eq!((to.name(), to.address()), (Some("Zoë Müller"), Some("zoe@example.com")));
    assert!(
        read.body_text(0)
            .unwrap()
            .starts_with("Hosting could not be set up\r\n\r\nThe server said no.\r\nTwice.")
    );
    assert!(read.body_html(0).unwrap().contains("Premium Hosting"));
    assert_eq!((read.text_body_count(), read.html_body_count(), read.attachment_count()), (1, 1, 0));
}

#[test]
fn what_does_not_apply_is_left_out() {
    let mut bare = parcel();
    bare.message.related_ticket_id = None;
    bare.address = Address::Mail(Mailing {
        cc: vec!["zoe@example.com".to_owned(), "nonsense".to_owned()],
        ..Mailing::default()
    });
    let mail = build(&bare, &from()).unwrap();
    let absent = ["Cc", "In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post"];
    let expected: Vec<&str> = expected_headers().into_iter().filter(|name| !absent.contains(name)).collect();
    assert_eq!(header_names(&mail.bytes), expected);
    assert!(mail.cc.is_empty(), "nobody gets a message twice");
}

#[test]
fn every_try_carries_the_same_message_id() {
    let again = Parcel { attempt: 5, now: Instant(1_768_999_999_000_000), ..parcel() };
    let id = |parcel: &Parcel| {
        let mail = build(parcel, &from()).unwrap();
        MessageParser::default().parse(&mail.bytes).unwrap().message_id().unwrap().to_owned()
    };
    assert_eq!(id(&parcel()), id(&again));
}

#[test]
fn files_come_along_whole() {
    let content: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &content);
    let attachment = |name: &str, content_type: &str| Attachment {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        content: encoded.clone(),
    };
    let attachments = vec![
        attachment("Auftrag Größe.pdf", "application/pdf"),
        attachment("../../etc/\"pass\r\nwd", "text/html\r\nX-Evil: 1"),
    ];
    let with_files =
        Parcel { address: Address::Mail(Mailing { attachments, ..Mailing::default() }), ..parcel() };
    let mail = build(&with_files, &from()).unwrap();
    assert!(!String::from_utf8(mail.bytes.clone()).unwrap().contains("X-Evil"));
    let read = MessageParser::default().parse(&mail.bytes).unwrap();
    let files: Vec<_> = read.attachments().collect();
    assert_eq!(files.len(), 2);
    let names: Vec<_> = files.iter().map(|file| file.attachment_name().unwrap()).collect();
    assert_eq!(names, ["Auftrag Größe.pdf", "_.._etc__pass  wd"]);
    assert_eq!(files[1].content_type().unwrap().ctype(), "application");
    assert!(files.iter().all(|file| file.contents() == content));
    assert!(read.body_text(0).is_some() && read.body_html(0).is_some());
}

#[test]
fn what_cannot_be_sent_is_refused() {
    for bad in [
        "",
        "zoe",
        "zoe@",
        "a@b\r\nRCPT TO:<c@d>",
        "<zoe@example.com>",
        "\"a\r\nb\"@example.com",
        "zoë@example.com",
    ] {
        let mut parcel = parcel();
        parcel.recipient.email = bad.to_owned();
        assert!(matches!(build(&parcel, &from()), Err(Unfit(_))), "{bad:?}");
    }
    let attachment = Attachment { name: String::new(), content_type: String::new(), content: "!".to_owned() };
    let address = Address::Mail(Mailing { attachments: vec![attachment], ..Mailing::default() });
    assert!(build(&Parcel { address, ..parcel() }, &from()).is_err());
}
