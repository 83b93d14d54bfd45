//! Applies a change to an item and everything that follows from it, in one transaction: its history,
//! the other items of the order, the subscription, its cover, and what others are told.

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::certificate::{Evidence, Stop};
use tasuki_core::id::{ItemId, OrderId};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::spec::{Observation, Spec};
use tasuki_core::provisioning::state::ItemState;
use tasuki_core::provisioning::{Cause, Item, ItemCommand, Order, OrderState, Transition};
use tasuki_core::time::Timestamp;
use tasuki_store::Tx;
use tasuki_store::orders::{self, Stored, StoredItem};

use super::attention::{plan_look, system};
use super::fit_item::fit_again;
use crate::access::Entered;
use crate::context::{Context, News};
use crate::subscribing::{ActiveItem, GoneItem, item_active, item_gone};

/// What is done to one item.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) item_id: ItemId,
    /// The command, if the state is to change.
    pub(super) command: Option<ItemCommand>,
    /// When to look next; none when there is nothing to look for.
    pub(super) look_at: Option<Timestamp>,
    /// What is wanted instead of what was ordered.
    pub(super) spec: Option<Spec>,
    /// The provider's error.
    pub(super) error: Option<String>,
    /// What was seen.
    pub(super) seen: Option<Observation>,
    /// What whoever does it wrote beside it; empty when nothing.
    pub(super) note: String,
}

impl Change {
    /// No change of an item.
    pub(super) const fn of(item_id: ItemId) -> Self {
        let note = String::new();
        Self { item_id, command: None, look_at: None, spec: None, error: None, seen: None, note }
    }
}

/// Items that one change can touch at most: each touches at most every item of its order once more.
const MOST_FOLLOWING: usize = 200;

/// Applies a change and what follows from it, until nothing more follows.
pub(super) async fn apply(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    mut read: Stored,
    (first, by): (Change, &Actor),
) -> Result<Stored, Problem> {
    let before = read.order.state(&read.items());
    Box::pin(change(ctx, tx, entered, &mut read, (first, by))).await?;
    settle(ctx, tx, entered, (read, before)).await
}

/// Does what follows from a change of the order itself.
pub(super) async fn follow(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    read: Stored,
) -> Result<Stored, Problem> {
    let unsettled = Order { cancellation: None, ..read.order.clone() };
    let before = unsettled.state(&read.items());
    settle(ctx, tx, entered, (read, before)).await
}

async fn settle(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (mut read, before): (Stored, OrderState),
) -> Result<Stored, Problem> {
    for _ in 0..MOST_FOLLOWING {
        let items = read.items();
        let Some((item, command)) = read.order.following(&items, entered.now) else { break };
        let (command, look_at) = (Some(command), Some(entered.now));
        let next = Change { command, look_at, ..Change::of(item.id) };
        Box::pin(change(ctx, tx, entered, &mut read, (next, &system()))).await?;
    }
    wake_due(ctx, tx, entered, &read).await?;
    let after = read.order.state(&read.items());
    if before != after {
        tell_order(ctx, tx, entered, (&read, after)).await?;
    }
    Ok(read)
}

async fn change(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    read: &mut Stored,
    (change, by): (Change, &Actor),
) -> Result<(), Problem> {
    let order = (read.order.tenant_id, read.order.id);
    let Some(stored) = read.items.iter_mut().find(|it| it.item.id == change.item_id) else {
        return Ok(());
    };
    let mut item = stored.item.clone();
    if let Some(seen) = &change.seen {
        item.observed(seen);
    }
    if let Some(spec) = change.spec {
        item.spec = spec;
    }
    if let Some(error) = change.error {
        item.last_error = error;
    }
    let mut transition = None;
    if let Some(command) = &change.command {
        let (next, _, line) = item.step(command, by, entered.now)?;
        item = next;
        transition = Some(Transition { note: change.note, ..line });
    }
    let drifted = item.has_drifted() && !stored.item.has_drifted();
    let version = orders::save_item(tx, order, &item, stored.version, transition.as_ref()).await?;
    let before = std::mem::replace(stored, StoredItem { item, version });
    let after = stored.item.clone();
    plan_look(ctx, tx, entered, (order.1, &after, version), change.look_at).await?;
    if drifted {
        tell_drift(ctx, tx, entered, (order.1, &after)).await?;
    }
    if let Some(transition) = &transition {
        tell_item(ctx, tx, entered, (order.1, &after, transition)).await?;
        let subscription = read.order.subscription_id;
        if let Some(subscription_id) = subscription {
            let progress = Progress { before: &before.item, after: &after };
            progress.tell(ctx, tx, entered, subscription_id).await?;
            if runs(&after) && !runs(&before.item) {
                fit_again(ctx, tx, entered, (subscription_id, &after, version)).await?;
            }
        }
    }
    Ok(())
}

