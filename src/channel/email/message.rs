//! One parcel as one message: headers, a text part, an HTML part, and files.
//!
//! What the parts say is made before, in `content`.

use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lettre::Address as Mailaddress;
use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType};
use lettre::message::{Body, MultiPart, SinglePart};

use super::content::{Content, Printed};
use super::header::{Headers, mailbox, quoted_printable};
use crate::channel::{Attachment, Mailing, Outside, Parcel};
use crate::clock::Instant;
use crate::config::Mailbox;
use crate::template::{Rendered, one_line};

const LONGEST_FILE_NAME: usize = 100;
/// A delivery's id has 36 characters; a boundary may have 70 with all that is ours.
const LONGEST_TOKEN: usize = 50;

/// A message and its envelope.
#[derive(Debug)]
pub(super) struct Mail {
    /// Whom it comes from.
    pub from: Mailaddress,
    /// Whether it comes back where it cannot be delivered; otherwise its envelope has no sender.
    pub comes_back: bool,
    /// Who has to get it.
    pub to: Mailaddress,
    /// Who gets a copy.
    pub cc: Vec<Mailaddress>,
    /// Headers and bodies: ASCII in lines of at most 998 bytes, each ended by CR LF.
    pub bytes: Vec<u8>,
}

/// Why a parcel can be no message: one sentence that says what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit(pub &'static str);

