//! Answers about facts that are only supposed.
//!
//! Systems of insurers and partners ask by the thousand, so an answer reads no database: the contract and its limits
//! come from a picture that is a second old at most. Answers that are to be put on record are, before they are given,
//! together with those of other calls that come at the same time.

use serde::{Deserialize, Serialize};
use tasuki_core::actor::Actor;
use tasuki_core::decision::Outcome;
use tasuki_core::id::{DecisionId, MasterContractId};
use tasuki_core::master_contract::{CoveragePart, MasterContract};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_policies::FactSet;
use tasuki_policies::facts::ClaimFacts;
use tasuki_store::decision_log::Entry;
use tasuki_store::decisions;

use super::{
    Answers, Asked, Eligibility, Loss, PackSaid, PartEligibility, Supposed, packs_about,
    with_supposed,
};
use crate::call::Call;
use crate::claiming::Intent;
use crate::claiming::assessing::Asking;
use crate::claiming::facts::loss_part;
use crate::claiming::loading;
use crate::claiming::read_limits::statuses_of;
use crate::context::Context;

/// What a repeat of a recorded question is told, beside the decisions on record.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Told {
    outcome: Outcome,
    as_of: Timestamp,
    evaluated_at: Timestamp,
    decisions: Vec<DecisionId>,
    parts: Vec<PartEligibility>,
    contract_version: u32,
}

/// The answer, put on record if the question says so.
///
/// # Errors
/// As [`super::evaluate_eligibility`].
pub(super) async fn answer(
    ctx: &Context,
    call: &Call,
    (id, supposed): (MasterContractId, Vec<Supposed>),
    asked: Asked,
) -> Result<Eligibility, Problem> {
    let missing = || Problem::not_found(Reason::MasterContractNotFound, id);
    let programme = ctx.store.recent_programme(id).await?.ok_or_else(missing)?;
    if !loading::may_see(call, &programme.contract) {
        return Err(missing());
    }
    let now = ctx.clock.now();
    let at = programme.contract.wording_instant(asked.as_of.unwrap_or(now));
    let known_at = asked.known_at.unwrap_or(now).min(now);
    let contract = &*programme.contract.as_held_at(at, known_at);
    let by = Actor::from(&call.principal);
    let asking = Asking {
        ctx,
        contract,
        tenant: None,
        subject: id.to_string(),
        loss_at: asked.as_of.unwrap_or(now),
        now,
        by: &by,
    };
    let limits = match asked.known_at {
        None => statuses_of(contract, &programme.draws, &programme.taken)?,
        Some(known_at) => {
            let tx = ctx.store.begin_read().await?;
            let taken = loading::taken(&tx, id, &programme.draws, Some(known_at)).await?;
            statuses_of(contract, &programme.draws, &taken)?
        }
    };
    let packs = packs_about(&contract.terms.packs, Loss::Supposed);
    let mut answers = Answers::default();
    for part in asked.parts_of(contract) {
        let facts = with_supposed(known(contract, part, &asking), &supposed)?;
        answers.ask(&asking, &packs, (part, &facts), (&limits, &asked))?;
    }
    let given = Eligibility {
        outcome: answers.outcome(),
        as_of: asking.as_of(),
        subject: asking.subject,
        evaluated_at: now,
        said: answers.said,
        parts: answers.parts,
        certificate: None,
        contract_version: contract.version,
    };
    match (&call.key, asked.intent) {
        (Some(key), Intent::Do) => {
            let (key, at) = (key.clone(), now);
            let told = Told {
                outcome: given.outcome,
                as_of: given.as_of,
                evaluated_at: now,
                decisions: given.said.iter().filter_map(|said| said.decision_id).collect(),
                parts: given.parts.clone(),
                contract_version: given.contract_version,
            };
            let entry = Entry { key, decisions: answers.records, answer: told, at };
            match ctx.store.put_on_record(entry).await? {
                None => Ok(given),
                Some(told) => again(ctx, given.subject, told).await,
            }
        }
        (None, _) | (Some(_), Intent::OnlyAsk) => Ok(given),
    }
}

/// What is known without being supposed.
fn known(contract: &MasterContract, part: CoveragePart, asking: &Asking<'_>) -> FactSet {
    let facts = ClaimFacts {
        loss_at: Some(asking.loss_at),
        part: loss_part(part),
        part_is_covered: Some(contract.terms.part(part).is_some()),
        ..ClaimFacts::default()
    };
    FactSet::at(asking.now).with_claim(facts)
}

/// The first answer once more, from the record.
async fn again(ctx: &Context, subject: String, told: Told) -> Result<Eligibility, Problem> {
    let tx = ctx.store.begin_read().await?;
    let mut found = decisions::by_ids(&tx, &told.decisions).await?;
    let said = told.decisions.iter().filter_map(|id| found.remove(id)).map(|decision| PackSaid {
        decision_id: Some(decision.id),
        pack: decision.pack,
        explanation: decision.explanation,
    });
    Ok(Eligibility {
        outcome: told.outcome,
        subject,
        as_of: told.as_of,
        evaluated_at: told.evaluated_at,
        said: said.collect(),
        parts: told.parts,
        certificate: None,
        contract_version: told.contract_version,
    })
}
