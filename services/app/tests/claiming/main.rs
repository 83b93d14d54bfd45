//! The way of a loss from its notice to the payment, on both databases, with the pilot's what-ifs.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]

mod authority;
mod bases;
mod dated;
mod eligibility;
mod endorsements;
mod expiry;
mod known;
mod life;
mod limits;
mod notices;
mod numbers;
mod other_terms;
mod scene;
mod sites;
mod what_ifs;
mod wordings;
