//! What nobody can ever take and what is never charged: options that exclude what they need, prices
//! of options that a plan does not have, texts that nobody has to read.

use std::collections::BTreeSet;

use super::super::file::File;
use super::super::{PlanOption, Price};
use super::Found;
use crate::tier::Model;

pub(super) fn check(card: &File, found: &mut Found<'_>) {
    options(card, found);
    prices(card, found);
    acknowledgements(card, found);
}

/// An option can be taken with a plan when what it requires can be taken with it.
fn options(card: &File, found: &mut Found<'_>) {
    found.about = "dead-option";
    for option in &card.options {
        let (at, option) = (option.defined, &option.value);
        let known = |code: &&String| card.plans.iter().any(|plan| plan.value.plan == **code);
        let plans: Vec<_> = option.plans.iter().filter(known).collect();
        let closed: Vec<_> = plans
            .iter()
            .filter(|plan| !can_be_taken(card, (option, plan), &mut Vec::new()))
            .map(|plan| plan.as_str())
            .collect();
        if closed.is_empty() {
            continue;
        }
        let rule =
            "it requires an option that is not offered there, or that cannot be taken with it";
        if closed.len() == plans.len() {
            found.add(
                at,
                format!("nobody can take the option `{}`: {rule}", option.option),
                "offer what it requires with the same plan, outside its `group` and its `excludes`",
            );
        } else {
            found.warn(
                at,
                format!(
                    "nobody can take the option `{}` with `{}`: {rule}",
                    option.option,
                    closed.join("`, `")
                ),
                "offer what it requires with that plan, or take the plan from the option's `plans`",
            );
        }
    }
}

fn can_be_taken<'c>(
    card: &'c File,
    (option, plan): (&'c PlanOption, &str),
    taken: &mut Vec<&'c PlanOption>,
) -> bool {
    if taken.iter().any(|of| of.option == option.option) {
        return true;
    }
    if !option.plans.iter().any(|code| code == plan)
        || taken.iter().any(|of| rivals(of, option) || rivals(option, of))
    {
        return false;
    }
    taken.push(option);
    option.requires.iter().all(|requirement| {
        requirement.any_of.iter().any(|code| {
            let other = card.options.iter().find(|of| of.value.option == *code);
            // What is not there at all was said elsewhere.
            other.is_none_or(|other| {
                let before = taken.len();
                let can = can_be_taken(card, (&other.value, plan), taken);
                if !can {
                    taken.truncate(before);
                }
                can
            })
        })
    })
}

fn rivals(one: &PlanOption, other: &PlanOption) -> bool {
    let same_group = !one.group.is_empty() && one.group == other.group;
    same_group || one.excludes.contains(&other.option)
}

/// A price of an option is charged only with plans that have the option.
fn prices(card: &File, found: &mut Found<'_>) {
    found.about = "dead-price";
    for price in &card.prices {
        let (at, price) = (price.defined, &price.value);
        for code in repeated(&price.plans) {
            found.warn(at, format!("the plan `{code}` is named twice"), "keep one of them");
        }
        least(card, at, price, found);
        let Some(option) = &price.option else { continue };
        let Some(option) = card.options.iter().find(|of| of.value.option == *option) else {
            continue;
        };
        let option = &option.value;
        let without: Vec<_> = price
            .plans
            .iter()
            .filter(|plan| !option.plans.contains(plan))
            .map(String::as_str)
            .collect();
        if without.is_empty() || price.plans.is_empty() {
            continue;
        }
        let plans = without.join("`, `");
        let remedy = format!(
            "take the plan from the price's `plans`, or add it to the plans of `{}`",
            option.option
        );
        let text = format!(
            "`{}` is never charged with `{plans}`: the option `{}` is not offered there",
            price.price, option.option
        );
        if without.len() == price.plans.len() {
            found.add(at, text, remedy);
        } else {
            found.warn(at, text, remedy);
        }
    }
}

/// A least number of a price by unit that decides everything or nothing.
fn least(card: &File, at: serde_saphyr::Location, price: &Price, found: &mut Found<'_>) {
    let (Model::PerUnit(per_unit), Some(unit), None) = (&price.model, price.unit, &price.meter)
    else {
        return;
    };
    let Some(least) = per_unit.minimum else { return };
    let plans = card.plans.iter().filter(|plan| price.is_for(&plan.value.plan));
    let limits: Vec<_> = plans.filter_map(|plan| plan.value.limits(unit)).collect();
    if limits.is_empty() || price.option.is_some() {
        return;
    }
    if limits.iter().all(|of| of.maximum.is_some_and(|most| most <= least)) {
        found.warn(
            at,
            format!("`{}` always costs the same: at most {least} can be chosen", price.price),
            "write a `flat` amount, or lower the price's `minimum`",
        );
    } else if limits.iter().all(|of| of.minimum.is_some_and(|of| of >= least)) {
        found.warn(
            at,
            format!(
                "the minimum of `{}` never matters: fewer than {least} are not sold",
                price.price
            ),
            "remove the price's `minimum`, or lower the plan's",
        );
    }
}

fn repeated(codes: &[String]) -> BTreeSet<&str> {
    let mut seen = BTreeSet::new();
    codes.iter().map(String::as_str).filter(|code| !seen.insert(*code)).collect()
}

fn acknowledgements(card: &File, found: &mut Found<'_>) {
    found.about = "unused";
    for of in &card.acknowledgements {
        let code = &of.value.code;
        if !card.plans.iter().any(|plan| plan.value.acknowledgements.contains(code)) {
            found.warn(
                of.defined,
                format!("no plan asks for the acknowledgement `{code}`"),
                "name it under `acknowledgements` of a plan, or remove it",
            );
        }
    }
}
