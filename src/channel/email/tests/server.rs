//! A mail server that does what its script says, and remembers what it heard.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the server does at one point: `at` is the verb, the whole line, `GREETING`, or `END` for
/// the end of the message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Does {
    /// Answers with this line instead of the usual one.
    Says(&'static str),
    /// Ends the connection.
    Closes,
    /// Says nothing for a long time.
    Hangs,
}

/// When and what: the connection counted from 1 (0 = each), the point, the deed.
pub(super) type Script = Vec<(usize, &'static str, Does)>;

/// A running server.
pub(super) struct Server {
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

/// What the server can do beside taking mail.
#[derive(Clone, Default)]
pub(super) struct Offer {
    pub starttls: Option<TlsAcceptor>,
    /// Encrypted from the first byte.
    pub implicit: Option<TlsAcceptor>,
    pub auth: bool,
    pub script: Script,
    /// Ends each connection once it has taken this many messages.
    pub messages: Option<usize>,
    /// Ends each connection instead of answering to the message after this many.
    pub swallows: Option<usize>,
}

impl Server {
    pub(super) async fn start(offer: Offer) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let server = Server { port, heard: heard.clone() };
        tokio::spawn(async move {
            for number in 1.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(serve(stream, number, offer.clone(), heard.clone()));
            }
        });
        server
    }

    /// Every line that came in, with the number of its connection.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(super) fn count(&self, verb: &str) -> usize {
        self.heard()
            .iter()
            .filter(|line| line.split(": ").nth(1).is_some_and(|said| said.starts_with(verb)))
            .count()
    }
}

async fn serve(stream: TcpStream, number: usize, offer: Offer, heard: Arc<Mutex<Vec<String>>>) {
    let mut talk = Talk { number, offer, heard, taken: 0, is_encrypted: false };
    if let Some(acceptor) = talk.offer.implicit.clone() {
        if let Ok(stream) = acceptor.accept(stream).await {
            talk.run(BufReader::new(stream), true).await;
        }
        return;
    }
    if let Some(stream) = talk.run(BufReader::new(stream), true).await {
        let acceptor = talk.offer.starttls.clone().unwrap();
        if let Ok(stream) = acceptor.accept(stream.into_inner()).await {
            talk.is_encrypted = true;
            talk.run(BufReader::new(stream), false).await;
        }
    }
}

struct Talk {
    number: usize,
    offer: Offer,
    heard: Arc<Mutex<Vec<String>>>,
    taken: usize,
    is_encrypted: bool,
}

impl Talk {
    /// Talks until the connection ends; gives the stream back where it is to be encrypted.
    async fn run<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        mut stream: BufReader<S>,
        greets: bool,
    ) -> Option<BufReader<S>> {
        if greets {
            self.answer(&mut stream, "GREETING", "220 test ESMTP").await?;
        }
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let said = line.trim_end_matches(['\r', '\n']).to_owned();
            self.heard.lock().unwrap().push(format!("{}: {said}", self.number));
            let verb = said.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let hello = self.hello();
                    self.answer(&mut stream, "EHLO", &hello).await?;
                }
                "STARTTLS" => {
                    self.answer(&mut stream, "STARTTLS", "220 go ahead").await?;
                    return Some(stream);
                }
                "AUTH" => {
                    self.answer(&mut stream, "AUTH", "235 welcome").await?;
                }
                "DATA" => {
                    if self.answer(&mut stream, "DATA", "354 go on").await? {
                        self.message(&mut stream).await?;
                    }
                }
                "QUIT" => {
                    self.answer(&mut stream, "QUIT", "221 bye").await?;
                }
                verb => {
                    let is_meant = self.offer.script.iter().any(|(_, at, _)| *at == said);
                    self.answer(&mut stream, if is_meant { &said } else { verb }, "250 ok").await?;
                }
            }
            if self.offer.messages.is_some_and(|most| self.taken >= most) {
                return None;
            }
        }
    }

    async fn message<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut BufReader<S>) -> Option<()> {
        let mut line = Vec::new();
        while line != b".\r\n" {
            line.clear();
            stream.read_until(b'\n', &mut line).await.ok().filter(|read| *read > 0)?;
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            self.heard.lock().unwrap().push(format!("{}> {text}", self.number));
        }
        if self.offer.swallows == Some(self.taken) {
            return None;
        }
        self.answer(stream, "END", "250 queued as 7").await?;
        self.taken += 1;
        Some(())
    }

    /// Answers as the script says, else as usual; tells whether it was as usual. `None` ends the connection.
    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut BufReader<S>,
        point: &str,
        usual: &str,
    ) -> Option<bool> {
        let mut script = self.offer.script.iter();
        let deed = script.find(|(number, at, _)| (*number == 0 || *number == self.number) && *at == point);
        let text = match deed {
            None => usual,
            Some((_, _, Does::Says(text))) => text,
            Some((_, _, Does::Closes)) => return None,
            Some((_, _, Does::Hangs)) => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return None;
            }
        };
        stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
        stream.get_mut().flush().await.ok()?;
        Some(deed.is_none())
    }

    fn hello(&self) -> String {
        let mut lines = vec!["test"];
        if self.offer.starttls.is_some() && !self.is_encrypted {
            lines.push("STARTTLS");
        }
        if self.offer.auth {
            lines.push("AUTH PLAIN LOGIN");
        }
        lines.push("SIZE 1000000");
        let last = lines.len() - 1;
        let written = lines.iter().enumerate().map(|(index, line)| match index == last {
            true => format!("250 {line}"),
            false => format!("250-{line}"),
        });
        written.collect::<Vec<_>>().join("\r\n")
    }
}
