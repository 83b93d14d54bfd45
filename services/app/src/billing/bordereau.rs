//! Makes the monthly list of certificates, premiums and claims to the insurer.

use std::borrow::Cow;

use tasuki_core::certificate::Certificate;
use tasuki_core::claim::Claim;
use tasuki_core::days::DayPeriod;
use tasuki_core::id::{InsurerId, MasterContractId};
use tasuki_core::master_contract::MasterContract;
use tasuki_core::money::{Money, Rounding};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::settlement::bordereau::{
    Bordereau, CertificateRow, Correction, PremiumRow, Rows, Window, certificate_row, claim_row,
};
use tasuki_core::tenant::Tenant;
use tasuki_core::text::Text;
use tasuki_core::time::{Month, Timestamp};
use tasuki_pricing::premium::premium;
use tasuki_pricing::proration::fraction;
use tasuki_store::{Scope, Tx, certificates, claims, master_contracts};

use super::books::Tenants;
use crate::call::Call;
use crate::context::Context;

/// Certificates, claims and contracts read at once.
const AT_ONCE: u64 = 500;

/// Months of a yearly premium.
const MONTHS_PER_YEAR: u32 = 12;

/// The list of a month under a master contract, as it was known at the month's end, or at a time before
/// that. What became known later stands on the list of the month in which it did.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `MASTER_CONTRACT_NOT_FOUND`, also for an insurer that does not carry it.
pub async fn get_bordereau(
    ctx: &Context,
    call: &Call,
    contract: MasterContractId,
    month: Month,
    known_at: Option<Timestamp>,
) -> Result<Bordereau, Problem> {
    call.require(ctx, Permission::Settle)?;
    let tx = ctx.store.begin_read().await?;
    let contract = visible_contract(&tx, call, contract).await?;
    bordereau_of(ctx, &tx, &contract, month, known_at).await
}

/// A contract that the caller may see.
///
/// # Errors
/// `MASTER_CONTRACT_NOT_FOUND`.
pub(crate) async fn visible_contract(
    tx: &Tx,
    call: &Call,
    id: MasterContractId,
) -> Result<MasterContract, Problem> {
    let stored = master_contracts::get(tx, id).await?;
    stored
        .map(|stored| stored.contract)
        .filter(|contract| may_see(call, contract.insurer_id))
        .ok_or_else(|| Problem::not_found(Reason::MasterContractNotFound, id))
}

/// Whether the caller may see what concerns an insurer: an insurer sees itself only.
pub(crate) fn may_see(call: &Call, insurer: InsurerId) -> bool {
    call.principal.role != Role::Insurer || call.principal.insurer_id == Some(insurer)
}

/// Every contract, of an insurer or of all.
///
/// # Errors
/// Of the store.
pub(crate) async fn contracts_of(
    tx: &Tx,
    insurer: Option<InsurerId>,
) -> Result<Vec<MasterContract>, Problem> {
    let filter = master_contracts::Filter { insurer_id: insurer, ..Default::default() };
    let mut all: Vec<MasterContract> = Vec::new();
    loop {
        let after = all.last().map(|contract| master_contracts::Place {
            starts_at: contract.in_force.start(),
            code: contract.code.clone(),
        });
        let page = master_contracts::list(tx, &filter, after.as_ref(), AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|stored| stored.contract));
    }
}

/// The list of a month.
///
/// # Errors
/// `NOT_SERVED_YET` for premiums that are not counted by certificate and month.
pub(crate) async fn bordereau_of(
    ctx: &Context,
    tx: &Tx,
    contract: &MasterContract,
    month: Month,
    known_at: Option<Timestamp>,
) -> Result<Bordereau, Problem> {
    let window = Window::as_listed(contract, month, (month, known_at))?;
    let mut tenants = Tenants::default();
    let mut rows = Rows::default();
    let all = certificates_of(tx, contract.id).await?;
    let known = as_known(contract, &window);
    for certificate in &all {
        let tenant = tenants.get(tx, certificate.tenant_id).await?;
        rows.corrections.extend(corrections(contract, &window, certificate, tenant)?);
        let Some(row) = certificate_row(&window, &known, certificate, tenant)? else { continue };
        rows.premiums.extend(premium_row(&known, &window, &row)?);
        rows.certificates.push(row);
    }
    for claim in claims_of(tx, contract.id, window.instants.end()).await? {
        let tenant = tenants.get(tx, claim.tenant_id).await?;
        let certificate = all.iter().find(|it| Some(it.id) == claim.certificate_id);
        let number = certificate.map(|certificate| certificate.number.as_str());
        rows.claims.extend(claim_row(&window, &claim, tenant, number)?);
    }
    Ok(Bordereau::new(&window, contract, rows, ctx.clock.now())?)
}

/// The contract as it holds at the beginning of a month, as far as may be known: an endorsement that reaches back
/// does not change a list that was made before it was recorded.
fn as_known<'a>(contract: &'a MasterContract, window: &Window) -> Cow<'a, MasterContract> {
    let begins_at = contract.wording_instant(window.instants.start());
    contract.as_held_at(begins_at, window.known_at.unwrap_or(Timestamp::new(jiff::Timestamp::MAX)))
}

