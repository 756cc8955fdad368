//! Deliveries: how many leave in a second and what they weigh, and what targets that hang do to the others.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::bench::Bench;
use crate::client::Connection;
use crate::fill::FIRST_USER;
use crate::poster;
use crate::process::Server;
use crate::report::{Figures, Want};
use crate::requests::{self, API_KEY};
use crate::sink::{HANGING, Sink};
use crate::store::{Engine, Filling, Store};

/// Users with a webhook of their own.
const TARGETS: i64 = 1_000;

/// Sends in one request.
const BATCH: usize = 100;

/// How many posts the bare loop has under way at a time.
const LOOPS: usize = 64;

/// What waits for each target that hangs when the others are measured: as after a while of hanging.
const WAITING: i64 = 60;

/// Sends a second while the first attempt is measured, to all targets in turn.
const PACE: usize = 200;

/// Sends in one request then.
const TOGETHER: usize = 10;

/// Rates and memory, then bystanders.
pub async fn deliveries(bench: &mut Bench) -> anyhow::Result<()> {
    let sink = Sink::start().await?;
    let mut figures = Figures::default();
    let count = if bench.pace.quick { 20_000 } else { 100_000 };
    for _ in 0..bench.pace.rounds {
        let urls = (0..64).map(|target| sink.url(FIRST_USER + target * 7 + 1)).collect();
        let plan = poster::Plan { url: urls, count, connections: LOOPS };
        figures.add("posts a second, bare loop", poster::rate(&plan).await?);
        for engine in bench.stores.engines() {
            for channel in ["webhook", "email"] {
                let round = Round::start(bench, engine, &sink).await?;
                round.drain(channel, count, &sink, &mut figures).await?;
                round.weigh_again(channel, count, &sink, &mut figures).await?;
                round.server.stop().await?;
            }
        }
    }
    figures.print(&format!("{count} deliveries to a local sink"));
    for engine in bench.stores.engines() {
        let rate = figures.median(&label(engine, "webhook", IN_ALL));
        let of_loop = rate / figures.median("posts a second, bare loop");
        bench.report.goal(
            format!("{}: webhooks a second, sends included, of a bare loop of posts", engine.name()),
            of_loop,
            Want::AtLeast(0.0),
            "reported",
        );
        for channel in ["webhook", "email"] {
            let slope = figures.median(&label(engine, channel, SLOPE));
            let what = format!("{}: MiB more after a second {count} by {channel}", engine.name());
            bench.report.goal(what, slope, Want::AtMost(8.0), "");
        }
    }
    bystanders(bench, &sink).await
}

const RATE: &str = "deliveries a second, once all are sent";
const IN_ALL: &str = "deliveries a second, sends included";
const SLOPE: &str = "MiB more after as many again";

fn label(engine: Engine, channel: &str, what: &str) -> String {
    format!("{} {channel}: {what}", engine.name())
}

/// A server with users who have webhooks, and a connection for sends.
struct Round {
    engine: Engine,
    server: Server,
    // Goes after the server.
    _store: Store,
}

impl Round {
    async fn start(bench: &mut Bench, engine: Engine, sink: &Sink) -> anyhow::Result<Self> {
        let mut store = bench.stores.make(engine, Filling::Empty).await?;
        store.configure(&format!(
            "smtp: {{ host: 127.0.0.1, port: {}, tls: plain, from: 'CRM <crm@bench.example>' }}\n\
             outbound: {{ allow_cidrs: [127.0.0.0/8], webhook_per_second: 0 }}\n",
            sink.mail.port()
        ));
        let server = Server::start(&store).await?;
        let mut connection = Connection::open(server.address).await?;
        for target in 0..TARGETS {
            let user = FIRST_USER + target;
            let body = format!(r#"{{"webhook_url":"{}"}}"#, sink.url(user));
            let request = keyed("PUT", &format!("/crm/user/{user}"), &body);
            let answer = connection.call(&request).await?;
            ensure!(answer.status == 200, "user {user} gets no webhook: {}", answer.status);
        }
        server.settle().await?;
        Ok(Self { engine, server, _store: store })
    }

    /// Sends `count` and measures until all have left.
    async fn drain(
        &self,
        channel: &str,
        count: u64,
        sink: &Sink,
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.server.address).await?;
        let (before, began) = (sink.seen.received(), Instant::now());
        let start = self.resident()?;
        for number in 0..count as usize / BATCH {
            let users = (0..BATCH).map(|index| FIRST_USER + ((number * BATCH + index) as i64) % TARGETS);
            send(&mut connection, users, channel, sink).await?;
        }
        let (sent_at, sent_by_then) = (began.elapsed(), sink.seen.received() - before);
        let mut resident: Vec<f64> = Vec::new();
        while sink.seen.received() - before < count {
            resident.push(self.resident()?);
            let goal = (sink.seen.received() + 500).min(before + count);
            ensure!(sink.has(goal).await, "only {} of {count} arrived", sink.seen.received() - before);
        }
        let took = began.elapsed();
        self.settled().await?;
        self.server.settle().await?;
        let end = self.resident()?;
        let add =
            |figures: &mut Figures, what, figure| figures.add(label(self.engine, channel, what), figure);
        add(figures, RATE, (count - sent_by_then) as f64 / (took - sent_at).as_secs_f64());
        add(figures, IN_ALL, count as f64 / took.as_secs_f64());
        add(figures, "MiB at the start", start);
        add(figures, "MiB at the most", resident.iter().copied().fold(start, f64::max));
        add(figures, "MiB at the end", end);
        Ok(())
    }

