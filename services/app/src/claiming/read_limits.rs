//! Says how much of each limit is used, reserved and left.

use serde::{Deserialize, Serialize};
use tasuki_core::benefit::{Draw, LimitSubject, Reinstated, Taken, TakenByCode, Takers};
use tasuki_core::id::{CertificateId, MasterContractId, TenantId};
use tasuki_core::master_contract::{Limit, LimitBasis, MasterContract};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Period;
use tasuki_store::{Tx, certificates, limits};

use super::loading;
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

/// The limits asked about, the innermost first. Limits per occurrence are left out: no occurrence is
/// asked about.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`, `TENANT_NOT_FOUND`, `CERTIFICATE_NOT_FOUND`.
pub async fn get_limits(
    ctx: &Context,
    call: &Call,
    question: LimitQuestion,
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
            let contract = contract.held_at(contract.wording_instant(now), now);
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
            statuses(&tx, &contract, &draws).await
        }
        LimitQuestion::Certificate(tenant, id) => {
            let entered = access::enter(ctx, &tx, call, tenant, Permission::Read).await?;
            let missing = || Problem::not_found(Reason::CertificateNotFound, id);
            let stored = certificates::get(&tx, tenant, id).await?.ok_or_else(missing)?;
            let contract = loading::contract(&tx, stored.certificate.master_contract_id).await?;
            if !loading::may_see(call, &contract) {
                return Err(missing());
            }
            let known_at = loading::known_now(ctx, &entered);
            let contract = contract.held_at(contract.wording_instant(entered.now), known_at);
            let takers =
                Takers { contract: contract.id, tenant, certificate: Some(id), occurrence: None };
            statuses(&tx, &contract, &Draw::possible(&contract.terms, &takers)).await
        }
    }
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
