//! What a claim would get if all losses of its contract were reckoned in the order in which they
//! happened, as far as they are reported by now.

use std::collections::BTreeMap;

use tasuki_core::benefit::{BookedLoss, LossItem, Standing, StepKind, reckon};
use tasuki_core::claim::{Claim, ClaimOutcome, ClaimPhase};
use tasuki_core::master_contract::MasterContract;
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_store::{Scope, Tx, claims};

use super::ClaimView;

/// The book of a large scheme fits many times: there were no claims at all among the 207 firms of the
/// pilots. A longer book is not reckoned anew while somebody waits.
const MOST_CLAIMS: u64 = 5_000;

/// The amount in the order of losses, when it is another one than was decided. What was paid stays
/// paid.
///
/// # Errors
/// Of the store; amounts that overflow.
pub(crate) async fn recomputed(tx: &Tx, view: &ClaimView) -> Result<Option<Money>, Problem> {
    let claim = &view.claim;
    let Some(decided) = decided(claim)? else { return Ok(None) };
    let filter = claims::Filter {
        master_contract_id: Some(claim.master_contract_id),
        ..claims::Filter::of(Scope::All)
    };
    let rows = claims::list(tx, &filter, None, MOST_CLAIMS + 1).await?;
    if u64::try_from(rows.len()).unwrap_or(u64::MAX) > MOST_CLAIMS {
        return Ok(None);
    }
    let mut contracts: BTreeMap<u32, MasterContract> = BTreeMap::new();
    for stored in &rows {
        let version = stored.claim.contract_version;
        contracts.entry(version).or_insert_with(|| view.contract.at_version(version));
    }
    let mut book = Vec::with_capacity(rows.len());
    for stored in &rows {
        let contract = contracts.get(&stored.claim.contract_version);
        if let (Some(contract), Some(amount)) = (contract, self::decided(&stored.claim)?) {
            book.push(booked(&stored.claim, contract, amount));
        }
    }
    let (benefits, _) = reckon(&book)?;
    Ok(benefits.get(&claim.id).map(|benefit| benefit.total).filter(|total| *total != decided))
}

/// What was decided for a claim in all, as long as it stands.
fn decided(claim: &Claim) -> Result<Option<Money>, Problem> {
    let Some(benefit) = &claim.approved else { return Ok(None) };
    Ok(match claim.state.phase() {
        ClaimPhase::Approved | ClaimPhase::Paid => Some(claim.paid_earlier()?.plus(benefit.total)?),
        // An approval that was not paid in time gave back what was not paid.
        ClaimPhase::Closed => Some(claim.paid()?).filter(|paid| !paid.is_zero()),
        ClaimPhase::Draft
        | ClaimPhase::Notified
        | ClaimPhase::UnderAssessment
        | ClaimPhase::InformationWanted
        | ClaimPhase::Decided
        | ClaimPhase::Denied
        | ClaimPhase::Withdrawn
        | ClaimPhase::UnderAppeal => None,
    })
}

fn booked<'a>(claim: &'a Claim, contract: &'a MasterContract, amount: Money) -> BookedLoss<'a> {
    // A person or a policy that set less than the limits allowed would do so in any order.
    let last = claim.approved.as_ref().and_then(|benefit| benefit.trace.last());
    let set = last.is_some_and(|step| step.kind == StepKind::Policy);
    BookedLoss {
        claim_id: claim.id,
        loss_at: claim.loss_at,
        number: &claim.number,
        takers: claim.takers(),
        terms: &contract.terms,
        items: whole_loss(claim),
        most: set.then_some(amount),
    }
}

/// The loss as it was approved, nothing of it paid.
fn whole_loss(claim: &Claim) -> Vec<LossItem> {
    let parts = claim.assessment().map(|held| &held.parts);
    let approved = claim.approved.as_ref();
    let standing = |part| match parts.and_then(|parts| parts.get(&part)) {
        // What a person let pass against the policies is paid for all the same.
        Some(ClaimOutcome::NotEligible)
            if !approved.is_some_and(|it| {
                it.items.iter().any(|item| item.part == part && !item.payable.is_zero())
            }) =>
        {
            Standing::NotCovered
        }
        Some(ClaimOutcome::NotEligible | ClaimOutcome::Eligible | ClaimOutcome::Referred)
        | None => Standing::Covered,
    };
    let items = claim.loss_items(standing).into_iter();
    items.map(|item| LossItem { paid: Money::ZERO_JPY, ..item }).collect()
}
