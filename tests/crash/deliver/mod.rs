//! Deliveries to four receivers outside of a server that is killed again and again: nothing accepted is lost, what
//! comes twice was in flight at a kill, and the sums are right after each round (issue 4, show 8).
//!
//! What a dead process had claimed is tried again at the next start on SQLite; on PostgreSQL, where another node might
//! live, once its lease is over after 30 s: rounds later, or after the last one.

mod figures;
mod judge;
mod load;
mod log;
mod receivers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::{As, Client, Heard};
use crate::database::{Postgres, Store};
use crate::random::Random;
use crate::report::Broken;
use crate::server::{Manner, Process, Site};
use load::Scene;
use log::{Kill, Log};
use receivers::Receivers;

pub use figures::Figures;

const USERS: i64 = 12;

const WRITERS: u64 = 8;

/// The shortest life of a server, in milliseconds.
const SHORTEST: u64 = 150;

/// Nothing waits any more by then: a lease of 30 s, and some turns of targets with a slow pace.
const DRAINED: Duration = Duration::from_secs(120);

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub rounds: u32,
    /// The longest life of a server.
    pub kill_every: Duration,
    /// What was seen is forged: a message never came, one came again, a delivery vanished.
    pub sabotage: bool,
}

struct Run<'a> {
    plan: Plan,
    site: &'a Site,
    postgres: Option<&'a Postgres>,
    scene: Arc<Scene>,
    log: Arc<Log>,
    random: Random,
    kills: Vec<Kill>,
}

/// Everything on one database, from its first user to the last look.
pub async fn run(plan: Plan, seed: u64, postgres: Option<&Postgres>, keep: bool) -> anyhow::Result<Figures> {
    let mut random = Random::of(&[seed, u64::from(postgres.is_some())]);
    let log = Arc::new(Log::default());
    let receivers = Receivers::start(&log, seed).await?;
    let url = postgres.map_or("sqlite:belfry.db".to_owned(), Postgres::url);
    let users: Vec<i64> = (1..=USERS).collect();
    let more = format!(
        "smtp: {{ host: 127.0.0.1, port: {}, tls: plain, from: 'CRM <crm@crash.example>' }}\n\
         outbound: {{ allow_cidrs: [127.0.0.0/8], webhook_per_second: 0 }}\n",
        receivers.mail.port()
    );
    let site = Site::with(&url, &users, &mut random, &more)?;
    let ran = on_site(plan, seed, random, (&site, postgres), log, &receivers, users).await;
    if !ran.as_ref().is_ok_and(|figures| figures.findings.is_clean()) {
        println!("crash: the server said last:\n{}", site.last_words());
        if keep {
            println!("crash: the files are in {}", site.keep().display());
        }
    }
    ran
}

async fn on_site(
    plan: Plan,
    seed: u64,
    random: Random,
    (site, postgres): (&Site, Option<&Postgres>),
    log: Arc<Log>,
    receivers: &Receivers,
    users: Vec<i64>,
) -> anyhow::Result<Figures> {
    let (process, _) = site.start_ready(HONEST).await?;
    let client = site.client()?;
    let mut tokens = BTreeMap::new();
    for user in &users {
        tokens.insert(*user, settle_in(&client, *user, &receivers.url(*user)).await?);
    }
    let scene = Arc::new(Scene::new(client, users, tokens));
    let mut run = Run { plan, site, postgres, scene: scene.clone(), log, random, kills: Vec::new() };
    run.all(seed, process).await?;
    Ok(std::mem::take(&mut *scene.figures()))
}

const HONEST: Manner = Manner::Honest { merge_at: 150 };

/// Gives a user a webhook and returns the user's session.
async fn settle_in(client: &Client, user: i64, url: &str) -> anyhow::Result<String> {
    let body = json!({ "webhook_url": url, "receive_by": "both" }).to_string();
    let heard = client.ask(Method::PUT, &format!("/crm/user/{user}"), As::Program, Some(body), None).await;
    ensure!(matches!(heard, Heard::Answer(200, _)), "user {user} gets no webhook: {heard:?}");
    let heard = client.sign_in(user).await;
    let token = match &heard {
        Heard::Answer(200, answer) => answer.get("token").and_then(Value::as_str),
        _ => None,
    };
    token.map(str::to_owned).with_context(|| format!("user {user} cannot sign in: {heard:?}"))
}