const fn runs(item: &Item) -> bool {
    matches!(item.state, ItemState::Active { .. })
}

/// The change that takes an item back; none when its call is under way and its answer decides, or
/// when it is on its way out already.
pub(super) fn taking_back(item: &Item, cause: &Cause, now: Timestamp) -> Option<Change> {
    let command = item.taken_back(cause, now)?;
    Some(Change { command: Some(command), look_at: Some(now), ..Change::of(item.id) })
}

/// Plans a look at every item whose turn has come with this change.
async fn wake_due(ctx: &Context, tx: &Tx, entered: &Entered, read: &Stored) -> Result<(), Problem> {
    let items = read.items();
    for item in read.order.due_items(&items) {
        let version = read.item(item.id).map_or(0, |stored| stored.version);
        let planned = (read.order.id, item, version);
        plan_look(ctx, tx, entered, planned, Some(entered.now)).await?;
    }
    Ok(())
}

async fn tell_drift(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (order, item): (OrderId, &Item),
) -> Result<(), Problem> {
    let payload = json!({
        "order_id": order,
        "service": item.service(),
        "component": item.spec.component,
        "policy": item.drift_policy,
        "generation": { "ours": item.generation, "there": item.observed_generation },
        "spec_hash": { "ours": item.spec.hash(), "there": item.observed_spec_hash },
    });
    let news = News::new("order_item.drifted", item.id, payload);
    Ok(ctx.tell(tx, entered.when(), news).await?)
}

async fn tell_item(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (order, item, transition): (OrderId, &Item, &Transition),
) -> Result<(), Problem> {
    let payload = json!({
        "order_id": order,
        "service": item.service(),
        "component": item.spec.component,
        "from": transition.from,
        "to": transition.to,
        "reason": item.state.cause().map(|cause| cause.code),
    });
    let news = News::new("order_item.changed", item.id, payload);
    Ok(ctx.tell(tx, entered.when(), news).await?)
}

async fn tell_order(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (read, state): (&Stored, OrderState),
) -> Result<(), Problem> {
    let payload = json!({ "state": state, "subscription_id": read.order.subscription_id });
    let news = News::new("order.changed", read.order.id, payload);
    Ok(ctx.tell(tx, entered.when(), news).await?)
}

/// A change of an item, as its subscription sees it.
struct Progress<'a> {
    before: &'a Item,
    after: &'a Item,
}

impl Progress<'_> {
    /// Tells the subscription when the service starts, stops, or will never start.
    async fn tell(
        &self,
        ctx: &Context,
        tx: &Tx,
        entered: &Entered,
        subscription_id: tasuki_core::id::SubscriptionId,
    ) -> Result<(), Problem> {
        let (item_id, service) = (self.after.id, self.after.service());
        if let Some(running) = self.after.state.service()
            && self.before.state.service().is_none()
        {
            let evidence =
                Evidence { kind: "order_item_active".to_owned(), id: running.evidence.id.clone() };
            let at = running.active_at;
            let item = ActiveItem { subscription_id, item_id, service, at, evidence };
            return item_active(ctx, tx, entered, &item).await;
        }
        if is_over(&self.after.state) && !is_over(&self.before.state) {
            let because = if self.after.state.service().is_some() {
                Stop::ServiceRemoved
            } else {
                Stop::NeverProvided
            };
            let at = self.after.state.stopped_at().unwrap_or(entered.now);
            let item = GoneItem { subscription_id, item_id, at, because };
            return item_gone(ctx, tx, entered, &item).await;
        }
        Ok(())
    }
}

/// Whether the service does not run any more or never will. A one-off service that was done ran.
pub(crate) const fn is_over(state: &ItemState) -> bool {
    match state {
        ItemState::Refused { .. }
        | ItemState::FailedFinal { .. }
        | ItemState::Cleaning { .. }
        | ItemState::Cleaned { .. }
        | ItemState::CleanupStuck { .. }
        | ItemState::Deprovisioning { .. }
        | ItemState::Deprovisioned { .. }
        | ItemState::Cancelled { .. } => true,
        ItemState::Planned { .. }
        | ItemState::Requested { .. }
        | ItemState::Accepted { .. }
        | ItemState::AwaitingCustomer { .. }
        | ItemState::Verifying { .. }
        | ItemState::Active { .. }
        | ItemState::Unknown { .. }
        | ItemState::FailedRetryable { .. }
        | ItemState::Suspending { .. }
        | ItemState::Suspended { .. }
        | ItemState::Resuming { .. }
        | ItemState::Updating { .. }
        | ItemState::Done { .. } => false,
    }
}
