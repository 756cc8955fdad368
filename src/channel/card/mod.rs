//! The Adaptive Card that Teams and RingCentral show: what is in it, and that it is small enough.
//!
//! Written in version 1.3, which is what RingCentral knows. Every text of people and programs goes through
//! `markdown`, so that it can be no link, mention or formatting.

mod fit;
mod markdown;

use serde::Serialize;

use super::facts::Facts;
use super::words::{Words, cut, one_line};
use super::{Message, Recipient};
use crate::template::Link;

pub(super) use fit::body;

/// The longest title, in characters.
const LONGEST_TITLE: usize = 250;

/// The longest title of a notification that is carried along, in characters.
const LONGEST_BRIEF: usize = 150;

/// The longest address behind a button, in bytes: a longer one would leave no room for anything else.
const LONGEST_LINK: usize = 4_000;

/// The longest address of a notification that is carried along, and of each of several links, in bytes.
const LONGEST_BRIEF_LINK: usize = 500;

/// The longest word on a button, in characters.
const LONGEST_BUTTON: usize = 60;

/// How many buttons a card may have: what readers of cards show where nobody tells them otherwise.
const MOST_BUTTONS: usize = 5;

/// Whose card it is: they differ in little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Knows the width of a card, and which text is its heading.
    Teams,
    /// Knows version 1.3 and checks for it.
    RingCentral,
}

/// An Adaptive Card.
#[derive(Debug, Serialize)]
pub(super) struct Card {
    #[serde(rename = "$schema")]
    schema: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    version: &'static str,
    #[serde(rename = "fallbackText")]
    fallback_text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    msteams: Option<Width>,
    body: Vec<Element>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
}

#[derive(Debug, Serialize)]
struct Width {
    width: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Element {
    TextBlock(TextBlock),
    FactSet { facts: Vec<CardFact> },
}

/// Markdown.
#[derive(Debug, Default, Serialize)]
struct TextBlock {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spacing: Option<&'static str>,
    #[serde(rename = "isSubtle", skip_serializing_if = "std::ops::Not::not")]
    is_subtle: bool,
    wrap: bool,
}

#[derive(Debug, Serialize)]
struct CardFact {
    title: String,
    value: String,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Action {
    #[serde(rename = "Action.OpenUrl")]
    OpenUrl { title: String, url: String },
}

/// How much of a message is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    /// Bytes of its text.
    text: usize,
    /// Facts.
    facts: usize,
    /// Links beside the one that it leads to.
    links: usize,
    /// Notifications that it carries along.
    along: usize,
}

/// A message in the form of a card, with as much of it as may be shown.
struct Draft<'a> {
    message: &'a Message,
    links: Vec<&'a Link>,
    facts: Facts,
    words: &'static Words,
    dialect: Dialect,
}

impl<'a> Draft<'a> {
    fn new(message: &'a Message, recipient: &Recipient, dialect: Dialect) -> Self {
        let words = Words::of(&recipient.language);
        let links = message.links.iter().filter(|link| is_link(&link.url, LONGEST_BRIEF_LINK)).collect();
        Draft { message, links, facts: Facts::of(message.metadata.as_deref(), words), words, dialect }
    }

    /// Everything there is.
    fn everything(&self) -> Shown {
        Shown {
            text: self.message.text.as_ref().map_or(0, String::len),
            facts: self.facts.shown.len(),
            links: self.links.len(),
            along: self.message.along.len(),
        }
    }

    fn card(&self, shown: Shown) -> Card {
        let title = cut(&one_line(&self.message.title), LONGEST_TITLE);
        let mut body = vec![self.heading(&title)];
        self.add_text(shown.text, &mut body);
        if shown.facts > 0 {
            let facts = self.facts.shown.iter().take(shown.facts);
            let facts = facts.map(|fact| CardFact {
                title: markdown::line(&fact.name),
                value: markdown::line(&fact.value),
            });
            body.push(Element::FactSet { facts: facts.collect() });
        }
        if !self.are_buttons() {
            let links = self.links.iter().take(shown.links);
            body.extend(links.map(|link| item(markdown::link(&cut(&link.label, LONGEST_BRIEF), &link.url))));
        }
        self.add_along(shown, &mut body);
        Card {
            schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            kind: "AdaptiveCard",
            version: "1.3",
            fallback_text: title,
            msteams: (self.dialect == Dialect::Teams).then_some(Width { width: "Full" }),
            body,
            actions: self.actions(shown.links),
        }
    }

    fn heading(&self, title: &str) -> Element {
        Element::TextBlock(TextBlock {
            text: markdown::line(title),
            weight: Some("Bolder"),
            size: Some("Medium"),
            // Newer than 1.3: RingCentral might refuse the card for it, Teams reads it to screen readers.
            style: (self.dialect == Dialect::Teams).then_some("heading"),
            wrap: true,
            ..TextBlock::default()
        })
    }

    fn add_text(&self, bytes: usize, body: &mut Vec<Element>) {
        let text = self.message.text.as_deref().unwrap_or_default();
        let kept = &text[..text.floor_char_boundary(bytes)];
        let written = markdown::paragraphs(kept);
        if !written.is_empty() {
            body.push(Element::TextBlock(TextBlock { text: written, wrap: true, ..TextBlock::default() }));
        }
        if kept.len() < text.len() {
            body.push(subtle(self.words.cut.to_owned()));
        }
    }

    fn add_along(&self, shown: Shown, body: &mut Vec<Element>) {
        for brief in self.message.along.iter().take(shown.along) {
            let title = cut(&one_line(&brief.title), LONGEST_BRIEF);
            let link = brief.link.as_deref().filter(|link| is_link(link, LONGEST_BRIEF_LINK));
            let title = match link {
                Some(link) => markdown::link(&title, link),
                None => markdown::line(&title),
            };
            body.push(item(title));
        }
        let unnamed = self.message.unnamed + self.message.along.len().saturating_sub(shown.along);
        if unnamed > 0 {
            body.push(subtle(self.words.more(unnamed)));
        } else if self.facts.has_more
            || shown.facts < self.facts.shown.len()
            || shown.links < self.links.len()
        {
            body.push(subtle(self.words.cut.to_owned()));
        }
    }

    /// Whether each of the further links is a button: they are unless there are too many.
    fn are_buttons(&self) -> bool {
        self.links.len() + 2 <= MOST_BUTTONS
    }

    fn actions(&self, links: usize) -> Vec<Action> {
        let open = self.message.link.as_deref().map(|url| (self.words.open.to_owned(), url));
        let links = if self.are_buttons() { links } else { 0 };
        let links = self.links.iter().take(links);
        let links = links.map(|link| (cut(&one_line(&link.label), LONGEST_BUTTON), link.url.as_str()));
        let centre = (self.words.centre.to_owned(), self.message.centre.as_str());
        let leads = open.into_iter().chain(links).chain([centre]);
        let leads = leads.filter(|(_, url)| is_link(url, LONGEST_LINK));
        leads.map(|(title, url)| Action::OpenUrl { title, url: url.to_owned() }).collect()
    }
}

/// One of several, in Markdown.
fn item(text: String) -> Element {
    let text = format!("• {text}");
    Element::TextBlock(TextBlock { text, spacing: Some("Small"), wrap: true, ..TextBlock::default() })
}

fn subtle(text: String) -> Element {
    Element::TextBlock(TextBlock { text, is_subtle: true, wrap: true, ..TextBlock::default() })
}

/// Whether a client would open it, and it leaves room for the rest.
fn is_link(url: &str, longest: usize) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && url.len() <= longest
}

#[cfg(test)]
mod tests;
