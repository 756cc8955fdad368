//! What an answer means, as far as it means the same everywhere: statuses, troubles, and when to come again.
//!
//! Each channel looks at what is its own first and leaves the rest to [`Heard::by_status`].

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Address, Answer, Outcome, Parcel};
use crate::clock::Instant;
use crate::outbound::{Outbound, Reply, Target, Trouble};

/// The longest time that a target may ask us to stay away.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// How much of what a target wrote is kept, in bytes.
const LONGEST_DETAIL: usize = 2_048;

/// Pieces of an address that are shorter are no secret, and would take too much out of what is kept.
const SHORTEST_SECRET: usize = 8;

/// Which delivery a request is; the same at every try.
pub(super) const ID: HeaderName = HeaderName::from_static("webhook-id");

/// The header of a request with a JSON body.
pub(super) fn json() -> (HeaderName, HeaderValue) {
    (CONTENT_TYPE, HeaderValue::from_static("application/json"))
}

/// The headers of a request with a card: a relay in between may drop by them what it has had.
pub(super) fn card_headers(parcel: &Parcel) -> Vec<(HeaderName, HeaderValue)> {
    let id = HeaderValue::from_str(&parcel.delivery_id).ok().map(|id| (ID, id));
    std::iter::once(json()).chain(id).collect()
}

/// Posts a card to the URL of a parcel, and asks `verdict` about the answer.
pub(super) async fn post(
    outbound: &Outbound,
    parcel: &Parcel,
    body: Bytes,
    verdict: fn(&Heard) -> Outcome,
) -> Outcome {
    let Address::Url { url, .. } = &parcel.address else { return misaddressed() };
    match outbound.post(url, &card_headers(parcel), body).await {
        Ok(reply) => verdict(&Heard { reply: &reply, url, now: parcel.now }),
        Err(trouble) => of_trouble(trouble),
    }
}

/// An answer, where it came from, and when.
pub(super) struct Heard<'a> {
    /// What came back.
    pub reply: &'a Reply,
    /// Who answered.
    pub url: &'a Target,
    /// When.
    pub now: Instant,
}

impl<'a> Heard<'a> {
    /// The body as text, without the space around it.
    pub fn text(&self) -> Cow<'a, str> {
        match String::from_utf8_lossy(&self.reply.body) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}').trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }

    /// The body, if it is a JSON object.
    pub fn object(&self) -> Option<Value> {
        serde_json::from_str(&self.text()).ok().filter(Value::is_object)
    }

    /// Whether it is a page for people: no webhook answers with one.
    pub fn is_page(&self) -> bool {
        let text = self.text();
        let begins = |with: &str| text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
        begins("<!doctype html") || begins("<html")
    }

    /// The target has it.
    pub fn sent(&self, summary: &str) -> Outcome {
        Outcome::Sent(self.answer(summary))
    }

    /// Not now; the target may be asked as often as the schedule has tries.
    pub fn later(&self, summary: &str) -> Outcome {
        let after = retry_after(&self.reply.headers, self.now);
        Outcome::Later { answer: self.answer(summary), after, patient: true }
    }

    /// Not as things stand: three tries, since somebody may be setting it right.
    pub fn not_yet(&self, summary: &str) -> Outcome {
        let after = retry_after(&self.reply.headers, self.now);
        Outcome::Later { answer: self.answer(summary), after, patient: false }
    }

    /// This message will never be taken.
    pub fn never(&self, summary: &str) -> Outcome {
        Outcome::Never { answer: self.answer(summary), gone: false }
    }

    /// The target is gone for good.
    pub fn gone(&self, summary: &str) -> Outcome {
        Outcome::Never { answer: self.answer(summary), gone: true }
    }

    /// What a status means that is no success; `None` for a success.
    pub fn by_status(&self) -> Option<Outcome> {
        let status = self.reply.status;
        Some(match status {
            200..=299 => return None,
            300..=399 => self.not_yet(
                "It answered with a redirect, and redirects are not followed: store the address that it leads to.",
            ),
            401 | 403 => self.not_yet(&format!(
                "It does not let us in ({status}): make a new webhook there and store its address."
            )),
            404 => self.not_yet(
                "It knows no such address (404): look whether the webhook was switched off or deleted there.",
            ),
            410 => self.gone("The webhook was deleted there (410): make a new one and store its address."),
            429 => self.later("It has been sent too much (429): we try again later."),
            408 | 425 | 500..=599 => {
                self.later(&format!("It cannot take messages at the moment ({status}): we try again later."))
            }
            _ => self.not_yet(&format!(
                "It refused the message ({status}): look into what receives our messages there."
            )),
        })
    }

    fn answer(&self, summary: &str) -> Answer {
        let detail = detail(&self.text(), self.url);
        Answer { status: Some(self.reply.status), summary: summary.to_owned(), detail }
    }
}

