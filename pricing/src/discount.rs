//! What policies take off the lines of a quote. Who gets what is decided elsewhere; here it is
//! calculated.

use tasuki_core::catalog::{Cadence, Quantity};
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::quote::{Discount, Line, LineKind, Priced, Taken};
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;

use crate::quote_lines::totals::Applies;
use crate::quote_lines::{QuoteError, sum_up};
use crate::rate_card::RateCard;

/// Takes discounts off a quote: a line with a negative amount after each line that it is taken off,
/// and new sums. A discount that finds nothing to take is left out.
///
/// A share is one of the list price, rounded down to whole yen. A fixed amount is taken once off all
/// the fees of its kind together, after the shares, and spread over them by largest remainder.
/// Together discounts take at most the whole price, those that come first first. One that is held
/// back by another takes its whole part once the other is over: the sums say so, and the line has a
/// note.
///
/// # Errors
/// [`QuoteError`] for amounts that cannot be represented.
pub fn discounted(
    card: &RateCard,
    priced: Priced,
    discounts: Vec<Discount>,
) -> Result<Priced, QuoteError> {
    if discounts.is_empty() {
        return Ok(priced);
    }
    let mut discounts = discounts;
    for discount in &mut discounts {
        discount.line_codes = Vec::new();
        discount.amount = Money::ZERO_JPY;
    }
    let mut offs = offs(card, (&priced.lines, &discounts), &|_, _| true)?;
    offs.sort_by_key(|off| (off.line, off.discount));
    let mut lines = Vec::with_capacity(priced.lines.len());
    for (at, line) in priced.lines.into_iter().enumerate() {
        let mut below = Vec::new();
        for off in offs.iter().filter(|off| off.line == at) {
            let Some(discount) = discounts.get_mut(off.discount) else { continue };
            discount.amount = discount.amount.plus(off.amount)?;
            discount.line_codes.push(line.code.clone());
            below.push(line_below(&line, discount, *off)?);
        }
        lines.push(line);
        lines.extend(below);
    }
    discounts.retain(|discount| !discount.line_codes.is_empty());
    let budget = priced.budget.map(|check| check.budget);
    let days = (priced.start_on, priced.trial_until);
    let (totals, budget) = sum_up(card, (&lines, &discounts), days, budget)?;
    Ok(Priced { lines, discounts, totals, budget, ..priced })
}

/// What a discount takes off a line of a quote.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Off {
    /// Place of the line.
    pub(crate) line: usize,
    /// Place of the discount.
    pub(crate) discount: usize,
    /// What it takes.
    pub(crate) amount: Money,
    /// What it takes once no other discount holds it back, if that is more: off this line for a
    /// share, off all its lines for a fixed amount.
    later: Option<Money>,
}

/// A fee with what is left of it.
struct Fee<'a> {
    at: usize,
    line: &'a Line,
    cadence: Cadence,
    amount: Money,
    left: Money,
    /// Whether fixed amounts are taken off it; those that follow other fees follow them down.
    is_own: bool,
}

/// What discounts take off those lines of a quote that apply, by cadence and end.
pub(crate) fn offs(
    card: &RateCard,
    (lines, discounts): (&[Line], &[Discount]),
    applies: &Applies<'_>,
) -> Result<Vec<Off>, MoneyError> {
    let mut fees: Vec<Fee<'_>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if let (LineKind::Charged, Some(amount), Some(cadence)) =
            (line.kind, line.amount, line.cadence)
            && applies(cadence, line.ends_on)
            && !card.price(&line.code).is_some_and(|price| card.is_premium(price))
        {
            let is_own = card.price(&line.code).is_none_or(|price| !price.model.is_of_others());
            fees.push(Fee { at, line, cadence, amount, left: amount, is_own });
        }
    }
    let given = || {
        let all = discounts.iter().enumerate();
        all.filter(|(_, discount)| applies(discount.cadence, discount.ends_on))
    };
    let mut offs = Vec::new();
    for (place, discount) in given() {
        if let Taken::Rate(rate) = discount.taken {
            for fee in fees.iter_mut().filter(|fee| discount.is_off(fee.line.service, fee.cadence))
            {
                let whole = share(fee.amount, rate, fee.amount)?;
                let amount = whole.at_most(fee.left)?;
                if !whole.is_zero() {
                    fee.left = fee.left.minus(amount)?;
                    let later = (amount < whole).then_some(whole);
                    offs.push(Off { line: fee.at, discount: place, amount, later });
                }
            }
        }
    }
    for (place, discount) in given() {
        if let Taken::Fixed(fixed) = discount.taken {
            let off = |fee: &Fee<'_>| fee.is_own && discount.is_off(fee.line.service, fee.cadence);
            let mut chosen: Vec<_> = fees.iter_mut().filter(|fee| off(fee)).collect();
            offs.extend(fixed_offs(fixed, &mut chosen, place)?);
        }
    }
    Ok(offs)
}

