//! MJML and HTML taken apart into a tree, with bounds, by rules of our own; and written down again so that whoever
//! reads it has nothing left to interpret.

use super::Unrendered;
use super::sandbox::MARKS;

/// How deep elements may lie in each other.
const DEEPEST: usize = 40;

/// Elements in all.
const MOST_ELEMENTS: usize = 4_000;

/// Attributes of one element.
const MOST_ATTRIBUTES: usize = 40;

/// The longest name of an element or attribute, in bytes.
const LONGEST_NAME: usize = 40;

/// The longest value of an attribute, in bytes.
const LONGEST_VALUE: usize = 8 * 1024;

/// Elements that have nothing in them and are not closed.
const EMPTY: [&str; 4] = ["br", "hr", "img", "meta"];

/// What may be named between `&` and `;`.
const NAMED: [(&str, char); 34] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("euro", '€'),
    ("pound", '£'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("hellip", '…'),
    ("mdash", '—'),
    ("ndash", '–'),
    ("bull", '•'),
    ("middot", '·'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("times", '×'),
    ("deg", '°'),
    ("sect", '§'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
];

/// A piece of markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Words as they are read: nothing in them is markup.
    Text(String),
    /// An element.
    Element(Element),
}

/// An element with all that is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// In small letters.
    pub name: String,
    /// Names in small letters, values as they are meant.
    pub attributes: Vec<(String, String)>,
    /// In their order.
    pub children: Vec<Node>,
    /// The line of the source on which it begins.
    pub line: usize,
}

impl Element {
    /// An element with attributes, and nothing in it.
    pub(super) fn new(name: &str, attributes: &[(&str, &str)]) -> Self {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { name: name.to_owned(), attributes: attributes.collect(), ..Self::default() }
    }

