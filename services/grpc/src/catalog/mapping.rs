//! Rate cards and plans as messages.

use tasuki_app::selling::{BelowMinimum, Model, Plan, PlanOption, PlanTerm, Price, RateCard, Tier};
use tasuki_proto::catalog::v1 as proto;
use tasuki_proto::types::v1::DayPeriod;

use crate::{prices, words};

pub(crate) fn rate_card(card: &RateCard) -> proto::RateCard {
    proto::RateCard {
        prices: card.prices.iter().map(|it| price(card, it)).collect(),
        ..rate_card_without_prices(card)
    }
}

pub(crate) fn rate_card_without_prices(card: &RateCard) -> proto::RateCard {
    proto::RateCard {
        code: card.reference.code.clone(),
        version: card.reference.version.clone(),
        hash: card.reference.hash.clone(),
        name: Some(words::text(&card.name)),
        effective: Some(effective(card)),
        tax_mode: prices::tax_mode(card.tax.mode).into(),
        tax_rate: card.tax.rate.to_string(),
        tax_rounding: prices::rounding(card.tax.rounding).into(),
        prices: Vec::new(),
        plan_codes: card.plans.iter().map(|plan| plan.plan.clone()).collect(),
        state: proto::RateCardState::Active.into(),
        source: card.source.clone(),
        operator: card.operator.clone(),
        etag: card.reference.hash.clone(),
    }
}

pub(crate) fn plan(card: &RateCard, plan: &Plan) -> proto::Plan {
    let terms = |terms: &[PlanTerm]| {
        terms
            .iter()
            .map(|term| proto::PlanTerm {
                code: term.code.clone(),
                text: Some(words::text(&term.text)),
            })
            .collect()
    };
    let months = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    proto::Plan {
        code: plan.plan.clone(),
        service: words::service(plan.service).into(),
        name: Some(words::text(&plan.name)),
        description: Some(words::text(&plan.description)),
        included: terms(&plan.included),
        not_included: terms(&plan.not_included),
        options: card
            .options
            .iter()
            .filter(|option| option.plans.contains(&plan.plan))
            .map(option)
            .collect(),
        quantities: plan
            .quantities
            .iter()
            .map(|limits| proto::QuantityLimits {
                unit: limits.unit.to_string(),
                minimum: limits.minimum.map(|it| it.to_string()).unwrap_or_default(),
                maximum: limits.maximum.map(|it| it.to_string()).unwrap_or_default(),
                charged_at_minimum: limits.below_minimum == BelowMinimum::ChargeMinimum,
            })
            .collect(),
        requires: plan.requires.clone(),
        minimum_term_months: months(plan.minimum_term_months),
        cancellation_notice_days: months(plan.cancellation_notice_days),
        trial_days: months(plan.trial_days),
        acknowledgements: plan.acknowledgements.clone(),
        effective: Some(effective(card)),
        version: card.reference.version.clone(),
        hash: card.reference.hash.clone(),
        customer_steps: plan.customer_steps.iter().map(words::text).collect(),
        ..proto::Plan::default()
    }
}

fn option(option: &PlanOption) -> proto::PlanOption {
    proto::PlanOption {
        code: option.option.clone(),
        name: Some(words::text(&option.name)),
        description: Some(words::text(&option.description)),
        requires: option.requires.iter().flat_map(|it| it.any_of.clone()).collect(),
        excludes: option.excludes.clone(),
        ..proto::PlanOption::default()
    }
}

fn price(card: &RateCard, price: &Price) -> proto::Price {
    let service = price
        .plans
        .first()
        .and_then(|plan| card.plan(plan))
        .map(|plan| words::service(plan.service));
    proto::Price {
        code: price.price.clone(),
        label: Some(words::text(&price.label)),
        service: service.map(i32::from).unwrap_or_default(),
        plan_code: price.plans.first().cloned().unwrap_or_default(),
        option_code: price.option.clone().unwrap_or_default(),
        cadence: prices::cadence(price.cadence).into(),
        tax_mode: prices::tax_mode(card.tax_mode_of(price)).into(),
        tax_rate: card.tax_rate_of(price).to_string(),
        proration: prices::proration(price.proration).into(),
        unit: price.unit.map(|unit| unit.to_string()).unwrap_or_default(),
        meter: price.meter.clone().unwrap_or_default(),
        trigger: price.trigger.as_ref().map(words::text),
        model: Some(model(&price.model)),
    }
}

fn model(model: &Model) -> proto::price::Model {
    use proto::price::Model as Out;
    match model {
        Model::Flat(amount) => Out::Flat(proto::FlatPrice { amount: Some(words::money(*amount)) }),
        Model::PerUnit(per_unit) => Out::PerUnit(proto::PerUnitPrice {
            unit_amount: Some(words::money(per_unit.amount)),
            minimum_quantity: per_unit.minimum.map(|it| it.to_string()).unwrap_or_default(),
        }),
        Model::Volume(steps) => Out::Volume(tiers(steps)),
        Model::Graduated(steps) => Out::Graduated(tiers(steps)),
        Model::Package(package) => Out::Package(proto::PackagePrice {
            size: package.size.to_string(),
            amount: Some(words::money(package.amount)),
        }),
        Model::NeedsQuote(reason) => {
            Out::NeedsQuote(proto::NeedsQuotePrice { reason: Some(words::text(reason)) })
        }
    }
}

/// Each step begins where the one before ends.
fn tiers(steps: &[Tier]) -> proto::TieredPrice {
    let mut above = "0".to_owned();
    let tiers = steps
        .iter()
        .map(|step| {
            let up_to = step.up_to.map(|it| it.to_string()).unwrap_or_default();
            proto::Tier {
                above: std::mem::replace(&mut above, up_to.clone()),
                up_to,
                flat_amount: step.flat.map(words::money),
                unit_amount: step.per_unit.map(words::money),
                needs_quote: step.needs_quote,
            }
        })
        .collect();
    proto::TieredPrice { tiers }
}

fn effective(card: &RateCard) -> DayPeriod {
    DayPeriod {
        start: Some(words::day(card.effective_from)),
        end: card.effective_to.map(words::day),
    }
}
