//! The steps of the calculation, as an explanation shows them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Taken;
use crate::master_contract::{CoveragePart, LimitScope};
use crate::money::Money;
use crate::rate::Rate;

/// What a step of the calculation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The loss.
    Loss,
    /// A position that is not insured, or that the policies do not let pass, goes out.
    NotCovered,
    /// What was lost within the waiting period goes out, to the second, rounded down to the yen.
    Waiting,
    /// The share that is paid, rounded down to the yen by position.
    Coinsurance,
    /// What the insured bears goes off.
    Deductible,
    /// What was paid for the same positions before goes off.
    AlreadyPaid,
    /// There are so many benefits of the part in the period, and so many were given before.
    Number {
        /// How many there are.
        most: u32,
        /// How many other claims got.
        given: u32,
    },
    /// A limit cuts.
    Limit(LimitScope),
    /// What a limit over several positions allows is handed out to them.
    Allocation,
    /// The payable policy or a person sets less.
    Policy,
}

impl StepKind {
    /// The word in traces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::NotCovered => "not_covered",
            Self::Waiting => "waiting",
            Self::Coinsurance => "coinsurance",
            Self::Deductible => "deductible",
            Self::AlreadyPaid => "already_paid",
            Self::Number { .. } => "number",
            Self::Limit(scope) => scope.as_str(),
            Self::Allocation => "allocation",
            Self::Policy => "policy",
        }
    }
}

/// One step of the calculation, in yen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// The position's number; none for several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// The parts it concerns.
    pub parts: BTreeSet<CoveragePart>,
    /// The amount before the step.
    pub before: Money,
    /// The amount after the step.
    pub after: Money,
    /// The share, for coinsurance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// What was left of the deductible or of the limit before the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Money>,
    /// The limit by its code, and what other losses had taken from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<(String, Taken)>,
}
