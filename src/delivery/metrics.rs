//! What is counted of deliveries.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;

use super::summary::Summary;
use crate::channel::Outcome;
use crate::telemetry::metrics::{Counter, Family, Gauge, Histograms, Registry};

/// Bounds for the time from a notification to its arrival, in seconds: 5 ms to a day.
const ARRIVAL_SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0];

/// By channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct By {
    channel: String,
}

/// By channel and outcome of a try.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Tried {
    channel: String,
    outcome: &'static str,
}

/// By channel and state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct In {
    channel: String,
    state: &'static str,
}

/// Counters of deliveries; documented in `docs/metrics.md`.
pub(super) struct Metrics {
    attempts: Family<Tried, Counter>,
    arrival: Histograms<By>,
    accepted: Family<By, Gauge>,
    standing: Family<In, Gauge>,
    balanced: Gauge,
    oldest: Gauge,
}

impl Metrics {
    pub fn new(registry: &Registry) -> Self {
        Self {
            attempts: registry.counters("belfry_delivery_attempts_total", "Tries to deliver, by outcome"),
            arrival: registry.histograms(
                "belfry_delivery_arrival_seconds",
                "Time from a delivery's making to its arrival",
                ARRIVAL_SECONDS,
            ),
            accepted: registry.gauges("belfry_deliveries_accepted", "Deliveries ever accepted, all nodes"),
            standing: registry.gauges("belfry_deliveries", "Deliveries by state, all nodes"),
            balanced: registry.gauge(
                "belfry_deliveries_balanced",
                "1 where accepted = sent + pending + final + suppressed holds for every channel",
            ),
            oldest: registry.gauge(
                "belfry_delivery_oldest_due_seconds",
                "For how long the oldest delivery that is due has been waiting to be tried",
            ),
        }
    }

    /// A try came to its end.
    pub fn tried(&self, channel: &str, outcome: &Outcome, after: Duration) {
        let name = match outcome {
            Outcome::Sent(_) => "sent",
            Outcome::Later { .. } | Outcome::Busy(_) => "later",
            Outcome::Never { .. } => "never",
        };
        let channel = channel.to_owned();
        if name == "sent" {
            self.arrival.get_or_create(&By { channel: channel.clone() }).observe(after.as_secs_f64());
        }
        self.attempts.get_or_create(&Tried { channel, outcome: name }).inc();
    }

    /// How all deliveries stand.
    pub fn stand(&self, summary: &Summary, oldest_due: Duration) {
        for (channel, counts) in &summary.channels {
            let by = By { channel: channel.clone() };
            self.accepted.get_or_create(&by).set(counts.accepted);
            let states = [
                ("sent", counts.sent),
                ("pending", counts.pending),
                ("final", counts.finally),
                ("suppressed", counts.suppressed),
            ];
            for (state, count) in states {
                self.standing.get_or_create(&In { channel: channel.clone(), state }).set(count);
            }
        }
        self.balanced.set(i64::from(summary.balanced));
        self.oldest.set(i64::try_from(oldest_due.as_secs()).unwrap_or(i64::MAX));
    }
}
