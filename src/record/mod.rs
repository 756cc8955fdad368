//! Records of the CRM: what they are, who they are assigned to, and how they change.
//!
//! Belfry knows of a record what it needs to tell people about it. Whatever changes one goes through [`Records::save_in`]
//! and its like, which write the record, its history, and tell whoever watches, in one transaction.

/// What the fields of an activity mean: when it is, and when its people are reminded.
pub mod activity;
/// Recurrence rules.
pub mod recurrence;

mod bulk;
mod by_hand;
mod convert;
mod course;
/// Records that are likely the same as others.
pub mod duplicates;
pub mod credit;
mod history;
mod http;
pub mod module;
mod save;
/// What of records is audited.
pub mod settings;
mod store;

use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::audit::Actor;
use crate::clock::{Clock, Instant};
use crate::http::body::Id;
use crate::notification::Notifications;
use crate::schedule::Bell;
use crate::settings::Settings;
use crate::storage::{Database, Error, Tx};

pub use credit::Credit;
pub use http::{acting, actor_exists_in, insider, routes};
pub use module::Modules;
pub use save::{Fields, Wish};

/// The module of activities.
pub const ACTIVITIES: &str = "activities";

/// A record of a module.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// In which order it arrived.
    pub number: i64,
    /// Name of the module.
    pub module: Arc<str>,
    /// The CRM's own id, unique in its module.
    pub id: Arc<str>,
    /// What people call it.
    pub label: String,
    /// Where it is in the CRM: http(s), or a path.
    pub link: Option<String>,
    /// The assigned user.
    pub assigned_to: Option<i64>,
    /// Who was assigned before that.
    pub previous_assigned_to: Option<i64>,
    /// When the assigned user last changed.
    pub reassigned_at: Option<Instant>,
    /// Its other fields.
    pub fields: Map<String, Value>,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl Record {
    /// The id of another record that a field names, as a text or a whole number; `None` where it names none.
    pub fn reference(&self, field: &str) -> Option<Arc<str>> {
        Id::of(self.fields.get(field)?).map(|id| id.0.into())
    }

    /// Where it is for people: in the CRM where it has a link, in the centre at this address otherwise.
    pub fn place(&self, public_url: &str) -> String {
        self.link.clone().unwrap_or_else(|| {
            let id: String = url::form_urlencoded::byte_serialize(self.id.as_bytes()).collect();
            format!("{public_url}/records/{}/{}", self.module, id.replace('+', "%20"))
        })
    }
}

/// Which records of a module are wanted.
#[derive(Clone, Debug, Default)]
struct Filter {
    /// Only those of this user.
    owner: Owner,
    /// Only those with these words in their label, whatever the case.
    words: Option<String>,
    /// Only those with this status.
    status: Option<String>,
    /// Only those that arrived before the one with this number.
    before: Option<i64>,
    /// At most so many.
    most: i64,
}

/// Whose records are wanted.
#[derive(Clone, Copy, Debug, Default)]
enum Owner {
    /// Everybody's and nobody's.
    #[default]
    Anybody,
    /// Those without an assigned user.
    Nobody,
    /// Those of this user.
    User(i64),
}

/// A record before and after, and who did it.
#[derive(Clone, Debug)]
pub struct Change {
    /// Before; `None`: it was made.
    pub before: Option<Record>,
    /// After; `None`: it was deleted.
    pub after: Option<Record>,
    /// Who did it.
    pub actor: Actor,
    /// Whether people are to be told; `None`: as the settings say.
    pub send_notification: Option<bool>,
    /// In the course of what.
    pub course: Course,
    /// What was said of a credit limit, and what came of it.
    pub credit: Credit,
}

impl Change {
    /// The record, as it is or was.
    ///
    /// # Panics
    /// For a change of nothing into nothing, which nobody makes.
    pub fn record(&self) -> &Record {
        self.after.as_ref().or(self.before.as_ref()).expect("a change has a before or an after")
    }

