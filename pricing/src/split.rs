//! Who pays which part of a month: shares of some services, on some days, up to a cap, handed out so
//! that the parts make the whole.
//!
//! Rows that are shared alike (same tax, same services' payers, same part of their days) are one
//! class. The sum of a class is handed out once, by largest remainder, and each payer's part is then
//! handed out over its rows in the same way. So every row, every rate of tax and the whole are divided
//! without a yen too much or too little, and what the others do not pay stays with the customer.
//!
//! A cap is on what a payer sees on its invoice of the month, tax included: it lowers the payer's share
//! of the whole month to the largest one, in steps of a ten-thousand-millionth, with which the invoice
//! stays within it. A month that gives money back is divided as the month that it mirrors.

mod caps;
mod classes;
mod quoted;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tasuki_core::catalog::{Cadence, TaxTotal};
use tasuki_core::days::DayPeriod;
use tasuki_core::invoice::Payer;
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::quote::PayerTerms;
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::time::{CivilDate, TimeError};

pub use quoted::shared;

use crate::tax::{Taxable, tax_sum, tax_totals};
use classes::Row;

/// Shares are counted in ten-thousand-millionths: the digits that a share may have.
const PARTS: i128 = 10_000_000_000;

/// A row that is to be divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitLine<'a> {
    /// Code of the price; rows that are alike otherwise are put in order by it.
    pub code: &'a str,
    /// Whose fee it is; none for what belongs to no service.
    pub service: Option<Service>,
    /// The days that decide who pays it, see [`days_of`].
    pub days: DayPeriod,
    /// The amount, negative for what is taken off or given back, and its tax.
    pub taxable: Taxable,
}

/// What one payer pays of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayerPart {
    /// Code of the payer; none for the customer.
    pub payer: Option<String>,
    /// Of each row, in the order of the rows.
    pub amounts: Vec<Money>,
    /// As on one invoice: by rate of tax, rounded once for each.
    pub taxes: Vec<TaxTotal>,
}

/// Why something cannot be divided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A share is not above 0 and at most 1, or has more than ten digits.
    #[error("the share of `{payer}` must be above 0 and at most 1, with at most ten digits")]
    Share {
        /// Whose.
        payer: String,
    },
    /// A cap below nothing.
    #[error("the most that `{payer}` pays in a month must not be below 0")]
    Cap {
        /// Whose.
        payer: String,
    },
    /// The code is the customer's own, or another payer has it.
    #[error("`{payer}` must be a code of its own: another payer or the customer has it")]
    Code {
        /// Which.
        payer: String,
    },
    /// Together the shares are more than the whole.
    #[error(
        "the shares of `{}` add up to {sum}, more than 1, for `{service}`{}: lower one, or let one end \
         before the other begins", .payers.join("`, `"), on_day(*.on)
    )]
    TooMuch {
        /// Whose.
        payers: Vec<String>,
        /// What they add up to.
        sum: Rate,
        /// For the fees of this service.
        service: Service,
        /// On this day; none where no payer has a first day.
        on: Option<CivilDate>,
    },
    /// An amount that cannot be represented.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A day beyond the calendar.
    #[error(transparent)]
    Time(#[from] TimeError),
}

fn on_day(day: Option<CivilDate>) -> String {
    day.map_or_else(String::new, |day| format!(" on {day}"))
}

/// The days that decide who pays a fee: a fee for a period is divided by them, anything else belongs
/// to the first.
///
/// # Errors
/// [`TimeError`] at the end of the calendar.
pub fn days_of(cadence: Cadence, period: DayPeriod) -> Result<DayPeriod, TimeError> {
    match cadence {
        Cadence::Monthly | Cadence::Yearly | Cadence::Usage => Ok(period),
        Cadence::Initial | Cadence::OneOff => {
            let next = period.start().tomorrow().map_err(|_| TimeError::OutOfRange)?;
            DayPeriod::new(period.start(), next)
        }
    }
}

/// Whether payers can pay side by side: each has a code of its own and a share, and together they
/// never pay more than everything.
///
/// # Errors
/// [`SplitError`].
pub fn check(payers: &[PayerTerms]) -> Result<(), SplitError> {
    for (at, payer) in payers.iter().enumerate() {
        let code = || payer.code.clone();
        let taken = payers.iter().take(at).any(|other| other.code == payer.code);
        if taken || payer.code == Payer::CUSTOMER {
            return Err(SplitError::Code { payer: code() });
        }
        parts_of(payer)?;
        if payer.monthly_cap.is_some_and(Money::is_negative) {
            return Err(SplitError::Cap { payer: code() });
        }
    }
    let mut days: Vec<Option<CivilDate>> =
        payers.iter().map(|payer| payer.valid.map(DayPeriod::start)).collect();
    days.sort_unstable();
    days.dedup();
    for on in days {
        for service in Service::ALL {
            never_too_much(payers, service, on)?;
        }
    }
    Ok(())
}

