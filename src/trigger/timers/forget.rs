//! Forgets what has fired once it cannot fire again.

use crate::storage::Error;
use crate::trigger::Triggers;
use crate::trigger::engine::REMEMBERED;

use super::store;

/// Rows forgotten in one transaction: few, so that no timer waits for the broom.
const BATCH: i64 = 500;

impl Triggers {
    /// Forgets what fired so long ago that no trigger asks for it any more, however long history is kept: as long as it
    /// matters it is what keeps a timer from firing twice. Returns how many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn expire(&self) -> Result<u64, Error> {
        let before = self.inner.clock.now().minus(REMEMBERED);
        let mut forgotten = 0;
        loop {
            let some = self
                .inner
                .database
                .write::<_, Error, _>(move |tx| Box::pin(store::forget_fired(tx, before, BATCH)));
            match some.await? {
                0 => return Ok(forgotten),
                some => forgotten += some,
            }
        }
    }
}
