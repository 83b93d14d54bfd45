//! `tasuki provider serve`: the reference provider, as a process of its own.

use clap::Subcommand;
use tasuki_provider::command_line::Arguments;

/// What to do as a provider.
#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// Serve the provider contract, with switches for bad behaviour, until told to stop.
    Serve(Box<Arguments>),
}

/// Runs it.
pub(crate) async fn run(command: ProviderCommand, log: Option<String>) -> anyhow::Result<()> {
    let ProviderCommand::Serve(arguments) = command;
    let filter = log.unwrap_or_else(|| "info".to_owned());
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .init();
    tasuki_provider::command_line::serve(*arguments).await
}
