//! Delivers events to webhook endpoints: at least once, in order for each, and none waits for another.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tasuki_app::context::Context;
use tasuki_app::webhooks::{
    Delivery, begin_delivery, census, due_endpoints, end_delivery, forget_attempts, keep_attempt,
    skip_to,
};
use tasuki_core::event::CloudEvent;
use tasuki_core::id::WebhookEndpointId;
use tasuki_core::problem::Problem;
use tasuki_core::webhook::Outcome;
use tasuki_partners::webhooks::{Message, Sender};
use tasuki_store::outbox::{Horizon, Stored};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Endpoints that one process delivers to at once.
const ENDPOINTS_AT_ONCE: usize = 32;

/// How often to look for new events.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How often the gauges are refreshed.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// How often old tries are forgotten.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// What deliveries are made with.
#[derive(Debug)]
pub struct Post {
    /// What use cases work with.
    pub ctx: Context,
    /// Who sends.
    pub sender: Sender,
    /// The name of the installation, for the events.
    pub source: String,
}

/// Delivers events, each endpoint in its own time.
#[derive(Debug)]
pub struct Deliveries {
    post: Arc<Post>,
    /// Names this process among those that could deliver to the same endpoint.
    token: Uuid,
    horizon: Horizon,
    under_way: JoinSet<(WebhookEndpointId, usize)>,
    busy: HashSet<WebhookEndpointId>,
    stop: CancellationToken,
}

