//! What a pack demands, met or not: for readers who want to see the whole list.

use serde::{Deserialize, Serialize};
use tasuki_core::decision::Outcome;
use tasuki_core::text::Text;

use super::{Evaluation, Evaluator};
use crate::facts::FactSet;
use crate::pack::{Pack, Shape};

/// One demand of a pack in which all rules must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// The code of the rule.
    pub code: String,
    /// The clause that it expresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// What is demanded: the message of the rule.
    pub text: Text,
    /// Whether it is met.
    pub outcome: Outcome,
    /// What to do about it, or what is not known; none when it is met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

impl Pack {
    /// Every rule that concerns these facts with what it came to, in the pack's order. Of packs of
    /// other shapes nothing: their rules demand nothing.
    ///
    /// `given` is what [`Pack::evaluate`] gave for the same facts.
    pub fn criteria(&self, facts: &FactSet, given: &Evaluation) -> Vec<Criterion> {
        if self.shape != Shape::AllMustHold {
            return Vec::new();
        }
        let mut evaluator = Evaluator::new(facts, &self.facts, &self.variables);
        let mut criteria = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            let finding = given.findings.iter().find(|finding| finding.code == rule.code);
            let guard = rule.guard.as_ref().map(|guard| evaluator.truth(&guard.node));
            if finding.is_none() && guard == Some(Ok(false)) {
                continue;
            }
            let text = rule.message.filled(&mut evaluator);
            let (outcome, note) = match finding {
                None => (Outcome::Satisfied, None),
                Some(of) if of.outcome == Outcome::Undetermined => {
                    (of.outcome, Some(of.message.clone()))
                }
                Some(of) => (of.outcome, of.next_step.clone()),
            };
            let (code, clause) = (rule.code.clone(), rule.clause.clone());
            criteria.push(Criterion { code, clause, text, outcome, note });
        }
        criteria
    }
}
