mod changes;

use std::sync::LazyLock;

use proptest::prelude::*;
use tasuki_core::catalog::{BillingCycle, SelectedItem};
use tasuki_core::id::{PartnerId, QuoteId, SubscriptionId, TenantId};
use tasuki_core::subscription::{Phase, PhaseKind, Standing, SubscribedItem};
use uuid::Uuid;

use super::*;
use crate::quote_lines::{Ask, quote_lines};
use crate::rate_card::RateCard;

/// A card with every kind of price.
static EVERY_MODEL: LazyLock<Cards> = LazyLock::new(|| {
    let text = include_str!("../../tests/cards/every-model.yaml");
    Cards::load([("every-model.yaml", text)]).unwrap()
});

static CARDS: LazyLock<Cards> = LazyLock::new(|| Cards::built_in().unwrap());

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

/// A card with one plan of one monthly price.
fn card(version: &str, from: &str, to: Option<&str>, yen: i64) -> String {
    let to = to.map(|to| format!(", to: {to}")).unwrap_or_default();
    format!(
        "
code: simple
version: {version}
operator: ogs
name: {{ ja: 料金表, en: Prices }}
source: test
effective: {{ from: {from}{to} }}
tax: {{ mode: exclusive, rate: '0.1', rounding: down }}
cycle: calendar_month
rounding: down
valid_days: 30
plans:
  - plan: utm.basic
    service: utm
    default: true
    name: {{ ja: UTM, en: UTM }}
    description: {{ ja: 見張り, en: Watch }}
prices:
  - price: utm.monthly
    plans: [utm.basic]
    label: {{ ja: 月額, en: Monthly }}
    cadence: monthly
    proration: actual_days
    model: {{ flat: {yen} }}
"
    )
}

fn phase(card: &RateCard, from: &str, until: Option<&str>) -> Phase {
    Phase {
        kind: PhaseKind::Paid,
        from: Some(day(from)),
        until: until.map(day),
        rate_card: card.reference.clone(),
    }
}

fn subscription(phases: Vec<Phase>, items: Vec<SelectedItem>, start: CivilDate) -> Subscription {
    let items = (100..)
        .zip(items)
        .map(|(n, selected)| SubscribedItem {
            starts_on: Some(start),
            ..SubscribedItem::awaited(ItemId::from(Uuid::from_u128(n)), selected)
        })
        .collect();
    Subscription {
        id: SubscriptionId::from(Uuid::from_u128(1)),
        tenant_id: TenantId::from(Uuid::from_u128(2)),
        partner_id: PartnerId::from(Uuid::from_u128(3)),
        quote_id: QuoteId::from(Uuid::from_u128(4)),
        standing: Standing::pending(),
        items,
        phases,
        pauses: Vec::new(),
        cycle: BillingCycle::CalendarMonth,
        start_on: start,
        anchor: Some(start),
        minimum_term_months: 0,
        discounts: Vec::new(),
        payers: Vec::new(),
        scheduled: Vec::new(),
        accepted: Vec::new(),
        history: Vec::new(),
        created_at: "2020-09-01T00:00:00Z".parse().unwrap(),
    }
}

fn charges(cards: &Cards, subscription: &Subscription, month: &str, zone: &str) -> MonthCharges {
    let ask = MonthAsk {
        subscription,
        month: month.parse().unwrap(),
        zone: &Zone::named(zone).unwrap(),
        measured: &[],
        triggered: &[],
        past: Past::NONE,
    };
    invoice_lines(cards, ask).unwrap()
}

/// B8: a price of 30, 60 for new subscriptions from 15 January and for existing ones from 1 March.
#[test]
fn existing_subscriptions_stay_on_their_price_until_they_are_moved() {
    let first = card("1", "2020-01-01", Some("2021-01-15"), 30);
    let second = card("2", "2021-01-15", None, 60);
    let cards = Cards::load([("1.yaml", first.as_str()), ("2.yaml", second.as_str())]).unwrap();
    let (one, two) = (cards.version("simple", "1").unwrap(), cards.version("simple", "2").unwrap());
    let items = || vec![SelectedItem::of(Service::Utm)];
    let existing = subscription(
        vec![phase(one, "2020-06-01", Some("2021-03-01")), phase(two, "2021-03-01", None)],
        items(),
        day("2020-06-01"),
    );
    let new = subscription(vec![phase(two, "2021-02-01", None)], items(), day("2021-02-01"));
    let net = |of: &Subscription, month| charges(&cards, of, month, Zone::TOKYO).sum.net.amount();
    assert_eq!(net(&existing, "2021-02"), 30);
    assert_eq!(net(&existing, "2021-03"), 60);
    assert_eq!(net(&new, "2021-02"), 60);
}

