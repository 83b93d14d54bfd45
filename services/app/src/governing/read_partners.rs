//! Reads partners and providers.

use tasuki_core::id::{PartnerId, ProviderId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::{Partner, Provider};
use tasuki_store::{partners, providers};

use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// A partner; a partner sees itself only.
///
/// # Errors
/// `PARTNER_NOT_FOUND`.
pub async fn get_partner(ctx: &Context, call: &Call, id: PartnerId) -> Result<Partner, Problem> {
    call.require(ctx, Permission::Read)?;
    let hidden = call.principal.role == Role::Partner && call.principal.partner_id != Some(id);
    let tx = ctx.store.begin_read().await?;
    let partner = if hidden { None } else { partners::get(&tx, id).await? };
    partner.ok_or_else(|| Problem::not_found(Reason::PartnerNotFound, id))
}

/// Partners in the order of their codes.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn list_partners(
    ctx: &Context,
    call: &Call,
    request: &PageRequest,
) -> Result<Page<Partner>, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let tx = ctx.store.begin_read().await?;
    let after = request.after.as_deref().unwrap_or_default();
    let rows = partners::list(&tx, after, request.to_read()).await?;
    Ok(request.page(rows, |partner| partner.code.clone()))
}

/// A provider.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PROVIDER_NOT_FOUND`.
pub async fn get_provider(ctx: &Context, call: &Call, id: ProviderId) -> Result<Provider, Problem> {
    call.require(ctx, Permission::Read)?;
    let tx = ctx.store.begin_read().await?;
    let provider = providers::get(&tx, id).await?;
    provider.ok_or_else(|| Problem::not_found(Reason::ProviderNotFound, id))
}

/// All providers, in the order of their names.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn list_providers(ctx: &Context, call: &Call) -> Result<Vec<Provider>, Problem> {
    call.require(ctx, Permission::Read)?;
    let tx = ctx.store.begin_read().await?;
    Ok(providers::all(&tx).await?)
}
