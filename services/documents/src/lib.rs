//! Quotes, invoices, decisions, certificates, letters and settlements as pages: HTML for the screen, PDF for paper, with the same numbers.
//!
//! A document is made in two steps. First everything that it shows is written down as text, once: a
//! *sheet*, in one language, with every amount as the customer reads it. Then a template lays the sheet
//! out, askama's for HTML and typst's for PDF. Neither template calculates, so both show the same.
//!
//! What comes from outside (names, remarks, texts of price lists and policies) is never markup: askama
//! escapes it, typst gets it as values. The same input gives the same bytes.

mod certificate;
mod decision;
mod engine;
mod invoice;
mod letter;
mod page;
mod parties;
mod quote;
mod settlement;
mod sheet;

pub use certificate::{CertificatePage, certificate_html, certificate_pdf};
pub use decision::{decision_html, decision_pdf};
pub use invoice::{invoice_html, invoice_pdf};
pub use letter::{letter_html, letter_pdf};
pub use parties::Parties;
pub use quote::{quote_html, quote_pdf};
pub use settlement::{settlement_html, settlement_pdf};

use thiserror::Error;

/// Why there is no document.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// More rows than a document holds; nothing is left out of one silently.
    #[error("the document would have {rows} rows, more than {most}")]
    TooLong {
        /// How many it would have.
        rows: usize,
        /// How many it may have.
        most: usize,
    },
    /// A template cannot be laid out, which is a bug.
    #[error("the template cannot be laid out: {0}")]
    Template(String),
}
