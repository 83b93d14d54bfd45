//! Several processes with the role `relay`, and one that dies in the middle.

use std::time::Duration;

use tasuki_worker::webhooks::{Post, deliver_webhooks};
use tokio_util::sync::CancellationToken;

use crate::receiver::{Answer, Receiver};
use crate::scene::{deliver, scenes, sender};

/// Waits for something that another task does.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came");
}

#[tokio::test]
async fn two_processes_deliver_each_event_once_and_in_order() {
    for scene in scenes().await {
        let (first, second) = (Receiver::start().await, Receiver::start().await);
        scene.endpoint("ogs", &first.url(), &[]).await;
        scene.endpoint("elsewhere", &second.url(), &[]).await;
        let stop = CancellationToken::new();
        let processes: Vec<_> = (0..2)
            .map(|_| {
                let ctx = scene.ctx.clone();
                let post = Post { ctx, sender: sender(), source: "tasuki".to_owned() };
                tokio::spawn(deliver_webhooks(post, stop.clone()))
            })
            .collect();
        let subjects = scene.happen(160).await;
        until(|| first.got().len() >= 80 && second.got().len() >= 80).await;
        stop.cancel();
        for process in processes {
            process.await.unwrap();
        }
        for (receiver, at) in [(&first, 0), (&second, 1)] {
            let told: Vec<_> = receiver
                .got()
                .iter()
                .map(|it| it.event()["subject"].as_str().unwrap().to_owned())
                .collect();
            let own: Vec<_> = subjects.iter().skip(at).step_by(2).cloned().collect();
            assert_eq!(told, own, "{}", scene.name);
        }
    }
}

#[tokio::test]
async fn what_a_process_leaves_undone_when_it_dies_another_does() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        scene.endpoint("ogs", &receiver.url(), &[]).await;
        receiver.answers(&[Answer::Status(204, ""), Answer::Status(204, ""), Answer::Silence]);
        scene.happen(10).await;

        let mut dying = scene.process();
        let ctx_name = scene.name;
        let work = tokio::spawn(async move {
            loop {
                dying.deliver_due().await.unwrap();
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        until(|| receiver.got().len() == 3).await;
        work.abort();
        assert!(work.await.unwrap_err().is_cancelled(), "{ctx_name}");

        let mut next = scene.process();
        assert_eq!(next.deliver_due().await.unwrap(), 0, "the dead one's turn has not ended yet");
        scene.move_clock(91);
        assert_eq!(deliver(&scene, &mut next).await, 3, "{}", scene.name);
        let ids = receiver.ids();
        assert_eq!(ids.len(), 6);
        assert_eq!(ids[2], ids[3], "whether the third was taken nobody knows: it comes again");
    }
}
