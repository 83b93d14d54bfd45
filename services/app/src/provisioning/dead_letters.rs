//! Jobs that were given up: an operator reads why, tries them again or drops them.

use serde_json::json;
use tasuki_core::id::{JobId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, DeadFilter, DeadLetter, Lane};
use tasuki_store::{Tx, tenants};

use crate::call::Call;
use crate::context::{Context, News};
use crate::paging::{Page, PageRequest};

/// Which dead letters are wanted. What is left out does not narrow.
#[derive(Debug, Clone, Default)]
pub struct DeadQuery {
    /// Only of this tenant.
    pub tenant: Option<TenantId>,
    /// Only of this lane.
    pub lane: Option<Lane>,
    /// Only of this kind; any if empty.
    pub kind: String,
}

/// Jobs that were given up, the latest first.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_dead_letters(
    ctx: &Context,
    call: &Call,
    query: &DeadQuery,
    request: &PageRequest,
) -> Result<Page<DeadLetter>, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let after = request.after.as_deref().map(place).transpose()?;
    let filter = DeadFilter { tenant: query.tenant, lane: query.lane, kind: query.kind.clone() };
    let tx = ctx.store.begin_read().await?;
    let rows = jobs::list_dead(&tx, &filter, after, request.to_read()).await?;
    Ok(request.page(rows, |row| format!("{}~{}", row.died_at.as_microseconds(), row.id)))
}

fn place(token: &str) -> Result<(Timestamp, JobId), Problem> {
    let wrong = || Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list");
    let (at, id) = token.split_once('~').ok_or_else(wrong)?;
    let at = at.parse().ok().and_then(|at| Timestamp::from_microseconds(at).ok());
    Ok((at.ok_or_else(wrong)?, id.parse().map_err(|_| wrong())?))
}

/// Tries a job that was given up again now, with new tries.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `JOB_NOT_FOUND`.
pub async fn retry_job(ctx: &Context, call: &Call, id: JobId) -> Result<DeadLetter, Problem> {
    let (tx, read) = match open(ctx, call, id).await? {
        Opening::Repeat(first) => return Ok(first),
        Opening::Work(tx, read) => (tx, read),
    };

    let now = present(ctx, &tx, read.tenant).await?;
    jobs::retry_now(&tx, id, now).await?;

    let payload = json!({ "kind": read.kind, "by": call.principal.subject });
    close(ctx, call, tx, (read, now, News::new("job.retried", id, payload))).await
}

/// Drops a job that was given up; its subject stays as it is. Who did it and why stays on record.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `JOB_NOT_FOUND`.
pub async fn discard_job(
    ctx: &Context,
    call: &Call,
    id: JobId,
    why: &str,
) -> Result<DeadLetter, Problem> {
    let (tx, read) = match open(ctx, call, id).await? {
        Opening::Repeat(first) => return Ok(first),
        Opening::Work(tx, read) => (tx, read),
    };

    let now = present(ctx, &tx, read.tenant).await?;
    jobs::discard(&tx, id, now).await?;

    let payload = json!({
        "kind": read.kind,
        "key": read.key,
        "last_error": read.last_error,
        "by": call.principal.subject,
        "reason": why,
    });
    close(ctx, call, tx, (read, now, News::new("job.discarded", id, payload))).await
}

enum Opening {
    Repeat(DeadLetter),
    Work(Tx, DeadLetter),
}

async fn open(ctx: &Context, call: &Call, id: JobId) -> Result<Opening, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer::<DeadLetter>(&tx, ctx.clock.now()).await? {
        return Ok(Opening::Repeat(first));
    }
    let read = jobs::get_dead(&tx, id).await?;
    let read = read.ok_or_else(|| Problem::not_found(Reason::JobNotFound, id))?;
    Ok(Opening::Work(tx, read))
}

async fn close(
    ctx: &Context,
    call: &Call,
    tx: Tx,
    (read, now, news): (DeadLetter, Timestamp, News),
) -> Result<DeadLetter, Problem> {
    match read.tenant {
        Some(tenant) => ctx.tell(&tx, (tenant, now), news).await?,
        None => ctx.tell_scheme(&tx, now, news).await?,
    }
    call.remember(&tx, &read).await?;
    tx.commit().await?;
    Ok(read)
}

/// The present of whose work it is.
async fn present(ctx: &Context, tx: &Tx, tenant: Option<TenantId>) -> Result<Timestamp, Problem> {
    let real = ctx.clock.now();
    let Some(tenant) = tenant else { return Ok(real) };
    let stored = tenants::get(tx, tenant).await?;
    Ok(stored.and_then(|stored| stored.tenant.clock_at).unwrap_or(real))
}
