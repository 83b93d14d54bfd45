//! `tasuki serve`: runs until a signal says stop.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::settings::Settings;
use crate::{telemetry, wiring};

/// What ends a process beside a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopWith {
    /// Nothing.
    Signal,
    /// The end of its input: whoever started it is gone.
    Input,
}

/// Serves until told to stop, then finishes what is under way.
pub(crate) async fn serve(settings: Settings, stop_with: StopWith) -> anyhow::Result<()> {
    let started = Instant::now();
    let running_telemetry = telemetry::start(&settings.telemetry)?;
    let stop = CancellationToken::new();
    let running = wiring::start(&settings, telemetry::metrics()?, stop.clone()).await?;
    if settings.auth.tokens.is_empty() {
        tracing::warn!(
            "no tokens are configured (`auth.tokens`): every caller on this machine is the operator, \
             and the server listens on loopback only"
        );
    }
    let ready_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(address) = running.address {
        tracing::info!(%address, ready_ms, "ready on `{address}`");
        announce(address)?;
    } else {
        tracing::info!(ready_ms, "ready, without the role `api`");
    }

    told_to_stop(stop_with).await?;
    tracing::info!("stopping: no new calls and jobs");
    stop.cancel();
    running.finished(Duration::from_secs(settings.server.shutdown_seconds)).await;
    tracing::info!("stopped");
    running_telemetry.stop();
    Ok(())
}

/// One line on standard output, so that whoever asked for port 0 learns the port.
fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "tasuki listens on http://{address}")?;
    out.flush()
}

/// Waits for a signal, or for the end of the input where that counts.
pub(crate) async fn told_to_stop(stop_with: StopWith) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let input = CancellationToken::new();
    if stop_with == StopWith::Input {
        let ended = input.clone();
        // A thread of its own: one of the runtime's would keep the process from ending.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            ended.cancel();
        });
    }
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
        () = input.cancelled() => Ok(()),
    }
}
