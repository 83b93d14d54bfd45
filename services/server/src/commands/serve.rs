//! `tasuki serve`: runs until a signal says stop.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::settings::Settings;
use crate::{telemetry, wiring};

/// Serves until interrupted or terminated, then finishes what is under way.
pub(crate) async fn serve(settings: Settings) -> anyhow::Result<()> {
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
    match running.address {
        Some(address) => tracing::info!(%address, ready_ms, "ready on `{address}`"),
        None => tracing::info!(ready_ms, "ready, without the role `api`"),
    }

    stop_signal().await?;
    tracing::info!("stopping: no new calls and jobs");
    stop.cancel();
    running.finished(Duration::from_secs(settings.server.shutdown_seconds)).await;
    tracing::info!("stopped");
    running_telemetry.stop();
    Ok(())
}

async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}
