//! From a month of a subscription to the lines of its invoice.
//!
//! Initial and one-off fees fall in the month in which charging starts, yearly fees in the month of
//! each anniversary of that day, monthly fees in every month for the days of use, usage fees for what
//! was measured. A trial is free. Days belong to exactly one choice and one version of prices, so that
//! no change charges a day twice or leaves one out; the whole is always the nominal period.
//!
//! The invoice of a month takes no notice of what begins after it. A period that was charged before
//! (a year, a month counted from an anchor) and is changed in this month is charged as it is now, less
//! what it was charged as: the difference stands on this invoice. A price without proration is charged
//! whole for each period that was begun, by the dearest choice that was made in it; other prices of the
//! same choice reach it with its next period. Initial and one-off fees are charged for what is added,
//! and nothing of them is given back.

mod corrections;
mod course;
mod fixed;
mod month;
mod others;
mod periods;
mod remainder;
mod spans;

use tasuki_core::catalog::{Cadence, Quantity, RateCardRef, TaxMode, TaxTotal, Unit};
use tasuki_core::days::DayPeriod;
use tasuki_core::id::ItemId;
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::subscription::Subscription;
use tasuki_core::text::Text;
use tasuki_core::time::{CivilDate, Month, TimeError, Zone};

use crate::cards::Cards;
use crate::quote_lines::QuoteError;
use crate::rate_card::{Price, RateCard};
use crate::tax::{TaxSum, Taxable, tax_sum, tax_totals};

/// What was measured of an item in the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The item.
    pub item_id: ItemId,
    /// The meter, such as `waf.traffic_gb`.
    pub meter: String,
    /// How much in the whole month.
    pub quantity: Quantity,
}

/// Something that happened in the month and has a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triggered {
    /// The item it happened to.
    pub item_id: ItemId,
    /// Code of the price.
    pub price: String,
    /// How many.
    pub quantity: Quantity,
    /// The day.
    pub on: CivilDate,
    /// The amount that was agreed, where the rate card has none.
    pub agreed: Option<Money>,
}

/// What a price charged in an earlier month, as invoiced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargedBefore {
    /// Code of the price.
    pub code: String,
    /// The first day of what it paid for.
    pub starts_on: CivilDate,
    /// What was charged, before anything was taken off.
    pub amount: Money,
}

/// What earlier months tell about this one. Prices that look back are rare: see
/// [`looks_back`](crate::rate_card::RateCard::looks_back).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// What was measured, by month, since the subscription is charged.
    pub measured: Vec<(Month, Measured)>,
    /// What was charged, for minimums of a year.
    pub charged: Vec<ChargedBefore>,
}

impl Past {
    /// Nothing came before, or nothing looks at it.
    pub const NONE: &'static Self = &Self { measured: Vec::new(), charged: Vec::new() };
}

/// What a month is invoiced from.
#[derive(Debug, Clone, Copy)]
pub struct MonthAsk<'a> {
    /// The subscription as it is known at the end of the month.
    pub subscription: &'a Subscription,
    /// The month.
    pub month: Month,
    /// The tenant's zone.
    pub zone: &'a Zone,
    /// What was measured; nothing for what was not.
    pub measured: &'a [Measured],
    /// What happened.
    pub triggered: &'a [Triggered],
    /// What came before; [`Past::NONE`] when no price of the subscription looks back.
    pub past: &'a Past,
}

/// One row of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLine {
    /// Code of the price.
    pub code: String,
    /// What it is.
    pub label: Text,
    /// The item.
    pub item_id: ItemId,
    /// The service.
    pub service: Service,
    /// The plan.
    pub plan: String,
    /// The option; none for the plan itself.
    pub option: Option<String>,
    /// The prices it was charged by.
    pub rate_card: RateCardRef,
    /// How often the price is charged.
    pub cadence: Cadence,
    /// What it pays for.
    pub service_period: DayPeriod,
    /// How many.
    pub quantity: Quantity,
    /// What is counted.
    pub unit: Option<Unit>,
    /// For one, where that is how it is priced.
    pub unit_price: Option<Money>,
    /// What is charged.
    pub amount: Money,
    /// How the amount relates to tax.
    pub tax_mode: TaxMode,
    /// The rate of tax; nothing when it bears none.
    pub tax_rate: Rate,
    /// How the amount was found, when it is not plain.
    pub note: Option<Text>,
    /// Whether it changes what an earlier invoice charged, instead of charging something.
    pub corrects: bool,
}

