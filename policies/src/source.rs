//! Files of packs as text, and where in them something stands.

use std::sync::Arc;

use serde_saphyr::{Location, Spanned};

use crate::diagnostic::{Diagnostic, nearest};

/// One file of a pack: the caller reads it, this crate never touches a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackSource {
    /// Path below the folder of packs with forward slashes, such as
    /// `eligibility/okinawa/pack.yaml`.
    pub path: String,
    /// The content.
    pub text: String,
}

impl PackSource {
    /// A file.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

/// A text that stands somewhere in a file: an expression, a message.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    /// The file.
    pub(crate) file: Arc<PackSource>,
    /// The text as it is meant, without quotes and folding.
    pub(crate) text: String,
    start: usize,
    length: usize,
}

impl Placed {
    /// A text of a YAML file.
    pub(crate) fn yaml(file: &Arc<PackSource>, text: &Spanned<String>) -> Self {
        let (start, length) = region(file, text.defined);
        Self { file: Arc::clone(file), text: text.value.clone(), start, length }
    }

    /// A whole file.
    pub(crate) fn whole(file: &Arc<PackSource>) -> Self {
        Self { file: Arc::clone(file), text: file.text.clone(), start: 0, length: file.text.len() }
    }

    /// A text that was made for a place.
    pub(crate) fn made(file: &Arc<PackSource>, text: String, place: Location) -> Self {
        let (start, length) = region(file, place);
        Self { file: Arc::clone(file), text, start, length }
    }

    /// Something wrong with the part of the text between two byte offsets.
    pub(crate) fn fault(&self, code: &str, part: (usize, usize), message: String) -> Diagnostic {
        let start = self.start + self.raw_offset(part.0);
        let meant = self.text.get(part.0..part.1).unwrap_or_default();
        let length = meant.lines().next().unwrap_or_default().chars().count();
        at_offset(&self.file, code, (start, length), message)
    }

    /// Line and column, from 1, of a byte offset of the text.
    pub(crate) fn line_and_column(&self, offset: usize) -> (usize, usize) {
        line_and_column(&self.file.text, self.start + self.raw_offset(offset))
    }

    /// Where a character of the text stands in the raw text of the file. YAML folds white space and
    /// doubles quotes; every other character stands in both, in the same order.
    fn raw_offset(&self, wanted: usize) -> usize {
        let raw = self.file.text.get(self.start..self.start + self.length).unwrap_or_default();
        let mut raw_chars = raw.char_indices();
        let mut last = 0;
        for (at, meant) in self.text.char_indices() {
            if meant.is_whitespace() {
                continue;
            }
            match raw_chars.by_ref().find(|(_, found)| *found == meant) {
                Some((found, _)) => last = found,
                None => return last,
            }
            if at >= wanted {
                return last;
            }
        }
        raw.trim_end().len()
    }
}

/// Something wrong at a node of a YAML file.
pub(crate) fn at_location(
    file: &PackSource,
    code: &str,
    location: Location,
    message: String,
) -> Diagnostic {
    let (start, length) = region(file, location);
    let meant = file.text.get(start..start + length).unwrap_or_default();
    let first = meant.lines().next().unwrap_or_default().trim_end().chars().count();
    at_offset(file, code, (start, first), message)
}

/// Something wrong that the YAML reader found.
pub(crate) fn yaml_error(file: &PackSource, error: &serde_saphyr::Error) -> Diagnostic {
    let rendered = error.without_snippet().to_string();
    let message = rendered.split(" at line ").next().unwrap_or_default();
    let message = message.split(", set DuplicateKeyPolicy").next().unwrap_or_default();
    let found = match error.location() {
        Some(location) => at_location(file, "yaml", location, message.to_owned()),
        None => Diagnostic::of_file("yaml", &file.path, message),
    };
    if let Some(hint) = remedy_of(message) {
        return found.suggesting(hint);
    }
    let needs_quotes = ["mapping values", "trailing content", "anchor", "tag", "directive"];
    if needs_quotes.iter().any(|part| message.contains(part)) {
        return found.suggesting("put the whole text in double quotes, or on the lines after `>-`");
    }
    found
}

/// What would be right instead of a key or word that does not exist, or that is missing.
fn remedy_of(message: &str) -> Option<String> {
    let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
    if let Some(rest) = message.strip_prefix("missing field ") {
        let name = quoted(rest).unwrap_or_else(|| rest.trim().to_owned());
        return Some(match name.as_str() {
            "ja" | "en" => format!("add `{name}: …`: readers get Japanese and English"),
            _ => format!("add `{name}: …`"),
        });
    }
    let (wrong, known) = message.split_once(", expected ")?;
    let wrong = quoted(wrong)?;
    let known = known.trim_start_matches("one of ");
    let known = known.split(", ").flat_map(|it| it.split(" or ")).map(|it| it.trim_matches('`'));
    nearest(&wrong, known).map(|near| format!("did you mean `{near}`?"))
}

/// Byte offset and length of a node. Errors of the reader know only line and column.
fn region(file: &PackSource, location: Location) -> (usize, usize) {
    let number = |value: u64| usize::try_from(value).unwrap_or_default();
    let span = location.span();
    if let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) {
        return (number(start), number(length));
    }
    let line = number(location.line()).saturating_sub(1);
    let column = number(location.column()).saturating_sub(1);
    let before: usize = file.text.split_inclusive('\n').take(line).map(str::len).sum();
    let text = file.text.lines().nth(line).unwrap_or_default();
    let inside: usize = text.chars().take(column).map(char::len_utf8).sum();
    (before + inside, 1)
}

fn at_offset(
    file: &PackSource,
    code: &str,
    (start, length): (usize, usize),
    message: String,
) -> Diagnostic {
    let (line, column) = line_and_column(&file.text, start);
    let text = file.text.lines().nth(line - 1).unwrap_or_default();
    let length = length.clamp(1, text.chars().count().saturating_sub(column - 1).max(1));
    let gutter = line.to_string();
    let snippet = format!(
        "  {gutter} | {text}\n  {} | {}{}",
        " ".repeat(gutter.len()),
        padding(text, column - 1),
        "^".repeat(length),
    );
    Diagnostic {
        code: code.to_owned(),
        file: file.path.clone(),
        line,
        column,
        length,
        message,
        suggestion: None,
        snippet: Some(snippet),
    }
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
    (line, column)
}

/// Blanks as wide as the characters before the caret: those of Japanese take two columns.
fn padding(text: &str, n_chars: usize) -> String {
    text.chars().take(n_chars).map(|it| if it.is_ascii() { " " } else { "  " }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Doc {
        a: Spanned<String>,
    }

    fn found(yaml: &str, needle: &str) -> (usize, usize) {
        let file = Arc::new(PackSource::new("pack.yaml", yaml));
        let doc: Doc = serde_saphyr::from_str(yaml).unwrap();
        let placed = Placed::yaml(&file, &doc.a);
        let at = placed.text.find(needle).unwrap();
        let fault = placed.fault("x", (at, at + needle.len()), String::new());
        (fault.line, fault.column)
    }

    #[test]
    fn a_place_in_an_expression_is_found_in_the_file_however_yaml_writes_it() {
        assert_eq!(found("a: one && two\n", "two"), (1, 11));
        assert_eq!(found("a: \"one && two\"\n", "two"), (1, 12));
        assert_eq!(found("a: 'x == ''q'' && two'\n", "two"), (1, 19));
        assert_eq!(found("a: |\n  one &&\n\n    two\n", "two"), (4, 5));
        assert_eq!(found("a: >-\n  'あ' == one &&\n  two\n", "two"), (3, 3));
    }
}
