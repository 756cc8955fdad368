//! What is written around a notification when it leaves the house by e-mail: an HTML part, a text part and a subject.
//!
//! Whatever a sender wrote is data: it is put into the finished layout, never read as a part of it. Control
//! characters become spaces (in one line) or fall away (in a text); everything else stays as it was written.

pub mod calendar;
pub mod custom;
mod facts;
mod layout;
mod lines;
mod links;
mod page;
pub mod pdf;
mod words;

#[cfg(test)]
mod tests;

pub use lines::one_line;
pub use links::{Link, is_for_machines, links};

use crate::clock::Instant;

/// Gmail clips what is longer than this many bytes of HTML, and hides the foot with it.
pub const HTML_BYTES: usize = 102 * 1024;

/// What an e-mail says, as it was sent: nothing in it is trusted.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The type of the notification.
    pub kind: &'a str,
    /// One line.
    pub title: &'a str,
    /// The words below it.
    pub text: Option<&'a str>,
    /// Where a click leads; left out unless it is an absolute http or https URL.
    pub link: Option<&'a str>,
    /// The text of a JSON object, whose flat values are shown as facts.
    pub metadata: Option<&'a str>,
    /// Further links, each with its name.
    pub links: &'a [Link],
    /// The ticket it is about.
    pub ticket: Option<i64>,
    /// When it was sent.
    pub sent_at: Instant,
    /// Other notifications that wait for the reader: title and link.
    pub along: &'a [(&'a str, Option<&'a str>)],
    /// How many more wait beside those in `along`.
    pub unnamed: usize,
    /// Where the notification centre is.
    pub centre: &'a str,
    /// Where the reader says that there shall be no more e-mails of this type; `None` where that cannot be said.
    pub unsubscribe: Option<&'a str>,
    /// Whose notification it is, where only a copy of it is read.
    pub copy_of: Option<&'a str>,
    /// Language tag of the reader: German for `de`, English for the rest.
    pub language: &'a str,
    /// Name of the reader's time zone; UTC if nobody knows it.
    pub time_zone: &'a str,
}

/// A letter in its three forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line without control characters.
    pub subject: String,
    /// A whole HTML page of at most [`HTML_BYTES`], which loads nothing from anywhere.
    pub html: String,
    /// The same for a reader of plain text; lines end with `\n`.
    pub text: String,
}

/// Writes a letter in its three forms.
pub fn render(letter: &Letter<'_>) -> Rendered {
    let mut room = page::Room::WHOLE;
    loop {
        let page = page::Page::of(letter, room);
        let html = layout::html(&page);
        if html.len() <= HTML_BYTES || room.is_least() {
            return Rendered { subject: page.subject.clone(), html, text: layout::text(&page) };
        }
        room = room.half();
    }
}