    /// As many again on the same server, whose page cache is full by now: what it holds then is what it keeps.
    async fn weigh_again(
        &self,
        channel: &str,
        count: u64,
        sink: &Sink,
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let (before, mut again) = (self.resident()?, Figures::default());
        self.drain(channel, count, sink, &mut again).await?;
        figures.add(label(self.engine, channel, SLOPE), self.resident()? - before);
        Ok(())
    }

    fn resident(&self) -> anyhow::Result<f64> {
        Ok(self.server.resident()? as f64 / (1024.0 * 1024.0))
    }

    /// Waits until everything counts as sent, and holds the sums against each other.
    async fn settled(&self) -> anyhow::Result<()> {
        for _ in 0..600 {
            let (_, body) = self.server.call(&keyed("GET", "/crm/delivery/summary", "")).await?;
            let summary: Value = serde_json::from_str(&body)?;
            let channels = summary["channels"].as_object().context("a summary has channels")?;
            let sum = |name: &str| channels.values().filter_map(|counts| counts[name].as_u64()).sum::<u64>();
            if sum("pending") == 0 {
                let all_sent = sum("sent") == sum("accepted") && summary["balanced"] == true;
                ensure!(all_sent, "the sums are wrong: {body}");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("deliveries still wait a minute after all have arrived")
    }

    /// Sends at a pace to all targets in turn; returns half and 99 of 100 delays of those that never hang, in ms.
    async fn pace(&self, lasts: Duration, sink: &Sink) -> anyhow::Result<(f64, f64)> {
        let mut connection = Connection::open(self.server.address).await?;
        drop(sink.seen.take_delays());
        let mut ticks = tokio::time::interval(Duration::from_secs(1) * TOGETHER as u32 / PACE as u32);
        let (began, mut next, mut healthy) = (Instant::now(), 0, 0);
        while began.elapsed() < lasts {
            ticks.tick().await;
            let users: Vec<i64> =
                (next..next + TOGETHER as i64).map(|at| FIRST_USER + at % TARGETS).collect();
            next += TOGETHER as i64;
            healthy += users.iter().filter(|user| !(**user as u64).is_multiple_of(HANGING)).count() as u64;
            send(&mut connection, users.into_iter(), "webhook", sink).await?;
        }
        let mut delays = sink.seen.take_delays();
        for _ in 0..600 {
            if delays.len() >= healthy {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            delays.add(sink.seen.take_delays())?;
        }
        ensure!(delays.len() >= healthy, "only {} of {healthy} arrived", delays.len());
        let at = |quantile| delays.value_at_quantile(quantile) as f64 / 1e3;
        Ok((at(0.5), at(0.99)))
    }
}

/// A thousand targets, without and with a hundred that hang: how soon the others hear.
async fn bystanders(bench: &mut Bench, sink: &Sink) -> anyhow::Result<()> {
    let mut figures = Figures::default();
    let lasts = Duration::from_secs(if bench.pace.quick { 6 } else { 20 });
    for _ in 0..bench.pace.rounds {
        for engine in bench.stores.engines() {
            for (hangs, name) in [(false, "none hangs"), (true, "100 hang")] {
                sink.hang(hangs);
                let round = Round::start(bench, engine, sink).await?;
                let mut connection = Connection::open(round.server.address).await?;
                let hanging = (0..TARGETS).map(|at| FIRST_USER + at);
                let hanging = hanging.filter(|user| (*user as u64).is_multiple_of(HANGING));
                let flood: Vec<i64> = (0..WAITING).flat_map(|_| hanging.clone()).collect();
                for users in flood.chunks(BATCH) {
                    send(&mut connection, users.iter().copied(), "webhook", sink).await?;
                }
                let (p50, p99) = round.pace(lasts, sink).await?;
                figures.add(format!("{} {name}: p50", engine.name()), p50);
                figures.add(format!("{} {name}: p99", engine.name()), p99);
                round.server.kill()?;
            }
        }
    }
    sink.hang(false);
    figures.print("ms from a send's beginning to the first attempt at the 900 healthy of 1,000 targets");
    for engine in bench.stores.engines() {
        let p99 = |name: &str| figures.median(&format!("{} {name}: p99", engine.name()));
        let more = p99("100 hang") - p99("none hangs");
        let what =
            format!("{}: ms more until the first attempt, p99, with 100 targets that hang", engine.name());
        bench.report.goal(what, more, Want::AtMost(500.0), "");
    }
    Ok(())
}

/// Sends to these users by a channel, in one request; each says when.
async fn send(
    connection: &mut Connection,
    users: impl Iterator<Item = i64>,
    channel: &str,
    sink: &Sink,
) -> anyhow::Result<()> {
    let stamp = sink.seen.stamp();
    let elements: Vec<String> = users
        .map(|user| {
            format!(
                r#"{{"user_id":{user},"type":"provision_complete","title":"stamp {stamp}","link":"/services/167","message":"Your mobile service has been successfully activated","channels":["{channel}"]}}"#
            )
        })
        .collect();
    let body = format!(r#"{{"notifications":[{}]}}"#, elements.join(","));
    let answer = connection.call(&keyed("POST", "/crm/notification/send/batch", &body)).await?;
    ensure!(answer.status == 200, "a batch was answered with {}", answer.status);
    Ok(())
}

fn keyed(method: &str, path: &str, body: &str) -> Vec<u8> {
    let request = requests::post(path, body);
    let request = String::from_utf8(request).expect("a request is text");
    request
        .replacen("POST ", &format!("{method} "), 1)
        .replacen("\r\n", &format!("\r\nx-api-key: {API_KEY}\r\n"), 1)
        .into_bytes()
}
