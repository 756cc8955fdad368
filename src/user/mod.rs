//! People: who they are, who may sign in, what they choose, and the groups they belong to.

/// What people choose: by which ways they are written to, which types by which of them, and when not at all.
pub mod choice;
/// What the company is called, and when it is open.
pub mod company;
mod directory;
pub mod fields;
pub mod group;
/// When a company is open, and how much open time passes.
pub mod hours;
mod http;
/// Lists of people as administrators write them.
pub mod listed;
/// Who is meant where a text mentions people.
pub mod mention;
/// Records of which a user wants no e-mail and no webhook.
pub mod mute;
/// Windows of the week in which nothing automatic is sent.
pub mod quiet;
/// Judges what settings name of people and templates.
pub mod references;
/// How signing in is kept safe.
pub mod security;
mod store;
/// Who supports customers, and who of them is on support now.
pub mod support;
mod unsubscribe;
mod wire;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::auth::passwords::Hash;
use crate::auth::{self, Auth, Refusal, Role, Roles, Status};
use crate::channel::Channels;
use crate::clock::{Clock, Instant};
use crate::http::body::LARGEST_ID;
use crate::secret::Seal;
use crate::storage::{Database, Error, Tx};
use choice::Choices;
use choice::webhook::Vault;

pub use http::routes;

/// A person with an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The number, never given to anybody else.
    pub id: i64,
    /// E-mail address, as it was given.
    pub email: String,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Roles,
    /// Whether the user may sign in.
    pub status: Status,
    /// Name of a time zone of the IANA database.
    pub time_zone: String,
    /// Language tag.
    pub language: String,
    /// The user's manager.
    pub reports_to: Option<i64>,
    /// Whether the user is on support now.
    pub on_support: bool,
    /// What the user has chosen.
    pub choices: Choices,
    /// When the user was added.
    pub created_at: Instant,
    /// When something about the user changed.
    pub updated_at: Instant,
}

/// A user to add.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// The number; the next free one where nothing is said.
    pub id: Option<i64>,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Roles,
    /// The password; without one the user cannot sign in yet.
    pub password: Option<Hash>,
    /// Time zone; UTC where nothing is said.
    pub time_zone: Option<String>,
    /// Language; English where nothing is said.
    pub language: Option<String>,
    /// The user's manager.
    pub reports_to: Option<i64>,
}

/// What is to change about a user; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Another e-mail address.
    pub email: Option<String>,
    /// Another name.
    pub name: Option<String>,
    /// Other roles.
    pub roles: Option<Roles>,
    /// `Active` unlocks, `Locked` locks.
    pub status: Option<Status>,
    /// Another password: it ends every session but `keep_session`.
    pub password: Option<Hash>,
    /// The session in which the password is changed.
    pub keep_session: Option<String>,
    /// Another time zone.
    pub time_zone: Option<String>,
    /// Another language.
    pub language: Option<String>,
    /// Another manager, or none.
    pub reports_to: Option<Option<i64>>,
    /// Whether they are on support from now on.
    pub on_support: Option<bool>,
}

/// Tells which types of notification there are now.
pub type KnownTypes = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// People and groups. Clones are the same.
#[derive(Clone)]
pub struct Users {
    database: Database,
    clock: Clock,
    auth: Auth,
    channels: Channels,
    types: KnownTypes,
    vault: Arc<Vault>,
    tokens: Arc<unsubscribe::Tokens>,
}

impl Users {
    /// The people of a database. `channels` recognise their webhooks, whose URLs `seal` keeps.
    pub fn new(
        database: Database,
        clock: Clock,
        auth: Auth,
        channels: Channels,
        types: KnownTypes,
        seal: Arc<Seal>,
    ) -> Self {
        let tokens = Arc::new(unsubscribe::Tokens::new(&seal));
        Self { database, clock, auth, channels, types, vault: Arc::new(Vault::new(seal)), tokens }
    }
}

/// Whether anybody has the role admin, locked or not.
///
/// # Errors
/// What the database says.
pub async fn any_admin(database: &Database) -> Result<bool, Error> {
    database.read(|tx| Box::pin(store::any_admin(tx))).await
}

