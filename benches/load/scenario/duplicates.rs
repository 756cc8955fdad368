//! Saves of contacts while each is compared with 50,000 others, beside a server that compares none.

use std::time::{Duration, Instant};

use anyhow::ensure;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::client::Connection;
use crate::fill::{self, FIRST_USER};
use crate::process::Server;
use crate::report::{Figures, Series, Want};
use crate::requests::{self, Random, Requests};
use crate::store::{Engine, Filling, Store};

/// How many contacts there are.
const CONTACTS: i64 = 50_000;

/// How many different saves there are.
const SAVES: i64 = 20_000;

/// One of so many saves has the e-mail address of another contact.
const LIKE: i64 = 20;

/// Whoever saves without a pause: one program that waits for each answer, and several at once.
const CONNECTIONS: [usize; 2] = [1, 8];

/// How many saves are made now and then, and how long there is nothing between two.
const PACED: usize = 2_000;
const APART: Duration = Duration::from_millis(10);

/// How long what waits may take to be compared.
const PATIENCE: Duration = Duration::from_secs(900);

/// Saves with rules and without, in turn.
pub async fn duplicates(bench: &mut Bench) -> anyhow::Result<()> {
    println!("\nSaves of contacts among {CONTACTS}, compared by rules and not");
    for engine in bench.stores.engines() {
        let (_plain, without) = filled(bench, engine).await?;
        let (_compared, with) = filled(bench, engine).await?;
        let began = Instant::now();
        set(&with, "label", "exact").await?;
        drained(&with, began + PATIENCE).await?;
        let mut figures = Figures::default();
        figures.add("s to index all by e-mail, phone and name", began.elapsed().as_secs_f64());
        now_and_then(bench, engine, (&without, &with), "exact").await?;
        saves(bench, engine, (&without, &with), &mut figures, "exact").await?;
        // To index parts of names takes its time.
        if !bench.pace.quick {
            let began = Instant::now();
            set(&with, "last_name", "contains").await?;
            drained(&with, began + PATIENCE).await?;
            figures.add("s to index all by a part of the last name", began.elapsed().as_secs_f64());
            now_and_then(bench, engine, (&without, &with), "contains").await?;
            saves(bench, engine, (&without, &with), &mut figures, "contains").await?;
        }
        figures.print(&format!("{}: beside the saves", engine.name()));
        without.stop().await?;
        with.stop().await?;
    }
    Ok(())
}

async fn filled(bench: &mut Bench, engine: Engine) -> anyhow::Result<(Store, Server)> {
    let store = bench.stores.make(engine, Filling::Empty).await?;
    for statement in fill::contacts(engine, CONTACTS) {
        store.execute(&statement).await?;
    }
    let server = Server::start(&store).await?;
    server.settle().await?;
    Ok((store, server))
}

/// Has contacts compared by their e-mail address and telephone number, and by this, and two users told.
async fn set(server: &Server, field: &str, rule: &str) -> anyhow::Result<()> {
    let by = |field: &str, rule: &str| json!({"module": "contacts", "field": field, "rule": rule});
    let body = json!({
        "modules": {"contacts": true}, "send_notification": true,
        "users": format!("{};{}", FIRST_USER, FIRST_USER + 1),
        "rules": [by("email", "email"), by("phone", "phone"), by(field, rule)],
    });
    let (status, answer) = server.call(&requests::put("/crm/settings/duplicates", &body.to_string())).await?;
    ensure!(status == 200, "the settings were answered with {status}: {answer}");
    Ok(())
}

/// Waits until nothing waits to be compared.
async fn drained(server: &Server, until: Instant) -> anyhow::Result<()> {
    let ask = requests::keyed("/crm/duplicate?limit=1");
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let (status, answer) = server.call(&ask).await?;
        ensure!(status == 200, "the list was answered with {status}: {answer}");
        if serde_json::from_str::<Value>(&answer)?["is_checking"] == false {
            return Ok(());
        }
        ensure!(Instant::now() < until, "records still wait to be compared after {PATIENCE:?}");
    }
}

