//! The administrator's settings: typed groups, each declared by the module that uses it, in one store.
//!
//! A group is a struct with a default for every field. Only what an administrator changed is stored, so that another
//! default of a later version reaches everybody else. What is stored and not understood, by an older or newer version
//! of a group, falls back field by field.

mod http;
mod schema;
mod store;
mod uses;

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::audit::{self, Actor};
use crate::auth::Refusal;
use crate::clock::{Clock, Instant};
use crate::http::body::nearest;
use crate::secret::Seal;
use crate::storage::{Database, Error, Tx};

pub use http::routes;

/// Secrets shorter than this show none of their characters.
const SHORTEST_SHOWN: usize = 12;

/// How many characters of a secret are shown, so that whoever entered it knows it again.
const SHOWN: usize = 4;

/// The most names that a field of names may have: a switch for each module or type, which are far fewer.
pub const MOST_NAMES: usize = 1_000;

/// A group of settings. Every field has a default and is always serialized; doc comments become the titles and
/// descriptions of the schema. Every text, list and field of names has a limit there, which is held before
/// [`Group::check`]. An `i64` without a range is the number of something, such as a template or a user.
pub trait Group: Serialize + DeserializeOwned + JsonSchema + Default + Send + Sync + 'static {
    /// What its fields are judged against beside their types.
    type Against: Send + Sync + 'static;
    /// What it is called in paths and in the database.
    const KEY: &'static str;
    /// What administrators call it.
    const TITLE: &'static str;
    /// The fields that are secrets, all of them texts: sealed at rest, shown as their last four characters.
    const SEALED: &'static [&'static str];

    /// Judges what an administrator wants, and brings it into its usual form.
    ///
    /// # Errors
    /// One sentence that says what to do.
    fn check(&mut self, against: &Self::Against) -> Result<(), String>;

    /// What it names that other parts of the program know: judged when it is saved.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// Adds what there is to be set now though nobody ever stored it, and leaves out what is no more: a switch a module.
    fn complete(&mut self, _against: &Self::Against) {}
}

/// What a field of a group names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The field.
    pub field: &'static str,
    /// What it names.
    pub to: Referred,
}

/// What is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referred {
    /// Users: names, e-mail addresses or numbers, separated by commas or semicolons.
    People(String),
    /// The user with this number.
    Person(i64),
    /// The template of a kind, `email` or `pdf`, with this number.
    Template(&'static str, i64),
}

impl Reference {
    /// A field that names users.
    pub fn people(field: &'static str, list: &str) -> Self {
        Self { field, to: Referred::People(list.to_owned()) }
    }

    /// A field that names a template; nothing where it names none.
    pub fn template(field: &'static str, kind: &'static str, id: Option<i64>) -> Option<Self> {
        id.map(|id| Self { field, to: Referred::Template(kind, id) })
    }
}

/// Knows what settings name: people and templates, which stand elsewhere.
pub trait Judge: Send + Sync {
    /// Judges what a group that is to be saved names.
    ///
    /// # Errors
    /// 400 for what there is not, in one sentence that says what to write instead.
    fn judge<'a>(&'a self, tx: &'a mut Tx, references: &'a [Reference])
    -> BoxFuture<'a, Result<(), Refusal>>;
}

type Fields = Map<String, Value>;
type Typed = Arc<dyn Any + Send + Sync>;
type Check = Box<dyn Fn(&Fields) -> Result<Fields, String> + Send + Sync>;
type Complete = Box<dyn Fn(Fields) -> Fields + Send + Sync>;

/// A group as the store sees it.
struct Declared {
    key: &'static str,
    title: &'static str,
    sealed: &'static [&'static str],
    schema: Value,
    defaults: Fields,
    read: fn(&Fields) -> Result<Typed, String>,
    check: Check,
    references: fn(&Fields) -> Vec<Reference>,
    complete: Complete,
}

