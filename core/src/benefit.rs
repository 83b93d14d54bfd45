//! Benefits: what is payable for a loss, limits inside limits, exact to the yen.
//!
//! Loss items → waiting period → coinsurance (縮小支払割合) → the part's deductible → what was paid on the
//! loss before → the number of benefits of the part → every limit from the innermost to the outermost. Each limit is the most that is paid for the parts it counts; limits lie inside each
//! other or beside each other, so what is payable does not depend on any order. Every step is
//! written down with the amount before and after it. The total is handed back to the items by
//! largest remainder, so that the items always add up to it.
//!
//! ```
//! use std::collections::BTreeMap;
//! use tasuki_core::benefit::{self, LossItem, Tariff};
//! use tasuki_core::master_contract::{CoveragePart, Limit, LimitBasis, LimitScope};
//! use tasuki_core::{money::Money, rate::Rate};
//!
//! let part = CoveragePart::OnSiteResponse;
//! let tariff = Tariff::new(part, Rate::percent(90), Money::jpy(5_000));
//! let limit = Limit {
//!     code: "limit.on_site_response".to_owned(),
//!     scope: LimitScope::Item,
//!     basis: LimitBasis::PerOccurrence,
//!     parts: [part].into(),
//!     amount: Money::jpy(50_000),
//!     reinstatement_rates: vec![],
//!     clause: None,
//! };
//!
//! let loss = [LossItem::new(1, part, Money::jpy(40_000))];
//! let rules = benefit::Rules::new(vec![tariff], vec![(limit, [part].into())]);
//! let benefit = benefit::payable(&loss, &rules, &BTreeMap::new())?;
//!
//! assert_eq!(benefit.total, Money::jpy(31_000)); // 40,000 × 0.9 − 5,000
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::master_contract::{CoverTerms, CoveragePart, Limit};
use crate::money::{Money, MoneyError, Rounding};
use crate::rate::Rate;
use crate::time::Period;

pub use error::BenefitError;
use nest::Nest;
pub use number::number_code;
pub use order::{BookedLoss, TakenBySubject, reckon};
pub use reinstatement::Reinstated;
pub use scope::{Draw, LimitSubject, OccurrenceKey, ParseLimitSubjectError, Takers};
pub use step::{Step, StepKind};

mod error;
mod nest;
mod number;
mod order;
mod reinstatement;
mod scope;
mod share;
mod step;

/// One position of a loss, such as the bill for the engineer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossItem {
    /// Its number within the claim, from 1.
    pub number: u32,
    /// The coverage part it falls under.
    pub part: CoveragePart,
    /// What it cost. Never negative.
    pub loss: Money,
    /// Whether the policies let it pass.
    pub standing: Standing,
    /// How long the business stood still; none where nothing stood still, or when it is not known.
    pub interruption: Option<Period>,
    /// What was paid for it before: it goes off, and only what is left is payable.
    pub paid: Money,
}

/// Whether the policies let a position pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They do, or could not tell.
    Covered,
    /// They do not.
    NotCovered,
}

impl LossItem {
    /// A position that the policies let pass.
    pub const fn new(number: u32, part: CoveragePart, loss: Money) -> Self {
        let (standing, paid) = (Standing::Covered, loss.zero());
        Self { number, part, loss, standing, interruption: None, paid }
    }
}

/// What is paid for a part before any limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tariff {
    /// The part.
    pub part: CoveragePart,
    /// The share of the loss that is paid.
    pub coinsurance: Rate,
    /// What the insured bears of each loss.
    pub deductible: Money,
    /// A loss counts only from so many seconds after it began; 0 from the start.
    pub waiting_seconds: i64,
    /// How many claims in a period get a benefit of this part; none for any number.
    pub n_per_period: Option<u32>,
}

impl Tariff {
    /// A tariff without a waiting period, for any number of benefits.
    pub const fn new(part: CoveragePart, coinsurance: Rate, deductible: Money) -> Self {
        Self { part, coinsurance, deductible, waiting_seconds: 0, n_per_period: None }
    }
}

/// The rules of a contract that a benefit is computed by: the tariff of each part, and the limits
/// from the innermost to the outermost with the parts that each counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    tariffs: Vec<Tariff>,
    limits: Vec<(Limit, BTreeSet<CoveragePart>)>,
    policy: BTreeMap<CoveragePart, Money>,
}

