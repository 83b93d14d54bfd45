//! Changes of a running subscription on their day: services are ordered, set up and taken away, by
//! whichever worker, and the clock waits for it.

use jiff::civil::date;
use tasuki_app::context::Context;
use tasuki_app::governing::advance_clock;
use tasuki_app::quoting::Intent as Asking;
use tasuki_app::subscribing::{self, AsOf, AskedChange, Changed, Suspension, Wanted, When};
use tasuki_core::catalog::SelectedItem;
use tasuki_core::id::SubscriptionId;
use tasuki_core::provisioning::Item;
use tasuki_core::service::Service;
use tasuki_core::subscription::SubscriptionState;
use tasuki_store::tenants;
use tasuki_worker::{Worker, run_due_jobs, run_jobs};
use tokio_util::sync::CancellationToken;

use crate::removals::subscribe;
use crate::scene::{at, operator};
use crate::stage::{Stage, only, stages};

/// A running EDR, and the clock after it became active.
async fn running(stage: &Stage) -> SubscriptionId {
    let tx = stage.ctx().store.begin().await.unwrap();
    tenants::set_clock(&tx, stage.tenant, at("2021-04-01T01:00:00Z")).await.unwrap();
    tx.commit().await.unwrap();
    let id = subscribe(stage, vec![SelectedItem::of(Service::Edr).with_endpoints(5)]).await;
    stage.advance("2021-04-12T00:00:00Z").await;
    id
}

async fn change(
    ctx: &Context,
    stage: &Stage,
    id: SubscriptionId,
    (asked, when): (AskedChange, When),
) -> Changed {
    let view = view(ctx, stage, id).await;
    let etag = Some(subscribing::etag(view.version));
    let wanted = Wanted { subscription_id: id, etag, intent: Asking::Do };
    subscribing::change_subscription(ctx, &operator(), stage.tenant, &wanted, (asked, when))
        .await
        .unwrap()
}

async fn view(ctx: &Context, stage: &Stage, id: SubscriptionId) -> subscribing::SubscriptionView {
    let asked = (id, AsOf::default());
    subscribing::get_subscription(ctx, &operator(), stage.tenant, asked).await.unwrap()
}

fn waf() -> AskedChange {
    let waf = SelectedItem::of(Service::CloudWaf).with_traffic_gb("8".parse().unwrap());
    AskedChange { set: vec![waf], ..AskedChange::default() }
}

#[tokio::test]
async fn a_service_is_ordered_set_up_and_taken_away_on_its_days() {
    for stage in stages("active_after_days: 3", &[]).await {
        let ctx = stage.ctx();
        let id = running(&stage).await;
        let planned = change(ctx, &stage, id, (waf(), When::On(date(2021, 5, 10)))).await;
        assert_eq!(planned.order_ids, [], "{}: not yet", stage.name());
        stage.advance("2021-05-09T00:00:00Z").await;
        assert_eq!(view(ctx, &stage, id).await.order_ids.len(), 1);
        stage.advance("2021-06-20T00:00:00Z").await;
        let grown = view(ctx, &stage, id).await;
        assert_eq!(*grown.subscription.state(), SubscriptionState::Active);
        assert_eq!(grown.order_ids.len(), 2, "{}", stage.name());
        let added = &grown.subscription.items[1];
        assert_eq!(added.selected.service, Service::CloudWaf);
        let first_day = added.starts_on.expect("it was set up");
        assert!(first_day > date(2021, 5, 10), "charged from use, not from the order");
        assert!(grown.items[1].active_at.is_some());

        let gone = AskedChange { remove: vec![Service::CloudWaf], ..AskedChange::default() };
        change(ctx, &stage, id, (gone, When::On(date(2021, 7, 1)))).await;
        stage.advance("2021-08-20T00:00:00Z").await;
        let shrunk = view(ctx, &stage, id).await;
        assert_eq!(shrunk.subscription.items[1].ends_on, Some(date(2021, 7, 1)));
        assert!(shrunk.items[1].ended_at.is_some(), "{}: taken away", stage.name());
        assert_eq!(*shrunk.subscription.state(), SubscriptionState::Active, "the EDR goes on");
    }
}

/// What stands still for the customer stands still at its provider, and goes on with it.
#[tokio::test]
async fn a_suspension_reaches_the_provider_and_ends_there_on_its_day() {
    for stage in stages("active_after_days: 3", &[]).await {
        let ctx = stage.ctx();
        let id = running(&stage).await;
        let read = view(ctx, &stage, id).await;
        let order = read.order_ids[0];
        let etag = Some(subscribing::etag(read.version));
        let wanted = Wanted { subscription_id: id, etag, intent: Asking::Do };
        let suspension = Suspension {
            services: Vec::new(),
            when: When::On(date(2021, 5, 1)),
            reason: "改装".to_owned(),
            resume_on: Some(date(2021, 6, 1)),
        };
        subscribing::suspend_subscription(ctx, &operator(), stage.tenant, &wanted, suspension)
            .await
            .unwrap();
        let mut seen = Vec::new();
        for day in ["2021-04-30T00:00:00Z", "2021-05-02T00:00:00Z", "2021-06-02T00:00:00Z"] {
            stage.advance(day).await;
            seen.push(only(&stage.read(order).await).state.as_str());
        }
        assert_eq!(seen, ["active", "suspended", "active"], "{}", stage.name());
        let kept = stage.present(&stage.read(order).await).await;
        assert_eq!(kept.len(), 1, "what it holds stays");
    }
}

