//! Quotes: recommends and prices bundles, issues offers, and turns an accepted one into a
//! subscription with its order and its cover.
//!
//! See `quoting/README.md` for what this folder owns and its invariants.

mod accept_quote;
mod advice;
mod alternatives;
mod chosen;
mod completeness;
mod compliance;
mod composing;
mod create_quote;
mod discounts;
mod facts;
mod judged;
mod ordering;
mod read_quotes;
mod sponsors;
mod subsidies;
mod trimming;
mod unprotected;
mod withdraw_quote;

pub use accept_quote::{AcceptQuote, Accepted, ReadText, accept_quote};
pub use advice::{Advice, advise};
pub use completeness::{Gap, Missing, gaps};
pub use compliance::criteria;
pub use composing::{Composed, Enquiry, OfferedCover, compose, decided};
pub use create_quote::{NewQuote, WantedCover, create_quote};
pub use facts::company_facts;
pub use judged::Judged;
pub(crate) use ordering::{judge_added, place_added, sized};
pub use read_quotes::{AddressedQuote, QuoteList, get_addressed_quote, get_quote, list_quotes};
pub use withdraw_quote::{WithdrawQuote, withdraw_quote};

pub use crate::claiming::{Intent, PackSaid};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tasuki_core::decision::Decision;
use tasuki_core::id::{DecisionId, QuoteId};
use tasuki_core::problem::Problem;
use tasuki_core::quote::{Quote, QuoteCommand};
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::quotes::{self, Stored};
use tasuki_store::{Tx, decisions};

use crate::access::Entered;

/// A quote as callers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuoteView {
    /// The quote. One whose end has passed shows as expired.
    pub quote: Quote,
    /// Version of the record; 0 for an answer that was not stored.
    pub version: i64,
    /// What policies said of it, in the order in which they were asked.
    pub said: Vec<PackSaid>,
}

impl QuoteView {
    /// Whether it was stored, and not only asked for.
    pub const fn is_stored(&self) -> bool {
        self.version > 0
    }

    /// The text that a caller sends back to show which version it has read; empty when not stored.
    pub fn etag(&self) -> String {
        if self.is_stored() { etag(self.version) } else { String::new() }
    }
}

fn etag(version: i64) -> String {
    format!("v{version}")
}

/// The view of a stored quote at an instant.
async fn view(tx: &Tx, stored: Stored, now: Timestamp) -> Result<QuoteView, Problem> {
    let known = decisions::by_ids(tx, &stored.quote.offer.decisions).await?;
    let said = in_order(&stored.quote, &known);
    Ok(seen_at(stored, said, now))
}

/// What policies said of a quote, in the order in which they were asked.
fn in_order(quote: &Quote, known: &BTreeMap<DecisionId, Decision>) -> Vec<PackSaid> {
    let decisions = quote.offer.decisions.iter().filter_map(|id| known.get(id));
    decisions.cloned().map(PackSaid::from).collect()
}

/// A quote whose end has passed can no longer be accepted, whether or not anybody noted it.
fn seen_at(stored: Stored, said: Vec<PackSaid>, now: Timestamp) -> QuoteView {
    let Stored { quote, version } = stored;
    let quote = match quote.step(&QuoteCommand::Expire, quote.valid_until) {
        Ok((expired, _)) if now >= quote.valid_until => expired,
        Ok(_) | Err(_) => quote,
    };
    QuoteView { quote, version, said }
}

/// A quote of the tenant, locked, in the version that the caller has read.
async fn lock(tx: &Tx, entered: &Entered, id: QuoteId, sent: &str) -> Result<Stored, Problem> {
    let stored = quotes::lock(tx, entered.tenant.id, id)
        .await?
        .ok_or_else(|| Problem::not_found(Reason::QuoteNotFound, id))?;
    let current = etag(stored.version);
    if sent == current {
        return Ok(stored);
    }
    let text = format!("the quote was changed since it was read: its etag is `{current}`");
    Err(Problem::new(Reason::EtagMismatch, text).with("etag", current))
}