/// Delivers events until told to stop; then ends the tries under way.
pub async fn deliver_webhooks(post: Post, stop: CancellationToken) {
    let mut deliveries = Deliveries::new(post, stop.clone());
    let (mut counted, mut forgot): (Option<Instant>, Option<Instant>) = (None, None);
    let is_over = |since: Option<Instant>, every| since.is_none_or(|at| at.elapsed() >= every);
    while !stop.is_cancelled() {
        if let Err(problem) = deliveries.start_due().await {
            tracing::warn!("cannot look for webhooks to deliver: {problem}");
        }
        if is_over(counted, COUNT_EVERY) {
            counted = Some(Instant::now());
            deliveries.count().await;
        }
        if is_over(forgot, FORGET_EVERY) {
            forgot = Some(Instant::now());
            if let Err(problem) = forget_attempts(&deliveries.post.ctx).await {
                tracing::warn!("cannot forget old deliveries of webhooks: {problem}");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            ended = deliveries.under_way.join_next(), if !deliveries.under_way.is_empty() => {
                deliveries.ended(ended);
            }
        }
    }
    deliveries.finish().await;
}

impl Deliveries {
    /// Deliveries of this process, until told to stop.
    pub fn new(post: Post, stop: CancellationToken) -> Self {
        let token = post.ctx.ids.next_uuid();
        let (horizon, under_way, busy) = (Horizon::default(), JoinSet::new(), HashSet::new());
        Self { post: Arc::new(post), token, horizon, under_way, busy, stop }
    }

    /// Starts deliveries to every endpoint for which there may be something to do and that is not at it.
    ///
    /// # Errors
    /// Of the store.
    pub async fn start_due(&mut self) -> Result<(), Problem> {
        let free = ENDPOINTS_AT_ONCE.saturating_sub(self.busy.len());
        if free == 0 {
            return Ok(());
        }
        let limit = u64::try_from(free.saturating_add(self.busy.len())).unwrap_or(u64::MAX);
        let due = due_endpoints(&self.post.ctx, &mut self.horizon, limit).await?;
        let mut idle = due;
        idle.retain(|id| !self.busy.contains(id));
        for id in idle.into_iter().take(free) {
            self.busy.insert(id);
            let (post, stop) = (Arc::clone(&self.post), self.stop.clone());
            let (token, up_to) = (self.token, self.horizon.complete());
            self.under_way.spawn(async move {
                let n = deliver(&post, id, (token, up_to), &stop).await.unwrap_or_else(|problem| {
                    tracing::warn!(endpoint.id = %id, "cannot deliver to `{id}`: {problem}");
                    0
                });
                (id, n)
            });
        }
        Ok(())
    }

    /// Delivers everything that is due now; tells how many events were taken.
    ///
    /// # Errors
    /// Of the store.
    pub async fn deliver_due(&mut self) -> Result<usize, Problem> {
        let mut n_taken: usize = 0;
        loop {
            self.start_due().await?;
            if self.under_way.is_empty() {
                return Ok(n_taken);
            }
            let n_round = self.finish().await;
            n_taken = n_taken.saturating_add(n_round);
            if n_round == 0 {
                return Ok(n_taken);
            }
        }
    }

    /// Waits for what is under way; tells how many events were taken.
    async fn finish(&mut self) -> usize {
        let mut n_taken: usize = 0;
        while let Some(ended) = self.under_way.join_next().await {
            n_taken = n_taken.saturating_add(self.ended(Some(ended)));
        }
        n_taken
    }

    fn ended(
        &mut self,
        ended: Option<Result<(WebhookEndpointId, usize), tokio::task::JoinError>>,
    ) -> usize {
        match ended {
            Some(Ok((id, n_taken))) => {
                self.busy.remove(&id);
                n_taken
            }
            Some(Err(error)) => {
                tracing::error!("a delivery of webhooks broke off: {error}");
                // Which one it was is not told. A turn that is still held is not taken twice.
                self.busy.clear();
                0
            }
            None => 0,
        }
    }

    async fn count(&self) {
        match census(&self.post.ctx).await {
            Ok((well, failing, disabled)) => {
                for (state, n) in [("active", well), ("failing", failing), ("disabled", disabled)] {
                    // Counts of endpoints fit into 32 bits and so into a gauge without loss.
                    metrics::gauge!("tasuki_webhook_endpoints", "state" => state)
                        .set(i32::try_from(n).unwrap_or(i32::MAX));
                }
            }
            Err(problem) => tracing::warn!("cannot count webhook endpoints: {problem}"),
        }
    }
}

/// Delivers what is next for an endpoint, until something fails or there is nothing more; tells how many events were
/// taken.
async fn deliver(
    post: &Post,
    id: WebhookEndpointId,
    (token, up_to): (Uuid, i64),
    stop: &CancellationToken,
) -> Result<usize, Problem> {
    let Some(delivery) = begin_delivery(&post.ctx, id, up_to, token).await? else { return Ok(0) };
    let done = deliver_all(post, delivery, up_to, stop).await;
    end_delivery(&post.ctx, id, token).await?;
    done
}

async fn deliver_all(
    post: &Post,
    mut delivery: Delivery,
    up_to: i64,
    stop: &CancellationToken,
) -> Result<usize, Problem> {
    let events = std::mem::take(&mut delivery.events);
    if events.is_empty() {
        skip_to(&post.ctx, &delivery, up_to).await?;
    }
    let mut n_taken: usize = 0;
    for event in events {
        if stop.is_cancelled() {
            break;
        }
        let outcome = send(post, &delivery, &event).await;
        count_attempt(&outcome);
        let is_taken = matches!(outcome, Outcome::Delivered { .. });
        match keep_attempt(&post.ctx, delivery, &event, &outcome).await? {
            Some(next) => delivery = next,
            None => break,
        }
        if is_taken {
            n_taken = n_taken.saturating_add(1);
        }
    }
    Ok(n_taken)
}

async fn send(post: &Post, delivery: &Delivery, event: &Stored) -> Outcome {
    let body = CloudEvent::new(&post.source, &event.happened()).to_json();
    let id = event.id.to_string();
    let message = Message {
        id: &id,
        sent_at: post.ctx.clock.now(),
        body: &body,
        media_type: CloudEvent::MEDIA_TYPE,
    };
    post.sender.send(&delivery.stored.endpoint.url, &delivery.secrets, &message).await
}

fn count_attempt(outcome: &Outcome) {
    let word = match outcome {
        Outcome::Delivered { .. } => "delivered",
        Outcome::Failed { .. } => "failed",
        Outcome::Gone => "gone",
    };
    metrics::counter!("tasuki_webhook_attempts_total", "outcome" => word).increment(1);
}
