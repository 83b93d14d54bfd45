//! Changes an endpoint: its address and topics, whether it gets anything, and whether it still exists.

use serde_json::json;
use tasuki_core::event::WEBHOOK_TESTED;
use tasuki_core::id::{EventId, WebhookEndpointId};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::webhook::{
    AddressRules, DisabledBecause, Endpoint, EndpointCommand, EndpointState, Progress, check_topics,
};
use tasuki_store::outbox::{self, Event};
use tasuki_store::webhooks::{self, Stored};
use tasuki_store::{StoreError, Tx};

use super::create::must_be_allowed;
use super::door;
use crate::call::Call;
use crate::context::{Context, News};
use crate::monitoring::etag;

/// A change of an endpoint; what is left out stays as it is.
#[derive(Debug, Clone)]
pub struct EndpointChange {
    /// The endpoint.
    pub endpoint_id: WebhookEndpointId,
    /// The version that the caller has read.
    pub etag: String,
    /// Where to.
    pub url: Option<String>,
    /// Which topics, in place of the old ones.
    pub topics: Option<Vec<String>>,
    /// What people call it.
    pub description: Option<String>,
}

/// Where deliveries go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartFrom {
    /// With the first event that was not taken.
    WhereItStopped,
    /// With what happens from now on.
    Now,
}

impl StartFrom {
    const fn as_str(self) -> &'static str {
        match self {
            Self::WhereItStopped => "where_it_stopped",
            Self::Now => "now",
        }
    }
}

/// Changes an endpoint. A change that changes nothing makes no new version and no event.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WEBHOOK_ENDPOINT_NOT_FOUND`, `ETAG_MISMATCH`, `WEBHOOK_ADDRESS_REFUSED`; `REQUEST_INVALID` for a
/// topic that there is not.
pub async fn update_endpoint(
    ctx: &Context,
    call: &Call,
    change: EndpointChange,
    rules: &AddressRules,
) -> Result<Stored, Problem> {
    let sees = door::enter(ctx, call)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(id) = call.first_answer::<WebhookEndpointId>(&tx, now).await? {
        return sees.get(&tx, id).await;
    }
    let read = sees.lock(&tx, change.endpoint_id).await?;
    etag::check(&change.etag, read.version)?;
    if let Some(url) = &change.url {
        must_be_allowed(rules, url)?;
    }
    check_topics("topics", change.topics.as_deref().unwrap_or_default())?;

    let before = read.endpoint.clone();
    let next = Endpoint {
        url: change.url.unwrap_or_else(|| before.url.clone()),
        topics: change.topics.unwrap_or_else(|| before.topics.clone()),
        description: change.description.unwrap_or_else(|| before.description.clone()),
        updated_at: now,
        ..before.clone()
    };
    let differs = [
        ("url", next.url != before.url),
        ("topics", next.topics != before.topics),
        ("description", next.description != before.description),
    ];
    let changed: Vec<_> = differs.iter().filter(|(_, it)| *it).map(|(name, _)| *name).collect();
    let mut stored = read;
    if !changed.is_empty() {
        let news = News::new("webhook_endpoint.updated", next.id, json!({ "changed": changed }));
        stored = keep(ctx, &tx, (stored, next), news).await?;
    }
    finish(call, tx, stored).await
}

/// Lets deliveries go on; what waits for its next try is tried at once.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WEBHOOK_ENDPOINT_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn enable_endpoint(
    ctx: &Context,
    call: &Call,
    (id, sent_etag): (WebhookEndpointId, &str),
    start: StartFrom,
) -> Result<Stored, Problem> {
    let sees = door::enter(ctx, call)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(id) = call.first_answer::<WebhookEndpointId>(&tx, now).await? {
        return sees.get(&tx, id).await;
    }
    let mut read = sees.lock(&tx, id).await?;
    etag::check(sent_etag, read.version)?;

    let state = read.endpoint.state.step(EndpointCommand::Enable, now)?;
    let from = read.progress.after_seq;
    let after = match start {
        StartFrom::WhereItStopped => from,
        StartFrom::Now => outbox::end(&tx).await?.seq,
    };
    let progress = Progress::at(after);
    if !webhooks::set_progress(&tx, id, from, &progress).await? {
        return Err(StoreError::LostRace.into());
    }
    read.progress = progress;
    let next = Endpoint { state, updated_at: now, ..read.endpoint.clone() };
    let payload = json!({ "start": start.as_str() });
    let news = News::new("webhook_endpoint.enabled", id, payload);
    let stored = keep(ctx, &tx, (read, next), news).await?;
    finish(call, tx, stored).await
}

