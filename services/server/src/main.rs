//! The `tasuki` program.

mod auth;
mod call_metrics;
mod commands;
mod events_file;
mod http;
mod present;
mod settings;
mod telemetry;
mod wiring;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::serve::StopWith;
use crate::settings::{Overrides, ServerRole, Settings};

/// Answers are many small texts: with the system's allocator a third of the time of a call went into it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Orchestrates bundled security services with embedded cyber cover.
#[derive(Debug, Parser)]
#[command(name = "tasuki", version, max_term_width = 100)]
struct Arguments {
    /// Settings file (TOML). Every setting and its default: `tasuki serve --print-defaults`.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: `sqlite://FILE` or `postgres://…`; wins over `database.url`.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// What is logged, such as `info` or `warn,tasuki_worker=debug`; wins over `telemetry.log`.
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve calls, do due jobs and hand events on, until told to stop.
    Serve {
        /// Where to listen; wins over `server.address`. Port 0 takes a free one.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
        /// What this process does; all by default.
        #[arg(long, value_delimiter = ',', value_name = "ROLE")]
        roles: Vec<ServerRole>,
        /// Print every setting with its default and a comment, and end.
        #[arg(long)]
        print_defaults: bool,
        /// Stop when standard input ends.
        #[arg(long, hide = true)]
        stop_with_input: bool,
    },
    /// Play a year of a real consortium's business through the server, and report on it.
    Demo(commands::demo::Options),
    /// Put the pilots' partners, tenants and quotes into a running server.
    Seed(commands::seed::Options),
    /// Say what suits a company and what it costs, without a server.
    Quote(Box<commands::quote::Options>),
    /// Check, show and compare rate cards.
    #[command(subcommand)]
    Catalog(commands::catalog::CatalogCommand),
    /// Say what cover may cost, what other terms would have paid, and what firms have in common.
    #[command(subcommand)]
    Cover(Box<commands::cover::CoverCommand>),
    /// Bring the database's schema up to this program's.
    Migrate,
    /// Run the reference provider, as a process of its own.
    #[command(subcommand)]
    Provider(commands::provider::ProviderCommand),
    /// Check and test policy packs.
    #[command(subcommand)]
    Policy(commands::policy::PolicyCommand),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(arguments)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the last word of a command that failed")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("tasuki: {error:#}");
    ExitCode::FAILURE
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut overrides =
        Overrides { database_url: arguments.database, log: arguments.log, ..Overrides::default() };
    let file = arguments.config.as_deref();
    match arguments.command {
        Command::Serve { print_defaults: true, .. } => print_defaults(),
        Command::Serve { listen, roles, print_defaults: false, stop_with_input } => {
            overrides.address = listen;
            overrides.roles = roles;
            let stop_with = if stop_with_input { StopWith::Input } else { StopWith::Signal };
            commands::serve::serve(Settings::read(file, overrides)?, stop_with).await?;
        }
        Command::Demo(options) => {
            return Box::pin(commands::demo::run(options, overrides.database_url)).await;
        }
        Command::Seed(options) => commands::seed::seed(options).await?,
        Command::Provider(command) => {
            commands::provider::run(command, overrides.log).await?;
        }
        Command::Quote(options) => return commands::quote::run(&options),
        Command::Catalog(command) => {
            let stored = overrides.database_url.is_some();
            let settings = || stored.then(|| Settings::read(file, overrides)).transpose();
            return Box::pin(commands::catalog::run(&command, settings)).await;
        }
        Command::Cover(command) => {
            let settings = || Settings::read(file, overrides);
            return Box::pin(commands::cover::run(&command, settings)).await;
        }
        Command::Policy(command) => {
            let settings = || Settings::read(file, overrides);
            return Box::pin(commands::policy::run(&command, settings)).await;
        }
        Command::Migrate => {
            commands::migrate::migrate(&Settings::read(file, overrides)?).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print_defaults() {
    print!("{}", settings::DEFAULTS);
}
