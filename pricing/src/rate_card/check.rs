//! Everything about a card that its shape does not say.

mod models;
mod reach;

use std::collections::BTreeSet;

use serde_saphyr::{Location, Spanned};
use tasuki_core::catalog::{Cadence, Proration, TaxMode};
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;

use super::error::{Level, RateCardError, nearest};
use super::file::File;
use super::{Plan, PlanOption, Price};
use crate::tier::Model;

/// The longest that a quote can be accepted.
const MAX_VALID_DAYS: u32 = 365;

/// Looks for everything that is wrong, not only the first; errors and warnings in the order of the
/// file.
pub(super) fn check(file: &str, card: &File) -> Vec<RateCardError> {
    let mut found = Found { file, about: "card", errors: Vec::new() };
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
        models::check(card, price, &mut found);
    }
    reach::check(card, &mut found);
    found.errors.sort_by_key(|error| (error.line, error.column));
    found.errors
}

struct Found<'a> {
    file: &'a str,
    /// What is looked at.
    about: &'static str,
    errors: Vec<RateCardError>,
}

impl Found<'_> {
    fn add(&mut self, at: Location, message: impl Into<String>, suggestion: impl Into<String>) {
        self.push(Level::Error, at, (message.into(), suggestion.into()));
    }

    /// Something that is allowed and that nobody can have meant.
    fn warn(&mut self, at: Location, message: impl Into<String>, suggestion: impl Into<String>) {
        self.push(Level::Warning, at, (message.into(), suggestion.into()));
    }

    fn push(&mut self, level: Level, at: Location, (message, suggestion): (String, String)) {
        self.errors.push(RateCardError {
            level,
            code: self.about,
            file: self.file.to_owned(),
            line: at.line(),
            column: at.column(),
            message,
            suggestion,
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
    found.about = "period";
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
    found.about = "reference";
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
    found.about = "plan";
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
    found.about = "option";
    if option.plans.is_empty() {
        found.add(at, "the option is for no plan, so nobody can take it", "name its plans");
    }
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
    if option.cover.is_some() {
        cover_option(card, option, found);
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

/// The price of cover is a premium: what the contract says for one certificate, without tax.
fn cover_option(card: &File, option: &PlanOption, found: &mut Found<'_>) {
    let of_option = |price: &&Spanned<Price>| price.value.option.as_deref() == Some(&option.option);
    for price in card.prices.iter().filter(of_option) {
        let (at, price) = (price.defined, &price.value);
        if price.tax_mode != Some(TaxMode::Exempt) {
            let text = format!("`{}` is a premium, which bears no tax", price.price);
            found.add(at, text, "write `tax_mode: exempt`");
        }
        let repeats = matches!(price.cadence, Cadence::Monthly | Cadence::Yearly);
        if !matches!(price.model, Model::Flat(_)) || !repeats || price.unit.is_some() {
            let text = format!("`{}` is the premium of one certificate", price.price);
            found.add(at, text, "write a `flat` amount, `monthly` or `yearly`, without `unit`");
        }
    }
}

fn check_price(card: &File, price: &Spanned<Price>, found: &mut Found<'_>) {
    let (at, price) = (price.defined, &price.value);
    found.about = "price";
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
    if !repeats && price.anchor.is_some() {
        found.add(
            at,
            format!("a price that is charged {} has no periods", price.cadence),
            "remove `anchor`",
        );
    }
}
