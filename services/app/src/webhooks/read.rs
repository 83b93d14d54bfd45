//! Reads endpoints and what became of deliveries.

use tasuki_core::id::{PartnerId, WebhookEndpointId};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::webhooks::{self, Attempt, AttemptFilter, Stored};

use super::door::{self, Sees};
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// An endpoint.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WEBHOOK_ENDPOINT_NOT_FOUND`.
pub async fn get_endpoint(
    ctx: &Context,
    call: &Call,
    id: WebhookEndpointId,
) -> Result<Stored, Problem> {
    let sees = door::enter(ctx, call)?;
    sees.get(&ctx.store.begin_read().await?, id).await
}

/// Endpoints in the order of their ids; a partner sees its own only.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PARTNER_NOT_FOUND`, `PAGE_TOKEN_INVALID`.
pub async fn list_endpoints(
    ctx: &Context,
    call: &Call,
    partner: Option<PartnerId>,
    request: &PageRequest,
) -> Result<Page<Stored>, Problem> {
    let of = match (door::enter(ctx, call)?, partner) {
        (Sees::Everybody, partner) => partner,
        (Sees::Partner(own), Some(other)) if own != other => {
            return Err(Problem::not_found(Reason::PartnerNotFound, other));
        }
        (Sees::Partner(own), _) => Some(own),
    };
    let after: Option<WebhookEndpointId> =
        request.after.as_deref().map(str::parse).transpose().map_err(|_| foreign_token())?;
    let tx = ctx.store.begin_read().await?;
    let rows = webhooks::list(&tx, of, after, request.to_read()).await?;
    Ok(request.page(rows, |stored| stored.endpoint.id.to_string()))
}

/// Tries to deliver to an endpoint, the latest first.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `WEBHOOK_ENDPOINT_NOT_FOUND`, `PAGE_TOKEN_INVALID`.
pub async fn list_attempts(
    ctx: &Context,
    call: &Call,
    filter: AttemptFilter,
    request: &PageRequest,
) -> Result<Page<Attempt>, Problem> {
    let sees = door::enter(ctx, call)?;
    let before: Option<i64> =
        request.after.as_deref().map(str::parse).transpose().map_err(|_| foreign_token())?;
    let tx = ctx.store.begin_read().await?;
    sees.get(&tx, filter.endpoint).await?;
    let rows = webhooks::attempts(&tx, &filter, before, request.to_read()).await?;
    Ok(request.page(rows, |attempt| attempt.seq.to_string()))
}

fn foreign_token() -> Problem {
    Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list")
}
