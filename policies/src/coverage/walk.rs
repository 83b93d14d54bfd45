//! Walks an expression beside the evaluator and notes what its conditions came to.

use std::collections::{BTreeMap, BTreeSet};

use super::Key;
use crate::evaluate::{EvalError, Evaluated, Evaluator, Reached, Watch};
use crate::expression::{Compiled, Each, Kind, Macro, Node};
use crate::pack::Site;
use crate::value::Value;

/// What was seen of the conditions of one pack.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    sides: BTreeMap<Key, (bool, bool)>,
}

impl Seen {
    /// Whether a condition was seen true, and seen false.
    pub(super) fn sides(&self, key: &Key) -> (bool, bool) {
        self.sides.get(key).copied().unwrap_or_default()
    }

    fn note(&mut self, site: &Site, node: &Node, yes: bool) {
        let sides = self.sides.entry((site.clone(), node.part)).or_default();
        if yes {
            sides.0 = true;
        } else {
            sides.1 = true;
        }
    }
}

impl Watch for Seen {
    fn reached(&mut self, reached: &Reached<'_>, site: impl FnOnce() -> Site) {
        let pack = reached.pack;
        let mut evaluator = Evaluator::new(reached.facts, &pack.facts, &pack.variables);
        evaluator.found.clone_from(reached.found);
        let site = site();
        let mut walk =
            Walk { seen: self, evaluator, variables: &pack.variables, walked: BTreeSet::new() };
        // What goes wrong here went wrong in the evaluation too, which tells it.
        let _: Evaluated = match site {
            Site::Guard(_) | Site::Condition(_) => {
                walk.condition(&site, &reached.expression.node).map(Value::Bool)
            }
            Site::RuleOutput(..) | Site::Variable(_) | Site::Output(_) => {
                walk.value(&site, &reached.expression.node)
            }
        };
    }
}

struct Walk<'w> {
    seen: &'w mut Seen,
    evaluator: Evaluator<'w>,
    variables: &'w [Compiled],
    /// Variables that were walked already: they have the same value again.
    walked: BTreeSet<usize>,
}

impl Walk<'_> {
    fn condition(&mut self, site: &Site, node: &Node) -> Result<bool, EvalError> {
        let given = self.value(site, node)?;
        let Value::Bool(yes) = given else { return Ok(false) };
        self.seen.note(site, node, yes);
        Ok(yes)
    }

    /// The value of a node, after its conditions were noted in the order of evaluation.
    fn value(&mut self, site: &Site, node: &Node) -> Evaluated {
        match &node.kind {
            Kind::And(operands) => return self.logic(site, operands, false),
            Kind::Or(operands) => return self.logic(site, operands, true),
            Kind::Not(operand) => return self.condition(site, operand).map(|it| Value::Bool(!it)),
            Kind::Conditional(parts) => {
                let [test, one, two] = parts.as_ref();
                let chosen = if self.condition(site, test)? { one } else { two };
                return self.value(site, chosen);
            }
            Kind::Require(parts) => {
                let [condition, code] = parts.as_ref();
                self.condition(site, condition)?;
                self.value(site, code)?;
            }
            Kind::Variable(place) => self.variable(*place),
            Kind::Known(operand) => {
                // Whether it has a value is what is asked; that it has none is no error here.
                let _: Evaluated = self.value(site, operand);
            }
            Kind::Each(what, each) => self.each(site, *what, each)?,
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
            | Kind::Dynamic(_) => {
                for (below, _) in node.below() {
                    self.value(site, below)?;
                }
            }
        }
        self.evaluator.evaluate(node)
    }

    /// `&&` and `||`: operands after the one that decides are not reached.
    fn logic(&mut self, site: &Site, operands: &[Node], decisive: bool) -> Evaluated {
        let mut wrong = None;
        for operand in operands {
            match self.condition(site, operand) {
                Ok(yes) if yes == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(EvalError::Spent) => return Err(EvalError::Spent),
                Err(error) => wrong = Some(error),
            }
        }
        wrong.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn variable(&mut self, place: usize) {
        if let Some(variable) = self.variables.get(place)
            && self.walked.insert(place)
        {
            let elements = self.evaluator.take_elements();
            // Its error is told by whoever uses it.
            let _: Evaluated = self.value(&Site::Variable(place), &variable.node);
            self.evaluator.put_elements(elements);
        }
    }

    fn each(&mut self, site: &Site, what: Macro, each: &Each) -> Result<(), EvalError> {
        let Value::List(list) = self.value(site, &each.list)? else { return Ok(()) };
        let decisive = match what {
            Macro::All => Some(false),
            Macro::Exists => Some(true),
            Macro::ExistsOne | Macro::Filter | Macro::Map => None,
        };
        for element in &list.items {
            self.evaluator.enter(element.clone());
            let given = self.element(site, what, each);
            self.evaluator.leave();
            match given {
                Ok(yes) if yes.is_some() && yes == decisive => return Ok(()),
                Err(error) if decisive.is_none() || error == EvalError::Spent => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// What the body asks of one element.
    fn element(
        &mut self,
        site: &Site,
        what: Macro,
        each: &Each,
    ) -> Result<Option<bool>, EvalError> {
        if let Some(filter) = &each.filter
            && !self.condition(site, filter)?
        {
            return Ok(None);
        }
        if what == Macro::Map {
            return self.value(site, &each.body).map(|_| None);
        }
        self.condition(site, &each.body).map(Some)
    }
}
