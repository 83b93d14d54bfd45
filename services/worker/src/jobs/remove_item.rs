//! Takes a service away whose subscription has ended.

use tasuki_app::provisioning::remove_item;
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Begins the removal; looking after the item does the rest.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(remove_item(&worker.ctx, job).await?)
}
