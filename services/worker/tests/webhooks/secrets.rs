//! New secrets, beside the old ones for a while.

use tasuki_app::webhooks::{Rotation, rotate_secret};
use tasuki_core::webhook::SigningKey;

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
        let kept = tasuki_store::webhooks::secrets(&tx, endpoint, now).await.unwrap();
        assert_eq!(kept.len(), 1);
    }
}
