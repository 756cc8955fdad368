//! Server processes: started, watched by what /proc says of them, stopped, killed.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::client::Connection;
use crate::requests;
use crate::store::Store;

/// A server that is not ready by then is broken.
const START_WITHIN: Duration = Duration::from_secs(120);

/// A server that has not stopped by then is broken.
const STOP_WITHIN: Duration = Duration::from_secs(60);

/// What /proc counts processor time in, on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// A running server. Ends with its owner, whatever happens.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start as a process to the first answer that it is ready.
    pub ready_after: Duration,
    child: Child,
}

impl Server {
    /// Starts a server on the store and waits until it is ready.
    pub async fn start(store: &Store) -> anyhow::Result<Self> {
        let address = free_address()?;
        let config = store.write_config(address)?;
        let began = Instant::now();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg("--config").arg(config);
        command.env_remove("RUST_LOG").stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().context("starting a server")?;
        let mut server = Self { address, ready_after: Duration::ZERO, child };
        while !server.is_ready().await {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended at once ({status}); its log is in {}", store.folder().display());
            }
            if began.elapsed() > START_WITHIN {
                bail!("the server is not ready after {START_WITHIN:?}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.ready_after = began.elapsed();
        Ok(server)
    }

    async fn is_ready(&self) -> bool {
        match self.call(&requests::get("/readyz")).await {
            Ok((status, _)) => status == 200,
            Err(_) => false,
        }
    }

    /// Asks once, over a connection of its own.
    pub async fn call(&self, request: &[u8]) -> anyhow::Result<(u16, String)> {
        let mut connection = Connection::open(self.address).await?;
        let answer = connection.call(request).await?;
        Ok((answer.status, String::from_utf8_lossy(answer.body).into_owned()))
    }

    /// Stops it as an operator does, and waits for its end.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let began = Instant::now();
        while began.elapsed() < STOP_WITHIN {
            if let Some(status) = self.child.try_wait()? {
                anyhow::ensure!(status.success(), "the server stopped with {status}");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the server has not stopped after {STOP_WITHIN:?}")
    }

    /// Kills it in the middle of whatever it does.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until it does next to nothing: the merging and folding after a load would be measured otherwise.
    pub async fn settle(&self) -> anyhow::Result<()> {
        for _ in 0..200 {
            let before = self.cpu()?;
            tokio::time::sleep(Duration::from_millis(300)).await;
            if self.cpu()? - before <= 2 * TICK {
                return Ok(());
            }
        }
        bail!("the server does not come to rest")
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> anyhow::Result<u64> {
        resident_of(self.child.id())
    }

    /// Processor time so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu_of_process(self.child.id())
    }

    fn written(&self) -> anyhow::Result<u64> {
        let io = proc(self.child.id(), "io")?;
        let number =
            io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).and_then(|text| text.parse().ok());
        number.context("/proc does not say what was written")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn proc(process: u32, file: &str) -> anyhow::Result<String> {
    let path = format!("/proc/{process}/{file}");
    std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))
}

/// Resident memory of a process in bytes.
pub fn resident_of(process: u32) -> anyhow::Result<u64> {
    let status = proc(process, "status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes =
        line.and_then(|line| line.trim().split(' ').next()).and_then(|number| number.parse().ok());
    Ok(kibibytes.unwrap_or(0u64) * 1024)
}

/// Processor time of a process so far.
pub fn cpu_of_process(process: u32) -> anyhow::Result<Duration> {
    cpu_of(&proc(process, "stat")?)
}

/// Processor time that everybody used so far.
pub fn cpu_of_all() -> anyhow::Result<Duration> {
    Ok(busy(&std::fs::read_to_string("/proc/stat")?))
}

/// A port that is free now; nobody else on this machine is after it.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Processor time of a process, from its `stat`.
fn cpu_of(stat: &str) -> anyhow::Result<Duration> {
    // The name in parentheses may hold anything; what follows it is numbers.
    let numbers = stat.rsplit_once(')').context("/proc/…/stat has no name")?.1;
    let ticks = numbers.split_whitespace().skip(11).take(2).filter_map(|number| number.parse::<u32>().ok());
    Ok(TICK * ticks.sum::<u32>())
}

/// What was used up to an instant.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time of the server.
    pub server_cpu: Duration,
    /// Processor time of this process.
    pub client_cpu: Duration,
    /// Processor time of all others.
    pub foreign_cpu: Duration,
    /// Bytes that the server caused to be written to disks.
    pub written: u64,
}

impl Usage {
    pub fn of(server: &Server) -> anyhow::Result<Self> {
        let (server_cpu, client_cpu) = (server.cpu()?, cpu_of_process(std::process::id())?);
        let foreign_cpu = cpu_of_all()?.saturating_sub(server_cpu + client_cpu);
        Ok(Self { server_cpu, client_cpu, foreign_cpu, written: server.written()? })
    }

    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            server_cpu: self.server_cpu.saturating_sub(earlier.server_cpu),
            client_cpu: self.client_cpu.saturating_sub(earlier.client_cpu),
            foreign_cpu: self.foreign_cpu.saturating_sub(earlier.foreign_cpu),
            written: self.written.saturating_sub(earlier.written),
        }
    }
}

/// Processor time of the whole machine that was not idle: user, nice, system, irq, softirq and stolen.
fn busy(stat: &str) -> Duration {
    let line = stat.lines().next().unwrap_or_default();
    let numbers: Vec<u32> =
        line.split_whitespace().skip(1).filter_map(|number| number.parse().ok()).collect();
    TICK * [0, 1, 2, 5, 6, 7].iter().filter_map(|index| numbers.get(*index)).sum::<u32>()
}
