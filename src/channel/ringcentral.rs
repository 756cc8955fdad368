//! RingCentral team messaging (Glip): a card in the attachment, and an answer whose body says whether it was posted.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::card::{self, Card, Dialect};
use super::verdict::{Heard, card_headers, misaddressed, of_trouble};
use super::{Address, Channel, Outcome, Pace, Parcel, Recognised};
use crate::outbound::{Outbound, Target};

/// The least time to stay away after a throttle: each request in it makes RingCentral begin to count anew.
const PENALTY: Duration = Duration::from_secs(30);

/// Takes cards to RingCentral.
pub struct RingCentral {
    outbound: Outbound,
}

impl RingCentral {
    /// The channel.
    pub fn new(outbound: Outbound) -> Self {
        RingCentral { outbound }
    }
}

impl Channel for RingCentral {
    fn name(&self) -> &'static str {
        "ringcentral"
    }

    fn recognise(&self, url: &Target) -> Recognised {
        recognise(url)
    }

    /// RingCentral publishes no number for webhooks; its heaviest calls may be made 10 times in a minute.
    fn pace(&self) -> Pace {
        Pace { burst: 3, every: Duration::from_secs(2), per_hour: 0, at_once: 1, folds: true }
    }

    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Outcome> {
        async move {
            let Address::Url { url, .. } = &parcel.address else { return misaddressed() };
            let url = &*second_version(url);
            match self.outbound.post(url, &card_headers(parcel), body(parcel)).await {
                Ok(reply) => verdict(&Heard { reply: &reply, url, now: parcel.now }),
                Err(trouble) => of_trouble(trouble),
            }
        }
        .boxed()
    }
}

fn recognise(url: &Target) -> Recognised {
    let is_webhook = url.path().starts_with("/webhook/");
    match url.host() {
        "hooks.ringcentral.com" | "hooks.glip.com" if is_webhook => Recognised::ByHost,
        _ if url.path().starts_with("/webhook/v2/") => Recognised::ByPath,
        _ => Recognised::No,
    }
}

/// The address of the second version, which takes cards: the app still gives out `/webhook/<id>`.
fn second_version(url: &Target) -> Cow<'_, Target> {
    let origin = url.origin();
    let first = url.as_str().strip_prefix(&origin).and_then(|rest| rest.strip_prefix("/webhook/"));
    match first.filter(|id| !id.starts_with("v2/")) {
        Some(id) => match Target::parse(&format!("{origin}/webhook/v2/{id}")) {
            Ok(second) => Cow::Owned(second),
            Err(_) => Cow::Borrowed(url),
        },
        None => Cow::Borrowed(url),
    }
}

#[derive(Serialize)]
struct Post {
    /// The line above the card. Markdown, so it holds nothing of anybody's.
    activity: &'static str,
    attachments: [Card; 1],
}

/// The body of the request.
pub(super) fn body(parcel: &Parcel) -> Bytes {
    card::body(parcel, Dialect::RingCentral, |card| Post { activity: "CRM", attachments: [card] })
}

fn verdict(heard: &Heard) -> Outcome {
    match heard.reply.status {
        200..=299 => inside(heard),
        404 => {
            heard.gone("RingCentral no longer knows the webhook (404): make a new one and store its address.")
        }
        429 => penalised(heard),
        status => heard
            .by_status()
            .unwrap_or_else(|| heard.not_yet(&format!("RingCentral answered with {status}."))),
    }
}

/// What is written in an answer whose status is a success.
fn inside(heard: &Heard) -> Outcome {
    let Some(object) = heard.object() else {
        return heard.not_yet("RingCentral did not say that it has posted the message.");
    };
    let member = |name: &str| object.get(name).filter(|value| !value.is_null());
    let text = |name: &str| member(name).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let said = [text("message"), text("error"), text("errorCode")].join("\n");
    let has_failed =
        member("error").is_some() || member("errorCode").is_some() || said.contains("not generated");
    if text("status") == "ok" && !has_failed {
        return heard.sent("RingCentral has posted it.");
    }
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["cmn-301", "request rate", "rate limit", "throttl", "too many"]) {
        penalised(heard)
    } else if says(&["webhook"]) && says(&["not found", "suspended", "deleted"]) {
        heard.gone("RingCentral no longer knows the webhook: make a new one and store its address.")
    } else if says(&["invalid", "payload", "malformed"]) || member("validation").is_some() {
        heard.never("RingCentral cannot read the message.")
    } else if has_failed || text("status") == "error" {
        heard.later("RingCentral took the message but did not post it: we try again later.")
    } else {
        heard.not_yet("RingCentral did not say that it has posted the message.")
    }
}

