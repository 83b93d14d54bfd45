//! Providers that fail once, that fail for good, and that are not there.

use std::collections::BTreeMap;

use tasuki_app::provisioning::{self, ATTEND_ITEM, Attend, Resolution, ResolveItem, RetryItem};
use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, OrderId, PartnerId, ProviderId};
use tasuki_core::party::Principal;
use tasuki_core::provisioning::{
    CompletionPolicy, Item, ItemOutcome, Order, OrderState, ReasonCode, Spec,
};
use tasuki_core::service::Service;
use tasuki_store::jobs::{self, Lane, NewJob};
use tasuki_store::orders;
use tasuki_worker::run_due_jobs;

use crate::scene::{at, operator};
use crate::stage::{
    START, Stage, code, events, ids, move_providers, only, stages, stages_of, state, wanted,
};

#[tokio::test]
async fn a_provider_that_fails_once_is_asked_again_and_sets_one_instance_up() {
    for stage in stages("behaviour: fails_once, active_after_days: 2", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-05T00:00:00Z").await;
        let view = stage.read(id).await;
        let began = ["ordered", "requested", "retry_scheduled", "requested", "accepted"];
        assert_eq!(events(&view)[..5], began, "{}", stage.name());
        assert_eq!((state(&view), only(&view).n_attempts), (OrderState::Completed, 2));
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

#[tokio::test]
async fn a_provider_that_is_busy_for_hours_is_given_up_and_tried_again_by_hand() {
    let busy =
        ["--fail-rate", "100", "--fail-with", "RESOURCE_EXHAUSTED", "--fail-calls", "PutInstance"];
    for mut stage in stages("", &busy).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let view = stage.read(id).await;
        let given_up = only(&view);
        assert_eq!(given_up.state.as_str(), "failed_final", "{}", stage.name());
        assert_eq!((code(&view), given_up.n_attempts), (ReasonCode::ProviderFailed, 12));
        assert!(given_up.state.cause().unwrap().note.contains("told to fail"));
        assert_eq!((state(&view), stage.present(&view).await), (OrderState::Failed, Vec::new()));

        stage.provider.restart_with(&[]);
        retry(&stage, &view.stored.order, given_up.id).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!((state(&view), only(&view).generation), (OrderState::Completed, 2));
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

async fn retry(stage: &Stage, order: &Order, item_id: ItemId) {
    let again =
        RetryItem { order_id: order.id, item_id, parameters: BTreeMap::new(), etag: String::new() };
    provisioning::retry_item(stage.ctx(), &operator(), stage.tenant, &again).await.unwrap();
}

#[tokio::test]
async fn what_failed_for_good_is_cleaned_up_when_something_was_left_behind() {
    let course = "behaviour: customer_rolls_back, active_after_days: 3";
    for stage in stages(course, &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-03T00:00:00Z").await;
        let under_way = stage.read(id).await;
        assert_eq!(stage.present(&under_way).await, ids(&under_way));

        stage.advance("2020-10-06T00:00:00Z").await;
        let view = stage.read(id).await;
        let ended = ["failed", "seen_gone", "cleaned"];
        assert_eq!(events(&view)[events(&view).len() - 3..], ended, "{}", stage.name());
        assert_eq!(code(&view), ReasonCode::MisconfigRolledBack);
        assert_eq!(only(&view).outcome(), ItemOutcome::NeverInstalled);
        assert_eq!((state(&view), stage.present(&view).await), (OrderState::Failed, Vec::new()));
    }
}

#[tokio::test]
async fn what_failed_for_good_and_left_nothing_behind_is_over_at_once() {
    let course = "behaviour: existing_device_on_site, active_after_days: 5";
    for stage in stages(course, &[]).await {
        let id = stage.order(&[Service::Utm]).await;
        stage.advance("2020-10-10T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "failed_final", "{}", stage.name());
        assert_eq!(code(&view), ReasonCode::ExistingUtmFoundOnSite);
        assert_eq!(stage.present(&view).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_a_provider_does_not_offer_is_refused_with_its_words() {
    for stage in stages("", &[]).await {
        let mut command = wanted(&[Service::CloudWaf], CompletionPolicy::Any);
        command.items[0].spec.component = "firewall".to_owned();
        let id = stage.order_with(command).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(code(&view), ReasonCode::ProviderRefused, "{}", stage.name());
        assert!(only(&view).state.cause().unwrap().note.contains("firewall"));
        assert_eq!(only(&view).n_attempts, 1);
    }
}

#[tokio::test]
async fn all_or_nothing_takes_the_others_back_and_says_why() {
    let scenario = "\
        otherwise: { active_after_days: 10 }\n\
        instances:\n\
        - tenant_reference: ten_00000000-0000-0000-0000-000000000001\n  \
          component: edr\n  \
          behaviour: install_fails\n  \
          active_after_days: 2\n";
    for stage in stages_of(scenario, &[]).await {
        let services = [Service::CloudWaf, Service::Edr];
        let id = stage.order_with(wanted(&services, CompletionPolicy::All)).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        assert_eq!(stage.present(&stage.read(id).await).await.len(), 2);
        stage.advance("2020-10-05T00:00:00Z").await;
        let view = stage.read(id).await;
        let reasons: Vec<_> =
            view.stored.items().iter().map(|item| item.state.cause().unwrap().code).collect();
        let expected = [ReasonCode::RolledBackWithBundle, ReasonCode::InstallFailedNoInfo];
        assert_eq!(reasons, expected, "{}", stage.name());
        assert_eq!(stage.present(&view).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_provider_that_refuses_connections_is_given_up_after_a_day_with_its_reason() {
    for mut stage in stages("", &[]).await {
        stage.provider.kill();
        let id = stage.order(&[Service::CloudWaf]).await;
        run_due_jobs(&stage.worker).await.unwrap();
        let first = only(&stage.read(id).await);
        assert_eq!(first.state.as_str(), "failed_retryable", "{}", stage.name());
        assert!(first.last_error.contains("Unavailable"), "{}", first.last_error);

        stage.advance("2020-10-04T00:00:00Z").await;
        let view = stage.read(id).await;
        let ended = only(&view);
        assert_eq!(ended.state.as_str(), "failed_final");
        assert_eq!(code(&view), ReasonCode::ProviderUnreachable);
        assert_eq!(ended.state.cause().unwrap().note, ended.last_error);
        let tried = ended.state.ended_at().unwrap().seconds_since(at(START));
        assert!((43_200..2 * 86_400).contains(&tried), "{tried} s");

        // Whoever repairs it tries again, and the same item goes live.
        stage.provider.restart();
        retry(&stage, &view.stored.order, ended.id).await;
        stage.advance("2020-10-05T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(state(&view), OrderState::Completed);
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

#[tokio::test]
async fn an_address_that_is_none_ends_the_same_and_is_named() {
    for stage in stages("", &[]).await {
        move_providers(stage.ctx(), "no address").await;
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-04T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(code(&view), ReasonCode::ProviderUnreachable, "{}", stage.name());
        assert!(only(&view).state.cause().unwrap().note.contains("`no address`"));
    }
}

#[tokio::test]
async fn an_item_whose_provider_is_not_registered_says_so_from_the_first_try_to_the_end() {
    for stage in stages("", &[]).await {
        let id = order_at(&stage, "nobody").await;
        run_due_jobs(&stage.worker).await.unwrap();
        let first = only(&stage.read(id).await);
        assert_eq!(first.state.as_str(), "failed_retryable", "{}", stage.name());
        let nobody = ProviderId::of_code("nobody");
        assert_eq!(first.last_error, format!("no provider `{nobody}` is registered"));

        stage.advance("2020-10-04T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).state.as_str(), "failed_final");
        assert_eq!(code(&view), ReasonCode::ProviderNotRegistered);
        assert_eq!(only(&view).state.cause().unwrap().note, first.last_error);
    }
}

/// An order for a provider that nobody has registered, as an accepted quote may leave it.
async fn order_at(stage: &Stage, provider: &str) -> OrderId {
    let (ctx, now) = (stage.ctx(), at(START));
    let order = Order {
        id: ctx.ids.next(),
        tenant_id: stage.tenant,
        subscription_id: None,
        partner_id: PartnerId::of_code("ogs"),
        external_reference: String::new(),
        completion: CompletionPolicy::Any,
        ordered_at: now,
        cancellation: None,
    };
    let spec = Spec::of(Service::CloudWaf, "cloud_waf");
    let item = Item::planned(ctx.ids.next(), 1, ProviderId::of_code(provider), spec);
    let attend =
        Attend { tenant_id: stage.tenant, order_id: order.id, item_id: item.id, version: 1 };
    let job = NewJob {
        id: ctx.ids.next(),
        tenant: Some(stage.tenant),
        lane: Lane::Provisioning,
        kind: ATTEND_ITEM,
        key: format!("{ATTEND_ITEM}:{}:1", item.id),
        payload: jobs::payload(&attend).unwrap(),
        run_at: now,
    };
    let tx = ctx.store.begin().await.unwrap();
    let first = item.first_transition(&Actor::from(&Principal::system()), now);
    orders::insert(&tx, &order, &[(item, first)]).await.unwrap();
    jobs::enqueue(&tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    order.id
}

#[tokio::test]
async fn an_operator_who_gives_an_item_up_leaves_nothing_at_the_provider() {
    for stage in stages("active_after_days: 10", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        for (to, expected) in
            [("2020-10-01T02:00:00Z", "accepted"), ("2020-10-04T00:00:00Z", "awaiting_customer")]
        {
            stage.advance(to).await;
            let view = stage.read(id).await;
            assert_eq!(only(&view).state.as_str(), expected, "{}", stage.name());
            let give_up = ResolveItem {
                order_id: id,
                item_id: only(&view).id,
                resolution: Resolution::Fail,
                reason: Some(ReasonCode::NoExecutiveApproval),
                note: "told by telephone".to_owned(),
                evidence_id: String::new(),
                etag: String::new(),
            };
            provisioning::resolve_item(stage.ctx(), &operator(), stage.tenant, give_up)
                .await
                .unwrap();
            stage.advance(&to.replace(":00:00Z", ":30:00Z")).await;
            let view = stage.read(id).await;
            assert_eq!(only(&view).state.as_str(), "cleaned");
            assert_eq!(code(&view), ReasonCode::NoExecutiveApproval);
            assert_eq!(stage.present(&view).await, Vec::<String>::new());
            retry(&stage, &view.stored.order, only(&view).id).await;
        }
    }
}
