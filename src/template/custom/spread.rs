//! What is said once for many elements: `<mj-attributes>` gives its attributes to every element of a name or a class. A
//! few kilobytes of it, times some thousand elements, would be gigabytes; so the product is counted before it is made.

use std::collections::HashMap;

use super::Unrendered;
use super::markup::{Element, Node};

/// How many bytes of attributes the elements of a letter have together, with those that are given to them. A whole letter
/// may be 102 KiB long, so whatever has more cannot become one.
const MOST: usize = 256 * 1024;

/// What is given to elements, in bytes.
#[derive(Default)]
struct Given<'a> {
    to_all: usize,
    to_names: HashMap<&'a str, usize>,
    to_classes: HashMap<&'a str, usize>,
}

/// Judges a whole letter.
///
/// # Errors
/// That it becomes too much.
pub(super) fn judge(letter: &Element) -> Result<(), Unrendered> {
    let mut given = Given::default();
    for head in elements(letter).filter(|part| part.name == "mj-head") {
        for attributes in elements(head).filter(|part| part.name == "mj-attributes") {
            elements(attributes).for_each(|default| given.add(default));
        }
    }
    let bodies = elements(letter).filter(|part| part.name == "mj-body");
    match bodies.map(|body| given.spread(body)).sum::<usize>() > MOST {
        true => Err(Unrendered::whole(
            "what <mj-attributes> gives to every element becomes too much; make its values shorter or the elements fewer",
        )),
        false => Ok(()),
    }
}

impl<'a> Given<'a> {
    fn add(&mut self, default: &'a Element) {
        let place = match (default.name.as_str(), default.attribute("name")) {
            ("mj-all", _) => &mut self.to_all,
            ("mj-class", Some(class)) => self.to_classes.entry(class).or_default(),
            (name, _) => self.to_names.entry(name).or_default(),
        };
        *place += bytes(default);
    }

    /// What an element and all that is in it have, in bytes.
    fn spread(&self, element: &Element) -> usize {
        let below: usize = elements(element).map(|child| self.spread(child)).sum();
        if !element.name.starts_with("mj-") {
            return below;
        }
        let classes = element.attribute("mj-class").unwrap_or_default().split_whitespace();
        let by_class: usize = classes.map(|class| self.to_classes.get(class).copied().unwrap_or(0)).sum();
        let by_name = self.to_names.get(element.name.as_str()).copied().unwrap_or(0);
        below + bytes(element) + self.to_all + by_name + by_class
    }
}

fn bytes(element: &Element) -> usize {
    element.attributes.iter().map(|(name, value)| name.len() + value.len()).sum()
}

fn elements(of: &Element) -> impl Iterator<Item = &Element> {
    of.children.iter().filter_map(|node| match node {
        Node::Element(element) => Some(element),
        Node::Text(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::markup::parse;
    use super::*;

    fn judged(source: &str) -> Result<(), Unrendered> {
        let nodes = parse(source).unwrap();
        let [Node::Element(letter)] = &nodes[..] else { panic!("one element") };
        judge(letter)
    }

    fn letter(default: &str, body: &str) -> String {
        format!(
            "<mjml><mj-head><mj-attributes>{default}</mj-attributes></mj-head><mj-body>{body}</mj-body></mjml>"
        )
    }

    #[test]
    fn what_is_given_to_many_counts_as_often_as_it_is_given() {
        let long = "x".repeat(1_000);
        let all = format!("<mj-all color=\"{long}\" />");
        let name = format!("<mj-text color=\"{long}\" />");
        let class = format!("<mj-class name=\"a\" color=\"{long}\" />");
        let (plain, classy, twice) = (
            "<mj-text>x</mj-text>",
            "<mj-text mj-class=\"a\">x</mj-text>",
            "<mj-text mj-class=\"a a\">x</mj-text>",
        );
        for (default, element, count, is_good) in [
            (&*all, plain, 258, true),
            (&*all, plain, 262, false),
            (&*name, plain, 258, true),
            (&*name, plain, 262, false),
            (&*name, "<mj-spacer />", 262, true),
            (&*class, plain, 262, true),
            (&*class, classy, 250, true),
            (&*class, classy, 262, false),
            (&*class, twice, 125, true),
            (&*class, twice, 131, false),
            ("", "<p color=\"1\">x</p>", 3_000, true),
        ] {
            let judged = judged(&letter(default, &element.repeat(count)));
            assert_eq!(judged.is_ok(), is_good, "{default:.30} {element} {count}");
        }
    }
}
