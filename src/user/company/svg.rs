//! Whether a text is an SVG document that can be shown as it is: it runs nothing and loads nothing.
//!
//! It is read as XML here, as an image or a PDF program reads it. To a page's own HTML it must never be added: there the
//! same text means something else.

use std::borrow::Cow;

/// The longest document, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;

/// The most elements within each other.
const DEEPEST: usize = 100;

const NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// Elements that run something, change others later, or hold what is no SVG.
const REFUSED: [&str; 15] = [
    "script",
    "handler",
    "listener",
    "foreignobject",
    "iframe",
    "embed",
    "object",
    "meta",
    "audio",
    "video",
    "animate",
    "animatecolor",
    "animatemotion",
    "animatetransform",
    "set",
];

/// Pictures that may stand within the document itself.
const PICTURES: [&str; 3] = ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,"];

/// Judges a document.
///
/// # Errors
/// What must be done about it, to be said after its name.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!("must be at most {} KiB large; simplify the drawing", LONGEST / 1024));
    }
    let mut reader = Reader { rest: text.strip_prefix('\u{feff}').unwrap_or(text), ..Reader::default() };
    reader.skip_declaration()?;
    while !reader.rest.is_empty() {
        reader.step()?;
    }
    if !reader.is_begun || !reader.open.is_empty() {
        return Err(malformed());
    }
    // Comments are taken out by now: what they part is one to whoever reads the style.
    check_style(&reader.style)
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a str,
    /// The elements that are open, the outermost first.
    open: Vec<&'a str>,
    is_begun: bool,
    /// All that stands in `style` elements.
    style: String,
}

impl<'a> Reader<'a> {
    fn skip_declaration(&mut self) -> Result<(), String> {
        if self.rest.starts_with("<?xml") {
            self.until("?>")?;
        }
        Ok(())
    }

    /// Takes what stands before `end`, and `end`.
    fn until(&mut self, end: &str) -> Result<&'a str, String> {
        let (taken, rest) = self.rest.split_once(end).ok_or_else(malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn step(&mut self) -> Result<(), String> {
        if self.take("<!--") {
            return self.until("-->").map(drop);
        }
        if self.take("<![CDATA[") {
            let text = self.until("]]>")?;
            return self.text(text, Cow::Borrowed(text));
        }
        if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            let end = self.rest.find([' ', '>', '[', '\n']).unwrap_or(self.rest.len());
            return Err(format!("must be plain SVG: take out {}", shown(&self.rest[..end])));
        }
        if self.take("</") {
            let name = self.until(">")?.trim_end();
            return if self.open.pop() == Some(name) { Ok(()) } else { Err(malformed()) };
        }
        if self.take("<") {
            return self.element();
        }
        let end = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.text(text, decoded(text))
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn text(&mut self, written: &str, meant: Cow<'_, str>) -> Result<(), String> {
        match self.open.last() {
            None if !written.trim().is_empty() => return Err(malformed()),
            Some(name) if local(name) == "style" => self.style.push_str(&meant),
            _ => {}
        }
        Ok(())
    }

    fn element(&mut self) -> Result<(), String> {
        let name = self.name()?;
        let is_root = self.open.is_empty();
        if is_root && (self.is_begun || local(name) != "svg") || self.open.len() >= DEEPEST {
            return Err(malformed());
        }
        if REFUSED.contains(&local(name).as_str()) {
            return Err(format!("must be a still picture: take out the element {}", shown(name)));
        }
        let mut is_svg = !is_root;
        loop {
            let before = self.rest.len();
            self.rest = self.rest.trim_start();
            if self.take("/>") {
                break;
            }
            if self.take(">") {
                self.open.push(name);
                break;
            }
            let is_apart = self.rest.len() < before;
            let (attribute, value) = self.attribute()?;
            if !is_apart {
                return Err(malformed());
            }
            check_attribute(attribute, &value)?;
            is_svg |= attribute.starts_with("xmlns") && value == NAMESPACE;
        }
        self.is_begun = true;
        if is_svg { Ok(()) } else { Err(malformed()) }
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let is_part = |c: char| c.is_alphanumeric() || "_-.:".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if name.is_empty() { Err(malformed()) } else { Ok(name) }
    }

    fn attribute(&mut self) -> Result<(&'a str, Cow<'a, str>), String> {
        let name = self.name()?;
        self.rest = self.rest.trim_start();
        if !self.take("=") {
            return Err(malformed());
        }
        self.rest = self.rest.trim_start();
        let quote = if self.rest.starts_with('"') { "\"" } else { "'" };
        if !self.take(quote) {
            return Err(malformed());
        }
        let value = self.until(quote)?;
        if value.contains('<') { Err(malformed()) } else { Ok((name, decoded(value))) }
    }
}

fn check_attribute(name: &str, value: &str) -> Result<(), String> {
    let local = local(name);
    if local.starts_with("on") {
        return Err(format!("must be without scripts: take out {}", shown(name)));
    }
    if local == "base" || local == "src" {
        return Err(format!("must hold all that it shows: take out {}", shown(name)));
    }
    if local == "href" {
        let value = value.trim();
        let is_within = value.is_empty() || value.starts_with('#');
        if !is_within && !PICTURES.iter().any(|picture| value.starts_with(picture)) {
            return Err(outside(value));
        }
    }
    // What a drawing program notes for itself has a prefix and is no style.
    if name.contains(':') { Ok(()) } else { check_style(value) }
}

fn check_style(style: &str) -> Result<(), String> {
    let style = style.to_lowercase();
    for refused in ["\\", "@import", "image-set(", "src("] {
        if style.contains(refused) {
            return Err(format!("must hold all that it shows: take out {} from its style", shown(refused)));
        }
    }
    for (at, opening) in style.match_indices("url(") {
        let target = style[at + opening.len()..].trim_start_matches([' ', '\t', '\r', '\n', '"', '\'']);
        if !target.starts_with('#') {
            let end = target.find([')', '"', '\'']).unwrap_or(target.len());
            return Err(outside(&target[..end]));
        }
    }
    Ok(())
}

/// A name without its prefix, in small letters.
fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_lowercase()
}

/// A text with its references to characters resolved.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut meant = String::with_capacity(text.len());
    let mut parts = text.split('&');
    meant.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, after) = part.split_once(';').unwrap_or((part, ""));
        meant.extend(character(name));
        meant.push_str(after);
    }
    Cow::Owned(meant)
}

/// The character of a reference; nothing for one that is none.
fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

fn malformed() -> String {
    format!(
        "must be the text of an SVG file, from <svg xmlns=\"{NAMESPACE}\"> to </svg>; save the drawing as plain SVG"
    )
}

fn outside(target: &str) -> String {
    format!("must hold all that it shows: take out the reference to {}", shown(target))
}

fn shown(text: &str) -> String {
    format!("\"{}\"", text.chars().take(64).collect::<String>())
}
