//! Groups of people.

mod http;
mod store;

use std::collections::BTreeSet;

use super::{fields, missing as user_missing, support};
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::storage::{Error, Tx};

pub(super) use http::routes;

/// A group of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its number.
    pub id: i64,
    /// Its name, different from every other group's whatever the case.
    pub name: String,
    /// The ids of its members, in order.
    pub members: Vec<i64>,
}

/// What is to change about a group; `None` leaves it.
#[derive(Clone, Debug, Default)]
struct Change {
    name: Option<String>,
    members: Option<BTreeSet<i64>>,
}

/// The lowest of these ids that is nobody's.
///
/// # Errors
/// What the database says.
pub async fn first_unknown_in(tx: &mut Tx, ids: &BTreeSet<i64>) -> Result<Option<i64>, Error> {
    store::first_unknown(tx, ids).await
}

/// The members of the group of this name, whatever its case; `None` if there is no such group.
///
/// # Errors
/// What the database says.
pub async fn members_in(tx: &mut Tx, name: &str) -> Result<Option<Vec<i64>>, Error> {
    store::members_of_named(tx, name).await
}

async fn create_in(tx: &mut Tx, now: Instant, name: &str, members: &BTreeSet<i64>) -> Result<Group, Refusal> {
    fields::name(name)?;
    let id = store::insert(tx, name, now).await?.ok_or_else(name_taken)?;
    put_members(tx, id, members).await?;
    existing(tx, id).await
}

async fn change_in(tx: &mut Tx, id: i64, change: Change) -> Result<Group, Refusal> {
    let before = existing(tx, id).await?;
    if let Some(name) = &change.name {
        fields::name(name)?;
        support::keeps_name(&before, name)?;
        store::rename(tx, id, name).await.map_err(|error| match error {
            Error::Duplicate(_) => name_taken(),
            error => error.into(),
        })?;
    }
    if let Some(members) = &change.members {
        store::clear(tx, id).await?;
        put_members(tx, id, members).await?;
    }
    existing(tx, id).await
}

async fn delete_in(tx: &mut Tx, id: i64) -> Result<(), Refusal> {
    let group = existing(tx, id).await?;
    support::may_go(&group)?;
    match store::delete(tx, id).await? {
        true => Ok(()),
        false => Err(missing(id)),
    }
}

async fn put_members(tx: &mut Tx, id: i64, members: &BTreeSet<i64>) -> Result<(), Refusal> {
    if let Some(unknown) = store::first_unknown(tx, members).await? {
        return Err(user_missing(unknown));
    }
    Ok(store::add_members(tx, id, members).await?)
}

async fn existing(tx: &mut Tx, id: i64) -> Result<Group, Refusal> {
    store::find(tx, id).await?.ok_or_else(|| missing(id))
}

fn name_taken() -> Refusal {
    Refusal::conflict("A group with this name exists already; choose another name")
}

fn missing(asked: impl std::fmt::Display) -> Refusal {
    Refusal::missing(format!("Group {asked} not found"))
}
