//! The arguments of the program, shared by `tasuki-provider` and `tasuki provider serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tonic::Code;

use crate::{Callbacks, Faults, Options, Scenario, bind, code};

/// How the reference provider is to behave.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where to listen; port 0 takes a free one and prints it.
    #[arg(long, default_value = "127.0.0.1:7450", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The provider's name for itself.
    #[arg(long, default_value = "reference")]
    name: String,
    /// File that keeps the state. Without, everything is forgotten at the end.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Server that takes events in, such as `http://127.0.0.1:7400`. Without, none are sent.
    #[arg(long, value_name = "URL", requires = "provider_id")]
    callback_url: Option<String>,
    /// Our id at that server, `prv_…`.
    #[arg(long, value_name = "ID")]
    provider_id: Option<String>,
    /// Bearer token for that server.
    #[arg(long, env = "TASUKI_PROVIDER_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    callback_token: Option<String>,
    /// What happens to which instance. Without, everything goes live.
    #[arg(long, value_name = "FILE.yaml")]
    scenario: Option<PathBuf>,
    /// Seconds of the tenant's time until something is live whose course names no days.
    #[arg(long, default_value_t = 0)]
    work_seconds: u32,
    /// Each answer takes so much longer.
    #[arg(long, default_value_t = 0, value_name = "MILLISECONDS")]
    slow_ms: u64,
    /// So many of a hundred calls fail.
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    fail_rate: u8,
    /// The gRPC code of calls that fail.
    #[arg(long, default_value = "UNAVAILABLE", value_name = "CODE", value_parser = code)]
    fail_with: Code,
    /// Only these calls fail, such as `PutInstance`.
    #[arg(long, value_delimiter = ',', value_name = "CALL")]
    fail_calls: Vec<String>,
    /// Customers never do their step.
    #[arg(long)]
    customer_never_acts: bool,
    /// Every event is sent twice, the second time in the other order.
    #[arg(long)]
    duplicate_callbacks: bool,
    /// The first request of each change takes effect and is answered with `DEADLINE_EXCEEDED`.
    #[arg(long)]
    time_out_after_effect: bool,
}

impl Arguments {
    fn options(self) -> anyhow::Result<Options> {
        let callbacks = match (self.callback_url, self.provider_id) {
            (Some(url), Some(provider_id)) => {
                Some(Callbacks { url, token: self.callback_token, provider_id })
            }
            (None, _) | (_, None) => None,
        };
        let scenario = match self.scenario {
            Some(path) => Scenario::read(&path)?,
            None => Scenario::default(),
        };
        Ok(Options {
            listen: self.listen,
            name: self.name,
            state: self.state,
            callbacks,
            scenario,
            work_seconds: i64::from(self.work_seconds),
            faults: Faults {
                slow: Duration::from_millis(self.slow_ms),
                fail_percent: self.fail_rate,
                fail_with: self.fail_with,
                fail_calls: self.fail_calls,
                customer_never_acts: self.customer_never_acts,
                duplicate_callbacks: self.duplicate_callbacks,
                time_out_after_effect: self.time_out_after_effect,
            },
        })
    }
}

/// Serves until interrupted or terminated.
///
/// # Errors
/// When the scenario or the state cannot be read, or the address cannot be listened on.
pub async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let bound = bind(arguments.options()?).await?;
    announce(bound.address())?;
    bound.serve(told_to_stop()).await
}

/// One line on standard output, so that whoever started it with port 0 learns the port.
fn announce(address: SocketAddr) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "tasuki-provider listens on http://{address}")?;
    out.flush()
}

async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminated) = signal(SignalKind::terminate()) else {
            let _told = interrupted.await;
            return;
        };
        tokio::select! {
            _told = interrupted => {}
            _told = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _told = interrupted.await;
    }
}
