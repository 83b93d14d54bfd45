//! The functions that expressions may call, each with its types, its meaning and examples.
//!
//! The examples are tests. None of them reads a clock, the machine or anything else outside its
//! arguments.

use crate::expression::Type;
use crate::value::Value;

mod amounts;
mod calendars;
mod numbers;
mod sets;
mod standard;
mod texts;
mod times;
mod words;

pub(crate) use calendars::PARTS;

pub(crate) use standard::{Standard, TYPES, named as standard, names as standard_names};

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `f(a, b)`.
    Plain,
    /// `a.f(b)`.
    Member,
    /// Either way.
    Both,
}

/// A function that expressions may call.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) style: Style,
    /// What it does, in one sentence.
    pub(crate) doc: &'static str,
    /// Expressions and what they give.
    pub(crate) examples: &'static [(&'static str, &'static str)],
    /// The least and the most arguments, the target included.
    pub(crate) n_arguments: (usize, usize),
    /// The type that it gives for types of arguments, or what is wrong with them.
    pub(crate) check: fn(&[Type]) -> Result<Type, String>,
    /// What it gives.
    pub(crate) call: fn(&[Value]) -> Result<Value, String>,
}

/// Every function, by module.
fn all() -> impl Iterator<Item = &'static Function> {
    [
        numbers::FUNCTIONS,
        amounts::FUNCTIONS,
        sets::FUNCTIONS,
        texts::FUNCTIONS,
        words::FUNCTIONS,
        times::FUNCTIONS,
        calendars::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// A function by its name.
pub(crate) fn named(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name == name)
}

/// The names of all functions and macros, for suggestions and to keep packs from taking them.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|function| function.name).chain(MACROS)
}

/// What the checker itself knows how to handle.
const MACROS: [&str; 11] = [
    "has",
    "known",
    "require",
    "refer",
    "matches",
    "all",
    "exists",
    "exists_one",
    "existsOne",
    "filter",
    "map",
];

/// Functions that came after packs could use their names. Packs that are stored keep loading: a
/// function is known by its brackets, so both meanings live side by side.
const LATER: [&str; 13] = [
    "pct",
    "payable",
    "prorata",
    "sumBy",
    "date",
    "addMonths",
    "jst",
    "businessDays",
    "withinWaiting",
    "versionAtLeast",
    "ipInCidr",
    "require",
    "refer",
];

/// Whether packs may not give this name to something of their own.
pub(crate) fn is_reserved(name: &str) -> bool {
    names().any(|function| function == name) && !LATER.contains(&name)
}

/// The few words that an argument can be.
pub(crate) fn words_of(function: &Function, place: usize) -> Option<&'static [&'static str]> {
    match (function.name, place) {
        ("yen", 1) | ("round", 2) | ("divide" | "prorata", 3) => Some(numbers::MODES),
        ("businessDays", 2) => Some(calendars::CALENDARS),
        ("severityAtLeast", _) => Some(crate::facts::Severity::WORDS),
        (_, _) => None,
    }
}

/// One line for each function, for documents and editors: signature-like name, meaning, examples.
pub fn reference() -> Vec<FunctionReference> {
    all()
        .map(|function| FunctionReference {
            name: function.name,
            doc: function.doc,
            examples: function.examples,
        })
        .collect()
}

/// A function as documents show it.
#[derive(Debug, Clone, Copy)]
pub struct FunctionReference {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Expressions and what they give.
    pub examples: &'static [(&'static str, &'static str)],
}

/// Checks arguments one by one against what is wanted.
fn fitting(given: &[Type], wanted: &[Type], result: Type) -> Result<Type, String> {
    for (at, (given, wanted)) in given.iter().zip(wanted).enumerate() {
        if !given.fits(wanted) {
            return Err(format!("argument {} is a {given}, not a {wanted}", at + 1));
        }
    }
    Ok(result)
}

/// The arguments were checked when the pack was loaded; a value of a map may still surprise.
fn unexpected(name: &str) -> String {
    format!("`{name}` was given something it does not take")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_gives_what_it_says() {
        for function in all() {
            assert!(!function.examples.is_empty(), "`{}` has no example", function.name);
            for (source, expected) in function.examples {
                let given = crate::evaluate::evaluate_alone(source);
                assert_eq!(given, *expected, "{source}");
            }
        }
    }

    #[test]
    fn no_two_functions_share_a_name() {
        let mut names: Vec<_> = names().collect();
        names.sort_unstable();
        let n_names = names.len();
        names.dedup();
        assert_eq!(names.len(), n_names);
    }
}
