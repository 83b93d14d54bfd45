//! `expire_approval`: gives limits back that were kept for a claim which was not paid in time.

use tasuki_app::claiming;
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(claiming::expire_approval(&worker.ctx, job).await?)
}
