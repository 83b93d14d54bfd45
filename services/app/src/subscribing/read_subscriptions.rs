//! Reads subscriptions.

use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::Scope;
use tasuki_store::subscriptions::{self, Filter, Stored};

use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// A subscription of a tenant.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `SUBSCRIPTION_NOT_FOUND`.
pub async fn get_subscription(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: SubscriptionId,
) -> Result<Stored, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    subscriptions::get(&tx, tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found(Reason::SubscriptionNotFound, id))
}

/// Subscriptions in the order in which they were made: of one tenant, or of all that the caller may
/// see.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_subscriptions(
    ctx: &Context,
    call: &Call,
    tenant: Option<TenantId>,
    request: &PageRequest,
) -> Result<Page<Stored>, Problem> {
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
    let filter = Filter { scope, states: Vec::new() };
    let rows = subscriptions::list(&tx, &filter, after, request.to_read()).await?;
    Ok(request.page(rows, |stored| stored.subscription.id.to_string()))
}

/// All that the caller may see.
fn everybody(ctx: &Context, call: &Call) -> Result<Scope, Problem> {
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
