//! What becomes of orders beside their providers: preflight, dependencies, new tries, subscriptions.

use tasuki_app::provisioning::{
    self, CreateOrder, FunnelQuery, NewItem, OnRefusal, RetryItem, SurveyFacts,
};
use tasuki_core::catalog::SelectedItem;
use tasuki_core::provisioning::{CompletionPolicy, ItemOutcome, OrderState};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::SubscriptionState;
use tasuki_store::{subscriptions, tenants};

use crate::removals::subscribe;
use crate::scene::{at, company, operator, partner};
use crate::stage::{Stage, events, ids, item, only, stages, stages_of, state, wanted};

#[tokio::test]
async fn preflight_refuses_an_order_or_keeps_the_item_refused_for_the_funnel() {
    for stage in stages("", &[]).await {
        let survey =
            SurveyFacts { profile: company([true, true, true], 30_000), ..SurveyFacts::default() };
        let command = |on_refusal| CreateOrder {
            survey: survey.clone(),
            on_refusal,
            ..wanted(&[Service::Utm, Service::Edr], CompletionPolicy::Any)
        };
        let (ctx, call, tenant) = (stage.ctx(), operator(), stage.tenant);
        let refused =
            provisioning::create_order(ctx, &call, tenant, command(OnRefusal::RefuseOrder)).await;
        let problem = refused.unwrap_err();
        assert_eq!(problem.reason(), Reason::PreflightRefused, "{problem}");
        assert!(problem.metadata().contains(&("reason", "EXISTING_UTM_FOUND_ON_SITE".to_owned())));

        let id = stage.order_with(command(OnRefusal::KeepItem)).await;
        let kept = only(&stage.read(id).await);
        assert_eq!(kept.outcome(), ItemOutcome::Refused);
        assert!(kept.preflight.unwrap().decision_id.is_some());
        stage.advance("2020-10-02T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(stage.present(&view).await, [view.stored.items[1].item.id.to_string()]);
        let funnel = provisioning::get_funnel(ctx, &call, &FunnelQuery::default()).await.unwrap();
        let counts: Vec<_> = funnel
            .rows
            .iter()
            .map(|row| (row.service, row.counts.applied, row.counts.refused, row.counts.active))
            .collect();
        assert_eq!(counts, [(Service::Utm, 1, 1, 0), (Service::Edr, 1, 0, 1)], "{}", stage.name());
        assert_eq!(funnel.total.tenants_applied, 1);

        // Only what was ordered within a period: from its start on, and before its end.
        let ordered = view.stored.order.ordered_at;
        let next = ordered.plus_seconds(1).unwrap();
        for (from, before, n_applied) in [
            (Some(ordered), Some(next), 2),
            (Some(next), None, 0),
            (None, Some(ordered), 0),
            (None, Some(next), 2),
        ] {
            let (ordered_from, ordered_before) = (from, before);
            let query = FunnelQuery { ordered_from, ordered_before, ..FunnelQuery::default() };
            let funnel = provisioning::get_funnel(ctx, &call, &query).await.unwrap();
            assert_eq!(funnel.total.applied, n_applied, "{}", stage.name());
        }
    }
}

#[tokio::test]
async fn an_item_waits_for_those_that_it_depends_on_and_a_circle_is_refused() {
    for stage in stages("active_after_days: 3", &[]).await {
        let waits = |service, depends_on| NewItem { depends_on, ..item(service) };
        let order = |items| CreateOrder { items, ..wanted(&[], CompletionPolicy::Any) };
        for items in [
            vec![waits(Service::Utm, vec![2]), waits(Service::Edr, vec![1])],
            vec![waits(Service::Utm, vec![3])],
        ] {
            let (call, tenant) = (operator(), stage.tenant);
            let refused =
                provisioning::create_order(stage.ctx(), &call, tenant, order(items)).await;
            assert_eq!(refused.unwrap_err().reason(), Reason::RequestInvalid);
        }

        let items = vec![waits(Service::Edr, vec![2]), waits(Service::Utm, vec![])];
        let id = stage.order_with(order(items)).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        let view = stage.read(id).await;
        let first = &view.stored.items[1].item;
        assert_eq!(stage.present(&view).await, [first.id.to_string()], "{}", stage.name());
        stage.advance("2020-10-10T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(state(&view), OrderState::Completed, "{:?}", events(&view));
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

#[tokio::test]
async fn an_item_that_ended_is_tried_again_with_other_parameters_as_a_new_generation() {
    for stage in stages("behaviour: customer_never_acts, active_after_days: 1", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-11-10T00:00:00Z").await;
        let (ctx, tenant, view) = (stage.ctx(), stage.tenant, stage.read(id).await);
        let retry = |etag: &str| RetryItem {
            order_id: id,
            item_id: only(&view).id,
            parameters: [("domains".to_owned(), "www.example.jp".to_owned())].into(),
            etag: etag.to_owned(),
        };
        let stale = provisioning::retry_item(ctx, &operator(), tenant, &retry("v1")).await;
        assert_eq!(stale.unwrap_err().reason(), Reason::EtagMismatch);
        let foreign =
            provisioning::retry_item(ctx, &partner("elsewhere"), tenant, &retry("")).await;
        assert_eq!(foreign.unwrap_err().reason(), Reason::TenantNotFound);
        let again = provisioning::retry_item(ctx, &partner("ogs"), tenant, &retry("")).await;
        let again = only(&again.unwrap());
        assert_eq!((again.state.as_str(), again.generation), ("planned", 3));
        stage.advance("2020-11-11T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "awaiting_customer", "{}", stage.name());
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

/// Of the first tenant, the WAF waits for ever and everything else goes live.
const WAF_NEVER: &str = "instances:\n\
    - tenant_reference: ten_00000000-0000-0000-0000-000000000001\n  \
      component: cloud_waf\n  \
      behaviour: customer_never_acts\n  \
      active_after_days: 1\n";

#[tokio::test]
async fn a_subscription_begins_when_nothing_is_awaited_with_what_really_runs() {
    for stage in stages_of(WAF_NEVER, &[]).await {
        let tx = stage.ctx().store.begin().await.unwrap();
        tenants::set_clock(&tx, stage.tenant, at("2021-04-01T01:00:00Z")).await.unwrap();
        tx.commit().await.unwrap();
        let selection = vec![
            SelectedItem::of(Service::CloudWaf).with_traffic_gb("8".parse().unwrap()),
            SelectedItem::of(Service::Edr).with_endpoints(5),
        ];
        let id = subscribe(&stage, selection).await;
        stage.advance("2021-04-10T00:00:00Z").await;
        let pending = subscription(&stage, id).await;
        assert_eq!(*pending.state(), SubscriptionState::Pending, "the WAF is still awaited");

        stage.advance("2021-05-10T00:00:00Z").await;
        let begun = subscription(&stage, id).await;
        assert_eq!(*begun.state(), SubscriptionState::Active, "{}", stage.name());
        let used: Vec<_> = begun
            .items
            .iter()
            .map(|item| (item.selected.service, item.starts_on.is_some(), item.ends_on.is_some()))
            .collect();
        assert_eq!(used, [(Service::CloudWaf, false, true), (Service::Edr, true, false)]);
    }
}

async fn subscription(
    stage: &Stage,
    id: tasuki_core::id::SubscriptionId,
) -> tasuki_core::subscription::Subscription {
    let tx = stage.ctx().store.begin_read().await.unwrap();
    subscriptions::get(&tx, stage.tenant, id).await.unwrap().unwrap().subscription
}
