//! What a receiver gets, when all is well.

use tasuki_app::webhooks::{
    AttemptFilter, EndpointChange, disable_endpoint, list_attempts, test_endpoint, update_endpoint,
};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;

use crate::receiver::Receiver;
use crate::scene::{SECRET, deliver, here, operator, partner, scenes};

#[tokio::test]
async fn events_of_a_partners_tenants_come_in_order_and_signed() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        let endpoint = scene.endpoint("ogs", &receiver.url(), &["order.*"]).await;
        let subjects = scene.happen(120).await;
        scene.happen_to(scene.tenants[0], "quote.withdrawn").await;

        let mut process = scene.process();
        assert_eq!(deliver(&scene, &mut process).await, 60, "{}", scene.name);
        let got = receiver.got();
        let told: Vec<_> =
            got.iter().map(|it| it.event()["subject"].as_str().unwrap().to_owned()).collect();
        let own: Vec<_> = subjects.iter().step_by(2).cloned().collect();
        assert_eq!(told, own, "{}: of the other partner's tenant nothing", scene.name);

        let first = &got[0];
        assert!(first.is_signed_with(SECRET));
        assert_eq!(first.headers["webhook-timestamp"], "1622505600", "real time, in seconds");
        assert!(first.headers["content-type"].starts_with("application/cloudevents+json"));
        assert_eq!(first.headers["host"], receiver.address.to_string());
        let event = first.event();
        assert_eq!(event["id"], first.id());
        assert_eq!(event["type"], "tasuki.order.changed.v1");
        assert_eq!(event["tenantid"], scene.tenants[0].to_string());

        assert_eq!(deliver(&scene, &mut process).await, 0, "what was taken does not come again");
        let stored = scene.stored(endpoint).await;
        assert_eq!((stored.version, stored.progress.n_failures), (1, 0));
        let filter = AttemptFilter { endpoint, event: None, failed_only: false };
        let request = tasuki_app::paging::PageRequest { size: 100, after: None };
        let page = list_attempts(&scene.ctx, &partner("ogs"), filter, &request).await.unwrap();
        assert_eq!(page.rows.len(), 60);
        assert!(page.rows.iter().all(|it| it.status == Some(204) && it.number == 1));
    }
}

#[tokio::test]
async fn the_operators_endpoint_gets_everything_and_each_endpoint_goes_at_its_own_pace() {
    for scene in scenes().await {
        let (all, one) = (Receiver::start().await, Receiver::start().await);
        scene.endpoint_of(&operator(), &all.url(), &[]).await;
        scene.endpoint("elsewhere", &one.url(), &["order.changed"]).await;
        scene.happen(10).await;
        deliver(&scene, &mut scene.process()).await;
        assert_eq!(one.got().len(), 5);
        let topics: Vec<_> =
            all.got().iter().map(|it| it.event()["type"].as_str().unwrap().to_owned()).collect();
        // The operator is told of the partner's endpoint, too.
        assert_eq!(topics[0], "tasuki.webhook_endpoint.created.v1");
        assert_eq!(topics.len(), 12, "{}: {topics:?}", scene.name);
    }
}

#[tokio::test]
async fn an_endpoint_gets_what_happens_after_it_was_registered() {
    for scene in scenes().await {
        scene.happen(6).await;
        let receiver = Receiver::start().await;
        scene.endpoint("ogs", &receiver.url(), &[]).await;
        scene.happen(2).await;
        assert_eq!(deliver(&scene, &mut scene.process()).await, 1, "{}", scene.name);
    }
}

#[tokio::test]
async fn a_test_event_goes_to_one_endpoint_whatever_its_topics() {
    for scene in scenes().await {
        let (tested, other) = (Receiver::start().await, Receiver::start().await);
        let endpoint = scene.endpoint("ogs", &tested.url(), &["quote.*"]).await;
        scene.endpoint_of(&operator(), &other.url(), &["webhook_endpoint.*"]).await;
        let by = partner("ogs");
        let id = test_endpoint(&scene.ctx, &by, endpoint).await.unwrap();
        deliver(&scene, &mut scene.process()).await;
        assert_eq!(tested.ids(), [id.to_string()], "{}", scene.name);
        assert_eq!(tested.got()[0].event()["type"], "tasuki.webhook_endpoint.tested.v1");
        let heard = other.got();
        assert!(heard.iter().all(|it| it.id() != id.to_string()), "it was not meant for others");

        let stranger = test_endpoint(&scene.ctx, &partner("elsewhere"), endpoint).await;
        let reason = |problem: Result<_, Problem>| problem.unwrap_err().reason();
        assert_eq!(reason(stranger), Reason::WebhookEndpointNotFound);
        disable_endpoint(&scene.ctx, &by, (endpoint, "1")).await.unwrap();
        let disabled = test_endpoint(&scene.ctx, &by, endpoint).await;
        assert_eq!(reason(disabled), Reason::WebhookEndpointState);
    }
}

#[tokio::test]
async fn a_change_of_topics_holds_for_what_was_not_delivered_yet() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        let endpoint = scene.endpoint("ogs", &receiver.url(), &["quote.*"]).await;
        scene.happen(2).await;
        let mut process = scene.process();
        assert_eq!(deliver(&scene, &mut process).await, 0);
        let change = EndpointChange {
            endpoint_id: endpoint,
            etag: "1".to_owned(),
            url: None,
            topics: Some(vec!["order.changed".to_owned()]),
            description: None,
        };
        update_endpoint(&scene.ctx, &partner("ogs"), change, &here()).await.unwrap();
        assert_eq!(deliver(&scene, &mut process).await, 0, "what was passed by stays behind");
        scene.happen(2).await;
        assert_eq!(deliver(&scene, &mut process).await, 1, "{}", scene.name);
    }
}
