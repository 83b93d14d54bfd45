//! Says whether a certificate covers at a time, or would with given facts, and why.

mod recorded;
mod supposed;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tasuki_core::decision::{Decision, Explanation, Outcome, PackKind, PackVersion};
use tasuki_core::id::{CertificateId, DecisionId, ItemId, MasterContractId, TenantId};
use tasuki_core::master_contract::{CoverPacks, CoveragePart, MasterContract};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_policies::facts::SupposeError;
use tasuki_policies::{FactSet, Remedies};
use tasuki_store::decisions::Record;

use super::assessing::{Asking, freeze};
use super::read_limits::LimitStatus;
use super::{CertificateView, Intent};
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
        /// Only this instance of a service; the certificate as a whole if left out.
        instance_id: Option<ItemId>,
        /// Only this device or endpoint, by the provider's id; all if left out.
        device_id: Option<String>,
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
    /// As far as was known at this time; all that is on record if left out.
    pub known_at: Option<Timestamp>,
    /// Whether it is wanted what would change the answer.
    pub remedies: Remedies,
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

/// What one pack gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackSaid {
    /// The record of it; none when it was only asked.
    pub decision_id: Option<DecisionId>,
    /// Which rules were asked.
    pub pack: PackVersion,
    /// What they gave, and why.
    pub explanation: Explanation,
}

impl From<Decision> for PackSaid {
    fn from(decision: Decision) -> Self {
        let Decision { id, pack, explanation, .. } = decision;
        Self { decision_id: Some(id), pack, explanation }
    }
}

/// Whether it is covered, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eligibility {
    /// Satisfied only when each part is; not satisfied when one is not.
    pub outcome: Outcome,
    /// What it is about: the certificate, or the contract when facts are only supposed.
    pub subject: String,
    /// The time that chose the versions of the packs.
    pub as_of: Timestamp,
    /// When they were asked.
    pub evaluated_at: Timestamp,
    /// The answer of each pack that was asked, in the order in which they were.
    pub said: Vec<PackSaid>,
    /// The answer for each part.
    pub parts: Vec<PartEligibility>,
    /// The certificate; none for supposed facts.
    pub certificate: Option<CertificateView>,
    /// Version of the contract's terms.
    pub contract_version: u32,
}

/// Answers a question about cover. Of a certificate on record the cover pack is asked, since there is
/// no loss yet; of supposed facts also trigger and exclusion.
///
/// An answer about supposed facts that is put on record binds nobody: it stands in the chain of nobody in particular,
/// about the contract, so that whoever asked can show later what was answered.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `TENANT_NOT_FOUND`, `CERTIFICATE_NOT_FOUND`, `MASTER_CONTRACT_NOT_FOUND`;
/// `REQUEST_INVALID` for supposed facts that do not fit the schema, or that are to be recorded in place of
/// those on record.
pub async fn evaluate_eligibility(
    ctx: &Context,
    call: &Call,
    question: EligibilityQuestion,
) -> Result<Eligibility, Problem> {
    call.require(ctx, Permission::Read)?;
    let EligibilityQuestion { subject, parts, as_of, known_at, remedies, intent } = question;
    let asked = Asked { parts, as_of, known_at, remedies, intent };
    match subject {
        Subject::Recorded { tenant_id, certificate_id, instance_id, device_id, overrides } => {
            let about =
                recorded::About { tenant_id, certificate_id, instance_id, device_id, overrides };
            recorded::answer(ctx, call, about, asked).await
        }
        Subject::Hypothetical { master_contract_id, facts } => {
            supposed::answer(ctx, call, (master_contract_id, facts), asked).await
        }
    }
}

/// What is asked, whatever it is about.
#[derive(Debug)]
struct Asked {
    parts: Vec<CoveragePart>,
    as_of: Option<Timestamp>,
    known_at: Option<Timestamp>,
    remedies: Remedies,
    intent: Intent,
}

impl Asked {
    /// The parts that are asked about, of a contract.
    fn parts_of(&self, contract: &MasterContract) -> Vec<CoveragePart> {
        if self.parts.is_empty() {
            contract.terms.parts.iter().map(|terms| terms.part).collect()
        } else {
            self.parts.clone()
        }
    }
}

