//! Changes in the middle of periods: what they charge, what they give back, and what they leave alone.

use jiff::Span;
use rust_decimal::Decimal;
use tasuki_core::subscription::{
    Because, ItemTerms, Pause, PauseKind, SubscriptionCommand, SubscriptionState,
};

use super::*;

const CARD: &str = "
code: simple
version: '1'
operator: ogs
name: { ja: 料金表, en: Prices }
source: test
effective: { from: 2020-01-01 }
tax: { mode: exclusive, rate: '0.1', rounding: down }
cycle: calendar_month
rounding: down
valid_days: 30
plans:
  - plan: utm.basic
    service: utm
    default: true
    name: { ja: UTM, en: UTM }
    description: { ja: 見張り, en: Watch }
    quantities: [{ unit: unit, default: '1', minimum: '1', maximum: '100' }]
  - plan: edr.standard
    service: edr
    default: true
    name: { ja: EDR, en: EDR }
    description: { ja: 調べる, en: Look }
    quantities: [{ unit: endpoint, minimum: '1', maximum: '1000' }]
  - plan: help_desk.standard
    service: help_desk
    default: true
    name: { ja: 窓口, en: Desk }
    description: { ja: 相談, en: Ask }
options:
  - option: utm.logs
    plans: [utm.basic]
    name: { ja: ログ, en: Logs }
prices:
  - price: utm.initial
    plans: [utm.basic]
    label: { ja: 初期, en: Initial }
    cadence: initial
    unit: unit
    model: { per_unit: { yen: 10000 } }
  - price: utm.monthly
    plans: [utm.basic]
    label: { ja: 月額, en: Monthly }
    cadence: monthly
    proration: actual_days
    unit: unit
    model: { per_unit: { yen: 10000 } }
  - price: utm.logs
    plans: [utm.basic]
    option: utm.logs
    label: { ja: ログ, en: Logs }
    cadence: monthly
    proration: actual_days
    model: { flat: 3000 }
  - price: edr.yearly
    plans: [edr.standard]
    label: { ja: 年額, en: Yearly }
    cadence: yearly
    unit: endpoint
    model: { per_unit: { yen: 1800 } }
  - price: desk.yearly
    plans: [help_desk.standard]
    label: { ja: 年額, en: Yearly }
    cadence: yearly
    proration: actual_days
    model: { flat: 36500 }
";

static SIMPLE: LazyLock<Cards> = LazyLock::new(|| Cards::load([("1.yaml", CARD)]).unwrap());

fn taken(items: Vec<SelectedItem>, start: &str) -> Subscription {
    let card = SIMPLE.version("simple", "1").unwrap();
    subscription(vec![phase(card, start, None)], items, day(start))
}

fn utm(quantity: u32) -> SelectedItem {
    SelectedItem { quantity: Some(Quantity::whole(quantity)), ..SelectedItem::of(Service::Utm) }
}

fn edr(endpoints: u32) -> SelectedItem {
    SelectedItem::of(Service::Edr).with_endpoints(endpoints)
}

fn then(of: &mut Subscription, from: &str, selected: SelectedItem) {
    of.items[0].terms.push(ItemTerms { from: day(from), selected });
}

fn lines(of: &Subscription, month: &str) -> Vec<(String, i64, i64)> {
    let charged = charges(&SIMPLE, of, month, Zone::TOKYO).lines;
    let row = |line: InvoiceLine| (line.code, line.service_period.n_days(), line.amount.amount());
    charged.into_iter().map(row).collect()
}

fn rows(rows: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
    rows.iter().map(|(code, days, yen)| ((*code).to_owned(), *days, *yen)).collect()
}

/// Billing pitfalls #13 and #14: the whole is the month, and the day of the change is on one side.
#[test]
fn a_quantity_changed_in_the_middle_of_a_month_charges_each_day_once() {
    let mut of = taken(vec![utm(1)], "2021-01-01");
    then(&mut of, "2021-04-11", utm(3));
    assert_eq!(lines(&of, "2021-03"), rows(&[("utm.monthly", 31, 10_000)]));
    assert_eq!(
        lines(&of, "2021-04"),
        rows(&[
            ("utm.initial", 20, 20_000),
            ("utm.monthly", 10, 3_333),
            ("utm.monthly", 20, 20_000)
        ]),
        "what is paid once is paid for the two that were added"
    );
    assert_eq!(lines(&of, "2021-05"), rows(&[("utm.monthly", 31, 30_000)]));
}

#[test]
fn an_option_that_is_added_leaves_the_line_of_the_plan_whole() {
    let mut of = taken(vec![utm(1)], "2021-01-01");
    then(&mut of, "2021-04-11", utm(1).with_option("utm.logs"));
    assert_eq!(
        lines(&of, "2021-04"),
        rows(&[("utm.monthly", 30, 10_000), ("utm.logs", 20, 2_000)])
    );
}

