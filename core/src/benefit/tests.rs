use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::id::{IncidentId, MasterContractId, TenantId};
use crate::master_contract::{CoveragePart, Provision};
use crate::text::Text;

const CODES: [&str; 3] = ["on_site_response", "virus_removal", "data_recovery"];

fn code(at: usize) -> PartCode {
    CODES[at].parse().unwrap()
}

fn item(name: &str, part: usize, yen: i64) -> LossItem {
    LossItem::new(name, code(part), Money::jpy(yen))
}

/// Two insured parts; `data_recovery` is not insured.
fn terms() -> CoverTerms {
    CoverTerms {
        parts: vec![part(0, Some(50_000), 100), part(1, Some(100_000), 90)],
        deductible: Money::jpy(5_000),
        occurrence_limit: Some(Money::jpy(120_000)),
        annual_limit: Some(Money::jpy(300_000)),
        programme_aggregate: Some(Money::jpy(3_000_000)),
        second_person_above: None,
        premium_per_month: Money::jpy(200),
    }
}

fn part(at: usize, limit: Option<i64>, percent: i64) -> CoveragePart {
    CoveragePart {
        code: code(at),
        name: Text::new("費用", "cost"),
        item_limit: limit.map(Money::jpy),
        coinsurance: Rate::percent(percent),
        provision: Provision::InKind,
    }
}

