//! Decisions: what a policy was asked, what it gave, and why. A decision is only ever inserted.
//!
//! The record alone must let somebody replay the decision years later: the version of the pack by
//! its content hash, the environment it ran in, and the facts exactly as they were frozen.

use std::fmt;
use std::str::FromStr;

mod canonical;
mod chain;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::actor::Actor;
use crate::id::{DecisionId, TenantId};
use crate::money::Money;
use crate::text::Text;
use crate::time::{CivilDate, Timestamp};

pub use canonical::{canonical, canonical_text};
pub use chain::{ChainHead, Link, Linked};

/// The program that evaluated: its version stands in every record.
pub const ENGINE: &str = concat!("tasuki/", env!("CARGO_PKG_VERSION"));

/// What question a policy pack answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackKind {
    /// May this customer have this service or cover?
    Eligibility,
    /// Can this service be set up here, and what has to be done before?
    Preflight,
    /// Which services does this company need, in which order?
    Recommendation,
    /// Which discounts and payer splits apply?
    Discount,
    /// Does this alert need a person?
    Triage,
    /// How severe is it, and which ladder is climbed?
    Escalation,
    /// Is the cover in force, and on which terms?
    Cover,
    /// Is this loss covered?
    Trigger,
    /// Does an exclusion apply?
    Exclusion,
    /// How much is payable?
    Payable,
    /// Which criteria of a public scheme does a bundle meet?
    Compliance,
    /// Who may do what?
    Access,
}

impl PackKind {
    /// Every kind, in the order of the contracts.
    pub const ALL: [Self; 12] = [
        Self::Eligibility,
        Self::Preflight,
        Self::Recommendation,
        Self::Discount,
        Self::Triage,
        Self::Escalation,
        Self::Cover,
        Self::Trigger,
        Self::Exclusion,
        Self::Payable,
        Self::Compliance,
        Self::Access,
    ];

    /// The word in folders, files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eligibility => "eligibility",
            Self::Preflight => "preflight",
            Self::Recommendation => "recommendation",
            Self::Discount => "discount",
            Self::Triage => "triage",
            Self::Escalation => "escalation",
            Self::Cover => "cover",
            Self::Trigger => "trigger",
            Self::Exclusion => "exclusion",
            Self::Payable => "payable",
            Self::Compliance => "compliance",
            Self::Access => "access",
        }
    }
}

impl fmt::Display for PackKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no kind of pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a kind of policy pack")]
pub struct ParsePackKindError {
    /// What was given.
    pub text: String,
}

impl FromStr for PackKind {
    type Err = ParsePackKindError;

    fn from_str(text: &str) -> Result<Self, ParsePackKindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| ParsePackKindError { text: text.to_owned() })
    }
}

/// What a policy gave. There is no fourth answer and no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every condition held.
    Satisfied,
    /// At least one condition did not hold, and none was undetermined in a way that matters.
    NotSatisfied,
    /// A fact was missing or an expression failed: a person has to look.
    Undetermined,
}

impl Outcome {
    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::NotSatisfied => "not_satisfied",
            Self::Undetermined => "undetermined",
        }
    }
}

/// One immutable revision of a pack, by what identifies it for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PackVersion {
    /// Which functions and facts it ran with, such as `tasuki-policies/1`.
    pub environment: String,
    /// `sha256:` and 64 hexadecimal digits over its content.
    pub hash: String,
    /// What question it answers.
    pub kind: PackKind,
    /// Its name, such as `okinawa-first-response`.
    pub name: String,
    /// Its version as the author named it, such as `2021.1`.
    pub version: String,
}

/// A fact that a rule looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactSeen {
    /// At which time the fact was known to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Where it stands in the facts, such as `site.waf.state`.
    pub path: String,
    /// Its value; none when the fact was missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// What kind of change would turn a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemedyChange {
    /// Wait: the condition holds from this day on.
    HoldsFrom(CivilDate),
    /// Bring evidence of this kind.
    MissingEvidence(String),
    /// Take this amount away.
    OverBy(Money),
    /// Give the fact a value with which the condition holds.
    Needed(Value),
}

