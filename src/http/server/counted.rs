//! Shows the connections among the metrics, read when asked.

use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::Connections;

/// The connections of one server, as metrics.
#[derive(Debug)]
pub struct Counted(pub Arc<Connections>);

impl Collector for Counted {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let open = ConstGauge::new(i64::try_from(self.0.open()).unwrap_or(i64::MAX));
        open.encode(encoder.encode_descriptor(
            "belfry_connections_open",
            "Open connections",
            None,
            MetricType::Gauge,
        )?)?;
        let counters = [
            (
                "belfry_connections_refused",
                "Connections refused because too many were open",
                self.0.refused(),
            ),
            ("belfry_connections_timed_out", "Connections cut for being slow or idle", self.0.timed_out()),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        Ok(())
    }
}
