//! Rows that are shared alike, and how their sum becomes parts.

use std::cmp::Reverse;

use tasuki_core::catalog::TaxMode;
use tasuki_core::days::DayPeriod;
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::quote::PayerTerms;
use tasuki_core::rate::Rate;

use super::{PARTS, SplitLine};
use crate::tax::Taxable;

/// A row with how many of its days each payer pays.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    line: SplitLine<'a>,
    /// Of how many parts: its days, or fewer where all payers hold several of them together.
    whole: i64,
    /// In the order of the payers; 0 for whoever does not pay for the service.
    held: Vec<i64>,
}

impl<'a> Row<'a> {
    pub(super) fn of(line: SplitLine<'a>, payers: &[&PayerTerms]) -> Self {
        let whole = line.days.n_days().max(1);
        let held = |payer: &&PayerTerms| {
            if !payer.pays_for(line.service) {
                return 0;
            }
            match payer.valid {
                None => whole,
                Some(valid) if line.days.is_empty() => i64::from(valid.contains(line.days.start())),
                Some(valid) => valid.overlap(line.days).map_or(0, DayPeriod::n_days),
            }
        };
        let mut held: Vec<i64> = payers.iter().map(held).collect();
        // A month and a year of which somebody pays all, or half, are shared alike.
        let common = held.iter().copied().fold(whole, gcd).max(1);
        for days in &mut held {
            *days /= common;
        }
        Self { line, whole: whole / common, held }
    }

    const fn taxable(&self) -> Taxable {
        self.line.taxable
    }

    /// What makes it different from a row that is shared otherwise.
    fn kind(&self) -> (TaxMode, Rate, i64, &[i64]) {
        (self.taxable().mode, self.taxable().rate, self.whole, &self.held)
    }
}

/// Rows that are shared alike.
#[derive(Debug)]
pub(super) struct Class<'r> {
    /// With their places among all rows, in an order of their own: the largest first.
    rows: Vec<(usize, &'r Row<'r>)>,
    first: &'r Row<'r>,
    sum: i128,
}

/// The classes of rows; in which order the rows came makes no difference to any.
pub(super) fn classes<'r>(rows: &'r [Row<'r>]) -> Vec<Class<'r>> {
    let mut classes: Vec<Class<'r>> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let amount = i128::from(row.taxable().amount.amount());
        match classes.iter_mut().find(|class| class.first.kind() == row.kind()) {
            Some(class) => {
                class.rows.push((place, row));
                class.sum += amount;
            }
            None => classes.push(Class { rows: vec![(place, row)], first: row, sum: amount }),
        }
    }
    for class in &mut classes {
        class.rows.sort_by_key(|(_, row)| {
            let line = &row.line;
            let amount = row.taxable().amount.amount();
            (Reverse(amount.unsigned_abs()), line.code, line.service, line.days, Reverse(amount))
        });
    }
    classes
}

/// Where a fraction of a yen goes when a bound is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Lower,
    Upper,
}

