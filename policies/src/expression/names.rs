//! What the names in a pack's expressions stand for.

use std::collections::{BTreeMap, BTreeSet};

use super::types::Type;
use crate::facts::{FactPath, Root};
use crate::value::Value;

/// Names that a pack may not give to its own constants and variables.
pub(crate) const RESERVED: [&str; 9] =
    ["now", "found", "company", "alert", "claim", "bundle", "order", "caller", "sponsor"];

/// What a name stands for.
#[derive(Debug, Clone)]
pub(crate) enum Name {
    /// The present.
    Now,
    /// A struct of facts.
    Root(Root),
    /// A constant of the pack.
    Constant(Value, Type),
    /// A variable of the pack: its place, its type, and how many levels it needs.
    Variable(usize, Type, usize),
    /// What the rules gave, each output as a list.
    Found(BTreeMap<String, Type>),
}

/// The names that an expression may use.
pub(crate) type Names = BTreeMap<String, Name>;

/// The facts that a pack reads, and the names of its own that it uses.
#[derive(Debug, Default)]
pub(crate) struct FactTable {
    pub(crate) facts: Vec<FactPath>,
    pub(crate) used: BTreeSet<String>,
}

impl FactTable {
    /// The place of a fact; a fact that is new gets one.
    pub(crate) fn place_of(&mut self, root: Root, field: usize) -> usize {
        let found = self.facts.iter().position(|fact| fact.root == root && fact.field == field);
        found.unwrap_or_else(|| {
            self.facts.push(path_of(root, field));
            self.facts.len() - 1
        })
    }
}

fn path_of(root: Root, field: usize) -> FactPath {
    let found = root.schema().and_then(|it| it.fields.get(field).map(|fact| (it, fact)));
    let (path, label_ja, label_en) = found.map_or_else(
        || ("now".to_owned(), "現在時刻", "present"),
        |(schema, fact)| (format!("{}.{}", schema.name, fact.name), fact.label, fact.label_en()),
    );
    FactPath { root, field, path, label_ja, label_en }
}
