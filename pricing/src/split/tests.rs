use proptest::prelude::*;
use tasuki_core::catalog::TaxMode;
use tasuki_core::decision::{PackKind, PackVersion};

use super::*;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn days(start: &str, end: &str) -> DayPeriod {
    DayPeriod::new(day(start), day(end)).unwrap()
}

fn april() -> DayPeriod {
    days("2021-04-01", "2021-05-01")
}

fn payer(code: &str, share: &str) -> PayerTerms {
    PayerTerms {
        code: code.to_owned(),
        name: code.to_owned(),
        share_rate: share.parse().unwrap(),
        monthly_cap: None,
        valid: None,
        services: Vec::new(),
        pack: PackVersion {
            kind: PackKind::Discount,
            name: "sponsors".to_owned(),
            version: "1".to_owned(),
            hash: "sha256:00".to_owned(),
            environment: "tasuki-policies/1".to_owned(),
        },
        decision_id: None,
    }
}

fn line(service: Service, yen: i64) -> SplitLine<'static> {
    let taxable =
        Taxable { amount: Money::jpy(yen), mode: TaxMode::Exclusive, rate: Rate::percent(10) };
    SplitLine { code: "utm.monthly", service: Some(service), days: april(), taxable }
}

fn divided(lines: &[SplitLine<'_>], payers: &[PayerTerms]) -> Vec<PayerPart> {
    split(lines, payers, Rounding::Down).unwrap()
}

/// Customer first: each payer's rows.
fn yen(parts: &[PayerPart]) -> Vec<Vec<i64>> {
    parts.iter().map(|part| part.amounts.iter().map(|it| it.amount()).collect()).collect()
}

fn gross(parts: &[PayerPart], at: usize) -> i64 {
    parts[at].gross().unwrap().amount()
}

#[test]
fn a_parent_company_pays_half_and_each_invoice_has_its_own_tax() {
    // ACT-10: 10,001 yen is 5,001 and 5,000; the odd yen is the sponsor's.
    let parts = divided(&[line(Service::Utm, 10_001)], &[payer("parent", "0.5")]);
    assert_eq!(yen(&parts), [[5_000], [5_001]]);
    assert_eq!((gross(&parts, 0), gross(&parts, 1)), (5_500, 5_501));
}

#[test]
fn rows_that_are_shared_alike_are_rounded_once() {
    let rows = [line(Service::Utm, 1), line(Service::Utm, 1), line(Service::Utm, 1)];
    let parts = divided(&rows, &[payer("a", "0.34"), payer("b", "0.33")]);
    let sums: Vec<i64> = yen(&parts).iter().map(|rows| rows.iter().sum()).collect();
    assert_eq!(sums, [1, 1, 1], "row by row the customer would pay nothing, or all three");
}

#[test]
fn a_sponsor_of_one_service_pays_nothing_of_another() {
    let waf = PayerTerms { services: vec![Service::CloudWaf], ..payer("parent", "0.5") };
    let parts = divided(&[line(Service::Utm, 10_000), line(Service::CloudWaf, 10_000)], &[waf]);
    assert_eq!(yen(&parts), [[10_000, 5_000], [0, 5_000]]);
}

#[test]
fn days_are_half_open_and_divide_a_fee_for_a_period() {
    let until = |end| PayerTerms { valid: Some(days("2021-01-01", end)), ..payer("parent", "1") };
    let parts = |end| yen(&divided(&[line(Service::Utm, 30_000)], &[until(end)]));
    assert_eq!(parts("2021-04-01"), [[30_000], [0]], "the end does not belong to it");
    assert_eq!(parts("2021-04-02"), [[29_000], [1_000]]);
    assert_eq!(parts("2021-05-01"), [[0], [30_000]]);
}

#[test]
fn what_is_charged_once_belongs_to_its_first_day() {
    let first = days_of(Cadence::Initial, april()).unwrap();
    assert_eq!(first, days("2021-04-01", "2021-04-02"));
    let initial = SplitLine { days: first, ..line(Service::Utm, 10_000) };
    let short =
        PayerTerms { valid: Some(days("2021-04-01", "2021-04-02")), ..payer("parent", "0.5") };
    assert_eq!(yen(&divided(&[initial], &[short])), [[5_000], [5_000]]);
}

#[test]
fn a_cap_is_on_the_invoice_with_tax_and_reached_to_the_yen() {
    let capped = |cap| PayerTerms { monthly_cap: Some(Money::jpy(cap)), ..payer("parent", "0.5") };
    let parts = |cap| divided(&[line(Service::Utm, 20_000)], &[capped(cap)]);
    assert_eq!(gross(&parts(8_000), 1), 8_000, "7,273 and 727 of tax");
    assert_eq!(yen(&parts(8_000)), [[12_727], [7_273]]);
    assert_eq!(gross(&parts(11_000), 1), 11_000, "the whole half");
    assert_eq!(gross(&parts(10_999), 1), 10_998, "no amount with its tax is 10,999");
    assert_eq!(gross(&parts(0), 1), 0);
}

#[test]
fn a_discount_of_everything_is_shared_row_by_row_and_comes_to_nothing() {
    let rows = [line(Service::Utm, 10_000), line(Service::Utm, -10_000)];
    let parts = divided(&rows, &[payer("parent", "0.5")]);
    assert_eq!(yen(&parts), [[5_000, -5_000], [5_000, -5_000]]);
}

#[test]
fn more_than_everything_cannot_be_promised_and_the_error_says_where() {
    let a = payer("a", "0.6");
    let b = PayerTerms {
        valid: Some(days("2021-07-01", "2022-07-01")),
        services: vec![Service::Edr],
        ..payer("b", "0.5")
    };
    let error = check(&[a.clone(), b.clone()]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the shares of `a`, `b` add up to 1.1, more than 1, for `edr` on 2021-07-01: lower one, or let \
         one end before the other begins"
    );
    let other = PayerTerms { services: vec![Service::Utm], ..a.clone() };
    assert_eq!(check(&[other, b.clone()]), Ok(()), "of different services");
    let before = PayerTerms { valid: Some(days("2020-07-01", "2021-07-01")), ..a };
    assert_eq!(check(&[before, b]), Ok(()), "one after the other");
}

#[test]
fn terms_that_nobody_can_mean_are_refused() {
    for (terms, wanted) in [
        (payer("customer", "0.5"), "a code of its own"),
        (payer("a", "0"), "above 0 and at most 1"),
        (payer("a", "1.1"), "above 0 and at most 1"),
        (payer("a", "0.12345678901"), "at most ten digits"),
        (PayerTerms { monthly_cap: Some(Money::jpy(-1)), ..payer("a", "0.5") }, "below 0"),
    ] {
        let error = check(&[terms]).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let twice = [payer("a", "0.1"), payer("a", "0.2")];
    assert!(check(&twice).unwrap_err().to_string().contains("a code of its own"));
}

/// A row: service, yen, how it is taxed, and the first and last of its days.
type Drawn = (usize, i64, usize, i64, i64);

fn row((service, yen, tax, from, n_days): Drawn) -> SplitLine<'static> {
    let (mode, percent) = [
        (TaxMode::Exclusive, 10),
        (TaxMode::Exclusive, 8),
        (TaxMode::Inclusive, 10),
        (TaxMode::OutOfScope, 0),
    ][tax];
    let start = april().start().checked_add(jiff::Span::new().days(from)).unwrap();
    let end = start.checked_add(jiff::Span::new().days(n_days)).unwrap();
    SplitLine {
        code: "fee",
        service: Some(Service::ALL[service]),
        days: DayPeriod::new(start, end).unwrap(),
        taxable: Taxable { amount: Money::jpy(yen), mode, rate: Rate::percent(percent) },
    }
}

fn drawn(least: i64) -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec((0_usize..3, least..60_000_i64, 0_usize..4, 0_i64..40, 1_i64..40), 1..9)
}

