//! Quotes at the edge.

mod funding;
mod handler;
mod mapping;

pub(crate) use handler::Quotes;
pub(crate) use mapping::{line, pack};
