//! Slack, by incoming webhooks: text in blocks, in which nobody's text can be a link or a mention.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::facts::Facts;
use super::verdict::{Heard, card_headers, misaddressed, of_trouble};
use super::words::{Words, as_entity, escaped_within, one_line};
use super::{Address, Channel, Outcome, Pace, Parcel, Recognised};
use crate::outbound::{Outbound, Target};

/// How much of a text block Slack takes, less what we write around it, in bytes.
const LONGEST: usize = 2_500;

/// Takes messages to Slack.
pub struct Slack {
    outbound: Outbound,
}

impl Slack {
    /// The channel.
    pub fn new(outbound: Outbound) -> Self {
        Slack { outbound }
    }
}

impl Channel for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn recognise(&self, url: &Target) -> Recognised {
        let is_slack = ["hooks.slack.com", "hooks.slack-gov.com"].contains(&url.host());
        if is_slack && url.path().starts_with("/services/") { Recognised::ByHost } else { Recognised::No }
    }

    fn pace(&self) -> Pace {
        Pace { burst: 1, every: Duration::from_secs(1), per_hour: 0, at_once: 1, folds: true }
    }

    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Outcome> {
        async move {
            let Address::Url { url, .. } = &parcel.address else { return misaddressed() };
            match self.outbound.post(url, &card_headers(parcel), body(parcel)).await {
                Ok(reply) => verdict(&Heard { reply: &reply, url, now: parcel.now }),
                Err(trouble) => of_trouble(trouble),
            }
        }
        .boxed()
    }
}

/// The body of the request.
pub(super) fn body(parcel: &Parcel) -> Bytes {
    let (message, words) = (&parcel.message, Words::of(&parcel.recipient.language));
    // An asterisk would end what is bold.
    let title = escaped_within(&one_line(&message.title).replace('*', "∗"), 600, as_entity);
    let mut texts = vec![format!("*{title}*")];
    texts.extend(message.text.as_ref().map(|text| escaped_within(text, LONGEST, as_entity)));
    let facts = Facts::of(message.metadata.as_deref(), words).shown;
    let lines = facts.iter().map(|fact| format!("{}: {}", fact.name, fact.value));
    texts.push(escaped_within(&lines.collect::<Vec<_>>().join("\n"), LONGEST, as_entity));
    let briefs = message.along.iter().map(|brief| format!("• {}", one_line(&brief.title)));
    let more = (message.unnamed > 0).then(|| words.more(message.unnamed));
    texts.push(escaped_within(&briefs.chain(more).collect::<Vec<_>>().join("\n"), LONGEST, as_entity));
    let open = message.link.as_deref().map(|url| link(url, words.open));
    texts.push(open.into_iter().chain([link(&message.centre, words.centre)]).collect::<Vec<_>>().join(" · "));
    let texts = texts.into_iter().filter(|text| !text.trim().is_empty());
    let section =
        |text: String| json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}});
    let blocks: Vec<Value> = texts.map(section).collect();
    json!({"text": title, "blocks": blocks}).to_string().into()
}

fn link(url: &str, label: &str) -> String {
    let url: String = url.chars().take(LONGEST / 3).collect();
    format!(
        "<{}|{label}>",
        url.replace('&', "&amp;").replace('<', "%3C").replace('>', "%3E").replace('|', "%7C")
    )
}

fn verdict(heard: &Heard) -> Outcome {
    match (heard.reply.status, &*heard.text()) {
        (200, "ok") => heard.sent("Slack has posted it."),
        (
            _,
            "invalid_payload"
            | "no_text"
            | "too_many_attachments"
            | "missing_text_or_fallback_or_attachments",
        ) => heard.never("Slack cannot read the message."),
        (
            _,
            "no_service" | "no_service_id" | "no_team" | "no_active_hooks" | "invalid_token"
            | "team_disabled",
        ) => heard.gone("Slack no longer knows the webhook: make a new one and store its address."),
        (_, "rate_limited" | "rollup_error") => {
            heard.later("Slack cannot take messages at the moment: we try again later.")
        }
        _ => heard
            .by_status()
            .unwrap_or_else(|| heard.not_yet("Slack did not say that it has posted the message.")),
    }
}

#[cfg(test)]
mod tests;
