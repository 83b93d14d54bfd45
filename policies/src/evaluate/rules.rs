//! From the rules of a pack to findings, matches and outputs.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tasuki_core::decision::{FactSeen, Finding, Outcome, Remedy};
use tasuki_core::text::Text;

use super::Remedies;
use super::evaluator::{EvalError, Evaluator, MAX_STEPS};
use super::explain::{deciding, undecided};
use super::remedies::Cure;
use super::watch::{Reached, Watch};
use super::{Evaluation, Matched};
use crate::expression::Compiled;
use crate::facts::FactSet;
use crate::pack::{Curable, Pack, Rule, Shape, Site};
use crate::value::Value;

/// What a pack gives for facts; whoever watches is told of every expression that is reached.
pub(super) fn evaluate<W: Watch>(
    pack: &Pack,
    facts: &FactSet,
    remedies: Remedies,
    watch: &mut W,
) -> Evaluation {
    let evaluator = Evaluator::new(facts, &pack.facts, &pack.variables);
    let mut run = Run {
        pack,
        facts,
        watch,
        evaluator,
        findings: Vec::new(),
        matched: Vec::new(),
        finding_outputs: BTreeMap::new(),
        found: BTreeMap::new(),
        cure_steps: match remedies {
            Remedies::Look => Some(MAX_STEPS),
            Remedies::Skip => None,
        },
    };
    run.rules();
    let outcome = run.outcome();
    run.finish(outcome)
}

/// What a rule came to.
enum Came {
    /// Its condition held.
    Held,
    /// Its condition did not hold.
    Failed,
    /// Nothing can be said.
    Unknown(EvalError),
    /// It is not about these facts.
    NotConcerned,
}

struct Run<'r, W> {
    pack: &'r Pack,
    facts: &'r FactSet,
    watch: &'r mut W,
    evaluator: Evaluator<'r>,
    findings: Vec<Finding>,
    matched: Vec<Matched>,
    finding_outputs: BTreeMap<String, BTreeMap<String, Json>>,
    /// What fired rules gave: for outputs of the whole pack.
    found: BTreeMap<String, Vec<Value>>,
    /// What looking for remedies may still take, for all findings together; none when nobody asked for them.
    cure_steps: Option<usize>,
}