fn steps(benefit: &Benefit) -> String {
    benefit
        .trace
        .iter()
        .map(|step| {
            format!(
                "{}{}: {} -> {}{}\n",
                step.level.as_str(),
                step.part.as_ref().map(|part| format!(" {part}")).unwrap_or_default(),
                step.before,
                step.after,
                step.available.map(|left| format!(" (available {left})")).unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn every_step_is_written_down_in_yen() {
    let loss = [item("a", 1, 100_001), item("b", 0, 70_000), item("c", 2, 30_000)];
    let mut available = Available::untouched(&terms());
    available.annual = Some(Money::jpy(101_000));
    let benefit = payable(&loss, &terms(), &available).unwrap();
    insta::assert_snapshot!(steps(&benefit), @r"
    loss: ¥200,001 -> ¥200,001
    not_insured: ¥200,001 -> ¥170,001
    coinsurance virus_removal: ¥100,001 -> ¥90,000
    deductible: ¥160,000 -> ¥155,000 (available ¥5,000)
    item_limit on_site_response: ¥65,000 -> ¥50,000 (available ¥50,000)
    item_limit virus_removal: ¥90,000 -> ¥90,000 (available ¥100,000)
    occurrence_limit: ¥140,000 -> ¥120,000 (available ¥120,000)
    annual_limit: ¥120,000 -> ¥101,000 (available ¥101,000)
    programme_aggregate: ¥101,000 -> ¥101,000 (available ¥3,000,000)
    ");
    let paid: Vec<_> = benefit.items.iter().map(|item| item.payable.amount()).collect();
    assert_eq!(paid, [64_929, 36_071, 0]);
    assert_eq!(benefit.cut_by().unwrap().level, Level::ItemLimit);
}

#[test]
fn a_loss_below_the_deductible_pays_nothing_and_takes_only_its_own_part_of_it() {
    let benefit = payable(&[item("a", 0, 3_000)], &terms(), &Available::untouched(&terms()));
    let benefit = benefit.unwrap();
    assert_eq!((benefit.total, benefit.deductible), (Money::ZERO_JPY, Money::jpy(3_000)));
}

#[test]
fn no_limit_is_not_a_limit_of_nothing() {
    let mut open = terms();
    open.parts = vec![part(0, None, 100)];
    open.deductible = Money::ZERO_JPY;
    (open.occurrence_limit, open.annual_limit, open.programme_aggregate) = (None, None, None);
    let benefit =
        payable(&[item("a", 0, 9_999_999)], &open, &Available::untouched(&open)).unwrap();
    assert_eq!(benefit.total, Money::jpy(9_999_999));
}

#[test]
fn an_overspent_limit_pays_nothing_and_never_takes_money_back() {
    let mut available = Available::untouched(&terms());
    available.programme = Some(Money::jpy(-1));
    let benefit = payable(&[item("a", 0, 30_000)], &terms(), &available).unwrap();
    assert_eq!(benefit.total, Money::ZERO_JPY);
}

#[test]
fn a_negative_loss_is_an_error() {
    let answer = payable(&[item("a", 0, -1)], &terms(), &Available::untouched(&terms()));
    assert_eq!(answer, Err(BenefitError::NegativeLoss { item: "a".to_owned() }));
}

#[test]
fn nobody_approves_more_than_is_payable() {
    let loss = [item("a", 0, 20_000), item("b", 1, 20_000)];
    let benefit = payable(&loss, &terms(), &Available::untouched(&terms())).unwrap();
    assert_eq!(benefit.total, Money::jpy(33_000));
    assert!(benefit.reduced_to(Money::jpy(33_001)).is_err());
    assert!(benefit.reduced_to(Money::jpy(-1)).is_err());
    let reduced = benefit.reduced_to(Money::jpy(10_000)).unwrap();
    let paid: Vec<_> = reduced.items.iter().map(|item| item.payable.amount()).collect();
    assert_eq!(paid, [4_545, 5_455]);
}

#[test]
fn a_benefit_draws_on_every_limit_it_touches() {
    let tenant = TenantId::from(Uuid::from_u128(1));
    let contract = MasterContractId::from(Uuid::from_u128(2));
    let occurrence = OccurrenceKey::Incident(IncidentId::from(Uuid::from_u128(3)));
    let benefit =
        payable(&[item("a", 1, 50_000)], &terms(), &Available::untouched(&terms())).unwrap();
    let draws = benefit.draws(&terms(), tenant, occurrence).unwrap();
    let drawn: Vec<_> = draws.iter().map(|d| (d.scope.kind(), d.amount.amount())).collect();
    assert_eq!(
        drawn,
        [
            ("deductible", 5_000),
            ("item", 40_000),
            ("occurrence", 40_000),
            ("annual", 40_000),
            ("programme", 40_000),
        ]
    );
    assert!(draws[1].scope.key(contract).ends_with("/virus_removal"));
}

fn any_limit() -> impl Strategy<Value = Option<i64>> {
    prop::option::weighted(0.8, 1_i64..300_000)
}

fn any_terms() -> impl Strategy<Value = CoverTerms> {
    (
        prop::collection::vec((any_limit(), 1_i64..=100), 1..=3),
        0_i64..50_000,
        (any_limit(), any_limit(), any_limit()),
    )
        .prop_map(|(parts, deductible, (occurrence, annual, programme))| CoverTerms {
            parts: parts
                .into_iter()
                .enumerate()
                .map(|(at, (limit, percent))| part(at, limit, percent))
                .collect(),
            deductible: Money::jpy(deductible),
            occurrence_limit: occurrence.map(Money::jpy),
            annual_limit: annual.map(Money::jpy),
            programme_aggregate: programme.map(Money::jpy),
            second_person_above: None,
            premium_per_month: Money::ZERO_JPY,
        })
}

fn any_loss() -> impl Strategy<Value = Vec<LossItem>> {
    prop::collection::vec((0_usize..3, 0_i64..200_000), 0..8).prop_map(|items| {
        items
            .into_iter()
            .enumerate()
            .map(|(at, (part, yen))| item(&at.to_string(), part, yen))
            .collect()
    })
}

fn raised(limit: Option<Money>, by: i64) -> Option<Money> {
    limit.map(|limit| limit.plus(Money::jpy(by)).unwrap())
}

proptest! {
    #[test]
    fn what_is_payable_is_never_above_the_loss_or_any_limit(
        terms in any_terms(), loss in any_loss(),
    ) {
        let available = Available::untouched(&terms);
        let benefit = payable(&loss, &terms, &available).unwrap();
        prop_assert!(!benefit.total.is_negative());
        prop_assert_eq!(
            Money::total(benefit.items.iter().map(|item| item.payable)).unwrap(),
            benefit.total
        );
        for item in &benefit.items {
            prop_assert!(!item.payable.is_negative() && item.payable <= item.loss);
        }
        for (part, paid) in benefit.by_part().unwrap() {
            prop_assert!(available.parts.get(&part).is_none_or(|left| paid <= *left));
        }
        for left in [available.occurrence, available.annual, available.programme] {
            prop_assert!(left.is_none_or(|left| benefit.total <= left));
        }
        let last = benefit.trace.last().unwrap();
        prop_assert!(last.after >= benefit.total);
    }

    #[test]
    fn more_loss_never_pays_less(
        terms in any_terms(), loss in any_loss(), at in 0_usize..8, more in 1_i64..100,
    ) {
        prop_assume!(at < loss.len());
        let available = Available::untouched(&terms);
        let before = payable(&loss, &terms, &available).unwrap();
        let mut larger = loss;
        larger[at].loss = larger[at].loss.plus(Money::jpy(more)).unwrap();
        let after = payable(&larger, &terms, &available).unwrap();
        prop_assert!(after.total >= before.total);
        prop_assert!(after.total.minus(before.total).unwrap() <= Money::jpy(more));
    }

    #[test]
    fn a_higher_limit_never_pays_less(
        terms in any_terms(), loss in any_loss(), which in 0_usize..4, by in 1_i64..10_000,
    ) {
        let before = payable(&loss, &terms, &Available::untouched(&terms)).unwrap();
        let mut higher = terms;
        match which {
            0 => higher.parts[0].item_limit = raised(higher.parts[0].item_limit, by),
            1 => higher.occurrence_limit = raised(higher.occurrence_limit, by),
            2 => higher.annual_limit = raised(higher.annual_limit, by),
            _ => higher.programme_aggregate = raised(higher.programme_aggregate, by),
        }
        let after = payable(&loss, &higher, &Available::untouched(&higher)).unwrap();
        prop_assert!(after.total >= before.total);
    }

    #[test]
    fn two_losses_of_one_occurrence_never_pay_more_than_one_loss_of_both(
        terms in any_terms(), first in any_loss(), second in any_loss(),
    ) {
        let available = Available::untouched(&terms);
        let one = payable(&first, &terms, &available).unwrap();
        let left = after(&available, &one);
        let two = payable(&second, &terms, &left).unwrap();
        for (whole, left) in [
            (available.occurrence, left.occurrence),
            (available.annual, left.annual),
            (available.programme, left.programme),
        ] {
            if let (Some(whole), Some(left)) = (whole, left) {
                prop_assert!(two.total <= left);
                prop_assert!(one.total.plus(two.total).unwrap() <= whole);
            }
        }
        let borne = one.deductible.plus(two.deductible).unwrap();
        prop_assert!(borne <= terms.deductible);
    }

    #[test]
    fn a_reduced_benefit_still_adds_up(
        terms in any_terms(), loss in any_loss(), share in 0_i64..=100,
    ) {
        let benefit = payable(&loss, &terms, &Available::untouched(&terms)).unwrap();
        let total = benefit.total.at_rate(Rate::percent(share), Rounding::Down).unwrap();
        let reduced = benefit.reduced_to(total).unwrap();
        prop_assert_eq!(
            Money::total(reduced.items.iter().map(|item| item.payable)).unwrap(),
            total
        );
        for (now, then) in reduced.items.iter().zip(&benefit.items) {
            prop_assert!(now.payable <= then.payable);
        }
    }
}

fn after(available: &Available, benefit: &Benefit) -> Available {
    let left = |limit: Option<Money>| limit.map(|limit| limit.minus(benefit.total).unwrap());
    let paid = benefit.by_part().unwrap();
    Available {
        deductible: available.deductible.minus(benefit.deductible).unwrap(),
        parts: available
            .parts
            .iter()
            .map(|(code, limit)| {
                let taken = paid.get(code).copied().unwrap_or(Money::ZERO_JPY);
                (code.clone(), limit.minus(taken).unwrap())
            })
            .collect(),
        occurrence: left(available.occurrence),
        annual: left(available.annual),
        programme: left(available.programme),
    }
}
