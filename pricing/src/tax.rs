//! Consumption tax: rounded once per rate and document.
//!
//! Amounts of one rate are added up first, whether tax is in them or comes on top, and the tax on
//! the sum is rounded once. Adding up taxes that were rounded line by line is not allowed on a
//! qualified invoice, and gives other yen.

use rust_decimal::prelude::ToPrimitive;
use tasuki_core::catalog::{TaxMode, TaxTotal};
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::rate::Rate;

/// An amount and how it relates to tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taxable {
    /// The amount; negative for discounts.
    pub amount: Money,
    /// How it relates to tax.
    pub mode: TaxMode,
    /// The rate; ignored when no tax is due.
    pub rate: Rate,
}

/// Sums over all rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxSum {
    /// Without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// With tax.
    pub gross: Money,
}

/// The totals by rate: taxed ones by rising rate, then exempt ones, then those out of scope.
///
/// Of amounts that contain the tax, the tax is `rate / (1 + rate)` of the sum. When a document has
/// amounts of both kinds at one rate, the exact taxes are added before the one rounding, and the net
/// is what is to be paid less that tax.
///
/// # Errors
/// [`MoneyError::Overflow`], also for rates with more than nine digits.
pub fn tax_totals(amounts: &[Taxable], rounding: Rounding) -> Result<Vec<TaxTotal>, MoneyError> {
    let mut groups: Vec<Group> = Vec::new();
    for taxable in amounts {
        let (class, rate) = match taxable.mode {
            TaxMode::Inclusive | TaxMode::Exclusive => (TaxMode::Exclusive, taxable.rate),
            TaxMode::Exempt | TaxMode::OutOfScope => (taxable.mode, Rate::ZERO),
        };
        let at = groups.iter().position(|group| group.class == class && group.rate == rate);
        let mut group = match at {
            Some(at) => groups.swap_remove(at),
            None => Group { class, rate, with_tax: Money::ZERO_JPY, without: Money::ZERO_JPY },
        };
        match taxable.mode {
            TaxMode::Inclusive => group.with_tax = group.with_tax.plus(taxable.amount)?,
            TaxMode::Exclusive | TaxMode::Exempt | TaxMode::OutOfScope => {
                group.without = group.without.plus(taxable.amount)?;
            }
        }
        groups.push(group);
    }
    groups.sort_by_key(|group| (group.class, group.rate));
    groups.iter().map(|group| group.total(rounding)).collect()
}

/// The sums over all rates.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn tax_sum(totals: &[TaxTotal]) -> Result<TaxSum, MoneyError> {
    Ok(TaxSum {
        net: Money::total(totals.iter().map(|total| total.net))?,
        tax: Money::total(totals.iter().map(|total| total.tax))?,
        gross: Money::total(totals.iter().map(|total| total.gross))?,
    })
}

/// Adds totals of several documents, rate by rate; nothing is rounded again.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn add_totals(
    mut sum: Vec<TaxTotal>,
    more: &[TaxTotal],
    times: i64,
) -> Result<Vec<TaxTotal>, MoneyError> {
    for total in more {
        let (net, tax, gross) =
            (total.net.times(times)?, total.tax.times(times)?, total.gross.times(times)?);
        match sum.iter_mut().find(|of| of.mode == total.mode && of.rate == total.rate) {
            Some(of) => {
                of.net = of.net.plus(net)?;
                of.tax = of.tax.plus(tax)?;
                of.gross = of.gross.plus(gross)?;
            }
            None => sum.push(TaxTotal { net, tax, gross, ..*total }),
        }
    }
    sum.sort_by_key(|total| (total.mode, total.rate));
    Ok(sum)
}

struct Group {
    class: TaxMode,
    rate: Rate,
    with_tax: Money,
    without: Money,
}

impl Group {
    fn total(&self, rounding: Rounding) -> Result<TaxTotal, MoneyError> {
        let (part, whole) = ratio(self.rate)?;
        let grown = whole.checked_add(part).ok_or(MoneyError::Overflow)?;
        // The exact tax is part * (without * (whole + part) + with_tax * whole) over
        // whole * (whole + part): both kinds on one denominator, so that it is rounded once.
        let exact = |amount: Money, factor: i64| {
            i128::from(amount.amount()).checked_mul(i128::from(factor)).ok_or(MoneyError::Overflow)
        };
        let on_top = exact(self.without, grown)?;
        let both = on_top.checked_add(exact(self.with_tax, whole)?).ok_or(MoneyError::Overflow)?;
        let over = i128::from(whole).checked_mul(i128::from(grown)).ok_or(MoneyError::Overflow)?;
        let tax = self.rounded(both, part, over, rounding)?;
        let payable = self.rounded(on_top, part, over, rounding)?;
        let gross = self.with_tax.plus(self.without)?.plus(payable)?;
        Ok(TaxTotal { rate: self.rate, mode: self.class, net: gross.minus(tax)?, tax, gross })
    }

