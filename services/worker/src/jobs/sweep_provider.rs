//! Compares what a provider has with what it should have.

use tasuki_app::provisioning::{begin_sweep, record_sweep};
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Asks for the list outside any transaction, then records what does not fit.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    let Some(endpoint) = begin_sweep(&worker.ctx, job).await? else { return Ok(()) };
    let listed = worker.providers.list(&endpoint, worker.ctx.clock.now()).await;
    let listed = listed.map_err(|failure| JobFailure::retry(failure.text))?;
    Ok(record_sweep(&worker.ctx, job, listed.as_deref()).await?)
}
