//! Claims due jobs in batches and runs them, lane by lane.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tasuki_app::context::Context;
use tasuki_core::reason::Kind;
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, Claim, Claimed, Lane};
use tasuki_store::{StoreError, tenants};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::failure::JobFailure;
use crate::retry;
use crate::worker::Worker;

/// How long a worker may hold a job, when nobody says. Longer than the longest call to a partner; when a worker dies,
/// its jobs wait this long at most.
const LEASE_SECONDS: u32 = 60;

/// A job is cut off so many seconds before its lease ends, so that it never works on while another has taken it over;
/// of a short lease a fifth.
const CUT_OFF_EARLY: u32 = 3;

/// Jobs claimed in one grab: about twenty pay off most, see the engine's measurements.
const BATCH: usize = 20;

/// How often to look for work that became due by time, or that other processes added.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Up to so much longer, drawn anew each time, so that processes do not all look at once.
const SPREAD_MILLISECONDS: u64 = 50;

/// How many jobs one process runs at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hands {
    /// In each lane; a lane that is not named runs one at a time.
    pub lanes: BTreeMap<Lane, usize>,
    /// Of one counterpart, such as a provider, in all processes together. More than a lane of one process has: what a
    /// process held that died counts until its leases end, and must not keep the others from that counterpart.
    pub per_counterpart: u32,
    /// How long a job is held: when its worker dies, another takes it over after so many seconds.
    pub lease_seconds: u32,
}

impl Default for Hands {
    fn default() -> Self {
        let lanes = Lane::ALL.into_iter().map(|lane| (lane, 8)).collect();
        Self { lanes, per_counterpart: 16, lease_seconds: LEASE_SECONDS }
    }
}

impl Hands {
    fn of(&self, lane: Lane) -> usize {
        self.lanes.get(&lane).copied().unwrap_or(1).max(1)
    }

    /// How long a job may run.
    fn longest_run(&self) -> Duration {
        let early = CUT_OFF_EARLY.min(self.lease_seconds / 5);
        Duration::from_secs(u64::from(self.lease_seconds.saturating_sub(early).max(1)))
    }
}

/// Runs due jobs until told to stop; then waits for those under way.
pub async fn run_jobs(worker: Worker, stop: CancellationToken) {
    run_jobs_with(worker, Hands::default(), stop).await;
}

/// As [`run_jobs`], with so many hands.
pub async fn run_jobs_with(worker: Worker, hands: Hands, stop: CancellationToken) {
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
            let free = hands.of(lane).saturating_sub(busy).min(BATCH);
            match claim(&worker.ctx, lane, free, &hands).await {
                Ok(claimed) => {
                    n_claimed += claimed.len();
                    *n_running.entry(lane).or_default() += claimed.len();
                    for job in claimed {
                        let (worker, longest) = (Arc::clone(&worker), hands.longest_run());
                        running.spawn(async move {
                            run_one(&worker, &job, longest).await;
                            lane
                        });
                    }
                }
                Err(StoreError::LostRace) => {}
                Err(error) => tracing::warn!(lane = lane.as_str(), "cannot claim jobs: {error}"),
            }
        }
        if n_claimed == 0 {
            let spread = Duration::from_millis(fastrand::u64(0..=SPREAD_MILLISECONDS));
            tokio::select! {
                () = stop.cancelled() => {}
                () = worker.ctx.store.job_added() => {}
                () = tokio::time::sleep(LOOK_AGAIN + spread) => {}
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
    let hands = Hands { per_counterpart: u32::MAX, ..Hands::default() };
    let mut n_run = 0;
    loop {
        let mut n_claimed = 0;
        for lane in due_lanes(&worker.ctx).await? {
            for job in claim(&worker.ctx, lane, BATCH, &hands).await? {
                run_one(worker, &job, hands.longest_run()).await;
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
        // What a job does cannot bring its task down; the lane counts it as running no longer, at
        // worst one job too many runs at once.
        Err(error) => {
            tracing::error!("a job's task ended: {error}");
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

async fn claim(
    ctx: &Context,
    lane: Lane,
    limit: usize,
    hands: &Hands,
) -> Result<Vec<Claimed>, StoreError> {
    let Some(limit) = u32::try_from(limit).ok().filter(|limit| *limit > 0) else {
        return Ok(Vec::new());
    };
    let now = ctx.clock.now();
    let lease_until = now.plus_seconds(i64::from(hands.lease_seconds)).unwrap_or(now);
    let claim = Claim { token: ctx.ids.next_uuid(), limit };
    let tx = ctx.store.begin().await?;
    let times = (now, lease_until);
    let claimed = jobs::claim_within(&tx, lane, times, claim, hands.per_counterpart).await?;
    tx.commit().await?;
    Ok(claimed)
}

async fn run_one(worker: &Worker, job: &Claimed, longest: Duration) {
    let span = tracing::info_span!(
        "job", job.kind = %job.kind, job.id = %job.id, job.attempt = job.attempt,
        outcome = tracing::field::Empty
    );
    let result = Box::pin(attempt(worker, job, longest)).instrument(span.clone()).await;
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

/// Runs a job within its lease; whatever it does, there is an answer.
async fn attempt(worker: &Worker, job: &Claimed, longest: Duration) -> Result<(), JobFailure> {
    if job.attempt > retry::MOST_CLAIMS {
        let before = job.last_error.as_deref().unwrap_or("none was told");
        let n = job.attempt - 1;
        let error = format!("its worker ended {n} times without an answer; last error: {before}");
        return Err(JobFailure::Final { error });
    }
    let mut running = std::pin::pin!(tokio::time::timeout(longest, crate::jobs::run(worker, job)));
    // A mistake in one job must not end the others of its process, nor hide why it failed.
    let caught = std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(cx)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(ended)) => Poll::Ready(Ok(ended)),
            Err(panic) => Poll::Ready(Err(said(panic.as_ref()))),
        }
    });
    match caught.await {
        Ok(Ok(result)) => result,
        Ok(Err(_elapsed)) => Err(JobFailure::Retry {
            error: format!("DEADLINE_EXCEEDED: it took longer than {} s", longest.as_secs()),
            kind: Kind::DeadlineExceeded,
        }),
        Err(panic) => {
            Err(JobFailure::Retry { error: format!("INTERNAL: {panic}"), kind: Kind::Internal })
        }
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("the job panicked: {}", text.unwrap_or_default())
}

async fn give_back(worker: &Worker, job: &Claimed, failure: &JobFailure) -> Result<(), StoreError> {
    let tx = worker.ctx.store.begin().await?;
    let clock_at = match job.tenant {
        Some(tenant) => tenants::get(&tx, tenant).await?.and_then(|it| it.tenant.clock_at),
        None => None,
    };
    let now = clock_at.unwrap_or_else(|| worker.ctx.clock.now());
    match failure {
        JobFailure::Retry { error, kind }
            if let Some(policy) = retry::policy(*kind)
                && job.attempt < policy.most_tries =>
        {
            let jitter = if clock_at.is_some() { 0 } else { fastrand::u16(0..=1_000) };
            let wait = policy.seconds_after(job.attempt, jitter);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_ends_before_its_lease_does() {
        let longest = |lease_seconds| Hands { lease_seconds, ..Hands::default() }.longest_run();
        assert_eq!(longest(60), Duration::from_secs(57));
        assert_eq!(longest(5), Duration::from_secs(4));
        assert_eq!(longest(1), Duration::from_secs(1));
    }
}
