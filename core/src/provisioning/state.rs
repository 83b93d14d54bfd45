//! Where an item of an order can stand.

use serde::{Deserialize, Serialize};

use crate::provisioning::customer::{CustomerStep, VerifyMethod};
use crate::provisioning::reason_code::{Cause, ReasonCode};
use crate::time::Timestamp;

/// What shows that a service runs: a stored observation, never somebody's word alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// Id of the record of the observation. Never empty.
    pub id: String,
    /// How it was observed.
    pub method: VerifyMethod,
    /// When, by the tenant's clock.
    pub observed_at: Timestamp,
}

/// A service that runs or ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InService {
    /// What shows it.
    pub evidence: Evidence,
    /// When it was installed.
    pub installed_at: Timestamp,
    /// From this instant on it runs: billing and cover begin no earlier.
    pub active_at: Timestamp,
}

/// Something is being taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Why.
    pub cause: Cause,
    /// The service that ran; none when it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<InService>,
    /// When something was installed; none when nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_at: Option<Timestamp>,
    /// From this instant on it does not run any more: billing and cover end here.
    pub stopped_at: Timestamp,
    /// How often taking it away failed.
    pub attempt: u32,
    /// How often in a row the provider said that it is gone.
    pub n_gone: u32,
}

/// Who says that a service is there, before we have looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Said {
    /// The customer says that the step was done.
    Customer {
        /// The step; it goes on if the customer was mistaken.
        step: Box<CustomerStep>,
    },
    /// The provider says that it is installed.
    Provider {
        /// Since when.
        installed_at: Timestamp,
    },
}

/// Where an item stands. Data that exists only in a state lives in its variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ItemState {
    /// Preflight refused it. Final, unless it is reopened.
    Refused {
        /// Why.
        cause: Cause,
        /// When.
        refused_at: Timestamp,
    },
    /// Accepted; the provider has not been asked.
    Planned {
        /// Why a person has to look before it goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held_for: Option<ReasonCode>,
    },
    /// The intent to ask the provider is committed; the call is under way or was made.
    Requested {
        /// The number of the try, from 1.
        attempt: u32,
        /// When the intent was committed.
        requested_at: Timestamp,
    },
    /// The provider works on it.
    Accepted {
        /// The provider's operation.
        operation_id: String,
        /// When it was accepted.
        accepted_at: Timestamp,
        /// After this instant the operation counts as lost.
        deadline_at: Timestamp,
    },
    /// The customer has to do something.
    AwaitingCustomer {
        /// The provider's operation.
        operation_id: String,
        /// What, with its deadlines.
        step: Box<CustomerStep>,
    },
    /// Somebody says that it is there; we look for ourselves.
    Verifying {
        /// The provider's operation.
        operation_id: String,
        /// Who says so.
        said: Said,
        /// Since when we look.
        since: Timestamp,
    },
    /// Live, with evidence.
    Active {
        /// What runs.
        service: InService,
    },
    /// It is not known what the provider did.
    Unknown {
        /// The number of the try.
        attempt: u32,
        /// Since when.
        since: Timestamp,
        /// When to look.
        observe_at: Timestamp,
    },
    /// The provider failed in a way that may pass.
    FailedRetryable {
        /// The number of the try.
        attempt: u32,
        /// When to try again.
        next_at: Timestamp,
    },
    /// Failed for good; nothing is left at the provider. Final, unless it is reopened.
    FailedFinal {
        /// Why.
        cause: Cause,
        /// When.
        failed_at: Timestamp,
    },
    /// What may exist at the provider is being taken away; it never ran.
    Cleaning {
        /// How far.
        removal: Removal,
    },
    /// Taken away, or never was; it never ran. Final, unless it is reopened.
    Cleaned {
        /// Why.
        cause: Cause,
        /// When something was installed: tells "removed" from "never installed" (C-1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        installed_at: Option<Timestamp>,
        /// From this instant on nothing is billed.
        stopped_at: Timestamp,
        /// When it was gone.
        cleaned_at: Timestamp,
    },
    /// Taking it away does not work: an operator has to look.
    CleanupStuck {
        /// How far.
        removal: Removal,
        /// Since when.
        since: Timestamp,
    },
    /// Live, and being changed: the provider is asked for another quantity or for what was ordered.
    Updating {
        /// What runs.
        service: InService,
        /// The provider's operation; empty until it has answered.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        operation_id: String,
        /// Since when.
        since: Timestamp,
    },
    /// Being suspended.
    Suspending {
        /// What runs.
        service: InService,
        /// Why.
        cause: Cause,
        /// Since when.
        since: Timestamp,
    },
    /// Suspended; what it holds stays.
    Suspended {
        /// What ran.
        service: InService,
        /// Why.
        cause: Cause,
        /// Since when.
        since: Timestamp,
    },
    /// Being resumed.
    Resuming {
        /// What ran.
        service: InService,
        /// Since when.
        since: Timestamp,
    },
    /// Being taken away after it ran.
    Deprovisioning {
        /// How far.
        removal: Removal,
    },
    /// Taken away after it ran; the provider said so twice. Final.
    Deprovisioned {
        /// What ran.
        service: InService,
        /// Why it ended.
        cause: Cause,
        /// From this instant on it did not run any more.
        stopped_at: Timestamp,
        /// When it was gone.
        ended_at: Timestamp,
    },
    /// A one-off service was done. Final.
    Done {
        /// What was done.
        service: InService,
        /// When.
        done_at: Timestamp,
    },
    /// Cancelled before the provider was asked. Final.
    Cancelled {
        /// Why.
        cause: Cause,
        /// When.
        cancelled_at: Timestamp,
    },
}

