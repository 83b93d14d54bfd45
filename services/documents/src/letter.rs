//! A letter about a claim as a page: what the record says, line by line.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tasuki_core::claim::Letter;
use tasuki_core::text::{Language, Text};

use crate::DocumentError;
use crate::page::Page;
use crate::sheet::{Pair, day, name, said, tame, word};

/// A clause may be longer than a box of other pages.
const LONGEST: usize = 2_000;

/// The letter as one HTML page that needs nothing else.
///
/// # Errors
/// [`DocumentError`].
pub fn letter_html(
    letter: &Letter,
    dated_on: Date,
    language: Language,
) -> Result<String, DocumentError> {
    page(letter, dated_on, language).html()
}

/// The letter as a PDF.
///
/// # Errors
/// [`DocumentError`].
pub fn letter_pdf(
    letter: &Letter,
    dated_on: Date,
    language: Language,
) -> Result<Vec<u8>, DocumentError> {
    // Dated, not timed: the same letter of the same day is the same file.
    let midnight = dated_on.to_zoned(TimeZone::UTC);
    let midnight = midnight.map_err(|error| DocumentError::Template(error.to_string()))?;
    page(letter, dated_on, language).pdf(midnight.timestamp())
}

fn page(letter: &Letter, dated_on: Date, language: Language) -> Page {
    let say = |ja, en| word(language, ja, en);
    let mut page = Page::new(language, said(&letter.subject, language), day(dated_on, language));
    page.facts.push(Pair::new(say("日付", "Date"), day(dated_on, language)));
    page.paragraphs = letter.paragraphs.iter().map(|text| lines(text, language)).collect();
    if let Some(step) = &letter.next_step {
        page.paragraphs.push(lines(step, language));
    }
    let clauses = letter.clauses.iter().map(|clause| {
        let text = clause.plain.as_ref().unwrap_or(&clause.text);
        Pair::new(name(&clause.clause), tame(text.in_language(language), LONGEST))
    });
    page.section(say("根拠となる条項", "The clauses"), clauses.collect());
    page
}

/// The lines of a text, each as a page shows it.
fn lines(text: &Text, language: Language) -> Vec<String> {
    text.in_language(language).lines().map(|line| tame(line, LONGEST)).collect()
}
