//! The ways out, all alike: each takes a parcel to its target and says what became of it.
//!
//! To add one: a file, and its line in [`Channels::new`].

mod card;
mod facts;
pub mod email;
pub mod google_chat;
#[cfg(test)]
mod peers;
pub mod ringcentral;
#[cfg(test)]
mod samples;
pub mod slack;
pub mod teams;
mod verdict;
pub mod webhook;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::clock::Instant;
use crate::outbound::{Outbound, Refused, Target};
use crate::template::Link;
use crate::template::calendar::Calendar;
use crate::template::custom::Wording;

/// A way out.
pub trait Channel: Send + Sync {
    /// What it is called everywhere: `email`, `teams` …
    fn name(&self) -> &'static str;

    /// Whether it serves this URL. E-mail serves none.
    fn recognise(&self, url: &Target) -> Recognised;

    /// How fast its targets may be sent to.
    fn pace(&self) -> Pace;

    /// Takes one parcel to its target. Never longer than 40 seconds.
    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Outcome>;
}

/// Whether a channel serves a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// It is none of its own.
    No,
    /// By its host: this is the channel.
    ByHost,
    /// By its path, on a host that is not known: a relay of the company's.
    ByPath,
    /// It was once; one sentence says what to do instead.
    Retired(&'static str),
}

/// How fast a target may be sent to, below what its provider allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many may go at once after a rest.
    pub burst: u32,
    /// The time in which one more may go; zero = no limit.
    pub every: Duration,
    /// How many in an hour; 0 = no limit.
    pub per_hour: u32,
    /// How many may be under way at the same time.
    pub at_once: usize,
    /// Whether what exceeds the pace is folded into one message; otherwise it waits.
    pub folds: bool,
}

/// What became of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The target has it.
    Sent(Answer),
    /// Not now: try again, not before `after` where the target said so.
    Later {
        /// What came back.
        answer: Answer,
        /// What the target asked for.
        after: Option<Duration>,
        /// Whether the target may be asked as often as the schedule has tries; otherwise three times.
        patient: bool,
    },
    /// Trying again would not help.
    Never {
        /// What came back.
        answer: Answer,
        /// Whether the target itself is gone for good (410): it is switched off.
        gone: bool,
    },
    /// Something of ours had no room: try again. The target was not asked, so nothing of it is held against the target.
    Busy(Answer),
}

impl Outcome {
    /// What came back.
    pub fn answer(&self) -> &Answer {
        match self {
            Outcome::Sent(answer)
            | Outcome::Later { answer, .. }
            | Outcome::Never { answer, .. }
            | Outcome::Busy(answer) => answer,
        }
    }
}

/// What a target answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status or SMTP code, if there was one.
    pub status: Option<u16>,
    /// One sentence that may be shown to whoever the target belongs to: nothing of what the target wrote is in it.
    pub summary: String,
    /// What the target wrote, at most 2 KiB; for administrators.
    pub detail: Option<String>,
}

/// One notification, addressed and ready to go.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The delivery; the same at every try. Receivers may drop what they have had.
    pub delivery_id: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// When this try is made.
    pub now: Instant,
    /// What is said.
    pub message: Message,
    /// Who is to hear it.
    pub recipient: Recipient,
    /// Where it goes.
    pub address: Address,
}

/// What is said, in no channel's form yet.
#[derive(Clone, Debug)]
pub struct Message {
    /// Number of the notification.
    pub notification_id: i64,
    /// Its type.
    pub kind: Arc<str>,
    /// One line.
    pub title: String,
    /// The words below it.
    pub text: Option<String>,
    /// Where a click leads: absolute, http or https.
    pub link: Option<String>,
    /// `metadata` as it was sent: the text of a JSON object.
    pub metadata: Option<String>,
    /// The links that stand in it, each with its name: ten at most.
    pub links: Vec<Link>,
    /// The ticket it is about.
    pub related_ticket_id: Option<i64>,
    /// Who caused it.
    pub related_user_id: Option<i64>,
    /// When it was sent.
    pub created_at: Instant,
    /// Notifications that this message carries along, newest last: what came faster than the target may be sent to,
    /// or in quiet hours. At most twenty; `unnamed` counts those beyond.
    pub along: Vec<Brief>,
    /// How many more are waiting in the CRM beside those in `along`.
    pub unnamed: usize,
    /// Where the notification centre is.
    pub centre: String,
}

/// A notification in one line.
#[derive(Clone, Debug)]
pub struct Brief {
    /// Its number.
    pub notification_id: i64,
    /// Its title.
    pub title: String,
    /// Where it leads: absolute.
    pub link: Option<String>,
}

