//! Records what a person decides about a claim.

use serde::{Deserialize, Serialize};
use tasuki_core::benefit::{self, Benefit, Draw, Rules, Standing, TakenByCode};
use tasuki_core::claim::{Claim, ClaimEvent, ClaimOutcome, ClaimState, PersonWord, Ruling};
use tasuki_core::decision::Decision;
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::money::Money;
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::reason::Reason;
use tasuki_store::limits::{self, Reservation};

use super::loading::{self, Desk, Wanted};
use super::read_limits::{LimitStatus, statuses};
use super::{ClaimView, expire_approval};
use crate::call::Call;
use crate::context::{Context, News};

/// What a person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// Pay this amount; what the assessment says if left out.
    Approve(Option<Money>),
    /// Do not pay, on these clauses; those of the assessment if left out.
    Deny(Vec<String>),
    /// Somebody with more authority decides.
    Refer,
}

/// What a person decides.
#[derive(Debug, Clone)]
pub struct DecideClaim {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// What is said.
    pub word: Word,
    /// Why.
    pub reason: String,
    /// The version as read.
    pub etag: String,
}

/// The claim after a decision, and what it took from the limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimDecided {
    /// The claim.
    pub view: ClaimView,
    /// Whether somebody else has to say the same before it holds.
    pub awaits_confirmation: bool,
    /// The limits it touches, after reservation.
    pub limits: Vec<LimitStatus>,
}

