//! Asks the policies in force at the time of the loss, and computes what is payable.

use std::collections::BTreeMap;

use tasuki_core::actor::Actor;
use tasuki_core::benefit::{self, Benefit, Rules, Standing, TakenByCode};
use tasuki_core::certificate::Certificate;
use tasuki_core::claim::{Acknowledged, Claim, ClaimOutcome, outcome_of_claim, outcome_of_part};
use tasuki_core::decision::{
    Decision, Explanation, Finding, Frozen, Occasion, Outcome, PackKind, PackVersion,
};
use tasuki_core::id::TenantId;
use tasuki_core::master_contract::{CoverPacks, CoverTerms, CoveragePart, MasterContract};
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_policies::{FactSet, Remedies};

use super::evidence::{self, Evidence};
use super::facts::LossStory;
use super::loading::{self, Desk};
use crate::context::Context;

/// The name of the value that a payable pack gives.
const PAYABLE: &str = "payable_yen";

/// What the policies and the limits say about a claim.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) outcome: ClaimOutcome,
    pub(crate) parts: BTreeMap<CoveragePart, ClaimOutcome>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) benefit: Benefit,
    pub(crate) payable_with_fresh_limits: Money,
}

/// Judges the claim on a desk as it stands now.
///
/// # Errors
/// Of the store; amounts that overflow.
pub(crate) async fn judge(
    desk: &Desk<'_>,
    claim: &Claim,
    evidence: &Evidence,
) -> Result<Judged, Problem> {
    let terms = &desk.contract.terms;
    let taken = desk.taken(claim).await?;
    let story = LossStory {
        tenant: &desk.entered.tenant,
        terms,
        acknowledgements: &desk.acknowledgements,
        taken: &taken,
        loss_at: claim.loss_at,
        discovered_at: Some(claim.discovered_at),
        claimed_at: claim.claimed_at,
        notified_at: Some(claim.notified_at),
        cause: claim.cause,
        items: &claim.items,
    };
    let asking = Asking {
        ctx: desk.ctx,
        contract: &desk.contract,
        tenant: Some(claim.tenant_id),
        subject: claim.id.to_string(),
        loss_at: claim.loss_at,
        now: desk.entered.now,
        by: &desk.by,
    };
    let acknowledged = Acknowledged { loss_at: claim.loss_at, ..desk.acknowledged() };

    let mut parts = BTreeMap::new();
    let mut decisions = Vec::new();
    let mut policy = BTreeMap::new();
    for part in parts_asked(claim, &desk.contract) {
        let facts = story.facts(evidence, part, desk.entered.now)?;
        let asked = asking.packs(&desk.contract.terms.packs, &facts)?;
        let payable = asked.iter().find(|decision| decision.pack.kind == PackKind::Payable);
        let most = payable.and_then(most_payable);
        let gives_no_amount = payable.is_some() && most.is_none();
        let weights = asked.iter().map(|decision| acknowledged.weight(decision));
        // Nobody can say what lies after a waiting period when nobody knows how long it lasted.
        let unknown = gives_no_amount || waits_for_times(claim, terms, part);
        let unknown = unknown.then_some(Outcome::Undetermined);
        parts.insert(part, outcome_of_part(weights.chain(unknown)));
        policy.extend(most.map(|most| (part, most)));
        decisions.extend(asked);
    }
    let (benefit, fresh) = compute(claim, &parts, (&Rules::from(terms), &policy), &taken)?;
    Ok(Judged {
        outcome: outcome_of_claim(parts.values().copied()),
        parts,
        decisions,
        benefit,
        payable_with_fresh_limits: fresh,
    })
}

fn waits_for_times(claim: &Claim, terms: &CoverTerms, part: CoveragePart) -> bool {
    terms.part(part).is_some_and(|part| part.waiting_seconds > 0)
        && claim.items.iter().any(|item| item.part == part && item.interruption.is_none())
}

/// The parts that the policies are asked about: those of the contract, in its order; when the loss
/// has none of them, its first one, so that the refusal has a reason.
fn parts_asked(claim: &Claim, contract: &MasterContract) -> Vec<CoveragePart> {
    let claimed = |part: CoveragePart| claim.items.iter().any(|item| item.part == part);
    let insured: Vec<CoveragePart> =
        contract.terms.parts.iter().map(|terms| terms.part).filter(|part| claimed(*part)).collect();
    if insured.is_empty() {
        return claim.items.iter().map(|item| item.part).take(1).collect();
    }
    insured
}

fn most_payable(decision: &Decision) -> Option<Money> {
    decision.explanation.output(PAYABLE).and_then(serde_json::Value::as_i64).map(Money::jpy)
}

/// What is payable now, and what would be with fresh limits.
///
/// The limits come first: the policy only speaks where it allows less than they leave, so that the
/// steps name the limit that cut and not the policy that repeats it.
fn compute(
    claim: &Claim,
    parts: &BTreeMap<CoveragePart, ClaimOutcome>,
    (rules, policy): (&Rules, &BTreeMap<CoveragePart, Money>),
    taken: &TakenByCode,
) -> Result<(Benefit, Money), Problem> {
    let loss = claim.loss_items(|part| match parts.get(&part) {
        Some(ClaimOutcome::NotEligible) => Standing::NotCovered,
        Some(ClaimOutcome::Eligible | ClaimOutcome::Referred) | None => Standing::Covered,
    });
    let by_limits = benefit::payable(&loss, rules, taken)?;
    let mut lower = BTreeMap::new();
    for (part, most) in policy {
        if *most < by_limits.of_parts(&[*part].into())? {
            lower.insert(*part, *most);
        }
    }
    let benefit = if lower.is_empty() {
        by_limits
    } else {
        let rules = rules.clone().with_policy(lower);
        benefit::payable(&loss, &rules, taken)?
    };
    let fresh = benefit::payable(&loss, rules, &TakenByCode::new())?;
    let fresh = if benefit.total > fresh.total { benefit.total } else { fresh.total };
    Ok((benefit, fresh))
}

