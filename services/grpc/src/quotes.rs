//! Quotes at the edge.

mod handler;
mod mapping;

pub(crate) use handler::Quotes;
pub(crate) use mapping::{line, pack};
