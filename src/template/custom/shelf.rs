//! Where templates are kept: put up, changed, brought back, taken away. Each change is a version, and is written down.

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::check::Check;
use super::shipped::{self, Shipped};
use super::{Kind, store};
use crate::audit::{self, Actor, By, Subject};
use crate::auth::Refusal;
use crate::clock::{Clock, Instant};
use crate::storage::{Database, Error, Tx};
use crate::template::lines::one_line;
use crate::template::pdf::Press;

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// The longest template of a subject, in characters.
const LONGEST_SUBJECT: usize = 1_000;

/// Templates in all.
const MOST: usize = 500;

/// Versions of a template that are kept.
const VERSIONS: i64 = 100;

/// Who ships templates.
const US: &str = "Belfry";

/// A template as it stands in the list.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub id: i64,
    pub kind: Kind,
    pub name: String,
    /// Which of ours it is.
    pub key: Option<String>,
    /// Whether an administrator ever changed one of ours.
    pub is_changed: bool,
    /// The newest one.
    pub version: i64,
    pub updated_at: Instant,
    pub updated_by: String,
    pub subject: String,
}

/// One wording of a template, without the source.
#[derive(Clone, Debug)]
pub(super) struct Edition {
    pub version: i64,
    pub subject: String,
    pub at: Instant,
    /// As they were called then.
    pub actor: String,
}

/// A template to put up.
#[derive(Clone, Debug)]
pub(super) struct New {
    pub kind: Kind,
    pub name: String,
    pub subject: String,
    pub source: String,
}

/// What is to become of a template; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    pub name: Option<String>,
    pub subject: Option<String>,
    pub source: Option<String>,
    /// The version that whoever wishes it has seen.
    pub version: i64,
}

/// Which wording is brought back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Back {
    /// One that it had.
    Version(i64),
    /// Ours.
    Shipped,
}

/// Knows where templates are used.
pub trait Uses: Send + Sync {
    /// The templates that settings name, each with the place: `Sales Order Settings: email_template_id`.
    fn uses(&self) -> Vec<(i64, String)>;

    /// Takes over what other nodes were told.
    ///
    /// # Errors
    /// What the database says.
    fn refresh(&self) -> BoxFuture<'_, Result<(), Error>>;
}

/// The templates of a node. Clones are the same.
#[derive(Clone)]
pub struct Templates {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub database: Database,
    pub clock: Clock,
    press: Press,
    uses: OnceLock<Arc<dyn Uses>>,
}

impl Templates {
    /// The templates of a database. Those that are shipped are put up where they are missing, and brought to their
    /// newest wording where no administrator ever changed them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open(database: Database, clock: Clock, press: Press) -> Result<Self, Error> {
        let inner = Inner { database, clock, press, uses: OnceLock::new() };
        let templates = Self { inner: Arc::new(inner) };
        let now = templates.inner.clock.now();
        let stocked = templates.inner.database.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                for shipped in shipped::ALL {
                    stock_in(tx, shipped, now).await?;
                }
                Ok(())
            })
        });
        stocked.await?;
        Ok(templates)
    }

    /// Says who knows where templates are used. Once, before any is deleted.
    pub fn used_by(&self, uses: Arc<dyn Uses>) {
        // Whoever came first stays.
        drop(self.inner.uses.set(uses));
    }

    /// What judges sources.
    pub(super) fn check(&self) -> Check {
        Check { press: self.inner.press.clone(), now: self.inner.clock.now() }
    }

    /// Where a template is used.
    pub(super) fn uses_of(&self, id: i64) -> Vec<String> {
        let uses = self.inner.uses.get().map(|uses| uses.uses()).unwrap_or_default();
        uses.into_iter().filter(|(used, _)| *used == id).map(|(_, place)| place).collect()
    }

    /// The same, by what every node was told until now: for whoever takes the template away.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn newest_uses_of(&self, id: i64) -> Result<Vec<String>, Error> {
        if let Some(uses) = self.inner.uses.get() {
            uses.refresh().await?;
        }
        Ok(self.uses_of(id))
    }

    /// Every template, or those of a kind, by kind and name.
    pub(super) async fn list(&self, kind: Option<Kind>) -> Result<Vec<Card>, Error> {
        self.inner.database.read(move |tx| Box::pin(store::cards(tx, kind))).await
    }

    /// A template and its source: its newest wording, or the one that is asked for.
    pub(super) async fn show(&self, id: i64, version: Option<i64>) -> Result<(Card, String), Refusal> {
        let shown = self.inner.database.read(move |tx| Box::pin(whole_in(tx, id, version)));
        shown.await
    }

    /// The wordings of a template, newest first.
    pub(super) async fn versions(&self, id: i64) -> Result<Vec<Edition>, Refusal> {
        let versions = self.inner.database.read(move |tx| {
            Box::pin(async move {
                match store::versions(tx, id).await? {
                    none if none.is_empty() => Err(missing()),
                    versions => Ok(versions),
                }
            })
        });
        versions.await
    }
}

