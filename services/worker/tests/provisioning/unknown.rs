//! Requests that took effect and whose answers were lost: looked at, adopted, and never doubled.

use std::sync::Arc;

use tasuki_core::provisioning::{Item, OrderState, Question};
use tasuki_core::service::Service;
use tasuki_partners::provider::Providers;

use crate::removals::end;
use crate::stage::{events, ids, only, stages, state};
use crate::switchboard::Switchboard;

#[tokio::test]
async fn an_instance_whose_answer_was_lost_is_found_and_adopted() {
    for mut stage in stages("behaviour: outcome_unknown_once, active_after_days: 2", &[]).await {
        let switchboard = Switchboard::open();
        stage.ask_by(Arc::clone(&switchboard) as Arc<dyn Providers>);
        let id = stage.order(&[Service::CloudWaf]).await;
        stage.advance("2020-10-01T02:00:00Z").await;
        let view = stage.read(id).await;
        let began = ["ordered", "requested", "track_lost", "requested", "accepted"];
        assert_eq!(events(&view), began, "{}", stage.name());
        assert_eq!(switchboard.asked()[..3], [Question::Put, Question::Observe, Question::Put]);
        assert_eq!(stage.present(&view).await, ids(&view), "one and not two");

        stage.advance("2020-10-05T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!((state(&view), only(&view).generation), (OrderState::Completed, 1));
        assert_eq!(stage.present(&view).await, ids(&view));
    }
}

#[tokio::test]
async fn a_bundle_at_a_provider_that_loses_every_first_answer_is_set_up_and_removed_once() {
    for stage in stages("active_after_days: 2", &["--time-out-after-effect"]).await {
        let id = stage.order(&[Service::Utm, Service::CloudWaf, Service::Edr]).await;
        stage.advance("2020-10-05T00:00:00Z").await;
        let view = stage.read(id).await;
        assert_eq!(state(&view), OrderState::Completed, "{}", stage.name());
        assert_eq!(stage.present(&view).await, ids(&view), "three and not six");

        for item in view.stored.items() {
            end(&stage, id, item.id).await.unwrap();
        }
        stage.advance("2020-10-06T00:00:00Z").await;
        let view = stage.read(id).await;
        let gone = |item: &Item| item.state.as_str() == "deprovisioned";
        assert!(view.stored.items().iter().all(gone), "{:?}", events(&view));
        assert_eq!(stage.present(&view).await, Vec::<String>::new());
    }
}
