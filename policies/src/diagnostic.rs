//! What is wrong in a file, where, and what would be right.

use std::fmt;

use serde::{Deserialize, Serialize};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;

/// Something wrong in a file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code of what is wrong, such as `unknown-name`.
    pub code: String,
    /// Path of the file.
    pub file: String,
    /// Line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 when the line as a whole is meant.
    pub column: usize,
    /// How many characters are meant.
    pub length: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// The line with a caret under the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
}

impl Diagnostic {
    /// Something wrong with a file as a whole.
    pub fn of_file(code: &str, file: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            file: file.to_owned(),
            line: 0,
            column: 0,
            length: 0,
            message: message.into(),
            suggestion: None,
            snippet: None,
        }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn suggesting(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        write!(f, ": {} [{}]", self.message, self.code)?;
        if let Some(snippet) = &self.snippet {
            write!(f, "\n{snippet}")?;
        }
        if let Some(suggestion) = &self.suggestion {
            write!(f, "\n  = help: {suggestion}")?;
        }
        Ok(())
    }
}

/// The failure of a call that brought files with something wrong in them: one violation each.
pub fn problem(diagnostics: &[Diagnostic]) -> Problem {
    let message = diagnostics.first().map_or_else(
        || "the pack is not valid".to_owned(),
        |first| format!("`{}` line {}: {}", first.file, first.line, first.message),
    );
    let refused = Problem::new(Reason::PackInvalid, message).with("n_errors", diagnostics.len());
    diagnostics.iter().fold(refused, |refused, diagnostic| {
        let field = format!("{}:{}:{}", diagnostic.file, diagnostic.line, diagnostic.column);
        let description = diagnostic.suggestion.as_ref().map_or_else(
            || diagnostic.message.clone(),
            |suggestion| format!("{}; {suggestion}", diagnostic.message),
        );
        refused.violating(field, description)
    })
}

/// The known name that a wrong one was most likely meant to be.
pub(crate) fn nearest<'n>(
    wrong: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let known: Vec<&str> = known.into_iter().collect();
    let mut longer = known.iter().filter(|name| wrong.len() > 3 && name.starts_with(wrong));
    if let Some(name) = longer.next() {
        return Some(name);
    }
    let most = wrong.chars().count() / 3 + 1;
    known
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(edits, _)| *edits <= most)
        .min()
        .map(|(_, name)| name)
}

/// How many characters have to be added, removed or replaced.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, one) in left.chars().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        let mut next = vec![before];
        for (other, above) in right.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(one != *other);
            before = replaced.min(before + 1).min(above + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not_guessed() {
        let known = ["has_utm", "has_website", "employees"];
        assert_eq!(nearest("has_utn", known), Some("has_utm"));
        assert_eq!(nearest("employes", known), Some("employees"));
        assert_eq!(nearest("zzzz", known), None);
        assert_eq!(
            nearest("endpoints_win", ["endpoints_mac", "endpoints_windows"]),
            Some("endpoints_windows")
        );
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
