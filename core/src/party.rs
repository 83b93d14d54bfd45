//! Who acts: partners, tenants, and the principal of a call.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{InsurerId, PartnerId, ProviderId, TenantId};

/// What a caller is to the scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the scheme: sees and does everything except what needs a second person.
    Operator,
    /// A sales partner or ISV: its own tenants only.
    Partner,
    /// Runs a security service: reports about its own instances only.
    Provider,
    /// Watches alerts of every tenant.
    Soc,
    /// Answers customers and runs incidents of every tenant.
    HelpDesk,
    /// Decides and pays claims.
    Insurer,
    /// A customer: itself only.
    Tenant,
    /// The server's own jobs.
    System,
}

impl Role {
    /// The word in settings, tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Partner => "partner",
            Self::Provider => "provider",
            Self::Soc => "soc",
            Self::HelpDesk => "help_desk",
            Self::Insurer => "insurer",
            Self::Tenant => "tenant",
            Self::System => "system",
        }
    }
}

/// Who acts. How it is found (token, certificate) is the edge's business; what it may do is decided
/// by [`Principal::may`] and, for a tenant's data, by [`Principal::may_enter`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// A stable name for logs and audit, such as `token:sales-desk`.
    pub subject: String,
    /// What the caller is to the scheme.
    pub role: Role,
    /// The partner it belongs to; set for `Partner`.
    pub partner_id: Option<PartnerId>,
    /// The tenant it is; set for `Tenant`.
    pub tenant_id: Option<TenantId>,
    /// The provider it is; set for `Provider`.
    pub provider_id: Option<ProviderId>,
    /// The insurer it is; set for `Insurer`.
    pub insurer_id: Option<InsurerId>,
}

/// What a call does, as far as access is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Read what a tenant may know about itself.
    Read,
    /// Quote, accept, order, change and cancel for a tenant.
    Sell,
    /// Create and change tenants.
    ManageTenants,
    /// Create partners, providers and master contracts; move simulated clocks.
    ManageScheme,
    /// Report alerts, usage, heartbeats and progress as a provider.
    Report,
    /// Give verdicts on alerts and run incidents.
    Respond,
    /// Give notice of a loss.
    NotifyLoss,
    /// Assess, decide and pay claims.
    DecideClaims,
    /// Close months, issue invoices, record payments.
    Bill,
    /// Draw up and approve settlements.
    Settle,
    /// Check, test and draft policies.
    WritePolicies,
    /// Read what would change a decision: told to a claimant it would say what to write.
    SeeRemedies,
}

impl Permission {
    /// The word in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sell => "sell",
            Self::ManageTenants => "manage_tenants",
            Self::ManageScheme => "manage_scheme",
            Self::Report => "report",
            Self::Respond => "respond",
            Self::NotifyLoss => "notify_loss",
            Self::DecideClaims => "decide_claims",
            Self::Bill => "bill",
            Self::Settle => "settle",
            Self::WritePolicies => "write_policies",
            Self::SeeRemedies => "see_remedies",
        }
    }
}

impl Principal {
    /// The server's own jobs.
    pub fn system() -> Self {
        Self::of("system", Role::System)
    }

    /// A principal of a role that is bound to no partner, tenant, provider or insurer.
    pub fn of(subject: impl Into<String>, role: Role) -> Self {
        Self {
            subject: subject.into(),
            role,
            partner_id: None,
            tenant_id: None,
            provider_id: None,
            insurer_id: None,
        }
    }

    /// Whether the role allows it at all, for some tenant.
    pub const fn may(&self, permission: Permission) -> bool {
        use Permission as P;
        match self.role {
            Role::Operator | Role::System => true,
            Role::Partner => matches!(
                permission,
                P::Read | P::Sell | P::ManageTenants | P::NotifyLoss | P::WritePolicies
            ),
            Role::Provider => matches!(permission, P::Report),
            Role::Soc => matches!(permission, P::Read | P::Respond | P::Report | P::SeeRemedies),
            Role::HelpDesk => {
                matches!(permission, P::Read | P::Respond | P::NotifyLoss | P::SeeRemedies)
            }
            Role::Insurer => {
                matches!(
                    permission,
                    P::Read | P::DecideClaims | P::Settle | P::WritePolicies | P::SeeRemedies
                )
            }
            Role::Tenant => matches!(permission, P::Read | P::NotifyLoss),
        }
    }

    /// Whether it may do this to that tenant, which belongs to that partner.
    pub fn may_enter(&self, permission: Permission, tenant: TenantId, partner: PartnerId) -> bool {
        let within = match self.role {
            Role::Operator
            | Role::System
            | Role::Soc
            | Role::HelpDesk
            | Role::Insurer
            | Role::Provider => true,
            Role::Partner => self.partner_id == Some(partner),
            Role::Tenant => self.tenant_id == Some(tenant),
        };
        within && self.may(permission)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.subject, self.role.as_str())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_partner_enters_its_own_tenants_only() {
        let own = PartnerId::from(Uuid::from_u128(1));
        let other = PartnerId::from(Uuid::from_u128(2));
        let tenant = TenantId::from(Uuid::from_u128(3));
        let partner =
            Principal { partner_id: Some(own), ..Principal::of("token:isv", Role::Partner) };
        assert!(partner.may_enter(Permission::Sell, tenant, own));
        assert!(!partner.may_enter(Permission::Sell, tenant, other));
        assert!(!partner.may_enter(Permission::DecideClaims, tenant, own));
    }

    #[test]
    fn only_those_who_decide_or_help_see_what_would_change_a_decision() {
        let sees = |role| Principal::of("token:x", role).may(Permission::SeeRemedies);
        assert!([Role::Operator, Role::Insurer, Role::Soc, Role::HelpDesk].into_iter().all(sees));
        assert!(![Role::Partner, Role::Tenant, Role::Provider].into_iter().any(sees));
    }

    #[test]
    fn a_tenant_without_an_id_enters_nowhere() {
        let tenant = TenantId::from(Uuid::from_u128(3));
        let partner = PartnerId::from(Uuid::from_u128(1));
        let nobody = Principal::of("token:x", Role::Tenant);
        assert!(!nobody.may_enter(Permission::Read, tenant, partner));
    }
}
