//! One file per kind of job.

mod attend_item;
mod check_heartbeat;
mod check_provider;
mod close_month;
mod escalate_incident;
mod expire_approval;
mod fit_item;
mod hear_event;
mod mark_past_due;
mod remove_item;
mod remove_stray;
mod send_notice;
mod sweep_provider;
mod turn_subscription;

use tasuki_store::jobs::Claimed;

use crate::failure::JobFailure;
use crate::worker::Worker;

/// Runs a job. What it does ends in one transaction that also completes the job.
///
/// # Errors
/// [`JobFailure`]; a kind that this program does not know is final and goes to the dead letters.
pub(crate) async fn run(worker: &Worker, job: &Claimed) -> Result<(), JobFailure> {
    match job.kind.as_str() {
        "attend_item" => attend_item::run(worker, job).await,
        "hear_event" => hear_event::run(worker, job).await,
        "fit_item" => fit_item::run(worker, job).await,
        "remove_stray" => remove_stray::run(worker, job).await,
        "sweep_provider" => sweep_provider::run(worker, job).await,
        "remove_item" => remove_item::run(worker, job).await,
        "close_month" => close_month::run(worker, job).await,
        "mark_past_due" => mark_past_due::run(worker, job).await,
        "check_provider" => check_provider::run(worker, job).await,
        "check_heartbeat" => check_heartbeat::run(worker, job).await,
        "escalate_incident" => escalate_incident::run(worker, job).await,
        "expire_approval" => expire_approval::run(worker, job).await,
        "send_notice" => send_notice::run(worker, job).await,
        "turn_subscription" => turn_subscription::run(worker, job).await,
        unknown => Err(JobFailure::Final {
            error: format!("this version does not know jobs of the kind `{unknown}`"),
        }),
    }
}
