//! Reads quotes.

use tasuki_core::id::{DecisionId, QuoteId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::text::Text;
use tasuki_core::time::{Timestamp, Zone};
use tasuki_store::quotes::{self, Filter};
use tasuki_store::{Scope, decisions, partners};

use super::{QuoteView, in_order, seen_at, view};
use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Which quotes are wanted.
#[derive(Debug, Clone, Default)]
pub struct QuoteList {
    /// Only of this tenant.
    pub tenant_id: Option<TenantId>,
    /// Only in one of these states; any if empty.
    pub states: Vec<&'static str>,
    /// Only those issued from here on.
    pub issued_from: Option<Timestamp>,
    /// Only those issued before.
    pub issued_before: Option<Timestamp>,
}

/// A quote of a tenant.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `QUOTE_NOT_FOUND`.
pub async fn get_quote(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: QuoteId,
) -> Result<QuoteView, Problem> {
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let stored = quotes::get(&tx, tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found(Reason::QuoteNotFound, id))?;
    view(&tx, stored, entered.now).await
}

/// A quote with the names that its documents show.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressedQuote {
    /// The quote.
    pub view: QuoteView,
    /// What the customer is called.
    pub customer: Text,
    /// What the partner that offers is called; empty if nobody recorded it.
    pub seller: Text,
    /// Where the customer's days begin and end.
    pub zone: Zone,
}

/// A quote of a tenant with the names that its documents show, as they are now.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `QUOTE_NOT_FOUND`.
pub async fn get_addressed_quote(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    id: QuoteId,
) -> Result<AddressedQuote, Problem> {
    let tx = ctx.store.begin_read().await?;
    let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let stored = quotes::get(&tx, tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found(Reason::QuoteNotFound, id))?;
    let partner = partners::get(&tx, stored.quote.partner_id).await?;
    let both = |name: &str, latin: &str| {
        Text::new(name, if latin.trim().is_empty() { name } else { latin })
    };
    let view = view(&tx, stored, entered.now).await?;
    let tenant = &entered.tenant;
    Ok(AddressedQuote {
        view,
        customer: both(&tenant.name, &tenant.name_en),
        seller: partner.map(|of| both(&of.name, &of.name_en)).unwrap_or_default(),
        zone: tenant.zone.clone(),
    })
}

/// Quotes in the order in which they were made: of one tenant, or of all that the caller may see.
/// Those of several tenants show their stored state; only a tenant's own clock ends them.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_quotes(
    ctx: &Context,
    call: &Call,
    list: &QuoteList,
    request: &PageRequest,
) -> Result<Page<QuoteView>, Problem> {
    let after = request.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list")
    })?;
    let tx = ctx.store.begin_read().await?;
    let (scope, now) = match list.tenant_id.or(call.principal.tenant_id) {
        Some(tenant) => {
            let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
            (Scope::Tenant(tenant), Some(entered.now))
        }
        None => (everybody(ctx, call)?, None),
    };
    let filter = Filter {
        scope,
        states: list.states.clone(),
        issued_from: list.issued_from,
        issued_before: list.issued_before,
    };
    let rows = quotes::list(&tx, &filter, after, request.to_read()).await?;
    let ids: Vec<DecisionId> =
        rows.iter().flat_map(|row| row.quote.offer.decisions.iter().copied()).collect();
    let known = decisions::by_ids(&tx, &ids).await?;
    let views = rows
        .into_iter()
        .map(|row| {
            let said = in_order(&row.quote, &known);
            let at = now.unwrap_or(row.quote.issued_at);
            seen_at(row, said, at)
        })
        .collect();
    Ok(request.page(views, |view: &QuoteView| view.quote.id.to_string()))
}

/// All that the caller may see.
fn everybody(ctx: &Context, call: &Call) -> Result<Scope, Problem> {
    call.require(ctx, Permission::Read)?;
    if call.principal.role == Role::Partner {
        // A partner without an id sees nobody, not everybody.
        let own = call.principal.partner_id;
        return own.map(Scope::Partner).ok_or_else(|| call.forbidden(Permission::Read));
    }
    if call.principal.role == Role::Tenant {
        return Err(call.forbidden(Permission::Read));
    }
    Ok(Scope::All)
}