impl ItemState {
    /// An item that nobody has to look at first.
    pub const PLANNED: Self = Self::Planned { held_for: None };

    /// The word in tables and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Planned { .. } => "planned",
            Self::Requested { .. } => "requested",
            Self::Accepted { .. } => "accepted",
            Self::AwaitingCustomer { .. } => "awaiting_customer",
            Self::Verifying { .. } => "verifying",
            Self::Active { .. } => "active",
            Self::Unknown { .. } => "unknown",
            Self::FailedRetryable { .. } => "failed_retryable",
            Self::FailedFinal { .. } => "failed_final",
            Self::Cleaning { .. } => "cleaning",
            Self::Cleaned { .. } => "cleaned",
            Self::CleanupStuck { .. } => "cleanup_stuck",
            Self::Updating { .. } => "updating",
            Self::Suspending { .. } => "suspending",
            Self::Suspended { .. } => "suspended",
            Self::Resuming { .. } => "resuming",
            Self::Deprovisioning { .. } => "deprovisioning",
            Self::Deprovisioned { .. } => "deprovisioned",
            Self::Done { .. } => "done",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// Why it is where it is, for every state that needs a reason.
    pub const fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Refused { cause, .. }
            | Self::FailedFinal { cause, .. }
            | Self::Cleaned { cause, .. }
            | Self::Suspending { cause, .. }
            | Self::Suspended { cause, .. }
            | Self::Deprovisioned { cause, .. }
            | Self::Cancelled { cause, .. } => Some(cause),
            Self::Cleaning { removal }
            | Self::Deprovisioning { removal }
            | Self::CleanupStuck { removal, .. } => Some(&removal.cause),
            Self::Planned { .. }
            | Self::Requested { .. }
            | Self::Accepted { .. }
            | Self::AwaitingCustomer { .. }
            | Self::Verifying { .. }
            | Self::Active { .. }
            | Self::Unknown { .. }
            | Self::FailedRetryable { .. }
            | Self::Resuming { .. }
            | Self::Updating { .. }
            | Self::Done { .. } => None,
        }
    }

    /// The service that runs or ran, once evidence showed it.
    pub const fn service(&self) -> Option<&InService> {
        match self {
            Self::Active { service }
            | Self::Suspending { service, .. }
            | Self::Suspended { service, .. }
            | Self::Resuming { service, .. }
            | Self::Updating { service, .. }
            | Self::Deprovisioned { service, .. }
            | Self::Done { service, .. } => Some(service),
            Self::Cleaning { removal }
            | Self::Deprovisioning { removal }
            | Self::CleanupStuck { removal, .. } => removal.service.as_ref(),
            Self::Refused { .. }
            | Self::Planned { .. }
            | Self::Requested { .. }
            | Self::Accepted { .. }
            | Self::AwaitingCustomer { .. }
            | Self::Verifying { .. }
            | Self::Unknown { .. }
            | Self::FailedRetryable { .. }
            | Self::FailedFinal { .. }
            | Self::Cleaned { .. }
            | Self::Cancelled { .. } => None,
        }
    }

    /// The provider's operation that is under way.
    pub fn operation_id(&self) -> Option<&str> {
        match self {
            Self::Accepted { operation_id, .. }
            | Self::AwaitingCustomer { operation_id, .. }
            | Self::Verifying { operation_id, .. } => Some(operation_id),
            Self::Refused { .. }
            | Self::Planned { .. }
            | Self::Requested { .. }
            | Self::Active { .. }
            | Self::Unknown { .. }
            | Self::FailedRetryable { .. }
            | Self::FailedFinal { .. }
            | Self::Cleaning { .. }
            | Self::Cleaned { .. }
            | Self::CleanupStuck { .. }
            | Self::Suspending { .. }
            | Self::Suspended { .. }
            | Self::Resuming { .. }
            | Self::Updating { .. }
            | Self::Deprovisioning { .. }
            | Self::Deprovisioned { .. }
            | Self::Done { .. }
            | Self::Cancelled { .. } => None,
        }
    }

    /// The customer's step that it waits for or that is being verified.
    pub fn customer_step(&self) -> Option<&CustomerStep> {
        if let Self::AwaitingCustomer { step, .. }
        | Self::Verifying { said: Said::Customer { step }, .. } = self
        {
            Some(step)
        } else {
            None
        }
    }

    /// When something was installed: a device, an agent, a record in DNS. None when nothing was.
    pub fn installed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Verifying { said: Said::Provider { installed_at }, .. } => Some(*installed_at),
            Self::Cleaned { installed_at, .. } => *installed_at,
            Self::Cleaning { removal }
            | Self::Deprovisioning { removal }
            | Self::CleanupStuck { removal, .. } => removal.installed_at,
            Self::Active { service }
            | Self::Suspending { service, .. }
            | Self::Suspended { service, .. }
            | Self::Resuming { service, .. }
            | Self::Updating { service, .. }
            | Self::Deprovisioned { service, .. }
            | Self::Done { service, .. } => Some(service.installed_at),
            Self::Verifying { said: Said::Customer { .. }, .. }
            | Self::Refused { .. }
            | Self::Planned { .. }
            | Self::Requested { .. }
            | Self::Accepted { .. }
            | Self::AwaitingCustomer { .. }
            | Self::Unknown { .. }
            | Self::FailedRetryable { .. }
            | Self::FailedFinal { .. }
            | Self::Cancelled { .. } => None,
        }
    }

    /// From this instant on nothing runs any more; none while it is not over.
    pub fn stopped_at(&self) -> Option<Timestamp> {
        match self {
            Self::Refused { refused_at: at, .. }
            | Self::FailedFinal { failed_at: at, .. }
            | Self::Cleaned { stopped_at: at, .. }
            | Self::Deprovisioned { stopped_at: at, .. }
            | Self::Done { done_at: at, .. }
            | Self::Cancelled { cancelled_at: at, .. } => Some(*at),
            Self::Cleaning { removal }
            | Self::Deprovisioning { removal }
            | Self::CleanupStuck { removal, .. } => Some(removal.stopped_at),
            Self::Planned { .. }
            | Self::Requested { .. }
            | Self::Accepted { .. }
            | Self::AwaitingCustomer { .. }
            | Self::Verifying { .. }
            | Self::Active { .. }
            | Self::Unknown { .. }
            | Self::FailedRetryable { .. }
            | Self::Suspending { .. }
            | Self::Suspended { .. }
            | Self::Resuming { .. }
            | Self::Updating { .. } => None,
        }
    }

    /// When it reached a final state; none while it has not.
    pub fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Refused { refused_at: at, .. }
            | Self::FailedFinal { failed_at: at, .. }
            | Self::Cleaned { cleaned_at: at, .. }
            | Self::Deprovisioned { ended_at: at, .. }
            | Self::Done { done_at: at, .. }
            | Self::Cancelled { cancelled_at: at, .. } => Some(*at),
            Self::Planned { .. }
            | Self::Requested { .. }
            | Self::Accepted { .. }
            | Self::AwaitingCustomer { .. }
            | Self::Verifying { .. }
            | Self::Active { .. }
            | Self::Unknown { .. }
            | Self::FailedRetryable { .. }
            | Self::Cleaning { .. }
            | Self::CleanupStuck { .. }
            | Self::Suspending { .. }
            | Self::Suspended { .. }
            | Self::Resuming { .. }
            | Self::Updating { .. }
            | Self::Deprovisioning { .. } => None,
        }
    }

    /// Whether it runs, or is a one-off service that was done.
    pub const fn is_live(&self) -> bool {
        matches!(
            self,
            Self::Active { .. }
                | Self::Suspending { .. }
                | Self::Suspended { .. }
                | Self::Resuming { .. }
                | Self::Updating { .. }
                | Self::Done { .. }
        )
    }

    /// Whether the order still waits for it: it is neither live nor over.
    pub const fn is_moving(&self) -> bool {
        matches!(
            self,
            Self::Planned { .. }
                | Self::Requested { .. }
                | Self::Accepted { .. }
                | Self::AwaitingCustomer { .. }
                | Self::Verifying { .. }
                | Self::Unknown { .. }
                | Self::FailedRetryable { .. }
                | Self::Cleaning { .. }
                | Self::CleanupStuck { .. }
        )
    }
}