impl<W: Watch> Run<'_, W> {
    fn rules(&mut self) {
        let pack = self.pack;
        for (place, rule) in pack.rules.iter().enumerate() {
            self.evaluator.take_reads();
            let came = self.condition(place, rule);
            let reads = self.evaluator.take_reads();
            match (pack.shape, came) {
                (_, Came::Unknown(error)) => {
                    let seen = self.facts_seen(reads);
                    self.undetermined(rule, &rule.condition, (&error, seen));
                    if pack.shape.stops_at_first() {
                        return;
                    }
                }
                (Shape::AllMustHold, Came::Failed) => self.failed((place, rule), reads, false),
                (Shape::NoneMayHold, Came::Held) => self.failed((place, rule), reads, true),
                (Shape::CollectAll, Came::Held) => self.applied((place, rule), reads),
                (Shape::FirstMatch | Shape::DecisionTable, Came::Held) => {
                    self.applied((place, rule), reads);
                    return;
                }
                (Shape::AllMustHold, Came::Held | Came::NotConcerned)
                | (
                    Shape::NoneMayHold
                    | Shape::CollectAll
                    | Shape::FirstMatch
                    | Shape::DecisionTable,
                    Came::Failed | Came::NotConcerned,
                ) => {}
            }
        }
    }

    /// Tells whoever watches that an expression is evaluated.
    fn reach(&mut self, site: impl FnOnce() -> Site, expression: &Compiled) {
        let (pack, facts, found) = (self.pack, self.facts, &self.evaluator.found);
        self.watch.reached(&Reached { pack, facts, found, expression }, site);
    }

    fn condition(&mut self, place: usize, rule: &Rule) -> Came {
        let concerned = match &rule.guard {
            Some(guard) => {
                self.reach(|| Site::Guard(place), guard);
                self.evaluator.truth(&guard.node)
            }
            None => Ok(true),
        };
        if concerned == Ok(false) {
            return Came::NotConcerned;
        }
        self.reach(|| Site::Condition(place), &rule.condition);
        match (self.evaluator.truth(&rule.condition.node), concerned) {
            (Ok(true), _) => Came::Held,
            (Ok(false), Ok(_)) => Came::Failed,
            (Err(error), _) | (Ok(false), Err(error)) => Came::Unknown(error),
        }
    }

    fn facts_seen(&mut self, reads: Vec<usize>) -> Vec<FactSeen> {
        reads.into_iter().filter_map(|place| self.fact_seen(place)).collect()
    }

    fn fact_seen(&mut self, place: usize) -> Option<FactSeen> {
        let path = self.pack.facts.get(place)?;
        Some(FactSeen {
            path: path.path.clone(),
            value: self.evaluator.fact(place).map(|value| value.to_json()),
            as_of: self.facts.as_of.get(&path.path).copied(),
        })
    }

    /// A condition that says no.
    fn failed(&mut self, (place, rule): (usize, &Rule), reads: Vec<usize>, given: bool) {
        let facts = self.facts_seen(reads);
        let expression = deciding(&mut self.evaluator, &rule.condition, given);
        let remedies = self.remedies(rule, |cure| cure.of_failed(!given));
        self.findings.push(Finding {
            code: rule.code.clone(),
            outcome: Outcome::NotSatisfied,
            message: rule.message.filled(&mut self.evaluator),
            clause: rule.clause.clone(),
            expression,
            facts,
            next_step: rule.next_step.as_ref().map(|it| it.filled(&mut self.evaluator)),
            remedies,
        });
        let outputs = self.rule_outputs(place, rule);
        if !outputs.is_empty() {
            self.finding_outputs.insert(rule.code.clone(), outputs);
        }
    }

    /// What would change a finding of a rule that somebody can do something about.
    fn remedies(
        &mut self,
        rule: &Rule,
        look: impl FnOnce(&mut Cure<'_>) -> Vec<Remedy>,
    ) -> Vec<Remedy> {
        let steps = match (&rule.curable, self.cure_steps) {
            (Curable::No, _) | (_, None) => return vec![],
            (_, Some(steps)) => steps,
        };
        let mut cure = Cure::new(self.pack, self.facts, (rule, steps));
        let found = look(&mut cure);
        self.cure_steps = Some(cure.steps_left());
        found
    }

    /// A rule that was chosen or collected.
    fn applied(&mut self, (place, rule): (usize, &Rule), reads: Vec<usize>) {
        let facts = self.facts_seen(reads);
        let expression = deciding(&mut self.evaluator, &rule.condition, true);
        let message = rule.message.filled(&mut self.evaluator);
        let next_step = rule.next_step.as_ref().map(|it| it.filled(&mut self.evaluator));
        let outputs = self.rule_outputs(place, rule);
        self.matched.push(Matched {
            code: rule.code.clone(),
            message,
            clause: rule.clause.clone(),
            expression,
            facts,
            next_step,
            outputs,
        });
    }

    /// The values that a fired rule gives. One that has no value is a finding of its own.
    fn rule_outputs(&mut self, place: usize, rule: &Rule) -> BTreeMap<String, Json> {
        let mut given = BTreeMap::new();
        let codes = self.found.entry("code".to_owned()).or_default();
        codes.push(Value::text(&rule.code));
        for (name, output) in &rule.outputs {
            self.evaluator.take_reads();
            self.reach(|| Site::RuleOutput(place, name.clone()), output);
            match self.evaluator.evaluate(&output.node) {
                Ok(value) => {
                    given.insert(name.clone(), value.to_json());
                    self.found.entry(name.clone()).or_default().push(value);
                }
                Err(error) => {
                    let reads = self.evaluator.take_reads();
                    let seen = self.facts_seen(reads);
                    self.undetermined(rule, output, (&error, seen));
                }
            }
        }
        given
    }

    /// Something that cannot be determined.
    fn undetermined(
        &mut self,
        rule: &Rule,
        expression: &Compiled,
        (error, facts): (&EvalError, Vec<FactSeen>),
    ) {
        let (message, next_step) = self.unknown(error);
        // What is missing for an output is no question of the condition.
        let of_condition = expression.source == rule.condition.source;
        let remedies = match error {
            EvalError::Missing(places) if of_condition => {
                self.remedies(rule, |cure| cure.of_unknown(places))
            }
            EvalError::Missing(_)
            | EvalError::Failed(_)
            | EvalError::Referred(_)
            | EvalError::Spent => vec![],
        };
        let expression = undecided(&mut self.evaluator, expression);
        self.findings.push(Finding {
            code: rule.code.clone(),
            outcome: Outcome::Undetermined,
            message,
            clause: rule.clause.clone(),
            expression,
            facts,
            next_step: Some(next_step),
            remedies,
        });
    }

    /// What to tell the reader about something unknown.
    fn unknown(&self, error: &EvalError) -> (Text, Text) {
        match error {
            EvalError::Missing(places) => {
                let paths: Vec<_> =
                    places.iter().filter_map(|place| self.pack.facts.get(*place)).collect();
                let ja: Vec<&str> = paths.iter().map(|path| path.label_ja).collect();
                let en: Vec<String> = paths
                    .iter()
                    .map(|path| format!("{} (`{}`)", path.label_en, path.path))
                    .collect();
                let message = Text::new(
                    format!("「{}」が分からないため判断できません", ja.join("」「")),
                    format!("cannot be determined, not known: {}", en.join("; ")),
                );
                let next = Text::new(
                    format!("「{}」を確認して登録してください", ja.join("」「")),
                    format!("find out and record: {}", en.join("; ")),
                );
                (message, next)
            }
            EvalError::Failed(reason) => (
                Text::new(
                    format!("計算できないため判断できません（{reason}）"),
                    format!("cannot be determined: {reason}"),
                ),
                person_looks(),
            ),
            EvalError::Referred(code) => (
                Text::new(
                    format!("担当者の確認が必要です（{code}）"),
                    format!("a person has to look: {code}"),
                ),
                person_looks(),
            ),
            EvalError::Spent => (
                Text::new(
                    "計算量の上限を超えたため判断できません",
                    "cannot be determined: it takes more steps than are allowed",
                ),
                person_looks(),
            ),
        }
    }

    fn outcome(&self) -> Outcome {
        let any = |wanted| self.findings.iter().any(|finding| finding.outcome == wanted);
        match self.pack.shape {
            Shape::AllMustHold | Shape::NoneMayHold => {
                if any(Outcome::NotSatisfied) {
                    Outcome::NotSatisfied
                } else if any(Outcome::Undetermined) {
                    Outcome::Undetermined
                } else {
                    Outcome::Satisfied
                }
            }
            Shape::FirstMatch | Shape::DecisionTable | Shape::CollectAll => {
                if any(Outcome::Undetermined) {
                    Outcome::Undetermined
                } else if self.matched.is_empty() {
                    Outcome::NotSatisfied
                } else {
                    Outcome::Satisfied
                }
            }
        }
    }

    /// Adds the outputs of the whole pack. An undetermined pack gives none: a value next to "a
    /// person has to look" would be taken for an answer.
    fn finish(mut self, outcome: Outcome) -> Evaluation {
        let mut outputs = BTreeMap::new();
        let mut outcome = outcome;
        if self.pack.shape.stops_at_first()
            && outcome == Outcome::Satisfied
            && let Some(rule) = self.matched.first()
        {
            outputs.clone_from(&rule.outputs);
        }
        if outcome != Outcome::Undetermined {
            self.offer_found();
            for (name, output) in &self.pack.outputs {
                self.evaluator.take_reads();
                self.reach(|| Site::Output(name.clone()), output);
                match self.evaluator.evaluate(&output.node) {
                    Ok(value) => {
                        outputs.insert(name.clone(), value.to_json());
                    }
                    Err(error) => {
                        self.output_unknown(name, output, &error);
                        if outcome == Outcome::Satisfied {
                            outcome = Outcome::Undetermined;
                        }
                    }
                }
            }
        }
        if outcome == Outcome::Undetermined {
            outputs.clear();
        }
        Evaluation {
            outcome,
            findings: self.findings,
            matched: self.matched,
            outputs,
            finding_outputs: self.finding_outputs,
        }
    }

    /// Makes what the rules gave readable for outputs, every known output as a list.
    fn offer_found(&mut self) {
        let given = std::mem::take(&mut self.found);
        let names = self.pack.rules.iter().flat_map(|rule| rule.outputs.iter().map(|it| &it.0));
        for name in names.map(String::as_str).chain(["code"]) {
            let values = given.get(name).cloned().unwrap_or_default();
            // Invariant: no more values than rules, each within its own bound.
            let list = Value::list(values).unwrap_or(Value::Null);
            self.evaluator.found.insert(name.to_owned(), list);
        }
    }

    fn output_unknown(&mut self, name: &str, output: &Compiled, error: &EvalError) {
        let reads = self.evaluator.take_reads();
        let facts = self.facts_seen(reads);
        let (message, next_step) = self.unknown(error);
        let expression = undecided(&mut self.evaluator, output);
        self.findings.push(Finding {
            code: format!("OUTPUT_{}", name.to_uppercase()),
            outcome: Outcome::Undetermined,
            message,
            clause: None,
            expression,
            facts,
            next_step: Some(next_step),
            remedies: vec![],
        });
    }
}

fn person_looks() -> Text {
    Text::new("担当者が内容を確認してください", "a person has to look at it")
}