/// What it means that there is no answer.
pub(super) fn of_trouble(trouble: Trouble) -> Outcome {
    let later = |summary: &str, detail: Option<String>, patient: bool| Outcome::Later {
        answer: Answer { status: None, summary: summary.to_owned(), detail },
        after: None,
        patient,
    };
    match trouble {
        Trouble::Refused(sentence) => {
            let summary = format!("{}.", sentence.trim_end_matches('.'));
            Outcome::Never { answer: Answer { summary, ..Answer::default() }, gone: false }
        }
        Trouble::Connect(what) => {
            later("There is no connection to it: we try again later.", Some(what), true)
        }
        Trouble::Timeout { .. } => later("It did not answer in time: we try again later.", None, true),
        Trouble::Broken { what, .. } => {
            later("The connection ended before it answered: we try again later.", Some(what), true)
        }
        Trouble::TooLarge => later(
            "Its answer was too large to be read: look into what receives our messages there.",
            None,
            false,
        ),
    }
}

/// What becomes of a parcel that has no URL, which the dispatcher never makes.
pub(super) fn misaddressed() -> Outcome {
    let summary = "This delivery has no webhook URL: store one and send it again.".to_owned();
    Outcome::Never { answer: Answer { summary, ..Answer::default() }, gone: false }
}

/// How long the target asked us to stay away; nothing if it did not say so in a form that HTTP knows.
pub(super) fn retry_after(headers: &HeaderMap, now: Instant) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits beyond every number are a long time too.
        let seconds = text.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST_WAIT)).filter(|wait| !wait.is_zero());
    }
    let wait = http_date(text)?.since(now);
    (!wait.is_zero()).then(|| wait.min(LONGEST_WAIT))
}

/// Any of HTTP's three forms of a date.
fn http_date(text: &str) -> Option<Instant> {
    let forms = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let civil = forms.iter().find_map(|form| strtime::parse(form, text).ok()?.to_datetime().ok())?;
    Some(Instant(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond()))
}

/// What administrators may see of what a target wrote: not its address, which it may repeat, and nothing that steers.
fn detail(text: &str, url: &Target) -> Option<String> {
    let beginning = &text[..text.floor_char_boundary(4 * LONGEST_DETAIL)];
    let visible: String = beginning.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut kept = without_addresses(&visible);
    let behind_host = url.as_str().strip_prefix(&url.origin()).unwrap_or_default();
    // Without the two digits behind each %, so that a piece is found in its decoded form as well.
    let plain =
        behind_host.split('%').enumerate().map(|(n, part)| part.get(2.min(2 * n)..).unwrap_or_default());
    let pieces =
        plain.flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_'));
    for secret in pieces.filter(|piece| piece.len() >= SHORTEST_SECRET) {
        kept = kept.replace(secret, "…");
    }
    kept.truncate(kept.floor_char_boundary(LONGEST_DETAIL));
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// The text with … in place of every address, also where JSON wrote its slashes as `\/`.
fn without_addresses(text: &str) -> String {
    // Lower case for the search only; to_ascii_lowercase keeps every byte at its place.
    let lower = text.to_ascii_lowercase();
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(begin) = next_address(&lower, from) {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')' | '`');
        let end = text[begin..].find(is_end).map_or(text.len(), |length| begin + length);
        kept.push_str(&text[from..begin]);
        kept.push('…');
        from = end;
    }
    kept.push_str(&text[from..]);
    kept
}

