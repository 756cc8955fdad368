//! Which notifications were sent between two instants: bounds of their ids, found in a few looks.
//!
//! Ids are given in the order of arrival, so they grow with the time of sending, but for what several batches and
//! nodes with clocks of their own may mix up. So the bounds are taken wider by [`SKEW`], and what a page shows is
//! held against the instants themselves. A notification that was snoozed and has come back keeps id and time.

use std::ops::Range;
use std::time::Duration;

use super::{Filter, store};
use crate::clock::Instant;
use crate::storage::{Error, Tx};

/// By how much the order of ids and that of times may differ.
const SKEW: Duration = Duration::from_secs(60);

impl Filter {
    /// Whether what was sent at this instant is wanted.
    pub(super) fn covers(&self, created_at: Instant) -> bool {
        self.from.is_none_or(|from| from <= created_at) && self.until.is_none_or(|until| created_at < until)
    }
}

/// The ids among which everything is that the filter's instants cover; `None` if it names no instant.
pub(super) async fn ids(tx: &mut Tx, filter: &Filter) -> Result<Option<Range<i64>>, Error> {
    if filter.from.is_none() && filter.until.is_none() {
        return Ok(None);
    }
    let end = store::newest_content(tx).await?.saturating_add(1);
    let first = match filter.from {
        Some(from) => first_since(tx, from.minus(SKEW), end).await?,
        None => 0,
    };
    let end = match filter.until {
        Some(until) => first_since(tx, until.plus(SKEW), end).await?,
        None => i64::MAX,
    };
    Ok(Some(first..end))
}

/// The least id from which on everything was sent at `at` or later; `end` if nothing was.
async fn first_since(tx: &mut Tx, at: Instant, end: i64) -> Result<i64, Error> {
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low + (high - low) / 2;
        match store::content_from(tx, middle).await? {
            Some((id, created_at)) if created_at < at => low = id + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
