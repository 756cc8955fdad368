//! Where deliveries come from: the inbox, which stands above this module and gives itself to it.

use futures_util::future::BoxFuture;

use crate::clock::Instant;
use crate::storage::{Error, Tx};
use crate::user::choice::SwitchedOff;

/// The inbox, as deliveries see it.
pub trait Origin: Send + Sync {
    /// The contents of these notifications, by user and number, in the same order; `None` where one was deleted.
    fn contents<'a>(
        &'a self,
        tx: &'a mut Tx,
        ids: &'a [(i64, i64)],
    ) -> BoxFuture<'a, Result<Vec<Option<Content>>, Error>>;

    /// Tells a user and the administrators, in the same transaction, that the user's webhook was switched off.
    fn switched_off<'a>(
        &'a self,
        tx: &'a mut Tx,
        switched: &'a SwitchedOff,
    ) -> BoxFuture<'a, Result<(), Error>>;
}

/// A notification that is to go out.
#[derive(Clone, Debug)]
pub struct Content {
    /// One line.
    pub title: String,
    /// The words below it.
    pub message: Option<String>,
    /// http(s), or a path.
    pub link: Option<String>,
    /// The text of a JSON object.
    pub metadata: Option<String>,
    /// The ticket it is about.
    pub related_ticket_id: Option<i64>,
    /// Who caused it.
    pub related_user_id: Option<i64>,
    /// When it was sent.
    pub created_at: Instant,
    /// Whether its user has read it in the centre.
    pub is_read: bool,
    /// Whether its user has put it into the archive.
    pub is_archived: bool,
}