    /// With this in it.
    #[must_use]
    pub(super) fn holding(mut self, children: impl IntoIterator<Item = Node>) -> Self {
        self.children.extend(children);
        self
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl From<Element> for Node {
    fn from(element: Element) -> Self {
        Node::Element(element)
    }
}

/// Takes markup apart. Marks of [`super::sandbox`] say which line of the source is read.
///
/// # Errors
/// What is not closed, not known or too much, with its line.
pub(super) fn parse(markup: &str) -> Result<Vec<Node>, Unrendered> {
    let mut reader = Reader { rest: markup, line: 1, elements: 0 };
    let mut open: Vec<Element> = vec![Element::default()];
    while !reader.rest.is_empty() {
        if let Some(text) = reader.text()? {
            push_text(open.last_mut().expect("the outermost is never closed"), text);
            continue;
        }
        if reader.takes("<!--") {
            reader.until("-->", "a comment")?;
            continue;
        }
        if reader.takes("</") {
            close(&mut reader, &mut open)?;
            continue;
        }
        let (element, is_closed) = reader.tag()?;
        if is_closed || EMPTY.contains(&element.name.as_str()) {
            open.last_mut().expect("the outermost is never closed").children.push(element.into());
        } else if element.name == "mj-style" {
            let style = reader.until("</mj-style>", "<mj-style>")?;
            let element = element.holding([Node::Text(style)]);
            open.last_mut().expect("the outermost is never closed").children.push(element.into());
        } else if open.len() > DEEPEST {
            return Err(
                reader.wrong(format!("more than {DEEPEST} elements lie in each other; take some out"))
            );
        } else {
            open.push(element);
        }
    }
    match open.len() {
        1 => Ok(open.pop().expect("there is one").children),
        _ => {
            let element = open.pop().expect("there are several");
            Err(Unrendered::at(
                element.line,
                format!("<{}> is not closed; add </{}>", element.name, element.name),
            ))
        }
    }
}

fn push_text(parent: &mut Element, text: String) {
    match parent.children.last_mut() {
        Some(Node::Text(before)) => before.push_str(&text),
        _ => parent.children.push(Node::Text(text)),
    }
}

fn close(reader: &mut Reader<'_>, open: &mut Vec<Element>) -> Result<(), Unrendered> {
    let name = reader.name()?;
    reader.skip_space();
    if !reader.takes(">") {
        return Err(reader.wrong(format!("</{name} is not ended; add >")));
    }
    if EMPTY.contains(&name.as_str()) {
        return Ok(());
    }
    match open.last() {
        Some(element) if open.len() > 1 && element.name == name => {
            let element = open.pop().expect("it was looked at");
            open.last_mut().expect("the outermost is never closed").children.push(element.into());
            Ok(())
        }
        Some(element) if open.len() > 1 => Err(reader.wrong(format!(
            "</{name}> closes nothing, for <{}> of line {} is open; close that first",
            element.name, element.line
        ))),
        _ => Err(reader.wrong(format!("</{name}> closes nothing; take it out"))),
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    elements: usize,
}

impl<'a> Reader<'a> {
    fn wrong(&self, reason: impl Into<String>) -> Unrendered {
        Unrendered::at(self.line, reason)
    }

    /// Goes over marks, and takes over the line that they say.
    fn skip_marks(&mut self) {
        while let Some(marked) = self.rest.strip_prefix(MARKS[0]) {
            let Some((line, rest)) = marked.split_once(MARKS[1]) else { return };
            self.line = line.parse().unwrap_or(self.line);
            self.rest = rest;
        }
    }

    fn takes(&mut self, wanted: &str) -> bool {
        self.skip_marks();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_marks();
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    /// Words up to the next tag; `None` where a tag begins.
    fn text(&mut self) -> Result<Option<String>, Unrendered> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            match c {
                '<' if begins_tag(&self.rest[1..]) => break,
                '&' => text.push(self.entity(true)?),
                c => {
                    text.push(c);
                    self.next();
                }
            }
        }
        Ok((!text.is_empty()).then_some(text))
    }

    /// What stands for `&…;`. In a value of an attribute `&` alone is itself: links are full of it.
    fn entity(&mut self, is_text: bool) -> Result<char, Unrendered> {
        self.next();
        let length = self.rest.bytes().take(12).position(|c| !c.is_ascii_alphanumeric() && c != b'#');
        let name = match length {
            Some(length) if self.rest.as_bytes()[length] == b';' && length > 0 => &self.rest[..length],
            _ => return Ok('&'),
        };
        let found = match name.strip_prefix('#') {
            Some(number) => numbered(number),
            None => NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| *c),
        };
        match found {
            Some(c) => {
                self.rest = &self.rest[name.len() + 1..];
                Ok(c)
            }
            None if is_text => {
                let name = name.to_owned();
                Err(self.wrong(format!("&{name}; is not known here; write the character itself")))
            }
            None => Ok('&'),
        }
    }

    fn until(&mut self, end: &str, what: &str) -> Result<String, Unrendered> {
        let Some((within, rest)) = self.rest.split_once(end) else {
            return Err(self.wrong(format!("{what} is not ended; add {end}")));
        };
        let mut inner = Reader { rest: within, line: self.line, elements: 0 };
        let mut text = String::new();
        while let Some(c) = inner.next() {
            text.push(c);
        }
        self.line = inner.line;
        self.rest = rest;
        Ok(text)
    }

    fn name(&mut self) -> Result<String, Unrendered> {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_ascii_alphanumeric() || *c == '-') {
            name.push(c.to_ascii_lowercase());
            self.next();
            if name.len() > LONGEST_NAME {
                return Err(self.wrong("a name in a tag is too long; mend it"));
            }
        }
        match name.is_empty() {
            true => Err(self.wrong("a name is missing in a tag; write &lt; where < is meant as a sign")),
            false => Ok(name),
        }
    }

