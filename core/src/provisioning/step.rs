//! The state machine of an item: one function, state and command in, state and event out.

mod afterwards;
mod outcome;

use crate::problem::Refused;
use crate::provisioning::command::{ItemCommand, ItemEvent};
use crate::provisioning::customer::CustomerStep;
use crate::provisioning::state::{ItemState, Said};
use crate::provisioning::step::outcome::{
    accepted, active, awaiting, cleaning, confirmed, escalated, failed, installed, reminded,
};
use crate::reason::Reason;
use crate::time::Timestamp;

use ItemCommand as C;
use ItemEvent as E;
use ItemState as S;

/// The provider has to say so often in a row that something is gone: the first answer may have
/// overtaken a creation that was still on its way.
pub const SIGHTINGS_OF_GONE: u32 = 2;

type Step = Result<(ItemState, ItemEvent), Refused>;

impl ItemState {
    /// The state after the command, and what has happened.
    ///
    /// # Errors
    /// [`Refused`] with reason `ITEM_STATE` when the command is not allowed in this state.
    pub fn step(&self, command: &ItemCommand, now: Timestamp) -> Step {
        match self {
            S::Planned { held_for } => match held_for {
                Some(_) => self.when_held(command, now),
                None => self.when_planned(command, now),
            },
            S::Requested { attempt, .. } => self.when_requested(*attempt, command, now),
            S::Accepted { .. } => self.when_accepted(command, now),
            S::AwaitingCustomer { operation_id, step } => {
                self.when_awaiting_customer(operation_id, step, command, now)
            }
            S::Verifying { operation_id, said, .. } => {
                self.when_verifying(operation_id, said, command, now)
            }
            S::Unknown { attempt, .. } => self.when_unknown(*attempt, command, now),
            S::FailedRetryable { attempt, .. } => {
                self.when_failed_retryable(*attempt, command, now)
            }
            S::Active { service } => self.when_active(service, command, now),
            S::Suspending { service, cause, .. } => {
                self.when_suspending(service, cause, command, now)
            }
            S::Suspended { service, .. } => self.when_suspended(service, command, now),
            S::Resuming { service, .. } => self.when_resuming(service, command),
            S::Updating { service, since, .. } => self.when_updating(service, *since, command, now),
            S::Cleaning { removal } | S::Deprovisioning { removal } => {
                self.when_removing(removal, command, now)
            }
            S::CleanupStuck { removal, .. } => self.when_stuck(removal, command, now),
            S::Refused { .. } | S::FailedFinal { .. } | S::Cleaned { .. } => {
                self.when_over(command)
            }
            S::Deprovisioned { .. } | S::Done { .. } | S::Cancelled { .. } => {
                Err(self.refuses(command))
            }
        }
    }

    fn refuses(&self, command: &ItemCommand) -> Refused {
        Refused {
            reason: Reason::ItemState,
            subject: "order item",
            state: self.as_str(),
            command: command.as_str(),
        }
    }