fn next_address(lower: &str, from: usize) -> Option<usize> {
    let begins = ["http://", "https://", "http:\\/", "https:\\/", "http%3a", "https%3a"];
    begins.iter().filter_map(|begin| lower[from..].find(begin)).min().map(|offset| from + offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::samples::{NOW, reply, target};

    #[test]
    fn every_status_has_a_meaning() {
        let url = target("https://hooks.example.com/in");
        for status in 100..=999 {
            let reply = reply(status, "");
            let heard = Heard { reply: &reply, url: &url, now: NOW };
            let outcome = heard.by_status();
            let meaning = outcome.as_ref().map(|outcome| match outcome {
                Outcome::Sent(_) => "sent",
                Outcome::Later { patient: true, .. } => "later",
                Outcome::Later { patient: false, .. } => "not yet",
                Outcome::Never { gone: true, .. } => "gone",
                Outcome::Never { gone: false, .. } => "never",
                Outcome::Busy(_) => "busy",
            });
            let expected = match status {
                200..=299 => None,
                408 | 425 | 429 | 500..=599 => Some("later"),
                410 => Some("gone"),
                _ => Some("not yet"),
            };
            assert_eq!(meaning, expected, "{status}");
            assert!(outcome.is_none_or(|outcome| outcome.answer().summary.ends_with('.')), "{status}");
        }
    }

    #[test]
    fn troubles_are_tried_again_unless_the_address_is_refused() {
        let patient = |outcome| match outcome {
            Outcome::Later { patient, .. } => Some(patient),
            _ => None,
        };
        for trouble in [
            Trouble::Connect("hooks.example.com cannot be reached".to_owned()),
            Trouble::Timeout { sent: false },
            Trouble::Timeout { sent: true },
            Trouble::Broken { sent: true, what: "reset".to_owned() },
        ] {
            assert_eq!(patient(of_trouble(trouble.clone())), Some(true), "{trouble:?}");
        }
        assert_eq!(patient(of_trouble(Trouble::TooLarge)), Some(false));
        let refused = of_trouble(Trouble::Refused("enter another address".to_owned()));
        assert!(matches!(&refused, Outcome::Never { gone: false, .. }));
        assert_eq!(refused.answer().summary, "enter another address.");
    }

    #[test]
    fn retry_after_is_obeyed_in_every_form_and_never_beyond_an_hour() {
        // Sun, 11 Jan 2026 14:30:00 GMT
        let now = Instant(1_768_141_800_000_000);
        let table: &[(&str, Option<u64>)] = &[
            ("1", Some(1)),
            ("30", Some(30)),
            (" 120 ", Some(120)),
            ("3600", Some(3_600)),
            ("3601", Some(3_600)),
            ("86400", Some(3_600)),
            ("99999999999999999999999999", Some(3_600)),
            ("0", None),
            ("-5", None),
            ("+5", None),
            ("1.5", None),
            ("1e3", None),
            ("soon", None),
            ("", None),
            ("120, 60", None),
            ("٣", None),
            ("Sun, 11 Jan 2026 14:30:45 GMT", Some(45)),
            ("Sun, 11 Jan 2026 20:00:00 GMT", Some(3_600)),
            ("Sun, 11 Jan 2026 14:30:00 GMT", None),
            ("Sun, 11 Jan 2026 14:29:00 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 GMT", None),
            ("Sunday, 11-Jan-26 14:31:00 GMT", Some(60)),
            ("Sun Jan 11 14:30:10 2026", Some(10)),
            ("Mon, 11 Jan 2026 14:30:45 GMT", None),
            ("Sun, 32 Jan 2026 14:30:45 GMT", None),
            ("2026-01-11T14:30:45Z", None),
        ];
        for (text, seconds) in table {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_bytes(text.as_bytes()).unwrap());
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{text:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn what_a_target_wrote_is_kept_without_addresses_and_control_characters() {
        let url = target("https://hooks.example.com/in/AbCdEfGhIjKl?sig=0123456789%2Fsecretsecret");
        let table: &[(&str, Option<&str>)] = &[
            ("", None),
            (" \n ", None),
            ("no\r\n\u{1b}[31msuch\u{0} hook", Some("no   [31msuch  hook")),
            ("see https://x.example/a?b=c for more", Some("see … for more")),
            ("{\"u\":\"https:\\/\\/x.example\\/a\"}", Some("{\"u\":\"…\"}")),
            ("HTTPS://X.EXAMPLE/A and http%3A%2F%2Fx", Some("… and …")),
            ("unknown /in/AbCdEfGhIjKl", Some("unknown /in/…")),
            ("sig 0123456789/secretsecret", Some("sig …/…")),
            ("'ftp' of hooks.example.com", Some("'ftp' of hooks.example.com")),
        ];
        for (text, kept) in table {
            assert_eq!(detail(text, &url).as_deref(), *kept, "{text:?}");
        }
        let long = detail(&"ä".repeat(60_000), &url).unwrap();
        assert_eq!(long.len(), LONGEST_DETAIL);
        assert!(detail(&"https://x.example/".repeat(5_000), &url).unwrap().len() < 10);
    }
}
