//! Lets a service stand still at its provider, or go on.

use tasuki_app::provisioning::hold_item;
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Begins it; looking after the item does the rest.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(hold_item(&worker.ctx, job).await?)
}
