//! Moves the clock of a simulated tenant, and returns when the work due by then has been done.

use std::time::{Duration, Instant};

use tasuki_core::id::TenantId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::{Tx, jobs, tenants};

use super::TenantView;
use crate::access;
use crate::call::Call;
use crate::context::Context;

/// How soon to look whether work is done that another process does; then ever later.
const LOOK_FIRST: Duration = Duration::from_millis(10);

/// How late to look at the latest.
const LOOK_LAST: Duration = Duration::from_millis(250);

/// How long to stand at one instant before giving up.
const AT_ONE_INSTANT: Duration = Duration::from_secs(30);

/// Where the clock stands now, and what was done on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advanced {
    /// The tenant, with its clock.
    pub tenant: TenantView,
    /// At how many instants the clock stood still for work.
    pub n_stops: u32,
    /// When the next work is due, if any is known.
    pub next_due_at: Option<Timestamp>,
}

/// Moves the clock to `to`, stopping at each instant on the way at which work is due.
///
/// The caller may repeat the call: the clock only moves forward, and work is done once.
///
/// # Errors
/// `CLOCK_NOT_SIMULATED`; `CLOCK_MOVES_BACK`; `CLOCK_STUCK` if due work was not done within half a
/// minute, for instance because no worker runs: the clock then stands where the work is stuck.
pub async fn advance_clock(
    ctx: &Context,
    call: &Call,
    id: TenantId,
    to: Timestamp,
) -> Result<Advanced, Problem> {
    let mut n_stops = 0_u32;
    let mut waited = Waited::default();
    // Heard from before the first look, so that nothing finished in between is missed.
    let mut finished = ctx.store.finished_jobs();
    loop {
        match step(ctx, call, id, to).await? {
            Step::Arrive => break,
            Step::Stop(_) => {
                n_stops = n_stops.saturating_add(1);
                waited = Waited::default();
                ctx.store.wake_workers();
            }
            Step::Working(at) => {
                if waited.since.elapsed() > AT_ONE_INSTANT {
                    let text = format!("work of `{id}` due at `{at}` is not being done");
                    return Err(Problem::new(Reason::ClockStuck, text).with("stuck_at", at));
                }
                // Finished work of this process wakes us at once; that of others is found by looking.
                match tokio::time::timeout(waited.look_after, finished.of(id)).await {
                    Ok(()) => waited = Waited::default(),
                    Err(_) => waited.look_after = LOOK_LAST.min(waited.look_after * 2),
                }
            }
        }
    }

    let tx = ctx.store.begin_read().await?;
    let tenant = access::enter(ctx, &tx, call, id, Permission::Read).await?.into();
    let next_due_at = jobs::next_due(&tx, id, Timestamp::new(jiff::Timestamp::MAX)).await?;
    Ok(Advanced { tenant, n_stops, next_due_at })
}

/// How long the clock has stood at one instant.
struct Waited {
    since: Instant,
    look_after: Duration,
}

impl Default for Waited {
    fn default() -> Self {
        Self { since: Instant::now(), look_after: LOOK_FIRST }
    }
}

/// What the clock does next.
enum Step {
    /// It waits for work that is due at this instant.
    Working(Timestamp),
    /// It moves to an instant at which work is due.
    Stop(Timestamp),
    /// It moves to the target: nothing due is left before.
    Arrive,
}

async fn step(ctx: &Context, call: &Call, id: TenantId, to: Timestamp) -> Result<Step, Problem> {
    // Most looks find that work is still being done: they must not keep the writers waiting.
    let tx = ctx.store.begin_read().await?;
    if let working @ Step::Working(_) = look(ctx, call, &tx, (id, to)).await? {
        return Ok(working);
    }
    drop(tx);

    let tx = ctx.store.begin().await?;
    let step = look(ctx, call, &tx, (id, to)).await?;
    match step {
        Step::Working(_) => {}
        Step::Stop(due) => tenants::set_clock(&tx, id, due).await?,
        Step::Arrive => tenants::set_clock(&tx, id, to).await?,
    }

    tx.commit().await?;
    Ok(step)
}

async fn look(
    ctx: &Context,
    call: &Call,
    tx: &Tx,
    (id, to): (TenantId, Timestamp),
) -> Result<Step, Problem> {
    let tenant = access::enter(ctx, tx, call, id, Permission::ManageTenants).await?.tenant;
    let Some(clock_at) = tenant.clock_at else {
        let text = format!("`{id}` runs on real time: only a simulated clock can be moved");
        return Err(Problem::new(Reason::ClockNotSimulated, text));
    };
    if to < clock_at {
        let text = format!("the clock stands at `{clock_at}` and cannot move back to `{to}`");
        return Err(Problem::new(Reason::ClockMovesBack, text).with("clock_at", clock_at));
    }
    Ok(match jobs::next_due(tx, id, to).await? {
        Some(due) if due <= clock_at => Step::Working(due),
        Some(due) => Step::Stop(due),
        None => Step::Arrive,
    })
}
