//! Takes in the notice of a loss.

use tasuki_core::actor::Actor;
use tasuki_core::certificate::Certificate;
use tasuki_core::claim::{
    Claim, ClaimCommand, ClaimEvent, ClaimFile, ClaimPhase, ClaimState, ClaimedItem, LossCause,
};
use tasuki_core::id::{CertificateId, ClaimId, IncidentId, TenantId};
use tasuki_core::incident::Incident;
use tasuki_core::master_contract::{MasterContract, Stacking};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_core::text::Language;
use tasuki_core::time::Timestamp;
use tasuki_store::counters::{self, Series};
use tasuki_store::{Tx, certificates, claims};

use super::{ClaimView, Intent, evidence, loading, work};
use crate::access::{self, Entered};
use crate::call::Call;
use crate::context::Context;

/// What becomes of a notice that seems to tell of a loss that was notified before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// It is refused, with the claim that is there.
    Refused,
    /// It is another loss, says the caller: a claim is opened, with a hint to the other one.
    Allowed,
}

/// Whether a notice is handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drafting {
    /// It is.
    HandIn,
    /// It is only written down, to be completed later; nobody is told.
    WriteDown,
}

/// A notice of loss.
#[derive(Debug, Clone)]
pub struct NotifyLoss {
    /// The insured.
    pub tenant_id: TenantId,
    /// The certificate; the one in force when the loss happened if left out.
    pub certificate_id: Option<CertificateId>,
    /// The incident behind it.
    pub incident_id: Option<IncidentId>,
    /// What happened; may be empty with an incident.
    pub description: String,
    /// What caused it, if that is known.
    pub cause: Option<LossCause>,
    /// When the loss happened.
    pub loss_at: Timestamp,
    /// When it was discovered; when it happened if left out.
    pub discovered_at: Option<Timestamp>,
    /// When a third party made its claim; not known if left out.
    pub claimed_at: Option<Timestamp>,
    /// The site where it happened, by its code; that of the incident, or the only one, if left out.
    pub site_code: Option<String>,
    /// What the loss is made of, numbered from 1.
    pub items: Vec<ClaimedItem>,
    /// Whether the operator notifies it for the customer.
    pub on_behalf_of_tenant: bool,
    /// The language the customer wants letters in.
    pub language: Language,
    /// What becomes of a repeat.
    pub duplicates: Duplicates,
    /// Whether it is handed in.
    pub drafting: Drafting,
    /// The draft that it completes, or that is written anew.
    pub draft_id: Option<ClaimId>,
    /// Whether it is only asked what would happen.
    pub intent: Intent,
}

/// Takes in a notice: finds the certificate in force when the loss happened, recognises repeats, and
/// opens the claim.
///
/// A tenant that was not covered at that time still gets a claim, and with it a reasoned refusal.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `INCIDENT_NOT_FOUND`; `CERTIFICATE_NOT_FOUND` if the tenant
/// never had one; `CLAIM_DUPLICATE`; `REQUEST_INVALID`.
pub async fn notify_loss(
    ctx: &Context,
    call: &Call,
    mut notice: NotifyLoss,
) -> Result<ClaimView, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, notice.tenant_id, Permission::NotifyLoss).await?;
    if let Some(first) = call.first_answer(&tx, entered.now).await? {
        return Ok(first);
    }
    check(&notice, &entered)?;
    let incident = match notice.incident_id {
        Some(id) => Some(evidence::incident(&tx, &entered.tenant, id).await?),
        None => None,
    };
    let (certificate_id, contract) = covered_by(ctx, &tx, &notice, &entered).await?;
    notice.site_code = site(&notice, incident.as_ref(), (&entered.tenant, &contract))?;
    let written = match notice.draft_id {
        Some(id) => Some(draft(&tx, notice.tenant_id, id).await?),
        None => None,
    };
    let number = number(&tx, &notice).await?;
    let possible_duplicates = duplicates(&tx, &notice).await?;

    let by = Actor::from(&call.principal);
    let (drafting, intent) = (notice.drafting, notice.intent);
    let covered = (certificate_id, &contract);
    let id = written.as_ref().map_or_else(|| ctx.ids.next(), |stored| stored.claim.id);
    let mut claim = claim_of(notice, (id, number), covered, (&by, entered.now));
    claim.possible_duplicates = possible_duplicates;
    if let Some(stored) = &written {
        // What was added to the draft meanwhile stays with it.
        claim.file = stored.claim.file.clone();
    }
    let mut told = None;
    if drafting == Drafting::HandIn {
        let (next, event) = claim.step(&ClaimCommand::Submit, &by, "", entered.now)?;
        (claim, told) = (next, Some(event));
    }

    let mut view = ClaimView::new(claim, contract, entered.now);
    if intent == Intent::Do {
        view.version = store(ctx, &tx, &entered, (&view.claim, written, told)).await?;
        call.remember(&tx, &view).await?;
        tx.commit().await?;
    }
    Ok(view)
}

