//! Sending: against the ceiling, by the hundred, and with ten million stored.

use std::time::Duration;

use crate::bench::Bench;
use crate::client::{self, Load, Measured, Until};
use crate::process::Server;
use crate::report::{Series, Want};
use crate::requests::{self, Requests};
use crate::store::{Engine, Filling};

const SEND: &str = "/crm/notification/send";

/// How many connections make servers busy.
const BUSY: [usize; 2] = [64, 256];

/// Sends from one merge of SQLite's inbox index to the next (`MERGE_AT` in `src/notification/pending.rs`), and a few.
const CYCLE: u64 = 105_000;

fn rate(measured: &Measured) -> f64 {
    measured.per_second
}

fn label(engine: Engine, what: &str, connections: usize) -> String {
    format!("{} {what}, {connections} connections", engine.name())
}

/// Sends one by one at 1, 64 and 256 connections, each beside the route that stores nothing.
pub async fn single(bench: &mut Bench) -> anyhow::Result<()> {
    let mut series = Series::default();
    for _ in 0..bench.pace.rounds {
        for engine in bench.stores.engines() {
            let store = bench.stores.make(engine, Filling::Empty).await?;
            let server = Server::start(&store).await?;
            for connections in [1, 64, 256] {
                let measured = bench.load(&server, connections, &Requests::sends("/bench/ceiling")).await?;
                series.add(label(engine, "ceiling", connections), measured);
            }
            let measured = bench.load(&server, 1, &Requests::sends(SEND)).await?;
            series.add(label(engine, "send", 1), measured);
            for (connections, measured) in in_full_swing(bench, engine, &server).await? {
                series.add(label(engine, "send", connections), measured);
            }
            if engine == Engine::Postgres {
                for connections in BUSY {
                    let measured =
                        bench.load(&server, connections, &Requests::sends("/bench/one-insert")).await?;
                    series.add(label(engine, "one insert a request", connections), measured);
                }
            }
            warn_of_lost_log_lines(&server).await?;
            server.stop().await?;
        }
    }
    series.print("One notification a request, empty store", "req", 1.0);
    single_goals(bench, &series);
    Ok(())
}

fn single_goals(bench: &mut Bench, series: &Series) {
    for engine in bench.stores.engines() {
        let least = if engine == Engine::Sqlite { 0.45 } else { 0.20 };
        let aim = if engine == Engine::Sqlite { "aim 0.68" } else { "aim 0.36" };
        let of_ceiling = |connections| {
            series.ratio(&label(engine, "send", connections), &label(engine, "ceiling", connections), rate)
        };
        let what = format!("{}: durable send of the ceiling, 256 connections", engine.name());
        bench.report.goal(what, of_ceiling(256), Want::AtLeast(least), aim);
        println!(
            "{}: of the ceiling {:.2} at 64 connections, {:.2} at 256",
            engine.name(),
            of_ceiling(64),
            of_ceiling(256)
        );
        if engine == Engine::Postgres {
            let naive =
                series.ratio(&label(engine, "send", 256), &label(engine, "one insert a request", 256), rate);
            let what = "PostgreSQL: send of one insert a request, 256 connections";
            bench.report.goal(what, naive, Want::AtLeast(2.0), "");
        }
    }
}

/// Sends a hundred a request.
pub async fn batch(bench: &mut Bench) -> anyhow::Result<()> {
    const SIZE: usize = 100;
    let mut series = Series::default();
    for _ in 0..bench.pace.rounds {
        for engine in bench.stores.engines() {
            let store = bench.stores.make(engine, Filling::Empty).await?;
            let server = Server::start(&store).await?;
            for connections in [1, 16] {
                let measured = bench.load(&server, connections, &Requests::batches(SIZE)).await?;
                series.add(label(engine, "batch", connections), measured);
            }
            server.stop().await?;
        }
    }
    series.print("A hundred notifications a request, empty store", "row", SIZE as f64);
    Ok(())
}

/// Sends with ten million stored beside sends with none; long enough for the index to be merged meanwhile.
pub async fn full(bench: &mut Bench) -> anyhow::Result<()> {
    let mut series = Series::default();
    let store = bench.full().await?;
    let full = Server::start(&store).await?;
    // A filled index has no room on its pages, as one that grew has: the first notification of each user would pay
    // for a page that is split.
    send(&full, 256, CYCLE).await?;
    full.settle().await?;
    for _ in 0..bench.pace.rounds {
        let empty_store = bench.stores.make(Engine::Sqlite, Filling::Empty).await?;
        let empty = Server::start(&empty_store).await?;
        for (what, server) in [("empty", &empty), ("ten million", &full)] {
            for (connections, measured) in in_full_swing(bench, Engine::Sqlite, server).await? {
                series.add(label(Engine::Sqlite, what, connections), measured);
            }
            // What is left to be merged would be merged while the other one is measured.
            server.settle().await?;
        }
        empty.stop().await?;
    }
    full.stop().await?;
    bench.keep_full(store);
    series.print("One notification a request, ten million stored", "req", 1.0);
    for connections in BUSY {
        let (one, other) =
            (label(Engine::Sqlite, "ten million", connections), label(Engine::Sqlite, "empty", connections));
        let what = format!("SQLite: send at ten million of its empty-store rate, {connections}");
        bench.report.goal(what, series.ratio(&one, &other, rate), Want::AtLeast(0.40), "aim 0.75");
        let body = Requests::body_length() as f64;
        let written = series.median(&one, |measured| measured.written) / body;
        let what =
            format!("SQLite: bytes written a row at ten million, in bodies of {body} B, {connections}");
        bench.report.goal(what, written, Want::AtMost(8.0), "reported");
    }
    Ok(())
}

/// Sends at 64 and 256 connections. On SQLite each time as many as there are from one merge of the index to the next,
/// after the first one has begun: what is not merged has not cost its whole price yet.
async fn in_full_swing(
    bench: &Bench,
    engine: Engine,
    server: &Server,
) -> anyhow::Result<Vec<(usize, Measured)>> {
    let is_merged = engine == Engine::Sqlite && !bench.pace.quick;
    if is_merged {
        send(server, BUSY[0], CYCLE).await?;
    }
    let mut all = Vec::with_capacity(BUSY.len());
    for connections in BUSY {
        let measured = match is_merged {
            true => send(server, connections, CYCLE).await?,
            false => bench.load(server, connections, &Requests::sends(SEND)).await?,
        };
        all.push((connections, measured));
    }
    Ok(all)
}

async fn send(server: &Server, connections: usize, count: u64) -> anyhow::Result<Measured> {
    let load = Load { connections, warm_up: Duration::ZERO, until: Until::Answered(count) };
    client::load(server, load, &Requests::sends(SEND)).await
}

/// A log that loses lines is cheaper than one that keeps them: whoever reads the figures must know.
async fn warn_of_lost_log_lines(server: &Server) -> anyhow::Result<()> {
    let (_, metrics) = server.call(&requests::get("/crm/metrics")).await?;
    for line in metrics.lines().filter(|line| line.starts_with("belfry_log_lines_dropped_total")) {
        if !line.ends_with(" 0") {
            println!("  (log lines were lost under load: {line})");
        }
    }
    Ok(())
}
