//! Policies: packs, drafts, decisions, comparisons.

mod books;
mod decisions;
mod handler;
mod mapping;
mod schema;

pub(crate) use handler::Policies;