/// Something that a person should look at before the invoice goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// The item.
    pub item_id: ItemId,
    /// Code of the price.
    pub code: String,
    /// What is the matter.
    pub message: Text,
}

/// A month of a subscription, priced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthCharges {
    /// The lines; none for a month that is free.
    pub lines: Vec<InvoiceLine>,
    /// By rate of tax.
    pub taxes: Vec<TaxTotal>,
    /// The sums.
    pub sum: TaxSum,
    /// What a person should look at.
    pub attention: Vec<Attention>,
}

/// Why a month has no lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    /// The prices that a phase is pinned to are not there, or not with this content.
    #[error("the rate card `{0}` with hash `{hash}` is not loaded", hash = .0.hash)]
    UnknownCard(RateCardRef),
    /// The rate card does not sell an item of the subscription.
    #[error("the rate card does not sell what the subscription has: {0}")]
    Selection(#[from] QuoteError),
    /// Nothing of that code can be charged on that day.
    #[error("`{code}` is no price that something can trigger on {on}")]
    UnknownPrice {
        /// The code.
        code: String,
        /// The day.
        on: CivilDate,
    },
    /// A price that needs a quote was triggered and no amount was agreed.
    #[error("`{code}` has no amount in the rate card and none was agreed")]
    NoAgreedAmount {
        /// The code.
        code: String,
    },
    /// An amount that cannot be represented.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A day beyond the calendar.
    #[error(transparent)]
    Time(#[from] TimeError),
}

impl From<InvoiceError> for Problem {
    fn from(error: InvoiceError) -> Self {
        // Everything that can be the caller's was checked when the subscription was made.
        Self::internal(error.to_string())
    }
}

/// Prices a month of a subscription.
///
/// The tax is rounded once per rate for all lines together, as on one invoice.
///
/// # Errors
/// [`InvoiceError`].
pub fn invoice_lines(cards: &Cards, ask: MonthAsk<'_>) -> Result<MonthCharges, InvoiceError> {
    let mut charges = month::Charges::default();
    for item in &ask.subscription.items {
        periods::charge_item(cards, ask, item, &mut charges)?;
    }
    for happened in ask.triggered {
        month::charge_triggered(cards, ask, happened, &mut charges)?;
    }
    for phase in &ask.subscription.phases {
        others::charge_phase(cards, ask, phase, &mut charges)?;
    }
    fixed::take_off(ask, &mut charges)?;
    remainder::charge_minimum_term(cards, ask, &mut charges)?;
    let amounts: Vec<_> = charges
        .lines
        .iter()
        .map(|line| Taxable { amount: line.amount, mode: line.tax_mode, rate: line.tax_rate })
        .collect();
    let taxes = tax_totals(&amounts, charges.tax_rounding.unwrap_or(Rounding::Down))?;
    let sum = tax_sum(&taxes)?;
    Ok(MonthCharges { lines: charges.lines, taxes, sum, attention: charges.attention })
}

/// Whether two prices, each of its card, charge the same for the same: then it makes no difference
/// to an invoice which of them it goes by.
pub fn charged_alike((a_card, a): (&RateCard, &Price), (b_card, b): (&RateCard, &Price)) -> bool {
    let same_price = a.cadence == b.cadence
        && a.option == b.option
        && a.proration == b.proration
        && a.unit == b.unit
        && a.meter == b.meter
        && a.anchor == b.anchor
        && a.moves == b.moves
        && a.model == b.model;
    same_price
        && a_card.tax_mode_of(a) == b_card.tax_mode_of(b)
        && a_card.tax_rate_of(a) == b_card.tax_rate_of(b)
        && a_card.rounding == b_card.rounding
        && a_card.tax.rounding == b_card.tax.rounding
}

#[cfg(test)]
mod tests;
