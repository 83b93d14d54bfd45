use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::id::{CertificateId, IncidentId, MasterContractId, TenantId};
use crate::master_contract::tests::{limit, part, terms as contract_terms};
use crate::master_contract::{LimitScope, PartTerms};

use CoveragePart::{Forensics, OnSiteResponse, ThirdPartyLiability, VirusRemoval};

const PARTS: [CoveragePart; 4] = [OnSiteResponse, VirusRemoval, Forensics, ThirdPartyLiability];

fn item(number: u32, part: CoveragePart, yen: i64) -> LossItem {
    LossItem::new(number, part, Money::jpy(yen))
}

/// Three insured parts in two sections; forensics is not insured.
fn terms() -> CoverTerms {
    let mut terms = contract_terms();
    terms.parts = vec![
        part(OnSiteResponse, 100, 5_000),
        part(VirusRemoval, 90, 0),
        part(ThirdPartyLiability, 100, 0),
    ];
    terms.limits = vec![
        limit(LimitScope::Programme, &[], 3_000_000),
        limit(LimitScope::Certificate, &[], 300_000),
        limit(LimitScope::Section, &[OnSiteResponse, VirusRemoval], 110_000),
        limit(LimitScope::AllCosts, &[], 120_000),
        limit(LimitScope::Item, &[OnSiteResponse], 50_000),
        limit(LimitScope::Item, &[VirusRemoval], 100_000),
    ];
    terms
}

fn fresh(loss: &[LossItem], terms: &CoverTerms) -> Benefit {
    payable(loss, &terms.into(), &BTreeMap::new()).unwrap()
}

fn taken(used: i64, reserved: i64) -> Taken {
    Taken { used: Money::jpy(used), reserved: Money::jpy(reserved) }
}

