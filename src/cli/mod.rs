//! The command line: every subcommand of `belfry`.

mod check;
mod data;
mod demo;
mod key;
mod person;
mod send;
mod serve;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;

/// The notification server of a CRM.
#[derive(Debug, Parser)]
#[command(name = "belfry", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve, as crm_config.yaml says (looked for here, then in /etc/belfry)
    Serve(FileArgs),
    /// Serve a demo: users, an API key and a few notifications, on the embedded database
    Demo {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Where the demo keeps its data
        #[arg(long, default_value = "data/demo")]
        data_dir: PathBuf,
    },
    /// Validate the configuration and print what is in force, with secrets hidden
    Check(FileArgs),
    /// Send a notification from a shell script; the API key is read from BELFRY_API_KEY
    Send(send::SendArgs),
    /// People: add, list, set-password, unlock
    User {
        #[command(subcommand)]
        command: person::UserCommand,
    },
    /// API keys in the database: new, list, revoke
    Key {
        #[command(subcommand)]
        command: key::KeyCommand,
    },
    /// Copy the live SQLite database to a file, consistently
    Backup {
        /// The file to write; it must not exist
        file: PathBuf,
        #[command(flatten)]
        config: FileArgs,
    },
    /// Bring the database's schema up to date and show progress
    Migrate(FileArgs),
    /// Print the OpenAPI document
    Openapi,
    /// Print one document: what the server starts for each PDF
    #[command(hide = true)]
    PdfWorker,
}

#[derive(Debug, clap::Args)]
struct FileArgs {
    /// The configuration file
    #[arg(long)]
    config: Option<PathBuf>,
}

impl FileArgs {
    fn path(&self) -> anyhow::Result<PathBuf> {
        Ok(Config::find(self.config.as_deref())?)
    }

    fn load(&self) -> anyhow::Result<Config> {
        load(&self.path()?)
    }
}

fn load(path: &Path) -> anyhow::Result<Config> {
    Ok(Config::load(path)?)
}

/// Runs what the command line asks for. `print` is the worker that prints one document: the library does not know it,
/// so that its tests need not be linked with all of a typesetter.
pub fn main(print: fn() -> ExitCode) -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::PdfWorker) {
        return print();
    }
    // Whatever is written (database, backup, log) is for the user who runs this alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command's errors belong on standard error")]
fn say_error(error: &anyhow::Error) {
    eprintln!("belfry: {error:#}");
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(file) => serve::serve(&file.path()?),
        Command::Demo { listen, data_dir } => demo::demo(listen, &data_dir),
        Command::Check(file) => check::check(&file.path()?),
        Command::Send(wish) => briefly(send::send(wish)),
        Command::User { command } => briefly(person::run(command)),
        Command::Key { command } => briefly(key::run(command)),
        Command::Backup { file, config } => data::backup(&config.load()?, &file),
        Command::Migrate(file) => briefly(data::migrate(file.load()?)),
        Command::Openapi => briefly(data::openapi()),
        Command::PdfWorker => unreachable!("main has handed it to the worker"),
    }
}

/// Runs a command that ends by itself.
fn briefly(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