fn missing() -> Refusal {
    Refusal::missing("Template not found")
}

/// A template with its source, of whichever version.
pub(super) async fn whole_in(tx: &mut Tx, id: i64, version: Option<i64>) -> Result<(Card, String), Refusal> {
    let mut card = store::card(tx, id).await?.ok_or_else(missing)?;
    let version = version.unwrap_or(card.version);
    let (subject, source) = store::version(tx, id, version).await?.ok_or_else(|| {
        Refusal::missing("The template has no such version; take one from its list of versions")
    })?;
    (card.subject, card.version) = (subject, version);
    Ok((card, source))
}

/// Judges a name and a subject apart from what they say, and brings them into their usual form.
pub(super) fn judged_name(name: &str) -> Result<String, Refusal> {
    let name = one_line(name);
    match name.chars().count() {
        0 => Err(Refusal::invalid("name is required")),
        1..=LONGEST_NAME => Ok(name),
        _ => Err(Refusal::invalid(format!("name must be at most {LONGEST_NAME} characters long"))),
    }
}

/// See [`judged_name`]. A PDF has none.
pub(super) fn judged_subject(kind: Kind, subject: &str) -> Result<String, Refusal> {
    let subject = one_line(subject);
    match (kind, subject.is_empty()) {
        (Kind::Pdf, _) => Ok(String::new()),
        (Kind::Email, true) => Err(Refusal::invalid("subject is required")),
        (Kind::Email, false) if subject.chars().count() > LONGEST_SUBJECT => {
            Err(Refusal::invalid(format!("subject must be at most {LONGEST_SUBJECT} characters long")))
        }
        (Kind::Email, false) => Ok(subject),
    }
}

async fn name_is_free_in(tx: &mut Tx, kind: Kind, name: &str, own: Option<i64>) -> Result<(), Refusal> {
    match store::named(tx, kind, name).await? {
        Some(other) if own != Some(other) => Err(Refusal::conflict(format!(
            "There is a template called \"{name}\" already; choose another name"
        ))),
        _ => Ok(()),
    }
}

/// Puts up a template that was judged; returns its id.
pub(super) async fn create_in(tx: &mut Tx, new: New, actor: &Actor, now: Instant) -> Result<i64, Refusal> {
    if store::count(tx, i64::try_from(MOST).unwrap_or(i64::MAX)).await? >= MOST {
        return Err(Refusal::conflict(format!(
            "There are {MOST} templates already; delete one that is not used"
        )));
    }
    name_is_free_in(tx, new.kind, &new.name, None).await?;
    let mut card = Card {
        id: 0,
        kind: new.kind,
        name: new.name,
        key: None,
        is_changed: false,
        version: 1,
        updated_at: now,
        updated_by: actor.name.to_string(),
        subject: new.subject,
    };
    let id = store::insert(tx, &card).await?;
    card.id =
        id.ok_or_else(|| Refusal::conflict("Another template took this name just now; choose another"))?;
    store::insert_version(tx, card.id, &edition(&card), &new.source).await?;
    note_in(tx, None, Some(&card), actor, now).await?;
    Ok(card.id)
}

/// Changes a template to wording that was judged.
pub(super) async fn change_in(
    tx: &mut Tx,
    id: i64,
    wish: Wish,
    actor: &Actor,
    now: Instant,
) -> Result<(), Refusal> {
    let (before, source) = whole_in(tx, id, None).await?;
    if before.version != wish.version {
        return Err(stale(&before));
    }
    let new_source = wish.source.as_deref().unwrap_or(&source);
    let mut after = before.clone();
    after.name = wish.name.unwrap_or(after.name);
    after.subject = wish.subject.unwrap_or(after.subject);
    if (&after.name, &after.subject, new_source) == (&before.name, &before.subject, source.as_str()) {
        return Ok(());
    }
    after.is_changed = after.key.is_some();
    put_in(tx, &before, after, new_source, actor, now).await
}

