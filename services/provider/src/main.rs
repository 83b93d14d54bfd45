//! The `tasuki-provider` program.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser;
use tasuki_provider::command_line::{Arguments, serve};

/// A reference provider of security services, with switches for bad behaviour.
#[derive(Debug, Parser)]
#[command(name = "tasuki-provider", version, max_term_width = 100)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
    /// What is logged, such as `info` or `debug`.
    #[arg(long, default_value = "info", value_name = "FILTER")]
    log: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(tracing_subscriber::EnvFilter::new(&program.log))
        .init();
    match serve(program.arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
