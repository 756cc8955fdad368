//! Reading: pages and counts with little and with much stored, and marking all as read.

use std::time::Instant;

use anyhow::{Context, ensure};

use crate::bench::Bench;
use crate::client::{Connection, Measured};
use crate::fill::{FIRST_USER, PASSWORD, USERS};
use crate::process::Server;
use crate::report::{Series, Want, median};
use crate::requests::{self, Requests};
use crate::store::{Engine, Filling, Store};

/// How many sign in at one time: more would be told to come back.
const SIGN_INS: usize = 16;

fn p50(measured: &Measured) -> f64 {
    measured.p50
}

/// Signs the first `count` users in; returns their tokens.
pub async fn sign_in(server: &Server, count: i64) -> anyhow::Result<Vec<String>> {
    let users: Vec<i64> = (FIRST_USER..FIRST_USER + count).collect();
    let shares = users.chunks(users.len().div_ceil(SIGN_INS)).map(|share| async move {
        let mut connection = Connection::open(server.address).await?;
        let mut tokens = Vec::with_capacity(share.len());
        for user_id in share {
            tokens.push(sign_one_in(&mut connection, *user_id).await?);
        }
        anyhow::Ok(tokens)
    });
    Ok(futures_util::future::try_join_all(shares).await?.concat())
}

async fn sign_one_in(connection: &mut Connection, user_id: i64) -> anyhow::Result<String> {
    let body =
        serde_json::json!({ "email": format!("u{user_id}@bench.example"), "password": PASSWORD }).to_string();
    let answer = connection.call(&requests::post("/crm/auth/login", &body)).await?;
    let text = String::from_utf8_lossy(answer.body);
    ensure!(answer.status == 200, "signing user {user_id} in was answered with {}: {text}", answer.status);
    let granted: serde_json::Value = serde_json::from_str(&text)?;
    Ok(granted["token"].as_str().context("a sign-in gave no token")?.to_owned())
}

/// Requests of whom these tokens name, each at random.
fn reading<'a>(path: &'static str, tokens: impl Iterator<Item = &'a String>) -> Requests {
    Requests::any_of(path, 200, tokens.map(|token| requests::signed("GET", path, token)).collect())
}

const LIST: &str = "/crm/notification/?limit=20";
const COUNT: &str = "/crm/notification/unread-count";

const CONNECTIONS: [usize; 2] = [1, 64];

/// Who reads, at random. A session is looked up once a second, so as many people must read both stores.
const BY_500: &str = "list of 20 by 500";
const BY_ALL: &str = "list of 20 by all";
const COUNT_BY_ALL: &str = "unread count by all";