/// Writes the message of a parcel.
///
/// # Errors
/// An address that is none, and a file that cannot be read.
pub(super) fn build(
    parcel: &Parcel,
    mailing: &Mailing,
    content: &Content,
    from: &Mailbox,
) -> Result<Mail, Unfit> {
    let (to, cc) = recipients(parcel, mailing)?;
    let sender =
        address(&from.address).ok_or(Unfit("The sender is no e-mail address: correct smtp.from."))?;

    let mut headers = Headers::default();
    headers.set("From", &mailbox(&from.name, &from.address));
    // Whose copy it is stands in the letter: they are not among those who get it.
    let name = if mailing.is_copy { "" } else { &parcel.recipient.name };
    headers.set("To", &mailbox(name, to.as_ref()));
    if !cc.is_empty() {
        headers.set("Cc", &cc.iter().map(ToString::to_string).collect::<Vec<_>>().join(",\r\n "));
    }
    headers.set_text("Subject", &content.written.subject);
    headers.set("Date", &date(parcel.now));
    headers.set("Message-ID", &format!("<{}@{}>", token(&parcel.delivery_id), sender.domain()));
    match &mailing.outside {
        None => identify(&mut headers, parcel, sender.domain()),
        Some(outside) => identify_outside(&mut headers, outside, sender.domain()),
    }
    headers.set_text("Belfry-Type", &parcel.message.kind);
    if let Some(unsubscribe) = mailing.unsubscribe.as_deref().filter(|url| is_bare_url(url)) {
        headers.set("List-Unsubscribe", &format!("<{unsubscribe}>"));
        headers.set("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    }
    headers.set("MIME-Version", "1.0");
    let mut bytes = headers.into_bytes();
    let body = body(&parcel.delivery_id, &content.written, &mailing.attachments, &content.prints)?;
    bytes.extend(body.formatted());
    let comes_back = mailing.outside.as_ref().is_none_or(|outside| outside.comes_back);
    Ok(Mail { from: sender, comes_back, to, cc, bytes })
}

/// Who has to get it, and who gets a copy. Nobody gets a message twice, however their address is written.
fn recipients(parcel: &Parcel, mailing: &Mailing) -> Result<(Mailaddress, Vec<Mailaddress>), Unfit> {
    let own = address(&parcel.recipient.email);
    let mut copies: Vec<Mailaddress> = Vec::new();
    for copy in mailing.cc.iter().filter_map(|copy| address(copy)) {
        let is_known = |known: &Mailaddress| {
            let (known, new): (&str, &str) = (known.as_ref(), copy.as_ref());
            known.eq_ignore_ascii_case(new)
        };
        if !own.iter().chain(&copies).any(is_known) {
            copies.push(copy);
        }
    }
    if !mailing.is_copy {
        let unfit = match mailing.outside {
            None => "The e-mail address is none that mail can be sent to: correct it in the profile.",
            Some(_) => "The e-mail address is none that mail can be sent to: correct it in the record.",
        };
        return Ok((own.ok_or(Unfit(unfit))?, copies));
    }
    if copies.is_empty() {
        return Err(Unfit("No copy can be sent to these addresses: correct them in the settings."));
    }
    Ok((copies.remove(0), copies))
}

/// The address if mail can be sent to it: looked at again, whoever let it in.
fn address(text: &str) -> Option<Mailaddress> {
    let known = Mailbox::parse(text).filter(|mailbox| mailbox.address == text)?;
    known.address.parse().ok()
}

/// Which notification it is, what it belongs to, and that no person wrote it.
fn identify(headers: &mut Headers, parcel: &Parcel, domain: &str) {
    let message = &parcel.message;
    if let Some(ticket) = message.related_ticket_id {
        thread(headers, &format!("ticket-{ticket}"), domain);
    }
    headers.set("Auto-Submitted", "auto-generated");
    headers.set("X-Auto-Response-Suppress", "All");
    headers.set("Belfry-Notification", &message.notification_id.to_string());
}

/// The same of a letter to somebody who is no user. Whatever answers by itself has three ways to learn that it is not to
/// answer this one (RFC 3834, Exchange, and what was usual before them).
fn identify_outside(headers: &mut Headers, outside: &Outside, domain: &str) {
    if let Some(address) = outside.reply_to.as_deref().and_then(address) {
        headers.set("Reply-To", address.as_ref());
    }
    thread(headers, &token(&outside.thread), domain);
    headers.set("Auto-Submitted", "auto-replied");
    headers.set("X-Auto-Response-Suppress", "All");
    headers.set("Precedence", "bulk");
}

/// The thread has no first message: mail programs group what names the same one.
fn thread(headers: &mut Headers, name: &str, domain: &str) {
    let thread = format!("<{name}@{domain}>");
    headers.set("In-Reply-To", &thread);
    headers.set("References", &thread);
}

fn date(at: Instant) -> String {
    let time = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
    jiff::fmt::rfc2822::to_string(&time).expect("every year of a timestamp can be written")
}

/// A text of which only letters, digits and hyphens are left, and not too many.
fn token(text: &str) -> String {
    text.chars().take(LONGEST_TOKEN).map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Whether a URL may stand between angle brackets.
fn is_bare_url(url: &str) -> bool {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web
        && url.len() <= 900
        && url.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"<>\"".contains(&byte))
}

/// The text before the HTML, and an event behind both: a reader takes the last form that it knows, and programs that
/// know events show it beside the words. It is a file as well, for those that do not.
fn body(
    id: &str,
    written: &Rendered,
    attachments: &[Attachment],
    prints: &[Printed],
) -> Result<MultiPart, Unfit> {
    // "=_" stands in no quoted-printable and no base64: no sender can write a line that ends a part.
    let boundary = |part: &str| format!("=_{part}_{}", token(id));
    let mut both = MultiPart::alternative()
        .boundary(boundary("both"))
        .singlepart(text_part(ContentType::TEXT_PLAIN, &written.text))
        .singlepart(text_part(ContentType::TEXT_HTML, &written.html));
    if let Some((kind, event)) = attachments.iter().find_map(event) {
        both = both.singlepart(text_part(kind, &event));
    }
    if attachments.is_empty() && prints.is_empty() {
        return Ok(both);
    }
    let mut mixed = MultiPart::mixed().boundary(boundary("all")).multipart(both);
    for attachment in attachments {
        let bytes = BASE64_STANDARD.decode(&attachment.content);
        let bytes = bytes.map_err(|_| Unfit("A file of this e-mail is no base64: send it again."))?;
        mixed = mixed.singlepart(file(&attachment.name, &attachment.content_type, bytes));
    }
    for print in prints {
        mixed = mixed.singlepart(file(&pdf_name(&print.name), "application/pdf", print.bytes.clone()));
    }
    Ok(mixed)
}

fn text_part(kind: ContentType, text: &str) -> SinglePart {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    let body = Body::dangerous_pre_encoded(quoted_printable(text), encoding);
    SinglePart::builder().header(kind).body(body)
}

/// The text of a file that is an event and says what is to be done with it.
fn event(attachment: &Attachment) -> Option<(ContentType, String)> {
    let kind = media_type(&attachment.content_type);
    let is_event = attachment.content_type.starts_with("text/calendar; method=");
    let bytes = BASE64_STANDARD.decode(&attachment.content).ok().filter(|_| is_event)?;
    Some((kind, String::from_utf8(bytes).ok()?.replace("\r\n", "\n")))
}

fn file(name: &str, content_type: &str, bytes: Vec<u8>) -> SinglePart {
    let body = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64);
    SinglePart::builder()
        .header(media_type(content_type))
        .header(ContentDisposition::attachment(&file_name(name)))
        .body(body.expect("base64 takes every byte"))
}

/// Programs go by the end of a name.
fn pdf_name(name: &str) -> String {
    let stem = name.strip_suffix(".pdf").unwrap_or(name);
    let stem: String = one_line(stem).chars().take(LONGEST_FILE_NAME - ".pdf".len()).collect();
    format!("{stem}.pdf")
}

/// A media type, with parameters that need no quotes; what is none is bytes.
fn media_type(text: &str) -> ContentType {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    let is_pair = |text: &str, between| {
        text.split_once(between).is_some_and(|(name, value)| is_name(name) && is_name(value))
    };
    let mut parts = text.split("; ");
    let is_type = text.len() <= 120
        && parts.next().is_some_and(|kind| is_pair(kind, '/'))
        && parts.all(|parameter| is_pair(parameter, '='));
    let known = if is_type { ContentType::parse(text).ok() } else { None };
    known.unwrap_or_else(|| ContentType::parse("application/octet-stream").expect("it is a media type"))
}

/// A name of letters, digits and `.-_ ()`: no path, no quotes, nothing that could be decoded.
fn file_name(name: &str) -> String {
    let is_harmless = |c: char| c.is_alphanumeric() || ".-_ ()".contains(c);
    let line = one_line(name);
    let name = line.chars().take(LONGEST_FILE_NAME).map(|c| if is_harmless(c) { c } else { '_' });
    let name: String = name.collect();
    match name.trim_matches(['.', ' ']) {
        "" => "file".to_owned(),
        name => name.to_owned(),
    }
}
