//! What may stand in a letter, and where: a list of what is allowed, never of what is not.

use super::Unrendered;
use super::markup::{Element, Node};
use super::render::Care;
use crate::http::body::nearest;
use crate::template::lines::link;

const COMPONENTS: &[&str] = &["mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table"];

const HTML: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "center",
    "code",
    "del",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];

/// Elements of MJML in which others stand.
const FRAMES: &[&str] = &[
    "mjml",
    "mj-head",
    "mj-title",
    "mj-preview",
    "mj-attributes",
    "mj-style",
    "mj-body",
    "mj-wrapper",
    "mj-section",
    "mj-group",
    "mj-column",
];

/// Elements that nobody means by mistake.
const NEVER: [&str; 14] = [
    "script", "form", "input", "iframe", "object", "embed", "link", "meta", "style", "base", "svg", "button",
    "video", "audio",
];

/// Attributes of HTML elements and of MJML components alike; those that lead anywhere are looked at apart.
const ATTRIBUTES: &[&str] = &[
    "align",
    "alt",
    "background-color",
    "bgcolor",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-style",
    "border-top",
    "border-width",
    "cellpadding",
    "cellspacing",
    "class",
    "color",
    "colspan",
    "container-background-color",
    "css-class",
    "dir",
    "direction",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "full-width",
    "height",
    "href",
    "inner-background-color",
    "inner-border",
    "inner-border-bottom",
    "inner-border-left",
    "inner-border-radius",
    "inner-border-right",
    "inner-border-top",
    "inner-padding",
    "lang",
    "letter-spacing",
    "line-height",
    "max-width",
    "min-width",
    "mj-class",
    "name",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "rel",
    "role",
    "rowspan",
    "src",
    "style",
    "table-layout",
    "target",
    "text-align",
    "text-decoration",
    "text-padding",
    "text-transform",
    "title",
    "valign",
    "vertical-align",
    "width",
];

/// What in a style could load something, or run.
const BAD_STYLE: [&str; 8] =
    ["url(", "image(", "image-set(", "@import", "expression", "javascript:", "behavior", "-moz-binding"];

/// Whether an element is one of HTML's.
pub(super) fn is_html(name: &str) -> bool {
    HTML.contains(&name)
}

/// Whether an element stands in a column.
pub(super) fn is_component(name: &str) -> bool {
    COMPONENTS.contains(&name)
}

/// What may stand in an element.
enum Inside {
    /// These elements and no words.
    Only(&'static [&'static str]),
    /// Words and elements of HTML.
    Html,
    /// Words.
    Words,
}

fn inside(name: &str) -> Inside {
    match name {
        "mjml" => Inside::Only(&["mj-head", "mj-body"]),
        "mj-head" => Inside::Only(&["mj-title", "mj-preview", "mj-attributes", "mj-style", "mj-breakpoint"]),
        "mj-attributes" => Inside::Only(&[
            "mj-all",
            "mj-class",
            "mj-body",
            "mj-wrapper",
            "mj-section",
            "mj-group",
            "mj-column",
            "mj-text",
            "mj-button",
            "mj-image",
            "mj-divider",
            "mj-spacer",
            "mj-table",
        ]),
        "mj-body" => Inside::Only(&["mj-section", "mj-wrapper"]),
        "mj-wrapper" => Inside::Only(&["mj-section"]),
        "mj-section" => Inside::Only(&["mj-column", "mj-group"]),
        "mj-group" => Inside::Only(&["mj-column"]),
        "mj-column" => Inside::Only(COMPONENTS),
        "mj-title" | "mj-preview" | "mj-style" => Inside::Words,
        name if is_html(name) || matches!(name, "mj-text" | "mj-table" | "mj-button") => Inside::Html,
        _ => Inside::Only(&[]),
    }
}

/// Judges what stands in an element of this name. When a letter is sent, what is only bad in one place is left out.
///
/// # Errors
/// What may not stand there, with its line.
pub(super) fn judge(parent: &str, nodes: &mut Vec<Node>, care: Care) -> Result<(), Unrendered> {
    // Conditions are often wrapped so for other programs; here nothing is left of it.
    nodes.retain(|node| !matches!(node, Node::Element(element) if element.name == "mj-raw" && is_blank(&element.children)));
    match inside(parent) {
        Inside::Only(known) => {
            if let Some(words) = nodes.iter().find(|node| matches!(node, Node::Text(_)) && !is_white(node)) {
                return Err(misplaced_words(parent, words, nodes));
            }
            nodes.retain(|node| matches!(node, Node::Element(_)));
            judge_elements(parent, known, nodes, care)
        }
        Inside::Html => judge_elements(parent, HTML, nodes, care),
        Inside::Words => judge_elements(parent, &[], nodes, care),
    }
}

fn misplaced_words(parent: &str, words: &Node, nodes: &[Node]) -> Unrendered {
    let line = nodes.iter().find_map(|node| match node {
        Node::Element(element) => Some(element.line),
        Node::Text(_) => None,
    });
    let Node::Text(text) = words else { unreachable!("words were looked for") };
    let text: String = text.trim().chars().take(30).collect();
    let instead = match is_html(parent) || parent == "mj-attributes" || parent.starts_with("mj-head") {
        true => "take it out",
        false => "put it into <mj-text>",
    };
    Unrendered { line, reason: format!("“{text}” cannot stand in <{parent}> as it is; {instead}") }
}

