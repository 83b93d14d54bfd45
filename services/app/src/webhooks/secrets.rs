//! Gives an endpoint a new secret.

use serde_json::json;
use tasuki_core::id::WebhookEndpointId;
use tasuki_core::problem::Problem;
use tasuki_core::webhook::{Endpoint, Secret, SigningKey};
use tasuki_store::webhooks;
use tasuki_store::webhooks::Stored;

use super::create::repeat;
use super::door;
use super::{Made, WithSecret};
use crate::call::Call;
use crate::context::{Context, News};
use crate::monitoring::etag;

/// What is to be rotated.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The endpoint.
    pub endpoint_id: WebhookEndpointId,
    /// The version that the caller has read.
    pub etag: String,
    /// How long deliveries are signed with the secrets before, too; 0 for not at all.
    pub old_valid_seconds: i64,
}

/// Makes a new secret. Deliveries carry a signature of each secret that is still valid.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WEBHOOK_ENDPOINT_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn rotate_secret(
    ctx: &Context,
    call: &Call,
    rotation: Rotation,
    key: SigningKey,
) -> Result<WithSecret, Problem> {
    let sees = door::enter(ctx, call)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(made) = call.first_answer::<Made>(&tx, now).await? {
        return repeat(&tx, sees, made, now).await;
    }
    let read = sees.lock(&tx, rotation.endpoint_id).await?;
    etag::check(&rotation.etag, read.version)?;

    let old_valid_until = now.plus_seconds(rotation.old_valid_seconds.max(0))?;
    let secret = Secret { id: ctx.ids.next(), key, created_at: now, valid_until: None };
    let endpoint = Endpoint { updated_at: now, ..read.endpoint };
    webhooks::end_secrets(&tx, endpoint.id, (now, old_valid_until)).await?;
    webhooks::insert_secret(&tx, endpoint.id, &secret).await?;
    let version = webhooks::save(&tx, &endpoint, read.version).await?;
    let payload = json!({ "old_valid_until": old_valid_until });
    let news = News::new("webhook_endpoint.secret_rotated", endpoint.id, payload);
    ctx.tell_scheme(&tx, now, news).await?;
    call.remember(&tx, &Made { endpoint: endpoint.id, secret: secret.id }).await?;

    tx.commit().await?;
    let stored = Stored { endpoint, version, progress: read.progress };
    Ok(WithSecret { stored, secret: Some(secret) })
}
