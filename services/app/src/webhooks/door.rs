//! Whose endpoints a caller may see and change.

use tasuki_core::id::{PartnerId, WebhookEndpointId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::Tx;
use tasuki_store::webhooks::{self, Stored};

use crate::call::Call;
use crate::context::Context;

/// Whose endpoints a caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sees {
    /// Everybody's.
    Everybody,
    /// Those of one partner.
    Partner(PartnerId),
}

/// Whose endpoints the caller sees. Who may keep tenants may be told about them.
pub(super) fn enter(ctx: &Context, call: &Call) -> Result<Sees, Problem> {
    let permission = Permission::ManageTenants;
    call.require(ctx, permission)?;
    match call.principal.role {
        Role::Operator | Role::System => Ok(Sees::Everybody),
        Role::Partner
        | Role::Provider
        | Role::Soc
        | Role::HelpDesk
        | Role::Insurer
        | Role::Tenant => {
            // Whoever is bound to a partner that is not named sees nobody's, not everybody's.
            let partner = call.principal.partner_id.ok_or_else(|| call.forbidden(permission))?;
            Ok(Sees::Partner(partner))
        }
    }
}

impl Sees {
    fn sees(self, stored: &Stored) -> bool {
        match self {
            Self::Everybody => true,
            Self::Partner(partner) => stored.endpoint.partner_id == Some(partner),
        }
    }

    /// An endpoint that the caller may see.
    pub(super) async fn get(self, tx: &Tx, id: WebhookEndpointId) -> Result<Stored, Problem> {
        self.admit(webhooks::get(tx, id).await?, id)
    }

    /// As [`Sees::get`], to change it.
    pub(super) async fn lock(self, tx: &Tx, id: WebhookEndpointId) -> Result<Stored, Problem> {
        self.admit(webhooks::lock(tx, id).await?, id)
    }

    fn admit(self, stored: Option<Stored>, id: WebhookEndpointId) -> Result<Stored, Problem> {
        stored
            .filter(|stored| self.sees(stored))
            .ok_or_else(|| Problem::not_found(Reason::WebhookEndpointNotFound, id))
    }
}
