//! Everything about a card that its shape does not say.

use std::collections::BTreeSet;

use serde_saphyr::{Location, Spanned};
use tasuki_core::catalog::{Cadence, Proration, Quantity, Unit};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;

use super::error::{InvalidRateCard, RateCardError, nearest};
use super::file::File;
use super::{Plan, PlanOption, Price};
use crate::tier::{Model, Tier};

/// The longest that a quote can be accepted.
const MAX_VALID_DAYS: u32 = 365;

/// Looks for everything that is wrong, not only the first.
pub(super) fn check(file: &str, card: &File) -> Result<(), InvalidRateCard> {
    let mut found = Found { file, errors: Vec::new() };
    head(card, &mut found);
    codes(card, &mut found);
    for plan in &card.plans {
        check_plan(card, plan, &mut found);
    }
    for option in &card.options {
        check_option(card, option, &mut found);
    }
    for price in &card.prices {
        check_price(card, price, &mut found);
        check_model(card, price, &mut found);
    }
    if found.errors.is_empty() {
        return Ok(());
    }
    found.errors.sort_by_key(|error| (error.line, error.column));
    Err(InvalidRateCard { errors: found.errors })
}

struct Found<'a> {
    file: &'a str,
    errors: Vec<RateCardError>,
}

impl Found<'_> {
    fn add(&mut self, at: Location, message: impl Into<String>, suggestion: impl Into<String>) {
        self.errors.push(RateCardError {
            file: self.file.to_owned(),
            line: at.line(),
            column: at.column(),
            message: message.into(),
            suggestion: suggestion.into(),
        });
    }

    fn text(&mut self, at: Location, field: &str, text: &Text) {
        for (language, words) in [("ja", &text.ja), ("en", &text.en)] {
            if words.trim().is_empty() {
                self.add(
                    at,
                    format!("`{field}.{language}` is empty"),
                    "customers read both languages: write the text",
                );
            }
        }
    }

    fn reference<'a>(
        &mut self,
        at: Location,
        what: &str,
        code: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) {
        if !known.clone().any(|of| of == code) {
            self.add(at, format!("there is no {what} `{code}`"), nearest(code, known));
        }
    }
}

fn head(card: &File, found: &mut Found<'_>) {
    let allowed = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
    };
    for (name, text) in [("code", &card.code), ("version", &card.version)] {
        if !allowed(&text.value) {
            found.add(
                text.defined,
                format!("the {name} `{}` is not allowed", text.value),
                "use lower-case letters, digits, `.`, `_` and `-`",
            );
        }
    }
    let effective = &card.effective;
    if effective.value.to.is_some_and(|to| to <= effective.value.from) {
        found.add(
            effective.defined,
            "`to` is not after `from`, so the card is never in force",
            "`to` is the first day on which it is no longer in force",
        );
    }
    if card.tax.value.rate < Rate::ZERO || card.tax.value.rate > Rate::ONE {
        found.add(
            card.tax.defined,
            "the tax rate is not within 0 and 1",
            "ten percent is `\"0.1\"`",
        );
    }
    if card.valid_days.value == 0 || card.valid_days.value > MAX_VALID_DAYS {
        found.add(
            card.valid_days.defined,
            format!("quotes cannot be valid for {} days", card.valid_days.value),
            format!("write 1 to {MAX_VALID_DAYS}"),
        );
    }
    if let Some(until) = &card.trial_until
        && until.value <= effective.value.from
    {
        found.add(
            until.defined,
            "the free trial ends before the card is in force",
            "`trial_until` is the first day after the trial",
        );
    }
}

/// Codes are unique, and every service has exactly one default plan.
fn codes(card: &File, found: &mut Found<'_>) {
    let plans = card.plans.iter().map(|plan| (plan.value.plan.as_str(), plan.defined));
    let options = card.options.iter().map(|of| (of.value.option.as_str(), of.defined));
    let prices = card.prices.iter().map(|price| (price.value.price.as_str(), price.defined));
    let acknowledgements =
        card.acknowledgements.iter().map(|of| (of.value.code.as_str(), of.defined));
    let lists: [(&str, Vec<(&str, Location)>); 4] = [
        ("plan", plans.collect()),
        ("option", options.collect()),
        ("price", prices.collect()),
        ("acknowledgement", acknowledgements.collect()),
    ];
    for (what, list) in lists {
        let mut seen = BTreeSet::new();
        for (code, at) in list {
            if !seen.insert(code) {
                found.add(
                    at,
                    format!("the {what} `{code}` is there twice"),
                    "give it another code",
                );
            }
        }
    }
    let services: BTreeSet<_> = card.plans.iter().map(|plan| plan.value.service).collect();
    for service in services {
        let of: Vec<_> = card.plans.iter().filter(|plan| plan.value.service == service).collect();
        let n_default = of.iter().filter(|plan| plan.value.default).count();
        if let Some(first) = of.first()
            && n_default != 1
        {
            found.add(
                first.defined,
                format!("`{service}` has {n_default} default plans"),
                "write `default: true` at exactly one of its plans",
            );
        }
    }
}

