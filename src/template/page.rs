//! A letter made ready to be put into the layout: cleaned, cut to size, in the reader's language and time.

use serde::Serialize;

use super::Letter;
use super::facts::{self, Fact};
use super::lines::{cut, link, many_lines, one_line, paragraphs};
use super::links::Link;
use super::words::{Words, fill};

const LONGEST_TITLE: usize = 300;
const LONGEST_KIND: usize = 100;
const LONGEST_PREHEADER: usize = 140;
const MOST_FACTS: usize = 30;

/// How much of a letter is taken. Each half step takes half as much, until the page is small enough.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Characters of the text.
    text: usize,
    /// Rows of facts and of what else waits.
    rows: usize,
}

impl Room {
    /// All that can be read with a good conscience.
    pub(super) const WHOLE: Room = Room { text: 64_000, rows: MOST_FACTS };

    /// Half of it.
    pub(super) fn half(self) -> Room {
        // Rows are short: the text gives way before they do.
        let rows = if self.text > 2_000 { self.rows } else { self.rows / 2 };
        Room { text: self.text / 2, rows }
    }

    /// Whether nothing is left to be halved.
    pub(super) fn is_least(self) -> bool {
        self.text == 0 && self.rows == 0
    }
}

/// All that the layouts name. Every text is one line, but for `text`.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    /// Not in the page itself.
    pub subject: String,
    language: &'static str,
    words: &'static Words,
    kind: String,
    title: String,
    preheader: String,
    paragraphs: Vec<Vec<String>>,
    text: String,
    is_cut: bool,
    facts: Vec<Fact>,
    link: Option<String>,
    links: Vec<Link>,
    along: Vec<Row>,
    more: Option<String>,
    centre: Option<String>,
    unsubscribe: Option<String>,
    sent: String,
    why: String,
    copy: Option<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    title: String,
    link: Option<String>,
}

impl Page {
    /// The page of a letter, as much as there is room for.
    pub(super) fn of(letter: &Letter<'_>, room: Room) -> Page {
        let (words, language) = Words::of(letter.language);
        let kind = cut(&facts::name(letter.kind), LONGEST_KIND);
        let title = match one_line(letter.title) {
            title if title.is_empty() => words.untitled.clone(),
            title => cut(&title, LONGEST_TITLE),
        };
        let whole = many_lines(letter.text.unwrap_or_default());
        let text = cut(&whole, room.text);
        let facts = all_facts(letter, words, room.rows);
        let waiting = letter.along.len() + letter.unnamed;
        let along = rows(letter.along, room.rows);
        Page {
            subject: match waiting {
                0 => title.clone(),
                n => fill(&words.subject_more, &[("title", &title), ("n", &n.to_string())]),
            },
            language,
            words,
            preheader: preheader(&text, &facts),
            paragraphs: paragraphs(&text)
                .into_iter()
                .map(|lines| lines.into_iter().map(ToOwned::to_owned).collect())
                .collect(),
            is_cut: text.len() != whole.len(),
            text,
            facts,
            link: letter.link.and_then(link),
            links: letter.links.iter().take(room.rows).cloned().collect(),
            more: match waiting - along.len() {
                0 => None,
                1 => Some(words.one_more.clone()),
                n => Some(fill(&words.more, &[("n", &n.to_string())])),
            },
            along,
            // Who reads a copy has nothing to choose there.
            centre: link(letter.centre).filter(|_| letter.copy_of.is_none()),
            unsubscribe: letter.unsubscribe.and_then(link),
            sent: fill(&words.sent, &[("time", &words.time(letter.sent_at, letter.time_zone))]),
            why: match (letter.copy_of, letter.unsubscribe) {
                (Some(_), _) => words.why_copied.clone(),
                (None, Some(_)) => fill(&words.why, &[("type", &kind)]),
                (None, None) => words.why_told.clone(),
            },
            copy: letter
                .copy_of
                .map(|name| fill(&words.copy_of, &[("name", &cut(&one_line(name), LONGEST_KIND))])),
            kind,
            title,
        }
    }
}

/// The ticket, then what the metadata says.
fn all_facts(letter: &Letter<'_>, words: &Words, most: usize) -> Vec<Fact> {
    let mut found = facts::of(letter.metadata.unwrap_or("{}"), words, most);
    if let Some(ticket) = letter.ticket {
        found.insert(0, Fact { name: words.ticket.clone(), value: format!("#{ticket}") });
        found.truncate(most);
    }
    found
}

fn rows(along: &[(&str, Option<&str>)], most: usize) -> Vec<Row> {
    let row = |(title, target): &(&str, Option<&str>)| Row {
        title: cut(&one_line(title), LONGEST_TITLE),
        link: target.and_then(link),
    };
    along.iter().take(most).map(row).collect()
}

/// What the list of a mailbox shows behind the subject.
fn preheader(text: &str, facts: &[Fact]) -> String {
    let said = match text {
        "" => {
            facts.iter().map(|fact| format!("{}: {}", fact.name, fact.value)).collect::<Vec<_>>().join(" · ")
        }
        text => one_line(text),
    };
    cut(&said, LONGEST_PREHEADER)
}