/// A server, and everybody's requests to it.
struct Readers {
    filling: Filling,
    store: Store,
    server: Server,
    requests: Vec<(&'static str, Requests)>,
}

fn label(engine: Engine, what: &str, filling: Filling, connections: usize) -> String {
    format!("{} {what}, {}, {connections}", engine.name(), filling.name())
}

/// Lists 20 and counts, with little and with much stored.
pub async fn list_and_count(bench: &mut Bench) -> anyhow::Result<()> {
    let mut series = Series::default();
    for engine in bench.stores.engines() {
        measure_reads(bench, engine, &mut series).await?;
    }
    series.print("Reading, by people who are signed in", "req", 1.0);
    for engine in bench.stores.engines().into_iter().filter(|_| !bench.pace.quick) {
        for what in [BY_500, COUNT_BY_ALL] {
            for connections in CONNECTIONS {
                let of = |filling| label(engine, what, filling, connections);
                let ratio = series.ratio(&of(Filling::TenMillion), &of(Filling::TenThousand), p50);
                let what =
                    format!("{}: {what}, p50 at ten million of ten thousand, {connections}", engine.name());
                bench.report.goal(what, ratio, Want::AtMost(1.5), "");
            }
        }
    }
    Ok(())
}

async fn measure_reads(bench: &mut Bench, engine: Engine, series: &mut Series) -> anyhow::Result<()> {
    let mut all = vec![readers(bench, engine, Filling::TenThousand).await?];
    if !bench.pace.quick {
        all.push(readers(bench, engine, Filling::TenMillion).await?);
    }
    for _ in 0..bench.pace.rounds {
        for connections in CONNECTIONS {
            for what in [BY_500, BY_ALL, COUNT_BY_ALL] {
                for readers in &all {
                    let Some((_, requests)) = readers.requests.iter().find(|(known, _)| *known == what)
                    else {
                        continue;
                    };
                    let measured = bench.load(&readers.server, connections, requests).await?;
                    series.add(label(engine, what, readers.filling, connections), measured);
                }
            }
        }
    }
    for Readers { filling, store, server, .. } in all {
        server.stop().await?;
        if (engine, filling) == (Engine::Sqlite, Filling::TenMillion) {
            bench.keep_full(store);
        }
    }
    Ok(())
}

async fn readers(bench: &mut Bench, engine: Engine, filling: Filling) -> anyhow::Result<Readers> {
    let store = match (engine, filling) {
        (Engine::Sqlite, Filling::TenMillion) => bench.full().await?,
        _ => bench.stores.make(engine, filling).await?,
    };
    let server = Server::start(&store).await?;
    let tokens = sign_in(&server, USERS).await?;
    check_page(&server, &tokens[0]).await?;
    let mut requests = vec![(COUNT_BY_ALL, reading(COUNT, tokens.iter()))];
    match filling {
        // Only the first 500 have a page of 20 there.
        Filling::TenThousand | Filling::Empty => {
            requests.push((BY_500, reading(LIST, tokens.iter().take(500))))
        }
        Filling::TenMillion => {
            requests.push((BY_500, reading(LIST, tokens.iter().step_by(tokens.len() / 500))));
            requests.push((BY_ALL, reading(LIST, tokens.iter())));
        }
    }
    server.settle().await?;
    Ok(Readers { filling, store, server, requests })
}

/// A page that is not full would be cheap for the wrong reason.
async fn check_page(server: &Server, token: &str) -> anyhow::Result<()> {
    let (status, body) = server.call(&requests::signed("GET", LIST, token)).await?;
    let found = body.matches("\"notification_id\"").count();
    ensure!(status == 200 && found == 20, "a page of 20 holds {found} (status {status}): {body}");
    Ok(())
}

/// Marks 10 and 100,000 as read, in turn, on a server at rest.
pub async fn mark_all(bench: &mut Bench) -> anyhow::Result<()> {
    const MANY: usize = 100_000;
    println!("\nMarking all as read, one request on a server at rest");
    let samples = if bench.pace.quick { 15 } else { 15 * bench.pace.rounds };
    for engine in bench.stores.engines() {
        let store = bench.stores.make(engine, Filling::Empty).await?;
        let server = Server::start(&store).await?;
        let tokens = sign_in(&server, 2).await?;
        fill_inbox(&server, FIRST_USER, 10).await?;
        fill_inbox(&server, FIRST_USER + 1, MANY).await?;
        server.settle().await?;
        let (mut few, mut many) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            // Unread again, as they were: sending as many anew would take a hundred thousand times longer.
            store
                .execute("UPDATE inboxes SET read_watermark = 0, unread_count = head_seq WHERE head_seq > 0")
                .await?;
            few.push(time_mark_all(&server, &tokens[0], 10).await?);
            many.push(time_mark_all(&server, &tokens[1], MANY).await?);
        }
        server.stop().await?;
        let (few, many) = (median(few), median(many));
        println!("{:<44} {few:>9.0} µs with 10, {many:.0} µs with {MANY} ({samples} times)", engine.name());
        let what = format!("{}: mark-all-read of 100,000 of that of 10", engine.name());
        bench.report.goal(what, many / few, Want::AtMost(2.0), "");
    }
    Ok(())
}

/// Sends one user this many.
async fn fill_inbox(server: &Server, user_id: i64, count: usize) -> anyhow::Result<()> {
    let mut connection = Connection::open(server.address).await?;
    let size = count.min(500);
    let request = requests::batch_for(user_id, size);
    for _ in 0..count / size {
        let answer = connection.call(&request).await?;
        ensure!(answer.status == 200, "a batch was answered with {}", answer.status);
    }
    Ok(())
}

/// Microseconds that the request takes; `unread` is how many there must be before it.
async fn time_mark_all(server: &Server, token: &str, unread: usize) -> anyhow::Result<f64> {
    let mut connection = Connection::open(server.address).await?;
    // The session is looked up, and the connection's buffers made, before the clock runs.
    let answer = connection.call(&requests::signed("GET", COUNT, token)).await?;
    let found: serde_json::Value = serde_json::from_slice(answer.body)?;
    ensure!(found["unread_count"] == unread, "there should be {unread} unread ones: {found}");
    let request = requests::signed("POST", "/crm/notification/mark-all-read", token);
    let began = Instant::now();
    let status = connection.call(&request).await?.status;
    let took = began.elapsed();
    ensure!(status == 200, "mark-all-read was answered with {status}");
    Ok(took.as_secs_f64() * 1e6)
}
