//! Takes on a customer company.

use serde_json::json;
use tasuki_core::catalog::CompanyProfile;
use tasuki_core::id::PartnerId;
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::{Timestamp, Zone};
use tasuki_store::{partners, tenants};

use super::tenant_view::{TenantView, reference_is_free, refused};
use crate::call::Call;
use crate::context::{Context, News};

/// A company that is to be a customer.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// The partner that sells to it; a partner may leave it out and means itself.
    pub partner_id: Option<PartnerId>,
    /// The partner's own name for it; empty if it has none.
    pub partner_reference: String,
    /// What it is called.
    pub name: String,
    /// Its name in Latin letters.
    pub name_en: String,
    /// Where its days begin and end.
    pub zone: Zone,
    /// What is known about it.
    pub profile: CompanyProfile,
    /// Makes it a simulated tenant whose clock starts here.
    pub simulated_clock_start: Option<Timestamp>,
}

/// Takes on a customer company.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `PARTNER_NOT_FOUND`, also for a partner that names another one;
/// `TENANT_EXISTS` if the partner's reference is taken.
pub async fn create_tenant(
    ctx: &Context,
    call: &Call,
    new: NewTenant,
) -> Result<TenantView, Problem> {
    call.require(ctx, Permission::ManageTenants)?;
    let partner_id = selling_partner(call, new.partner_id)?;
    let now = new.simulated_clock_start.unwrap_or_else(|| ctx.clock.now());
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, now).await? {
        return Ok(first);
    }
    if partners::get(&tx, partner_id).await?.is_none() {
        return Err(Problem::not_found(Reason::PartnerNotFound, partner_id));
    }
    reference_is_free(&tx, partner_id, &new.partner_reference).await?;

    let tenant = Tenant {
        id: ctx.ids.next(),
        partner_id,
        partner_reference: new.partner_reference,
        name: new.name,
        name_en: new.name_en,
        zone: new.zone,
        profile: new.profile,
        clock_at: new.simulated_clock_start,
        created_at: now,
        updated_at: now,
    };
    tenants::insert(&tx, &tenant).await.map_err(refused)?;
    let payload = json!({ "partner_id": partner_id, "industry": tenant.industry() });
    let news = News::new("tenant.created", tenant.id, payload);
    ctx.tell(&tx, (tenant.id, now), news).await?;
    let view = TenantView { tenant, version: tenants::FIRST_VERSION };
    call.remember(&tx, &view).await?;

    tx.commit().await?;
    Ok(view)
}

fn selling_partner(call: &Call, asked: Option<PartnerId>) -> Result<PartnerId, Problem> {
    let own = call.principal.partner_id;
    match (call.principal.role, asked.or(own)) {
        (Role::Partner, Some(partner)) if Some(partner) != own => {
            Err(Problem::not_found(Reason::PartnerNotFound, partner))
        }
        (_, Some(partner)) => Ok(partner),
        (_, None) => Err(Problem::invalid(
            "partner_id",
            "is required: name the partner that sells to this tenant",
        )),
    }
}
