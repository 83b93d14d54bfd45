//! Benefits: what is payable for a loss, limits inside limits, exact to the yen.
//!
//! The order is fixed: loss items → coinsurance (縮小支払割合) → deductible → the part's limit per
//! occurrence → the occurrence limit → the insured's yearly limit → the aggregate of the programme.
//! Every step is written down with the amount before and after it. The total is cut by each limit
//! in turn and only then handed back to the items by largest remainder, so that the items always
//! add up to the total and a yen is never lost between two limits.
//!
//! ```
//! use tasuki_core::benefit::{self, Available, LossItem};
//! use tasuki_core::master_contract::{CoverTerms, CoveragePart, Provision};
//! use tasuki_core::{money::Money, rate::Rate, text::Text};
//!
//! let on_site = CoveragePart {
//!     code: "on_site_response".parse()?,
//!     name: Text::new("駆け付け対応費用", "Cost of the on-site response"),
//!     item_limit: Some(Money::jpy(50_000)),
//!     coinsurance: Rate::percent(90),
//!     provision: Provision::InKind,
//! };
//! let terms = CoverTerms {
//!     parts: vec![on_site],
//!     deductible: Money::jpy(5_000),
//!     occurrence_limit: Some(Money::jpy(100_000)),
//!     annual_limit: Some(Money::jpy(300_000)),
//!     programme_aggregate: None,
//!     second_person_above: None,
//!     premium_per_month: Money::jpy(200),
//! };
//! let loss = [LossItem::new("1", "on_site_response".parse()?, Money::jpy(40_000))];
//!
//! let benefit = benefit::payable(&loss, &terms, &Available::untouched(&terms))?;
//!
//! assert_eq!(benefit.total, Money::jpy(31_000)); // 40,000 × 0.9 − 5,000
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::master_contract::{CoverTerms, PartCode};
use crate::money::{Money, MoneyError, Rounding};
use crate::rate::Rate;

pub use scope::{Draw, LimitScope, OccurrenceKey};

mod scope;

/// One position of a loss, such as the bill for the engineer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossItem {
    /// What the notice calls it; unique within the claim.
    pub item: String,
    /// The coverage part it falls under.
    pub part: PartCode,
    /// What it cost. Never negative.
    pub loss: Money,
}

impl LossItem {
    /// A position of a loss.
    pub fn new(item: impl Into<String>, part: PartCode, loss: Money) -> Self {
        Self { item: item.into(), part, loss }
    }
}

/// What is left of each limit before this loss. `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Available {
    /// What the insured must still bear of this occurrence.
    pub deductible: Money,
    /// What is left of each part's limit for this occurrence; a part that is absent has no limit.
    pub parts: BTreeMap<PartCode, Money>,
    /// What is left of the occurrence limit.
    pub occurrence: Option<Money>,
    /// What is left of the insured's yearly limit.
    pub annual: Option<Money>,
    /// What is left of the programme's aggregate.
    pub programme: Option<Money>,
}

impl Available {
    /// Limits from which nothing was taken yet.
    pub fn untouched(terms: &CoverTerms) -> Self {
        Self {
            deductible: terms.deductible,
            parts: terms
                .parts
                .iter()
                .filter_map(|part| part.item_limit.map(|limit| (part.code.clone(), limit)))
                .collect(),
            occurrence: terms.occurrence_limit,
            annual: terms.annual_limit,
            programme: terms.programme_aggregate,
        }
    }
}

/// Which rule of the contract a step of the trace applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// What was lost.
    Loss,
    /// Items of parts that the contract does not insure.
    NotInsured,
    /// The share that the insurer bears (縮小支払割合).
    Coinsurance,
    /// What the insured bears (免責金額).
    Deductible,
    /// The part's limit per occurrence.
    ItemLimit,
    /// The limit for the occurrence, all parts together.
    OccurrenceLimit,
    /// The insured's yearly limit.
    AnnualLimit,
    /// The aggregate of the programme.
    ProgrammeAggregate,
    /// What the payable policy or a person set below the limits.
    Reduction,
}

impl Level {
    /// The word in traces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::NotInsured => "not_insured",
            Self::Coinsurance => "coinsurance",
            Self::Deductible => "deductible",
            Self::ItemLimit => "item_limit",
            Self::OccurrenceLimit => "occurrence_limit",
            Self::AnnualLimit => "annual_limit",
            Self::ProgrammeAggregate => "programme_aggregate",
            Self::Reduction => "reduction",
        }
    }
}

