//! Claims: a notice of loss, its assessment, what persons decide, and the payment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::benefit::{Benefit, LossItem, OccurrenceKey, Standing, Takers};
use crate::decision::{Decision, DecisionSummary, Outcome};
use crate::id::{
    CertificateId, ClaimId, IncidentId, MasterContractId, ProviderId, SiteId, TenantId,
};
use crate::master_contract::{BenefitForm, CoveragePart, LossBasis};
use crate::money::{Money, MoneyError};
use crate::party::Role;
use crate::problem::Refused;
use crate::text::Language;
use crate::time::{CivilDate, Period, Timestamp};

pub use authority::{Acknowledged, PersonWord};
pub use file::{
    ClaimDocument, ClaimFile, ClockExtension, DecisionClock, ExtensionReason, InformationRequest,
    Recovery, RecoverySource, ReserveChange,
};
pub use letter::{Letter, LetterFacts, LetterKind, letter, letter_of, outcome_text, step_text};
pub use state::{ClaimCommand, ClaimEvent, ClaimOutcome, ClaimPhase, ClaimState, Consent, Ruling};

mod authority;
mod file;
mod known;
mod letter;
mod state;
mod step;

/// What caused a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossCause {
    /// Malware other than ransomware.
    Malware,
    /// Ransomware.
    Ransomware,
    /// Somebody got in without permission.
    UnauthorisedAccess,
    /// Data leaked.
    DataLeak,
    /// Fraud by mail (BEC).
    MailFraud,
    /// Denial of service.
    DenialOfService,
    /// Carelessness, such as a lost medium.
    Carelessness,
    /// Somebody inside.
    Insider,
    /// A failure without an attack.
    Failure,
    /// Something else.
    Other,
}

/// Who is paid.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payee {
    /// The insured.
    Tenant,
    /// The provider that did the work: a benefit in kind.
    Provider(ProviderId),
    /// A third party, by a reference into the insurer's records.
    ThirdParty(String),
}

/// One position of a loss, as claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedItem {
    /// Its number within the claim, from 1.
    pub number: u32,
    /// The coverage part it is claimed under.
    pub part: CoveragePart,
    /// What it is.
    pub description: String,
    /// What is claimed for it.
    pub claimed: Money,
    /// The same as assessed; none until assessed.
    pub assessed: Option<Money>,
    /// How the benefit is wanted or was given. Never [`BenefitForm::Either`].
    pub form: BenefitForm,
    /// Who is to be paid.
    pub payee: Payee,
    /// Number of the work within the incident that it is for.
    pub work_number: Option<u32>,
    /// Ids of the evidence.
    pub evidence_ids: Vec<String>,
    /// For business interruption: from when until when it lasted; none when not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruption: Option<Period>,
}

impl ClaimedItem {
    /// The amount that counts: as assessed, or else as claimed.
    pub fn loss(&self) -> Money {
        self.assessed.unwrap_or(self.claimed)
    }
}

/// What the policies and the limits said about a claim at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// Its number within the claim, from 1.
    pub number: u32,
    /// What came out.
    pub outcome: ClaimOutcome,
    /// The same for each part asked about.
    pub parts: BTreeMap<CoveragePart, ClaimOutcome>,
    /// The recorded decision of each policy, in the order in which they were asked.
    pub decisions: Vec<DecisionSummary>,
    /// What is payable with what was left of the limits.
    pub benefit: Benefit,
    /// What would be payable if no other loss had used the limits.
    pub payable_with_fresh_limits: Money,
    /// The time of the loss that was used.
    pub loss_at: Timestamp,
    /// When it was made.
    pub assessed_at: Timestamp,
    /// Who asked for it.
    pub assessed_by: Actor,
}

/// The references to recorded decisions, in order.
pub fn summaries_of(decisions: &[Decision]) -> Vec<DecisionSummary> {
    decisions.iter().map(Decision::summary).collect()
}

/// What policies came to together for one part: one that speaks against it decides, one that could
/// not tell refers it to a person, and only if all speak for it the part is eligible.
///
/// Every outcome here reads "satisfied speaks for the claim".
pub fn outcome_of_part(outcomes: impl IntoIterator<Item = Outcome>) -> ClaimOutcome {
    outcomes.into_iter().fold(ClaimOutcome::Eligible, |so_far, outcome| match (so_far, outcome) {
        (ClaimOutcome::NotEligible, _) | (_, Outcome::NotSatisfied) => ClaimOutcome::NotEligible,
        (ClaimOutcome::Referred, _) | (_, Outcome::Undetermined) => ClaimOutcome::Referred,
        (ClaimOutcome::Eligible, Outcome::Satisfied) => ClaimOutcome::Eligible,
    })
}

