//! What a provider says about its work, in our words.

use serde::{Deserialize, Serialize};

use crate::provisioning::answer::Meaning;
use crate::provisioning::customer::CustomerRequest;
use crate::provisioning::reason_code::{Cause, ReasonCode};
use crate::provisioning::spec::Observation;
use crate::time::Timestamp;

/// Work of a provider that takes time, as last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationSeen {
    /// Its id at the provider.
    pub operation_id: String,
    /// How far it is.
    pub step: OperationStep,
    /// Ask again after so many seconds at the earliest; none when the provider does not say.
    pub retry_after_seconds: Option<i64>,
    /// When the provider gives up by itself.
    pub deadline_at: Option<Timestamp>,
}

/// How far an operation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationStep {
    /// Taken or under way.
    Working,
    /// The customer has to do something.
    AwaitingCustomer(Box<CustomerRequest>),
    /// Done, with what is there if the provider says so.
    Succeeded(Option<Box<Observation>>),
    /// Failed.
    Failed(OperationFailure),
    /// Cancelled.
    Cancelled,
}

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationFailure {
    /// Why.
    pub cause: Cause,
    /// What may follow.
    pub follow_up: FollowUp,
}

/// What may follow a failed operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowUp {
    /// The same request may be tried again.
    TryAgain,
    /// Something is left at the provider that has to be taken away.
    CleanUp,
    /// Nothing is left.
    Nothing,
}

/// A call to a provider that gave no answer of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFailure {
    /// What follows from it.
    pub meaning: Meaning,
    /// The reason that the provider named, if it is one of the closed list.
    pub reason: Option<ReasonCode>,
    /// The provider's words, for operators and partners.
    pub text: String,
}