/// Records a decision. One that approves reserves the amount from every limit it touches, or does
/// nothing.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `CLAIM_STATE`, `ETAG_MISMATCH`;
/// `SECOND_PERSON_NEEDED`; `LIMIT_EXCEEDED` if less is left than is to be paid: assess again;
/// `CLAUSE_NOT_ACKNOWLEDGED`; `REQUEST_INVALID`.
pub async fn decide_claim(
    ctx: &Context,
    call: &Call,
    asked: DecideClaim,
) -> Result<ClaimDecided, Problem> {
    if call.principal.role == Role::System {
        // Persons decide claims, jobs do not.
        return Err(call.forbidden(Permission::DecideClaims));
    }
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

    let ruling = ruling(&desk, &asked.word).await?;
    let approved = match &ruling {
        Ruling::Approve { payable } => Some(approved(&desk, *payable).await?),
        Ruling::Deny { .. } | Ruling::Refer => None,
    };
    let word = PersonWord { ruling, by: desk.by.clone(), reason: asked.reason };
    let (mut next, event) = desk.claim.decide(&word, &desk.contract.terms, desk.entered.now)?;

    let mut touched = Vec::new();
    if let (ClaimEvent::Approved { .. }, Some(benefit)) = (&event, approved) {
        touched = reserve(&desk, &benefit).await?;
        request_payment(&desk, &next, &benefit).await?;
        expire_approval::enqueue(&desk, &next).await?;
        next.open_reserve(benefit.total, desk.entered.now);
        next.approved = Some(benefit);
    } else if matches!(event, ClaimEvent::Denied { .. }) {
        // Nothing should be kept for it by now; what is goes back.
        limits::release(&tx, &desk.holder()).await?;
        next.release_reserve("denied", desk.entered.now);
    }
    let limits = statuses(&tx, &desk.contract, &touched).await?;
    let awaits_confirmation = matches!(next.state, ClaimState::Proposed { .. });
    let view = desk.save(next, &event).await?;
    let answer = ClaimDecided { view, awaits_confirmation, limits };
    call.remember(&tx, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What the person says, made whole from the assessment.
async fn ruling(desk: &Desk<'_>, word: &Word) -> Result<Ruling, Problem> {
    match word {
        Word::Refer => Ok(Ruling::Refer),
        Word::Approve(amount) => {
            let assessed = desk.claim.assessment().map(|held| held.benefit.total);
            let payable = amount.or(assessed).unwrap_or(Money::ZERO_JPY);
            if payable.amount() <= 0 {
                let text = "nothing is payable: deny the claim, or assess it again";
                return Err(Problem::invalid("payable", text));
            }
            Ok(Ruling::Approve { payable })
        }
        Word::Deny(clauses) if clauses.is_empty() => {
            let decisions = last_decisions(desk).await?;
            let clauses = desk.acknowledged().clauses_against(&decisions);
            Ok(Ruling::Deny { clauses })
        }
        Word::Deny(clauses) => {
            clauses_allowed(desk, clauses)?;
            Ok(Ruling::Deny { clauses: clauses.clone() })
        }
    }
}

async fn last_decisions(desk: &Desk<'_>) -> Result<Vec<Decision>, Problem> {
    let mut all = loading::decisions_of(desk.tx, [&desk.claim]).await?;
    let held = desk.claim.assessment().map(|held| held.decisions.as_slice());
    Ok(held.unwrap_or_default().iter().filter_map(|it| all.remove(&it.id)).collect())
}

/// Refuses clauses that the wording does not have, and those that nobody was shown before the loss.
fn clauses_allowed(desk: &Desk<'_>, clauses: &[String]) -> Result<(), Problem> {
    let acknowledged = desk.acknowledged();
    let unknown: Vec<Violation> = clauses
        .iter()
        .enumerate()
        .filter(|(_, code)| acknowledged.wording.clause(code).is_none())
        .map(|(at, code)| Violation {
            field: format!("clauses[{at}]"),
            description: format!("the wording has no clause `{code}`"),
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Problem::all_invalid(unknown));
    }
    let hidden = clauses
        .iter()
        .filter_map(|code| acknowledged.wording.clause(code))
        .find(|clause| !acknowledged.allows(clause));
    match hidden {
        None => Ok(()),
        Some(clause) => {
            let text = format!("`{}` was not acknowledged before the loss", clause.code);
            Err(Problem::new(Reason::ClauseNotAcknowledged, text).with("clause", &clause.code))
        }
    }
}

/// What is paid for each position, with what is left of the limits now.
///
/// A person may let pass what the policies did not; no person can pay above a limit.
async fn approved(desk: &Desk<'_>, payable: Money) -> Result<Benefit, Problem> {
    let claim = &desk.claim;
    let terms = &desk.contract.terms;
    let taken = desk.taken(claim).await?;
    let rules = Rules::from(terms);
    let compute = |standing: &dyn Fn(_) -> Standing, taken: &TakenByCode| {
        benefit::payable(&claim.loss_items(standing), &rules, taken)
    };
    let parts = claim.assessment().map(|held| &held.parts);
    let as_assessed = |part| match parts.and_then(|parts| parts.get(&part)) {
        Some(ClaimOutcome::NotEligible) => Standing::NotCovered,
        Some(ClaimOutcome::Eligible | ClaimOutcome::Referred) | None => Standing::Covered,
    };
    let assessed = compute(&as_assessed, &taken)?;
    let most =
        if payable <= assessed.total { assessed } else { compute(&|_| Standing::Covered, &taken)? };
    Ok(most.reduced_to(payable)?)
}

async fn reserve(desk: &Desk<'_>, benefit: &Benefit) -> Result<Vec<Draw>, Problem> {
    let takers = desk.claim.takers();
    let mut draws = benefit.draws(&desk.contract.terms, &takers)?;
    for (code, own) in desk.own_deductibles().await? {
        if let Some(draw) = draws.iter_mut().find(|draw| draw.code == code) {
            draw.amount = draw.amount.minus_floored(own.used)?;
        }
    }
    draws.retain(|draw| !draw.amount.is_zero());
    match limits::reserve(desk.tx, &desk.holder(), &draws).await? {
        Reservation::Done => Ok(draws),
        Reservation::Exceeded { code } => {
            let text = format!("too little is left of `{code}`: assess the claim again");
            Err(Problem::new(Reason::LimitExceeded, text).with("limit", code))
        }
    }
}

/// Asks the insurer, through the outbox, to pay.
async fn request_payment(desk: &Desk<'_>, claim: &Claim, benefit: &Benefit) -> Result<(), Problem> {
    let items: Vec<serde_json::Value> = benefit
        .items
        .iter()
        .map(|item| serde_json::json!({ "item": item.number, "yen": item.payable.amount() }))
        .collect();
    let payload = serde_json::json!({
        "number": claim.number,
        "insurer_id": desk.contract.insurer_id,
        "payable_yen": benefit.total.amount(),
        "items": items,
    });
    let news = News::new("claim_payment.requested", claim.id, payload);
    Ok(desk.ctx.tell(desk.tx, desk.entered.when(), news).await?)
}
