//! Somebody who wants to know which expressions an evaluation reaches: coverage. Whoever does not
//! want to know pays nothing.

use std::collections::BTreeMap;

use crate::expression::Compiled;
use crate::facts::FactSet;
use crate::pack::{Pack, Site};
use crate::value::Value;

/// An expression that is about to be evaluated, and all it can look at.
#[derive(Debug)]
pub(crate) struct Reached<'r> {
    pub(crate) pack: &'r Pack,
    pub(crate) facts: &'r FactSet,
    /// What the rules gave.
    pub(crate) found: &'r BTreeMap<String, Value>,
    pub(crate) expression: &'r Compiled,
}

/// Is told of every expression that an evaluation reaches.
pub(crate) trait Watch {
    /// An expression is about to be evaluated.
    fn reached(&mut self, reached: &Reached<'_>, site: impl FnOnce() -> Site);
}

/// Nobody watches.
#[derive(Debug)]
pub(crate) struct Unwatched;

impl Watch for Unwatched {
    fn reached(&mut self, _: &Reached<'_>, _: impl FnOnce() -> Site) {}
}
