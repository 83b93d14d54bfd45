//! What a policy takes off the fees of a bundle.

use serde::{Deserialize, Serialize};

use crate::catalog::price::Cadence;
use crate::decision::{Outcome, PackVersion};
use crate::id::DecisionId;
use crate::money::Money;
use crate::rate::Rate;
use crate::service::Service;
use crate::text::Text;
use crate::time::CivilDate;

/// A share that is taken off certain fees until a day. Its terms are fixed by the quote; the
/// subscription keeps them, and invoices follow them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// Code of the rule that gave it, such as `CHAMBER_MEMBERSHIP`.
    pub code: String,
    /// Why.
    pub reason: Text,
    /// The share, above 0 and at most 1.
    pub rate: Rate,
    /// Off which fees.
    pub cadence: Cadence,
    /// Off whose fees; every service's if empty.
    #[serde(default)]
    pub services: Vec<Service>,
    /// The first day without it; none for no end.
    pub ends_on: Option<CivilDate>,
    /// Codes of the prices it was taken off in the quote.
    #[serde(default)]
    pub line_codes: Vec<String>,
    /// What it took off each time in the quote, as a positive amount.
    pub amount: Money,
    /// The policy version that gave it.
    pub pack: PackVersion,
    /// The recorded decision behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<DecisionId>,
}

impl Discount {
    /// Whether it is taken off the fees of a service.
    pub fn is_off(&self, service: Option<Service>, cadence: Cadence) -> bool {
        let of_service = service.is_some_and(|service| self.services.contains(&service));
        self.cadence == cadence && (self.services.is_empty() || of_service)
    }

    /// Whether it is still given for a span that ends on a day.
    pub fn lasts_until(&self, end: CivilDate) -> bool {
        self.ends_on.is_none_or(|last| end <= last)
    }

    /// The code of its lines, such as `discount.chamber_membership`.
    pub fn line_code(&self) -> String {
        format!("discount.{}", self.code.to_lowercase())
    }

    /// What its lines are called.
    pub fn label(of: &Text) -> Text {
        Text::new(format!("割引（{}）", of.ja), format!("Discount: {}", of.en))
    }
}

/// A criterion of a public scheme, and whether the bundle meets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemeCriterion {
    /// Stable code, such as `otasuketai.engineer_on_request`.
    pub code: String,
    /// What it demands.
    pub text: Text,
    /// Whether the bundle meets it.
    pub outcome: Outcome,
    /// What to do about it, or what is not known; none when it is met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}
