use std::sync::LazyLock;

use proptest::prelude::*;
use tasuki_core::catalog::{BillingCycle, Cadence, SelectedItem};
use tasuki_core::decision::{PackKind, PackVersion};
use tasuki_core::id::{ItemId, PartnerId, QuoteId, SubscriptionId, TenantId};
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::subscription::{Phase, PhaseKind, Standing, SubscribedItem, Subscription};
use tasuki_core::time::{CivilDate, Month, Zone};
use uuid::Uuid;

use super::*;
use crate::cards::Cards;
use crate::invoice_lines::{MonthAsk, MonthCharges, Past, invoice_lines};
use crate::quote_lines::{Ask, quote_lines};

mod fixed;

static CARDS: LazyLock<Cards> = LazyLock::new(|| Cards::built_in().unwrap());

fn card() -> &'static RateCard {
    CARDS.version("okinawa", "2021-01").unwrap()
}

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn a_share(code: &str, percent: i64, cadence: Cadence, ends_on: Option<CivilDate>) -> Discount {
    Discount {
        code: code.to_owned(),
        reason: Text::new("会員のため", "as a member"),
        taken: Taken::Rate(Rate::percent(percent)),
        cadence,
        services: Vec::new(),
        ends_on,
        months: 0,
        line_codes: Vec::new(),
        amount: Money::ZERO_JPY,
        pack: PackVersion {
            kind: PackKind::Discount,
            name: "test".to_owned(),
            version: "1".to_owned(),
            hash: "sha256:00".to_owned(),
            environment: String::new(),
        },
        decision_id: None,
    }
}

fn bundle() -> Vec<SelectedItem> {
    vec![
        SelectedItem::of(Service::Utm),
        SelectedItem::of(Service::CloudWaf).with_traffic_gb("10".parse().unwrap()),
        SelectedItem::of(Service::Edr).with_endpoints(5),
    ]
}

fn quoted(start: CivilDate, selection: Vec<SelectedItem>, discounts: Vec<Discount>) -> Priced {
    let priced = quote_lines(card(), &Ask::on(start, selection)).unwrap();
    discounted(card(), priced, discounts).unwrap()
}

fn taken(priced: &Priced, start: CivilDate) -> Subscription {
    let items = (100..)
        .zip(&priced.selection)
        .map(|(n, selected)| SubscribedItem {
            starts_on: Some(start),
            ..SubscribedItem::awaited(ItemId::from(Uuid::from_u128(n)), selected.clone())
        })
        .collect();
    let phase = Phase {
        kind: PhaseKind::Paid,
        from: Some(start),
        until: None,
        rate_card: priced.rate_card.clone(),
    };
    Subscription {
        id: SubscriptionId::from(Uuid::from_u128(1)),
        tenant_id: TenantId::from(Uuid::from_u128(2)),
        partner_id: PartnerId::from(Uuid::from_u128(3)),
        quote_id: QuoteId::from(Uuid::from_u128(4)),
        standing: Standing::pending(),
        items,
        phases: vec![phase],
        pauses: Vec::new(),
        cycle: BillingCycle::CalendarMonth,
        start_on: start,
        anchor: Some(start),
        minimum_term_months: 0,
        discounts: priced.discounts.clone(),
        payers: Vec::new(),
        scheduled: Vec::new(),
        accepted: Vec::new(),
        history: Vec::new(),
        created_at: "2020-09-01T00:00:00Z".parse().unwrap(),
    }
}

fn billed(of: &Subscription, month: Month) -> MonthCharges {
    let zone = Zone::named(Zone::TOKYO).unwrap();
    let ask = MonthAsk {
        subscription: of,
        month,
        zone: &zone,
        measured: &[],
        triggered: &[],
        past: Past::NONE,
    };
    invoice_lines(&CARDS, ask).unwrap()
}

fn rows(charges: &MonthCharges) -> Vec<(&str, i64)> {
    charges.lines.iter().map(|line| (line.code.as_str(), line.amount.amount())).collect()
}

/// PRC-11: five percent off the monthly fees for a year.
#[test]
fn a_discount_has_its_own_line_and_counts_in_the_sums() {
    let start = day("2021-08-01");
    let ends_on = Some(day("2022-08-01"));
    let priced = quoted(start, bundle(), vec![a_share("MEMBER", 5, Cadence::Monthly, ends_on)]);
    let lines: Vec<_> = priced
        .lines_of(LineKind::Discount)
        .map(|line| (line.code.as_str(), line.amount.unwrap().amount(), line.ends_on))
        .collect();
    assert_eq!(lines, [("discount.member", -500, ends_on), ("discount.member", -500, ends_on)]);
    let [discount] = priced.discounts.as_slice() else { panic!("one") };
    assert_eq!(discount.line_codes, ["utm.monthly", "cloud_waf.monthly"]);
    assert_eq!(discount.amount, Money::jpy(1_000));
    let totals = &priced.totals;
    assert_eq!(totals.first_year.net.amount(), 259_000 - 12 * 1_000);
    assert_eq!(totals.first_year.gross.amount(), 271_700);
    assert_eq!(totals.steady_year.net.amount(), 249_000, "it is over by then");
    assert_eq!(totals.monthly.amount(), 20_000, "what remains when it is over");
    let note = priced.lines_of(LineKind::Discount).next().unwrap().note.clone().unwrap();
    assert_eq!(note.en, "as a member (until 2022-08-01)");
}

