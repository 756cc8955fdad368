//! `belfry user`: people, from the command line.

use std::io::Read;

use anyhow::{Context, bail};

use super::FileArgs;
use crate::auth::{Roles, passwords};
use crate::clock::Clock;
use crate::storage::{Database, Purpose};
use crate::user::{self, New, User};

#[derive(Debug, clap::Subcommand)]
pub(super) enum UserCommand {
    /// Add a user
    Add(AddArgs),
    /// List the users
    List(FileArgs),
    /// Give a user another password, read from standard input; ends the user's sessions
    SetPassword(OneArgs),
    /// Let a locked user sign in again
    Unlock(OneArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// E-mail address: what the user signs in with
    #[arg(long)]
    email: String,
    /// Name
    #[arg(long)]
    name: String,
    /// admin, support, finance or customer; may be given several times
    #[arg(long)]
    role: Vec<String>,
    /// The number, where it must be a certain one
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..=crate::http::body::LARGEST_ID))]
    id: Option<i64>,
    /// Such as Europe/London
    #[arg(long)]
    time_zone: Option<String>,
    /// Read the password from standard input; without one the user cannot sign in yet
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    file: FileArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct OneArgs {
    /// Id or e-mail address
    user: String,
    #[command(flatten)]
    file: FileArgs,
}

pub(super) async fn run(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(wish) => add(wish).await,
        UserCommand::List(file) => {
            for user in user::list(&open(&file).await?).await? {
                println!("{}", line(&user));
            }
            Ok(())
        }
        UserCommand::SetPassword(one) => {
            let password = passwords::hash(&password_from_stdin()?)?;
            let database = open(&one.file).await?;
            let user = user::find(&database, &one.user).await?;
            user::set_password(&database, Clock::Real.now(), user.id, password).await?;
            println!("{} has a new password and is signed out everywhere", user.email);
            Ok(())
        }
        UserCommand::Unlock(one) => {
            let database = open(&one.file).await?;
            let user = user::find(&database, &one.user).await?;
            user::unlock(&database, Clock::Real.now(), user.id).await?;
            println!("{} may sign in again", user.email);
            Ok(())
        }
    }
}

async fn add(wish: AddArgs) -> anyhow::Result<()> {
    let password = match wish.password_stdin {
        true => Some(passwords::hash(&password_from_stdin()?)?),
        false => None,
    };
    let new = New {
        id: wish.id,
        email: wish.email,
        name: wish.name,
        roles: Roles::parse(&wish.role)?,
        password,
        time_zone: wish.time_zone,
        ..New::default()
    };
    let user = user::add(&open(&wish.file).await?, Clock::Real.now(), new).await?;
    println!("{}", line(&user));
    Ok(())
}

/// The database of the configuration, beside a server that may be running.
pub(super) async fn open(file: &FileArgs) -> anyhow::Result<Database> {
    Ok(Database::open(&file.load()?.database, Purpose::Command).await?)
}

fn line(user: &User) -> String {
    let roles = user.roles.names().join(",");
    format!("{}\t{}\t{}\t{}\t{}", user.id, user.email, user.name, user.status.as_str(), roles)
}

/// The first line of standard input, so that no password stands in a list of processes.
fn password_from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(8192).read_to_string(&mut text).context("reading the password")?;
    let password = text.lines().next().unwrap_or_default().to_owned();
    if password.is_empty() {
        bail!("no password came on standard input; try: echo 'the password' | belfry user …");
    }
    Ok(password)
}
