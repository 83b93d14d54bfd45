//! Hears an event of a provider again that came before its request was answered.

use tasuki_app::provisioning::hear_event;
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Looks at the item if the event tells more than we know by now.
pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    Ok(hear_event(&worker.ctx, job).await?)
}
