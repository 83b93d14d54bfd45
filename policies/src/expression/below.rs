//! What stands below a node.

use super::tree::{Kind, Macro, Node};

impl Node {
    /// The nodes right below a node in the order of evaluation, and which of them are conditions.
    pub(crate) fn below(&self) -> Vec<(&Self, bool)> {
        match &self.kind {
            Kind::Literal(_)
            | Kind::Fact(_)
            | Kind::HasFact(_)
            | Kind::Variable(_)
            | Kind::Found(_)
            | Kind::Local(_) => vec![],
            Kind::And(operands) | Kind::Or(operands) => {
                operands.iter().map(|it| (it, true)).collect()
            }
            Kind::Not(operand) => vec![(operand.as_ref(), true)],
            Kind::Conditional(parts) => {
                let [test, one, two] = parts.as_ref();
                vec![(test, true), (one, false), (two, false)]
            }
            Kind::Negate(one)
            | Kind::Select(one, _)
            | Kind::HasKey(one, _)
            | Kind::Matches(one, _)
            | Kind::Known(one) => vec![(one.as_ref(), false)],
            Kind::Binary(_, two) | Kind::Index(two) => two.iter().map(|it| (it, false)).collect(),
            Kind::List(nodes) | Kind::Call(_, nodes) => {
                nodes.iter().map(|it| (it, false)).collect()
            }
            Kind::Require(two) => {
                let [condition, code] = two.as_ref();
                vec![(condition, true), (code, false)]
            }
            Kind::Dynamic(dynamic) => {
                dynamic.children().into_iter().map(|it| (it, false)).collect()
            }
            Kind::Map(entries) => entries.iter().map(|(_, it)| (it, false)).collect(),
            Kind::Each(what, each) => {
                let mut found = vec![(&each.list, false)];
                found.extend(each.filter.as_ref().map(|it| (it, true)));
                found.push((&each.body, *what != Macro::Map));
                found
            }
        }
    }
}
