//! Amounts that lie inside each other as their limits do.

use std::collections::{BTreeMap, BTreeSet};

use crate::master_contract::CoveragePart;
use crate::money::{Money, MoneyError};

/// What is payable for some parts together, and what it was made from.
#[derive(Debug)]
pub(super) struct Nest {
    parts: BTreeSet<CoveragePart>,
    amount: Money,
    inner: Vec<Self>,
}

impl Nest {
    /// One part.
    pub(super) fn of_part(part: CoveragePart, amount: Money) -> Self {
        Self { parts: [part].into(), amount, inner: Vec::new() }
    }

    /// Whether it is that of one part.
    pub(super) fn is_of(&self, part: CoveragePart) -> bool {
        self.parts.iter().eq([&part])
    }

    /// What is payable for all of it.
    pub(super) const fn amount(&self) -> Money {
        self.amount
    }

    /// Hands an amount down to the parts by largest remainder.
    pub(super) fn hand_out(
        &self,
        amount: Money,
        by_part: &mut BTreeMap<CoveragePart, Money>,
    ) -> Result<(), MoneyError> {
        if self.inner.is_empty() {
            by_part.extend(self.parts.iter().map(|part| (*part, amount)));
            return Ok(());
        }
        let weights: Vec<i64> = self.inner.iter().map(|inner| inner.amount.amount()).collect();
        for (inner, share) in self.inner.iter().zip(shares(amount, &weights)?) {
            inner.hand_out(share, by_part)?;
        }
        Ok(())
    }
}

/// Cuts what lies within the counted parts to what is left, and gives the amounts before and after;
/// nothing if the counted parts cross what was cut before.
pub(super) fn cut(
    nests: &mut Vec<Nest>,
    counted: &BTreeSet<CoveragePart>,
    left: Money,
) -> Result<Option<(Money, Money)>, MoneyError> {
    let crosses = |nest: &Nest| !nest.parts.is_disjoint(counted) && !nest.parts.is_subset(counted);
    if nests.iter().any(crosses) {
        return Ok(None);
    }
    let (inner, outer): (Vec<Nest>, Vec<Nest>) =
        std::mem::take(nests).into_iter().partition(|nest| nest.parts.is_subset(counted));
    *nests = outer;
    let before = Money::total(inner.iter().map(|nest| nest.amount))?;
    let amount = before.at_most(left)?;
    if !inner.is_empty() {
        let parts = inner.iter().flat_map(|nest| nest.parts.iter().copied()).collect();
        nests.push(Nest { parts, amount, inner });
    }
    Ok(Some((before, amount)))
}

/// Shares by weights; nothing for everybody when there is nothing to share.
pub(super) fn shares(total: Money, weights: &[i64]) -> Result<Vec<Money>, MoneyError> {
    if total.is_zero() {
        return Ok(vec![total; weights.len()]);
    }
    total.allocated(weights)
}
