//! Follows the stored policies and rate cards: takes a new set into use, says which policies this
//! process serves.

use std::time::Duration;

use tasuki_app::catalog::refresh_cards;
use tasuki_app::context::Context;
use tasuki_app::governing::{refresh_packs, report_replica, retire_replica};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long after an activation other processes serve the new set at most, beside the time to load.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often a process says that it is there; it counts as gone after two minutes.
const REPORT_EVERY: Duration = Duration::from_secs(30);

/// Follows the stored policies and rate cards until told to stop. `replica` names this process.
pub async fn watch_packs(ctx: Context, replica: String, stop: CancellationToken) {
    let mut reported: Option<(Instant, i64, bool)> = None;
    let mut had_failed = false;
    let mut published = String::new();
    while !stop.is_cancelled() {
        if let Err(problem) = refresh_packs(&ctx).await {
            tracing::warn!("cannot look for new policies: {problem}");
        }
        if let Err(problem) = refresh_cards(&ctx).await {
            tracing::warn!("cannot look for new rate cards: {problem}");
        }
        let served = ctx.library.packs.served();
        let fails = served.failure.is_some();
        if fails && !had_failed {
            metrics::counter!("tasuki_policy_load_failures_total").increment(1);
        }
        had_failed = fails;
        let stale = reported.is_none_or(|(at, revision, failed)| {
            at.elapsed() >= REPORT_EVERY || (revision, failed) != (served.revision, fails)
        });
        if stale {
            if published != served.packs.hash() {
                // The set that was served before is served no longer.
                info_gauge(&published, 0);
                published = served.packs.hash().to_owned();
            }
            publish(&published, served.revision);
            match report_replica(&ctx, &replica).await {
                Ok(()) => reported = Some((Instant::now(), served.revision, fails)),
                Err(problem) => tracing::warn!("cannot say which policies are served: {problem}"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    if let Err(problem) = retire_replica(&ctx, &replica).await {
        tracing::debug!("cannot take this replica off the list: {problem}");
    }
}

fn publish(hash: &str, revision: i64) {
    // Activations are counted by people: they fit into 32 bits and so into a gauge without loss.
    let revision = i32::try_from(revision).unwrap_or(i32::MAX);
    metrics::gauge!("tasuki_policy_set_revision").set(revision);
    info_gauge(hash, revision);
}

fn info_gauge(hash: &str, value: i32) {
    if !hash.is_empty() {
        metrics::gauge!("tasuki_policy_set_info", "hash" => hash.to_owned()).set(value);
    }
}
