//! `escalate_incident`: nobody has taken an incident in time.

use tasuki_app::monitoring;
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(monitoring::time_out_rung(&worker.ctx, job).await?)
}
