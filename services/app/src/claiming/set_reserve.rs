//! Sets what the insurer keeps for a claim.

use tasuki_core::claim::ClaimPhase;
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::master_contract::CoveragePart;
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;

use super::ClaimView;
use super::loading::{Desk, Wanted};
use crate::call::Call;
use crate::context::Context;

/// More changes of a reserve mean that something else is wrong.
const MOST_CHANGES: usize = 1_000;

/// A reserve.
#[derive(Debug, Clone)]
pub struct SetReserve {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// The part; the claim as a whole if left out.
    pub part: Option<CoveragePart>,
    /// The reserve from now on.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// The version as read; empty for whatever version.
    pub etag: String,
}

/// Sets the reserve. Its history is kept; payments use it up, and what ends a claim releases it.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `ETAG_MISMATCH`; `CLAIM_STATE` for a claim
/// of which nothing more is expected; `REQUEST_INVALID`.
pub async fn set_reserve(
    ctx: &Context,
    call: &Call,
    asked: SetReserve,
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
    check(&desk, &asked)?;

    let mut next = desk.claim.clone();
    let when = (desk.entered.now, desk.by.clone());
    next.file.set_reserve((asked.part, asked.amount), &asked.reason, when);
    let view = desk.save_as(next, "claim.reserve_changed").await?;
    call.remember(&tx, &view).await?;
    tx.commit().await?;
    Ok(view)
}

fn check(desk: &Desk<'_>, asked: &SetReserve) -> Result<(), Problem> {
    if asked.amount.is_negative() {
        return Err(Problem::invalid("amount", "must not be negative"));
    }
    if asked.part.is_some_and(|part| desk.contract.terms.part(part).is_none()) {
        return Err(Problem::invalid("part", "is not a part of this contract"));
    }
    if desk.claim.file.reserve_changes.len() >= MOST_CHANGES {
        let text = format!("a reserve is changed at most {MOST_CHANGES} times");
        return Err(Problem::invalid("claim_id", text));
    }
    let phase = desk.claim.state.phase();
    match phase {
        ClaimPhase::Notified
        | ClaimPhase::UnderAssessment
        | ClaimPhase::InformationWanted
        | ClaimPhase::Decided
        | ClaimPhase::Approved
        | ClaimPhase::UnderAppeal => Ok(()),
        ClaimPhase::Draft
        | ClaimPhase::Denied
        | ClaimPhase::Paid
        | ClaimPhase::Closed
        | ClaimPhase::Withdrawn => {
            let text = format!("nothing is reserved for a claim that is `{}`", phase.as_str());
            Err(Problem::new(Reason::ClaimState, text).with("state", phase.as_str()))
        }
    }
}
