//! What records become in the course of something else: a document that a customer uploads, a ticket that is commented on.

use super::save::{Saved, Wish};
use super::{Change, Course, Credit, Modules, Record, Records};
use crate::audit::Actor;
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::storage::Tx;

impl Records {
    /// The modules that there are.
    pub fn modules(&self) -> &Modules {
        &self.inner.modules
    }

    /// Makes the record with this id, or changes it, in the transaction of what it happens in the course of: people are
    /// told of that, and not of this.
    ///
    /// # Errors
    /// 400, 404 and 409 for what cannot be taken, or what the database says.
    pub async fn save_in_course(
        &self,
        tx: &mut Tx,
        (module, id): (&str, &str),
        wish: Wish,
        actor: &Actor,
        now: Instant,
    ) -> Result<Record, Refusal> {
        let Saved { before, after } = self.save_in(tx, module, id, wish, now).await?;
        let record = after.clone();
        let change = Change {
            before,
            after: Some(after),
            actor: actor.clone(),
            send_notification: None,
            course: Course::Companion,
            credit: Credit::Kept,
        };
        self.announce_in(tx, &[change], now).await.map(|()| record)
    }

    /// The record, which nobody else changes until the transaction ends.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn held_in(&self, tx: &mut Tx, module: &str, id: &str) -> Result<Record, Refusal> {
        self.locked_in(tx, module, id).await
    }

    /// The record.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn one_in(&self, tx: &mut Tx, module: &str, id: &str) -> Result<Record, Refusal> {
        self.existing_in(tx, module, id).await
    }
}
