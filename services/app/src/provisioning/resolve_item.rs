//! Lets an operator settle an item that the machine cannot settle.

use tasuki_core::id::{ItemId, OrderId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{
    Cause, Evidence, Item, ItemCommand, ItemState, ReasonCode, VerifyMethod,
};
use tasuki_core::time::Timestamp;

use super::commanding::{Opened, Opening, check_etag, close, item, open, refused};
use super::following::{Change, apply};
use super::read_orders::OrderView;
use super::retry_item::retrying;
use crate::call::Call;
use crate::context::Context;

/// How an operator settles an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// What is there is ours and works: active.
    Adopt,
    /// Ask the provider again.
    Retry,
    /// Take away what is there.
    Clean,
    /// Nothing is there any more: somebody looked.
    ConfirmGone,
    /// Give up.
    Fail,
    /// Held by preflight: go on.
    Proceed,
    /// Drift: order the desired state again.
    Repair,
    /// Drift: take what is there as the desired state.
    AcceptDrift,
}

/// What an operator found.
#[derive(Debug, Clone)]
pub struct ResolveItem {
    /// The order.
    pub order_id: OrderId,
    /// The item.
    pub item_id: ItemId,
    /// How it is settled.
    pub resolution: Resolution,
    /// Why it ends; the reason it has if none is given.
    pub reason: Option<ReasonCode>,
    /// What was found.
    pub note: String,
    /// Id of the evidence; needed to adopt and to confirm that nothing is there.
    pub evidence_id: String,
    /// The version of the item that the caller has read.
    pub etag: String,
}

/// Settles an item.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ORDER_NOT_FOUND`, `ITEM_NOT_FOUND`, `ETAG_MISMATCH`, `ITEM_STATE`;
/// also where nothing has drifted; `REQUEST_INVALID` without the evidence that is needed.
pub async fn resolve_item(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    command: ResolveItem,
) -> Result<OrderView, Problem> {
    let key = (tenant, command.order_id);
    let opened = match open(ctx, call, Permission::ManageScheme, key).await? {
        Opening::Repeat(first) => return Ok(*first),
        Opening::Work(opened) => *opened,
    };

    let Opened { tx, entered, mut read, by } = opened;
    let stored = item(&read, command.item_id)?;
    check_etag(&command.etag, stored.version)?;
    let todo = settled(&stored.item, &command, entered.now)?;
    if command.resolution == Resolution::AcceptDrift
        && let Some(stored) = read.items.iter_mut().find(|it| it.item.id == command.item_id)
    {
        stored.item.accept_drift();
    }
    let change = Change {
        command: todo,
        look_at: Some(entered.now),
        note: command.note,
        ..Change::of(command.item_id)
    };
    let next = apply(ctx, &tx, &entered, read, (change, &by)).await?;

    close(call, tx, &entered, next).await
}

fn settled(
    item: &Item,
    command: &ResolveItem,
    now: Timestamp,
) -> Result<Option<ItemCommand>, Problem> {
    let known = item.state.cause().map(|cause| cause.code);
    let code = command.reason.or(known).unwrap_or(ReasonCode::ProviderFailed);
    let cause = Cause::new(code, command.note.clone());
    let allowed = |command: &ItemCommand| item.state.step(command, now).is_ok();
    match command.resolution {
        Resolution::Adopt => {
            let (id, observed_at) = (evidence(command)?, now);
            let evidence = Evidence { id, method: VerifyMethod::Document, observed_at };
            let installed_at = item.state.installed_at().unwrap_or(now);
            Ok(Some(ItemCommand::Verify { evidence, installed_at }))
        }
        Resolution::Retry => retrying(item),
        Resolution::Clean => {
            let fail = ItemCommand::Fail { cause: cause.clone() };
            let stuck = matches!(item.state, ItemState::CleanupStuck { .. });
            Ok(Some(match () {
                () if stuck => ItemCommand::RetryRemoval,
                () if item.state.is_live() => ItemCommand::End { cause, stopped_at: now },
                () => fail,
            }))
        }
        Resolution::ConfirmGone => evidence(command).map(|_| Some(ItemCommand::ConfirmGone)),
        Resolution::Fail => {
            // Whatever a provider may have is taken away: only where it has nothing, the item is
            // simply over.
            let fail = ItemCommand::Fail { cause: cause.clone() };
            Ok(Some(if allowed(&fail) { fail } else { ItemCommand::Refuse { cause } }))
        }
        Resolution::Proceed => Ok(Some(ItemCommand::Release)),
        Resolution::Repair | Resolution::AcceptDrift if !item.has_drifted() => {
            Err(refused(item, "settle drift: nothing has drifted"))
        }
        Resolution::Repair => Ok(Some(ItemCommand::Request)),
        Resolution::AcceptDrift => Ok(None),
    }
}

fn evidence(command: &ResolveItem) -> Result<String, Problem> {
    if command.evidence_id.is_empty() {
        let text = "is required: name the record that shows it, such as a work report";
        return Err(Problem::invalid("evidence_id", text));
    }
    Ok(command.evidence_id.clone())
}
