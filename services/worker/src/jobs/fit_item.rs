//! Makes a service at its provider what its subscription says.

use tasuki_app::provisioning::fit_item;
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Begins it; looking after the item does the rest.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(fit_item(&worker.ctx, job).await?)
}