    /// The assigned user before and after, where there is another one now.
    pub fn owners(&self) -> Option<(Option<i64>, Option<i64>)> {
        let before = self.before.as_ref().and_then(|record| record.assigned_to);
        let after = self.after.as_ref()?.assigned_to;
        (before != after).then_some((before, after))
    }
}

/// In the course of what a record changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// It was saved.
    Saved,
    /// A lead was converted, into these records that were made.
    Converted(Vec<Record>),
    /// It was made or changed by the conversion of a lead, a request to reassign or an event: that is told of, not this.
    Companion,
}

/// Whoever wants to hear of changes: triggers, which stand above records.
pub trait Watch: Send + Sync {
    /// Hears of changes, all of one transaction and one request, in that transaction.
    fn changed<'a>(&'a self, tx: &'a mut Tx, changes: &'a [Change]) -> BoxFuture<'a, Result<(), Error>>;

    /// What is to be shown with records beside their own members, in the same order.
    fn shown<'a>(
        &'a self,
        tx: &'a mut Tx,
        records: &'a [Record],
    ) -> BoxFuture<'a, Result<Vec<Map<String, Value>>, Error>>;

    /// Whether people are told of a new assigned user where nothing is said: whether Send Notification is ticked.
    fn announces(&self, module: &str) -> bool;
}

/// The records of a node. Clones are the same.
#[derive(Clone)]
pub struct Records {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: Clock,
    modules: Modules,
    settings: Settings,
    notifications: Notifications,
    public_url: String,
    watch: RwLock<Option<Arc<dyn Watch>>>,
    /// Wakes whoever compares saved records.
    duplicates: Bell,
}

impl Records {
    /// The records of a database; `public_url` is where the centre is.
    pub fn new(
        database: Database,
        clock: Clock,
        modules: Modules,
        settings: Settings,
        notifications: Notifications,
        public_url: String,
    ) -> Self {
        let watch = RwLock::new(None);
        Self {
            inner: Arc::new(Inner {
                database,
                clock,
                modules,
                settings,
                notifications,
                public_url,
                watch,
                duplicates: Bell::default(),
            }),
        }
    }

    /// Says who hears of changes. Once, before anything changes.
    pub fn watched_by(&self, watch: Arc<dyn Watch>) {
        *self.inner.watch.write().unwrap_or_else(PoisonError::into_inner) = Some(watch);
    }

    /// Lets go of it: the two refer to each other, and a node that has ended is to be dropped whole.
    pub fn let_go(&self) {
        *self.inner.watch.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records of a module that arrived after the one with this number, in the order of their numbers.
    ///
    /// # Errors
    /// What the database says.
    pub async fn batch_in(
        tx: &mut Tx,
        module: &str,
        after_number: i64,
        limit: i64,
    ) -> Result<Vec<Record>, Error> {
        store::batch(tx, module, after_number, limit).await
    }

    /// Those of these records, by module and id, that exist.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find_many_in(tx: &mut Tx, wanted: &[(Arc<str>, Arc<str>)]) -> Result<Vec<Record>, Error> {
        store::find_many(tx, wanted).await
    }

    /// Records of a module that a user is assigned to and that arrived after the one with this number, in the order of
    /// their numbers.
    ///
    /// # Errors
    /// What the database says.
    pub async fn of_user_in(
        tx: &mut Tx,
        module: &str,
        user_id: i64,
        after_number: i64,
        limit: i64,
    ) -> Result<Vec<Record>, Error> {
        store::of_user(tx, module, user_id, after_number, limit).await
    }

    /// # Errors
    /// The node has ended.
    fn watch(&self) -> Result<Arc<dyn Watch>, Error> {
        let watch = self.inner.watch.read().unwrap_or_else(PoisonError::into_inner).clone();
        watch.ok_or_else(|| Error::Unavailable("the node has ended".to_owned()))
    }
}
