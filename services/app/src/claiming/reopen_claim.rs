//! Takes a claim up again, or closes it.

use tasuki_core::claim::ClaimCommand;
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;

use super::ClaimView;
use super::loading::{Desk, Wanted};
use crate::call::Call;
use crate::context::Context;

/// A claim that is to be taken up again, or closed.
#[derive(Debug, Clone)]
pub struct TurnClaim {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// What is new, or why nothing more is expected.
    pub reason: String,
    /// The version as read; empty for whatever version.
    pub etag: String,
}

/// Takes a denied, paid or closed claim up again, for new facts. What was paid stays paid: the next
/// assessment says what is payable beyond it.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `CLAIM_STATE`, `ETAG_MISMATCH`.
pub async fn reopen_claim(
    ctx: &Context,
    call: &Call,
    asked: TurnClaim,
) -> Result<ClaimView, Problem> {
    turn(ctx, call, (asked, ClaimCommand::Reopen)).await
}

/// Closes a claim that is paid or denied.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `CLAIM_STATE`, `ETAG_MISMATCH`.
pub async fn close_claim(
    ctx: &Context,
    call: &Call,
    asked: TurnClaim,
) -> Result<ClaimView, Problem> {
    turn(ctx, call, (asked, ClaimCommand::Close)).await
}

async fn turn(
    ctx: &Context,
    call: &Call,
    (asked, command): (TurnClaim, ClaimCommand),
) -> Result<ClaimView, Problem> {
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }
    let wanted = Wanted {
        tenant: asked.tenant_id,
        claim: asked.claim_id,
        etag: &asked.etag,
        permission: Permission::DecideClaims,
    };
    let desk = Desk::open(ctx, &tx, call, &wanted).await?;
    let now = desk.entered.now;

    let (mut next, event) = desk.claim.step(&command, &desk.by, &asked.reason, now)?;
    if command == ClaimCommand::Reopen {
        next.begin_again();
    } else {
        next.release_reserve("closed", now);
    }

    let view = desk.save(next, &event).await?;
    call.remember(&tx, &view).await?;
    tx.commit().await?;
    Ok(view)
}
