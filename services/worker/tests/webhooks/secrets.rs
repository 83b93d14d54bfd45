//! New secrets, beside the old ones for a while.

use tasuki_app::webhooks::{Rotation, rotate_secret};
use tasuki_core::webhook::SigningKey;

use tasuki_store::{Keys, webhooks};

use crate::receiver::Receiver;
use crate::scene::{SECRET, deliver, partner, scenes};

/// `whsec_` of 32 zeros.
const NEW: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

#[tokio::test]
async fn after_a_rotation_both_secrets_are_used_until_the_old_one_ends() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        let endpoint = scene.endpoint("ogs", &receiver.url(), &[]).await;
        let mut process = scene.process();
        let hour = 3_600;
        let rotation =
            Rotation { endpoint_id: endpoint, etag: "1".to_owned(), old_valid_seconds: hour };
        let key = SigningKey::new(vec![0; 32]);
        let made = rotate_secret(&scene.ctx, &partner("ogs"), rotation, key).await.unwrap();
        assert_eq!(made.stored.version, 2);

        scene.happen(1).await;
        deliver(&scene, &mut process).await;
        let got = receiver.take();
        assert!(got[0].is_signed_with(SECRET) && got[0].is_signed_with(NEW), "{}", scene.name);
        assert_eq!(got[0].headers["webhook-signature"].split(' ').count(), 2);

        scene.move_clock(hour);
        scene.happen(1).await;
        deliver(&scene, &mut process).await;
        let got = receiver.take();
        assert!(!got[0].is_signed_with(SECRET) && got[0].is_signed_with(NEW));
    }
}

#[tokio::test]
async fn a_secret_that_became_known_is_not_used_any_more_at_once() {
    for scene in scenes().await {
        let receiver = Receiver::start().await;
        let endpoint = scene.endpoint("ogs", &receiver.url(), &[]).await;
        let rotation =
            Rotation { endpoint_id: endpoint, etag: "1".to_owned(), old_valid_seconds: 0 };
        let key = SigningKey::new(vec![0; 32]);
        rotate_secret(&scene.ctx, &partner("ogs"), rotation, key).await.unwrap();
        scene.happen(1).await;
        deliver(&scene, &mut scene.process()).await;
        let got = receiver.take();
        assert_eq!(got[0].headers["webhook-signature"].split(' ').count(), 1);
        assert!(got[0].is_signed_with(NEW), "{}", scene.name);
        let tx = scene.ctx.store.begin_read().await.unwrap();
        let now = scene.ctx.clock.now();
        let kept = webhooks::secrets(&tx, endpoint, now).await.unwrap();
        assert_eq!(kept.len(), 1);
    }
}

#[tokio::test]
async fn secrets_are_sealed_with_the_first_key_and_go_on_to_work() {
    for mut scene in scenes().await {
        let receiver = Receiver::start().await;
        let endpoint = scene.endpoint("ogs", &receiver.url(), &[]).await;
        let plain = scene.ctx.store.clone();
        for (keys, n_sealed) in
            [(vec![[1; 32]], 1), (vec![[2; 32], [1; 32]], 1), (vec![[2; 32]], 0)]
        {
            scene.ctx.store = plain.clone().with_keys(Keys::new(&keys));
            let tx = scene.ctx.store.begin().await.unwrap();
            assert_eq!(webhooks::seal_anew(&tx).await.unwrap(), n_sealed, "{}", scene.name);
            tx.commit().await.unwrap();
            scene.happen(2).await;
            let mut process = scene.process();
            deliver(&scene, &mut process).await;
            scene.move_clock(91);
            let got = receiver.take();
            assert!(!got.is_empty() && got.iter().all(|it| it.is_signed_with(SECRET)));
        }
        // Who has the database alone cannot read it.
        let tx = plain.begin().await.unwrap();
        let refused = webhooks::secrets(&tx, endpoint, scene.ctx.clock.now()).await.unwrap_err();
        assert!(refused.to_string().contains("secret_keys"), "{refused}");
        assert!(
            webhooks::seal_anew(&tx).await.is_err(),
            "and a server without the key does not start"
        );
    }
}