/// The groups of a node.
#[derive(Default)]
pub struct Groups(BTreeMap<&'static str, Declared>);

impl Groups {
    /// These groups and one more, whose fields are judged against `against`.
    #[must_use]
    pub fn with<T: Group>(mut self, against: T::Against) -> Self {
        let against = Arc::new(against);
        let complete: Complete = {
            let against = against.clone();
            Box::new(move |fields| match typed::<T>(&fields) {
                Ok(mut group) => {
                    group.complete(&against);
                    fields_of(&group)
                }
                Err(_) => fields,
            })
        };
        let defaults = complete(fields_of(&T::default()));
        let declared = Declared {
            key: T::KEY,
            title: T::TITLE,
            sealed: T::SEALED,
            schema: schema::with_defaults(schema::of::<T>(), &defaults),
            defaults,
            read: |fields| typed::<T>(fields).map(|group| Arc::new(group) as Typed),
            check: Box::new(move |fields| {
                let mut group = typed::<T>(fields)?;
                group.check(&against)?;
                Ok(fields_of(&group))
            }),
            references: |fields| typed::<T>(fields).map_or_else(|_| Vec::new(), |group| group.references()),
            complete,
        };
        self.0.insert(T::KEY, declared);
        self
    }
}

fn typed<T: Group>(fields: &Fields) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields.clone())).map_err(|error| error.to_string())
}

fn fields_of<T: Group>(group: &T) -> Fields {
    match serde_json::to_value(group) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("a group is a plain struct"),
    }
}

/// A group as it is now.
#[derive(Clone)]
struct Current {
    /// The stored text that it was read from.
    text: Option<String>,
    /// Every field, secrets as they are.
    fields: Arc<Fields>,
    typed: Typed,
}