#[test]
fn a_year_without_proration_is_charged_by_the_most_that_was_taken_in_it() {
    let mut of = taken(vec![edr(5)], "2021-01-15");
    then(&mut of, "2021-04-11", edr(8));
    then(&mut of, "2021-06-01", edr(6));
    then(&mut of, "2021-07-01", edr(9));
    then(&mut of, "2021-12-01", edr(2));
    assert_eq!(lines(&of, "2021-01"), rows(&[("edr.yearly", 365, 9_000)]));
    assert_eq!(
        lines(&of, "2021-04"),
        rows(&[("edr.yearly", 365, -9_000), ("edr.yearly", 365, 14_400)])
    );
    assert_eq!(lines(&of, "2021-06"), [], "nothing is given back of a year that was begun");
    assert_eq!(
        lines(&of, "2021-07"),
        rows(&[("edr.yearly", 365, -14_400), ("edr.yearly", 365, 16_200)])
    );
    assert_eq!(lines(&of, "2022-01"), rows(&[("edr.yearly", 365, 3_600)]));
}

#[test]
fn a_year_by_days_gives_the_rest_back_when_it_ends() {
    let mut of = taken(vec![SelectedItem::of(Service::HelpDesk)], "2021-01-01");
    of.items[0].ends_on = Some(day("2021-03-11"));
    assert_eq!(lines(&of, "2021-01"), rows(&[("desk.yearly", 365, 36_500)]));
    assert_eq!(lines(&of, "2021-02"), []);
    assert_eq!(lines(&of, "2021-03"), rows(&[("desk.yearly", 296, -29_600)]));
    assert_eq!(lines(&of, "2022-01"), []);
}

/// Billing pitfall #9: stopping twice in a year made three terms that overlapped.
#[test]
fn stopping_twice_in_a_year_keeps_its_term() {
    let mut of = taken(vec![edr(5), SelectedItem::of(Service::HelpDesk)], "2021-01-15");
    for (from, until) in [("2021-03-01", "2021-03-11"), ("2021-05-20", "2021-06-09")] {
        let (from, until) = (day(from), Some(day(until)));
        let kind = PauseKind::Suspended;
        of.pauses.push(Pause { from, until, reason: String::new(), kind });
    }
    let mut month: Month = "2021-01".parse().unwrap();
    let mut all = Vec::new();
    for _ in 0..13 {
        let found = lines(&of, &month.to_string());
        all.extend(found.into_iter().map(|(code, _, yen)| (month.to_string(), code, yen)));
        month = month.next().unwrap();
    }
    let yearly: Vec<_> = all.iter().filter(|(_, code, _)| code == "edr.yearly").collect();
    assert_eq!(yearly.len(), 2, "one for each year: {yearly:?}");
    assert_eq!((yearly[0].0.as_str(), yearly[1].0.as_str()), ("2021-01", "2022-01"));
    let desk: i64 = all
        .iter()
        .filter(|(at, code, _)| code == "desk.yearly" && at < &"2022-01".to_owned())
        .map(|(_, _, yen)| yen)
        .sum();
    assert_eq!(desk, 36_500 - 3_000, "30 days of 100 yen are given back");
}

#[test]
fn a_month_counted_from_an_anchor_is_corrected_on_the_next_invoice() {
    let mut of = taken(vec![utm(1)], "2021-01-15");
    of.cycle = BillingCycle::Anniversary;
    then(&mut of, "2021-03-05", utm(2));
    assert_eq!(lines(&of, "2021-02"), rows(&[("utm.monthly", 28, 10_000)]));
    let march = lines(&of, "2021-03");
    assert_eq!(
        march,
        rows(&[
            ("utm.initial", 27, 10_000),
            ("utm.monthly", 10, -3_572),
            ("utm.monthly", 10, 7_142),
            ("utm.monthly", 31, 20_000)
        ])
    );
}

#[test]
fn who_leaves_before_the_minimum_term_pays_its_rest_as_one_line() {
    let mut of = taken(vec![utm(1)], "2021-01-01");
    of.minimum_term_months = 12;
    of.standing.state = SubscriptionState::Active;
    let cancel =
        SubscriptionCommand::Cancel { on: day("2021-10-16"), because: Because::CustomerWish };
    let (of, _) = of.step(&cancel, "2021-10-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(
        lines(&of, "2021-10"),
        rows(&[("utm.monthly", 15, 4_838), ("utm.monthly", 77, 5_162 + 20_000)])
    );
    assert_eq!(lines(&of, "2021-11"), []);
    let mut free = of.clone();
    free.minimum_term_months = 9;
    assert_eq!(lines(&free, "2021-10"), rows(&[("utm.monthly", 15, 4_838)]));
}

