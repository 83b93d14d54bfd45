//! What other verticals do with certificates, in their own transactions: issue them with a
//! subscription, put them in force when a service runs, end them with it.

use serde_json::json;
use tasuki_core::certificate::{
    Certificate, CertificateCommand, CertificateDraft, CertificateEvent, Changed, CoveredItem,
    Solicitation, Stop,
};
use tasuki_core::id::{ItemId, MasterContractId, PartnerId, SubscriptionId};
use tasuki_core::master_contract::{Acknowledgement, Attachment, MasterContract};
use tasuki_core::problem::{Problem, Refused};
use tasuki_core::reason::Reason;
use tasuki_core::tenant::{Licence, Partner};
use tasuki_core::time::{CivilDate, Timestamp};
use tasuki_store::counters::{self, Series};
use tasuki_store::{Tx, certificates, partners};

use super::loading;
use crate::access::Entered;
use crate::context::{Context, News};

/// That a customer chose cover.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Who solicited it.
    pub partner_id: PartnerId,
    /// The customer's consent; the last clause of the wording that was acknowledged, if left out.
    pub consent: Option<Acknowledgement>,
    /// The items it was chosen with; empty for all of the subscription.
    pub carriers: Vec<ItemId>,
}

/// Issues a certificate that is not yet in force: at the acceptance of a quote with cover.
///
/// Cover that a customer chooses comes only through a partner that may solicit insurance, here the
/// tenant's, and with the customer's consent on record: every clause that must be acknowledged is
/// (INS-10).
///
/// # Errors
/// `MASTER_CONTRACT_NOT_FOUND`; for optional cover `LICENCE_NOT_VALID`, `CLAUSE_NOT_ACKNOWLEDGED`.
pub async fn issue(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription_id: SubscriptionId,
    master_contract_id: MasterContractId,
) -> Result<Certificate, Problem> {
    let by_tenants_partner =
        Chosen { partner_id: entered.tenant.partner_id, consent: None, carriers: Vec::new() };
    let of = (subscription_id, master_contract_id);
    Box::pin(issue_chosen(ctx, tx, entered, of, by_tenants_partner)).await
}

/// Issues a certificate as [`issue`] does, for cover that was chosen with a quote.
///
/// # Errors
/// As [`issue`]; also `CLAUSE_NOT_ACKNOWLEDGED` for a consent to another version of the wording.
pub async fn issue_chosen(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    of: (SubscriptionId, MasterContractId),
    chosen: Chosen,
) -> Result<Certificate, Problem> {
    let contract = loading::contract(tx, of.1).await?;
    let (solicitation, carriers) = match contract.terms.attachment {
        Attachment::Automatic => (None, Vec::new()),
        Attachment::Optional => {
            let solicitation = solicited(tx, entered, &contract, &chosen).await?;
            (Some(solicitation), chosen.carriers)
        }
    };
    issued(ctx, tx, entered, (of.0, &contract), (solicitation, carriers)).await
}

/// Issues a certificate anew to who comes back: what was chosen and consented to before still holds.
///
/// # Errors
/// `MASTER_CONTRACT_NOT_FOUND`.
pub(crate) async fn issue_again(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (last, carriers): (&Certificate, Vec<ItemId>),
) -> Result<Certificate, Problem> {
    let contract = loading::contract(tx, last.master_contract_id).await?;
    let of = (last.subscription_id, &contract);
    issued(ctx, tx, entered, of, (last.solicitation.clone(), carriers)).await
}

async fn issued(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (subscription_id, contract): (SubscriptionId, &MasterContract),
    (solicitation, carriers): (Option<Solicitation>, Vec<ItemId>),
) -> Result<Certificate, Problem> {
    let (tenant_id, master_contract_id) = (entered.tenant.id, contract.id);
    let number = counters::next(tx, Series::Certificates(master_contract_id)).await?;
    let draft = CertificateDraft {
        id: ctx.ids.next(),
        tenant_id,
        number: format!("CRT-{number:06}"),
        master_contract_id,
        subscription_id,
        contract_period: contract.in_force,
    };
    let issued = Certificate::issue(draft, entered.now);
    let certificate = Certificate { solicitation, carriers, ..issued };
    certificates::insert(tx, &certificate).await?;
    let payload = json!({ "number": certificate.number, "contract": contract.code });
    let news = News::new("certificate.issued", certificate.id, payload);
    ctx.tell(tx, entered.when(), news).await?;
    Ok(certificate)
}

