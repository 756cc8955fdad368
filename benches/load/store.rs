//! Stores to serve: a folder with its configuration, and a database that was filled for it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use belfry::secret::sha256_hex;

use crate::fill::{self, Shape, USERS};
use crate::requests::API_KEY;

const DATABASE_FILE: &str = "belfry.db";

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        }
    }
}

/// What a store holds at first, beside ten thousand users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filling {
    /// No notifications.
    Empty,
    /// Ten thousand, so that a page of 20 is full: 20 for each of 500 users.
    TenThousand,
    /// Ten million: 1,000 for each user.
    TenMillion,
}

impl Filling {
    pub fn name(self) -> &'static str {
        match self {
            Filling::Empty => "empty",
            Filling::TenThousand => "10 thousand",
            Filling::TenMillion => "10 million",
        }
    }

    pub fn shape(self) -> Shape {
        match self {
            Filling::Empty => Shape { holders: 0, each: 0 },
            Filling::TenThousand => Shape { holders: 500, each: 20 },
            Filling::TenMillion => Shape { holders: USERS, each: 1_000 },
        }
    }
}

/// A database and its folder, which goes when it is dropped.
pub struct Store {
    folder: tempfile::TempDir,
    database_url: String,
    /// More lines of its server's configuration.
    more: String,
}

