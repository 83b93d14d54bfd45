//! Gives the recorded losses of a contract, to try other terms or other policies on them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tasuki_core::benefit::Standing;
use tasuki_core::claim::{Assessment, Claim, ClaimOutcome, ClaimPhase, outcome_of_part};
use tasuki_core::decision::{Decision, Outcome};
use tasuki_core::master_contract::{CoveragePart, MasterContract};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_economics::book::RecordedLoss;
use tasuki_policies::Pack;
use tasuki_policies::compare::{BookEntry, Comparison};
use tasuki_store::{Tx, decisions, master_contracts};

use super::bordereau::{claims_of, may_see};
use crate::call::Call;
use crate::context::Context;

/// Where the facts of a claim say which part was asked about.
const PART: &str = "/claim/part";

/// A contract and the losses recorded under it.
#[derive(Debug, Clone)]
pub struct RecordedBook {
    /// The contract.
    pub contract: MasterContract,
    /// Its losses; drafts and withdrawn ones are left out.
    pub losses: Vec<RecordedLoss>,
}

/// The losses under a contract, named by its code. With another version of a pack its decisions are
/// made anew on the facts that were recorded.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`.
pub async fn recorded_losses(
    ctx: &Context,
    call: &Call,
    code: &str,
    other: Option<&Arc<Pack>>,
) -> Result<RecordedBook, Problem> {
    call.require(ctx, Permission::Settle)?;
    let tx = ctx.store.begin_read().await?;
    let contract = master_contracts::by_code(&tx, code)
        .await?
        .map(|stored| stored.contract)
        .filter(|contract| may_see(call, contract.insurer_id))
        .ok_or_else(|| Problem::not_found(Reason::MasterContractNotFound, code))?;
    let end = Timestamp::new(jiff::Timestamp::MAX);
    let mut losses = Vec::new();
    for claim in claims_of(&tx, contract.id, end).await?.iter().filter(|claim| counts(claim)) {
        let mut changed = BTreeMap::new();
        if let (Some(other), Some(assessment)) = (other, claim.assessment()) {
            changed = judged_anew(&tx, assessment, other).await?;
        }
        losses.push(loss(claim, &changed));
    }
    Ok(RecordedBook { contract, losses })
}

fn counts(claim: &Claim) -> bool {
    match claim.state.phase() {
        ClaimPhase::Draft | ClaimPhase::Withdrawn => false,
        ClaimPhase::Notified
        | ClaimPhase::UnderAssessment
        | ClaimPhase::InformationWanted
        | ClaimPhase::Decided
        | ClaimPhase::Approved
        | ClaimPhase::Denied
        | ClaimPhase::UnderAppeal
        | ClaimPhase::Paid
        | ClaimPhase::Closed => true,
    }
}

fn loss(claim: &Claim, changed: &BTreeMap<CoveragePart, ClaimOutcome>) -> RecordedLoss {
    let parts = claim.assessment().map(|assessment| &assessment.parts);
    let recorded = |part: CoveragePart| parts.and_then(|parts| parts.get(&part)).copied();
    RecordedLoss {
        reference: claim.number.clone(),
        takers: claim.takers(),
        loss_at: claim.loss_at,
        before: claim.loss_items(|part| standing(recorded(part))),
        after: claim
            .loss_items(|part| standing(changed.get(&part).copied().or_else(|| recorded(part)))),
        recorded: claim.approved.as_ref().map(|benefit| benefit.total),
    }
}

fn standing(outcome: Option<ClaimOutcome>) -> Standing {
    match outcome {
        Some(ClaimOutcome::NotEligible) => Standing::NotCovered,
        Some(ClaimOutcome::Eligible | ClaimOutcome::Referred) | None => Standing::Covered,
    }
}

/// The parts of an assessment to which another version of a pack says something else, and what they come
/// to with it.
async fn judged_anew(
    tx: &Tx,
    assessment: &Assessment,
    other: &Arc<Pack>,
) -> Result<BTreeMap<CoveragePart, ClaimOutcome>, Problem> {
    let mut outcomes: BTreeMap<CoveragePart, (bool, Vec<Outcome>)> = BTreeMap::new();
    for summary in &assessment.decisions {
        let Some(decision) = decisions::get(tx, summary.id).await? else { continue };
        let part = decision.facts.pointer(PART).and_then(|part| part.as_str()?.parse().ok());
        let Some(part) = part else { continue };
        let now = outcome_with(&decision, other);
        let (changed, of_part) = outcomes.entry(part).or_default();
        *changed |= now != decision.outcome();
        of_part.push(now);
    }
    Ok(outcomes
        .into_iter()
        .filter(|(_, (changed, _))| *changed)
        .map(|(part, (_, outcomes))| (part, outcome_of_part(outcomes)))
        .collect())
}

/// What a decision comes to: by the other version if it is one of its pack, as recorded otherwise.
/// Facts that it cannot read are no yes and no no.
fn outcome_with(decision: &Decision, other: &Arc<Pack>) -> Outcome {
    if decision.pack.kind != other.kind() || decision.pack.name != other.name() {
        return decision.outcome();
    }
    let json = serde_json::to_string(decision).map_err(|error| error.to_string());
    let entry = json.and_then(|json| BookEntry::read(&json));
    let compared = entry.and_then(|entry| Comparison::new(None, Arc::clone(other)).add(&entry));
    compared.map_or(Outcome::Undetermined, |compared| compared.after.outcome)
}
