//! What a limit counts together: an occurrence, a firm's year, the whole programme.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::benefit::{Benefit, BenefitError};
use crate::id::{ClaimId, IncidentId, MasterContractId, TenantId};
use crate::master_contract::{CoverTerms, PartCode};
use crate::money::Money;

/// What makes losses one occurrence: the incident behind them, or else the claim alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OccurrenceKey {
    /// Every claim for the same incident.
    Incident(IncidentId),
    /// A claim without an incident.
    Claim(ClaimId),
}

impl fmt::Display for OccurrenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incident(id) => fmt::Display::fmt(id, f),
            Self::Claim(id) => fmt::Display::fmt(id, f),
        }
    }
}

/// One limit of one contract, for whom or what it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum LimitScope {
    /// What the insured bears of one occurrence. Spent like a limit: it is taken once.
    Deductible {
        /// The insured.
        tenant_id: TenantId,
        /// The occurrence.
        occurrence: OccurrenceKey,
    },
    /// One part within one occurrence.
    Item {
        /// The insured.
        tenant_id: TenantId,
        /// The occurrence.
        occurrence: OccurrenceKey,
        /// The part.
        part: PartCode,
    },
    /// One occurrence.
    Occurrence {
        /// The insured.
        tenant_id: TenantId,
        /// The occurrence.
        occurrence: OccurrenceKey,
    },
    /// One firm within the insurance period.
    Annual {
        /// The insured.
        tenant_id: TenantId,
    },
    /// Everybody within the insurance period.
    Programme,
}

impl LimitScope {
    /// The word for the kind of scope.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Deductible { .. } => "deductible",
            Self::Item { .. } => "item",
            Self::Occurrence { .. } => "occurrence",
            Self::Annual { .. } => "annual",
            Self::Programme => "programme",
        }
    }

    /// The one text of the scope within a contract, as the database keys it.
    pub fn key(&self, contract: MasterContractId) -> String {
        let kind = self.kind();
        match self {
            Self::Deductible { tenant_id, occurrence }
            | Self::Occurrence { tenant_id, occurrence } => {
                format!("{contract}/{kind}/{tenant_id}/{occurrence}")
            }
            Self::Item { tenant_id, occurrence, part } => {
                format!("{contract}/{kind}/{tenant_id}/{occurrence}/{part}")
            }
            Self::Annual { tenant_id } => format!("{contract}/{kind}/{tenant_id}"),
            Self::Programme => format!("{contract}/{kind}"),
        }
    }
}

/// What a benefit takes from one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// The limit.
    #[serde(flatten)]
    pub scope: LimitScope,
    /// What the contract allows in all.
    pub cap: Money,
    /// What is taken.
    pub amount: Money,
}

impl LimitScope {
    /// Every limit that a loss of this tenant and occurrence can touch, with what the contract
    /// allows. A limit that the contract does not set is absent.
    pub fn of_loss(
        terms: &CoverTerms,
        tenant_id: TenantId,
        occurrence: OccurrenceKey,
    ) -> Vec<(Self, Money)> {
        let mut scopes = Vec::new();
        if !terms.deductible.is_zero() {
            scopes.push((Self::Deductible { tenant_id, occurrence }, terms.deductible));
        }
        for part in &terms.parts {
            if let Some(limit) = part.item_limit {
                let part = part.code.clone();
                scopes.push((Self::Item { tenant_id, occurrence, part }, limit));
            }
        }
        let shared = [
            (Self::Occurrence { tenant_id, occurrence }, terms.occurrence_limit),
            (Self::Annual { tenant_id }, terms.annual_limit),
            (Self::Programme, terms.programme_aggregate),
        ];
        scopes.extend(shared.into_iter().filter_map(|(scope, cap)| cap.map(|cap| (scope, cap))));
        scopes
    }
}

impl Benefit {
    /// What this benefit takes from every limit it touches; limits it does not touch are absent.
    ///
    /// # Errors
    /// [`BenefitError::Money`] for an overflow.
    pub fn draws(
        &self,
        terms: &CoverTerms,
        tenant_id: TenantId,
        occurrence: OccurrenceKey,
    ) -> Result<Vec<Draw>, BenefitError> {
        let by_part = self.by_part()?;
        let draws = LimitScope::of_loss(terms, tenant_id, occurrence)
            .into_iter()
            .map(|(scope, cap)| {
                let amount = match &scope {
                    LimitScope::Deductible { .. } => self.deductible,
                    LimitScope::Item { part, .. } => {
                        by_part.get(part).copied().unwrap_or(Money::ZERO_JPY)
                    }
                    LimitScope::Occurrence { .. }
                    | LimitScope::Annual { .. }
                    | LimitScope::Programme => self.total,
                };
                Draw { scope, cap, amount }
            })
            .filter(|draw| !draw.amount.is_zero())
            .collect();
        Ok(draws)
    }
}
