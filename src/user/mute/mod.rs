//! Mutes: records of which a user wants no e-mail and no webhook, for a while or until it is taken back.

pub(super) mod http;
mod store;

use std::collections::BTreeSet;

use crate::auth::Refusal;
use crate::clock::Instant;
use crate::storage::{Error, Tx};

/// The most records that somebody may mute at a time.
const MOST: i64 = 1_000;

/// The longest name of a module and id of a record, in characters.
const LONGEST_MODULE: usize = 50;
const LONGEST_RECORD: usize = 200;

/// A record and whose mute of it is asked for: user, module, id of the record.
pub type Record = (i64, String, String);

/// A muted record.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mute {
    module: String,
    record_id: String,
    until: Option<Instant>,
}

/// Which of these records are muted now, each by its own user.
///
/// # Errors
/// What the database says.
pub async fn mutes(tx: &mut Tx, asked: &[Record], now: Instant) -> Result<BTreeSet<Record>, Error> {
    store::among(tx, asked, now).await
}

/// Mutes a record, or says anew until when.
async fn mute_in(tx: &mut Tx, now: Instant, user_id: i64, mute: &Mute) -> Result<(), Refusal> {
    is_module(&mute.module)?;
    let is_plain = !mute.record_id.trim().is_empty()
        && mute.record_id.chars().count() <= LONGEST_RECORD
        && !mute.record_id.contains(char::is_control);
    if !is_plain {
        return Err(Refusal::invalid(format!(
            "record_id must be 1 to {LONGEST_RECORD} characters, in one line"
        )));
    }
    if mute.until.is_some_and(|until| until <= now) {
        return Err(Refusal::invalid(
            "until must lie in the future; leave it out to mute the record for good",
        ));
    }
    store::forget_past(tx, user_id, now).await?;
    store::put(tx, user_id, mute, now).await?;
    if store::count(tx, user_id).await? > MOST {
        return Err(Refusal::conflict(format!(
            "At most {MOST} records may be muted at a time; take some of them back first"
        )));
    }
    Ok(())
}

fn is_module(name: &str) -> Result<(), Refusal> {
    let is_known_form = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= LONGEST_MODULE
        && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
    if is_known_form {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "module must be at most {LONGEST_MODULE} small letters, digits and _, such as tickets or sales_orders"
    )))
}
