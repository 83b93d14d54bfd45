//! Bordereaux: the monthly list of certificates, premiums and claims to the insurer.
//!
//! A list is what was known at a time. What was recorded later stands on a later list, so that an
//! earlier one never changes: a premium of an earlier month that turns out otherwise is a correction on
//! the list of the month in which it became known. Claims carry two identities (Lloyd's claims reporting standard): the
//! total incurred is the sum of the six amounts beside it, and what was paid before is the month
//! before's paid before and its paid this month.

use serde::{Deserialize, Serialize};

pub use certificates::{CertificateRow, Change, certificate_row};
pub use claims::{ClaimRow, ClaimStatus, cause_word, claim_row, incurred};
pub use table::Part;

use crate::days::DayPeriod;
use crate::decision::content_hash;
use crate::id::{CertificateId, InsurerId, MasterContractId, TenantId};
use crate::master_contract::MasterContract;
use crate::money::{Money, MoneyError};
use crate::text::Text;
use crate::time::{Month, Period, TimeError, Timestamp, Zone};

mod certificates;
mod claims;
mod table;

/// A premium on a bordereau.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PremiumRow {
    /// The certificate.
    pub certificate_id: CertificateId,
    /// Its number.
    pub certificate_number: String,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The insured company.
    pub insured_name: String,
    /// The days of the month it is for.
    pub earned: DayPeriod,
    /// The premium for these days, exempt from tax.
    pub premium: Money,
    /// The premium for a whole year.
    pub yearly_premium: Money,
    /// How it was found; none when it is plain.
    pub note: Option<Text>,
}

/// What corrects the premium of an earlier month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The month that is corrected.
    pub month: Month,
    /// The certificate.
    pub certificate_id: CertificateId,
    /// Its number.
    pub certificate_number: String,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The insured company.
    pub insured_name: String,
    /// By how much; negative when it is given back.
    pub difference: Money,
    /// Why.
    pub reason: Text,
}

/// The monthly list to the insurer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bordereau {
    /// The month.
    pub month: Month,
    /// The insurer.
    pub insurer_id: InsurerId,
    /// The master contract.
    pub master_contract_id: MasterContractId,
    /// What the insurer knows it by.
    pub master_contract_number: String,
    /// Certificates in force at any time of the month: by tenant's name, then number.
    pub certificates: Vec<CertificateRow>,
    /// Premiums, in the same order.
    pub premiums: Vec<PremiumRow>,
    /// Claims open at any time of the month: by tenant's name, then number.
    pub claims: Vec<ClaimRow>,
    /// What corrects premiums of earlier months: by month, then in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// Sum of the premiums, without corrections.
    pub premium_total: Money,
    /// Sum of what was paid this month, fees included.
    pub paid_this_month_total: Money,
    /// Sum of what claims have cost and are expected to cost.
    pub incurred_total: Money,
    /// When it was made.
    pub produced_at: Timestamp,
    /// `sha256:` over the canonical text of everything but the time it was made.
    pub hash: String,
}

/// Which month is listed, in which zone, and what may be known.
#[derive(Debug, Clone)]
pub struct Window {
    /// The month.
    pub month: Month,
    /// The contract's zone.
    pub zone: Zone,
    /// The instants of the month.
    pub instants: Period,
    /// Only what was recorded by this time counts; none for everything. Never later than the end of
    /// the month: what came later stands on a later list.
    pub known_at: Option<Timestamp>,
}

impl Window {
    /// A month under a contract.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn of(
        contract: &MasterContract,
        month: Month,
        known_at: Option<Timestamp>,
    ) -> Result<Self, TimeError> {
        let zone = contract.period.zone.clone();
        let instants = month.in_zone(&zone)?;
        Ok(Self { month, zone, instants, known_at })
    }

    /// The same month as it was known when the list of a month was made: at that month's end, or
    /// earlier when nothing later may be known.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn as_listed(
        contract: &MasterContract,
        month: Month,
        (listed_in, known_at): (Month, Option<Timestamp>),
    ) -> Result<Self, TimeError> {
        let end = listed_in.in_zone(&contract.period.zone)?.end();
        Self::of(contract, month, Some(known_at.map_or(end, |known_at| known_at.min(end))))
    }

    /// Whether something recorded then counts.
    fn knows(&self, recorded_at: Timestamp) -> bool {
        self.known_at.is_none_or(|known_at| recorded_at <= known_at)
    }

    /// Whether something recorded then counts for the month or one before it.
    fn has_seen(&self, recorded_at: Timestamp) -> bool {
        recorded_at < self.instants.end() && self.knows(recorded_at)
    }
}

/// What a bordereau is made from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// Certificates.
    pub certificates: Vec<CertificateRow>,
    /// Premiums.
    pub premiums: Vec<PremiumRow>,
    /// Claims.
    pub claims: Vec<ClaimRow>,
    /// What corrects premiums of earlier months.
    pub corrections: Vec<Correction>,
}

impl Bordereau {
    /// The list of rows in any order.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn new(
        window: &Window,
        contract: &MasterContract,
        rows: Rows,
        produced_at: Timestamp,
    ) -> Result<Self, MoneyError> {
        let Rows { mut certificates, mut premiums, mut claims, mut corrections } = rows;
        let order = |name: &str, number: &str| (name.to_owned(), number.to_owned());
        certificates.sort_by_key(|row| {
            (order(&row.insured_name, &row.certificate_number), row.certificate_id)
        });
        premiums.sort_by_key(|row| {
            (order(&row.insured_name, &row.certificate_number), row.certificate_id)
        });
        claims.sort_by_key(|row| (order(&row.insured_name, &row.reference), row.claim_id));
        corrections.sort_by_key(|row| {
            let order = order(&row.insured_name, &row.certificate_number);
            (row.month, order, row.certificate_id)
        });
        let paid = claims.iter().flat_map(|row| [row.paid_this_month, row.fees_this_month]);
        let mut content = serde_json::json!({
            "month": window.month,
            "master_contract": contract.code,
            "certificates": certificates,
            "premiums": premiums,
            "claims": claims,
        });
        // Most lists have none, and their hashes stay what they were before there were any.
        if let Some(content) = content.as_object_mut().filter(|_| !corrections.is_empty()) {
            content.insert("corrections".to_owned(), serde_json::json!(corrections));
        }
        Ok(Self {
            month: window.month,
            insurer_id: contract.insurer_id,
            master_contract_id: contract.id,
            master_contract_number: contract.code.clone(),
            premium_total: Money::total(premiums.iter().map(|row| row.premium))?,
            paid_this_month_total: Money::total(paid)?,
            incurred_total: Money::total(claims.iter().map(|row| row.total_incurred))?,
            certificates,
            premiums,
            claims,
            corrections,
            produced_at,
            hash: content_hash(&content),
        })
    }

    /// Sum of what corrects earlier months.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn correction_total(&self) -> Result<Money, MoneyError> {
        Money::total(self.corrections.iter().map(|row| row.difference))
    }
}

#[cfg(test)]
mod tests;