impl Rules {
    /// Rules; a part without a tariff is not insured.
    pub const fn new(tariffs: Vec<Tariff>, limits: Vec<(Limit, BTreeSet<CoveragePart>)>) -> Self {
        Self { tariffs, limits, policy: BTreeMap::new() }
    }

    /// The same rules with the most that a policy lets be paid for some parts.
    #[must_use]
    pub fn with_policy(self, policy: BTreeMap<CoveragePart, Money>) -> Self {
        Self { policy, ..self }
    }
}

impl From<&CoverTerms> for Rules {
    fn from(terms: &CoverTerms) -> Self {
        let tariffs = terms.parts.iter().map(|part| Tariff {
            part: part.part,
            coinsurance: part.coinsurance,
            deductible: part.deductible,
            waiting_seconds: part.waiting_seconds,
            n_per_period: part.n_per_period,
        });
        let limits = terms
            .limits_inside_out()
            .into_iter()
            .map(|limit| (limit.clone(), terms.parts_of(limit)));
        Self::new(tariffs.collect(), limits.collect())
    }
}

/// What other losses have taken from a limit, or from a deductible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Paid.
    pub used: Money,
    /// Kept for what is decided and not paid.
    pub reserved: Money,
}

impl Taken {
    /// Nothing.
    pub const NOTHING: Self = Self { used: Money::ZERO_JPY, reserved: Money::ZERO_JPY };

    /// What is left of an amount; never negative.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow or another currency.
    pub fn left_of(self, amount: Money) -> Result<Money, MoneyError> {
        amount.minus(self.used)?.minus_floored(self.reserved).map(floored)
    }
}

/// What other losses have taken from each limit, by its code; a limit that is absent is fresh. A
/// deductible goes by [`deductible_code`], the number of benefits by [`number_code`].
pub type TakenByCode = BTreeMap<String, Taken>;

/// The code under which a deductible is spent: once for each occurrence and part.
pub fn deductible_code(part: CoveragePart) -> String {
    format!("deductible.{part}")
}

/// What is payable for one position of a loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemBenefit {
    /// Its number.
    pub number: u32,
    /// The coverage part it falls under.
    pub part: CoveragePart,
    /// What it cost.
    pub loss: Money,
    /// What is payable for it.
    pub payable: Money,
}

/// What is payable for a loss, and how that came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Benefit {
    /// The whole loss.
    pub loss: Money,
    /// What is payable for everything together.
    pub total: Money,
    /// What is payable for each position, in the order of the loss; adds up to the total.
    pub items: Vec<ItemBenefit>,
    /// What the insured bears as deductible, by part.
    pub deductibles: BTreeMap<CoveragePart, Money>,
    /// The parts of which a benefit is given that counts towards their number in the period.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub counted: BTreeSet<CoveragePart>,
    /// Every step, in order.
    pub trace: Vec<Step>,
}

/// What the insurer owes for a loss.
///
/// Never negative, never above the loss, never above what is left of any limit; and the most that
/// keeps to them all. More loss never pays less, and neither does a higher limit.
///
/// # Errors
/// [`BenefitError::NegativeLoss`]; [`BenefitError::CrossingLimits`]; [`BenefitError::Money`] for an
/// overflow or another currency.
pub fn payable(
    loss: &[LossItem],
    rules: &Rules,
    taken: &TakenByCode,
) -> Result<Benefit, BenefitError> {
    if let Some(item) = loss.iter().find(|item| item.loss.is_negative()) {
        return Err(BenefitError::NegativeLoss { number: item.number });
    }
    let whole = Money::total(loss.iter().map(|item| item.loss))?;
    let parts = loss.iter().map(|item| item.part).collect();
    let mut trace = Trace { steps: vec![step(StepKind::Loss, parts, whole, whole)] };

    let shares = shares_of_items(loss, rules, &mut trace)?;
    let (mut nests, deductibles) = take_deductibles(loss, &shares, (rules, taken), &mut trace)?;
    let shares = share::unpaid(loss, &shares)?;
    number::cut(&mut nests, (rules, taken), &mut trace)?;
    for (part, most) in &rules.policy {
        let counted = [*part].into();
        let cut = nest::cut(&mut nests, &counted, floored(*most))?;
        if let Some((before, after)) = cut.filter(|(before, after)| before != after) {
            let policy = step(StepKind::Policy, counted, before, after);
            trace.steps.push(Step { left: Some(*most), ..policy });
        }
    }
    for (limit, counted) in &rules.limits {
        let taken = taken.get(&limit.code).copied().unwrap_or(Taken::NOTHING);
        let left = taken.left_of(limit.capacity()?)?;
        let (before, after) = nest::cut(&mut nests, counted, left)?
            .ok_or_else(|| BenefitError::CrossingLimits { code: limit.code.clone() })?;
        if !before.is_zero() {
            trace.steps.push(Step {
                left: Some(left),
                limit: Some((limit.code.clone(), taken)),
                ..step(StepKind::Limit(limit.scope), counted.clone(), before, after)
            });
        }
    }

    let items = hand_back(loss, &shares, &nests)?;
    allocations(&items, &shares, &mut trace);
    let total = Money::total(items.iter().map(|item| item.payable))?;
    let counted = number::counted(rules, &items);
    Ok(Benefit { loss: whole, total, items, deductibles, counted, trace: trace.steps })
}

