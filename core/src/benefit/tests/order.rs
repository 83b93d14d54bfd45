//! Losses in the order in which they happened, limits that come back, waiting periods, and what was
//! paid before.

use proptest::prelude::*;
use uuid::Uuid;

use super::{any_loss, any_terms, fresh, item, steps, taken, terms};
use crate::benefit::*;
use crate::id::{ClaimId, MasterContractId, TenantId};
use crate::master_contract::tests::{limit, part};
use crate::master_contract::{CoverTerms, CoveragePart, LimitScope};
use crate::money::Money;
use crate::rate::Rate;
use crate::time::{Period, Timestamp};

use CoveragePart::{BusinessInterruption, OnSiteResponse, VirusRemoval};

fn claim(n: u128) -> ClaimId {
    ClaimId::from(Uuid::from_u128(n))
}

fn takers(n: u128, tenant: u128) -> Takers {
    Takers {
        contract: MasterContractId::from(Uuid::from_u128(9)),
        tenant: TenantId::from(Uuid::from_u128(tenant)),
        certificate: None,
        site: None,
        occurrence: Some(OccurrenceKey::Claim(claim(n))),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_microseconds(1_612_105_200_000_000 + second * 1_000_000).unwrap()
}

fn booked<'a>(terms: &'a CoverTerms, n: u128, second: i64, loss: &[LossItem]) -> BookedLoss<'a> {
    BookedLoss {
        claim_id: claim(n),
        loss_at: at(second),
        number: "",
        takers: takers(n, n % 2),
        terms,
        items: loss.to_vec(),
        most: None,
    }
}

fn only(scope: LimitScope, yen: i64) -> CoverTerms {
    let mut terms = terms();
    terms.parts = vec![part(OnSiteResponse, 100, 0), part(BusinessInterruption, 100, 0)];
    terms.limits = vec![limit(scope, &[], yen)];
    terms
}

#[test]
fn the_earlier_loss_uses_a_limit_first_though_it_was_reported_last() {
    let terms = only(LimitScope::Programme, 100);
    let of = |book: &[BookedLoss<'_>]| -> Vec<(ClaimId, i64)> {
        let (benefits, _) = reckon(book).unwrap();
        benefits.into_iter().map(|(id, benefit)| (id, benefit.total.amount())).collect()
    };
    let later = booked(&terms, 2, 200, &[item(1, OnSiteResponse, 80)]);
    let earlier = booked(&terms, 1, 100, &[item(1, OnSiteResponse, 70)]);
    assert_eq!(of(std::slice::from_ref(&later)), [(claim(2), 80)], "as it was reported");
    assert_eq!(of(&[later, earlier]), [(claim(1), 70), (claim(2), 30)], "as it happened");
}

#[test]
fn what_persons_let_be_paid_is_never_exceeded_by_reckoning_anew() {
    let terms = only(LimitScope::Programme, 100);
    let mut reduced = booked(&terms, 1, 100, &[item(1, OnSiteResponse, 70)]);
    reduced.most = Some(Money::jpy(10));
    let other = booked(&terms, 2, 200, &[item(1, OnSiteResponse, 80)]);
    let (benefits, used) = reckon(&[reduced, other]).unwrap();
    assert_eq!(benefits[&claim(1)].total, Money::jpy(10));
    assert_eq!(benefits[&claim(2)].total, Money::jpy(80));
    assert_eq!(used.values().next().unwrap().used, Money::jpy(90));
}

#[test]
fn a_limit_comes_back_as_often_as_the_contract_says_and_is_charged_as_drawn_on() {
    let mut terms = only(LimitScope::Certificate, 100);
    terms.limits[0].reinstatement_rates = vec![Rate::ZERO, Rate::percent(50)];
    let capacity = terms.limits[0].capacity().unwrap();
    assert_eq!(capacity, Money::jpy(300));
    let all = fresh(&[item(1, OnSiteResponse, 1_000)], &terms);
    assert_eq!(all.total, capacity, "the amount and two reinstatements");
    let used = [(terms.limits[0].code.clone(), taken(250, 20))].into();
    let left = payable(&[item(1, OnSiteResponse, 1_000)], &(&terms).into(), &used).unwrap();
    assert_eq!(left.total, Money::jpy(30));

    let yearly = Some(Money::jpy(960));
    let at = |spent| {
        let of = terms.limits[0].reinstated(Money::jpy(spent), yearly).unwrap();
        (of.n_used, of.charge.unwrap().amount())
    };
    assert_eq!(at(100), (0, 0));
    assert_eq!(at(101), (1, 0), "the first one is free");
    assert_eq!(at(200), (1, 0));
    assert_eq!(at(201), (2, 4), "half the premium, for one of a hundred yen: 4.8");
    assert_eq!(at(300), (2, 480));
    let unknown = terms.limits[0].reinstated(Money::jpy(250), None).unwrap();
    assert_eq!((unknown.n_used, unknown.charge), (2, None));
}

