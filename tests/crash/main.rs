//! Kills a working server again and again with SIGKILL, and holds what it acknowledged against what is there then.
//!
//! `cargo test --test crash -- 25`: 25 rounds on SQLite and, where `BELFRY_TEST_POSTGRES` names a server, on
//! PostgreSQL. With `--sabotage` the server breaks its promise on purpose, and the test passes if it notices.

mod check;
mod client;
mod content;
mod database;
mod load;
mod model;
mod owner;
mod random;
mod report;
mod server;
mod state;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum};
use tokio::task::JoinSet;

use database::{Postgres, Store};
use load::Shared;
use random::Random;
use report::{Broken, Report};
use server::{Process, Site};

/// Users in all, and those to whom is sent in one round: each is looked at in every sixth check.
const USERS: i64 = 24;
const USERS_AT_ONCE: i64 = 4;

const WRITERS: u64 = 16;

/// When a server dies, in milliseconds after it began to be busy.
const DIES_AFTER: (u64, u64) = (50, 1_500);

#[derive(Debug, Parser)]
#[command(about = "Kills a working server at random instants and looks for what it had acknowledged")]
struct Options {
    /// How often the server is killed on each database
    #[arg(default_value = "25")]
    rounds: String,
    /// Repeats the choices of an earlier run (not its timing)
    #[arg(long)]
    seed: Option<u64>,
    /// Only on this database
    #[arg(long)]
    only: Option<Kind>,
    /// The server answers before it commits; passes if that is noticed on each database
    #[arg(long)]
    sabotage: bool,
    /// Leaves the files of a run that failed
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let options = Options::parse();
    let Ok(rounds) = options.rounds.parse::<u32>() else {
        // `cargo test NAME` hands NAME to every test program.
        println!("crash: nothing here is called {}; give a number of rounds", options.rounds);
        return ExitCode::SUCCESS;
    };
    let seed = options.seed.unwrap_or_else(|| client::now().as_nanosecond() as u64 % 1_000_000_000);
    let server = std::env::var("BELFRY_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    let mut passed = true;
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if options.only.is_some_and(|only| only != kind) {
            continue;
        }
        let postgres = match (kind, &server) {
            (Kind::Sqlite, _) => None,
            (Kind::Postgres, Some(url)) => Some(url.as_str()),
            (Kind::Postgres, None) => {
                println!("crash: PostgreSQL was left out, since BELFRY_TEST_POSTGRES names no server");
                passed &= options.only.is_none();
                continue;
            }
        };
        passed &= match on_database(&options, rounds, seed, postgres).await {
            Ok(report) => tell(kind, seed, &options, &report),
            Err(error) => {
                println!("crash: {kind:?}, seed {seed}: {error:#}");
                false
            }
        };
    }
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints what was found; returns whether that is as it should be.
fn tell(kind: Kind, seed: u64, options: &Options, report: &Report) -> bool {
    println!("crash: {kind:?}: {report}\n  seed {seed}");
    if !options.sabotage {
        return report.is_clean();
    }
    let caught = report.count(Broken::Lost) > 0;
    let verdict = if caught { "was noticed" } else { "was NOT noticed (only debug builds can be sabotaged)" };
    println!("crash: {kind:?}: answering before the commit {verdict}");
    caught
}

async fn on_database(options: &Options, rounds: u32, seed: u64, server: Option<&str>) -> anyhow::Result<Report> {
    let postgres = match server {
        Some(url) => Some(Postgres::create(url).await?),
        None => None,
    };
    let ran = Run::prepare(options, seed, postgres.as_ref());
    let report = match ran {
        Ok(mut run) => {
            let done = run.all(rounds, options.sabotage).await;
            run.finish(options.keep, done)
        }
        Err(error) => Err(error),
    };
    if let Some(postgres) = postgres {
        postgres.drop().await?;
    }
    report
}

/// A run on one database.
struct Run<'a> {
    site: Site,
    postgres: Option<&'a Postgres>,
    shared: Shared,
    seed: u64,
    random: Random,
}

