//! The words of a letter for a reader of plain text.

use super::markup::{Element, Node};

/// Elements with an empty line around them.
const APART: [&str; 16] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "blockquote",
    "table",
    "ul",
    "ol",
    "pre",
    "mj-text",
    "mj-table",
    "mj-section",
    "mj-button",
    "mj-image",
    "mj-column",
];

/// The words, lines ended by `\n`.
pub(super) fn text(nodes: &[Node]) -> String {
    let mut paper = Paper::default();
    paper.nodes(nodes);
    let mut text = paper.written.trim().to_owned();
    text.push('\n');
    text
}

#[derive(Default)]
struct Paper {
    written: String,
    /// Ends of lines that are due before the next word.
    ends: usize,
    /// Whether a space is due before the next word.
    space: bool,
}

impl Paper {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(text) => self.words(text),
                Node::Element(element) => self.element(element),
            }
        }
    }

    fn words(&mut self, text: &str) {
        for (index, word) in text.split(char::is_whitespace).enumerate() {
            self.space |= index > 0;
            if !word.is_empty() {
                self.put(word);
            }
        }
    }

    /// Something that is not taken apart.
    fn put(&mut self, text: &str) {
        if self.ends > 0 && !self.written.is_empty() {
            self.written.extend(std::iter::repeat_n('\n', self.ends));
        } else if self.space && !self.written.is_empty() {
            self.written.push(' ');
        }
        (self.ends, self.space) = (0, false);
        self.written.push_str(text);
    }

    fn end(&mut self, lines: usize) {
        self.ends = self.ends.max(lines);
    }

    fn element(&mut self, element: &Element) {
        let name = element.name.as_str();
        let around = match name {
            name if APART.contains(&name) => 2,
            "div" | "li" | "tr" | "center" => 1,
            _ => 0,
        };
        self.end(around);
        match name {
            "br" => self.ends = (self.ends + 1).min(2),
            "hr" | "mj-divider" => {
                self.end(2);
                self.put("----------");
                self.end(2);
            }
            "img" | "mj-image" => self.words(element.attribute("alt").unwrap_or_default()),
            "mj-button" => {
                self.nodes(&element.children);
                if let Some(address) = element.attribute("href") {
                    self.written.push(':');
                    self.end(1);
                    self.put(address);
                }
            }
            "a" => self.link(element),
            "li" => {
                self.put("-");
                self.space = true;
                self.nodes(&element.children);
            }
            "tr" => self.row(element),
            _ => self.nodes(&element.children),
        }
        self.end(around);
    }

    fn link(&mut self, element: &Element) {
        let before = self.written.len();
        self.nodes(&element.children);
        let Some(address) = element.attribute("href") else { return };
        let address =
            address.strip_prefix("mailto:").or_else(|| address.strip_prefix("tel:")).unwrap_or(address);
        if !self.written[before..].contains(address) {
            self.space = true;
            self.put(&format!("({address})"));
        }
    }

    fn row(&mut self, row: &Element) {
        let mut is_first = true;
        for cell in &row.children {
            let Node::Element(cell) = cell else { continue };
            let mut inner = Paper::default();
            inner.nodes(&cell.children);
            let words = inner.written.split_whitespace().collect::<Vec<_>>().join(" ");
            if words.is_empty() {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                self.put(" | ");
            }
            self.put(&words);
        }
    }
}
