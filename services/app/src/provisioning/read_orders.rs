//! Reads orders with their history.

use tasuki_core::id::{OrderId, SubscriptionId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::{Timestamp, Zone};
use tasuki_store::orders::{self, Filter, Stored, StoredTransition};
use tasuki_store::{Scope, tenants};

use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// An order with its history, as seen at the tenant's present.
#[derive(Debug, Clone)]
pub struct OrderView {
    /// The order with its items.
    pub stored: Stored,
    /// Every change of its items, oldest first.
    pub history: Vec<StoredTransition>,
    /// The tenant's present.
    pub now: Timestamp,
    /// The tenant's zone.
    pub zone: Zone,
}

/// An order of a tenant.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ORDER_NOT_FOUND`.
pub async fn get_order(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: OrderId,
) -> Result<OrderView, Problem> {
    order_after(ctx, call, (tenant, id), 0).await
}

/// An order with its history after a place in it: for who watches.
///
/// # Errors
/// As [`get_order`].
pub async fn order_after(
    ctx: &Context,
    call: &Call,
    (tenant, id): (TenantId, OrderId),
    after_seq: i64,
) -> Result<OrderView, Problem> {
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let stored = orders::get(&tx, tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found(Reason::OrderNotFound, id))?;
    let history = orders::history(&tx, (tenant, id), after_seq).await?;
    Ok(OrderView { stored, history, now: entered.now, zone: entered.tenant.zone })
}

/// Orders in the order in which they were made: of one tenant, or of all that the caller may see.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub(super) async fn list_orders(
    ctx: &Context,
    call: &Call,
    (tenant, subscription): (Option<TenantId>, Option<SubscriptionId>),
    request: &PageRequest,
) -> Result<Page<OrderView>, Problem> {
    let after = request.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list")
    })?;
    let tx = ctx.store.begin_read().await?;
    let scope = match tenant.or(call.principal.tenant_id) {
        Some(tenant) => {
            access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
            Scope::Tenant(tenant)
        }
        None => everybody(ctx, call)?,
    };
    let filter = Filter { scope, subscription };
    let mut rows = Vec::new();
    for stored in orders::list(&tx, &filter, after, request.to_read()).await? {
        let key = (stored.order.tenant_id, stored.order.id);
        let history = orders::history(&tx, key, 0).await?;
        let tenant = tenants::get(&tx, key.0)
            .await?
            .ok_or_else(|| Problem::not_found(Reason::TenantNotFound, key.0))?
            .tenant;
        let now = tenant.clock_at.unwrap_or_else(|| ctx.clock.now());
        rows.push(OrderView { stored, history, now, zone: tenant.zone });
    }
    Ok(request.page(rows, |view| view.stored.order.id.to_string()))
}

/// All that the caller may see.
pub(super) fn everybody(ctx: &Context, call: &Call) -> Result<Scope, Problem> {
    call.require(ctx, Permission::Read)?;
    match call.principal.role {
        Role::Operator | Role::System | Role::Soc | Role::HelpDesk | Role::Insurer => {
            Ok(Scope::All)
        }
        Role::Partner | Role::Provider | Role::Tenant => call
            .principal
            .partner_id
            .map(Scope::Partner)
            .ok_or_else(|| call.forbidden(Permission::Read)),
    }
}
