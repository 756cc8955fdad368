//! Steps the clock of a server while its timers sleep (P19): what a step makes due fires soon, nothing fires twice.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::faketime::WallClock;
use super::figures::{Counts, Stepped};
use super::nodes::Nodes;
use super::setting::{Activity, LEAD, put_all};
use super::{USERS, broke, judge, store};
use crate::database::{Postgres, Store};
use crate::random::Random;
use crate::report::{Broken, Findings};

/// In seconds.
const STEPS: [i64; 7] = [1, 90, 3_600, 86_400, -1, -3_600, -86_400];

const DAY: i64 = 86_400;

const PREFIX: &str = "s-";

/// What recurs, how often in seconds, and by which rule.
const RECURRING: [(&str, i64, &str); 2] =
    [("w-hourly", 3_600, "FREQ=HOURLY"), ("w-daily", DAY, "FREQ=DAILY")];

/// What a step makes due has fired by then.
const SOON: Duration = Duration::from_secs(5);

/// What has not fired by then never will.
const PATIENCE: Duration = Duration::from_secs(12);

/// Longer than a server sleeps that waits for nothing.
const A_LOOK: Duration = Duration::from_millis(1_150);

/// A server and its clock.
pub struct Steps<'a> {
    nodes: &'a mut Nodes,
    postgres: Option<&'a Postgres>,
    random: &'a mut Random,
    clock: WallClock,
    /// The latest time that the clock ever showed.
    latest: i64,
    activities: Vec<Activity>,
    /// What recurs, as it begins first.
    recurring: Vec<Activity>,
    /// Those that have fired, when it was last looked.
    fired: HashSet<String>,
    figures: Stepped,
    findings: Findings,
}

impl<'a> Steps<'a> {
    /// `None` where the clock cannot be stepped, which is said.
    pub fn new(
        nodes: &'a mut Nodes,
        postgres: Option<&'a Postgres>,
        random: &'a mut Random,
    ) -> anyhow::Result<Option<Self>> {
        let Some(clock) = WallClock::new()? else {
            println!(
                "crash: steps of the clock were left out, since libfaketime is missing: install faketime"
            );
            return Ok(None);
        };
        nodes.surround(clock.environment());
        let (latest, activities, fired) = (clock.now(), Vec::new(), HashSet::new());
        let (figures, findings, recurring) = (Stepped::default(), Findings::default(), Vec::new());
        Ok(Some(Self {
            nodes,
            postgres,
            random,
            clock,
            latest,
            activities,
            recurring,
            fired,
            figures,
            findings,
        }))
    }

    /// All steps in so many orders, then a look at everything.
    pub async fn all(mut self, rounds: u32) -> anyhow::Result<(Stepped, Findings)> {
        self.nodes.start(0).await?;
        self.set_what_recurs().await?;
        for _ in 0..rounds {
            let mut left = STEPS.to_vec();
            let dies_before = self.random.between(1, STEPS.len() as u64) as usize;
            while !left.is_empty() {
                if left.len() == dies_before {
                    self.restart().await?;
                }
                let next = self.random.between(0, left.len() as u64) as usize;
                self.set_and_step(left.swap_remove(next)).await?;
            }
        }
        self.let_all_fall_due().await?;
        self.nodes.kill_all()?;
        let store = store(self.postgres, self.nodes).await?;
        let rows = judge::rows(&store, PREFIX).await?;
        judge::once(&self.activities, &rows, &mut self.findings);
        judge::none_of_those_that_wait(&store, 0, PREFIX, &mut self.findings).await?;
        self.judge_what_recurs(&store).await?;
        store.check_tables(&mut self.findings).await?;
        let Self { mut figures, findings, .. } = self;
        (figures.set, figures.told, figures.counts) =
            (self.activities.len(), rows.told(), Counts::of(&findings));
        figures.took.sort_unstable();
        Ok((figures, findings))
    }

    /// They begin in a few seconds, at a whole one.
    async fn set_what_recurs(&mut self) -> anyhow::Result<()> {
        let due = self.clock.now() / 1_000_000 * 1_000_000 + 3_000_000;
        for (id, _, rule) in RECURRING {
            self.recurring.push(Activity { rule: Some(rule), ..Activity::new(id.to_owned(), 1, due) });
        }
        put_all(&self.nodes.clients()?, &self.recurring).await
    }

