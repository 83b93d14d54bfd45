//! What a pack gives for facts, and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tasuki_core::decision::{Explanation, FactSeen, Finding, Outcome, Output};
use tasuki_core::text::Text;

use crate::facts::FactSet;
use crate::pack::Pack;

mod criteria;
mod evaluator;
mod explain;
#[cfg(test)]
mod reference_tests;
mod remedies;
mod rules;
#[cfg(test)]
mod tests;
mod watch;

pub use criteria::Criterion;
pub(crate) use evaluator::{EvalError, Evaluated, Evaluator};
pub(crate) use watch::{Reached, Watch};

/// What a pack gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Yes, no, or a person has to look.
    pub outcome: Outcome,
    /// Every condition that failed or could not be determined, in the pack's order.
    pub findings: Vec<Finding>,
    /// The rules that applied, in the pack's order: only of packs that choose or collect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<Matched>,
    /// The values that the pack gave. Of a rule that was chosen first they stand here under their
    /// own names; of other rules they stand with the rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, serde_json::Value>,
    /// The values that failed conditions gave, by the code of the rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub finding_outputs: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

/// A rule that applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matched {
    /// Its stable code.
    pub code: String,
    /// Why it applied, for the reader.
    pub message: Text,
    /// The clause that it expresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// The sub-expression that decided.
    pub expression: String,
    /// The facts that it looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactSeen>,
    /// What the reader can do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<Text>,
    /// The values that it gave.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, serde_json::Value>,
}

/// Whether it is wanted what would change the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedies {
    /// It is looked for and proven.
    Look,
    /// Nobody asked.
    Skip,
}

impl Evaluation {
    /// Whether every condition held.
    pub fn is_satisfied(&self) -> bool {
        self.outcome == Outcome::Satisfied
    }

    /// The codes of the findings, in the pack's order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|finding| finding.code.as_str())
    }

    /// A value that the pack gave.
    pub fn output(&self, name: &str) -> Option<&serde_json::Value> {
        self.outputs.get(name)
    }

    /// A value that a failed condition gave.
    pub fn finding_output(&self, code: &str, name: &str) -> Option<&serde_json::Value> {
        self.finding_outputs.get(code).and_then(|outputs| outputs.get(name))
    }

    /// As everybody may read it, and as a decision record keeps it.
    ///
    /// Rules that applied and values of failed conditions become the outputs `matched` and
    /// `findings`, so that nothing that was given is lost.
    pub fn explanation(&self) -> Explanation {
        self.clone().into_explanation()
    }

    /// As [`Evaluation::explanation`], when nothing else of it is needed.
    pub fn into_explanation(self) -> Explanation {
        let summary = self.summary();
        let mut outputs: Vec<Output> =
            self.outputs.into_iter().map(|(name, value)| Output { name, value }).collect();
        if !self.matched.is_empty() {
            let rules = self.matched.into_iter().map(|rule| {
                serde_json::json!({
                    "code": rule.code,
                    "message": rule.message,
                    "next_step": rule.next_step,
                    "outputs": rule.outputs,
                })
            });
            outputs.push(Output { name: "matched".to_owned(), value: rules.collect() });
        }
        if !self.finding_outputs.is_empty() {
            let value = serde_json::json!(self.finding_outputs);
            outputs.push(Output { name: "findings".to_owned(), value });
        }
        Explanation { outcome: self.outcome, summary, findings: self.findings, outputs }
    }

    /// One sentence that says what came out.
    pub fn summary(&self) -> Text {
        let failed = self.findings.iter().filter(|it| it.outcome == Outcome::NotSatisfied).count();
        let unknown = self.findings.len() - failed;
        match self.outcome {
            Outcome::Satisfied => match self.matched.as_slice() {
                [] => Text::new("条件をすべて満たしています", "every condition holds"),
                [only] => only.message.clone(),
                several => Text::new(
                    format!("{}件の規則が当てはまります", several.len()),
                    format!("{} rules apply", several.len()),
                ),
            },
            Outcome::NotSatisfied if failed == 0 => {
                Text::new("当てはまる規則がありません", "no rule applies")
            }
            Outcome::NotSatisfied => Text::new(
                format!("満たさない条件が{failed}件あります"),
                format!("{failed} conditions do not hold"),
            ),
            Outcome::Undetermined => Text::new(
                format!("判断できない条件が{unknown}件あるため、担当者が確認します"),
                format!("{unknown} conditions cannot be determined: a person has to look"),
            ),
        }
    }
}

impl Pack {
    /// What the pack gives for facts. Never fails: what goes wrong makes the outcome undetermined,
    /// with a finding that names it.
    pub fn evaluate(&self, facts: &FactSet) -> Evaluation {
        self.evaluate_with(facts, Remedies::Look)
    }

    /// As [`Pack::evaluate`], looking for what would change its findings or not: whoever asks by the thousand has no use
    /// for it, and it takes most of the time.
    pub fn evaluate_with(&self, facts: &FactSet, remedies: Remedies) -> Evaluation {
        rules::evaluate(self, facts, remedies, &mut watch::Unwatched)
    }

    /// As [`Pack::evaluate`], telling somebody which expressions are reached.
    pub(crate) fn evaluate_watched(&self, facts: &FactSet, watch: &mut impl Watch) -> Evaluation {
        rules::evaluate(self, facts, Remedies::Look, watch)
    }
}

/// What an expression without facts gives, as text: for examples and tests.
#[cfg(test)]
pub(crate) fn evaluate_alone(source: &str) -> String {
    use crate::expression::{FactTable, Names, check, parse};
    let text = |faults: Vec<crate::expression::Fault>| {
        faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("; ")
    };
    let parsed = match parse(source) {
        Ok(parsed) => parsed,
        Err(faults) => return text(faults),
    };
    let compiled = match check(&parsed, &Names::new(), &mut FactTable::default()) {
        Ok(compiled) => compiled,
        Err(faults) => return text(faults),
    };
    let facts = FactSet::at("2021-01-01T00:00:00Z".parse().unwrap());
    let mut evaluator = Evaluator::new(&facts, &[], &[]);
    match evaluator.evaluate(&compiled.node) {
        Ok(value) => value.to_string(),
        Err(EvalError::Failed(message)) => message,
        Err(EvalError::Referred(code)) => format!("referred: {code}"),
        Err(EvalError::Spent) => "spent".to_owned(),
        Err(EvalError::Missing(facts)) => format!("missing {facts:?}"),
    }
}
