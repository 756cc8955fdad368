//! nginx with nchan, where it is installed: what one would put beside a CRM to tell browsers of news.
//!
//! It keeps what is published in memory and forgets it when it stops; what Belfry sends is on the disk.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::client::Connection;
use crate::process::{cpu_of_process, free_address, resident_of};
use crate::requests;

/// Where Debian puts the module.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// nginx of one worker, which is its fastest for this (more of them tell each other). Ends with its owner.
pub struct Nchan {
    pub address: SocketAddr,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Nchan {
    /// Starts one; `None` where it is not installed.
    pub async fn start() -> anyhow::Result<Option<Self>> {
        let Some(program) =
            ["/usr/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|path| Path::new(path).exists())
        else {
            return Ok(None);
        };
        if !Path::new(MODULE).exists() {
            return Ok(None);
        }
        let folder = tempfile::Builder::new().prefix("nchan-").tempdir()?;
        let address = free_address()?;
        let config = folder.path().join("nginx.conf");
        std::fs::write(&config, configuration(folder.path(), address))?;
        // nginx does not end with its parent by itself.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", program, "-e", "stderr", "-p"]).arg(folder.path());
        command.arg("-c").arg(&config).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().context("starting nginx")?;
        let mut nchan = Self { address, child, _folder: folder };
        let began = Instant::now();
        while nchan.call(&requests::get("/ready")).await.is_err() {
            if let Some(status) = nchan.child.try_wait()? {
                bail!("nginx ended at once ({status})");
            }
            anyhow::ensure!(began.elapsed() < Duration::from_secs(10), "nginx does not answer");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(Some(nchan))
    }

    async fn call(&self, request: &[u8]) -> anyhow::Result<u16> {
        Ok(Connection::open(self.address).await?.call(request).await?.status)
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> anyhow::Result<u64> {
        resident_of(self.child.id())
    }

    /// Processor time so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu_of_process(self.child.id())
    }
}

impl Drop for Nchan {
    fn drop(&mut self) {
        // A single process has nothing to tidy up, and nchan stumbles when it is told to.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One process, no logs, connections as many as its limit on descriptors allows; nchan as it is by default.
fn configuration(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "load_module {MODULE};
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile 20000;
events {{ worker_connections 19900; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {address} backlog=4096;
        location ~ ^/ready {{ return 200; }}
        location ~ ^/publish/(.+)$ {{ nchan_publisher; nchan_channel_id $1; }}
        location ~ ^/follow/(.+)$ {{ nchan_subscriber eventsource; nchan_channel_id $1; nchan_subscriber_first_message newest; }}
    }}
}}
"
    )
}
