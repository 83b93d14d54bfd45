//! Quotes at the edge.

mod covers;
mod funding;
mod handler;
mod mapping;
mod payers;

pub(crate) use handler::Quotes;
pub(crate) use mapping::{line, pack};
pub(crate) use payers::payer;
