//! Fixed amounts that are taken off the fees of a month.
//!
//! Each is taken once off all the fees of its kind that are for the same period, however many there
//! are: each month, each year, or once. A part of a period has the same part of the amount. Where a
//! period that was charged before is charged anew, so is what is taken off it.

use tasuki_core::catalog::{Cadence, Proration, Quantity};
use tasuki_core::days::DayPeriod;
use tasuki_core::money::{Money, Rounding};
use tasuki_core::quote::Discount;
use tasuki_core::time::{CivilDate, Zone};

use super::month::Charges;
use super::{InvoiceError, InvoiceLine, MonthAsk, corrections};
use crate::discount;
use crate::proration::{Fraction, fraction};

/// Where what is taken off a fee stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Below {
    /// Before the line of that place.
    Line(usize),
    /// Nowhere by itself: so it was when a period was charged before.
    AsBefore,
    /// So it is for that period now: the difference has lines.
    AsNow,
}

/// A fee that fixed amounts are taken off.
#[derive(Debug, Clone)]
pub(super) struct Fee {
    /// As charged.
    pub(super) line: InvoiceLine,
    /// For a whole period.
    pub(super) whole: Money,
    /// What other discounts leave of it.
    pub(super) left: Money,
    /// The whole period and the days of it that are charged; none for what is charged at once.
    pub(super) days: Option<(DayPeriod, Vec<DayPeriod>)>,
    /// How it is divided.
    pub(super) proration: Proration,
    /// How it is rounded.
    pub(super) rounding: Rounding,
    /// Where what is taken off it stands.
    pub(super) below: Below,
}

impl Fee {
    /// The first day of the period that it is for, and whether it is charged anew: what falls due
    /// together.
    fn together(&self) -> (CivilDate, Option<Below>) {
        let anew = (!matches!(self.below, Below::Line(_))).then_some(self.below);
        let period = self.days.as_ref().map_or(self.line.service_period, |(nominal, _)| *nominal);
        match self.line.cadence {
            Cadence::Monthly | Cadence::Yearly => (period.start(), anew),
            // There is one such period in a month.
            Cadence::Initial | Cadence::OneOff | Cadence::Usage => (CivilDate::MIN, anew),
        }
    }

    /// The days before an end; none for what is charged at once.
    fn days_before(&self, end: Option<CivilDate>) -> Option<Vec<DayPeriod>> {
        let (_, days) = self.days.as_ref()?;
        let before = |days: &DayPeriod| end.map_or(Some(*days), |end| days.before_day(end));
        Some(days.iter().filter_map(before).filter(|days| !days.is_empty()).collect())
    }

    /// What can be taken off it before an end.
    fn most(&self, end: Option<CivilDate>, zone: &Zone) -> Result<Money, InvoiceError> {
        let Some((nominal, _)) = &self.days else {
            let over = end.is_some_and(|end| end <= self.line.service_period.start());
            return Ok(if over { self.left.zero() } else { self.left });
        };
        let before = self.days_before(end).unwrap_or_default();
        let part = fraction(self.proration, *nominal, &before, zone)?;
        Ok(part.of(self.whole, self.rounding)?.at_most(self.left)?)
    }
}

/// Takes the fixed amounts off the fees that were found.
pub(super) fn take_off(ask: MonthAsk<'_>, charges: &mut Charges) -> Result<(), InvoiceError> {
    let mut fees = std::mem::take(&mut charges.fees);
    if fees.is_empty() {
        return Ok(());
    }
    let mut below: Vec<(usize, InvoiceLine)> = Vec::new();
    let (mut was, mut is) = (Vec::new(), Vec::new());
    for discount in ask.subscription.discounts_given() {
        let Some(fixed) = discount.fixed() else { continue };
        let of = |fee: &Fee| discount.is_off(Some(fee.line.service), fee.line.cadence);
        let mut groups: Vec<_> = fees.iter().filter(|fee| of(fee)).map(Fee::together).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            let together = fees.iter_mut().filter(|fee| of(fee) && fee.together() == group);
            let mut together: Vec<_> = together.collect();
            for (fee, off) in taken_off((fixed, &discount), &mut together, ask.zone)? {
                match fee {
                    Below::Line(at) => below.push((at, off)),
                    Below::AsBefore => was.push(off),
                    Below::AsNow => is.push(off),
                }
            }
        }
    }
    let lines = std::mem::take(&mut charges.lines);
    let n_lines = lines.len();
    for (at, line) in lines.into_iter().enumerate() {
        let due = below.iter().filter(|(place, _)| *place == at);
        charges.lines.extend(due.map(|(_, line)| line.clone()));
        charges.lines.push(line);
    }
    let rest = below.into_iter().filter(|(place, _)| *place >= n_lines);
    charges.lines.extend(rest.map(|(_, line)| line));
    charges.lines.extend(corrections::difference(was, is)?);
    Ok(())
}

/// What one amount takes off fees that fall due together.
fn taken_off(
    (fixed, discount): (Money, &Discount),
    fees: &mut [&mut Fee],
    zone: &Zone,
) -> Result<Vec<(Below, InvoiceLine)>, InvoiceError> {
    let amount = part_of(discount.ends_on, fees, zone)?;
    let (Some(part), Some(rounding)) = (amount, fees.first().map(|fee| fee.rounding)) else {
        return Ok(Vec::new());
    };
    let mut most = Vec::new();
    for fee in fees.iter() {
        let line = &fee.line;
        let key = (line.code.clone(), line.service_period.start(), line.item_id);
        most.push((key, fee.most(discount.ends_on, zone)?));
    }
    let parts = discount::spread(part.of(fixed, rounding)?, most)?;
    let mut lines = Vec::new();
    for (fee, off) in fees.iter_mut().zip(parts).filter(|(_, off)| !off.is_zero()) {
        fee.left = fee.left.minus(off)?;
        lines.push((fee.below, line_below(&fee.line, discount, off)?));
    }
    Ok(lines)
}

/// The part of the period in which any of the fees is charged and the discount is given.
fn part_of(
    ends_on: Option<CivilDate>,
    fees: &[&mut Fee],
    zone: &Zone,
) -> Result<Option<Fraction>, InvoiceError> {
    let mut together: Vec<DayPeriod> = Vec::new();
    let mut by = None;
    for fee in fees {
        let Some(days) = fee.days_before(ends_on) else {
            if ends_on.is_none_or(|end| fee.line.service_period.start() < end) {
                return Ok(Some(Fraction::WHOLE));
            }
            continue;
        };
        if fee.proration == Proration::None && !days.is_empty() {
            return Ok(Some(Fraction::WHOLE));
        }
        for days in days {
            let mut more = vec![days];
            for known in &together {
                more = more.into_iter().flat_map(|days| days.without(*known)).collect();
            }
            together.extend(more);
        }
        by = by.or_else(|| Some((fee.proration, fee.days.as_ref()?.0)));
    }
    let Some((proration, nominal)) = by else { return Ok(None) };
    let part = fraction(proration, nominal, &together, zone)?;
    Ok(Some(part).filter(|part| !part.is_nothing()))
}

fn line_below(
    line: &InvoiceLine,
    discount: &Discount,
    off: Money,
) -> Result<InvoiceLine, InvoiceError> {
    Ok(InvoiceLine {
        code: discount.line_code(),
        label: Discount::label(&line.label),
        quantity: Quantity::ONE,
        unit: None,
        unit_price: None,
        amount: off.zero().minus(off)?,
        note: Some(discount::reason(discount)),
        ..line.clone()
    })
}