/// On a day on which somebody begins to pay: the sum of shares grows on no other.
fn never_too_much(
    payers: &[PayerTerms],
    service: Service,
    on: Option<CivilDate>,
) -> Result<(), SplitError> {
    let pays = |payer: &&PayerTerms| {
        let then = match on {
            Some(day) => payer.pays_on(day),
            None => payer.valid.is_none(),
        };
        then && payer.pays_for(Some(service))
    };
    let paying: Vec<_> = payers.iter().filter(pays).collect();
    let mut parts = 0_i128;
    for payer in &paying {
        parts += parts_of(payer)?;
    }
    if parts <= PARTS {
        return Ok(());
    }
    let mut codes: Vec<_> = paying.iter().map(|payer| payer.code.clone()).collect();
    codes.sort();
    let sum = paying.iter().map(|payer| payer.share_rate.value()).sum();
    Err(SplitError::TooMuch { payers: codes, sum: Rate::new(sum), service, on })
}

/// Divides the rows of a month. The customer comes first, then the others by code.
///
/// # Errors
/// [`SplitError`].
pub fn split(
    lines: &[SplitLine<'_>],
    payers: &[PayerTerms],
    rounding: Rounding,
) -> Result<Vec<PayerPart>, SplitError> {
    check(payers)?;
    let mut payers: Vec<&PayerTerms> = payers.iter().collect();
    payers.sort_by(|a, b| a.code.cmp(&b.code));
    let rows: Vec<Row<'_>> = lines.iter().map(|line| Row::of(*line, &payers)).collect();
    let classes = classes::classes(&rows);
    let mut shares = Vec::with_capacity(payers.len());
    for (at, payer) in payers.iter().enumerate() {
        let share = parts_of(payer)?;
        shares.push(match payer.monthly_cap {
            Some(cap) => caps::share_within(&classes, at, (share, cap), rounding)?,
            None => share,
        });
    }
    let mut amounts = vec![vec![Money::ZERO_JPY; lines.len()]; payers.len() + 1];
    for class in &classes {
        for (place, parts) in class.divided(&shares)? {
            for (of_payer, part) in amounts.iter_mut().zip(parts) {
                if let Some(amount) = of_payer.get_mut(place) {
                    *amount = part;
                }
            }
        }
    }
    // The parts of the customer stand last where they are handed out, and first where they are read.
    amounts.rotate_right(1);
    let codes = std::iter::once(None).chain(payers.iter().map(|payer| Some(payer.code.clone())));
    codes.zip(amounts).map(|(payer, amounts)| part(lines, (payer, amounts), rounding)).collect()
}

impl PayerPart {
    /// What it comes to with tax.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn gross(&self) -> Result<Money, MoneyError> {
        tax_sum(&self.taxes).map(|sum| sum.gross)
    }

    /// Whether a row stands on this payer's invoice: it pays something of it, or nobody has to pay
    /// for it and this is the customer.
    pub fn has(&self, whole: Money, part: Money) -> bool {
        !part.is_zero() || (whole.is_zero() && self.payer.is_none())
    }
}

fn part(
    lines: &[SplitLine<'_>],
    (payer, amounts): (Option<String>, Vec<Money>),
    rounding: Rounding,
) -> Result<PayerPart, SplitError> {
    let mut part = PayerPart { payer, amounts, taxes: Vec::new() };
    let rows = lines.iter().zip(&part.amounts);
    let own = rows.filter(|(line, amount)| part.has(line.taxable.amount, **amount));
    let taxables: Vec<_> =
        own.map(|(line, amount)| Taxable { amount: *amount, ..line.taxable }).collect();
    part.taxes = tax_totals(&taxables, rounding)?;
    Ok(part)
}

/// A share in whole parts.
fn parts_of(payer: &PayerTerms) -> Result<i128, SplitError> {
    let refused = || SplitError::Share { payer: payer.code.clone() };
    let share = payer.share_rate;
    if share <= Rate::ZERO || share > Rate::ONE {
        return Err(refused());
    }
    let parts = Decimal::from_i128_with_scale(PARTS, 0).checked_mul(share.value());
    let parts = parts.filter(Decimal::is_integer).ok_or_else(refused)?;
    parts.to_i128().ok_or_else(refused)
}

#[cfg(test)]
mod tests;
