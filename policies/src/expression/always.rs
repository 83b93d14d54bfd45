//! Conditions that are always true or never true, whatever the facts are: mistakes, nearly always.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Fault;
use super::operators::apply;
use super::tree::{Compiled, Kind, Node, Operator};
use super::types::Type;
use crate::value::Value;

/// The most comparisons of one expression that are looked at in pairs.
const MAX_PAIRS_OF: usize = 32;

/// Every part of an expression that does not depend on any fact although it looks as if.
pub(crate) fn decided_beforehand(compiled: &Compiled) -> Vec<Fault> {
    let mut faults = Vec::new();
    look_at(compiled, &compiled.node, &mut faults);
    faults
}

fn look_at(compiled: &Compiled, node: &Node, faults: &mut Vec<Fault>) {
    match &node.kind {
        Kind::Binary(operator, operands) => {
            let [left, right] = operands.as_ref();
            if let Some(always) = comparison(compiled, *operator, (left, right)) {
                faults.push(told(compiled, node, always));
                return;
            }
        }
        Kind::And(operands) => together(compiled, operands, true, faults),
        Kind::Or(operands) => together(compiled, operands, false, faults),
        Kind::Literal(_)
        | Kind::Fact(_)
        | Kind::HasFact(_)
        | Kind::Variable(_)
        | Kind::Found(_)
        | Kind::Local(_)
        | Kind::Not(_)
        | Kind::Negate(_)
        | Kind::Conditional(_)
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
        | Kind::Dynamic(_) => {}
    }
    for (child, _) in node.below() {
        look_at(compiled, child, faults);
    }
}

fn told(compiled: &Compiled, node: &Node, always: bool) -> Fault {
    let text = compiled.text_of(node);
    let (code, word) = if always { ("always-true", "always") } else { ("never-true", "never") };
    Fault::new(code, node.part, format!("`{text}` is {word} true"))
        .suggesting("compare with a fact, or take it out".to_owned())
}

/// Whether a comparison is always true, or never; nothing when it depends.
fn comparison(
    compiled: &Compiled,
    operator: Operator,
    (left, right): (&Node, &Node),
) -> Option<bool> {
    let compares = match operator {
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::In => true,
        Operator::Add
        | Operator::Subtract
        | Operator::Multiply
        | Operator::Divide
        | Operator::Remainder => false,
    };
    if !compares {
        return None;
    }
    if let (Kind::Literal(left), Kind::Literal(right)) = (&left.kind, &right.kind) {
        return match apply(operator, left, right) {
            Ok(Value::Bool(yes)) => Some(yes),
            Ok(_) | Err(_) => None,
        };
    }
    if compiled.text_of(left) == compiled.text_of(right) && operator != Operator::In {
        return Some(operator.allows(Ordering::Equal));
    }
    let (least, most) = (range(left), range(right));
    let orders = [Ordering::Less, Ordering::Equal, Ordering::Greater];
    let possible = orders.into_iter().filter(|order| match order {
        Ordering::Less => least.0.zip(most.1).is_none_or(|(one, two)| one < two),
        Ordering::Greater => least.1.zip(most.0).is_none_or(|(one, two)| one > two),
        Ordering::Equal => {
            least.0.zip(most.1).is_none_or(|(one, two)| one <= two)
                && least.1.zip(most.0).is_none_or(|(one, two)| one >= two)
        }
    });
    let mut answers = possible.map(|order| operator.allows(order));
    let first = answers.next().filter(|_| operator != Operator::In)?;
    answers.all(|next| next == first).then_some(first)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "nothing is known about everything else")]
/// The smallest and the largest whole number that an expression can give, where they are known.
fn range(node: &Node) -> (Option<i64>, Option<i64>) {
    match &node.kind {
        Kind::Literal(Value::Int(number)) => (Some(*number), Some(*number)),
        Kind::Call(function, _) if matches!(function.name, "size" | "tierOf" | "payable") => {
            (Some(0), None)
        }
        Kind::Select(holder, part) if is_instant_in_japan(holder) => match part.as_ref() {
            "month" => (Some(1), Some(12)),
            "day" => (Some(1), Some(31)),
            "hour" => (Some(0), Some(23)),
            "minute" => (Some(0), Some(59)),
            _ => (None, None),
        },
        _ => (None, None),
    }
}

