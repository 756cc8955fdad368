//! Whoever wants to hear of lock-outs, and says after how many wrong passwords there is one: it stands above this module.

use futures_util::future::BoxFuture;

use crate::clock::Instant;
use crate::storage::{Error, Tx};

/// Somebody who locked themselves out just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedOut {
    /// Who.
    pub user_id: i64,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Wrong passwords in a row.
    pub attempts: i64,
    /// Where the last of them came from.
    pub address: Option<String>,
    /// When.
    pub at: Instant,
}

/// Hears of lock-outs.
pub trait Watch: Send + Sync {
    /// After how many wrong passwords in a row somebody is locked out.
    fn most_wrong_passwords(&self) -> u32;

    /// Hears of a lock-out, in its transaction.
    fn locked_out<'a>(&'a self, tx: &'a mut Tx, who: &'a LockedOut) -> BoxFuture<'a, Result<(), Error>>;
}
