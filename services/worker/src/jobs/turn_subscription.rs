//! Ends a trial, or a subscription on the day that was agreed.

use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Does what is due on this day.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(tasuki_app::subscribing::turn_subscription(&worker.ctx, job).await?)
}