    fn rounded(
        &self,
        amount: i128,
        part: i64,
        over: i128,
        rounding: Rounding,
    ) -> Result<Money, MoneyError> {
        let product = amount.checked_mul(i128::from(part)).ok_or(MoneyError::Overflow)?;
        let (quotient, rest) = (product / over, product % over);
        let step = match rounding {
            Rounding::Down => false,
            Rounding::Up => rest != 0,
            Rounding::HalfUp => rest.abs() * 2 >= over,
        };
        let away = if product < 0 { -1 } else { 1 };
        let minor = if step { quotient + away } else { quotient };
        let minor = i64::try_from(minor).map_err(|_| MoneyError::Overflow)?;
        Ok(Money::new(self.without.currency(), minor))
    }
}

/// A rate as a fraction of whole numbers.
fn ratio(rate: Rate) -> Result<(i64, i64), MoneyError> {
    /// More digits than any tax rate has; keeps every product within 128 bits.
    const MAX_SCALE: u32 = 9;
    let value = rate.value().normalize();
    if value.is_sign_negative() || value.scale() > MAX_SCALE {
        return Err(MoneyError::Overflow);
    }
    let whole = 10_i64.pow(value.scale());
    let part = value.mantissa().to_i64().ok_or(MoneyError::Overflow)?;
    Ok((part, whole))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(yen: i64, mode: TaxMode, percent: i64) -> Taxable {
        Taxable { amount: Money::jpy(yen), mode, rate: Rate::percent(percent) }
    }

    fn summed(amounts: &[Taxable]) -> (i64, i64, i64) {
        let sum = tax_sum(&tax_totals(amounts, Rounding::Down).unwrap()).unwrap();
        (sum.net.amount(), sum.tax.amount(), sum.gross.amount())
    }

    #[test]
    fn amounts_of_both_kinds_at_one_rate_are_rounded_once() {
        let both = [amount(104, TaxMode::Exclusive, 10), amount(104, TaxMode::Inclusive, 10)];
        // 10.4 and 9.45… of tax: 19.85…, down to 19. To be paid: 104 + 114.
        assert_eq!(summed(&both), (199, 19, 218));
    }

    #[test]
    fn what_bears_no_tax_is_kept_apart_by_why() {
        let amounts = [
            amount(300, TaxMode::OutOfScope, 10),
            amount(200, TaxMode::Exempt, 10),
            amount(100, TaxMode::Exclusive, 10),
            amount(100, TaxMode::Exclusive, 8),
        ];
        let totals = tax_totals(&amounts, Rounding::Down).unwrap();
        let seen: Vec<_> = totals
            .iter()
            .map(|total| (total.mode.as_str(), total.net.amount(), total.tax.amount()))
            .collect();
        assert_eq!(
            seen,
            [
                ("exclusive", 100, 8),
                ("exclusive", 100, 10),
                ("exempt", 200, 0),
                ("out_of_scope", 300, 0),
            ]
        );
    }

    #[test]
    fn a_rate_that_no_law_has_is_an_error() {
        let odd = Taxable {
            amount: Money::jpy(1),
            mode: TaxMode::Exclusive,
            rate: "0.00000000001".parse().unwrap(),
        };
        assert_eq!(tax_totals(&[odd], Rounding::Down), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn the_order_of_lines_changes_nothing(
            yen in prop::collection::vec((-100_000_i64..1_000_000, 0_usize..4), 1..12),
        ) {
            let modes =
                [TaxMode::Inclusive, TaxMode::Exclusive, TaxMode::Exempt, TaxMode::OutOfScope];
            let mut amounts: Vec<_> =
                yen.into_iter().map(|(yen, mode)| amount(yen, modes[mode], 10)).collect();
            let forward = summed(&amounts);
            amounts.reverse();
            prop_assert_eq!(forward, summed(&amounts));
            prop_assert_eq!(forward.0 + forward.1, forward.2);
        }

        #[test]
        fn tax_taken_out_of_a_price_comes_back_when_it_is_added(net in 0_i64..10_000_000) {
            let (_, tax, gross) = summed(&[amount(net, TaxMode::Exclusive, 10)]);
            let back = summed(&[amount(gross, TaxMode::Inclusive, 10)]);
            prop_assert_eq!(back, (net, tax, gross));
        }
    }
}
