//! A page of facts, paragraphs and tables: certificates and letters share it.

use askama::Template;
use serde::Serialize;
use tasuki_core::text::Language;

use crate::DocumentError;
use crate::engine::{Job, print};
use crate::sheet::{Pair, bounded, word};

/// Sizes of text, in tenths of a point: what does not fit on one page has several.
const SIZES: [u16; 3] = [98, 90, 84];

/// Everything that the page shows, as text in one language.
#[derive(Debug, Template, Serialize)]
#[template(path = "page.html")]
pub(crate) struct Page {
    lang: &'static str,
    pub(crate) title: String,
    pub(crate) id: String,
    pub(crate) facts: Vec<Pair>,
    pub(crate) paragraphs: Vec<Vec<String>>,
    pub(crate) sections: Vec<Section>,
}

/// A table with a heading.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) rows: Vec<Pair>,
}

impl Page {
    pub(crate) fn new(language: Language, title: String, id: String) -> Self {
        let (facts, paragraphs, sections) = (Vec::new(), Vec::new(), Vec::new());
        Self { lang: word(language, "ja", "en"), title, id, facts, paragraphs, sections }
    }

    /// Adds a table, unless it would be empty.
    pub(crate) fn section(&mut self, title: impl Into<String>, rows: Vec<Pair>) {
        if !rows.is_empty() {
            self.sections.push(Section { title: title.into(), rows });
        }
    }

    pub(crate) fn html(&self) -> Result<String, DocumentError> {
        self.check()?;
        self.render().map_err(|error| DocumentError::Template(error.to_string()))
    }

    pub(crate) fn pdf(&self, made_at: jiff::Timestamp) -> Result<Vec<u8>, DocumentError> {
        self.check()?;
        print(&Job {
            template: include_str!("../templates/page.typ"),
            data: self,
            sizes: &SIZES,
            identity: format!("{} {} {}", self.title, self.id, self.lang),
            made_at,
        })
    }

    fn check(&self) -> Result<(), DocumentError> {
        let lines: usize = self.paragraphs.iter().map(Vec::len).sum();
        let rows: usize = self.sections.iter().map(|section| section.rows.len() + 1).sum();
        bounded(lines + rows + self.facts.len())
    }
}
