//! What an e-mail says whose template cannot be used, and what goes to somebody who is no user.

use std::sync::Arc;

use mail_parser::MessageParser;
use serde_json::json;

use super::messages::header_names;
use super::server::{Does, Offer, Server};
use super::*;
use crate::channel::{Filled, Outside, Print};

fn deleted() -> Filled {
    Filled { wording: None, data: Arc::new(json!({})) }
}

fn mailing(parcel: &mut Parcel) -> &mut Mailing {
    let Address::Mail(mailing) = &mut parcel.address else { panic!("it goes by e-mail") };
    mailing
}

fn made_of_deleted_templates() -> Parcel {
    let mut parcel = parcel();
    mailing(&mut parcel).letter = Some(deleted());
    mailing(&mut parcel).prints = vec![Print { file_name: "Order 7.pdf".to_owned(), filled: deleted() }];
    parcel
}

async fn content_of(parcel: &Parcel) -> content::Content {
    let Address::Mail(mailing) = &parcel.address else { panic!("it goes by e-mail") };
    content::make(parcel, mailing, None).await.unwrap()
}

#[tokio::test]
async fn what_is_missing_stands_in_the_letter_and_at_the_try() {
    let server = Server::start(Offer::default()).await;
    let outcome = Email::new(Some(smtp(server.port))).carry(&made_of_deleted_templates()).await;
    let Outcome::Sent(answer) = outcome else { panic!("{outcome:?}") };
    let sentences = [
        "The PDF Order 7.pdf could not be made: its template was deleted; ask an administrator to look at the template.",
        "This e-mail is not in the words of its template: its template was deleted; ask an administrator to look at the \
         template.",
    ];
    assert_eq!(answer.summary, format!("The mail server took the message. {}", sentences.join(" ")));
    let written = content_of(&made_of_deleted_templates()).await.written;
    for sentence in sentences {
        assert!(written.text.contains(&format!("Twice.\n\n{}", sentences.join(" "))), "{}", written.text);
        assert!(written.html.contains(sentence), "{}", written.html);
    }
    assert_eq!(written.subject, "Hosting could not be set up");
}

#[tokio::test]
async fn what_is_missing_is_said_before_a_text_that_may_be_cut() {
    let mut parcel = made_of_deleted_templates();
    parcel.message.text = Some("ä".repeat(200_000));
    let written = content_of(&parcel).await.written;
    let place = |text: &str| text.find("The PDF Order 7.pdf").unwrap();
    assert!(place(&written.text) < 100 && written.html.len() <= crate::template::HTML_BYTES);
    assert!(written.html.contains("The PDF Order 7.pdf"));
}

#[tokio::test]
async fn what_carries_others_along_has_the_words_of_the_notification() {
    let mut parcel = made_of_deleted_templates();
    mailing(&mut parcel).prints.clear();
    parcel.message.unnamed = 1;
    let content = content_of(&parcel).await;
    assert_eq!(
        (content.written.subject.as_str(), content.missing.len()),
        ("Hosting could not be set up (+1)", 0)
    );
}

#[tokio::test]
async fn a_customer_gets_a_letter_that_no_program_answers_and_hears_nothing_of_templates() {
    let mut parcel = made_of_deleted_templates();
    parcel.message.centre = String::new();
    parcel.message.related_ticket_id = None;
    *mailing(&mut parcel) = Mailing {
        letter: Some(deleted()),
        prints: vec![Print { file_name: "Order 7.pdf".to_owned(), filled: deleted() }],
        outside: Some(Outside {
            reply_to: Some("support@example.com".to_owned()),
            thread: "tickets-4 2>\r\nX: y".to_owned(),
            comes_back: false,
        }),
        ..Mailing::default()
    };
    let content = content_of(&parcel).await;
    let Address::Mail(mailing) = &parcel.address else { panic!("it goes by e-mail") };
    let mail = message::build(&parcel, mailing, &content, &from()).unwrap();
    let expected = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Reply-To",
        "In-Reply-To",
        "References",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Precedence",
        "Belfry-Type",
        "MIME-Version",
        "Content-Type",
    ];
    assert_eq!(header_names(&mail.bytes), expected);
    let text = String::from_utf8(mail.bytes.clone()).unwrap();
    for line in [
        "Reply-To: support@example.com\r\n",
        "In-Reply-To: <tickets-4-2---X--y@example.com>\r\n",
        "Auto-Submitted: auto-replied\r\n",
        "Precedence: bulk\r\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let read = MessageParser::default().parse(&mail.bytes).unwrap();
    let body = read.body_text(0).unwrap();
    assert!(body.contains("The file Order 7.pdf is missing: it could not be made."), "{body}");
    assert!(!body.contains("template") && !body.contains("All notifications"), "{body}");
    // A reply-to that is none is none.
    let outside =
        Outside { reply_to: Some("a@b.example\r\nBcc: c@d.example".to_owned()), ..Outside::default() };
    let mailing = Mailing { outside: Some(outside), ..Mailing::default() };
    let mail = message::build(&parcel, &mailing, &content, &from()).unwrap();
    assert!(!header_names(&mail.bytes).iter().any(|name| name == "Reply-To" || name == "Bcc"));
}

