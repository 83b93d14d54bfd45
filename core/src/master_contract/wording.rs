//! The wording: the document that binds, clause by clause, and who was shown which clause.

use serde::{Deserialize, Serialize};

use crate::master_contract::part::CoveragePart;
use crate::text::{Language, Text};
use crate::time::Timestamp;

/// What a clause does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClauseKind {
    /// Says what is covered (発動条件).
    Trigger,
    /// Says what is not covered (免責事由).
    Exclusion,
    /// Says what must be so for cover to be in force.
    Condition,
    /// Says how much is paid at most.
    Limit,
    /// Says what the customer has to do.
    Duty,
    /// Says what a word means.
    Definition,
}

/// One clause of a wording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Stable code, such as `exclusion.unapproved_bypass`.
    pub code: String,
    /// Where it stands, such as `第5条第2項`.
    pub clause: String,
    /// What it does.
    pub kind: ClauseKind,
    /// Its heading.
    pub title: Text,
    /// What it says, word for word.
    pub text: Text,
    /// The same in plain words; none when the text is plain enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<Text>,
    /// The parts it concerns; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<CoveragePart>,
    /// Whether a claim may be denied on it only if the customer had acknowledged it.
    pub must_be_acknowledged: bool,
}

/// The document of which the policy packs are the expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// Its title.
    pub title: Text,
    /// Its version, such as `2021.1`.
    pub version: String,
    /// Where it is kept.
    pub uri: String,
    /// `sha256:` and 64 hexadecimal digits; empty when it is not kept as a file.
    pub hash: String,
    /// Its clauses, in its own order.
    pub clauses: Vec<Clause>,
}

/// That a person was shown a clause and accepted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The clause by its stable code.
    pub code: String,
    /// The version of the wording that the text was taken from.
    pub document_version: String,
    /// The language it was shown in.
    pub language: Language,
    /// When it was shown.
    pub shown_at: Timestamp,
    /// When it was accepted.
    pub acknowledged_at: Timestamp,
    /// Who accepted it, as the partner wrote it down.
    pub acknowledged_by: String,
}

impl Wording {
    /// The clause with a code.
    pub fn clause(&self, code: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.code == code)
    }

    /// The clause that a finding cites: by its code, or by where it stands.
    pub fn cited(&self, citation: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.code == citation || clause.clause == citation)
    }

    /// The clauses that must be acknowledged and were not by a time, in the wording's order.
    ///
    /// An acknowledgement of another version does not count: the text may have been another.
    pub fn unacknowledged<'a>(
        &'a self,
        acknowledgements: &[Acknowledgement],
        by: Timestamp,
    ) -> Vec<&'a Clause> {
        let accepted = |clause: &Clause| {
            acknowledgements.iter().any(|acknowledgement| {
                acknowledgement.code == clause.code
                    && acknowledgement.document_version == self.version
                    && acknowledgement.acknowledged_at <= by
            })
        };
        self.clauses
            .iter()
            .filter(|clause| clause.must_be_acknowledged && !accepted(clause))
            .collect()
    }
}
