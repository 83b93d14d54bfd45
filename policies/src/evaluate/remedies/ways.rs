//! From the parts of a condition that decided to the changes that may turn it.

use super::values::{Line, nearer};
use super::{Change, Cure, MAX_TOGETHER, Reach, Way};
use crate::expression::{Kind, Node, Operator};
use crate::facts::FactType;
use crate::value::Value;

/// The most ways that are tried for one finding.
const MAX_WAYS: usize = 16;

/// The most facts of one comparison that are looked at.
const MAX_FACTS: usize = 4;

/// The most elements of a list, or words, that are tried for one fact.
const MAX_VALUES: usize = 12;

impl Cure<'_> {
    /// Changes that may make a condition, which does not, give what is wanted.
    pub(super) fn ways(&mut self, node: &Node, wanted: bool) -> Vec<Way> {
        let mut ways = match &node.kind {
            Kind::Not(operand) => self.ways(operand, !wanted),
            Kind::And(operands) if wanted => self.all(operands, wanted),
            Kind::Or(operands) if !wanted => self.all(operands, wanted),
            Kind::And(operands) | Kind::Or(operands) => {
                operands.iter().flat_map(|operand| self.ways(operand, wanted)).collect()
            }
            Kind::Conditional(parts) => {
                let [test, one, two] = parts.as_ref();
                match self.evaluator.truth(test) {
                    Ok(yes) => {
                        let mut ways = self.ways(if yes { one } else { two }, wanted);
                        ways.extend(self.ways(test, !yes));
                        ways
                    }
                    Err(_) => vec![],
                }
            }
            Kind::Variable(place) => match self.pack.variables.get(*place) {
                Some(variable) => self.ways(&variable.node, wanted),
                None => vec![],
            },
            Kind::Literal(_)
            | Kind::Fact(_)
            | Kind::HasFact(_)
            | Kind::Found(_)
            | Kind::Local(_)
            | Kind::Negate(_)
            | Kind::Binary(..)
            | Kind::Index(_)
            | Kind::Select(..)
            | Kind::HasKey(..)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Call(..)
            | Kind::Matches(..)
            | Kind::Known(_)
            | Kind::Require(_)
            | Kind::Dynamic(_)
            | Kind::Each(..) => self.leaf(node, wanted),
        };
        ways.truncate(MAX_WAYS);
        ways
    }

    /// Every operand that does not give what is wanted has to change.
    fn all(&mut self, operands: &[Node], wanted: bool) -> Vec<Way> {
        let mut together: Vec<Way> = vec![vec![]];
        for operand in operands {
            if self.evaluator.truth(operand) == Ok(wanted) {
                continue;
            }
            let ways = self.ways(operand, wanted);
            together = together
                .iter()
                .flat_map(|before| ways.iter().map(|way| joined(before, way)))
                .filter(|way| way.len() <= MAX_TOGETHER)
                .take(MAX_WAYS)
                .collect();
        }
        together.retain(|way| !way.is_empty());
        together
    }

    /// A condition that is made of no smaller ones: one fact of it may change.
    fn leaf(&mut self, node: &Node, wanted: bool) -> Vec<Way> {
        let mut ways = Vec::new();
        let facts = self.facts_of(node);
        for place in facts.into_iter().take(MAX_FACTS) {
            if !self.is_allowed(place) {
                continue;
            }
            for change in self.candidates(place, node, wanted) {
                self.evaluator.suppose(place, Some(change.value.clone()));
                if self.evaluator.truth(node) == Ok(wanted) {
                    ways.push(vec![change]);
                }
                self.evaluator.suppose(place, None);
            }
        }
        ways
    }

    fn candidates(&mut self, place: usize, node: &Node, wanted: bool) -> Vec<Change> {
        let direct = self.direct(place, node, wanted);
        if !direct.is_empty() {
            return direct;
        }
        let exactly = |value: Value| Change { place, value, reach: Reach::Exactly };
        match self.type_of(place) {
            Some(FactType::Bool) => [true, false].map(Value::Bool).map(exactly).into(),
            Some(FactType::Word(words)) => {
                words.iter().take(MAX_VALUES).map(|word| exactly(Value::text(word))).collect()
            }
            Some(FactType::Int | FactType::Decimal | FactType::Timestamp) => {
                self.searched(place, node, wanted).into_iter().collect()
            }
            Some(FactType::List(_)) => {
                self.longer_list(place, node).into_iter().map(exactly).collect()
            }
            Some(FactType::Text) | None => vec![],
        }
    }

    /// What a fact needs that is compared with something that does not depend on it.
    pub(super) fn direct(&mut self, place: usize, node: &Node, wanted: bool) -> Vec<Change> {
        let Kind::Binary(operator, operands) = &node.kind else { return vec![] };
        let [left, right] = operands.as_ref();
        let (operator, other) = if self.is_fact(left, place) && !self.depends(right, place) {
            (*operator, right)
        } else if self.is_fact(right, place) && !self.depends(left, place) {
            let Some(turned) = turned(*operator) else { return vec![] };
            (turned, left)
        } else {
            return vec![];
        };
        let Ok(bound) = self.evaluator.evaluate(other) else { return vec![] };
        let operator = if wanted { Some(operator) } else { opposite(operator) };
        let is_now = self.path(place).is_some_and(|path| path.root == crate::facts::Root::Now);
        let found = match (operator, &bound) {
            (Some(Operator::In), Value::List(list)) => {
                let items = list.items.iter().take(MAX_VALUES).cloned();
                return items.map(|value| Change { place, value, reach: Reach::Exactly }).collect();
            }
            (Some(Operator::Equal), _) => Some((bound, Reach::Exactly)),
            (Some(operator), _) => self
                .type_of(place)
                .and_then(|kind| nearer(kind, operator, &bound))
                .filter(|(_, reach)| !is_now || *reach == Reach::OrMore),
            (None, _) => None,
        };
        found.map(|(value, reach)| Change { place, value, reach }).into_iter().collect()
    }

    /// Whether a node is just this fact, looking through variables and choices.
    fn is_fact(&mut self, node: &Node, place: usize) -> bool {
        match &node.kind {
            Kind::Fact(fact) => *fact == place,
            Kind::Variable(variable) => {
                let found = self.pack.variables.get(*variable);
                found.is_some_and(|variable| self.is_fact(&variable.node, place))
            }
            Kind::Conditional(parts) => {
                let [test, one, two] = parts.as_ref();
                match self.evaluator.truth(test) {
                    Ok(true) => self.is_fact(one, place),
                    Ok(false) => self.is_fact(two, place),
                    Err(_) => false,
                }
            }
            Kind::Literal(_)
            | Kind::HasFact(_)
            | Kind::Found(_)
            | Kind::Local(_)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::Not(_)
            | Kind::Negate(_)
            | Kind::Binary(..)
            | Kind::Index(_)
            | Kind::Select(..)
            | Kind::HasKey(..)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Call(..)
            | Kind::Matches(..)
            | Kind::Known(_)
            | Kind::Require(_)
            | Kind::Dynamic(_)
            | Kind::Each(..) => false,
        }
    }

    fn depends(&self, node: &Node, place: usize) -> bool {
        self.facts_of(node).contains(&place)
    }

    /// The facts that a node may look at, each once.
    pub(super) fn facts_of(&self, node: &Node) -> Vec<usize> {
        let mut facts = Vec::new();
        let mut seen = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            match &node.kind {
                Kind::Fact(place) | Kind::HasFact(place) => {
                    if !facts.contains(place) {
                        facts.push(*place);
                    }
                }
                Kind::Variable(place) => {
                    if !seen.contains(place) {
                        seen.push(*place);
                        open.extend(self.pack.variables.get(*place).map(|it| &it.node));
                    }
                }
                Kind::Literal(_)
                | Kind::Found(_)
                | Kind::Local(_)
                | Kind::And(_)
                | Kind::Or(_)
                | Kind::Not(_)
                | Kind::Negate(_)
                | Kind::Conditional(_)
                | Kind::Binary(..)
                | Kind::Index(_)
                | Kind::Select(..)
                | Kind::HasKey(..)
                | Kind::List(_)
                | Kind::Map(_)
                | Kind::Call(..)
                | Kind::Matches(..)
                | Kind::Known(_)
                | Kind::Require(_)
                | Kind::Dynamic(_)
                | Kind::Each(..) => {
                    open.extend(node.below().into_iter().map(|(below, _)| below).rev());
                }
            }
        }
        facts
    }

    /// The nearest value of a number or instant with which a condition gives what is wanted: by
    /// doubling the distance, then halving what lies between.
    fn searched(&mut self, place: usize, node: &Node, wanted: bool) -> Option<Change> {
        let line = Line::new(self.path(place)?, self.type_of(place)?, self.evaluator.fact(place))?;
        let found = [1_i64, -1].into_iter().filter_map(|direction| {
            if direction < 0 && !line.goes_back() {
                return None;
            }
            let mut gives = |offset: i64| {
                let value = offset.checked_mul(direction).and_then(|it| line.at(it));
                self.evaluator.suppose(place, value.clone());
                let given = value.is_some() && self.evaluator.truth(node) == Ok(wanted);
                self.evaluator.suppose(place, None);
                given
            };
            let (mut without, mut with) = (0, 1);
            while !gives(with) {
                without = with;
                with = with.checked_mul(2).filter(|it| *it <= line.longest())?;
            }
            while with - without > 1 {
                let between = without + (with - without) / 2;
                if gives(between) { with = between } else { without = between }
            }
            let goes_on = gives(with.saturating_mul(2));
            Some((with, direction, goes_on))
        });
        let (offset, direction, goes_on) = found.min_by_key(|(offset, ..)| *offset)?;
        let reach = match (goes_on, direction > 0) {
            (false, _) => Reach::Exactly,
            (true, true) => Reach::OrMore,
            (true, false) => Reach::OrLess,
        };
        let value = line.at(offset.checked_mul(direction)?)?;
        Some(Change { place, value, reach })
    }

    /// A list of facts with the element that is asked for added.
    fn longer_list(&mut self, place: usize, node: &Node) -> Option<Value> {
        let Kind::Binary(Operator::In, operands) = &node.kind else { return None };
        let [element, list] = operands.as_ref();
        if !self.is_fact(list, place) {
            return None;
        }
        let element = self.evaluator.evaluate(element).ok()?;
        let mut items = match self.evaluator.fact(place) {
            Some(Value::List(list)) => list.items.clone(),
            Some(_) | None => vec![],
        };
        items.push(element);
        Value::list(items).ok()
    }

    pub(super) fn type_of(&self, place: usize) -> Option<FactType> {
        let path = self.path(place)?;
        match path.root.schema() {
            Some(schema) => schema.fields.get(path.field).map(|fact| fact.fact_type),
            None => Some(FactType::Timestamp),
        }
    }
}

