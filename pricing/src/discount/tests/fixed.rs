//! Fixed amounts, and discounts that are counted from the day on which charging really starts.

use tasuki_core::days::DayPeriod;

use super::*;

fn an_amount(code: &str, yen: i64, cadence: Cadence, months: u32, first: CivilDate) -> Discount {
    let taken = Taken::Fixed(Money::jpy(yen));
    Discount { taken, months, ..a_share(code, 1, cadence, None) }.counted_from(first)
}

fn offs(priced: &Priced) -> Vec<(&str, i64)> {
    let of = |line: &Line| line.amount.unwrap().amount();
    let mut above = "";
    let mut found = Vec::new();
    for line in &priced.lines {
        match line.kind {
            LineKind::Charged => above = &line.code,
            LineKind::Discount => found.push((above, of(line))),
            LineKind::Included | LineKind::Contingent => {}
        }
    }
    found
}

/// PRC-11: the odd yen goes to the largest remainder; of equal ones to the first code.
#[test]
fn a_fixed_amount_is_spread_over_the_fees_and_counted_once() {
    let start = day("2021-08-01");
    let given = an_amount("MEMBER", 1_001, Cadence::Monthly, 12, start);
    let priced = quoted(start, bundle(), vec![given]);
    assert_eq!(offs(&priced), [("utm.monthly", -500), ("cloud_waf.monthly", -501)]);
    assert_eq!(priced.discounts[0].amount, Money::jpy(1_001));
    assert_eq!(priced.totals.first_year.net.amount(), 259_000 - 12 * 1_001);
    assert_eq!(priced.totals.steady_year.net.amount(), 249_000, "it is over by then");
    let note = priced.lines_of(LineKind::Discount).next().unwrap().note.clone().unwrap();
    assert_eq!(note.en, "¥1,001 off each month: as a member (until 2022-08-01)");
    assert_eq!(note.ja, "毎月¥1,001引き：会員のため（2022-08-01の前日まで）");
}

#[test]
fn a_fixed_amount_is_never_more_than_the_fees_it_is_taken_off() {
    let start = day("2021-08-01");
    let priced = quoted(
        start,
        bundle(),
        vec![
            an_amount("ONCE", 30_000, Cadence::Initial, 0, start),
            an_amount("MONTH", 30_000, Cadence::Monthly, 0, start),
            an_amount("YEAR", 30_000, Cadence::Yearly, 0, start),
        ],
    );
    let totals = &priced.totals;
    assert_eq!((totals.first_year.gross.amount(), totals.steady_year.gross.amount()), (0, 0));
    let charges = billed(&taken(&priced, start), "2021-08".parse().unwrap());
    assert_eq!(charges.sum.gross.amount(), 0);
}

/// The share comes first; what it leaves is all that the amount can be taken off, until it is over.
#[test]
fn an_amount_that_a_share_holds_back_comes_when_the_share_is_over() {
    let start = day("2021-08-01");
    let free = a_share("FREE", 100, Cadence::Monthly, Some(day("2022-02-01")));
    let amount = an_amount("AMOUNT", 1_000, Cadence::Monthly, 0, start);
    let priced = quoted(start, vec![SelectedItem::of(Service::Utm)], vec![amount, free]);
    assert_eq!(offs(&priced), [("utm.monthly", 0), ("utm.monthly", -10_000)]);
    let first = priced.lines_of(LineKind::Discount).next().unwrap();
    let note = &first.note.as_ref().unwrap().en;
    assert!(note.ends_with("(¥1,000 once the other discount is over)"), "{note}");
    assert_eq!(priced.totals.first_year.net.amount(), 10_000 + 6 * 9_000);
    assert_eq!(priced.totals.monthly.amount(), 9_000);
    let taken = taken(&priced, start);
    let month = |text: &str| billed(&taken, text.parse().unwrap()).sum.net.amount();
    assert_eq!((month("2022-01"), month("2022-02")), (0, 9_000));
}

#[test]
fn a_part_of_a_month_has_the_same_part_of_the_amount() {
    let start = day("2021-08-22");
    let mut selection = bundle();
    selection.truncate(2);
    let given = an_amount("MEMBER", 1_000, Cadence::Monthly, 1, start);
    let priced = quoted(start, selection, vec![given]);
    let taken = taken(&priced, start);
    // Ten of 31 days, and the 21 of September that make the month whole.
    let month = |text: &str| {
        let charges = billed(&taken, text.parse().unwrap());
        let off = charges.lines.iter().filter(|line| line.code == "discount.member");
        off.map(|line| line.amount.amount()).collect::<Vec<_>>()
    };
    assert_eq!(month("2021-08"), [-161, -161]);
    assert_eq!(month("2021-09"), [-350, -350], "21 of 30 days");
    assert_eq!(month("2021-10"), [0_i64; 0]);
}

/// Set up two months late: whoever was promised three months gets three months.
#[test]
fn a_late_start_moves_the_end_of_every_discount() {
    let quoted_on = day("2021-08-01");
    let share = Discount { months: 3, ..a_share("SHARE", 10, Cadence::Monthly, None) };
    let given = vec![
        share.counted_from(quoted_on),
        an_amount("AMOUNT", 1_000, Cadence::Monthly, 3, quoted_on),
    ];
    let priced = quoted(quoted_on, vec![SelectedItem::of(Service::Utm)], given);
    assert_eq!(priced.discounts[0].ends_on, Some(day("2021-11-01")));
    let taken = taken(&priced, day("2021-10-01"));
    let month = |text: &str| billed(&taken, text.parse().unwrap());
    assert_eq!(
        rows(&month("2021-12")),
        [("utm.monthly", 10_000), ("discount.share", -1_000), ("discount.amount", -1_000)]
    );
    assert_eq!(rows(&month("2022-01")), [("utm.monthly", 10_000)]);
    let december = month("2021-12");
    assert!(december.lines[1].note.as_ref().unwrap().en.ends_with("(until 2022-01-01)"));
}