    fn when_held(&self, command: &ItemCommand, now: Timestamp) -> Step {
        match command {
            C::Release => Ok((S::PLANNED, E::Released)),
            C::Refuse { cause } => {
                Ok((S::Refused { cause: cause.clone(), refused_at: now }, E::Refused))
            }
            C::Cancel { cause } => {
                Ok((S::Cancelled { cause: cause.clone(), cancelled_at: now }, E::Cancelled))
            }
            C::Request
            | C::Accept { .. }
            | C::AskCustomer { .. }
            | C::Remind
            | C::Escalate
            | C::Expire { .. }
            | C::ConfirmStep
            | C::Succeed { .. }
            | C::Verify { .. }
            | C::Doubt
            | C::RetryLater { .. }
            | C::LoseTrack { .. }
            | C::Fail { .. }
            | C::End { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    fn when_planned(&self, command: &ItemCommand, now: Timestamp) -> Step {
        match command {
            C::Request => Ok((S::Requested { attempt: 1, requested_at: now }, E::Requested)),
            C::Refuse { cause } => {
                Ok((S::Refused { cause: cause.clone(), refused_at: now }, E::Refused))
            }
            C::Cancel { cause } => {
                Ok((S::Cancelled { cause: cause.clone(), cancelled_at: now }, E::Cancelled))
            }
            C::Release
            | C::Accept { .. }
            | C::AskCustomer { .. }
            | C::Remind
            | C::Escalate
            | C::Expire { .. }
            | C::ConfirmStep
            | C::Succeed { .. }
            | C::Verify { .. }
            | C::Doubt
            | C::RetryLater { .. }
            | C::LoseTrack { .. }
            | C::Fail { .. }
            | C::End { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    // A cancellation waits until the answer of the call that is under way is known: what is taken
    // away before it was created would come into being afterwards.
    fn when_requested(&self, attempt: u32, command: &ItemCommand, now: Timestamp) -> Step {
        match command {
            C::Accept { operation_id, deadline_at } => {
                Ok((accepted(operation_id, *deadline_at, now), E::Accepted))
            }
            C::AskCustomer { operation_id, step } => {
                Ok((awaiting(operation_id, step), E::CustomerAsked))
            }
            C::Succeed { operation_id, installed_at } => {
                Ok((installed(operation_id, *installed_at, now), E::Installed))
            }
            C::RetryLater { next_at } => {
                Ok((S::FailedRetryable { attempt, next_at: *next_at }, E::RetryScheduled))
            }
            C::LoseTrack { observe_at } => {
                Ok((S::Unknown { attempt, since: now, observe_at: *observe_at }, E::TrackLost))
            }
            C::Refuse { cause } => Ok((failed(cause, now), E::Refused)),
            C::Fail { cause } => Ok((cleaning(self, cause, now), E::Failed)),
            C::Release
            | C::Request
            | C::Remind
            | C::Escalate
            | C::Expire { .. }
            | C::ConfirmStep
            | C::Verify { .. }
            | C::Doubt
            | C::Cancel { .. }
            | C::End { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    fn when_accepted(&self, command: &ItemCommand, now: Timestamp) -> Step {
        match command {
            C::AskCustomer { operation_id, step } => {
                Ok((awaiting(operation_id, step), E::CustomerAsked))
            }
            C::Succeed { operation_id, installed_at } => {
                Ok((installed(operation_id, *installed_at, now), E::Installed))
            }
            C::Verify { evidence, installed_at } => {
                Ok((active(evidence, *installed_at, now), E::Activated))
            }
            // The provider gave up this operation and may take a new one: the first try of that.
            C::RetryLater { next_at } => {
                Ok((S::FailedRetryable { attempt: 1, next_at: *next_at }, E::RetryScheduled))
            }
            C::LoseTrack { observe_at } => {
                Ok((S::Unknown { attempt: 1, since: now, observe_at: *observe_at }, E::TrackLost))
            }
            C::Refuse { cause } => Ok((failed(cause, now), E::Refused)),
            C::Fail { cause } => Ok((cleaning(self, cause, now), E::Failed)),
            C::Cancel { cause } => Ok((cleaning(self, cause, now), E::Cancelled)),
            C::Release
            | C::Request
            | C::Accept { .. }
            | C::Remind
            | C::Escalate
            | C::Expire { .. }
            | C::ConfirmStep
            | C::Doubt
            | C::End { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    fn when_awaiting_customer(
        &self,
        operation_id: &str,
        step: &CustomerStep,
        command: &ItemCommand,
        now: Timestamp,
    ) -> Step {
        match command {
            C::Remind => Ok((reminded(operation_id, step), E::CustomerReminded)),
            C::Escalate => Ok((escalated(operation_id, step, now), E::CustomerEscalated)),
            C::ConfirmStep => Ok((confirmed(operation_id, step, now), E::CustomerStepConfirmed)),
            C::Expire { cause } => Ok((cleaning(self, cause, now), E::CustomerStepExpired)),
            C::Accept { operation_id, deadline_at } => {
                Ok((accepted(operation_id, *deadline_at, now), E::Accepted))
            }
            C::AskCustomer { operation_id, step } => {
                Ok((awaiting(operation_id, step), E::CustomerAsked))
            }
            C::Succeed { operation_id, installed_at } => {
                Ok((installed(operation_id, *installed_at, now), E::Installed))
            }
            C::Verify { evidence, installed_at } => {
                Ok((active(evidence, *installed_at, now), E::Activated))
            }
            C::RetryLater { next_at } => {
                Ok((S::FailedRetryable { attempt: 1, next_at: *next_at }, E::RetryScheduled))
            }
            C::Refuse { cause } => Ok((failed(cause, now), E::Refused)),
            C::Fail { cause } => Ok((cleaning(self, cause, now), E::Failed)),
            C::Cancel { cause } => Ok((cleaning(self, cause, now), E::Cancelled)),
            C::Release
            | C::Request
            | C::Doubt
            | C::LoseTrack { .. }
            | C::End { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    fn when_verifying(
        &self,
        operation_id: &str,
        said: &Said,
        command: &ItemCommand,
        now: Timestamp,
    ) -> Step {
        match command {
            C::Accept { operation_id, deadline_at } => {
                Ok((accepted(operation_id, *deadline_at, now), E::Accepted))
            }
            C::AskCustomer { operation_id, step } => {
                Ok((awaiting(operation_id, step), E::CustomerAsked))
            }
            C::Succeed { operation_id, installed_at } => {
                Ok((installed(operation_id, *installed_at, now), E::Installed))
            }
            C::Verify { evidence, installed_at } => {
                Ok((active(evidence, *installed_at, now), E::Activated))
            }
            C::Doubt => match said {
                Said::Customer { step } => {
                    Ok((awaiting(operation_id, step), E::CustomerStepDoubted))
                }
                // The provider insists: we look again, until verification itself gives up.
                Said::Provider { .. } => Err(self.refuses(command)),
            },
            C::Fail { cause } => Ok((cleaning(self, cause, now), E::Failed)),
            C::Cancel { cause } => Ok((cleaning(self, cause, now), E::Cancelled)),
            // Something may have been installed: it is never over without looking and cleaning.
            C::RetryLater { .. }
            | C::Refuse { .. }
            | C::Release
            | C::Request
            | C::Remind
            | C::Escalate
            | C::Expire { .. }
            | C::ConfirmStep
            | C::LoseTrack { .. }
            | C::End { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    fn when_unknown(&self, attempt: u32, command: &ItemCommand, now: Timestamp) -> Step {
        match command {
            // The instance has our id: to ask again with the same key cannot double it.
            C::Request => Ok((
                S::Requested { attempt: attempt.saturating_add(1), requested_at: now },
                E::Requested,
            )),
            C::Accept { operation_id, deadline_at } => {
                Ok((accepted(operation_id, *deadline_at, now), E::Accepted))
            }
            C::AskCustomer { operation_id, step } => {
                Ok((awaiting(operation_id, step), E::CustomerAsked))
            }
            C::Succeed { operation_id, installed_at } => {
                Ok((installed(operation_id, *installed_at, now), E::Installed))
            }
            C::Verify { evidence, installed_at } => {
                Ok((active(evidence, *installed_at, now), E::Activated))
            }
            C::LoseTrack { observe_at } => {
                Ok((S::Unknown { attempt, since: now, observe_at: *observe_at }, E::TrackLost))
            }
            C::Fail { cause } => Ok((cleaning(self, cause, now), E::Failed)),
            C::Cancel { cause } => Ok((cleaning(self, cause, now), E::Cancelled)),
            C::Release
            | C::Remind
            | C::Escalate
            | C::Expire { .. }
            | C::ConfirmStep
            | C::Doubt
            | C::RetryLater { .. }
            | C::Refuse { .. }
            | C::End { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    fn when_failed_retryable(&self, attempt: u32, command: &ItemCommand, now: Timestamp) -> Step {
        match command {
            C::Request => Ok((
                S::Requested { attempt: attempt.saturating_add(1), requested_at: now },
                E::Requested,
            )),
            C::Refuse { cause } => Ok((failed(cause, now), E::Refused)),
            // A try before the one that failed may have left something, or may still be on its way: to
            // take away what is not there is success, and keeps it from coming.
            C::Cancel { cause } => Ok((cleaning(self, cause, now), E::Cancelled)),
            C::Release
            | C::Accept { .. }
            | C::AskCustomer { .. }
            | C::Remind
            | C::Escalate
            | C::Expire { .. }
            | C::ConfirmStep
            | C::Succeed { .. }
            | C::Verify { .. }
            | C::Doubt
            | C::RetryLater { .. }
            | C::LoseTrack { .. }
            | C::Fail { .. }
            | C::End { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }
}

#[cfg(test)]
mod tests;
