//! How an amount was reached, step by step.

use tasuki_core::benefit::{Benefit, ItemBenefit, LimitSubject, Step, StepKind, Taken, Takers};
use tasuki_core::claim::step_text;
use tasuki_core::master_contract::{LimitBasis, LimitScope, MasterContract};
use tasuki_core::money::Money;
use tasuki_core::text::Text;
use tasuki_proto::claim::v1 as proto;
use tasuki_proto::cover::v1::LimitStatus;

use crate::covers::mapping::subject_id;
use crate::covers::{enums, terms};
use crate::words;

/// Under which contract, and for whom, a benefit was computed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) contract: &'a MasterContract,
    pub(crate) takers: Takers,
}

/// A calculation, with what would be payable with fresh limits.
pub(crate) fn calculation(
    benefit: &Benefit,
    fresh: Option<Money>,
    around: &Around<'_>,
) -> proto::BenefitCalculation {
    let steps = (1..).zip(&benefit.trace).map(|(number, step)| around.step(number, step));
    proto::BenefitCalculation {
        steps: steps.collect(),
        items: benefit.items.iter().map(|item| item_benefit(benefit, item)).collect(),
        loss: Some(words::money(benefit.loss)),
        payable: Some(words::money(benefit.total)),
        borne: benefit.borne().ok().map(words::money),
        payable_with_fresh_limits: fresh.map(words::money),
        recomputed_payable: None,
    }
}

fn item_benefit(benefit: &Benefit, item: &ItemBenefit) -> proto::ItemBenefit {
    let cut_by = benefit.cut_by(item).map_or(proto::BenefitStepKind::Unspecified, kind);
    proto::ItemBenefit {
        loss_item_number: number(item.number),
        part: enums::part(item.part).into(),
        loss: Some(words::money(item.loss)),
        payable: Some(words::money(item.payable)),
        cut_by: cut_by.into(),
    }
}

impl Around<'_> {
    fn step(&self, at: i32, step: &Step) -> proto::BenefitStep {
        let text = step_text(step);
        let limit = step.limit.as_ref().and_then(|(code, taken)| self.limit(code, *taken, step));
        let part = match step.parts.first() {
            Some(only) if step.parts.len() == 1 => enums::part(*only).into(),
            Some(_) | None => 0,
        };
        let (most, given) = match step.kind {
            StepKind::Number { most, given } => (most, given),
            StepKind::Loss
            | StepKind::NotCovered
            | StepKind::Waiting
            | StepKind::Coinsurance
            | StepKind::Deductible
            | StepKind::AlreadyPaid
            | StepKind::Limit(_)
            | StepKind::Allocation
            | StepKind::Policy => (0, 0),
        };
        let deductible = matches!(step.kind, StepKind::Deductible).then_some(step.left).flatten();
        proto::BenefitStep {
            number: at,
            kind: kind(step.kind).into(),
            loss_item_number: step.item.map(number).unwrap_or_default(),
            part,
            before: Some(words::money(step.before)),
            after: Some(words::money(step.after)),
            rate: step.rate.map(|rate| rate.to_string()).unwrap_or_default(),
            deductible: deductible.map(words::money),
            clause: self.clause(step),
            text: Some(words::text(&Text::new(
                format!("{}：{} → {}", text.ja, step.before, step.after),
                format!("{}: {} -> {}", text.en, step.before, step.after),
            ))),
            limit,
            n_per_period: number(most),
            n_given: number(given),
        }
    }

    fn limit(&self, code: &str, taken: Taken, step: &Step) -> Option<LimitStatus> {
        let terms_in_force = &self.contract.terms;
        let limit = terms_in_force.limit(code)?;
        let subject = LimitSubject::of(limit, terms_in_force.stacking, &self.takers);
        let period = match limit.basis {
            LimitBasis::PerOccurrence => None,
            LimitBasis::PerPeriod => Some(words::period(self.contract.in_force)),
        };
        let spent = taken.used.plus(taken.reserved).ok()?;
        let yearly = terms_in_force.yearly_premium_of(limit);
        let reinstated = limit.reinstated(spent, yearly).ok();
        let reinstated = reinstated.filter(|_| !limit.reinstatement_rates.is_empty());
        Some(LimitStatus {
            limit: Some(terms::limit(limit)),
            subject_id: subject.map(subject_id).unwrap_or_default(),
            period,
            used: Some(words::money(taken.used)),
            reserved: Some(words::money(taken.reserved)),
            remaining: step.left.map(words::money),
            n_reinstatements_used: reinstated.map(|it| number(it.n_used)).unwrap_or_default(),
            reinstatement_charge: reinstated.and_then(|it| it.charge).map(words::money),
            site_code: String::new(),
        })
    }

    fn clause(&self, step: &Step) -> String {
        let terms_in_force = &self.contract.terms;
        let of_limit = step
            .limit
            .as_ref()
            .and_then(|(code, _)| terms_in_force.limit(code))
            .and_then(|limit| limit.clause.clone());
        let of_part = || match step.kind {
            StepKind::Waiting
            | StepKind::Coinsurance
            | StepKind::Deductible
            | StepKind::Number { .. } => {
                let part = step.parts.first()?;
                terms_in_force.part(*part)?.clause.clone()
            }
            StepKind::Loss
            | StepKind::NotCovered
            | StepKind::AlreadyPaid
            | StepKind::Limit(_)
            | StepKind::Allocation
            | StepKind::Policy => None,
        };
        of_limit.or_else(of_part).unwrap_or_default()
    }
}

pub(crate) fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

const fn kind(kind: StepKind) -> proto::BenefitStepKind {
    use proto::BenefitStepKind as Kind;
    match kind {
        StepKind::Loss => Kind::Loss,
        // What lies within the waiting period is not covered.
        StepKind::NotCovered | StepKind::Waiting => Kind::NotCovered,
        StepKind::Coinsurance => Kind::Coinsurance,
        StepKind::Deductible => Kind::Deductible,
        StepKind::AlreadyPaid => Kind::AlreadyPaid,
        StepKind::Number { .. } => Kind::Number,
        StepKind::Limit(LimitScope::Item) => Kind::ItemSublimit,
        StepKind::Limit(LimitScope::AllCosts) => Kind::AllCostsLimit,
        StepKind::Limit(LimitScope::Occurrence) => Kind::OccurrenceLimit,
        StepKind::Limit(LimitScope::Section) => Kind::SectionAggregate,
        StepKind::Limit(LimitScope::Certificate) => Kind::AnnualLimit,
        StepKind::Limit(LimitScope::Programme) => Kind::ProgrammeAggregate,
        StepKind::Allocation => Kind::Allocation,
        StepKind::Policy => Kind::Policy,
    }
}