/// Something that would change the outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// How it would have to change.
    pub change: RemedyChange,
    /// In words.
    pub message: Text,
    /// The fact that would have to change.
    pub path: String,
}

/// One condition that failed or could not be determined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The clause of the wording that the rule expresses, such as `第5条第2項`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// Stable code of the rule, such as `HEARTBEAT_TOO_OLD`.
    pub code: String,
    /// The sub-expression that decided, in CEL.
    pub expression: String,
    /// The facts that the rule looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactSeen>,
    /// What it means for the reader, with the values filled in.
    pub message: Text,
    /// What the reader can do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<Text>,
    /// Whether the condition failed or could not be determined.
    pub outcome: Outcome,
    /// What would change the outcome.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
}

/// A value that a policy gave: a severity, an amount, a next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its name, such as `severity`.
    pub name: String,
    /// Its value; amounts are whole numbers of yen, rates are decimal text.
    pub value: Value,
}

/// What a policy gave and why, as everybody may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Every condition that failed or could not be determined, in the pack's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What it gave.
    pub outcome: Outcome,
    /// The values it gave, in the pack's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// One sentence that says what was decided.
    pub summary: Text,
}

impl Explanation {
    /// The codes of the findings, in the pack's order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|finding| finding.code.as_str())
    }

    /// The value that the pack gave under a name.
    pub fn output(&self, name: &str) -> Option<&Value> {
        self.outputs.iter().find(|output| output.name == name).map(|output| &output.value)
    }
}

/// The stored record of a policy's facts and outcome. It is inserted once and never changed.
///
/// Its fields, and those of what it holds, stand in byte order of their names: as the canonical text has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The subject's own time that chose the version: date of loss for claims, order time for
    /// eligibility.
    pub as_of: Timestamp,
    /// When the policy was evaluated.
    pub decided_at: Timestamp,
    /// Who asked.
    pub decided_by: Actor,
    /// Which program evaluated, such as `tasuki/0.1.0`.
    pub engine: String,
    /// What came out, and why.
    pub explanation: Explanation,
    /// The facts exactly as they were frozen.
    pub facts: Value,
    /// `sha256:` over the canonical text of the facts.
    pub facts_hash: String,
    /// Its id.
    pub id: DecisionId,
    /// Which rules decided.
    pub pack: PackVersion,
    /// What it is about, by the text of its id, such as `clm_…`.
    pub subject: String,
    /// The tenant whose data it is about; none for questions about nobody in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
}

/// What a decision is about and when: everything except the rules, the facts and what came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// The id of the decision to be.
    pub id: DecisionId,
    /// The tenant whose data it is about.
    pub tenant_id: Option<TenantId>,
    /// What it is about, by the text of its id.
    pub subject: String,
    /// The time that chose the version of the rules.
    pub as_of: Timestamp,
    /// When the policy was evaluated.
    pub decided_at: Timestamp,
    /// Who asked.
    pub decided_by: Actor,
}

/// Facts as a record keeps them, with their hash: several packs that are asked about the same facts share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    facts: Value,
    hash: String,
}

impl From<Value> for Frozen {
    fn from(facts: Value) -> Self {
        let hash = content_hash(&facts);
        Self { facts, hash }
    }
}

/// A short reference to a recorded decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionSummary {
    /// The recorded decision.
    pub id: DecisionId,
    /// Which rules decided.
    pub pack: PackVersion,
    /// What they gave.
    pub outcome: Outcome,
    /// The codes of the findings, in the pack's order.
    pub codes: Vec<String>,
}

impl Decision {
    /// A record of what a pack gave for frozen facts.
    pub fn record(
        occasion: Occasion,
        pack: PackVersion,
        facts: impl Into<Frozen>,
        explanation: Explanation,
    ) -> Self {
        let Frozen { facts, hash: facts_hash } = facts.into();
        let Occasion { id, tenant_id, subject, as_of, decided_at, decided_by } = occasion;
        Self {
            id,
            tenant_id,
            subject,
            pack,
            facts,
            facts_hash,
            engine: ENGINE.to_owned(),
            explanation,
            as_of,
            decided_at,
            decided_by,
        }
    }