/// Payers whose shares add up to at most 1.
fn payers() -> impl Strategy<Value = Vec<PayerTerms>> {
    let one = (
        1_i64..3_333,
        prop::option::of(0_i64..30_000),
        prop::option::of((0_i64..40, 0_i64..40)),
        prop::collection::vec(0_usize..3, 0..3),
    );
    prop::collection::vec(one, 0..4).prop_map(|all| {
        all.into_iter().zip(["c", "a", "b"]).map(|(drawn, code)| terms(code, drawn)).collect()
    })
}

/// Ten-thousandths of the fees, a cap, the first of its days and their number, and services.
type Promise = (i64, Option<i64>, Option<(i64, i64)>, Vec<usize>);

fn terms(code: &str, (share, cap, valid, services): Promise) -> PayerTerms {
    let day = |n: i64| april().start().checked_add(jiff::Span::new().days(n)).unwrap();
    PayerTerms {
        share_rate: Rate::new(Decimal::new(share, 4)),
        monthly_cap: cap.map(Money::jpy),
        valid: valid.map(|(from, n)| DayPeriod::new(day(from), day(from + n)).unwrap()),
        services: services.into_iter().map(|at| Service::ALL[at]).collect(),
        ..payer(code, "1")
    }
}

fn sums_of(rows: &[SplitLine<'_>], amounts: &[Money]) -> Vec<(TaxMode, Rate, i64)> {
    let mut sums: Vec<(TaxMode, Rate, i64)> = Vec::new();
    for (row, amount) in rows.iter().zip(amounts) {
        let Taxable { mode, rate, .. } = row.taxable;
        match sums.iter_mut().find(|of| (of.0, of.1) == (mode, rate)) {
            Some(sum) => sum.2 += amount.amount(),
            None => sums.push((mode, rate, amount.amount())),
        }
    }
    sums
}

proptest! {
    #[test]
    fn the_parts_of_every_row_make_the_row_and_lie_within_it(
        rows in drawn(-60_000),
        payers in payers(),
    ) {
        let rows: Vec<_> = rows.into_iter().map(row).collect();
        let parts = divided(&rows, &payers);
        for (at, row) in rows.iter().enumerate() {
            let whole = row.taxable.amount.amount();
            let parts: Vec<i64> = parts.iter().map(|part| part.amounts[at].amount()).collect();
            prop_assert_eq!(parts.iter().sum::<i64>(), whole);
            for part in parts {
                prop_assert!(whole.min(0) <= part && part <= whole.max(0), "{} of {}", part, whole);
            }
        }
    }

    #[test]
    fn whoever_does_not_pay_for_a_row_has_nothing_of_it(rows in drawn(-60_000), payers in payers()) {
        let rows: Vec<_> = rows.into_iter().map(row).collect();
        let parts = divided(&rows, &payers);
        for part in &parts {
            let Some(code) = &part.payer else { continue };
            let terms = payers.iter().find(|it| it.code == *code).unwrap();
            for (row, amount) in rows.iter().zip(&part.amounts) {
                let days = terms.valid.is_none_or(|valid| valid.overlap(row.days).is_some());
                if !days || !terms.pays_for(row.service) {
                    prop_assert!(amount.is_zero());
                }
            }
        }
    }

    #[test]
    fn the_order_of_rows_and_payers_changes_nothing(rows in drawn(-60_000), payers in payers()) {
        let rows: Vec<_> = rows.into_iter().map(row).collect();
        let forward = divided(&rows, &payers);
        let (mut back, mut turned) = (rows.clone(), payers);
        back.reverse();
        turned.reverse();
        for (one, other) in forward.iter().zip(divided(&back, &turned)) {
            prop_assert_eq!(&one.payer, &other.payer);
            prop_assert_eq!(&one.taxes, &other.taxes);
            let rows_of = |rows: &[SplitLine<'_>], amounts: &[Money]| {
                let mut all: Vec<_> = rows
                    .iter()
                    .zip(amounts)
                    .map(|(row, part)| (row.service, row.days, row.taxable.amount, *part))
                    .collect();
                all.sort_unstable();
                all
            };
            prop_assert_eq!(rows_of(&rows, &one.amounts), rows_of(&back, &other.amounts));
        }
    }

    #[test]
    fn no_cap_is_ever_exceeded_and_none_lowers_the_whole(rows in drawn(-60_000), payers in payers()) {
        let rows: Vec<_> = rows.into_iter().map(row).collect();
        let parts = divided(&rows, &payers);
        for part in &parts {
            let terms = payers.iter().find(|it| Some(&it.code) == part.payer.as_ref());
            if let Some(cap) = terms.and_then(|it| it.monthly_cap) {
                let gross = part.gross().unwrap();
                prop_assert!(gross <= cap && -gross.amount() <= cap.amount(), "{}", gross);
            }
        }
        let whole: Vec<_> = rows.iter().map(|row| row.taxable.amount).collect();
        let mut sum = vec![0_i64; rows.len()];
        for part in &parts {
            for (sum, amount) in sum.iter_mut().zip(&part.amounts) {
                *sum += amount.amount();
            }
        }
        let sum: Vec<_> = sum.into_iter().map(Money::jpy).collect();
        prop_assert_eq!(sums_of(&rows, &sum), sums_of(&rows, &whole));
    }

    #[test]
    fn a_raised_share_never_lowers_what_a_payer_pays(
        rows in drawn(0),
        payers in payers(),
        more in 1_i64..2_000,
    ) {
        // Where nothing is given back: of a refund a larger share gets more.
        let rows: Vec<_> = rows.into_iter().map(row).collect();
        let mut raised = payers.clone();
        let Some(first) = raised.first_mut() else { return Ok(()) };
        let all: Decimal = payers.iter().map(|it| it.share_rate.value()).sum();
        let share = first.share_rate.value() + Decimal::new(more, 4).min(Decimal::ONE - all);
        first.share_rate = Rate::new(share);
        let code = first.code.clone();
        let pays = |payers: &[PayerTerms]| {
            let parts = divided(&rows, payers);
            parts.iter().find(|it| it.payer.as_ref() == Some(&code)).unwrap().gross().unwrap()
        };
        prop_assert!(pays(&payers) <= pays(&raised));
    }

    #[test]
    fn a_month_that_gives_back_mirrors_the_one_that_charged(
        rows in drawn(-60_000),
        payers in payers(),
    ) {
        let rows: Vec<_> = rows.into_iter().map(row).collect();
        let back: Vec<_> = rows
            .iter()
            .map(|row| {
                let amount = Money::jpy(-row.taxable.amount.amount());
                SplitLine { taxable: Taxable { amount, ..row.taxable }, ..*row }
            })
            .collect();
        for (one, other) in divided(&rows, &payers).iter().zip(divided(&back, &payers)) {
            prop_assert_eq!(one.gross().unwrap().amount(), -other.gross().unwrap().amount());
        }
    }
}
