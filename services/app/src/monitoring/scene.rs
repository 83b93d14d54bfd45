//! What the steps of one use case share: the transaction, the tenant's present, and who acts.

use tasuki_core::actor::Actor;
use tasuki_core::id::TenantId;
use tasuki_core::incident::Deed;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_store::Tx;

use super::desk::Desk;
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::Context;

/// A transaction in a tenant's present.
#[derive(Debug, Clone)]
pub(crate) struct Scene<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) tx: &'a Tx,
    pub(crate) entered: Entered,
    pub(crate) by: Actor,
    pub(crate) desk: Desk,
}

impl<'a> Scene<'a> {
    /// Enters a tenant.
    ///
    /// # Errors
    /// As [`access::enter`].
    pub(crate) async fn enter(
        ctx: &'a Context,
        tx: &'a Tx,
        call: &Call,
        tenant: TenantId,
        permission: Permission,
    ) -> Result<Self, Problem> {
        let entered = access::enter(ctx, tx, call, tenant, permission).await?;
        let desk = Desk::of(&entered.tenant);
        Ok(Self { ctx, tx, entered, by: Actor::from(&call.principal), desk })
    }

    /// The tenant.
    pub(crate) const fn tenant_id(&self) -> TenantId {
        self.entered.tenant.id
    }

    /// The tenant's present.
    pub(crate) const fn now(&self) -> Timestamp {
        self.entered.now
    }

    /// What the caller does now.
    pub(crate) fn deed(&self) -> Deed {
        Deed { by: self.by.clone(), at: self.now() }
    }
}
