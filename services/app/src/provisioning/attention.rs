//! Looks after one item: what is due by itself, or what to ask its provider.

use serde::{Deserialize, Serialize};
use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, OrderId, TenantId};
use tasuki_core::party::{Permission, Principal};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{DnsRecord, DnsSeen, Item, ItemState, Question, Surroundings};
use tasuki_core::tenant::Provider;
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, Claimed, Lane, NewJob};
use tasuki_store::{Tx, orders, providers};

use super::answers::following;
use super::following::{Change, apply};
use super::work::pulled;
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::Context;

/// The kind of job that looks after an item.
pub const ATTEND_ITEM: &str = "attend_item";

/// How soon it is seen that a provider gets new work again: an hour.
const LOOK_WHILE_PAUSED_SECONDS: i64 = 3_600;

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
    /// What to look up in DNS beside it: nothing for a tenant in another time.
    pub records: Vec<DnsRecord>,
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

    let provider = providers::get(&tx, item.provider_id).await?;
    if is_kept_back(&item, provider.as_ref()) {
        let look_at = entered.now.plus_seconds(LOOK_WHILE_PAUSED_SECONDS)?;
        let change = Change { look_at: Some(look_at), ..Change::of(item.id) };
        apply(ctx, &tx, &entered, read, (change, &system())).await?;
        jobs::complete(&tx, job, entered.now).await?;
        tx.commit().await?;
        return Ok(Begun::Done);
    }
    if let Some(command) = read.order.due_command(&item, &read.items(), entered.now) {
        let change =
            Change { command: Some(command), look_at: Some(entered.now), ..Change::of(item.id) };
        apply(ctx, &tx, &entered, read, (change, &system())).await?;
        jobs::complete(&tx, job, entered.now).await?;
        tx.commit().await?;
        return Ok(Begun::Done);
    }
    let question = item.question_at(entered.now);
    if provider.as_ref().is_some_and(|provider| provider.endpoint.is_empty()) {
        // No server to call: what was reported about its work is the answer.
        let answer = pulled(ctx, &tx, &entered, (&attend, &item, &question)).await?;
        let change = following(ctx, &entered, &item, (&answer, &DnsSeen::NotLooked))?;
        apply(ctx, &tx, &entered, read, (change, &system())).await?;
        jobs::complete(&tx, job, entered.now).await?;
        tx.commit().await?;
        return Ok(Begun::Done);
    }
    let real = entered.tenant.clock_at.is_none();
    let records = if real { item.records_to_look_up().to_vec() } else { Vec::new() };
    Ok(Begun::Ask(Box::new(Attention {
        question,
        records,
        endpoint: provider.map(|provider| provider.endpoint),
        now: entered.now,
        attend,
        item,
    })))
}

/// Whether nothing is asked for yet because the provider gets no new work.
fn is_kept_back(item: &Item, provider: Option<&Provider>) -> bool {
    matches!(item.state, ItemState::Planned { .. }) && provider.is_some_and(|it| it.paused)
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
    let Some(run_at) = item.next_look(look_at, entered.now) else { return Ok(()) };
    let attend =
        Attend { tenant_id: entered.tenant.id, order_id: order, item_id: item.id, version };
    let job = NewJob {
        id: ctx.ids.next(),
        tenant: Some(entered.tenant.id),
        lane: Lane::Provisioning,
        kind: ATTEND_ITEM,
        key: look_key(item.id, version),
        payload: jobs::payload(&attend)?,
        run_at,
    };
    jobs::enqueue_for(tx, &job, Some(item.provider_id.as_uuid())).await?;
    Ok(())
}

/// Names the look at a version of an item.
pub(super) fn look_key(item: ItemId, version: i64) -> String {
    format!("{ATTEND_ITEM}:{item}:{version}")
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
pub(super) fn surroundings<'a>(ctx: &Context, entered: &'a Entered) -> Surroundings<'a> {
    // Retries of a simulated tenant are not spread: its story is always the same.
    let simulated = entered.tenant.clock_at.is_some();
    let drawn = u16::try_from(ctx.ids.next_uuid().as_u128() % 1_000).unwrap_or(0);
    let jitter = if simulated { 0 } else { drawn };
    Surroundings { now: entered.now, zone: &entered.tenant.zone, jitter }
}
