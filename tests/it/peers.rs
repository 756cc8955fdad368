//! Who gets what leaves the house: a receiver of webhooks, and a mail server that is not ours.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use belfry::clock::{Clock, Instant};
use belfry::config::{Mailbox, Smtp, SmtpTls};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What somebody who waits for a peer must not wait longer than.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Answers with a status, headers and a body.
    Says(u16, Vec<(&'static str, String)>, String),
    /// Takes the request and says nothing, until [`Receiver::let_go`].
    Hangs,
    /// Ends the connection without a word.
    Closes,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Answer::Says(status, Vec::new(), String::new())
    }

    pub fn body(status: u16, body: &str) -> Self {
        Answer::Says(status, Vec::new(), body.to_owned())
    }

    pub fn with(status: u16, name: &'static str, value: &str) -> Self {
        Answer::Says(status, vec![(name, value.to_owned())], String::new())
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Got {
    pub method: String,
    /// Without the query.
    pub path: String,
    headers: HashMap<String, String>,
    pub body: String,
    /// By the story's clock.
    pub at: Instant,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// A receiver of webhooks on the loopback. What it is not told about it answers as its kind does when all is well.
pub struct Receiver {
    base: String,
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    got: Mutex<Vec<Got>>,
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    arrived: Notify,
    let_go: Notify,
}

impl Receiver {
    pub async fn start(clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            clock,
            got: Mutex::default(),
            answers: Mutex::default(),
            arrived: Notify::new(),
            let_go: Notify::new(),
        });
        let serving = inner.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inner = serving.clone();
                // A caller who gives up is a caller's matter.
                tokio::spawn(async move { drop(inner.serve(stream).await) });
            }
        });
        Self { base, inner }
    }

    /// The address of this path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What the next requests to this path are answered with, one each; the last one stands for all that follow.
    pub fn answers(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let path = path.split('?').next().unwrap().to_owned();
        self.inner.answers.lock().unwrap().insert(path, answers.into_iter().collect());
    }

    /// Everything that came to this path, in its order.
    pub fn got(&self, path: &str) -> Vec<Got> {
        let path = path.split('?').next().unwrap();
        self.inner.got.lock().unwrap().iter().filter(|got| got.path == path).cloned().collect()
    }

    /// The paths of all requests, in the order in which they came.
    pub fn order(&self) -> Vec<String> {
        self.inner.got.lock().unwrap().iter().map(|got| got.path.clone()).collect()
    }

    /// Waits until as many requests have come.
    pub async fn awaits(&self, count: usize) {
        let come = async {
            loop {
                let arrived = self.inner.arrived.notified();
                if self.order().len() >= count {
                    return;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(PATIENCE, come).await.expect("as many requests come");
    }

    /// Ends what hangs: it is answered with 200.
    pub fn let_go(&self) {
        self.inner.let_go.notify_waiters();
    }
}

impl Inner {
    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let Some(got) = self.read(&mut stream).await? else { return Ok(()) };
        let answer = self.answer_to(&got.path);
        // Before it is noted: whoever sees that the request has come may let go at once.
        let let_go = self.let_go.notified();
        tokio::pin!(let_go);
        let_go.as_mut().enable();
        self.got.lock().unwrap().push(got);
        self.arrived.notify_waiters();
        let (status, headers, body) = match answer {
            Answer::Closes => return Ok(()),
            Answer::Hangs => {
                let_go.await;
                (200, Vec::new(), String::new())
            }
            Answer::Says(status, headers, body) => (status, headers, body),
        };
        let mut text =
            format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{text}\r\n{body}").as_bytes()).await?;
        stream.shutdown().await
    }

    async fn read(&self, stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Got>> {
        let mut first = String::new();
        stream.read_line(&mut first).await?;
        let mut words = first.split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        Ok(Some(Got {
            method: method.to_owned(),
            path: target.split('?').next().unwrap_or_default().to_owned(),
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            at: self.clock.now(),
        }))
    }

    fn answer_to(&self, path: &str) -> Answer {
        let mut answers = self.answers.lock().unwrap();
        if let Some(told) = answers.get_mut(path) {
            return match told.len() {
                0 | 1 => told.front().cloned(),
                _ => told.pop_front(),
            }
            .expect("somebody who says what is answered says something");
        }
        match path {
            path if path.starts_with("/webhook/v2/") => Answer::body(200, r#"{"status":"OK"}"#),
            path if path.starts_with("/workflows/") => Answer::status(202),
            _ => Answer::status(200),
        }
    }
}

/// PyPI's aiosmtpd, in a process of its own: see `tests/peers/smtp.py`. It ends with this value.
pub struct Mail {
    port: u16,
    /// What it is asked by, and what it answers by.
    talk: Mutex<(ChildStdin, std::io::BufReader<ChildStdout>)>,
    process: Child,
}

impl Mail {
    pub fn start() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("tmp lies in target");
        let mut process = Command::new(built.join("venv/bin/python"))
            .arg(here.join("tests/peers/smtp.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect(
                "the mail server of the stories is missing: run 'scripts/needs.sh peers', then try again",
            );
        let asks = process.stdin.take().expect("it is piped");
        let mut tells = std::io::BufReader::new(process.stdout.take().expect("it is piped"));
        let mut port = String::new();
        tells.read_line(&mut port).unwrap();
        let port = port.trim().parse();
        let port = port.expect("the mail server says its port: run 'scripts/needs.sh peers', then try again");
        Self { port, talk: Mutex::new((asks, tells)), process }
    }

    /// What a node is to know of it.
    pub fn config(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: SmtpTls::Plain,
            login: None,
            from: Mailbox { name: "CRM".to_owned(), address: "crm@example.com".to_owned() },
            ca_file: None,
            connections: 4,
            timeout: Duration::from_secs(20),
        }
    }

    /// Everything that it took, in its order.
    pub fn all(&self) -> Vec<Letter> {
        let mut talk = self.talk.lock().unwrap();
        talk.0.write_all(b"\n").unwrap();
        talk.0.flush().unwrap();
        let mut line = String::new();
        talk.1.read_line(&mut line).unwrap();
        let letters: Vec<Value> = serde_json::from_str(&line).expect("the mail server lives");
        letters.into_iter().map(Letter).collect()
    }

    /// Everything that it took for this recipient.
    pub fn to(&self, address: &str) -> Vec<Letter> {
        let mut letters = self.all();
        letters.retain(|letter| letter.recipients().contains(&address));
        letters
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to end.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// An e-mail as Python's `email` reads it.
#[derive(Clone, Debug)]
pub struct Letter(pub Value);

impl Letter {
    pub fn recipients(&self) -> Vec<&str> {
        self.0["rcpt_to"].as_array().unwrap().iter().map(|to| to.as_str().unwrap()).collect()
    }

    /// The value of a header; nothing where there is none.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let is_it = |header: &&Value| header[0].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name));
        let mut found = self.0["headers"].as_array().unwrap().iter().filter(is_it);
        let first = found.next();
        assert!(found.next().is_none(), "{name} stands twice: {}", self.0);
        first.map_or("", |header| header[1].as_str().unwrap())
    }

    pub fn subject(&self) -> &str {
        self.header("Subject")
    }

    pub fn text(&self) -> &str {
        self.0["text"].as_str().unwrap_or_default()
    }

    pub fn html(&self) -> &str {
        self.0["html"].as_str().unwrap_or_default()
    }
}
