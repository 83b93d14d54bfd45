//! The priced rows of a quote and their sums.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::catalog::price::{Cadence, Proration, RateCardRef, TaxMode, TaxTotal};
use crate::catalog::profile::Budget;
use crate::catalog::quantity::{Quantity, Unit};
use crate::catalog::selection::SelectedItem;
use crate::money::Money;
use crate::quote::discount::Discount;
use crate::quote::payer::{DeclinedPayer, PayerSplit};
use crate::rate::Rate;
use crate::service::Service;
use crate::text::{Language, Text};
use crate::time::{CivilDate, Timestamp};

/// Whether a line will be charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Will be charged.
    Charged,
    /// Is included: nothing is charged for it.
    Included,
    /// Is charged only if its trigger happens; not in the totals.
    Contingent,
    /// Takes something off; its amount is negative.
    Discount,
}

impl LineKind {
    /// The word in files and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charged => "charged",
            Self::Included => "included",
            Self::Contingent => "contingent",
            Self::Discount => "discount",
        }
    }
}

/// One priced row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Code of the price, such as `utm.monthly`.
    pub code: String,
    /// What it is.
    pub label: Text,
    /// The service; none for the bundle.
    pub service: Option<Service>,
    /// The plan; none when it belongs to the bundle.
    pub plan: Option<String>,
    /// The option; none when it belongs to the plan itself.
    pub option: Option<String>,
    /// Whether it will be charged.
    pub kind: LineKind,
    /// How often; none for what is included.
    pub cadence: Option<Cadence>,
    /// How many are charged.
    pub quantity: Quantity,
    /// What is counted; none when nothing is.
    pub unit: Option<Unit>,
    /// For one; none when the price is not by unit.
    pub unit_price: Option<Money>,
    /// Each time it is charged; none when somebody has to ask first.
    pub amount: Option<Money>,
    /// How the amount relates to tax.
    pub tax_mode: TaxMode,
    /// Rate of tax; nothing when exempt or out of scope.
    pub tax_rate: Rate,
    /// How a part of a period is charged.
    pub proration: Proration,
    /// What must happen for it to be charged; none unless contingent.
    pub trigger: Option<Text>,
    /// The first day on which it is charged, when it begins with a free time.
    pub free_until: Option<CivilDate>,
    /// The first day on which it no longer applies; none for no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<CivilDate>,
    /// How the amount was found, when it is not plain.
    pub note: Option<Text>,
    /// Whether the cover may pay for it, so that it is never charged twice.
    pub covered: bool,
}

/// A year's sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Without tax.
    pub net: Money,
    /// Tax, rounded once per rate and invoice.
    pub tax: Money,
    /// With tax.
    pub gross: Money,
    /// By rate of tax.
    pub by_rate: Vec<TaxTotal>,
    /// Without tax, divided by twelve, rounded half up to two digits.
    #[serde(with = "rust_decimal::serde::str")]
    pub monthly_equivalent_net: Decimal,
    /// With tax, divided by twelve, rounded half up to two digits.
    #[serde(with = "rust_decimal::serde::str")]
    pub monthly_equivalent_gross: Decimal,
}

/// The sums of what will be charged; contingent lines are not in them.
///
/// Discounts with an end are in the first year, for the months that lie wholly before it, and in
/// nothing else that comes again: no sum is less than what is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Initial and one-off fees without tax.
    pub initial: Money,
    /// Each month without tax.
    pub monthly: Money,
    /// Each year without tax.
    pub yearly: Money,
    /// Twelve months from the start.
    pub first_year: Sums,
    /// Each later year.
    pub steady_year: Sums,
}

/// Whether a bundle fits a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetVerdict {
    /// Fits in the first year and later.
    Within,
    /// Too much in the first year, fits later.
    WithinAfterFirstYear,
    /// Too much.
    Over,
}

impl BudgetVerdict {
    /// The word in files and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Within => "within",
            Self::WithinAfterFirstYear => "within_after_first_year",
            Self::Over => "over",
        }
    }
}

/// How a bundle compares with a budget. Whole years are compared, so that no rounding decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetCheck {
    /// The budget.
    pub budget: Budget,
    /// Whether it fits.
    pub verdict: BudgetVerdict,
    /// Budget less the first year's monthly equivalent; negative when over.
    #[serde(with = "rust_decimal::serde::str")]
    pub remaining: Decimal,
    /// The same in one sentence.
    pub message: Text,
}

/// Another bundle, for a lower or a higher budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// `lower` or `higher`.
    pub code: String,
    /// What it is.
    pub label: Text,
    /// What the customer loses or gains.
    pub difference: Text,
    /// What it is made of.
    pub selection: Vec<SelectedItem>,
    /// Its sums.
    pub totals: Totals,
    /// Whether it fits the budget.
    pub budget: Option<BudgetCheck>,
}

/// A text that somebody has read and accepted for the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedText {
    /// Stable code of the text.
    pub code: String,
    /// Version of the document that it is from; empty when it has only one.
    pub document_version: String,
    /// The language it was shown in.
    pub language: Language,
    /// When it was shown.
    pub shown_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Who accepted it, as the partner wrote it down.
    pub accepted_by: String,
}

/// Something that has to be read and accepted with the quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredAcknowledgement {
    /// Stable code, such as `consent.maintainer`.
    pub code: String,
    /// Version of the document that the text is from.
    pub document_version: String,
    /// What is accepted.
    pub text: Text,
    /// Whether the quote cannot be accepted without it.
    pub required: bool,
}

/// A bundle with its prices: what the rate card gives for a selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priced {
    /// The prices it was made with.
    pub rate_card: RateCardRef,
    /// The first day of the subscription that prices and sums are for.
    pub start_on: CivilDate,
    /// The first day after a free trial.
    pub trial_until: Option<CivilDate>,
    /// What is offered, complete with plans and quantities.
    pub selection: Vec<SelectedItem>,
    /// Everything that will or may ever be charged, and what is included.
    pub lines: Vec<Line>,
    /// What is taken off, and why; each has its lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// Who pays which part, the customer first, then by code; empty when the customer pays everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payers: Vec<PayerSplit>,
    /// Who offered to pay a share and was not accepted, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined_payers: Vec<DeclinedPayer>,
    /// Sums, of all payers together.
    pub totals: Totals,
    /// Whether it fits the budget; none when no budget was given.
    pub budget: Option<BudgetCheck>,
    /// What is not included and may be expected.
    pub not_included: Vec<Text>,
    /// What has to be read and accepted.
    pub acknowledgements: Vec<RequiredAcknowledgement>,
    /// The longest minimum term among the plans, in months; zero for none.
    pub minimum_term_months: u32,
}

impl Priced {
    /// The lines of a kind, in the order of the quote.
    pub fn lines_of(&self, kind: LineKind) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.kind == kind)
    }

    /// What the customer itself pays in the first and in each later year.
    pub fn own_years(&self) -> (&Sums, &Sums) {
        let own = self.payers.iter().find(|payer| payer.terms.is_none());
        own.map_or((&self.totals.first_year, &self.totals.steady_year), |own| {
            (&own.first_year, &own.steady_year)
        })
    }
}
