//! Quotes at the edge.

mod handler;
mod mapping;
mod profile;

pub(crate) use handler::Quotes;
pub(crate) use profile::profile_from;
