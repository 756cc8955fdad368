//! Open streams: what they weigh, how soon a send reaches its user, how many reach theirs in a second; beside nchan.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::reads::sign_in;
use crate::bench::Bench;
use crate::client::Measured;
use crate::fill::{FIRST_USER, USERS};
use crate::listeners::{Arrival, Listeners, now};
use crate::nchan::Nchan;
use crate::posts::{self, Door, Post, Posts};
use crate::process::{Server, cpu_of_all, cpu_of_process};
use crate::report::{Figures, Series, Want};
use crate::store::{Engine, Filling, Store};

/// Memory is looked at with as many streams open, one a user.
const STREAMS: [usize; 2] = [1_000, 10_000];

/// Sends in flight that make servers busy.
const BUSY: [usize; 2] = [64, 256];

/// Sends a second while latency is measured.
const PACE: u32 = 200;

/// Streams of the user who has many.
const MANY: usize = 500;

const WARM_UP: Duration = Duration::from_millis(300);

const NCHAN: &str = "nchan";
const BELFRY: &str = "Belfry";

const TO_CLIENT: &str = "µs from a send's beginning to its arrival";
const AFTER_ANSWER: &str = "µs from a send's answer to its arrival (0 where it arrived before)";
const FDATASYNC: &str = "µs of a lone fdatasync of 4 KiB";

/// Everything of streams, round by round, each beside nchan where it is installed.
pub async fn streams(bench: &mut Bench) -> anyhow::Result<()> {
    let store = bench.stores.make(Engine::Sqlite, Filling::Empty).await?;
    let server = Server::start(&store).await?;
    let tokens = sign_in(&server, USERS).await?;
    server.stop().await?;
    let (mut series, mut figures) = (Series::default(), Figures::default());
    for _ in 0..bench.pace.rounds {
        let mut round = Round::start(&store).await?;
        round.weigh(&tokens, &mut figures).await?;
        round.follow_at_a_pace(bench, &store, &mut figures).await?;
        round.saturate(bench, &mut series).await?;
        round.fan_out(bench, &tokens, &mut figures).await?;
        round.server.stop().await?;
    }
    series.print("Sends that reach their user, 10,000 streams", "send", 1.0);
    figures.print("Streams");
    note_goals(bench, &series, &figures);
    web_sizes(bench)
}

/// A server that has just started, its followers, and the same of nchan.
struct Round {
    server: Server,
    followers: Listeners,
    peer: Option<Peer>,
    /// The number of the next send.
    next: u32,
}

struct Peer {
    nchan: Nchan,
    followers: Listeners,
}

fn follow_request(path: &str, more: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n{more}\r\n").into_bytes()
}

fn of_belfry(token: &String) -> Vec<u8> {
    follow_request("/crm/notification/stream", &format!("authorization: Bearer {token}\r\n"))
}

fn of_nchan(user_id: i64) -> Vec<u8> {
    follow_request(&format!("/follow/{user_id}"), "")
}

impl Round {
    async fn start(store: &Store) -> anyhow::Result<Self> {
        let server = Server::start(store).await?;
        let peer = match Nchan::start().await? {
            Some(nchan) => Some(Peer { nchan, followers: Listeners::start()? }),
            None => {
                println!(
                    "  (nchan is not installed: apt install nginx libnginx-mod-nchan, to compare with it)"
                );
                None
            }
        };
        Ok(Self { server, followers: Listeners::start()?, peer, next: 1 })
    }

    /// Opens streams, one a user, and notes what each weighs.
    async fn weigh(&mut self, tokens: &[String], figures: &mut Figures) -> anyhow::Result<()> {
        self.server.settle().await?;
        let (empty, mut opened) = (self.server.resident()?, 0);
        for count in STREAMS {
            let requests: Vec<Vec<u8>> = tokens[opened..count].iter().map(of_belfry).collect();
            opened = count;
            self.followers.open(self.server.address, &requests)?;
            rest().await;
            figures.add(weight(BELFRY, count), each(self.server.resident()?, empty, count));
        }
        let Some(Peer { nchan, followers }) = &mut self.peer else {
            return Ok(());
        };
        let (empty, mut opened) = (nchan.resident()?, 0);
        for count in STREAMS {
            let users = FIRST_USER + opened as i64..FIRST_USER + count as i64;
            opened = count;
            followers.open(nchan.address, &users.map(of_nchan).collect::<Vec<_>>())?;
            rest().await;
            figures.add(weight(NCHAN, count), each(nchan.resident()?, empty, count));
        }
        Ok(())
    }