impl Benefit {
    /// The same benefit cut to a lower total, handed out to the positions anew.
    ///
    /// # Errors
    /// [`BenefitError::AbovePayable`] if the total is above what is payable, or negative.
    pub fn reduced_to(&self, total: Money) -> Result<Self, BenefitError> {
        if total > self.total || total.is_negative() {
            return Err(BenefitError::AbovePayable { asked: total, payable: self.total });
        }
        if total == self.total {
            return Ok(self.clone());
        }
        let weights: Vec<i64> = self.items.iter().map(|item| item.payable.amount()).collect();
        let mut next = self.clone();
        for (item, payable) in next.items.iter_mut().zip(nest::shares(total, &weights)?) {
            item.payable = payable;
        }
        next.counted.retain(|part| number::is_given(*part, &next.items));
        let parts = self.items.iter().map(|item| item.part).collect();
        next.trace
            .push(Step { left: Some(total), ..step(StepKind::Policy, parts, self.total, total) });
        next.total = total;
        Ok(next)
    }

    /// What is payable for the parts that a limit counts.
    ///
    /// # Errors
    /// [`BenefitError::Money`] for an overflow.
    pub fn of_parts(&self, parts: &BTreeSet<CoveragePart>) -> Result<Money, BenefitError> {
        let counted = self.items.iter().filter(|item| parts.contains(&item.part));
        Ok(Money::total(counted.map(|item| item.payable))?)
    }

    /// What the insured bears.
    ///
    /// # Errors
    /// [`BenefitError::Money`] for an overflow.
    pub fn borne(&self) -> Result<Money, BenefitError> {
        Ok(self.loss.minus(self.total)?)
    }

    /// What first kept a position from being paid whole.
    pub fn cut_by(&self, item: &ItemBenefit) -> Option<StepKind> {
        if item.payable == item.loss {
            return None;
        }
        self.trace
            .iter()
            .filter(|step| step.after < step.before && step.kind != StepKind::Allocation)
            .find(|step| {
                step.item.map_or_else(|| step.parts.contains(&item.part), |n| n == item.number)
            })
            .map(|step| step.kind)
    }
}

/// What is left of each position before deductibles and limits; none for one that is not covered.
type Shares = Vec<Option<Money>>;

#[derive(Debug)]
struct Trace {
    steps: Vec<Step>,
}

fn step(kind: StepKind, parts: BTreeSet<CoveragePart>, before: Money, after: Money) -> Step {
    Step { kind, item: None, parts, before, after, rate: None, left: None, limit: None }
}

fn step_of_item(kind: StepKind, item: &LossItem, after: Money) -> Step {
    Step { item: Some(item.number), ..step(kind, [item.part].into(), item.loss, after) }
}

fn floored(left: Money) -> Money {
    if left.is_negative() { left.zero() } else { left }
}