#[test]
fn a_loss_counts_from_the_second_after_the_waiting_period() {
    let mut terms = only(LimitScope::Programme, 1_000_000);
    terms.parts[1].waiting_seconds = 8 * 3_600;
    let of = |seconds: i64| {
        let mut loss = item(1, BusinessInterruption, 100_000);
        loss.interruption = Some(Period::new(at(0), at(seconds)).unwrap());
        fresh(&[loss], &terms).total.amount()
    };
    assert_eq!(of(8 * 3_600 - 1), 0);
    assert_eq!(of(8 * 3_600), 0, "the eight hours themselves are borne");
    assert_eq!(of(8 * 3_600 + 1), 3, "one second of 28,801: 3.47");
    assert_eq!(of(16 * 3_600), 50_000);
    assert_eq!(fresh(&[item(1, BusinessInterruption, 5_000)], &terms).total.amount(), 0);
    let shown = steps(&fresh(&[item(1, BusinessInterruption, 5_000)], &terms));
    assert!(shown.contains("waiting item 1: ¥5,000 -> ¥0"), "{shown}");
}

#[test]
fn what_was_paid_before_goes_off_and_limits_still_hold() {
    let mut terms = only(LimitScope::Certificate, 100);
    terms.parts[0].deductible = Money::jpy(10);
    let mut loss = item(1, OnSiteResponse, 90);
    loss.paid = Money::jpy(60);
    // Others took nothing; the claim itself has used 60 of the limit. The deductible was borne once:
    // it is this claim's own and therefore not taken from what is to be borne.
    let code = terms.limits[0].code.clone();
    let used = [(code.clone(), taken(60, 0))].into();
    let again = payable(&[loss.clone()], &(&terms).into(), &used).unwrap();
    assert_eq!(again.total, Money::jpy(20), "90 less 10 less 60");
    assert!(steps(&again).contains("already_paid on_site_response: ¥80 -> ¥20 (left ¥60)"));
    loss.loss = Money::jpy(500);
    let more = payable(&[loss.clone()], &(&terms).into(), &used).unwrap();
    assert_eq!(more.total, Money::jpy(40), "what is left of the limit");
    loss.loss = Money::jpy(50);
    let less = payable(&[loss], &(&terms).into(), &used).unwrap();
    assert_eq!(less.total, Money::ZERO_JPY, "what was paid stays paid");
}

/// Terms whose limits lie inside each other also across losses: those of the period count all parts.
fn nested_terms() -> impl Strategy<Value = CoverTerms> {
    any_terms().prop_map(|mut terms| {
        terms.limits.retain(|limit| limit.scope != LimitScope::Section);
        // Who comes first gets the last visit: with numbers the order decides.
        terms.parts.iter_mut().for_each(|part| part.n_per_period = None);
        terms
    })
}

