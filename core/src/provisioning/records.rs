//! What is kept with an item: steps of the customer, consents, what preflight said, its history.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::decision::Outcome;
use crate::id::DecisionId;
use crate::provisioning::customer::{CustomerActionKind, CustomerStep};
use crate::provisioning::reason_code::{Cause, ReasonCode};
use crate::text::Text;
use crate::time::{Period, Timestamp};

/// A customer's step and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The step with its deadlines.
    pub step: CustomerStep,
    /// What became of it.
    pub state: StepOutcome,
    /// When somebody said that it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// Who said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<Actor>,
    /// Set when the operator did it in the customer's place, after a waiver was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<String>,
}

/// What became of a customer's step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// The customer was asked.
    Asked,
    /// The partner was asked to help.
    Escalated,
    /// Somebody says that it was done.
    Confirmed,
    /// Done, as we saw.
    Done,
    /// Declined, or made impossible.
    Refused,
    /// Nobody did it in time.
    Expired,
}

/// The consent of somebody whom only the customer can ask (DIA-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThirdPartyConsent {
    /// Who consents, by role, such as `site_maintainer`. No names.
    pub given_by: String,
    /// To what: domains and addresses.
    pub scope: Vec<String>,
    /// When it is valid; the work may only be done within.
    pub valid_within: Period,
    /// Where the document is kept.
    pub document_reference: String,
}

/// What preflight said about an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preflight {
    /// What the pack gave.
    pub outcome: Outcome,
    /// The recorded decision; none when nothing was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<DecisionId>,
    /// What was found, the heaviest first.
    pub findings: Vec<PreflightFinding>,
    /// Chance that custom work is needed, in thousandths (UTM-09).
    pub custom_work_permille: u16,
    /// The model or plan that fits; empty when the pack does not size.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sized_as: String,
}

/// How heavy a finding of preflight is, the lightest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingWeight {
    /// Good to know.
    Advice,
    /// Has to be settled before the work begins.
    SettleFirst,
    /// Makes custom work likely.
    CustomWork,
    /// The service cannot be set up here.
    Blocking,
}

/// One thing that preflight found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightFinding {
    /// How heavy it is.
    pub weight: FindingWeight,
    /// The reason that a refusal for it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonCode>,
    /// What was found.
    pub message: Text,
    /// What to settle first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<Text>,
    /// The customer's step that settles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<CustomerActionKind>,
}

/// What became of an application, as the funnel counts it (C-1): each item has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// Still under way.
    InProgress,
    /// Refused in preflight.
    Refused,
    /// Accepted but never installed.
    NeverInstalled,
    /// Installed and removed again, against the plan.
    Removed,
    /// Live, or done when it is a one-off service.
    Active,
    /// Ran and ended as planned.
    Ended,
}

/// One change of state of an item. Only ever inserted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The word of the state before; empty for the first.
    pub from: String,
    /// The word of the state after.
    pub to: String,
    /// What happened, such as `activated`.
    pub event: String,
    /// When, by the tenant's clock.
    pub changed_at: Timestamp,
    /// Why, for states that need a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Who did it.
    pub changed_by: Actor,
    /// A note of who did it; empty when there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The generation of the instance.
    pub generation: u32,
    /// Id of the evidence; empty when there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub evidence_id: String,
}

impl StepRecord {
    /// Whether the step is neither done nor over.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, StepOutcome::Asked | StepOutcome::Escalated | StepOutcome::Confirmed)
    }
}