    /// An element's tag, and whether it is closed in itself.
    fn tag(&mut self) -> Result<(Element, bool), Unrendered> {
        self.next();
        if matches!(self.peek(), Some('!' | '?')) {
            return Err(
                self.wrong("take out what begins with <! or <?: only elements and comments can be used")
            );
        }
        self.elements += 1;
        if self.elements > MOST_ELEMENTS {
            return Err(
                self.wrong(format!("there are more than {MOST_ELEMENTS} elements; make the letter shorter"))
            );
        }
        let line = self.line;
        let mut element = Element { name: self.name()?, line, ..Element::default() };
        loop {
            self.skip_space();
            if self.takes("/>") {
                return Ok((element, true));
            }
            if self.takes(">") {
                return Ok((element, false));
            }
            if self.peek().is_none() {
                return Err(Unrendered::at(line, format!("<{} is not ended; add >", element.name)));
            }
            let (name, value) = self.attribute(&element.name)?;
            if element.attribute(&name).is_some() {
                return Err(self.wrong(format!("{name} is given twice to <{}>; give it once", element.name)));
            }
            element.attributes.push((name, value));
            if element.attributes.len() > MOST_ATTRIBUTES {
                return Err(self.wrong(format!("<{}> has too many attributes; take some out", element.name)));
            }
        }
    }

    fn attribute(&mut self, element: &str) -> Result<(String, String), Unrendered> {
        let name = self.name()?;
        self.skip_space();
        let unquoted =
            format!("write the value of {name} of <{element}> between double quotes: {name}=\"…\"");
        if !self.takes("=") {
            return Err(self.wrong(unquoted));
        }
        self.skip_space();
        let quote = match self.next() {
            Some(quote @ ('"' | '\'')) => quote,
            _ => return Err(self.wrong(unquoted)),
        };
        let mut value = String::new();
        loop {
            match self.peek() {
                None => return Err(self.wrong(format!("the value of {name} is not ended; add {quote}"))),
                Some('<') => return Err(self.wrong(format!("the value of {name} has < in it; write &lt;"))),
                Some('&') => value.push(self.entity(false)?),
                Some(c) => {
                    self.next();
                    if c == quote {
                        return Ok((name, value));
                    }
                    value.push(if c.is_whitespace() { ' ' } else { c });
                }
            }
            if value.len() > LONGEST_VALUE {
                return Err(self.wrong(format!("the value of {name} is too long; make it shorter")));
            }
        }
    }
}

/// Whether `<` and this begins a tag; else it is a sign.
fn begins_tag(mut rest: &str) -> bool {
    while let Some((_, behind)) = rest.strip_prefix(MARKS[0]).and_then(|rest| rest.split_once(MARKS[1])) {
        rest = behind;
    }
    rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
}

/// Writes markup that says what this tree says, and nothing else to any reader.
pub(super) fn write(nodes: &[Node], out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => write_text(text, out),
            Node::Element(element) => write_element(element, out),
        }
    }
}

fn write_element(element: &Element, out: &mut String) {
    out.push('<');
    out.push_str(&element.name);
    for (name, value) in &element.attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        write_value(value, out);
        out.push('"');
    }
    let is_component = element.name.starts_with("mj");
    if element.children.is_empty() && (is_component || EMPTY.contains(&element.name.as_str())) {
        out.push_str(" />");
        return;
    }
    out.push('>');
    match element.name.as_str() {
        // Style sheets know no entities; what they may hold is judged.
        "mj-style" => element.children.iter().for_each(|child| {
            if let Node::Text(text) = child {
                out.push_str(text);
            }
        }),
        _ => write(&element.children, out),
    }
    out.push_str("</");
    out.push_str(&element.name);
    out.push('>');
}

fn write_text(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{a0}' => out.push_str("&nbsp;"),
            c => out.push(c),
        }
    }
}

/// The renderer of MJML writes values as if they were for Rust: whatever it would change is written as a number.
fn write_value(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' | '>' | '"' | '\\' => out.push_str(&format!("&#{};", u32::from(c))),
            c if c.is_ascii() && !c.is_control() => out.push(c),
            c => out.push_str(&format!("&#{};", u32::from(c))),
        }
    }
}
