//! `tasuki.cover.v1.CoverService`.

pub(crate) mod enums;
pub(crate) mod mapping;
mod page;
pub(crate) mod terms;

mod handler;

pub(crate) use handler::Covers;
