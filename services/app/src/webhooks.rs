//! Webhook endpoints: who is sent which events, and how deliveries go on.

mod change;
mod create;
mod deliver;
mod door;
mod read;
mod secrets;

use serde::{Deserialize, Serialize};
use tasuki_core::id::{WebhookEndpointId, WebhookSecretId};
use tasuki_core::webhook::Secret;
pub use tasuki_store::webhooks::{Attempt, AttemptFilter, Stored as StoredEndpoint};

pub use change::{
    EndpointChange, StartFrom, delete_endpoint, disable_endpoint, enable_endpoint, test_endpoint,
    update_endpoint,
};
pub use create::{NewEndpoint, create_endpoint};
pub use deliver::{
    Delivery, begin_delivery, census, due_endpoints, end_delivery, forget_attempts, keep_attempt,
    skip_to,
};
pub use read::{get_endpoint, list_attempts, list_endpoints};
pub use secrets::{Rotation, rotate_secret};

/// An endpoint and the secret that was made with it, which is shown this once.
#[derive(Debug, Clone)]
pub struct WithSecret {
    /// The endpoint.
    pub stored: StoredEndpoint,
    /// The secret; none in a repeat that comes when it is no longer used.
    pub secret: Option<Secret>,
}

/// What is remembered of a call that made a secret: never the secret.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Made {
    endpoint: WebhookEndpointId,
    secret: WebhookSecretId,
}
