//! The ways that end well.

use std::sync::Arc;
use std::time::Duration;

use tasuki_app::provisioning::{self, RetryItem};
use tasuki_core::provisioning::{ItemOutcome, OrderState, ReasonCode};
use tasuki_core::service::Service;
use tasuki_partners::provider::GrpcProviders;

use crate::scene::{at, operator};
use crate::stage::{START, code, events, ids, only, stages, state};

/// Everything that happens to a WAF that is live after ten days.
pub(crate) const NORMAL: [&str; 9] = [
    "ordered",
    "requested",
    "accepted",
    "customer_asked",
    "customer_reminded",
    "customer_reminded",
    "accepted",
    "installed",
    "activated",
];

#[tokio::test]
async fn the_normal_way_ends_active_with_evidence_and_one_instance() {
    for stage in stages("active_after_days: 10", &[]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-20T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(events(&view), NORMAL, "{}", stage.name());
        assert_eq!(state(&view), OrderState::Completed);
        assert_eq!(stage.present(&view).await, ids(&view));

        let item = only(&view);
        let service = item.state.service().unwrap();
        let live = at(START).plus_seconds(10 * 86_400).unwrap();
        let seen_after = service.active_at.seconds_since(live);
        assert!((0..120).contains(&seen_after), "seen {seen_after} s after it was live");
        let told = view.history.iter().find(|one| one.transition.event == "activated").unwrap();
        assert_eq!(told.transition.evidence_id, service.evidence.id);
        assert!(service.evidence.id.starts_with(&format!("obs-{}", item.id)));
        assert_eq!(item.covered(), Some((service.active_at, None)));
    }
}

#[tokio::test]
async fn every_service_of_a_bundle_goes_live_and_tells_what_is_there() {
    for stage in stages("active_after_days: 6, installed: 5, reporting: 4", &[]).await {
        let services = [Service::Utm, Service::CloudWaf, Service::Edr, Service::Diagnosis];
        let id = stage.order(&services).await;
        stage.advance("2020-10-30T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(state(&view), OrderState::Completed, "{}", stage.name());
        let items = view.stored.items();
        let states: Vec<_> = items.iter().map(|item| item.state.as_str()).collect();
        assert_eq!(states, ["active", "active", "active", "done"]);
        assert!(items[0].device.as_ref().unwrap().serial.starts_with("REF-"));
        assert_eq!(items[2].endpoints.unwrap().reporting, 4);
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

#[tokio::test]
async fn a_slow_provider_ends_the_same() {
    for stage in stages("active_after_days: 10", &["--slow-ms", "100"]).await {
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-20T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(events(&view), NORMAL, "{}", stage.name());
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

#[tokio::test]
async fn a_provider_slower_than_our_patience_is_given_up_and_comes_back_to_a_person() {
    for mut stage in stages("", &["--slow-ms", "400"]).await {
        let patience = Duration::from_millis(20);
        stage.ask_by(Arc::new(GrpcProviders::with_call_time(patience)));
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-02T00:00:00Z").await;
        assert_eq!(only(&stage.read(id).await).state.as_str(), "unknown", "{}", stage.name());

        stage.advance("2020-10-15T00:00:00Z").await;
        let view = stage.read(id).await;
        let stuck = only(&view);
        assert_eq!(
            (stuck.state.as_str(), code(&view)),
            ("cleanup_stuck", ReasonCode::ProviderTimedOut)
        );
        assert_eq!(state(&view), OrderState::Held, "a person has to look");
        assert!(!stuck.last_error.is_empty());

        stage.provider.restart_with(&[]);
        stage.ask_by(Arc::new(GrpcProviders::new()));
        let again = RetryItem {
            order_id: id,
            item_id: stuck.id,
            parameters: std::collections::BTreeMap::new(),
            etag: String::new(),
        };
        provisioning::retry_item(stage.ctx(), &operator(), stage.tenant, &again).await.unwrap();
        stage.advance("2020-10-16T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(only(&view).outcome(), ItemOutcome::NeverInstalled);
        assert_eq!((state(&view), stage.present(&view).await), (OrderState::Failed, Vec::new()));
    }
}