fn penalised(heard: &Heard) -> Outcome {
    match heard.later("RingCentral has been sent too much: we try again later.") {
        Outcome::Later { answer, after, patient } => {
            Outcome::Later { answer, after: Some(after.unwrap_or_default().max(PENALTY)), patient }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::samples::{NOW, catch_up, huge, parcel, reply, reply_with, target, told};

    const URL: &str = "https://hooks.ringcentral.com/webhook/v2/eyJvdCI6ImMiLCJvaSI6IjEyMyJ9";

    #[test]
    fn addresses_are_told_by_host_and_path() {
        for (url, expected) in [
            (URL, Recognised::ByHost),
            ("https://hooks.ringcentral.com/webhook/0a-1b-2c", Recognised::ByHost),
            ("https://hooks.glip.com/webhook/0a-1b-2c", Recognised::ByHost),
            ("https://HOOKS.Glip.com/webhook/v2/0a", Recognised::ByHost),
            ("https://relay.example.com/webhook/v2/0a", Recognised::ByPath),
            ("https://relay.example.com/webhook/0a", Recognised::No),
            ("https://hooks.ringcentral.com/other/0a", Recognised::No),
            ("https://hooks.ringcentral.com.evil.example/webhook/0a", Recognised::No),
            ("https://app.ringcentral.com/webhook/0a", Recognised::No),
        ] {
            assert_eq!(recognise(&target(url)), expected, "{url}");
        }
    }

    #[test]
    fn the_first_version_is_posted_to_as_the_second() {
        for (url, second) in [
            ("https://hooks.glip.com/webhook/0a-1b", "https://hooks.glip.com/webhook/v2/0a-1b"),
            ("https://hooks.glip.com/webhook/v2/0a-1b", "https://hooks.glip.com/webhook/v2/0a-1b"),
            (
                "https://hooks.glip.com/webhook/webhook/?a=/webhook/",
                "https://hooks.glip.com/webhook/v2/webhook/?a=/webhook/",
            ),
            ("https://relay.example.com:8443/rc", "https://relay.example.com:8443/rc"),
        ] {
            assert_eq!(second_version(&target(url)).as_str(), second);
        }
    }

    #[test]
    fn the_card_is_as_it_was_and_small() {
        let golden: Value = serde_json::from_str(include_str!("ringcentral.golden.json")).unwrap();
        let sent: Value = serde_json::from_slice(&body(&catch_up(URL))).unwrap();
        assert_eq!(sent, golden, "{sent:#}");
        for parcel in [parcel(URL), huge(URL)] {
            let body = body(&parcel);
            assert!(body.len() <= 18_000, "{}", body.len());
            let text = String::from_utf8(body.to_vec()).unwrap();
            assert!(!text.contains("msteams") && !text.contains("\"style\""), "{text}");
        }
    }

    /// Status, body, and what is made of them.
    const ANSWERS: &[(u16, &str, &str)] = &[
        (200, r#"{"status":"OK"}"#, "sent"),
        (200, r#"{"status":"ok","error":null}"#, "sent"),
        (201, r#"{"status":"OK"}"#, "sent"),
        (
            200,
            r#"{"status":"error","message":"Your request was accepted, however a post was not generated","error":"Invalid AdaptiveCard payload","validation":["x"]}"#,
            "never",
        ),
        (
            200,
            r#"{"status":"error","message":"Your request was accepted, however a post was not generated","error":"Internal error"}"#,
            "later",
        ),
        (
            200,
            r#"{"status":"error","message":"Your request was accepted, however a post was not generated"}"#,
            "later",
        ),
        (200, r#"{"message":"Your request was accepted, however a post was not generated"}"#, "later"),
        (
            200,
            r#"{"status":"OK","message":"Your request was accepted, however a post was not generated"}"#,
            "later",
        ),
        (200, r#"{"status":"error","message":"Webhook not found!"}"#, "gone"),
        (200, r#"{"status":"error","message":"Webhook is suspended"}"#, "gone"),
        (200, r#"{"errorCode":"CMN-301","message":"Request rate exceeded"}"#, "later 30"),
        (
            200,
            r#"{"status":"error","message":"Your request was accepted, however a post was not generated","error":"Rate limit exceeded"}"#,
            "later 30",
        ),
        (200, r#"{"status":"error"}"#, "later"),
        (200, r#"{"status":"queued"}"#, "not yet"),
        (200, "", "not yet"),
        (200, "OK", "not yet"),
        (200, "<html>Sign in</html>", "not yet"),
        (204, "", "not yet"),
        (400, "", "not yet"),
        (401, "", "not yet"),
        (404, "", "gone"),
        (410, "", "gone"),
        (413, "", "not yet"),
        (429, "", "later 30"),
        (500, "", "later"),
        (503, "", "later"),
        (302, "", "not yet"),
    ];

    #[test]
    fn answers_are_taken_for_what_they_are() {
        let url = target(URL);
        for (status, body, expected) in ANSWERS {
            let reply = reply(*status, body);
            let outcome = verdict(&Heard { reply: &reply, url: &url, now: NOW });
            assert_eq!(told(&outcome), *expected, "{status} {body}");
            assert!(outcome.answer().summary.ends_with('.'));
        }
    }

    #[test]
    fn a_throttle_is_never_shorter_than_its_penalty() {
        let url = target(URL);
        for (after, expected) in
            [("5", "later 30"), ("45", "later 45"), ("7200", "later 3600"), ("x", "later 30")]
        {
            let reply = reply_with(429, "retry-after", after, "");
            assert_eq!(told(&verdict(&Heard { reply: &reply, url: &url, now: NOW })), expected);
        }
    }
}
