//! Who is meant where a text mentions people: by their name, or by what stands before the @ of their e-mail address.
//!
//! Whoever is only a customer is never meant: the team speaks among itself, and customers may be called like anybody.

mod store;

use crate::storage::{Error, Tx};

/// Somebody who may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    /// Their number.
    pub id: i64,
    /// Their name, in small letters.
    pub name: String,
    /// Their e-mail address, in small letters.
    pub email: String,
}

/// Those who are called one of these names, or whose e-mail address begins with one of these and an @; all in small
/// letters. Nobody who is only a customer.
///
/// # Errors
/// What the database says.
pub async fn meant_in(tx: &mut Tx, names: &[String], boxes: &[String]) -> Result<Vec<Meant>, Error> {
    if names.is_empty() && boxes.is_empty() {
        return Ok(Vec::new());
    }
    store::meant(tx, names, boxes).await
}