/// The answers of the packs, and what of them goes on record.
#[derive(Debug, Default)]
struct Answers {
    said: Vec<PackSaid>,
    parts: Vec<PartEligibility>,
    records: Vec<Record>,
}

impl Answers {
    /// Asks packs about the facts of one part.
    ///
    /// # Errors
    /// If facts cannot be frozen, which is a bug.
    fn ask(
        &mut self,
        asking: &Asking<'_>,
        packs: &[(PackKind, &str)],
        (part, facts): (CoveragePart, &FactSet),
        (limits, asked): (&[LimitStatus], &Asked),
    ) -> Result<(), Problem> {
        let mut frozen = match asked.intent {
            Intent::Do => Some(freeze(facts)?),
            Intent::OnlyAsk => None,
        };
        let first = self.said.len();
        for (kind, name) in packs {
            let answer = asking.pack((*kind, name), facts, asked.remedies);
            self.said.push(match frozen.take() {
                None => PackSaid { decision_id: None, pack: answer.0, explanation: answer.1 },
                Some(facts) => {
                    let mut decision = asking.decision(facts, answer);
                    self.records.push(Record::of(&decision)?);
                    frozen = Some(decision.take_facts());
                    decision.into()
                }
            });
        }
        let terms = &asking.contract.terms;
        let counting = limits.iter().filter(|it| terms.parts_of(&it.limit).contains(&part));
        let in_contract = terms.part(part).is_some();
        let said = self.said.get(first..).unwrap_or_default();
        self.parts.push(part_answer((part, in_contract), said, counting.cloned().collect()));
        Ok(())
    }

    fn outcome(&self) -> Outcome {
        worst(self.parts.iter().map(|part| part.outcome))
    }
}

/// The packs that are asked: of a loss that is only supposed, all that say whether it is covered.
fn packs_about(packs: &CoverPacks, loss: Loss) -> Vec<(PackKind, &str)> {
    let cover = packs.cover.as_deref().map(|name| (PackKind::Cover, name));
    let of_loss = [
        (PackKind::Trigger, packs.trigger.as_str()),
        (PackKind::Exclusion, packs.exclusion.as_str()),
    ];
    let of_loss = match loss {
        Loss::None => None,
        Loss::Supposed => Some(of_loss),
    };
    cover.into_iter().chain(of_loss.into_iter().flatten()).collect()
}

/// Whether there is a loss to ask about.
#[derive(Debug, Clone, Copy)]
enum Loss {
    None,
    Supposed,
}

/// The facts with those that the caller supposes in their place.
fn with_supposed(mut facts: FactSet, supposed: &[Supposed]) -> Result<FactSet, Problem> {
    for (path, value) in supposed {
        facts.suppose(path, value).map_err(|error| {
            let field = match error {
                SupposeError::Unknown { .. } => "facts.path",
                SupposeError::Type { .. } => "facts.value_json",
            };
            Problem::invalid(field, error.to_string())
        })?;
    }
    Ok(facts)
}

fn part_answer(
    (part, in_contract): (CoveragePart, bool),
    said: &[PackSaid],
    limits: Vec<LimitStatus>,
) -> PartEligibility {
    if !in_contract {
        let codes = vec!["PART_NOT_IN_CONTRACT".to_owned()];
        return PartEligibility { part, outcome: Outcome::NotSatisfied, codes, limits };
    }
    let codes = said.iter().flat_map(|said| said.explanation.codes()).map(str::to_owned).collect();
    let outcome = worst(said.iter().map(|said| said.explanation.outcome));
    PartEligibility { part, outcome, codes, limits }
}

/// Not satisfied when one is not; undetermined when one is and none is not satisfied.
fn worst(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes.fold(Outcome::Satisfied, |so_far, outcome| match (so_far, outcome) {
        (Outcome::NotSatisfied, _) | (_, Outcome::NotSatisfied) => Outcome::NotSatisfied,
        (Outcome::Undetermined, _) | (_, Outcome::Undetermined) => Outcome::Undetermined,
        (Outcome::Satisfied, Outcome::Satisfied) => Outcome::Satisfied,
    })
}
