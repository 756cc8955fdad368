//! Takes an e-mail apart for the page that shows it.

use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders, PartType};

use super::Item;

/// The e-mail as an item; whom it went to is said by the envelope.
pub(super) fn read(source: Vec<u8>, recipients: &[String]) -> Item {
    // Every header as words, since it is shown and not used; those that say how a part is written, as they are meant.
    let parser = MessageParser::new().with_mime_headers().default_header_text();
    let mut item = Item::new("email", recipients.join(", "), "");
    if let Some(message) = parser.parse(&source) {
        item.headers = headers(&message);
        item.subject = value(&item.headers, "Subject");
        item.html = body(&message, &message.html_body, |part| match part {
            PartType::Html(html) => Some(html),
            _ => None,
        });
        item.text = body(&message, &message.text_body, |part| match part {
            PartType::Text(text) => Some(text),
            _ => None,
        });
        let name =
            |part: &mail_parser::MessagePart| part.attachment_name().unwrap_or("without a name").to_owned();
        // A calendar entry stands beside the words as well, for programs that show it there.
        let is_file = |part: &&mail_parser::MessagePart| {
            part.attachment_name().is_some() || !part.is_content_type("text", "calendar")
        };
        item.attachments = message.attachments().filter(is_file).map(name).collect();
    }
    item.source = source;
    item
}

fn headers(message: &Message) -> Vec<(String, String)> {
    let raw: Vec<(&str, &str)> = message.headers_raw().collect();
    let written = |index: usize| raw.get(index).map_or("", |(_, value)| value);
    let shown = |(index, header): (usize, &mail_parser::Header)| {
        let value = match &header.value {
            HeaderValue::Text(text) => text.to_string(),
            _ => written(index).split_whitespace().collect::<Vec<_>>().join(" "),
        };
        (header.name.as_str().to_owned(), value.trim().to_owned())
    };
    message.headers().iter().enumerate().map(shown).collect()
}

fn value(headers: &[(String, String)], name: &str) -> String {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map_or_else(String::new, |(_, value)| value.clone())
}

/// The first part of a kind among those that `parts` names: a part may stand for another of a kind that is missing.
fn body<'x>(
    message: &'x Message<'x>,
    parts: &[u32],
    of_kind: impl Fn(&'x PartType<'x>) -> Option<&'x std::borrow::Cow<'x, str>>,
) -> Option<String> {
    let mut parts = parts.iter().filter_map(|index| message.part(*index));
    parts.find_map(|part| of_kind(&part.body)).map(|text| text.to_string())
}
