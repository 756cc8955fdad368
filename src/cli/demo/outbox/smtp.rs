//! A mail server for one sender: takes every message and keeps it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::{MOST_BYTES, Outbox, mail};

/// Connections at one time; further ones wait.
const MOST_CONNECTIONS: usize = 64;

/// The longest command, in bytes; RFC 5321 asks for 512 and extensions for more.
const LONGEST_COMMAND: u64 = 2_048;

/// Recipients of one message (RFC 5321, 4.5.3.1.8).
const MOST_RECIPIENTS: usize = 100;

/// How long a client may say nothing (RFC 5321, 4.5.3.2.7).
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// The pause after an error of the listener, no descriptors for one.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes mail until the runtime ends.
pub(super) async fn serve(listener: TcpListener, outbox: Outbox) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let place = places.clone().acquire_owned().await.expect("nobody closes the semaphore");
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let outbox = outbox.clone();
        tokio::spawn(async move {
            if let Err(error) = attend(stream, &outbox).await {
                tracing::debug!(%error, "a connection to the demo's mail server broke");
            }
            drop(place);
        });
    }
}

async fn attend(stream: TcpStream, outbox: &Outbox) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (from, to) = stream.into_split();
    converse(BufReader::new(from), to, outbox).await
}

/// Whom a message comes from and goes to, as far as the client has said.
#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

enum Next {
    Say(&'static str),
    Data,
    Quit,
}

/// Speaks SMTP until the client quits, falls silent or says what no client says.
pub(super) async fn converse(
    mut from: impl AsyncBufRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    outbox: &Outbox,
) -> io::Result<()> {
    to.write_all(b"220 belfry-demo ESMTP keeps everything and delivers nothing\r\n").await?;
    let mut envelope = Envelope::default();
    while let Some(line) = patiently(command(&mut from)).await? {
        let Some(line) = line else {
            to.write_all(b"500 5.5.6 That line is too long\r\n").await?;
            return to.shutdown().await;
        };
        match envelope.hear(&line) {
            Next::Say(answer) => to.write_all(answer.as_bytes()).await?,
            Next::Quit => {
                to.write_all(b"221 2.0.0 Until next time\r\n").await?;
                return to.shutdown().await;
            }
            Next::Data => {
                to.write_all(b"354 Go ahead, and end with a dot on a line of its own\r\n").await?;
                let Some(message) = patiently(data(&mut from)).await? else { return Ok(()) };
                let answer = envelope.close(message, outbox);
                to.write_all(answer.as_bytes()).await?;
            }
        }
    }
    Ok(())
}

async fn patiently<Heard>(hearing: impl Future<Output = io::Result<Heard>>) -> io::Result<Heard> {
    tokio::time::timeout(PATIENCE, hearing).await?
}

impl Envelope {
    /// What is to be done about a command.
    fn hear(&mut self, line: &str) -> Next {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        Next::Say(match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                *self = Envelope::default();
                "250-belfry-demo\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"
            }
            "HELO" => {
                *self = Envelope::default();
                "250 belfry-demo\r\n"
            }
            "MAIL" => self.mail(rest),
            "RCPT" => self.recipient(rest),
            "DATA" if self.from.is_none() => "503 5.5.1 Say MAIL first\r\n",
            "DATA" if self.to.is_empty() => "503 5.5.1 Say RCPT first\r\n",
            "DATA" => return Next::Data,
            "RSET" => {
                *self = Envelope::default();
                "250 2.0.0 Forgotten\r\n"
            }
            "NOOP" => "250 2.0.0 Here\r\n",
            "VRFY" => "252 2.1.5 Anybody gets mail here\r\n",
            "QUIT" => return Next::Quit,
            _ => "502 5.5.1 This server knows EHLO, MAIL, RCPT, DATA, RSET, NOOP and QUIT\r\n",
        })
    }

    fn mail(&mut self, rest: &str) -> &'static str {
        if self.from.is_some() {
            return "503 5.5.1 One message at a time: say RSET first\r\n";
        }
        let Some((from, parameters)) = path(rest, "FROM:") else {
            return "501 5.5.4 Say MAIL FROM:<address>\r\n";
        };
        let size = parameters.split(' ').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.eq_ignore_ascii_case("SIZE").then(|| value.parse::<usize>().unwrap_or(usize::MAX))
        });
        if size.is_some_and(|size| size > MOST_BYTES) {
            return TOO_LARGE;
        }
        self.from = Some(from.to_owned());
        "250 2.1.0 Go on\r\n"
    }

    fn recipient(&mut self, rest: &str) -> &'static str {
        let Some((to, _)) = path(rest, "TO:").filter(|(to, _)| !to.is_empty()) else {
            return "501 5.5.4 Say RCPT TO:<address>\r\n";
        };
        if self.from.is_none() {
            return "503 5.5.1 Say MAIL first\r\n";
        }
        if self.to.len() == MOST_RECIPIENTS {
            return "452 4.5.3 That is enough recipients for one message\r\n";
        }
        self.to.push(to.to_owned());
        "250 2.1.5 Go on\r\n"
    }

    /// Keeps the message and begins anew.
    fn close(&mut self, message: Vec<u8>, outbox: &Outbox) -> &'static str {
        let envelope = std::mem::take(self);
        if message.len() > MOST_BYTES {
            return TOO_LARGE;
        }
        outbox.put(mail::read(message, &envelope.to));
        "250 2.0.0 Kept\r\n"
    }
}

const TOO_LARGE: &str = "552 5.3.4 The demo keeps messages of at most 1 MiB\r\n";

/// The address between the angle brackets, and what follows it.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let start = rest.get(..keyword.len()).filter(|start| start.eq_ignore_ascii_case(keyword))?;
    rest[start.len()..].trim_start().strip_prefix('<')?.split_once('>')
}

/// One line without its end. `Some(None)`: it is too long. `None`: the client is gone.
async fn command(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Option<String>>> {
    let mut line = Vec::new();
    AsyncReadExt::take(&mut *from, LONGEST_COMMAND).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    if !line.ends_with(b"\n") {
        return Ok(Some(None));
    }
    Ok(Some(Some(String::from_utf8_lossy(&line).trim_end().to_owned())))
}

/// A message up to the dot that ends it, each line's first dot taken away where another was put before it. `None`: the
/// client is gone. Of one that is too large, more than [`MOST_BYTES`] and not all.
async fn data(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let mut line = Vec::new();
    let (mut is_start, mut ended_in_cr) = (true, false);
    loop {
        line.clear();
        AsyncReadExt::take(&mut *from, LONGEST_COMMAND).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Ok(None);
        }
        if is_start && line == b".\r\n" {
            return Ok(Some(message));
        }
        if message.len() <= MOST_BYTES {
            let stuffed = is_start && line.starts_with(b".");
            message.extend_from_slice(&line[usize::from(stuffed)..]);
        }
        // A bare line feed ends no line: what follows one is not the end either, whoever put it there.
        is_start = line.ends_with(b"\r\n") || (line == b"\n" && ended_in_cr);
        ended_in_cr = line.ends_with(b"\r");
    }
}
