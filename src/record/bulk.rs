//! Several records reassigned at once (A7).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{Record, Records, save, store};
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::storage::Tx;

/// A record before and after it was reassigned: the same where it was theirs already.
pub(super) type Reassigned = (Record, Record);

impl Records {
    /// Gives records of a module to another user, or to nobody: all of them or none. Returns each once, in the order
    /// in which they were named. Nobody is told yet.
    ///
    /// # Errors
    /// 404 for the user or a record that does not exist, or what the database says.
    pub(super) async fn reassign_in(
        &self,
        tx: &mut Tx,
        module: &str,
        ids: &[Arc<str>],
        assigned_to: Option<i64>,
        now: Instant,
    ) -> Result<Vec<Reassigned>, Refusal> {
        ids.iter().try_for_each(|id| self.findable(module, id))?;
        if let Some(user_id) = assigned_to {
            save::user_exists_in(tx, user_id).await?;
        }
        let wanted: BTreeSet<Arc<str>> = ids.iter().cloned().collect();
        let wanted: Vec<Arc<str>> = wanted.into_iter().collect();
        let found = store::locked_many(tx, module, &wanted).await?;
        let mut found: HashMap<Arc<str>, Record> =
            found.into_iter().map(|record| (record.id.clone(), record)).collect();
        if let Some(id) = ids.iter().find(|id| !found.contains_key(*id)) {
            return Err(save::missing(module, id));
        }
        let reassigned: Vec<Reassigned> = ids
            .iter()
            .filter_map(|id| found.remove(id))
            .map(|before| {
                let after = given_to(&before, assigned_to, now);
                (before, after)
            })
            .collect();
        let others = reassigned.iter().filter(|(before, after)| before != after);
        let numbers: Vec<i64> = others.map(|(before, _)| before.number).collect();
        store::reassign(tx, &numbers, assigned_to, now).await?;
        Ok(reassigned)
    }
}

/// The record as it is once somebody else is assigned to it.
fn given_to(before: &Record, assigned_to: Option<i64>, now: Instant) -> Record {
    if before.assigned_to == assigned_to {
        return before.clone();
    }
    Record {
        assigned_to,
        previous_assigned_to: before.assigned_to,
        reassigned_at: Some(now),
        version: before.version + 1,
        updated_at: now,
        ..before.clone()
    }
}