/// The claim that a notice opens, as a draft.
fn claim_of(
    notice: NotifyLoss,
    (id, number): (ClaimId, String),
    (certificate_id, contract): (Option<CertificateId>, &MasterContract),
    (by, now): (&Actor, Timestamp),
) -> Claim {
    Claim {
        id,
        tenant_id: notice.tenant_id,
        number,
        certificate_id,
        master_contract_id: contract.id,
        contract_version: contract.version,
        incident_id: notice.incident_id,
        description: notice.description,
        cause: notice.cause,
        loss_at: notice.loss_at,
        discovered_at: notice.discovered_at.unwrap_or(notice.loss_at),
        claimed_at: notice.claimed_at,
        site_code: notice.site_code,
        notified_at: now,
        notified_by: by.clone(),
        on_behalf_of_tenant: notice.on_behalf_of_tenant,
        language: notice.language,
        items: notice.items,
        possible_duplicates: Vec::new(),
        state: ClaimState::Draft,
        assessments: Vec::new(),
        decisions: Vec::new(),
        approved: None,
        payments: Vec::new(),
        transitions: Vec::new(),
        file: ClaimFile::default(),
    }
}

/// The number of the claim. A draft has none, so that no number is lost when it is never handed in.
///
/// It is drawn before anybody looks for duplicates: it locks the series, so that of two notices of one
/// loss the second sees the first.
async fn number(tx: &Tx, notice: &NotifyLoss) -> Result<String, Problem> {
    match notice.drafting {
        Drafting::WriteDown => Ok(String::new()),
        Drafting::HandIn => {
            let number = counters::next(tx, Series::Claims).await?;
            Ok(format!("CLM-{number:06}"))
        }
    }
}

/// The draft that a notice completes.
async fn draft(tx: &Tx, tenant: TenantId, id: ClaimId) -> Result<claims::Stored, Problem> {
    let missing = || Problem::not_found(Reason::ClaimNotFound, id);
    let stored = claims::lock(tx, tenant, id).await?.ok_or_else(missing)?;
    let phase = stored.claim.state.phase();
    if phase == ClaimPhase::Draft {
        return Ok(stored);
    }
    let text = format!("`{id}` is `{}`: only a draft is completed", phase.as_str());
    Err(Problem::new(Reason::ClaimState, text).with("state", phase.as_str()))
}

async fn store(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (claim, written, told): (&Claim, Option<claims::Stored>, Option<ClaimEvent>),
) -> Result<i64, Problem> {
    let version = if let Some(draft) = written {
        claims::rewrite(tx, claim, draft.version).await?
    } else {
        claims::insert(tx, claim).await?;
        1
    };
    if let Some(event) = told {
        loading::tell(ctx, tx, entered, (claim, event.topic())).await?;
    }
    Ok(version)
}
fn check(notice: &NotifyLoss, entered: &Entered) -> Result<(), Problem> {
    if notice.loss_at > entered.now {
        return Err(Problem::invalid("loss_at", "must not be in the future"));
    }
    let discovered_at = notice.discovered_at.unwrap_or(notice.loss_at);
    if discovered_at < notice.loss_at || discovered_at > entered.now {
        let text = "must not be before the loss, nor in the future";
        return Err(Problem::invalid("discovered_at", text));
    }
    if notice.claimed_at.is_some_and(|at| at < notice.loss_at || at > entered.now) {
        let text = "must not be before the loss, nor in the future";
        return Err(Problem::invalid("claimed_at", text));
    }
    if notice.incident_id.is_none() && notice.description.trim().is_empty() {
        return Err(Problem::invalid("description", "is required without an incident"));
    }
    work::one_form(&notice.items)
}

