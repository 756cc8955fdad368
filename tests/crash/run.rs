//! A run on one database: rounds of work and death, each followed by a look at what is left.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::task::JoinSet;

use crate::check;
use crate::database::{Postgres, Store};
use crate::load::{self, Shared};
use crate::owner;
use crate::random::Random;
use crate::report::{Broken, Report};
use crate::server::{Manner, Process, Site};

/// Users in all, and those to whom is sent in one round: each is looked at in every sixth check.
const USERS: i64 = 24;
const USERS_AT_ONCE: i64 = 4;

const WRITERS: u64 = 16;

/// The index is merged at every commit, some commits at a time, or now and then over many commits.
const MERGE_AT: [u64; 3] = [30, 150, 400];

/// When a server dies, in milliseconds after it began to be busy.
const DIES_AFTER: (u64, u64) = (50, 1_500);

/// A run on one database.
pub struct Run<'a> {
    site: Site,
    postgres: Option<&'a Postgres>,
    shared: Shared,
    seed: u64,
    random: Random,
}

impl<'a> Run<'a> {
    /// Everything up to the first start.
    pub fn prepare(seed: u64, postgres: Option<&'a Postgres>) -> anyhow::Result<Self> {
        let mut random = Random::of(&[seed, u64::from(postgres.is_some())]);
        let url = postgres.map_or("sqlite:belfry.db".to_owned(), Postgres::url);
        let users: Vec<i64> = (1..=USERS).collect();
        let site = Site::new(&url, &users, &mut random)?;
        Ok(Self { site, postgres, shared: Shared::default(), seed, random })
    }

    /// Throws the files away, or keeps those of a run that found something.
    pub fn finish(self, keep: bool, done: anyhow::Result<()>) -> anyhow::Result<Report> {
        let report = std::mem::take(&mut self.shared.model().report);
        if done.is_err() || !report.is_clean() {
            let last_words = self.site.last_words();
            if !last_words.is_empty() {
                println!("crash: the server said last:\n{last_words}");
            }
            if keep {
                println!("crash: the files are in {}", self.site.keep().display());
            }
        }
        done.with_context(|| format!("after {report}")).map(|()| report)
    }

    /// So many rounds, then a look at everything.
    pub async fn all(&mut self, rounds: u32) -> anyhow::Result<()> {
        let mut process = self.start_honest().await?;
        for round in 1..=rounds {
            process = self.round(round, process).await?;
            // What comes after a broken promise says nothing more.
            if !self.shared.model().report.is_clean() {
                return Ok(());
            }
        }
        self.look_at_everything(process).await
    }

    /// A sabotaged server works, an honest one shows what is left.
    pub async fn until_lost(&mut self, rounds: u32) -> anyhow::Result<()> {
        for round in 1..=rounds {
            let process = self.start(Manner::Sabotaged).await?;
            self.round(round, process).await?.kill()?;
            if self.shared.model().report.count(Broken::Lost) > 0 {
                break;
            }
        }
        // Such a server breaks other promises too, which need no kill to be noticed.
        self.shared.model().report.keep_only(Broken::Lost);
        Ok(())
    }

    /// Work, death, and what the next start has; returns that.
    async fn round(&mut self, round: u32, process: Process) -> anyhow::Result<Process> {
        let first = self.shared.model().wishes.len();
        self.work_until_killed(process, u64::from(round)).await?;
        self.shared.model().count_unanswered(first);
        let (process, left_behind) = self.start_anew().await?;
        self.check(&users_of(u64::from(round)), 50, &left_behind).await?;
        let mut model = self.shared.model();
        model.count_stored_unheard(first);
        model.report.rounds = round;
        Ok(process)
    }

    async fn start(&mut self, manner: Manner) -> anyhow::Result<Process> {
        let (process, took) = self.site.start_ready(manner).await?;
        self.shared.server_lives();
        let report = &mut self.shared.model().report;
        report.worst_start = report.worst_start.max(took);
        if took > Duration::from_secs(3) {
            report.broke(Broken::Wrong, format!("the server took {took:?} to be ready"));
        }
        Ok(process)
    }

