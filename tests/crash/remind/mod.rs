//! Reminders of a server that is killed again and again, of two servers on one database that are killed in turn, and
//! of one whose clock is stepped: each fires once, and in time (issue 5, show 4; promises P16 and P19).
//!
//! A run sets activities through the API and looks into the database afterwards: for each activity one notification,
//! one row in `fired_timers`. How late it came is what that row says: the time when its transaction began, by the clock
//! that the server and the test share.

mod faketime;
mod figures;
mod judge;
mod nodes;
mod setting;
mod steps;

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use crate::client;
use crate::database::{Postgres, Store};
use crate::random::Random;
use crate::report::{Broken, Findings};
use figures::Part;
use nodes::Nodes;
use setting::Activity;

pub use figures::Figures;

const USERS: i64 = 4;

/// What waits all the while and must not fire. With it is measured how quickly activities can be set.
const WAITING: usize = 60;

/// Everything has fired by then after the last kill, or never will.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same where a timer was taken away on purpose.
const PATIENCE_IN_VAIN: Duration = Duration::from_secs(3);

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The time over which reminders fall due.
    pub lasts: Duration,
    pub reminders: usize,
    /// Servers on PostgreSQL at once; first one, then two, if it is not said.
    pub servers: Option<usize>,
    /// The longest life of a server; the shortest is three eighths of it.
    pub kill_every: Duration,
    /// Rounds of steps of the clock.
    pub rounds: u32,
    /// What has fired is forgotten and is to fire again; what waits is taken away.
    pub sabotage: bool,
}

struct Run<'a> {
    plan: Plan,
    postgres: Option<&'a Postgres>,
    nodes: Nodes,
    random: Random,
    figures: Figures,
}

/// Everything on one database, from its first user to the last look.
pub async fn run(plan: Plan, seed: u64, postgres: Option<&Postgres>, keep: bool) -> anyhow::Result<Figures> {
    ensure!(plan.reminders >= 50, "say at least 50 reminders");
    let mut random = Random::of(&[seed, u64::from(postgres.is_some())]);
    let url = postgres.map_or("sqlite:belfry.db".to_owned(), Postgres::url);
    let nodes = Nodes::found(&url, USERS, &mut random)?;
    let mut run = Run { plan, postgres, nodes, random, figures: Figures::default() };
    let done = run.all().await;
    let Run { nodes, figures, .. } = run;
    if done.is_err() || !figures.findings.is_clean() {
        nodes.tell_last_words(keep);
    }
    done.map(|()| figures)
}