#[tokio::test]
async fn what_a_program_wrote_to_a_customer_comes_back_to_nobody_unless_the_server_insists() {
    let letter = |comes_back: bool| {
        let mut parcel = parcel();
        let outside = Outside { comes_back, ..Outside::default() };
        *mailing(&mut parcel) = Mailing { outside: Some(outside), ..Mailing::default() };
        parcel
    };
    let (nobody, us) = ("1: MAIL FROM:<>", "1: MAIL FROM:<crm@example.com>");
    let no = |at: &'static str| vec![(0, at, Does::Says("550 who"))];
    for (comes_back, script, said, arrives) in [
        (false, vec![], vec![nobody], true),
        (true, vec![], vec![us], true),
        (false, no("MAIL FROM:<>"), vec![nobody, us], true),
        (false, vec![(0, "MAIL FROM:<>", Does::Says("450 later"))], vec![nobody], false),
    ] {
        let server = Server::start(Offer { script, ..Offer::default() }).await;
        let outcome = Email::new(Some(smtp(server.port))).carry(&letter(comes_back)).await;
        let heard: Vec<String> = server.heard().into_iter().filter(|line| line.contains("MAIL")).collect();
        assert_eq!(heard, said);
        assert_eq!(matches!(outcome, Outcome::Sent(_)), arrives, "{outcome:?}");
    }
    // Refused for another reason, it is refused once more as it was before.
    let server = Server::start(Offer { script: no("RCPT"), ..Offer::default() }).await;
    let outcome = Email::new(Some(smtp(server.port))).carry(&letter(false)).await;
    assert!(matches!(outcome, Outcome::Never { .. }), "{outcome:?}");
    assert_eq!((server.count("MAIL"), server.count("RSET")), (2, 2));
}

#[test]
fn a_printed_file_stands_beside_the_words_and_the_event() {
    let event = Attachment {
        name: "activity.ics".to_owned(),
        content_type: "text/calendar; method=PUBLISH; charset=utf-8".to_owned(),
        content: base64::Engine::encode(
            &base64::prelude::BASE64_STANDARD,
            "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        ),
    };
    let mailing = Mailing { attachments: vec![event], ..Mailing::default() };
    let print = |name: &str| content::Printed { name: name.to_owned(), bytes: b"%PDF-1.7 \x00\xff".to_vec() };
    let written = content::plain(&parcel(), &mailing, None);
    let prints = vec![print("Auftrag Größe.pdf"), print("a/b\r\nc.exe"), print(&"x".repeat(300))];
    let content = content::Content { written, prints, missing: Vec::new() };
    let mail = message::build(&parcel(), &mailing, &content, &from()).unwrap();
    let text = String::from_utf8(mail.bytes.clone()).unwrap();
    let order: Vec<usize> = [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/pdf",
    ]
    .iter()
    .map(|kind| text.find(&format!("Content-Type: {kind}")).unwrap())
    .collect();
    assert!(order.is_sorted(), "{order:?}\n{text}");
    let read = MessageParser::default().parse(&mail.bytes).unwrap();
    let files: Vec<_> = read.attachments().filter(|file| file.contents().starts_with(b"%PDF")).collect();
    let names: Vec<_> =
        files.iter().map(|file| mail_parser::MimeHeaders::attachment_name(*file).unwrap()).collect();
    assert_eq!(names, ["Auftrag Größe.pdf", "a_b  c.exe.pdf", &format!("{}.pdf", "x".repeat(96))]);
    assert!(files.iter().all(|file| file.contents() == b"%PDF-1.7 \x00\xff"));
}
