//! What a provider has and what it should have, compared in both directions.

use std::collections::BTreeSet;

use tasuki_app::provisioning::{self, OrderView, plan_sweeps};
use tasuki_core::id::{ItemId, OrderId, TenantId};
use tasuki_core::provisioning::{CompletionPolicy, Item, Question, ReasonCode};
use tasuki_core::service::Service;
use tasuki_partners::provider::{GrpcProviders, Providers as _};
use tasuki_store::outbox::{self, Filter, Whose};
use tasuki_store::tenants;
use tasuki_worker::run_due_jobs;
use uuid::Uuid;

use crate::scene::operator;
use crate::stage::{Stage, only, stages, wanted};

/// A tenant in real time beside the stage's own.
pub(crate) async fn real_tenant(stage: &Stage) -> TenantId {
    let tx = stage.ctx().store.begin().await.unwrap();
    let mut tenant = tenants::get(&tx, stage.tenant).await.unwrap().unwrap().tenant;
    tenant.id = TenantId::from(Uuid::from_u128(4_711));
    "in real time".clone_into(&mut tenant.partner_reference);
    tenant.clock_at = None;
    tenants::insert(&tx, &tenant).await.unwrap();
    tx.commit().await.unwrap();
    tenant.id
}

pub(crate) async fn order(stage: &Stage, tenant: TenantId) -> OrderId {
    let command = wanted(&[Service::CloudWaf], CompletionPolicy::Any);
    let ordered = provisioning::create_order(stage.ctx(), &operator(), tenant, command).await;
    ordered.unwrap().stored.order.id
}

pub(crate) async fn read(stage: &Stage, (tenant, order): (TenantId, OrderId)) -> OrderView {
    provisioning::get_order(stage.ctx(), &operator(), tenant, order).await.unwrap()
}

/// Somebody asks the provider behind our back.
async fn behind_our_back(stage: &Stage, item: &Item, question: Question) {
    let (endpoint, now) = (stage.provider.endpoint(), stage.ctx().clock.now());
    GrpcProviders::new().ask(&endpoint, item, &question, now).await;
}

pub(crate) async fn an_hour_later(stage: &Stage) {
    for _ in 0..60 {
        stage.let_leases_end();
    }
    plan_sweeps(stage.ctx()).await.unwrap();
    run_due_jobs(&stage.worker).await.unwrap();
    // What follows is due a little later.
    stage.let_leases_end();
    run_due_jobs(&stage.worker).await.unwrap();
}

/// What was told to be in the wrong place; several times if several providers have it.
async fn told(stage: &Stage) -> Vec<String> {
    let tx = stage.ctx().store.begin_read().await.unwrap();
    let topics = vec!["provider.stray_found".to_owned()];
    let filter = Filter { topics, ..Filter::of(Whose::Everybody) };
    let events = outbox::list(&tx, &filter, (0, i64::MAX), 100).await.unwrap();
    events.into_iter().map(|event| event.subject).collect()
}

async fn listed(stage: &Stage) -> Vec<String> {
    stage.provider.instances(stage.ctx().clock.now()).await
}

#[tokio::test]
async fn what_disappeared_at_its_provider_is_found_and_ends() {
    for stage in stages("active_after_days: 0", &[]).await {
        let tenant = real_tenant(&stage).await;
        let id = order(&stage, tenant).await;
        run_due_jobs(&stage.worker).await.unwrap();
        let item = only(&read(&stage, (tenant, id)).await);
        assert_eq!(item.state.as_str(), "active", "{}", stage.name());
        an_hour_later(&stage).await;
        assert_eq!(only(&read(&stage, (tenant, id)).await).state.as_str(), "active");

        behind_our_back(&stage, &Item { generation: 7, ..item }, Question::Remove).await;
        an_hour_later(&stage).await;
        an_hour_later(&stage).await;
        let gone = only(&read(&stage, (tenant, id)).await);
        assert_eq!(gone.state.as_str(), "deprovisioned", "{}", stage.name());
        assert_eq!(gone.state.cause().unwrap().code, ReasonCode::DisappearedAtProvider);
    }
}

#[tokio::test]
async fn what_was_left_over_is_taken_away_after_the_second_sweep_and_what_is_not_ours_never() {
    for stage in stages("active_after_days: 0", &[]).await {
        let tenant = real_tenant(&stage).await;
        let id = order(&stage, tenant).await;
        run_due_jobs(&stage.worker).await.unwrap();
        let item = only(&read(&stage, (tenant, id)).await);
        behind_our_back(&stage, &Item { generation: 7, ..item.clone() }, Question::Remove).await;
        an_hour_later(&stage).await;
        an_hour_later(&stage).await;
        let over = only(&read(&stage, (tenant, id)).await);
        assert_eq!(over.state.as_str(), "deprovisioned", "{}", stage.name());

        let back = Item { generation: 20, observed_generation: 20, ..over.clone() };
        behind_our_back(&stage, &back, Question::Put).await;
        let foreign = Item { id: ItemId::from(Uuid::from_u128(99)), ..item };
        behind_our_back(&stage, &foreign, Question::Put).await;
        assert_eq!(listed(&stage).await.len(), 2);
        an_hour_later(&stage).await;
        let first = told(&stage).await;
        // One process plays every provider of the stage: each of them has what is not ours.
        let both = BTreeSet::from([over.id.to_string(), foreign.id.to_string()]);
        assert_eq!(first.iter().cloned().collect::<BTreeSet<_>>(), both, "{}", stage.name());
        assert_eq!(listed(&stage).await.len(), 2, "evidence first: nothing is taken away yet");
        an_hour_later(&stage).await;
        assert_eq!(told(&stage).await, first, "once each");
        let now = only(&read(&stage, (tenant, id)).await);
        assert_eq!(now.state, over.state, "the item stays over");
        let kept = listed(&stage).await;
        assert!(kept.contains(&foreign.id.to_string()), "what is not ours stays: {kept:?}");
    }
}

#[tokio::test]
async fn a_tenant_in_another_time_is_left_alone() {
    for stage in stages("active_after_days: 0", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let before = stage.read(id).await;
        an_hour_later(&stage).await;
        an_hour_later(&stage).await;
        let after = stage.read(id).await;
        assert_eq!(after.stored.items[0].version, before.stored.items[0].version);
        assert_eq!(told(&stage).await, Vec::<String>::new(), "{}", stage.name());
    }
}
