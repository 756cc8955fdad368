//! What is counted of notifications.

use crate::telemetry::metrics::{Counter, Registry};

/// Counters of the inbox; documented in `docs/metrics.md`.
#[derive(Clone)]
pub(super) struct Metrics {
    /// Notifications stored.
    pub stored: Counter,
    /// Sends answered from an idempotency key.
    pub replayed: Counter,
    /// Sends refused, by whatever reason.
    pub refused: Counter,
    /// Notifications removed by retention.
    pub expired: Counter,
}

impl Metrics {
    pub fn new(registry: &Registry) -> Self {
        Self {
            stored: registry.counter("belfry_notifications_stored_total", "Notifications stored in an inbox"),
            replayed: registry.counter(
                "belfry_notifications_replayed_total",
                "Sends answered again under their idempotency key",
            ),
            refused: registry
                .counter("belfry_notifications_refused_total", "Sends refused, whatever the reason"),
            expired: registry
                .counter("belfry_notifications_expired_total", "Notifications removed by retention"),
        }
    }
}
