//! What is wrong in a rate card, where, and what would be right.

use std::fmt;

use serde_saphyr::{Error, UserMessageFormatter};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The card cannot be used.
    Error,
    /// The card can be used, but somebody should look.
    Warning,
}

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateCardError {
    /// How bad it is.
    pub level: Level,
    /// What it is about, for programs: `syntax`, `text`, `reference`, `period`, `plan`, `option`,
    /// `price`, `tier`, `dead-price`, `dead-option` or `unused`.
    pub code: &'static str,
    /// The file.
    pub file: String,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: u64,
    /// The column in characters, from 1; 0 when the line as a whole is meant.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to do instead; empty when nothing comes to mind.
    pub suggestion: String,
}

impl fmt::Display for RateCardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        write!(f, ": {}", self.message)?;
        if !self.suggestion.is_empty() {
            write!(f, "; {}", self.suggestion)?;
        }
        Ok(())
    }
}

/// Everything that is wrong in rate cards; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRateCard {
    /// What is wrong, in the order of the file.
    pub errors: Vec<RateCardError>,
}

impl fmt::Display for InvalidRateCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidRateCard {}

/// The reader's error in our words.
pub(super) fn from_yaml(file: &str, error: &Error) -> RateCardError {
    let (line, column) =
        error.location().map_or((0, 0), |location| (location.line(), location.column()));
    let (message, suggestion) = explain(error.without_snippet());
    let file = file.to_owned();
    RateCardError { level: Level::Error, code: "syntax", file, line, column, message, suggestion }
}

fn explain(error: &Error) -> (String, String) {
    if let Error::SerdeUnknownField { field, expected, .. } = error {
        return (format!("`{field}` is not a field here"), choose(field, expected));
    }
    if let Error::SerdeUnknownVariant { variant, expected, .. } = error {
        return (format!("`{variant}` is not one of the words here"), choose(variant, expected));
    }
    if let Error::SerdeMissingField { field, .. } = error {
        return (format!("the field `{field}` is missing"), format!("add `{field}: …`"));
    }
    if let Error::DuplicateMappingKey { key, .. } = error {
        let key = key.as_deref().unwrap_or("a field");
        return (format!("`{key}` is there twice"), "keep one of them".to_owned());
    }
    let text = error.render_with_formatter(&UserMessageFormatter);
    let first = text.lines().next().unwrap_or("the file cannot be read");
    // The place is said once, in front.
    let what = first.split(" at line ").next().unwrap_or(first);
    (what.to_owned(), String::new())
}

/// "did you mean …" for the nearest word, otherwise the words that are allowed.
fn choose(word: &str, allowed: &[&str]) -> String {
    /// More changes than that make another word.
    const NEAR: usize = 3;
    let nearest = allowed
        .iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= NEAR);
    match nearest {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => format!("expected one of `{}`", allowed.join("`, `")),
    }
}

/// The nearest of some codes, as a suggestion.
pub(super) fn nearest<'a>(word: &str, allowed: impl Iterator<Item = &'a str>) -> String {
    let allowed: Vec<_> = allowed.collect();
    choose(word, &allowed)
}

/// How many characters must be put in, taken out or replaced to make one word the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, from) in left.chars().enumerate() {
        let mut next = vec![at + 1];
        let pairs = row.iter().zip(row.iter().skip(1)).zip(&right);
        for ((diagonal, above), to) in pairs {
            let before = next.last().copied().unwrap_or_default();
            let replaced = diagonal + usize::from(from != *to);
            next.push(replaced.min(above + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested() {
        assert_eq!(choose("montly", &["initial", "monthly", "yearly"]), "did you mean `monthly`?");
        assert_eq!(
            choose("fortnight", &["monthly", "yearly"]),
            "expected one of `monthly`, `yearly`"
        );
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
