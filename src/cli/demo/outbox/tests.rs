//! Mail and webhooks as clients hand them in, well-behaved ones and others.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tower::ServiceExt;

use super::*;
use crate::clock::Instant;

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn outbox() -> Outbox {
    let clock = Clock::by_hand(Instant::parse("2026-11-22T10:00:00Z").unwrap());
    let name_of: NameOf = |id| (id == 1).then_some("Ada Admin");
    Outbox { kept: Arc::default(), clock, name_of, hooks: "http://127.0.0.1:4000".into() }
}

fn shown(outbox: &Outbox) -> Value {
    serde_json::to_value(outbox.after(0).1).unwrap()
}

/// Says all of `said` to the mail server at once and hears its answers to the end.
async fn mail(outbox: &Outbox, said: impl AsRef<[u8]>) -> String {
    let (client, server) = tokio::io::duplex(64 * 1024);
    let (from, to) = tokio::io::split(server);
    let (mut hearing, mut speaking) = tokio::io::split(client);
    let said = said.as_ref().to_vec();
    let outbox = outbox.clone();
    let serving = tokio::spawn(async move { smtp::converse(BufReader::new(from), to, &outbox).await });
    let speaking = tokio::spawn(async move {
        let _gone = speaking.write_all(&said).await;
        speaking.shutdown().await
    });
    let mut answers = String::new();
    hearing.read_to_string(&mut answers).await.unwrap();
    serving.await.unwrap().unwrap();
    let _gone = speaking.await.unwrap();
    answers
}

/// The first three figures of each answer.
fn codes(answers: &str) -> Vec<&str> {
    let last = answers.lines().filter(|line| line.as_bytes().get(3) == Some(&b' '));
    last.map(|line| &line[..3]).collect()
}

const MESSAGE: &str = "From: \"Harbour CRM\" <crm@example.com>\r\nTo: =?utf-8?q?Ren=C3=A9?= <ada@example.com>\r\n\
    Cc: ben@example.com\r\nSubject: =?utf-8?b?w5xiZXJnYWJl?=\r\n  of ticket #42\r\nList-Unsubscribe: <http://127.0.0.1/u/1>\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\
    Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n..dots.\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
    <html><head></head><p>Grüße</p></html>\r\n--b--\r\n--a\r\nContent-Type: text/csv; name=\"list.csv\"\r\n\
    Content-Disposition: attachment; filename=\"list.csv\"\r\n\r\na,b\r\n--a--\r\n";

#[tokio::test]
async fn a_mail_is_kept_and_taken_apart() {
    let outbox = outbox();
    let session = format!(
        "EHLO crm\r\nmail from:<crm@example.com> SIZE=900 BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<ada@example.com>\r\n\
         RCPT TO: <ben@example.com>\r\nDATA\r\n{MESSAGE}.\r\nNOOP\r\nQUIT\r\n"
    );
    let answers = mail(&outbox, session).await;
    assert_eq!(codes(&answers), ["220", "250", "250", "250", "250", "354", "250", "250", "221"], "{answers}");
    let shown = shown(&outbox);
    let item = &shown[0];
    assert_eq!(
        (item["channel"].as_str(), item["to"].as_str()),
        (Some("email"), Some("ada@example.com, ben@example.com"))
    );
    assert_eq!(item["subject"], "Übergabe of ticket #42");
    assert_eq!(item["at"], "2026-11-22T10:00:00Z");
    assert_eq!(item["text"], "Grüße\r\n.dots.");
    assert_eq!(item["html"].as_str().unwrap().trim(), "<html><head></head><p>Grüße</p></html>");
    assert_eq!(item["attachments"], json!(["list.csv"]));
    let headers = item["headers"].as_array().unwrap();
    for header in [
        json!(["From", "\"Harbour CRM\" <crm@example.com>"]),
        json!(["To", "René <ada@example.com>"]),
        json!(["Cc", "ben@example.com"]),
        json!(["List-Unsubscribe", "<http://127.0.0.1/u/1>"]),
        json!(["Content-Type", "multipart/mixed; boundary=a"]),
    ] {
        assert!(headers.contains(&header), "{header} {headers:?}");
    }
    assert_eq!(item.get("source"), None);
}

