//! Who changed what, and when: one row a field, of records and of settings, never changed afterwards.

mod http;
mod store;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::clock::Instant;
use crate::storage::{Database, Error, Tx};

pub use http::routes;

/// By which way something was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A person did it in a page or with a token of their own.
    User,
    /// A program did it with an API key.
    Api,
}

impl By {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            By::User => "Modified(User)",
            By::Api => "Modified(API)",
        }
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user, where it is known: a person is themselves, a program may say for whom it acts.
    pub user_id: Option<i64>,
    /// As they are called now: e-mail address of a person, description of a key.
    pub name: Arc<str>,
    /// By which way.
    pub by: By,
}

impl Actor {
    /// Whoever asks, for themselves.
    pub fn of(caller: &Caller) -> Self {
        let name = Arc::from(caller.signature());
        match caller {
            Caller::Key(_) => Self { user_id: None, name, by: By::Api },
            Caller::Person(person) => Self { user_id: Some(person.id), name, by: By::User },
        }
    }
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A record: module and id.
    Record(Arc<str>, Arc<str>),
    /// A group of settings.
    Settings(Arc<str>),
}

/// One field of one subject, before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What was changed.
    pub subject: Subject,
    /// Which field of it.
    pub field: String,
    /// Before; `None`: there was nothing.
    pub from: Option<Value>,
    /// After; `None`: there is nothing.
    pub to: Option<Value>,
    /// Who did it.
    pub actor: Actor,
    /// When.
    pub at: Instant,
}

/// What became of one field, as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub struct Line {
    /// Which field
    #[schema(example = "assigned_to")]
    pub field: String,
    /// Before, or null: there was nothing
    #[schema(required, value_type = Value)]
    pub from: Option<Value>,
    /// After, or null: there is nothing
    #[schema(required, value_type = Value)]
    pub to: Option<Value>,
    /// Who did it, or null: a program that did not say for whom
    #[schema(required)]
    pub actor_id: Option<i64>,
    /// As they were called then: e-mail address of a person, description of a key
    pub actor: String,
    /// When
    #[schema(format = DateTime)]
    pub at: String,
    /// The same.
    #[serde(skip)]
    pub changed_at: Instant,
    /// `Modified(User)` or `Modified(API)`
    #[schema(example = "Modified(User)")]
    pub by: String,
}

/// A page of the history of one record, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// What was changed.
    pub lines: Vec<Line>,
    /// Where the next page begins, unless this is the last one.
    pub next: Option<i64>,
}

/// A field of whatever subject, with its number.
#[derive(Clone, Debug, PartialEq)]
struct Noted {
    id: i64,
    module: Option<String>,
    record_id: Option<String>,
    group: Option<String>,
    line: Line,
}

/// What of the audit is asked for.
#[derive(Clone, Debug, Default)]
struct Filter {
    module: Option<String>,
    record_id: Option<String>,
    group: Option<String>,
    actor_id: Option<i64>,
    /// Changed then or later.
    from: Option<Instant>,
    /// Changed before.
    until: Option<Instant>,
    /// Older than this one.
    before: Option<(Instant, i64)>,
    limit: usize,
}

/// Rows forgotten in one transaction: few, so that no writer waits for the broom.
const BATCH: i64 = 500;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What was changed in a database. Clones are the same.
#[derive(Clone)]
pub struct Audit {
    database: Database,
}

impl Audit {
    /// The audit of a database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// A page of everything that matches, newest first.
    async fn list(&self, filter: Filter) -> Result<Vec<Noted>, Error> {
        self.database.read(move |tx| Box::pin(async move { store::list(tx, &filter).await })).await
    }

    /// Forgets what is older than `days`, 0 for never; returns how many entries.
    ///
    /// # Errors
    /// What the database says.
    pub async fn expire(&self, now: Instant, days: u32) -> Result<u64, Error> {
        let mut forgotten = 0;
        if days == 0 {
            return Ok(forgotten);
        }
        let before = now.minus(DAY * days);
        loop {
            let some =
                self.database.write::<_, Error, _>(move |tx| Box::pin(store::forget(tx, before, BATCH)));
            match some.await? {
                0 => return Ok(forgotten),
                some => forgotten += some,
            }
        }
    }
}

/// Writes down what was changed, in the transaction that changes it.
///
/// # Errors
/// What the database says.
pub async fn note_in(tx: &mut Tx, entries: &[Entry]) -> Result<(), Error> {
    store::insert(tx, entries).await
}

/// A page of what was changed of a record, newest first: at most `limit`, and only what is older than `before`, which
/// is `next` of the page before.
///
/// # Errors
/// What the database says.
pub async fn of_record_in(
    tx: &mut Tx,
    module: &str,
    id: &str,
    before: Option<i64>,
    limit: usize,
) -> Result<History, Error> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut lines = store::of_record(tx, module, id, before, most).await?;
    let is_more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| is_more).map(|(number, _)| *number);
    Ok(History { lines: lines.into_iter().map(|(_, line)| line).collect(), next })
}

/// The newest change of a field of a record.
///
/// # Errors
/// What the database says.
pub async fn newest_in(tx: &mut Tx, module: &str, id: &str, field: &str) -> Result<Option<Line>, Error> {
    store::newest(tx, module, id, field).await
}

/// Whether a field of a record was ever changed from this value or to it, as far as that is kept.
///
/// # Errors
/// What the database says.
pub async fn was_ever_in(
    tx: &mut Tx,
    (module, id): (&str, &str),
    field: &str,
    value: &Value,
) -> Result<bool, Error> {
    store::was_ever(tx, (module, id), field, &value.to_string()).await
}
