//! Closes the month of a subscription that is over.

use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Makes the invoice, if there is something to charge, and plans the next month end.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(tasuki_app::billing::close_due_month(&worker.ctx, job).await?)
}
