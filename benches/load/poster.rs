//! A bare loop of posts by hyper, as a process of its own: what deliveries are compared with.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;

use crate::requests::BODY;

/// What it is to do.
#[derive(clap::Args, Clone, Debug)]
pub struct Plan {
    /// Where to post; in turn
    #[arg(long)]
    pub url: Vec<String>,
    /// How many posts in all
    #[arg(long)]
    pub count: u64,
    /// How many at a time
    #[arg(long)]
    pub connections: usize,
}

/// Posts and prints how many seconds it took. On as many threads as a server has.
pub fn post(plan: &Plan) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let seconds = runtime.block_on(post_all(plan))?;
    println!("{seconds}");
    Ok(())
}

async fn post_all(plan: &Plan) -> anyhow::Result<f64> {
    #[expect(clippy::disallowed_methods, reason = "a bench speaks to its own sink")]
    let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(HttpConnector::new());
    let urls: Arc<Vec<hyper::Uri>> =
        Arc::new(plan.url.iter().map(|url| url.parse()).collect::<Result<_, _>>()?);
    let (next, count, began) = (Arc::new(AtomicU64::new(0)), plan.count, Instant::now());
    let mut loops: JoinSet<anyhow::Result<()>> = JoinSet::new();
    for _ in 0..plan.connections {
        let (client, urls, next) = (client.clone(), urls.clone(), next.clone());
        loops.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                let url = urls[usize::try_from(number)? % urls.len()].clone();
                one(&client, url).await?;
            }
        });
    }
    while let Some(ended) = loops.join_next().await {
        ended.context("a loop panicked")??;
    }
    Ok(began.elapsed().as_secs_f64())
}

async fn one(client: &Client<HttpConnector, Full<Bytes>>, url: hyper::Uri) -> anyhow::Result<()> {
    let request = hyper::Request::post(url)
        .header("content-type", "application/json")
        .header("webhook-id", "01a2017b-1f94-71a5-a4cb-ca29af14fe48")
        .header("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=")
        .body(Full::from(BODY))?;
    let answer = client.request(request).await?;
    ensure!(answer.status().is_success(), "the sink answered with {}", answer.status());
    answer.into_body().collect().await?;
    Ok(())
}

/// Runs such a process; returns its posts a second.
pub async fn rate(plan: &Plan) -> anyhow::Result<f64> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("post").args([
        "--count",
        &plan.count.to_string(),
        "--connections",
        &plan.connections.to_string(),
    ]);
    for url in &plan.url {
        command.args(["--url", url]);
    }
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    // Its sink is in this thread.
    let done = tokio::task::spawn_blocking(move || command.output()).await??;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let seconds: f64 = said.trim().parse().with_context(|| format!("the poster said {said:?}"))?;
    Ok(plan.count as f64 / seconds)
}
