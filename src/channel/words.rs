//! The few words that stand around a notification in cards and chats, in the language of whoever reads them.

use super::Message;

/// The words of one language.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// On the button that leads to what the notification is about.
    pub open: &'static str,
    /// On the button that leads to the notification centre.
    pub centre: &'static str,
    /// Under what was cut.
    pub cut: &'static str,
    /// True, among facts.
    pub yes: &'static str,
    /// False, among facts.
    pub no: &'static str,
    /// After a number of notifications that are not named.
    more: &'static str,
}

const ENGLISH: Words = Words {
    open: "Open in the CRM",
    centre: "All notifications",
    cut: "… more in the CRM",
    yes: "Yes",
    no: "No",
    more: "more in the CRM",
};

const GERMAN: Words = Words {
    open: "Im CRM öffnen",
    centre: "Alle Benachrichtigungen",
    cut: "… mehr im CRM",
    yes: "Ja",
    no: "Nein",
    more: "weitere im CRM",
};

impl Words {
    /// The words for a language tag; English where we have none.
    pub fn of(language: &str) -> &'static Words {
        let primary = language.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { &GERMAN } else { &ENGLISH }
    }

    /// "12 more in the CRM".
    pub fn more(&self, count: usize) -> String {
        format!("{count} {}", self.more)
    }
}

/// What a message carries along, in plain text: a line for each that is named, and one for the rest.
pub(super) fn along(message: &Message, words: &Words) -> String {
    let named = message.along.iter().map(|brief| format!("• {}", one_line(&brief.title)));
    let rest = (message.unnamed > 0).then(|| words.more(message.unnamed));
    named.chain(rest).collect::<Vec<_>>().join("\n")
}

/// The beginning of a text, with … in place of what stands behind its first `most` characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// The same text on one line, with nothing in it that steers a terminal or a page.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The beginning of a text whose escaped form has at most `most` bytes, escaped, with … in place of the rest.
pub(super) fn escaped_within(text: &str, most: usize, escape: fn(char, &mut String)) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        let before = escaped.len();
        escape(c, &mut escaped);
        if escaped.len() > most {
            escaped.truncate(before);
            escaped.push('…');
            break;
        }
    }
    escaped
}

/// Writes a character as HTML and Slack's markup have it: neither sees a tag or an entity that we did not write.
pub(super) fn as_entity(c: char, into: &mut String) {
    match c {
        '&' => into.push_str("&amp;"),
        '<' => into.push_str("&lt;"),
        '>' => into.push_str("&gt;"),
        '\n' => into.push(c),
        c if c.is_control() => into.push(' '),
        c => into.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn german_is_told_by_the_first_part_of_the_tag() {
        for tag in ["de", "DE", "de-AT", "de_CH"] {
            assert_eq!(Words::of(tag).open, "Im CRM öffnen", "{tag}");
        }
        for tag in ["en", "", "den", "fr-DE"] {
            assert_eq!(Words::of(tag).more(12), "12 more in the CRM", "{tag}");
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("öäü", 3), "öäü");
        assert_eq!(cut("öäüß", 3), "öä…");
        assert_eq!(cut("a b c", 3), "a…");
        assert_eq!(one_line(" a\r\n\tb\u{0}c\u{1b}[0m "), "a b c [0m");
    }

    #[test]
    fn escaping_never_leaves_half_an_entity() {
        for most in 0..20 {
            let escaped = escaped_within("<<&>>", most, as_entity);
            assert!(
                escaped
                    .replace("&lt;", "")
                    .replace("&amp;", "")
                    .replace("&gt;", "")
                    .trim_end_matches('…')
                    .is_empty()
            );
            assert!(escaped.len() <= most + '…'.len_utf8());
        }
    }
}
