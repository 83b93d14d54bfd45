//! Says whether a certificate covers at a time, or would with given facts, and why.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tasuki_core::actor::Actor;
use tasuki_core::benefit::{Draw, LimitSubject, Takers};
use tasuki_core::decision::{Decision, Outcome, PackKind};
use tasuki_core::id::{CertificateId, MasterContractId, TenantId};
use tasuki_core::master_contract::{CoveragePart, MasterContract};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::Timestamp;
use tasuki_policies::FactSet;
use tasuki_policies::facts::ClaimFacts;
use tasuki_store::{Tx, certificates, decisions, limits};
use uuid::Uuid;

use super::assessing::Asking;
use super::facts::{LossStory, loss_part};
use super::read_limits::{LimitStatus, statuses};
use super::{CertificateView, Intent, evidence, loading};
use crate::access;
use crate::call::Call;
use crate::context::Context;

/// A fact that the caller supposes: its path, such as `claim.bypass_active`, and its value.
pub type Supposed = (String, Value);

/// What is asked about.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A certificate on record, with the facts on record and some supposed in their place.
    Recorded {
        /// The tenant.
        tenant_id: TenantId,
        /// The certificate; the one in force at the time if left out.
        certificate_id: Option<CertificateId>,
        /// Facts supposed in place of those on record.
        overrides: Vec<Supposed>,
    },
    /// Facts that are only supposed, under a contract.
    Hypothetical {
        /// The contract.
        master_contract_id: MasterContractId,
        /// The facts; what is missing is undetermined.
        facts: Vec<Supposed>,
    },
}

/// A question.
#[derive(Debug, Clone)]
pub struct EligibilityQuestion {
    /// What is asked about.
    pub subject: Subject,
    /// Only these parts; all of the contract if empty.
    pub parts: Vec<CoveragePart>,
    /// Covered at this time; now if left out.
    pub as_of: Option<Timestamp>,
    /// Whether the answer is not recorded.
    pub intent: Intent,
}

/// The answer for one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEligibility {
    /// The part.
    pub part: CoveragePart,
    /// The answer.
    pub outcome: Outcome,
    /// Codes of the findings that decided it, in the packs' order.
    pub codes: Vec<String>,
    /// What is left of the limits that count it; empty when it is not in the contract.
    pub limits: Vec<LimitStatus>,
}

/// Whether it is covered, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eligibility {
    /// Satisfied only when each part is; not satisfied when one is not.
    pub outcome: Outcome,
    /// The answer of each pack that was asked, in the order in which they were.
    pub decisions: Vec<Decision>,
    /// The answer for each part.
    pub parts: Vec<PartEligibility>,
    /// The certificate; none for supposed facts.
    pub certificate: Option<CertificateView>,
    /// The contract.
    pub contract: MasterContract,
    /// Whether the decisions are on record.
    pub intent: Intent,
}

/// Answers a question about cover. Of a certificate on record the cover pack is asked, since there is
/// no loss yet; of supposed facts also trigger and exclusion.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `TENANT_NOT_FOUND`, `CERTIFICATE_NOT_FOUND`, `MASTER_CONTRACT_NOT_FOUND`;
/// `REQUEST_INVALID` for supposed facts that are to be recorded or do not fit the schema.
pub async fn evaluate_eligibility(
    ctx: &Context,
    call: &Call,
    question: EligibilityQuestion,
) -> Result<Eligibility, Problem> {
    call.require(ctx, Permission::Read)?;
    let supposes = match &question.subject {
        Subject::Recorded { overrides, .. } => !overrides.is_empty(),
        Subject::Hypothetical { .. } => true,
    };
    if supposes && question.intent == Intent::Do {
        let text = "is needed for supposed facts: they are never recorded";
        return Err(Problem::invalid("validate_only", text));
    }
    let tx = match question.intent {
        Intent::Do => ctx.store.begin().await?,
        Intent::OnlyAsk => ctx.store.begin_read().await?,
    };
    if question.intent == Intent::Do
        && let Some(first) = call.first_answer(&tx, ctx.clock.now()).await?
    {
        return Ok(first);
    }
    let scene = match &question.subject {
        Subject::Recorded { tenant_id, certificate_id, overrides } => {
            recorded(ctx, &tx, call, (*tenant_id, *certificate_id, overrides), &question).await?
        }
        Subject::Hypothetical { master_contract_id, facts } => {
            let contract = loading::contract(&tx, *master_contract_id).await?;
            let now = ctx.clock.now();
            let as_of = question.as_of.unwrap_or(now);
            Scene { contract, tenant: None, certificate: None, as_of, now, supposed: facts }
        }
    };
    if !loading::may_see(call, &scene.contract) {
        return Err(Problem::not_found(Reason::MasterContractNotFound, scene.contract.id));
    }
    let answer = scene.answer(ctx, &tx, call, &question).await?;
    if question.intent == Intent::Do {
        for decision in &answer.decisions {
            decisions::record(&tx, decision);
        }
        call.remember(&tx, &answer).await?;
        tx.commit().await?;
    }
    Ok(answer)
}

