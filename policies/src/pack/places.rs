//! Where the expressions of a pack stand in its files: for what is told about it after it was loaded.

use std::collections::BTreeMap;

use crate::source::Placed;

/// An expression of a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Site {
    /// Whom a rule concerns, by the place of the rule.
    Guard(usize),
    /// What a rule asks.
    Condition(usize),
    /// A value that a rule gives, by its name.
    RuleOutput(usize, String),
    /// A variable, by its place.
    Variable(usize),
    /// A value that the whole pack gives.
    Output(String),
}

/// The texts of a pack's expressions, with their places.
#[derive(Debug, Default)]
pub(crate) struct Places {
    texts: BTreeMap<Site, Place>,
}

#[derive(Debug)]
struct Place {
    /// The code of the rule, or the name of the variable or output.
    name: String,
    text: Placed,
    /// Of a row of a decision table: where the condition of each cell starts, and the cell.
    cells: Vec<(usize, Placed)>,
}

/// A part of an expression as a reader finds it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spot<'p> {
    pub(crate) name: &'p str,
    pub(crate) file: &'p str,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Places {
    /// Notes where an expression stands.
    pub(super) fn note(&mut self, site: Site, name: &str, text: Placed) {
        self.texts.insert(site, Place { name: name.to_owned(), text, cells: Vec::new() });
    }

    /// Notes where a row of a decision table stands, and its cells.
    pub(super) fn note_row(&mut self, row: usize, code: &str, condition: RowText) {
        let RowText { text, cells } = condition;
        self.texts.insert(Site::Condition(row), Place { name: code.to_owned(), text, cells });
    }

    /// Where the part of an expression that starts at a byte offset stands.
    pub(crate) fn spot(&self, site: &Site, offset: usize) -> Option<Spot<'_>> {
        let place = self.texts.get(site)?;
        let cell = place.cells.iter().rev().find(|(start, _)| *start <= offset);
        let text = cell.map_or(&place.text, |(_, cell)| cell);
        let inside = if place.cells.is_empty() { offset } else { 0 };
        let (line, column) = text.line_and_column(inside);
        Some(Spot { name: &place.name, file: &text.file.path, line, column })
    }
}

/// The condition that a row stands for, with the places of its cells.
#[derive(Debug, Clone)]
pub(super) struct RowText {
    pub(super) text: Placed,
    pub(super) cells: Vec<(usize, Placed)>,
}
