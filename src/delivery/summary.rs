//! The sums: everything accepted is sent, waits, is final or suppressed, and nothing is missing (promise P10).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Deliveries, store};
use crate::storage::{Error, Tx};

/// How the deliveries of one channel stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DeliveryCounts)]
pub struct Counts {
    /// Ever accepted: counted in the transaction that accepted it, apart from the deliveries themselves
    pub accepted: i64,
    /// Arrived
    pub sent: i64,
    /// Waiting, or to be tried again
    pub pending: i64,
    /// Given up
    #[serde(rename = "final")]
    pub finally: i64,
    /// Not sent, for a reason
    pub suppressed: i64,
}

/// How all deliveries stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// By channel.
    pub channels: BTreeMap<String, Counts>,
    /// Whether accepted = sent + pending + final + suppressed, for every channel.
    pub balanced: bool,
}

impl Deliveries {
    /// How all deliveries stand, at one moment.
    ///
    /// # Errors
    /// What the database says.
    pub async fn summary(&self) -> Result<Summary, Error> {
        self.inner.database.read(|tx| Box::pin(summary_in(tx))).await
    }

    /// Counts deliveries for the metrics.
    ///
    /// # Errors
    /// What the database says.
    pub async fn measure(&self) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let read = self.inner.database.read::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok((summary_in(tx).await?, store::oldest_due(tx, now).await?)) })
        });
        let (summary, oldest) = read.await?;
        let waits = oldest.map_or(Duration::ZERO, |due_at| now.since(due_at));
        self.inner.metrics.stand(&summary, waits);
        Ok(())
    }

    /// Removes what was settled before `days` days, in small batches; returns how many deliveries.
    ///
    /// # Errors
    /// What the database says.
    pub async fn expire(&self, days: u32) -> Result<u64, Error> {
        const BATCH: i64 = 500;
        if days == 0 {
            return Ok(0);
        }
        let before = self.inner.clock.now().minus(Duration::from_secs(u64::from(days) * 86_400));
        let mut removed = 0;
        loop {
            let batch = self
                .inner
                .database
                .write::<_, Error, _>(move |tx| {
                    Box::pin(async move { store::forget(tx, before, BATCH).await })
                })
                .await?;
            removed += batch;
            if batch == 0 {
                return Ok(removed);
            }
        }
    }
}

async fn summary_in(tx: &mut Tx) -> Result<Summary, Error> {
    let mut channels: BTreeMap<String, Counts> = BTreeMap::new();
    for (channel, [accepted, sent, finally, suppressed]) in store::totals(tx).await? {
        channels.insert(channel, Counts { accepted, sent, pending: 0, finally, suppressed });
    }
    for (channel, state, count) in store::standing(tx).await? {
        let counts = channels.entry(channel).or_default();
        match &*state {
            "sent" => counts.sent += count,
            "pending" => counts.pending += count,
            "final" => counts.finally += count,
            _ => counts.suppressed += count,
        }
    }
    let adds_up = |counts: &Counts| {
        counts.accepted == counts.sent + counts.pending + counts.finally + counts.suppressed
    };
    let balanced = channels.values().all(adds_up);
    Ok(Summary { channels, balanced })
}
