//! Checks on the files of this repository. Each gives what it finds; `tests/tidy.rs` wants nothing found.

pub mod documents;
pub mod leftovers;
pub mod length;
pub mod orphans;
pub mod places;
pub mod reasons;
pub mod topics;

use std::fmt;

use crate::repository::Source;

/// Something that has to be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Something about a file as a whole.
fn about(source: &Source, message: impl Into<String>) -> Finding {
    Finding { path: source.path.clone(), line: 1, message: message.into() }
}

/// A finding for every line of a file that `complains` about.
fn lines(source: &Source, complains: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    source
        .text
        .lines()
        .zip(1..)
        .filter_map(|(text, line)| {
            complains(text).map(|message| Finding { path: source.path.clone(), line, message })
        })
        .collect()
}

/// Whether a text has this word, not as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let inside = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|part| part.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|part| part.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn a_word_is_not_part_of_a_longer_one() {
        assert!(has_word("let it: f64 = x;", "f64"));
        assert!(!has_word("visit_f64(x)", "f64"));
        assert!(!has_word("f640", "f64"));
    }
}
