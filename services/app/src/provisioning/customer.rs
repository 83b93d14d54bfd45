//! What a customer or a partner says about an order: a step was done, or nobody wants it any more.

use tasuki_core::calendar;
use tasuki_core::id::{ItemId, OrderId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::{Problem, Refused};
use tasuki_core::provisioning::{
    Cancellation, Cause, CustomerActionKind, EndpointCounts, Item, ItemCommand, ItemState,
    ThirdPartyConsent,
};
use tasuki_core::reason::Reason;
use tasuki_core::time::{Period, Timestamp};
use tasuki_store::{Tx, orders, providers};

use super::commanding::{Intent, Opened, Opening, check_etag, close, item, open, refused, view};
use super::following::{Change, apply, follow, taking_back};
use super::read_orders::OrderView;
use crate::call::Call;
use crate::context::Context;

/// What came of a customer's step, as somebody says.
#[derive(Debug, Clone)]
pub enum StepSaid {
    /// It was done.
    Done(Box<StepDetail>),
    /// The customer declines, or it has become impossible.
    Refused(Cause),
    /// The customer needs help: the partner is asked now and not only when the step is late.
    NeedsHelp,
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

/// Which step of which item.
#[derive(Debug, Clone)]
pub struct Which {
    /// Whose.
    pub tenant_id: TenantId,
    /// The order.
    pub order_id: OrderId,
    /// The item.
    pub item_id: ItemId,
    /// The step that it waits for.
    pub kind: CustomerActionKind,
    /// What the customer says; empty when nothing.
    pub note: String,
    /// The version of the item that the caller has read; empty for any.
    pub etag: String,
}

/// Takes in what somebody says about the customer's step; whether it is true is looked at next.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ORDER_NOT_FOUND`, `ITEM_NOT_FOUND`, `ETAG_MISMATCH`; `ITEM_STATE` when no
/// step is waited for; `CUSTOMER_STEP_MISMATCH` when another one is; `REQUEST_INVALID` for a date of a visit that
/// is over or outside the hours in which the provider comes.
pub async fn confirm_customer_action(
    ctx: &Context,
    call: &Call,
    which: Which,
    said: StepSaid,
) -> Result<OrderView, Problem> {
    let key = (which.tenant_id, which.order_id);
    let opened = match open(ctx, call, Permission::Sell, key).await? {
        Opening::Repeat(first) => return Ok(*first),
        Opening::Work(opened) => *opened,
    };

    let Opened { tx, entered, mut read, by } = opened;
    let stored = item(&read, which.item_id)?;
    check_etag(&which.etag, stored.version)?;
    check_kind(&stored.item, which.kind)?;
    let command = match said {
        StepSaid::Done(detail) => {
            if let Some(visit) = detail.visit {
                check_visit(&tx, &stored.item, visit, entered.now).await?;
            }
            if let Some(stored) = read.items.iter_mut().find(|it| it.item.id == which.item_id) {
                note_detail(&mut stored.item, *detail);
            }
            ItemCommand::ConfirmStep
        }
        StepSaid::Refused(cause) => ItemCommand::Fail { cause },
        StepSaid::NeedsHelp => ItemCommand::Escalate,
    };
    let change = Change {
        command: Some(command),
        look_at: Some(entered.now),
        note: which.note,
        ..Change::of(which.item_id)
    };
    let next = apply(ctx, &tx, &entered, read, (change, &by)).await?;

    close(call, tx, &entered, next).await
}

fn check_kind(item: &Item, kind: CustomerActionKind) -> Result<(), Problem> {
    let ItemState::AwaitingCustomer { step, .. } = &item.state else {
        return Err(refused(item, "confirm_customer_action"));
    };
    if step.request.kind == kind {
        return Ok(());
    }
    let (waits, sent) = (step.request.kind.as_str(), kind.as_str());
    let text = format!("the item waits for `{waits}` and not for `{sent}`");
    Err(Problem::new(Reason::CustomerStepMismatch, text).with("waits_for", waits))
}

/// Whether somebody of the provider can come then: better said now than when nobody comes.
async fn check_visit(tx: &Tx, item: &Item, visit: Period, now: Timestamp) -> Result<(), Problem> {
    if visit.end() <= visit.start() || visit.end() <= now {
        return Err(Problem::invalid("visit", "must be a time to come, and end after it begins"));
    }
    let provider = providers::get(tx, item.provider_id).await?;
    let Some(name) = provider.and_then(|provider| provider.visit_calendar) else { return Ok(()) };
    let hours = calendar::named(&name)?;
    if hours.is_open_throughout(visit)? {
        return Ok(());
    }
    let next = hours.next_open(visit.start())?;
    let text = format!(
        "the provider comes within the hours of `{name}` only: it is next open from {next}, and a visit ends before it closes"
    );
    Err(Problem::invalid("visit", text).with("calendar", name))
}

fn note_detail(item: &mut Item, detail: StepDetail) {
    let StepDetail { visit, consent, endpoints, waiver } = detail;
    item.visit = visit.or(item.visit);
    item.consent = consent.or(item.consent.take());
    if let Some(endpoints) = endpoints {
        item.declared(endpoints);
    }
    if let Some(record) = &mut item.last_step {
        record.waiver = waiver.or(record.waiver.take());
    }
}

/// What is to be taken back.
#[derive(Debug, Clone)]
pub struct CancelOrder {
    /// The order.
    pub order_id: OrderId,
    /// Only these items; all if empty.
    pub item_ids: Vec<ItemId>,
    /// Why.
    pub cause: Cause,
    /// The version of the order that the caller has read; empty for any.
    pub etag: String,
    /// Whether it is done.
    pub intent: Intent,
}

/// Cancels an order, or some of its items: what can be taken back is, what is under way follows when
/// its answer is known.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ORDER_NOT_FOUND`, `ITEM_NOT_FOUND`, `ETAG_MISMATCH`; `ORDER_STATE` when it is
/// over or being cancelled; `ITEM_STATE` when one of the items that were named cannot go back now.
pub async fn cancel_order(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    command: &CancelOrder,
) -> Result<OrderView, Problem> {
    let opened = match open(ctx, call, Permission::Sell, (tenant, command.order_id)).await? {
        Opening::Repeat(first) => return Ok(*first),
        Opening::Work(opened) => *opened,
    };

    let Opened { tx, entered, mut read, by } = opened;
    check_etag(&command.etag, read.version)?;
    let state = read.order.state(&read.items());
    if state.is_final() || read.order.cancellation.is_some() {
        let (subject, state) = ("order", state.as_str());
        let reason = Reason::OrderState;
        return Err(Refused { reason, subject, state, command: "cancel" }.into());
    }
    if command.item_ids.is_empty() {
        read.order.cancellation = Some(Cancellation {
            requested_at: entered.now,
            requested_by: by.clone(),
            cause: command.cause.clone(),
        });
        read.version = orders::save(&tx, &read.order, read.version).await?;
        // Nothing changes for one item first; everything follows from the cancellation.
        read = follow(ctx, &tx, &entered, read).await?;
    }
    for id in &command.item_ids {
        let item = item(&read, *id)?.item.clone();
        let change = taking_back(&item, &command.cause, entered.now)
            .ok_or_else(|| refused(&item, "cancel"))?;
        read = apply(ctx, &tx, &entered, read, (change, &by)).await?;
    }
    if command.intent == Intent::OnlyAsk {
        return view(&tx, &entered, read).await;
    }

    close(call, tx, &entered, read).await
}
