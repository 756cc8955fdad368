//! What the scenarios share: the pace, the stores and the report.

use std::time::Duration;

use crate::client::{self, Load, Measured, Until};
use crate::process::Server;
use crate::report::Report;
use crate::requests::Requests;
use crate::store::{Engine, Filling, Store, Stores};

/// How much is measured.
pub struct Pace {
    /// Rounds; each measures everything that is compared, in turn.
    pub rounds: usize,
    /// The length of one measurement.
    pub window: Duration,
    /// Whether what takes long is left out.
    pub quick: bool,
}

/// A run of the benchmark.
pub struct Bench {
    pub pace: Pace,
    pub stores: Stores,
    pub report: Report,
    full: Option<Store>,
}

impl Bench {
    pub fn new(pace: Pace, postgres: Option<String>) -> anyhow::Result<Self> {
        let stores = Stores::new(postgres)?;
        let report = Report::new(&pace, stores.engines());
        Ok(Self { pace, stores, report, full: None })
    }

    /// The SQLite store of ten million notifications that the scenarios of this run share.
    pub async fn full(&mut self) -> anyhow::Result<Store> {
        match self.full.take() {
            Some(store) => Ok(store),
            None => self.stores.make(Engine::Sqlite, Filling::TenMillion).await,
        }
    }

    /// Gives it back for the next scenario.
    pub fn keep_full(&mut self, store: Store) {
        self.full = Some(store);
    }

    /// Loads `server` for one window after a short warm-up.
    pub async fn load(
        &self,
        server: &Server,
        connections: usize,
        requests: &Requests,
    ) -> anyhow::Result<Measured> {
        self.load_for(server, connections, requests, self.pace.window).await
    }

    /// Loads `server` for a window of this length.
    pub async fn load_for(
        &self,
        server: &Server,
        connections: usize,
        requests: &Requests,
        window: Duration,
    ) -> anyhow::Result<Measured> {
        let warm_up = Duration::from_millis(300).min(window);
        client::load(server, Load { connections, warm_up, until: Until::Elapsed(window) }, requests).await
    }
}
