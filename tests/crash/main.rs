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
mod run;
mod server;
mod state;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use database::Postgres;
use report::{Broken, Report};
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

async fn on_database(
    options: &Options,
    rounds: u32,
    seed: u64,
    server: Option<&str>,
) -> anyhow::Result<Report> {
    let postgres = match server {
        Some(url) => Some(Postgres::create(url).await?),
        None => None,
    };
    let ran = Run::prepare(seed, postgres.as_ref());
    let report = match ran {
        Ok(mut run) => {
            let done = match options.sabotage {
                true => run.until_lost(rounds).await,
                false => run.all(rounds).await,
            };
            run.finish(options.keep, done)
        }
        Err(error) => Err(error),
    };
    if let Some(postgres) = postgres {
        postgres.drop().await?;
    }
    report
}
