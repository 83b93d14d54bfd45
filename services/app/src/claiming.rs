//! Cover and claims: contracts, certificates, and the way of a loss from its notice to the payment.
//!
//! See `claiming/README.md` for what this folder owns and its invariants.

pub mod cover;

mod acknowledge_terms;
mod add_document;
mod appeal_claim;
mod assess_claim;
mod assessing;
mod create_master_contract;
mod decide_claim;
mod endorse_master_contract;
mod evaluate_eligibility;
mod evidence;
mod expire_approval;
mod facts;
mod loading;
mod notify_loss;
mod read_certificates;
mod read_claims;
mod read_limits;
mod read_master_contracts;
mod reckoning;
mod record_claim_payment;
mod record_evidence;
mod record_recovery;
mod reopen_claim;
mod request_information;
mod set_reserve;
mod withdraw_claim;
mod work;

pub use acknowledge_terms::{AcknowledgeTerms, Acknowledged, Shown, acknowledge_terms};
pub use add_document::{AddDocument, DocumentAdded, add_document};
pub use appeal_claim::{AppealClaim, appeal_claim};
pub use assess_claim::{AssessClaim, assess_claim};
pub use create_master_contract::{NewMasterContract, create_master_contract};
pub use decide_claim::{ClaimDecided, DecideClaim, Word, decide_claim};
pub use endorse_master_contract::{Endorsed, NewEndorsement, endorse_master_contract};
pub use evaluate_eligibility::{
    Eligibility, EligibilityQuestion, PackSaid, PartEligibility, Subject, Supposed,
    evaluate_eligibility,
};
pub use expire_approval::{ApprovalDue, expire_approval};
pub use notify_loss::{Drafting, Duplicates, NotifyLoss, notify_loss};
pub use read_certificates::{CertificateList, Times, get_certificate, list_certificates, state_at};
pub use read_claims::{ClaimList, Within, WrittenLetter, get_claim, get_claim_letter, list_claims};
pub use read_limits::{
    LimitQuestion, LimitStatus, LimitsLeft, NumberStatus, get_limits, limits_left,
};
pub use read_master_contracts::{
    ListedClause, MasterContractList, TermsList, get_master_contract, list_master_contracts,
    list_terms,
};
pub use record_claim_payment::{ClaimPaid, RecordClaimPayment, record_claim_payment};
pub use record_evidence::{EvidenceList, RecordEvidence, list_evidence, record_evidence};
pub use record_recovery::{RecordRecovery, Recovered, record_recovery};
pub use reopen_claim::{TurnClaim, close_claim, reopen_claim};
pub use request_information::{RequestInformation, request_information};
pub use set_reserve::{SetReserve, set_reserve};
pub use tasuki_policies::Remedies;
pub use withdraw_claim::{WithdrawClaim, withdraw_claim};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tasuki_core::certificate::Certificate;
use tasuki_core::claim::{Claim, DecisionClock};
use tasuki_core::decision::Decision;
use tasuki_core::id::DecisionId;
use tasuki_core::master_contract::{Acknowledgement, MasterContract};
use tasuki_core::money::Money;
use tasuki_core::time::Timestamp;

/// Whether a call does something, or only asks what it would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// It does it.
    Do,
    /// It only asks: nothing is stored.
    OnlyAsk,
}

/// A master contract as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterContractView {
    /// The contract.
    pub contract: MasterContract,
    /// The time the answer holds for.
    pub as_of: Timestamp,
    /// What was known at this time is all the answer uses.
    pub known_at: Timestamp,
    /// Version of the record.
    pub version: i64,
}

/// A certificate as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateView {
    /// The certificate.
    pub certificate: Certificate,
    /// The contract it stands under.
    pub contract: MasterContract,
    /// What the tenant has acknowledged of the wording, in the order of time.
    pub acknowledgements: Vec<Acknowledgement>,
    /// The time the answer holds for.
    pub as_of: Timestamp,
    /// What was known at this time is all the answer uses.
    pub known_at: Timestamp,
    /// Version of the record.
    pub version: i64,
}

/// A claim as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimView {
    /// The claim.
    pub claim: Claim,
    /// The contract.
    pub contract: MasterContract,
    /// The recorded decisions behind its assessments.
    pub decisions: BTreeMap<DecisionId, Decision>,
    /// The clock by which a decision is due.
    pub clock: DecisionClock,
    /// What it would get if all losses were reckoned anew in the order in which they happened; none
    /// when that is what it got, or when it was not asked.
    pub recomputed: Option<Money>,
    /// Version of the record.
    pub version: i64,
}

impl ClaimView {
    /// A claim as it stands now, without the decisions behind it.
    pub(crate) fn new(claim: Claim, contract: MasterContract, now: Timestamp) -> Self {
        let clock = claim.clock(&contract.terms, &contract.period.zone, now);
        Self { claim, contract, decisions: BTreeMap::new(), clock, recomputed: None, version: 1 }
    }

    /// The decisions behind its last assessment, in the order in which the policies were asked.
    pub fn last_decisions(&self) -> Vec<Decision> {
        let summaries = self.claim.assessment().map(|held| held.decisions.as_slice());
        summaries
            .unwrap_or_default()
            .iter()
            .filter_map(|summary| self.decisions.get(&summary.id).cloned())
            .collect()
    }
}