/// One step of the calculation, in yen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The rule that was applied.
    pub level: Level,
    /// The part it was applied to; none for all parts together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PartCode>,
    /// The share, for coinsurance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// What was left of the limit or of the deductible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Money>,
    /// The amount before the step.
    pub before: Money,
    /// The amount after the step.
    pub after: Money,
}

/// What is payable for one position of a loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemBenefit {
    /// What the notice calls it.
    pub item: String,
    /// The coverage part it falls under.
    pub part: PartCode,
    /// What it cost.
    pub loss: Money,
    /// What is payable for it.
    pub payable: Money,
}

/// What is payable for a loss, and how that came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Benefit {
    /// What is payable for everything together.
    pub total: Money,
    /// What is payable for each position, in the order of the loss; adds up to the total.
    pub items: Vec<ItemBenefit>,
    /// What the insured bears as deductible.
    pub deductible: Money,
    /// Every step, in order.
    pub trace: Vec<Step>,
}

/// Why a benefit could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BenefitError {
    /// An item has a negative loss.
    #[error("the loss of item `{item}` is negative")]
    NegativeLoss {
        /// The item.
        item: String,
    },
    /// More was to be paid than is payable.
    #[error("`{asked}` is more than the payable `{payable}`")]
    AbovePayable {
        /// What was asked for.
        asked: Money,
        /// What is payable at most.
        payable: Money,
    },
    /// An amount is too large or in another currency.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What the insurer owes for a loss.
///
/// Never negative, never above the loss, never above what is left of any limit. More loss never
/// pays less, and neither does a higher limit. Coinsurance is rounded down per item; the deductible
/// is taken from the items in the order of the contract's parts.
///
/// # Errors
/// [`BenefitError::NegativeLoss`]; [`BenefitError::Money`] for an overflow or another currency.
pub fn payable(
    loss: &[LossItem],
    terms: &CoverTerms,
    available: &Available,
) -> Result<Benefit, BenefitError> {
    let mut trace = Trace::default();
    let claimed = total_of(loss)?;
    trace.push(Level::Loss, None, claimed, claimed);

    let is_insured = |item: &&LossItem| terms.part(&item.part).is_some();
    let insured = Money::total(loss.iter().filter(is_insured).map(|item| item.loss))?;
    if insured < claimed {
        trace.push(Level::NotInsured, None, claimed, insured);
    }
    let mut parts = by_part(loss, terms, &mut trace)?;
    let deductible = take_deductible(&mut parts, available, &mut trace)?;
    cut_parts(&mut parts, available, &mut trace)?;

    let after_parts = Money::total(parts.iter().map(|part| part.payable))?;
    let mut total = after_parts;
    for (level, left) in [
        (Level::OccurrenceLimit, available.occurrence),
        (Level::AnnualLimit, available.annual),
        (Level::ProgrammeAggregate, available.programme),
    ] {
        if let Some(left) = left {
            let before = total;
            total = total.at_most(floored(left))?;
            trace.push(level, Some(floored(left)), before, total);
        }
    }

    let items = hand_back(loss, &parts, total)?;
    Ok(Benefit { total, items, deductible, trace: trace.steps })
}

impl Benefit {
    /// The same benefit cut to a lower total, handed out to the items anew.
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
        for (item, payable) in next.items.iter_mut().zip(shares(total, &weights)?) {
            item.payable = payable;
        }
        next.trace.push(Step {
            level: Level::Reduction,
            part: None,
            rate: None,
            available: Some(total),
            before: self.total,
            after: total,
        });
        next.total = total;
        Ok(next)
    }

    /// What is payable per part.
    ///
    /// # Errors
    /// [`BenefitError::Money`] for an overflow.
    pub fn by_part(&self) -> Result<BTreeMap<PartCode, Money>, BenefitError> {
        let mut sums = BTreeMap::new();
        for item in &self.items {
            let sum = sums.entry(item.part.clone()).or_insert(Money::ZERO_JPY);
            *sum = sum.plus(item.payable)?;
        }
        Ok(sums)
    }

    /// The first limit that cut the amount, if any did.
    pub fn cut_by(&self) -> Option<&Step> {
        self.trace.iter().find(|step| {
            step.after < step.before
                && matches!(
                    step.level,
                    Level::ItemLimit
                        | Level::OccurrenceLimit
                        | Level::AnnualLimit
                        | Level::ProgrammeAggregate
                )
        })
    }
}

#[derive(Debug, Default)]
struct Trace {
    steps: Vec<Step>,
}

impl Trace {
    fn push(&mut self, level: Level, available: Option<Money>, before: Money, after: Money) {
        self.steps.push(Step { level, part: None, rate: None, available, before, after });
    }
}

