//! The real `belfry` in a folder of its own: configured, commanded, served, told to reload and to stop.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::world::{self, KEY, PASSWORD, Reply};

const BELFRY: &str = env!("CARGO_BIN_EXE_belfry");

/// What does not happen within this time will not happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder with a configuration.
pub struct Site(TempDir);

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// What was printed; the command must have worked.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// What it said was wrong; the command must not have worked.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        self.err
    }
}

impl Site {
    /// A site with one API key, [`KEY`], and `more` settings.
    pub fn new(more: &str) -> Site {
        let site = Site(tempfile::tempdir().unwrap());
        site.configure(&format!(
            "api_keys:\n  {KEY}:\n    roles: [admin]\n    description: Provisioning notification system\n{more}\n"
        ));
        site
    }

    /// Writes the configuration anew: `settings`, and where the server listens and keeps its data.
    pub fn configure(&self, settings: &str) {
        let data = self.file("data");
        let text = format!("listen: 127.0.0.1:0\ndata_dir: {}\n{settings}", data.display());
        std::fs::write(self.file("crm_config.yaml"), text).unwrap();
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    /// A command without arguments, in the folder and with nothing of the tester's environment that it reads.
    pub fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BELFRY);
        command.args(arguments).current_dir(self.0.path());
        for name in ["RUST_LOG", "BELFRY_API_KEY", "BELFRY_SERVER", "BELFRY_SABOTAGE", "BELFRY_MERGE_AT"] {
            command.env_remove(name);
        }
        command
    }

    /// A command with this folder's configuration.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.arg("--config").arg("crm_config.yaml");
        command
    }

    /// Runs a command with this folder's configuration to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        finish(self.command(arguments), "")
    }

    /// Runs a command that reads `stdin`.
    pub fn run_with(&self, arguments: &[&str], stdin: &str) -> Said {
        finish(self.command(arguments), stdin)
    }

    pub fn add_user(&self, id: i64, roles: &[&str]) {
        let (id, email, name) = (id.to_string(), format!("user{id}@example.com"), format!("User {id}"));
        let mut arguments =
            vec!["user", "add", "--id", &id, "--email", &email, "--name", &name, "--password-stdin"];
        roles.iter().for_each(|role| arguments.extend(["--role", role]));
        self.run_with(&arguments, PASSWORD).done();
    }

    /// Starts the server and waits until it serves.
    pub async fn serve(&self) -> Server {
        Server::start(self.command(&["serve"])).await
    }
}

/// Runs a command to its end.
pub fn finish(mut command: Command, stdin: &str) -> Said {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that does not read may have closed its end.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A server that runs; it is killed when this is dropped.
pub struct Server {
    child: Option<Child>,
    pub base: String,
    /// Every line that it printed so far.
    lines: watch::Receiver<Vec<String>>,
    client: reqwest::Client,
}

impl Server {
    /// Starts a server and waits until it serves.
    pub async fn start(mut command: Command) -> Server {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (said, lines) = watch::channel(Vec::new());
        listen(child.stdout.take().unwrap(), said.clone());
        listen(child.stderr.take().unwrap(), said);
        let mut server = Server { child: Some(child), base: String::new(), lines, client: world::client() };
        let line = server.says("Belfry serves at http://").await;
        let (_, address) = line.split_once("serves at ").unwrap();
        let end = address.find(|c: char| c == '"' || c.is_whitespace()).unwrap_or(address.len());
        server.base = address[..end].to_owned();
        server
    }

    /// The first line with these words, as soon as it is printed.
    pub async fn says(&self, words: &str) -> String {
        let find = |lines: &Vec<String>| lines.iter().find(|line| line.contains(words)).cloned();
        let mut lines = self.lines.clone();
        let said = tokio::time::timeout(PATIENCE, lines.wait_for(|lines| find(lines).is_some())).await;
        match said {
            Ok(Ok(lines)) => find(&lines).unwrap(),
            _ => panic!("it never said {words:?}, but: {:#?}", self.printed()),
        }
    }

    /// What it printed so far.
    pub fn printed(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), signal).unwrap();
    }

    /// Sends SIGHUP and waits for what it says about the configuration; the line counts from 1.
    pub async fn reload(&self, time: usize) -> String {
        self.signal(Signal::HUP);
        let taken = |lines: &Vec<String>| {
            let told =
                lines.iter().filter(|line| line.contains("Took over") || line.contains("is unchanged"));
            told.cloned().collect::<Vec<_>>()
        };
        let mut lines = self.lines.clone();
        let told = tokio::time::timeout(PATIENCE, lines.wait_for(|lines| taken(lines).len() >= time)).await;
        taken(&told.expect("SIGHUP is answered").expect("the server lives"))[time - 1].clone()
    }

    /// Waits until the process has ended; everything that it printed, and how it ended.
    pub async fn ended(mut self) -> (ExitStatus, Vec<String>) {
        let mut child = self.child.take().unwrap();
        let ended = tokio::task::spawn_blocking(move || child.wait().unwrap());
        let status = tokio::time::timeout(PATIENCE, ended).await.expect("it ends").unwrap();
        // Both readers drop their end when there is nothing more to read.
        let mut lines = self.lines.clone();
        while lines.changed().await.is_ok() {}
        (status, self.printed())
    }

    /// SIGTERM, and waits until the process has ended well; returns everything that it printed.
    pub async fn stop(self) -> Vec<String> {
        self.signal(Signal::TERM);
        let (status, printed) = self.ended().await;
        assert_eq!(status.code(), Some(0), "{printed:#?}");
        printed
    }

    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let url = format!("{}{path}", self.base);
        world::ask(&self.client, method, &url, headers, body.map(|body| body.to_string())).await.unwrap()
    }

    /// A plain send to user 1.
    pub async fn send(&self, key: &str, title: &str) -> Reply {
        let body = json!({"user_id": 1, "type": "custom", "title": title});
        self.ask("POST", "/crm/notification/send", &[("X-API-KEY", key)], Some(body)).await
    }

    pub async fn login(&self, id: i64, password: &str) -> Reply {
        let body = json!({"email": format!("user{id}@example.com"), "password": password});
        self.ask("POST", "/crm/auth/login", &[], Some(body)).await
    }

    /// The header of somebody who signs in.
    pub async fn bearer(&self, id: i64) -> String {
        format!("Bearer {}", self.login(id, PASSWORD).await.expect(200)["token"].as_str().unwrap())
    }

    /// The unread count of user 1.
    pub async fn unread(&self) -> i64 {
        let bearer = self.bearer(1).await;
        let reply =
            self.ask("GET", "/crm/notification/unread-count", &[("Authorization", &bearer)], None).await;
        reply.expect(200)["unread_count"].as_i64().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Fails where it has ended already, which is as well.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn listen(from: impl Read + Send + 'static, said: watch::Sender<Vec<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n') {
            let line = String::from_utf8_lossy(&line.unwrap_or_default()).into_owned();
            said.send_modify(|lines| lines.push(line));
        }
    });
}

/// Asks until the answer is yes: for what another process does in its own time.
pub async fn within(limit: Duration, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