/// The premium of a certificate for a month, by a contract as it holds in it; none for a month without a whole day
/// of cover.
fn premium_row(
    contract: &MasterContract,
    window: &Window,
    row: &CertificateRow,
) -> Result<Option<PremiumRow>, Problem> {
    let (Some(first), Some(last)) = (row.days.first(), row.days.last()) else { return Ok(None) };
    let terms = &contract.terms.premium;
    let per_month = terms.per_certificate_month().ok_or_else(|| {
        let text = "only premiums of so much for each certificate and month are counted so far";
        Problem::new(Reason::NotServedYet, text).with("contract", &contract.code)
    })?;
    let nominal = DayPeriod::of_month(window.month)?;
    let part = fraction(terms.proration, nominal, &row.days, &window.zone)?;
    let note = (!part.is_whole()).then(|| {
        Text::new(
            format!("日割り {}/{}", part.used(), part.whole()),
            format!("For {} of {} days", part.used(), part.whole()),
        )
    });
    Ok(Some(PremiumRow {
        certificate_id: row.certificate_id,
        certificate_number: row.certificate_number.clone(),
        tenant_id: row.tenant_id,
        insured_name: row.insured_name.clone(),
        earned: DayPeriod::new(first.start(), last.end())?,
        premium: part.of(premium(per_month, 1)?, Rounding::Down)?,
        yearly_premium: premium(per_month, MONTHS_PER_YEAR)?,
        note,
    }))
}

/// What of earlier months became known in this one: the premium that each should have had, less the one
/// that its list and the lists since then gave.
fn corrections(
    contract: &MasterContract,
    window: &Window,
    certificate: &Certificate,
    tenant: &Tenant,
) -> Result<Vec<Correction>, Problem> {
    let Some(known_at) = window.known_at else { return Ok(Vec::new()) };
    let begins_at = window.instants.start();
    let is_late = |(holds_from, recorded_at): &(Timestamp, Timestamp)| {
        begins_at < *recorded_at && *recorded_at <= known_at && *holds_from < begins_at
    };
    let of_certificate =
        certificate.history.iter().map(|entry| (entry.event.at(), entry.recorded_at));
    let of_contract = contract.versions.iter().map(|of| (of.effective_at, of.recorded_at));
    // The first version was there before anything was listed, whenever it was written down.
    let late = of_certificate.chain(of_contract.skip(1)).filter(is_late);
    let Some(first) = late.map(|(holds_from, _)| holds_from).min() else { return Ok(Vec::new()) };
    let first = first.max(contract.in_force.start());
    let mut month = Month::of(first.day_in(&window.zone));
    let mut found = Vec::new();
    while month < window.month {
        let premium = |known_at: Timestamp| -> Result<Money, Problem> {
            let window = Window::of(contract, month, Some(known_at))?;
            let contract = as_known(contract, &window);
            let Some(row) = certificate_row(&window, &contract, certificate, tenant)? else {
                return Ok(Money::ZERO_JPY);
            };
            let row = premium_row(&contract, &window, &row)?;
            Ok(row.map_or(Money::ZERO_JPY, |row| row.premium))
        };
        // The list before this one was made at the end of its month, which is where this one begins.
        let difference = premium(known_at)?.minus(premium(window.instants.start())?)?;
        if !difference.is_zero() {
            found.push(Correction {
                month,
                certificate_id: certificate.id,
                certificate_number: certificate.number.clone(),
                tenant_id: certificate.tenant_id,
                insured_name: tenant.name.clone(),
                difference,
                reason: Text::new(
                    format!("{month} 分の保険料の訂正（{} に判明）", window.month),
                    format!("Premium of {month} put right, known in {}", window.month),
                ),
            });
        }
        month = month.next()?;
    }
    Ok(found)
}

/// The certificates under a contract.
///
/// # Errors
/// Of the store.
pub(crate) async fn certificates_of(
    tx: &Tx,
    contract: MasterContractId,
) -> Result<Vec<Certificate>, Problem> {
    let filter = certificates::Filter {
        master_contract_id: Some(contract),
        ..certificates::Filter::of(Scope::All)
    };
    let mut all: Vec<Certificate> = Vec::new();
    loop {
        let after = all.last().map(|certificate| certificates::Place {
            number: certificate.number.clone(),
            tenant_id: certificate.tenant_id,
            id: certificate.id,
        });
        let page = certificates::list(tx, &filter, after.as_ref(), AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|stored| stored.certificate));
    }
}

/// The claims under a contract that were notified before an instant.
///
/// # Errors
/// Of the store.
pub(crate) async fn claims_of(
    tx: &Tx,
    contract: MasterContractId,
    before: Timestamp,
) -> Result<Vec<Claim>, Problem> {
    let filter = claims::Filter {
        master_contract_id: Some(contract),
        notified: (None, Some(before)),
        ..claims::Filter::of(Scope::All)
    };
    let mut all: Vec<Claim> = Vec::new();
    loop {
        let after = all.last().map(|claim| claims::Place {
            notified_at: claim.notified_at,
            number: claim.number.clone(),
            tenant_id: claim.tenant_id,
        });
        let page = claims::list(tx, &filter, after.as_ref(), AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|stored| stored.claim));
    }
}
