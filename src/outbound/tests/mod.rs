//! The client against a network that is played: who was dialled is what counts, not what was said.

mod corpus;
mod hostile;
mod names;
mod tls;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use std::io;
use std::net::{IpAddr, SocketAddr};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const PUBLIC_URL: &str = "https://notify.example.com";
const PUBLIC: &str = "93.184.215.14";
const EMPTY_OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

type Answers = Box<dyn Fn(&str, usize) -> Vec<IpAddr> + Send + Sync>;

/// A network on which every connection is written down and answered from a script.
struct Stage {
    names: Answers,
    answer: String,
    lookups: AtomicUsize,
    opened: Mutex<Vec<SocketAddr>>,
}

impl Stage {
    /// Names are answered by `names`, which is told the how-manieth question it is.
    fn new(names: impl Fn(&str, usize) -> Vec<IpAddr> + Send + Sync + 'static) -> Arc<Self> {
        Stage::answering(EMPTY_OK, names)
    }

    fn answering(
        answer: &str,
        names: impl Fn(&str, usize) -> Vec<IpAddr> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Stage {
            names: Box::new(names),
            answer: answer.to_owned(),
            lookups: AtomicUsize::new(0),
            opened: Mutex::default(),
        })
    }

    /// A network where every name has the same addresses.
    fn naming_all(addresses: &[&str]) -> Arc<Self> {
        let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        Stage::new(move |_, _| addresses.clone())
    }

    fn client(self: &Arc<Self>, config: &config::Outbound) -> Outbound {
        let tls = Err("this network has no TLS".to_owned());
        let parts = Parts { resolver: self.clone(), dialer: self.clone(), tls };
        Outbound::with(config, PUBLIC_URL, parts).unwrap()
    }

    /// What was dialled since the last time.
    fn opened(&self) -> Vec<SocketAddr> {
        std::mem::take(&mut *self.opened.lock().unwrap())
    }
}

impl Resolve for Stage {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let found = (self.names)(host, self.lookups.fetch_add(1, Ordering::SeqCst));
        async move { Ok(found) }.boxed()
    }
}

impl Dial for Stage {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Stream>>> {
        self.opened.lock().unwrap().push(address);
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        let answer = self.answer.clone();
        tokio::spawn(async move {
            let mut request = [0; 4096];
            let _ = far.read(&mut request).await;
            let _ = far.write_all(answer.as_bytes()).await;
        });
        async move { Ok(Box::new(near) as Box<dyn Stream>) }.boxed()
    }
}

/// Calls a text as a person would have it called: entered, checked, and then posted to.
async fn call(client: &Outbound, text: &str) -> Result<Reply, Trouble> {
    let target = Target::parse(text)?;
    client.post(&target, &[], Bytes::from_static(b"{}")).await
}

fn allowing(ranges: &[&str]) -> config::Outbound {
    config::Outbound {
        allow_cidrs: ranges.iter().map(|range| range.parse().unwrap()).collect(),
        ..config::Outbound::default()
    }
}