/// Stops deliveries until they are enabled again.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WEBHOOK_ENDPOINT_NOT_FOUND`, `ETAG_MISMATCH`, `WEBHOOK_ENDPOINT_STATE`.
pub async fn disable_endpoint(
    ctx: &Context,
    call: &Call,
    (id, sent_etag): (WebhookEndpointId, &str),
) -> Result<Stored, Problem> {
    let sees = door::enter(ctx, call)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(id) = call.first_answer::<WebhookEndpointId>(&tx, now).await? {
        return sees.get(&tx, id).await;
    }
    let read = sees.lock(&tx, id).await?;
    etag::check(sent_etag, read.version)?;
    let stored = stop(ctx, &tx, read, DisabledBecause::ByHand).await?;
    finish(call, tx, stored).await
}

/// Disables an endpoint, and tells.
pub(super) async fn stop(
    ctx: &Context,
    tx: &Tx,
    read: Stored,
    reason: DisabledBecause,
) -> Result<Stored, Problem> {
    let now = ctx.clock.now();
    let state = read.endpoint.state.step(EndpointCommand::Disable(reason), now)?;
    let next = Endpoint { state, updated_at: now, ..read.endpoint.clone() };
    let payload = json!({ "partner_id": next.partner_id, "reason": reason.as_str() });
    let news = News::new("webhook_endpoint.disabled", next.id, payload);
    keep(ctx, tx, (read, next), news).await
}

/// Deletes an endpoint with its secrets and the record of its deliveries.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WEBHOOK_ENDPOINT_NOT_FOUND`, `ETAG_MISMATCH`.
pub async fn delete_endpoint(
    ctx: &Context,
    call: &Call,
    (id, sent_etag): (WebhookEndpointId, &str),
) -> Result<(), Problem> {
    let sees = door::enter(ctx, call)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if call.first_answer::<WebhookEndpointId>(&tx, now).await?.is_some() {
        return Ok(());
    }
    let read = sees.lock(&tx, id).await?;
    etag::check(sent_etag, read.version)?;

    webhooks::delete(&tx, id).await?;
    let payload = json!({ "partner_id": read.endpoint.partner_id });
    ctx.tell_scheme(&tx, now, News::new("webhook_endpoint.deleted", id, payload)).await?;
    call.remember(&tx, &id).await?;

    tx.commit().await?;
    Ok(())
}

/// Has an event sent to the endpoint alone, after those that wait; gives its id.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WEBHOOK_ENDPOINT_NOT_FOUND`; `WEBHOOK_ENDPOINT_STATE` if it is disabled.
pub async fn test_endpoint(
    ctx: &Context,
    call: &Call,
    id: WebhookEndpointId,
) -> Result<EventId, Problem> {
    let sees = door::enter(ctx, call)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, now).await? {
        return Ok(first);
    }
    let read = sees.get(&tx, id).await?;
    match read.endpoint.state {
        EndpointState::Active => {}
        EndpointState::Disabled { .. } => {
            let text = "a webhook endpoint that is `disabled` cannot be tried out: enable it first";
            return Err(Problem::new(Reason::WebhookEndpointState, text).with("state", "disabled"));
        }
    }

    let event = Event {
        id: ctx.ids.next(),
        tenant: None,
        topic: WEBHOOK_TESTED,
        subject: id.to_string(),
        payload: json!({ "by": call.principal.subject }),
        occurred_at: now,
    };
    outbox::append(&tx, &event).await?;
    call.remember(&tx, &event.id).await?;

    tx.commit().await?;
    Ok(event.id)
}

async fn keep(
    ctx: &Context,
    tx: &Tx,
    (read, next): (Stored, Endpoint),
    news: News,
) -> Result<Stored, Problem> {
    let version = webhooks::save(tx, &next, read.version).await?;
    ctx.tell_scheme(tx, next.updated_at, news).await?;
    Ok(Stored { endpoint: next, version, progress: read.progress })
}

async fn finish(call: &Call, tx: Tx, stored: Stored) -> Result<Stored, Problem> {
    call.remember(&tx, &stored.endpoint.id).await?;
    tx.commit().await?;
    Ok(stored)
}
