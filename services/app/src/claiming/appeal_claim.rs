//! Takes in an appeal against a denial.

use tasuki_core::claim::ClaimCommand;
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;

use super::ClaimView;
use super::loading::{Desk, Wanted};
use crate::call::Call;
use crate::context::Context;

/// A denial that the insured disagrees with.
#[derive(Debug, Clone)]
pub struct AppealClaim {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// What the insured says.
    pub grounds: String,
    /// The version as read; empty for whatever version.
    pub etag: String,
}

/// Takes in an appeal: somebody else than before decides.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `CLAIM_STATE`, `ETAG_MISMATCH`.
pub async fn appeal_claim(
    ctx: &Context,
    call: &Call,
    asked: AppealClaim,
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

    let command = ClaimCommand::Appeal { grounds: asked.grounds };
    let (next, event) = desk.claim.step(&command, &desk.by, "", desk.entered.now)?;

    let view = desk.save(next, &event).await?;
    call.remember(&tx, &view).await?;
    tx.commit().await?;
    Ok(view)
}
