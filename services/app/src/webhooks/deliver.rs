//! How deliveries go on: what is next for an endpoint, and what follows from a try.

use tasuki_core::id::WebhookEndpointId;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_core::webhook::{EndpointState, Outcome, Secret, Verdict};
use tasuki_store::outbox::{Horizon, Stored as StoredEvent};
use tasuki_store::webhooks::{self, Stored};
use tasuki_store::{Tx, turns};
use uuid::Uuid;

use super::change::stop;
use crate::context::Context;

/// A turn at an endpoint ends by itself after so many seconds: longer than a try may take.
const TURN_SECONDS: i64 = 90;

/// Events that are read at once.
const EVENTS_PER_LOOK: u64 = 50;

/// How long tries stay on record.
const KEEP_ATTEMPTS_SECONDS: i64 = 30 * 86_400;

/// The turn at an endpoint: what is to be delivered, and with which secrets.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The endpoint.
    pub stored: Stored,
    /// Everything that deliveries are signed with, the newest first.
    pub secrets: Vec<Secret>,
    /// The next events.
    pub events: Vec<StoredEvent>,
    token: Uuid,
}

/// Endpoints for which there may be something to do now.
///
/// # Errors
/// Of the store.
pub async fn due_endpoints(
    ctx: &Context,
    horizon: &mut Horizon,
    limit: u64,
) -> Result<Vec<WebhookEndpointId>, Problem> {
    let tx = ctx.store.begin_read().await?;
    horizon.settle(&tx).await?;
    Ok(webhooks::due(&tx, (ctx.clock.now(), horizon.complete()), limit).await?)
}

/// Takes the turn at an endpoint and reads what is next; nothing if another process has the turn, or nothing is due
/// any more.
///
/// # Errors
/// Of the store.
pub async fn begin_delivery(
    ctx: &Context,
    id: WebhookEndpointId,
    up_to: i64,
    token: Uuid,
) -> Result<Option<Delivery>, Problem> {
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if !takes_turn(&tx, id, token, now).await? {
        return Ok(None);
    }
    tx.commit().await?;
    let tx = ctx.store.begin_read().await?;
    let Some(stored) = webhooks::get(&tx, id).await? else { return Ok(None) };
    if !is_active(&stored) || !stored.progress.is_due(now) {
        return Ok(None);
    }
    let secrets = webhooks::secrets(&tx, id, now).await?;
    let events = webhooks::next_events(&tx, &stored, up_to, EVENTS_PER_LOOK).await?;
    Ok(Some(Delivery { stored, secrets, events, token }))
}

/// Keeps what became of a try, and what follows from it; gives the endpoint for the next event if that is to come at
/// once.
///
/// Nothing is kept when another process took the turn over meanwhile, or somebody moved the place where deliveries
/// stand: then the event may come again.
///
/// # Errors
/// Of the store.
pub async fn keep_attempt(
    ctx: &Context,
    delivery: Delivery,
    event: &StoredEvent,
    outcome: &Outcome,
) -> Result<Option<Delivery>, Problem> {
    let now = ctx.clock.now();
    let id = delivery.stored.endpoint.id;
    let tx = ctx.store.begin().await?;
    if !takes_turn(&tx, id, delivery.token, now).await? {
        return Ok(None);
    }
    let Some(mut read) = webhooks::lock(&tx, id).await? else { return Ok(None) };
    let from = delivery.stored.progress.after_seq;
    let spread = spread(event);
    let (progress, verdict) = read.progress.after(outcome, (event.seq, spread), now);
    if read.progress.after_seq != from || !webhooks::set_progress(&tx, id, from, &progress).await? {
        return Ok(None);
    }
    let number = read.progress.n_failures.saturating_add(1);
    webhooks::insert_attempt(&tx, id, (event, number), (outcome, now)).await?;
    read.progress = progress;
    let goes_on = match verdict {
        Verdict::GoOn => is_active(&read),
        Verdict::Wait => false,
        Verdict::Disable(reason) => {
            // Somebody may have disabled it while the try was under way.
            if is_active(&read) {
                stop(ctx, &tx, read.clone(), reason).await?;
                tracing::warn!(
                    endpoint.id = %id,
                    "disabled the webhook endpoint `{id}`: {}",
                    reason.as_str()
                );
            }
            false
        }
    };
    let secrets = if goes_on { webhooks::secrets(&tx, id, now).await? } else { Vec::new() };
    tx.commit().await?;
    Ok(goes_on.then_some(Delivery { stored: read, secrets, ..delivery }))
}

/// Notes that there is nothing more for an endpoint up to a place.
///
/// # Errors
/// Of the store.
pub async fn skip_to(ctx: &Context, delivery: &Delivery, up_to: i64) -> Result<(), Problem> {
    let progress = &delivery.stored.progress;
    if progress.after_seq >= up_to {
        return Ok(());
    }
    let id = delivery.stored.endpoint.id;
    let tx = ctx.store.begin().await?;
    if takes_turn(&tx, id, delivery.token, ctx.clock.now()).await? {
        let next = tasuki_core::webhook::Progress::at(up_to);
        webhooks::set_progress(&tx, id, progress.after_seq, &next).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Gives the turn at an endpoint back.
///
/// # Errors
/// Of the store.
pub async fn end_delivery(
    ctx: &Context,
    id: WebhookEndpointId,
    token: Uuid,
) -> Result<(), Problem> {
    let tx = ctx.store.begin().await?;
    turns::give_back(&tx, &turn(id), token).await?;
    Ok(tx.commit().await?)
}

/// Forgets tries that are older than a month; tells how many.
///
/// # Errors
/// Of the store.
pub async fn forget_attempts(ctx: &Context) -> Result<u64, Problem> {
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    let before = now.plus_seconds(-KEEP_ATTEMPTS_SECONDS)?;
    let n = webhooks::forget_attempts(&tx, before).await?;
    tx.commit().await?;
    Ok(n)
}

/// How many endpoints are active and well, active with a failed try, and disabled.
///
/// # Errors
/// Of the store.
pub async fn census(ctx: &Context) -> Result<(i64, i64, i64), Problem> {
    Ok(webhooks::census(&ctx.store.begin_read().await?).await?)
}

async fn takes_turn(
    tx: &Tx,
    id: WebhookEndpointId,
    token: Uuid,
    now: Timestamp,
) -> Result<bool, Problem> {
    let until = now.plus_seconds(TURN_SECONDS)?;
    Ok(turns::take(tx, &turn(id), token, (now, until)).await?)
}

fn turn(id: WebhookEndpointId) -> String {
    format!("webhook:{id}")
}

/// A number that differs from event to event.
fn spread(event: &StoredEvent) -> u64 {
    // The last bits of an id of version 7 are random.
    let (_, random) = event.id.as_uuid().as_u64_pair();
    random
}

const fn is_active(stored: &Stored) -> bool {
    match stored.endpoint.state {
        EndpointState::Active => true,
        EndpointState::Disabled { .. } => false,
    }
}
