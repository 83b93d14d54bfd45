//! Where a settlement is in its life.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::problem::Refused;
use crate::reason::Reason;
use crate::time::Timestamp;

/// That somebody approved it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Approval {
    /// Who: never who asked for the settlement.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// That it was paid.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Remittance {
    /// Reference of the bank.
    pub reference: String,
    /// When it was paid.
    pub remitted_at: Timestamp,
    /// Who recorded it.
    pub recorded_by: Actor,
}

/// Where a settlement is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SettlementState {
    /// Drawn up, waits for approval.
    Draft,
    /// Approved, waits for the money.
    Approved {
        /// By whom.
        approval: Approval,
    },
    /// Paid.
    Remitted {
        /// By whom it was approved.
        approval: Approval,
        /// The payment.
        remittance: Remittance,
    },
    /// The counterpart has confirmed it. Final.
    Closed {
        /// By whom it was approved.
        approval: Approval,
        /// The payment.
        remittance: Remittance,
        /// When.
        closed_at: Timestamp,
    },
}

/// What can be done with a settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettlementCommand {
    /// Agree to it.
    Approve {
        /// Who agrees.
        by: Actor,
    },
    /// The money went out or came in.
    RecordRemittance {
        /// The payment.
        remittance: Remittance,
    },
    /// The counterpart has confirmed it.
    Close,
}

/// What happened to a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SettlementEvent {
    /// Somebody else than its maker agreed to it.
    Approved {
        /// Who.
        by: Actor,
    },
    /// It was paid.
    Remitted {
        /// Reference of the bank.
        reference: String,
    },
    /// The counterpart has confirmed it.
    Closed,
}

impl SettlementCommand {
    /// The word in messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::RecordRemittance { .. } => "record_remittance",
            Self::Close => "close",
        }
    }
}

impl SettlementEvent {
    /// The topic under which others hear of it.
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::Approved { .. } => "settlement.approved",
            Self::Remitted { .. } => "settlement.remitted",
            Self::Closed => "settlement.closed",
        }
    }
}

use SettlementCommand as C;
use SettlementEvent as E;
use SettlementState as S;

impl SettlementState {
    /// The word in tables and messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved { .. } => "approved",
            Self::Remitted { .. } => "remitted",
            Self::Closed { .. } => "closed",
        }
    }

    /// Who approved it and when; none of a draft.
    pub const fn approval(&self) -> Option<&Approval> {
        match self {
            Self::Draft => None,
            Self::Approved { approval }
            | Self::Remitted { approval, .. }
            | Self::Closed { approval, .. } => Some(approval),
        }
    }

    /// How it was paid; none until then.
    pub const fn remittance(&self) -> Option<&Remittance> {
        match self {
            Self::Draft | Self::Approved { .. } => None,
            Self::Remitted { remittance, .. } | Self::Closed { remittance, .. } => Some(remittance),
        }
    }

    /// The next state and what happened.
    ///
    /// # Errors
    /// [`Reason::SecondPersonNeeded`] when its maker approves it, otherwise
    /// [`Reason::SettlementState`].
    pub fn step(
        &self,
        command: &C,
        drafted_by: &Actor,
        now: Timestamp,
    ) -> Result<(Self, E), Refused> {
        let refused = |reason| Refused {
            reason,
            subject: "settlement",
            state: self.as_str(),
            command: command.as_str(),
        };
        match self {
            S::Draft => match command {
                C::Approve { by } if by.is_same_subject(drafted_by) => {
                    Err(refused(Reason::SecondPersonNeeded))
                }
                C::Approve { by } => {
                    let approval = Approval { by: by.clone(), at: now };
                    Ok((S::Approved { approval }, E::Approved { by: by.clone() }))
                }
                C::RecordRemittance { .. } | C::Close => Err(refused(Reason::SettlementState)),
            },
            S::Approved { approval } => match command {
                C::RecordRemittance { remittance } => {
                    let (approval, remittance) = (approval.clone(), remittance.clone());
                    let reference = remittance.reference.clone();
                    Ok((S::Remitted { approval, remittance }, E::Remitted { reference }))
                }
                C::Approve { .. } | C::Close => Err(refused(Reason::SettlementState)),
            },
            S::Remitted { approval, remittance } => match command {
                C::Close => {
                    let (approval, remittance) = (approval.clone(), remittance.clone());
                    Ok((S::Closed { approval, remittance, closed_at: now }, E::Closed))
                }
                C::Approve { .. } | C::RecordRemittance { .. } => {
                    Err(refused(Reason::SettlementState))
                }
            },
            S::Closed { .. } => match command {
                C::Approve { .. } | C::RecordRemittance { .. } | C::Close => {
                    Err(refused(Reason::SettlementState))
                }
            },
        }
    }
}
