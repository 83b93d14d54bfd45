//! Master contracts (包括契約): the insurer's contract with the bundle's operator.
//!
//! One contract covers every tenant that holds a certificate under it. Its limits lie inside each
//! other: a part's limit inside the limit of the loss, that inside the limit of one insured firm,
//! that inside the aggregate of the whole programme. A limit that is not written does not exist.

use serde::{Deserialize, Serialize};

use crate::id::{InsurerId, MasterContractId, PartnerId};
use crate::problem::Violation;
use crate::time::{CivilDate, Period, TimeError, Timestamp, Zone};

pub use part::{CoveragePart, ParseCoveragePartError};
pub use terms::{
    ApprovalAuthority, Attachment, BenefitForm, CoverPacks, CoverTerms, Limit, LimitBasis,
    LimitScope, LossBasis, PartTerms, Premium, PremiumBasis, PremiumPayer, Stacking,
};
pub use versions::{EndorsementDraft, TermsVersion};
pub use wording::{Acknowledgement, Clause, ClauseKind, Wording};

mod check;
mod part;
mod terms;
mod versions;
mod wording;

/// When a contract runs: from an hour of its first day to the same hour of its last.
///
/// Japanese contracts start at 16:00 or at 00:00, so the hour is part of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsurancePeriod {
    /// The day it starts on.
    pub starts_on: CivilDate,
    /// The day it ends on, at the same hour.
    pub ends_on: CivilDate,
    /// The hour of both, 0 to 23, in the zone.
    pub hour: i8,
    /// Where the hour is read.
    pub zone: Zone,
}

impl InsurancePeriod {
    /// The instants that belong to it: the start does, the end does not.
    ///
    /// # Errors
    /// [`TimeError::EndBeforeStart`], or [`TimeError::OutOfRange`] for an hour that no day has.
    pub fn instants(&self) -> Result<Period, TimeError> {
        Period::new(self.at_hour(self.starts_on)?, self.at_hour(self.ends_on)?)
    }

    fn at_hour(&self, day: CivilDate) -> Result<Timestamp, TimeError> {
        let time = jiff::civil::Time::new(self.hour, 0, 0, 0).map_err(|_| TimeError::OutOfRange)?;
        day.to_datetime(time)
            .to_zoned(self.zone.time_zone())
            .map(|zoned| Timestamp::new(zoned.timestamp()))
            .map_err(|_| TimeError::OutOfRange)
    }
}

/// Where a master contract stands, by its period alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractState {
    /// Its period has not begun.
    Pending,
    /// In force.
    InForce,
    /// Its period is over; losses of the period are still adjudicated.
    Expired,
    /// It ended before its period was over.
    Cancelled,
}

/// What a master contract is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterContractDraft {
    /// Its short permanent name, such as `okinawa-first-response-2021`.
    pub code: String,
    /// Who carries the risk.
    pub insurer_id: InsurerId,
    /// The operator that holds it.
    pub holder_id: PartnerId,
    /// When it runs.
    pub period: InsurancePeriod,
    /// What it promises.
    pub terms: CoverTerms,
}

/// The insurer's contract with the bundle's operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterContract {
    /// Its id.
    pub id: MasterContractId,
    /// Its short permanent name.
    pub code: String,
    /// Who carries the risk.
    pub insurer_id: InsurerId,
    /// The operator that holds it.
    pub holder_id: PartnerId,
    /// When it runs, in days and hours.
    pub period: InsurancePeriod,
    /// The instants of its period, up to a cancellation.
    pub in_force: Period,
    /// What it promises: as recorded last, or as [`MasterContract::held_at`] a time.
    pub terms: CoverTerms,
    /// The version of the terms, from 1.
    pub version: u32,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// Every version in the order in which they were recorded; empty as long as there is one only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<TermsVersion>,
}

impl MasterContract {
    /// A contract, if what it says makes sense.
    ///
    /// # Errors
    /// Every field that breaks a rule, not only the first.
    pub fn new(
        id: MasterContractId,
        draft: MasterContractDraft,
        created_at: Timestamp,
    ) -> Result<Self, Vec<Violation>> {
        let mut found = check::violations(&draft.terms);
        let in_force = match draft.period.instants() {
            Ok(in_force) if in_force.start() < in_force.end() => Some(in_force),
            Ok(_) | Err(_) => None,
        };
        let Some(in_force) = in_force else {
            found.push(Violation {
                field: "period".to_owned(),
                description: "the contract must end after it starts, at an hour from 0 to 23"
                    .to_owned(),
            });
            return Err(found);
        };
        if !found.is_empty() {
            return Err(found);
        }
        let MasterContractDraft { code, insurer_id, holder_id, period, terms } = draft;
        Ok(Self {
            id,
            code,
            insurer_id,
            holder_id,
            period,
            in_force,
            terms,
            version: 1,
            created_at,
            versions: Vec::new(),
        })
    }

    /// Where it stands at an instant.
    pub fn state_at(&self, at: Timestamp) -> ContractState {
        if at < self.in_force.start() {
            ContractState::Pending
        } else if at < self.in_force.end() {
            ContractState::InForce
        } else if self.period.instants().is_ok_and(|whole| self.in_force.end() < whole.end()) {
            ContractState::Cancelled
        } else {
            ContractState::Expired
        }
    }

    /// The instant that chooses the wording for a loss: the loss itself, or the nearest instant of
    /// the contract when the loss lies outside it, so that a refusal can still cite a wording.
    pub fn wording_instant(&self, loss_at: Timestamp) -> Timestamp {
        let last = self
            .in_force
            .end()
            .as_microseconds()
            .checked_sub(1)
            .and_then(|last| Timestamp::from_microseconds(last).ok())
            .unwrap_or(self.in_force.end());
        loss_at.max(self.in_force.start()).min(last)
    }
}

#[cfg(test)]
pub(crate) mod tests;
