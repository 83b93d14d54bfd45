//! The door to a tenant's data: who may, and what time it is there.

use tasuki_core::id::TenantId;
use tasuki_core::party::{Permission, Relation};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::Timestamp;
use tasuki_store::{Tx, tenants};

use crate::call::Call;
use crate::context::Context;

/// A tenant that the caller may act on, and its present.
#[derive(Debug, Clone)]
pub struct Entered {
    /// The tenant.
    pub tenant: Tenant,
    /// The version of its record.
    pub tenant_version: i64,
    /// The present there: its simulated clock, or real time.
    pub now: Timestamp,
}

impl Entered {
    /// Whose event it is and when, for [`Context::tell`].
    pub fn when(&self) -> (TenantId, Timestamp) {
        (self.tenant.id, self.now)
    }
}

/// Enters a tenant.
///
/// # Errors
/// `TENANT_NOT_FOUND` if it does not exist *or* the caller may not know that it does;
/// `ROLE_FORBIDDEN` if the caller's role does not allow it for any tenant.
pub async fn enter(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    id: TenantId,
    permission: Permission,
) -> Result<Entered, Problem> {
    // Who may do it for no tenant at all is told so; who may not for this one does not learn of it.
    if !Relation::ALL.into_iter().any(|relation| call.may(ctx, permission, relation)) {
        return Err(call.forbidden(permission));
    }
    let stored = tenants::get(tx, id).await?;
    let tenants::Stored { tenant, version: tenant_version } = stored
        .filter(|stored| {
            let relation = call.principal.relation_to(id, stored.tenant.partner_id);
            call.may(ctx, permission, relation)
        })
        .ok_or_else(|| Problem::not_found(Reason::TenantNotFound, id))?;
    let now = tenant.clock_at.unwrap_or_else(|| ctx.clock.now());
    Ok(Entered { tenant, tenant_version, now })
}
