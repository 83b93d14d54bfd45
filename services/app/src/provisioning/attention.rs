//! Looks after one item: what is due by itself, or what to ask its provider.

use serde::{Deserialize, Serialize};
use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, OrderId, TenantId};
use tasuki_core::party::{Permission, Principal};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::state::ItemState;
use tasuki_core::provisioning::{Cause, Item, ItemCommand, Question, ReasonCode, Surroundings};
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, Claimed, Lane, NewJob};
use tasuki_store::orders::Stored;
use tasuki_store::{Tx, orders, providers};

use super::following::{Change, apply};
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::Context;

/// The kind of job that looks after an item.
pub const ATTEND_ITEM: &str = "attend_item";

/// Which item is looked after.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attend {
    /// Whose.
    pub tenant_id: TenantId,
    /// Of which order.
    pub order_id: OrderId,
    /// The item.
    pub item_id: ItemId,
    /// The version of the item that the look was planned for.
    pub version: i64,
}

/// A question that is to be asked, and what to know for it.
#[derive(Debug, Clone)]
pub struct Attention {
    /// Which item, in which version.
    pub attend: Attend,
    /// The item as it is.
    pub item: Item,
    /// Where its provider answers; none when the provider is not registered.
    pub endpoint: Option<String>,
    /// What to ask.
    pub question: Question,
    /// The tenant's present.
    pub now: Timestamp,
}

/// What a look came to.
#[derive(Debug, Clone)]
pub enum Begun {
    /// What was due by itself was done, or there was nothing to do; the job is complete.
    Done,
    /// The provider is to be asked, then [`record_answer`](super::record_answer) completes the job.
    Ask(Box<Attention>),
}

/// Begins to look after an item.
///
/// # Errors
/// `LOST_RACE`, `STORE_UNAVAILABLE`: the job is tried again.
pub async fn begin_attention(ctx: &Context, job: &Claimed) -> Result<Begun, Problem> {
    let attend: Attend = job.payload()?;
    let tx = ctx.store.begin().await?;
    let entered = enter(ctx, &tx, attend.tenant_id).await?;
    let read = orders::lock(&tx, attend.tenant_id, attend.order_id).await?;
    let item = read
        .as_ref()
        .and_then(|stored| stored.item(attend.item_id))
        .filter(|stored| stored.version == attend.version)
        .map(|stored| stored.item.clone());
    let (Some(read), Some(item)) = (read, item) else {
        // Something newer has planned its own look.
        jobs::complete(&tx, job, entered.now).await?;
        tx.commit().await?;
        return Ok(Begun::Done);
    };

    if let Some(command) = due(&item, &read, entered.now) {
        let change =
            Change { command: Some(command), look_at: Some(entered.now), ..Change::of(item.id) };
        apply(ctx, &tx, &entered, read, (change, &system())).await?;
        jobs::complete(&tx, job, entered.now).await?;
        tx.commit().await?;
        return Ok(Begun::Done);
    }
    let provider = providers::get(&tx, item.provider_id).await?;
    Ok(Begun::Ask(Box::new(Attention {
        question: item.question_at(entered.now),
        endpoint: provider.map(|provider| provider.endpoint),
        now: entered.now,
        attend,
        item,
    })))
}

/// What is to be done to an item without asking anybody.
fn due(item: &Item, order: &Stored, now: Timestamp) -> Option<ItemCommand> {
    let is_due = order.order.due_items(&order.items()).iter().any(|due| due.id == item.id);
    match &item.state {
        ItemState::Planned { .. } => is_due.then_some(ItemCommand::Request),
        ItemState::FailedRetryable { next_at, .. } => {
            (*next_at <= now).then_some(ItemCommand::Request)
        }
        ItemState::AwaitingCustomer { step, .. } => {
            if step.expires_at <= now {
                (!item.is_looked_at_before_expiry(now)).then(|| item.on_expiry())
            } else if step.escalated_at.is_none() && step.escalate_at <= now {
                Some(ItemCommand::Escalate)
            } else {
                step.next_reminder().filter(|at| *at <= now).map(|_| ItemCommand::Remind)
            }
        }
        ItemState::Refused { .. }
        | ItemState::Requested { .. }
        | ItemState::Accepted { .. }
        | ItemState::Verifying { .. }
        | ItemState::Active { .. }
        | ItemState::Unknown { .. }
        | ItemState::FailedFinal { .. }
        | ItemState::Cleaning { .. }
        | ItemState::Cleaned { .. }
        | ItemState::CleanupStuck { .. }
        | ItemState::Suspending { .. }
        | ItemState::Suspended { .. }
        | ItemState::Resuming { .. }
        | ItemState::Deprovisioning { .. }
        | ItemState::Deprovisioned { .. }
        | ItemState::Done { .. }
        | ItemState::Cancelled { .. } => None,
    }
}

/// Plans the next look at an item of this version: when the provider has to be asked, or when the
/// customer's step has a deadline, whatever comes first.
pub(super) async fn plan_look(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (order, item, version): (OrderId, &Item, i64),
    look_at: Option<Timestamp>,
) -> Result<(), Problem> {
    let deadline = item.state.customer_step().map(|step| {
        let escalation = step.escalated_at.is_none().then_some(step.escalate_at);
        [Some(step.expires_at), escalation, step.next_reminder()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(step.expires_at)
    });
    let waits = matches!(item.state, ItemState::AwaitingCustomer { .. });
    // A look that follows the end is planned by itself, or it would be due at once without end.
    let is_up = item.is_looked_at_before_expiry(entered.now) && look_at.is_some();
    let deadline = deadline.filter(|_| waits && !is_up);
    let Some(run_at) = [look_at, deadline].into_iter().flatten().min() else { return Ok(()) };
    let attend =
        Attend { tenant_id: entered.tenant.id, order_id: order, item_id: item.id, version };
    let job = NewJob {
        id: ctx.ids.next(),
        tenant: Some(entered.tenant.id),
        lane: Lane::Provisioning,
        kind: ATTEND_ITEM,
        key: format!("{ATTEND_ITEM}:{}:{version}", item.id),
        payload: jobs::payload(&attend)?,
        run_at: run_at.max(entered.now),
    };
    jobs::enqueue(tx, &job).await?;
    Ok(())
}

/// Enters a tenant as the server itself.
pub(super) async fn enter(ctx: &Context, tx: &Tx, tenant: TenantId) -> Result<Entered, Problem> {
    access::enter(ctx, tx, &Call::system(), tenant, Permission::Sell).await
}

/// The server itself, as histories name it.
pub(super) fn system() -> Actor {
    Actor::from(&Principal::system())
}

/// Where an item lives, for what follows from an answer.
pub(super) fn surroundings(entered: &Entered) -> Surroundings<'_> {
    // Retries of a simulated tenant are not spread: its story is always the same. Those of a real
    // one are spread by the worker's own back-off between looks.
    Surroundings { now: entered.now, zone: &entered.tenant.zone, jitter: 0 }
}

/// Why the other items of an order are taken back.
pub(super) fn rolled_back() -> Cause {
    Cause::from(ReasonCode::RolledBackWithBundle)
}
