//! `tasuki.usage.v1.UsageService`.

mod handler;
mod mapping;

pub(crate) use handler::Usage;
pub(crate) use mapping::row;
