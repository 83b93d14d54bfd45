//! Who pays which part of a bundle.

use serde::{Deserialize, Serialize};

use super::lines::Sums;
use crate::days::DayPeriod;
use crate::decision::PackVersion;
use crate::id::DecisionId;
use crate::money::Money;
use crate::rate::Rate;
use crate::service::Service;
use crate::text::Text;
use crate::time::CivilDate;

/// What somebody other than the customer pays: a share of the fees of some services, on some days,
/// up to so much a month. Fixed by the quote; the subscription keeps it, and invoices follow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayerTerms {
    /// Short code, unique among the payers of a company; never `customer`.
    pub code: String,
    /// Name as it stands on its invoice.
    pub name: String,
    /// Share of the fees, above 0 and at most 1.
    pub share_rate: Rate,
    /// The most it pays for a month of the subscription, tax included; none for no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_cap: Option<Money>,
    /// Days on which it pays; none for without limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<DayPeriod>,
    /// Services it pays for; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// The policy version that accepted it.
    pub pack: PackVersion,
    /// The recorded decision behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<DecisionId>,
}

impl PayerTerms {
    /// Whether it pays for a service at all; what belongs to no service only if it pays for all.
    pub fn pays_for(&self, service: Option<Service>) -> bool {
        self.services.is_empty() || service.is_some_and(|of| self.services.contains(&of))
    }

    /// Whether it pays on a day.
    pub fn pays_on(&self, day: CivilDate) -> bool {
        self.valid.is_none_or(|days| days.contains(day))
    }
}

/// What one payer pays in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayerSplit {
    /// On which terms; none for the customer, who pays what is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<PayerTerms>,
    /// Twelve months from the start, as its invoices will say.
    pub first_year: Sums,
    /// Each later year. Who pays until a day only is not in it: no sum is less than what is charged.
    pub steady_year: Sums,
}

/// Somebody whose offer to pay a share was not accepted: the customer pays it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclinedPayer {
    /// Its short code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Codes of the rules that did not hold.
    pub because: Vec<String>,
    /// Why, and what to do about it.
    pub reason: Text,
    /// The policy version that declined it; none if none is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackVersion>,
    /// The recorded decision behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<DecisionId>,
}
