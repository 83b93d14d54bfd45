//! What would change a finding: evidence to bring, a day to wait for, an amount to take away, a value
//! that is needed.
//!
//! Candidates come from the parts of the condition that decided. Each is proven: the rule is
//! evaluated again with the changed facts, and what does not turn it is not told. All of it together
//! takes at most as many steps as the evaluation itself may take.

use tasuki_core::decision::{Remedy, RemedyChange};
use tasuki_core::money::Money;
use tasuki_core::text::{Language, Text};
use tasuki_core::time::Timestamp;

use super::evaluator::{EvalError, Evaluator};
use crate::facts::{FactPath, FactSet, Root};
use crate::pack::{Curable, Pack, Rule, Shape};
use crate::value::{Value, japan};

mod values;
mod ways;

/// The most remedies of one finding: more would not help its reader.
const MAX_REMEDIES: usize = 8;

/// The most facts that are supposed together.
const MAX_TOGETHER: usize = 4;

/// The most combinations of supposed facts that are tried for one finding.
const MAX_TRIES: usize = 64;

/// A value that a fact would have to have.
#[derive(Debug, Clone)]
struct Change {
    place: usize,
    value: Value,
    reach: Reach,
}

/// Which other values would do as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Exactly,
    OrMore,
    OrLess,
}

/// Changes that have to be made together.
type Way = Vec<Change>;

/// Looks for what would change a finding of one rule.
#[derive(Debug)]
pub(super) struct Cure<'c> {
    pack: &'c Pack,
    rule: &'c Rule,
    /// Evaluates what is supposed.
    evaluator: Evaluator<'c>,
    tries_left: usize,
}

impl<'c> Cure<'c> {
    /// For a rule of a pack, with so many steps left.
    pub(super) fn new(
        pack: &'c Pack,
        facts: &'c FactSet,
        (rule, steps): (&'c Rule, usize),
    ) -> Self {
        let mut evaluator = Evaluator::new(facts, &pack.facts, &pack.variables);
        evaluator.limit_steps(steps);
        Self { pack, rule, evaluator, tries_left: MAX_TRIES }
    }

    /// How many steps were not needed.
    pub(super) const fn steps_left(&self) -> usize {
        self.evaluator.steps_left()
    }

    /// What would make the condition of a rule that failed give what it did not give.
    pub(super) fn of_failed(&mut self, wanted: bool) -> Vec<Remedy> {
        let rule = self.rule;
        let ways = self.ways(&rule.condition.node, wanted);
        let (alone, together): (Vec<Way>, Vec<Way>) =
            ways.into_iter().partition(|way| way.len() == 1);
        let mut proven: Vec<Way> = Vec::new();
        for way in alone {
            let known = |other: &Way| {
                other.iter().zip(&way).all(|(a, b)| a.place == b.place && a.value.same(&b.value))
            };
            if proven.len() < MAX_REMEDIES && !proven.iter().any(known) && self.turns(&way, wanted)
            {
                proven.push(way);
            }
        }
        if proven.is_empty() {
            let found = together.into_iter().find(|way| self.turns(way, wanted));
            return found.iter().flatten().map(|change| self.told(change, Alone::No)).collect();
        }
        proven.iter().flatten().map(|change| self.told(change, Alone::Yes)).collect()
    }

    /// The evidence that would let a rule be determined, where that can help.
    pub(super) fn of_unknown(&mut self, missing: &[usize]) -> Vec<Remedy> {
        let mut needed: Vec<usize> = Vec::new();
        for place in missing.iter().take(MAX_REMEDIES) {
            let mut supposed = Vec::new();
            if self.evidence(*place, &mut supposed) {
                needed
                    .extend(supposed.iter().filter(|it| !needed.contains(it)).collect::<Vec<_>>());
            }
            for place in supposed {
                self.evaluator.suppose(place, None);
            }
        }
        needed.truncate(MAX_REMEDIES);
        needed.into_iter().filter_map(|place| self.evidence_told(place)).collect()
    }

    /// Supposes values of a missing fact, and of those that are missing then, until the rule is as
    /// wished.
    fn evidence(&mut self, place: usize, supposed: &mut Vec<usize>) -> bool {
        if supposed.len() >= MAX_TOGETHER || !self.is_allowed(place) || supposed.contains(&place) {
            return false;
        }
        supposed.push(place);
        for value in self.samples(place) {
            if self.tries_left == 0 {
                break;
            }
            self.tries_left -= 1;
            self.evaluator.suppose(place, Some(value));
            match self.is_well() {
                Ok(true) => return true,
                Ok(false) | Err(EvalError::Failed(_) | EvalError::Referred(_)) => {}
                Err(EvalError::Missing(next)) => {
                    let n_before = supposed.len();
                    for place in next {
                        if self.evidence(place, supposed) {
                            return true;
                        }
                        for place in supposed.drain(n_before..) {
                            self.evaluator.suppose(place, None);
                        }
                    }
                }
                Err(EvalError::Spent) => return false,
            }
        }
        false
    }

    /// Whether the rule, as things are supposed, is no finding.
    fn is_well(&mut self) -> Result<bool, EvalError> {
        let rule = self.rule;
        if let Some(guard) = &rule.guard
            && !self.evaluator.truth(&guard.node)?
        {
            return Ok(true);
        }
        let yes = self.evaluator.truth(&rule.condition.node)?;
        Ok(match self.pack.shape {
            Shape::AllMustHold => yes,
            Shape::NoneMayHold => !yes,
            // Here a rule that does not apply is no finding either.
            Shape::FirstMatch | Shape::CollectAll | Shape::DecisionTable => true,
        })
    }

    /// Whether changes turn the rule, which still has to be about these facts.
    fn turns(&mut self, way: &[Change], wanted: bool) -> bool {
        for change in way {
            self.evaluator.suppose(change.place, Some(change.value.clone()));
        }
        let rule = self.rule;
        let concerned =
            rule.guard.as_ref().is_none_or(|it| self.evaluator.truth(&it.node) == Ok(true));
        let turned = concerned && self.evaluator.truth(&rule.condition.node) == Ok(wanted);
        for change in way {
            self.evaluator.suppose(change.place, None);
        }
        turned
    }

    /// Whether the author names the fact as one that can be changed.
    fn is_allowed(&self, place: usize) -> bool {
        match &self.rule.curable {
            Curable::No => false,
            Curable::Any => true,
            Curable::By(places) => places.contains(&place),
        }
    }

    fn path(&self, place: usize) -> Option<&'c FactPath> {
        self.pack.facts.get(place)
    }

