use jiff::civil::date;
use tasuki_app::quoting::Intent;
use tasuki_app::subscribing::{self, AskedChange, ConvertTrial, Flag, Suspension, Wanted, When};
use tasuki_core::catalog::SelectedItem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::{Outcome, SubscriptionState};
use tasuki_store::{orders, subscriptions};

use crate::scene::{Plan, edr, jst, keyed, operator, schemes, set, utm};

fn yen(lines: &[subscribing::EffectLine]) -> Vec<(&str, i64)> {
    lines.iter().map(|line| (line.code.as_str(), line.amount.amount())).collect()
}

#[tokio::test]
async fn a_quantity_changed_now_is_billed_as_it_was_said() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::from(date(2021, 2, 1))).await;
        scheme.advance(of.tenant, jst("2021-04-11 10:00")).await;
        let changed = scheme.change(of, set(vec![utm(3)]), When::Now).await.unwrap();
        let effect = &changed.effect;
        assert_eq!(
            yen(&effect.lines),
            [
                ("utm.monthly", -10_000),
                ("utm.initial", 20_000),
                ("utm.monthly", 3_333),
                ("utm.monthly", 20_000)
            ]
        );
        assert_eq!(effect.next_invoice_difference.amount(), 36_666, "with 10 % of tax");
        assert_eq!(
            (effect.monthly_before.amount(), effect.monthly_after.amount()),
            (20_000, 40_000)
        );
        assert_eq!((effect.yearly_before.amount(), effect.yearly_after.amount()), (9_000, 9_000));
        scheme.advance(of.tenant, jst("2021-05-01 00:00")).await;
        let april = scheme.billed(of).await.pop().unwrap().1;
        assert_eq!(
            april,
            [
                ("cloud_waf.monthly".to_owned(), 30, 10_000),
                ("utm.initial".to_owned(), 20, 20_000),
                ("utm.monthly".to_owned(), 10, 3_333),
                ("utm.monthly".to_owned(), 20, 20_000)
            ]
        );
    }
}

#[tokio::test]
async fn a_change_waits_for_its_day_and_can_be_taken_back() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::from(date(2021, 2, 1))).await;
        let first =
            scheme.change(of, set(vec![edr(8)]), When::On(date(2021, 3, 10))).await.unwrap();
        assert_eq!(first.view.flags(), [Flag::Active, Flag::ChangeScheduled]);
        assert_eq!(yen(&first.effect.lines), [("edr.yearly", -9_000), ("edr.yearly", 14_400)]);
        let second = scheme.change(of, set(vec![utm(2)]), When::NextPeriod).await.unwrap();
        let waiting = second.view.subscription.waiting();
        let days: Vec<_> = waiting.iter().map(|it| (it.id(), it.effective_on)).collect();
        assert_eq!(
            days,
            [("c2".to_owned(), date(2021, 3, 1)), ("c1".to_owned(), date(2021, 3, 10))]
        );
        let wanted = scheme.wanted(of).await;
        let (ctx, call) = (&scheme.ctx, operator());
        let taken_back =
            subscribing::withdraw_scheduled_change(ctx, &call, of.tenant, &wanted, "c2").await;
        assert_eq!(taken_back.unwrap().view.subscription.waiting().len(), 1);
        let wanted = scheme.wanted(of).await;
        let again =
            subscribing::withdraw_scheduled_change(ctx, &call, of.tenant, &wanted, "c2").await;
        assert_eq!(again.unwrap_err().reason(), Reason::SubscriptionState);
        scheme.advance(of.tenant, jst("2021-04-01 00:00")).await;
        let view = scheme.read(of).await;
        let quantity = |service: Service| {
            let mut items = view.subscription.items.iter();
            items.find(|it| it.selected.service == service).unwrap().latest().clone()
        };
        assert_eq!(quantity(Service::Edr).endpoints, Some(8));
        assert_eq!(quantity(Service::Utm).quantity, Some(tasuki_core::catalog::Quantity::ONE));
        let outcomes: Vec<_> =
            view.subscription.scheduled.iter().map(|it| it.closed.map(|(of, _)| of)).collect();
        assert_eq!(outcomes, [Some(Outcome::Done), Some(Outcome::Withdrawn)]);
        assert!(!view.flags().contains(&Flag::ChangeScheduled));
    }
}

