//! Tries an item again now.

use std::collections::BTreeMap;

use tasuki_core::id::{ItemId, OrderId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Item, ItemCommand, ItemState};

use super::commanding::{Opened, Opening, check_etag, close, item, open, refused};
use super::following::{Change, apply};
use super::read_orders::OrderView;
use crate::call::Call;
use crate::context::Context;

/// Which item is tried again.
#[derive(Debug, Clone)]
pub struct RetryItem {
    /// The order.
    pub order_id: OrderId,
    /// The item.
    pub item_id: ItemId,
    /// Parameters to set before; an empty text takes one away.
    pub parameters: BTreeMap<String, String>,
    /// The version of the item that the caller has read; empty for any.
    pub etag: String,
}

/// Tries an item again now: one that failed, or one that waits for its next try.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ORDER_NOT_FOUND`, `ITEM_NOT_FOUND`, `ETAG_MISMATCH`; `ITEM_STATE` when there
/// is nothing to try again, or when other parameters come too late.
pub async fn retry_item(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    command: &RetryItem,
) -> Result<OrderView, Problem> {
    let opened = match open(ctx, call, Permission::Sell, (tenant, command.order_id)).await? {
        Opening::Repeat(first) => return Ok(*first),
        Opening::Work(opened) => *opened,
    };

    let Opened { tx, entered, mut read, by } = opened;
    let stored = item(&read, command.item_id)?;
    check_etag(&command.etag, stored.version)?;
    let again = retrying(&stored.item)?;
    // Only a new generation may ask for something else: a provider refuses the same one changed.
    if !command.parameters.is_empty() && again != Some(ItemCommand::Reopen) {
        return Err(refused(&stored.item, "change parameters"));
    }
    if let Some(stored) = read.items.iter_mut().find(|it| it.item.id == command.item_id) {
        set_parameters(&mut stored.item, &command.parameters);
    }
    let change =
        Change { command: again, look_at: Some(entered.now), ..Change::of(command.item_id) };
    let next = apply(ctx, &tx, &entered, read, (change, &by)).await?;

    close(call, tx, &entered, next).await
}

/// The command that tries again; none when it is enough to look now.
pub(super) fn retrying(item: &Item) -> Result<Option<ItemCommand>, Problem> {
    match &item.state {
        ItemState::FailedRetryable { .. } => Ok(Some(ItemCommand::Request)),
        ItemState::FailedFinal { .. } | ItemState::Cleaned { .. } | ItemState::Refused { .. } => {
            Ok(Some(ItemCommand::Reopen))
        }
        ItemState::CleanupStuck { .. } => Ok(Some(ItemCommand::RetryRemoval)),
        ItemState::Accepted { .. }
        | ItemState::AwaitingCustomer { .. }
        | ItemState::Verifying { .. }
        | ItemState::Unknown { .. }
        | ItemState::Cleaning { .. }
        | ItemState::Deprovisioning { .. }
        | ItemState::Suspending { .. }
        | ItemState::Resuming { .. }
        | ItemState::Updating { .. } => Ok(None),
        ItemState::Planned { .. }
        | ItemState::Requested { .. }
        | ItemState::Active { .. }
        | ItemState::Suspended { .. }
        | ItemState::Deprovisioned { .. }
        | ItemState::Done { .. }
        | ItemState::Cancelled { .. } => Err(refused(item, "retry")),
    }
}

fn set_parameters(item: &mut Item, parameters: &BTreeMap<String, String>) {
    for (name, value) in parameters {
        if value.is_empty() {
            item.spec.parameters.remove(name);
        } else {
            item.spec.parameters.insert(name.clone(), value.clone());
        }
    }
}
