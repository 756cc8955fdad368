//! Plain webhooks by the Standard Webhooks specification 1.0.0: JSON, an id, a timestamp and a signature.
//!
//! `docs/webhooks.md` says the same to whoever receives them; its verifiers are run by `scripts/peers.sh`.

mod payload;
mod sign;

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::header::{HeaderName, HeaderValue};

use super::verdict::{Heard, ID, json, misaddressed, of_trouble};
use super::{Address, Answer, Channel, Outcome, Pace, Parcel, Recognised};
use crate::outbound::{Outbound, Target};

/// By which receivers know that a request is one of ours, and we that one of ours has come back to us.
const HOP: HeaderName = HeaderName::from_static("belfry-hop");

/// When this try was made, in seconds since 1970.
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");

/// A signature by each secret, with spaces between them.
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Takes notifications to whatever speaks HTTP.
pub struct Webhook {
    outbound: Outbound,
    per_second: u32,
}

impl Webhook {
    /// The channel. `per_second`: how many notifications one target is sent in a second; 0 = no limit.
    pub fn new(outbound: Outbound, per_second: u32) -> Self {
        Webhook { outbound, per_second }
    }
}

impl Channel for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    /// It takes what no other channel wants: see [`super::Channels::recognise`].
    fn recognise(&self, _: &Target) -> Recognised {
        Recognised::No
    }

    fn pace(&self) -> Pace {
        pace(self.per_second)
    }

    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Outcome> {
        async move {
            let Address::Url { url, secrets, .. } = &parcel.address else { return misaddressed() };
            let Some((headers, body)) = request(parcel, secrets) else { return unsigned() };
            match self.outbound.post(url, &headers, body).await {
                Ok(reply) => verdict(&Heard { reply: &reply, url, now: parcel.now }),
                Err(trouble) => of_trouble(trouble),
            }
        }
        .boxed()
    }
}

fn pace(per_second: u32) -> Pace {
    let every = Duration::from_secs(1).checked_div(per_second).unwrap_or_default();
    // Nothing is folded: programs want every one of them.
    Pace { burst: per_second.saturating_mul(2).max(1), every, per_hour: 0, at_once: 4, folds: false }
}

/// Headers and body of the request; `None` without a secret to sign by.
pub(super) fn request(
    parcel: &Parcel,
    secrets: &[String],
) -> Option<(Vec<(HeaderName, HeaderValue)>, Bytes)> {
    let body = payload::body(parcel);
    let timestamp = parcel.now.seconds();
    let signatures = sign::all(secrets, &parcel.delivery_id, timestamp, &body)?;
    let headers = vec![
        json(),
        (HOP, HeaderValue::from_static("1")),
        (ID, HeaderValue::from_str(&parcel.delivery_id).ok()?),
        (TIMESTAMP, timestamp.into()),
        (SIGNATURE, HeaderValue::from_str(&signatures).ok()?),
    ];
    Some((headers, body))
}

fn unsigned() -> Outcome {
    let summary = "This webhook has no secret to sign by: make a new one in the profile.".to_owned();
    Outcome::Never { answer: Answer { summary, ..Answer::default() }, gone: false }
}

fn verdict(heard: &Heard) -> Outcome {
    let headers = &heard.reply.headers;
    let says_disable = headers
        .get("webhook-delivery")
        .is_some_and(|value| value.to_str().is_ok_and(|text| text.trim().eq_ignore_ascii_case("disable")));
    if says_disable {
        return heard.gone("The receiver asked for no more: store its address again to go on.");
    }
    heard.by_status().unwrap_or_else(|| heard.sent("The receiver has it."))
}

#[cfg(test)]
pub(super) mod tests;