#[tokio::test]
async fn what_is_asked_for_must_be_sold_read_and_possible() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::from(date(2021, 2, 1))).await;
        let refused = async |change: AskedChange, when: When| {
            scheme.change(of, change, when).await.unwrap_err()
        };
        // UTM-02: two functions need a larger device.
        let total = SelectedItem::of(Service::Utm).with_plan("utm.total");
        let portal = total.clone().with_option("utm.access_portal");
        let problem = refused(set(vec![portal]), When::Now).await;
        assert_eq!(problem.reason(), Reason::SelectionInvalid);
        assert_eq!(problem.violations()[0].field, "change.set[0].options[0]");
        let problem = refused(set(vec![total]), When::Now).await;
        assert_eq!(problem.reason(), Reason::NeedsPersonalQuote);
        let problem = refused(set(vec![edr(5)]), When::Now).await;
        assert_eq!(problem.violations()[0].field, "change");
        let problem = refused(set(vec![edr(6)]), When::On(date(2021, 1, 31))).await;
        assert_eq!(problem.violations()[0].field, "effective.on");
        let mut all_gone = set(vec![]);
        all_gone.remove = vec![Service::Utm, Service::CloudWaf, Service::Edr];
        let problem = refused(all_gone, When::Now).await;
        assert_eq!(problem.violations()[0].field, "change.remove");
        assert_eq!(scheme.read(of).await.version, 1, "nothing was half done");

        let wanted = Wanted { etag: Some("v9".to_owned()), ..scheme.wanted(of).await };
        let call = operator();
        let stale = subscribing::change_subscription(
            &scheme.ctx,
            &call,
            of.tenant,
            &wanted,
            (set(vec![edr(6)]), When::Now),
        );
        assert_eq!(stale.await.unwrap_err().reason(), Reason::EtagMismatch);
    }
}

