//! Servers that die, processes that die or freeze, streams that lose something.

use std::time::Duration;

use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::Config;
use tasuki_worker::streams::publish_events;
use tokio_util::sync::CancellationToken;

use crate::nats_server::NatsServer;
use crate::scene::{ids, jetstream, scenes, told};

#[tokio::test]
async fn while_the_server_is_away_events_wait_and_follow_in_order() {
    for scene in scenes().await {
        let mut server = NatsServer::start();
        let stop = CancellationToken::new();
        let process = scene.process(&server).await;
        let running = tokio::spawn(publish_events(process, stop.clone()));
        let mut happened = scene.happen(40).await;
        scene.until_through().await;
        for _ in 0..2 {
            server.kill();
            happened.extend(scene.happen(40).await);
            assert!(!scene.is_through().await, "{}", scene.name);
            server.start_again();
            happened.extend(scene.happen(40).await);
            scene.until_through().await;
        }
        stop.cancel();
        running.await.unwrap();
        assert_eq!(ids(&told(&server).await), happened, "{}", scene.name);
    }
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_of_a_batch_loses_and_doubles_nothing() {
    for scene in scenes().await {
        let mut server = NatsServer::start();
        let stop = CancellationToken::new();
        let happened = scene.happen(1_000).await;
        let process = scene.process(&server).await;
        let running = tokio::spawn(publish_events(process, stop.clone()));
        for pause in [30, 60, 90] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            server.kill();
            server.start_again();
        }
        scene.until_through().await;
        stop.cancel();
        running.await.unwrap();
        assert_eq!(ids(&told(&server).await), happened, "{}", scene.name);
    }
}

#[tokio::test]
async fn an_event_that_was_confirmed_before_a_crash_is_not_told_twice() {
    for scene in scenes().await {
        let server = NatsServer::start();
        let happened = scene.happen(5).await;
        scene.publish(&mut scene.process(&server).await).await;
        // As if the process had died between the confirmation and its commit.
        scene.database.tamper("UPDATE relay_place SET after_seq = 0, stream_seq = 0").await;
        scene.move_clock(16);
        scene.publish(&mut scene.process(&server).await).await;
        assert_eq!(ids(&told(&server).await), happened, "{}", scene.name);
    }
}

#[tokio::test]
async fn the_stream_drops_a_second_message_with_the_id_of_an_event() {
    for scene in scenes().await {
        let server = NatsServer::start();
        let happened = scene.happen(2).await;
        scene.publish(&mut scene.process(&server).await).await;
        let again = PublishMessage::build().message_id(&happened[0]).payload("{}".into());
        let context = jetstream(&server).await;
        let ack = context.send_publish("acme.tasuki.again", again).await.unwrap().await.unwrap();
        assert!(ack.duplicate);
        assert_eq!(ids(&told(&server).await), happened, "{}", scene.name);
    }
}

#[tokio::test]
async fn a_process_that_froze_past_its_turn_changes_nothing() {
    for scene in scenes().await {
        let server = NatsServer::start();
        // A stream that forgets ids at once: only the numbers keep the order.
        let config = Config {
            name: "TASUKI".to_owned(),
            subjects: vec!["acme.tasuki.>".to_owned()],
            duplicate_window: Duration::from_millis(100),
            ..Config::default()
        };
        jetstream(&server).await.create_stream(config).await.unwrap();
        let mut frozen = scene.process(&server).await;
        let mut happened = scene.happen(3).await;
        scene.publish(&mut frozen).await;

        scene.move_clock(16);
        let mut next = scene.process(&server).await;
        happened.extend(scene.happen(3).await);
        scene.publish(&mut next).await;
        tokio::time::sleep(Duration::from_millis(400)).await;

        // It thaws, believes that it is still its turn, and that the stream ends where it left it.
        scene.move_clock(16);
        scene.database.tamper("UPDATE relay_place SET after_seq = 3, stream_seq = 3").await;
        assert_eq!(frozen.hand_on().await.unwrap(), 0, "the stream refuses what does not follow");
        happened.extend(scene.happen(1).await);
        scene.publish(&mut frozen).await;
        assert_eq!(ids(&told(&server).await), happened, "{}", scene.name);
    }
}

#[tokio::test]
async fn messages_of_somebody_else_in_the_stream_do_not_stop_it() {
    for scene in scenes().await {
        let server = NatsServer::start();
        let mut process = scene.process(&server).await;
        let mut happened = scene.happen(2).await;
        scene.publish(&mut process).await;
        let stranger = PublishMessage::build()
            .message_id("stranger")
            .header("Content-Type", "application/json")
            .payload("{\"source\":\"elsewhere\"}".into());
        let context = jetstream(&server).await;
        context.send_publish("acme.tasuki.odd", stranger).await.unwrap().await.unwrap();
        happened.push("stranger".to_owned());
        happened.extend(scene.happen(5).await);
        scene.publish(&mut process).await;
        assert_eq!(ids(&told(&server).await), happened, "{}", scene.name);
    }
}

#[tokio::test]
async fn a_stream_that_was_lost_is_filled_again() {
    for scene in scenes().await {
        let server = NatsServer::start();
        let mut process = scene.process(&server).await;
        let mut happened = scene.happen(4).await;
        scene.publish(&mut process).await;
        jetstream(&server).await.delete_stream("TASUKI").await.unwrap();
        happened.extend(scene.happen(1).await);
        // On PostgreSQL the last event may have to wait for somebody else's transaction.
        while process.hand_on().await.is_ok() {}
        scene.publish(&mut process).await;
        assert_eq!(ids(&told(&server).await), happened, "{}", scene.name);
    }
}
