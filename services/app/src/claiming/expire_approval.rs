//! Gives reserved limits back when what was approved is not paid in time.

use serde::{Deserialize, Serialize};
use tasuki_core::claim::{Claim, ClaimCommand, ClaimPhase, ClaimState};
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_store::jobs::{self, Claimed, Lane, NewJob};
use tasuki_store::limits;

use super::loading::{Desk, Wanted};
use crate::call::Call;
use crate::context::Context;

/// Limits are kept for an approved claim for half a year: the law gives thirty days for the payment,
/// and up to 180 more where somebody else has to be waited for.
const DAYS_KEPT: i64 = 210;

/// An approval that is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalDue {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// When it was approved: a later approval has a look of its own.
    pub approved_at: Timestamp,
}

/// Enqueues the look at an approval, in the transaction that approves.
///
/// # Errors
/// Of the store.
pub(crate) async fn enqueue(desk: &Desk<'_>, claim: &Claim) -> Result<(), Problem> {
    let due = ApprovalDue {
        tenant_id: claim.tenant_id,
        claim_id: claim.id,
        approved_at: desk.entered.now,
    };
    let job = NewJob {
        id: desk.ctx.ids.next(),
        tenant: Some(claim.tenant_id),
        lane: Lane::Low,
        kind: "expire_approval",
        key: format!("expire_approval:{}:{}", claim.id, due.approved_at),
        payload: jobs::payload(&due)?,
        run_at: due.approved_at.plus_days_in(DAYS_KEPT, &desk.entered.tenant.zone)?,
    };
    jobs::enqueue(desk.tx, &job).await?;
    Ok(())
}

/// Looks at an approval. What was not paid by now is given back to the limits, and the claim is closed:
/// it can be reopened. A claim that went on meanwhile is left alone.
///
/// # Errors
/// Of the store; the job is then tried again.
pub async fn expire_approval(ctx: &Context, job: &Claimed) -> Result<(), Problem> {
    let due: ApprovalDue = job.payload()?;
    let tx = ctx.store.begin().await?;
    let call = Call::system();
    let wanted = Wanted {
        tenant: due.tenant_id,
        claim: due.claim_id,
        etag: "",
        permission: Permission::DecideClaims,
    };
    let desk = Desk::open(ctx, &tx, &call, &wanted).await?;
    let now = desk.entered.now;
    let waits = match &desk.claim.state {
        ClaimState::Approved { approved_at, .. } => *approved_at == due.approved_at,
        ClaimState::Draft
        | ClaimState::Notified { .. }
        | ClaimState::UnderAssessment { .. }
        | ClaimState::InformationWanted { .. }
        | ClaimState::Decided { .. }
        | ClaimState::Proposed { .. }
        | ClaimState::Denied { .. }
        | ClaimState::UnderAppeal { .. }
        | ClaimState::Paid { .. }
        | ClaimState::Closed { .. }
        | ClaimState::Withdrawn { .. } => false,
    };
    if waits && desk.claim.state.phase() == ClaimPhase::Approved {
        let reason = "not paid in time";
        let (mut next, event) = desk.claim.step(&ClaimCommand::Expire, &desk.by, reason, now)?;
        limits::release(&tx, &desk.holder()).await?;
        next.release_reserve(reason, now);
        desk.save(next, &event).await?;
    }
    jobs::complete(&tx, job, now).await?;
    tx.commit().await?;
    Ok(())
}
