//! A million timers that wait: what they cost while they do, and how exactly the next one falls due.

use std::time::{Duration, Instant};

use belfry::clock::Clock;
use serde_json::json;

use crate::bench::Bench;
use crate::fill::{self, FIRST_USER};
use crate::process::{Server, Usage};
use crate::report::{Want, median};
use crate::requests;
use crate::store::{Engine, Filling, Store};

/// How many wait.
const MANY: i64 = 1_000_000;
const MANY_IN_A_HURRY: i64 = 100_000;

/// How many fall due one after another, a fifth of a second apart and not on the beat of any poll.
const WAKES: i64 = 25;
const APART: Duration = Duration::from_millis(217);

/// Before the start of an activity its user is reminded.
const LEAD: Duration = Duration::from_secs(15 * 60);

/// Idle with no timer and with very many; then some that fall due.
pub async fn timers(bench: &mut Bench) -> anyhow::Result<()> {
    let count = if bench.pace.quick { MANY_IN_A_HURRY } else { MANY };
    let window = if bench.pace.quick { Duration::from_secs(5) } else { Duration::from_secs(20) };
    println!("\n{count} timers that wait, and {WAKES} that fall due");
    for engine in bench.stores.engines() {
        let store = bench.stores.make(engine, Filling::Empty).await?;
        let server = Server::start(&store).await?;
        server.settle().await?;
        let without = Idle::measured(&server, window).await?;
        server.stop().await?;
        let filling = Instant::now();
        for statement in fill::timers(engine, count) {
            store.execute(&statement).await?;
        }
        println!("  (filled {} with timers in {:.0} s)", engine.name(), filling.elapsed().as_secs_f64());
        let server = Server::start(&store).await?;
        server.settle().await?;
        let with = Idle::measured(&server, window).await?;
        without.tell(engine, "no timer");
        with.tell(engine, "very many");
        let late = wakes(&server, &store).await?;
        let after = Idle::measured(&server, Duration::from_secs(1)).await?;
        server.stop().await?;
        tell(engine, "lateness of a wake, median", median(late.clone()), "ms");
        let worst = late.into_iter().fold(0.0, f64::max);
        tell(engine, "lateness of a wake, worst", worst, "ms");
        tell(engine, "resident after the wakes", after.mebibytes, "MiB");
        let name = engine.name();
        let mut goal = |what: &str, measured, most| {
            bench.report.goal(format!("{name}: {what}"), measured, Want::AtMost(most), "");
        };
        goal("percent of a core, idle, timers waiting", with.percent, 1.0);
        goal("MiB more resident with the timers than without", with.mebibytes - without.mebibytes, 16.0);
        goal("MiB grown while idle", with.grown, 1.0);
        goal("ms late at worst, of wakes one by one", worst, 100.0);
    }
    Ok(())
}

/// What a server costs that nobody asks anything.
struct Idle {
    percent: f64,
    mebibytes: f64,
    grown: f64,
}

impl Idle {
    async fn measured(server: &Server, window: Duration) -> anyhow::Result<Self> {
        let mebibytes = |server: &Server| Ok::<_, anyhow::Error>(server.resident()? as f64 / 1024.0 / 1024.0);
        let (usage, began, before) = (Usage::of(server)?, Instant::now(), mebibytes(server)?);
        tokio::time::sleep(window).await;
        let used = Usage::of(server)?.since(&usage).server_cpu;
        let mebibytes = mebibytes(server)?;
        let percent = used.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
        Ok(Self { percent, mebibytes, grown: mebibytes - before })
    }

    fn tell(&self, engine: Engine, when: &str) {
        tell(engine, &format!("idle, {when}"), self.percent, "% of a core");
        tell(engine, &format!("resident, {when}"), self.mebibytes, "MiB");
    }
}

/// Milliseconds by which each of some timers fired later than it was due.
async fn wakes(server: &Server, store: &Store) -> anyhow::Result<Vec<f64>> {
    // Soon enough to be waited for, late enough that all are written before the first falls due.
    let first = Clock::Real.now().plus(Duration::from_secs(3));
    for number in 0..WAKES {
        let due = first.plus(APART * u32::try_from(number)?);
        let starts = jiff::Timestamp::from_microsecond(due.plus(LEAD).0)?;
        let body = json!({
            "label": format!("Wake {number}"), "assigned_to": FIRST_USER + number,
            "fields": {"activity_type": "call", "starts_at": starts.to_string()},
        });
        let request = requests::put(&format!("/crm/record/activities/wake-{number}"), &body.to_string());
        let (status, answer) = server.call(&request).await?;
        anyhow::ensure!(status == 201, "an activity was answered with {status}: {answer}");
    }
    tokio::time::sleep(Duration::from_secs(4) + APART * u32::try_from(WAKES)?).await;
    let late = store
        .numbers("SELECT fired_at - due_at FROM fired_timers WHERE record_id LIKE 'wake-%' AND user_id IS NOT NULL")
        .await?;
    anyhow::ensure!(late.len() == usize::try_from(WAKES)?, "{} of {WAKES} timers fired", late.len());
    Ok(late.into_iter().map(|micros| micros as f64 / 1e3).collect())
}

fn tell(engine: Engine, what: &str, figure: f64, unit: &str) {
    println!("{:<54} {figure:>9.2} {unit}", format!("{} {what}", engine.name()));
}
