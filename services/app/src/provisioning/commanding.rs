//! What every command about an order does first and last: who may, is it a repeat, what to answer.

use serde::{Deserialize, Serialize};
use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, OrderId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::{Problem, Refused};
use tasuki_core::provisioning::order::Order;
use tasuki_core::provisioning::{Item, Transition};
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::Tx;
use tasuki_store::orders::{self, Stored, StoredItem, StoredTransition};

use super::read_orders::OrderView;
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::Context;

/// Whether something is done or only asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// It is done.
    Do,
    /// It is only asked what would happen; nothing is stored.
    OnlyAsk,
}

/// An order that is about to change.
pub(super) struct Opened {
    pub(super) tx: Tx,
    pub(super) entered: Entered,
    pub(super) read: Stored,
    pub(super) by: Actor,
}

/// What an order is opened to: an answer that was given before, or work.
pub(super) enum Opening {
    Repeat(Box<OrderView>),
    Work(Box<Opened>),
}

/// Enters the tenant, gives the first answer to a repeat, and locks the order.
pub(super) async fn open(
    ctx: &Context,
    call: &Call,
    permission: Permission,
    (tenant, id): (TenantId, OrderId),
) -> Result<Opening, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, permission).await?;
    if let Some(first) = call.first_answer::<Kept>(&tx, entered.now).await? {
        return Ok(Opening::Repeat(Box::new(first.view(&entered))));
    }
    let read = orders::lock(&tx, tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found(Reason::OrderNotFound, id))?;
    let by = Actor::from(&call.principal);
    Ok(Opening::Work(Box::new(Opened { tx, entered, read, by })))
}

/// Keeps the answer for repeats and makes the change last.
pub(super) async fn close(
    call: &Call,
    tx: Tx,
    entered: &Entered,
    stored: Stored,
) -> Result<OrderView, Problem> {
    let view = view(&tx, entered, stored).await?;
    call.remember(&tx, &Kept::of(&view)).await?;
    tx.commit().await?;
    Ok(view)
}

/// The order as it is in this transaction.
pub(super) async fn view(tx: &Tx, entered: &Entered, stored: Stored) -> Result<OrderView, Problem> {
    let history = orders::history(tx, (stored.order.tenant_id, stored.order.id), 0).await?;
    let (now, zone) = (entered.now, entered.tenant.zone.clone());
    Ok(OrderView { stored, history, now, zone })
}

/// One of the order's items.
pub(super) fn item(read: &Stored, id: ItemId) -> Result<&StoredItem, Problem> {
    read.item(id).ok_or_else(|| Problem::not_found(Reason::ItemNotFound, id))
}

/// Refuses a change of something that was changed since it was read. An empty text asks nothing.
pub(super) fn check_etag(sent: &str, version: i64) -> Result<(), Problem> {
    let current = format!("v{version}");
    if sent.is_empty() || sent == current {
        return Ok(());
    }
    let text = format!("it was changed since it was read: its etag is `{current}`");
    Err(Problem::new(Reason::EtagMismatch, text).with("etag", current))
}

/// The refusal of something that an item's state does not allow.
pub(super) fn refused(item: &Item, command: &'static str) -> Problem {
    Refused {
        reason: Reason::ItemState,
        subject: "order item",
        state: item.state.as_str(),
        command,
    }
    .into()
}

/// An answer as it is kept for repeats.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    order: Order,
    version: i64,
    items: Vec<(Item, i64)>,
    history: Vec<(i64, ItemId, Transition)>,
    now: Timestamp,
}

impl Kept {
    pub(super) fn of(view: &OrderView) -> Self {
        let items = view.stored.items.iter().map(|it| (it.item.clone(), it.version)).collect();
        let history = view.history.iter().map(|it| (it.seq, it.item_id, it.transition.clone()));
        Self {
            order: view.stored.order.clone(),
            version: view.stored.version,
            items,
            history: history.collect(),
            now: view.now,
        }
    }

    pub(super) fn view(self, entered: &Entered) -> OrderView {
        let items = self.items.into_iter().map(|(item, version)| StoredItem { item, version });
        let history = self.history.into_iter().map(|(seq, item_id, transition)| StoredTransition {
            seq,
            item_id,
            transition,
        });
        OrderView {
            stored: Stored { order: self.order, version: self.version, items: items.collect() },
            history: history.collect(),
            now: self.now,
            zone: entered.tenant.zone.clone(),
        }
    }
}
