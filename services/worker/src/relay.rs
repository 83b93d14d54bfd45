//! Hands events of the outbox on to others, at least once and in order.

use std::fmt;
use std::time::Duration;

use tasuki_app::context::Context;
use tasuki_store::outbox::{self, Stored};
use tasuki_store::{StoreError, turns};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Events handed on in one transaction.
const BATCH: u64 = 500;

/// How often to look for new events.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Where events go. A receiver drops repeats by the event's id.
pub trait Sink: Send + fmt::Debug {
    /// Takes events in order; returns when they are safe.
    ///
    /// # Errors
    /// What went wrong; all of them come again.
    fn take(&mut self, events: &[Stored]) -> std::io::Result<()>;
}

/// A relay that dies is followed by another after so many seconds at most.
const TURN_SECONDS: i64 = 15;

/// What the turn of relays is called.
const TURN: &str = "relay";

/// Hands events on until told to stop. Of several processes one does it at a time, so that the order
/// of events stays; another takes over when it ends.
pub async fn relay(ctx: Context, mut sink: impl Sink, stop: CancellationToken) {
    let token = ctx.ids.next_uuid();
    while !stop.is_cancelled() {
        let n_events = match hand_on(&ctx, &mut sink, token).await {
            Ok(n_events) => n_events,
            Err(error) => {
                tracing::warn!("cannot hand events on: {error}");
                0
            }
        };
        if n_events == 0 {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }
    if let Err(error) = step_down(&ctx, token).await {
        tracing::debug!("cannot give the turn of the relay back: {error}");
    }
}

async fn step_down(ctx: &Context, token: Uuid) -> Result<(), StoreError> {
    let tx = ctx.store.begin().await?;
    turns::give_back(&tx, TURN, token).await?;
    tx.commit().await
}

/// Hands a batch on, if it is this relay's turn and there is something; tells how many events.
///
/// # Errors
/// [`StoreError`]; nothing was marked, and all of it comes again.
pub async fn hand_on(
    ctx: &Context,
    sink: &mut impl Sink,
    token: Uuid,
) -> Result<usize, StoreError> {
    // A look without a lock first: an idle relay writes nothing.
    if outbox::unpublished(&ctx.store.begin_read().await?, 1).await?.is_empty() {
        return Ok(0);
    }
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    let until = now.plus_seconds(TURN_SECONDS).unwrap_or(now);
    if !turns::take(&tx, TURN, token, (now, until)).await? {
        return Ok(0);
    }
    tx.commit().await?;
    let events = outbox::unpublished(&ctx.store.begin_read().await?, BATCH).await?;
    if events.is_empty() {
        return Ok(0);
    }
    sink.take(&events).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let tx = ctx.store.begin().await?;
    for event in &events {
        outbox::mark_published(&tx, event.seq, ctx.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(events.len())
}