#[test]
fn what_is_taken_off_without_end_is_in_every_sum() {
    let start = day("2021-08-01");
    let initial = a_share("CAMPAIGN", 100, Cadence::Initial, None);
    let mut volume = a_share("VOLUME", 10, Cadence::Yearly, None);
    volume.services = vec![Service::Edr];
    let mut nothing = a_share("NOTHING", 10, Cadence::Yearly, None);
    nothing.services = vec![Service::Utm];
    let priced = quoted(start, bundle(), vec![initial, volume, nothing]);
    let codes: Vec<_> = priced.discounts.iter().map(|of| of.code.as_str()).collect();
    assert_eq!(codes, ["CAMPAIGN", "VOLUME"], "nothing was taken off by the third");
    assert_eq!(priced.totals.initial.amount(), 0);
    assert_eq!(priced.totals.yearly.amount(), 8_100);
    assert_eq!(priced.totals.steady_year.net.amount(), 248_100);
}

#[test]
fn together_discounts_take_no_more_than_the_price() {
    let two = vec![
        a_share("ONE", 70, Cadence::Monthly, None),
        a_share("TWO", 70, Cadence::Monthly, None),
    ];
    let priced = quoted(day("2021-08-01"), bundle(), two);
    assert_eq!(priced.totals.monthly.amount(), 0);
    let off: Vec<_> = priced.discounts.iter().map(|of| of.amount.amount()).collect();
    assert_eq!(off, [14_000, 6_000]);
}

/// Both at once leave nothing of the monthly fee; the second alone leaves three tenths of it.
#[test]
fn a_discount_that_was_held_back_takes_its_share_when_the_other_is_over() {
    let start = day("2021-08-01");
    let two = vec![
        a_share("ONE", 60, Cadence::Monthly, Some(day("2022-02-01"))),
        a_share("TWO", 70, Cadence::Monthly, None),
    ];
    let priced = quoted(start, vec![SelectedItem::of(Service::Utm)], two);
    assert_eq!(priced.totals.first_year.net.amount(), 10_000 + 6 * 3_000);
    assert_eq!(priced.totals.steady_year.net.amount(), 12 * 3_000);
    assert_eq!(priced.totals.monthly.amount(), 3_000);
    let second = priced.lines_of(LineKind::Discount).nth(1).unwrap();
    assert_eq!(second.amount, Some(Money::jpy(-4_000)));
    let note = &second.note.as_ref().unwrap().en;
    assert!(note.ends_with("(¥7,000 once the other discount is over)"), "{note}");
}

#[test]
fn an_invoice_follows_a_discount_to_the_day_it_ends_and_no_further() {
    let start = day("2021-08-01");
    let priced = quoted(
        start,
        vec![SelectedItem::of(Service::Utm)],
        vec![a_share("MEMBER", 5, Cadence::Monthly, Some(day("2021-11-11")))],
    );
    let taken = taken(&priced, start);
    let month = |text: &str| billed(&taken, text.parse().unwrap());
    let august = month("2021-08");
    assert_eq!(
        rows(&august),
        [("utm.initial", 10_000), ("utm.monthly", 10_000), ("discount.member", -500)]
    );
    assert_eq!(august.sum.tax.amount(), 1_950, "of what is left, rounded once");
    assert_eq!(rows(&month("2021-10")), [("utm.monthly", 10_000), ("discount.member", -500)]);
    // Ten of thirty days: 3,333 yen of the fee, and five percent of that.
    assert_eq!(rows(&month("2021-11")), [("utm.monthly", 10_000), ("discount.member", -166)]);
    assert_eq!(rows(&month("2021-12")), [("utm.monthly", 10_000)]);
}

#[test]
fn a_first_month_by_days_is_discounted_by_days() {
    let start = day("2021-08-22");
    let priced = quoted(
        start,
        vec![SelectedItem::of(Service::Utm)],
        vec![a_share("MEMBER", 5, Cadence::Monthly, None)],
    );
    let august = billed(&taken(&priced, start), "2021-08".parse().unwrap());
    // Ten of 31 days are 3,225 yen.
    assert_eq!(
        rows(&august),
        [("utm.initial", 10_000), ("utm.monthly", 3_225), ("discount.member", -161)]
    );
}

proptest! {
    #[test]
    fn a_discounted_year_is_billed_as_it_was_quoted(
        percent in 1_i64..=100, months in 0_i32..=24, endpoints in 5_u32..600, month in 1_i8..=12,
        cadence in prop::sample::select(vec![Cadence::Monthly, Cadence::Yearly, Cadence::Initial]),
    ) {
        let start = jiff::civil::date(2022, month, 1);
        let ends_on = (months > 0).then(|| {
            tasuki_core::days::DayPeriod::nth(start, months, 0).unwrap().end()
        });
        let mut selection = bundle();
        selection.push(SelectedItem::of(Service::Edr).with_endpoints(endpoints));
        selection.remove(2);
        let discounts = vec![
            a_share("ONE", percent, cadence, ends_on),
            a_share("TWO", 5, Cadence::Monthly, None),
        ];
        let priced = quoted(start, selection, discounts);
        let taken = taken(&priced, start);
        let mut month = Month::of(start);
        let mut years = [Money::ZERO_JPY; 3];
        for year in &mut years {
            for _ in 0..12 {
                *year = year.plus(billed(&taken, month).sum.gross).unwrap();
                month = month.next().unwrap();
            }
        }
        // Also where the price does not last for both and the second takes more once the first is over.
        prop_assert_eq!(years[0], priced.totals.first_year.gross);
        prop_assert!(years[1] <= priced.totals.steady_year.gross, "never more than was quoted");
        prop_assert_eq!(years[2], priced.totals.steady_year.gross);
    }
}
