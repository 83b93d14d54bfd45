//! Has a provider asked what it can do, now. The worker asks: handlers call nobody.

use serde::{Deserialize, Serialize};
use tasuki_core::id::ProviderId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::ProviderCheck;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Provider;
use tasuki_store::jobs::{self, Claimed, Lane, NewJob};
use tasuki_store::{provider_checks, providers};
use uuid::Uuid;

use crate::call::Call;
use crate::context::Context;

/// The kind of job that asks a provider what it can do.
pub const CHECK_PROVIDER: &str = "check_provider";

/// Answers are kept so long for whoever asked.
const KEEP_SECONDS: i64 = 3_600;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Check {
    id: Uuid,
    provider_id: ProviderId,
}

/// Asks for a check; gives what to read its answer by.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PROVIDER_NOT_FOUND`.
pub async fn ask_check(ctx: &Context, call: &Call, id: ProviderId) -> Result<Uuid, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    let provider = providers::get(&tx, id).await?;
    let provider = provider.ok_or_else(|| Problem::not_found(Reason::ProviderNotFound, id))?;
    let check = Check { id: ctx.ids.next_uuid(), provider_id: id };
    provider_checks::forget(&tx, now.plus_seconds(-KEEP_SECONDS)?).await?;
    provider_checks::insert(&tx, check.id, id, now).await?;
    if provider.endpoint.is_empty() {
        let text = "it has no server to ask: it leases its work (`LeaseWork`)";
        provider_checks::answer(&tx, check.id, &ProviderCheck::failed(text)).await?;
    } else {
        let job = NewJob {
            id: ctx.ids.next(),
            tenant: None,
            lane: Lane::Provisioning,
            kind: CHECK_PROVIDER,
            key: format!("{CHECK_PROVIDER}:{}", check.id),
            payload: jobs::payload(&check)?,
            run_at: now,
        };
        jobs::enqueue_for(&tx, &job, Some(id.as_uuid())).await?;
    }
    tx.commit().await?;
    Ok(check.id)
}

/// What came of a check; none as long as nobody has asked the provider.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn read_check(
    ctx: &Context,
    call: &Call,
    id: Uuid,
) -> Result<Option<ProviderCheck>, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    Ok(provider_checks::get(&ctx.store.begin_read().await?, id).await?)
}

/// Whom to ask; none when it is gone or has no server any more, and the job is done.
///
/// # Errors
/// `STORE_UNAVAILABLE`.
pub async fn begin_check(ctx: &Context, job: &Claimed) -> Result<Option<Provider>, Problem> {
    let check: Check = job.payload()?;
    let tx = ctx.store.begin().await?;
    let provider = providers::get(&tx, check.provider_id).await?;
    let provider = provider.filter(|provider| !provider.endpoint.is_empty());
    if provider.is_none() {
        let gone = ProviderCheck::failed("it has no server to ask any more");
        provider_checks::answer(&tx, check.id, &gone).await?;
        jobs::complete(&tx, job, ctx.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(provider)
}

/// Keeps what came of a check. Nothing is tried again: whoever asked is told.
///
/// # Errors
/// `LOST_RACE`, `STORE_UNAVAILABLE`: the job is tried again.
pub async fn record_check(
    ctx: &Context,
    job: &Claimed,
    answer: &ProviderCheck,
) -> Result<(), Problem> {
    let check: Check = job.payload()?;
    let tx = ctx.store.begin().await?;
    provider_checks::answer(&tx, check.id, answer).await?;
    jobs::complete(&tx, job, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