/// Whom and when a question is about.
#[derive(Debug)]
struct Scene<'a> {
    contract: MasterContract,
    tenant: Option<Tenant>,
    certificate: Option<CertificateView>,
    as_of: Timestamp,
    now: Timestamp,
    supposed: &'a [Supposed],
}

async fn recorded<'a>(
    ctx: &Context,
    tx: &Tx,
    call: &Call,
    (tenant, named, supposed): (TenantId, Option<CertificateId>, &'a [Supposed]),
    question: &EligibilityQuestion,
) -> Result<Scene<'a>, Problem> {
    let entered = access::enter(ctx, tx, call, tenant, Permission::Read).await?;
    let now = entered.now;
    let as_of = question.as_of.unwrap_or(now);
    let all = certificates::of_tenant(tx, tenant).await?;
    let chosen = evidence::choose(&all, (named, None), as_of)?;
    let certificate = chosen.cloned().ok_or_else(|| {
        Problem::new(Reason::CertificateNotFound, format!("`{tenant}` has no certificate"))
    })?;
    let contract = loading::contract(tx, certificate.master_contract_id).await?;
    let acknowledgements = certificates::acknowledgements(tx, tenant, contract.id).await?;
    let version = all
        .iter()
        .find(|stored| stored.certificate.id == certificate.id)
        .map_or(0, |stored| stored.version);
    let view = CertificateView {
        certificate,
        contract: contract.clone(),
        acknowledgements,
        as_of,
        known_at: now,
        version,
    };
    let tenant = Some(entered.tenant);
    Ok(Scene { contract, tenant, certificate: Some(view), as_of, now, supposed })
}