fn judge_elements(
    parent: &str,
    known: &[&'static str],
    nodes: &mut Vec<Node>,
    care: Care,
) -> Result<(), Unrendered> {
    let mut judged = Vec::with_capacity(nodes.len());
    for node in std::mem::take(nodes) {
        let mut element = match node {
            Node::Text(text) if parent == "mj-style" => Node::Text(style_sheet(text, care)?),
            other => other,
        };
        if let Node::Element(element) = &mut element {
            if !known.contains(&element.name.as_str()) {
                return Err(misplaced(parent, known, element));
            }
            judge_attributes(element, care)?;
            judge(&element.name.clone(), &mut element.children, care)?;
            if leads_nowhere(element) {
                continue;
            }
        }
        judged.push(element);
    }
    *nodes = judged;
    Ok(())
}

fn misplaced(parent: &str, known: &[&'static str], element: &Element) -> Unrendered {
    let name = &element.name;
    let all = || HTML.iter().chain(COMPONENTS).chain(FRAMES).copied();
    let is_ours = all().any(|known| known == name);
    let near = nearest(name, all()).filter(|_| !is_ours && !NEVER.contains(&name.as_str()));
    let reason = match (near, name.as_str()) {
        (_, "mj-raw") => "<mj-raw> cannot be used; write <mj-text>".to_owned(),
        (_, "mj-include" | "mj-font") => {
            format!("<{name}> loads something from elsewhere and cannot be used; take it out")
        }
        (Some(near), _) => format!("<{name}> is unknown; did you mean <{near}>?"),
        (None, _) if is_ours => {
            let known: Vec<String> = known.iter().take(8).map(|name| format!("<{name}>")).collect();
            match known.is_empty() {
                true => format!("<{name}> cannot stand in <{parent}>; take it out"),
                false => format!("<{name}> cannot stand in <{parent}>; there may be {}", known.join(", ")),
            }
        }
        (None, _) => format!("<{name}> cannot be used in a letter; take it out"),
    };
    Unrendered::at(element.line, reason)
}

/// A button without a link, a picture that is none.
fn leads_nowhere(element: &Element) -> bool {
    match element.name.as_str() {
        "mj-button" => element.attribute("href").is_none(),
        "mj-image" | "img" => element.attribute("src").is_none(),
        _ => false,
    }
}

fn judge_attributes(element: &mut Element, care: Care) -> Result<(), Unrendered> {
    let mut kept = Vec::with_capacity(element.attributes.len());
    for (name, value) in std::mem::take(&mut element.attributes) {
        match (judged_attribute(&name, &value), care) {
            (Ok(Some(value)), _) => kept.push((name, value)),
            (Ok(None), _) | (Err(_), Care::Sent) => {}
            (Err(reason), Care::Saved) => {
                return Err(Unrendered::at(element.line, format!("{name} of <{}> {reason}", element.name)));
            }
        }
    }
    element.attributes = kept;
    Ok(())
}

/// The value as it may stand; `None` for one that says nothing.
fn judged_attribute(name: &str, value: &str) -> Result<Option<String>, String> {
    let value = value.trim();
    if !ATTRIBUTES.contains(&name) {
        let near = nearest(name, ATTRIBUTES.iter().copied());
        let near = near.filter(|_| !name.starts_with("on") && name != "srcset");
        return Err(match near {
            Some(near) => format!("is unknown; did you mean {near}?"),
            None => "cannot be used; take it out".to_owned(),
        });
    }
    match name {
        "href" | "src" if value.is_empty() => Ok(None),
        "href" if is_address(value) || link(value).is_some() => Ok(Some(value.to_owned())),
        "href" => Err("must begin with https://, http://, mailto: or tel: and lead where it says".to_owned()),
        "src" if link(value).is_some() && value.to_ascii_lowercase().starts_with("https://") => {
            Ok(Some(value.to_owned()))
        }
        "src" => Err("must be an address that begins with https://".to_owned()),
        "alt" | "title" => Ok(Some(value.to_owned())),
        _ if is_bad_style(value) => Err("loads or runs something; take that out".to_owned()),
        _ => Ok(Some(value.to_owned())),
    }
}

/// A mailbox or a telephone number.
fn is_address(value: &str) -> bool {
    let rest = value.strip_prefix("mailto:").or_else(|| value.strip_prefix("tel:"));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@.+-_?=&%()~/".contains(c);
    rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_plain))
}

fn is_bad_style(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    plain.contains(['\\', '<', '>', '{', '}'])
        || plain.contains("/*")
        || BAD_STYLE.iter().any(|bad| plain.contains(bad))
}

fn style_sheet(text: String, care: Care) -> Result<String, Unrendered> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let is_bad = plain.contains(['\\', '<'])
        || plain.contains("/*")
        || plain.contains("@font-face")
        || BAD_STYLE.iter().any(|bad| plain.contains(bad));
    match (is_bad, care) {
        (false, _) => Ok(text),
        (true, Care::Sent) => Ok(String::new()),
        (true, Care::Saved) => Err(Unrendered::whole(
            "<mj-style> may not load or run anything, and has no comments and backslashes; take that out",
        )),
    }
}

/// Whether a node is nothing but spaces.
pub(super) fn is_white(node: &Node) -> bool {
    matches!(node, Node::Text(text) if text.trim().is_empty())
}

fn is_blank(nodes: &[Node]) -> bool {
    nodes.iter().all(is_white)
}

/// Judges one element and all that is in it.
///
/// # Errors
/// What may not stand there, with its line.
pub(super) fn judge_alone(node: &mut Node, care: Care) -> Result<(), Unrendered> {
    let Node::Element(element) = node else { return Ok(()) };
    judge_attributes(element, care)?;
    judge(&element.name.clone(), &mut element.children, care)
}
