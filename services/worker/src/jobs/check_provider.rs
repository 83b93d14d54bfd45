//! `check_provider`: asks a provider what it can do, for whoever waits for the answer.

use tasuki_app::governing::{begin_check, record_check};
use tasuki_core::provisioning::ProviderCheck;
use tasuki_store::jobs::Claimed;
use tokio::time::Instant;

use crate::failure::JobFailure;
use crate::worker::Worker;

pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    let Some(provider) = begin_check(&worker.ctx, job).await? else { return Ok(()) };
    let asked_at = Instant::now();
    let check = match worker.providers.capabilities(&provider.endpoint).await {
        Ok(says) => {
            let took = u32::try_from(asked_at.elapsed().as_millis()).unwrap_or(u32::MAX);
            ProviderCheck::answered(&provider, says, took)
        }
        Err(failure) => ProviderCheck::failed(failure.text),
    };
    Ok(record_check(&worker.ctx, job, &check).await?)
}
