//! Metrics for Prometheus: one registry a server, handed down to whoever counts.
//!
//! Names stand in full where they are declared (`belfry_sends_total`), so that a search for a name on a dashboard finds
//! its place in the code. Keep the handles: looking one up by its labels costs more than counting. Never label by user,
//! key or id.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::family::MetricConstructor;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Metric;

pub use prometheus_client::metrics::counter::Counter;
pub use prometheus_client::metrics::family::Family;
pub use prometheus_client::metrics::gauge::Gauge;
pub use prometheus_client::metrics::histogram::Histogram;

use crate::clock::Instant;

/// The content type of what [`Registry::encode`] makes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Bounds for the time that a request takes, in seconds: 0.5 ms to 10 s.
pub const REQUEST_SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Bounds for counts of things done together: 1 to 1,024 by doubling.
pub const BATCH_SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// A histogram for each set of labels.
pub type Histograms<L> = Family<L, Histogram, Buckets>;

/// Makes histograms that all have the same bounds.
#[derive(Clone, Copy, Debug)]
pub struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// All metrics of one server; clones are the same registry.
#[derive(Clone)]
pub struct Registry(Arc<Mutex<Inner>>);

struct Inner {
    registry: prometheus_client::registry::Registry,
    names: Vec<String>,
}

impl Registry {
    /// A registry with the gauges of the process: resident memory, open files, start time (`started`).
    pub fn new(started: Instant) -> Registry {
        let inner = Inner { registry: Default::default(), names: Vec::new() };
        let registry = Registry(Arc::new(Mutex::new(inner)));
        registry.register_collector(Process { started });
        registry
    }

    /// A count that only grows. `name` ends in `_total`.
    ///
    /// Panics, as all of these do, if the name does not begin with `belfry_` or is taken: the names are constants, so
    /// that any test of the metric finds it.
    pub fn counter(&self, name: &str, help: &str) -> Counter {
        self.register(counter_name(name), help, Counter::default())
    }

    /// A count for each set of labels. `name` ends in `_total`.
    pub fn counters<L: Labels>(&self, name: &str, help: &str) -> Family<L, Counter> {
        self.register(counter_name(name), help, Family::<L, Counter>::default())
    }

    /// A value that goes up and down.
    pub fn gauge(&self, name: &str, help: &str) -> Gauge {
        self.register(name, help, Gauge::default())
    }

    /// Such a value for each set of labels.
    pub fn gauges<L: Labels>(&self, name: &str, help: &str) -> Family<L, Gauge> {
        self.register(name, help, Family::<L, Gauge>::default())
    }

    /// How values spread over `bounds`. `name` ends in its unit, `_seconds` for times.
    pub fn histogram(&self, name: &str, help: &str, bounds: &'static [f64]) -> Histogram {
        self.register(name, help, Buckets(bounds).new_metric())
    }

    /// The same for each set of labels.
    pub fn histograms<L: Labels>(&self, name: &str, help: &str, bounds: &'static [f64]) -> Histograms<L> {
        self.register(name, help, Family::new_with_constructor(Buckets(bounds)))
    }

    /// Registers any other metric; the counter names of the library come without `_total`.
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        assert!(name.starts_with("belfry_"), "the metric {name} must begin with belfry_");
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!inner.names.iter().any(|taken| taken == name), "the metric {name} is registered twice");
        inner.names.push(name.to_owned());
        inner.registry.register(name, help, metric.clone());
        metric
    }

    /// Registers what finds its values only when it is asked.
    pub fn register_collector(&self, collector: impl Collector) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.registry.register_collector(Box::new(collector));
    }

    /// All metrics as text, of [`CONTENT_TYPE`].
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        prometheus_client::encoding::text::encode(&mut text, &inner.registry)
            .expect("writing to a string cannot fail");
        text
    }
}

/// The library adds the `_total` that the text format asks for.
fn counter_name(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or_else(|| panic!("the counter {name} must end in _total"))
}

/// What a set of labels must be able to do; derive `Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet`.
pub trait Labels: Clone + Debug + Eq + Hash + EncodeLabelSet + Send + Sync + 'static {}

impl<L: Clone + Debug + Eq + Hash + EncodeLabelSet + Send + Sync + 'static> Labels for L {}

/// The gauges of the process, read when asked.
#[derive(Debug)]
struct Process {
    started: Instant,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let gauges = [
            (
                "belfry_process_start_time_seconds",
                "When the server started, in seconds since 1970",
                Some(self.started.seconds()),
            ),
            ("belfry_process_resident_memory_bytes", "Memory that the server holds in RAM", resident_bytes()),
            ("belfry_process_open_fds", "Files and connections that the server holds open", open_files()),
        ];
        for (name, help, value) in gauges {
            // Where the system does not say, nothing is better than a 0.
            if let Some(value) = value {
                ConstGauge::new(value).encode(encoder.encode_descriptor(
                    name,
                    help,
                    None,
                    MetricType::Gauge,
                )?)?;
            }
        }
        Ok(())
    }
}

/// From `/proc/self/status`, which unlike `statm` says its unit.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn open_files() -> Option<i64> {
    // One of them is the folder that is being read.
    let open = std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
    i64::try_from(open).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Outcome {
        outcome: &'static str,
    }

    #[test]
    fn metrics_are_written_as_prometheus_reads_them() {
        let registry = Registry::new(Instant(1_768_141_800_000_000));
        registry.counter("belfry_sends_total", "Notifications sent").inc_by(3);
        registry.clone().gauge("belfry_streams", "Open streams").set(2);
        let outcomes = registry.counters::<Outcome>("belfry_tries_total", "Tries");
        outcomes.get_or_create(&Outcome { outcome: "a \"quoted\"\nword" }).inc();
        registry.histogram("belfry_wait_seconds", "Waiting", &[0.5, 1.0]).observe(0.7);
        let spread = registry.histograms::<Outcome>("belfry_try_seconds", "Trying", REQUEST_SECONDS);
        spread.get_or_create(&Outcome { outcome: "sent" }).observe(0.002);

        let text = registry.encode();
        for line in [
            "# HELP belfry_sends Notifications sent.",
            "# TYPE belfry_sends counter",
            "belfry_sends_total 3",
            "# TYPE belfry_streams gauge",
            "belfry_streams 2",
            "belfry_tries_total{outcome=\"a \\\"quoted\\\"\\nword\"} 1",
            "# TYPE belfry_wait_seconds histogram",
            "belfry_wait_seconds_bucket{le=\"0.5\"} 0",
            "belfry_wait_seconds_bucket{le=\"+Inf\"} 1",
            "belfry_try_seconds_bucket{le=\"0.0025\",outcome=\"sent\"} 1",
            "# TYPE belfry_process_resident_memory_bytes gauge",
            "belfry_process_start_time_seconds 1768141800",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn the_process_holds_memory_and_files() {
        assert!(resident_bytes().unwrap() > 1_000_000);
        assert!(open_files().unwrap() >= 3);
    }

    #[test]
    #[should_panic(expected = "registered twice")]
    fn a_name_is_given_once() {
        let registry = Registry::new(Instant(0));
        registry.gauge("belfry_streams", "Open streams");
        registry.gauge("belfry_streams", "Open streams");
    }
}