fn check_plan(card: &File, plan: &Spanned<Plan>, found: &mut Found<'_>) {
    let (at, plan) = (plan.defined, &plan.value);
    found.text(at, "name", &plan.name);
    found.text(at, "description", &plan.description);
    for term in plan.included.iter().chain(&plan.not_included) {
        found.text(at, &term.code, &term.text);
    }
    for code in &plan.acknowledgements {
        let known = card.acknowledgements.iter().map(|of| of.value.code.as_str());
        found.reference(at, "acknowledgement", code, known);
    }
    let has_price = card.prices.iter().any(|price| {
        price.value.option.is_none()
            && !price.value.is_contingent()
            && price.value.is_for(&plan.plan)
    });
    match &plan.free {
        None if !has_price => found.add(
            at,
            format!("the plan `{}` has no price", plan.plan),
            "add a price for it, or say why it is free with `free: {ja: …, en: …}`",
        ),
        Some(_) if has_price => found.add(
            at,
            format!("the plan `{}` is free and has a price", plan.plan),
            "remove `free` or the price",
        ),
        Some(why) => found.text(at, "free", why),
        None => {}
    }
    let mut units = BTreeSet::new();
    for limits in &plan.quantities {
        if !units.insert(limits.unit) {
            found.add(at, format!("`{}` has limits twice", limits.unit), "keep one of them");
        }
        if let (Some(least), Some(most)) = (limits.minimum, limits.maximum)
            && most < least
        {
            found.add(
                at,
                format!("the maximum of `{}` is below its minimum", limits.unit),
                format!("write a maximum of at least {least}"),
            );
        }
    }
}

fn check_option(card: &File, option: &Spanned<PlanOption>, found: &mut Found<'_>) {
    let (at, option) = (option.defined, &option.value);
    found.text(at, "name", &option.name);
    let plans = card.plans.iter().map(|plan| plan.value.plan.as_str());
    for code in &option.plans {
        found.reference(at, "plan", code, plans.clone());
    }
    let options = card.options.iter().map(|of| of.value.option.as_str());
    let required = option.requires.iter().flat_map(|requirement| &requirement.any_of);
    for code in required.chain(&option.excludes) {
        found.reference(at, "option", code, options.clone());
    }
    for requirement in &option.requires {
        found.text(at, "rule", &requirement.rule);
    }
    for code in &option.plans {
        let has_price = card.prices.iter().any(|price| {
            price.value.option.as_deref() == Some(&option.option) && price.value.is_for(code)
        });
        if !has_price {
            found.add(
                at,
                format!("the option `{}` has no price with the plan `{code}`", option.option),
                "add a price; `needs_quote` if nobody has priced it",
            );
        }
    }
}

fn check_price(card: &File, price: &Spanned<Price>, found: &mut Found<'_>) {
    let (at, price) = (price.defined, &price.value);
    found.text(at, "label", &price.label);
    if let Some(trigger) = &price.trigger {
        found.text(at, "trigger", trigger);
    }
    let plans = card.plans.iter().map(|plan| plan.value.plan.as_str());
    for code in &price.plans {
        found.reference(at, "plan", code, plans.clone());
    }
    if price.plans.is_empty() {
        found.add(at, "the price is for no plan, so it is never charged", "name its plans");
    }
    if let Some(code) = &price.option {
        let options = card.options.iter().map(|of| of.value.option.as_str());
        found.reference(at, "option", code, options);
    }
    if price.tax_rate.is_some_and(|rate| rate < Rate::ZERO || rate > Rate::ONE) {
        found.add(at, "the tax rate is not within 0 and 1", "ten percent is `\"0.1\"`");
    }
    let repeats = matches!(price.cadence, Cadence::Monthly | Cadence::Yearly);
    if price.is_contingent() && repeats {
        found.add(
            at,
            format!("`{}` has a trigger and is charged {} by itself", price.price, price.cadence),
            "a price with a trigger is `one_off` or `usage`",
        );
    }
    if price.cadence == Cadence::Usage && !price.is_contingent() && price.meter.is_none() {
        found.add(
            at,
            format!("`{}` is charged by usage and nothing measures it", price.price),
            "name the `meter`, such as `waf.traffic_gb`",
        );
    }
    if price.meter.is_some() && price.unit.is_none() {
        found.add(at, "what the meter counts is not said", "name the `unit`, such as `gb`");
    }
    if !repeats && price.proration != Proration::None {
        found.add(
            at,
            format!("a price that is charged {} cannot be prorated", price.cadence),
            "remove `proration`",
        );
    }
}

fn check_model(card: &File, price: &Spanned<Price>, found: &mut Found<'_>) {
    let (at, price) = (price.defined, &price.value);
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
    let most = most_of(card, price);
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