fn edr(endpoints: u32) -> AskedChange {
    let set = vec![SelectedItem::of(Service::Edr).with_endpoints(endpoints)];
    AskedChange { set, ..AskedChange::default() }
}

/// The service runs on while its provider makes it larger: neither billing nor cover begins anew.
#[tokio::test]
async fn more_endpoints_reach_the_provider_on_their_day() {
    for stage in stages("active_after_days: 3", &[]).await {
        let ctx = stage.ctx();
        let id = running(&stage).await;
        let order = view(ctx, &stage, id).await.order_ids[0];
        let before = only(&stage.read(order).await);
        change(ctx, &stage, id, (edr(8), When::On(date(2021, 5, 1)))).await;
        stage.advance("2021-04-30T00:00:00Z").await;
        assert_eq!(only(&stage.read(order).await).spec.quantity, 5, "{}: not yet", stage.name());

        stage.advance("2021-05-06T00:00:00Z").await;
        let item = only(&stage.read(order).await);
        let now = (item.state.as_str(), item.spec.quantity, item.generation);
        assert_eq!(now, ("active", 8, 2), "{}", stage.name());
        assert_eq!(item.observed_spec_hash, item.spec.hash(), "the provider has it so");
        let since = |item: &Item| item.state.service().map(|service| service.active_at);
        assert_eq!(since(&item), since(&before), "it ran all the time");
    }
}

/// What is changed while the provider is at it is asked for as soon as the service runs.
#[tokio::test]
async fn a_change_during_the_set_up_is_made_when_the_service_runs() {
    for stage in stages("active_after_days: 3", &[]).await {
        let ctx = stage.ctx();
        let tx = ctx.store.begin().await.unwrap();
        tenants::set_clock(&tx, stage.tenant, at("2021-04-01T01:00:00Z")).await.unwrap();
        tx.commit().await.unwrap();
        let id = subscribe(&stage, waf().set).await;
        stage.advance("2021-05-20T00:00:00Z").await;
        let added = change(ctx, &stage, id, (edr(5), When::Now)).await;
        stage.advance("2021-05-21T00:00:00Z").await;
        change(ctx, &stage, id, (edr(9), When::Now)).await;
        run_due_jobs(&stage.worker).await.unwrap();
        let order = added.order_ids[0];
        let item = only(&stage.read(order).await);
        assert_eq!((item.state.is_live(), item.spec.quantity), (false, 5), "{}", stage.name());

        stage.advance("2021-06-10T00:00:00Z").await;
        let item = only(&stage.read(order).await);
        assert_eq!((item.state.as_str(), item.spec.quantity), ("active", 9), "{}", stage.name());
        assert_eq!(item.observed_spec_hash, item.spec.hash());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_clock_waits_for_planned_changes_on_two_servers() {
    for stage in stages("active_after_days: 3", &[]).await {
        let id = running(&stage).await;
        for (n, month) in (6..).zip(5_i8..10) {
            change(stage.ctx(), &stage, id, (edr(n), When::On(date(2021, month, 10)))).await;
        }
        // Everything that is due now is done first, so that nothing is held by a lease.
        run_due_jobs(&stage.worker).await.unwrap();
        let other = stage.ctx().clone();
        let stop = CancellationToken::new();
        let mut working = Vec::new();
        for ctx in [stage.ctx().clone(), other.clone()] {
            let worker = Worker { ctx, ..stage.worker.clone() };
            working.push(tokio::spawn(run_jobs(worker, stop.clone())));
        }
        let (to, call) = (at("2021-09-30T00:00:00Z"), operator());
        let (one, two) = tokio::join!(
            advance_clock(stage.ctx(), &call, stage.tenant, to),
            advance_clock(&other, &call, stage.tenant, to),
        );
        assert!(one.is_ok() || two.is_ok(), "{}: {one:?} {two:?}", stage.name());
        let view = view(stage.ctx(), &stage, id).await;
        let made: Vec<_> =
            view.subscription.scheduled.iter().filter(|it| it.closed.is_some()).collect();
        assert_eq!(made.len(), 5, "{}: all that was due by then", stage.name());
        assert_eq!(view.subscription.items[0].latest().endpoints, Some(10));
        assert_eq!(view.subscription.items[0].terms.len(), 5, "each once");
        stop.cancel();
        for worker in working {
            worker.await.unwrap();
        }
    }
}
