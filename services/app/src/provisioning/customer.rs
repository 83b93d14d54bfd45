//! What a customer or a partner says about an order: a step was done, or nobody wants it any more.

use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, OrderId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{
    Cancellation, Cause, EndpointCounts, ItemCommand, ThirdPartyConsent,
};
use tasuki_core::reason::Reason;
use tasuki_core::time::Period;
use tasuki_store::Tx;
use tasuki_store::orders::{self, Stored};

use super::following::{Change, apply};
use super::read_orders::OrderView;
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::Context;

/// What came of a customer's step, as somebody says.
#[derive(Debug, Clone)]
pub enum StepSaid {
    /// It was done.
    Done(Box<StepDetail>),
    /// The customer declines, or it has become impossible.
    Refused(Cause),
}

/// What was done.
#[derive(Debug, Clone, Default)]
pub struct StepDetail {
    /// The date agreed for a visit.
    pub visit: Option<Period>,
    /// The consent of a third party.
    pub consent: Option<ThirdPartyConsent>,
    /// How far a roll-out has come, as declared.
    pub endpoints: Option<EndpointCounts>,
    /// The waiver under which the operator did it in the customer's place.
    pub waiver: Option<String>,
}

/// Which item of which order.
#[derive(Debug, Clone, Copy)]
pub struct Which {
    /// Whose.
    pub tenant_id: TenantId,
    /// The order.
    pub order_id: OrderId,
    /// The item.
    pub item_id: ItemId,
}

/// Takes in what somebody says about the customer's step; whether it is true is looked at next.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ORDER_NOT_FOUND`, `ITEM_NOT_FOUND`; `ITEM_STATE` when no step is waited for.
pub async fn confirm_customer_action(
    ctx: &Context,
    call: &Call,
    which: Which,
    said: StepSaid,
) -> Result<OrderView, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, which.tenant_id, Permission::Sell).await?;
    if call.first_answer::<OrderId>(&tx, entered.now).await?.is_some() {
        return view(&tx, entered, which.order_id).await;
    }

    let mut read = lock(&tx, &entered, which.order_id).await?;
    let item = read
        .items
        .iter_mut()
        .find(|stored| stored.item.id == which.item_id)
        .ok_or_else(|| Problem::not_found(Reason::ItemNotFound, which.item_id))?;
    let command = match said {
        StepSaid::Done(detail) => {
            let StepDetail { visit, consent, endpoints, waiver } = *detail;
            item.item.visit = visit.or(item.item.visit);
            item.item.consent = consent.or(item.item.consent.take());
            item.item.endpoints = endpoints.or(item.item.endpoints);
            if let Some(record) = &mut item.item.last_step {
                record.waiver = waiver.or(record.waiver.take());
            }
            ItemCommand::ConfirmStep
        }
        StepSaid::Refused(cause) => ItemCommand::Expire { cause },
    };
    let change =
        Change { command: Some(command), look_at: Some(entered.now), ..Change::of(which.item_id) };
    apply(ctx, &tx, &entered, read, (change, &Actor::from(&call.principal))).await?;
    call.remember(&tx, &which.order_id).await?;

    tx.commit().await?;
    let tx = ctx.store.begin_read().await?;
    view(&tx, entered, which.order_id).await
}

/// Cancels an order: what can be taken back is, what is under way follows when its answer is known.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ORDER_NOT_FOUND`; `ORDER_STATE` when it is over.
pub async fn cancel_order(
    ctx: &Context,
    call: &Call,
    (tenant, id): (TenantId, OrderId),
    cause: Cause,
) -> Result<OrderView, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Sell).await?;
    if call.first_answer::<OrderId>(&tx, entered.now).await?.is_some() {
        return view(&tx, entered, id).await;
    }

    let mut read = lock(&tx, &entered, id).await?;
    let state = read.order.state(&read.items());
    if state.is_final() || read.order.cancellation.is_some() {
        let text = format!("an order that is `{}` cannot be cancelled", state.as_str());
        return Err(Problem::new(Reason::OrderState, text).with("state", state.as_str()));
    }
    let by = Actor::from(&call.principal);
    read.order.cancellation =
        Some(Cancellation { requested_at: entered.now, requested_by: by.clone(), cause });
    read.version = orders::save(&tx, &read.order, read.version).await?;
    // Nothing changes for one item first; everything follows from the cancellation.
    super::following::follow(ctx, &tx, &entered, read).await?;
    call.remember(&tx, &id).await?;

    tx.commit().await?;
    let tx = ctx.store.begin_read().await?;
    view(&tx, entered, id).await
}

/// An order of the tenant, locked.
pub(super) async fn lock(tx: &Tx, entered: &Entered, id: OrderId) -> Result<Stored, Problem> {
    orders::lock(tx, entered.tenant.id, id)
        .await?
        .ok_or_else(|| Problem::not_found(Reason::OrderNotFound, id))
}

async fn view(tx: &Tx, entered: Entered, id: OrderId) -> Result<OrderView, Problem> {
    let tenant = entered.tenant.id;
    let stored = orders::get(tx, tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found(Reason::OrderNotFound, id))?;
    let history = orders::history(tx, (tenant, id), 0).await?;
    Ok(OrderView { stored, history, now: entered.now, zone: entered.tenant.zone })
}