impl Class<'_> {
    /// The least or the most that a payer with a share may come to pay, to the whole yen.
    pub(super) fn bound(
        &self,
        payer: usize,
        share: i128,
        bound: Bound,
    ) -> Result<Taxable, MoneyError> {
        let held = self.first.held.get(payer).copied().unwrap_or_default();
        let exact = weighed(self.sum, share, held)?;
        let over = self.over();
        let (low, rest) = (exact.div_euclid(over), exact.rem_euclid(over));
        let yen = if bound == Bound::Upper && rest != 0 { low + 1 } else { low };
        Ok(Taxable { amount: self.money(yen)?, ..self.first.taxable() })
    }

    /// The parts of each row, the customer's last, by its place among all rows.
    pub(super) fn divided(&self, shares: &[i128]) -> Result<Vec<(usize, Vec<Money>)>, MoneyError> {
        let sign = if self.sum < 0 { -1 } else { 1 };
        let of_row = |row: &Row<'_>| sign * i128::from(row.taxable().amount.amount());
        let mut left: Vec<i128> = self.rows.iter().map(|(_, row)| of_row(row)).collect();
        let mut parts: Vec<(usize, Vec<Money>)> =
            self.rows.iter().map(|(place, _)| (*place, Vec::new())).collect();
        let mut left_sum = sign * self.sum;
        let mut left_weight = self.over();
        for (part, weight) in self.parts(sign * self.sum, shares)? {
            // Of what is left the payer takes the part that it has of the rest, so that every part
            // of a row lies between nothing and the row.
            let taken = if left_sum == 0 {
                spread(&left, weight, left_weight, 0)?
            } else {
                spread(&left, part, left_sum, part)?
            };
            for ((rest, (_, of_row)), yen) in left.iter_mut().zip(&mut parts).zip(taken) {
                *rest -= yen;
                of_row.push(self.money(sign * yen)?);
            }
            left_sum -= part;
            left_weight -= weight;
        }
        for (rest, (_, of_row)) in left.into_iter().zip(&mut parts) {
            of_row.push(self.money(sign * rest)?);
        }
        Ok(parts)
    }

    /// What each payer but the customer pays of a sum that is not below nothing, with its weight: by
    /// largest remainder; of equal ones the earlier payer comes first, the customer last.
    fn parts(&self, sum: i128, shares: &[i128]) -> Result<Vec<(i128, i128)>, MoneyError> {
        let over = self.over();
        let mut exact = Vec::with_capacity(shares.len());
        let mut weights = Vec::with_capacity(shares.len());
        for (share, held) in shares.iter().zip(&self.first.held) {
            exact.push(weighed(sum, *share, *held)?);
            weights.push(weighed(1, *share, *held)?);
        }
        let whole = sum.checked_mul(over).ok_or(MoneyError::Overflow)?;
        exact.push(whole - exact.iter().sum::<i128>());
        let mut parts: Vec<i128> = exact.iter().map(|part| part.div_euclid(over)).collect();
        let remainders: Vec<i128> = exact.iter().map(|part| part.rem_euclid(over)).collect();
        hand_out(&mut parts, &remainders, sum);
        Ok(parts.into_iter().zip(weights).collect())
    }

    /// What all parts of a row are counted in.
    fn over(&self) -> i128 {
        PARTS * i128::from(self.first.whole)
    }

    fn money(&self, yen: i128) -> Result<Money, MoneyError> {
        let minor = i64::try_from(yen).map_err(|_| MoneyError::Overflow)?;
        Ok(Money::new(self.first.taxable().amount.currency(), minor))
    }
}

fn weighed(sum: i128, share: i128, held: i64) -> Result<i128, MoneyError> {
    let weight = share * i128::from(held);
    sum.checked_mul(weight).ok_or(MoneyError::Overflow)
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// `part` of `whole` of each row, so that it makes the sum: by largest remainder; of equal ones the
/// earlier row comes first. `whole` is above nothing.
fn spread(rows: &[i128], part: i128, whole: i128, sum: i128) -> Result<Vec<i128>, MoneyError> {
    let whole = whole.max(1);
    let mut taken = Vec::with_capacity(rows.len());
    let mut remainders = Vec::with_capacity(rows.len());
    for row in rows {
        let exact = row.checked_mul(part).ok_or(MoneyError::Overflow)?;
        taken.push(exact.div_euclid(whole));
        remainders.push(exact.rem_euclid(whole));
    }
    hand_out(&mut taken, &remainders, sum);
    Ok(taken)
}

/// Gives what is missing to a sum to the largest remainders, one each.
fn hand_out(parts: &mut [i128], remainders: &[i128], sum: i128) {
    let mut missing = sum - parts.iter().sum::<i128>();
    let mut places: Vec<(usize, i128)> = remainders.iter().copied().enumerate().collect();
    places.sort_by_key(|(at, remainder)| (Reverse(*remainder), *at));
    for (at, _) in places {
        if let Some(part) = parts.get_mut(at)
            && missing > 0
        {
            *part += 1;
            missing -= 1;
        }
    }
}