/// The certificate in force for the loss, if one was, and the contract that judges it.
async fn covered_by(
    ctx: &Context,
    tx: &Tx,
    notice: &NotifyLoss,
    entered: &Entered,
) -> Result<(Option<CertificateId>, MasterContract), Problem> {
    let all = certificates::of_tenant(tx, notice.tenant_id).await?;
    let known_at = loading::known_now(ctx, entered);
    let nearest = nearest(tx, &all, notice, (entered.now, known_at)).await?;
    let certificate = nearest.ok_or_else(|| {
        let text = format!("`{}` has no certificate", notice.tenant_id);
        Problem::new(Reason::CertificateNotFound, text).with("tenant_id", notice.tenant_id)
    })?;
    let contract = loading::contract(tx, certificate.master_contract_id).await?;
    let contract = contract.held_at(contract.wording_instant(notice.loss_at), known_at);
    let in_force = insures(certificate, &contract, (notice, entered.now));
    Ok((in_force.then_some(certificate.id), contract))
}

/// The certificate that was named; or the one in force at the instant that counts under its contract,
/// or else the latest one.
async fn nearest<'a>(
    tx: &Tx,
    all: &'a [certificates::Stored],
    notice: &NotifyLoss,
    (now, known_at): (Timestamp, Timestamp),
) -> Result<Option<&'a Certificate>, Problem> {
    if notice.certificate_id.is_none() {
        for stored in all {
            let certificate = &stored.certificate;
            let contract = loading::contract(tx, certificate.master_contract_id).await?;
            let contract = contract.held_at(contract.wording_instant(notice.loss_at), known_at);
            if insures(certificate, &contract, (notice, now)) {
                return Ok(Some(certificate));
            }
        }
    }
    evidence::choose(all, (notice.certificate_id, None), notice.loss_at)
}

/// Whether the instant that counts lies in the insured time, and the loss not before its reach.
fn insures(
    certificate: &Certificate,
    contract: &MasterContract,
    (notice, now): (&NotifyLoss, Timestamp),
) -> bool {
    let terms = &contract.terms;
    let discovered_at = notice.discovered_at.unwrap_or(notice.loss_at);
    let claimed_at = notice.claimed_at.unwrap_or(now);
    let counts_at = terms.loss_basis.instant(notice.loss_at, discovered_at, claimed_at);
    certificate.in_force_at(counts_at)
        && contract.in_force.contains(counts_at)
        && terms.reaches_back_to(notice.loss_at)
}

/// The site of the loss: as notified, that of the incident, or the only one that the firm has told.
///
/// Where limits are counted by site, somebody has to say which one it is.
fn site(
    notice: &NotifyLoss,
    incident: Option<&Incident>,
    (tenant, contract): (&Tenant, &MasterContract),
) -> Result<Option<String>, Problem> {
    let sites = &tenant.profile.sites;
    let known = || sites.iter().map(|site| site.code.as_str()).collect::<Vec<_>>().join("`, `");
    if let Some(code) = &notice.site_code {
        if !sites.is_empty() && !sites.iter().any(|site| site.code == *code) {
            let text = format!("is no site of the company: it has `{}`", known());
            return Err(Problem::invalid("site_code", text));
        }
        return Ok(Some(code.clone()));
    }
    let only = || match sites.as_slice() {
        [only] => Some(only.code.clone()),
        [] | [_, _, ..] => None,
    };
    let found = incident.and_then(|incident| incident.site_code.clone()).or_else(only);
    let needed = contract.terms.stacking == Stacking::PerSite
        && notice.drafting == Drafting::HandIn
        && sites.len() > 1;
    if needed && found.is_none() {
        let text = format!("is required, since limits are counted by site: one of `{}`", known());
        return Err(Problem::invalid("site_code", text));
    }
    Ok(found)
}

async fn duplicates(tx: &Tx, notice: &NotifyLoss) -> Result<Vec<ClaimId>, Problem> {
    if notice.drafting == Drafting::WriteDown {
        return Ok(Vec::new());
    }
    let incident = notice.incident_id;
    let alike = claims::lookalikes(tx, notice.tenant_id, incident, notice.loss_at).await?;
    let same: Vec<Claim> = alike
        .into_iter()
        .map(|stored| stored.claim)
        .filter(|claim| claim.is_same_loss(incident, notice.loss_at))
        .collect();
    match (same.first(), notice.duplicates) {
        (Some(first), Duplicates::Refused) => {
            let text = format!("the loss was notified before, as `{}`", first.number);
            Err(Problem::new(Reason::ClaimDuplicate, text)
                .with("claim_id", first.id)
                .with("number", &first.number))
        }
        (Some(_), Duplicates::Allowed) | (None, _) => {
            Ok(same.into_iter().map(|claim| claim.id).collect())
        }
    }
}
