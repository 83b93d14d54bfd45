//! Records money that came back on a claim.

use serde::{Deserialize, Serialize};
use tasuki_core::benefit::{Benefit, Draw, ItemBenefit};
use tasuki_core::claim::{Claim, Recovery, RecoverySource};
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::time::CivilDate;
use tasuki_store::limits;

use super::ClaimView;
use super::loading::{Desk, Wanted};
use crate::call::Call;
use crate::context::Context;

/// Money that came back.
#[derive(Debug, Clone)]
pub struct RecordRecovery {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// Where it came from.
    pub source: RecoverySource,
    /// How much, above zero.
    pub amount: Money,
    /// The day it came.
    pub received_on: CivilDate,
    /// The bank's or the insurer's reference.
    pub reference: String,
    /// Whether it gives back limits that the claim had used.
    pub restores_limits: bool,
    /// The version as read; empty for whatever version.
    pub etag: String,
}

/// The claim with the recovery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// The claim.
    pub view: ClaimView,
    /// The recovery as recorded.
    pub recovery: Recovery,
}

/// Records a recovery. Limits are given back in proportion to what was paid for each position, when
/// the contract says so; a deductible is not: the insured has borne it all the same.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `ETAG_MISMATCH`; `REQUEST_INVALID` if more
/// came back than was paid.
pub async fn record_recovery(
    ctx: &Context,
    call: &Call,
    asked: RecordRecovery,
) -> Result<Recovered, Problem> {
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

    if asked.restores_limits {
        let draws = given_back(&desk, asked.amount)?;
        limits::restore(&tx, &desk.holder(), &draws).await?;
    }
    let mut next = desk.claim.clone();
    let recovery = next.file.recover(Recovery {
        number: 0,
        source: asked.source,
        amount: asked.amount,
        received_on: asked.received_on,
        reference: asked.reference,
        restores_limits: asked.restores_limits,
        recorded_at: desk.entered.now,
        recorded_by: desk.by.clone(),
    });
    let view = desk.save_as(next, "claim.recovered").await?;
    let answer = Recovered { view, recovery };
    call.remember(&tx, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

fn check(desk: &Desk<'_>, asked: &RecordRecovery) -> Result<(), Problem> {
    if asked.amount.amount() <= 0 {
        return Err(Problem::invalid("amount", "must be above zero"));
    }
    if asked.received_on > desk.entered.now.day_in(&desk.entered.tenant.zone) {
        return Err(Problem::invalid("received_on", "must not be in the future"));
    }
    let (paid, before) = (desk.claim.paid()?, desk.claim.file.recovered()?);
    if before.plus(asked.amount)? > paid {
        let text = format!("`{paid}` was paid and `{before}` came back: more cannot come back");
        return Err(Problem::invalid("amount", text));
    }
    Ok(())
}

/// What a recovery gives back to each limit: handed out to the positions by what was paid for each.
fn given_back(desk: &Desk<'_>, amount: Money) -> Result<Vec<Draw>, Problem> {
    let claim = &desk.claim;
    // What came back before went off the first recoveries: shares of the sum less shares before.
    let before: Vec<&Recovery> =
        claim.file.recoveries.iter().filter(|recovery| recovery.restores_limits).collect();
    let before = Money::total(before.into_iter().map(|recovery| recovery.amount))?;
    let (then, now) = (shares(claim, before)?, shares(claim, before.plus(amount)?)?);
    let mut items = Vec::with_capacity(now.len());
    for ((item, then), now) in claim.items.iter().zip(then).zip(now) {
        let payable = now.minus_floored(then)?;
        items.push(ItemBenefit { number: item.number, part: item.part, loss: payable, payable });
    }
    let total = Money::total(items.iter().map(|item| item.payable))?;
    let deductibles = std::collections::BTreeMap::new();
    // Money that came back does not undo that a benefit was given.
    let counted = std::collections::BTreeSet::new();
    let back = Benefit { loss: total, total, items, deductibles, counted, trace: Vec::new() };
    Ok(back.draws(&desk.contract.terms, &claim.takers())?)
}

fn shares(claim: &Claim, amount: Money) -> Result<Vec<Money>, MoneyError> {
    if amount.is_zero() {
        return Ok(vec![amount; claim.items.len()]);
    }
    let paid = claim.items.iter().map(|item| claim.paid_for(item.number).map(Money::amount));
    amount.allocated(&paid.collect::<Result<Vec<_>, _>>()?)
}
