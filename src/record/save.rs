//! Saving: what is wanted of a record, what becomes of it, its history, and whoever watches, in one transaction.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Change, Course, Credit, Record, Records, credit, history, module, settings, store};
use crate::audit::{self, Actor, Entry};
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::storage::{Error, Tx};
use crate::user;

/// The longest id of a record, in characters.
pub(super) const LONGEST_ID: usize = 64;

/// The longest label, in characters.
pub(super) const LONGEST_LABEL: usize = 255;

/// What is wanted of a record; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Another label.
    pub label: Option<String>,
    /// Another link, or none.
    pub link: Option<Option<String>>,
    /// Another assigned user, or none.
    pub assigned_to: Option<Option<i64>>,
    /// Other fields.
    pub fields: Option<Fields>,
    /// The version that is to be changed; another one is a conflict.
    pub version: Option<i64>,
}

/// What is wanted of fields.
#[derive(Clone, Debug)]
pub enum Fields {
    /// These and no others, but for what a ticket [keeps](KEPT).
    All(Map<String, Value>),
    /// These beside what there is; null takes one away.
    Some(Map<String, Value>),
}

impl Fields {
    /// The fields of a record of a module as they are to be, where `before` is what they are. A null is no value: it is
    /// not kept.
    fn applied(self, module: &str, before: &Map<String, Value>) -> Map<String, Value> {
        let (mut fields, given) = match self {
            Fields::All(given) => (kept(module, before), given),
            Fields::Some(given) => (before.clone(), given),
        };
        for (name, value) in given {
            match value {
                Value::Null => drop(fields.remove(&name)),
                value => drop(fields.insert(name, value)),
            }
        }
        fields
    }
}

/// Whoever replaces all fields may not know this one, which is written here too: without it the response time of a
/// ticket would begin when it was made.
const KEPT: (&str, &str) = ("tickets", "last_action_date");

fn kept(module: &str, fields: &Map<String, Value>) -> Map<String, Value> {
    let (of, name) = KEPT;
    let value = fields.get(name).filter(|_| module == of);
    value.map(|value| (name.to_owned(), value.clone())).into_iter().collect()
}

/// What became of a record: the same before and after where nothing was other than before.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub before: Option<Record>,
    pub after: Record,
}

impl Records {
    /// Makes the record with this id, or changes it, and tells whom it concerns: what this program itself does.
    ///
    /// # Errors
    /// 400, 404 and 409 for what cannot be taken, or what the database says.
    pub async fn save(
        &self,
        (module, id): (&'static str, &'static str),
        wish: Wish,
        actor: Actor,
        send_notification: Option<bool>,
    ) -> Result<Record, Refusal> {
        let (this, now) = (self.clone(), self.inner.clock.now());
        let saved = self.inner.database.write::<_, Refusal, _>(move |tx| {
            Box::pin(async move {
                let Saved { before, after } = this.save_in(tx, module, id, wish.clone(), now).await?;
                let record = after.clone();
                let change = Change {
                    before,
                    after: Some(after),
                    actor: actor.clone(),
                    send_notification,
                    course: Course::Saved,
                    credit: Credit::Kept,
                };
                this.announce_in(tx, &[change], now).await.map(|()| record)
            })
        });
        saved.await
    }

