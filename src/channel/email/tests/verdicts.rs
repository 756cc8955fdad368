//! What every answer of a mail server is taken for.

use super::server::{Does, Offer, Script, Server};
use super::*;

async fn carried(offer: Offer, login: Option<SmtpLogin>) -> (Outcome, Server) {
    let server = Server::start(offer).await;
    let timeout = Duration::from_millis(700);
    let email = Email::new(Some(Smtp { login, timeout, ..smtp(server.port) }));
    (email.carry(&parcel()).await, server)
}

async fn by_script(script: Script) -> (Outcome, Server) {
    let login = script.iter().any(|(_, at, _)| *at == "AUTH").then(login).flatten();
    carried(Offer { auth: login.is_some(), script, ..Offer::default() }, login).await
}

#[tokio::test]
async fn a_message_that_is_taken_is_sent() {
    let (outcome, server) = by_script(vec![]).await;
    let Outcome::Sent(answer) = outcome else { panic!("{outcome:?}") };
    assert_eq!((answer.status, answer.detail.as_deref()), (Some(250), Some("queued as 7")));
    let heard = server.heard();
    let envelope: Vec<&String> =
        heard.iter().filter(|line| line.contains(": ") && !line.contains('>')).collect();
    assert!(envelope[0].starts_with("1: EHLO"), "{envelope:?}");
    assert!(heard.contains(&"1: MAIL FROM:<crm@example.com>".to_owned()), "{heard:?}");
    let to = ["1: RCPT TO:<zoe@example.com>".to_owned(), "1: RCPT TO:<boss@example.com>".to_owned()];
    assert!(to.iter().all(|line| heard.contains(line)) && server.count("RCPT") == 2, "{heard:?}");
}

