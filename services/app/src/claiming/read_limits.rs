//! Says how much of each limit is used, reserved and left.

use serde::{Deserialize, Serialize};
use tasuki_core::benefit::{Draw, LimitSubject, Reinstated, Taken, TakenByCode, Takers};
use tasuki_core::id::{CertificateId, MasterContractId, TenantId};
use tasuki_core::master_contract::{Limit, LimitBasis, MasterContract};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::{Period, Timestamp};
use tasuki_store::{Tx, certificates, limits};

use super::{Times, loading};
use crate::access;
use crate::call::Call;
use crate::context::Context;

/// How much of a limit is left: its amount is what is used, reserved and left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitStatus {
    /// The limit.
    pub limit: Limit,
    /// Whose it is.
    pub subject: LimitSubject,
    /// The period it counts in; none for a limit per occurrence.
    pub period: Option<Period>,
    /// What was taken.
    pub taken: Taken,
    /// What is left, reinstatements counted in.
    pub left: Money,
    /// How often it came back; none for a limit that does not.
    #[serde(default)]
    pub reinstated: Option<Reinstated>,
}

/// Whose limits are asked about.
#[derive(Debug, Clone, Copy)]
pub enum LimitQuestion {
    /// The programme's, of a contract.
    Programme(MasterContractId),
    /// Those of a certificate, and those around it.
    Certificate(TenantId, CertificateId),
}

/// The limits asked about, the innermost first, by the terms of a time, as far as was known at another.
/// Limits per occurrence are left out: no occurrence is asked about.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`, `TENANT_NOT_FOUND`, `CERTIFICATE_NOT_FOUND`;
/// `REQUEST_INVALID` for a time outside the contract's period.
pub async fn get_limits(
    ctx: &Context,
    call: &Call,
    question: LimitQuestion,
    (as_of, known_at): Times,
) -> Result<Vec<LimitStatus>, Problem> {
    call.require(ctx, Permission::Read)?;
    let tx = ctx.store.begin_read().await?;
    match question {
        LimitQuestion::Programme(id) => {
            let contract = loading::contract(&tx, id).await?;
            if !loading::may_see(call, &contract) {
                return Err(Problem::not_found(Reason::MasterContractNotFound, id));
            }
            let now = ctx.clock.now();
            let contract = held(&contract, as_of, (now, known_at.unwrap_or(now)))?;
            let subject = LimitSubject::Contract(id);
            let draws = contract
                .terms
                .limits
                .iter()
                .filter(|limit| limit.scope.as_str() == "programme")
                .map(|limit| Draw {
                    code: limit.code.clone(),
                    subject,
                    cap: limit.amount,
                    amount: limit.amount.zero(),
                })
                .collect::<Vec<_>>();
            let taken = loading::taken(&tx, contract.id, &draws, known_at).await?;
            statuses_of(&contract, &draws, &taken)
        }
        LimitQuestion::Certificate(tenant, id) => {
            let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
            let missing = || Problem::not_found(Reason::CertificateNotFound, id);
            let stored = certificates::get(&tx, tenant, id).await?.ok_or_else(missing)?;
            if known_at.is_some_and(|known_at| known_at < stored.certificate.issued_at) {
                return Err(missing());
            }
            let contract = loading::contract(&tx, stored.certificate.master_contract_id).await?;
            if !loading::may_see(call, &contract) {
                return Err(missing());
            }
            let of_contract = known_at.unwrap_or_else(|| loading::known_now(ctx, &entered));
            let contract = held(&contract, as_of, (entered.now, of_contract))?;
            let takers =
                Takers { contract: contract.id, tenant, certificate: Some(id), occurrence: None };
            let draws = Draw::possible(&contract.terms, &takers);
            let taken = loading::taken(&tx, contract.id, &draws, known_at).await?;
            statuses_of(&contract, &draws, &taken)
        }
    }
}

/// The contract as it holds at a time, now if left out. A limit counts in the contract's period: no other is told.
fn held(
    contract: &MasterContract,
    as_of: Option<Timestamp>,
    (now, known_at): (Timestamp, Timestamp),
) -> Result<MasterContract, Problem> {
    if let Some(at) = as_of.filter(|at| !contract.in_force.contains(*at)) {
        let (from, until) = (contract.in_force.start(), contract.in_force.end());
        let text = format!("`{at}` is outside the contract's period, from `{from}` to `{until}`");
        return Err(Problem::invalid("as_of", text));
    }
    Ok(contract.held_at(contract.wording_instant(as_of.unwrap_or(now)), known_at))
}

/// What was taken from limits by now, the innermost first. Deductibles are no limits and left out.
///
/// # Errors
/// Of the store.
pub(crate) async fn statuses(
    tx: &Tx,
    contract: &MasterContract,
    draws: &[Draw],
) -> Result<Vec<LimitStatus>, Problem> {
    statuses_of(contract, draws, &limits::taken(tx, contract.id, draws).await?)
}

/// As [`statuses`], of what was read before.
///
/// # Errors
/// When an amount overflows.
pub(crate) fn statuses_of(
    contract: &MasterContract,
    draws: &[Draw],
    taken: &TakenByCode,
) -> Result<Vec<LimitStatus>, Problem> {
    let mut statuses = Vec::new();
    for limit in contract.terms.limits_inside_out() {
        let Some(draw) = draws.iter().find(|draw| draw.code == limit.code) else { continue };
        let taken = taken.get(&limit.code).copied().unwrap_or(Taken::NOTHING);
        statuses.push(LimitStatus {
            limit: limit.clone(),
            subject: draw.subject,
            period: match limit.basis {
                LimitBasis::PerOccurrence => None,
                LimitBasis::PerPeriod => Some(contract.in_force),
            },
            taken,
            left: taken.left_of(limit.capacity()?)?,
            reinstated: reinstated(contract, limit, taken)?,
        });
    }
    Ok(statuses)
}

fn reinstated(
    contract: &MasterContract,
    limit: &Limit,
    taken: Taken,
) -> Result<Option<Reinstated>, Problem> {
    if limit.reinstatement_rates.is_empty() {
        return Ok(None);
    }
    let spent = taken.used.plus(taken.reserved)?;
    Ok(Some(limit.reinstated(spent, contract.terms.yearly_premium_of(limit))?))
}