/// Both ways together; where they disagree about a fact, the later one counts.
fn joined(one: &Way, two: &Way) -> Way {
    let kept = one.iter().filter(|it| two.iter().all(|other| other.place != it.place));
    kept.chain(two).cloned().collect()
}

/// The operator with its sides exchanged.
const fn turned(operator: Operator) -> Option<Operator> {
    match operator {
        Operator::Equal => Some(Operator::Equal),
        Operator::NotEqual => Some(Operator::NotEqual),
        Operator::Less => Some(Operator::Greater),
        Operator::LessOrEqual => Some(Operator::GreaterOrEqual),
        Operator::Greater => Some(Operator::Less),
        Operator::GreaterOrEqual => Some(Operator::LessOrEqual),
        Operator::Add
        | Operator::Subtract
        | Operator::Multiply
        | Operator::Divide
        | Operator::Remainder
        | Operator::In => None,
    }
}

/// The operator that holds when this one does not.
const fn opposite(operator: Operator) -> Option<Operator> {
    match operator {
        Operator::Equal => Some(Operator::NotEqual),
        Operator::NotEqual => Some(Operator::Equal),
        Operator::Less => Some(Operator::GreaterOrEqual),
        Operator::LessOrEqual => Some(Operator::Greater),
        Operator::Greater => Some(Operator::LessOrEqual),
        Operator::GreaterOrEqual => Some(Operator::Less),
        Operator::Add
        | Operator::Subtract
        | Operator::Multiply
        | Operator::Divide
        | Operator::Remainder
        | Operator::In => None,
    }
}
