//! Quotes at the edge.

mod handler;
mod mapping;

pub(crate) use handler::Quotes;
