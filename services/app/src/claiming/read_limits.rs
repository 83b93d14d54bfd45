//! Says how much of each limit is used, reserved and left.

use serde::{Deserialize, Serialize};
use tasuki_core::benefit::{
    Draw, LimitSubject, Reinstated, Taken, TakenByCode, Takers, number_code,
};
use tasuki_core::id::{CertificateId, MasterContractId, SiteId, TenantId};
use tasuki_core::master_contract::{CoveragePart, Limit, LimitBasis, MasterContract, PartTerms};
use tasuki_core::money::Money;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
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
    /// The code of the site whose it is; none where it is not counted by site.
    #[serde(default)]
    pub site_code: Option<String>,
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

/// How many benefits of a part are left in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberStatus {
    /// The part.
    pub part: CoveragePart,
    /// Whose number it is.
    pub subject: LimitSubject,
    /// The code of the site whose it is; none where it is not counted by site.
    pub site_code: Option<String>,
    /// The period it counts in.
    pub period: Period,
    /// How many there are.
    pub n_per_period: u32,
    /// Given, with what was paid.
    pub n_used: u32,
    /// Kept for claims that are decided but not paid.
    pub n_reserved: u32,
    /// Free; never negative.
    pub n_left: u32,
}

/// What is left of limits and of numbers of benefits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsLeft {
    /// The limits, the innermost first.
    pub limits: Vec<LimitStatus>,
    /// The numbers of benefits, in the order of the contract's parts.
    pub numbers: Vec<NumberStatus>,
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
    times: Times,
) -> Result<Vec<LimitStatus>, Problem> {
    Ok(limits_left(ctx, call, question, times).await?.limits)
}

/// As [`get_limits`], with the numbers of benefits.
///
/// # Errors
/// As [`get_limits`].
pub async fn limits_left(
    ctx: &Context,
    call: &Call,
    question: LimitQuestion,
    (as_of, known_at): Times,
) -> Result<LimitsLeft, Problem> {
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
            let limits = statuses_of(&contract, &draws, &taken)?;
            Ok(LimitsLeft { limits, numbers: Vec::new() })
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
            let takers = Takers {
                contract: contract.id,
                tenant,
                certificate: Some(id),
                site: None,
                occurrence: None,
            };
            left_of(&tx, (&entered.tenant, &contract), takers, known_at).await
        }
    }
}

/// What is left for a certificate; where each site has its own limits, for every site.
async fn left_of(
    tx: &Tx,
    (tenant, contract): (&Tenant, &MasterContract),
    takers: Takers,
    known_at: Option<Timestamp>,
) -> Result<LimitsLeft, Problem> {
    let mut left = LimitsLeft { limits: Vec::new(), numbers: Vec::new() };
    for site_code in loading::sites(tenant, contract) {
        let site = site_code.as_deref().map(|code| SiteId::of(tenant.id, code));
        let takers = Takers { site, ..takers };
        let mut draws = Draw::possible(&contract.terms, &takers);
        // What all sites share is told once.
        draws.retain(|draw| !left.limits.iter().any(|of| of.subject == draw.subject));
        let taken = loading::taken(tx, contract.id, &draws, known_at).await?;
        let own = |subject| site_code.clone().filter(|_| matches!(subject, LimitSubject::Site(_)));
        for status in statuses_of(contract, &draws, &taken)? {
            left.limits.push(LimitStatus { site_code: own(status.subject), ..status });
        }
        for number in numbers_of(contract, &draws, &taken) {
            left.numbers.push(NumberStatus { site_code: own(number.subject), ..number });
        }
    }
    Ok(left)
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
            site_code: None,
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

/// The numbers of benefits among what was taken.
fn numbers_of(contract: &MasterContract, draws: &[Draw], taken: &TakenByCode) -> Vec<NumberStatus> {
    let count = |of: Money| u32::try_from(of.amount().max(0)).unwrap_or(u32::MAX);
    let of_part = |part: &PartTerms| {
        let (n_per_period, code) = (part.n_per_period?, number_code(part.part));
        let draw = draws.iter().find(|draw| draw.code == code)?;
        let taken = taken.get(&code).copied().unwrap_or(Taken::NOTHING);
        let (n_used, n_reserved) = (count(taken.used), count(taken.reserved));
        Some(NumberStatus {
            part: part.part,
            subject: draw.subject,
            site_code: None,
            period: contract.in_force,
            n_per_period,
            n_used,
            n_reserved,
            n_left: n_per_period.saturating_sub(n_used.saturating_add(n_reserved)),
        })
    };
    contract.terms.parts.iter().filter_map(of_part).collect()
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
