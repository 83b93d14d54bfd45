//! A question to a policy that belongs to a quote: what was asked and what it gave.

use serde_json::Value;
use tasuki_core::decision::{Explanation, PackVersion};
use tasuki_core::problem::Problem;
use tasuki_policies::facts::FactSet;
use tasuki_policies::{Evaluation, Pack};

/// What a policy was asked and what it gave, before anybody records it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The version that was asked.
    pub pack: PackVersion,
    /// The facts exactly as they were frozen.
    pub facts: Value,
    /// What it gave, and why.
    pub explanation: Explanation,
}

impl Judged {
    /// Asks a pack about facts.
    ///
    /// # Errors
    /// If facts cannot be frozen, which is a bug.
    pub(super) fn by(pack: &Pack, facts: &FactSet) -> Result<(Evaluation, Self), Problem> {
        let frozen = facts.to_json().map_err(|error| Problem::internal(error.to_string()))?;
        let evaluation = pack.evaluate(facts);
        let judged = Self {
            pack: pack.identity().clone(),
            facts: frozen,
            explanation: evaluation.explanation(),
        };
        Ok((evaluation, judged))
    }
}