/// On which occasion policies are asked.
#[derive(Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) contract: &'a MasterContract,
    /// Whose loss it is; none when the facts are only supposed.
    pub(crate) tenant: Option<TenantId>,
    pub(crate) subject: String,
    pub(crate) loss_at: Timestamp,
    pub(crate) now: Timestamp,
    pub(crate) by: &'a Actor,
}

impl Asking<'_> {
    /// Asks every pack of a claim: cover, trigger, exclusion, payable.
    ///
    /// # Errors
    /// If facts cannot be frozen, which is a bug.
    pub(crate) fn packs(
        &self,
        packs: &CoverPacks,
        facts: &FactSet,
    ) -> Result<Vec<Decision>, Problem> {
        let named = [
            (PackKind::Cover, packs.cover.as_deref()),
            (PackKind::Trigger, Some(packs.trigger.as_str())),
            (PackKind::Exclusion, Some(packs.exclusion.as_str())),
            (PackKind::Payable, packs.payable.as_deref()),
        ];
        let frozen = freeze(facts)?;
        let asked = named.into_iter().filter_map(|(kind, name)| name.map(|name| (kind, name)));
        let decided = asked.map(|(kind, name)| {
            let answer = self.pack((kind, name), facts, Remedies::Look);
            self.decision(frozen.clone(), answer)
        });
        Ok(decided.collect())
    }

    /// Asks one pack in the version in force at the time of the loss. A pack that is not there
    /// cannot tell.
    pub(crate) fn pack(
        &self,
        (kind, name): (PackKind, &str),
        facts: &FactSet,
        remedies: Remedies,
    ) -> PackAnswer {
        let as_of = self.as_of();
        match self.ctx.packs().in_force(kind, name, as_of) {
            Some(pack) => {
                let evaluation = pack.evaluate_with(facts, remedies);
                (pack.identity().clone(), evaluation.into_explanation())
            }
            None => no_pack(kind, name, as_of),
        }
    }

    /// The record of an answer.
    pub(crate) fn decision(&self, facts: Frozen, (pack, explanation): PackAnswer) -> Decision {
        let occasion = Occasion {
            id: self.ctx.ids.next(),
            tenant_id: self.tenant,
            subject: self.subject.clone(),
            as_of: self.as_of(),
            decided_at: self.now,
            decided_by: self.by.clone(),
        };
        Decision::record(occasion, pack, facts, explanation)
    }

    /// The time that chooses the versions of the packs.
    pub(crate) fn as_of(&self) -> Timestamp {
        self.contract.wording_instant(self.loss_at)
    }
}

/// What a pack gave, and in which version.
pub(crate) type PackAnswer = (PackVersion, Explanation);

/// The facts as records keep them.
///
/// # Errors
/// If facts cannot be written, which is a bug.
pub(crate) fn freeze(facts: &FactSet) -> Result<Frozen, Problem> {
    let json = facts.to_json().map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Frozen::from(json))
}

fn no_pack(kind: PackKind, name: &str, as_of: Timestamp) -> (PackVersion, Explanation) {
    let message = Text::new(
        format!("事故の時点（{as_of}）で有効な基準「{kind}/{name}」がありません"),
        format!("no version of `{kind}/{name}` was in force at the time of the loss ({as_of})"),
    );
    let version = PackVersion {
        kind,
        name: name.to_owned(),
        version: String::new(),
        hash: String::new(),
        environment: String::new(),
    };
    let finding = Finding {
        code: "PACK_NOT_IN_FORCE".to_owned(),
        outcome: Outcome::Undetermined,
        message: message.clone(),
        clause: None,
        expression: String::new(),
        facts: Vec::new(),
        next_step: None,
        remedies: Vec::new(),
    };
    let explanation = Explanation {
        outcome: Outcome::Undetermined,
        summary: message,
        findings: vec![finding],
        outputs: Vec::new(),
    };
    (version, explanation)
}

/// What is on record about a claim, for the certificate that it falls under.
///
/// # Errors
/// `INCIDENT_NOT_FOUND`.
pub(crate) async fn evidence_of(desk: &Desk<'_>, claim: &Claim) -> Result<Evidence, Problem> {
    let all = loading::certificates_of(desk.tx, claim.tenant_id, desk.known_at).await?;
    let named = (claim.certificate_id, Some(claim.master_contract_id));
    let counts_at = claim.counts_at(desk.contract.terms.loss_basis);
    // What stands under a contract ends with it, also when it was cancelled.
    let contract_period = desk.contract.in_force;
    let certificate = evidence::choose(&all, named, counts_at)?
        .map(|found| Certificate { contract_period, ..found.clone() });
    let question = evidence::Question {
        tenant: &desk.entered.tenant,
        loss_at: claim.loss_at,
        incident_id: claim.incident_id,
        certificate: certificate.as_ref(),
        known_at: desk.known_at,
        instance: None,
        device_id: None,
    };
    evidence::gather(desk.tx, &question).await
}
