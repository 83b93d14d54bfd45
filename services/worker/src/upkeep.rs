//! Keeps the tables of jobs and orders in step and small: on start, and every hour.

use std::time::Duration;

use tasuki_app::context::Context;
use tasuki_app::provisioning::{find_lost_looks, forget_done_jobs};
use tokio_util::sync::CancellationToken;

/// How often.
const EVERY: Duration = Duration::from_hours(1);

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Finds items under way that nobody will look at, and forgets jobs that were done so many days ago, until told to
/// stop. Any number of processes may do it.
pub async fn keep_up(ctx: Context, done_jobs_days: u32, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match find_lost_looks(&ctx).await {
            Ok(n_lost) => {
                metrics::counter!("tasuki_lost_looks_total").increment(u64::from(n_lost));
            }
            Err(problem) => tracing::warn!("cannot look for items without a look: {problem}"),
        }
        let now = ctx.clock.now();
        let before = now.plus_seconds(-DAY * i64::from(done_jobs_days)).unwrap_or(now);
        match forget_done_jobs(&ctx, before).await {
            Ok(n_forgotten) => {
                metrics::counter!("tasuki_jobs_forgotten_total").increment(n_forgotten);
            }
            Err(problem) => tracing::warn!("cannot forget jobs that are done: {problem}"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
