//! `belfry key`: API keys of the database, from the command line.

use std::time::Duration;

use anyhow::Context;

use super::FileArgs;
use super::person::open;
use crate::auth::{Roles, keys};
use crate::clock::Clock;

#[derive(Debug, clap::Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key; it is shown once
    New(NewArgs),
    /// List the keys that were made
    List(FileArgs),
    /// Revoke a key for good; a running server refuses it within two seconds
    Revoke {
        /// Its number, as `belfry key list` shows it
        id: i64,
        #[command(flatten)]
        file: FileArgs,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct NewArgs {
    /// What the key is for: what logs call it
    #[arg(long)]
    description: String,
    /// admin, support, finance or customer; may be given several times. Any key may send
    #[arg(long)]
    role: Vec<String>,
    /// From when on it is refused, such as 90d; never where nothing is said
    #[arg(long, value_parser = humantime::parse_duration)]
    expires: Option<Duration>,
    #[command(flatten)]
    file: FileArgs,
}

pub(super) async fn run(command: KeyCommand) -> anyhow::Result<()> {
    let now = Clock::Real.now();
    match command {
        KeyCommand::New(wish) => {
            let new = keys::New {
                name: wish.description.clone(),
                description: Some(wish.description),
                roles: Roles::parse(&wish.role)?,
                expires_at: wish.expires.map(|expires| now.plus(expires)),
                created_by: "the command line".to_owned(),
            };
            let (_, text) = keys::create(&open(&wish.file).await?, now, new).await?;
            println!("{}", text.reveal());
        }
        KeyCommand::List(file) => {
            for key in keys::list(&open(&file).await?).await? {
                let expires = key
                    .expires_at
                    .map_or("never expires".to_owned(), |at| format!("expires {}", at.to_rfc3339()));
                let roles = key.roles.names().join(",");
                println!(
                    "{}\t{}\t{}\t{}\t{roles}\t{expires}",
                    key.id,
                    key.hint,
                    key.standing(now).as_str(),
                    key.description
                );
            }
        }
        KeyCommand::Revoke { id, file } => {
            let key = keys::revoke(&open(&file).await?, now, id).await.context("nothing was revoked")?;
            println!("{} ({}) is revoked", key.id, key.description);
        }
    }
    Ok(())
}
