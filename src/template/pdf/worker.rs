//! One run of the worker process: fed, listened to, and ended when its time is over.

use std::fmt::Display;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use rustix::process::Signal;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::press::Limits;
use super::trouble::{Mistake, Unprinted};
use crate::template::lines::one_line;

/// As much as is kept of what it says on standard error, in bytes.
const LONGEST_COMPLAINT: usize = 4096;

/// What the worker says where it does not print.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Failure {
    Refused(Mistake),
    Slow,
    Broken { message: String },
}

/// What came of a run.
struct Heard {
    status: ExitStatus,
    answer: Vec<u8>,
    complaint: Vec<u8>,
}

/// Has one request printed by a process of its own.
pub(super) async fn print(program: &Path, request: &[u8], limits: &Limits) -> Result<Vec<u8>, Unprinted> {
    let mut child = start(program).map_err(broken)?;
    let heard = timeout(limits.wall, hear(&mut child, request, limits.bytes)).await;
    match heard.unwrap_or(Err(Unprinted::Slow(limits.wall))) {
        Ok(heard) => judge(heard, limits),
        Err(unprinted) => {
            // Waits for its end as well, so that no dead process stays behind.
            if let Err(error) = child.kill().await {
                tracing::warn!("A PDF worker could not be ended: {error}");
            }
            Err(unprinted)
        }
    }
}

fn start(program: &Path) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.arg("pdf-worker").env_clear().current_dir("/").kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Hands the request over and hears the answer, all at once: whoever waits for the other to read would wait for ever.
async fn hear(child: &mut Child, request: &[u8], most: usize) -> Result<Heard, Unprinted> {
    let mut input = child.stdin.take().expect("it is piped");
    let output = child.stdout.take().expect("it is piped");
    let errors = child.stderr.take().expect("it is piped");
    let hand_over = async {
        // A worker that ends early does not read to the end; its answer says why.
        let _ = input.write_all(request).await;
        drop(input);
        Ok(())
    };
    let answer = async {
        let answer = beginning(output, most.saturating_add(1)).await?;
        if answer.len() > most { Err(Unprinted::Large(most)) } else { Ok(answer) }
    };
    let complaint = async {
        let mut errors = errors;
        let complaint = beginning(&mut errors, LONGEST_COMPLAINT).await?;
        // Nothing of the rest is kept, but it must not stop for want of a reader.
        copy(&mut errors, &mut sink()).await.map_err(broken)?;
        Ok(complaint)
    };
    let ((), answer, complaint) = tokio::try_join!(hand_over, answer, complaint)?;
    let status = child.wait().await.map_err(broken)?;
    Ok(Heard { status, answer, complaint })
}

async fn beginning(from: impl AsyncRead + Unpin, most: usize) -> Result<Vec<u8>, Unprinted> {
    let mut read = Vec::new();
    from.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut read).await.map_err(broken)?;
    Ok(read)
}

/// What a run's end and answer mean.
fn judge(heard: Heard, limits: &Limits) -> Result<Vec<u8>, Unprinted> {
    let Heard { status, answer, complaint } = heard;
    if status.success() && answer.starts_with(b"%PDF-") {
        return Ok(answer);
    }
    match status.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU) => return Err(Unprinted::Slow(limits.work)),
        // A Rust program that gets no memory, or goes deeper than its stack, aborts.
        Some(Signal::ABORT | Signal::SEGV | Signal::BUS) => return Err(Unprinted::Hungry(limits.memory)),
        _ => {}
    }
    match serde_json::from_slice(&answer) {
        Ok(Failure::Refused(mistake)) => Err(Unprinted::Refused(in_one_sentence(mistake))),
        Ok(Failure::Slow) => Err(Unprinted::Slow(limits.work)),
        Ok(Failure::Broken { message }) => Err(broken(message)),
        Err(_) => {
            let complaint = String::from_utf8_lossy(&complaint);
            Err(broken(format!("it ended with {status} and said: {}", one_line(&complaint))))
        }
    }
}

/// What the compiler quotes of a template may have lines and sentences of its own.
fn in_one_sentence(mistake: Mistake) -> Mistake {
    let line = |text: String| one_line(&text).trim_end_matches('.').to_owned();
    Mistake { message: line(mistake.message), hint: mistake.hint.map(line), ..mistake }
}

fn broken(why: impl Display) -> Unprinted {
    tracing::error!("The PDF worker failed: {why}");
    Unprinted::Broken
}