    /// The record, if there is one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn find(&self, module: &'static str, id: &'static str) -> Result<Option<Record>, Error> {
        self.inner.database.read(move |tx| Box::pin(store::find(tx, module, id))).await
    }

    /// Makes the record with this id, or changes it. Nobody is told yet.
    ///
    /// # Errors
    /// 400, 404 and 409 for what cannot be taken, or what the database says.
    pub(super) async fn save_in(
        &self,
        tx: &mut Tx,
        module: &str,
        id: &str,
        wish: Wish,
        now: Instant,
    ) -> Result<Saved, Refusal> {
        self.inner.modules.find(module)?;
        good_id(id)?;
        loop {
            if let Some(before) = store::locked(tx, module, id).await? {
                let after = self.change_in(tx, &before, wish, now).await?;
                return Ok(Saved { before: Some(before), after });
            }
            let record = self.new_in(tx, module, id.into(), wish.clone(), now).await?;
            if let Some(number) = store::insert(tx, &record).await? {
                return Ok(Saved { before: None, after: Record { number, ..record } });
            }
            // Somebody else made it between the question and the insert: change theirs.
        }
    }

    /// Makes a record with an id of ours, or with this one; nobody is told yet.
    ///
    /// # Errors
    /// 400 and 404 for what cannot be taken, 409 for an id that another record has, or what the database says.
    pub(super) async fn make_in(
        &self,
        tx: &mut Tx,
        module: &str,
        id: Option<Arc<str>>,
        wish: Wish,
        now: Instant,
    ) -> Result<Record, Refusal> {
        let id = id.unwrap_or_else(|| new_id(now).into());
        let record = self.new_in(tx, module, id.clone(), wish, now).await?;
        match store::insert(tx, &record).await? {
            Some(number) => Ok(Record { number, ..record }),
            None => Err(Refusal::conflict(format!("{} {id} exists already", module::singular(module)))),
        }
    }

    /// The record that is to be made, without a number.
    async fn new_in(
        &self,
        tx: &mut Tx,
        module: &str,
        id: Arc<str>,
        wish: Wish,
        now: Instant,
    ) -> Result<Record, Refusal> {
        let known = self.inner.modules.find(module)?;
        good_id(&id)?;
        if wish.version.is_some() {
            return Err(stale(format!("There is no {} {id}; leave version out to make it", known.singular)));
        }
        let label = wish.label.ok_or_else(|| Refusal::invalid("label is required"))?;
        good_label(&label)?;
        let assigned_to = wish.assigned_to.flatten();
        if let Some(user_id) = assigned_to {
            user_exists_in(tx, user_id).await?;
        }
        let fields = wish.fields.map_or_else(Map::new, |given| given.applied(module, &Map::new()));
        known.judge(&fields, &Map::new())?;
        Ok(Record {
            number: 0,
            module: known.name.clone(),
            id,
            label,
            link: wish.link.flatten(),
            assigned_to,
            previous_assigned_to: None,
            reassigned_at: None,
            fields,
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }

    /// Changes a record; returns it as it is then, the same where nothing is other than before. Nobody is told yet.
    ///
    /// # Errors
    /// 400, 404 and 409 for what cannot be taken, or what the database says.
    pub(super) async fn change_in(
        &self,
        tx: &mut Tx,
        before: &Record,
        wish: Wish,
        now: Instant,
    ) -> Result<Record, Refusal> {
        good_version(before, wish.version)?;
        let mut after = before.clone();
        if let Some(label) = wish.label.filter(|label| *label != before.label) {
            good_label(&label)?;
            after.label = label;
        }
        if let Some(link) = wish.link {
            after.link = link;
        }
        if let Some(fields) = wish.fields {
            after.fields = fields.applied(&before.module, &before.fields);
        }
        if let Some(owner) = wish.assigned_to.filter(|owner| *owner != before.assigned_to) {
            if let Some(user_id) = owner {
                user_exists_in(tx, user_id).await?;
            }
            after.assigned_to = owner;
            after.previous_assigned_to = before.assigned_to;
            after.reassigned_at = Some(now);
        }
        if after == *before {
            return Ok(after);
        }
        if after.fields != before.fields {
            self.inner.modules.find(&before.module)?.judge(&after.fields, &before.fields)?;
        }
        after.version += 1;
        after.updated_at = now;
        store::update(tx, &after).await?;
        Ok(after)
    }

    /// Deletes a record; returns it as it was. Nobody is told yet.
    ///
    /// # Errors
    /// 404 where there is none, 409 where it has another version, or what the database says.
    pub(super) async fn delete_in(
        &self,
        tx: &mut Tx,
        module: &str,
        id: &str,
        version: Option<i64>,
    ) -> Result<Record, Refusal> {
        let record = self.locked_in(tx, module, id).await?;
        good_version(&record, version)?;
        store::delete(tx, record.number).await?;
        Ok(record)
    }

    /// The record, which nobody else changes until the transaction ends.
    ///
    /// # Errors
    /// 404 where there is none.
    pub(super) async fn locked_in(&self, tx: &mut Tx, module: &str, id: &str) -> Result<Record, Refusal> {
        self.findable(module, id)?;
        store::locked(tx, module, id).await?.ok_or_else(|| missing(module, id))
    }

    /// The record.
    ///
    /// # Errors
    /// 404 where there is none.
    pub(super) async fn existing_in(&self, tx: &mut Tx, module: &str, id: &str) -> Result<Record, Refusal> {
        self.findable(module, id)?;
        store::find(tx, module, id).await?.ok_or_else(|| missing(module, id))
    }

    /// # Errors
    /// 404 for a module that there is not, and for what can be no record's id.
    pub fn findable(&self, module: &str, id: &str) -> Result<(), Refusal> {
        self.inner.modules.find(module)?;
        good_id(id).map_err(|_| missing(module, id))
    }

    /// Judges changes by credit limits, writes their history, has them compared with others, and tells whoever watches:
    /// after all of a request's were made. What changed nothing is passed over.
    ///
    /// # Errors
    /// 409 for a document beyond a credit limit, or what the database says.
    pub(super) async fn announce_in(
        &self,
        tx: &mut Tx,
        changes: &[Change],
        now: Instant,
    ) -> Result<(), Refusal> {
        let changes = real(changes);
        if changes.is_empty() {
            return Ok(());
        }
        let changes = self.credit_checked_in(tx, changes).await?;
        let settings = self.inner.settings.of::<settings::Audit>();
        let entries = changes.iter().flat_map(|change| {
            let overridden = credit::entries_of(change, now);
            history::entries_of(change, &settings, now).into_iter().chain(overridden)
        });
        let entries: Vec<Entry> = entries.collect();
        if !entries.is_empty() {
            audit::note_in(tx, &entries).await?;
        }
        self.queue_in(tx, &changes, now).await?;
        Ok(self.watch()?.changed(tx, &changes).await?)
    }
}

/// The changes that changed something.
fn real(changes: &[Change]) -> Cow<'_, [Change]> {
    let is_real = |change: &&Change| change.before != change.after;
    if changes.iter().all(|change| is_real(&change)) {
        return Cow::Borrowed(changes);
    }
    Cow::Owned(changes.iter().filter(is_real).cloned().collect())
}

