//! Each kind of address is sent what it understands, with what its receiver needs to answer for it.

use belfry::delivery::Sending::{Automated, Manual};
use serde_json::{Value, json};

use super::stage::{Stage, address, hook, notice, ringcentral, teams, typed};
use crate::peers::Answer;
use crate::world::Reply;

/// Every text in a JSON value.
fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(values) => values.iter().map(texts).collect(),
        Value::Object(members) => members.values().map(texts).collect(),
        _ => String::new(),
    }
}

story! {
    async fn each_kind_of_address_is_sent_what_it_understands(on: On) {
        let stage = Stage::new(on).await;
        let paths = [teams("a"), ringcentral("b"), hook("slack"), hook("chat"), hook("plain"), hook("flow")];
        let kinds = [None, None, Some("slack"), Some("google_chat"), None, Some("teams")];
        let channels = ["teams", "ringcentral", "slack", "google_chat", "webhook", "teams"];
        stage.net.answers(&hook("slack"), [Answer::body(200, "ok")]);
        stage.net.answers(&hook("chat"), [Answer::body(200, r#"{"name": "spaces/x/messages/y"}"#)]);
        for (id, ((path, kind), channel)) in (1..).zip(paths.iter().zip(kinds).zip(channels)) {
            stage.user(id, json!({"receive_by": "webhook", "webhook_url": stage.net.url(path), "webhook_kind": kind})).await;
            let told = stage.automated(id, "Order 4711 *was* <shipped>").await;
            assert_eq!(stage.outcome(told).await.last().unwrap(), &format!("{channel} sent"));
        }
        let bodies: Vec<Value> = paths.iter().map(|path| stage.net.got(path)[0].json()).collect();
        for (body, path) in bodies.iter().zip(&paths) {
            assert!(texts(body).contains("4711"), "{path}: {body}");
            assert!(texts(body).contains("/contacts/7"), "a link: {path}: {body}");
            let got = &stage.net.got(path)[0];
            assert_eq!((got.method.as_str(), got.header("content-type")), ("POST", "application/json"));
            assert!(got.body.len() <= 18_000);
        }
        for wrapped in [&bodies[0], &bodies[5]] {
            assert_eq!(wrapped["type"], "message");
            let attachment = &wrapped["attachments"][0];
            assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
            assert_eq!((&attachment["content"]["type"], &attachment["content"]["version"]), (&json!("AdaptiveCard"), &json!("1.3")));
        }
        assert_eq!(bodies[1]["attachments"][0]["type"], "AdaptiveCard");
        assert!(bodies[2]["text"].is_string() && bodies[4]["data"]["title"] == "Order 4711 *was* <shipped>");
    }
}

story! {
    async fn a_plain_webhook_is_signed_by_its_owners_secrets(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook("a"))})).await;
        let ann = stage.sign_in(1).await;
        let secret = async || {
            let shown = ann.ask("GET", "/crm/user/me", None).await.expect(200);
            shown["user"]["webhook_secret"].as_str().unwrap().to_owned()
        };
        // By the receiver's own library: the same bytes, id and time make the same signature.
        let signed = |number: usize, secret: &str| {
            let got = stage.net.got(&hook("a"))[number].clone();
            let time = got.header("webhook-timestamp").parse().unwrap();
            let by = standardwebhooks::Webhook::new(secret).unwrap();
            let own = by.sign(got.header("webhook-id"), time, got.body.as_bytes()).unwrap();
            let other = by.sign(got.header("webhook-id"), time, format!("{} ", got.body).as_bytes()).unwrap();
            let signatures: Vec<&str> = got.header("webhook-signature").split(' ').collect();
            assert!(!signatures.contains(&&*other));
            (signatures.len(), signatures.contains(&&*own))
        };
        let first = secret().await;
        stage.automated(1, "One").await;
        assert_eq!(signed(0, &first), (1, true));
        assert_eq!(stage.net.got(&hook("a"))[0].header("webhook-timestamp"), stage.now().seconds().to_string());
        let rotated = ann.ask("POST", "/crm/user/me/webhook-secret", Some(json!({}))).await.expect(200);
        let second = rotated["webhook_secret"].as_str().unwrap().to_owned();
        assert_eq!(second, secret().await);
        stage.automated(1, "Two").await;
        assert_eq!((signed(1, &first), signed(1, &second)), ((2, true), (2, true)), "both for a day");
        stage.passes(86_400).await;
        stage.automated(1, "Three").await;
        assert_eq!((signed(2, &first), signed(2, &second)), ((1, false), (1, true)));
    }
}

