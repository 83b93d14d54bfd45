//! Orders that are cancelled and services that are taken away.

use std::sync::Arc;

use tasuki_app::paging::PageRequest;
use tasuki_app::provisioning::{
    self, CancelOrder, Intent, OrderFilter, OrderView, Resolution, ResolveItem,
};
use tasuki_app::quoting::Intent as Asking;
use tasuki_app::quoting::{self, AcceptQuote, NewQuote};
use tasuki_app::subscribing::{self, REMOVE_ITEM, RemoveItem, Wanted, When};
use tasuki_core::catalog::SelectedItem;
use tasuki_core::id::{ItemId, OrderId, SubscriptionId};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Cause, OrderState, Question, ReasonCode};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_partners::provider::Providers;
use tasuki_store::jobs::{self, Lane, NewJob};
use tasuki_store::subscriptions;
use tasuki_worker::run_due_jobs;

use crate::scene::{at, company, operator, wanting};
use crate::stage::{Stage, code, events, ids, only, stages, state};
use crate::switchboard::Switchboard;

/// An operator ends what runs or takes back what is on its way.
pub(crate) async fn end(
    stage: &Stage,
    order: OrderId,
    item_id: ItemId,
) -> Result<OrderView, Problem> {
    let resolve = ResolveItem {
        order_id: order,
        item_id,
        resolution: Resolution::Clean,
        reason: Some(ReasonCode::CancelledByOperator),
        note: "no longer wanted".to_owned(),
        evidence_id: String::new(),
        etag: String::new(),
    };
    provisioning::resolve_item(stage.ctx(), &operator(), stage.tenant, resolve).await
}

fn cancel(id: OrderId, intent: Intent) -> CancelOrder {
    CancelOrder {
        order_id: id,
        item_ids: Vec::new(),
        cause: Cause::from(ReasonCode::CancelledByCustomer),
        etag: String::new(),
        intent,
    }
}

