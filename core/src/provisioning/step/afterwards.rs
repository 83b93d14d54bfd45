//! The states after something went live, and those in which it is taken away.

use crate::provisioning::command::{ItemCommand, ItemEvent};
use crate::provisioning::reason_code::Cause;
use crate::provisioning::state::{InService, ItemState, Removal};
use crate::provisioning::step::outcome::{active, ending, gone, once_more, under_way};
use crate::provisioning::step::{SIGHTINGS_OF_GONE, Step};
use crate::time::Timestamp;

use ItemCommand as C;
use ItemEvent as E;
use ItemState as S;

impl ItemState {
    pub(super) fn when_active(
        &self,
        service: &InService,
        command: &ItemCommand,
        now: Timestamp,
    ) -> Step {
        match command {
            C::End { cause, stopped_at } => Ok((ending(service, cause, *stopped_at), E::Ended)),
            C::Finish => Ok((S::Done { service: service.clone(), done_at: now }, E::Done)),
            C::Suspend { cause } => Ok((
                S::Suspending { service: service.clone(), cause: cause.clone(), since: now },
                E::SuspensionStarted,
            )),
            // It shall be something else than it is: asked for while it runs on.
            C::Request => Ok((
                S::Updating { service: service.clone(), operation_id: String::new(), since: now },
                E::Requested,
            )),
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
            | C::Refuse { .. }
            | C::Fail { .. }
            | C::Cancel { .. }
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    pub(super) fn when_updating(
        &self,
        service: &InService,
        since: Timestamp,
        command: &ItemCommand,
        now: Timestamp,
    ) -> Step {
        let service = service.clone();
        match command {
            C::Accept { operation_id, .. } => {
                let operation_id = operation_id.clone();
                Ok((S::Updating { service, operation_id, since }, E::Accepted))
            }
            // It ran all the time: neither billing nor cover begins anew.
            C::Verify { .. } => Ok((S::Active { service }, E::Updated)),
            C::Doubt => Ok((S::Active { service }, E::UpdateFailed)),
            C::Suspend { cause } => Ok((
                S::Suspending { service, cause: cause.clone(), since: now },
                E::SuspensionStarted,
            )),
            C::End { cause, stopped_at } => Ok((ending(&service, cause, *stopped_at), E::Ended)),
            C::Release
            | C::Request
            | C::AskCustomer { .. }
            | C::Remind
            | C::Escalate
            | C::Expire { .. }
            | C::ConfirmStep
            | C::Succeed { .. }
            | C::RetryLater { .. }
            | C::LoseTrack { .. }
            | C::Refuse { .. }
            | C::Fail { .. }
            | C::Cancel { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    pub(super) fn when_suspending(
        &self,
        service: &InService,
        cause: &Cause,
        command: &ItemCommand,
        now: Timestamp,
    ) -> Step {
        match command {
            C::ConfirmSuspension => Ok((
                S::Suspended { service: service.clone(), cause: cause.clone(), since: now },
                E::Suspended,
            )),
            C::End { cause, stopped_at } => Ok((ending(service, cause, *stopped_at), E::Ended)),
            C::Release
            | C::Request
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
            | C::Refuse { .. }
            | C::Fail { .. }
            | C::Cancel { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    pub(super) fn when_suspended(
        &self,
        service: &InService,
        command: &ItemCommand,
        now: Timestamp,
    ) -> Step {
        match command {
            C::Resume => {
                Ok((S::Resuming { service: service.clone(), since: now }, E::ResumptionStarted))
            }
            C::End { cause, stopped_at } => Ok((ending(service, cause, *stopped_at), E::Ended)),
            C::Release
            | C::Request
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
            | C::Refuse { .. }
            | C::Fail { .. }
            | C::Cancel { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    pub(super) fn when_resuming(&self, service: &InService, command: &ItemCommand) -> Step {
        match command {
            C::ConfirmResumption => Ok((S::Active { service: service.clone() }, E::Resumed)),
            C::End { cause, stopped_at } => Ok((ending(service, cause, *stopped_at), E::Ended)),
            C::Release
            | C::Request
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
            | C::Refuse { .. }
            | C::Fail { .. }
            | C::Cancel { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    pub(super) fn when_removing(
        &self,
        removal: &Removal,
        command: &ItemCommand,
        now: Timestamp,
    ) -> Step {
        match command {
            C::ConfirmGone => {
                let n_gone = removal.n_gone.saturating_add(1);
                if n_gone >= SIGHTINGS_OF_GONE {
                    return Ok(gone(removal, now));
                }
                Ok((under_way(Removal { n_gone, ..removal.clone() }), E::SeenGone))
            }
            C::RetryRemoval => Ok((once_more(removal), E::RemovalRetried)),
            C::GiveUpRemoval => {
                Ok((S::CleanupStuck { removal: removal.clone(), since: now }, E::RemovalStuck))
            }
            C::Release
            | C::Request
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
            | C::Refuse { .. }
            | C::Fail { .. }
            | C::Cancel { .. }
            | C::End { .. }
            | C::Finish
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    pub(super) fn when_stuck(
        &self,
        removal: &Removal,
        command: &ItemCommand,
        now: Timestamp,
    ) -> Step {
        match command {
            // A person looked, with evidence: once is enough.
            C::ConfirmGone => Ok(gone(removal, now)),
            C::RetryRemoval => Ok((once_more(removal), E::RemovalRetried)),
            C::Verify { evidence, installed_at } => {
                Ok((active(evidence, *installed_at, now), E::Activated))
            }
            C::Release
            | C::Request
            | C::Accept { .. }
            | C::AskCustomer { .. }
            | C::Remind
            | C::Escalate
            | C::Expire { .. }
            | C::ConfirmStep
            | C::Succeed { .. }
            | C::Doubt
            | C::RetryLater { .. }
            | C::LoseTrack { .. }
            | C::Refuse { .. }
            | C::Fail { .. }
            | C::Cancel { .. }
            | C::End { .. }
            | C::Finish
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption
            | C::Reopen => Err(self.refuses(command)),
        }
    }

    pub(super) fn when_over(&self, command: &ItemCommand) -> Step {
        match command {
            C::Reopen => Ok((S::PLANNED, E::Reopened)),
            C::Release
            | C::Request
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
            | C::Refuse { .. }
            | C::Fail { .. }
            | C::Cancel { .. }
            | C::End { .. }
            | C::Finish
            | C::ConfirmGone
            | C::RetryRemoval
            | C::GiveUpRemoval
            | C::Suspend { .. }
            | C::ConfirmSuspension
            | C::Resume
            | C::ConfirmResumption => Err(self.refuses(command)),
        }
    }
}