impl Run<'_> {
    async fn all(&mut self, seed: u64, mut process: Process) -> anyhow::Result<()> {
        let mut work = JoinSet::new();
        for writer in 0..WRITERS {
            work.spawn(load::write(self.scene.clone(), Random::of(&[seed, 1 << 32, writer])));
        }
        work.spawn(load::notify(self.scene.clone(), Random::of(&[seed, 2 << 32])));
        for round in 1..=self.plan.rounds {
            let longest = (self.plan.kill_every.as_millis() as u64).max(SHORTEST + 1);
            tokio::time::sleep(Duration::from_millis(self.random.between(SHORTEST, longest))).await;
            process = self.round(process).await?;
            self.scene.figures().rounds = round;
        }
        self.scene.is_over.store(true, Ordering::SeqCst);
        let ended = timeout(DRAINED, async { while work.join_next().await.is_some() {} }).await;
        ensure!(ended.is_ok(), "those who send do not come to an end");
        let accepted = self.drain().await?;
        self.kill(process).await?;
        self.look(&accepted).await
    }

    /// Death, perhaps again while it starts, and the sums of the next life.
    async fn round(&mut self, process: Process) -> anyhow::Result<Process> {
        self.kill(process).await?;
        if self.plan.sabotage && self.scene.figures().rounds == self.plan.rounds / 2 {
            self.lose_a_row().await?;
        }
        while self.random.chance(15) {
            let process = self.site.start(HONEST)?;
            tokio::time::sleep(Duration::from_millis(self.random.between(5, 400))).await;
            self.kill(process).await?;
        }
        let (process, took) = self.site.start_ready(HONEST).await?;
        self.scene.life_changes();
        {
            let mut figures = self.scene.figures();
            figures.worst_start = figures.worst_start.max(took);
        }
        self.summary().await?;
        Ok(process)
    }

    /// Ends the server, and notes what it had not settled. Nothing that it sent comes after that.
    async fn kill(&mut self, process: Process) -> anyhow::Result<()> {
        if self.scene.life().is_multiple_of(2) {
            self.scene.life_changes();
        }
        process.kill()?;
        let at = Instant::now();
        ensure!(self.log.rests().await, "connections of a dead server do not end");
        let pending = judge::pending(&self.store().await?).await?;
        self.kills.push(Kill { at, pending });
        self.log.next_life();
        self.scene.figures().kills += 1;
        Ok(())
    }

    /// The database as it lies there: on SQLite a copy, so that the next server finds what the dead one left.
    async fn store(&self) -> anyhow::Result<Store> {
        let Some(postgres) = self.postgres else { return Store::sqlite(&self.site.copy_sqlite()?) };
        postgres.wait_until_gone(&postgres.left_behind().await?).await?;
        Store::postgres(postgres).await
    }

    /// Asks how everything stands: accepted by channel, and how many wait.
    async fn summary(&self) -> anyhow::Result<(BTreeMap<String, i64>, i64)> {
        let heard =
            self.scene.client.ask(Method::GET, "/crm/delivery/summary", As::Program, None, None).await;
        let Heard::Answer(200, answer) = &heard else { bail!("the summary was answered with {heard:?}") };
        if answer.get("balanced") != Some(&Value::Bool(true)) {
            self.scene.broke(Broken::Wrong, format!("the sums are wrong: {answer}"));
        }
        let channels = answer.get("channels").and_then(Value::as_object).context("no channels")?;
        let count = |counts: &Value, name: &str| counts.get(name).and_then(Value::as_i64).unwrap_or(-1);
        let accepted = channels.iter().map(|(name, counts)| (name.clone(), count(counts, "accepted")));
        Ok((accepted.collect(), channels.values().map(|counts| count(counts, "pending")).sum()))
    }

    /// Waits until nothing waits; returns what was accepted by each channel.
    async fn drain(&self) -> anyhow::Result<BTreeMap<String, i64>> {
        let begun = Instant::now();
        loop {
            let (accepted, pending) = self.summary().await?;
            if pending == 0 || begun.elapsed() > DRAINED {
                self.scene.figures().drained = begun.elapsed();
                return Ok(accepted);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Sabotage: a delivery vanishes.
    async fn lose_a_row(&self) -> anyhow::Result<()> {
        let store = match self.postgres {
            Some(postgres) => Store::postgres(postgres).await?,
            None => Store::sqlite(&self.site.sqlite_file())?,
        };
        let lost = "DELETE FROM deliveries WHERE id IN (SELECT MIN(id) FROM deliveries) RETURNING id";
        ensure!(store.texts(lost).await?.len() == 1, "there is no delivery to lose");
        Ok(())
    }

    async fn look(&self, accepted: &BTreeMap<String, i64>) -> anyhow::Result<()> {
        let store = self.store().await?;
        let rows = judge::rows(&store).await?;
        let mut receptions = self.log.receptions().clone();
        if self.plan.sabotage {
            let (first, second) = (receptions[0].id.clone(), receptions[receptions.len() / 2].clone());
            receptions.retain(|reception| reception.id != first);
            let life = self.kills.len() - 1;
            receptions.push(log::Reception { life, at: Instant::now(), ..second });
        }
        judge::everything(&self.scene, &rows, &receptions, &self.kills, accepted);
        let mut findings = std::mem::take(&mut self.scene.figures().findings);
        let checked = store.check_tables(&mut findings).await;
        self.scene.figures().findings = findings;
        checked
    }
}
