//! Reads tenants.

use tasuki_core::id::{PartnerId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_store::tenants;

use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// A tenant.
///
/// # Errors
/// `TENANT_NOT_FOUND`.
pub async fn get_tenant(ctx: &Context, call: &Call, id: TenantId) -> Result<Tenant, Problem> {
    let tx = ctx.store.begin_read().await?;
    Ok(access::enter(ctx, &tx, call, id, Permission::Read).await?.tenant)
}

/// Tenants in the order in which they were made; a partner sees its own, a tenant itself.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_tenants(
    ctx: &Context,
    call: &Call,
    partner: Option<PartnerId>,
    request: &PageRequest,
) -> Result<Page<Tenant>, Problem> {
    call.require(Permission::Read)?;
    if call.principal.role == Role::Tenant {
        let own = match call.principal.tenant_id {
            Some(own) => vec![get_tenant(ctx, call, own).await?],
            None => Vec::new(),
        };
        return Ok(Page { rows: own, next: None });
    }
    let partner = if call.principal.role == Role::Partner {
        // A partner without an id sees nobody, not everybody.
        let own = call.principal.partner_id;
        Some(own.ok_or_else(|| call.forbidden(Permission::Read))?)
    } else {
        partner
    };
    let after = request.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list")
    })?;
    let tx = ctx.store.begin_read().await?;
    let rows = tenants::list(&tx, partner, after, request.to_read()).await?;
    let rows = rows.into_iter().map(|stored| stored.tenant).collect();
    Ok(request.page(rows, |tenant: &Tenant| tenant.id.to_string()))
}