    /// Sends at a steady rate; the disk is asked before and after, alone.
    async fn follow_at_a_pace(
        &mut self,
        bench: &Bench,
        store: &Store,
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let window = bench.pace.window.max(Duration::from_secs(3)) * 2;
        let mut disk = fdatasync(store.folder())?;
        let posts = posts::pace(&Door::belfry(self.server.address), self.next, PACE, window).await?;
        let times = arrivals(&posts, &self.followers.take(posts.all.len()).await?)?;
        disk.extend(fdatasync(store.folder())?);
        let disk = Sorted::of(disk.into_iter());
        self.next += u32::try_from(posts.all.len())?;
        let all = || posts.all.iter().zip(&times);
        let to_client = Sorted::of(all().map(|(post, at)| at - post.began));
        let after_answer = Sorted::of(all().map(|(post, at)| (at - post.answered).max(0)));
        figures.add(format!("{FDATASYNC}, p50"), disk.at(0.5));
        figures.add(format!("{FDATASYNC}, p99"), disk.at(0.99));
        figures.add(format!("{TO_CLIENT}, p50"), to_client.at(0.5));
        figures.add(format!("{TO_CLIENT}, p99"), to_client.at(0.99));
        figures.add(format!("{AFTER_ANSWER}, p50"), after_answer.at(0.5));
        figures.add(format!("{AFTER_ANSWER}, p99"), after_answer.at(0.99));
        figures.add("from beginning to arrival, p50, of an fdatasync", to_client.at(0.5) / disk.at(0.5));
        figures.add("from answer to arrival, p50, of an fdatasync", after_answer.at(0.5) / disk.at(0.5));
        Ok(())
    }

    /// As much as goes through, ours and nchan's in turn.
    async fn saturate(&mut self, bench: &Bench, series: &mut Series) -> anyhow::Result<()> {
        for in_flight in BUSY {
            let (server, followers, next) = (&self.server, &mut self.followers, &mut self.next);
            let door = Door::belfry(server.address);
            let cpu = || server.cpu();
            let measured = flood(bench, &door, in_flight, cpu, followers, next).await?;
            series.add(label(BELFRY, in_flight), measured);
            // What is left to be merged would be merged while nchan is measured.
            server.settle().await?;
            if let Some(Peer { nchan, followers }) = &mut self.peer {
                let door = Door::nchan(nchan.address);
                let measured = flood(bench, &door, in_flight, || nchan.cpu(), followers, next).await?;
                series.add(label(NCHAN, in_flight), measured);
            }
        }
        Ok(())
    }

    /// One send to a user who has many streams.
    async fn fan_out(
        &mut self,
        bench: &Bench,
        tokens: &[String],
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let (user, token) = (FIRST_USER, tokens.first().context("nobody is signed in")?);
        self.followers.open(self.server.address, &vec![of_belfry(token); MANY - 1])?;
        let mut requests = vec![(BELFRY, Door::belfry(self.server.address), &mut self.followers)];
        if let Some(Peer { nchan, followers }) = &mut self.peer {
            followers.open(nchan.address, &vec![of_nchan(user); MANY - 1])?;
            requests.push((NCHAN, Door::nchan(nchan.address), followers));
        }
        rest().await;
        for _ in 0..if bench.pace.quick { 5 } else { 15 } {
            for (name, door, followers) in &mut requests {
                let post = posts::one(door, self.next, user).await?;
                self.next += 1;
                let heard = followers.take(MANY).await?;
                let times = Sorted::of(heard.iter().map(|arrival| arrival.at - post.began));
                figures.add(fan(name, "half of them"), times.at(0.5) / 1e3);
                figures.add(fan(name, "all of them"), times.at(1.0) / 1e3);
            }
        }
        Ok(())
    }
}

fn label(name: &str, in_flight: usize) -> String {
    format!("{name}, {in_flight} in flight")
}

fn weight(name: &str, count: usize) -> String {
    format!("{name}: KiB resident a stream, {count} open")
}

fn fan(name: &str, which: &str) -> String {
    format!("{name}: ms from a send to {which}, {MANY} streams of one user")
}

fn each(after: u64, before: u64, count: usize) -> f64 {
    (after as f64 - before as f64) / 1024.0 / count as f64
}

/// Buffers of what has just begun are given back.
async fn rest() {
    tokio::time::sleep(Duration::from_secs(2)).await;
}

/// Sends for one window and waits until all have arrived.
async fn flood(
    bench: &Bench,
    door: &Door,
    in_flight: usize,
    server_cpu: impl Fn() -> anyhow::Result<Duration>,
    followers: &mut Listeners,
    next: &mut u32,
) -> anyhow::Result<Measured> {
    let used = |followers: &Listeners| {
        anyhow::Ok((server_cpu()?, cpu_of_process(std::process::id())? + followers.cpu()?, cpu_of_all()?))
    };
    let (before, began) = (used(followers)?, Instant::now());
    let first_counts = now() + WARM_UP.as_micros() as i64;
    let posts = posts::flood(door, *next, in_flight, bench.pace.window + WARM_UP).await?;
    *next += u32::try_from(posts.all.len())?;
    let heard = followers.take(posts.all.len()).await?;
    let (after, elapsed) = (used(followers)?, began.elapsed());
    let times = arrivals(&posts, &heard)?;
    let counted: Vec<(&Post, &i64)> =
        posts.all.iter().zip(&times).filter(|(post, _)| post.began >= first_counts).collect();
    let last = counted.iter().map(|(_, at)| **at).max().context("nothing was sent")?;
    let took = Sorted::of(counted.iter().map(|(post, at)| **at - post.began));
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / posts.all.len() as f64;
    let (server, client) = (after.0 - before.0, after.1 - before.1);
    let foreign = (after.2 - before.2).saturating_sub(server + client);
    Ok(Measured {
        per_second: counted.len() as f64 / ((last - first_counts) as f64 / 1e6),
        p50: took.at(0.5),
        p99: took.at(0.99),
        server_cpu: each(server),
        client_cpu: each(client),
        written: 0.0,
        foreign: foreign.as_secs_f64() / elapsed.as_secs_f64(),
    })
}