#[tokio::test]
async fn the_mail_server_keeps_order() {
    for (said, expected) in [
        ("DATA\r\n", &["220", "503"][..]),
        ("RCPT TO:<a@example.com>\r\n", &["220", "503"]),
        ("MAIL FROM:<>\r\nDATA\r\n", &["220", "250", "503"]),
        (
            "MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nRSET\r\nMAIL FROM:<a@b>\r\n",
            &["220", "250", "503", "250", "250"],
        ),
        ("MAIL FROM:<a@b>\r\nEHLO x\r\nRCPT TO:<a@b>\r\n", &["220", "250", "250", "503"]),
        ("MAIL FROM:a@b\r\nMAIL\r\nMAIL TO:<a@b>\r\n", &["220", "501", "501", "501"]),
        ("MAIL FROM:<a@b>\r\nRCPT TO:<>\r\n", &["220", "250", "501"]),
        ("MAIL FROM:<a@b> SIZE=1048577\r\nMAIL FROM:<a@b> SIZE=x\r\n", &["220", "552", "552"]),
        (
            "STARTTLS\r\nAUTH PLAIN x\r\n\r\nÄ\r\nVRFY x\r\nHELO x\r\n",
            &["220", "502", "502", "502", "502", "252", "250"],
        ),
        ("NOOP", &["220", "500"]),
    ] {
        let answers = mail(&outbox(), said).await;
        assert_eq!(codes(&answers), expected, "{said}: {answers}");
    }
    let answers = mail(&outbox(), format!("{}\r\nNOOP\r\n", "x".repeat(5_000))).await;
    assert_eq!(codes(&answers), ["220", "500"]);
    let many = format!("MAIL FROM:<a@b>\r\n{}", "RCPT TO:<a@b>\r\n".repeat(101));
    assert!(codes(&mail(&outbox(), many).await).ends_with(&["250", "452"]));
}

const HEAD: &str = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";

#[tokio::test]
async fn only_a_dot_alone_ends_a_message() {
    let line = "y".repeat(2_047);
    for (body, kept) in [
        ("Subject: x\r\n\r\na\n.\nb\r\n".to_owned(), "a\n.\nb"),
        ("Subject: x\r\n\r\na\n.\r\nb\r\n".to_owned(), "a\n.\r\nb"),
        ("Subject: x\r\n\r\n...\r\n..\r\n. x\r\n".to_owned(), "..\r\n.\r\n x"),
        // Its end falls apart where a piece of the line ends.
        (format!("Subject: x\r\n\r\n{line}\r\n.."), ""),
        (format!("Subject: x\r\n\r\n{line}.\r\n"), ""),
    ] {
        let outbox = outbox();
        let end = if body.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" };
        let answers = mail(&outbox, format!("{HEAD}{body}{end}QUIT\r\n")).await;
        assert!(codes(&answers).ends_with(&["354", "250", "221"]), "{answers}");
        let items = outbox.after(0).1;
        assert_eq!(items.len(), 1);
        if !kept.is_empty() {
            let source = String::from_utf8(items[0].source.clone()).unwrap();
            assert_eq!(source, format!("Subject: x\r\n\r\n{kept}\r\n"));
        }
    }
}

#[tokio::test]
async fn a_message_that_is_cut_off_or_too_large_is_not_kept() {
    let outbox = outbox();
    mail(&outbox, format!("{HEAD}Subject: x\r\n\r\nhalf a mess")).await;
    let large = "x".repeat(78) + "\r\n";
    let answers = mail(&outbox, format!("{HEAD}{}.\r\nNOOP\r\n", large.repeat(14_000))).await;
    assert!(codes(&answers).ends_with(&["354", "552", "250"]), "{answers}");
    assert_eq!(outbox.after(0).0, 0);
    // Whatever bytes come, something can be shown.
    let answers = mail(&outbox, [HEAD.as_bytes(), b"\xff\xfe\r\n\r\n\x00\r\n.\r\nQUIT\r\n"].concat()).await;
    assert!(codes(&answers).ends_with(&["250", "221"]), "{answers}");
    assert_eq!(outbox.after(0).0, 1);
}

fn ends(outbox: &Outbox) -> Router {
    let secrets: Secrets = Arc::new(|user_id| {
        Box::pin(async move { if user_id == 1 { vec![SECRET.to_owned()] } else { Vec::new() } })
    });
    http::ends(http::Ends { outbox: outbox.clone(), secrets })
}

async fn ask(
    routes: Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> (u16, String, axum::http::HeaderMap) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = routes.oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (parts.status.as_u16(), text, parts.headers)
}

async fn post(outbox: &Outbox, path: &str, body: &str) -> (u16, String) {
    let (status, text, _) = ask(ends(outbox), "POST", path, &[], body.to_owned()).await;
    (status, text)
}

