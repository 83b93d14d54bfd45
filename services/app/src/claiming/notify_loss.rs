//! Takes in the notice of a loss.

use tasuki_core::actor::Actor;
use tasuki_core::claim::{Claim, ClaimCommand, ClaimEvent, ClaimState, ClaimedItem, LossCause};
use tasuki_core::id::{CertificateId, ClaimId, IncidentId, TenantId};
use tasuki_core::master_contract::MasterContract;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::text::Language;
use tasuki_core::time::Timestamp;
use tasuki_store::counters::{self, Series};
use tasuki_store::{Tx, certificates, claims};

use super::{ClaimView, Intent, evidence, loading};
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
    /// What the loss is made of, numbered from 1.
    pub items: Vec<ClaimedItem>,
    /// Whether the operator notifies it for the customer.
    pub on_behalf_of_tenant: bool,
    /// The language the customer wants letters in.
    pub language: Language,
    /// What becomes of a repeat.
    pub duplicates: Duplicates,
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
    notice: NotifyLoss,
) -> Result<ClaimView, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, notice.tenant_id, Permission::NotifyLoss).await?;
    if let Some(first) = call.first_answer(&tx, entered.now).await? {
        return Ok(first);
    }
    check(&notice, &entered)?;
    if let Some(id) = notice.incident_id {
        evidence::incident(&tx, &entered.tenant, id).await?;
    }
    let (certificate_id, contract) = covered_by(&tx, &notice, &entered).await?;
    // The number is drawn before looking: it locks the series, so that of two notices of
    // one loss the second sees the first.
    let number = counters::next(&tx, Series::Claims).await?;
    let possible_duplicates = duplicates(&tx, &notice).await?;

    let by = Actor::from(&call.principal);
    let discovered_at = notice.discovered_at.unwrap_or(notice.loss_at);
    let draft = Claim {
        id: ctx.ids.next(),
        tenant_id: notice.tenant_id,
        number: format!("CLM-{number:06}"),
        certificate_id,
        master_contract_id: contract.id,
        contract_version: contract.version,
        incident_id: notice.incident_id,
        description: notice.description,
        cause: notice.cause,
        loss_at: notice.loss_at,
        discovered_at,
        notified_at: entered.now,
        notified_by: by.clone(),
        on_behalf_of_tenant: notice.on_behalf_of_tenant,
        language: notice.language,
        items: notice.items,
        possible_duplicates,
        state: ClaimState::Draft,
        assessments: Vec::new(),
        decisions: Vec::new(),
        approved: None,
        payments: Vec::new(),
        transitions: Vec::new(),
    };
    let (claim, event) = draft.step(&ClaimCommand::Submit, &by, "", entered.now)?;

    let decisions = std::collections::BTreeMap::new();
    let view = ClaimView { claim, contract, decisions, version: 1 };
    if notice.intent == Intent::Do {
        store(ctx, &tx, &entered, (&view.claim, &event)).await?;
        call.remember(&tx, &view).await?;
        tx.commit().await?;
    }
    Ok(view)
}

async fn store(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (claim, event): (&Claim, &ClaimEvent),
) -> Result<(), Problem> {
    claims::insert(tx, claim).await?;
    loading::tell(ctx, tx, entered, (claim, event)).await
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
    if notice.incident_id.is_none() && notice.description.trim().is_empty() {
        return Err(Problem::invalid("description", "is required without an incident"));
    }
    Ok(())
}

/// The certificate in force for the loss, if one was, and the contract that judges it.
async fn covered_by(
    tx: &Tx,
    notice: &NotifyLoss,
    entered: &Entered,
) -> Result<(Option<CertificateId>, MasterContract), Problem> {
    let all = certificates::of_tenant(tx, notice.tenant_id).await?;
    let nearest = evidence::choose(&all, (notice.certificate_id, None), notice.loss_at)?;
    let certificate = nearest.ok_or_else(|| {
        let text = format!("`{}` has no certificate", notice.tenant_id);
        Problem::new(Reason::CertificateNotFound, text).with("tenant_id", notice.tenant_id)
    })?;
    let contract = loading::contract(tx, certificate.master_contract_id).await?;
    let discovered_at = notice.discovered_at.unwrap_or(notice.loss_at);
    let counts = contract.terms.loss_basis.instant(notice.loss_at, discovered_at, entered.now);
    let in_force = certificate.in_force_at(counts);
    Ok((in_force.then_some(certificate.id), contract))
}

async fn duplicates(tx: &Tx, notice: &NotifyLoss) -> Result<Vec<ClaimId>, Problem> {
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