impl Scene<'_> {
    async fn answer(
        self,
        ctx: &Context,
        tx: &Tx,
        call: &Call,
        question: &EligibilityQuestion,
    ) -> Result<Eligibility, Problem> {
        let by = Actor::from(&call.principal);
        let tenant = self.tenant.as_ref().map(|tenant| tenant.id);
        let asking = Asking {
            ctx,
            contract: &self.contract,
            tenant: tenant.unwrap_or(TenantId::from(Uuid::nil())),
            subject: self
                .certificate
                .as_ref()
                .map(|view| view.certificate.id.to_string())
                .unwrap_or_default(),
            loss_at: self.as_of,
            now: self.now,
            by: &by,
        };
        let insured = self.contract.terms.parts.iter().map(|terms| terms.part);
        let asked: Vec<CoveragePart> =
            if question.parts.is_empty() { insured.collect() } else { question.parts.clone() };
        let all_limits = statuses(tx, &self.contract, &self.draws()).await?;

        let mut decisions = Vec::new();
        let mut parts = Vec::new();
        for part in asked {
            let facts = self.facts(tx, part).await?;
            let mut answers = Vec::new();
            for (kind, name) in self.packs() {
                answers.push(asking.pack(kind, name, &facts)?);
            }
            let limits = all_limits
                .iter()
                .filter(|status| self.contract.terms.parts_of(&status.limit).contains(&part))
                .cloned()
                .collect();
            let in_contract = self.contract.terms.part(part).is_some();
            parts.push(part_answer((part, in_contract), &answers, limits));
            decisions.extend(answers);
        }
        Ok(Eligibility {
            outcome: worst(parts.iter().map(|part| part.outcome)),
            decisions,
            parts,
            certificate: self.certificate,
            contract: self.contract,
            intent: question.intent,
        })
    }

    fn packs(&self) -> Vec<(PackKind, &str)> {
        let packs = &self.contract.terms.packs;
        let mut asked: Vec<(PackKind, &str)> =
            packs.cover.as_deref().map(|name| (PackKind::Cover, name)).into_iter().collect();
        if self.certificate.is_none() {
            asked.push((PackKind::Trigger, &packs.trigger));
            asked.push((PackKind::Exclusion, &packs.exclusion));
        }
        asked
    }

    fn draws(&self) -> Vec<Draw> {
        let terms = &self.contract.terms;
        let contract = self.contract.id;
        let certificate = self.certificate.as_ref().map(|view| &view.certificate);
        let takers = Takers {
            contract,
            tenant: certificate.map_or(TenantId::from(Uuid::nil()), |it| it.tenant_id),
            certificate: certificate.map(|it| it.id),
            occurrence: None,
        };
        let mut draws = Draw::possible(terms, &takers);
        if certificate.is_none() {
            draws.retain(|draw| draw.subject == LimitSubject::Contract(contract));
        }
        draws
    }

    async fn facts(&self, tx: &Tx, part: CoveragePart) -> Result<FactSet, Problem> {
        let facts = if let (Some(tenant), Some(view)) = (&self.tenant, &self.certificate) {
            self.facts_on_record(tx, part, (tenant, view)).await?
        } else {
            let facts = ClaimFacts {
                loss_at: Some(self.as_of),
                part: loss_part(part),
                part_is_covered: Some(self.contract.terms.part(part).is_some()),
                ..ClaimFacts::default()
            };
            FactSet::at(self.now).with_claim(facts)
        };
        with_supposed(&facts, self.supposed)
    }

    async fn facts_on_record(
        &self,
        tx: &Tx,
        part: CoveragePart,
        (tenant, view): (&Tenant, &CertificateView),
    ) -> Result<FactSet, Problem> {
        let taken = limits::taken(tx, self.contract.id, &self.draws()).await?;
        let story = LossStory {
            tenant,
            terms: &self.contract.terms,
            acknowledgements: &view.acknowledgements,
            taken: &taken,
            loss_at: self.as_of,
            discovered_at: None,
            notified_at: None,
            cause: None,
            items: &[],
        };
        let asked = evidence::Question {
            tenant,
            loss_at: self.as_of,
            incident_id: None,
            certificate: Some(&view.certificate),
        };
        let evidence = evidence::gather(tx, &asked).await?;
        Ok(story.facts(&evidence, part, self.now)?)
    }
}

/// The facts with those that the caller supposes in their place.
fn with_supposed(facts: &FactSet, supposed: &[Supposed]) -> Result<FactSet, Problem> {
    let bug = |error: serde_json::Error| Problem::internal(error.to_string());
    let mut json = facts.to_json().map_err(bug)?;
    for (path, value) in supposed {
        let (root, field) = path.split_once('.').ok_or_else(|| {
            let text = format!("`{path}` is no path such as `claim.bypass_active`");
            Problem::invalid("facts.path", text)
        })?;
        if let Some(object) = json.as_object_mut() {
            let fields =
                object.entry(root).or_insert_with(|| Value::Object(serde_json::Map::new()));
            if let Some(fields) = fields.as_object_mut() {
                fields.insert(field.to_owned(), value.clone());
            }
        }
    }
    FactSet::from_json(&json).map_err(|error| Problem::invalid("facts", error.to_string()))
}

fn part_answer(
    (part, in_contract): (CoveragePart, bool),
    answers: &[Decision],
    limits: Vec<LimitStatus>,
) -> PartEligibility {
    let codes = answers.iter().flat_map(|answer| answer.explanation.codes()).map(str::to_owned);
    if !in_contract {
        let codes = vec!["PART_NOT_IN_CONTRACT".to_owned()];
        return PartEligibility { part, outcome: Outcome::NotSatisfied, codes, limits };
    }
    let outcome = worst(answers.iter().map(Decision::outcome));
    PartEligibility { part, outcome, codes: codes.collect(), limits }
}

/// Not satisfied when one is not; undetermined when one is and none is not satisfied.
fn worst(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes.fold(Outcome::Satisfied, |so_far, outcome| match (so_far, outcome) {
        (Outcome::NotSatisfied, _) | (_, Outcome::NotSatisfied) => Outcome::NotSatisfied,
        (Outcome::Undetermined, _) | (_, Outcome::Undetermined) => Outcome::Undetermined,
        (Outcome::Satisfied, Outcome::Satisfied) => Outcome::Satisfied,
    })
}