fn paid_in_order_of_reports(book: &[BookedLoss<'_>]) -> i64 {
    let mut used = TakenBySubject::new();
    let mut total = 0;
    for loss in book {
        let mut mine = TakenByCode::new();
        for draw in Draw::possible(loss.terms, &loss.takers) {
            if let Some(known) = used.get(&(draw.code.clone(), draw.subject)) {
                mine.insert(draw.code, *known);
            }
        }
        let benefit = payable(&loss.items, &loss.terms.into(), &mine).unwrap();
        for draw in benefit.draws(loss.terms, &loss.takers).unwrap() {
            let known = used.entry((draw.code, draw.subject)).or_insert(Taken::NOTHING);
            known.reserved = known.reserved.plus(draw.amount).unwrap();
        }
        total += benefit.total.amount();
    }
    total
}

proptest! {
    #[test]
    fn any_order_of_reporting_gives_every_loss_the_same(
        terms in any_terms(),
        losses in prop::collection::vec((any_loss(), 0_i64..4), 1..6),
        turn in 0_usize..6,
    ) {
        let mut book: Vec<_> = (1..)
            .zip(&losses)
            .map(|(n, (loss, second))| booked(&terms, n, *second, loss))
            .collect();
        let first = reckon(&book).unwrap();
        book.reverse();
        let turn = turn % book.len();
        book.rotate_left(turn);
        prop_assert_eq!(reckon(&book).unwrap(), first);
    }

    #[test]
    fn any_order_of_reporting_ends_in_the_same_total_where_limits_are_nested(
        terms in nested_terms(),
        losses in prop::collection::vec((any_loss(), 0_i64..4), 1..6),
    ) {
        let mut book: Vec<_> = (1..)
            .zip(&losses)
            .map(|(n, (loss, second))| booked(&terms, n, *second, loss))
            .collect();
        let reported = paid_in_order_of_reports(&book);
        book.reverse();
        prop_assert_eq!(paid_in_order_of_reports(&book), reported);
        let (benefits, _) = reckon(&book).unwrap();
        let happened: i64 = benefits.values().map(|benefit| benefit.total.amount()).sum();
        prop_assert_eq!(happened, reported);
    }

    #[test]
    fn no_limit_is_overspent_by_a_whole_book(
        terms in any_terms(),
        losses in prop::collection::vec((any_loss(), 0_i64..4), 1..6),
        n_back in 0_usize..3,
    ) {
        let mut terms = terms;
        for limit in terms.limits.iter_mut().filter(|limit| limit.scope >= LimitScope::Section) {
            limit.reinstatement_rates = vec![Rate::ZERO; n_back];
        }
        let book: Vec<_> = (1..)
            .zip(&losses)
            .map(|(n, (loss, second))| booked(&terms, n, *second, loss))
            .collect();
        let (_, used) = reckon(&book).unwrap();
        for ((code, _), taken) in used {
            if let Some(limit) = terms.limit(&code) {
                prop_assert!(taken.used <= limit.capacity().unwrap(), "{} is overspent", code);
            }
        }
    }

    #[test]
    fn adding_an_exclusion_never_raises_what_is_payable(
        terms in any_terms(), loss in any_loss(), excluded in 0_usize..8,
    ) {
        prop_assume!(excluded < loss.len());
        let before = fresh(&loss, &terms).total;
        let mut with = loss;
        with[excluded].standing = Standing::NotCovered;
        prop_assert!(fresh(&with, &terms).total <= before);
    }

    #[test]
    fn one_more_reinstatement_never_pays_less(
        terms in any_terms(), loss in any_loss(), which in 0_usize..9,
    ) {
        prop_assume!(which < terms.limits.len());
        let before = fresh(&loss, &terms).total;
        let mut more = terms;
        more.limits[which].reinstatement_rates.push(Rate::ZERO);
        prop_assert!(fresh(&loss, &more).total >= before);
    }

    #[test]
    fn a_longer_waiting_period_never_pays_more(
        seconds in 1_i64..200_000, waiting in 0_i64..100_000, more in 0_i64..100_000,
    ) {
        let of = |waiting| {
            let mut terms = only(LimitScope::Programme, 1_000_000);
            terms.parts[1].waiting_seconds = waiting;
            let mut loss = item(1, BusinessInterruption, 77_777);
            loss.interruption = Some(Period::new(at(0), at(seconds)).unwrap());
            fresh(&[loss, item(2, VirusRemoval, 1)], &terms).total
        };
        prop_assert!(of(waiting + more) <= of(waiting));
        prop_assert!(waiting < seconds || of(waiting + more).is_zero() || waiting == 0);
    }

    #[test]
    fn a_claim_in_two_rounds_never_takes_more_than_in_one(
        terms in any_terms(), loss in any_loss(), share in 0_i64..=100,
    ) {
        let whole = fresh(&loss, &terms);
        let round = whole.total.at_rate(Rate::percent(share), Rounding::Down).unwrap();
        let first = whole.reduced_to(round).unwrap();
        let mut used = TakenByCode::new();
        for draw in first.draws(&terms, &takers(1, 1)).unwrap() {
            // Its own deductible counts as borne by itself.
            if terms.limit(&draw.code).is_some() {
                used.insert(draw.code, Taken { used: draw.amount, reserved: Money::ZERO_JPY });
            }
        }
        let mut rest = loss;
        for (item, paid) in rest.iter_mut().zip(&first.items) {
            item.paid = paid.payable;
        }
        let second = payable(&rest, &(&terms).into(), &used).unwrap();
        let sum = first.total.plus(second.total).unwrap();
        prop_assert_eq!(sum, whole.total, "both rounds together are the whole");
    }
}
