//! Which part of a condition decided.

use super::evaluator::Evaluator;
use crate::expression::{Compiled, Kind, Node};

/// The text of the smallest part that made a condition give `given`: of `a && b` that is false the
/// operand that is false, of a variable the part of its own expression.
pub(crate) fn deciding(evaluator: &mut Evaluator<'_>, condition: &Compiled, given: bool) -> String {
    let mut whole = condition;
    let mut node = &condition.node;
    let variables = evaluator.variables();
    while let Some((holder, next)) = step(evaluator, (whole, node), variables, Some(given)) {
        (whole, node) = (holder, next);
    }
    whole.text_of(node).to_owned()
}

/// The text of the smallest condition that has no value.
pub(crate) fn undecided(evaluator: &mut Evaluator<'_>, condition: &Compiled) -> String {
    let mut whole = condition;
    let mut node = &condition.node;
    let variables = evaluator.variables();
    while let Some((holder, next)) = step(evaluator, (whole, node), variables, None) {
        (whole, node) = (holder, next);
    }
    whole.text_of(node).to_owned()
}

type Place<'n> = (&'n Compiled, &'n Node);

/// One step down towards what decided; nothing when this is it. No wanted value stands for none.
fn step<'n>(
    evaluator: &mut Evaluator<'_>,
    (whole, node): Place<'n>,
    variables: &'n [Compiled],
    wanted: Option<bool>,
) -> Option<Place<'n>> {
    let mut first = |operands: &'n [Node]| {
        operands.iter().find(|operand| evaluator.truth(operand).ok() == wanted)
    };
    match &node.kind {
        Kind::And(operands) if wanted != Some(true) => first(operands).map(|it| (whole, it)),
        Kind::Or(operands) if wanted != Some(false) => first(operands).map(|it| (whole, it)),
        Kind::Conditional(parts) => {
            let [test, one, two] = parts.as_ref();
            match evaluator.truth(test) {
                Ok(true) => Some((whole, one)),
                Ok(false) => Some((whole, two)),
                Err(_) => Some((whole, test)),
            }
        }
        Kind::Variable(place) => {
            let variable = variables.get(*place)?;
            // A variable that is no condition says more by its name.
            let is_condition = variable.node.result == crate::expression::Type::Bool;
            is_condition.then_some((variable, &variable.node))
        }
        Kind::And(_)
        | Kind::Or(_)
        | Kind::Literal(_)
        | Kind::Fact(_)
        | Kind::HasFact(_)
        | Kind::Found(_)
        | Kind::Local(_)
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
        | Kind::Each(..)
        | Kind::Dynamic(_) => None,
    }
}