/// Adds a user, with an empty inbox.
///
/// # Errors
/// What cannot be taken, an e-mail or id that is somebody's, or what the database says.
pub async fn add(database: &Database, now: Instant, new: New) -> Result<User, Refusal> {
    database.write(move |tx| Box::pin(add_in(tx, now, new))).await
}

/// Every user, in the order of their ids.
///
/// # Errors
/// What the database says.
pub async fn list(database: &Database) -> Result<Vec<User>, Error> {
    database.read(|tx| Box::pin(store::page(tx, "", None, 0, i64::MAX))).await
}

/// The user with this id or e-mail address.
///
/// # Errors
/// Nobody has it, or what the database says.
pub async fn find(database: &Database, id_or_email: &str) -> Result<User, Refusal> {
    let asked = id_or_email.trim().to_owned();
    database
        .read(move |tx| {
            Box::pin(async move {
                let found = match asked.parse() {
                    Ok(id) => store::find(tx, id).await?,
                    Err(_) => store::find_by_email(tx, &asked).await?,
                };
                found.ok_or_else(|| missing(&asked))
            })
        })
        .await
}

/// Gives a user another password and ends all of the user's sessions.
///
/// # Errors
/// Nobody has this id, or what the database says.
pub async fn set_password(
    database: &Database,
    now: Instant,
    id: i64,
    password: Hash,
) -> Result<User, Refusal> {
    let change = Change { password: Some(password), ..Change::default() };
    database.write(move |tx| Box::pin(change_in(tx, now, id, change))).await
}

/// Lets a locked user sign in again and starts the count of wrong passwords anew.
///
/// # Errors
/// Nobody has this id, or what the database says.
pub async fn unlock(database: &Database, now: Instant, id: i64) -> Result<User, Refusal> {
    let change = Change { status: Some(Status::Active), ..Change::default() };
    database.write(move |tx| Box::pin(change_in(tx, now, id, change))).await
}

/// The name of a user, if there is such a one.
///
/// # Errors
/// What the database says.
pub async fn name_in(tx: &mut Tx, id: i64) -> Result<Option<String>, Error> {
    store::name(tx, id).await
}

/// Every active administrator, in the order of their ids.
///
/// # Errors
/// What the database says.
pub async fn admins_in(tx: &mut Tx) -> Result<Vec<i64>, Error> {
    store::active_admins(tx).await
}

/// Somebody as whoever decides about notifications sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Number.
    pub id: i64,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Name of a time zone.
    pub time_zone: String,
    /// Language tag.
    pub language: String,
    /// Their manager.
    pub reports_to: Option<i64>,
    /// Whether they are on support now.
    pub on_support: bool,
    /// Whether they may sign in: not locked.
    pub is_active: bool,
    /// Whether they are a customer and nothing else: what the team says is not for them.
    pub is_customer: bool,
}

/// Those of these people that there are, by their ids.
///
/// # Errors
/// What the database says.
pub async fn figures_in(tx: &mut Tx, ids: &BTreeSet<i64>) -> Result<HashMap<i64, Figure>, Error> {
    let figures = store::figures(tx, ids).await?;
    Ok(figures.into_iter().map(|figure| (figure.id, figure)).collect())
}

fn missing(asked: impl std::fmt::Display) -> Refusal {
    Refusal::missing(format!("User {asked} not found"))
}

async fn existing(tx: &mut Tx, id: i64) -> Result<User, Refusal> {
    store::find(tx, id).await?.ok_or_else(|| missing(id))
}