/// Brings back a wording; it becomes the newest version.
pub(super) async fn restore_in(
    tx: &mut Tx,
    id: i64,
    back: Back,
    actor: &Actor,
    now: Instant,
) -> Result<(), Refusal> {
    let (before, source) = whole_in(tx, id, None).await?;
    let mut after = before.clone();
    let old = match back {
        Back::Version(version) => {
            let (card, old) = whole_in(tx, id, Some(version)).await?;
            after.subject = card.subject;
            after.is_changed = after.key.is_some();
            old
        }
        Back::Shipped => {
            let ours = before.key.as_deref().and_then(shipped::of).ok_or_else(|| {
                Refusal::conflict("This template is not one of ours; bring back one of its versions instead")
            })?;
            after.subject = ours.subject.to_owned();
            after.is_changed = false;
            ours.source.to_owned()
        }
    };
    if old == source && after.subject == before.subject && after.is_changed == before.is_changed {
        return Ok(());
    }
    put_in(tx, &before, after, &old, actor, now).await
}

async fn put_in(
    tx: &mut Tx,
    before: &Card,
    mut after: Card,
    source: &str,
    actor: &Actor,
    now: Instant,
) -> Result<(), Refusal> {
    name_is_free_in(tx, after.kind, &after.name, Some(after.id)).await?;
    after.version = before.version + 1;
    after.updated_at = now;
    after.updated_by = actor.name.to_string();
    if !store::update(tx, &after, before.version).await? {
        return Err(stale(before));
    }
    store::insert_version(tx, after.id, &edition(&after), source).await?;
    store::forget_versions(tx, after.id, after.version - VERSIONS).await?;
    note_in(tx, Some(before), Some(&after), actor, now).await?;
    Ok(())
}

fn stale(now: &Card) -> Refusal {
    Refusal::conflict(format!(
        "Somebody changed the template meanwhile, it is at version {}; load it again and make your change there",
        now.version
    ))
}

/// Takes a template away, unless a setting names it or it is one of ours.
pub(super) async fn delete_in(
    tx: &mut Tx,
    id: i64,
    uses: &[String],
    actor: &Actor,
    now: Instant,
) -> Result<(), Refusal> {
    let card = store::card(tx, id).await?.ok_or_else(missing)?;
    if card.key.is_some() {
        return Err(Refusal::conflict(
            "A template that Belfry comes with cannot be deleted; restore it instead",
        ));
    }
    if !uses.is_empty() {
        return Err(Refusal::conflict(format!(
            "The template is used by {}; choose another one there first",
            uses.join(", ")
        )));
    }
    store::delete(tx, id).await?;
    note_in(tx, Some(&card), None, actor, now).await?;
    Ok(())
}

async fn stock_in(tx: &mut Tx, ours: &Shipped, now: Instant) -> Result<(), Error> {
    let actor = Actor { user_id: None, name: Arc::from(US), by: By::Api };
    let Some(before) = store::card_by_key(tx, ours.key).await? else {
        return put_up_in(tx, ours, &actor, now).await;
    };
    let stored = store::version(tx, before.id, before.version).await?;
    let is_newest = stored.is_some_and(|(subject, source)| subject == ours.subject && source == ours.source);
    if before.is_changed || is_newest {
        return Ok(());
    }
    let mut after = before.clone();
    after.subject = ours.subject.to_owned();
    match put_in(tx, &before, after, ours.source, &actor, now).await {
        Err(Refusal::Storage(error)) => Err(error),
        // Another node has done it.
        _ => Ok(()),
    }
}

async fn put_up_in(tx: &mut Tx, ours: &Shipped, actor: &Actor, now: Instant) -> Result<(), Error> {
    let is_taken = store::named(tx, ours.kind, ours.name).await?.is_some();
    let card = Card {
        id: 0,
        kind: ours.kind,
        name: if is_taken { format!("{} ({US})", ours.name) } else { ours.name.to_owned() },
        key: Some(ours.key.to_owned()),
        is_changed: false,
        version: 1,
        updated_at: now,
        updated_by: actor.name.to_string(),
        subject: ours.subject.to_owned(),
    };
    match store::insert(tx, &card).await? {
        Some(id) => store::insert_version(tx, id, &edition(&card), ours.source).await,
        None => Ok(()),
    }
}

fn edition(card: &Card) -> Edition {
    Edition {
        version: card.version,
        subject: card.subject.clone(),
        at: card.updated_at,
        actor: card.updated_by.clone(),
    }
}

async fn note_in(
    tx: &mut Tx,
    before: Option<&Card>,
    after: Option<&Card>,
    actor: &Actor,
    at: Instant,
) -> Result<(), Error> {
    let told = |card: &Card| -> Value {
        json!({ "id": card.id, "kind": card.kind, "name": card.name, "subject": card.subject, "version": card.version })
    };
    let name = after.or(before).map(|card| card.name.clone()).unwrap_or_default();
    let entry = audit::Entry {
        subject: Subject::Settings(Arc::from("templates")),
        field: name,
        from: before.map(told),
        to: after.map(told),
        actor: actor.clone(),
        at,
    };
    audit::note_in(tx, &[entry]).await
}
