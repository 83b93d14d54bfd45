//! `tasuki provider serve`: the reference provider, as a process of its own; `tasuki provider
//! verify`: the conformance kit for the providers of others.

use clap::Subcommand;
use tasuki_core::time::Clock as _;
use tasuki_provider::command_line::{Arguments, VerifyArguments};

use super::serve::{StopWith, told_to_stop};
use crate::present;

/// What to do as a provider.
#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// Serve the provider contract, with switches for bad behaviour, until told to stop.
    Serve {
        #[command(flatten)]
        arguments: Box<Arguments>,
        /// Stop when standard input ends.
        #[arg(long, hide = true)]
        stop_with_input: bool,
    },
    /// Ask a provider's server what the contract promises, and report which promises it keeps.
    Verify(VerifyArguments),
}

/// Runs it.
pub(crate) async fn run(command: ProviderCommand, log: Option<String>) -> anyhow::Result<()> {
    let (arguments, stop_with_input) = match command {
        ProviderCommand::Serve { arguments, stop_with_input } => (arguments, stop_with_input),
        ProviderCommand::Verify(arguments) => {
            let now = present::SystemClock.now().as_jiff();
            return tasuki_provider::command_line::verify(arguments, now).await;
        }
    };
    let filter = log.unwrap_or_else(|| "info".to_owned());
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .init();
    let serving = tasuki_provider::command_line::serve(*arguments);
    if !stop_with_input {
        return serving.await;
    }
    tokio::select! {
        served = serving => served,
        told = told_to_stop(StopWith::Input) => Ok(told?),
    }
}
