//! Deliveries: who gets what by which channel, the outbox, dispatch, and the log of it all.
//!
//! [`Deliveries::plan_in`] decides by the channel rules and writes one row a channel, in the transaction of the
//! notification. The dispatcher claims what is due, looks whether it still should go, hands it to its channel, and
//! writes down what became of it. Tables are the truth: losing every hint makes things late by a second.

mod backoff;
mod copies;
mod dispatch;
mod http;
mod lane;
mod letters;
mod log;
mod metrics;
mod origin;
mod outside;
mod pace;
mod plan;
mod prepare;
mod preview;
mod reason;
mod rules;
mod settle;
pub mod settings;
mod store;
mod summary;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::channel::Channels;
use crate::clock::Clock;
use crate::config::Config;
use crate::secret;
use crate::settings::Settings;
use crate::storage::Database;
use crate::telemetry::metrics::Registry;
use crate::template::custom::{LetterUse, PrintUse};
use crate::user::Users;

pub use http::routes;
pub use log::Passage;
pub use origin::{Content, Origin};
pub use outside::{OutsideLetter, Plain, Prompt};
pub use plan::Chosen;
pub use reason::Reason;

/// How something came to be sent: it decides which of a user's choices count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// A trigger decided it.
    Automated,
    /// Somebody pressed Notify, or a customer is written what somebody of the team did or said.
    Manual,
    /// An activity is coming up.
    Reminder,
    /// A program sent it through the API.
    Api,
}

impl Sending {
    /// Every kind of sending.
    pub const ALL: [Sending; 4] = [Sending::Automated, Sending::Manual, Sending::Reminder, Sending::Api];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Sending::Automated => "automated",
            Sending::Manual => "manual",
            Sending::Reminder => "reminder",
            Sending::Api => "api",
        }
    }

    /// As it was stored.
    fn from_stored(name: &str) -> Self {
        Self::ALL.into_iter().find(|sending| sending.name() == name).unwrap_or(Sending::Automated)
    }
}

/// A notification that may leave the house.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Number of the notification.
    pub notification_id: i64,
    /// Whose it is.
    pub user_id: i64,
    /// Its type.
    pub kind: Arc<str>,
    /// How it came to be sent.
    pub sending: Sending,
    /// What the sender asked for beside what the type's setting says; API sends only.
    pub wants: Ways,
    /// The record it is about: module and id.
    pub record: Option<(Arc<str>, Arc<str>)>,
    /// What an e-mail of it has beside its words.
    pub mail: Option<Mail>,
}

/// What an e-mail has beside its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mail {
    /// Further recipients, seen by everybody. They get a copy of their own where the user gets no e-mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<String>,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<crate::channel::Attachment>,
    /// The template that it is written by, in its newest wording as it goes out. Where nothing can be made of that, the
    /// e-mail has the words of the notification and says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<LetterUse>,
    /// Files that are printed as it goes out. Without those that cannot be made it goes nevertheless, and says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prints: Vec<PrintUse>,
}

/// The two families of channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// E-mail.
    pub email: bool,
    /// Whatever stands behind the user's webhook URL.
    pub webhook: bool,
}

impl Ways {
    /// Either's and both.
    fn or(self, other: Ways) -> Ways {
        Ways { email: self.email || other.email, webhook: self.webhook || other.webhook }
    }

    fn is_none(self) -> bool {
        self == Ways::default()
    }
}

/// The name of the channel that mail leaves by.
const EMAIL: &str = "email";

/// The ways out of this node. Clones are the same.
#[derive(Clone)]
pub struct Deliveries {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: Clock,
    users: Users,
    channels: Channels,
    settings: Settings,
    config: ArcSwap<Config>,
    origin: RwLock<Option<Arc<dyn Origin>>>,
    events: mpsc::UnboundedSender<dispatch::Event>,
    looking: AtomicBool,
    /// Whether somebody sends.
    running: AtomicBool,
    metrics: metrics::Metrics,
    /// Who claims: another at each start, so that what a process left behind is seen.
    node: String,
}

/// The end of [`Deliveries`] that [`Deliveries::run`] needs.
pub struct Mailbag(mpsc::UnboundedReceiver<dispatch::Event>);

/// What deliveries stand on.
pub struct Parts {
    /// The database.
    pub database: Database,
    /// The clock.
    pub clock: Clock,
    /// People and their choices.
    pub users: Users,
    /// The ways out.
    pub channels: Channels,
    /// The administrator's settings.
    pub settings: Settings,
}

impl Deliveries {
    /// The deliveries of a node; nothing is sent until [`Deliveries::run`].
    pub fn new(parts: Parts, config: &Config, registry: &Registry) -> (Self, Mailbag) {
        let Parts { database, clock, users, channels, settings } = parts;
        let (events, waiting) = mpsc::unbounded_channel();
        let inner = Inner {
            database,
            clock,
            users,
            channels,
            settings,
            config: ArcSwap::from_pointee(config.clone()),
            origin: RwLock::new(None),
            events,
            looking: AtomicBool::new(false),
            running: AtomicBool::new(false),
            metrics: metrics::Metrics::new(registry),
            node: secret::token(),
        };
        (Self { inner: Arc::new(inner) }, Mailbag(waiting))
    }

    /// Says where the contents of notifications are found. Once, before anything is sent.
    pub fn read_from(&self, origin: Arc<dyn Origin>) {
        *self.inner.origin.write().unwrap_or_else(PoisonError::into_inner) = Some(origin);
    }

    /// Lets go of it: the two refer to each other, and a node that has ended is to be dropped whole.
    pub fn let_go(&self) {
        *self.inner.origin.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Takes over what was changed in the configuration.
    pub fn reload(&self, config: &Config) {
        self.inner.config.store(Arc::new(config.clone()));
    }

    /// Whether this server can send e-mail.
    pub fn can_mail(&self) -> bool {
        self.inner.config.load().smtp.is_some()
    }

    /// A hint: something may be due.
    pub fn look(&self) {
        if !self.inner.looking.swap(true, Ordering::AcqRel) {
            self.tell(dispatch::Event::Look);
        }
    }

    /// Waits until everything that is due now was tried, and what became of it is stored: what a test does after it
    /// moved the clock.
    pub async fn drain(&self) {
        if !self.inner.running.load(Ordering::Acquire) {
            return;
        }
        let (done, waits) = oneshot::channel();
        self.tell(dispatch::Event::Drain(done));
        // A dispatcher that stops sends nothing more.
        drop(waits.await);
    }

    /// Sends what is due, until `stop`; then finishes what is under way.
    pub async fn run(self, bag: Mailbag, stop: CancellationToken) {
        self.inner.running.store(true, Ordering::Release);
        dispatch::Dispatcher::new(self.clone()).run(bag.0, stop).await;
        self.inner.running.store(false, Ordering::Release);
    }

    fn origin(&self) -> Option<Arc<dyn Origin>> {
        self.inner.origin.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, event: dispatch::Event) {
        // Nobody listens once the dispatcher has stopped: the tables remember.
        drop(self.inner.events.send(event));
    }
}
