//! Receivers that fail, are away, are gone, or never come back.

use serde_json::json;
use tasuki_app::paging::PageRequest;
use tasuki_app::webhooks::{AttemptFilter, StartFrom, enable_endpoint, list_attempts};
use tasuki_core::id::WebhookEndpointId;
use tasuki_core::webhook::{DisabledBecause, EndpointState, SCHEDULE_SECONDS};
use tasuki_store::outbox::{self, Filter, Whose};

use crate::receiver::{Answer, Receiver};
use crate::scene::{Scene, deliver, operator, partner, scenes};

/// Moves real time to the next try.
async fn wait_for_next_try(scene: &Scene, endpoint: WebhookEndpointId) -> i64 {
    let at = scene.stored(endpoint).await.progress.next_attempt_at.unwrap();
    let wait = at.seconds_since(scene.ctx.clock.now());
    scene.move_clock(wait);
    wait
}

#[tokio::test]
async fn an_event_that_was_not_taken_comes_again_later_and_the_next_one_waits_for_it() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        let endpoint = scene.endpoint("ogs", &receiver.url(), &[]).await;
        receiver.answers(&[
            Answer::Status(204, ""),
            Answer::Status(500, ""),
            Answer::HangUp,
            Answer::Status(503, "retry-after: 900\r\n"),
            Answer::Status(200, ""),
        ]);
        scene.happen(6).await;
        let mut process = scene.process();
        assert_eq!(deliver(&scene, &mut process).await, 1, "the first is taken");
        assert_eq!(deliver(&scene, &mut process).await, 0, "nothing before its time");
        assert_eq!(receiver.got().len(), 2);

        let mut waits = Vec::new();
        for _ in 0..3 {
            waits.push(wait_for_next_try(&scene, endpoint).await);
            deliver(&scene, &mut process).await;
        }
        assert!(waits[0] >= SCHEDULE_SECONDS[0] && waits[1] >= SCHEDULE_SECONDS[1], "{waits:?}");
        assert!(waits[2] >= 1_800, "longer than the receiver asked for: {waits:?}");
        let ids = receiver.ids();
        assert_eq!(ids.len(), 6, "{}", scene.name);
        assert!(ids[1..5].iter().all(|id| *id == ids[1]), "the same id for every try");
        assert_ne!(ids[4], ids[5], "then the third event");
        let bodies: Vec<_> = receiver.got().iter().map(|it| it.body.clone()).collect();
        assert!(bodies[1..5].iter().all(|body| *body == bodies[1]), "and the same body");

        let filter = AttemptFilter { endpoint, event: None, failed_only: true };
        let request = PageRequest::default();
        let page = list_attempts(&scene.ctx, &partner("ogs"), filter, &request).await.unwrap();
        let tries: Vec<_> = page.rows.iter().map(|it| (it.number, it.status)).collect();
        assert_eq!(tries, [(3, Some(503)), (2, None), (1, Some(500))]);
        assert_eq!(page.rows[0].error.as_deref(), Some("status 503"));
        assert_eq!(scene.stored(endpoint).await.progress.n_failures, 0, "all is well again");
    }
}

#[tokio::test]
async fn a_receiver_that_was_away_gets_everything_when_it_is_back() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        let (address, url) = (receiver.address, receiver.url());
        let endpoint = scene.endpoint("ogs", &url, &[]).await;
        drop(receiver);
        tokio::task::yield_now().await;
        scene.happen(8).await;
        let mut process = scene.process();
        assert_eq!(deliver(&scene, &mut process).await, 0);
        let progress = scene.stored(endpoint).await.progress;
        assert_eq!(progress.n_failures, 1);
        assert!(progress.last_error.unwrap().contains("cannot connect"));

        let back = Receiver::start_at(address, None).await;
        wait_for_next_try(&scene, endpoint).await;
        assert_eq!(deliver(&scene, &mut process).await, 4, "{}", scene.name);
        let sequences: Vec<_> = back
            .got()
            .iter()
            .map(|it| it.event()["sequence"].as_str().unwrap().to_owned())
            .collect();
        assert!(sequences.is_sorted());
    }
}