/// One save at a time and a moment between them, as people make them: here and there in turn, so that whatever else the
/// machine does disturbs both alike.
async fn now_and_then(
    bench: &mut Bench,
    engine: Engine,
    (without, with): (&Server, &Server),
    kind: &str,
) -> anyhow::Result<()> {
    let (mut plain, mut compared) =
        (Connection::open(without.address).await?, Connection::open(with.address).await?);
    let mut requests = some_saves();
    let mut took = [Histogram::<u64>::new(3)?, Histogram::<u64>::new(3)?];
    for _ in 0..PACED {
        let request = requests.next().to_vec();
        for (connection, took) in [&mut plain, &mut compared].into_iter().zip(&mut took) {
            let began = Instant::now();
            let status = connection.call(&request).await?.status;
            took.record(u64::try_from(began.elapsed().as_micros())?)?;
            ensure!(status == 200, "a save was answered with {status}");
            tokio::time::sleep(APART).await;
        }
    }
    let at = |which: usize, quantile: f64| took[which].value_at_quantile(quantile) as f64 / 1e3;
    println!(
        "{}, {kind}: {PACED} saves, {} ms apart: not compared p50 {:.2} p99 {:.2} ms, compared p50 {:.2} p99 {:.2} ms",
        engine.name(),
        APART.as_millis(),
        at(0, 0.5),
        at(0, 0.99),
        at(1, 0.5),
        at(1, 0.99)
    );
    let what = format!("{}: {kind}, now and then: ms more at p99 of a save", engine.name());
    bench.report.goal(what, at(1, 0.99) - at(0, 0.99), Want::AtMost(10.0), "");
    Ok(())
}

async fn saves(
    bench: &mut Bench,
    engine: Engine,
    (without, with): (&Server, &Server),
    figures: &mut Figures,
    kind: &str,
) -> anyhow::Result<()> {
    let mut series = Series::default();
    let requests = some_saves();
    let label = |connections: usize, what: &str| format!("{connections} at once, {what}");
    for round in 0..bench.pace.rounds {
        for connections in CONNECTIONS {
            let plain = async |series: &mut Series| {
                let measured = bench.load(without, connections, &requests).await?;
                series.add(label(connections, "not compared"), measured);
                Ok::<_, anyhow::Error>(())
            };
            if round % 2 == 0 {
                plain(&mut series).await?;
            }
            let measured = bench.load(with, connections, &requests).await?;
            let ended = Instant::now();
            drained(with, ended + PATIENCE).await?;
            let saved = measured.per_second * bench.pace.window.as_secs_f64();
            let drain = ended.elapsed().as_secs_f64();
            figures.add(format!("{kind}, {connections} at once: s until all was compared"), drain);
            figures.add(format!("{kind}, {connections} at once: saves in the window before"), saved);
            series.add(label(connections, "compared"), measured);
            if round % 2 == 1 {
                plain(&mut series).await?;
            }
        }
    }
    series.print(&format!("{}: PUT /crm/record/contacts, {kind}", engine.name()), "saves", 1.0);
    for connections in CONNECTIONS {
        let (on, off) = (label(connections, "compared"), label(connections, "not compared"));
        let more = (series.median(&on, |m| m.p99) - series.median(&off, |m| m.p99)) / 1e3;
        let what = format!("{}: {kind}, {connections} at once: ms more at p99 of a save", engine.name());
        bench.report.goal(what, more, Want::AtMost(10.0), "");
    }
    Ok(())
}

/// Each gives one of some contacts another e-mail address.
fn some_saves() -> Requests {
    let mut random = Random::new(7);
    let one = |number: i64| {
        let id = 1 + random.below(CONTACTS);
        let email = match number % LIKE {
            0 => format!("C{}@example.com", 1 + random.below(CONTACTS)),
            _ => format!("c{id}-{number}@example.com"),
        };
        let (first, last) = (id % 211, id * 7919 % 20011);
        let body = json!({
            "label": format!("First{first} Last{last}"),
            "fields": {
                "first_name": format!("First{first}"), "last_name": format!("Last{last}"), "email": email,
                "phone": format!("+44 20 {}", 10_000_000 + id),
            },
        });
        requests::put(&format!("/crm/record/contacts/c{id}"), &body.to_string())
    };
    Requests::any_of("a save", 200, (0..SAVES).map(one).collect())
}
