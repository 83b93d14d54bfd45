//! A question to a policy that belongs to a quote: what was asked and what it gave.

use tasuki_core::decision::{Decision, Explanation, Occasion, PackVersion};
use tasuki_core::problem::Problem;
use tasuki_policies::facts::FactSet;
use tasuki_policies::{Evaluation, Pack};

/// What a policy was asked and what it gave, before anybody records it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The version that was asked.
    pub pack: PackVersion,
    /// About which facts.
    pub facts: FactSet,
    /// What it gave, and why.
    pub explanation: Explanation,
}

impl Judged {
    /// Asks a pack about facts.
    pub(super) fn by(pack: &Pack, facts: FactSet) -> (Evaluation, Self) {
        let evaluation = pack.evaluate(&facts);
        let explanation = evaluation.explanation();
        (evaluation, Self { pack: pack.identity().clone(), facts, explanation })
    }

    /// The record of it, with the facts frozen.
    ///
    /// # Errors
    /// If facts cannot be frozen, which is a bug.
    pub(super) fn recorded(self, occasion: Occasion) -> Result<Decision, Problem> {
        let Self { pack, facts, explanation } = self;
        let frozen = facts.to_json().map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Decision::record(occasion, pack, frozen, explanation))
    }
}
