//! The servers of a run, one or two on one database, and when somebody lived.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::client::{self, Client};
use crate::random::Random;
use crate::server::{Manner, Process, Site};

const HONEST: Manner = Manner::Honest { merge_at: 150 };

/// When a server could be asked for something, in microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    pub ready: i64,
    /// Just before it was killed; later than anything while it lives.
    pub killed: i64,
}

/// A server, dead or alive.
struct Node {
    site: Site,
    process: Option<Process>,
    /// Where its life is noted.
    life: usize,
}

/// All servers of a run.
pub struct Nodes {
    url: String,
    random: Random,
    nodes: Vec<Node>,
    pub lives: Vec<Life>,
    /// With those that hit a server while it started.
    pub kills: u32,
    pub worst_start: Duration,
}

impl Nodes {
    /// One server that was never started, with its users.
    pub fn found(url: &str, users: i64, random: &mut Random) -> anyhow::Result<Self> {
        let users: Vec<i64> = (1..=users).collect();
        let first = Node { site: Site::new(url, &users, random)?, process: None, life: 0 };
        let random = Random::of(&[random.next()]);
        let (url, nodes, lives) = (url.to_owned(), vec![first], Vec::new());
        Ok(Self { url, random, nodes, lives, kills: 0, worst_start: Duration::ZERO })
    }

    /// Starts a server and waits until it is ready; the second one shares database and secrets with the first.
    pub async fn start(&mut self, node: usize) -> anyhow::Result<()> {
        if node == self.nodes.len() {
            let site = Site::new(&self.url, &[], &mut self.random)?;
            share_secrets(&self.nodes[0].site, &site)?;
            self.nodes.push(Node { site, process: None, life: 0 });
        }
        let Node { site, process, life } = &mut self.nodes[node];
        if process.is_some() {
            return Ok(());
        }
        let (started, took) = site.start_ready(HONEST).await?;
        (*process, *life) = (Some(started), self.lives.len());
        self.lives.push(Life { ready: client::now().as_microsecond(), killed: i64::MAX });
        self.worst_start = self.worst_start.max(took);
        Ok(())
    }

    pub fn kill(&mut self, node: usize) -> anyhow::Result<()> {
        let Node { site, process, life } = &mut self.nodes[node];
        let mut process = process.take().context("the server lives")?;
        ensure!(process.is_alive(), "the server ended by itself; it said:\n{}", site.last_words());
        self.lives[*life].killed = client::now().as_microsecond();
        self.kills += 1;
        process.kill()
    }

    /// A server that dies while it starts.
    pub async fn start_and_kill(&mut self, node: usize, after: Duration) -> anyhow::Result<()> {
        let process = self.nodes[node].site.start(HONEST)?;
        tokio::time::sleep(after).await;
        self.kills += 1;
        process.kill()
    }

    pub fn kill_all(&mut self) -> anyhow::Result<()> {
        let living: Vec<usize> =
            (0..self.nodes.len()).filter(|node| self.nodes[*node].process.is_some()).collect();
        living.into_iter().try_for_each(|node| self.kill(node))
    }

    /// Counts from now on.
    pub fn begin_anew(&mut self) {
        (self.kills, self.worst_start) = (0, Duration::ZERO);
    }

    /// Speaking to each server that lives.
    pub fn clients(&self) -> anyhow::Result<Vec<Client>> {
        let living = self.nodes.iter().filter(|node| node.process.is_some());
        living.map(|node| node.site.client()).collect()
    }

    /// Has the first server live with these variables from its next start on.
    pub fn surround(&mut self, environment: Vec<(String, String)>) {
        self.nodes[0].site.environment = environment;
    }

    pub fn sqlite_file(&self) -> PathBuf {
        self.nodes[0].site.sqlite_file()
    }

    /// Prints what the servers wrote last; keeps their files if it is wished.
    pub fn tell_last_words(self, keep: bool) {
        for Node { site, .. } in self.nodes {
            let last_words = site.last_words();
            if !last_words.is_empty() {
                println!("crash: the server said last:\n{last_words}");
            }
            if keep {
                println!("crash: the files are in {}", site.keep().display());
            }
        }
    }
}

/// Gives a server the secrets of another one that has been started.
fn share_secrets(from: &Site, to: &Site) -> anyhow::Result<()> {
    let [from, to] = [from, to].map(|site| site.sqlite_file().with_file_name("secrets"));
    fs::create_dir_all(&to)?;
    fs::set_permissions(&to, Permissions::from_mode(0o700))?;
    for secret in from.read_dir().with_context(|| format!("reading {}", from.display()))? {
        let secret = secret?;
        fs::copy(secret.path(), to.join(secret.file_name()))?;
    }
    Ok(())
}
