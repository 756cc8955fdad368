//! What an e-mail says, and the files that are printed for it: by administrators' templates where there are some.
//!
//! Nothing that is wrong with a template holds an e-mail back. Without the template's words it has those that every
//! notification has, without a file it goes without it, and in both cases it says so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use tokio::time::Instant as Moment;

use super::missing::{self, Missing};
use crate::channel::{Attachment, Filled, Mailing, Parcel, Print};
use crate::template::custom::{self, Frame, Kind, Wording};
use crate::template::pdf::{Press, Request};
use crate::template::{self, Letter, Rendered};

/// How long the files of one e-mail may take in all. With the longest that a mail server may take it is less than the
/// dispatcher's patience.
const PRINTING: Duration = Duration::from_secs(6);

/// How long a letter may take. It is bounded by what it counts; this is for a computer that is stuck.
const WRITING: Duration = Duration::from_secs(3);

/// The files of one e-mail together, in bytes: in base64 that is 20 MiB, and most servers take 25.
const FILES: usize = 15 * 1024 * 1024;

/// So often an e-mail waits for a press that has no room. Then it goes without its file.
const PATIENT_TRIES: u32 = 3;

/// Of a text longer than that the end may be cut, and what is to be read in any case stands before it.
const LONG_TEXT: usize = 8_000;

/// What an e-mail consists of.
#[derive(Clone, Debug)]
pub(super) struct Content {
    /// Its words.
    pub written: Rendered,
    /// The files that were printed for it.
    pub prints: Vec<Printed>,
    /// What it should have and has not.
    pub missing: Vec<Missing>,
}

/// A file that was printed: a PDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Printed {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The press has no room for a file now: one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Busy(pub String);

/// Makes what an e-mail consists of.
///
/// # Errors
/// A press without room, a few times; then the e-mail goes without the file.
pub(super) async fn make(parcel: &Parcel, mailing: &Mailing, press: Option<&Press>) -> Result<Content, Busy> {
    let mut missing = Vec::new();
    let prints = print_all(parcel, mailing, press, &mut missing).await?;
    // Others that are carried along have no place in a template.
    let is_alone = parcel.message.along.is_empty() && parcel.message.unnamed == 0;
    let written = match mailing.letter.as_ref().filter(|_| is_alone) {
        None => None,
        Some(letter) => match write(parcel, mailing, letter, &missing).await {
            Ok(written) => Some(written),
            Err(why) => {
                missing.push(Missing::Letter { why });
                None
            }
        },
    };
    for one in &missing {
        let (delivery, kind) = (&*parcel.delivery_id, &*parcel.message.kind);
        tracing::warn!(delivery, kind, "{}", one.sentence());
    }
    let written =
        written.unwrap_or_else(|| plain(parcel, mailing, note(parcel, mailing, &missing).as_deref()));
    Ok(Content { written, prints, missing })
}

/// What the reader is told of what is missing.
fn note(parcel: &Parcel, mailing: &Mailing, missing: &[Missing]) -> Option<String> {
    missing::note(missing, &parcel.recipient.language, mailing.outside.is_some())
}

/// Prints the files, one after the other: the press is everybody's.
async fn print_all(
    parcel: &Parcel,
    mailing: &Mailing,
    press: Option<&Press>,
    missing: &mut Vec<Missing>,
) -> Result<Vec<Printed>, Busy> {
    let until = Moment::now() + PRINTING;
    let mut room = FILES.saturating_sub(mailing.attachments.iter().map(Attachment::size).sum());
    let mut prints = Vec::with_capacity(mailing.prints.len());
    for print in &mailing.prints {
        let why = match print_one(parcel, print, press, until).await {
            Ok(bytes) if bytes.len() <= room => {
                room -= bytes.len();
                prints.push(Printed { name: print.file_name.clone(), bytes });
                continue;
            }
            Ok(_) => format!("the files of one e-mail may have {} MiB together", FILES / 1024 / 1024),
            Err(NotPrinted::Busy(why)) if parcel.attempt <= PATIENT_TRIES => {
                return Err(Busy(missing::waits(&print.file_name, &why)));
            }
            Err(NotPrinted::Busy(why) | NotPrinted::Faulty(why)) => why,
        };
        missing.push(Missing::Print { file_name: print.file_name.clone(), why });
    }
    Ok(prints)
}

/// Why there is no file, in words that stand within a sentence.
enum NotPrinted {
    /// It may be there later.
    Busy(String),
    Faulty(String),
}

