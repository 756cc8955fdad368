//! Tries a template on samples before it is kept, and for whoever wants to see what it looks like.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::variables::Sample;
use super::{Frame, Kind, Unrendered, render};
use crate::clock::Instant;
use crate::http::Problem;
use crate::template::Rendered;
use crate::template::pdf::{self, DocumentInput, Letterhead, Party, Person, Press, Request, Unprinted};

/// What a reader of a preview finds below the letter.
const CENTRE: &str = "https://crm.example.com/notifications";

const EVERY_SAMPLE: [Sample; 3] = [Sample::Order("sales_orders"), Sample::Ticket, Sample::Personnel];

/// Judges sources.
pub(super) struct Check {
    /// Where PDFs are printed.
    pub press: Press,
    /// When it is asked.
    pub now: Instant,
}

/// What a template is tried on.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub sample: Sample,
    pub language: String,
    pub time_zone: String,
}

impl Check {
    /// Judges what is to be kept.
    ///
    /// # Errors
    /// 400 with the line, where it is known; 503 where nobody can tell now.
    pub(super) async fn source(&self, kind: Kind, subject: &str, source: &str) -> Result<(), Problem> {
        match kind {
            Kind::Email => {
                let (subject, source) = (subject.to_owned(), source.to_owned());
                blocking(move || {
                    for sample in EVERY_SAMPLE {
                        for language in ["en", "de"] {
                            let trial =
                                Trial { sample, language: language.to_owned(), time_zone: "UTC".to_owned() };
                            letter(&subject, &source, &trial)?;
                        }
                    }
                    Ok(())
                })
                .await
            }
            Kind::Pdf => {
                let trial = Trial {
                    sample: Sample::Order("sales_orders"),
                    language: "en".to_owned(),
                    time_zone: "UTC".to_owned(),
                };
                self.print(source, &trial).await.map(drop)
            }
        }
    }

    /// A letter on a sample.
    pub(super) async fn letter(
        &self,
        subject: String,
        source: String,
        trial: Trial,
    ) -> Result<Rendered, Problem> {
        blocking(move || letter(&subject, &source, &trial)).await
    }

    /// A PDF on a sample.
    pub(super) async fn print(&self, source: &str, trial: &Trial) -> Result<Vec<u8>, Problem> {
        if source.len() > super::sandbox::SOURCE_BYTES {
            return Err(Problem::bad_request("The source is longer than 64 KiB; make it shorter"));
        }
        let data = document(trial, self.now);
        let request = Request { source, data: &data, files: BTreeMap::new(), today: today(self.now) };
        self.press.print(&request).await.map_err(|unprinted| match &unprinted {
            Unprinted::Refused(mistake) if mistake.file.is_none() => {
                let hint = mistake.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
                let reason = format!("{}{hint}", mistake.message);
                Problem::bad_request(Unrendered { line: mistake.line, reason }.to_string())
            }
            _ if unprinted.may_pass() => Problem::unavailable(unprinted.to_string(), 60),
            _ => Problem::bad_request(unprinted.to_string()),
        })
    }
}

fn letter(subject: &str, source: &str, trial: &Trial) -> Result<Rendered, Unrendered> {
    let frame = Frame {
        language: &trial.language,
        time_zone: &trial.time_zone,
        centre: Some(CENTRE),
        unsubscribe: None,
        note: None,
    };
    render::letter(subject, source, &trial.sample.data(), &frame, render::Care::Saved)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unrendered> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| Problem::bad_request(error.to_string())),
        Err(broken) => Err(Problem::fault(&broken)),
    }
}

fn today(now: Instant) -> Date {
    let at = jiff::Timestamp::from_microsecond(now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::UTC).date()
}

/// What a PDF template is tried on.
fn document(trial: &Trial, now: Instant) -> Value {
    let data = trial.sample.data();
    let (kind, id) = match trial.sample {
        Sample::Order("invoices") => (pdf::Kind::Invoice, "1042"),
        Sample::Order("quotes") => (pdf::Kind::Quote, "1042"),
        _ => (pdf::Kind::SalesOrder, "1042"),
    };
    let text = |path: &str| data.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let nothing = Map::new();
    let fields = |path: &str| data.pointer(path).and_then(Value::as_object).unwrap_or(&nothing);
    let letterhead = Letterhead {
        name: text("/letterhead/name").to_owned(),
        address: text("/letterhead/address").to_owned(),
        phone: text("/letterhead/phone").to_owned(),
        email: text("/letterhead/email").to_owned(),
        website: text("/letterhead/website").to_owned(),
        currency: "GBP".to_owned(),
        ..Letterhead::default()
    };
    pdf::data(&DocumentInput {
        kind,
        id,
        label: text("/record/label"),
        fields: fields("/record/fields"),
        company: Some(Party { label: text("/company/label"), fields: fields("/company/fields") }),
        contact: Some(Party { label: text("/contact/label"), fields: fields("/contact/fields") }),
        owner: Some(Person { name: text("/owner/name"), email: text("/owner/email") }),
        letterhead: &letterhead,
        language: &trial.language,
        today: today(now),
        time_zone: &trial.time_zone,
    })
}