/// What the parts of a claim come to together: one that needs a person refers the whole claim, since
/// a person sees it anyway; otherwise one eligible part makes it eligible, and none makes it not.
pub fn outcome_of_claim(parts: impl IntoIterator<Item = ClaimOutcome>) -> ClaimOutcome {
    parts.into_iter().fold(ClaimOutcome::NotEligible, |so_far, part| match (so_far, part) {
        (ClaimOutcome::Referred, _) | (_, ClaimOutcome::Referred) => ClaimOutcome::Referred,
        (ClaimOutcome::Eligible, _) | (_, ClaimOutcome::Eligible) => ClaimOutcome::Eligible,
        (ClaimOutcome::NotEligible, ClaimOutcome::NotEligible) => ClaimOutcome::NotEligible,
    })
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonDecision {
    /// What was decided.
    pub ruling: Ruling,
    /// Why, in the words of who decided.
    pub reason: String,
    /// Number of the assessment that it rests on.
    pub assessment_number: u32,
    /// Whether it differs from the assessment.
    pub overrides_assessment: bool,
    /// Who decided first.
    pub decided_by: Actor,
    /// When.
    pub decided_at: Timestamp,
    /// Who confirmed it.
    pub confirmed_by: Option<Actor>,
    /// When it was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// Whether it holds.
    pub complete: bool,
    /// What was above the authority of who decided, and is referred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<BeyondAuthority>,
}

/// An approval above the authority of who wanted to give it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeyondAuthority {
    /// What would have been approved.
    pub payable: Money,
    /// Who may approve as much.
    pub referred_to: Vec<Role>,
}

/// What part of a payment goes to which position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentShare {
    /// The position's number.
    pub item: u32,
    /// The amount, above zero.
    pub amount: Money,
}

/// Money that the insurer paid, whole or in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimPayment {
    /// Its number within the claim, from 1.
    pub number: u32,
    /// The amount: the sum of its shares.
    pub amount: Money,
    /// Who was paid.
    pub payee: Payee,
    /// What it pays for.
    pub shares: Vec<PaymentShare>,
    /// How the benefit was given.
    pub form: BenefitForm,
    /// The day it was paid.
    pub paid_on: CivilDate,
    /// The bank's or the insurer's reference.
    pub reference: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub recorded_by: Actor,
}

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimTransition {
    /// From this phase.
    pub from: ClaimPhase,
    /// To this one.
    pub to: ClaimPhase,
    /// What happened.
    pub event: ClaimEvent,
    /// When.
    pub changed_at: Timestamp,
    /// Who did it.
    pub changed_by: Actor,
    /// Why; empty when it needs no reason.
    pub reason: String,
}

/// A request for what cover promises, after a loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The insured.
    pub tenant_id: TenantId,
    /// The number that people use; runs per tenant without gaps.
    pub number: String,
    /// The certificate in force when the loss happened; none when none was.
    pub certificate_id: Option<CertificateId>,
    /// The contract.
    pub master_contract_id: MasterContractId,
    /// Version of its terms at the time of the loss.
    pub contract_version: u32,
    /// The incident behind it.
    pub incident_id: Option<IncidentId>,
    /// What happened, in the words of the notice.
    pub description: String,
    /// What caused it; none when not known yet.
    pub cause: Option<LossCause>,
    /// When the loss happened.
    pub loss_at: Timestamp,
    /// When it was discovered.
    pub discovered_at: Timestamp,
    /// When a third party made its claim; none where nobody did, or it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<Timestamp>,
    /// The site where it happened, by its code; none when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_code: Option<String>,
    /// When it was notified.
    pub notified_at: Timestamp,
    /// Who notified it.
    pub notified_by: Actor,
    /// Whether the operator did so for the customer.
    pub on_behalf_of_tenant: bool,
    /// The language the customer wants letters in.
    pub language: Language,
    /// What the loss is made of, in order of the numbers.
    pub items: Vec<ClaimedItem>,
    /// Claims that may be about the same loss.
    pub possible_duplicates: Vec<ClaimId>,
    /// Where it stands.
    pub state: ClaimState,
    /// Every assessment; the last one holds.
    pub assessments: Vec<Assessment>,
    /// What persons decided, in order of time.
    pub decisions: Vec<PersonDecision>,
    /// What was approved and is reserved or paid.
    pub approved: Option<Benefit>,
    /// What was paid.
    pub payments: Vec<ClaimPayment>,
    /// Every change of state.
    pub transitions: Vec<ClaimTransition>,
    /// What lies in its file beside its state.
    #[serde(default)]
    pub file: ClaimFile,
}

