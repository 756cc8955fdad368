//! `belfry backup`, `migrate` and `openapi`.

use std::path::Path;

use anyhow::Context;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::storage::{self, Database, Purpose};

pub(super) fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    let bytes = storage::backup(&config.database, file)?;
    println!("{} holds a consistent copy ({bytes} bytes), checked", file.display());
    Ok(())
}

pub(super) async fn migrate(config: Config) -> anyhow::Result<()> {
    let told =
        |step: storage::Migrated| println!("applied {} ({} of {})", step.name, step.version, step.newest);
    let database = Database::open_with_progress(&config.database, Purpose::Command, told).await?;
    database.close().await;
    println!("the schema is at {}", storage::newest_version());
    Ok(())
}

/// Opens a node on an empty database: the routes make the document.
pub(super) async fn openapi() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("belfry-openapi-{}", crate::secret::token()));
    let listen = "127.0.0.1:0".parse().context("a constant address")?;
    let app = App::open(Config::demo(listen, &folder), Clock::Real).await;
    let document = app.and_then(|app| Ok(app.document().to_pretty_json()?));
    let _ = std::fs::remove_dir_all(&folder);
    println!("{}", document?);
    Ok(())
}