#[test]
fn by_another_version_with_the_same_price_the_line_stays_whole() {
    let first = card("1", "2020-01-01", Some("2021-01-15"), 10_000);
    let second = card("2", "2021-01-15", None, 10_000);
    let cards = Cards::load([("1.yaml", first.as_str()), ("2.yaml", second.as_str())]).unwrap();
    let (one, two) = (cards.version("simple", "1").unwrap(), cards.version("simple", "2").unwrap());
    let moved = subscription(
        vec![phase(one, "2020-06-01", Some("2021-04-11")), phase(two, "2021-04-11", None)],
        vec![SelectedItem::of(Service::Utm)],
        day("2020-06-01"),
    );
    let april = charges(&cards, &moved, "2021-04", Zone::TOKYO);
    let amounts: Vec<_> = april.lines.iter().map(|line| line.amount.amount()).collect();
    assert_eq!(amounts, [10_000], "not 3,333 and 6,666");
}

fn totals(of: &Subscription, n_months: usize) -> i64 {
    let mut month = Month::of(of.start_on);
    let mut sum = 0;
    for _ in 0..n_months {
        sum += charges(&SIMPLE, of, &month.to_string(), Zone::TOKYO).sum.net.amount();
        month = month.next().unwrap();
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Each day costs what was taken on it: the invoices of prorated fees never differ from that by
    /// more than a yen for each line.
    #[test]
    fn invoices_charge_what_was_taken_on_each_day(
        start in 0_i64..400,
        changes in prop::collection::vec((1_i64..500, 1_u32..9), 0..7),
        anniversary in any::<bool>(),
    ) {
        let start = day("2021-01-01").checked_add(Span::new().days(start)).unwrap();
        let mut of = taken(vec![utm(1)], &start.to_string());
        if anniversary {
            of.cycle = BillingCycle::Anniversary;
        }
        let mut sorted = changes;
        sorted.sort_unstable();
        sorted.dedup_by_key(|(offset, _)| *offset);
        for (offset, quantity) in sorted {
            let from = start.checked_add(Span::new().days(offset)).unwrap();
            of.items[0].terms.push(ItemTerms { from, selected: utm(quantity) });
        }
        let (mut exact, mut n_lines, mut billed) = (Decimal::ZERO, 0_u32, 0_i64);
        let mut month = Month::of(start);
        for _ in 0..24 {
            for line in charges(&SIMPLE, &of, &month.to_string(), Zone::TOKYO).lines {
                if line.code == "utm.monthly" {
                    billed += line.amount.amount();
                    n_lines += 1;
                }
            }
            month = month.next().unwrap();
        }
        let end = if anniversary {
            DayPeriod::nth(start, 1, 23).unwrap().end()
        } else {
            month.first_day()
        };
        let mut day = start;
        while day < end {
            let nominal = if anniversary {
                (0..24).map(|k| DayPeriod::nth(start, 1, k).unwrap())
                    .find(|period| period.contains(day)).unwrap()
            } else {
                DayPeriod::of_month(Month::of(day)).unwrap()
            };
            let quantity = of.items[0].selected_on(day).quantity.unwrap().as_whole().unwrap();
            exact += Decimal::from(quantity * 10_000) / Decimal::from(nominal.n_days());
            day = day.tomorrow().unwrap();
        }
        let off = (exact - Decimal::from(billed)).abs();
        prop_assert!(off <= Decimal::from(n_lines), "{billed} is not {exact}");
    }

    /// Billing pitfall #10: several changes on one day are one.
    #[test]
    fn of_several_changes_on_a_day_the_last_holds_for_the_whole_day(
        offset in 1_i64..300, quantities in prop::collection::vec(1_u32..9, 1..5),
    ) {
        let now = "2021-01-01T00:00:00Z".parse().unwrap();
        let mut of = taken(vec![utm(1)], "2021-01-01");
        of.standing.state = SubscriptionState::Active;
        let on = day("2021-01-01").checked_add(Span::new().days(offset)).unwrap();
        let set = |of: &Subscription, quantity| {
            let change = tasuki_core::subscription::PlannedChange::Change {
                set: vec![(of.items[0].item_id, utm(quantity))],
                remove: vec![],
                rate_card: None,
                accepted: vec![],
            };
            of.changed(&change, on, now).unwrap()
        };
        let all = quantities.iter().fold(of.clone(), |of, quantity| set(&of, *quantity));
        let once = set(&of, *quantities.last().unwrap());
        prop_assert_eq!(totals(&all, 14), totals(&once, 14));
        prop_assert!(all.items[0].terms.len() <= 1);
    }

    /// Taking more from a day on, or a longer time, never costs less.
    #[test]
    fn more_for_longer_never_costs_less(early in 1_i64..300, later in 0_i64..60, more in 2_u32..9) {
        let change = |offset: i64| {
            let mut of = taken(vec![utm(1), edr(3)], "2021-01-01");
            let from = day("2021-01-01").checked_add(Span::new().days(offset)).unwrap();
            for (item, selected) in of.items.iter_mut().zip([utm(more), edr(3 + more)]) {
                item.terms.push(ItemTerms { from, selected });
            }
            totals(&of, 14)
        };
        prop_assert!(change(early) >= change(early + later) - 3);
        prop_assert!(change(early) >= totals(&taken(vec![utm(1), edr(3)], "2021-01-01"), 14));
    }
}