/// A year that was charged is charged anew with what is taken off it: once in the year.
#[test]
fn more_machines_within_a_year_do_not_bring_the_amount_a_second_time() {
    let start = day("2021-08-01");
    let edr = |n| SelectedItem::of(Service::Edr).with_endpoints(n);
    let given = an_amount("YEAR", 2_000, Cadence::Yearly, 0, start);
    let priced = quoted(start, vec![edr(5)], vec![given]);
    let mut taken = taken(&priced, start);
    let more = SelectedItem { plan: taken.items[0].selected.plan.clone(), ..edr(10) };
    taken.items[0]
        .terms
        .push(tasuki_core::subscription::ItemTerms { from: day("2022-02-01"), selected: more });
    let mut off = 0;
    let mut month: Month = "2021-08".parse().unwrap();
    for _ in 0..12 {
        let charges = billed(&taken, month);
        assert!(!charges.sum.gross.is_negative(), "{month}");
        let lines = charges.lines.iter().filter(|line| line.code == "discount.year");
        off += lines.map(|line| line.amount.amount()).sum::<i64>();
        month = month.next().unwrap();
    }
    assert_eq!(off, -2_000);
}

fn some_discount() -> impl Strategy<Value = (bool, i64, Cadence, u32, bool)> {
    let cadences = vec![Cadence::Monthly, Cadence::Yearly, Cadence::Initial];
    (any::<bool>(), 1_i64..=30_000, prop::sample::select(cadences), 0_u32..=24, any::<bool>())
}

fn all_of(some: &[(bool, i64, Cadence, u32, bool)], first: CivilDate) -> Vec<Discount> {
    let all = some.iter().enumerate();
    all.map(|(at, (is_fixed, n, cadence, months, only_one))| {
        let code = format!("D{at}");
        let mut given = if *is_fixed {
            an_amount(&code, *n, *cadence, *months, first)
        } else {
            let share = a_share(&code, 1 + n % 100, *cadence, None);
            Discount { months: *months, ..share }.counted_from(first)
        };
        if *only_one {
            given.services = vec![Service::CloudWaf];
        }
        given
    })
    .collect()
}

proptest! {
    /// Never below zero; each amount is its parts; a year is billed as it was quoted.
    #[test]
    fn discounts_of_both_kinds_are_billed_as_they_were_quoted(
        some in prop::collection::vec(some_discount(), 1..4),
        endpoints in 5_u32..300, month in 1_i8..=12, late in 0_i32..5,
    ) {
        let start = jiff::civil::date(2022, month, 1);
        let mut selection = bundle();
        selection[2] = SelectedItem::of(Service::Edr).with_endpoints(endpoints);
        let priced = quoted(start, selection.clone(), all_of(&some, start));
        for discount in &priced.discounts {
            let lines = priced.lines_of(LineKind::Discount);
            let sum: i64 = lines
                .filter(|line| line.code == discount.line_code())
                .map(|line| -line.amount.unwrap().amount())
                .sum();
            prop_assert_eq!(sum, discount.amount.amount());
            prop_assert!(discount.fixed().is_none_or(|fixed| discount.amount <= fixed));
        }
        for sums in [&priced.totals.first_year, &priced.totals.steady_year] {
            prop_assert!(!sums.net.is_negative());
        }
        // In whichever order the services are named, the same is taken off each of their fees.
        let mut turned = selection;
        turned.reverse();
        let other = quoted(start, turned, all_of(&some, start));
        let sorted = |of: &Priced| {
            let taken = offs(of).into_iter().filter(|(_, yen)| *yen != 0);
            let mut all: Vec<_> = taken.map(|(code, yen)| (code.to_owned(), yen)).collect();
            all.sort();
            all
        };
        prop_assert_eq!(sorted(&priced), sorted(&other));
        prop_assert_eq!(&priced.totals, &other.totals);

        let first = DayPeriod::nth(start, 1, late).unwrap().start();
        let taken = taken(&priced, first);
        let mut month = Month::of(first);
        let mut years = [Money::ZERO_JPY; 3];
        for year in &mut years {
            for _ in 0..12 {
                let gross = billed(&taken, month).sum.gross;
                prop_assert!(!gross.is_negative());
                *year = year.plus(gross).unwrap();
                month = month.next().unwrap();
            }
        }
        prop_assert_eq!(years[0], priced.totals.first_year.gross);
        prop_assert!(years[1] <= priced.totals.steady_year.gross, "never more than was quoted");
        prop_assert_eq!(years[2], priced.totals.steady_year.gross);
    }

    #[test]
    fn what_is_spread_makes_the_amount_and_no_part_is_more_than_its_fee(
        yen in 0_i64..100_000, fees in prop::collection::vec(0_i64..40_000, 1..8),
    ) {
        let with_codes: Vec<_> =
            fees.iter().enumerate().map(|(at, fee)| (at, Money::jpy(*fee))).collect();
        let parts = spread(Money::jpy(yen), with_codes.clone()).unwrap();
        let sum: i64 = parts.iter().map(|part| part.amount()).sum();
        prop_assert_eq!(sum, yen.min(fees.iter().sum()));
        prop_assert!(parts.iter().zip(&fees).all(|(part, fee)| (0..=*fee).contains(&part.amount())));
        let mut turned = with_codes;
        turned.reverse();
        let mut again = spread(Money::jpy(yen), turned).unwrap();
        again.reverse();
        prop_assert_eq!(parts, again);
    }
}
