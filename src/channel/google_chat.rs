//! Google Chat, by the webhooks of a space: a card of the second version.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::facts::Facts;
use super::verdict::{Heard, post};
use super::words::{Words, along, as_entity, cut, escaped_within, one_line};
use super::{Channel, Outcome, Pace, Parcel, Recognised};
use crate::outbound::{Outbound, Target};

/// How much of a text is shown, in bytes: Google takes 32 KB in all.
const LONGEST: usize = 6_000;

/// The longest address of each of several links, in bytes.
const LONGEST_OF_SEVERAL: usize = 500;

/// Takes cards to Google Chat.
pub struct GoogleChat {
    outbound: Outbound,
}

impl GoogleChat {
    /// The channel.
    pub fn new(outbound: Outbound) -> Self {
        GoogleChat { outbound }
    }
}

impl Channel for GoogleChat {
    fn name(&self) -> &'static str {
        "google_chat"
    }

    fn recognise(&self, url: &Target) -> Recognised {
        let is_space = url.host() == "chat.googleapis.com" && url.path().starts_with("/v1/spaces/");
        if is_space { Recognised::ByHost } else { Recognised::No }
    }

    fn pace(&self) -> Pace {
        Pace { burst: 1, every: Duration::from_secs(1), per_hour: 0, at_once: 1, folds: true }
    }

    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Outcome> {
        post(&self.outbound, parcel, body(parcel), verdict).boxed()
    }
}

/// The body of the request.
pub(super) fn body(parcel: &Parcel) -> Bytes {
    let (message, words) = (&parcel.message, Words::of(&parcel.recipient.language));
    let escaped = |text: &str, most| escaped_within(text, most, as_entity);
    let paragraph = |text: String| json!({"textParagraph": {"text": text}});
    let mut widgets: Vec<Value> = Vec::new();
    widgets.extend(message.text.as_ref().map(|text| paragraph(escaped(text, LONGEST))));
    for fact in Facts::of(message.metadata.as_deref(), words).shown {
        let (label, text) = (escaped(&fact.name, 120), escaped(&fact.value, 400));
        widgets.push(json!({"decoratedText": {"topLabel": label, "text": text, "wrapText": true}}));
    }
    let along = along(message, words);
    widgets.extend((!along.is_empty()).then(|| paragraph(escaped(&along, LONGEST))));
    let open = message.link.as_deref().map(|url| (words.open.to_owned(), url));
    let links = message.links.iter().filter(|link| link.url.len() <= LONGEST_OF_SEVERAL);
    let links = links.map(|link| (cut(&one_line(&link.label), 60), link.url.as_str()));
    let centre = (words.centre.to_owned(), message.centre.as_str());
    let leads = open.into_iter().chain(links).chain([centre]);
    let leads = leads.filter(|(_, url)| url.starts_with("http") && url.len() <= 2_000);
    let buttons: Vec<Value> =
        leads.map(|(text, url)| json!({"text": text, "onClick": {"openLink": {"url": url}}})).collect();
    widgets.extend((!buttons.is_empty()).then(|| json!({"buttonList": {"buttons": buttons}})));
    let title = cut(&one_line(&message.title), 200);
    let card = json!({"header": {"title": title}, "sections": [{"widgets": widgets}]});
    json!({"cardsV2": [{"cardId": "notification", "card": card}]}).to_string().into()
}

fn verdict(heard: &Heard) -> Outcome {
    match (heard.reply.status, heard.object()) {
        (200..=299, Some(object)) if object["name"].is_string() => heard.sent("Google Chat has posted it."),
        (400, _) => heard.never("Google Chat cannot read the message."),
        _ => heard
            .by_status()
            .unwrap_or_else(|| heard.not_yet("Google Chat did not say that it has posted the message.")),
    }
}

#[cfg(test)]
mod tests;