async fn add_in(tx: &mut Tx, now: Instant, new: New) -> Result<User, Refusal> {
    fields::email(&new.email)?;
    fields::name(&new.name)?;
    let language = new.language.unwrap_or_else(|| fields::USUAL_LANGUAGE.to_owned());
    fields::language(&language)?;
    let time_zone = fields::time_zone(new.time_zone.as_deref().unwrap_or(fields::USUAL_TIME_ZONE))?;
    if let Some(manager) = new.reports_to {
        existing(tx, manager).await?;
    }
    let mut user = User {
        id: 0,
        email: new.email,
        name: new.name,
        roles: new.roles,
        status: Status::Active,
        time_zone,
        language,
        reports_to: new.reports_to,
        on_support: false,
        choices: Choices::default(),
        created_at: now,
        updated_at: now,
    };
    loop {
        user.id = free_id(tx, new.id).await?;
        if store::insert(tx, &user, new.password.as_ref().map(Hash::as_str)).await? {
            store::insert_inbox(tx, user.id).await?;
            return Ok(user);
        }
        if store::find_by_email(tx, &user.email).await?.is_some() {
            return Err(email_taken());
        }
        // Somebody else took the id between the question and the insert: ask again.
    }
}

/// The id that was asked for, or the next one. An id is never given twice, not even after its user is gone.
async fn free_id(tx: &mut Tx, asked: Option<i64>) -> Result<i64, Refusal> {
    let Some(id) = asked else {
        let highest = store::highest_id(tx).await?;
        let next = if highest < LARGEST_ID { Some(highest + 1) } else { store::first_gap(tx).await? };
        return next.ok_or_else(|| Refusal::conflict("Every user id is taken"));
    };
    if store::find(tx, id).await?.is_some() {
        return Err(Refusal::conflict(format!(
            "User {id} exists already; choose another id, or leave it out"
        )));
    }
    if store::was_erased(tx, id).await? {
        return Err(Refusal::conflict(format!(
            "Id {id} was that of a user who is gone; choose another, or leave it out"
        )));
    }
    Ok(id)
}

fn email_taken() -> Refusal {
    Refusal::conflict("A user with this email exists already; choose another email")
}

async fn change_in(tx: &mut Tx, now: Instant, id: i64, change: Change) -> Result<User, Refusal> {
    let before = existing(tx, id).await?;
    let change = checked(tx, id, change).await?;
    let keeps_admin = change.roles.is_none_or(|roles| roles.contains(Role::Admin))
        && change.status.is_none_or(|status| status == Status::Active);
    if !keeps_admin {
        keep_an_admin(tx, &before).await?;
    }
    let after = store::update(tx, id, &change, now).await.map_err(|error| match error {
        Error::Duplicate(_) => email_taken(),
        error => error.into(),
    })?;
    if change.password.is_some() || change.status == Some(Status::Locked) {
        auth::end_sessions(tx, id, change.keep_session.as_deref()).await?;
    }
    if change.time_zone.as_ref().is_some_and(|zone| *zone != before.time_zone) {
        store::note_zone_change(tx, id).await?;
    }
    after.ok_or_else(|| missing(id))
}

async fn checked(tx: &mut Tx, id: i64, mut change: Change) -> Result<Change, Refusal> {
    if let Some(email) = &change.email {
        fields::email(email)?;
    }
    if let Some(name) = &change.name {
        fields::name(name)?;
    }
    if let Some(language) = &change.language {
        fields::language(language)?;
    }
    if let Some(time_zone) = &change.time_zone {
        change.time_zone = Some(fields::time_zone(time_zone)?);
    }
    match change.reports_to.flatten() {
        Some(manager) if manager == id => {
            Err(Refusal::conflict("Nobody reports to themselves; name another user"))
        }
        Some(manager) => existing(tx, manager).await.map(|_| change),
        None => Ok(change),
    }
}

/// Refuses what would leave nobody who could let anybody in.
async fn keep_an_admin(tx: &mut Tx, user: &User) -> Result<(), Refusal> {
    if user.status != Status::Active || !user.roles.contains(Role::Admin) {
        return Ok(());
    }
    if store::has_other_admin(tx, user.id).await? {
        return Ok(());
    }
    Err(Refusal::conflict("This is the last active administrator; make somebody else one first"))
}

/// Removes a user, sessions, memberships and inbox. What was sent to the user is erased by retention.
async fn remove_in(tx: &mut Tx, now: Instant, id: i64) -> Result<(), Refusal> {
    let user = existing(tx, id).await?;
    keep_an_admin(tx, &user).await?;
    store::delete(tx, id, now).await?;
    Ok(())
}
