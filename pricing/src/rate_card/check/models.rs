//! Whether the models of prices make sense: steps, shares, minimums, moves between steps.

use serde_saphyr::{Location, Spanned};
use tasuki_core::catalog::{Cadence, Proration, Quantity, Unit};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;

use super::super::Price;
use super::super::error::nearest;
use super::super::file::File;
use super::Found;
use crate::tier::{Commitment, Model, Percentage, Tier, TierMoves};

pub(super) fn check(card: &File, price: &Spanned<Price>, found: &mut Found<'_>) {
    let (at, price) = (price.defined, &price.value);
    found.about = "price";
    moves(at, price, found);
    match &price.model {
        Model::Flat(amount) => amounts(at, [Some(*amount)], found),
        Model::PerUnit(of) => amounts(at, [Some(of.amount)], found),
        Model::Package(package) => {
            amounts(at, [Some(package.amount)], found);
            if package.size.is_zero() {
                found.add(at, "a package of nothing has no price", "write a `size` above 0");
            }
        }
        Model::Volume(tiers) | Model::Graduated(tiers) => {
            check_tiers(card, at, price, tiers, found);
        }
        Model::Percentage(share) => check_share(card, at, (price, share), found),
        Model::MinimumCommitment(commitment) => {
            check_commitment(card, at, (price, commitment), found);
        }
        Model::NeedsQuote(why) => {
            found.text(at, "needs_quote", why);
            let mut plans = card.plans.iter().map(|plan| &plan.value);
            let default = plans.find(|plan| plan.default && price.is_for(&plan.plan));
            if let Some(plan) = default
                && price.option.is_none()
                && !price.is_contingent()
            {
                found.add(
                    at,
                    format!(
                        "nobody can buy `{}`: its price `{}` is unknown",
                        plan.plan, price.price
                    ),
                    "give an amount, or make another plan the default",
                );
            }
        }
    }
    let counted = price.unit.filter(|unit| !matches!(unit, Unit::Unit | Unit::Time));
    let Some(unit) = counted else { return };
    for plan in card.plans.iter().filter(|plan| price.is_for(&plan.value.plan)) {
        let limited = plan.value.limits(unit).is_some();
        if !limited && price.option.is_none() && !price.is_contingent() {
            found.add(
                at,
                format!("the plan `{}` does not count `{unit}`", plan.value.plan),
                format!("add `- {{ unit: {unit}, … }}` to its `quantities`"),
            );
        }
    }
}

/// Steps rise, the last one has a price for everything that can be chosen, and none is out of reach.
fn check_tiers(card: &File, at: Location, price: &Price, tiers: &[Tier], found: &mut Found<'_>) {
    found.about = "tier";
    let most = most_of(card, price);
    let least = least_of(card, price);
    let mut below: Option<Quantity> = None;
    for (n, tier) in tiers.iter().enumerate() {
        let step = n + 1;
        let last = step == tiers.len();
        amounts(at, [tier.flat, tier.per_unit], found);
        let priced = tier.flat.is_some() || tier.per_unit.is_some();
        if priced == tier.needs_quote {
            found.add(
                at,
                format!("step {step} must have a price or need a quote, and not both"),
                "write `yen`, `yen_per_unit` or `needs_quote: true`",
            );
        }
        if below.is_some_and(|below| tier.up_to.is_some_and(|end| end <= below)) {
            found.add(
                at,
                format!(
                    "step {step} is never reached: it ends where the step before ends, or before"
                ),
                "order the steps by `up_to`, each larger than the one before",
            );
        }
        if let (Some(below), Some(most)) = (below, most)
            && below >= most
        {
            found.add(
                at,
                format!("step {step} is never reached: at most {most} can be chosen"),
                "remove the step or raise the plan's `maximum`",
            );
        }
        if let (Some(end), Some(least)) = (tier.up_to, least)
            && end < least
        {
            found.add(
                at,
                format!("step {step} is never reached: at least {least} are charged"),
                "remove the step or lower the plan's `minimum`",
            );
        }
        if tier.up_to.is_none() && !last {
            found.add(
                at,
                format!("step {step} has no end, so no step after it is ever reached"),
                "write `up_to`, or remove the steps after it",
            );
        }
        below = tier.up_to;
    }
    match tiers.last().map(|tier| tier.up_to) {
        None => found.add(at, "there are no steps", "write at least one"),
        Some(Some(end)) if most.is_none_or(|most| end < most) => found.add(
            at,
            format!("quantities above {end} have no price"),
            "add a last step without `up_to`; `needs_quote: true` if nobody has priced it",
        ),
        Some(_) => {}
    }
    if price.unit.is_none() {
        found.add(at, "what the steps count is not said", "name the `unit`, such as `gb`");
    }
}

/// The most that can be chosen of what a price counts, if every plan of it has a maximum. What is
/// measured has none: nobody can be stopped from using more.
fn most_of(card: &File, price: &Price) -> Option<Quantity> {
    if price.meter.is_some() {
        return None;
    }
    let unit = price.unit?;
    let plans = card.plans.iter().filter(|plan| price.is_for(&plan.value.plan));
    plans
        .map(|plan| plan.value.limits(unit).and_then(|limits| limits.maximum))
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max()
}

fn amounts<const N: usize>(at: Location, amounts: [Option<Money>; N], found: &mut Found<'_>) {
    if amounts.into_iter().flatten().any(Money::is_negative) {
        found.add(at, "a price cannot be negative", "discounts are decided by policies");
    }
}

