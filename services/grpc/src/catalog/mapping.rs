//! Rate cards and plans as messages.

use tasuki_app::catalog::{
    BelowMinimum, CardComparison, CardStanding, Level, Model, MovedSubscription, Plan, PlanOption,
    PlanTerm, Price, RateCard, RateCardError, RateCardView, Tier, TierMoves, compare,
};
use tasuki_core::catalog::{BillingCycle, Cadence};
use tasuki_core::master_contract::Attachment;
use tasuki_proto::catalog::v1 as proto;
use tasuki_proto::types::v1 as types;
use tasuki_proto::types::v1::DayPeriod;

use crate::{prices, words};

pub(crate) fn rate_card(view: &RateCardView) -> proto::RateCard {
    let card = view.card.as_ref();
    let state = match view.standing {
        CardStanding::Draft => proto::RateCardState::Draft,
        CardStanding::Active => proto::RateCardState::Active,
        CardStanding::Retired => proto::RateCardState::Retired,
    };
    proto::RateCard {
        code: card.reference.code.clone(),
        version: card.reference.version.clone(),
        hash: card.reference.hash.clone(),
        name: Some(words::text(&card.name)),
        effective: Some(effective(card)),
        tax_mode: prices::tax_mode(card.tax.mode).into(),
        tax_rate: card.tax.rate.to_string(),
        tax_rounding: prices::rounding(card.tax.rounding).into(),
        prices: card.prices.iter().map(|it| price(card, it)).collect(),
        plan_codes: card.plans.iter().map(|plan| plan.plan.clone()).collect(),
        state: state.into(),
        source: card.source.clone(),
        operator: card.operator.clone(),
        etag: view.etag.clone(),
    }
}

pub(crate) fn files(files: Vec<types::SourceFile>) -> Vec<(String, String)> {
    files.into_iter().map(|file| (file.path, file.text)).collect()
}

pub(crate) fn diagnostics(found: &[RateCardError]) -> Vec<types::Diagnostic> {
    let count = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
    found
        .iter()
        .map(|it| types::Diagnostic {
            level: match it.level {
                Level::Error => types::DiagnosticLevel::Error,
                Level::Warning => types::DiagnosticLevel::Warning,
            }
            .into(),
            code: it.code.to_owned(),
            file: it.file.clone(),
            line: count(it.line),
            column: count(it.column),
            length: i32::from(it.column > 0),
            message: it.message.clone(),
            suggestion: it.suggestion.clone(),
            snippet: String::new(),
        })
        .collect()
}

pub(crate) fn comparison(of: &CardComparison) -> proto::CompareRateCardsResponse {
    let found = compare(&of.base, &of.other);
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let moves = of.moves.as_ref();
    proto::CompareRateCardsResponse {
        changes: found
            .prices
            .iter()
            .map(|change| proto::PriceChange {
                code: change.code.to_owned(),
                before: change.before.map(|it| price(&of.base, it)),
                after: change.after.map(|it| price(&of.other, it)),
                summary: Some(words::text(&change.summary)),
            })
            .collect(),
        n_subscriptions: moves.map_or(0, |moves| count(moves.n_subscriptions)),
        n_subscriptions_changed: moves.map_or(0, |moves| count(moves.n_changed)),
        yearly_difference: moves.map(|moves| words::money(moves.yearly_difference)),
        n_subscriptions_not_sold: moves.map_or(0, |moves| count(moves.n_not_sold)),
        subscriptions: moves.map(|it| it.named.iter().map(moved).collect()).unwrap_or_default(),
        plans: found
            .plans
            .iter()
            .map(|change| proto::PlanChange {
                code: change.code.to_owned(),
                summary: Some(words::text(&change.summary)),
            })
            .collect(),
    }
}

fn moved(of: &MovedSubscription) -> proto::MovedSubscription {
    proto::MovedSubscription {
        subscription_id: of.subscription_id.to_string(),
        tenant_id: of.tenant_id.to_string(),
        before: Some(words::money(of.before)),
        after: of.after.as_ref().ok().copied().map(words::money),
        refusal: of.after.as_ref().err().cloned().unwrap_or_default(),
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
        provider: plan.provider.clone(),
        cover: match card.cover {
            None if chosen(card, plan) => proto::CoverAttachment::Optional,
            None => proto::CoverAttachment::None,
            Some(Attachment::Automatic) => proto::CoverAttachment::Automatic,
            Some(Attachment::Optional) => proto::CoverAttachment::Optional,
        }
        .into(),
        // Fees begin when the whole bundle is in use.
        billing_start: proto::BillingStart::OnActive.into(),
        ..proto::Plan::default()
    }
}

/// Whether cover can be chosen with a plan.
fn chosen(card: &RateCard, plan: &Plan) -> bool {
    let mut of_plan = card.options.iter().filter(|option| option.plans.contains(&plan.plan));
    of_plan.any(|option| option.cover.is_some())
}

fn option(option: &PlanOption) -> proto::PlanOption {
    proto::PlanOption {
        code: option.option.clone(),
        name: Some(words::text(&option.name)),
        description: Some(words::text(&option.description)),
        requires: option.requires.iter().flat_map(|it| it.any_of.clone()).collect(),
        excludes: option.excludes.clone(),
        cover_contract: option.cover.clone().unwrap_or_default(),
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
        plan_codes: price.plans.clone(),
        anchor: anchor(card, price).into(),
        moves: moves(price.moves),
        covered: price.covered,
    }
}

fn anchor(card: &RateCard, price: &Price) -> proto::PriceAnchor {
    let cycle = match price.cadence {
        Cadence::Yearly => price.anchor.unwrap_or(BillingCycle::Anniversary),
        Cadence::Monthly => price.anchor.unwrap_or(card.cycle),
        Cadence::Initial | Cadence::OneOff | Cadence::Usage => {
            return proto::PriceAnchor::Unspecified;
        }
    };
    match cycle {
        BillingCycle::CalendarMonth => proto::PriceAnchor::CalendarMonth,
        BillingCycle::Anniversary => proto::PriceAnchor::Anniversary,
    }
}

fn moves(moves: TierMoves) -> Option<proto::TierMoves> {
    let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    match moves {
        TierMoves::Automatic => None,
        TierMoves::Approval => Some(proto::TierMoves {
            rule: proto::TierMoveRule::Approval.into(),
            ..proto::TierMoves::default()
        }),
        TierMoves::Hysteresis(rule) => Some(proto::TierMoves {
            rule: proto::TierMoveRule::Hysteresis.into(),
            up_after_months: count(rule.up_after_months),
            down_after_months: count(rule.down_after_months),
            band: rule.band.to_string(),
        }),
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
        Model::Percentage(share) => Out::Percentage(proto::PercentagePrice {
            rate: share.rate.to_string(),
            of: share.of.clone(),
            least: share.least.map(words::money),
            most: share.most.map(words::money),
        }),
        Model::MinimumCommitment(of) => Out::MinimumCommitment(proto::MinimumCommitmentPrice {
            amount: Some(words::money(of.amount)),
            of: of.of.clone(),
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