    fn evidence_told(&self, place: usize) -> Option<Remedy> {
        let path = self.path(place)?;
        Some(Remedy {
            message: Text::new(
                format!("「{}」が確認できれば、条件を満たす可能性があります", path.label_ja),
                format!("evidence of this may settle it: {} (`{}`)", path.label_en, path.path),
            ),
            path: path.path.clone(),
            change: RemedyChange::MissingEvidence(path.path.clone()),
        })
    }

    fn told(&mut self, change: &Change, alone: Alone) -> Remedy {
        let before = self.evaluator.fact(change.place);
        let Some(path) = self.path(change.place) else { return nowhere(change) };
        // A missing fact that is enough by itself is one that nobody had to give.
        if before.is_none() && alone == Alone::No {
            return self.evidence_told(change.place).unwrap_or_else(|| nowhere(change));
        }
        let kind = kind_of(path, before.as_ref(), change);
        let mut message = message(path, &kind, change);
        if alone == Alone::No {
            message.ja += "（他の条件とあわせて必要です）";
            message.en += ", together with the others";
        }
        Remedy { message, path: path.path.clone(), change: kind }
    }
}

/// Whether one change is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alone {
    Yes,
    No,
}

/// Invariant: places come from the pack's own list of facts, so this is never told.
fn nowhere(change: &Change) -> Remedy {
    let message = Text::new(change.value.shown(Language::Ja), change.value.shown(Language::En));
    Remedy { message, path: String::new(), change: RemedyChange::Needed(change.value.to_json()) }
}

fn kind_of(path: &FactPath, before: Option<&Value>, change: &Change) -> RemedyChange {
    match (&change.value, before) {
        (Value::Timestamp(at), _) if path.root == Root::Now || change.reach == Reach::OrMore => {
            RemedyChange::HoldsFrom(day_of(*at))
        }
        (Value::Int(needed), Some(Value::Int(given)))
            if path.path.ends_with("_yen") && change.reach == Reach::OrLess && needed < given =>
        {
            RemedyChange::OverBy(Money::jpy(given.saturating_sub(*needed)))
        }
        (value, _) => RemedyChange::Needed(value.to_json()),
    }
}

/// The day in Japan. Candidates of this kind are midnights there.
fn day_of(at: Timestamp) -> jiff::civil::Date {
    japan().to_datetime(at.as_jiff()).date()
}

fn message(path: &FactPath, kind: &RemedyChange, change: &Change) -> Text {
    let (ja, en) = (path.label_ja, format!("{} (`{}`)", path.label_en, path.path));
    match kind {
        RemedyChange::HoldsFrom(day) => {
            let day_ja = day.strftime("%Y年%-m月%-d日");
            if path.root == Root::Now {
                return Text::new(
                    format!("{day_ja}から条件を満たします"),
                    format!("it holds from {day} on"),
                );
            }
            Text::new(
                format!("「{ja}」が{day_ja}以降であれば条件を満たします"),
                format!("it would hold from {day} on: {en}"),
            )
        }
        RemedyChange::OverBy(money) => Text::new(
            format!("「{ja}」を{money}減らすと条件を満たします"),
            format!("it would hold with {money} less: {en}"),
        ),
        RemedyChange::Needed(_) | RemedyChange::MissingEvidence(_) => {
            let (value_ja, value_en) = shown(path, &change.value);
            let is_instant = matches!(change.value, Value::Timestamp(_));
            let (more_ja, more_en) = match change.reach {
                Reach::Exactly => ("", ""),
                Reach::OrMore => ("以上", " or more"),
                Reach::OrLess if is_instant => ("以前", " or earlier"),
                Reach::OrLess => ("以下", " or less"),
            };
            Text::new(
                format!("「{ja}」が{value_ja}{more_ja}であれば条件を満たします"),
                format!("it would hold with {value_en}{more_en}: {en}"),
            )
        }
    }
}

fn shown(path: &FactPath, value: &Value) -> (String, String) {
    let yen = value.shown_as_yen().filter(|_| path.path.ends_with("_yen"));
    match (yen, value) {
        (Some(yen), _) => (yen.clone(), yen),
        (None, value @ (Value::Text(_) | Value::Bool(_) | Value::List(_))) => (
            format!("「{}」", value.shown(Language::Ja)),
            format!("`{}`", value.shown(Language::En)),
        ),
        (None, value) => (value.shown(Language::Ja), value.shown(Language::En)),
    }
}
