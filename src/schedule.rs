//! Wakes whatever is due; knows no domain.
//!
//! A job takes no input, looks for itself what there is to do, and may be run at any time and twice: waking
//! it is a hint, never the truth.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Something that is done again and again.
pub struct Job {
    name: &'static str,
    every: Duration,
    work: Box<dyn Fn() -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>,
    /// Whether it failed the last time: an outage is logged at its beginning and its end, not twice a second.
    fails: AtomicBool,
}

impl Job {
    /// A job that is done every `every`.
    pub fn new<W>(name: &'static str, every: Duration, work: impl Fn() -> W + Send + Sync + 'static) -> Self
    where
        W: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        Self { name, every, work: Box::new(move || Box::pin(work())), fails: AtomicBool::new(false) }
    }

    async fn run(&self) {
        let name = self.name;
        match (self.work)().await {
            Ok(()) if self.fails.swap(false, Ordering::Relaxed) => {
                tracing::info!(job = name, "{name} works again");
            }
            Err(error) if !self.fails.swap(true, Ordering::Relaxed) => {
                tracing::error!(job = name, "{name} failed and is tried again until it works: {error:#}");
            }
            _ => {}
        }
    }
}

/// Runs every job once, in order: what a test does after it moved the clock.
pub async fn run_once(jobs: &[Job]) {
    for job in jobs {
        job.run().await;
    }
}

/// Runs every job in its own rhythm until `stop`; one that takes long holds up no other.
pub fn start(jobs: Vec<Job>, tasks: &TaskTracker, stop: &CancellationToken) {
    for job in jobs {
        let stop = stop.clone();
        tasks.spawn(async move {
            let mut rhythm = tokio::time::interval(job.every);
            rhythm.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = rhythm.tick() => job.run().await,
                }
            }
        });
    }
}
