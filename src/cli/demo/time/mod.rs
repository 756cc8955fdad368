//! The demo's clock: the system's, and as far ahead of it as somebody let time run.

mod http;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::app::App;
use crate::clock::{Clock, Instant};
use crate::storage::Error;

pub(super) use http::routes;

/// The file of the data folder that says how far ahead the clock is: what happened then must not lie in the future
/// after a restart.
const AHEAD: &str = "clock.ahead";

/// How far time may be let run in one go.
const MOST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The clock of a demo in this folder.
pub(super) fn clock(data_dir: &Path) -> Clock {
    let ahead = std::fs::read_to_string(data_dir.join(AHEAD)).ok();
    Clock::shifted(ahead.and_then(|text| text.trim().parse().ok()).filter(|by| *by >= 0).unwrap_or(0))
}

/// What lets time run.
#[derive(Clone)]
pub(super) struct Time {
    app: App,
    file: PathBuf,
}

impl Time {
    /// The time of this node, whose clock is that of [`clock`].
    pub(super) fn of(app: App, data_dir: &Path) -> Self {
        Self { app, file: data_dir.join(AHEAD) }
    }

    fn now(&self) -> Instant {
        self.app.clock.now()
    }

    /// Lets time run, from one due instant to the next, and sends what fell due there, so that nothing comes late that
    /// lies between. Returns how many
    /// timers' instants lay between.
    async fn run(&self, by: Duration) -> anyhow::Result<usize> {
        let until = self.now().plus(by.min(MOST));
        let mut stops = 0;
        while let Some(due) = self.next().await?.filter(|due| *due <= until) {
            self.app.clock.advance(due.since(self.now()));
            self.next().await?;
            self.app.deliveries.drain().await;
            stops += 1;
        }
        self.app.clock.advance(until.since(self.now()));
        self.next().await?;
        self.app.deliveries.drain().await;
        std::fs::write(&self.file, self.app.clock.shift().to_string())
            .with_context(|| format!("writing {}", self.file.display()))?;
        Ok(stops)
    }

    /// Does what is due now; returns when something else is.
    async fn next(&self) -> Result<Option<Instant>, Error> {
        self.app.triggers.fire_due().await
    }
}