/// The least that a price is charged for, if every plan of it has a minimum. What is measured may be
/// less.
fn least_of(card: &File, price: &Price) -> Option<Quantity> {
    if price.meter.is_some() || price.option.is_some() {
        return None;
    }
    let unit = price.unit?;
    let plans = card.plans.iter().filter(|plan| price.is_for(&plan.value.plan));
    plans
        .map(|plan| plan.value.limits(unit).and_then(|limits| limits.minimum))
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .min()
}

/// Moves between steps need steps that measurements choose.
fn moves(at: Location, price: &Price, found: &mut Found<'_>) {
    let rule = match price.moves {
        TierMoves::Automatic => return,
        TierMoves::Approval => None,
        TierMoves::Hysteresis(rule) => Some(rule),
    };
    if !matches!(price.model, Model::Volume(_)) || price.meter.is_none() {
        found.add(
            at,
            format!("`{}` has no steps that measurements choose", price.price),
            "`moves` is for a price by `volume` with a `meter`",
        );
    }
    let Some(rule) = rule else { return };
    if rule.up_after_months == 0 || rule.down_after_months == 0 {
        found.add(at, "a step cannot move after 0 months", "1 moves it with the first month");
    }
    if rule.band < Rate::ZERO || rule.band >= Rate::ONE {
        found.add(at, "the band is not from 0 to below 1", "ten percent is `\"0.1\"`");
    }
}

/// What any price of others must be, and the prices it is of.
fn others<'c>(
    card: &'c File,
    at: Location,
    price: &Price,
    found: &mut Found<'_>,
) -> Vec<&'c Price> {
    let codes = card.prices.iter().map(|of| of.value.price.as_str());
    if price.model.others().is_empty() {
        found.add(at, "it is said of no price", "name the codes of prices under `of`");
    }
    for code in price.model.others() {
        if *code == price.price {
            found.add(at, format!("`{code}` would decide its own amount"), "name other prices");
        } else if !codes.clone().any(|of| of == code) {
            found.add(at, format!("there is no price `{code}`"), nearest(code, codes.clone()));
        }
    }
    if price.is_contingent() {
        found.add(
            at,
            "an amount that other prices decide cannot have a trigger",
            "write the amount, or remove `trigger`",
        );
    }
    if price.unit.is_some() || price.meter.is_some() {
        found.add(
            at,
            "other prices decide the amount, not a quantity",
            "remove `unit` and `meter`",
        );
    }
    let named = card.prices.iter().map(|of| &of.value);
    let named: Vec<_> = named
        .filter(|of| of.price != price.price && price.model.others().contains(&of.price))
        .collect();
    for of in &named {
        if of.is_contingent() {
            found.add(
                at,
                format!("`{}` is charged only if something happens", of.price),
                "name prices that are always charged",
            );
        }
    }
    named
}

fn check_share(
    card: &File,
    at: Location,
    (price, share): (&Price, &Percentage),
    found: &mut Found<'_>,
) {
    amounts(at, [share.least, share.most], found);
    if share.rate <= Rate::ZERO || share.rate > Rate::ONE {
        found.add(at, "the share is not above 0 and up to 1", "ten percent is `\"0.1\"`");
    }
    if share.most.is_some_and(|most| share.least.is_some_and(|least| most < least)) {
        found.add(at, "`most` is below `least`", "raise `most` or lower `least`");
    }
    if price.proration != Proration::None {
        found.add(
            at,
            "a share of prices is divided as they are, and not once more",
            "remove `proration`",
        );
    }
    for of in others(card, at, price, found) {
        if of.model.is_of_others() {
            found.add(
                at,
                format!("`{}` is itself decided by other prices", of.price),
                "name the prices that it is decided by",
            );
        }
        if of.cadence != price.cadence {
            found.add(
                at,
                format!(
                    "it is charged {} and `{}` is charged {}",
                    price.cadence, of.price, of.cadence
                ),
                "a share is charged whenever what it is of is: write one price for each cadence",
            );
        }
        let mode = |of: &Price| of.tax_mode.unwrap_or(card.tax.value.mode);
        if mode(of) != mode(price) {
            found.add(
                at,
                format!("`{}` relates to tax in another way", of.price),
                format!("write `tax_mode: {}`, or a price of its own", mode(of)),
            );
        }
    }
}

fn check_commitment(
    card: &File,
    at: Location,
    (price, commitment): (&Price, &Commitment),
    found: &mut Found<'_>,
) {
    amounts(at, [Some(commitment.amount)], found);
    if commitment.amount.is_zero() {
        found.add(at, "a minimum of nothing is never missing", "write an amount above 0");
    }
    let counting: &[Cadence] = match price.cadence {
        Cadence::Monthly => &[Cadence::Monthly, Cadence::Usage],
        Cadence::Yearly => &[Cadence::Monthly, Cadence::Usage, Cadence::Yearly],
        Cadence::Initial | Cadence::OneOff | Cadence::Usage => {
            found.add(
                at,
                format!("a minimum is agreed for periods, and this is charged {}", price.cadence),
                "write `cadence: monthly` or `cadence: yearly`",
            );
            &Cadence::ALL
        }
    };
    for of in others(card, at, price, found) {
        if matches!(of.model, Model::MinimumCommitment(_)) {
            found.add(
                at,
                format!("`{}` is itself a minimum", of.price),
                "name the prices that it counts",
            );
        }
        if !counting.contains(&of.cadence) {
            found.add(
                at,
                format!(
                    "`{}` is charged {} and cannot count towards a {} minimum",
                    of.price, of.cadence, price.cadence
                ),
                "name prices that are charged in every period",
            );
        }
    }
}