/// How optional cover came to a tenant: by whom, with which licence, and with what consent.
async fn solicited(
    tx: &Tx,
    entered: &Entered,
    contract: &MasterContract,
    chosen: &Chosen,
) -> Result<Solicitation, Problem> {
    let (tenant, partner_id) = (&entered.tenant, chosen.partner_id);
    let today = entered.now.day_in(&tenant.zone);
    let (_, licence) = solicitor(tx, partner_id, today).await?;
    let wording = &contract.terms.wording;
    let known = certificates::acknowledgements(tx, tenant.id, contract.id).await?;
    if let Some(missing) = wording.unacknowledged(&known, entered.now).first() {
        let text = format!("the customer has not consented to `{}`", missing.code);
        let problem = Problem::new(Reason::ClauseNotAcknowledged, text);
        return Err(problem.with("clause", &missing.code));
    }
    let of_wording = |known: &&Acknowledgement| known.document_version == wording.version;
    let consent = match &chosen.consent {
        Some(consent) => Some(consent).filter(of_wording),
        None => known.iter().rfind(of_wording),
    };
    let consent = consent.cloned().ok_or_else(|| {
        let version = &wording.version;
        let text = format!("the customer has not consented to the wording `{version}`");
        Problem::new(Reason::ClauseNotAcknowledged, text).with("document_version", version)
    })?;
    Ok(Solicitation { partner_id, licence_number: licence.number, consent })
}

/// The partner that solicits cover on a day, with its licence.
///
/// # Errors
/// `LICENCE_NOT_VALID`.
pub(crate) async fn solicitor(
    tx: &Tx,
    partner_id: PartnerId,
    today: CivilDate,
) -> Result<(Partner, Licence), Problem> {
    let partner = partners::get(tx, partner_id).await?;
    let valid = |licence: &Licence| licence.valid_from <= today && today < licence.valid_to;
    let licensed = partner.and_then(|partner| {
        let licence = partner.solicitor_licence.clone().filter(valid)?;
        Some((partner, licence))
    });
    licensed.ok_or_else(|| {
        let text = format!(
            "`{partner_id}` has no licence to solicit insurance on `{today}`: have its licence \
             recorded, offer through a partner that has one, or leave the optional cover out"
        );
        Problem::new(Reason::LicenceNotValid, text)
            .with("partner_id", partner_id)
            .with("day", today)
    })
}

/// A service runs, with evidence: it carries the cover of its subscription from now on. The first
/// one puts the certificate in force. A repeat changes nothing; a subscription without cover neither.
///
/// # Errors
/// `CERTIFICATE_STATE` if the certificate has ended.
pub async fn put_in_force(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription_id: SubscriptionId,
    item: &CoveredItem,
) -> Result<(), Problem> {
    let change = |certificate: &Certificate| certificate.carry(item.clone(), entered.now);
    change_all(ctx, tx, entered, (subscription_id, &change)).await
}

/// A service no longer runs: it carries no cover from then on. When it was the last one, the
/// certificate lapses until another runs.
///
/// # Errors
/// Of the store.
pub async fn drop_item(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription_id: SubscriptionId,
    (item_id, at, because): (ItemId, Timestamp, Stop),
) -> Result<(), Problem> {
    let change =
        |certificate: &Certificate| certificate.drop_item(item_id, (at, because), entered.now);
    change_all(ctx, tx, entered, (subscription_id, &change)).await
}

/// The subscription is over: its certificates end for good. What has ended stays as it ended.
///
/// # Errors
/// Of the store.
pub async fn end(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription_id: SubscriptionId,
    (at, because): (Timestamp, Stop),
) -> Result<(), Problem> {
    let change = |certificate: &Certificate| {
        if certificate.state.as_str() == "ended" {
            return Ok((certificate.clone(), None));
        }
        let command = CertificateCommand::End { at, because };
        certificate.step(&command, entered.now).map(|(next, event)| (next, Some(event)))
    };
    change_all(ctx, tx, entered, (subscription_id, &change)).await
}

type Change<'a> = &'a (dyn Fn(&Certificate) -> Result<Changed, Refused> + Sync);

async fn change_all(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (subscription_id, change): (SubscriptionId, Change<'_>),
) -> Result<(), Problem> {
    let tenant_id = entered.tenant.id;
    for stored in certificates::lock_of_subscription(tx, tenant_id, subscription_id).await? {
        let (next, event) = change(&stored.certificate)?;
        if next != stored.certificate {
            certificates::save(tx, &next, stored.version).await?;
        }
        if let Some(event) = event {
            tell(ctx, tx, entered, (&next, &event)).await?;
        }
    }
    Ok(())
}

/// Tells what happened to a certificate.
pub(crate) async fn tell(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (certificate, event): (&Certificate, &CertificateEvent),
) -> Result<(), Problem> {
    let payload = json!({ "number": certificate.number, "at": event.at() });
    let news = News::new(event.topic(), certificate.id, payload);
    Ok(ctx.tell(tx, entered.when(), news).await?)
}