story! {
    async fn one_flow_of_the_company_serves_whoever_has_no_address_of_their_own(on: On) {
        let stage = Stage::new(on).await;
        let flow = json!({"teams_flow_url": stage.net.url(&teams("company"))});
        stage.admin("PUT", "/crm/settings/delivery", Some(flow)).await.expect(200);
        stage.user(1, json!({"receive_by": "webhook"})).await;
        stage.user(2, json!({"receive_by": "both"})).await;
        stage.user(3, json!({"receive_by": "webhook", "webhook_url": stage.net.url(&hook("own"))})).await;
        let told = [stage.automated(1, "To one").await, stage.automated(2, "To two").await, stage.automated(3, "To three").await];
        assert_eq!(stage.outcome(told[0]).await, ["email suppressed choice", "teams sent"]);
        assert_eq!(stage.outcome(told[1]).await, ["email sent", "teams sent"]);
        assert_eq!(stage.outcome(told[2]).await, ["email suppressed choice", "webhook sent"]);
        let recipients: Vec<Value> = stage.net.got(&teams("company")).iter().map(crate::peers::Got::json).collect();
        assert_eq!(recipients.len(), 2);
        for (id, body) in (1..).zip(&recipients) {
            assert_eq!((&body["recipient"], &body["recipient_name"]), (&json!(address(id)), &json!(format!("User {id}"))));
            assert_eq!(body["type"], "message");
        }
        // The bare form, for flows that want it.
        stage.admin("PUT", "/crm/settings/delivery", Some(json!({"teams_card": "bare"}))).await.expect(200);
        stage.automated(1, "Bare").await;
        let bare = stage.net.got(&teams("company"))[2].json();
        assert_eq!((&bare["type"], &bare["recipient"]), (&json!("AdaptiveCard"), &json!(address(1))));
        // Without the flow: e-mail.
        stage.admin("PUT", "/crm/settings/delivery", Some(json!({"teams_flow_url": ""}))).await.expect(200);
        let last = stage.automated(1, "By e-mail").await;
        assert_eq!(stage.outcome(last).await, ["email sent", "webhook suppressed no_url"]);
        stage.adds_up().await;
    }
}

/// What a mail program does with the link in a header: one POST, signed in or not.
async fn post(stage: &Stage, header: &str) -> Reply {
    let url = header.trim_matches(['<', '>']);
    let path = &url[url.find("/crm/").unwrap()..];
    let form = stage.world.client.post(format!("{}{path}", stage.world.base));
    let form =
        form.header("Content-Type", "application/x-www-form-urlencoded").body("List-Unsubscribe=One-Click");
    let response = form.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap(), body: Value::Null }
}

story! {
    async fn one_post_to_the_link_of_an_e_mail_ends_e_mails_of_this_type_and_no_other(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({"receive_by": "both", "webhook_url": stage.net.url(&hook("a"))})).await;
        stage.user(2, json!({})).await;
        stage.automated(1, "One").await;
        let letter = stage.letters(1).remove(0);
        assert_eq!(letter.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        let link = letter.header("List-Unsubscribe").to_owned();
        // Looking at it changes nothing: mail programs look before people do.
        let path = link.trim_matches(['<', '>']);
        let path = &path[path.find("/crm/").unwrap()..];
        let page = stage.world.ask("GET", path, &[], None).await;
        assert_eq!((page.status, stage.shown(1).await["matrix"].clone()), (200, json!({})));
        assert_eq!(post(&stage, &link).await.status, 200);
        assert_eq!(stage.shown(1).await["matrix"], json!({"record_assigned": {"email": false}}));
        assert_eq!(post(&stage, &link).await.status, 200, "twice is once");
        let told = stage.automated(1, "Two").await;
        assert_eq!(stage.outcome(told).await, ["email suppressed narrowed", "webhook sent"]);
        let told = stage.hand_over(typed(Automated, "lead_converted", 1, "Three")).await;
        stage.settles().await;
        assert_eq!(stage.outcome(told).await, ["email sent", "webhook sent"]);
        let told = stage.automated(2, "Somebody else's").await;
        assert_eq!(stage.outcome(told).await, ["email sent"]);
        // What somebody sends by hand has no such link.
        stage.tell(Manual, 1, "By hand").await;
        let last = stage.letters(1).pop().unwrap();
        assert_eq!((last.subject(), last.header("List-Unsubscribe")), ("By hand", ""));
        assert_eq!(post(&stage, &format!("{link}x")).await.status, 404);
    }
}

story! {
    async fn an_e_mail_has_its_words_twice_its_files_and_its_copies(on: On) {
        let stage = Stage::new(on).await;
        stage.user(1, json!({})).await;
        let mut with = notice(Manual, 1, "Angebot für Müller & Söhne — 5 € <b>");
        with.mail = Some(belfry::delivery::Mail {
            cc: vec!["copy@example.com".to_owned()],
            attachments: vec![belfry::channel::Attachment {
                name: "quote.csv".to_owned(),
                content_type: "text/csv".to_owned(),
                content: "YTtiCjE7Mgo=".to_owned(),
            }],
            ..belfry::delivery::Mail::default()
        });
        let told = stage.hand_over(with).await;
        stage.settles().await;
        assert!(stage.outcome(told).await.contains(&"email sent".to_owned()));
        let letter = stage.letters(1).remove(0);
        assert_eq!(letter.recipients(), [&*address(1), "copy@example.com"]);
        assert_eq!(letter.header("Cc"), "copy@example.com");
        assert_eq!(letter.subject(), "Angebot für Müller & Söhne — 5 € <b>");
        assert!(letter.text().contains("What there is to say.") && letter.html().contains("What there is to say."));
        assert!(letter.html().contains("/contacts/7") && letter.text().contains("/contacts/7"));
        assert!(letter.html().contains("5 € &lt;b&gt;") && !letter.html().contains("5 € <b>"));
        assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
        assert!(letter.header("From").contains("crm@example.com"));
        assert_eq!(letter.0["attachments"], json!([{"name": "quote.csv", "content_type": "text/csv", "content": "a;b\n1;2\n"}]));
        assert_eq!(letter.0["defects"], json!([]));
    }
}
