//! Events: what happens in and around a CRM that is no change of a record.
//!
//! Whatever tells of one goes through [`Events::take_in`], which writes it down and has whoever watches hear of it, in
//! one transaction.

/// What is said about tickets.
pub mod comment;
mod http;
mod kind;
pub mod lockout;
/// What customers do in their portal.
pub mod portal;
mod report;
mod store;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::audit::Actor;
use crate::clock::{Clock, Instant};
use crate::delivery::{Chosen, OutsideLetter};
use crate::http::body::Id;
use crate::record::{Record, Records};
use crate::settings::Settings;
use crate::storage::{Database, Error, Tx};

pub use http::routes;
pub use report::FINISHED;

/// Events forgotten in one transaction: few, so that no writer waits for the broom.
const BATCH: i64 = 500;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// What: `credit_limit.overridden`, `ticket.mentioned` …
    pub kind: Arc<str>,
    /// The record that it is about, by module and id, whether we know it or not.
    pub subject: Option<(Arc<str>, Arc<str>)>,
    /// That record as it is now, where we know it.
    pub record: Option<Record>,
    /// Who did it.
    pub actor: Actor,
    /// What else there is to say: a JSON object, judged by its type.
    pub data: Map<String, Value>,
    /// When it happened.
    pub at: Instant,
    /// Who tells of it, and what it is called there: what is told twice happens once.
    pub origin: Option<(Arc<str>, Arc<str>)>,
}

impl Event {
    /// A text that it says, if it does.
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = self.data.get(name).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty())
    }

    /// The numbers of the users that a member of it names.
    pub fn users(&self, name: &str) -> Vec<i64> {
        let named = self.data.get(name).and_then(Value::as_array);
        named.into_iter().flatten().filter_map(Value::as_i64).collect()
    }

    /// The id of another record that it names.
    pub fn reference(&self, name: &str) -> Option<String> {
        Id::of(self.data.get(name)?).map(|id| id.0)
    }
}

/// What came of an event.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// How many people are told of it.
    pub told: usize,
    /// The letters that customers are written because of it.
    pub letters: Vec<Chosen>,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its number here.
    pub id: i64,
    /// Whether we had not heard of it before.
    pub is_new: bool,
    /// How many people are told of it.
    pub told: usize,
}

/// Whoever wants to hear of events: triggers, which stand above them.
pub trait Watch: Send + Sync {
    /// Hears of events, all of one transaction, in that transaction. Returns what came of each.
    fn happened<'a>(
        &'a self,
        tx: &'a mut Tx,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<Vec<Heard>, Error>>;

    /// The letters that customers would be written if this happened. Nothing is told and nothing is written.
    fn foreseen<'a>(
        &'a self,
        tx: &'a mut Tx,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Vec<OutsideLetter>, Error>>;
}

/// The events of a node. Clones are the same.
#[derive(Clone)]
pub struct Events {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: Clock,
    records: Records,
    settings: Settings,
    watch: RwLock<Option<Arc<dyn Watch>>>,
}

impl Events {
    /// The events of a database.
    pub fn new(database: Database, clock: Clock, records: Records, settings: Settings) -> Self {
        Self { inner: Arc::new(Inner { database, clock, records, settings, watch: RwLock::new(None) }) }
    }

    /// Says who hears of events. Once, before anything happens.
    pub fn watched_by(&self, watch: Arc<dyn Watch>) {
        *self.inner.watch.write().unwrap_or_else(PoisonError::into_inner) = Some(watch);
    }

    /// Lets go of it: the two refer to each other, and a node that has ended is to be dropped whole.
    pub fn let_go(&self) {
        *self.inner.watch.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Writes events down and has whoever watches hear of them. What was told before by the same origin is passed over.
    ///
    /// # Errors
    /// What the database says.
    pub async fn take_in(&self, tx: &mut Tx, events: Vec<Event>) -> Result<Vec<Taken>, Error> {
        let now = self.inner.clock.now();
        let mut all = Vec::with_capacity(events.len());
        for event in events {
            all.push(match store::insert(tx, &event, now).await? {
                Some(id) => Taken { id, is_new: true, told: self.tell_in(tx, event).await? },
                None => {
                    let known = store::known(tx, event.origin.as_ref()).await?;
                    Taken { id: known.id, is_new: false, told: 0 }
                }
            });
        }
        Ok(all)
    }

    /// Writes down what happens here and has whoever watches hear of it; returns what came of it.
    async fn happens_in(&self, tx: &mut Tx, event: Event) -> Result<Heard, Error> {
        store::insert(tx, &event, self.inner.clock.now()).await?;
        self.heard_in(tx, event).await
    }

    /// Has whoever watches hear of an event; returns how many people are told.
    async fn tell_in(&self, tx: &mut Tx, event: Event) -> Result<usize, Error> {
        Ok(self.heard_in(tx, event).await?.told)
    }

    async fn heard_in(&self, tx: &mut Tx, mut event: Event) -> Result<Heard, Error> {
        if let (None, Some(subject)) = (&event.record, &event.subject) {
            let found = Records::find_many_in(tx, std::slice::from_ref(subject)).await?;
            event.record = found.into_iter().next();
        }
        let heard = self.watch()?.happened(tx, std::slice::from_ref(&event)).await?;
        Ok(heard.into_iter().next().unwrap_or_default())
    }

    /// Forgets what happened more than `days` ago, 0 for never; returns how many events. See
    /// [`Events::expire_comments`] for what is said about tickets.
    ///
    /// # Errors
    /// What the database says.
    pub async fn expire(&self, days: u32) -> Result<u64, Error> {
        let mut forgotten = 0;
        if days == 0 {
            return Ok(forgotten);
        }
        let before = self.inner.clock.now().minus(DAY * days);
        loop {
            let some = self
                .inner
                .database
                .write::<_, Error, _>(move |tx| Box::pin(store::forget(tx, before, BATCH)));
            match some.await? {
                0 => return Ok(forgotten),
                some => forgotten += some,
            }
        }
    }

    /// # Errors
    /// The node has ended.
    fn watch(&self) -> Result<Arc<dyn Watch>, Error> {
        let watch = self.inner.watch.read().unwrap_or_else(PoisonError::into_inner).clone();
        watch.ok_or_else(|| Error::Unavailable("the node has ended".to_owned()))
    }
}
