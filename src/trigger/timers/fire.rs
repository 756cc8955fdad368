//! Fires what is due.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::store::{self, Firing, Stored};
use crate::clock::Instant;
use crate::record::{Record, Records};
use crate::storage::{Error, Tx};
use crate::trigger::engine::Triggers;
use crate::trigger::ground::Ground;
use crate::trigger::{Cause, Due, Finding, Fired};

/// Timers that are fired in one transaction.
const AT_ONCE: i64 = 250;

/// When to look again after what another node holds.
const HELD: Duration = Duration::from_millis(50);

/// For how long a timer is put off that cannot be fired.
const PUT_OFF: Duration = Duration::from_secs(60);

type Found = HashMap<(Arc<str>, Arc<str>), Record>;

impl Triggers {
    /// Fires everything that is due; returns when the next timer is, if any waits.
    ///
    /// # Errors
    /// What the database says; what was not fired stays due.
    pub async fn fire_due(&self) -> Result<Option<Instant>, Error> {
        let mut most = AT_ONCE;
        loop {
            let next = self.inner.database.read::<_, Error, _>(|tx| Box::pin(store::next_due(tx))).await?;
            let now = self.inner.clock.now();
            if next.is_none_or(|due| due > now) {
                return Ok(next);
            }
            match self.fire_some(most).await {
                Ok(0) => return Ok(Some(now.plus(HELD))),
                Ok(_) => most = AT_ONCE,
                // One that cannot be fired must not hold up those beside it.
                Err(Error::Fault(_) | Error::Duplicate(_)) if most > 1 => most = 1,
                Err(error @ (Error::Fault(_) | Error::Duplicate(_))) => {
                    tracing::error!(
                        "A timer that is due cannot be fired and is put off by a minute: {error}"
                    );
                    self.put_off().await?;
                    most = AT_ONCE;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn fire_some(&self, most: i64) -> Result<usize, Error> {
        let this = self.clone();
        let fired =
            self.inner.database.write(move |tx| Box::pin(async move { this.fire_in(tx, most).await }));
        fired.await
    }

    async fn put_off(&self) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let write = self.inner.database.write(move |tx| {
            Box::pin(async move {
                let due = store::due(tx, now, 1).await?;
                store::put_off(tx, &due, now.plus(PUT_OFF)).await
            })
        });
        write.await
    }

    /// Fires some of what is due; returns how many timers are settled by it.
    async fn fire_in(&self, tx: &mut Tx, most: i64) -> Result<usize, Error> {
        let now = self.inner.clock.now();
        let due = store::due(tx, now, most).await?;
        if due.is_empty() {
            let lost = store::forget_lost(tx, now).await?;
            return Ok(usize::try_from(lost).unwrap_or(usize::MAX));
        }
        let wanted: BTreeSet<(Arc<str>, Arc<str>)> =
            due.iter().map(|timer| (timer.module.clone(), timer.record_id.clone())).collect();
        let wanted: Vec<(Arc<str>, Arc<str>)> = wanted.into_iter().collect();
        let found = Records::find_many_in(tx, &wanted).await?;
        let records: Found =
            found.into_iter().map(|record| ((record.module.clone(), record.id.clone()), record)).collect();
        let all: Vec<&Record> = records.values().collect();
        let mut ground = self.ground_held_in(tx, Cause::Records(&all), []).await?;
        let (firings, findings): (Vec<Firing>, Vec<Vec<Finding>>) =
            self.decided(&due, &records, &ground).into_iter().unzip();
        let new = store::fire(tx, &firings, now).await?;
        let told = findings.into_iter().zip(&new).filter(|(_, new)| **new).flat_map(|(findings, _)| findings);
        self.tell_in(tx, told.collect()).await?;
        for Firing { module, record_id, fired } in firings {
            ground.fired.entry((module, record_id)).or_default().push(fired);
        }
        store::delete(tx, &due).await?;
        self.set_timers_in(tx, &all, &[], &ground).await?;
        Ok(due.len())
    }

    /// What is done about each timer: what is written down as fired, and what it comes to.
    fn decided(&self, due: &[Stored], records: &Found, ground: &Ground) -> Vec<(Firing, Vec<Finding>)> {
        let view = ground.view();
        let mut known = HashSet::new();
        let mut decided: Vec<(Firing, Vec<Finding>)> = Vec::new();
        for stored in due {
            let Some(record) = records.get(&(stored.module.clone(), stored.record_id.clone())) else {
                continue;
            };
            let Some((trigger, timer)) = self.timer(stored) else {
                tracing::warn!(trigger = stored.trigger, "A timer of an unknown trigger is dropped");
                continue;
            };
            for Due { occurrence, due_at, findings } in trigger.on_due(&timer, record, &view) {
                let user_id = findings.iter().find_map(|finding| match finding {
                    Finding::Tell(telling) => Some(telling.user_id),
                    Finding::Silent { .. } => None,
                });
                let (module, record_id) = (stored.module.clone(), stored.record_id.clone());
                // Two timers of a record may come to the same: what is made up for is named by both.
                if known.insert((
                    module.clone(),
                    record_id.clone(),
                    stored.trigger.clone(),
                    occurrence.clone(),
                )) {
                    let fired = Fired { trigger: stored.trigger.clone(), occurrence, user_id, due_at };
                    decided.push((Firing { module, record_id, fired }, findings));
                }
            }
        }
        decided
    }
}