impl Run<'_> {
    async fn all(&mut self) -> anyhow::Result<()> {
        let both: &[usize] = match (self.postgres, self.plan.servers) {
            (None, _) | (Some(_), Some(1)) => &[1],
            (Some(_), None) => &[1, 2],
            (Some(_), Some(2)) => &[2],
            (Some(_), Some(other)) => bail!("say 1 or 2 servers, not {other}"),
        };
        for servers in both {
            self.part(*servers).await?;
        }
        if self.plan.sabotage || self.plan.rounds == 0 {
            return Ok(());
        }
        let steps = steps::Steps::new(&mut self.nodes, self.postgres, &mut self.random)?;
        if let Some(steps) = steps {
            let (stepped, findings) = steps.all(self.plan.rounds).await?;
            self.figures.steps = Some(stepped);
            self.figures.findings.take_over(findings);
        }
        Ok(())
    }

    /// Reminders of so many servers, while they are killed.
    async fn part(&mut self, servers: usize) -> anyhow::Result<()> {
        for node in 0..servers {
            self.nodes.start(node).await?;
        }
        self.nodes.begin_anew();
        let prefix = format!("r{servers}-");
        let (activities, set_in) = self.set(&prefix).await?;
        let begins = activities.iter().map(|it| it.due).min().unwrap_or_default();
        ensure!(
            client::now().as_microsecond() < begins,
            "setting {} activities took too long",
            activities.len()
        );
        sleep_until(begins).await;
        self.kill_in_turn(servers, begins + self.plan.lasts.as_micros() as i64, &prefix).await?;
        self.wait_until_fired(&prefix, activities.len()).await?;
        self.nodes.kill_all()?;
        let store = store(self.postgres, &self.nodes).await?;
        let rows = judge::rows(&store, &prefix).await?;
        let mut findings = Findings::default();
        judge::once(&activities, &rows, &mut findings);
        judge::none_of_those_that_wait(&store, WAITING, &prefix, &mut findings).await?;
        let lateness = judge::lateness(&activities, &rows, &self.nodes.lives);
        if !self.plan.sabotage {
            judge::in_time(&lateness, &mut findings);
        }
        store.check_tables(&mut findings).await?;
        let at_once = activities.len() / setting::SHARE_AT_ONCE;
        self.figures.parts.push(Part {
            servers,
            lasts: self.plan.lasts,
            set: activities.len(),
            at_once,
            set_in,
            kills: self.nodes.kills,
            worst_start: self.nodes.worst_start,
            told: rows.told(),
            counts: figures::Counts::of(&findings),
            lateness,
        });
        self.figures.findings.take_over(findings);
        Ok(())
    }

    /// Sets all activities; returns those that will fall due, and how long it took to set them.
    async fn set(&mut self, prefix: &str) -> anyhow::Result<(Vec<Activity>, Duration)> {
        let clients = self.nodes.clients()?;
        let in_a_month = client::now().as_microsecond() + 30 * 24 * 3_600_000_000;
        let waiting: Vec<Activity> = (0..WAITING)
            .map(|number| {
                Activity::new(format!("{prefix}waits-{number}"), number as i64 % USERS + 1, in_a_month)
            })
            .collect();
        let begun = Instant::now();
        setting::put_all(&clients, &waiting).await?;
        let each = begun.elapsed() / WAITING as u32;
        let ahead = Duration::from_millis(1_500) + each.mul_f64(1.5 * self.plan.reminders as f64);
        let begins = client::now().as_microsecond() + ahead.as_micros() as i64;
        let activities =
            setting::spread(prefix, self.plan.reminders, begins, self.plan.lasts, &mut self.random);
        let begun = Instant::now();
        setting::put_all(&clients, &activities).await?;
        Ok((activities, begun.elapsed()))
    }

    /// Kills the servers in turn until all is due; each of them lives at the end.
    async fn kill_in_turn(&mut self, servers: usize, until: i64, prefix: &str) -> anyhow::Result<()> {
        let longest = self.plan.kill_every.as_millis() as u64;
        let shortest = (longest * 3 / 8).max(1);
        // The servers of a quick run are not dead for most of it.
        let dead_for = (longest / 8).min(1_000);
        let mut to_be_broken = self.plan.sabotage;
        for turn in 0.. {
            let lives = Duration::from_millis(self.random.between(shortest, longest + 1));
            let dies = client::now().as_microsecond() + lives.as_micros() as i64;
            if dies > until && turn > 0 {
                break;
            }
            sleep_until(dies).await;
            let node = turn % servers;
            self.nodes.kill(node)?;
            if std::mem::take(&mut to_be_broken) {
                self.break_promises(prefix).await?;
            }
            while self.random.chance(15) {
                self.nodes.start_and_kill(node, Duration::from_millis(self.random.between(5, 400))).await?;
            }
            tokio::time::sleep(Duration::from_millis(self.random.between(0, dead_for + 1))).await;
            self.nodes.start(node).await?;
        }
        sleep_until(until).await;
        Ok(())
    }

    /// Sabotage: what has fired is forgotten and set again, and what waits is taken away.
    async fn break_promises(&self, prefix: &str) -> anyhow::Result<()> {
        let store = store(self.postgres, &self.nodes).await?;
        let forgotten = store
            .texts(&format!(
                "DELETE FROM fired_timers WHERE record_id IN (
                    SELECT MIN(record_id) FROM fired_timers WHERE record_id LIKE '{prefix}%')
                 RETURNING module, record_id, trigger_name, occurrence, CAST(due_at AS TEXT)"
            ))
            .await?;
        let [forgotten] = &forgotten[..] else { bail!("nothing has fired that could be forgotten") };
        let [module, id, trigger, occurrence, due_at] = &forgotten[..] else {
            bail!("five columns were asked for")
        };
        let again = format!(
            "INSERT INTO timers (module, record_id, trigger_name, occurrence, due_at)
             VALUES ('{module}', '{id}', '{trigger}', '{occurrence}', {due_at}) RETURNING record_id"
        );
        ensure!(store.texts(&again).await?.len() == 1, "what was forgotten cannot be set again");
        let lost = format!(
            "DELETE FROM timers WHERE record_id IN (
                SELECT MAX(record_id) FROM timers WHERE record_id LIKE '{prefix}%' AND record_id NOT LIKE '%waits%'
                AND record_id <> '{id}') RETURNING record_id"
        );
        ensure!(store.texts(&lost).await?.len() == 1, "there is no timer left to lose");
        Ok(())
    }

    async fn wait_until_fired(&mut self, prefix: &str, all: usize) -> anyhow::Result<()> {
        let patience = if self.plan.sabotage { PATIENCE_IN_VAIN } else { PATIENCE };
        let begun = Instant::now();
        let store = store(self.postgres, &self.nodes).await?;
        while begun.elapsed() < patience && judge::fired(&store, prefix).await?.len() < all {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // What would fire a second time may do so now.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        Ok(())
    }
}

/// The database, whether or not a server lives.
async fn store(postgres: Option<&Postgres>, nodes: &Nodes) -> anyhow::Result<Store> {
    match postgres {
        Some(postgres) => Store::postgres(postgres).await,
        None => Store::sqlite(&nodes.sqlite_file()),
    }
}

/// Sleeps until this instant, in microseconds since 1970.
async fn sleep_until(instant: i64) {
    let left = instant - client::now().as_microsecond();
    tokio::time::sleep(Duration::from_micros(u64::try_from(left).unwrap_or(0))).await;
}

/// Says what went wrong with one activity.
fn broke(findings: &mut Findings, promise: Broken, id: &str, sentence: &str) {
    findings.broke(promise, format!("{id}: {sentence}"));
}