/// Settings as they were at one moment: what pure code reads.
#[derive(Clone, Default)]
pub struct Snapshot(HashMap<&'static str, Typed>);

impl Snapshot {
    /// These settings, with this group in place of what was there.
    #[must_use]
    pub fn with<T: Group>(mut self, group: T) -> Self {
        self.0.insert(T::KEY, Arc::new(group));
        self
    }

    /// A group; its defaults where nothing is said.
    pub fn of<T: Group>(&self) -> Arc<T> {
        let typed = self.0.get(T::KEY).and_then(|typed| typed.clone().downcast().ok());
        typed.unwrap_or_default()
    }
}

/// The settings of a node. Clones are the same.
#[derive(Clone)]
pub struct Settings {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: Clock,
    seal: Arc<Seal>,
    groups: BTreeMap<&'static str, Declared>,
    current: ArcSwap<HashMap<&'static str, Current>>,
    /// Whoever reads the store anew waits for who does so already: the last to read has read the newest.
    refreshing: tokio::sync::Mutex<()>,
    judge: OnceLock<Arc<dyn Judge>>,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open(
        database: Database,
        clock: Clock,
        seal: Arc<Seal>,
        groups: Groups,
    ) -> Result<Self, Error> {
        let inner = Inner {
            database,
            clock,
            seal,
            groups: groups.0,
            current: ArcSwap::default(),
            refreshing: tokio::sync::Mutex::default(),
            judge: OnceLock::new(),
        };
        let settings = Self { inner: Arc::new(inner) };
        settings.refresh().await?;
        Ok(settings)
    }

    /// Says who knows what settings name. Once, before anything is saved.
    pub fn judged_by(&self, judge: Arc<dyn Judge>) {
        // Whoever came first stays.
        drop(self.inner.judge.set(judge));
    }

    /// A group as it is now.
    ///
    /// # Panics
    /// For a group that [`Groups::with`] did not declare: a fault of ours that any test sees.
    pub fn of<T: Group>(&self) -> Arc<T> {
        let typed = self.inner.current.load().get(T::KEY).map(|current| current.typed.clone());
        typed
            .and_then(|typed| typed.downcast().ok())
            .expect("the group was declared when the node was opened")
    }

    /// Every group as it is now.
    pub fn snapshot(&self) -> Snapshot {
        let current = self.inner.current.load();
        Snapshot(current.iter().map(|(key, current)| (*key, current.typed.clone())).collect())
    }

    /// Takes over what was changed, here or by another node: to be called every second or two.
    ///
    /// # Errors
    /// What the database says; the settings stay as they were.
    pub async fn refresh(&self) -> Result<(), Error> {
        let inner = &self.inner;
        let _waits = inner.refreshing.lock().await;
        let stored: HashMap<String, String> =
            inner.database.read::<_, Error, _>(|tx| Box::pin(store::all(tx))).await?.into_iter().collect();
        let before = inner.current.load();
        let is_known =
            |key: &str| before.get(key).is_some_and(|current| current.text.as_ref() == stored.get(key));
        if inner.groups.keys().all(|key| is_known(key)) {
            return Ok(());
        }
        let current = inner.groups.values().map(|group| {
            let known = before.get(group.key).filter(|_| is_known(group.key)).cloned();
            (group.key, known.unwrap_or_else(|| self.read(group, stored.get(group.key).cloned())))
        });
        inner.current.store(Arc::new(current.collect()));
        Ok(())
    }

    fn read(&self, group: &Declared, text: Option<String>) -> Current {
        let fields = self.understood(group, &parsed(text.as_deref()), true);
        let typed = (group.read)(&fields).expect("each field was tried with those before it");
        Current { text, fields: Arc::new(fields), typed }
    }

    /// Every field of a group: as it is stored where that is understood, as it is by default elsewhere.
    fn understood(&self, group: &Declared, stored: &Fields, is_told: bool) -> Fields {
        let mut fields = group.defaults.clone();
        for (name, value) in stored {
            let opened = self.opened(group, name, value);
            let tried = opened.map(|value| {
                let before = fields.insert(name.clone(), value);
                (before, (group.read)(&fields))
            });
            match tried {
                Some((Some(_), Ok(_))) => continue,
                Some((Some(before), Err(_))) => drop(fields.insert(name.clone(), before)),
                Some((None, _)) => drop(fields.remove(name)),
                None => {}
            }
            if is_told {
                tracing::warn!(
                    group = group.key,
                    field = name,
                    "A stored setting is not understood by this version; the default holds until it is saved anew"
                );
            }
        }
        (group.complete)(fields)
    }

    /// A field as it is meant; `None` for a secret that was sealed with another seal.key.
    fn opened(&self, group: &Declared, name: &str, value: &Value) -> Option<Value> {
        match value.as_str() {
            Some(sealed) if group.sealed.contains(&name) && !sealed.is_empty() => {
                self.inner.seal.open(&label(group.key, name), sealed).map(Value::String)
            }
            _ => Some(value.clone()),
        }
    }

    /// A field as it is stored.
    fn closed(&self, group: &Declared, name: &str, value: &Value) -> Value {
        match value.as_str() {
            Some(secret) if group.sealed.contains(&name) && !secret.is_empty() => {
                Value::String(self.inner.seal.close(&label(group.key, name), secret))
            }
            _ => value.clone(),
        }
    }

    fn group(&self, key: &str) -> Option<&Declared> {
        self.inner.groups.get(key)
    }

    /// Every field of a group as it is shown: secrets but for their last four characters.
    fn shown(&self, group: &Declared) -> Fields {
        let current = self.inner.current.load();
        let mut fields = current.get(group.key).map_or(group.defaults.clone(), |now| (*now.fields).clone());
        for name in group.sealed {
            if let Some(Value::String(secret)) = fields.get_mut(*name) {
                *secret = mask(secret);
            }
        }
        fields
    }

    /// Changes fields of a group, all of them or none.
    async fn change(&self, key: &str, wish: Fields, actor: Actor) -> Result<(), Refusal> {
        if wish.is_empty() {
            return Ok(());
        }
        let (this, key, now) = (self.clone(), key.to_owned(), self.inner.clock.now());
        let by = actor.name.clone();
        let changed = self.inner.database.write::<_, Refusal, _>(move |tx| {
            Box::pin(async move {
                let group = this.group(&key).ok_or_else(|| this.missing(&key))?;
                this.change_in(tx, group, wish, &actor, now).await.map(|names| (group.key, names))
            })
        });
        let (group, names) = changed.await?;
        if names.is_empty() {
            return Ok(());
        }
        tracing::info!(group, by = &*by, fields = names.join(", "), "Settings were changed");
        // It is stored; should reading it back fail, the next refresh makes up for it.
        if let Err(error) = self.refresh().await {
            tracing::warn!("Changed settings take effect a little later: {error}");
        }
        Ok(())
    }

    /// Returns the names of the fields that are other than before.
    async fn change_in(
        &self,
        tx: &mut Tx,
        group: &Declared,
        wish: Fields,
        actor: &Actor,
        now: Instant,
    ) -> Result<Vec<String>, Refusal> {
        let mut stored = parsed(store::locked(tx, group.key, now, &actor.name).await?.as_deref());
        let before = self.understood(group, &stored, false);
        let mut fields = before.clone();
        let mut given = Vec::new();
        for (name, value) in wish {
            let Some(present) = before.get(&name) else {
                return Err(Refusal::invalid(unknown(&name, group)));
            };
            let is_shown_form = group.sealed.contains(&name.as_str())
                && value
                    .as_str()
                    .zip(present.as_str())
                    .is_some_and(|(text, secret)| !secret.is_empty() && text == mask(secret));
            if is_shown_form {
                continue;
            }
            schema::judge(&group.schema, &name, &value).map_err(Refusal::invalid)?;
            fields.insert(name.clone(), schema::merged(&group.schema, &name, present, value));
            given.push(name);
        }
        let judged = (group.check)(&fields).map_err(Refusal::invalid)?;
        given.retain(|name| !stored.contains_key(name) || judged.get(name) != before.get(name));
        self.judge_in(tx, group, &judged, &given).await?;
        for name in &given {
            stored.insert(name.clone(), self.closed(group, name, &judged[name]));
        }
        if !given.is_empty() {
            store::put(tx, group.key, &Value::Object(stored).to_string(), now, &actor.name).await?;
            audit::note_in(tx, &entries(group, &given, &before, &judged, actor, now)).await?;
        }
        Ok(given)
    }

    /// Judges what the fields that are saved name; those that stay as they were are not held against anybody.
    async fn judge_in(
        &self,
        tx: &mut Tx,
        group: &Declared,
        judged: &Fields,
        given: &[String],
    ) -> Result<(), Refusal> {
        let mut references = (group.references)(judged);
        references.retain(|reference| given.iter().any(|name| name == reference.field));
        for reference in &mut references {
            // A field that holds a number has no room for a list: what is said of it is said of one user.
            if let (Referred::People(_), Some(id)) = (&reference.to, judged[reference.field].as_i64()) {
                reference.to = Referred::Person(id);
            }
        }
        match self.inner.judge.get() {
            Some(judge) if !references.is_empty() => judge.judge(tx, &references).await,
            _ => Ok(()),
        }
    }

    fn missing(&self, key: &str) -> Refusal {
        let key: String = key.chars().take(64).collect();
        let known: Vec<&str> = self.inner.groups.keys().copied().collect();
        Refusal::missing(format!("Settings group {key} not found; there are: {}", known.join(", ")))
    }
}

/// What an audit tells of changed fields: from what to what; of a secret only that it was changed.
fn entries(
    group: &Declared,
    names: &[String],
    before: &Fields,
    after: &Fields,
    actor: &Actor,
    at: Instant,
) -> Vec<audit::Entry> {
    let subject = audit::Subject::Settings(Arc::from(group.key));
    // What is saved as it is by default is stored, but nothing is other than before.
    let changed = names.iter().filter(|name| before.get(*name) != after.get(*name));
    let entry = |name: &String| {
        let is_secret = group.sealed.contains(&name.as_str());
        let (from, to) = match is_secret {
            true => (None, Some(Value::from("changed"))),
            false => (before.get(name).cloned(), after.get(name).cloned()),
        };
        audit::Entry { subject: subject.clone(), field: name.clone(), from, to, actor: actor.clone(), at }
    };
    changed.map(entry).collect()
}

fn label(group: &str, field: &str) -> String {
    format!("settings.{group}.{field}")
}

fn parsed(text: Option<&str>) -> Fields {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// A secret as it is shown: `…abcd`.
fn mask(secret: &str) -> String {
    let count = secret.chars().count();
    match count {
        0 => String::new(),
        _ if count < SHORTEST_SHOWN => "…".to_owned(),
        _ => std::iter::once('…').chain(secret.chars().skip(count - SHOWN)).collect(),
    }
}

fn unknown(name: &str, group: &Declared) -> String {
    let name: String = name.chars().take(64).collect();
    match nearest(&name, group.defaults.keys().map(String::as_str)) {
        Some(near) => format!("Unknown field \"{name}\"; did you mean \"{near}\"?"),
        None => format!("Unknown field \"{name}\"; leave it out"),
    }
}

#[cfg(test)]
mod tests;
