//! Where a claim stands, what can be asked of it, and what can happen to it.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::money::Money;
use crate::time::Timestamp;

/// What the policies say about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOutcome {
    /// Covered: every policy speaks for it, at least for one part.
    Eligible,
    /// Not covered: at least one policy speaks against each part.
    NotEligible,
    /// Something could not be determined: a person decides.
    Referred,
}

impl ClaimOutcome {
    /// The word in tables and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::NotEligible => "not_eligible",
            Self::Referred => "referred",
        }
    }
}

/// What a person says about a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Pay.
    Approve {
        /// The amount.
        payable: Money,
    },
    /// Do not pay.
    Deny {
        /// Codes of the clauses that it rests on.
        clauses: Vec<String>,
    },
    /// Somebody with more authority decides.
    Refer,
}

impl Ruling {
    /// What would be paid.
    pub const fn payable(&self) -> Money {
        match self {
            Self::Approve { payable } => *payable,
            Self::Deny { .. } | Self::Refer => Money::ZERO_JPY,
        }
    }
}

/// Whether one person's word is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// One person decides alone.
    OnePerson,
    /// A second person has to say the same (four eyes).
    TwoPersons,
}

/// How far a claim has come, without what belongs to the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimPhase {
    /// Written down, not notified.
    Draft,
    /// The loss was notified.
    Notified,
    /// Being looked into.
    UnderAssessment,
    /// Information or documents are wanted.
    InformationWanted,
    /// The policies have decided; a person has not, or not with the second one.
    Decided,
    /// Approved, not paid in full.
    Approved,
    /// Denied.
    Denied,
    /// Paid in full.
    Paid,
    /// Nothing more is expected.
    Closed,
    /// Taken back. Final.
    Withdrawn,
    /// An appeal is being decided.
    UnderAppeal,
}

impl ClaimPhase {
    /// Every phase, in the order of the contracts.
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::Notified,
        Self::UnderAssessment,
        Self::InformationWanted,
        Self::Decided,
        Self::Approved,
        Self::Denied,
        Self::Paid,
        Self::Closed,
        Self::Withdrawn,
        Self::UnderAppeal,
    ];

    /// The word in tables and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Notified => "notified",
            Self::UnderAssessment => "under_assessment",
            Self::InformationWanted => "information_wanted",
            Self::Decided => "decided",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Paid => "paid",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
            Self::UnderAppeal => "under_appeal",
        }
    }
}

/// Where a claim stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ClaimState {
    /// Being written; nobody has been told.
    Draft,
    /// The loss was notified.
    Notified {
        /// When.
        notified_at: Timestamp,
    },
    /// Somebody is looking into it.
    UnderAssessment {
        /// Since when.
        since: Timestamp,
    },
    /// Waiting for the insured to send something.
    InformationWanted {
        /// Since when.
        since: Timestamp,
        /// What is missing, by kind of document or in words.
        wanted: Vec<String>,
    },
    /// The policies have decided; a person decides next.
    Decided {
        /// What they say.
        outcome: ClaimOutcome,
        /// When.
        decided_at: Timestamp,
    },
    /// One person has decided; a second one has to say the same.
    Proposed {
        /// What the first person says.
        ruling: Ruling,
        /// The first person.
        proposed_by: Actor,
        /// Who denied the claim before and therefore does not decide on its appeal.
        barred: Vec<Actor>,
        /// When.
        proposed_at: Timestamp,
    },
    /// It will be paid; what is not paid yet is reserved from every limit it touches.
    Approved {
        /// The amount.
        payable: Money,
        /// What of it was paid.
        paid: Money,
        /// Who approved: one person or two, in order.
        approved_by: Vec<Actor>,
        /// When.
        approved_at: Timestamp,
    },
    /// It will not be paid.
    Denied {
        /// Who denied it.
        denied_by: Vec<Actor>,
        /// The clauses it rests on.
        clauses: Vec<String>,
        /// When.
        denied_at: Timestamp,
    },
    /// The insured disagrees; somebody else decides.
    UnderAppeal {
        /// Who denied it and therefore does not decide again.
        denied_by: Vec<Actor>,
        /// What the insured says.
        grounds: String,
        /// When.
        appealed_at: Timestamp,
    },
    /// The insurer has paid in full.
    Paid {
        /// The amount.
        paid: Money,
        /// When.
        paid_at: Timestamp,
    },
    /// Nothing is left to do; it can be reopened.
    Closed {
        /// When.
        closed_at: Timestamp,
    },
    /// It was taken back. Final.
    Withdrawn {
        /// When.
        withdrawn_at: Timestamp,
    },
}

