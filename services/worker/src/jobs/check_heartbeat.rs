//! `check_heartbeat`: looks whether a watched device has been silent for 24 hours.

use tasuki_app::monitoring;
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(monitoring::check_heartbeat(&worker.ctx, job).await?)
}
