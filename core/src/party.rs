//! Who acts: partners, tenants, and the principal of a call. What each may do is a policy: the pack
//! `access/roles`.

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
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Operator,
        Self::Partner,
        Self::Provider,
        Self::Soc,
        Self::HelpDesk,
        Self::Insurer,
        Self::Tenant,
        Self::System,
    ];

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
/// by the policy on access, from its role and its [`Relation`] to a tenant.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Every permission.
    pub const ALL: [Self; 12] = [
        Self::Read,
        Self::Sell,
        Self::ManageTenants,
        Self::ManageScheme,
        Self::Report,
        Self::Respond,
        Self::NotifyLoss,
        Self::DecideClaims,
        Self::Bill,
        Self::Settle,
        Self::WritePolicies,
        Self::SeeRemedies,
    ];

    /// The word in messages and policies.
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

/// What a caller is to the tenant that a call concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The caller is that tenant.
    OwnTenant,
    /// The caller is the partner that the tenant belongs to.
    OwnPartner,
    /// Neither.
    Other,
    /// The call concerns no single tenant.
    Scheme,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Self; 4] = [Self::OwnTenant, Self::OwnPartner, Self::Other, Self::Scheme];

    /// The word in policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnTenant => "own_tenant",
            Self::OwnPartner => "own_partner",
            Self::Other => "other",
            Self::Scheme => "scheme",
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

    /// What the caller is to a tenant that belongs to a partner.
    pub fn relation_to(&self, tenant: TenantId, partner: PartnerId) -> Relation {
        if self.tenant_id == Some(tenant) {
            Relation::OwnTenant
        } else if self.partner_id == Some(partner) {
            Relation::OwnPartner
        } else {
            Relation::Other
        }
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
    fn a_partner_belongs_to_its_own_tenants_only() {
        let own = PartnerId::from(Uuid::from_u128(1));
        let other = PartnerId::from(Uuid::from_u128(2));
        let tenant = TenantId::from(Uuid::from_u128(3));
        let partner =
            Principal { partner_id: Some(own), ..Principal::of("token:isv", Role::Partner) };
        assert_eq!(partner.relation_to(tenant, own), Relation::OwnPartner);
        assert_eq!(partner.relation_to(tenant, other), Relation::Other);
    }

    #[test]
    fn a_tenant_without_an_id_is_no_tenant() {
        let tenant = TenantId::from(Uuid::from_u128(3));
        let partner = PartnerId::from(Uuid::from_u128(1));
        let nobody = Principal::of("token:x", Role::Tenant);
        assert_eq!(nobody.relation_to(tenant, partner), Relation::Other);
        let itself = Principal { tenant_id: Some(tenant), ..nobody };
        assert_eq!(itself.relation_to(tenant, partner), Relation::OwnTenant);
    }
}
