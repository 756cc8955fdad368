//! API keys: those of the configuration, and those that administrators make. A key is shown once and kept nowhere.

mod http;
mod ring;
mod store;
mod text;

use crate::clock::Instant;
use crate::secret::sha256_hex;
use crate::storage::{Database, Error, Tx};

use super::{Refusal, Roles};

pub(super) use http::routes;
pub use ring::ApiKey;
pub(super) use ring::Keyring;
pub use text::NewText;

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 200;

/// A key that an administrator made, without the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// What logs call it; the name where nothing else was said.
    pub description: String,
    /// What it may do beside sending.
    pub roles: Roles,
    /// How the key begins, to know it by.
    pub hint: String,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Instant,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    /// Since when it is refused for good.
    pub revoked_at: Option<Instant>,
    /// When it was last used; written down every half minute.
    pub used_at: Option<Instant>,
}

/// Whether a key is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Active,
    /// Its time is over.
    Expired,
    /// An administrator revoked it.
    Revoked,
}

impl Standing {
    fn at(now: Instant, expires_at: Option<Instant>, revoked_at: Option<Instant>) -> Self {
        match (revoked_at, expires_at) {
            (Some(_), _) => Standing::Revoked,
            (None, Some(expires_at)) if expires_at <= now => Standing::Expired,
            (None, _) => Standing::Active,
        }
    }

    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Active => "Active",
            Standing::Expired => "Expired",
            Standing::Revoked => "Revoked",
        }
    }
}

impl Key {
    /// Whether it is accepted at `now`.
    pub fn standing(&self, now: Instant) -> Standing {
        Standing::at(now, self.expires_at, self.revoked_at)
    }
}

/// A key to make.
#[derive(Clone, Debug)]
pub struct New {
    /// What people call it.
    pub name: String,
    /// What logs call it; the name where nothing is said.
    pub description: Option<String>,
    /// What it may do beside sending.
    pub roles: Roles,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    /// Who makes it.
    pub created_by: String,
}

/// What is to change about a key; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Other roles.
    pub roles: Option<Roles>,
    /// Another expiry, or none.
    pub expires_at: Option<Option<Instant>>,
}

/// Makes a key; the text is shown to its maker and kept nowhere.
///
/// # Errors
/// A name or description that cannot be taken, or what the database says.
pub async fn create(database: &Database, now: Instant, new: New) -> Result<(Key, NewText), Refusal> {
    database.write(move |tx| Box::pin(create_in(tx, now, new))).await
}

/// Every key that was ever made, also those that are revoked, in the order of their making.
///
/// # Errors
/// What the database says.
pub async fn list(database: &Database) -> Result<Vec<Key>, Error> {
    database.read(|tx| Box::pin(store::all(tx))).await
}

/// Revokes a key for good. A server that runs refuses it within two seconds.
///
/// # Errors
/// A key that does not exist, or what the database says.
pub async fn revoke(database: &Database, now: Instant, id: i64) -> Result<Key, Refusal> {
    database.write(move |tx| Box::pin(revoke_in(tx, now, id))).await
}

async fn create_in(tx: &mut Tx, now: Instant, new: New) -> Result<(Key, NewText), Refusal> {
    check("name", &new.name, LONGEST_NAME)?;
    let description =
        new.description.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| new.name.clone());
    check("description", &description, LONGEST_DESCRIPTION)?;
    let text = NewText::random();
    let key = Key {
        id: 0,
        name: new.name,
        description,
        roles: new.roles,
        hint: text.hint(),
        created_by: new.created_by,
        created_at: now,
        expires_at: new.expires_at,
        revoked_at: None,
        used_at: None,
    };
    let id = store::insert(tx, &key, &text.digest()).await?;
    Ok((Key { id, ..key }, text))
}

async fn revoke_in(tx: &mut Tx, now: Instant, id: i64) -> Result<Key, Refusal> {
    store::revoke(tx, id, now).await?;
    find(tx, id).await
}

async fn change_in(tx: &mut Tx, id: i64, change: Change) -> Result<Key, Refusal> {
    if let Some(name) = &change.name {
        check("name", name, LONGEST_NAME)?;
    }
    if let Some(description) = &change.description {
        check("description", description, LONGEST_DESCRIPTION)?;
    }
    usable(tx, id).await?;
    store::update(tx, id, &change).await?;
    find(tx, id).await
}

/// Gives a key another text; the one before it is dead.
async fn regenerate_in(tx: &mut Tx, id: i64) -> Result<(Key, NewText), Refusal> {
    usable(tx, id).await?;
    let text = NewText::random();
    store::replace_text(tx, id, &text.hint(), &text.digest()).await?;
    Ok((find(tx, id).await?, text))
}

async fn find(tx: &mut Tx, id: i64) -> Result<Key, Refusal> {
    store::find(tx, id).await?.ok_or_else(|| missing(id))
}

async fn usable(tx: &mut Tx, id: i64) -> Result<(), Refusal> {
    match find(tx, id).await?.revoked_at {
        Some(_) => Err(Refusal::conflict(format!("API key {id} is revoked; create a new one"))),
        None => Ok(()),
    }
}

fn missing(id: impl std::fmt::Display) -> Refusal {
    Refusal::missing(format!("API key {id} not found"))
}

fn check(what: &str, text: &str, longest: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(format!("{what} is required")));
    }
    if text.chars().count() > longest || text.contains(char::is_control) {
        return Err(Refusal::invalid(format!(
            "{what} must be at most {longest} characters long, in one line"
        )));
    }
    Ok(())
}

fn digest_of(key: &str) -> String {
    sha256_hex(key.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_active_until_it_expires_or_is_revoked() {
        let (before, now) = (Instant(1), Instant(2));
        for (expires_at, revoked_at, expected) in [
            (None, None, Standing::Active),
            (Some(Instant(3)), None, Standing::Active),
            (Some(now), None, Standing::Expired),
            (Some(before), None, Standing::Expired),
            (Some(before), Some(before), Standing::Revoked),
            (None, Some(before), Standing::Revoked),
        ] {
            assert_eq!(Standing::at(now, expires_at, revoked_at), expected);
        }
    }

    #[test]
    fn names_are_short_and_in_one_line() {
        let long = "ü".repeat(100);
        for (name, good) in
            [("Backup", true), (&long, true), ("", false), (" \t", false), ("a\nb", false), ("\0", false)]
        {
            assert_eq!(check("name", name, 100).is_ok(), good, "{name:?}");
        }
        assert!(check("name", &format!("{long}x"), 100).is_err());
    }
}
