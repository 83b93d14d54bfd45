//! Hands events of the outbox on to others, at least once and in order.

use std::fmt;
use std::time::Duration;

use tasuki_app::context::Context;
use tasuki_store::StoreError;
use tasuki_store::outbox::{self, Stored};
use tokio_util::sync::CancellationToken;

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

/// Hands events on until told to stop.
pub async fn relay(ctx: Context, mut sink: impl Sink, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let n_events = match hand_on(&ctx, &mut sink).await {
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
}

async fn hand_on(ctx: &Context, sink: &mut impl Sink) -> Result<usize, StoreError> {
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