#[tokio::test]
async fn a_cancelled_order_leaves_nothing_at_the_provider() {
    for stage in stages("active_after_days: 10", &[]).await {
        let id = stage.order(&[Service::CloudWaf, Service::Edr]).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        assert_eq!(stage.present(&stage.read(id).await).await.len(), 2);
        let (ctx, call, tenant) = (stage.ctx(), operator(), stage.tenant);
        let asked = cancel(id, Intent::OnlyAsk);
        let asked = provisioning::cancel_order(ctx, &call, tenant, &asked).await;
        assert_eq!(state(&asked.unwrap()), OrderState::PendingCancellation);
        assert_eq!(state(&stage.read(id).await), OrderState::InProgress, "only asked");

        let command = cancel(id, Intent::Do);
        provisioning::cancel_order(ctx, &call, tenant, &command).await.unwrap();
        stage.advance("2020-10-04T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(state(&view), OrderState::Cancelled, "{}", stage.name());
        assert_eq!(stage.present(&view).await, Vec::<String>::new());
        let twice = provisioning::cancel_order(ctx, &call, tenant, &command).await;
        assert_eq!(twice.unwrap_err().reason(), Reason::OrderState);
    }
}

#[tokio::test]
async fn a_cancellation_during_the_request_waits_for_its_answer_and_takes_it_back() {
    for course in ["active_after_days: 10", "behaviour: outcome_unknown_once", ""] {
        for mut stage in stages(course, &[]).await {
            let switchboard = Switchboard::holding_back(Question::Put);
            stage.ask_by(Arc::clone(&switchboard) as Arc<dyn Providers>);
            let id = stage.order(&[Service::CloudWaf]).await;
            let worker = stage.worker.clone();
            let asking = tokio::spawn(async move { run_due_jobs(&worker).await.unwrap() });
            switchboard.holding.notified().await;
            let command = cancel(id, Intent::Do);
            let view =
                provisioning::cancel_order(stage.ctx(), &operator(), stage.tenant, &command).await;
            let view = view.unwrap();
            assert_eq!(state(&view), OrderState::AssessingCancellation, "{}", stage.name());
            assert_eq!(stage.present(&view).await, ids(&view), "the request has arrived");

            switchboard.release();
            asking.await.unwrap();
            stage.advance("2020-10-01T02:00:00Z").await;
            let view = stage.read(id).await;
            assert_eq!(state(&view), OrderState::Cancelled, "{course} {:?}", events(&view));
            assert_eq!(code(&view), ReasonCode::CancelledByCustomer);
            assert_eq!(stage.present(&view).await, Vec::<String>::new());
        }
    }
}

/// Plans the removal of a service as the end of a subscription does.
async fn plan_removal(stage: &Stage, item_id: ItemId, key: &str, run_at: Timestamp) {
    let stopped_at = Some(at("2020-10-02T00:00:00Z"));
    let remove = RemoveItem { tenant_id: stage.tenant, item_id, stopped_at };
    let job = NewJob {
        id: stage.ctx().ids.next(),
        tenant: Some(stage.tenant),
        lane: Lane::Provisioning,
        kind: REMOVE_ITEM,
        key: key.to_owned(),
        payload: jobs::payload(&remove).unwrap(),
        run_at,
    };
    let tx = stage.ctx().store.begin().await.unwrap();
    jobs::enqueue(&tx, &job).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_service_that_is_to_be_removed_twice_is_removed_once() {
    for stage in stages("", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let item_id = only(&stage.read(id).await).id;
        // Taking it away is held up for an hour; it was not wanted from the day on all the same.
        plan_removal(&stage, item_id, "first", at("2020-10-02T01:00:00Z")).await;
        plan_removal(&stage, item_id, "second", at("2020-10-02T01:00:30Z")).await;
        stage.advance("2020-10-02T01:00:40Z").await;
        let twice = end(&stage, id, item_id).await;
        assert_eq!(twice.unwrap_err().reason(), Reason::ItemState);
        plan_removal(&stage, item_id, "third", at("2020-10-02T03:00:00Z")).await;
        stage.advance("2020-10-03T00:00:00Z").await;

        let view = stage.read(id).await;
        let ended = ["activated", "ended", "seen_gone", "deprovisioned"];
        assert_eq!(events(&view)[events(&view).len() - 4..], ended, "{}", stage.name());
        assert_eq!(code(&view), ReasonCode::SubscriptionEnded);
        assert_eq!(only(&view).state.stopped_at(), Some(at("2020-10-02T00:00:00Z")));
        assert_eq!(stage.present(&view).await, Vec::<String>::new());
    }
}

/// A subscription to one service, which is ordered with it.
pub(crate) async fn subscribe(stage: &Stage, selection: Vec<SelectedItem>) -> SubscriptionId {
    let profile = Some(company([true, true, false], 30_000));
    let (ctx, call) = (stage.ctx(), operator());
    let new = NewQuote { profile, ..wanting(stage.tenant, selection) };
    let view = quoting::create_quote(ctx, &call, new).await.unwrap();
    let accept = AcceptQuote {
        quote_id: view.quote.id,
        etag: view.etag(),
        accepted: Vec::new(),
        start_on: None,
        accepted_by: "代表取締役".to_owned(),
        intent: quoting::Intent::Do,
    };
    let accepted = Box::pin(quoting::accept_quote(ctx, &call, stage.tenant, accept)).await.unwrap();
    accepted.subscription_id.unwrap()
}

async fn only_order(stage: &Stage) -> OrderId {
    let filter = OrderFilter { tenant_id: Some(stage.tenant), ..OrderFilter::default() };
    let request = PageRequest::default();
    let found = provisioning::find_orders(stage.ctx(), &operator(), &filter, &request).await;
    found.unwrap().rows.first().unwrap().stored.order.id
}

#[tokio::test]
async fn what_is_on_its_way_for_a_subscription_that_was_cancelled_is_taken_back() {
    for stage in stages("active_after_days: 10", &[]).await {
        let waf = SelectedItem::of(Service::CloudWaf).with_traffic_gb("8".parse().unwrap());
        let subscription_id = subscribe(&stage, vec![waf]).await;
        let id = only_order(&stage).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "awaiting_customer");
        let tx = stage.ctx().store.begin_read().await.unwrap();
        let read = subscriptions::get(&tx, stage.tenant, subscription_id).await.unwrap().unwrap();
        let etag = Some(subscribing::etag(read.version));
        let wanted = Wanted { subscription_id, etag, intent: Asking::Do };
        let at_once = (When::Now, "変更".to_owned());
        subscribing::cancel_subscription(stage.ctx(), &operator(), stage.tenant, &wanted, at_once)
            .await
            .unwrap();
        stage.advance("2020-10-20T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "cleaned", "{}", stage.name());
        assert_eq!(code(&view), ReasonCode::SubscriptionEnded);
        assert_eq!(stage.present(&view).await, Vec::<String>::new());
    }
}
