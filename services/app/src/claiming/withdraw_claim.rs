//! Takes a claim back.

use tasuki_core::claim::ClaimCommand;
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_store::limits;

use super::ClaimView;
use super::loading::{Desk, Wanted};
use crate::call::Call;
use crate::context::Context;

/// A claim that is to be taken back.
#[derive(Debug, Clone)]
pub struct WithdrawClaim {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// Why.
    pub reason: String,
    /// The version as read; empty for whatever version.
    pub etag: String,
}

/// Takes a claim back. What was reserved for it is given back to the limits.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `CLAIM_STATE`, `ETAG_MISMATCH`.
pub async fn withdraw_claim(
    ctx: &Context,
    call: &Call,
    asked: WithdrawClaim,
) -> Result<ClaimView, Problem> {
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }
    let wanted = Wanted {
        tenant: asked.tenant_id,
        claim: asked.claim_id,
        etag: &asked.etag,
        permission: Permission::NotifyLoss,
    };
    let desk = Desk::open(ctx, &tx, call, &wanted).await?;

    let command = ClaimCommand::Withdraw;
    let now = desk.entered.now;
    let (mut next, event) = desk.claim.step(&command, &desk.by, &asked.reason, now)?;

    limits::release(&tx, &desk.holder()).await?;
    next.release_reserve("withdrawn", now);
    let view = desk.save(next, &event).await?;
    call.remember(&tx, &view).await?;
    tx.commit().await?;
    Ok(view)
}
