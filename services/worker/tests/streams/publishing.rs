//! What a stream has, and who may write it.

use async_nats::jetstream::stream::Config;
use tasuki_partners::nats::{Login, NatsError, Servers};
use tasuki_worker::streams::{StreamFailure, publish_events};
use tokio_util::sync::CancellationToken;

use crate::nats_server::NatsServer;
use crate::scene::{ids, jetstream, scenes, servers, told};

#[tokio::test]
async fn events_stand_in_the_stream_once_in_order_and_in_their_form() {
    for scene in scenes().await {
        let server = NatsServer::start();
        let mut process = scene.process(&server).await;
        let happened = scene.happen(450).await;
        scene.publish(&mut process).await;
        let told = told(&server).await;
        assert_eq!(ids(&told), happened, "{}", scene.name);

        let first = &told[0];
        assert_eq!(first.subject, format!("acme.tasuki.order.changed.{}", scene.tenant));
        assert_eq!(first.media_type, "application/cloudevents+json; charset=utf-8");
        assert_eq!(first.event["specversion"], "1.0");
        assert_eq!(first.event["id"], first.id);
        assert_eq!(first.event["type"], "tasuki.order.changed.v1");
        assert_eq!(first.event["dataschema"], "urn:tasuki:event:order.changed:v1");
        assert_eq!(first.event["source"], "urn:acme:tasuki");
        assert_eq!(first.event["subject"], "ord_0");
        assert_eq!(first.event["tenantid"], scene.tenant.to_string());
        assert_eq!(first.event["data"]["state"], "active");
        assert_eq!(told[2].subject, "acme.tasuki.policy.activated.scheme");
        assert_eq!(told[2].event.get("tenantid"), None);
        let places: Vec<_> = told.iter().map(|it| it.event["sequence"].as_str().unwrap()).collect();
        assert!(places.is_sorted());
    }
}

#[tokio::test]
async fn a_stream_is_made_at_the_start_and_taken_as_it_is_when_it_is_there() {
    for scene in scenes().await {
        let server = NatsServer::start();
        assert_eq!(scene.process(&server).await.hand_on().await.unwrap(), 0, "nothing happened");
        let made = jetstream(&server).await.get_stream("TASUKI").await.unwrap();
        assert_eq!(made.cached_info().config.subjects, ["acme.tasuki.>"], "{}", scene.name);

        let other = NatsServer::start();
        let config = Config {
            name: "TASUKI".to_owned(),
            subjects: vec!["acme.>".to_owned()],
            max_messages: 3,
            ..Config::default()
        };
        jetstream(&other).await.create_stream(config).await.unwrap();
        let happened = scene.happen(5).await;
        scene.move_clock(16);
        scene.publish(&mut scene.process(&other).await).await;
        assert_eq!(ids(&told(&other).await), happened[2..], "it keeps three, as it was told to");
    }
}

#[tokio::test]
async fn a_stream_with_other_subjects_is_not_touched() {
    for scene in scenes().await {
        let server = NatsServer::start();
        let config = Config {
            name: "TASUKI".to_owned(),
            subjects: vec!["orders.>".to_owned()],
            ..Config::default()
        };
        jetstream(&server).await.create_stream(config).await.unwrap();
        scene.happen(1).await;
        let failure = scene.process(&server).await.hand_on().await.unwrap_err();
        assert!(matches!(failure, StreamFailure::Nats(NatsError::Unusable(_))), "{failure:?}");
        assert!(failure.to_string().contains("acme.tasuki.>"), "{failure}");
        assert!(told(&server).await.is_empty(), "{}", scene.name);
    }
}

#[tokio::test]
async fn only_who_has_the_password_may_publish() {
    for scene in scenes().await {
        let server = NatsServer::start_with(&["--user", "tasuki", "--pass", "sesame-open"]);
        let happened = scene.happen(3).await;
        let login =
            Login::Password { user: "tasuki".to_owned(), password: "sesame-open".to_owned() };
        let servers = Servers { login, ..servers(&server) };
        scene.publish(&mut scene.process_with(&servers).await).await;

        let client = async_nats::ConnectOptions::new()
            .user_and_password("tasuki".to_owned(), "sesame-open".to_owned())
            .connect(server.address())
            .await
            .unwrap();
        let stream = async_nats::jetstream::new(client).get_stream("TASUKI").await.unwrap();
        assert_eq!(stream.cached_info().state.messages, happened.len() as u64, "{}", scene.name);

        scene.happen(1).await;
        scene.move_clock(60);
        let login = Login::Password { user: "tasuki".to_owned(), password: "wrong".to_owned() };
        let mut stranger = scene.process_with(&Servers { login, ..servers }).await;
        let failure = stranger.hand_on().await.unwrap_err();
        assert!(matches!(failure, StreamFailure::Nats(NatsError::Failed(_))), "{failure:?}");
    }
}

#[tokio::test]
async fn two_processes_publish_each_event_once_and_in_order() {
    for scene in scenes().await {
        let server = NatsServer::start();
        let stop = CancellationToken::new();
        let mut processes = Vec::new();
        for _ in 0..2 {
            let process = scene.process(&server).await;
            processes.push(tokio::spawn(publish_events(process, stop.clone())));
        }
        let mut happened = scene.happen(150).await;
        scene.until_through().await;
        scene.move_clock(16);
        happened.extend(scene.happen(150).await);
        scene.until_through().await;
        stop.cancel();
        for process in processes {
            process.await.unwrap();
        }
        assert_eq!(ids(&told(&server).await), happened, "{}", scene.name);
    }
}
