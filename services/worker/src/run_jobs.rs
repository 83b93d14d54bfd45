//! Claims due jobs in batches and runs them, lane by lane.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tasuki_app::context::Context;
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, Claim, Claimed, Lane};
use tasuki_store::{StoreError, tenants};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::failure::JobFailure;
use crate::retry;
use crate::worker::Worker;

/// How long a worker may hold a job. Longer than the longest call to a partner; when a worker dies,
/// its jobs wait this long at most.
const LEASE_SECONDS: i64 = 60;

/// Jobs of one lane that one process runs at once.
const CONCURRENCY: usize = 8;

/// Jobs claimed in one grab: about twenty pay off most, see the engine's measurements.
const BATCH: usize = 20;

/// How often to look for work that became due by time, or that other processes added.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Runs due jobs until told to stop; then waits for those under way.
pub async fn run_jobs(worker: Worker, stop: CancellationToken) {
    let worker = Arc::new(worker);
    let mut running: JoinSet<Lane> = JoinSet::new();
    let mut n_running: BTreeMap<Lane, usize> = BTreeMap::new();
    while !stop.is_cancelled() {
        let mut n_claimed = 0;
        let lanes = due_lanes(&worker.ctx).await.unwrap_or_else(|error| {
            // Asked again soon.
            tracing::warn!("cannot look for due jobs: {error}");
            Vec::new()
        });
        for lane in lanes {
            let busy = n_running.get(&lane).copied().unwrap_or(0);
            let free = CONCURRENCY.saturating_sub(busy);
            match claim(&worker.ctx, lane, free.min(BATCH)).await {
                Ok(claimed) => {
                    n_claimed += claimed.len();
                    *n_running.entry(lane).or_default() += claimed.len();
                    for job in claimed {
                        let worker = Arc::clone(&worker);
                        running.spawn(async move {
                            run_one(&worker, &job).await;
                            lane
                        });
                    }
                }
                Err(StoreError::LostRace) => {}
                Err(error) => tracing::warn!(lane = lane.as_str(), "cannot claim jobs: {error}"),
            }
        }
        if n_claimed == 0 || n_running.values().all(|busy| *busy >= CONCURRENCY) {
            tokio::select! {
                () = stop.cancelled() => {}
                () = worker.ctx.store.job_added() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                Some(ended) = running.join_next() => note_ended(&mut n_running, &ended),
            }
        }
        while let Some(ended) = running.try_join_next() {
            note_ended(&mut n_running, &ended);
        }
    }
    while running.join_next().await.is_some() {}
}

/// Runs the jobs that are due now, one after the other, and those that they add; tells how many.
///
/// For tests: time is moved by their clock, and nothing runs behind their back.
///
/// # Errors
/// [`StoreError`].
pub async fn run_due_jobs(worker: &Worker) -> Result<usize, StoreError> {
    let mut n_run = 0;
    loop {
        let mut n_claimed = 0;
        for lane in due_lanes(&worker.ctx).await? {
            for job in claim(&worker.ctx, lane, BATCH).await? {
                run_one(worker, &job).await;
                n_claimed += 1;
            }
        }
        if n_claimed == 0 {
            return Ok(n_run);
        }
        n_run += n_claimed;
    }
}

fn note_ended(n_running: &mut BTreeMap<Lane, usize>, ended: &Result<Lane, tokio::task::JoinError>) {
    match ended {
        Ok(lane) => {
            if let Some(busy) = n_running.get_mut(lane) {
                *busy = busy.saturating_sub(1);
            }
        }
        // A job that panicked keeps its lease until it ends and is then claimed again; the lane
        // counts it as running no longer, at worst one job too many runs at once.
        Err(error) => {
            tracing::error!("a job ended in a panic: {error}");
            for busy in n_running.values_mut() {
                *busy = busy.saturating_sub(1);
            }
        }
    }
}

/// Lanes with due jobs, the most urgent first.
async fn due_lanes(ctx: &Context) -> Result<Vec<Lane>, StoreError> {
    jobs::due_lanes(&ctx.store.begin_read().await?, ctx.clock.now()).await
}

async fn claim(ctx: &Context, lane: Lane, limit: usize) -> Result<Vec<Claimed>, StoreError> {
    let Some(limit) = u32::try_from(limit).ok().filter(|limit| *limit > 0) else {
        return Ok(Vec::new());
    };
    let now = ctx.clock.now();
    let lease_until = now.plus_seconds(LEASE_SECONDS).unwrap_or(now);
    let claim = Claim { token: ctx.ids.next_uuid(), limit };
    let tx = ctx.store.begin().await?;
    let claimed = jobs::claim_due(&tx, lane, now, lease_until, claim).await?;
    tx.commit().await?;
    Ok(claimed)
}

async fn run_one(worker: &Worker, job: &Claimed) {
    let span = tracing::info_span!(
        "job", job.kind = %job.kind, job.id = %job.id, job.attempt = job.attempt,
        outcome = tracing::field::Empty
    );
    let result = Box::pin(crate::jobs::run(worker, job)).instrument(span.clone()).await;
    let outcome = match &result {
        Ok(()) => "done",
        Err(JobFailure::Retry { .. }) => "retry",
        Err(JobFailure::Final { .. }) => "dead",
    };
    span.record("outcome", outcome);
    metrics::counter!("tasuki_jobs_total", "kind" => job.kind.clone(), "outcome" => outcome)
        .increment(1);
    if let Err(failure) = result
        && let Err(error) = give_back(worker, job, &failure).instrument(span).await
    {
        // The lease ends by itself and the job is claimed again.
        tracing::warn!(job.id = %job.id, "cannot give back job `{}`: {error}", job.id);
    }
}

async fn give_back(worker: &Worker, job: &Claimed, failure: &JobFailure) -> Result<(), StoreError> {
    let tx = worker.ctx.store.begin().await?;
    let clock_at = match job.tenant {
        Some(tenant) => tenants::get(&tx, tenant).await?.and_then(|it| it.tenant.clock_at),
        None => None,
    };
    let now = clock_at.unwrap_or_else(|| worker.ctx.clock.now());
    match failure {
        JobFailure::Retry { error, after_seconds } if job.attempt < retry::MOST_ATTEMPTS => {
            let jitter = if clock_at.is_some() { 0 } else { fastrand::u16(0..=1_000) };
            let wait = after_seconds.unwrap_or_else(|| retry::seconds_after(job.attempt, jitter));
            let run_at: Timestamp = now.plus_seconds(wait).unwrap_or(now);
            tracing::info!(job.id = %job.id, "job `{}` is tried again at {run_at}: {error}", job.id);
            jobs::retry_at(&tx, job, run_at, error).await?;
        }
        JobFailure::Retry { error, .. } | JobFailure::Final { error } => {
            tracing::error!(job.id = %job.id, "job `{}` is a dead letter: {error}", job.id);
            jobs::bury(&tx, job, now, error).await?;
        }
    }
    tx.commit().await
}
