//! Answers about a certificate on record, from the facts on record.

use tasuki_core::actor::Actor;
use tasuki_core::benefit::{Draw, TakenByCode, Takers};
use tasuki_core::certificate::Certificate;
use tasuki_core::id::{CertificateId, ItemId, SiteId, TenantId};
use tasuki_core::master_contract::{CoveragePart, MasterContract};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::Timestamp;
use tasuki_policies::FactSet;
use tasuki_store::{Tx, certificates, decisions};

use super::{Answers, Asked, Eligibility, Loss, Supposed, packs_about, with_supposed};
use crate::access;
use crate::call::Call;
use crate::claiming::assessing::Asking;
use crate::claiming::evidence::Evidence;
use crate::claiming::facts::LossStory;
use crate::claiming::read_limits::statuses_of;
use crate::claiming::{CertificateView, Intent, evidence, loading};
use crate::context::Context;

/// Which certificate, and what is supposed in place of the facts on record.
#[derive(Debug)]
pub(super) struct About {
    pub(super) tenant_id: TenantId,
    pub(super) certificate_id: Option<CertificateId>,
    pub(super) instance_id: Option<ItemId>,
    pub(super) device_id: Option<String>,
    pub(super) overrides: Vec<Supposed>,
}

/// The answer, put on record if the question says so.
///
/// # Errors
/// As [`super::evaluate_eligibility`].
pub(super) async fn answer(
    ctx: &Context,
    call: &Call,
    about: About,
    asked: Asked,
) -> Result<Eligibility, Problem> {
    let tx = match asked.intent {
        Intent::Do if !about.overrides.is_empty() => {
            let text = "is needed with overrides: they are never recorded";
            return Err(Problem::invalid("validate_only", text));
        }
        Intent::Do => ctx.store.begin().await?,
        Intent::OnlyAsk => ctx.store.begin_read().await?,
    };
    if asked.intent == Intent::Do
        && let Some(first) = call.first_answer(&tx, ctx.clock.now()).await?
    {
        return Ok(first);
    }
    let scene = Scene::open(ctx, &tx, call, (&about, asked.as_of, asked.known_at)).await?;
    let (answer, recorded) = scene.answer(ctx, &tx, call, (&about, &asked)).await?;
    if asked.intent == Intent::Do {
        for record in recorded {
            decisions::keep(&tx, record);
        }
        call.remember(&tx, &answer).await?;
        tx.commit().await?;
    }
    Ok(answer)
}

/// Whom and when a question is about.
#[derive(Debug)]
struct Scene {
    contract: MasterContract,
    tenant: Tenant,
    view: CertificateView,
    instance: Option<(ItemId, Service)>,
    as_of: Timestamp,
    /// As far as was known at this time; none for all that is on record.
    known_at: Option<Timestamp>,
    now: Timestamp,
}

impl Scene {
    async fn open(
        ctx: &Context,
        tx: &Tx,
        call: &Call,
        (about, as_of, known_at): (&About, Option<Timestamp>, Option<Timestamp>),
    ) -> Result<Self, Problem> {
        let tenant = about.tenant_id;
        let entered = access::enter(ctx, tx, call, tenant, Permission::Read).await?;
        let now = entered.now;
        let as_of = as_of.unwrap_or(now);
        let known_at = known_at.map(|known_at| known_at.min(now));
        let all = loading::certificates_of(tx, tenant, known_at).await?;
        let chosen = evidence::choose(&all, (about.certificate_id, None), as_of)?;
        let certificate = chosen.cloned().ok_or_else(|| {
            Problem::new(Reason::CertificateNotFound, format!("`{tenant}` has no certificate"))
        })?;
        let contract = loading::contract(tx, certificate.master_contract_id).await?;
        if !loading::may_see(call, &contract) {
            return Err(Problem::not_found(Reason::MasterContractNotFound, contract.id));
        }
        let of_contract = known_at.unwrap_or_else(|| loading::known_now(ctx, &entered));
        let contract = contract.held_at(contract.wording_instant(as_of), of_contract);
        let mut acknowledgements = certificates::acknowledgements(tx, tenant, contract.id).await?;
        acknowledgements
            .retain(|it| known_at.is_none_or(|known_at| it.acknowledged_at <= known_at));
        let version = all
            .iter()
            .find(|stored| stored.certificate.id == certificate.id)
            .map_or(0, |stored| stored.version);
        let instance = about.instance_id.map(|id| carrier(&certificate, id)).transpose()?;
        let view = CertificateView {
            certificate,
            contract: contract.clone(),
            acknowledgements,
            as_of,
            known_at: known_at.unwrap_or(now),
            version,
        };
        Ok(Self { contract, tenant: entered.tenant, view, instance, as_of, known_at, now })
    }