#[tokio::test]
async fn a_service_is_added_with_an_order_and_a_repeat_adds_none() {
    for scheme in schemes().await {
        let plan = Plan { selection: vec![utm(1)], ..Plan::from(date(2021, 2, 1)) };
        let of = scheme.running(1, plan).await;
        let wanted = scheme.wanted(of).await;
        let call = keyed("add");
        let add = || {
            let asked = (set(vec![edr(5)]), When::Now);
            subscribing::change_subscription(&scheme.ctx, &call, of.tenant, &wanted, asked)
        };
        let first = add().await.unwrap();
        let repeat = add().await.unwrap();
        assert_eq!(first, repeat, "{}", scheme.name);
        assert_eq!(first.order_ids.len(), 1);
        assert_eq!(yen(&first.effect.lines), [("edr.yearly", 9_000)]);
        let tx = scheme.ctx.store.begin_read().await.unwrap();
        let filter = orders::Filter {
            scope: tasuki_store::Scope::Tenant(of.tenant),
            subscription: Some(of.id),
        };
        assert_eq!(orders::list(&tx, &filter, None, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn it_stops_until_a_day_by_itself_and_one_service_for_itself() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::from(date(2021, 2, 1))).await;
        scheme.advance(of.tenant, jst("2021-04-11 10:00")).await;
        let wanted = scheme.wanted(of).await;
        let stop = Suspension {
            services: vec![],
            when: When::Now,
            reason: "改装".to_owned(),
            resume_on: Some(date(2021, 5, 11)),
        };
        let (ctx, call) = (&scheme.ctx, operator());
        let stopped =
            subscribing::suspend_subscription(ctx, &call, of.tenant, &wanted, stop).await.unwrap();
        assert!(stopped.view.flags().contains(&Flag::Suspended));
        assert_eq!(stopped.effect.monthly_after.amount(), 0);
        scheme.advance(of.tenant, jst("2021-05-11 00:00")).await;
        let view = scheme.read(of).await;
        assert!(!view.flags().contains(&Flag::Suspended), "it goes on by itself");
        assert_eq!(view.subscription.pauses[0].reason, "改装");

        let wanted = scheme.wanted(of).await;
        let stop = Suspension {
            services: vec![Service::CloudWaf],
            when: When::Now,
            reason: "サイトの改修".to_owned(),
            resume_on: None,
        };
        let stopped =
            subscribing::suspend_subscription(ctx, &call, of.tenant, &wanted, stop).await.unwrap();
        assert!(stopped.view.flags().contains(&Flag::Active), "the others go on");
        assert_eq!(stopped.effect.monthly_after.amount(), 10_000);
        scheme.advance(of.tenant, jst("2021-07-01 00:00")).await;
        let billed = scheme.billed(of).await;
        let of_month = |at: usize| -> i64 { billed[at].1.iter().map(|row| row.2).sum() };
        assert_eq!(of_month(2), 2 * 3_333, "ten days of April");
        assert_eq!(of_month(3), 6_774, "21 days of May for the UTM, none for the WAF");
        assert_eq!(of_month(4), 10_000);
    }
}

#[tokio::test]
async fn what_the_minimum_term_still_costs_is_said_and_billed() {
    for scheme in schemes().await {
        let plan = Plan {
            selection: vec![utm(1)],
            minimum_term_months: 6,
            ..Plan::from(date(2021, 2, 1))
        };
        let of = scheme.running(1, plan).await;
        let changed = scheme.cancel(of, When::On(date(2021, 4, 1))).await.unwrap();
        assert_eq!(
            changed.view.flags(),
            [Flag::Active, Flag::ChangeScheduled, Flag::CancelPending]
        );
        let rest: Vec<_> =
            changed.effect.lines.iter().filter(|line| line.label.en.contains("minimum")).collect();
        assert_eq!(rest.len(), 1);
        assert_eq!(rest[0].amount.amount(), 40_000, "April to July");
        let days = rest[0].service_period;
        assert_eq!((days.start(), days.end()), (date(2021, 4, 1), date(2021, 8, 1)));
        scheme.advance(of.tenant, jst("2021-09-01 00:00")).await;
        let billed = scheme.billed(of).await;
        let months: Vec<_> = billed
            .iter()
            .map(|(month, rows)| (month.to_string(), rows.iter().map(|row| row.2).sum::<i64>()))
            .collect();
        let month = |text: &str, yen| (text.to_owned(), yen);
        assert_eq!(
            months,
            [month("2021-02", 20_000), month("2021-03", 10_000), month("2021-04", 40_000)]
        );
    }
}

#[tokio::test]
async fn it_comes_back_within_thirty_days_on_its_old_term() {
    for scheme in schemes().await {
        let plan = Plan { selection: vec![utm(1), edr(5)], ..Plan::from(date(2021, 2, 1)) };
        let of = scheme.running(1, plan).await;
        scheme.advance(of.tenant, jst("2021-03-11 09:00")).await;
        scheme.cancel(of, When::Now).await.unwrap();
        scheme.advance(of.tenant, jst("2021-03-21 09:00")).await;
        let wanted = scheme.wanted(of).await;
        let (ctx, call) = (&scheme.ctx, operator());
        let back = subscribing::reinstate_subscription(ctx, &call, of.tenant, &wanted, When::Now);
        let back = back.await.unwrap();
        assert_eq!(back.view.subscription.state(), &SubscriptionState::Active);
        assert_eq!(back.order_ids.len(), 1, "it is set up anew");
        let ids: Vec<_> = back.view.subscription.items.iter().map(|item| item.item_id).collect();
        let tx = ctx.store.begin().await.unwrap();
        let read = subscriptions::lock(&tx, of.tenant, of.id).await.unwrap().unwrap();
        let set_up = ids
            .into_iter()
            .fold(read.subscription, |of, item| of.with_item_started(item, date(2021, 3, 25)));
        let now = jst("2021-03-25 09:00");
        subscriptions::save(&tx, &set_up, read.version, now).await.unwrap();
        tx.commit().await.unwrap();
        scheme.advance(of.tenant, jst("2022-03-01 00:00")).await;
        let billed = scheme.billed(of).await;
        let yen = |month: &str, code: &str| -> Vec<i64> {
            let (_, rows) = billed.iter().find(|(of, _)| of.to_string() == month).unwrap();
            rows.iter().filter(|row| row.0 == code).map(|row| row.2).collect()
        };
        assert_eq!(yen("2021-03", "utm.monthly"), [5_483], "10 and 7 of 31 days");
        assert!(yen("2021-03", "utm.initial").is_empty(), "it was paid before");
        assert!(yen("2021-03", "edr.yearly").is_empty(), "so was the year");
        assert_eq!(yen("2022-02", "edr.yearly"), [9_000], "on its old day");

        let other = scheme.running(2, Plan::from(date(2021, 2, 1))).await;
        scheme.cancel(other, When::On(date(2021, 2, 10))).await.unwrap();
        let wanted = scheme.wanted(other).await;
        let kept =
            subscribing::reinstate_subscription(ctx, &call, other.tenant, &wanted, When::Now);
        assert_eq!(
            kept.await.unwrap().view.flags(),
            [Flag::Active],
            "the cancellation is taken back"
        );
        scheme.cancel(other, When::Now).await.unwrap();
        scheme.advance(other.tenant, jst("2021-03-20 00:00")).await;
        let wanted = scheme.wanted(other).await;
        let late =
            subscribing::reinstate_subscription(ctx, &call, other.tenant, &wanted, When::Now);
        assert_eq!(late.await.unwrap_err().reason(), Reason::SubscriptionState);
    }
}

#[tokio::test]
async fn a_trial_is_converted_early_with_another_quantity() {
    for scheme in schemes().await {
        let plan = Plan {
            trial_until: Some(date(2021, 5, 1)),
            selection: vec![utm(1), edr(5)],
            ..Plan::from(date(2021, 2, 1))
        };
        let of = scheme.running(1, plan).await;
        let wanted = Wanted { intent: Intent::OnlyAsk, ..scheme.wanted(of).await };
        let convert = |paid_from| ConvertTrial {
            paid_from,
            change: AskedChange {
                rate_card: Some("okinawa@2021-01".to_owned()),
                ..set(vec![edr(7)])
            },
            sold_by: None,
        };
        let (ctx, call) = (&scheme.ctx, operator());
        let asked = subscribing::convert_trial(ctx, &call, of.tenant, &wanted, convert(None))
            .await
            .unwrap();
        assert_eq!(
            (asked.effect.monthly_before.amount(), asked.effect.monthly_after.amount()),
            (0, 10_000)
        );
        let late = convert(Some(date(2021, 5, 2)));
        let late = subscribing::convert_trial(ctx, &call, of.tenant, &wanted, late).await;
        assert_eq!(late.unwrap_err().violations()[0].field, "paid_from");
        let wanted = scheme.wanted(of).await;
        let early = convert(Some(date(2021, 3, 16)));
        let done = subscribing::convert_trial(ctx, &call, of.tenant, &wanted, early).await.unwrap();
        assert_eq!(
            yen(&done.effect.lines),
            [("utm.initial", 10_000), ("utm.monthly", 5_161), ("edr.yearly", 12_600)]
        );
        scheme.advance(of.tenant, jst("2021-04-01 00:00")).await;
        let view = scheme.read(of).await;
        assert_eq!(view.subscription.state(), &SubscriptionState::Active);
        let march: i64 = scheme.billed(of).await[0].1.iter().map(|row| row.2).sum();
        assert_eq!(march, 10_000 + 5_161 + 12_600);
        let topics: Vec<_> =
            view.subscription.history.iter().map(|entry| entry.event.topic()).collect();
        assert!(topics.contains(&"subscription.converted"), "{topics:?}");
    }
}

#[tokio::test]
async fn of_two_workers_on_one_day_one_does_it() {
    for scheme in schemes().await {
        let of = scheme.running(1, Plan::from(date(2021, 2, 1))).await;
        scheme.change(of, set(vec![utm(4)]), When::On(date(2021, 2, 20))).await.unwrap();
        let tx = scheme.ctx.store.begin().await.unwrap();
        tasuki_store::tenants::set_clock(&tx, of.tenant, jst("2021-02-20 00:00")).await.unwrap();
        tx.commit().await.unwrap();
        // The first worker dies with the job in its hands: another claims it when the lease ends.
        let job = scheme.due().await.remove(0);
        drop(job);
        let reopened = tasuki_store::Store::open(&scheme.database.options).await.unwrap();
        let other = tasuki_app::context::Context { store: reopened, ..scheme.ctx.clone() };
        let tx = other.store.begin().await.unwrap();
        let later = scheme.ctx.clock.now().plus_seconds(120).unwrap();
        let until = later.plus_seconds(60).unwrap();
        let claim = tasuki_store::jobs::Claim { token: scheme.ctx.ids.next_uuid(), limit: 20 };
        let lane = tasuki_store::jobs::Lane::Billing;
        let jobs = tasuki_store::jobs::claim_due(&tx, lane, later, until, claim).await.unwrap();
        tx.commit().await.unwrap();
        let (one, two) = tokio::join!(
            subscribing::turn_subscription(&scheme.ctx, &jobs[0]),
            subscribing::turn_subscription(&other, &jobs[0]),
        );
        assert!(one.is_ok() != two.is_ok(), "{}: {one:?} {two:?}", scheme.name);
        let view = scheme.read(of).await;
        let changed: Vec<_> = view
            .subscription
            .history
            .iter()
            .filter(|entry| entry.event.topic() == "subscription.changed")
            .collect();
        assert_eq!(changed.len(), 1);
    }
}

/// What was ordered can be taken back until its day: the trial ends when it would have, and the
/// changes that came with the order go with it.
#[tokio::test]
async fn an_ordered_conversion_can_be_taken_back_until_its_day() {
    for scheme in schemes().await {
        let plan = Plan {
            trial_until: Some(date(2021, 5, 1)),
            selection: vec![utm(1), edr(5)],
            ..Plan::from(date(2021, 2, 1))
        };
        let of = scheme.running(1, plan).await;
        let before = scheme.read(of).await.subscription;
        let (ctx, call) = (&scheme.ctx, operator());
        let back = async || {
            let wanted = scheme.wanted(of).await;
            subscribing::withdraw_scheduled_change(ctx, &call, of.tenant, &wanted, "convert").await
        };
        let none = back().await.unwrap_err();
        assert_eq!(none.reason(), Reason::SubscriptionState, "nothing was ordered");
        let convert = ConvertTrial {
            paid_from: Some(date(2021, 3, 16)),
            change: AskedChange {
                rate_card: Some("okinawa@2021-01".to_owned()),
                ..set(vec![edr(7)])
            },
            sold_by: None,
        };
        let wanted = scheme.wanted(of).await;
        subscribing::convert_trial(ctx, &call, of.tenant, &wanted, convert.clone()).await.unwrap();
        scheme.advance(of.tenant, jst("2021-03-01 00:00")).await;
        let withdrawn = back().await.unwrap();
        let fallen: i64 = withdrawn.effect.lines.iter().map(|line| line.amount.amount()).sum();
        assert!(fallen < 0, "{}: what would have been charged", scheme.name);
        let after = scheme.read(of).await.subscription;
        assert_eq!(after.phases, before.phases);
        assert_eq!(after.standing, before.standing);
        assert_eq!(after.waiting(), Vec::<&tasuki_core::subscription::ScheduledChange>::new());

        // It can be ordered anew; once it has begun nothing is taken back.
        let wanted = scheme.wanted(of).await;
        subscribing::convert_trial(ctx, &call, of.tenant, &wanted, convert).await.unwrap();
        scheme.advance(of.tenant, jst("2021-03-20 00:00")).await;
        let late = back().await.unwrap_err();
        assert_eq!(late.reason(), Reason::SubscriptionState);
        let view = scheme.read(of).await;
        assert_eq!(view.subscription.state(), &SubscriptionState::Active);
    }
}
