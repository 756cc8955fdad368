//! Slack, by incoming webhooks: text in blocks, in which nobody's text can be a link or a mention.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::facts::Facts;
use super::verdict::{Heard, post};
use super::words::{Words, along, as_entity, escaped_within, one_line};
use super::{Channel, Message, Outcome, Pace, Parcel, Recognised};
use crate::outbound::{Outbound, Target};

/// How much of a text block Slack takes, less what we write around it, in bytes.
const LONGEST: usize = 2_500;

/// What Slack answers to a message that it cannot read.
const UNREADABLE: &[&str] = &["invalid_payload", "no_text", "too_many_attachments"];

/// What Slack answers where there is no webhook any more.
const GONE: &[&str] = &["no_service", "no_service_id", "no_team", "no_active_hooks", "invalid_token"];

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
        if is_slack(url) { Recognised::ByHost } else { Recognised::No }
    }

    fn pace(&self) -> Pace {
        Pace { burst: 1, every: Duration::from_secs(1), per_hour: 0, at_once: 1, folds: true }
    }

    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Outcome> {
        post(&self.outbound, parcel, body(parcel), verdict).boxed()
    }
}

fn is_slack(url: &Target) -> bool {
    ["hooks.slack.com", "hooks.slack-gov.com"].contains(&url.host()) && url.path().starts_with("/services/")
}

/// The body of the request.
pub(super) fn body(parcel: &Parcel) -> Bytes {
    let (message, words) = (&parcel.message, Words::of(&parcel.recipient.language));
    // An asterisk would end what is bold.
    let title = escaped_within(&one_line(&message.title).replace('*', "∗"), 600, as_entity);
    let escaped = |text: &str| escaped_within(text, LONGEST, as_entity);
    let mut texts = vec![format!("*{title}*")];
    texts.extend(message.text.as_deref().map(escaped));
    let facts = Facts::of(message.metadata.as_deref(), words).shown;
    let facts: Vec<_> = facts.iter().map(|fact| format!("{}: {}", fact.name, fact.value)).collect();
    texts.push(escaped(&facts.join("\n")));
    texts.push(links(message));
    texts.push(escaped(&along(message, words)));
    let open = message.link.as_deref().and_then(|url| link(url, words.open));
    let leads: Vec<String> = open.into_iter().chain(link(&message.centre, words.centre)).collect();
    texts.push(leads.join(" · "));
    let texts = texts.into_iter().filter(|text| !text.trim().is_empty());
    let texts = texts.map(|text| json!({"type": "mrkdwn", "text": text, "verbatim": true}));
    let blocks: Vec<Value> = texts.map(|text| json!({"type": "section", "text": text})).collect();
    json!({"text": title, "blocks": blocks}).to_string().into()
}

/// The links of a message beside the one that it leads to, a line each: as many as there is room for.
fn links(message: &Message) -> String {
    let mut lines = String::new();
    for one in &message.links {
        let label = escaped_within(&one_line(&one.label), 300, as_entity);
        let Some(line) = link(&one.url, &label) else { continue };
        if lines.len() + line.len() < LONGEST {
            lines.push_str(&format!("• {line}\n"));
        }
    }
    lines.trim_end().to_owned()
}

/// A link to an address of ours; `None` if it is too long, or not one that browsers follow.
fn link(url: &str, label: &str) -> Option<String> {
    let url =
        escaped_within(&url.replace('<', "%3C").replace('>', "%3E").replace('|', "%7C"), 1_200, as_entity);
    (url.starts_with("http") && !url.ends_with('…')).then(|| format!("<{url}|{label}>"))
}

fn verdict(heard: &Heard) -> Outcome {
    let silent = || heard.not_yet("Slack did not say that it has posted the message.");
    match (heard.reply.status, &*heard.text()) {
        (200, "ok") => heard.sent("Slack has posted it."),
        (_, word) if UNREADABLE.contains(&word) => heard.never("Slack cannot read the message."),
        (_, word) if GONE.contains(&word) => {
            heard.gone("Slack no longer knows the webhook: make a new one and store its address.")
        }
        _ => heard.by_status().unwrap_or_else(silent),
    }
}

#[cfg(test)]
mod tests;
