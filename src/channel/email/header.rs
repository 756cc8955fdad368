//! Header values and bodies in the form in which they cross the wire.
//!
//! A value is given as the reader shall see it; nothing in it can end the header, begin another, or be decoded into
//! something else: what could be is encoded as a whole. Bodies are quoted-printable without a bare line end and
//! without a line that begins with a dot.

use std::fmt::Write;

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::template::one_line;

/// Longest line that is written, in bytes.
const LINE: usize = 76;
/// So many bytes fill an encoded word (RFC 2047: at most 75 characters) when written in base64.
const WORD_BYTES: usize = 42;
const LONGEST_NAME: usize = 100;

/// Headers, in the order in which they were set.
#[derive(Default)]
pub(super) struct Headers(String);

impl Headers {
    /// Sets a header whose value is written already: ours alone, never a sender's.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        debug_assert!(is_folded(value), "a value of ours ends no header");
        for part in [name, ": ", value, "\r\n"] {
            self.0.push_str(part);
        }
    }

    /// Sets a header to any text.
    pub(super) fn set_text(&mut self, name: &str, text: &str) {
        let value = text_value(&one_line(text), name.len() + 2);
        self.set(name, &value);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// A mailbox: the name as the reader shall see it, and an address that is one.
pub(super) fn mailbox(name: &str, address: &str) -> String {
    let name: String = one_line(name).chars().take(LONGEST_NAME).collect();
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || " '.,-&+".contains(c);
    match name.trim() {
        "" => address.to_owned(),
        name if name.len() <= 60 && name.chars().all(is_harmless) => format!("\"{name}\" <{address}>"),
        // Some programs decode encoded words within quotes too: only a name that is encoded stays what it is.
        name => format!("{}\r\n <{address}>", encoded_words(name)),
    }
}

/// One line of text as it is if every program takes it for that, else encoded as a whole.
fn text_value(text: &str, indent: usize) -> String {
    let words = text.split(' ');
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !text.contains("=?");
    if !is_plain || words.clone().any(|word| word.is_empty() || word.len() > LINE - 16) {
        return encoded_words(text);
    }
    let mut value = String::new();
    let mut length = indent;
    for word in words {
        if !value.is_empty() {
            let is_full = length + 1 + word.len() > LINE;
            value.push_str(if is_full { "\r\n " } else { " " });
            length = if is_full { 1 } else { length + 1 };
        }
        value.push_str(word);
        length += word.len();
    }
    value
}

/// Base64 words of RFC 2047, one a line; no character is cut in two.
fn encoded_words(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.floor_char_boundary(WORD_BYTES));
        words.push(format!("=?utf-8?b?{}?=", BASE64_STANDARD.encode(word)));
        rest = behind;
    }
    words.join("\r\n ")
}

/// Whether every line end is followed by a space: the header goes on.
fn is_folded(value: &str) -> bool {
    let rest = value.replace("\r\n ", "");
    !rest.contains(|c: char| c.is_control()) && rest.is_ascii()
}

/// A text whose lines end with `\n`, in quoted-printable (RFC 2045).
pub(super) fn quoted_printable(text: &str) -> Vec<u8> {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push_str("\r\n");
        }
        quote_line(line.as_bytes(), &mut out);
    }
    out.into_bytes()
}

fn quote_line(line: &[u8], out: &mut String) {
    let mut length = 0;
    for (index, byte) in line.iter().enumerate() {
        let is_last = index + 1 == line.len();
        let is_bare = match byte {
            b'=' => false,
            b' ' | b'\t' => !is_last,
            b'!'..=b'~' => true,
            _ => false,
        };
        let width = if is_bare { 1 } else { 3 };
        if length + width >= LINE {
            out.push_str("=\r\n");
            length = 0;
        }
        // A dot that begins a line could end the message, "From " could begin one in a mailbox file.
        if is_bare && !(length == 0 && matches!(byte, b'.' | b'F' | b'-')) {
            out.push(char::from(*byte));
            length += 1;
        } else {
            write!(out, "={byte:02X}").expect("a string takes everything");
            length += 3;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_stays_readable_and_anything_else_is_encoded() {
        assert_eq!(text_value("Order 7 is ready", 9), "Order 7 is ready");
        let long = "word ".repeat(40);
        let folded = text_value(long.trim(), 9);
        assert!(
            folded.split("\r\n").all(|line| line.len() <= LINE) && folded.replace("\r\n", "") == long.trim()
        );
        for odd in ["=?utf-8?q?=0D=0A?=", "Grüße", "two  spaces", "a\u{7f}", &"x".repeat(100)] {
            let value = text_value(odd, 9);
            assert!(
                value.starts_with("=?utf-8?b?") && value.split("\r\n").all(|line| line.len() <= LINE),
                "{value}"
            );
        }
    }

    #[test]
    fn a_name_cannot_leave_its_place() {
        assert_eq!(mailbox("Ann O'Hara", "a@b.example"), "\"Ann O'Hara\" <a@b.example>");
        assert_eq!(mailbox(" \r\n", "a@b.example"), "a@b.example");
        for evil in [
            "x\" <c@d.example>, \"y",
            "=?utf-8?q?x?=",
            "a\\",
            "Zoë",
            "a\r\nBcc: c@d.example",
            "<c@d.example>",
        ] {
            let value = mailbox(evil, "a@b.example");
            assert!(value.starts_with("=?utf-8?b?") && value.ends_with("?=\r\n <a@b.example>"), "{value}");
        }
    }

    #[test]
    fn no_line_of_a_body_is_long_begins_with_a_dot_or_ends_blank() {
        let text = format!(".\n..a\n \nFrom x\n-- \na=b\t\n{}\n{}\r\0", ".".repeat(500), "ä".repeat(300));
        let body = String::from_utf8(quoted_printable(&text)).unwrap();
        for line in body.split("\r\n") {
            assert!(line.len() <= LINE && !line.starts_with('.') && !line.ends_with([' ', '\t']), "{line:?}");
            assert!(!line.contains(['\r', '\n', '\0']) && line.is_ascii(), "{line:?}");
        }
        assert!(body.starts_with("=2E\r\n=2E.a\r\n=20\r\n=46rom x\r\n=2D-=20\r\na=3Db=09\r\n"), "{body}");
    }
}