/// A fixed amount, spread over the fees.
fn fixed_offs(
    fixed: Money,
    fees: &mut [&mut Fee<'_>],
    discount: usize,
) -> Result<Vec<Off>, MoneyError> {
    let all = Money::total(fees.iter().map(|fee| fee.amount))?;
    let whole = fixed.at_most(all)?;
    let parts = spread(fixed, fees.iter().map(|fee| (&fee.line.code, fee.left)))?;
    let given = Money::total(parts.iter().copied())?;
    let later = (given < whole).then_some(whole);
    let mut offs = Vec::new();
    for (fee, amount) in fees.iter_mut().zip(parts) {
        // One that is held back altogether has a line all the same: it will take something later.
        let first = offs.is_empty() && given.is_zero() && !whole.is_zero();
        if !amount.is_zero() || first {
            fee.left = fee.left.minus(amount)?;
            offs.push(Off { line: fee.at, discount, amount, later });
        }
    }
    Ok(offs)
}

/// Hands an amount, at most what is left of all fees, out over them by what is left of each. No part
/// is more than that, and together they are the amount. Of equal remainders the one comes first whose
/// key does: the order in which the fees are given changes nothing.
///
/// # Errors
/// [`MoneyError`] for amounts that cannot be represented.
pub(crate) fn spread<K: Ord>(
    amount: Money,
    fees: impl IntoIterator<Item = (K, Money)>,
) -> Result<Vec<Money>, MoneyError> {
    let mut fees: Vec<_> =
        fees.into_iter().enumerate().map(|(at, (key, left))| (key, at, left)).collect();
    let amount = amount.at_most(Money::total(fees.iter().map(|(_, _, left)| *left))?)?;
    if amount.is_zero() {
        return Ok(vec![amount; fees.len()]);
    }
    fees.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let weights: Vec<_> = fees.iter().map(|(_, _, left)| left.amount()).collect();
    let parts = amount.allocated(&weights)?;
    let mut parts: Vec<_> = fees.iter().map(|(_, at, _)| *at).zip(parts).collect();
    parts.sort_by_key(|(at, _)| *at);
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

/// A share of an amount of which that much is left.
///
/// # Errors
/// [`MoneyError`] for amounts that cannot be represented.
pub(crate) fn share(amount: Money, rate: Rate, left: Money) -> Result<Money, MoneyError> {
    amount.at_rate(rate, Rounding::Down)?.at_most(left)
}

fn line_below(line: &Line, discount: &Discount, off: Off) -> Result<Line, MoneyError> {
    Ok(Line {
        code: discount.line_code(),
        label: Discount::label(&line.label),
        kind: LineKind::Discount,
        quantity: Quantity::ONE,
        unit: None,
        unit_price: None,
        amount: Some(off.amount.zero().minus(off.amount)?),
        ends_on: discount.ends_on,
        note: Some(match off.later {
            Some(whole) => held_back(discount, whole),
            None => reason(discount),
        }),
        covered: false,
        ..line.clone()
    })
}

/// Why something is taken off, and until when; of a fixed amount also how much it is in all.
pub(crate) fn reason(discount: &Discount) -> Text {
    let Text { ja, en } = match discount.taken {
        Taken::Rate(_) => discount.reason.clone(),
        Taken::Fixed(_) => {
            let (much, why) = (discount.how_much(), &discount.reason);
            Text::new(format!("{}：{}", much.ja, why.ja), format!("{}: {}", much.en, why.en))
        }
    };
    match discount.ends_on {
        Some(end) => Text::new(format!("{ja}（{end}の前日まで）"), format!("{en} (until {end})")),
        None => Text::new(ja, en),
    }
}

/// Why something is taken off, and what it is when no other discount holds it back.
fn held_back(discount: &Discount, whole: Money) -> Text {
    let Text { ja, en } = reason(discount);
    Text::new(
        format!("{ja}（ほかの割引が終わったあとは{whole}）"),
        format!("{en} ({whole} once the other discount is over)"),
    )
}

#[cfg(test)]
mod tests;