fn is_instant_in_japan(node: &Node) -> bool {
    matches!(&node.kind, Kind::Call(function, _) if function.name == "jst")
}

/// A comparison of something with what is written down.
struct Bound<'b> {
    node: &'b Node,
    operator: Operator,
    written: &'b Value,
    whole: bool,
}

/// Comparisons of one thing that cannot be true together, or of which one always is.
fn together(compiled: &Compiled, operands: &[Node], and: bool, faults: &mut Vec<Fault>) {
    let mut by_subject: BTreeMap<&str, Vec<Bound<'_>>> = BTreeMap::new();
    for node in operands {
        if let Kind::Literal(Value::Bool(yes)) = &node.kind
            && ["true", "false"].contains(&compiled.text_of(node))
        {
            let word = if *yes == and { "changes nothing here" } else { "decides everything here" };
            let message = format!("`{yes}` {word}");
            let code = if *yes { "always-true" } else { "never-true" };
            faults.push(Fault::new(code, node.part, message).suggesting("take it out".to_owned()));
        }
        let Kind::Binary(operator, sides) = &node.kind else { continue };
        let [left, right] = sides.as_ref();
        let (subject, operator, written) = match (&left.kind, &right.kind) {
            (Kind::Literal(_), Kind::Literal(_)) => continue,
            (_, Kind::Literal(written)) => (left, *operator, written),
            (Kind::Literal(written), _) => match operator.turned() {
                Some(operator) => (right, operator, written),
                None => continue,
            },
            (_, _) => continue,
        };
        let operator = if and { Some(operator) } else { operator.denied() };
        let whole = subject.result == Type::Int;
        let bounds = by_subject.entry(compiled.text_of(subject)).or_default();
        if let Some(operator) = operator.filter(|_| bounds.len() < MAX_PAIRS_OF) {
            bounds.push(Bound { node, operator, written, whole });
        }
    }
    for bounds in by_subject.values() {
        for (at, one) in bounds.iter().enumerate() {
            for two in bounds.iter().skip(at + 1) {
                if exclude_each_other(one, two) || exclude_each_other(two, one) {
                    faults.push(contradiction(compiled, (one, two), and));
                }
            }
        }
    }
}

fn contradiction(compiled: &Compiled, (one, two): (&Bound<'_>, &Bound<'_>), and: bool) -> Fault {
    let (first, second) = (compiled.text_of(one.node), compiled.text_of(two.node));
    let (code, message) = if and {
        ("never-true", format!("`{first}` and `{second}` are never both true"))
    } else {
        ("always-true", format!("one of `{first}` and `{second}` is always true"))
    };
    let hint = if and { "did you mean `||`?" } else { "did you mean `&&`?" };
    Fault::new(code, two.node.part, message).suggesting(hint.to_owned())
}

/// Whether nothing satisfies both, seen from the first.
fn exclude_each_other(one: &Bound<'_>, two: &Bound<'_>) -> bool {
    let among: &[Value] = match (one.operator, one.written) {
        (Operator::Equal, written) => std::slice::from_ref(written),
        (Operator::In, Value::List(list)) => &list.items,
        (Operator::Greater | Operator::GreaterOrEqual, low) => {
            return nothing_between(one, low, two);
        }
        (_, _) => return false,
    };
    !among.is_empty()
        && among.iter().all(|value| match apply(two.operator, value, two.written) {
            Ok(Value::Bool(yes)) => !yes,
            Ok(_) | Err(_) => false,
        })
}

/// Whether nothing lies above the one bound and below the other.
fn nothing_between(one: &Bound<'_>, low: &Value, two: &Bound<'_>) -> bool {
    if !matches!(two.operator, Operator::Less | Operator::LessOrEqual) {
        return false;
    }
    let strict = two.operator == Operator::Less;
    let either_strict = strict || one.operator == Operator::Greater;
    match (low.order(two.written), low, two.written) {
        (Some(Ordering::Greater), _, _) => true,
        (Some(Ordering::Equal), _, _) => either_strict,
        // Between two neighbours there is no whole number.
        (Some(Ordering::Less), Value::Int(low), Value::Int(high)) => {
            one.whole
                && strict
                && one.operator == Operator::Greater
                && low.checked_add(1) == Some(*high)
        }
        (Some(Ordering::Less) | None, _, _) => false,
    }
}