    /// Takes the facts out, for the record of another pack that is asked about the same.
    pub fn take_facts(&mut self) -> Frozen {
        Frozen {
            facts: std::mem::take(&mut self.facts),
            hash: std::mem::take(&mut self.facts_hash),
        }
    }

    /// What the policy gave.
    pub const fn outcome(&self) -> Outcome {
        self.explanation.outcome
    }

    /// A short reference to it.
    pub fn summary(&self) -> DecisionSummary {
        DecisionSummary {
            id: self.id,
            pack: self.pack.clone(),
            outcome: self.outcome(),
            codes: self.explanation.codes().map(str::to_owned).collect(),
        }
    }

    /// Whether the facts are still those that were frozen.
    pub fn is_intact(&self) -> bool {
        self.facts_hash == content_hash(&self.facts)
    }

    /// What a replay must give again, byte for byte: the rules, the facts and the explanation, in
    /// canonical JSON. Ids, the evaluator's time and name are left out, since they belong to the
    /// occasion and not to the answer.
    pub fn replayable(&self) -> String {
        let answer = serde_json::json!({
            "pack": self.pack,
            "facts": self.facts,
            "as_of": self.as_of,
            "explanation": self.explanation,
        });
        canonical(&answer)
    }
}

/// `sha256:` and the hexadecimal digest of the canonical text.
pub fn content_hash<T: Serialize + ?Sized>(value: &T) -> String {
    // Invariant: what is hashed has texts or numbers for names, so that it can be written.
    sha256(&[&canonical_text(value).unwrap_or_default()])
}

/// `sha256:` and the hexadecimal digest of texts that follow each other.
fn sha256(parts: &[&str]) -> String {
    let digest = parts.iter().fold(Sha256::new(), Digest::chain_update);
    format!("sha256:{}", hex::encode(digest.finalize()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::party::Role;

    fn decision(facts: Value) -> Decision {
        let at: Timestamp = "2021-06-01T00:00:00Z".parse().unwrap();
        Decision::record(
            Occasion {
                id: DecisionId::from(Uuid::from_u128(1)),
                tenant_id: Some(TenantId::from(Uuid::from_u128(2))),
                subject: "clm_1".to_owned(),
                as_of: at,
                decided_at: at,
                decided_by: Actor {
                    subject: "system".to_owned(),
                    role: Role::System,
                    partner_id: None,
                },
            },
            PackVersion {
                kind: PackKind::Trigger,
                name: "first-response".to_owned(),
                version: "2021.1".to_owned(),
                hash: "sha256:00".to_owned(),
                environment: "tasuki-policies/1".to_owned(),
            },
            facts,
            Explanation {
                outcome: Outcome::Satisfied,
                summary: Text::new("対象です", "covered"),
                findings: vec![],
                outputs: vec![],
            },
        )
    }

    #[test]
    fn the_order_in_which_facts_were_written_does_not_matter() {
        let one: Value = serde_json::from_str(r#"{"b":[1,{"d":"é","c":null}],"a":true}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"a":true,"b":[1,{"c":null,"d":"é"}]}"#).unwrap();
        assert_eq!(canonical(&one), r#"{"a":true,"b":[1,{"c":null,"d":"é"}]}"#);
        assert_eq!(content_hash(&one), content_hash(&two));
    }

    #[test]
    fn a_record_whose_facts_were_changed_is_noticed() {
        let mut decision = decision(json!({ "loss": { "yen": 30_000 } }));
        assert!(decision.is_intact());
        decision.facts = json!({ "loss": { "yen": 30_001 } });
        assert!(!decision.is_intact());
    }

    #[test]
    fn a_record_survives_its_json_form() {
        let decision = decision(json!({ "at": "2021-06-01T00:00:00Z" }));
        let text = serde_json::to_string(&decision).unwrap();
        let again: Decision = serde_json::from_str(&text).unwrap();
        assert_eq!(again, decision);
        assert_eq!(again.replayable(), decision.replayable());
    }
}