#[tokio::test]
async fn a_receiver_that_is_gone_gets_nothing_until_it_is_enabled() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        let endpoint = scene.endpoint("ogs", &receiver.url(), &[]).await;
        receiver.answers(&[Answer::Status(410, "")]);
        scene.happen(4).await;
        let mut process = scene.process();
        assert_eq!(deliver(&scene, &mut process).await, 0);
        let now = scene.ctx.clock.now();
        let stored = scene.stored(endpoint).await;
        let reason = DisabledBecause::Gone;
        assert_eq!(stored.endpoint.state, EndpointState::Disabled { reason, at: now });
        scene.move_clock(1_000_000);
        assert_eq!(deliver(&scene, &mut process).await, 0);
        assert_eq!(receiver.take().len(), 1, "{}: it was asked once", scene.name);
        let told = told(&scene, "webhook_endpoint.disabled").await;
        assert_eq!(told, [json!({ "partner_id": stored.endpoint.partner_id, "reason": "gone" })]);

        let etag = stored.version.to_string();
        let from = StartFrom::WhereItStopped;
        enable_endpoint(&scene.ctx, &partner("ogs"), (endpoint, &etag), from).await.unwrap();
        assert_eq!(deliver(&scene, &mut process).await, 2, "what was missed comes");
    }
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_for_three_days_is_disabled_and_may_start_anew() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        let endpoint = scene.endpoint("ogs", &receiver.url(), &[]).await;
        receiver.answers(&vec![Answer::Status(500, ""); 10]);
        scene.happen(2).await;
        let mut process = scene.process();
        let began = scene.ctx.clock.now();
        for _ in SCHEDULE_SECONDS {
            deliver(&scene, &mut process).await;
            wait_for_next_try(&scene, endpoint).await;
        }
        deliver(&scene, &mut process).await;
        let stored = scene.stored(endpoint).await;
        assert_eq!(stored.endpoint.state.as_str(), "disabled");
        assert_eq!(told(&scene, "webhook_endpoint.disabled").await[0]["reason"], "unreachable");
        let hours = scene.ctx.clock.now().seconds_since(began) / 3_600;
        assert!((75..=84).contains(&hours), "{}: {hours} hours", scene.name);
        assert_eq!(receiver.take().len(), 10);

        let etag = stored.version.to_string();
        let (by, id) = (operator(), (endpoint, etag.as_str()));
        enable_endpoint(&scene.ctx, &by, id, StartFrom::Now).await.unwrap();
        assert_eq!(deliver(&scene, &mut process).await, 0, "what was missed stays behind");
        let subjects = scene.happen(1).await;
        assert_eq!(deliver(&scene, &mut process).await, 1);
        assert_eq!(receiver.got()[0].event()["subject"], subjects[0].as_str());
    }
}

#[tokio::test]
async fn enabling_an_endpoint_that_waits_tries_at_once() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        let endpoint = scene.endpoint("ogs", &receiver.url(), &[]).await;
        receiver.answers(&[Answer::Status(500, "")]);
        scene.happen(1).await;
        let mut process = scene.process();
        assert_eq!(deliver(&scene, &mut process).await, 0);
        let by = partner("ogs");
        let from = StartFrom::WhereItStopped;
        enable_endpoint(&scene.ctx, &by, (endpoint, "1"), from).await.unwrap();
        assert_eq!(deliver(&scene, &mut process).await, 1, "{}", scene.name);
    }
}

/// The payloads of what was told under a topic.
async fn told(scene: &Scene, topic: &str) -> Vec<serde_json::Value> {
    let tx = scene.ctx.store.begin_read().await.unwrap();
    let filter = Filter { topics: vec![topic.to_owned()], ..Filter::of(Whose::Everybody) };
    let events = outbox::list(&tx, &filter, (0, i64::MAX), 10).await.unwrap();
    events.into_iter().map(|event| event.payload).collect()
}
