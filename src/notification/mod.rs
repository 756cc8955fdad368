//! The inbox: send, list, count, read, snooze, archive, delete.

mod by_hand;
mod change;
mod feed;
mod http;
mod inbox;
mod metadata;
mod metrics;
mod notify;
mod outgoing;
mod pending;
mod retention;
mod send;
mod store;
/// The types of notification: the seed's, ours, and the operator's.
pub mod types;
/// Why somebody was told, or was not.
pub mod why;
mod window;
mod wire;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::clock::{Clock, Instant};
use crate::config;
use crate::delivery::Deliveries;
use crate::http::rate::KeyedLimiter;
use crate::live::Live;
use crate::storage::{self, Database};
use crate::telemetry::metrics::Registry;

pub use by_hand::http::{Draft, Recipient};
pub use by_hand::{Letter, Refused, Sender};
pub use http::routes;
pub use inbox::{Filter, Page};
pub use notify::{Notice, Told};
pub use send::{Request, Sent, Stored};
pub use wire::{MESSAGE_CHARS, SendBody, safe_link, sent, shown_as};

/// A notification that is to be sent.
#[derive(Clone, Debug)]
pub struct NewNotification {
    /// The user who is to have it.
    pub user_id: i64,
    /// Its type.
    pub kind: Arc<str>,
    /// At most 255 characters.
    pub title: String,
    /// The words below the title.
    pub message: Option<String>,
    /// Where a click leads: http(s), or a path.
    pub link: Option<String>,
    /// The text of a JSON object.
    pub metadata: Option<String>,
    /// The ticket it is about.
    pub related_ticket_id: Option<i64>,
    /// Who caused it.
    pub related_user_id: Option<i64>,
}

/// One item in one user's inbox.
#[derive(Clone, Debug)]
pub struct Notification {
    /// Its number, below 2^53.
    pub id: i64,
    /// What was sent.
    pub content: Arc<NewNotification>,
    /// When it was sent.
    pub created_at: Instant,
    /// Whether its user has read it.
    pub is_read: bool,
    /// When, if it was read.
    pub read_at: Option<Instant>,
    /// When it was put into the archive, if it is there.
    pub archived_at: Option<Instant>,
    /// When it comes back, if it is snoozed.
    pub snoozed_until: Option<Instant>,
}

/// Where a notification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// In the inbox: what the list shows and the count counts.
    Inbox = 0,
    /// In the archive.
    Archive = 1,
    /// Away until an instant.
    Snoozed = 2,
}

impl Shelf {
    fn of(number: i64) -> Self {
        match number {
            1 => Shelf::Archive,
            2 => Shelf::Snoozed,
            _ => Shelf::Inbox,
        }
    }
}

/// What a user may do with one notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was read.
    Read,
    /// It is to count as unread again.
    Unread,
    /// Out of the inbox, to be kept.
    Archive,
    /// Back from the archive.
    Unarchive,
    /// Away until an instant.
    Snooze(Instant),
    /// Back at once, at its old place.
    Unsnooze,
    /// Gone for good.
    Delete,
}

/// Why something could not be done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The recipient does not exist.
    #[error("User {0} not found")]
    UserUnknown(i64),
    /// There is no such notification, or it is another user's: the two are alike.
    #[error("Notification not found")]
    NotFound,
    /// The idempotency key was used with another body.
    #[error("the idempotency key was used with another body")]
    KeyReused,
    /// The database could not do it.
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// The inboxes of all users.
#[derive(Clone)]
pub struct Notifications {
    database: Database,
    clock: Clock,
    pending: Arc<pending::Pending>,
    sender: send::Sender,
    types: Arc<ArcSwap<types::Types>>,
    live: Live,
    deliveries: Deliveries,
    metrics: metrics::Metrics,
    /// What somebody sent by hand.
    letters: Arc<KeyedLimiter<i64>>,
}

impl Notifications {
    /// Opens the inboxes: reads what the index lacks, and starts the sender.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open(
        database: Database,
        clock: Clock,
        settings: &config::Config,
        live: Live,
        deliveries: Deliveries,
        registry: &Registry,
    ) -> Result<Self, storage::Error> {
        let pending = Arc::new(pending::Pending::default());
        pending::recover(&database, pending.clone()).await?;
        let metrics = metrics::Metrics::new(registry);
        let sender = send::Sender::start(send::Batcher {
            database: database.clone(),
            pending: pending.clone(),
            clock: clock.clone(),
            deliveries: deliveries.clone(),
            live: live.clone(),
        });
        let types = Arc::new(ArcSwap::from_pointee(types::Types::with(&settings.notification_types)));
        let letters = Arc::new(KeyedLimiter::new(by_hand::LETTERS, 100_000));
        let this = Self { database, clock, pending, sender, types, live, deliveries, metrics, letters };
        this.deliveries.read_from(Arc::new(this.clone()));
        let reader = this.clone();
        this.live.read_from(Box::new(move |user_id, after| {
            let reader = reader.clone();
            Box::pin(async move { reader.missed(user_id, after).await })
        }));
        Ok(this)
    }

    /// Takes over what was changed in the configuration.
    pub fn reload(&self, settings: &config::Config) {
        self.types.store(Arc::new(types::Types::with(&settings.notification_types)));
    }

    /// The known types.
    pub fn types(&self) -> Arc<types::Types> {
        self.types.load_full()
    }

    /// Brings back every snoozed notification whose time has come; returns how many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn wake_snoozed(&self) -> Result<usize, storage::Error> {
        let desk = self.desk();
        let mut woken = 0;
        loop {
            let desk = desk.clone();
            let due = self
                .database
                .write(move |tx| Box::pin(async move { change::wake_due(tx, &desk).await }))
                .await?;
            woken += due;
            if due == 0 {
                return Ok(woken);
            }
        }
    }
}
