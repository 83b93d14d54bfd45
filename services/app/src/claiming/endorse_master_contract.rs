//! Gives a master contract new terms from a time on, or ends it.

use serde::{Deserialize, Serialize};
use tasuki_core::actor::Actor;
use tasuki_core::benefit::{LimitSubject, Taken};
use tasuki_core::id::MasterContractId;
use tasuki_core::master_contract::{CoverTerms, EndorsementDraft, LimitBasis, MasterContract};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_store::{Tx, limits, master_contracts};

use super::create_master_contract::missing_packs;
use super::read_limits::LimitStatus;
use super::{Intent, MasterContractView, loading};
use crate::call::Call;
use crate::context::{Context, News};
use crate::monitoring::etag;

/// More versions of one contract are a contract of its own.
const MOST_VERSIONS: usize = 200;

/// The answer names so many limits at most; the worst come first.
const MOST_OVERSPENT: u64 = 100;

/// A change of a contract.
#[derive(Debug, Clone)]
pub struct NewEndorsement {
    /// The contract.
    pub master_contract_id: MasterContractId,
    /// From when on the change holds.
    pub effective_at: Timestamp,
    /// The new terms, whole; none when the contract only ends.
    pub terms: Option<CoverTerms>,
    /// Whether the contract ends then.
    pub cancels: bool,
    /// What it changes, for people.
    pub summary: Text,
    /// The version as read.
    pub etag: String,
    /// Whether it is only checked.
    pub intent: Intent,
}

/// The contract with its change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endorsed {
    /// The contract as it holds from then on.
    pub view: MasterContractView,
    /// Limits of which more was taken than the new terms give. What was paid stays paid.
    pub overspent: Vec<LimitStatus>,
}

/// Endorses a contract. What was decided before stays as it was decided.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`, `ETAG_MISMATCH`; `REQUEST_INVALID` with every field
/// that breaks a rule.
pub async fn endorse_master_contract(
    ctx: &Context,
    call: &Call,
    new: NewEndorsement,
) -> Result<Endorsed, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, now).await? {
        return Ok(first);
    }
    let id = new.master_contract_id;
    let missing = || Problem::not_found(Reason::MasterContractNotFound, id);
    let stored = master_contracts::lock(&tx, id).await?.ok_or_else(missing)?;
    if !loading::may_see(call, &stored.contract) {
        return Err(missing());
    }
    etag::check(&new.etag, stored.version)?;
    if stored.contract.versions.len() >= MOST_VERSIONS {
        let text = format!("a contract has at most {MOST_VERSIONS} versions");
        return Err(Problem::invalid("master_contract_id", text));
    }

    let draft = EndorsementDraft {
        effective_at: new.effective_at,
        terms: new.terms,
        cancels: new.cancels,
        summary: new.summary,
        by: Actor::from(&call.principal),
    };
    let contract = stored.contract.endorse(draft, now).map_err(Problem::all_invalid)?;
    let absent = missing_packs(ctx, &contract.terms.packs, new.effective_at);
    if !absent.is_empty() {
        return Err(Problem::all_invalid(absent));
    }

    let overspent = overspent(&tx, &contract).await?;
    let version = master_contracts::save(&tx, &contract, stored.version).await?;
    let payload = serde_json::json!({
        "code": contract.code,
        "version": contract.version,
        "effective_at": new.effective_at,
        "cancels": new.cancels,
    });
    let news = News::new("master_contract.endorsed", contract.id, payload);
    ctx.tell_scheme(&tx, now, news).await?;
    let held = contract.held_at(new.effective_at, now);
    let view =
        MasterContractView { contract: held, as_of: new.effective_at, known_at: now, version };
    let answer = Endorsed { view, overspent };
    if new.intent == Intent::Do {
        call.remember(&tx, &answer).await?;
        tx.commit().await?;
    }
    Ok(answer)
}

/// The limits of the period of which more was taken than the terms give now, the worst first.
async fn overspent(tx: &Tx, contract: &MasterContract) -> Result<Vec<LimitStatus>, Problem> {
    let mut found: Vec<LimitStatus> = Vec::new();
    let of_period = |basis: LimitBasis| basis == LimitBasis::PerPeriod;
    for limit in contract.terms.limits.iter().filter(|limit| of_period(limit.basis)) {
        let capacity = limit.capacity()?;
        let known = (contract.id, limit.code.as_str());
        let rows = limits::above(tx, known, capacity, MOST_OVERSPENT).await?;
        for (subject, taken) in rows {
            let Ok(subject) = subject.parse::<LimitSubject>() else { continue };
            let spent = taken.used.plus(taken.reserved)?;
            let yearly = contract.terms.yearly_premium_of(limit);
            let comes_back = !limit.reinstatement_rates.is_empty();
            let reinstated = comes_back.then(|| limit.reinstated(spent, yearly)).transpose()?;
            found.push(LimitStatus {
                site_code: None,
                limit: limit.clone(),
                subject,
                period: Some(contract.in_force),
                taken,
                left: capacity.zero(),
                reinstated,
            });
        }
    }
    let above = |status: &LimitStatus| -> i64 {
        let Taken { used, reserved } = status.taken;
        let spent = used.amount().saturating_add(reserved.amount());
        spent.saturating_sub(status.limit.amount.amount())
    };
    found.sort_by_key(|status| std::cmp::Reverse(above(status)));
    found.truncate(usize::try_from(MOST_OVERSPENT).unwrap_or(usize::MAX));
    Ok(found)
}
