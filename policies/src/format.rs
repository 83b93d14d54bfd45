//! The format of `pack.yaml` and of cases as data: its keys in their order, with what each means and
//! takes. Editors, the formatter and suggestions read it here; a test compares it with the reader.

use tasuki_core::decision::{Outcome, PackKind};

use crate::facts;
use crate::pack::Shape;

pub(crate) mod keys;
mod layout;

pub(crate) use keys::{CASE, PACK};
pub use layout::format_file;

/// A mapping of the format.
#[derive(Debug)]
pub(crate) struct Section {
    /// What documents call it.
    pub(crate) name: &'static str,
    /// Its keys in the order in which they are written.
    pub(crate) keys: &'static [Key],
}

/// A key of a mapping.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What it means.
    pub(crate) doc: &'static str,
    pub(crate) needed: Needed,
    pub(crate) takes: Takes,
}

/// Whether a key may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needed {
    Always,
    No,
}

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Takes {
    Text,
    Bool,
    Int,
    /// A list of texts.
    Texts,
    /// A list of whole numbers.
    Ints,
    /// One of a few words.
    Word(Words),
    /// A list of some of a few words.
    Words(Words),
    /// The version of the functions and facts.
    Environment,
    /// A day in Japan or an instant.
    Time,
    /// An instant by path of a fact.
    TimesByFact,
    /// The code of a rule.
    Code,
    Codes,
    /// CEL, or the name of a file with it.
    Expression,
    /// Expressions by names of the author's own.
    Expressions,
    /// What somebody can do something about: yes, no, or paths of facts.
    Curable,
    /// Cells of a row by input.
    Cells,
    /// Facts by root.
    Facts,
    /// Any values by name.
    Values,
    /// Any values by code and name.
    ValuesByCode,
    One(&'static Section),
    Many(&'static Section),
    /// Sections by names of the author's own.
    ByName(&'static Section),
}

/// A few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    Kinds,
    Shapes,
    Outcomes,
    Roots,
}

impl Words {
    pub(crate) fn all(self) -> Vec<&'static str> {
        match self {
            Self::Kinds => PackKind::ALL.iter().map(|kind| kind.as_str()).collect(),
            Self::Shapes => Shape::ALL.iter().map(|shape| shape.as_str()).collect(),
            Self::Outcomes => [Outcome::Satisfied, Outcome::NotSatisfied, Outcome::Undetermined]
                .map(Outcome::as_str)
                .into(),
            Self::Roots => facts::schemas().map(|root| root.name).collect(),
        }
    }
}
