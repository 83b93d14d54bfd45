//! Expressions: from text to a tree whose names and types are known.
//!
//! The text is parsed by the `cel` crate. Everything after it is ours, so that cost, explanation
//! and the three outcomes belong to the evaluator and are not bolted on to it.

mod always;
mod below;
mod check;
mod dynamic;
mod names;
mod operators;
mod parse;
mod scan;
mod tree;
mod types;

pub(crate) use always::decided_beforehand;
pub(crate) use check::{check, found_names, is_taken};
pub(crate) use dynamic::{Scope, lower};
pub(crate) use names::{FactTable, Name, Names};
pub(crate) use operators::{apply, negate};
pub(crate) use parse::{Parsed, parse, parse_standard};
pub(crate) use tree::{Compiled, Dynamic, Each, Kind, Macro, Node, Operator, PairMacro, Pairs};
pub(crate) use types::Type;

/// Something wrong between two byte offsets of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) part: (usize, usize),
    pub(crate) message: String,
    pub(crate) suggestion: Option<String>,
}

impl Fault {
    pub(crate) fn new(code: &'static str, part: (usize, usize), message: String) -> Self {
        Self { code, part, message, suggestion: None }
    }

    pub(crate) fn suggesting(mut self, suggestion: String) -> Self {
        self.suggestion = Some(suggestion);
        self
    }
}
