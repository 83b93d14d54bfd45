//! Changes what is known about a tenant.

use serde_json::json;
use tasuki_core::catalog::CompanyProfile;
use tasuki_core::id::TenantId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_store::tenants;

use super::tenant_view::{TenantView, reference_is_free, refused};
use crate::access;
use crate::call::Call;
use crate::context::{Context, News};

/// A change of a tenant; what is left out stays as it is.
#[derive(Debug, Clone)]
pub struct TenantChange {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The version that the caller has read.
    pub etag: String,
    /// New name.
    pub name: Option<String>,
    /// New name in Latin letters.
    pub name_en: Option<String>,
    /// New profile, in place of the old one as a whole.
    pub profile: Option<CompanyProfile>,
    /// New reference of the partner; an empty one takes it away.
    pub partner_reference: Option<String>,
}

/// Changes a tenant. What was quoted, ordered and invoiced before stays as it was.
///
/// A change that changes nothing makes no new version and no event.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ETAG_MISMATCH`; `TENANT_EXISTS` if the new reference is taken.
pub async fn update_tenant(
    ctx: &Context,
    call: &Call,
    change: TenantChange,
) -> Result<TenantView, Problem> {
    let tx = ctx.store.begin().await?;
    let entered =
        access::enter(ctx, &tx, call, change.tenant_id, Permission::ManageTenants).await?;
    if let Some(first) = call.first_answer(&tx, entered.now).await? {
        return Ok(first);
    }

    let when = entered.when();
    let mut view = TenantView::from(entered);
    check_etag(&change.etag, &view)?;
    let (next, changed) = changed(&view.tenant, change);
    if !changed.is_empty() {
        if next.partner_reference != view.tenant.partner_reference {
            reference_is_free(&tx, next.partner_id, &next.partner_reference).await?;
        }
        let tenant = Tenant { updated_at: when.1, ..next };
        let version = tenants::save(&tx, &tenant, view.version).await.map_err(refused)?;
        let news = News::new("tenant.updated", tenant.id, json!({ "changed": changed }));
        ctx.tell(&tx, when, news).await?;
        view = TenantView { tenant, version };
    }
    call.remember(&tx, &view).await?;

    tx.commit().await?;
    Ok(view)
}

/// The tenant after the change, and the names of what differs.
fn changed(before: &Tenant, change: TenantChange) -> (Tenant, Vec<&'static str>) {
    let kept = before.clone();
    let next = Tenant {
        name: change.name.unwrap_or(kept.name),
        name_en: change.name_en.unwrap_or(kept.name_en),
        profile: change.profile.unwrap_or(kept.profile),
        partner_reference: change.partner_reference.unwrap_or(kept.partner_reference),
        ..kept
    };
    let differs = [
        ("name", next.name != before.name),
        ("name_en", next.name_en != before.name_en),
        ("profile", next.profile != before.profile),
        ("partner_reference", next.partner_reference != before.partner_reference),
    ];
    let names = differs.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
    (next, names)
}

fn check_etag(sent: &str, read: &TenantView) -> Result<(), Problem> {
    let current = read.etag();
    if sent == current {
        return Ok(());
    }
    let text = format!("the tenant was changed since it was read: its etag is `{current}`");
    Err(Problem::new(Reason::EtagMismatch, text).with("etag", current))
}
