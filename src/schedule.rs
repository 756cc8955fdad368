//! Wakes whatever is due; knows no domain.
//!
//! A job takes no input, looks for itself what there is to do, and may be run at any time and twice: waking
//! it is a hint, never the truth.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Clock, Instant};

/// How long an alarm sleeps at most: by so much it is late where a hint was lost or the clock was stepped.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// Something that is done again and again.
pub struct Job {
    name: &'static str,
    wakes: Wakes,
    /// Returns when there is something to do next, where that is known.
    work: Box<dyn Fn() -> BoxFuture<'static, anyhow::Result<Option<Instant>>> + Send + Sync>,
    /// Whether it failed the last time: an outage is logged at its beginning and its end, not twice a second.
    fails: AtomicBool,
}

/// What has a job done.
enum Wakes {
    Every(Duration),
    /// The instant that it named, a bell, and a slow poll.
    At(Clock, Bell),
}

/// Wakes an alarm before its time. Clones are the same; it may be rung by anybody at any time.
#[derive(Clone, Default)]
pub struct Bell {
    inner: Arc<Rung>,
}

#[derive(Default)]
struct Rung {
    notify: Notify,
    /// Until when the alarm sleeps; while it is awake, later than anything.
    sleeps_until: AtomicI64,
}

impl Bell {
    /// A hint: something is due at this instant.
    pub fn ring_for(&self, due_at: Instant) {
        if due_at.0 < self.inner.sleeps_until.load(Ordering::SeqCst) {
            self.inner.notify.notify_one();
        }
    }

    /// From now on any hint is heard: what is written while the alarm looks may be seen or not.
    fn awake(&self) {
        self.inner.sleeps_until.store(i64::MAX, Ordering::SeqCst);
    }

    /// Waits until this instant by this clock, a hint of something earlier, or the slow poll.
    async fn sleep(&self, clock: &Clock, until: Option<Instant>) {
        let now = clock.now();
        let latest = now.plus(LONGEST_SLEEP);
        let until = until.map_or(latest, |until| until.min(latest));
        self.inner.sleeps_until.store(until.0, Ordering::SeqCst);
        tokio::select! {
            () = self.inner.notify.notified() => {}
            () = tokio::time::sleep(until.since(now)) => {}
        }
    }
}

impl Job {
    /// A job that is done every `every`.
    pub fn new<W>(name: &'static str, every: Duration, work: impl Fn() -> W + Send + Sync + 'static) -> Self
    where
        W: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let work = move || {
            let work = work();
            let done: BoxFuture<'static, _> = Box::pin(async move { work.await.map(|()| None) });
            done
        };
        Self { name, wakes: Wakes::Every(every), work: Box::new(work), fails: AtomicBool::new(false) }
    }

    /// A job that does whatever is due and returns when the next thing is, if anything waits: it is done then, when
    /// the bell is rung for something earlier, and every second or so, whatever became of hints and of the clock.
    pub fn alarm<W>(
        name: &'static str,
        clock: Clock,
        bell: Bell,
        work: impl Fn() -> W + Send + Sync + 'static,
    ) -> Self
    where
        W: Future<Output = anyhow::Result<Option<Instant>>> + Send + 'static,
    {
        let work = Box::new(move || Box::pin(work()) as BoxFuture<'static, _>);
        Self { name, wakes: Wakes::At(clock, bell), work, fails: AtomicBool::new(false) }
    }

    async fn run(&self) -> Option<Instant> {
        let name = self.name;
        match (self.work)().await {
            Ok(next) => {
                if self.fails.swap(false, Ordering::Relaxed) {
                    tracing::info!(job = name, "{name} works again");
                }
                next
            }
            Err(error) => {
                if !self.fails.swap(true, Ordering::Relaxed) {
                    tracing::error!(job = name, "{name} failed and is tried again until it works: {error:#}");
                }
                None
            }
        }
    }

    /// Runs until `stop`, and never stops in the middle of its work.
    async fn run_until(self, stop: CancellationToken) {
        match &self.wakes {
            Wakes::Every(every) => {
                let mut rhythm = tokio::time::interval(*every);
                rhythm.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                loop {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        _ = rhythm.tick() => drop(self.run().await),
                    }
                }
            }
            Wakes::At(clock, bell) => {
                while !stop.is_cancelled() {
                    bell.awake();
                    let next = self.run().await;
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = bell.sleep(clock, next) => {}
                    }
                }
            }
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
        tasks.spawn(job.run_until(stop.clone()));
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    const SHORT: Duration = Duration::from_millis(100);

    /// How long an alarm sleeps that knows when something is due next, until it looks for the second time; `hint` is
    /// given once it has looked for the first time.
    async fn sleeps(next: Option<Instant>, hint: Option<Instant>) -> Duration {
        let (clock, bell) = (Clock::by_hand(Instant(0)), Bell::default());
        let (woken, mut wakes) = mpsc::unbounded_channel();
        let work = move || {
            woken.send(tokio::time::Instant::now()).unwrap();
            async move { Ok(next) }
        };
        let job = Job::alarm("a test", clock, bell.clone(), work);
        let stop = CancellationToken::new();
        let task = tokio::spawn(job.run_until(stop.clone()));
        let first = wakes.recv().await.unwrap();
        if let Some(hint) = hint {
            bell.ring_for(hint);
        }
        let slept = wakes.recv().await.unwrap() - first;
        stop.cancel();
        task.await.unwrap();
        slept
    }

    #[tokio::test]
    async fn an_alarm_wakes_when_something_is_due_and_not_before() {
        let slept = sleeps(Some(Instant(0).plus(SHORT)), None).await;
        assert!(slept >= SHORT && slept < LONGEST_SLEEP, "{slept:?}");
    }

    #[tokio::test]
    async fn an_alarm_hears_of_what_is_due_earlier_and_of_nothing_else() {
        let next = Some(Instant(0).plus(SHORT));
        let slept = sleeps(next, Some(Instant(50_000))).await;
        assert!(slept < SHORT, "{slept:?}");
        let slept = sleeps(next, Some(Instant(200_000))).await;
        assert!(slept >= SHORT, "{slept:?}");
    }

    #[tokio::test]
    async fn an_alarm_that_lost_every_hint_looks_for_itself() {
        let hour = Duration::from_secs(3600);
        for next in [None, Some(Instant(0).plus(hour))] {
            let slept = sleeps(next, None).await;
            assert!(slept >= LONGEST_SLEEP && slept < LONGEST_SLEEP * 2, "{slept:?}");
        }
    }

    #[tokio::test]
    async fn a_hint_that_comes_while_the_alarm_looks_is_not_lost() {
        let (clock, bell) = (Clock::by_hand(Instant(0)), Bell::default());
        bell.awake();
        bell.ring_for(Instant(0).plus(LONGEST_SLEEP * 3600));
        assert!(
            tokio::time::timeout(SHORT, bell.sleep(&clock, None)).await.is_ok(),
            "it does not fall asleep"
        );
    }
}