async fn print_one(
    parcel: &Parcel,
    print: &Print,
    press: Option<&Press>,
    until: Moment,
) -> Result<Vec<u8>, NotPrinted> {
    let wording = wording(&print.filled, Kind::Pdf).map_err(NotPrinted::Faulty)?;
    let press = press.ok_or_else(|| NotPrinted::Faulty("this server prints nothing".to_owned()))?;
    let request = Request {
        source: &wording.source,
        data: &print.filled.data,
        files: BTreeMap::new(),
        today: today(parcel),
    };
    match tokio::time::timeout_at(until, press.print(&request)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(unprinted)) if unprinted.may_pass() => Err(NotPrinted::Busy(unprinted.to_string())),
        Ok(Err(unprinted)) => Err(NotPrinted::Faulty(unprinted.to_string())),
        Err(_) => Err(NotPrinted::Busy("too much is being printed".to_owned())),
    }
}

/// The day on which the reader gets it.
fn today(parcel: &Parcel) -> Date {
    let zone = TimeZoneDatabase::bundled().get(&parcel.recipient.time_zone).unwrap_or(TimeZone::UTC);
    Timestamp::from_microsecond(parcel.now.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone).date()
}

/// The wording that something is to be made of; where there is none, why.
fn wording(filled: &Filled, kind: Kind) -> Result<Arc<Wording>, String> {
    let wording = filled.wording.clone().ok_or("its template was deleted")?;
    match (wording.kind == kind, kind) {
        (true, _) => Ok(wording),
        (false, Kind::Email) => Err(format!("{} is no template for e-mails", wording.name)),
        (false, Kind::Pdf) => Err(format!("{} is no template for PDFs", wording.name)),
    }
}

/// The letter in the words of its template; where there is none, why.
async fn write(
    parcel: &Parcel,
    mailing: &Mailing,
    letter: &Filled,
    missing: &[Missing],
) -> Result<Rendered, String> {
    let wording = wording(letter, Kind::Email)?;
    let data = Arc::clone(&letter.data);
    let recipient = parcel.recipient.clone();
    let has_centre = !mailing.is_copy && mailing.outside.is_none();
    let centre = has_centre.then(|| parcel.message.centre.clone());
    let unsubscribe = mailing.unsubscribe.clone();
    let copy = mailing.is_copy.then(|| missing::copy_of(reader(parcel), &recipient.language));
    let notes: Vec<String> = copy.into_iter().chain(note(parcel, mailing, missing)).collect();
    let note = (!notes.is_empty()).then(|| notes.join(" "));
    let writing = tokio::task::spawn_blocking(move || {
        let frame = Frame {
            language: &recipient.language,
            time_zone: &recipient.time_zone,
            centre: centre.as_deref(),
            unsubscribe: unsubscribe.as_deref(),
            note: note.as_deref(),
        };
        custom::render(&wording, &data, &frame)
    });
    match tokio::time::timeout(WRITING, writing).await {
        Ok(Ok(Ok(written))) => Ok(written),
        Ok(Ok(Err(unrendered))) => Err(unrendered.to_string()),
        // A panic of the renderer is a fault of ours, and no reason to lose the e-mail.
        Ok(Err(_)) => Err("the server failed while it wrote it, and its log says where".to_owned()),
        Err(_) => Err("it took too long".to_owned()),
    }
}

/// How the letter calls its reader.
fn reader(parcel: &Parcel) -> &str {
    match parcel.recipient.name.as_str() {
        "" => &parcel.recipient.email,
        name => name,
    }
}

/// The letter that every notification has.
pub(super) fn plain(parcel: &Parcel, mailing: &Mailing, note: Option<&str>) -> Rendered {
    let Parcel { message, recipient, .. } = parcel;
    let along: Vec<(&str, Option<&str>)> =
        message.along.iter().map(|brief| (brief.title.as_str(), brief.link.as_deref())).collect();
    let text = with_note(message.text.as_deref(), note);
    template::render(&Letter {
        kind: &message.kind,
        title: &message.title,
        text: text.as_deref(),
        link: message.link.as_deref(),
        metadata: message.metadata.as_deref(),
        links: &message.links,
        ticket: message.related_ticket_id,
        sent_at: message.created_at,
        along: &along,
        unnamed: message.unnamed,
        centre: &message.centre,
        unsubscribe: mailing.unsubscribe.as_deref(),
        copy_of: mailing.is_copy.then(|| reader(parcel)),
        language: &recipient.language,
        time_zone: &recipient.time_zone,
    })
}

/// A text and a note, each a paragraph. The note stands where nothing cuts it off.
fn with_note(text: Option<&str>, note: Option<&str>) -> Option<String> {
    match (text.filter(|text| !text.trim().is_empty()), note) {
        (Some(text), Some(note)) if text.len() > LONG_TEXT => Some(format!("{note}\n\n{text}")),
        (Some(text), Some(note)) => Some(format!("{}\n\n{note}", text.trim_end())),
        (text, note) => text.or(note).map(str::to_owned),
    }
}

impl Attachment {
    /// How many bytes it has, near enough.
    fn size(&self) -> usize {
        self.content.len() / 4 * 3
    }
}
