//! What an instance of a provider is to us.

use tasuki_core::id::{ItemId, ProviderId, SubscriptionId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_store::orders;

use super::receive::reporting;
use crate::call::Call;
use crate::context::Context;

/// An instance as its provider may name it, with what only we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// Who runs it.
    pub provider_id: ProviderId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What it is part of; none for an order outside a subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Of which service.
    pub service: Service,
}

/// An instance of the provider that reports.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `ITEM_NOT_FOUND` for an instance that is not the provider's.
pub async fn reported_instance(
    ctx: &Context,
    call: &Call,
    (provider, id): (ProviderId, ItemId),
) -> Result<Instance, Problem> {
    call.require(ctx, Permission::Report)?;
    let unknown = || Problem::not_found(Reason::ItemNotFound, id);
    let provider_id = reporting(call, Some(provider)).ok_or_else(unknown)?;
    let tx = ctx.store.begin_read().await?;
    let (tenant_id, order) = orders::of_item(&tx, id).await?.ok_or_else(unknown)?;
    let read = orders::get(&tx, tenant_id, order).await?.ok_or_else(unknown)?;
    let item = read.item(id).filter(|stored| stored.item.provider_id == provider_id);
    let service = item.map(|stored| stored.item.service()).ok_or_else(unknown)?;
    let subscription_id = read.order.subscription_id;
    Ok(Instance { provider_id, tenant_id, subscription_id, service })
}