impl<'a> Run<'a> {
    fn prepare(options: &Options, seed: u64, postgres: Option<&'a Postgres>) -> anyhow::Result<Self> {
        let mut random = Random::of(&[seed, u64::from(postgres.is_some())]);
        let url = postgres.map_or("sqlite:belfry.db".to_owned(), Postgres::url);
        let users: Vec<i64> = (1..=USERS).collect();
        let mut site = Site::new(&url, &users, &mut random)?;
        if options.sabotage {
            site.sabotage("answer_before_commit");
        }
        Ok(Self { site, postgres, shared: Shared::default(), seed, random })
    }

    fn finish(self, keep: bool, done: anyhow::Result<()>) -> anyhow::Result<Report> {
        let report = std::mem::take(&mut self.shared.model().report);
        let last_words = self.site.last_words();
        if keep && !(done.is_ok() && report.is_clean()) {
            println!("crash: the files are in {}", self.site.keep().display());
        }
        if !report.is_clean() || done.is_err() {
            println!("crash: the server said last:\n{last_words}");
        }
        done.with_context(|| format!("after {report}")).map(|()| report)
    }

    async fn all(&mut self, rounds: u32, is_sabotaged: bool) -> anyhow::Result<()> {
        let mut process = self.start().await?;
        for round in 1..=rounds {
            let first = self.shared.model().wishes.len();
            self.work_until_killed(process, u64::from(round)).await?;
            self.shared.model().count_unanswered(first);
            let left_behind = self.left_behind().await?;
            process = self.start_anew().await?;
            self.check(&users_of(u64::from(round)), 50, &left_behind).await?;
            let mut model = self.shared.model();
            model.count_stored_unheard(first);
            model.report.rounds = round;
            // What comes after a broken promise says nothing more.
            if !model.report.is_clean() && (!is_sabotaged || model.report.count(Broken::Lost) > 0) {
                return Ok(());
            }
        }
        self.look_at_everything(process).await
    }

    async fn start(&mut self) -> anyhow::Result<Process> {
        let (process, took) = self.site.start_ready().await?;
        self.shared.server_lives();
        let report = &mut self.shared.model().report;
        report.worst_start = report.worst_start.max(took);
        if took > Duration::from_secs(3) {
            report.broke(Broken::Wrong, format!("the server took {took:?} to be ready"));
        }
        Ok(process)
    }

    /// As [`Run::start`], now and then after a start that is killed too.
    async fn start_anew(&mut self) -> anyhow::Result<Process> {
        while self.random.chance(15) {
            let process = self.site.start()?;
            tokio::time::sleep(Duration::from_millis(self.random.between(5, 250))).await;
            process.kill()?;
            self.shared.model().report.kills += 1;
        }
        self.start().await
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

    async fn left_behind(&self) -> anyhow::Result<Vec<i32>> {
        match self.postgres {
            Some(postgres) => postgres.left_behind().await,
            None => Ok(Vec::new()),
        }
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
        let mut model = self.shared.model();
        if overslept > 0 {
            model.report.broke(Broken::Wrong, format!("{overslept} snoozed notifications did not come back in time"));
        }
        drop(model);
        let store = match self.postgres {
            Some(postgres) => Store::postgres(postgres).await?,
            None => Store::sqlite(&self.site.sqlite_file())?,
        };
        // Nobody else is left who could want it while the store is read.
        let mut model = std::mem::take(&mut *self.shared.model());
        let checked = store.check(&mut model).await;
        *self.shared.model() = model;
        checked
    }
}

/// Those to whom is sent in a round.
fn users_of(round: u64) -> Vec<i64> {
    let first = (round as i64 * USERS_AT_ONCE) % USERS;
    (first..first + USERS_AT_ONCE).map(|user| user % USERS + 1).collect()
}
