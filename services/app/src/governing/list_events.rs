//! The timeline of a tenant: every event across its services.

use tasuki_core::id::TenantId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_store::outbox;
pub use tasuki_store::outbox::Stored as StoredEvent;

use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Events of a tenant in the order in which they were written.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `PAGE_TOKEN_INVALID`.
pub async fn list_events(
    ctx: &Context,
    call: &Call,
    tenant: TenantId,
    request: &PageRequest,
) -> Result<Page<StoredEvent>, Problem> {
    let after = request.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list")
    })?;
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
    let rows = outbox::of_tenant(&tx, tenant, after.unwrap_or(0), request.to_read()).await?;
    Ok(request.page(rows, |event| event.seq.to_string()))
}
