//! Reads tenants.

use tasuki_core::id::{PartnerId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::tenants::{self, Filter};

use super::TenantView;
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Which tenants are wanted.
#[derive(Debug, Clone, Default)]
pub struct TenantList {
    /// Only those of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only the one with this reference of the partner.
    pub partner_reference: Option<String>,
}

/// A tenant.
///
/// # Errors
/// `TENANT_NOT_FOUND`.
pub async fn get_tenant(ctx: &Context, call: &Call, id: TenantId) -> Result<TenantView, Problem> {
    let tx = ctx.store.begin_read().await?;
    Ok(access::enter(ctx, &tx, call, id, Permission::Read).await?.into())
}

/// Tenants in the order in which they were made; a partner sees its own, a tenant itself.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_tenants(
    ctx: &Context,
    call: &Call,
    list: TenantList,
    request: &PageRequest,
) -> Result<Page<TenantView>, Problem> {
    call.require(ctx, Permission::Read)?;
    if call.principal.role == Role::Tenant {
        let own = match call.principal.tenant_id {
            Some(own) => vec![get_tenant(ctx, call, own).await?],
            None => Vec::new(),
        };
        return Ok(Page { rows: own, next: None });
    }
    let partner_id = if call.principal.role == Role::Partner {
        // A partner without an id sees nobody, not everybody.
        let own = call.principal.partner_id;
        let own = own.ok_or_else(|| call.forbidden(Permission::Read))?;
        if list.partner_id.is_some_and(|asked| asked != own) {
            return Ok(Page { rows: Vec::new(), next: None });
        }
        Some(own)
    } else {
        list.partner_id
    };
    let after = request.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list")
    })?;
    let filter = Filter { partner_id, partner_reference: list.partner_reference };
    let tx = ctx.store.begin_read().await?;
    let rows = tenants::list(&tx, &filter, after, request.to_read()).await?;
    let rows = rows.into_iter().map(TenantView::from).collect();
    Ok(request.page(rows, |view: &TenantView| view.tenant.id.to_string()))
}