/// What is left of each position after coinsurance.
fn shares_of_items(
    loss: &[LossItem],
    rules: &Rules,
    trace: &mut Trace,
) -> Result<Shares, BenefitError> {
    let mut shares = Vec::with_capacity(loss.len());
    for item in loss {
        let tariff = match item.standing {
            Standing::Covered => rules.tariffs.iter().find(|tariff| tariff.part == item.part),
            Standing::NotCovered => None,
        };
        let Some(tariff) = tariff else {
            trace.steps.push(step_of_item(StepKind::NotCovered, item, item.loss.zero()));
            shares.push(None);
            continue;
        };
        let counted = share::after_waiting(item, tariff)?;
        if tariff.waiting_seconds > 0 {
            trace.steps.push(step_of_item(StepKind::Waiting, item, counted));
        }
        let share = counted.at_rate(tariff.coinsurance, Rounding::Down)?;
        if tariff.coinsurance != Rate::ONE {
            trace.steps.push(Step {
                before: counted,
                rate: Some(tariff.coinsurance),
                ..step_of_item(StepKind::Coinsurance, item, share)
            });
        }
        shares.push(Some(share));
    }
    Ok(shares)
}

type Deducted = (Vec<Nest>, BTreeMap<CoveragePart, Money>);

/// Takes each part's deductible, as far as this occurrence has not borne it yet.
fn take_deductibles(
    loss: &[LossItem],
    shares: &Shares,
    (rules, taken): (&Rules, &TakenByCode),
    trace: &mut Trace,
) -> Result<Deducted, BenefitError> {
    let (mut nests, mut deductibles) = (Vec::new(), BTreeMap::new());
    for tariff in &rules.tariffs {
        let of_part = loss.iter().zip(shares).filter(|(item, _)| item.part == tariff.part);
        let amounts: Vec<Money> = of_part.filter_map(|(_, share)| *share).collect();
        if amounts.is_empty() {
            continue;
        }
        let before = Money::total(amounts)?;
        let taken = taken.get(&deductible_code(tariff.part)).copied().unwrap_or(Taken::NOTHING);
        let left = taken.left_of(tariff.deductible)?;
        let borne = before.at_most(left)?;
        let after = before.minus(borne)?;
        if !left.is_zero() {
            trace.steps.push(Step {
                left: Some(left),
                ..step(StepKind::Deductible, [tariff.part].into(), before, after)
            });
        }
        if !borne.is_zero() {
            deductibles.insert(tariff.part, borne);
        }
        let paid = share::paid_for(loss, tariff.part)?;
        let unpaid = after.minus_floored(paid)?;
        if !paid.is_zero() {
            trace.steps.push(Step {
                left: Some(paid),
                ..step(StepKind::AlreadyPaid, [tariff.part].into(), after, unpaid)
            });
        }
        nests.push(Nest::of_part(tariff.part, unpaid));
    }
    Ok((nests, deductibles))
}

/// Hands what the limits left to the parts, and each part's share to its positions.
fn hand_back(
    loss: &[LossItem],
    shares: &Shares,
    nests: &[Nest],
) -> Result<Vec<ItemBenefit>, BenefitError> {
    let mut by_part = BTreeMap::new();
    for nest in nests {
        nest.hand_out(nest.amount(), &mut by_part)?;
    }
    let mut items = Vec::with_capacity(loss.len());
    let mut queues = BTreeMap::new();
    for (part, amount) in by_part {
        let of_part = loss.iter().zip(shares).filter(|(item, _)| item.part == part);
        let weights: Vec<i64> = of_part.filter_map(|(_, share)| share.map(Money::amount)).collect();
        queues.insert(part, nest::shares(amount, &weights)?.into_iter());
    }
    for (item, share) in loss.iter().zip(shares) {
        let payable = share
            .and_then(|_| queues.get_mut(&item.part).and_then(Iterator::next))
            .unwrap_or(item.loss.zero());
        let (number, part, loss) = (item.number, item.part, item.loss);
        items.push(ItemBenefit { number, part, loss, payable });
    }
    Ok(items)
}

/// Writes down what the deductibles and limits left for each position, where that is less.
fn allocations(items: &[ItemBenefit], shares: &Shares, trace: &mut Trace) {
    for (item, share) in items.iter().zip(shares) {
        let Some(before) = *share else { continue };
        if before != item.payable {
            trace.steps.push(Step {
                item: Some(item.number),
                ..step(StepKind::Allocation, [item.part].into(), before, item.payable)
            });
        }
    }
}

#[cfg(test)]
mod tests;
