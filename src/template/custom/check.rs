//! Tries a template on samples before it is kept, and for whoever wants to see what it looks like.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::sample::Sample;
use super::{Frame, Kind, Unrendered, render};
use crate::clock::Instant;
use crate::http::Problem;
use crate::template::Rendered;
use crate::template::pdf::{self, Press, Request, Unprinted};

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
        let (reader, today) = ((&*trial.language, &*trial.time_zone), today(self.now));
        let data = trial.sample.printed(&trial.sample.data(&trial.language), reader, today, pdf::data);
        let request = Request { source, data: &data, files: BTreeMap::new(), today };
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
    render::letter(subject, source, &trial.sample.data(&trial.language), &frame, render::Care::Saved)
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
