//! What can be done to an item, and what then has happened.

use crate::provisioning::customer::{CustomerRequest, CustomerStep, CustomerTerms};
use crate::provisioning::reason_code::Cause;
use crate::provisioning::state::Evidence;
use crate::time::{TimeError, Timestamp, Zone};

/// What is done to an item: by a partner, an operator, a timer, or as the answer of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemCommand {
    /// A person has looked: go on.
    Release,
    /// Commit the intent to ask the provider, before the call.
    Request,
    /// The provider works on it.
    Accept {
        /// Its operation.
        operation_id: String,
        /// After this instant the operation counts as lost.
        deadline_at: Timestamp,
    },
    /// The provider waits for the customer.
    AskCustomer {
        /// Its operation.
        operation_id: String,
        /// For what, with the deadlines.
        step: Box<CustomerStep>,
    },
    /// A reminder went out.
    Remind,
    /// The partner was asked to help.
    Escalate,
    /// Nobody did the customer's step in time.
    Expire {
        /// The reason of the step.
        cause: Cause,
    },
    /// Somebody says that the customer's step was done.
    ConfirmStep,
    /// The provider says that it is done.
    Succeed {
        /// Its operation.
        operation_id: String,
        /// When it was installed.
        installed_at: Timestamp,
    },
    /// We looked, and it runs.
    Verify {
        /// What shows it.
        evidence: Evidence,
        /// When it was installed, as far as that is known.
        installed_at: Timestamp,
    },
    /// We looked, and the customer's step was not done.
    Doubt,
    /// The provider failed in a way that may pass; nothing is left there.
    RetryLater {
        /// When to try again.
        next_at: Timestamp,
    },
    /// It is not known what the provider did.
    LoseTrack {
        /// When to look.
        observe_at: Timestamp,
    },
    /// It cannot be set up, and nothing is left at the provider.
    Refuse {
        /// Why.
        cause: Cause,
    },
    /// It cannot be set up, and something may be left at the provider.
    Fail {
        /// Why.
        cause: Cause,
    },
    /// Somebody does not want it any more.
    Cancel {
        /// Why.
        cause: Cause,
    },
    /// It ran and stops.
    End {
        /// Why.
        cause: Cause,
        /// From this instant on it does not run any more.
        stopped_at: Timestamp,
    },
    /// A one-off service was done, questions answered.
    Finish,
    /// The provider says that it is gone.
    ConfirmGone,
    /// The provider does not know of it being gone: take it away once more.
    RetryRemoval,
    /// The tries to take it away are used up.
    GiveUpRemoval,
    /// Stop it for a while.
    Suspend {
        /// Why.
        cause: Cause,
    },
    /// The provider has suspended it.
    ConfirmSuspension,
    /// Let it run again.
    Resume,
    /// The provider has resumed it.
    ConfirmResumption,
    /// Begin anew after it ended.
    Reopen,
}

impl ItemCommand {
    /// The word in messages and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Request => "request",
            Self::Accept { .. } => "accept",
            Self::AskCustomer { .. } => "ask_customer",
            Self::Remind => "remind",
            Self::Escalate => "escalate",
            Self::Expire { .. } => "expire",
            Self::ConfirmStep => "confirm_step",
            Self::Succeed { .. } => "succeed",
            Self::Verify { .. } => "verify",
            Self::Doubt => "doubt",
            Self::RetryLater { .. } => "retry_later",
            Self::LoseTrack { .. } => "lose_track",
            Self::Refuse { .. } => "refuse",
            Self::Fail { .. } => "fail",
            Self::Cancel { .. } => "cancel",
            Self::End { .. } => "end",
            Self::Finish => "finish",
            Self::ConfirmGone => "confirm_gone",
            Self::RetryRemoval => "retry_removal",
            Self::GiveUpRemoval => "give_up_removal",
            Self::Suspend { .. } => "suspend",
            Self::ConfirmSuspension => "confirm_suspension",
            Self::Resume => "resume",
            Self::ConfirmResumption => "confirm_resumption",
            Self::Reopen => "reopen",
        }
    }

    /// The command that asks the customer, with deadlines by the usual terms of the kind of step.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn ask(
        operation_id: impl Into<String>,
        request: CustomerRequest,
        asked_at: Timestamp,
        zone: &Zone,
    ) -> Result<Self, TimeError> {
        let terms: CustomerTerms = request.kind.terms();
        let step = Box::new(CustomerStep::ask(request, &terms, asked_at, zone)?);
        Ok(Self::AskCustomer { operation_id: operation_id.into(), step })
    }
}

/// What has happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemEvent {
    /// A person let it go on.
    Released,
    /// The intent to ask the provider was committed.
    Requested,
    /// The provider works on it.
    Accepted,
    /// The customer was asked for a step.
    CustomerAsked,
    /// The customer was reminded.
    CustomerReminded,
    /// The partner was asked to help.
    CustomerEscalated,
    /// The customer's step expired.
    CustomerStepExpired,
    /// Somebody says that the step was done.
    CustomerStepConfirmed,
    /// The step had not been done after all.
    CustomerStepDoubted,
    /// The provider says that it is installed.
    Installed,
    /// It runs, with evidence.
    Activated,
    /// It will be tried again.
    RetryScheduled,
    /// It is not known what the provider did.
    TrackLost,
    /// It cannot be set up; nothing is left.
    Refused,
    /// It failed; what may be left is being taken away.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It stops.
    Ended,
    /// A one-off service was done.
    Done,
    /// The provider said that it is gone; it is asked once more.
    SeenGone,
    /// It is gone and never ran.
    Cleaned,
    /// It is gone after it ran.
    Deprovisioned,
    /// It is taken away once more.
    RemovalRetried,
    /// It cannot be taken away.
    RemovalStuck,
    /// It is being suspended.
    SuspensionStarted,
    /// It is suspended.
    Suspended,
    /// It is being resumed.
    ResumptionStarted,
    /// It runs again.
    Resumed,
    /// It was changed as it was asked for.
    Updated,
    /// It stays as it was: the provider would not change it.
    UpdateFailed,
    /// It begins anew.
    Reopened,
}

impl ItemEvent {
    /// The word in histories and topics: `order_item.` and this.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Requested => "requested",
            Self::Accepted => "accepted",
            Self::CustomerAsked => "customer_asked",
            Self::CustomerReminded => "customer_reminded",
            Self::CustomerEscalated => "customer_escalated",
            Self::CustomerStepExpired => "customer_step_expired",
            Self::CustomerStepConfirmed => "customer_step_confirmed",
            Self::CustomerStepDoubted => "customer_step_doubted",
            Self::Installed => "installed",
            Self::Activated => "activated",
            Self::RetryScheduled => "retry_scheduled",
            Self::TrackLost => "track_lost",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Ended => "ended",
            Self::Done => "done",
            Self::SeenGone => "seen_gone",
            Self::Cleaned => "cleaned",
            Self::Deprovisioned => "deprovisioned",
            Self::RemovalRetried => "removal_retried",
            Self::RemovalStuck => "removal_stuck",
            Self::SuspensionStarted => "suspension_started",
            Self::Suspended => "suspended",
            Self::ResumptionStarted => "resumption_started",
            Self::Resumed => "resumed",
            Self::Updated => "updated",
            Self::UpdateFailed => "update_failed",
            Self::Reopened => "reopened",
        }
    }
}
