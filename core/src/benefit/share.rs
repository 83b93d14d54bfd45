//! What counts of a position: after the waiting period, and after what was paid for it before.

use crate::benefit::{LossItem, Standing, Tariff};
use crate::master_contract::CoveragePart;
use crate::money::{Money, MoneyError, Rounding};

/// Microseconds of a second: instants are exact to that.
const SECOND: i64 = 1_000_000;

/// What of a position was lost after the waiting period, in proportion to the time, rounded down.
///
/// An interruption that is not known counts nothing: nobody can say what lies after the waiting.
pub(super) fn after_waiting(item: &LossItem, tariff: &Tariff) -> Result<Money, MoneyError> {
    if tariff.waiting_seconds <= 0 {
        return Ok(item.loss);
    }
    let Some(interruption) = item.interruption else { return Ok(item.loss.zero()) };
    let (start, end) = (interruption.start(), interruption.end());
    let whole = end.as_microseconds().saturating_sub(start.as_microseconds());
    let counted = whole.saturating_sub(tariff.waiting_seconds.saturating_mul(SECOND));
    if counted <= 0 {
        return Ok(item.loss.zero());
    }
    item.loss.prorated(counted, whole, Rounding::Down)
}

/// What was paid before for the covered positions of a part.
pub(super) fn paid_for(loss: &[LossItem], part: CoveragePart) -> Result<Money, MoneyError> {
    let covered = |item: &&LossItem| item.part == part && item.standing == Standing::Covered;
    Money::total(loss.iter().filter(covered).map(|item| item.paid))
}

/// The shares less what was paid for each position; never negative.
pub(super) fn unpaid(
    loss: &[LossItem],
    shares: &[Option<Money>],
) -> Result<Vec<Option<Money>>, MoneyError> {
    let of_item = |(item, share): (&LossItem, &Option<Money>)| {
        share.map(|share| share.minus_floored(item.paid)).transpose()
    };
    loss.iter().zip(shares).map(of_item).collect()
}
