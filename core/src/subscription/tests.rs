use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::service::Service;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn card(version: &str) -> RateCardRef {
    RateCardRef {
        code: "okinawa".to_owned(),
        version: version.to_owned(),
        hash: "sha256:00".to_owned(),
    }
}

fn item(n: u128) -> ItemId {
    ItemId::from(Uuid::from_u128(n))
}

fn opened(trial: Option<Trial>) -> Subscription {
    let draft = SubscriptionDraft {
        id: SubscriptionId::from(Uuid::from_u128(1)),
        tenant_id: TenantId::from(Uuid::from_u128(2)),
        partner_id: PartnerId::from(Uuid::from_u128(3)),
        quote_id: QuoteId::from(Uuid::from_u128(4)),
        items: vec![
            (item(10), SelectedItem::of(Service::Utm)),
            (item(11), SelectedItem::of(Service::CloudWaf)),
        ],
        rate_card: card("1"),
        cycle: BillingCycle::CalendarMonth,
        start_on: date(2020, 10, 1),
        trial,
        minimum_term_months: 0,
        discounts: Vec::new(),
    };
    Subscription::open(draft, at("2020-09-20T00:00:00Z"))
}

fn activated(subscription: &Subscription, on: CivilDate) -> Subscription {
    let trial_until = subscription.trial_until();
    let command = SubscriptionCommand::Activate { on, trial_until };
    subscription.step(&command, at("2020-10-05T00:00:00Z")).unwrap().0
}

#[test]
fn billing_starts_when_the_whole_bundle_is_in_use() {
    let subscription = opened(None)
        .with_item_started(item(10), date(2020, 10, 1))
        .with_item_ended(item(11), date(2020, 10, 4));
    assert!(subscription.nothing_awaited());
    let subscription = activated(&subscription, date(2020, 10, 5));
    let starts: Vec<_> = subscription.items.iter().map(|item| item.starts_on).collect();
    assert_eq!(starts, [Some(date(2020, 10, 5)), None], "what was given up is never charged");
    assert_eq!(subscription.anchor, Some(date(2020, 10, 5)));
}

#[test]
fn a_provider_may_report_twice() {
    let once = opened(None).with_item_started(item(10), date(2020, 10, 1));
    let twice = once.clone().with_item_started(item(10), date(2020, 10, 2));
    assert_eq!(once, twice);
}

#[test]
fn a_converted_trial_is_charged_from_the_day_after_it() {
    let until = date(2021, 2, 1);
    let trial = opened(Some(Trial { until, then: AfterTrial::Ends }));
    let running = activated(&trial, date(2020, 10, 5));
    assert_eq!(running.state(), &SubscriptionState::Trialing { until });
    let ordered =
        running.with_conversion_ordered(card("2"), until, at("2021-01-10T00:00:00Z")).unwrap();
    let again =
        ordered.clone().with_conversion_ordered(card("2"), until, at("2021-01-10T00:00:00Z"));
    assert!(again.is_err(), "it converts once");
    let kind_on = |day| ordered.phase_on(day).map(|phase| (phase.kind, phase.rate_card.clone()));
    assert_eq!(kind_on(date(2021, 1, 31)), Some((PhaseKind::Trial, card("1"))));
    assert_eq!(kind_on(date(2021, 2, 1)), Some((PhaseKind::Paid, card("2"))));
}

#[test]
fn a_trial_that_ended_before_the_setup_did_is_charged_from_use_on() {
    let trial = Trial { until: date(2020, 10, 1), then: AfterTrial::Paid };
    let late = activated(&opened(Some(trial)), date(2020, 10, 5));
    let on = |day| late.phase_on(day).map(|phase| phase.kind);
    assert_eq!(on(date(2020, 10, 4)), None);
    assert_eq!(on(date(2020, 10, 5)), Some(PhaseKind::Paid));
}

#[test]
fn moved_prices_begin_on_their_day() {
    let subscription = activated(&opened(None), date(2020, 10, 5));
    let moved = subscription.with_prices_moved(&card("2"), date(2021, 3, 1)).unwrap();
    let version = |day| moved.phase_on(day).map(|phase| phase.rate_card.version.clone());
    assert_eq!(version(date(2021, 2, 28)).as_deref(), Some("1"));
    assert_eq!(version(date(2021, 3, 1)).as_deref(), Some("2"));
    let again = moved.with_prices_moved(&card("3"), date(2021, 3, 1)).unwrap();
    assert_eq!(
        again.phases.len(),
        2,
        "no empty phase: the second move of a day replaces the first"
    );
    assert_eq!(again.phases[1].rate_card, card("3"));
}

#[test]
fn a_cancelled_plan_is_used_to_the_day_before() {
    let subscription =
        activated(&opened(None).with_item_started(item(10), date(2020, 10, 1)), date(2020, 10, 5));
    let cancel =
        SubscriptionCommand::Cancel { on: date(2020, 12, 16), because: Because::CustomerWish };
    let (over, _) = subscription.step(&cancel, at("2020-12-01T00:00:00Z")).unwrap();
    let december = DayPeriod::new(date(2020, 12, 1), date(2021, 1, 1)).unwrap();
    let used = over.items[0].used_within(december).map(DayPeriod::n_days);
    assert_eq!(used, Some(15));
    assert_eq!(over.items[1].used_within(december), None, "it was never in use");
}

#[test]
fn a_subscription_survives_its_document() {
    let subscription = activated(
        &opened(Some(Trial { until: date(2021, 2, 1), then: AfterTrial::Paid })),
        date(2020, 10, 5),
    );
    let text = serde_json::to_string(&subscription).unwrap();
    assert_eq!(serde_json::from_str::<Subscription>(&text).unwrap(), subscription);
}