/// When each send arrived. Each must have, once.
fn arrivals(posts: &Posts, heard: &[Arrival]) -> anyhow::Result<Vec<i64>> {
    let mut times = vec![0; posts.all.len()];
    for arrival in heard {
        let index = arrival.number.checked_sub(posts.first).and_then(|index| usize::try_from(index).ok());
        let time = index.and_then(|index| times.get_mut(index)).context("something arrived unsent")?;
        ensure!(*time == 0, "send {} arrived twice", arrival.number);
        *time = arrival.at;
    }
    ensure!(!times.contains(&0), "a send has not arrived");
    Ok(times)
}

/// Times in microseconds, the shortest first.
struct Sorted(Vec<i64>);

impl Sorted {
    fn of(times: impl Iterator<Item = i64>) -> Self {
        let mut times: Vec<i64> = times.collect();
        times.sort_unstable();
        Self(times)
    }

    fn at(&self, quantile: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * quantile).round() as usize).map_or(f64::NAN, |time| *time as f64)
    }
}

/// How long writing 4 KiB and having them on the disk takes, four hundred times over, in microseconds.
fn fdatasync(folder: &Path) -> anyhow::Result<Vec<i64>> {
    const PAGE: usize = 4_096;
    let path = folder.join("fdatasync");
    let file = File::create(&path)?;
    file.write_all_at(&vec![1; 64 * PAGE], 0)?;
    file.sync_all()?;
    let mut times = Vec::new();
    for number in 0..400 {
        let began = Instant::now();
        file.write_all_at(&[number as u8; PAGE], (number % 64) * PAGE as u64)?;
        file.sync_data()?;
        times.push(began.elapsed().as_micros() as i64);
    }
    std::fs::remove_file(path)?;
    Ok(times)
}

fn note_goals(bench: &mut Bench, series: &Series, figures: &Figures) {
    let report = &mut bench.report;
    for count in STREAMS {
        report.goal(
            weight(BELFRY, count),
            figures.median(&weight(BELFRY, count)),
            Want::AtMost(14.0),
            "aim 11",
        );
    }
    let ratio = figures.median("from answer to arrival, p50, of an fdatasync");
    report.goal(
        "commit (answer) to client, p50, of a lone fdatasync's",
        ratio,
        Want::AtMost(3.0),
        "200 sends/s",
    );
    let ratio = figures.median("from beginning to arrival, p50, of an fdatasync");
    report.goal(
        "the same from the send's beginning, the commit within",
        ratio,
        Want::AtMost(3.0),
        "reported",
    );
    let slow = figures.median(&format!("{TO_CLIENT}, p99")) / 1e3;
    report.goal("ms from the send's beginning to the client, p99", slow, Want::AtMost(50.0), "200 sends/s");
    for in_flight in BUSY {
        let (ours, theirs) = (label(BELFRY, in_flight), label(NCHAN, in_flight));
        let ratio = series.ratio(&ours, &theirs, |measured| measured.per_second);
        if ratio.is_finite() {
            let what = format!("sends delivered/s of nchan's, {in_flight} in flight");
            report.goal(what, ratio, Want::AtLeast(0.7), "aim 0.9");
        }
    }
}

/// What browsers load, as `npm run build` left it in `web/dist`.
fn web_sizes(bench: &mut Bench) -> anyhow::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist");
    let Ok(page) = std::fs::read_to_string(dist.join("index.html")) else {
        println!("  (web/dist is not built: no sizes)");
        return Ok(());
    };
    let size = |file: &str| {
        let path = dist.join(format!("{file}.br"));
        let bytes = std::fs::metadata(&path).with_context(|| format!("{} is missing", path.display()))?.len();
        anyhow::Ok(bytes as f64 / 1e3)
    };
    if !dist.join("belfry-bell.js.br").exists() {
        println!("  (web/dist is not compressed: npm run build)");
        return Ok(());
    }
    bench.report.goal("kB brotli: the bell", size("belfry-bell.js")?, Want::AtMost(6.0), "");
    let mut first_load = size("index.html")?;
    let mut assets: Vec<&str> = page.split('"').filter(|text| text.starts_with("/assets/")).collect();
    assets.sort_unstable();
    assets.dedup();
    for asset in assets.iter().filter(|asset| asset.ends_with(".js") || asset.ends_with(".css")) {
        first_load += size(asset.trim_start_matches('/'))?;
    }
    bench.report.goal("kB brotli: the centre's first load", first_load, Want::AtMost(90.0), "");
    Ok(())
}