#[test]
fn a_price_moved_in_the_middle_of_a_month_charges_no_day_twice() {
    let first = card("1", "2020-01-01", Some("2021-01-15"), 3_000);
    let second = card("2", "2021-01-15", None, 6_000);
    let cards = Cards::load([("1.yaml", first.as_str()), ("2.yaml", second.as_str())]).unwrap();
    let (one, two) = (cards.version("simple", "1").unwrap(), cards.version("simple", "2").unwrap());
    let moved = subscription(
        vec![phase(one, "2020-06-01", Some("2021-04-11")), phase(two, "2021-04-11", None)],
        vec![SelectedItem::of(Service::Utm)],
        day("2020-06-01"),
    );
    let april = charges(&cards, &moved, "2021-04", Zone::TOKYO);
    let lines: Vec<_> = april
        .lines
        .iter()
        .map(|line| (line.service_period.n_days(), line.amount.amount()))
        .collect();
    assert_eq!(lines, [(10, 1_000), (20, 4_000)]);
}

#[test]
fn prices_that_are_not_there_are_an_error_and_not_nothing() {
    let cards = Cards::built_in().unwrap();
    let mut of = phase(cards.version("okinawa", "2021-01").unwrap(), "2021-02-01", None);
    of.rate_card.hash = "sha256:00".to_owned();
    let pinned = subscription(vec![of], vec![SelectedItem::of(Service::Utm)], day("2021-02-01"));
    let ask = MonthAsk {
        subscription: &pinned,
        month: "2021-02".parse().unwrap(),
        zone: &Zone::named("UTC").unwrap(),
        measured: &[],
        triggered: &[],
        past: Past::NONE,
    };
    assert!(matches!(invoice_lines(&cards, ask), Err(InvoiceError::UnknownCard(_))));
}