impl ClaimState {
    /// How far it has come.
    pub const fn phase(&self) -> ClaimPhase {
        match self {
            Self::Draft => ClaimPhase::Draft,
            Self::Notified { .. } => ClaimPhase::Notified,
            Self::UnderAssessment { .. } => ClaimPhase::UnderAssessment,
            Self::InformationWanted { .. } => ClaimPhase::InformationWanted,
            Self::Decided { .. } | Self::Proposed { .. } => ClaimPhase::Decided,
            Self::Approved { .. } => ClaimPhase::Approved,
            Self::Denied { .. } => ClaimPhase::Denied,
            Self::UnderAppeal { .. } => ClaimPhase::UnderAppeal,
            Self::Paid { .. } => ClaimPhase::Paid,
            Self::Closed { .. } => ClaimPhase::Closed,
            Self::Withdrawn { .. } => ClaimPhase::Withdrawn,
        }
    }
}

/// What can be asked of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimCommand {
    /// Hand the notice in.
    Submit,
    /// Look into it, or look again.
    Assess,
    /// Ask the insured for something.
    AskForInformation {
        /// What is missing.
        wanted: Vec<String>,
    },
    /// The insured sent it.
    ReceiveInformation,
    /// The policies have spoken.
    Conclude {
        /// What they say.
        outcome: ClaimOutcome,
    },
    /// A person decides, or confirms what another one decided.
    Decide {
        /// What is decided.
        ruling: Ruling,
        /// By whom.
        by: Actor,
        /// Whether that is enough.
        consent: Consent,
    },
    /// The insured disagrees with a denial.
    Appeal {
        /// What the insured says.
        grounds: String,
    },
    /// The insurer has paid, whole or in part.
    RecordPayment {
        /// The amount.
        paid: Money,
    },
    /// Nothing is left to do.
    Close,
    /// What was approved was not paid in time: the rest is not kept any longer.
    Expire,
    /// Take it up again.
    Reopen,
    /// The insured takes it back.
    Withdraw,
}

impl ClaimCommand {
    /// The word in messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Assess => "assess",
            Self::AskForInformation { .. } => "ask_for_information",
            Self::ReceiveInformation => "receive_information",
            Self::Conclude { .. } => "conclude",
            Self::Decide { ruling: Ruling::Approve { .. }, .. } => "approve",
            Self::Decide { ruling: Ruling::Deny { .. }, .. } => "deny",
            Self::Decide { ruling: Ruling::Refer, .. } => "refer",
            Self::Appeal { .. } => "appeal",
            Self::RecordPayment { .. } => "record_payment",
            Self::Close => "close",
            Self::Expire => "expire",
            Self::Reopen => "reopen",
            Self::Withdraw => "withdraw",
        }
    }
}

/// What happened to a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ClaimEvent {
    /// The loss was notified.
    Notified,
    /// Somebody began to look into it.
    AssessmentStarted,
    /// The insured was asked for something.
    InformationWanted {
        /// What is missing.
        wanted: Vec<String>,
    },
    /// The insured sent it.
    InformationReceived,
    /// The policies have spoken.
    Decided {
        /// What they say.
        outcome: ClaimOutcome,
    },
    /// One person has decided; a second one is needed.
    DecisionProposed {
        /// What is decided.
        ruling: Ruling,
    },
    /// A person with more authority is to decide.
    Referred,
    /// It will be paid.
    Approved {
        /// The amount.
        payable: Money,
    },
    /// It will not be paid.
    Denied {
        /// The clauses it rests on.
        clauses: Vec<String>,
    },
    /// The insured disagrees.
    Appealed {
        /// What the insured says.
        grounds: String,
    },
    /// The insurer has paid a part.
    PaidInPart {
        /// The amount of this payment.
        paid: Money,
    },
    /// The insurer has paid what was left.
    Paid {
        /// The amount of all payments.
        paid: Money,
    },
    /// Nothing is left to do.
    Closed,
    /// What was approved was not paid in time.
    Expired,
    /// It was taken up again.
    Reopened,
    /// The insured took it back.
    Withdrawn,
}

impl ClaimEvent {
    /// The topic of the outbox.
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::Notified => "claim.notified",
            Self::AssessmentStarted => "claim.assessment_started",
            Self::InformationWanted { .. } => "claim.information_wanted",
            Self::InformationReceived => "claim.information_received",
            Self::Decided { .. } => "claim.decided",
            Self::DecisionProposed { .. } => "claim.decision_proposed",
            Self::Referred => "claim.referred",
            Self::Approved { .. } => "claim.approved",
            Self::Denied { .. } => "claim.denied",
            Self::Appealed { .. } => "claim.appealed",
            Self::PaidInPart { .. } => "claim.paid_in_part",
            Self::Paid { .. } => "claim.paid",
            Self::Closed => "claim.closed",
            Self::Expired => "claim.expired",
            Self::Reopened => "claim.reopened",
            Self::Withdrawn => "claim.withdrawn",
        }
    }
}
