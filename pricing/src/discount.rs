//! What policies take off the lines of a quote. Who gets what is decided elsewhere; here it is
//! calculated.

use tasuki_core::catalog::Quantity;
use tasuki_core::money::{Money, MoneyError, Rounding};
use tasuki_core::quote::{Discount, Line, LineKind, Priced};
use tasuki_core::text::Text;

use crate::quote_lines::{QuoteError, sum_up};
use crate::rate_card::RateCard;

/// Takes discounts off a quote: a line with a negative amount after each line that it is taken off,
/// and new sums. A discount that finds nothing to take is left out.
///
/// Each is a share of the list price, rounded down to whole yen; together they take at most the
/// whole price, those that come first first. One that is held back by another takes its whole share
/// once the other is over: the sums say so, and the line has a note.
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
    let mut lines = Vec::with_capacity(priced.lines.len());
    for line in priced.lines {
        let off = taken_off(&line, &mut discounts)?;
        lines.push(line);
        lines.extend(off);
    }
    discounts.retain(|discount| !discount.line_codes.is_empty());
    let budget = priced.budget.map(|check| check.budget);
    let days = (priced.start_on, priced.trial_until);
    let (totals, budget) = sum_up(card, (&lines, &discounts), days, budget)?;
    Ok(Priced { lines, discounts, totals, budget, ..priced })
}

/// The lines that discounts add after a line.
fn taken_off(line: &Line, discounts: &mut [Discount]) -> Result<Vec<Line>, MoneyError> {
    let mut found = Vec::new();
    let (LineKind::Charged, Some(amount), Some(cadence)) = (line.kind, line.amount, line.cadence)
    else {
        return Ok(found);
    };
    let mut left = amount;
    for discount in discounts.iter_mut().filter(|of| of.is_off(line.service, cadence)) {
        let whole = off(amount, discount, amount)?;
        let off = whole.at_most(left)?;
        if whole.is_zero() {
            continue;
        }
        left = left.minus(off)?;
        discount.amount = discount.amount.plus(off)?;
        discount.line_codes.push(line.code.clone());
        found.push(Line {
            code: discount.line_code(),
            label: Discount::label(&line.label),
            kind: LineKind::Discount,
            quantity: Quantity::ONE,
            unit: None,
            unit_price: None,
            amount: Some(off.zero().minus(off)?),
            ends_on: discount.ends_on,
            note: Some(if off < whole { held_back(discount, whole) } else { reason(discount) }),
            covered: false,
            ..line.clone()
        });
    }
    Ok(found)
}

/// What a discount takes off an amount of which that much is left.
///
/// # Errors
/// [`MoneyError`] for amounts that cannot be represented.
pub(crate) fn off(amount: Money, discount: &Discount, left: Money) -> Result<Money, MoneyError> {
    amount.at_rate(discount.rate, Rounding::Down)?.at_most(left)
}

/// Why something is taken off, and until when.
pub(crate) fn reason(discount: &Discount) -> Text {
    let Text { ja, en } = &discount.reason;
    match discount.ends_on {
        Some(end) => Text::new(format!("{ja}（{end}の前日まで）"), format!("{en} (until {end})")),
        None => discount.reason.clone(),
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
