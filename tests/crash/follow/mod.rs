//! Followers of inboxes while their server is killed again and again: each must end with exactly the database's
//! list, in order, and hear nothing twice (issue 3, show 3).

mod event;
mod figures;
mod follower;
mod history;
mod inbox;
mod judge;
mod load;
mod scene;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::{Client, Heard};
use crate::database::{Postgres, Store};
use crate::random::Random;
use crate::report::Broken;
use crate::server::{Manner, Process, Site};
use follower::Follower;
use scene::{Phase, Scene};

pub use figures::Figures;

/// As many as a user may have.
const STREAMS_OF_A_USER: usize = 10;

const WRITERS: u64 = 16;

const OWNERS: u64 = 4;

/// The index is merged at every commit, some commits at a time, or now and then over many commits.
const MERGE_AT: [u64; 3] = [30, 150, 400];

/// Whatever was begun has ended by then, once the server is not killed any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub lasts: Duration,
    pub followers: usize,
    /// Notifications sent a second.
    pub per_second: u64,
    pub kill_every: Duration,
    /// Some followers claim to have heard more than they did.
    pub sabotage: bool,
}

struct Run<'a> {
    plan: Plan,
    seed: u64,
    site: &'a Site,
    scene: Arc<Scene>,
    random: Random,
    /// `None` while there is none.
    process: Option<Process>,
}

/// Everything on one database, from its first user to the last look.
pub async fn run(plan: Plan, seed: u64, postgres: Option<&Postgres>, keep: bool) -> anyhow::Result<Figures> {
    ensure!(plan.followers > 0 && plan.per_second > 0, "say at least 1 follower and 1 notification a second");
    let mut random = Random::of(&[seed, u64::from(postgres.is_some())]);
    let url = postgres.map_or("sqlite:belfry.db".to_owned(), Postgres::url);
    let users: Vec<i64> = (1..=plan.followers.div_ceil(STREAMS_OF_A_USER) as i64).collect();
    let site = Site::new(&url, &users, &mut random)?;
    let ran = on_site(plan, seed, random, &site, &users, postgres).await;
    if !ran.as_ref().is_ok_and(|figures| figures.findings.is_clean()) {
        let last_words = site.last_words();
        if !last_words.is_empty() {
            println!("crash: the server said last:\n{last_words}");
        }
        if keep {
            println!("crash: the files are in {}", site.keep().display());
        }
    }
    ran
}

async fn on_site(
    plan: Plan,
    seed: u64,
    mut random: Random,
    site: &Site,
    users: &[i64],
    postgres: Option<&Postgres>,
) -> anyhow::Result<Figures> {
    let (process, _) = site.start_ready(honest(&mut random)).await?;
    let client = site.client()?;
    let tokens = sign_in(&client, users).await?;
    let scene = Arc::new(Scene::new(client, tokens, plan.followers));
    let mut run = Run { plan, seed, site, scene: scene.clone(), random, process: Some(process) };
    let (followers, truths) = run.all().await?;
    drop(run.process.take());
    let store = match postgres {
        Some(postgres) => Store::postgres(postgres).await?,
        None => Store::sqlite(&site.sqlite_file())?,
    };
    let histories = history::read(&store).await?;
    for (user, truth) in &truths {
        let history = histories.get(user).with_context(|| format!("user {user} has no inbox"))?;
        judge::stored(&scene, *user, truth, history);
        for follower in followers.iter().filter(|follower| follower.user == *user) {
            judge::follower(&scene, follower, truth, history);
        }
    }
    let mut figures = std::mem::take(&mut *scene.figures());
    store.check_tables(&mut figures.findings).await?;
    (figures.followers, figures.users) = (plan.followers, users.len());
    figures.sent = scene.acknowledged().values().map(BTreeMap::len).sum();
    Ok(figures)
}

fn honest(random: &mut Random) -> Manner {
    Manner::Honest { merge_at: random.pick(&MERGE_AT).expect("it is not empty") }
}

async fn sign_in(client: &Client, users: &[i64]) -> anyhow::Result<BTreeMap<i64, String>> {
    let mut tokens = BTreeMap::new();
    for user in users {
        let heard = client.sign_in(*user).await;
        let token = match &heard {
            Heard::Answer(200, answer) => answer.get("token").and_then(|token| token.as_str()),
            _ => None,
        };
        let Some(token) = token else { bail!("user {user} cannot sign in: {heard:?}") };
        tokens.insert(*user, token.to_owned());
    }
    Ok(tokens)
}

