//! What an administrator wrote, dressed as a letter: whole MJML is taken as it is, anything less is put into our own
//! paper, and below both stands why the reader has it.

use std::sync::LazyLock;

use super::markup::{self, Element, Node};
use super::render::Care;
use super::speech::Speech;
use super::{Frame, Unrendered, rules};
use crate::template::lines::{many_lines, one_line};

static PAPER: LazyLock<Element> = LazyLock::new(|| {
    let nodes = markup::parse(include_str!("paper.mjml")).expect("the paper is part of the program");
    let mjml = nodes.into_iter().find_map(|node| match node {
        Node::Element(element) => Some(element),
        Node::Text(_) => None,
    });
    mjml.expect("the paper is one element")
});

/// HTML that stands for itself, between paragraphs.
const BLOCKS: [&str; 14] =
    ["p", "div", "table", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "hr", "pre", "center", "tr"];

/// A letter: its head, unless it is ours, and its sections.
pub(super) struct Sheets {
    /// Whole MJML, without what stands in its body.
    own: Option<Element>,
    /// What stands in the body.
    pub body: Vec<Node>,
}

/// Sorts what was written into sections.
///
/// # Errors
/// What cannot stand where it does, with its line.
pub(super) fn sheets(nodes: Vec<Node>, care: Care) -> Result<Sheets, Unrendered> {
    let is_whole = |node: &Node| matches!(node, Node::Element(element) if element.name == "mjml");
    let Some(place) = nodes.iter().position(is_whole) else {
        let mut body = in_sections(nodes);
        rules::judge("mj-body", &mut body, care)?;
        return Ok(Sheets { own: None, body });
    };
    let mut nodes: Vec<Node> = nodes
        .into_iter()
        .enumerate()
        .filter(|(at, node)| *at == place || !rules::is_white(node))
        .map(|(_, node)| node)
        .collect();
    if nodes.len() != 1 {
        return Err(Unrendered::whole("nothing may stand before <mjml> or behind </mjml>; take it out"));
    }
    rules::judge_alone(&mut nodes[0], care)?;
    let Some(Node::Element(mut own)) = nodes.pop() else { unreachable!("there is one element") };
    let body = own.children.iter_mut().find_map(|node| match node {
        Node::Element(element) if element.name == "mj-body" => Some(std::mem::take(&mut element.children)),
        _ => None,
    });
    match body {
        Some(body) => Ok(Sheets { own: Some(own), body }),
        None => Err(Unrendered::at(own.line, "<mj-body> is missing in <mjml>; put the letter into it")),
    }
}

/// Whatever is less than a section is put into one.
fn in_sections(nodes: Vec<Node>) -> Vec<Node> {
    let mut sections = Vec::new();
    let mut columns: Vec<Node> = Vec::new();
    let mut components: Vec<Node> = Vec::new();
    let mut words: Vec<Node> = Vec::new();
    for node in nodes {
        let name = match &node {
            Node::Element(element) => element.name.as_str(),
            Node::Text(_) => "",
        };
        if name.is_empty() || rules::is_html(name) {
            words.push(node);
        } else if rules::is_component(name) {
            end_words(&mut words, &mut components);
            components.push(node);
        } else {
            end_words(&mut words, &mut components);
            end_components(&mut components, &mut sections);
            match name {
                "mj-column" | "mj-group" => columns.push(node),
                _ => {
                    end_columns(&mut columns, &mut sections);
                    sections.push(node);
                }
            }
            continue;
        }
        if !words.iter().all(rules::is_white) || !components.is_empty() {
            end_columns(&mut columns, &mut sections);
        }
    }
    end_words(&mut words, &mut components);
    end_components(&mut components, &mut sections);
    end_columns(&mut columns, &mut sections);
    sections
}

fn end_words(words: &mut Vec<Node>, components: &mut Vec<Node>) {
    let words = std::mem::take(words);
    if !words.iter().all(rules::is_white) {
        let text = Element::new("mj-text", &[("css-class", "words")]).holding(in_paragraphs(words));
        components.push(text.into());
    }
}

fn end_components(components: &mut Vec<Node>, sections: &mut Vec<Node>) {
    if !components.is_empty() {
        let column = Element::new("mj-column", &[]).holding(std::mem::take(components));
        sections.push(Element::new("mj-section", &[]).holding([column.into()]).into());
    }
}

fn end_columns(columns: &mut Vec<Node>, sections: &mut Vec<Node>) {
    if !columns.is_empty() {
        sections.push(Element::new("mj-section", &[]).holding(std::mem::take(columns)).into());
    }
}

