//! Freezes the facts of a claim, asks the policies, and computes what is payable.

use tasuki_core::certificate::Certificate;
use tasuki_core::claim::{
    Assessment, Claim, ClaimCommand, ClaimEvent, ClaimPhase, ClaimedItem, LossCause, summaries_of,
};
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_store::decisions;

use super::assessing::{self, Judged};
use super::loading::{self, Desk, Wanted};
use super::{ClaimView, Intent, evidence, work};
use crate::call::Call;
use crate::context::Context;

/// A claim that is to be assessed, with what was found out about it.
#[derive(Debug, Clone)]
pub struct AssessClaim {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// The positions as assessed: known numbers change, number 0 adds one. Empty: as they are.
    pub items: Vec<ClaimedItem>,
    /// When the loss happened, as assessed; as it stands if left out.
    pub loss_at: Option<Timestamp>,
    /// What caused it, as assessed; as it stands if left out.
    pub cause: Option<LossCause>,
    /// As far as was known at this time, if it is only calculated; all that is on record if left out.
    pub known_at: Option<Timestamp>,
    /// The version as read; empty for whatever version.
    pub etag: String,
    /// Whether it is only calculated.
    pub intent: Intent,
}

/// Assesses a claim. May be repeated until a person has decided.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `CLAIM_STATE`, `ETAG_MISMATCH`,
/// `REQUEST_INVALID`.
pub async fn assess_claim(
    ctx: &Context,
    call: &Call,
    asked: AssessClaim,
) -> Result<ClaimView, Problem> {
    let tx = ctx.store.begin().await?;
    let wanted = Wanted {
        tenant: asked.tenant_id,
        claim: asked.claim_id,
        etag: &asked.etag,
        permission: Permission::DecideClaims,
    };
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }
    let mut desk = Desk::open(ctx, &tx, call, &wanted).await?;
    if let Some(known_at) = looks_back(&desk, &asked)? {
        desk.look_back(known_at);
    }
    let now = desk.entered.now;

    let mut claim = as_assessed(&desk, &asked)?;
    // The terms are those that hold for the time of the loss, endorsements that reach back counted in.
    let held = desk
        .contract
        .held_at(desk.contract.wording_instant(claim.loss_at), desk.contracts_known_at());
    claim.contract_version = held.version;
    desk.contract = held;
    work::one_form(&claim.items)?;
    if asked.loss_at.is_some() || desk.known_at.is_some() {
        let all = loading::certificates_of(&tx, claim.tenant_id, desk.known_at).await?;
        let contract = (None, Some(claim.master_contract_id));
        let counts_at = claim.counts_at(desk.contract.terms.loss_basis);
        let found = evidence::choose(&all, contract, counts_at)?;
        let in_force = |it: &&Certificate| {
            it.in_force_at(counts_at)
                && desk.contract.in_force.contains(counts_at)
                && desk.contract.terms.reaches_back_to(claim.loss_at)
        };
        claim.certificate_id = found.filter(in_force).map(|certificate| certificate.id);
    }
    claim = begun(&claim, &desk)?;
    let evidence = assessing::evidence_of(&desk, &claim).await?;
    let judged = assessing::judge(&desk, &claim, &evidence).await?;
    let (next, event) = concluded(&claim, &judged, (&desk, now))?;

    let recorded = judged.decisions;
    if asked.intent == Intent::OnlyAsk {
        let mut decisions = loading::decisions_of(&tx, [&desk.claim]).await?;
        decisions.extend(recorded.into_iter().map(|decision| (decision.id, decision)));
        let view = ClaimView::new(next, desk.contract, now);
        return Ok(ClaimView { decisions, version: 0, ..view });
    }
    for decision in &recorded {
        decisions::record(&tx, decision)?;
    }
    let view = desk.save(next, &event).await?;
    call.remember(&tx, &view).await?;
    tx.commit().await?;
    Ok(view)
}

/// The time up to which things are known, when the question looks back.
fn looks_back(desk: &Desk<'_>, asked: &AssessClaim) -> Result<Option<Timestamp>, Problem> {
    let Some(known_at) = asked.known_at else { return Ok(None) };
    let refused = |text: String| Err(Problem::invalid("known_at", text));
    if asked.intent == Intent::Do {
        return refused("needs `validate_only`: what is recorded is what is known now".to_owned());
    }
    let notified_at = desk.claim.notified_at;
    if known_at < notified_at {
        return refused(format!("nobody knew of the claim before its notice, `{notified_at}`"));
    }
    Ok(Some(known_at.min(desk.entered.now)))
}

/// The claim with what was found out.
fn as_assessed(desk: &Desk<'_>, asked: &AssessClaim) -> Result<Claim, Problem> {
    let mut claim = desk.claim.clone();
    if let Some(loss_at) = asked.loss_at {
        if loss_at > desk.entered.now {
            return Err(Problem::invalid("loss_at", "must not be in the future"));
        }
        claim.loss_at = loss_at;
        claim.discovered_at = claim.discovered_at.max(loss_at);
    }
    claim.cause = asked.cause.or(claim.cause);
    for (at, changed) in asked.items.iter().enumerate() {
        if changed.number == 0 {
            let last = claim.items.last().map_or(0, |item| item.number);
            claim.items.push(ClaimedItem { number: last.saturating_add(1), ..changed.clone() });
            continue;
        }
        let known = claim.items.iter_mut().find(|item| item.number == changed.number);
        let known = known.ok_or_else(|| {
            let text = format!("the claim has no item {}", changed.number);
            Problem::invalid(format!("loss_items[{at}].number"), text)
        })?;
        // What was claimed stays on record; what counts is what was found.
        let claimed = known.claimed;
        *known = ClaimedItem {
            claimed,
            assessed: Some(changed.assessed.unwrap_or(changed.claimed)),
            ..changed.clone()
        };
    }
    Ok(claim)
}

/// The claim under assessment, whatever it was before.
fn begun(claim: &Claim, desk: &Desk<'_>) -> Result<Claim, Problem> {
    let command = match claim.state.phase() {
        ClaimPhase::UnderAssessment => return Ok(claim.clone()),
        ClaimPhase::InformationWanted => ClaimCommand::ReceiveInformation,
        ClaimPhase::Draft
        | ClaimPhase::Notified
        | ClaimPhase::Decided
        | ClaimPhase::Approved
        | ClaimPhase::Denied
        | ClaimPhase::Paid
        | ClaimPhase::Closed
        | ClaimPhase::Withdrawn
        | ClaimPhase::UnderAppeal => ClaimCommand::Assess,
    };
    Ok(claim.step(&command, &desk.by, "", desk.entered.now)?.0)
}

fn concluded(
    claim: &Claim,
    judged: &Judged,
    (desk, now): (&Desk<'_>, Timestamp),
) -> Result<(Claim, ClaimEvent), Problem> {
    let conclude = ClaimCommand::Conclude { outcome: judged.outcome };
    let (mut next, event) = claim.step(&conclude, &desk.by, "", now)?;
    let number = next.assessments.last().map_or(0, |last| last.number).saturating_add(1);
    next.assessments.push(Assessment {
        number,
        outcome: judged.outcome,
        parts: judged.parts.clone(),
        decisions: summaries_of(&judged.decisions),
        benefit: judged.benefit.clone(),
        payable_with_fresh_limits: judged.payable_with_fresh_limits,
        loss_at: next.loss_at,
        assessed_at: now,
        assessed_by: desk.by.clone(),
    });
    Ok((next, event))
}
