//! Marks an invoice that was not paid in time.

use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Marks it, unless it was paid or given back meanwhile.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(tasuki_app::billing::mark_past_due(&worker.ctx, job).await?)
}