/// Plain words in paragraphs: an empty line stands between two, and lines end where they end.
fn in_paragraphs(nodes: Vec<Node>) -> Vec<Node> {
    let mut done: Vec<Node> = Vec::new();
    let mut paragraph: Vec<Node> = Vec::new();
    for node in nodes {
        match node {
            Node::Element(element) if BLOCKS.contains(&element.name.as_str()) => {
                end_paragraph(&mut paragraph, &mut done);
                done.push(element.into());
            }
            Node::Element(element) => paragraph.push(element.into()),
            Node::Text(text) => {
                for (index, line) in text.split('\n').enumerate() {
                    if index > 0 {
                        match paragraph.last() {
                            Some(Node::Element(last)) if last.name == "br" => {
                                end_paragraph(&mut paragraph, &mut done)
                            }
                            Some(_) => paragraph.push(Element::new("br", &[]).into()),
                            None => {}
                        }
                    }
                    if !line.trim().is_empty() {
                        paragraph.push(Node::Text(line.to_owned()));
                    }
                }
            }
        }
    }
    end_paragraph(&mut paragraph, &mut done);
    done
}

fn end_paragraph(paragraph: &mut Vec<Node>, done: &mut Vec<Node>) {
    let mut words = std::mem::take(paragraph);
    while words.last().is_some_and(|node| matches!(node, Node::Element(element) if element.name == "br")) {
        words.pop();
    }
    if !words.iter().all(rules::is_white) {
        done.push(Element::new("p", &[("style", "margin:0 0 12px 0;")]).holding(words).into());
    }
}

/// The whole letter in MJML.
pub(super) fn whole(sheets: Sheets, subject: &str, speech: &Speech, frame: &Frame<'_>) -> Element {
    let paper = PAPER.clone();
    let mut letter = sheets.own.unwrap_or(paper.clone());
    letter.attributes.retain(|(name, _)| name != "lang");
    letter.attributes.push(("lang".to_owned(), speech.language.to_owned()));
    let mut title = Element::new("mj-title", &[]).holding([Node::Text(subject.to_owned())]);
    let mut has_head = false;
    for child in &mut letter.children {
        let Node::Element(part) = child else { continue };
        if part.name == "mj-head" {
            has_head = true;
            let is_titled =
                |node: &Node| matches!(node, Node::Element(element) if element.name == "mj-title");
            if !part.children.iter().any(is_titled) {
                part.children.push(std::mem::take(&mut title).into());
            }
        } else if part.name == "mj-body" {
            let above = std::mem::take(&mut part.children);
            part.children =
                above.into_iter().chain(sheets.body.iter().cloned()).chain(foot(speech, frame)).collect();
        }
    }
    if !has_head {
        letter.children.insert(0, Element::new("mj-head", &[]).holding([title.into()]).into());
    }
    letter
}

/// What stands below every letter: the note, why the reader has it, and where that is changed.
fn foot(speech: &Speech, frame: &Frame<'_>) -> Vec<Node> {
    let mut components = Vec::new();
    let small = [
        ("css-class", "small"),
        ("font-size", "12px"),
        ("line-height", "18px"),
        ("color", "#4b5563"),
        ("padding", "0 32px"),
    ];
    if let Some(note) = frame.note {
        let note = Element::new("mj-text", &small).holding(in_paragraphs(vec![Node::Text(many_lines(note))]));
        components.push(note.into());
    }
    let mut lines: Vec<Node> = Vec::new();
    for (words, address) in foot_lines(speech, frame) {
        if !lines.is_empty() {
            lines.push(Element::new("br", &[]).into());
        }
        lines.push(match address {
            None => Node::Text(words.to_owned()),
            Some(address) => {
                let link = Element::new("a", &[("href", address), ("style", "color:#4b5563;")]);
                link.holding([Node::Text(words.to_owned())]).into()
            }
        });
    }
    if !lines.is_empty() {
        components.push(Element::new("mj-text", &small).holding(lines).into());
    }
    if components.is_empty() {
        return Vec::new();
    }
    let column = Element::new("mj-column", &[]).holding(components);
    let section = [("css-class", "page"), ("background-color", "#f3f4f6"), ("padding", "20px 0 32px 0")];
    vec![Element::new("mj-section", &section).holding([column.into()]).into()]
}

/// The lines below a letter, each with where it leads.
fn foot_lines<'a>(speech: &Speech, frame: &Frame<'a>) -> Vec<(&'static str, Option<&'a str>)> {
    let words = speech.words;
    let mut lines = Vec::new();
    if let Some(centre) = frame.centre {
        lines.push((words.why_told.as_str(), None));
        lines.push((words.centre.as_str(), Some(centre)));
    }
    if let Some(unsubscribe) = frame.unsubscribe {
        lines.push((words.unsubscribe.as_str(), Some(unsubscribe)));
    }
    lines
}

/// The same for a reader of plain text.
pub(super) fn plain_foot(speech: &Speech, frame: &Frame<'_>) -> String {
    let mut text = String::new();
    if let Some(note) = frame.note {
        text.push_str(&format!("\n{}\n", one_line(note)));
    }
    let lines = foot_lines(speech, frame);
    if !lines.is_empty() {
        text.push_str("\n-- \n");
    }
    for (words, address) in lines {
        match address {
            None => text.push_str(&format!("{words}\n")),
            Some(address) => text.push_str(&format!("\n{words}:\n{address}\n")),
        }
    }
    text
}
