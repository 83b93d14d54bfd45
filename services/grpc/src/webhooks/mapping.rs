//! Messages about webhook endpoints into commands, and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tasuki_app::webhooks::{
    Attempt, AttemptFilter, EndpointChange, NewEndpoint, Rotation, StartFrom, StoredEndpoint,
};
use tasuki_core::problem::Problem;
use tasuki_core::webhook::{
    DisabledBecause, EndpointState, KEY_BYTES, Progress, Secret, SigningKey,
};
use tasuki_proto::webhook::v1 as proto;

use crate::{fields, words};

/// A key that nobody can guess.
pub(crate) fn new_key() -> Result<SigningKey, Problem> {
    let mut bytes = vec![0; KEY_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Problem::internal(format!("no random numbers: {error}")))?;
    Ok(SigningKey::new(bytes))
}

/// A secret as its owner gets it: `whsec_` and Base64; empty when there is none to show.
pub(crate) fn secret(secret: Option<&Secret>) -> String {
    let text = |secret: &Secret| format!("whsec_{}", STANDARD.encode(secret.key.reveal()));
    secret.map(text).unwrap_or_default()
}

pub(crate) fn new_endpoint(
    message: proto::CreateWebhookEndpointRequest,
) -> Result<NewEndpoint, Problem> {
    Ok(NewEndpoint {
        partner_id: fields::optional_id("partner_id", &message.partner_id)?,
        url: message.url,
        topics: message.topics,
        description: message.description,
    })
}

pub(crate) fn change(
    message: proto::UpdateWebhookEndpointRequest,
) -> Result<EndpointChange, Problem> {
    Ok(EndpointChange {
        endpoint_id: fields::id("webhook_endpoint_id", &message.webhook_endpoint_id)?,
        etag: message.etag,
        url: message.url,
        topics: message.topics.map(|selection| selection.topics),
        description: message.description,
    })
}

pub(crate) fn rotation(message: proto::RotateWebhookSecretRequest) -> Result<Rotation, Problem> {
    Ok(Rotation {
        endpoint_id: fields::id("webhook_endpoint_id", &message.webhook_endpoint_id)?,
        etag: message.etag,
        old_valid_seconds: i64::from(message.old_valid_hours) * 3_600,
    })
}

pub(crate) const fn start(start: proto::WebhookStart) -> StartFrom {
    match start {
        proto::WebhookStart::Unspecified | proto::WebhookStart::WhereItStopped => {
            StartFrom::WhereItStopped
        }
        proto::WebhookStart::Now => StartFrom::Now,
    }
}

pub(crate) fn attempt_filter(
    message: &proto::ListWebhookAttemptsRequest,
) -> Result<AttemptFilter, Problem> {
    Ok(AttemptFilter {
        endpoint: fields::id("webhook_endpoint_id", &message.webhook_endpoint_id)?,
        event: fields::optional_id("event_id", &message.event_id)?,
        failed_only: message.failed_only,
    })
}

pub(crate) fn endpoint(stored: &StoredEndpoint) -> proto::WebhookEndpoint {
    let endpoint = &stored.endpoint;
    let (state, reason, disabled_at) = match &endpoint.state {
        EndpointState::Active => {
            (proto::WebhookEndpointState::Active, proto::WebhookDisabledReason::Unspecified, None)
        }
        EndpointState::Disabled { reason, at } => {
            (proto::WebhookEndpointState::Disabled, disabled(*reason), Some(*at))
        }
    };
    proto::WebhookEndpoint {
        id: endpoint.id.to_string(),
        partner_id: endpoint.partner_id.map(|id| id.to_string()).unwrap_or_default(),
        url: endpoint.url.clone(),
        topics: endpoint.topics.clone(),
        description: endpoint.description.clone(),
        state: state.into(),
        disabled_reason: reason.into(),
        disabled_at: disabled_at.map(words::timestamp),
        progress: Some(progress(&stored.progress)),
        created_at: Some(words::timestamp(endpoint.created_at)),
        updated_at: Some(words::timestamp(endpoint.updated_at)),
        etag: stored.version.to_string(),
    }
}

fn progress(progress: &Progress) -> proto::WebhookProgress {
    proto::WebhookProgress {
        failures: i32::try_from(progress.n_failures).unwrap_or(i32::MAX),
        failing_since: progress.failing_since.map(words::timestamp),
        next_attempt_at: progress.next_attempt_at.map(words::timestamp),
        last_error: progress.last_error.clone().unwrap_or_default(),
        sequence: progress.after_seq,
    }
}

const fn disabled(reason: DisabledBecause) -> proto::WebhookDisabledReason {
    match reason {
        DisabledBecause::ByHand => proto::WebhookDisabledReason::ByHand,
        DisabledBecause::Gone => proto::WebhookDisabledReason::Gone,
        DisabledBecause::Unreachable => proto::WebhookDisabledReason::Unreachable,
    }
}

pub(crate) fn attempt(attempt: &Attempt) -> proto::WebhookAttempt {
    let outcome = match attempt.outcome.as_str() {
        "delivered" => proto::WebhookOutcome::Delivered,
        "gone" => proto::WebhookOutcome::Gone,
        _ => proto::WebhookOutcome::Failed,
    };
    proto::WebhookAttempt {
        event_id: attempt.event_id.to_string(),
        topic: attempt.topic.clone(),
        sequence: attempt.event_seq,
        number: i32::try_from(attempt.number).unwrap_or(i32::MAX),
        attempted_at: Some(words::timestamp(attempt.attempted_at)),
        outcome: outcome.into(),
        status: attempt.status.map(i32::from).unwrap_or_default(),
        error: attempt.error.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use tasuki_core::id::WebhookSecretId;

    use super::*;

    #[test]
    fn a_secret_has_the_text_form_of_standard_webhooks() {
        let of = |key| Secret {
            id: WebhookSecretId::from(uuid::Uuid::nil()),
            key,
            created_at: "2021-04-01T00:00:00Z".parse().unwrap(),
            valid_until: None,
        };
        let bytes = (0..32).collect();
        let text = secret(Some(&of(SigningKey::new(bytes))));
        assert_eq!(text, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        assert_eq!(secret(None), "");
        assert_ne!(new_key().unwrap(), new_key().unwrap());
    }
}