#[tokio::test]
async fn a_no_is_final_only_where_it_is_about_this_message() {
    let later = |code: u16| (false, code);
    let never = |code: u16| (true, code);
    let cases = [
        ("GREETING", "421 too many", later(421), "try again later"),
        ("GREETING", "554 go away", later(554), "refused the connection"),
        ("EHLO", "550 who", later(550), "refused the connection"),
        ("AUTH", "535 5.7.8 wrong hunter2secret", later(535), "smtp.password"),
        ("AUTH", "454 busy", later(454), "try again later"),
        ("MAIL", "530 authenticate first", later(530), "smtp.username"),
        ("MAIL", "550 not you", later(550), "smtp.from"),
        ("MAIL", "451 busy", later(451), "try again later"),
        ("RCPT", "450 greylisted", later(450), "try again later"),
        ("RCPT", "451 busy", later(451), "try again later"),
        ("RCPT", "452 full", later(452), "try again later"),
        ("RCPT", "550 no such user", never(550), "refused the address: 550."),
        ("RCPT", "551 moved", never(551), "refused the address: 551."),
        ("RCPT", "553 syntax", never(553), "refused the address: 553."),
        ("RCPT", "530 authenticate first", later(530), "smtp.username"),
        ("DATA", "554 no", never(554), "refused the message: 554."),
        ("END", "552 too large", never(552), "refused the message: 552."),
        ("END", "554 spam", never(554), "refused the message: 554."),
        ("END", "421 closing", later(421), "try again later"),
    ];
    for (point, says, (is_final, status), sentence) in cases {
        let (outcome, _) = by_script(vec![(0, point, Does::Says(says))]).await;
        let expected = match &outcome {
            Outcome::Never { gone: false, .. } => is_final,
            Outcome::Later { after: None, patient: true, .. } => !is_final,
            _ => false,
        };
        let answer = outcome.answer();
        assert!(expected && answer.status == Some(status), "{point} {says}: {outcome:?}");
        assert!(answer.summary.contains(sentence) && answer.summary.ends_with('.'), "{says}: {answer:?}");
        let words = says.split(' ').next_back().unwrap();
        if words != "hunter2secret" {
            assert!(answer.detail.as_ref().unwrap().contains(words), "{says}: {answer:?}");
        }
        assert!(!format!("{outcome:?}").contains("hunter2secret"), "{outcome:?}");
        assert!(!answer.summary.contains(&says[4..]), "nothing of the server's words: {answer:?}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_or_hangs_is_tried_again_later() {
    for point in ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "END"] {
        for does in [Does::Closes, Does::Hangs] {
            let (outcome, server) = by_script(vec![(0, point, does)]).await;
            let Outcome::Later { answer, patient: true, .. } = &outcome else {
                panic!("{point}: {outcome:?}")
            };
            assert_eq!(answer.status, None, "{point}");
            let is_unknown = answer.summary.contains("did not say whether it took the message");
            assert_eq!(is_unknown, point == "END", "{point} {does:?}: {answer:?}");
            assert!(server.count("DATA") <= 1, "what may have been taken is not handed over again at once");
        }
    }
}

#[tokio::test]
async fn an_answer_out_of_turn_is_no_success() {
    for (point, says) in
        [("END", "354 go on"), ("MAIL", "354 go on"), ("DATA", "250 ok"), ("END", "nonsense")]
    {
        let (outcome, _) = by_script(vec![(0, point, Does::Says(says))]).await;
        assert!(matches!(outcome, Outcome::Later { .. }), "{point} {says}: {outcome:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_tried_again_later() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let outcome = Email::new(Some(smtp(port))).carry(&parcel()).await;
    let Outcome::Later { answer, .. } = outcome else { panic!("{outcome:?}") };
    assert!(answer.summary.contains("cannot be reached"), "{answer:?}");
}

#[tokio::test]
async fn a_refused_copy_does_not_keep_the_message_from_its_recipient() {
    let script = vec![(0, "RCPT TO:<boss@example.com>", Does::Says("550 no such boss"))];
    let (outcome, server) = by_script(script).await;
    let Outcome::Sent(answer) = outcome else { panic!("{outcome:?}") };
    let detail = answer.detail.unwrap();
    assert_eq!(detail, "queued as 7; no copy to boss@example.com: no such boss");
    assert_eq!(server.count("DATA"), 1);
    let script = vec![(0, "RCPT TO:<zoe@example.com>", Does::Says("550 no such user"))];
    let (outcome, server) = by_script(script).await;
    assert!(matches!(outcome, Outcome::Never { .. }), "a copy alone is no message: {outcome:?}");
    assert_eq!(server.count("DATA"), 0);
}

#[tokio::test]
async fn connections_are_kept_and_a_dead_one_is_replaced_once() {
    let server = Server::start(Offer::default()).await;
    let email = Email::new(Some(smtp(server.port)));
    for _ in 0..3 {
        assert!(matches!(email.carry(&parcel()).await, Outcome::Sent(_)));
    }
    assert_eq!((server.count("EHLO"), server.count("MAIL")), (1, 3), "one connection for all three");

    let server = Server::start(Offer { messages: Some(1), ..Offer::default() }).await;
    let email = Email::new(Some(smtp(server.port)));
    for _ in 0..3 {
        let outcome = email.carry(&parcel()).await;
        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    }
    assert_eq!(server.count("EHLO"), 3, "the server ended each connection after a message");
}

#[tokio::test]
async fn what_may_have_been_taken_is_not_handed_over_again_at_once() {
    let server = Server::start(Offer { swallows: Some(1), ..Offer::default() }).await;
    let email = Email::new(Some(smtp(server.port)));
    assert!(matches!(email.carry(&parcel()).await, Outcome::Sent(_)));
    let outcome = email.carry(&parcel()).await;
    let Outcome::Later { answer, .. } = outcome else { panic!("{outcome:?}") };
    assert!(answer.summary.contains("did not say whether it took the message"), "{answer:?}");
    assert_eq!(server.count("DATA"), 2);
}

#[tokio::test]
async fn a_refusal_leaves_nothing_behind_on_the_connection() {
    let script = vec![(1, "END", Does::Says("451 not now"))];
    let server = Server::start(Offer { script, ..Offer::default() }).await;
    let email = Email::new(Some(smtp(server.port)));
    assert!(matches!(email.carry(&parcel()).await, Outcome::Later { .. }));
    assert!(matches!(email.carry(&parcel()).await, Outcome::Later { .. }));
    assert_eq!((server.count("RSET"), server.count("EHLO")), (2, 1));
}

#[tokio::test]
async fn a_send_that_was_cut_short_leaves_no_connection_behind() {
    let script = vec![(1, "END", Does::Hangs)];
    let server = Server::start(Offer { script, ..Offer::default() }).await;
    let timeout = Duration::from_millis(300);
    let email = Email::new(Some(Smtp { timeout, ..smtp(server.port) }));
    assert!(matches!(email.carry(&parcel()).await, Outcome::Later { .. }));
    let outcome = email.carry(&parcel()).await;
    assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    assert!(server.heard().iter().any(|line| line.starts_with("2: MAIL")), "by a connection of its own");
}

#[tokio::test]
async fn the_server_may_change_while_it_runs() {
    let email = Email::new(None);
    let outcome = email.carry(&parcel()).await;
    let Outcome::Never { answer, gone: false } = outcome else { panic!("{outcome:?}") };
    assert_eq!(answer.summary, "No mail server is configured: set smtp in crm_config.yaml.");
    assert_eq!(email.pace().at_once, 1);
    let server = Server::start(Offer::default()).await;
    email.clone().reload(Some(Smtp { connections: 7, ..smtp(server.port) }));
    assert!(matches!(email.carry(&parcel()).await, Outcome::Sent(_)));
    assert_eq!(email.pace().at_once, 7);
}
