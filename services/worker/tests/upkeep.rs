//! What is under way is never forgotten, and what is done is forgotten in time, on both databases.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "../../app/tests/quoting/scene.rs"]
#[expect(dead_code, reason = "the scene of quotes has more than this needs")]
mod scene;

use tasuki_app::context::Context;
use tasuki_app::provisioning::{
    self, CreateOrder, Intent, NewItem, OnRefusal, SurveyFacts, find_lost_looks, forget_done_jobs,
};
use tasuki_core::provisioning::{BillingStart, CompletionPolicy, DriftPolicy, Spec};
use tasuki_core::service::Service;
use tasuki_store::jobs::{self, Claim, Lane};
use uuid::Uuid;

use crate::scene::{at, company, operator, schemes};

fn order() -> CreateOrder {
    let component = Spec::default_component(Service::Utm);
    let item = NewItem {
        spec: Spec { quantity: 1, ..Spec::of(Service::Utm, component) },
        provider_id: None,
        core: true,
        depends_on: Vec::new(),
        billing_start: BillingStart::OnActive,
        drift_policy: DriftPolicy::Report,
        consent: None,
    };
    // What needs the first one waits for nobody's look.
    let second = NewItem { depends_on: vec![1], ..item.clone() };
    CreateOrder {
        subscription_id: None,
        external_reference: String::new(),
        items: vec![item, second],
        survey: SurveyFacts {
            profile: company([true, true, false], 30_000),
            ..SurveyFacts::default()
        },
        completion: CompletionPolicy::Any,
        on_refusal: OnRefusal::RefuseOrder,
        intent: Intent::Do,
    }
}

/// Every due job counts as done, and nothing was done; tells how many.
async fn lose_jobs(ctx: &Context, token: u128) -> usize {
    let now = ctx.clock.now();
    let claim = Claim { token: Uuid::from_u128(token), limit: 10 };
    let tx = ctx.store.begin().await.unwrap();
    let lease_until = now.plus_seconds(60).unwrap();
    let due = jobs::claim_due(&tx, Lane::Provisioning, now, lease_until, claim).await.unwrap();
    for job in &due {
        jobs::complete(&tx, job, now).await.unwrap();
    }
    tx.commit().await.unwrap();
    due.len()
}

#[tokio::test]
async fn an_item_whose_look_was_lost_gets_another_and_only_one() {
    for scheme in schemes().await {
        let ctx = &scheme.ctx;
        let tenant = scheme.tenant(1, "2020-10-01T01:00:00Z").await;
        provisioning::create_order(ctx, &operator(), tenant, order()).await.unwrap();
        assert_eq!(find_lost_looks(ctx).await.unwrap(), 0, "{}", scheme.name);

        assert_eq!(lose_jobs(ctx, 1).await, 1);
        assert_eq!(find_lost_looks(ctx).await.unwrap(), 1, "{}", scheme.name);
        assert_eq!(find_lost_looks(ctx).await.unwrap(), 0, "it has one now");
        assert_eq!(lose_jobs(ctx, 2).await, 1, "and that one is due");
    }
}

#[tokio::test]
async fn what_was_done_long_ago_is_forgotten_and_what_waits_stays() {
    for scheme in schemes().await {
        let ctx = &scheme.ctx;
        let tenant = scheme.tenant(1, "2020-10-01T01:00:00Z").await;
        provisioning::create_order(ctx, &operator(), tenant, order()).await.unwrap();
        lose_jobs(ctx, 1).await;
        find_lost_looks(ctx).await.unwrap();

        let (before, after) = (at("2021-05-31T00:00:00Z"), at("2021-06-02T00:00:00Z"));
        assert_eq!(forget_done_jobs(ctx, before).await.unwrap(), 0, "{}", scheme.name);
        assert_eq!(forget_done_jobs(ctx, after).await.unwrap(), 1, "{}", scheme.name);
        assert_eq!(lose_jobs(ctx, 2).await, 1, "the next look still waits");
    }
}
