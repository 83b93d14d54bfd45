//! The share that a payer with a cap takes of a month.

use tasuki_core::money::{Money, MoneyError, Rounding};

use super::classes::{Bound, Class};
use crate::tax::{tax_sum, tax_totals};

/// The largest share, up to the promised one, with which the invoice of the month stays within the
/// cap, whichever way fractions of a yen go; the same for a month that gives back.
///
/// It depends on nobody else's share, so that no payer's cap moves another's.
pub(super) fn share_within(
    classes: &[Class<'_>],
    payer: usize,
    (share, cap): (i128, Money),
    rounding: Rounding,
) -> Result<i128, MoneyError> {
    let fits = |share: i128| -> Result<bool, MoneyError> {
        let most = gross(classes, payer, (share, Bound::Upper), rounding)?;
        let least = gross(classes, payer, (share, Bound::Lower), rounding)?;
        Ok(most <= cap && least >= cap.zero().minus(cap)?)
    };
    if fits(share)? {
        return Ok(share);
    }
    // Invariant: `within` fits, since a share of nothing does, and `beyond` does not.
    let (mut within, mut beyond) = (0_i128, share);
    while beyond - within > 1 {
        let middle = i128::midpoint(within, beyond);
        if fits(middle)? {
            within = middle;
        } else {
            beyond = middle;
        }
    }
    Ok(within)
}

fn gross(
    classes: &[Class<'_>],
    payer: usize,
    (share, bound): (i128, Bound),
    rounding: Rounding,
) -> Result<Money, MoneyError> {
    let mut parts = Vec::with_capacity(classes.len());
    for class in classes {
        parts.push(class.bound(payer, share, bound)?);
    }
    Ok(tax_sum(&tax_totals(&parts, rounding)?)?.gross)
}
