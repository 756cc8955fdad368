//! Microsoft Teams, by workflows that post a card for whoever calls their address.
//!
//! The answer does not say by its status whether Teams took the card: failures have been seen inside a 200. See
//! [`verdict`].

mod verdict;

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::card::{self, Card, Dialect};
use super::verdict::{misaddressed, post};
use super::{Address, Channel, Outcome, Pace, Parcel, Recipient, Recognised};
use crate::outbound::{Outbound, Target};

/// Ends of the hosts of workflows: Microsoft's public cloud, and those of the US government and of China.
const HOSTS: &[&str] = &[
    ".environment.api.powerplatform.com",
    ".environment.api.gov.powerplatform.microsoft.us",
    ".environment.api.high.powerplatform.microsoft.us",
    ".environment.api.appsplatform.us",
    ".environment.api.powerplatform.partner.microsoftonline.cn",
    ".logic.azure.com",
    ".logic.azure.us",
    ".logic.azure.cn",
];

/// What to do with an address of the connectors that Microsoft switched off in May 2026.
const RETIRED: &str = "Microsoft has switched off this kind of address: in Teams, open Workflows, create \
                       \"Send webhook alerts to a chat\" and paste the URL that it shows.";

/// Takes cards to workflows.
pub struct Teams {
    outbound: Outbound,
}

impl Teams {
    /// The channel.
    pub fn new(outbound: Outbound) -> Self {
        Teams { outbound }
    }
}

impl Channel for Teams {
    fn name(&self) -> &'static str {
        "teams"
    }

    fn recognise(&self, url: &Target) -> Recognised {
        recognise(url)
    }

    /// Below 4 in a second, 60 in 30 seconds and 100 in an hour, which is the least that was ever allowed.
    fn pace(&self) -> Pace {
        Pace { burst: 4, every: Duration::from_secs(2), per_hour: 90, at_once: 1, folds: true }
    }

    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Outcome> {
        async move {
            let Address::Url { company, bare, .. } = &parcel.address else { return misaddressed() };
            let body = body(parcel, *company, *bare);
            post(&self.outbound, parcel, body, verdict::of).await
        }
        .boxed()
    }
}

fn recognise(url: &Target) -> Recognised {
    let (host, path) = (url.host(), url.path());
    if host == "outlook.office365.com"
        || host.ends_with(".webhook.office.com")
        || (host == "outlook.office.com" && path.starts_with("/webhook"))
    {
        return Recognised::Retired(RETIRED);
    }
    if HOSTS.iter().any(|end| host.ends_with(end)) {
        return Recognised::ByHost;
    }
    let is_workflow = (path.contains("/workflows/") && path.ends_with("/triggers/manual/paths/invoke"))
        || path.starts_with("/powerautomate/automations/direct/workflows/");
    if is_workflow { Recognised::ByPath } else { Recognised::No }
}

/// What a workflow is sent.
#[derive(Serialize)]
#[serde(untagged)]
enum Sent<'a> {
    /// As the template of Microsoft expects it.
    Wrapped(Message<'a>),
    /// As some hand-made workflows expect it.
    Bare {
        #[serde(flatten)]
        card: Card,
        #[serde(flatten)]
        to: Option<To<'a>>,
    },
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    attachments: [Attachment; 1],
    #[serde(flatten)]
    to: Option<To<'a>>,
}

#[derive(Serialize)]
struct Attachment {
    #[serde(rename = "contentType")]
    content_type: &'static str,
    #[serde(rename = "contentUrl")]
    content_url: (),
    content: Card,
}

/// Whom the company's one workflow is to write to. Workflows hand on what they do not know.
#[derive(Clone, Copy, Serialize)]
struct To<'a> {
    recipient: &'a str,
    recipient_name: &'a str,
}

impl<'a> To<'a> {
    fn of(recipient: &'a Recipient) -> Self {
        To { recipient: &recipient.email, recipient_name: &recipient.name }
    }
}

/// The body of the request.
pub(super) fn body(parcel: &Parcel, company: bool, bare: bool) -> Bytes {
    let to = company.then(|| To::of(&parcel.recipient));
    card::body(parcel, Dialect::Teams, |card| match bare {
        true => Sent::Bare { card, to },
        false => Sent::Wrapped(Message {
            kind: "message",
            attachments: [Attachment {
                content_type: "application/vnd.microsoft.card.adaptive",
                content_url: (),
                content: card,
            }],
            to,
        }),
    })
}

#[cfg(test)]
mod tests;
