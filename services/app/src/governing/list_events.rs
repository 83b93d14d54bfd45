//! The timeline of a tenant: every event across its services.

use tasuki_core::id::TenantId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
pub use tasuki_store::outbox::Stored as StoredEvent;
use tasuki_store::outbox::{self, Filter};

use crate::access;
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Which events of a tenant are wanted.
#[derive(Debug, Clone)]
pub struct EventList {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Only these topics, `quote.*` for all of a noun; any if empty.
    pub topics: Vec<String>,
    /// Only what happened to this.
    pub subject: Option<String>,
    /// Only what happened from here on.
    pub occurred_from: Option<Timestamp>,
    /// Only what happened before.
    pub occurred_before: Option<Timestamp>,
}

/// Events of a tenant in the order in which they were written.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `PAGE_TOKEN_INVALID`.
pub async fn list_events(
    ctx: &Context,
    call: &Call,
    list: EventList,
    request: &PageRequest,
) -> Result<Page<StoredEvent>, Problem> {
    let after = request.after.as_deref().map(str::parse).transpose().map_err(|_| {
        Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list")
    })?;
    let filter = Filter {
        topics: list.topics,
        subject: list.subject,
        occurred_from: list.occurred_from,
        occurred_before: list.occurred_before,
        ..Filter::of_tenant(list.tenant_id)
    };
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, list.tenant_id, Permission::Read).await?;
    let between = (after.unwrap_or(0), i64::MAX);
    let rows = outbox::list(&tx, &filter, between, request.to_read()).await?;
    Ok(request.page(rows, |event| event.seq.to_string()))
}