/// An id for a record made at `now`: they stand in the order of time.
fn new_id(now: Instant) -> String {
    let micros = u64::try_from(now.0).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000 * 1_000).expect("less than a second");
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, micros / 1_000_000, nanos)).to_string()
}

pub(super) fn missing(module: &str, id: &str) -> Refusal {
    let id: String = id.chars().take(LONGEST_ID).collect();
    Refusal::missing(format!("{} {id} not found", module::singular(module)))
}

/// # Errors
/// 404 where there is no such user.
pub(super) async fn user_exists_in(tx: &mut Tx, user_id: i64) -> Result<(), Refusal> {
    match user::name_in(tx, user_id).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::missing(format!("User {user_id} not found"))),
    }
}

fn good_version(record: &Record, version: Option<i64>) -> Result<(), Refusal> {
    match version {
        Some(version) if version != record.version => Err(stale(format!(
            "{} {} is at version {} by now, not {version}; read it again and repeat the change with that version",
            module::singular(&record.module),
            record.id,
            record.version
        ))),
        _ => Ok(()),
    }
}

/// What a program that sent a version learns to read the record again by.
fn stale(reason: String) -> Refusal {
    Refusal::coded("version_conflict", reason, Map::new())
}

fn good_id(id: &str) -> Result<(), Refusal> {
    let is_good = !id.trim().is_empty()
        && id.chars().count() <= LONGEST_ID
        && !id.contains(|c: char| c == '/' || c.is_control());
    if is_good {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "The id of a record must be 1 to {LONGEST_ID} characters, without / and control characters"
    )))
}

fn good_label(label: &str) -> Result<(), Refusal> {
    if label.trim().is_empty() {
        return Err(Refusal::invalid("label is required"));
    }
    if label.chars().count() > LONGEST_LABEL || label.contains(char::is_control) {
        return Err(Refusal::invalid(format!(
            "label must be at most {LONGEST_LABEL} characters long, in one line"
        )));
    }
    Ok(())
}
