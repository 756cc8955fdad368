//! A real server process in a folder of its own: configured, peopled, started, killed.

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use crate::client::{API_KEY, Client, PASSWORD, email};
use crate::random::Random;

const BELFRY: &str = env!("CARGO_BIN_EXE_belfry");

/// A server that is not ready by then will not be.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server's files. They go when this is dropped.
pub struct Site {
    folder: TempDir,
    port: u16,
    /// Variables of every server that is started from now on.
    pub environment: Vec<(String, String)>,
}

/// How a server is to work. Debug builds obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// With so many notifications waiting for their place in SQLite's index before they are merged into it.
    Honest { merge_at: u64 },
    /// It answers before it commits.
    Sabotaged,
}

/// A running process; it is killed when this is dropped.
pub struct Process(Child);

impl Site {
    /// A folder with a configuration for this database, and these users in the database.
    pub fn new(database_url: &str, users: &[i64], random: &mut Random) -> anyhow::Result<Self> {
        Self::with(database_url, users, random, "")
    }

    /// As [`Site::new`], with more lines in the configuration.
    pub fn with(database_url: &str, users: &[i64], random: &mut Random, more: &str) -> anyhow::Result<Self> {
        // Below the target folder: /tmp may be memory, where a sync takes no time and kills hit nothing.
        let folder = tempfile::Builder::new().prefix("crash-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let site = Self { folder, port: free_port(random)?, environment: Vec::new() };
        // A build meanwhile must not change what is started next.
        std::fs::copy(BELFRY, site.file("belfry")).with_context(|| format!("copying {BELFRY}"))?;
        std::fs::write(site.file("crm_config.yaml"), site.configuration(database_url) + more)?;
        for user in users {
            site.add_user(*user)?;
        }
        Ok(site)
    }

    pub fn sqlite_file(&self) -> PathBuf {
        self.file("data/belfry.db")
    }

    /// Copies the SQLite file and its log as they lie there; a copy that is there already goes.
    pub fn copy_sqlite(&self) -> anyhow::Result<PathBuf> {
        let copy = self.file("copy.db");
        for suffix in ["", "-wal", "-shm"] {
            let target = self.file(&format!("copy.db{suffix}"));
            if target.exists() {
                std::fs::remove_file(&target)?;
            }
            let source = self.file(&format!("data/belfry.db{suffix}"));
            if suffix != "-shm" && source.exists() {
                std::fs::copy(&source, &target)?;
            }
        }
        Ok(copy)
    }

    /// Keeps the folder for whoever wants to see what happened; returns its name.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    pub fn client(&self) -> anyhow::Result<Client> {
        Client::new(self.port)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configuration(&self, database_url: &str) -> String {
        let data = self.file("data");
        format!(
            "listen: 127.0.0.1:{port}\ndata_dir: {data}\ndatabase_url: {database_url}\n\
             log: {{ level: warn, format: text, file: none }}\n\
             limits: {{ login_per_address_per_minute: 0 }}\n\
             api_keys:\n  {API_KEY}:\n    roles: [admin]\n    description: Crash test\n",
            port = self.port,
            data = data.display(),
        )
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.file("belfry"));
        command.args(arguments).arg("--config").arg(self.file("crm_config.yaml"));
        command.current_dir(self.folder.path()).env_remove("RUST_LOG").env_remove("BELFRY_SABOTAGE");
        command
    }

    fn add_user(&self, user: i64) -> anyhow::Result<()> {
        let (email, name, id) = (email(user), format!("User {user}"), user.to_string());
        let role = if user == 1 { "admin" } else { "support" };
        let arguments = [
            "user",
            "add",
            "--email",
            &email,
            "--name",
            &name,
            "--role",
            role,
            "--id",
            &id,
            "--password-stdin",
        ];
        let mut command = self.command(&arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("starting the server")?;
        let mut stdin = child.stdin.take().expect("it is piped");
        writeln!(stdin, "{PASSWORD}").context("telling the password")?;
        drop(stdin);
        let done = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "belfry user add did not work: {said}");
        Ok(())
    }

    /// Starts the server, whether or not it comes up.
    pub fn start(&self, manner: Manner) -> anyhow::Result<Process> {
        let log = File::options().create(true).append(true).open(self.file("server.log"))?;
        let mut command = self.command(&["serve"]);
        match manner {
            Manner::Honest { merge_at } => command.env("BELFRY_MERGE_AT", merge_at.to_string()),
            Manner::Sabotaged => command.env("BELFRY_SABOTAGE", "answer_before_commit"),
        };
        command.envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Process(command.spawn().context("starting the server")?))
    }

    /// Starts the server; returns it and how long it took to be ready.
    pub async fn start_ready(&self, manner: Manner) -> anyhow::Result<(Process, Duration)> {
        let client = self.client()?;
        let begun = Instant::now();
        let mut process = self.start(manner)?;
        while !client.is_ready().await {
            if !process.is_alive() {
                bail!("the server ended while it started; it said:\n{}", self.last_words());
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "the server is not ready after {PATIENCE:?}; it said:\n{}",
                self.last_words()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok((process, begun.elapsed()))
    }

    /// The end of what the server wrote.
    pub fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.file("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Process {
    pub fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// SIGKILL, and waits until the process is gone.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails where it is dead already, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Below the ports of outgoing connections: a client that asks for a dead server's port could get it as its own
/// and speak to itself.
fn free_port(random: &mut Random) -> anyhow::Result<u16> {
    for _ in 0..100 {
        let port = random.between(20_000, 32_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port between 20000 and 32000; end what listens there");
}
