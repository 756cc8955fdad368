//! A server's life: how soon it is ready, and how much memory it holds.

use std::time::Duration;

use crate::bench::Bench;
use crate::client::{self, Load, Until};
use crate::process::Server;
use crate::report::{Want, median};
use crate::requests::Requests;
use crate::store::{Engine, Filling};

const SEND: &str = "/crm/notification/send";

/// Starts with ten million stored, after a stop and after a kill in the middle of sends.
pub async fn start(bench: &mut Bench) -> anyhow::Result<()> {
    println!("\nFrom the start of the process to the first answer of /readyz, ten million stored");
    let store = bench.full().await?;
    Server::start(&store).await?.stop().await?;
    let (mut stopped, mut killed) = (Vec::new(), Vec::new());
    for _ in 0..bench.pace.rounds + 2 {
        let server = Server::start(&store).await?;
        stopped.push(server.ready_after.as_secs_f64() * 1e3);
        bench.load_for(&server, 64, &Requests::sends(SEND), Duration::from_secs(2)).await?;
        server.kill()?;
        let server = Server::start(&store).await?;
        killed.push(server.ready_after.as_secs_f64() * 1e3);
        server.stop().await?;
    }
    bench.keep_full(store);
    for (after, times) in [("a clean stop", stopped), ("a kill under load", killed)] {
        let slowest = times.iter().copied().fold(0.0, f64::max);
        let middle = median(times);
        println!("{:<44} {middle:>9.0} ms, slowest {slowest:.0} ms", format!("after {after}"));
        let what = format!("SQLite: ms to ready at ten million, after {after}");
        bench.report.goal(what, middle, Want::AtMost(500.0), "");
    }
    Ok(())
}

/// Resident memory at rest: at the start, after a million sends, and with ten million stored.
pub async fn memory(bench: &mut Bench) -> anyhow::Result<()> {
    println!("\nResident memory");
    for engine in bench.stores.engines() {
        let store = bench.stores.make(engine, Filling::Empty).await?;
        let server = Server::start(&store).await?;
        server.settle().await?;
        let idle = mebibytes(&server)?;
        tell(engine, "idle, after the start", idle);
        let what = format!("{}: MiB resident, idle", engine.name());
        bench.report.goal(what, idle, Want::AtMost(40.0), "");
        let count = if bench.pace.quick { 100_000 } else { 1_000_000 };
        let load = Load { connections: 64, warm_up: Duration::ZERO, until: Until::Answered(count) };
        client::load(&server, load, &Requests::sends(SEND)).await?;
        tell(engine, &format!("right after {count} sends"), mebibytes(&server)?);
        server.settle().await?;
        tell(engine, &format!("at rest after {count} sends"), mebibytes(&server)?);
        server.stop().await?;
    }
    if !bench.pace.quick {
        let store = bench.full().await?;
        // What a load left to be merged is merged at the first start: a server at rest is the second one.
        let server = Server::start(&store).await?;
        server.settle().await?;
        server.stop().await?;
        let server = Server::start(&store).await?;
        server.settle().await?;
        tell(Engine::Sqlite, "idle, ten million stored", mebibytes(&server)?);
        server.stop().await?;
        bench.keep_full(store);
    }
    Ok(())
}

fn mebibytes(server: &Server) -> anyhow::Result<f64> {
    Ok(server.resident()? as f64 / (1024.0 * 1024.0))
}

fn tell(engine: Engine, when: &str, mebibytes: f64) {
    println!("{:<44} {mebibytes:>9.1} MiB", format!("{} {when}", engine.name()));
}