/// Who is to hear it.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Number of the user.
    pub user_id: i64,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Language tag.
    pub language: String,
    /// Name of a time zone.
    pub time_zone: String,
}

/// Where a parcel goes.
#[derive(Clone, Debug)]
pub enum Address {
    /// By e-mail to the recipient.
    Mail(Mailing),
    /// To a URL.
    Url {
        /// Where to. A secret.
        url: Target,
        /// What signs, newest first, as `whsec_…`; more than one while a secret is exchanged for another.
        secrets: Vec<String>,
        /// Whether this is the company's one flow, which needs to be told whom to write to.
        company: bool,
        /// Whether a Teams flow wants the card without its envelope.
        bare: bool,
    },
}

/// How an e-mail goes, and what it has beside the message.
#[derive(Clone, Debug, Default)]
pub struct Mailing {
    /// Further recipients, seen by everybody.
    pub cc: Vec<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Where one POST unsubscribes the recipient from this type; `None` for what cannot be unsubscribed.
    pub unsubscribe: Option<String>,
    /// Whether it goes to `cc` alone: the recipient is somebody whom it does not reach by e-mail.
    pub is_copy: bool,
    /// The template that it is written by, if it is written by one of the administrators'.
    pub letter: Option<Filled>,
    /// Files that are printed just before it goes.
    pub prints: Vec<Print>,
    /// What is so of a letter to somebody who is no user.
    pub outside: Option<Outside>,
}

/// A template and what is filled in.
#[derive(Clone, Debug)]
pub struct Filled {
    /// Its newest wording; `None` where it was deleted.
    pub wording: Option<Arc<Wording>>,
    /// Its variables: a JSON object.
    pub data: Arc<Value>,
}

/// A file that is printed by a template.
#[derive(Clone, Debug)]
pub struct Print {
    /// Its name: `Order 1042.pdf`.
    pub file_name: String,
    /// What it is printed of.
    pub filled: Filled,
}

/// What is so of a letter to somebody who is no user: it has no way into the centre and nothing to unsubscribe.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// Where answers go; `None` for the sender of all e-mails.
    pub reply_to: Option<String>,
    /// What mail programs group its letters by: module and id of the record.
    pub thread: String,
    /// Whether it comes back to the sender where it cannot be delivered. What a program wrote does not: it would come in
    /// as the next message to answer (RFC 3834, 3.3).
    pub comes_back: bool,
}

/// A file that goes with an e-mail.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type, with parameters where it has some: `text/csv; charset=utf-8`.
    pub content_type: String,
    /// Its bytes in base64.
    pub content: String,
}

impl Attachment {
    /// An event, which mail programs offer to take over, and take over the changes of.
    pub fn calendar(calendar: &Calendar) -> Self {
        Self {
            name: "activity.ics".to_owned(),
            content_type: format!("text/calendar; method={}; charset=utf-8", calendar.method.name()),
            content: BASE64_STANDARD.encode(calendar.to_text()),
        }
    }
}

/// Every way out. Clones are the same.
#[derive(Clone)]
pub struct Channels {
    all: Arc<BTreeMap<&'static str, Box<dyn Channel>>>,
    outbound: Outbound,
}

impl Channels {
    /// These channels, whose URLs are reached through `outbound`.
    pub fn of(outbound: Outbound, channels: Vec<Box<dyn Channel>>) -> Self {
        let all = channels.into_iter().map(|channel| (channel.name(), channel)).collect();
        Self { all: Arc::new(all), outbound }
    }

    /// Whether a URL may be called, as far as can be told when it is entered.
    ///
    /// # Errors
    /// One sentence says what is wrong with it.
    pub fn check(&self, url: &Target) -> Result<(), Refused> {
        self.outbound.check(url)
    }

    /// The channel of this name.
    pub fn find(&self, name: &str) -> Option<&dyn Channel> {
        self.all.get(name).map(Box::as_ref)
    }

    /// Their names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.all.keys().copied()
    }

    /// The channel that serves a URL: by its host, else by its path, else a plain webhook.
    ///
    /// # Errors
    /// A URL that its provider has retired: one sentence says what to do instead.
    pub fn recognise(&self, url: &Target) -> Result<&'static str, &'static str> {
        let mut by_path = None;
        for channel in self.all.values() {
            match channel.recognise(url) {
                Recognised::No => {}
                Recognised::ByHost => return Ok(channel.name()),
                Recognised::ByPath => by_path = by_path.or(Some(channel.name())),
                Recognised::Retired(instead) => return Err(instead),
            }
        }
        Ok(by_path.unwrap_or("webhook"))
    }
}