/// The items of one part: where each stands in the loss, and what is left of it so far.
#[derive(Debug)]
struct PartLoss {
    code: PartCode,
    items: Vec<(usize, Money)>,
    payable: Money,
}

fn floored(left: Money) -> Money {
    if left.is_negative() { left.zero() } else { left }
}

fn total_of(loss: &[LossItem]) -> Result<Money, BenefitError> {
    for item in loss {
        if item.loss.is_negative() {
            return Err(BenefitError::NegativeLoss { item: item.item.clone() });
        }
    }
    Ok(Money::total(loss.iter().map(|item| item.loss))?)
}

/// The insured items by part, in the order of the contract, after coinsurance.
fn by_part(
    loss: &[LossItem],
    terms: &CoverTerms,
    trace: &mut Trace,
) -> Result<Vec<PartLoss>, BenefitError> {
    let mut parts = Vec::new();
    for part in &terms.parts {
        let mut items = Vec::new();
        let mut before = Money::ZERO_JPY;
        for (at, item) in loss.iter().enumerate().filter(|(_, item)| item.part == part.code) {
            before = before.plus(item.loss)?;
            items.push((at, item.loss.at_rate(part.coinsurance, Rounding::Down)?));
        }
        if items.is_empty() {
            continue;
        }
        let payable = Money::total(items.iter().map(|(_, amount)| *amount))?;
        if part.coinsurance != Rate::ONE {
            trace.steps.push(Step {
                level: Level::Coinsurance,
                part: Some(part.code.clone()),
                rate: Some(part.coinsurance),
                available: None,
                before,
                after: payable,
            });
        }
        parts.push(PartLoss { code: part.code.clone(), items, payable });
    }
    Ok(parts)
}

/// Takes the deductible from the items in order and gives what was taken.
///
/// In order and not in proportion: rounded proportional shares could pay a yen less for a larger
/// loss.
fn take_deductible(
    parts: &mut [PartLoss],
    available: &Available,
    trace: &mut Trace,
) -> Result<Money, BenefitError> {
    let before = Money::total(parts.iter().map(|part| part.payable))?;
    let owed = floored(available.deductible);
    let mut left = owed;
    for part in parts.iter_mut() {
        for (_, amount) in &mut part.items {
            let taken = amount.at_most(left)?;
            *amount = amount.minus(taken)?;
            left = left.minus(taken)?;
        }
        part.payable = Money::total(part.items.iter().map(|(_, amount)| *amount))?;
    }
    let taken = owed.minus(left)?;
    if !owed.is_zero() {
        trace.push(Level::Deductible, Some(owed), before, before.minus(taken)?);
    }
    Ok(taken)
}

fn cut_parts(
    parts: &mut [PartLoss],
    available: &Available,
    trace: &mut Trace,
) -> Result<(), BenefitError> {
    for part in parts {
        let Some(left) = available.parts.get(&part.code).copied().map(floored) else { continue };
        let before = part.payable;
        part.payable = before.at_most(left)?;
        trace.steps.push(Step {
            level: Level::ItemLimit,
            part: Some(part.code.clone()),
            rate: None,
            available: Some(left),
            before,
            after: part.payable,
        });
    }
    Ok(())
}

/// Hands the total to the parts and each part's share to its items, by largest remainder.
fn hand_back(
    loss: &[LossItem],
    parts: &[PartLoss],
    total: Money,
) -> Result<Vec<ItemBenefit>, BenefitError> {
    let mut items: Vec<ItemBenefit> = loss
        .iter()
        .map(|item| ItemBenefit {
            item: item.item.clone(),
            part: item.part.clone(),
            loss: item.loss,
            payable: item.loss.zero(),
        })
        .collect();
    let weights: Vec<i64> = parts.iter().map(|part| part.payable.amount()).collect();
    for (part, share) in parts.iter().zip(shares(total, &weights)?) {
        let weights: Vec<i64> = part.items.iter().map(|(_, amount)| amount.amount()).collect();
        for ((at, _), payable) in part.items.iter().zip(shares(share, &weights)?) {
            if let Some(item) = items.get_mut(*at) {
                item.payable = payable;
            }
        }
    }
    Ok(items)
}

/// Shares by weights; nothing for everybody when there is nothing to share.
fn shares(total: Money, weights: &[i64]) -> Result<Vec<Money>, MoneyError> {
    if total.is_zero() {
        return Ok(vec![total; weights.len()]);
    }
    total.allocated(weights)
}

#[cfg(test)]
mod tests;
