//! `send_notice`: hands a notice to whoever delivers it.

use tasuki_app::monitoring;
use tasuki_partners::notices::DeliveryError;
use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

pub(super) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    let Some(notice) = monitoring::due_notice(&worker.ctx, job).await? else {
        return Ok(());
    };
    match worker.notices.deliver(&notice).await {
        Ok(()) => Ok(monitoring::notice_sent(&worker.ctx, job).await?),
        Err(error) => {
            let text = error.to_string();
            let last = match error {
                DeliveryError::NotNow(_) => monitoring::LastTry::No,
                DeliveryError::Never(_) => monitoring::LastTry::Yes,
            };
            if monitoring::notice_failed(&worker.ctx, job, &text, last).await? {
                Err(JobFailure::retry(text))
            } else {
                Ok(())
            }
        }
    }
}