impl Store {
    /// Adds lines to the configuration of its server.
    pub fn configure(&mut self, more: &str) {
        self.more.push_str(more);
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a statement beside the server.
    pub async fn execute(&self, sql: &str) -> anyhow::Result<()> {
        if self.database_url.starts_with("sqlite:") {
            let connection = rusqlite::Connection::open(self.folder().join(DATABASE_FILE))?;
            connection.busy_timeout(Duration::from_secs(10))?;
            return Ok(connection.execute_batch(sql)?);
        }
        Ok(fill::connect(&self.database_url).await?.batch_execute(sql).await?)
    }

    /// Asks for a column of numbers beside the server.
    pub async fn numbers(&self, sql: &str) -> anyhow::Result<Vec<i64>> {
        if self.database_url.starts_with("sqlite:") {
            let connection = rusqlite::Connection::open(self.folder().join(DATABASE_FILE))?;
            let mut statement = connection.prepare(sql)?;
            let numbers = statement.query_map([], |row| row.get(0))?;
            return Ok(numbers.collect::<Result<_, _>>()?);
        }
        let rows = fill::connect(&self.database_url).await?.query(sql, &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Writes the configuration of a server at `address`. All that is not written here is as by default.
    pub fn write_config(&self, address: SocketAddr) -> anyhow::Result<PathBuf> {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let config = format!(
            "listen: {}\ndata_dir: {}\ndatabase_url: {}\n\
             api_keys:\n  {API_KEY}:\n    roles: [admin]\n    description: \"Load\"\n\
             auth:\n  access_token_ttl: 24h\n\
             limits:\n  login_per_address_per_minute: 0\n  streams: 0\n  streams_per_user: 0\n",
            quoted(&address.to_string()),
            quoted(&self.folder().display().to_string()),
            quoted(&self.database_url),
        );
        let path = self.folder().join("crm_config.yaml");
        std::fs::write(&path, config + &self.more)?;
        Ok(path)
    }
}

/// Makes stores.
pub struct Stores {
    /// `target/bench`: filled files are kept here from run to run.
    kept: PathBuf,
    /// An administrator's address of a PostgreSQL server.
    postgres: Option<String>,
    /// Databases that were made there.
    made: Vec<String>,
}

impl Stores {
    pub fn new(postgres: Option<String>) -> anyhow::Result<Self> {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
        std::fs::create_dir_all(&kept)?;
        Ok(Self { kept, postgres, made: Vec::new() })
    }

    /// The databases that can be measured.
    pub fn engines(&self) -> Vec<Engine> {
        match self.postgres {
            Some(_) => vec![Engine::Sqlite, Engine::Postgres],
            None => vec![Engine::Sqlite],
        }
    }

    /// A store of its own.
    pub async fn make(&mut self, engine: Engine, filling: Filling) -> anyhow::Result<Store> {
        let folder = tempfile::Builder::new().prefix("store-").tempdir_in(&self.kept)?;
        let database_url = match engine {
            Engine::Sqlite => {
                let filled = self.filled_file(filling).await?;
                std::fs::copy(&filled, folder.path().join(DATABASE_FILE))?;
                format!("sqlite:{DATABASE_FILE}")
            }
            Engine::Postgres => self.database(filling).await?,
        };
        Ok(Store { folder, database_url, more: String::new() })
    }

    /// Files of another recipe are of no use any more, and one of them is large.
    fn forget_outdated(&self, filling: Filling) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(&self.kept)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(&prefix(filling)) && name.ends_with(".db") {
                std::fs::remove_file(self.kept.join(name))?;
            }
        }
        Ok(())
    }

    async fn filled_file(&self, filling: Filling) -> anyhow::Result<PathBuf> {
        let path = self.kept.join(format!("{}{}.db", prefix(filling), recipe()));
        if path.exists() {
            return Ok(path);
        }
        self.forget_outdated(filling)?;
        let began = Instant::now();
        let unfinished = tempfile::Builder::new().prefix("fill-").tempdir_in(&self.kept)?;
        let file = unfinished.path().join(DATABASE_FILE);
        fill::sqlite(&file, filling.shape()).await?;
        std::fs::File::open(&file)?.sync_all()?;
        std::fs::rename(&file, &path)?;
        note_filled(Engine::Sqlite, filling, began);
        Ok(path)
    }

    /// A PostgreSQL database; what holds little is copied from a template.
    async fn database(&mut self, filling: Filling) -> anyhow::Result<String> {
        let template = format!("belfry_bench_{}_{}", std::process::id(), filling.name().replace(' ', "_"));
        if !self.made.contains(&template) {
            let began = Instant::now();
            let url = self.create(&template, "").await?;
            fill::postgres(&url, filling.shape()).await?;
            if filling == Filling::TenMillion {
                note_filled(Engine::Postgres, filling, began);
                return Ok(url);
            }
        }
        let name = format!("belfry_bench_{}_{}", std::process::id(), self.made.len());
        self.create(&name, &format!("TEMPLATE {template}")).await
    }

    async fn create(&mut self, name: &str, template: &str) -> anyhow::Result<String> {
        let administrator = self.postgres.clone().context("there is no PostgreSQL")?;
        let client = fill::connect(&administrator).await?;
        client.batch_execute(&format!("CREATE DATABASE {name} {template}")).await?;
        self.made.push(name.to_owned());
        let (address, options) = administrator.split_once('?').unwrap_or((&administrator, ""));
        let server = address.rsplit_once('/').context("BELFRY_TEST_POSTGRES names no database")?.0;
        let options = if options.is_empty() { String::new() } else { format!("?{options}") };
        Ok(format!("{server}/{name}{options}"))
    }

    /// Takes away what was made on the PostgreSQL server.
    pub async fn drop_databases(&mut self) -> anyhow::Result<()> {
        let Some(administrator) = &self.postgres else {
            return Ok(());
        };
        let client = fill::connect(administrator).await?;
        for name in self.made.drain(..) {
            client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        }
        Ok(())
    }
}

/// What a filled file depends on: another schema or another filling makes another file.
fn recipe() -> String {
    let ingredients =
        [include_str!("fill.rs"), include_str!("../../migrations/0001_foundation.sql")].concat();
    let version = belfry::storage::newest_version();
    format!("{version}-{}", &sha256_hex(ingredients.as_bytes())[..12])
}

/// How the names of files with this filling begin.
fn prefix(filling: Filling) -> String {
    format!("{}-", filling.name().replace(' ', "-"))
}

fn note_filled(engine: Engine, filling: Filling, began: Instant) {
    println!(
        "  (filled {} with {} in {:.0} s)",
        engine.name(),
        filling.name(),
        began.elapsed().as_secs_f64()
    );
}
