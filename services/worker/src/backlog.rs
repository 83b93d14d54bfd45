//! Tells operations what is waiting.

use std::time::Duration;

use tasuki_app::context::Context;
use tasuki_app::provisioning::plan_sweeps;
use tasuki_store::{StoreError, jobs};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often the gauges are refreshed.
const EVERY: Duration = Duration::from_secs(10);

/// How often to see that this hour's sweeps are planned.
const PLAN_EVERY: Duration = Duration::from_mins(5);

/// Keeps the gauges of pending, overdue and dead jobs true until told to stop, and sees that providers
/// are swept.
pub async fn watch_backlog(ctx: Context, stop: CancellationToken) {
    // Not at once: a server that starts has more urgent things to do.
    let mut planned = Instant::now();
    while !stop.is_cancelled() {
        if planned.elapsed() >= PLAN_EVERY {
            planned = Instant::now();
            if let Err(problem) = plan_sweeps(&ctx).await {
                tracing::warn!("cannot plan the sweeps of providers: {problem}");
            }
        }
        match look(&ctx).await {
            Ok(backlog) => {
                gauge("tasuki_jobs_pending", backlog.n_pending);
                gauge("tasuki_jobs_overdue", backlog.n_overdue);
                gauge("tasuki_jobs_dead", backlog.n_dead);
            }
            Err(error) => tracing::warn!("cannot count the backlog: {error}"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn look(ctx: &Context) -> Result<jobs::Backlog, StoreError> {
    let tx = ctx.store.begin_read().await?;
    jobs::backlog(&tx, ctx.clock.now()).await
}

fn gauge(name: &'static str, n: i64) {
    // Counts of jobs fit into 32 bits and so into a gauge without loss.
    metrics::gauge!(name).set(i32::try_from(n).unwrap_or(i32::MAX));
}
