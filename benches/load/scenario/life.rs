//! A server's life: how soon it is ready, and how much memory it holds.

use std::time::{Duration, Instant};

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
    let (mut stopped, mut killed, mut first_sends) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.pace.rounds + 2 {
        let server = Server::start(&store).await?;
        stopped.push(server.ready_after.as_secs_f64() * 1e3);
        first_sends.push(first_send(&server).await?);
        bench.load_for(&server, 64, &Requests::sends(SEND), Duration::from_secs(2)).await?;
        server.kill()?;
        let server = Server::start(&store).await?;
        killed.push(server.ready_after.as_secs_f64() * 1e3);
        server.stop().await?;
    }
    bench.keep_full(store);
    tell_times("the first send after a clean stop", &first_sends);
    for (after, times) in [("a clean stop", stopped), ("a kill under load", killed)] {
        tell_times(&format!("after {after}"), &times);
        let what = format!("SQLite: ms to ready at ten million, after {after}");
        bench.report.goal(what, median(times), Want::AtMost(500.0), "");
    }
    Ok(())
}

/// Milliseconds of one send on a server that has only just said that it is ready: it must not only say so.
async fn first_send(server: &Server) -> anyhow::Result<f64> {
    // What a server does of its own accord at its start has begun by then.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    let (status, body) = server.call(Requests::sends(SEND).next()).await?;
    anyhow::ensure!(status == 201, "the first send was answered with {status}: {body}");
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

fn tell_times(what: &str, times: &[f64]) {
    let slowest = times.iter().copied().fold(0.0, f64::max);
    println!("{what:<44} {:>9.1} ms, slowest {slowest:.1} ms", median(times.to_vec()));
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
        let count = match engine {
            _ if bench.pace.quick => 100_000,
            Engine::Sqlite => 1_000_000,
            // Nothing grows there but buffers: a minute is worth more than the rest of the million.
            Engine::Postgres => 200_000,
        };
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