impl Run<'_> {
    /// Follows, works and kills; returns who followed, and what each user has in the end.
    async fn all(&mut self) -> anyhow::Result<(Vec<Follower>, BTreeMap<i64, judge::Truth>)> {
        let mut followers = self.followers();
        let missing = self.scene.all_listen(PATIENCE).await;
        ensure!(missing == 0, "{missing} followers have no stream, though nobody was killed yet");
        self.work_and_kill().await?;
        // What was told to nobody while nothing else happens comes from the table alone.
        let rested = Instant::now();
        let mut revisions = BTreeMap::new();
        for user in &self.scene.users {
            revisions.insert(*user, judge::revision(&self.scene, *user).await?);
        }
        self.scene.enter(Phase::Resting(revisions));
        let mut heard = self.gather(&mut followers).await?;
        self.scene.figures().last_word = rested.elapsed();
        let mut late = self.latecomers();
        heard.extend(self.gather(&mut late).await?);
        let mut truths = BTreeMap::new();
        for user in &self.scene.users {
            truths.insert(*user, judge::truth(&self.scene, *user).await?);
        }
        Ok((heard, truths))
    }

    fn followers(&mut self) -> JoinSet<Follower> {
        let users = self.scene.users.clone();
        let sleepy = follower::Manner::Sleepy(3 * self.plan.kill_every);
        (0..self.plan.followers)
            .map(|number| {
                let manner = match number / users.len() {
                    0 if self.plan.sabotage => follower::Manner::Lying(self.plan.kill_every / 2),
                    1 => sleepy,
                    _ => follower::Manner::Eager,
                };
                let random = Random::of(&[self.seed, number as u64]);
                Follower::new(number, users[number % users.len()], manner, random, None)
                    .follow(self.scene.clone())
            })
            .collect()
    }

    /// One of each user who has heard nothing so far.
    fn latecomers(&self) -> JoinSet<Follower> {
        let users = self.scene.users.iter().enumerate();
        users
            .map(|(number, user)| {
                let random = Random::of(&[self.seed, number as u64]);
                Follower::new(number, *user, follower::Manner::Eager, random, Some(0))
                    .follow(self.scene.clone())
            })
            .collect()
    }

    /// Waits until all have heard everything; whoever has not in time is taken as they are.
    async fn gather(&self, following: &mut JoinSet<Follower>) -> anyhow::Result<Vec<Follower>> {
        let mut followers = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match timeout(left, following.join_next()).await {
                Ok(Some(follower)) => followers.push(follower.context("a follower panicked")?),
                Ok(None) => return Ok(followers),
                Err(_elapsed) => {
                    let sentence = format!("{} followers have not heard everything in time", following.len());
                    self.scene.broke(Broken::Lost, sentence);
                    self.scene.enter(Phase::Over);
                    while let Some(follower) = following.join_next().await {
                        followers.push(follower.context("a follower panicked")?);
                    }
                    return Ok(followers);
                }
            }
        }
    }

    async fn work_and_kill(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let all = (self.plan.lasts.as_millis() as u64 * self.plan.per_second / 1000) as usize;
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let random = Random::of(&[self.seed, 1 << 32, writer]);
            writers.spawn(load::send(self.scene.clone(), random, begun.into(), self.plan.per_second, all));
        }
        let mut owners = JoinSet::new();
        for owner in 0..OWNERS {
            let users =
                self.scene.users.iter().copied().filter(|user| *user as u64 % OWNERS == owner).collect();
            let random = Random::of(&[self.seed, 2 << 32, owner]);
            // One change for every four notifications.
            let pause = Duration::from_millis(1000 * OWNERS * 4 / self.plan.per_second);
            owners.spawn(load::tidy(self.scene.clone(), random, users, pause, all));
        }
        let mut next_kill = begun + self.plan.kill_every;
        while next_kill < begun + self.plan.lasts {
            tokio::time::sleep_until(next_kill.into()).await;
            // On a machine that is too slow for the plan a server lives for a while nevertheless.
            self.kill_and_start(self.plan.kill_every * 3 / 4).await?;
            next_kill = (next_kill + self.plan.kill_every).max(Instant::now());
        }
        let ended = async {
            while writers.join_next().await.is_some() {}
            while owners.join_next().await.is_some() {}
        };
        ensure!(timeout(PATIENCE, ended).await.is_ok(), "those who send and tidy do not come to an end");
        self.kill_and_start(PATIENCE).await
    }

    /// Ends the server and starts the next one; returns once all follow that, or after `patience`.
    async fn kill_and_start(&mut self, patience: Duration) -> anyhow::Result<()> {
        let mut process = self.process.take().context("a server runs")?;
        ensure!(process.is_alive(), "the server ended by itself; it said:\n{}", self.site.last_words());
        self.scene.life_changes();
        process.kill()?;
        let (process, took) = self.site.start_ready(honest(&mut self.random)).await?;
        self.process = Some(process);
        self.scene.life_changes();
        let ready = Instant::now();
        let missing = self.scene.all_listen(patience).await;
        let mut figures = self.scene.figures();
        figures.kills += 1;
        figures.worst_start = figures.worst_start.max(took);
        figures.worst_return = figures.worst_return.max(ready.elapsed());
        figures.never_all += u32::from(missing > 0);
        Ok(())
    }
}
