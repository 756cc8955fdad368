//! The load benchmark: loads real servers over loopback and prints medians and ratios of one run.
//!
//! One program is both sides: without a command it makes stores, starts servers and loads them; with `serve` it is
//! such a server. What is measured, and why so, stands in `docs/benchmarks.md`.

mod bench;
mod client;
mod fill;
mod listeners;
mod nchan;
mod poster;
mod posts;
mod process;
mod report;
mod requests;
mod scenario;
mod server;
mod sink;
mod store;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use bench::{Bench, Pace};
use scenario::Scenario;

/// Loads servers of its own over loopback and prints medians and ratios.
#[derive(Parser)]
#[command(name = "load")]
struct Arguments {
    /// Only this scenario; may be given several times
    #[arg(long, value_enum, value_name = "NAME")]
    only: Vec<Scenario>,
    /// Fewer and shorter rounds, and nothing that needs ten million notifications
    #[arg(long)]
    quick: bool,
    /// How often everything is measured, the things to compare in turn
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// How long each measurement takes
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,
    /// Leave PostgreSQL out, even if BELFRY_TEST_POSTGRES names one
    #[arg(long)]
    sqlite_only: bool,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Be a server, with the routes that only the benchmark has
    #[command(hide = true)]
    Serve {
        #[arg(long)]
        config: PathBuf,
    },
    /// Follow streams, as standard input says
    #[command(hide = true)]
    Listen,
    /// Post to a sink and say how long it took
    #[command(hide = true)]
    Post(poster::Plan),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("The benchmark broke off: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Some(Command::Serve { config }) => return server::serve(config),
        Some(Command::Listen) => return listeners::listen(),
        Some(Command::Post(plan)) => return poster::post(plan),
        None => {}
    }
    // One thread makes the load: it is to take as little as it can from the servers on the same cores.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let pace = Pace {
        rounds: arguments.rounds.unwrap_or(if arguments.quick { 2 } else { 3 }).max(1),
        window: Duration::from_secs_f64(
            arguments.seconds.unwrap_or(if arguments.quick { 1.5 } else { 3.0 }).clamp(0.2, 60.0),
        ),
        quick: arguments.quick,
    };
    let postgres = std::env::var("BELFRY_TEST_POSTGRES").ok().filter(|_| !arguments.sqlite_only);
    let mut bench = Bench::new(pace, postgres)?;
    let measured = scenario::run(&mut bench, &arguments.only).await;
    let tidied = bench.stores.drop_databases().await;
    bench.report.print_goals();
    measured.and(tidied)
}