proptest! {
    #[test]
    fn a_year_is_billed_as_it_was_quoted(
        endpoints in 1_u32..600, gb in 0_u32..50, month in 1_i8..=12,
        utm in any::<bool>(), diagnosis in any::<bool>(),
    ) {
        let cards = &*CARDS;
        let card = cards.version("okinawa", "2021-01").unwrap();
        let start = jiff::civil::date(2022, month, 1);
        let mut bundle = vec![
            SelectedItem::of(Service::Edr).with_endpoints(endpoints),
            SelectedItem::of(Service::CloudWaf).with_traffic_gb(Quantity::whole(gb)),
        ];
        if utm {
            bundle.push(SelectedItem::of(Service::Utm));
        }
        if diagnosis {
            bundle.push(SelectedItem::of(Service::Diagnosis));
        }
        let priced = quote_lines(card, &Ask::on(start, bundle)).unwrap();
        let phases = vec![phase(card, &start.to_string(), None)];
        let taken = subscription(phases, priced.selection.clone(), start);
        let mut gross = [Money::ZERO_JPY, Money::ZERO_JPY];
        let mut month = Month::of(start);
        for year in &mut gross {
            for _ in 0..12 {
                let billed = charges(cards, &taken, &month.to_string(), Zone::TOKYO);
                *year = year.plus(billed.sum.gross).unwrap();
                month = month.next().unwrap();
            }
        }
        prop_assert_eq!(gross[0], priced.totals.first_year.gross);
        prop_assert_eq!(gross[1], priced.totals.steady_year.gross);
    }

    #[test]
    fn the_zone_and_the_order_of_services_change_nothing(
        offset in 0_i64..800, zone in prop::sample::select(vec![
            "Asia/Tokyo", "UTC", "America/Los_Angeles", "Pacific/Apia", "Australia/Lord_Howe",
        ]),
    ) {
        let cards = &*CARDS;
        let card = cards.version("okinawa", "2021-01").unwrap();
        let start = day("2021-01-01").checked_add(jiff::Span::new().days(offset)).unwrap();
        let items = vec![
            SelectedItem::of(Service::Utm),
            SelectedItem::of(Service::CloudWaf).with_traffic_gb(Quantity::whole(12)),
            SelectedItem::of(Service::Edr).with_endpoints(7),
        ];
        let phases = vec![phase(card, &start.to_string(), None)];
        let forward = subscription(phases.clone(), items.clone(), start);
        let backward = subscription(phases, items.into_iter().rev().collect(), start);
        let month = Month::of(start).to_string();
        let here = charges(cards, &forward, &month, Zone::TOKYO).sum;
        prop_assert_eq!(charges(cards, &forward, &month, zone).sum, here);
        prop_assert_eq!(charges(cards, &backward, &month, zone).sum, here);
    }

    #[test]
    fn the_order_of_lines_changes_no_sum_whatever_the_models(
        offset in 0_i64..400, endpoints in 1_u32..60, gb in 0_u32..20, rotate in 0_usize..3,
    ) {
        let cards = &*EVERY_MODEL;
        let card = cards.version("every-model", "1").unwrap();
        let start = day("2021-01-01").checked_add(jiff::Span::new().days(offset)).unwrap();
        let items = bundle(endpoints, gb);
        let mut turned = items.clone();
        turned.rotate_left(rotate);
        turned.swap(0, 1);
        let phases = vec![phase(card, &start.to_string(), None)];
        let one = subscription(phases.clone(), items.clone(), start);
        let other = subscription(phases, turned.clone(), start);
        for month in [Month::of(start), Month::of(start).next().unwrap()] {
            let of = |it: &Subscription| charges(cards, it, &month.to_string(), Zone::TOKYO);
            let (one, other) = (of(&one), of(&other));
            prop_assert_eq!(one.sum, other.sum);
            prop_assert_eq!(&one.taxes, &other.taxes);
        }
        let quoted = |items| quote_lines(card, &Ask::on(start, items)).unwrap().totals;
        prop_assert_eq!(quoted(items), quoted(turned));
    }

    #[test]
    fn using_it_for_longer_never_costs_less(
        start in 0_i64..200, less in 1_i64..200, more in 0_i64..40, endpoints in 1_u32..60,
    ) {
        let cards = &*EVERY_MODEL;
        let card = cards.version("every-model", "1").unwrap();
        let start = day("2021-01-01").checked_add(jiff::Span::new().days(start)).unwrap();
        let cost = |n_days: i64| {
            let end = start.checked_add(jiff::Span::new().days(n_days)).unwrap();
            let phases = vec![phase(card, &start.to_string(), None)];
            let mut of = subscription(phases, bundle(endpoints, 5), start);
            of.items.iter_mut().for_each(|item| item.ends_on = Some(end));
            let mut month = Month::of(start);
            let mut sum = 0;
            // What was charged ahead is given back on the invoice of the month of the end.
            while month.first_day() <= end {
                sum += charges(cards, &of, &month.to_string(), Zone::TOKYO).sum.net.amount();
                month = month.next().unwrap();
            }
            sum
        };
        prop_assert!(cost(less) <= cost(less + more), "{} {}", cost(less), cost(less + more));
    }

    #[test]
    fn moving_to_the_same_prices_on_any_day_costs_nothing(
        day_of_move in 1_i64..89, endpoints in 1_u32..60,
    ) {
        let cards = &*EVERY_MODEL;
        let card = cards.version("every-model", "1").unwrap();
        let start = day("2021-01-01");
        let moved_on = start.checked_add(jiff::Span::new().days(day_of_move)).unwrap();
        let moved = vec![
            phase(card, "2021-01-01", Some(&moved_on.to_string())),
            phase(card, &moved_on.to_string(), None),
        ];
        let stayed = vec![phase(card, "2021-01-01", None)];
        // Amounts that other prices decide belong to the prices of each phase, so without them.
        let items = vec![SelectedItem::of(Service::Edr).with_endpoints(endpoints)];
        let yen = |phases: Vec<Phase>, month| {
            let of = subscription(phases, items.clone(), start);
            let lines = charges(cards, &of, month, Zone::TOKYO).lines;
            let of_edr = lines.iter().filter(|line| line.code.starts_with("edr."));
            of_edr.map(|line| line.amount.amount()).sum::<i64>()
        };
        for month in ["2021-01", "2021-02", "2021-03"] {
            prop_assert_eq!(yen(moved.clone(), month), yen(stayed.clone(), month), "{}", month);
        }
    }
}

/// Everything that the card of every kind of price sells.
fn bundle(endpoints: u32, gb: u32) -> Vec<SelectedItem> {
    vec![
        SelectedItem::of(Service::Utm),
        SelectedItem::of(Service::CloudWaf).with_traffic_gb(Quantity::whole(gb)),
        SelectedItem::of(Service::Edr).with_endpoints(endpoints),
    ]
}
