//! Whose rows a caller sees in a list.

use tasuki_core::id::TenantId;
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_store::{Scope, Tx};

use crate::access;
use crate::call::Call;
use crate::context::Context;

/// The scope of a list: one tenant, or all that the caller may see.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`.
pub(crate) async fn of_list(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    tenant: Option<TenantId>,
) -> Result<Scope, Problem> {
    if let Some(tenant) = tenant {
        access::enter(ctx, tx, call, tenant, Permission::Read).await?;
        return Ok(Scope::Tenant(tenant));
    }
    call.require(ctx, Permission::Read)?;
    // Whoever is bound to a partner or a tenant that is not named sees nobody, not everybody.
    let bound = || call.forbidden(Permission::Read);
    match call.principal.role {
        Role::Operator | Role::Soc | Role::HelpDesk | Role::Insurer | Role::System => {
            Ok(Scope::All)
        }
        Role::Partner => Ok(Scope::Partner(call.principal.partner_id.ok_or_else(bound)?)),
        Role::Tenant => Ok(Scope::Tenant(call.principal.tenant_id.ok_or_else(bound)?)),
        Role::Provider => Err(bound()),
    }
}
