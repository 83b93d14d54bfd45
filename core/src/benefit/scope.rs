//! Whose limit it is: a loss's, a firm's, a site's, a certificate's, or everybody's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::benefit::number::{ONE, number_code};
use crate::benefit::{Benefit, BenefitError, deductible_code};
use crate::id::{CertificateId, ClaimId, IncidentId, MasterContractId, SiteId, TenantId};
use crate::master_contract::{CoverTerms, Limit, LimitBasis, LimitScope, Stacking};
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

/// Who takes from limits when a loss is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Takers {
    /// The contract.
    pub contract: MasterContractId,
    /// The insured.
    pub tenant: TenantId,
    /// The certificate; none when none was in force.
    pub certificate: Option<CertificateId>,
    /// The site where it happened; none when it is not known, or when nobody counts by it.
    pub site: Option<SiteId>,
    /// The occurrence; none when the question is about no loss.
    pub occurrence: Option<OccurrenceKey>,
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitSubject {
    /// That of one occurrence of one firm.
    Occurrence(TenantId, OccurrenceKey),
    /// That of one firm within the insurance period.
    Tenant(TenantId),
    /// That of one site of a firm within the insurance period.
    Site(SiteId),
    /// That of one certificate within the insurance period.
    Certificate(CertificateId),
    /// Everybody's within the insurance period.
    Contract(MasterContractId),
}

impl fmt::Display for LimitSubject {
    /// The one text of it, as tables key it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Occurrence(tenant, occurrence) => write!(f, "{tenant}/{occurrence}"),
            Self::Tenant(tenant) => fmt::Display::fmt(tenant, f),
            Self::Site(site) => fmt::Display::fmt(site, f),
            Self::Certificate(certificate) => fmt::Display::fmt(certificate, f),
            Self::Contract(contract) => fmt::Display::fmt(contract, f),
        }
    }
}

/// The text names nobody whose limit it could be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the subject of a limit")]
pub struct ParseLimitSubjectError {
    /// What was given.
    pub text: String,
}

impl FromStr for LimitSubject {
    type Err = ParseLimitSubjectError;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, ParseLimitSubjectError> {
        let of_occurrence = || {
            let (tenant, occurrence) = text.split_once('/')?;
            let incident = occurrence.parse().map(OccurrenceKey::Incident).ok();
            let key = incident.or_else(|| occurrence.parse().map(OccurrenceKey::Claim).ok())?;
            Some(Self::Occurrence(tenant.parse().ok()?, key))
        };
        of_occurrence()
            .or_else(|| text.parse().map(Self::Tenant).ok())
            .or_else(|| text.parse().map(Self::Site).ok())
            .or_else(|| text.parse().map(Self::Certificate).ok())
            .or_else(|| text.parse().map(Self::Contract).ok())
            .ok_or_else(|| ParseLimitSubjectError { text: text.to_owned() })
    }
}

impl LimitSubject {
    /// Whose limits of the period are counted together.
    fn of_period(stacking: Stacking, takers: &Takers) -> Self {
        match stacking {
            Stacking::PerTenant => Self::Tenant(takers.tenant),
            Stacking::PerSite => takers.site.map_or(Self::Tenant(takers.tenant), Self::Site),
            Stacking::PerCertificate => {
                takers.certificate.map_or(Self::Tenant(takers.tenant), Self::Certificate)
            }
        }
    }

    /// Whose limit it is for these takers; none when they have no occurrence and it counts by that.
    pub fn of(limit: &Limit, stacking: Stacking, takers: &Takers) -> Option<Self> {
        match (limit.scope, limit.basis) {
            (LimitScope::Programme, LimitBasis::PerPeriod | LimitBasis::PerOccurrence) => {
                Some(Self::Contract(takers.contract))
            }
            (_, LimitBasis::PerOccurrence) => {
                takers.occurrence.map(|occurrence| Self::Occurrence(takers.tenant, occurrence))
            }
            (_, LimitBasis::PerPeriod) => Some(Self::of_period(stacking, takers)),
        }
    }
}

/// What is taken from one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// The limit, deductible or number of benefits, by its code.
    pub code: String,
    /// Whose it is.
    pub subject: LimitSubject,
    /// What there is in all; of a number of benefits 1 for each.
    pub cap: Money,
    /// What is taken; of a number of benefits 1.
    pub amount: Money,
}

impl Draw {
    /// Every limit, deductible and number of benefits that a loss of these takers can touch, with
    /// nothing taken, in the order of their codes.
    pub fn possible(terms: &CoverTerms, takers: &Takers) -> Vec<Self> {
        let limits = terms.limits.iter().filter_map(|limit| {
            let subject = LimitSubject::of(limit, terms.stacking, takers)?;
            // What does not fit into a number was refused when the contract was recorded.
            let (code, cap) = (limit.code.clone(), limit.capacity().ok()?);
            Some(Self { code, subject, cap, amount: cap.zero() })
        });
        let deductibles = terms.parts.iter().filter_map(|part| {
            let subject = LimitSubject::Occurrence(takers.tenant, takers.occurrence?);
            let (code, cap) = (deductible_code(part.part), part.deductible);
            (!cap.is_zero()).then(|| Self { code, subject, cap, amount: cap.zero() })
        });
        let numbers = terms.parts.iter().filter_map(|part| {
            let subject = LimitSubject::of_period(terms.stacking, takers);
            let (code, cap) = (number_code(part.part), Money::jpy(part.n_per_period?.into()));
            Some(Self { code, subject, cap, amount: cap.zero() })
        });
        let mut draws: Vec<Self> = limits.chain(deductibles).chain(numbers).collect();
        draws.sort_by(|a, b| a.code.cmp(&b.code));
        draws
    }
}

impl Benefit {
    /// What this benefit takes from every limit, deductible and number; those it does not touch are absent.
    /// In the order of their codes, so that two claims take locks in the same order.
    ///
    /// # Errors
    /// [`BenefitError::Money`] for an overflow.
    pub fn draws(&self, terms: &CoverTerms, takers: &Takers) -> Result<Vec<Draw>, BenefitError> {
        let mut draws = Draw::possible(terms, takers);
        for draw in &mut draws {
            draw.amount = match terms.limit(&draw.code) {
                Some(limit) => self.of_parts(&terms.parts_of(limit))?,
                None if self.counts_under(&draw.code) => ONE,
                None => self.borne_under(&draw.code),
            };
        }
        draws.retain(|draw| !draw.amount.is_zero());
        Ok(draws)
    }

    /// Whether it counts under the code of a number of benefits.
    fn counts_under(&self, code: &str) -> bool {
        self.counted.iter().any(|part| number_code(*part) == code)
    }

    /// What the insured bears under the code of a deductible.
    fn borne_under(&self, code: &str) -> Money {
        self.deductibles
            .iter()
            .find(|(part, _)| deductible_code(**part) == code)
            .map_or(Money::ZERO_JPY, |(_, borne)| *borne)
    }
}
