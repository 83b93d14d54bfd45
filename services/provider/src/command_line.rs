//! The arguments of the program, shared by `tasuki-provider` and `tasuki provider serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tonic::Code;

use crate::verify::{Format, Plan};
use crate::{Breach, Callbacks, Faults, Options, Scenario, bind, code};

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
    /// Promises of the contract to break, to try out whoever verifies them.
    #[arg(long, value_delimiter = ',', value_enum, value_name = "PROMISE")]
    breach: Vec<Breach>,
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
                breaches: self.breach,
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

/// What is verified of a provider's server.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// Where the provider contract is served.
    #[arg(long, value_name = "URL")]
    target: String,
    /// The component to order; the first that is offered if none is named.
    #[arg(long, value_name = "NAME")]
    component: Option<String>,
    /// A parameter that the component requires; may be given several times.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
    /// The pseudonym of a tenant that nobody is behind: what its customer would do counts as done.
    #[arg(long, default_value = "tasuki-conformance", value_name = "NAME")]
    tenant_reference: String,
    /// Every answer has to come within so many milliseconds.
    #[arg(long, default_value_t = 2_000, value_name = "MILLISECONDS")]
    answer_within_ms: u64,
    /// A provider that does not simulate time has to be live within so many seconds.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    live_within: u64,
    /// How the report is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// File for the report; standard output if none is named.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| format!("`{text}` is not of the form NAME=VALUE"))
}

/// Verifies a provider's server and writes the report.
///
/// # Errors
/// The target is no address, the report cannot be written, or a promise is broken.
pub async fn verify(arguments: VerifyArguments, now: jiff::Timestamp) -> anyhow::Result<()> {
    use std::io::Write as _;
    let plan = Plan {
        component: arguments.component,
        parameters: arguments.parameters,
        tenant_reference: arguments.tenant_reference,
        answer_within: Duration::from_millis(arguments.answer_within_ms),
        live_within: Duration::from_secs(arguments.live_within),
        ..Plan::of(arguments.target, now)
    };
    let report = Box::pin(crate::verify::verify(&plan)).await?;
    let text = report.text(arguments.format);
    match &arguments.output {
        Some(path) => std::fs::write(path, text)
            .with_context(|| format!("`{}` cannot be written", path.display()))?,
        None => std::io::stdout().lock().write_all(text.as_bytes())?,
    }
    let broken: Vec<_> = report.broken().iter().map(|row| row.check.as_str()).collect();
    anyhow::ensure!(broken.is_empty(), "the provider breaks the contract: {}", broken.join(", "));
    Ok(())
}
