//! The four receivers: three that speak HTTP and a small mail server. Each takes its time, so that kills hit sends.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::log::Log;
use crate::random::Random;

/// The longest that a receiver takes, in milliseconds.
const LONGEST: u64 = 30;

/// A family of webhooks: the channel, the path that leads to it, and how its provider says that it has a message.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub channel: &'static str,
    path: &'static str,
    status: StatusCode,
    body: &'static str,
}

/// All of them; users have them in turn.
pub const KINDS: [Kind; 3] = [
    Kind { channel: "webhook", path: "/hooks/", status: StatusCode::NO_CONTENT, body: "" },
    Kind {
        channel: "teams",
        path: "/powerautomate/automations/direct/workflows/",
        status: StatusCode::ACCEPTED,
        body: "",
    },
    Kind { channel: "ringcentral", path: "/webhook/v2/", status: StatusCode::OK, body: r#"{"status":"OK"}"# },
];

/// Where the receivers are.
#[derive(Debug)]
pub struct Receivers {
    hooks: [SocketAddr; 3],
    pub mail: SocketAddr,
}

impl Receivers {
    /// Starts them; they end with the runtime.
    pub async fn start(log: &Arc<Log>, seed: u64) -> io::Result<Self> {
        let mut hooks = Vec::new();
        for (number, kind) in (0..).zip(KINDS) {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            hooks.push(listener.local_addr()?);
            let random = Random::of(&[seed, 3 << 32, number]);
            tokio::spawn(accept(listener, log.clone(), random, move |stream, log, random| {
                speak_http(stream, kind, log, random)
            }));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mail = listener.local_addr()?;
        tokio::spawn(accept(listener, log.clone(), Random::of(&[seed, 4 << 32]), speak_smtp));
        Ok(Self { hooks: hooks.try_into().expect("one for each kind"), mail })
    }

    /// A user's own URL.
    pub fn url(&self, user: i64) -> String {
        let number = usize::try_from(user).expect("users are numbered from 1") % KINDS.len();
        format!("http://{}{}user-{user:08}", self.hooks[number], KINDS[number].path)
    }
}

/// The channel of a user's URL.
pub fn channel_of(user: i64) -> &'static str {
    KINDS[usize::try_from(user).expect("users are numbered from 1") % KINDS.len()].channel
}

async fn accept<Spoken: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    log: Arc<Log>,
    mut random: Random,
    speak: impl Fn(TcpStream, Arc<Log>, Random) -> Spoken + Send + 'static,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let connection = log.connected();
        let spoken = speak(stream, log.clone(), Random::of(&[random.next()]));
        tokio::spawn(async move {
            spoken.await;
            drop(connection);
        });
    }
}

/// Notes what came, takes a while, and notes that the answer is on its way.
async fn take(log: &Log, random: &mut Random, channel: &'static str, id: String, text: String) {
    let place = log.received(id, channel, text);
    tokio::time::sleep(Duration::from_millis(random.between(0, LONGEST + 1))).await;
    log.answered(place);
}

async fn speak_http(stream: TcpStream, kind: Kind, log: Arc<Log>, random: Random) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (log, mut random) = (log.clone(), random.clone());
        async move {
            let id = request.headers().get("webhook-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
            // A request that was cut is none.
            if let Ok(body) = request.into_body().collect().await {
                let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
                // Requests of one connection take their time each.
                random = Random::of(&[random.next(), text.len() as u64]);
                take(&log, &mut random, kind.channel, id.unwrap_or_default(), text).await;
            }
            let mut answer = Response::new(Full::new(Bytes::from_static(kind.body.as_bytes())));
            *answer.status_mut() = kind.status;
            Ok::<_, Infallible>(answer)
        }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // Fails with the server that is killed.
    let _ended = connection.await;
}

async fn speak_smtp(stream: TcpStream, log: Arc<Log>, mut random: Random) {
    // Fails with the server that is killed.
    let _ended = converse(stream, &log, &mut random).await;
}

async fn converse(stream: TcpStream, log: &Log, random: &mut Random) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from);
    to.write_all(b"220 crash.example ESMTP\r\n").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if from.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.trim_end().split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-crash.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "DATA" => {
                to.write_all(b"354 Go ahead\r\n").await?;
                let Some(message) = message(&mut from).await? else { return Ok(()) };
                take(log, random, "email", message_id(&message), message).await;
                b"250 2.0.0 Kept\r\n"
            }
            "QUIT" => return to.write_all(b"221 2.0.0 Bye\r\n").await,
            _ => b"250 2.0.0 Go on\r\n",
        };
        to.write_all(answer).await?;
    }
}

/// Everything up to the dot; `None` if the client is gone before it.
async fn message(from: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<String>> {
    let (mut message, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        from.read_until(b'\n', &mut line).await?;
        if !line.ends_with(b"\n") {
            return Ok(None);
        }
        if line == b".\r\n" {
            return Ok(Some(String::from_utf8_lossy(&message).into_owned()));
        }
        message.extend_from_slice(&line);
    }
}

/// What stands before the @ of the Message-ID; empty where there is none.
fn message_id(message: &str) -> String {
    let head = message.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
    let field = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("message-id").then(|| value.trim().to_owned())
    });
    let id = field.unwrap_or_default();
    id.trim_start_matches('<').split('@').next().unwrap_or_default().to_owned()
}