const CARD: &str = r#"{"type":"AdaptiveCard","version":"1.3","body":[{"type":"Container","items":[{"type":"TextBlock","text":"Ticket #42"}]}]}"#;

#[tokio::test]
async fn each_end_answers_as_the_service_that_it_stands_for() {
    let outbox = outbox();
    let teams = outbox.address("teams", 1).unwrap().replace("http://127.0.0.1:4000", "");
    let wrapped = format!(r#"{{"type":"message","attachments":[{{"content":{CARD}}}]}}"#);
    assert_eq!(post(&outbox, &teams, &wrapped).await, (202, String::new()));
    assert_eq!(post(&outbox, &teams, CARD).await.0, 202);
    let company = format!(r#"{{"recipient":"eve@example.com","attachments":[{{"content":{CARD}}}]}}"#);
    assert_eq!(post(&outbox, &teams, &company).await.0, 202);
    assert_eq!(post(&outbox, "/workflows/1/triggers/manual/paths/invoke", &wrapped).await.0, 401);
    assert_eq!(post(&outbox, &teams, "{").await.0, 400);
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(29_000));
    assert_eq!(post(&outbox, &teams, &large).await.0, 413);

    let ok = (200, r#"{"status":"OK"}"#.to_owned());
    let activity = format!(r#"{{"activity":"CRM","attachments":[{CARD}]}}"#);
    assert_eq!(post(&outbox, "/webhook/v2/2", &activity).await, ok);
    assert_eq!(post(&outbox, "/webhook/2", r#"{"text":"Hello"}"#).await, ok);
    for wrong in ["{", "{}", "[]", "7", &wrapped] {
        let (status, text) = post(&outbox, "/webhook/v2/2", wrong).await;
        assert!(status == 200 && text.contains("a post was not generated"), "{wrong}: {text}");
    }

    assert_eq!(post(&outbox, "/services/T0/1/x", r#"{"text":"Hello"}"#).await, (200, "ok".to_owned()));
    assert_eq!(post(&outbox, "/services/T0/1/x", "{}").await, (400, "no_text".to_owned()));
    assert_eq!(post(&outbox, "/v1/spaces/1/messages", r#"{"text":"Hello"}"#).await.0, 200);
    assert_eq!(post(&outbox, "/v1/spaces/1/messages", "").await.0, 400);
    assert_eq!(post(&outbox, "/hook/3", "no JSON").await, (204, String::new()));
    assert_eq!(post(&outbox, "/elsewhere", "{}").await.0, 404);
    assert_eq!(post(&outbox, "/hook/3", &"x".repeat(MOST_BYTES + 1)).await.0, 413);

    let shown = shown(&outbox);
    let seen: Vec<(&str, &str, &str)> = shown
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|item| {
            let field = |name: &str| item[name].as_str().unwrap();
            (field("channel"), field("to"), field("subject"))
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("teams", "Ada Admin", "Ticket #42"),
            ("teams", "Ada Admin", "Ticket #42"),
            ("teams", "eve@example.com", "Ticket #42"),
            ("ringcentral", "2", "Ticket #42"),
            ("ringcentral", "2", "Hello"),
            ("slack", "Ada Admin", "Hello"),
            ("google_chat", "Ada Admin", "Hello"),
            ("webhook", "3", ""),
        ]
    );
    assert_eq!(shown[0]["text"], "no JSON");
}

#[tokio::test]
async fn a_webhook_shows_whether_its_signature_is_good() {
    let outbox = outbox();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &(0..32).collect::<Vec<u8>>());
    let body = r#"{"type":"ticket.assigned","data":{"title":"Ticket #42","number":9007199254740993}}"#;
    let at = outbox.clock.now().seconds().to_string();
    let tag = aws_lc_rs::hmac::sign(&key, format!("d1.{at}.{body}").as_bytes());
    use base64::Engine;
    let signature = format!("v1,{}", base64::engine::general_purpose::STANDARD.encode(tag));
    for (path, text) in [("/hook/1", body), ("/hook/1", "{}"), ("/hook/2", body), ("/hook/x", body)] {
        let headers = [
            ("webhook-id", "d1"),
            ("webhook-timestamp", at.as_str()),
            ("webhook-signature", signature.as_str()),
        ];
        assert_eq!(ask(ends(&outbox), "POST", path, &headers, text).await.0, 204);
    }
    let items = outbox.after(0).1;
    let judged: Vec<_> = items.iter().rev().map(|item| item.signature_ok).collect();
    assert_eq!(judged, [Some(true), Some(false), Some(false), Some(false)]);
    let first = items.last().unwrap();
    assert_eq!((first.subject.as_str(), first.body.as_ref().unwrap().get()), ("Ticket #42", body));
    assert!(first.headers.contains(&("webhook-id".to_owned(), "d1".to_owned())));
}

#[tokio::test]
async fn the_page_is_given_what_is_new() {
    let outbox = outbox();
    let routes = || outbox.routes();
    let list = async |query: &str| {
        let (status, text, _) = ask(routes(), "GET", &format!("/demo/outbox/items{query}"), &[], "").await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let empty = list("").await;
    assert_eq!((&empty["items"], &empty["count"]), (&json!([]), &json!(0)));
    assert!(
        empty["addresses"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one == &json!({"channel": "webhook", "url": "http://127.0.0.1:4000/hook/1"}))
    );
    post(&outbox, "/hook/1", r#"{"type":"one"}"#).await;
    post(&outbox, "/hook/1", r#"{"type":"two"}"#).await;
    let all = list("").await;
    assert_eq!((&all["items"][0]["subject"], &all["items"][1]["subject"]), (&json!("two"), &json!("one")));
    let newer = list(&format!("?after={}", all["items"][1]["id"])).await;
    assert_eq!((newer["items"].as_array().unwrap().len(), &newer["count"]), (1, &json!(2)));
    assert_eq!(ask(routes(), "GET", "/demo/outbox/items?after=x", &[], "").await.0, 400);
    assert_eq!(ask(routes(), "DELETE", "/demo/outbox/items", &[], "").await.0, 204);
    assert_eq!(list("").await["count"], 0);
}

#[tokio::test]
async fn a_mail_is_shown_in_a_box_of_its_own() {
    let outbox = outbox();
    mail(&outbox, format!("{HEAD}{MESSAGE}.\r\nQUIT\r\n")).await;
    post(&outbox, "/hook/1", "{}").await;
    let items = outbox.after(0).1;
    let (status, html, headers) =
        ask(outbox.routes(), "GET", &format!("/demo/outbox/mail/{}", items[1].id), &[], "").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(status == 200 && html.contains("<head><base target=\"_blank\"></head><p>Grüße</p>"), "{html}");
    assert!(policy.starts_with("sandbox ") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"), "{policy}");
    let (status, source, headers) =
        ask(outbox.routes(), "GET", &format!("/demo/outbox/mail/{}/source", items[1].id), &[], "").await;
    assert_eq!((status, source), (200, MESSAGE.replace("\r\n..", "\r\n.")));
    assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
    for id in [items[0].id, 7] {
        assert_eq!(ask(outbox.routes(), "GET", &format!("/demo/outbox/mail/{id}"), &[], "").await.0, 404);
    }
}

#[test]
fn the_oldest_go_where_there_are_too_many() {
    let outbox = outbox();
    for number in 0..MOST_ITEMS + 50 {
        outbox.put(Item::new("email", "", number.to_string()));
    }
    let (count, items) = outbox.after(0);
    assert_eq!(
        (count, items[0].subject.as_str(), items[count - 1].subject.as_str()),
        (MOST_ITEMS, "249", "50")
    );
    assert!(items.windows(2).all(|pair| pair[0].id > pair[1].id));
    for _ in 0..100 {
        let mut item = Item::new("email", "", "large");
        item.source = vec![0; MOST_BYTES];
        outbox.put(item);
    }
    assert_eq!(outbox.after(0).0, MOST_BYTES_IN_ALL / MOST_BYTES);
    outbox.clear();
    assert_eq!((outbox.after(0).0, outbox.lock().bytes), (0, 0));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test is the client of what it has just opened")]
async fn both_sinks_listen_at_ports_of_their_own() {
    let sinks = Sinks::take(Clock::Real, |_| None).unwrap();
    let (mail, outbox) = (sinks.mail_address().unwrap(), sinks.outbox());
    sinks.open(Arc::new(|_| Box::pin(async { Vec::new() }))).unwrap();
    let mut stream = tokio::net::TcpStream::connect(mail).await.unwrap();
    stream.write_all(format!("{HEAD}{MESSAGE}.\r\nQUIT\r\n").as_bytes()).await.unwrap();
    let mut answers = String::new();
    tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answers)).await.unwrap().unwrap();
    assert!(answers.contains("221 "), "{answers}");
    let hooks = outbox.address("webhook", 1).unwrap();
    let (host, path) = hooks.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    let channels: Vec<_> = outbox.after(0).1.iter().map(|item| item.channel).collect();
    assert_eq!(channels, ["webhook", "email"]);
}