impl Claim {
    /// The claim after a command, and what happened.
    ///
    /// # Errors
    /// As [`ClaimState::step`].
    pub fn step(
        &self,
        command: &ClaimCommand,
        by: &Actor,
        reason: &str,
        now: Timestamp,
    ) -> Result<(Self, ClaimEvent), Refused> {
        let (state, event) = self.state.step(command, now)?;
        let mut next = Self { state, ..self.clone() };
        next.transitions.push(ClaimTransition {
            from: self.state.phase(),
            to: next.state.phase(),
            event: event.clone(),
            changed_at: now,
            changed_by: by.clone(),
            reason: reason.to_owned(),
        });
        Ok((next, event))
    }

    /// The last assessment.
    pub fn assessment(&self) -> Option<&Assessment> {
        self.assessments.last()
    }

    /// What the policies say; none until assessed.
    pub fn outcome(&self) -> Option<ClaimOutcome> {
        self.assessment().map(|assessment| assessment.outcome)
    }

    /// What makes several losses one occurrence.
    pub fn occurrence(&self) -> OccurrenceKey {
        self.incident_id.map_or(OccurrenceKey::Claim(self.id), OccurrenceKey::Incident)
    }

    /// Who takes from limits when it is paid.
    pub fn takers(&self) -> Takers {
        Takers {
            contract: self.master_contract_id,
            tenant: self.tenant_id,
            certificate: self.certificate_id,
            site: self.site_code.as_deref().map(|code| SiteId::of(self.tenant_id, code)),
            occurrence: Some(self.occurrence()),
        }
    }

    /// The positions as the calculation wants them; `passes` says which parts the policies let pass.
    pub fn loss_items(&self, passes: impl Fn(CoveragePart) -> Standing) -> Vec<LossItem> {
        self.items
            .iter()
            .map(|item| LossItem {
                number: item.number,
                part: item.part,
                loss: item.loss(),
                standing: passes(item.part),
                interruption: item.interruption,
                paid: self.paid_for(item.number).unwrap_or(Money::ZERO_JPY),
            })
            .collect()
    }

    /// The instant that has to lie within the insured time.
    pub fn counts_at(&self, basis: LossBasis) -> Timestamp {
        let claimed_at = self.claimed_at.unwrap_or(self.notified_at);
        basis.instant(self.loss_at, self.discovered_at, claimed_at)
    }

    /// What was claimed, all positions together.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow.
    pub fn claimed(&self) -> Result<Money, MoneyError> {
        Money::total(self.items.iter().map(|item| item.claimed))
    }

    /// What was paid for a position.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow.
    pub fn paid_for(&self, item: u32) -> Result<Money, MoneyError> {
        let shares = self.payments.iter().flat_map(|payment| &payment.shares);
        Money::total(shares.filter(|share| share.item == item).map(|share| share.amount))
    }

    /// What was paid.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow.
    pub fn paid(&self) -> Result<Money, MoneyError> {
        Money::total(self.payments.iter().map(|payment| payment.amount))
    }

    /// Whether a notice tells of the same loss again: the same incident, or the same time when one
    /// of them names no incident.
    pub fn is_same_loss(&self, incident_id: Option<IncidentId>, loss_at: Timestamp) -> bool {
        let phase = self.state.phase();
        // A draft tells nobody anything yet.
        let silent = phase == ClaimPhase::Withdrawn || phase == ClaimPhase::Draft;
        let same = match (self.incident_id, incident_id) {
            (Some(mine), Some(other)) => mine == other,
            (Some(_) | None, None) | (None, Some(_)) => self.loss_at == loss_at,
        };
        same && !silent
    }
}

#[cfg(test)]
mod tests;
