//! One row of an invoice.

use serde::{Deserialize, Serialize};

use crate::catalog::price::{Cadence, RateCardRef, TaxMode, TaxTotal};
use crate::catalog::quantity::{Quantity, Unit};
use crate::days::DayPeriod;
use crate::id::ItemId;
use crate::money::{Money, MoneyError, Rounding};
use crate::rate::Rate;
use crate::service::Service;
use crate::text::Text;

/// One row of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// Its position on the invoice, from 1.
    pub number: u32,
    /// Code of the price, such as `utm.monthly`.
    pub code: String,
    /// What it is.
    pub label: Text,
    /// The service; none for the bundle.
    pub service: Option<Service>,
    /// The service of the subscription; none for the bundle.
    pub item_id: Option<ItemId>,
    /// How often it is charged.
    pub cadence: Cadence,
    /// What it pays for; none for what has no period.
    pub service_period: Option<DayPeriod>,
    /// How many are charged.
    pub quantity: Quantity,
    /// What is counted; none when nothing is.
    pub unit: Option<Unit>,
    /// For one; none when the price is not by unit.
    pub unit_price: Option<Money>,
    /// The amount; negative when something is given back.
    pub amount: Money,
    /// How the amount relates to tax.
    pub tax_mode: TaxMode,
    /// Rate of tax; nothing when exempt or out of scope.
    pub tax_rate: Rate,
    /// How the amount was found; none when it is plain.
    pub note: Option<Text>,
    /// The prices it was made with.
    pub rate_card: Option<RateCardRef>,
    /// Usage measurements behind it.
    pub n_usage_records: u32,
}

impl InvoiceLine {
    /// Whether it is one of those whose tax a total is.
    pub fn belongs_to(&self, total: &TaxTotal) -> bool {
        if self.tax_mode.is_taxed() {
            total.mode.is_taxed() && self.tax_rate == total.rate
        } else {
            self.tax_mode == total.mode
        }
    }
}

/// What each row comes to without tax, in the order of the rows.
///
/// A row with its tax in it gets its part of what such rows of the same rate come to without tax; the
/// parts always make that sum, since each is the difference of two rounded running sums.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn nets(lines: &[InvoiceLine], totals: &[TaxTotal]) -> Result<Vec<Money>, MoneyError> {
    let mut nets: Vec<Money> = lines.iter().map(|line| line.amount).collect();
    for total in totals.iter().filter(|total| total.mode.is_taxed()) {
        let of_total = |mode: TaxMode| {
            lines.iter().filter(move |line| line.tax_mode == mode && line.belongs_to(total))
        };
        let exclusive = Money::total(of_total(TaxMode::Exclusive).map(|line| line.amount))?;
        let inclusive = Money::total(of_total(TaxMode::Inclusive).map(|line| line.amount))?;
        let net = total.net.minus(exclusive)?;
        let (mut so_far, mut given) = (Money::ZERO_JPY, Money::ZERO_JPY);
        for (line, place) in lines.iter().zip(&mut nets) {
            if line.tax_mode == TaxMode::Inclusive && line.belongs_to(total) {
                so_far = so_far.plus(line.amount)?;
                let upto = part_of(net, so_far, inclusive)?;
                *place = upto.minus(given)?;
                given = upto;
            }
        }
    }
    Ok(nets)
}

/// The part of `net` that `some` of `all` makes; all of it when rows cancel each other out.
fn part_of(net: Money, some: Money, all: Money) -> Result<Money, MoneyError> {
    if all.amount() > 0 {
        net.prorated(some.amount(), all.amount(), Rounding::HalfUp)
    } else {
        Ok(net)
    }
}