    async fn start_honest(&mut self) -> anyhow::Result<Process> {
        let merge_at = self.random.pick(&MERGE_AT).expect("it is not empty");
        self.start(Manner::Honest { merge_at }).await
    }

    /// As [`Run::start_honest`], now and then after a start that is killed too. Returns also the connections that
    /// PostgreSQL still has from before.
    async fn start_anew(&mut self) -> anyhow::Result<(Process, Vec<i32>)> {
        while self.random.chance(15) {
            let process = self.site.start(Manner::Honest { merge_at: 30 })?;
            tokio::time::sleep(Duration::from_millis(self.random.between(5, 250))).await;
            process.kill()?;
            self.shared.model().report.kills += 1;
        }
        let left_behind = match self.postgres {
            Some(postgres) => postgres.left_behind().await?,
            None => Vec::new(),
        };
        Ok((self.start_honest().await?, left_behind))
    }

    async fn work_until_killed(&mut self, mut process: Process, round: u64) -> anyhow::Result<()> {
        let client = self.site.client()?;
        let users = users_of(round);
        let mut clients = JoinSet::new();
        for writer in 0..WRITERS {
            let random = Random::of(&[self.seed, round, writer]);
            clients.spawn(load::write(self.shared.clone(), client.clone(), random, users.clone()));
        }
        for user in users {
            let random = Random::of(&[self.seed, round, WRITERS, user as u64]);
            clients.spawn(owner::tidy(self.shared.clone(), client.clone(), random, user));
        }
        let (from, to) = DIES_AFTER;
        tokio::time::sleep(Duration::from_millis(self.random.between(from, to))).await;
        ensure!(process.is_alive(), "the server ended by itself; it said:\n{}", self.site.last_words());
        self.shared.kill_begins();
        process.kill()?;
        self.shared.model().report.kills += 1;
        while let Some(ended) = clients.join_next().await {
            ended.context("a client panicked")?;
        }
        Ok(())
    }

    /// Sends some of what was not answered again, then looks at these users. What PostgreSQL still does for the
    /// killed server runs beside the first and has ended before the second.
    async fn check(&mut self, users: &[i64], retried: u64, left_behind: &[i32]) -> anyhow::Result<usize> {
        let client = self.site.client()?;
        check::retry_unanswered(&self.shared, &client, &mut self.random, retried).await;
        if let Some(postgres) = self.postgres {
            postgres.wait_until_gone(left_behind).await?;
        }
        let mut checks = JoinSet::new();
        for user in users {
            let limit = self.random.between(30, 101);
            checks.spawn(check::inbox(self.shared.clone(), client.clone(), *user, limit));
        }
        let mut overslept = 0;
        while let Some(checked) = checks.join_next().await {
            overslept += checked.context("a check panicked")??;
        }
        self.shared.model().resolve();
        Ok(overslept)
    }

    /// All users' lists over HTTP, then the database from inside.
    async fn look_at_everything(&mut self, process: Process) -> anyhow::Result<()> {
        // Every short snooze is over then.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let users: Vec<i64> = (1..=USERS).collect();
        let overslept = self.check(&users, 100, &[]).await?;
        self.shared.kill_begins();
        process.kill()?;
        // Nobody is left who could want the model meanwhile.
        let mut model = std::mem::take(&mut *self.shared.model());
        if overslept > 0 {
            let sentence = format!("{overslept} snoozed notifications did not come back in time");
            model.report.broke(Broken::Wrong, sentence);
        }
        let store = match self.postgres {
            Some(postgres) => Store::postgres(postgres).await,
            None => Store::sqlite(&self.site.sqlite_file()),
        };
        let checked = match store {
            Ok(store) => store.check(&mut model).await,
            Err(error) => Err(error),
        };
        *self.shared.model() = model;
        checked
    }
}

/// Those to whom is sent in a round.
fn users_of(round: u64) -> Vec<i64> {
    let first = (round as i64 * USERS_AT_ONCE) % USERS;
    (first..first + USERS_AT_ONCE).map(|user| user % USERS + 1).collect()
}
