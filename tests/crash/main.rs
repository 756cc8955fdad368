//! Kills a working server again and again with SIGKILL, and holds what it acknowledged against what is there then.
//!
//! `cargo test --test crash -- 25`: 25 rounds on SQLite and, where `BELFRY_TEST_POSTGRES` names a server, on
//! PostgreSQL. With `--sabotage` the server breaks its promise on purpose, and the test passes if it notices.
//!
//! `cargo test --test crash -- --follow 60`: for a minute 500 streams follow inboxes while the server is killed every
//! 5 s. With `--sabotage` some of them pretend that the server left out an event.
//!
//! `cargo test --test crash -- --deliver 100`: in 100 rounds a server is killed that delivers to four receivers. With
//! `--sabotage` a message is forged away, another one twice there, and a delivery deleted.
//!
//! `cargo test --test crash -- --remind 60`: 10,000 reminders fall due within a minute while the server is killed, on
//! PostgreSQL also one of two servers in turn; then the clock of a server is stepped. With `--sabotage` a reminder
//! that has fired is forgotten, and one that waits is deleted.

mod check;
mod client;
mod content;
mod database;
mod deliver;
mod follow;
mod load;
mod model;
mod owner;
mod random;
mod remind;
mod report;
mod run;
mod server;
mod state;

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use database::Postgres;
use report::{Broken, Findings, Report};
use run::Run;

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
    /// In place of rounds: follow inboxes over streams for so many seconds
    #[arg(long, value_name = "SECONDS")]
    follow: Option<u64>,
    /// With --follow: how many streams
    #[arg(long, default_value = "500")]
    followers: usize,
    /// With --follow: notifications a second
    #[arg(long, default_value = "100")]
    per_second: u64,
    /// In place of rounds at inboxes: so many rounds at deliveries, each with a kill
    #[arg(long, value_name = "ROUNDS", conflicts_with = "follow")]
    deliver: Option<u32>,
    /// In place of rounds: reminders that fall due over so many seconds
    #[arg(long, value_name = "SECONDS", conflicts_with_all = ["follow", "deliver"])]
    remind: Option<u64>,
    /// With --remind: how many reminders
    #[arg(long, default_value = "10000")]
    reminders: usize,
    /// With --remind, on PostgreSQL: so many servers at once, 1 or 2; first 1 and then 2 if it is not said
    #[arg(long)]
    servers: Option<usize>,
    /// With --remind: how often the clock is stepped, in rounds of seven steps
    #[arg(long, value_name = "ROUNDS", default_value = "20")]
    steps: u32,
    /// With --follow: seconds between two kills, 5; with --deliver at most so many, 2; with --remind at most so many, 8
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    kill_every: Option<u64>,
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
        passed &= match on_database(&options, kind, rounds, seed, postgres).await {
            Ok(passed) => passed,
            Err(error) => {
                println!("crash: {kind:?}, seed {seed}: {error:#}");
                false
            }
        };
    }
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was broken on purpose, and the promises that must be found broken then.
struct Sabotage(&'static str, &'static [Broken]);

/// Prints what was found; returns whether that is as it should be. `what` was broken on purpose, if anything was.
fn tell(
    kind: Kind,
    seed: u64,
    options: &Options,
    said: &dyn Display,
    found: &Findings,
    what: Sabotage,
) -> bool {
    println!("crash: {kind:?}: {said}\n  seed {seed}");
    if !options.sabotage {
        return found.is_clean();
    }
    let Sabotage(what, promises) = what;
    let caught = promises.iter().all(|promise| found.count(*promise) > 0);
    let verdict = if caught { "was noticed" } else { "was NOT noticed (only debug builds can be sabotaged)" };
    println!("crash: {kind:?}: {what} {verdict}");
    caught
}

/// Does on one database what the options ask for; returns whether all was well.
async fn on_database(
    options: &Options,
    kind: Kind,
    rounds: u32,
    seed: u64,
    server: Option<&str>,
) -> anyhow::Result<bool> {
    let postgres = match server {
        Some(url) => Some(Postgres::create(url).await?),
        None => None,
    };
    let (lost, postgres_of) = (&[Broken::Lost], postgres.as_ref());
    let passed = match (options.follow, options.deliver, options.remind) {
        (Some(seconds), _, _) => {
            let figures = follow::run(options.plan(seconds), seed, postgres_of, options.keep).await;
            let what = Sabotage("an event left out", lost);
            figures.map(|it| tell(kind, seed, options, &it, &it.findings, what))
        }
        (None, Some(rounds), _) => {
            let figures = deliver::run(options.deliveries(rounds), seed, postgres_of, options.keep).await;
            let broken = &[Broken::Lost, Broken::Duplicated, Broken::Wrong];
            let what = Sabotage("a lost message, one sent twice and a lost delivery", broken);
            figures.map(|it| tell(kind, seed, options, &it, &it.findings, what))
        }
        (None, None, Some(seconds)) => {
            let figures = remind::run(options.reminding(seconds), seed, postgres_of, options.keep).await;
            let broken = &[Broken::Lost, Broken::Duplicated];
            let what = Sabotage("a lost reminder and a forgotten one", broken);
            figures.map(|it| tell(kind, seed, options, &it, &it.findings, what))
        }
        (None, None, None) => {
            let report = kill_in_rounds(options, rounds, seed, postgres_of).await;
            let what = Sabotage("answering before the commit", lost);
            report.map(|it| tell(kind, seed, options, &it, &it.findings, what))
        }
    };
    if let Some(postgres) = postgres {
        postgres.drop().await?;
    }
    passed
}

async fn kill_in_rounds(
    options: &Options,
    rounds: u32,
    seed: u64,
    postgres: Option<&Postgres>,
) -> anyhow::Result<Report> {
    let mut run = Run::prepare(seed, postgres)?;
    let done = match options.sabotage {
        true => run.until_lost(rounds).await,
        false => run.all(rounds).await,
    };
    run.finish(options.keep, done)
}

impl Options {
    fn plan(&self, seconds: u64) -> follow::Plan {
        follow::Plan {
            lasts: Duration::from_secs(seconds),
            followers: self.followers,
            per_second: self.per_second,
            kill_every: Duration::from_secs(self.kill_every.unwrap_or(5)),
            sabotage: self.sabotage,
        }
    }

    fn deliveries(&self, rounds: u32) -> deliver::Plan {
        let kill_every = Duration::from_secs(self.kill_every.unwrap_or(2));
        deliver::Plan { rounds, kill_every, sabotage: self.sabotage }
    }

    fn reminding(&self, seconds: u64) -> remind::Plan {
        remind::Plan {
            lasts: Duration::from_secs(seconds),
            reminders: self.reminders,
            servers: self.servers,
            kill_every: Duration::from_secs(self.kill_every.unwrap_or(8)),
            rounds: self.steps,
            sabotage: self.sabotage,
        }
    }
}