fn steps(benefit: &Benefit) -> String {
    let line = |step: &Step| {
        let what = step.item.map_or_else(
            || step.parts.iter().map(|p| p.as_str()).collect::<Vec<_>>().join("+"),
            |number| format!("item {number}"),
        );
        let left = step.left.map(|left| format!(" (left {left})")).unwrap_or_default();
        format!("{} {what}: {} -> {}{left}", step.kind.as_str(), step.before, step.after)
    };
    benefit.trace.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_step_is_written_down_in_yen() {
    let loss = [
        item(1, VirusRemoval, 100_001),
        item(2, OnSiteResponse, 70_000),
        item(3, Forensics, 30_000),
        item(4, ThirdPartyLiability, 250_000),
    ];
    let used = BTreeMap::from([("limit.certificate.".to_owned(), taken(20_000, 5_000))]);
    let benefit = payable(&loss, &(&terms()).into(), &used).unwrap();
    insta::assert_snapshot!(steps(&benefit), @r"
    loss on_site_response+virus_removal+forensics+third_party_liability: ¥450,001 -> ¥450,001
    coinsurance item 1: ¥100,001 -> ¥90,000
    not_covered item 3: ¥30,000 -> ¥0
    deductible on_site_response: ¥70,000 -> ¥65,000 (left ¥5,000)
    item on_site_response: ¥65,000 -> ¥50,000 (left ¥50,000)
    item virus_removal: ¥90,000 -> ¥90,000 (left ¥100,000)
    all_costs on_site_response+virus_removal: ¥140,000 -> ¥120,000 (left ¥120,000)
    section on_site_response+virus_removal: ¥120,000 -> ¥110,000 (left ¥110,000)
    certificate on_site_response+virus_removal+third_party_liability: ¥360,000 -> ¥275,000 (left ¥275,000)
    programme on_site_response+virus_removal+third_party_liability: ¥275,000 -> ¥275,000 (left ¥3,000,000)
    allocation item 1: ¥90,000 -> ¥54,018
    allocation item 2: ¥70,000 -> ¥30,010
    allocation item 4: ¥250,000 -> ¥190,972
    ");
    let cuts: Vec<_> = benefit.items.iter().map(|item| benefit.cut_by(item)).collect();
    assert_eq!(
        cuts,
        [
            Some(StepKind::Coinsurance),
            Some(StepKind::Deductible),
            Some(StepKind::NotCovered),
            Some(StepKind::Limit(LimitScope::Certificate)),
        ]
    );
    assert_eq!(benefit.borne().unwrap(), Money::jpy(175_001));
}

#[test]
fn the_pilots_what_if_claims_come_out_as_published() {
    let terms = contract_terms();
    let two = |on_site: i64, virus: i64| {
        fresh(&[item(1, OnSiteResponse, on_site), item(2, VirusRemoval, virus)], &terms).total
    };
    assert_eq!(two(80_000, 120_000), Money::jpy(130_000));
    assert_eq!(two(500_000, 1_000_000), Money::jpy(150_000));
    let used = BTreeMap::from([("limit.certificate.".to_owned(), taken(280_000, 0))]);
    let third = payable(&[item(1, OnSiteResponse, 60_000)], &(&terms).into(), &used).unwrap();
    assert_eq!(third.total, Money::jpy(20_000));
}

#[test]
fn a_loss_below_the_deductible_pays_nothing_and_bears_only_its_own_part_of_it() {
    let benefit = fresh(&[item(1, OnSiteResponse, 3_000)], &terms());
    assert_eq!(benefit.total, Money::ZERO_JPY);
    assert_eq!(benefit.deductibles, BTreeMap::from([(OnSiteResponse, Money::jpy(3_000))]));
}

#[test]
fn no_limit_is_not_a_limit_of_nothing() {
    let mut open = terms();
    open.limits.clear();
    let benefit = fresh(&[item(1, ThirdPartyLiability, 999_999_999)], &open);
    assert_eq!(benefit.total, Money::jpy(999_999_999));
}

#[test]
fn an_overspent_limit_pays_nothing_and_never_takes_money_back() {
    let used = BTreeMap::from([("limit.programme.".to_owned(), taken(3_000_000, 1))]);
    let loss = [item(1, OnSiteResponse, 30_000)];
    let benefit = payable(&loss, &(&terms()).into(), &used).unwrap();
    assert_eq!(benefit.total, Money::ZERO_JPY);
}

#[test]
fn what_the_policies_do_not_let_pass_is_not_paid_and_uses_no_limit() {
    let mut loss = [item(1, OnSiteResponse, 30_000), item(2, VirusRemoval, 10_000)];
    loss[0].standing = Standing::NotCovered;
    let benefit = fresh(&loss, &terms());
    assert_eq!(benefit.total, Money::jpy(9_000));
    assert!(benefit.deductibles.is_empty());
}

#[test]
fn only_so_many_claims_of_a_period_get_a_benefit_of_a_part() {
    let mut terms = terms();
    terms.parts[0].n_per_period = Some(2);
    let loss = [item(1, OnSiteResponse, 30_000), item(2, VirusRemoval, 10_000)];
    let after = |used, reserved| {
        let given = BTreeMap::from([(number_code(OnSiteResponse), taken(used, reserved))]);
        payable(&loss, &(&terms).into(), &given).unwrap()
    };
    let second = after(0, 1);
    assert_eq!(second.total, Money::jpy(34_000));
    assert_eq!(second.counted, [OnSiteResponse].into());
    let third = after(1, 1);
    assert_eq!(third.total, Money::jpy(9_000), "only the other part is paid");
    assert!(third.counted.is_empty(), "what is not given is not counted");
    let cut = StepKind::Number { most: 2, given: 2 };
    assert_eq!(third.cut_by(&third.items[0]), Some(StepKind::Deductible));
    let step = third.trace.iter().find(|step| step.kind == cut).unwrap();
    assert_eq!((step.before, step.after), (Money::jpy(25_000), Money::ZERO_JPY));
    let nothing = second.reduced_to(Money::ZERO_JPY).unwrap();
    assert!(nothing.counted.is_empty(), "neither is what a person takes away");
}

#[test]
fn a_policy_lets_less_be_paid_and_never_more() {
    let loss = [item(1, OnSiteResponse, 40_000), item(2, VirusRemoval, 20_000)];
    let rules =
        |yen: i64| Rules::from(&terms()).with_policy([(OnSiteResponse, Money::jpy(yen))].into());
    let cut = payable(&loss, &rules(10_000), &BTreeMap::new()).unwrap();
    assert_eq!(cut.total, Money::jpy(28_000));
    assert_eq!(cut.cut_by(&cut.items[0]), Some(StepKind::Deductible));
    assert!(cut.trace.iter().any(|step| step.kind == StepKind::Policy));
    let more = payable(&loss, &rules(99_999_999), &BTreeMap::new()).unwrap();
    assert_eq!(more.total, fresh(&loss, &terms()).total);
}

#[test]
fn a_negative_loss_is_an_error() {
    let rules = (&terms()).into();
    let answer = payable(&[item(7, OnSiteResponse, -1)], &rules, &BTreeMap::new());
    assert_eq!(answer, Err(BenefitError::NegativeLoss { number: 7 }));
}

#[test]
fn nobody_approves_more_than_is_payable() {
    let loss = [item(1, OnSiteResponse, 20_000), item(2, VirusRemoval, 20_000)];
    let benefit = fresh(&loss, &terms());
    assert_eq!(benefit.total, Money::jpy(33_000));
    assert!(benefit.reduced_to(Money::jpy(33_001)).is_err());
    assert!(benefit.reduced_to(Money::jpy(-1)).is_err());
    let reduced = benefit.reduced_to(Money::jpy(10_000)).unwrap();
    let paid: Vec<_> = reduced.items.iter().map(|item| item.payable.amount()).collect();
    assert_eq!(paid, [4_545, 5_455]);
}

#[test]
fn a_benefit_draws_on_every_limit_it_touches() {
    let takers = Takers {
        contract: MasterContractId::from(Uuid::from_u128(2)),
        tenant: TenantId::from(Uuid::from_u128(1)),
        certificate: Some(CertificateId::from(Uuid::from_u128(4))),
        site: None,
        occurrence: Some(OccurrenceKey::Incident(IncidentId::from(Uuid::from_u128(3)))),
    };
    let loss = [item(1, OnSiteResponse, 45_000), item(2, ThirdPartyLiability, 10_000)];
    let draws = fresh(&loss, &terms()).draws(&terms(), &takers).unwrap();
    let seen: Vec<_> = draws.iter().map(|d| (d.code.as_str(), d.amount.amount())).collect();
    assert_eq!(
        seen,
        [
            ("deductible.on_site_response", 5_000),
            ("limit.all_costs.", 40_000),
            ("limit.certificate.", 50_000),
            ("limit.item.on_site_response", 40_000),
            ("limit.programme.", 50_000),
            ("limit.section.on_site_response_virus_removal", 40_000),
        ]
    );
    for draw in &draws {
        assert_eq!(draw.subject.to_string().parse(), Ok(draw.subject));
    }
    assert_eq!(draws[2].subject, LimitSubject::Tenant(takers.tenant));
    assert_eq!(draws[4].subject, LimitSubject::Contract(takers.contract));
}

fn any_terms() -> impl Strategy<Value = CoverTerms> {
    let amount = || prop::option::weighted(0.7, 0_i64..300_000);
    (
        prop::collection::vec((1_i64..=100, 0_i64..20_000, amount()), 4),
        [amount(), amount(), amount(), amount(), amount()],
    )
        .prop_map(|(parts, [costs, occurrence, section, certificate, programme])| {
            let mut terms = contract_terms();
            terms.parts = PARTS
                .into_iter()
                .zip(&parts)
                .map(|(name, (percent, deductible, _))| {
                    let n_per_period = u32::try_from(deductible % 3).ok().filter(|n| *n > 0);
                    PartTerms { n_per_period, ..part(name, *percent, *deductible) }
                })
                .collect();
            let items = PARTS
                .into_iter()
                .zip(&parts)
                .map(|(name, (_, _, yen))| (LimitScope::Item, vec![name], *yen));
            let shared = [
                (LimitScope::AllCosts, vec![], costs),
                (LimitScope::Occurrence, vec![], occurrence),
                (LimitScope::Section, vec![OnSiteResponse, VirusRemoval], section),
                (LimitScope::Certificate, vec![], certificate),
                (LimitScope::Programme, vec![], programme),
            ];
            terms.limits = items
                .chain(shared)
                .filter_map(|(scope, parts, yen)| yen.map(|yen| limit(scope, &parts, yen)))
                .collect();
            terms
        })
}

fn any_loss() -> impl Strategy<Value = Vec<LossItem>> {
    prop::collection::vec((0_usize..4, 0_i64..200_000), 0..8).prop_map(|items| {
        (1..).zip(items).map(|(number, (at, yen))| item(number, PARTS[at], yen)).collect()
    })
}

/// The most whole yen that fit, found by handing out one unit after the other: slow and obvious.
fn one_by_one(loss: &[LossItem], terms: &CoverTerms, unit: i64) -> i64 {
    let mut wanted: Vec<(CoveragePart, i64)> = terms
        .parts
        .iter()
        .map(|part| {
            let of_part = loss.iter().filter(|item| item.part == part.part);
            let shares = of_part
                .map(|item| item.loss.at_rate(part.coinsurance, Rounding::Down).unwrap().amount());
            (part.part, (shares.sum::<i64>() - part.deductible.amount()).max(0))
        })
        .collect();
    let limits: Vec<_> =
        terms.limits.iter().map(|l| (terms.parts_of(l), l.amount.amount())).collect();
    let mut given: BTreeMap<CoveragePart, i64> = BTreeMap::new();
    loop {
        let next = wanted.iter_mut().find(|(part, left)| {
            *left >= unit
                && limits.iter().filter(|(parts, _)| parts.contains(part)).all(|(parts, cap)| {
                    let used: i64 = parts.iter().filter_map(|p| given.get(p)).sum();
                    used + unit <= *cap
                })
        });
        let Some((part, left)) = next else { break };
        *left -= unit;
        *given.entry(*part).or_default() += unit;
    }
    given.values().sum()
}

proptest! {
    #[test]
    fn what_is_payable_is_never_above_the_loss_or_any_limit(
        terms in any_terms(), loss in any_loss(),
    ) {
        let benefit = fresh(&loss, &terms);
        let sum = Money::total(benefit.items.iter().map(|item| item.payable)).unwrap();
        prop_assert_eq!(sum, benefit.total);
        for item in &benefit.items {
            prop_assert!(!item.payable.is_negative() && item.payable <= item.loss);
        }
        for limit in &terms.limits {
            prop_assert!(benefit.of_parts(&terms.parts_of(limit)).unwrap() <= limit.amount);
        }
    }

    #[test]
    fn nothing_more_could_be_paid(terms in any_terms(), loss in any_loss()) {
        // In units of a yen the slow way would take minutes: everything is scaled down.
        let scale = |money: Money| Money::jpy(money.amount() / 1_000);
        let mut small = terms;
        for part in &mut small.parts {
            part.deductible = scale(part.deductible);
        }
        for limit in &mut small.limits {
            limit.amount = scale(limit.amount);
        }
        let mut loss = loss;
        for item in &mut loss {
            item.loss = scale(item.loss);
        }
        prop_assert_eq!(fresh(&loss, &small).total.amount(), one_by_one(&loss, &small, 1));
    }

    #[test]
    fn more_loss_never_pays_less(
        terms in any_terms(), loss in any_loss(), at in 0_usize..8, more in 1_i64..100,
    ) {
        prop_assume!(at < loss.len());
        let before = fresh(&loss, &terms).total;
        let mut larger = loss;
        larger[at].loss = larger[at].loss.plus(Money::jpy(more)).unwrap();
        let after = fresh(&larger, &terms).total;
        prop_assert!(after >= before);
        prop_assert!(after.minus(before).unwrap() <= Money::jpy(more));
    }

    #[test]
    fn a_higher_limit_never_pays_less(
        terms in any_terms(), loss in any_loss(), which in 0_usize..9, by in 1_i64..10_000,
    ) {
        prop_assume!(which < terms.limits.len());
        let before = fresh(&loss, &terms).total;
        let mut higher = terms;
        let amount = &mut higher.limits[which].amount;
        *amount = amount.plus(Money::jpy(by)).unwrap();
        prop_assert!(fresh(&loss, &higher).total >= before);
    }

    #[test]
    fn the_order_in_which_a_loss_is_written_does_not_change_what_is_payable(
        terms in any_terms(), loss in any_loss(),
    ) {
        let mut reversed = loss.clone();
        reversed.reverse();
        prop_assert_eq!(fresh(&loss, &terms).total, fresh(&reversed, &terms).total);
    }

    #[test]
    fn two_losses_of_one_occurrence_never_take_more_than_there_is(
        terms in any_terms(), first in any_loss(), second in any_loss(),
    ) {
        let takers = Takers {
            contract: MasterContractId::from(Uuid::from_u128(2)),
            tenant: TenantId::from(Uuid::from_u128(1)),
            certificate: None,
            site: None,
            occurrence: Some(OccurrenceKey::Incident(IncidentId::from(Uuid::from_u128(3)))),
        };
        let one = fresh(&first, &terms);
        let draws = one.draws(&terms, &takers).unwrap();
        let used: TakenByCode = draws
            .iter()
            .map(|d| (d.code.clone(), Taken { used: Money::ZERO_JPY, reserved: d.amount }))
            .collect();
        let two = payable(&second, &(&terms).into(), &used).unwrap();
        let later = two.draws(&terms, &takers).unwrap();
        for draw in Draw::possible(&terms, &takers) {
            let sum: i64 = draws
                .iter()
                .chain(&later)
                .filter(|other| other.code == draw.code)
                .map(|other| other.amount.amount())
                .sum();
            prop_assert!(sum <= draw.cap.amount(), "{} is overspent", draw.code);
        }
    }

    #[test]
    fn a_reduced_benefit_still_adds_up(
        terms in any_terms(), loss in any_loss(), share in 0_i64..=100,
    ) {
        let benefit = fresh(&loss, &terms);
        let total = benefit.total.at_rate(Rate::percent(share), Rounding::Down).unwrap();
        let reduced = benefit.reduced_to(total).unwrap();
        let sum = Money::total(reduced.items.iter().map(|item| item.payable)).unwrap();
        prop_assert_eq!(sum, total);
        for (now, then) in reduced.items.iter().zip(&benefit.items) {
            prop_assert!(now.payable <= then.payable);
        }
    }
}

mod book;
mod order;