    /// No time of them was told of twice, the newest was told of, and the next one waits.
    async fn judge_what_recurs(&mut self, store: &Store) -> anyhow::Result<()> {
        let told = judge::occurrences(store, "w-").await?;
        let waiting =
            store.texts("SELECT record_id, occurrence FROM timers WHERE record_id LIKE 'w-%'").await?;
        for (Activity { id, due, .. }, (_, every, _)) in self.recurring.iter().zip(RECURRING) {
            let every = every * 1_000_000;
            let newest = due + (self.latest - due).div_euclid(every) * every;
            let newest = jiff::Timestamp::from_microsecond(newest + LEAD)?.to_string();
            let starts = told.get(id).map_or(&[][..], Vec::as_slice);
            self.figures.occurrences += starts.len();
            if starts.iter().collect::<HashSet<_>>().len() < starts.len() {
                broke(&mut self.findings, Broken::Duplicated, id, &format!("told of {starts:?}"));
            }
            if !starts.contains(&newest) {
                broke(&mut self.findings, Broken::Lost, id, &format!("{newest} is not among {starts:?}"));
            }
            if waiting.iter().filter(|row| row[0] == *id).count() != 1 {
                broke(&mut self.findings, Broken::Lost, id, &format!("one should wait: {waiting:?}"));
            }
        }
        Ok(())
    }

    async fn restart(&mut self) -> anyhow::Result<()> {
        self.nodes.kill(0)?;
        self.figures.restarts += 1;
        self.nodes.start(0).await
    }

    /// Sets reminders before, in and after what a step leaps over, forward or back, then makes it.
    async fn set_and_step(&mut self, seconds: i64) -> anyhow::Result<()> {
        let leap = seconds.abs() * 1_000;
        let now = self.clock.now();
        let first = self.activities.len();
        for after in [600, leap / 2, leap - 300, leap + 200, leap + 1_500, 2 * leap] {
            let number = self.activities.len();
            let (id, user) = (format!("{PREFIX}{number:04}"), number as i64 % USERS + 1);
            self.activities.push(Activity::new(id, user, now + after * 1_000));
        }
        put_all(&self.nodes.clients()?, &self.activities[first..]).await?;
        let set = self.clock.now();
        self.activities[first..].iter_mut().for_each(|activity| activity.is_late = activity.due <= set);
        tokio::time::sleep(Duration::from_millis(self.random.between(50, 400))).await;
        self.step(seconds).await
    }

    async fn step(&mut self, seconds: i64) -> anyhow::Result<()> {
        let before = self.clock.now();
        self.latest = self.latest.max(before);
        self.clock.step(seconds)?;
        self.figures.steps += 1;
        self.wait_for_what_is_due(before).await?;
        if seconds < 0 {
            tokio::time::sleep(A_LOOK).await;
        }
        Ok(())
    }

    /// Waits until everything has fired that is due since the clock was stepped from `before`.
    async fn wait_for_what_is_due(&mut self, before: i64) -> anyhow::Result<()> {
        let (begun, now) = (Instant::now(), self.clock.now());
        self.latest = self.latest.max(now);
        let is_due = |activity: &&Activity| activity.due <= now && !self.fired.contains(&activity.id);
        let due: Vec<&Activity> = self.activities.iter().filter(is_due).collect();
        let leapt_over = due.iter().filter(|activity| activity.due > before).count();
        let mut missing: HashSet<String> = due.into_iter().map(|activity| activity.id.clone()).collect();
        let store = store(self.postgres, self.nodes).await?;
        loop {
            self.fired = judge::fired(&store, PREFIX).await?.into_iter().collect();
            missing.retain(|id| !self.fired.contains(id));
            self.latest = self.latest.max(self.clock.now());
            self.find_early();
            if missing.is_empty() || begun.elapsed() > PATIENCE {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = begun.elapsed();
        if leapt_over > 0 {
            self.figures.by_step += leapt_over;
            self.figures.took.push(took.as_micros() as i64);
        }
        if took > SOON {
            let sentence = format!("after a step {leapt_over} took {took:?}, not fired are {missing:?}");
            self.findings.broke(Broken::Wrong, sentence);
        }
        Ok(())
    }

    /// Whatever has fired before the clock ever showed its time.
    fn find_early(&mut self) {
        for Activity { id, due, .. } in &self.activities {
            if *due > self.latest && self.fired.contains(id) {
                broke(&mut self.findings, Broken::Wrong, id, "it fired before it was due");
            }
        }
    }

    /// A step behind everything; then nothing fires again, neither after a restart nor at any time of the clock.
    async fn let_all_fall_due(&mut self) -> anyhow::Result<()> {
        let last = self.activities.iter().map(|activity| activity.due).max().unwrap_or_default();
        let ahead = (last - self.clock.now()) / 1_000_000 + 2;
        self.step(ahead.max(1)).await?;
        self.restart().await?;
        self.step(-DAY).await?;
        self.step(DAY).await?;
        tokio::time::sleep(A_LOOK).await;
        Ok(())
    }
}