    async fn answer(
        self,
        ctx: &Context,
        tx: &Tx,
        call: &Call,
        (about, asked): (&About, &Asked),
    ) -> Result<(Eligibility, Vec<decisions::Record>), Problem> {
        let by = Actor::from(&call.principal);
        let asking = Asking {
            ctx,
            contract: &self.contract,
            tenant: Some(self.tenant.id),
            subject: self.view.certificate.id.to_string(),
            loss_at: self.as_of,
            now: self.now,
            by: &by,
        };
        let (draws, taken) = self.taken(tx).await?;
        let limits = statuses_of(&self.contract, &draws, &taken)?;
        let evidence = self.evidence(tx, about).await?;
        let packs = packs_about(&self.contract.terms.packs, Loss::None);
        let mut answers = Answers::default();
        for part in asked.parts_of(&self.contract) {
            let facts = self.facts((&evidence, &taken), part)?;
            let facts = with_supposed(facts, &about.overrides)?;
            answers.ask(&asking, &packs, (part, &facts), (&limits, asked))?;
        }
        let answer = Eligibility {
            outcome: answers.outcome(),
            as_of: asking.as_of(),
            subject: asking.subject,
            evaluated_at: self.now,
            said: answers.said,
            parts: answers.parts,
            certificate: Some(self.view),
            contract_version: self.contract.version,
        };
        Ok((answer, answers.records))
    }

    /// The limits of the certificate and what was taken from them. Where each site has its own, those of the
    /// site of which the most was taken: what is left is left wherever a loss happens.
    async fn taken(&self, tx: &Tx) -> Result<(Vec<Draw>, TakenByCode), Problem> {
        let certificate = &self.view.certificate;
        let tenant = certificate.tenant_id;
        let (mut draws, mut most) = (Vec::new(), TakenByCode::new());
        for site in loading::sites(&self.tenant, &self.contract) {
            let takers = Takers {
                contract: self.contract.id,
                tenant,
                certificate: Some(certificate.id),
                site: site.as_deref().map(|code| SiteId::of(tenant, code)),
                occurrence: None,
            };
            draws = Draw::possible(&self.contract.terms, &takers);
            let taken = loading::taken(tx, self.contract.id, &draws, self.known_at).await?;
            for (code, taken) in taken {
                let known = most.entry(code).or_insert(taken);
                if known.used.plus(known.reserved)? < taken.used.plus(taken.reserved)? {
                    *known = taken;
                }
            }
        }
        Ok((draws, most))
    }

    async fn evidence(&self, tx: &Tx, about: &About) -> Result<Evidence, Problem> {
        let asked = evidence::Question {
            tenant: &self.tenant,
            loss_at: self.as_of,
            incident_id: None,
            certificate: Some(&self.view.certificate),
            known_at: self.known_at,
            instance: self.instance,
            device_id: about.device_id.as_deref(),
        };
        evidence::gather(tx, &asked).await
    }

    fn facts(
        &self,
        (evidence, taken): (&Evidence, &TakenByCode),
        part: CoveragePart,
    ) -> Result<FactSet, Problem> {
        let story = LossStory {
            tenant: &self.tenant,
            terms: &self.contract.terms,
            acknowledgements: &self.view.acknowledgements,
            taken,
            loss_at: self.as_of,
            discovered_at: None,
            claimed_at: None,
            notified_at: None,
            cause: None,
            items: &[],
        };
        Ok(story.facts(evidence, part, self.known_at.unwrap_or(self.now))?)
    }
}

/// The instance of a service that carries a certificate.
fn carrier(certificate: &Certificate, id: ItemId) -> Result<(ItemId, Service), Problem> {
    let found = certificate.items.iter().find(|item| item.item_id == id);
    found.map(|item| (id, item.service)).ok_or_else(|| {
        let text = format!("`{id}` does not carry certificate `{}`", certificate.number);
        Problem::invalid("recorded.instance_id", text)
    })
}
